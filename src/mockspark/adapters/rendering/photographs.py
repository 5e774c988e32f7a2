"""Painters of foreign pictures: decoded when a tile first needs them, at no more than the size it takes."""

import threading
from typing import Final, Protocol

from attrs import define, field
from PIL import Image, ImageOps

from mockspark.adapters.rendering import pictures
from mockspark.adapters.rendering.fingerprints import combined
from mockspark.adapters.rendering.geometry import Window
from mockspark.adapters.rendering.nodes import PhotoNode
from mockspark.adapters.rendering.photos import TurnedPhoto, UprightPhoto, photo
from mockspark.adapters.rendering.shelf import Board
from mockspark.adapters.rendering.tiles import Part, Tile

# What is left after halving must still be resampled properly.
_SPARE: Final = 2
_SHARES: Final = (8, 4, 2)


class Decoded(Protocol):
    """Where decoded pictures are kept."""

    pictures: Board[Image.Image]


@define(eq=False)
class Photograph:
    """A placed picture; *problem* says why it cannot be drawn, once that was tried."""

    node: PhotoNode
    content: bytes = field(repr=False)
    digest: bytes
    shelf: Decoded
    problem: str = ""
    _lock: threading.Lock = field(factory=threading.Lock, init=False)
    _photo: UprightPhoto | TurnedPhoto | None = field(default=None, init=False)

    @property
    def bounds(self) -> Tile:
        """Return the whole pixels that it touches, or one more."""
        left, top, right, bottom = self.node.frame.bounds()
        return left - 1, top - 1, right + 1, bottom + 1

    def part(self, tile: Tile) -> Part | None:
        """Return what it draws on *tile*."""
        placed = self.placed()
        return None if placed is None else placed.part(tile)

    def placed(self) -> UprightPhoto | TurnedPhoto | None:
        """Return the picture ready to be drawn, decoded by the first who asks; None when it is undrawable."""
        with self._lock:
            if self._photo is None and not self.problem:
                try:
                    self._photo = self._prepared()
                except pictures.Undrawable as problem:
                    self.problem = str(problem)
            return self._photo

    def _prepared(self) -> UprightPhoto | TurnedPhoto:
        node = self.node
        opened = pictures.opened(self.content)
        width, height = opened.size
        image = self._decoded(opened, _share(node, opened.size))
        across, down = image.width / width, image.height / height
        window = Window(
            left=node.window.left * across,
            top=node.window.top * down,
            right=node.window.right * across,
            bottom=node.window.bottom * down,
        )
        if node.flip:
            image, window = mirrored(image, window, node.flip)
        return photo(image, window, node.frame, linear=node.linear)

    def _decoded(self, opened: pictures.Picture, share: int) -> Image.Image:
        key = combined(self.digest, b"%d" % share)
        image = self.shelf.pictures.get(key)
        if image is None:
            image = pictures.decoded(opened, share=share).image
            self.shelf.pictures.put(key, image)
        return image


def mirrored(image: Image.Image, window: Window, flip: str) -> tuple[Image.Image, Window]:
    """Return *image* and the same *window* of it, left and right (`h`), top and bottom (`v`) exchanged."""
    left, top, right, bottom = window.as_box()
    if "h" in flip:
        image = ImageOps.mirror(image)
        left, right = image.width - right, image.width - left
    if "v" in flip:
        image = ImageOps.flip(image)
        top, bottom = image.height - bottom, image.height - top
    return image, Window(left=left, top=top, right=right, bottom=bottom)


def _share(node: PhotoNode, size: tuple[int, int]) -> int:
    """Return the power of two by which the picture may shrink before it is resampled."""
    if node.linear:
        return 1  # halving averages sRGB's curve, which is what this layer does not want
    most = min(node.window.width / max(node.frame.width, 1), node.window.height / max(node.frame.height, 1))
    least = min(size)
    return next((share for share in _SHARES if share * _SPARE <= most and share <= least), 1)
