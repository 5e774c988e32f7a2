"""Painters: nodes made ready, each of which draws any tile of itself."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Final

from attrs import frozen
from PIL import Image, ImageChops, ImageColor

from mockspark.adapters.rendering.coverage import Cover, filled, stroked
from mockspark.adapters.rendering.effects import cast, coloured, faded, mixed, reach, shaded
from mockspark.adapters.rendering.emoji import emoji
from mockspark.adapters.rendering.nodes import (
    Clip,
    EmojiNode,
    FillNode,
    GroupNode,
    Node,
    PhotoNode,
    ShadowOf,
)
from mockspark.adapters.rendering.soft_shadows import SOFT_PX, SoftShadow
from mockspark.adapters.rendering.tiles import Painter, Part, Tile, overlap
from mockspark.domain.layers import Blend

# A line of that width covers every pixel through which the edge in its middle runs.
_WIDE_PX: Final = 3.0

Photos = Callable[[PhotoNode], Painter]
"""Makes the painter of a picture."""


@frozen(slots=False)
class FillPainter:
    """Outlines in one paint, with a line around them."""

    node: FillNode

    @cached_property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches."""
        return _union([cover.bounds for cover in (self._inside, self._line) if cover is not None])

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        seen = overlap(self.bounds, tile)
        if seen is None:
            return None
        inside, line = _mask(self._inside, seen), _mask(self._line, seen)
        if inside is None and line is None:
            return None
        return self._inked(seen, inside, line), seen[0], seen[1]

    @cached_property
    def _inside(self) -> Cover | None:
        return filled(self.node.pieces, self.node.rule) if self.node.paint else None

    @cached_property
    def _line(self) -> Cover | None:
        pen = self.node.pen
        return stroked(self.node.pieces, pen) if pen is not None and pen.width > 0 else None

    def _inked(self, tile: Tile, inside: Image.Image | None, line: Image.Image | None) -> Image.Image:
        pen = self.node.pen
        if line is None or pen is None:
            return self._painted(tile, inside or Image.new("L", _size(tile)))
        if inside is None:
            return _inked(pen.colour, line)
        if self.node.pen_below and pen.width >= _WIDE_PX and isinstance(self.node.paint, str):
            return _above(pen.colour, line, self.node.paint, inside)
        layers = (self._painted(tile, inside), _inked(pen.colour, line))
        return Image.alpha_composite(*(reversed(layers) if self.node.pen_below else layers))

    def _painted(self, tile: Tile, mask: Image.Image) -> Image.Image:
        if isinstance(self.node.paint, str):
            return _inked(self.node.paint, mask)
        colours = shaded(self.node.paint, self.node.frame, tile)
        colours.putalpha(ImageChops.multiply(colours.getchannel("A"), mask))
        return colours


@frozen(slots=False)
class GroupPainter:
    """Painters that are drawn apart and then laid down as one."""

    node: GroupNode
    painters: Sequence[Painter]
    clip: "ClipPainter | None" = None

    @property
    def blend(self) -> Blend:
        """Return how it mixes with what lies below."""
        return self.node.blend

    @cached_property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches, its shadow among them."""
        inner = _union([painter.bounds for painter in self.painters])
        if self.clip is not None:
            inner = overlap(inner, self.clip.bounds) or (0, 0, 0, 0)
        if self.node.shadow is None:
            return inner
        west, north, east, south = reach(self.node.shadow)
        return inner[0] - east, inner[1] - south, inner[2] + west, inner[3] + north

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        seen = overlap(self.bounds, tile)
        if seen is None:
            return None
        drawn = self._clipped(seen) if self.node.shadow is None else self._shadowed(seen, self.node.shadow)
        return None if drawn is None else (faded(drawn, self.node.opacity), seen[0], seen[1])

    def _clipped(self, tile: Tile) -> Image.Image | None:
        drawn = composed(self.painters, tile)
        if drawn is None or self.clip is None:
            return drawn
        drawn.putalpha(ImageChops.multiply(drawn.getchannel("A"), self.clip.coverage(tile)))
        return drawn

    def _shadowed(self, tile: Tile, shadow: ShadowOf) -> Image.Image | None:
        if self._soft is not None:
            below, drawn = self._soft.on(tile), self._clipped(tile)
        else:
            west, north, east, south = reach(shadow)
            wide = self._clipped((tile[0] - west, tile[1] - north, tile[2] + east, tile[3] + south))
            if wide is None:
                return None
            inner = (west, north, wide.width - east, wide.height - south)
            below, drawn = cast(wide.getchannel("A"), shadow).crop(inner), wide.crop(inner)
        dark = coloured(below, shadow)
        return dark if drawn is None else Image.alpha_composite(dark, drawn)

    @cached_property
    def _soft(self) -> SoftShadow | None:
        shadow = self.node.shadow
        if shadow is None or shadow.blur < SOFT_PX:
            return None
        return SoftShadow(self._clipped, shadow)


@frozen(slots=False)
class ClipPainter:
    """What of a group is seen."""

    clip: Clip
    picture: Painter | None = None

    @cached_property
    def bounds(self) -> Tile:
        """Return the whole pixels on which anything is seen."""
        return self.picture.bounds if self.picture is not None else self._inside.bounds

    def coverage(self, tile: Tile) -> Image.Image:
        """Return the share of each pixel of *tile* that is seen."""
        size = (tile[2] - tile[0], tile[3] - tile[1])
        if self.picture is None:
            return self._inside.on(tile)
        mask = Image.new("L", size)
        part = self.picture.part(tile)
        if part is not None:
            image, x, y = part
            mask.paste(image.getchannel("A"), (x - tile[0], y - tile[1]))
        return mask

    @cached_property
    def _inside(self) -> Cover:
        return filled(self.clip.pieces, self.clip.rule)


def painter_of(node: Node, photos: Photos, fonts: Mapping[str, bytes]) -> Painter:
    """Make *node* ready; *photos* makes the painters of pictures, *fonts* are the files of colour fonts."""
    match node:
        case PhotoNode():
            return photos(node)
        case FillNode():
            return FillPainter(node)
        case EmojiNode():
            return emoji(node, fonts[node.font])
        case GroupNode():
            painters = [painter_of(inner, photos, fonts) for inner in node.nodes]
            return GroupPainter(node, painters, _clip_of(node, photos))


def laid(canvas: Image.Image | None, painter: Painter, tile: Tile) -> Image.Image | None:
    """Lay *painter* on *canvas* (RGBA, of *tile*), which is None as long as there is nothing on it."""
    part = painter.part(tile)
    if part is None:
        return canvas
    image, x, y = part
    at = (x - tile[0], y - tile[1])
    if canvas is None:
        canvas = Image.new("RGBA", (tile[2] - tile[0], tile[3] - tile[1]))
        canvas.paste(image, at)
        return canvas
    if isinstance(painter, GroupPainter) and painter.blend is not Blend.NORMAL:
        below = canvas.crop((*at, at[0] + image.width, at[1] + image.height))
        image = mixed(below, image, painter.blend)
    canvas.alpha_composite(image, at)
    return canvas


def composed(painters: Sequence[Painter], tile: Tile) -> Image.Image | None:
    """Return all *painters* on *tile*, lowest first, or None when none of them draws there."""
    canvas: Image.Image | None = None
    for painter in painters:
        canvas = laid(canvas, painter, tile)
    return canvas


def _clip_of(node: GroupNode, photos: Photos) -> ClipPainter | None:
    clip = node.clip
    if clip is None:
        return None
    if clip.picture is None:
        return ClipPainter(clip)
    return ClipPainter(clip, photos(clip.picture))


def _mask(cover: Cover | None, tile: Tile) -> Image.Image | None:
    return None if cover is None or overlap(cover.bounds, tile) is None else cover.on(tile)


def _inked(colour: str, mask: Image.Image) -> Image.Image:
    ink = Image.new("RGBA", mask.size, colour)
    ink.putalpha(mask)
    return ink


def _above(below: str, line: Image.Image, colour: str, inside: Image.Image) -> Image.Image:
    """Return a fill above a wide line around it: each edge of the fill mixes with that line and nothing else."""
    pairs = zip(ImageColor.getrgb(below), ImageColor.getrgb(colour), strict=True)
    channels = [
        inside.point([(one * (255 - share) + other * share + 127) // 255 for share in range(256)])
        for one, other in pairs
    ]
    return Image.merge("RGBA", (*channels, ImageChops.screen(inside, line)))


def _size(tile: Tile) -> tuple[int, int]:
    return tile[2] - tile[0], tile[3] - tile[1]


def _union(boxes: Sequence[Tile]) -> Tile:
    if not boxes:
        return 0, 0, 0, 0
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
