"""Tiles: rectangles of whole canvas pixels, and what is drawn on one."""

from typing import Protocol

from PIL import Image

Tile = tuple[int, int, int, int]
"""Left, top, right, bottom."""

Part = tuple[Image.Image, int, int]
"""Pixels in straight RGBA, and where their top left corner lies on the canvas."""


class Painter(Protocol):
    """Something on the canvas that draws any tile of itself, on any thread, the same whatever the tiling."""

    @property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches, on and off the canvas."""

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*, or None when that is nothing."""


def overlap(one: Tile, other: Tile) -> Tile | None:
    """Return what two tiles have in common, or None."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left < right and top < bottom else None
