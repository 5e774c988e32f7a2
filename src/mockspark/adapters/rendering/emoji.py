"""Colour glyphs, drawn from their outlines and gradients (COLR) at the size that they have on the canvas."""

import math
from functools import cached_property, lru_cache
from typing import Final

import uharfbuzz as hb
from attrs import field, frozen
from PIL import Image

from mockspark.adapters.rendering.geometry import Frame, Window
from mockspark.adapters.rendering.nodes import EmojiNode
from mockspark.adapters.rendering.photos import READY, TurnedPhoto
from mockspark.adapters.rendering.tiles import Painter, Part, Tile, overlap
from mockspark.domain.outlines import Affine

_MARGIN: Final = 2
_MOST: Final = 4_000


def emoji(node: EmojiNode, font: bytes) -> Painter:
    """Make a glyph ready. One that is turned is drawn upright and larger first: HarfBuzz paints only upright."""
    angle = math.degrees(math.atan2(node.place.b, node.place.a))
    return UprightEmoji(node, font) if abs(angle) < 1e-6 else _turned(node, font, angle)


@frozen(slots=False)
class UprightEmoji:
    """A glyph that is not turned."""

    node: EmojiNode
    font: bytes = field(repr=False)

    @cached_property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches."""
        left, top, right, bottom = self.node.bounds
        corners = [self.node.place.point(x, y) for x, y in ((left, top), (right, bottom))]
        (west, north), (east, south) = corners
        return math.floor(west) - 1, math.floor(north) - 1, math.ceil(east) + 1, math.ceil(south) + 1

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        seen = overlap(self.bounds, tile)
        if seen is None:
            return None
        return _painted(self.font, self.node.glyph, self.node.place, seen).convert("RGBA"), seen[0], seen[1]


def _turned(node: EmojiNode, font: bytes, angle: float) -> TurnedPhoto:
    left, top, right, bottom = node.bounds
    scale = math.hypot(node.place.a, node.place.b)
    width, height = (right - left) * scale + 2 * _MARGIN, (bottom - top) * scale + 2 * _MARGIN
    finer = min(READY, _MOST / max(width, height))
    size = (max(round(width * finer), 1), max(round(height * finer), 1))
    upright = Affine.moved(_MARGIN * finer, _MARGIN * finer).after(
        Affine.scaled(scale * finer, scale * finer).after(Affine.moved(-left, -top))
    )
    x, y = node.place.point((left + right) / 2, (top + bottom) / 2)
    return TurnedPhoto(
        image=_painted(font, node.glyph, upright, (0, 0, *size)),
        window=Window(left=0, top=0, right=size[0], bottom=size[1]),
        frame=Frame(x=x - width / 2, y=y - height / 2, width=width, height=height, turn=round(angle * 1000)),
        how=Image.Resampling.BILINEAR,
    )


def _painted(font: bytes, glyph: int, place: Affine, tile: Tile) -> Image.Image:
    """Return a glyph on *tile*, in premultiplied RGBa; *place* moves and scales it."""
    width, height = tile[2] - tile[0], tile[3] - tile[1]
    paint = hb.RasterPaint()
    # HarfBuzz's y runs upwards, and its pictures begin at their lowest row.
    paint.transform = (place.a, 0.0, 0.0, place.d, place.e, -place.f)
    paint.extents = hb.RasterExtents(tile[0], -tile[3], width, height, 0)
    paint.paint_glyph(_font(font), glyph)
    image = paint.render()
    if image is None:
        return Image.new("RGBa", (width, height))
    return Image.frombytes(
        "RGBa", (width, height), bytes(image.buffer), "raw", "BGRa", image.extents.stride, -1
    )


@lru_cache(maxsize=8)
def _font(content: bytes) -> hb.Font:
    return hb.Font(hb.Face(content))
