"""Painters by Skia: coverage, gradients, turned pictures, groups and blends are its work, all around them is shared.

Skia never sees a font: text comes as outlines, and colour glyphs are painted by HarfBuzz, as for every renderer.
Pictures that are not turned are resampled by the code of every renderer, to the pixels that they cover.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, Final, Protocol

import skia
from attrs import evolve, field, frozen
from PIL import Image

from mockspark.adapters.rendering.effects import reach
from mockspark.adapters.rendering.emoji import emoji
from mockspark.adapters.rendering.geometry import Frame
from mockspark.adapters.rendering.nodes import (
    Clip,
    EmojiNode,
    FillNode,
    GroupNode,
    Node,
    PhotoNode,
    Piece,
    ShadowOf,
)
from mockspark.adapters.rendering.painting import GroupPainter
from mockspark.adapters.rendering.photographs import Photograph
from mockspark.adapters.rendering.photos import TurnedPhoto
from mockspark.adapters.rendering.skia_covers import SkiaCover, filled, stroked
from mockspark.adapters.rendering.soft_shadows import SoftShadow
from mockspark.adapters.rendering.tiles import Painter, Part, Tile, overlap
from mockspark.domain.layers import Blend, Gradient, Paint
from mockspark.domain.outlines import Affine, Outline

Photos = Callable[[PhotoNode], Photograph]
Canvas = Any

# A wider blur makes Skia draw what lies around a band again and again: it is worked out on the shared coarse grid.
_SOFT_PX: Final = 12.0
_CELL: Final = 512
_REACH: Final = 3
_SAMPLINGS: Final[Mapping[Image.Resampling, Any]] = {
    Image.Resampling.BICUBIC: skia.SamplingOptions(skia.CubicResampler.CatmullRom()),
    Image.Resampling.BILINEAR: skia.SamplingOptions(skia.FilterMode.kLinear),
}
_AS_IT_IS: Final = skia.SamplingOptions()
_BLENDS: Final = {
    Blend.NORMAL: skia.BlendMode.kSrcOver,
    Blend.MULTIPLY: skia.BlendMode.kMultiply,
    Blend.SCREEN: skia.BlendMode.kScreen,
    Blend.OVERLAY: skia.BlendMode.kOverlay,
    Blend.DARKEN: skia.BlendMode.kDarken,
    Blend.LIGHTEN: skia.BlendMode.kLighten,
    Blend.HARD_LIGHT: skia.BlendMode.kHardLight,
    Blend.SOFT_LIGHT: skia.BlendMode.kSoftLight,
    Blend.DIFFERENCE: skia.BlendMode.kDifference,
}
_INSIDE: Final = skia.Paint(BlendMode=skia.BlendMode.kDstIn)
_BLACK: Final = "#000000"


def painter_of(node: Node, photos: Photos, fonts: Mapping[str, bytes]) -> Painter:
    """Make *node* ready. One that blends with what lies below is drawn by Skia and blended with the band's pixels."""
    if isinstance(node, PhotoNode) and node.frame.quarters is not None:
        return photos(node)
    if isinstance(node, GroupNode) and node.blend is not Blend.NORMAL:
        inner = SkiaPainter(_ink(evolve(node, blend=Blend.NORMAL), photos, fonts))
        return GroupPainter(GroupNode(layer=node.layer, nodes=(), blend=node.blend), [inner])
    return SkiaPainter(_ink(node, photos, fonts))


class Ink(Protocol):
    """A node made ready: it draws on canvases that are moved by whole pixels and no more."""

    @property
    def bounds(self) -> Tile:
        """Return the whole pixels that it may touch."""

    def draw(self, canvas: Canvas) -> None:
        """Draw as much as *canvas* shows."""


@frozen(eq=False)
class SkiaPainter:
    """A node with all that is in it."""

    ink: Ink

    @property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches, or some more."""
        return self.ink.bounds

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        seen = overlap(self.bounds, tile)
        return None if seen is None else (_drawn(self.ink.draw, seen), seen[0], seen[1])


def _drawn(draw: Callable[[Canvas], None], tile: Tile) -> Image.Image:
    """Return what *draw* puts on *tile*, in straight RGBA."""
    width, height = tile[2] - tile[0], tile[3] - tile[1]
    pixels = bytearray(width * height * 4)
    info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
    with skia.Surface.MakeRasterDirect(info, pixels, width * 4) as canvas:
        canvas.translate(-tile[0], -tile[1])
        draw(canvas)
    return Image.frombuffer("RGBa", (width, height), pixels, "raw", "RGBa", 0, 1).convert("RGBA")


def _ink(node: Node, photos: Photos, fonts: Mapping[str, bytes]) -> Ink:
    match node:
        case FillNode():
            return _shape(node)
        case PhotoNode():
            photograph = photos(node)
            return _Picture(bounds=photograph.bounds, open=photograph.placed)
        case EmojiNode():
            glyph = emoji(node, fonts[node.font])
            return _Picture(bounds=glyph.bounds, open=lambda: glyph)
        case GroupNode():
            inks = [_ink(inner, photos, fonts) for inner in node.nodes]
            return _Group(node=node, inks=inks, clip=_clip(node.clip, photos))


# Outlines


@frozen(kw_only=True)
class _Shape:
    """Covers with the paints that show through them, lowest first."""

    layers: Sequence[tuple[SkiaCover, Paint]]
    frame: Frame

    @property
    def bounds(self) -> Tile:
        return _union([cover.bounds for cover, _ in self.layers])

    def draw(self, canvas: Canvas) -> None:
        for cover, paint in self.layers:
            if isinstance(paint, str):
                _lay(canvas, cover, paint)
            else:
                colours = skia.Paint(Shader=_shader(paint, self.frame), Dither=False)
                _cut(canvas, cover, partial(_poured, colours))


def _shape(node: FillNode) -> _Shape:
    layers = []
    if node.paint:
        layers.append((filled(node.pieces, node.rule), node.paint))
    if node.pen is not None and node.pen.width > 0:
        layers.insert(0 if node.pen_below else len(layers), (stroked(node.pieces, node.pen), node.pen.colour))
    return _Shape(layers=layers, frame=node.frame)


def _lay(canvas: Canvas, cover: SkiaCover, colour: str = _BLACK) -> None:
    """Draw what *cover* covers in one colour."""
    seen = _seen(canvas, cover.bounds)
    if seen is not None:
        ink = skia.Paint(Color=_colour(colour))
        canvas.drawImage(_image(cover.on(seen)), seen[0], seen[1], _AS_IT_IS, ink)


def _cut(canvas: Canvas, cover: "SkiaCover | Ink", draw: Callable[[Canvas], None]) -> None:
    """Draw of *draw* what lies inside *cover*."""
    seen = _seen(canvas, cover.bounds)
    if seen is None:
        return
    canvas.save()
    canvas.clipRect(_rect(seen))
    canvas.saveLayer(None, None)
    draw(canvas)
    canvas.saveLayer(None, _INSIDE)
    if isinstance(cover, SkiaCover):
        _lay(canvas, cover)
    else:
        cover.draw(canvas)
    canvas.restore()
    canvas.restore()
    canvas.restore()


def _poured(paint: Any, canvas: Canvas) -> None:
    canvas.drawPaint(paint)


def _shader(gradient: Gradient, frame: Frame) -> Any:
    """Return the shader over *frame*, which a matrix maps from a frame about the origin."""
    colours = [_colour(stop.colour, stop.opacity) for stop in gradient.stops]
    offsets = [stop.offset / 1000 for stop in gradient.stops]
    place = skia.Matrix()
    place.setRotate(frame.turn / 1000)
    place.postTranslate(*frame.centre)
    if gradient.kind == "radial":
        place.preScale(max(frame.width, 1e-6) / 2, max(frame.height, 1e-6) / 2)
        centre = skia.Point(0, 0)
        return skia.GradientShader.MakeRadial(centre, 1.0, colours, offsets, skia.TileMode.kClamp, 0, place)
    angle = math.radians(gradient.angle / 1000)
    u, v = math.cos(angle), math.sin(angle)
    half = (abs(frame.width * u) + abs(frame.height * v)) / 2
    ends = [skia.Point(-half * u, -half * v), skia.Point(half * u, half * v)]
    return skia.GradientShader.MakeLinear(ends, colours, offsets, skia.TileMode.kClamp, 0, place)


def _colour(colour: str, opacity: int = 1000) -> int:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return int(skia.ColorSetARGB(round(opacity * 0.255), red, green, blue))


# Pictures


@frozen(kw_only=True, eq=False)
class _Picture:
    """A picture or colour glyph; *open* returns its shared painter, None when it cannot be drawn."""

    bounds: Tile
    open: Callable[[], Painter | None] = field(repr=False)

    def draw(self, canvas: Canvas) -> None:
        painter = self.open()
        seen = _seen(canvas, self.bounds)
        if painter is None or seen is None:
            return
        if isinstance(painter, TurnedPhoto):
            for cell in _cells(seen):
                _turned(canvas, painter, cell)
            return
        part = painter.part(seen)
        if part is not None:
            image, x, y = part
            canvas.drawImage(_image(image), x, y)


def _cells(tile: Tile) -> Iterator[Tile]:
    left, top, right, bottom = tile
    for x in range(left, right, _CELL):
        yield x, top, min(x + _CELL, right), bottom


def _turned(canvas: Canvas, photo: TurnedPhoto, cell: Tile) -> None:
    """Draw *photo* on *cell*, from a copy of no more than what is seen there, and cut it at its edges."""
    back = skia.Matrix.MakeAll(*photo.frame.inverse(photo.window, x=0, y=0, scale=1), 0, 0, 1)
    read = back.mapRect(_rect(cell))
    window = photo.window
    whole = (
        window.left <= read.left()
        and window.top <= read.top()
        and window.right >= read.right()
        and window.bottom >= read.bottom()
    )
    near = overlap(_tile(read.makeOutset(_REACH, _REACH)), (0, 0, *photo.image.size))
    if near is None:
        return
    pour = partial(_poured, skia.Paint(Shader=_sampled(photo, near, back)))
    canvas.save()
    canvas.clipRect(_rect(cell))
    if whole:
        pour(canvas)
    else:
        _cut(canvas, _card(photo.frame), pour)
    canvas.restore()


def _sampled(photo: TurnedPhoto, near: Tile, back: Any) -> Any:
    """Return the shader of *near* in its place on the canvas; *back* leads from there to the picture's pixels."""
    place = skia.Matrix()
    back.invert(place)
    place.preTranslate(near[0], near[1])
    clamp = skia.TileMode.kClamp
    return _image(photo.image.crop(near)).makeShader(clamp, clamp, _SAMPLINGS[photo.how], place)


def _card(frame: Frame) -> SkiaCover:
    numbers = tuple(number for corner in frame.corners() for number in corner)
    return filled((Piece(outline=Outline("MLLLZ", numbers), place=Affine()),))


def _image(image: Image.Image) -> Any:
    """Return *image* (coverage, or a picture in RGB, RGBA, RGBa) as Skia's."""
    if image.mode == "L":
        return skia.Image.frombytes(image.tobytes(), image.size, skia.kAlpha_8_ColorType)
    alpha = skia.kPremul_AlphaType
    if image.mode == "RGB":
        image, alpha = image.convert("RGBA"), skia.kOpaque_AlphaType
    elif image.mode == "RGBA":
        image = image.convert("RGBa")
    return skia.Image.frombytes(image.tobytes(), image.size, skia.kRGBA_8888_ColorType, alpha)


# Groups


@frozen(kw_only=True, slots=False, eq=False)
class _Group:
    """Inks that are drawn apart, then clipped, given a shadow, faded and blended: layers within layers."""

    node: GroupNode
    inks: Sequence[Ink]
    clip: SkiaCover | Ink | None

    @cached_property
    def bounds(self) -> Tile:
        inner = _union([ink.bounds for ink in self.inks])
        if self.clip is not None:
            inner = overlap(inner, self.clip.bounds) or (0, 0, 0, 0)
        if self.node.shadow is None:
            return inner
        west, north, east, south = reach(self.node.shadow)
        return inner[0] - east, inner[1] - south, inner[2] + west, inner[3] + north

    def draw(self, canvas: Canvas) -> None:
        node = self.node
        canvas.saveLayer(None, skia.Paint(Alphaf=node.opacity / 1000, BlendMode=_BLENDS[node.blend]))
        if node.shadow is not None:
            self._shadowed(canvas, node.shadow)
        else:
            self._clipped(canvas)
        canvas.restore()

    def _shadowed(self, canvas: Canvas, shadow: ShadowOf) -> None:
        colour = _colour(shadow.colour, shadow.opacity)
        above = None
        if self._soft is None:
            blur = skia.ImageFilters.DropShadow(shadow.dx, shadow.dy, shadow.blur, shadow.blur, colour)
            above = skia.Paint(ImageFilter=blur)
        elif (seen := _seen(canvas, self.bounds)) is not None:
            canvas.drawImage(
                _image(self._soft.on(seen)), seen[0], seen[1], _AS_IT_IS, skia.Paint(Color=colour)
            )
        canvas.saveLayer(None, above)
        self._clipped(canvas)
        canvas.restore()

    @cached_property
    def _soft(self) -> SoftShadow | None:
        shadow = self.node.shadow
        if shadow is None or shadow.blur < _SOFT_PX:
            return None
        return SoftShadow(lambda tile: _drawn(self._clipped, tile), shadow)

    def _clipped(self, canvas: Canvas) -> None:
        if self.clip is None:
            self._nodes(canvas)
        else:
            _cut(canvas, self.clip, self._nodes)

    def _nodes(self, canvas: Canvas) -> None:
        for ink in self.inks:
            ink.draw(canvas)


def _clip(clip: Clip | None, photos: Photos) -> SkiaCover | Ink | None:
    if clip is None:
        return None
    if clip.picture is None:
        return filled(clip.pieces, clip.rule)
    return _ink(clip.picture, photos, {})


# Tiles


def _seen(canvas: Canvas, bounds: Tile) -> Tile | None:
    """Return which of *bounds* the canvas shows, a shadow's surroundings among them."""
    # Skia adds a pixel on each side, for clips with soft edges: there are none.
    return overlap(bounds, _tile(canvas.getLocalClipBounds().makeInset(1, 1)))


def _tile(rect: Any) -> Tile:
    return (
        math.floor(rect.left()),
        math.floor(rect.top()),
        math.ceil(rect.right()),
        math.ceil(rect.bottom()),
    )


def _rect(tile: Tile) -> Any:
    return skia.Rect.MakeLTRB(*tile)


def _union(boxes: Sequence[Tile]) -> Tile:
    """Return the box around all that are not empty."""
    kept = [box for box in boxes if box[0] < box[2] and box[1] < box[3]]
    if not kept:
        return 0, 0, 0, 0
    lefts, tops, rights, bottoms = zip(*kept, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
