"""Painters: nodes made ready, each of which draws any tile of itself."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from attrs import frozen
from PIL import Image, ImageChops

from mockspark.adapters.rendering.coverage import Cover, filled, stroked
from mockspark.adapters.rendering.effects import faded, mixed, reach, shaded, shadow_of
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
from mockspark.adapters.rendering.tiles import Painter, Part, Tile, overlap
from mockspark.domain.layers import Blend

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
        fill, line = self._filled(seen), self._lined(seen)
        layers = (line, fill) if self.node.pen_below else (fill, line)
        drawn: Image.Image | None = None
        for layer in layers:
            if layer is not None:
                drawn = layer if drawn is None else Image.alpha_composite(drawn, layer)
        return None if drawn is None else (drawn, seen[0], seen[1])

    @cached_property
    def _inside(self) -> Cover | None:
        return filled(self.node.pieces, self.node.rule) if self.node.paint else None

    @cached_property
    def _line(self) -> Cover | None:
        pen = self.node.pen
        return stroked(self.node.pieces, pen) if pen is not None and pen.width > 0 else None

    def _filled(self, tile: Tile) -> Image.Image | None:
        if self._inside is None or overlap(self._inside.bounds, tile) is None:
            return None
        mask = self._inside.on(tile)
        if isinstance(self.node.paint, str):
            return _inked(self.node.paint, mask)
        colours = shaded(self.node.paint, self.node.frame, tile)
        colours.putalpha(ImageChops.multiply(colours.getchannel("A"), mask))
        return colours

    def _lined(self, tile: Tile) -> Image.Image | None:
        if self._line is None or self.node.pen is None or overlap(self._line.bounds, tile) is None:
            return None
        return _inked(self.node.pen.colour, self._line.on(tile))


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
        far = reach(self.node.shadow)
        return inner[0] - far, inner[1] - far, inner[2] + far, inner[3] + far

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
        far = reach(shadow)
        wide = self._clipped((tile[0] - far, tile[1] - far, tile[2] + far, tile[3] + far))
        if wide is None:
            return None
        inner = (far, far, wide.width - far, wide.height - far)
        cast = shadow_of(wide.getchannel("A"), shadow).crop(inner)
        return Image.alpha_composite(cast, wide.crop(inner))


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


def _inked(colour: str, mask: Image.Image) -> Image.Image:
    ink = Image.new("RGB", mask.size, colour)
    ink.putalpha(mask)
    return ink


def _union(boxes: Sequence[Tile]) -> Tile:
    if not boxes:
        return 0, 0, 0, 0
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
