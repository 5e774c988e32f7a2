"""Shadows so soft that they are worked out on a coarser grid: what they are cast by is drawn once for all tiles."""

import math
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Final

from attrs import define, field
from PIL import Image

from mockspark.adapters.rendering.effects import BLUR_REACH, blurred, shifted
from mockspark.adapters.rendering.nodes import ShadowOf
from mockspark.adapters.rendering.tiles import Tile

SOFT_PX: Final = 6.0
"""From this standard deviation on a coarser grid shows no difference."""

_FINEST: Final = 3
_COARSEST: Final = 16
_BLOCK: Final = (1024, 256)

Index = tuple[int, int]


@define(eq=False)
class SoftShadow:
    """The shadow of what *drawn* returns; blocks of its coverage are kept in small."""

    drawn: Callable[[Tile], Image.Image | None]
    shadow: ShadowOf
    _blocks: dict[Index, Image.Image | None] = field(factory=dict)
    _locks: dict[Index, Lock] = field(factory=dict)
    _lock: Lock = field(factory=Lock)

    def on(self, tile: Tile) -> Image.Image:
        """Return how much shadow falls on each pixel of *tile*, in mode L."""
        step = self._step
        dx, dy = shifted(self.shadow)
        box = (tile[0] - dx, tile[1] - dy, tile[2] - dx, tile[3] - dy)
        far = math.ceil(BLUR_REACH * self.shadow.blur / step) + 2
        left, top = math.floor(box[0] / step) - far, math.floor(box[1] / step) - far
        right, bottom = math.ceil(box[2] / step) + far, math.ceil(box[3] / step) + far
        soft = blurred(self._coverage((left, top, right, bottom)), self.shadow.blur / step)
        return soft.resize(
            (tile[2] - tile[0], tile[3] - tile[1]),
            Image.Resampling.BILINEAR,
            box=(box[0] / step - left, box[1] / step - top, box[2] / step - left, box[3] / step - top),
        )

    @property
    def _step(self) -> int:
        """Return how many pixels a cell of the coarse grid is wide: a power of two."""
        finest = self.shadow.blur / _FINEST
        return int(min(2 ** math.floor(math.log2(max(finest, 1.0))), _COARSEST))

    def _coverage(self, cells: Tile) -> Image.Image:
        mask = Image.new("L", (cells[2] - cells[0], cells[3] - cells[1]))
        for across, down in self._touched(cells):
            block = self._block((across, down))
            if block is not None:
                x, y = across * _BLOCK[0] // self._step, down * _BLOCK[1] // self._step
                mask.paste(block, (x - cells[0], y - cells[1]))
        return mask

    def _touched(self, cells: Tile) -> Iterator[Index]:
        wide, high = _BLOCK[0] // self._step, _BLOCK[1] // self._step
        for down in range(cells[1] // high, -(-cells[3] // high)):
            for across in range(cells[0] // wide, -(-cells[2] // wide)):
                yield across, down

    def _block(self, index: Index) -> Image.Image | None:
        with self._lock:
            lock = self._locks.setdefault(index, Lock())
        with lock:
            if index not in self._blocks:
                self._blocks[index] = self._made(index)
            return self._blocks[index]

    def _made(self, index: Index) -> Image.Image | None:
        left, top = index[0] * _BLOCK[0], index[1] * _BLOCK[1]
        image = self.drawn((left, top, left + _BLOCK[0], top + _BLOCK[1]))
        return None if image is None else image.getchannel("A").reduce(self._step)
