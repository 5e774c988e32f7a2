"""Painters by Skia: paths, lines, gradients, groups and pictures are its own work; the bands around them are shared.

Skia never sees a font: text comes as outlines, and colour glyphs are painted by HarfBuzz, as for every renderer.
"""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

import skia
from attrs import evolve, field, frozen
from PIL import Image

from mockspark.adapters.rendering.composing import boxes
from mockspark.adapters.rendering.effects import reach
from mockspark.adapters.rendering.emoji import emoji
from mockspark.adapters.rendering.geometry import Frame
from mockspark.adapters.rendering.linear_light import resized_in_light
from mockspark.adapters.rendering.nodes import (
    Clip,
    EmojiNode,
    FillNode,
    GroupNode,
    Node,
    Pen,
    PhotoNode,
    Piece,
    ShadowOf,
)
from mockspark.adapters.rendering.painting import GroupPainter
from mockspark.adapters.rendering.photographs import Photograph
from mockspark.adapters.rendering.photos import READY
from mockspark.adapters.rendering.tiles import Painter, Part, Tile, overlap
from mockspark.domain.layers import Blend, Gradient, Paint
from mockspark.domain.outlines import COUNTS

Photos = Callable[[PhotoNode], Photograph]

_MITER: Final = 4.0
_SPARE: Final = 1.1
# Edges of outlines are averaged from nine pixels each: Skia's own coverage has steps.
_FINER: Final = 3
_SHARP: Final = skia.SamplingOptions(skia.CubicResampler.CatmullRom())
# A filter that sharpens overshoots, and soft edges change their hue.
_SMOOTH: Final = skia.SamplingOptions(skia.FilterMode.kLinear)
_JOINS: Final = {
    "miter": skia.Paint.kMiter_Join,
    "round": skia.Paint.kRound_Join,
    "bevel": skia.Paint.kBevel_Join,
}
_CAPS: Final = {
    "butt": skia.Paint.kButt_Cap,
    "round": skia.Paint.kRound_Cap,
    "square": skia.Paint.kSquare_Cap,
}
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


def painter_of(node: Node, photos: Photos, fonts: Mapping[str, bytes]) -> Painter:
    """Make *node* ready. One that blends with what lies below is drawn by Skia and blended with the band's pixels."""
    if isinstance(node, GroupNode) and node.blend is not Blend.NORMAL:
        inner = SkiaPainter(evolve(node, blend=Blend.NORMAL), photos, fonts)
        return GroupPainter(GroupNode(layer=node.layer, nodes=(), blend=node.blend), [inner])
    return SkiaPainter(node, photos, fonts)


@frozen(slots=False, eq=False)
class SkiaPainter:
    """A node with all that is in it."""

    node: Node
    photos: Photos
    fonts: Mapping[str, bytes] = field(repr=False)

    @cached_property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches, or some more."""
        return _bounds(self.node)

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        seen = overlap(self.bounds, tile)
        if seen is None:
            return None
        finer = 1 if _has_photo(self.node) else _FINER
        width, height = (seen[2] - seen[0]) * finer, (seen[3] - seen[1]) * finer
        info = skia.ImageInfo.Make(width, height, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType)
        surface = skia.Surface.MakeRaster(info)
        with surface as canvas:
            canvas.scale(finer, finer)
            canvas.translate(-seen[0], -seen[1])
            _Brush(canvas=canvas, photos=self.photos, fonts=self.fonts, tile=seen).draw(self.node)
        image = Image.frombytes("RGBa", (width, height), bytes(surface.makeImageSnapshot().tobytes()))
        return (image.reduce(finer) if finer > 1 else image).convert("RGBA"), seen[0], seen[1]


@frozen(kw_only=True)
class _Brush:
    """Draws nodes on one canvas."""

    canvas: Any
    photos: Photos
    fonts: Mapping[str, bytes] = field(repr=False)
    tile: Tile

    def draw(self, node: Node) -> None:
        match node:
            case FillNode():
                self._fill(node)
            case PhotoNode():
                self._photo(node)
            case EmojiNode():
                self._emoji(node)
            case GroupNode():
                self._group(node)

    def _fill(self, node: FillNode) -> None:
        path = _path(node.pieces, node.rule)
        if node.pen_below:
            self._line(path, node.pen)
        self._inside(path, node.paint, node.frame)
        if not node.pen_below:
            self._line(path, node.pen)

    def _inside(self, path: Any, paint: Paint, frame: Frame) -> None:
        if paint:
            self.canvas.drawPath(path, _paint(paint, frame))

    def _line(self, path: Any, pen: Pen | None) -> None:
        if pen is not None and pen.width > 0:
            self.canvas.drawPath(path, _pen(pen))

    def _photo(self, node: PhotoNode) -> None:
        found = self.photos(node).pixels()
        if found is None:
            return
        frame = _snapped(node.frame)
        image, window = _ready(found[0], found[1].as_box(), frame, linear=node.linear)
        picture = skia.Image.frombytes(
            image.convert("RGBA").tobytes() if image.mode == "RGB" else image.tobytes(),
            image.size,
            skia.kRGBA_8888_ColorType,
            skia.kPremul_AlphaType,
        )
        self.canvas.save()
        self.canvas.translate(*frame.centre)
        self.canvas.rotate(frame.turn / 1000)
        target = skia.Rect.MakeXYWH(-frame.width / 2, -frame.height / 2, frame.width, frame.height)
        self.canvas.drawImageRect(
            picture,
            skia.Rect.MakeLTRB(*window),
            target,
            _SHARP if found[0].mode == "RGB" else _SMOOTH,
            skia.Paint(AntiAlias=True),
            skia.Canvas.kStrict_SrcRectConstraint,
        )
        self.canvas.restore()

    def _emoji(self, node: EmojiNode) -> None:
        part = emoji(node, self.fonts[node.font]).part(self.tile)
        if part is not None:
            image, x, y = part
            glyph = skia.Image.frombytes(
                image.convert("RGBa").tobytes(), image.size, skia.kRGBA_8888_ColorType, skia.kPremul_AlphaType
            )
            self.canvas.drawImage(glyph, x, y)

    def _group(self, node: GroupNode) -> None:
        """Draw what is in it, clip it, cast its shadow, fade it, blend it: layers within layers, outermost first."""
        self.canvas.saveLayer(None, skia.Paint(Alphaf=node.opacity / 1000, BlendMode=_BLENDS[node.blend]))
        if node.shadow is not None:
            self.canvas.saveLayer(None, skia.Paint(ImageFilter=_shadow(node.shadow)))
        self._clipped(node)
        if node.shadow is not None:
            self.canvas.restore()
        self.canvas.restore()

    def _clipped(self, node: GroupNode) -> None:
        clip = node.clip
        if clip is None:
            self._nodes(node)
        elif clip.picture is None:
            self.canvas.save()
            self.canvas.clipPath(_path(clip.pieces, clip.rule), skia.ClipOp.kIntersect, True)
            self._nodes(node)
            self.canvas.restore()
        else:
            self._masked(node, clip, clip.picture)

    def _masked(self, node: GroupNode, clip: Clip, picture: PhotoNode) -> None:
        del clip
        self.canvas.saveLayer(None, None)
        self._nodes(node)
        self.canvas.saveLayer(None, skia.Paint(BlendMode=skia.BlendMode.kDstIn))
        self._photo(picture)
        self.canvas.restore()
        self.canvas.restore()

    def _nodes(self, node: GroupNode) -> None:
        for inner in node.nodes:
            self.draw(inner)


def _bounds(node: Node) -> Tile:
    found = list(boxes(node))
    if not found:
        return 0, 0, 0, 0
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    far = _beyond(node)
    return (
        math.floor(min(lefts)) - far,
        math.floor(min(tops)) - far,
        math.ceil(max(rights)) + far,
        math.ceil(max(bottoms)) + far,
    )


def _beyond(node: Node) -> int:
    """Return how far shadows and pointed corners may reach out of the boxes."""
    if isinstance(node, GroupNode):
        own = 0 if node.shadow is None else max(reach(node.shadow))
        return own + max((_beyond(inner) for inner in node.nodes), default=0)
    pen = node.pen if isinstance(node, FillNode) else None
    return 2 if pen is None else 2 + math.ceil(pen.width * _MITER / 2)


def _path(pieces: tuple[Piece, ...], rule: str) -> Any:
    """Return one path of all *pieces*: where they overlap, they cover once."""
    path = skia.Path()
    for piece in pieces:
        _add(path, piece)
    path.setFillType(skia.PathFillType.kEvenOdd if rule == "evenodd" else skia.PathFillType.kWinding)
    return path


def _add(path: Any, piece: Piece) -> None:
    outline = piece.outline.placed(piece.place)
    steps = {"M": path.moveTo, "L": path.lineTo, "Q": path.quadTo, "C": path.cubicTo, "Z": path.close}
    at = 0
    for verb in outline.verbs:
        count = COUNTS[verb]
        steps[verb](*outline.numbers[at : at + count])
        at += count


def _paint(paint: Paint, frame: Frame) -> Any:
    if isinstance(paint, Gradient):
        return skia.Paint(AntiAlias=True, Shader=_shader(paint, frame), Dither=False)
    return skia.Paint(AntiAlias=True, Color=_colour(paint))


def _pen(pen: Pen) -> Any:
    made = skia.Paint(
        AntiAlias=True,
        Color=_colour(pen.colour),
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=pen.width,
        StrokeJoin=_JOINS[pen.join],
        StrokeCap=_CAPS[pen.cap],
        StrokeMiter=_MITER,
    )
    if pen.dash:
        dash = list(pen.dash if len(pen.dash) % 2 == 0 else pen.dash * 2)
        made.setPathEffect(skia.DashPathEffect.Make(dash, 0.0))
    return made


def _shader(gradient: Gradient, frame: Frame) -> Any:
    """Return the shader over *frame*, which a matrix maps from the unit square about its middle."""
    colours = [_colour(stop.colour, stop.opacity) for stop in gradient.stops]
    offsets = [stop.offset / 1000 for stop in gradient.stops]
    place = skia.Matrix()
    place.setRotate(frame.turn / 1000)
    place.postTranslate(*frame.centre)
    if gradient.kind == "radial":
        place.preScale(max(frame.width, 1e-6) / 2, max(frame.height, 1e-6) / 2)
        return skia.GradientShader.MakeRadial(
            skia.Point(0, 0), 1.0, colours, offsets, skia.TileMode.kClamp, 0, place
        )
    unit = skia.Matrix()
    unit.setRotate(gradient.angle / 1000)
    along = unit.mapXY(1.0, 0.0)
    half = (abs(frame.width * along.x()) + abs(frame.height * along.y())) / 2
    ends = [skia.Point(-half * along.x(), -half * along.y()), skia.Point(half * along.x(), half * along.y())]
    return skia.GradientShader.MakeLinear(ends, colours, offsets, skia.TileMode.kClamp, 0, place)


def _shadow(shadow: ShadowOf) -> Any:
    colour = _colour(shadow.colour, shadow.opacity)
    return skia.ImageFilters.DropShadow(shadow.dx, shadow.dy, shadow.blur, shadow.blur, colour)


def _colour(colour: str, opacity: int = 1000) -> int:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return int(skia.ColorSetARGB(round(opacity * 0.255), red, green, blue))


def _snapped(frame: Frame) -> Frame:
    """Return *frame* on whole pixels when it is not turned, as every renderer places it."""
    if frame.quarters is None:
        return frame
    upright = frame.upright()
    left, top = round(upright.x), round(upright.y)
    right, bottom = round(upright.x + upright.width), round(upright.y + upright.height)
    width, height = max(right - left, 1), max(bottom - top, 1)
    whole = Frame(x=left, y=top, width=width, height=height)
    if frame.quarters % 2:
        x, y = whole.centre
        return Frame(x=x - height / 2, y=y - width / 2, width=height, height=width, turn=frame.turn)
    return evolve(whole, turn=frame.turn)


def _ready(
    image: Image.Image, window: tuple[float, float, float, float], frame: Frame, *, linear: bool
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """Bring a picture near its target: Skia reads a few pixels around a place, whatever lies between.

    One that is not turned is brought to exactly the pixels that it covers.
    """
    left, top = max(window[0], 0.0), max(window[1], 0.0)
    right, bottom = min(window[2], float(image.width)), min(window[3], float(image.height))
    exact = frame.quarters is not None
    width = _side(right - left, frame.width, image.mode, exact=exact)
    height = _side(bottom - top, frame.height, image.mode, exact=exact)
    if width is None and height is None:
        return image, (left, top, right, bottom)
    size = (width or max(round(right - left), 1), height or max(round(bottom - top), 1))
    if linear:
        made = resized_in_light(image, size, (left, top, right, bottom))
    else:
        how = Image.Resampling.LANCZOS if image.mode == "RGB" else Image.Resampling.HAMMING
        made = image.resize(size, how, box=(left, top, right, bottom))
    return made, (0.0, 0.0, float(size[0]), float(size[1]))


def _side(source: float, target: float, mode: str, *, exact: bool) -> int | None:
    """Return the pixels that a side is brought to first, None when it is sampled as it is."""
    if exact:
        return max(round(target), 1)
    if mode != "RGB":
        return max(round(target * READY), 1)
    return max(round(target), 1) if source > target * _SPARE else None


def _has_photo(node: Node) -> bool:
    if isinstance(node, GroupNode):
        return any(_has_photo(inner) for inner in node.nodes)
    return isinstance(node, PhotoNode)
