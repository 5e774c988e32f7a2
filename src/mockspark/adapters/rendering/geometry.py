"""Where things lie on the canvas: pure arithmetic in pixels, y downwards, turns clockwise."""

import math
from collections.abc import Iterator
from typing import Final, Self

from attrs import frozen

from mockspark.domain.design import Box

_UM_PER_INCH: Final = 25_400
_QUARTER: Final = 90_000

Affine = tuple[float, float, float, float, float, float]


def pixels(micrometres: float, dpi: int) -> float:
    """Return the length in pixels."""
    return micrometres * dpi / _UM_PER_INCH


@frozen(kw_only=True)
class Window:
    """A part of a picture in its own pixels; edges may lie between them."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Return the width."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return the height."""
        return self.bottom - self.top

    def moved(self, x: float, y: float) -> Self:
        """Return the window after its picture grew by *x* columns and *y* rows before it."""
        return type(self)(left=self.left + x, top=self.top + y, right=self.right + x, bottom=self.bottom + y)

    def as_box(self) -> tuple[float, float, float, float]:
        """Return left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom


@frozen(kw_only=True)
class Frame:
    """A rectangle on the canvas, turned by *turn* millidegrees about its centre."""

    x: float
    y: float
    width: float
    height: float
    turn: int = 0

    @classmethod
    def of(cls, box: Box, dpi: int) -> Self:
        """Measure *box* in pixels."""
        x, y, width, height = (pixels(length, dpi) for length in (box.x, box.y, box.width, box.height))
        return cls(x=x, y=y, width=width, height=height, turn=box.turn % 360_000)

    @property
    def centre(self) -> tuple[float, float]:
        """Return the point that stays when the frame turns."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def quarters(self) -> int | None:
        """Return the number of right angles it is turned by, or None when it is turned by another angle."""
        return None if self.turn % _QUARTER else self.turn // _QUARTER

    def upright(self) -> Self:
        """Return the same place for content that is already turned by the right angles."""
        swapped = bool((self.quarters or 0) % 2)
        width, height = (self.height, self.width) if swapped else (self.width, self.height)
        x, y = self.centre
        return type(self)(x=x - width / 2, y=y - height / 2, width=width, height=height)

    def resized(self, width: float, height: float) -> Self:
        """Return a frame of that size about the same centre, with the same turn."""
        x, y = self.centre
        return type(self)(x=x - width / 2, y=y - height / 2, width=width, height=height, turn=self.turn)

    def corners(self, margin: float = 0.0) -> tuple[tuple[float, float], ...]:
        """Return the four corners on the canvas, of the frame grown by *margin* on all sides."""
        return tuple(
            self.outward(u, v)
            for u, v in (
                (-margin, -margin),
                (self.width + margin, -margin),
                (self.width + margin, self.height + margin),
                (-margin, self.height + margin),
            )
        )

    def outward(self, u: float, v: float) -> tuple[float, float]:
        """Return the canvas point of *u*, *v*, which are measured from the frame's own top left corner."""
        cos, sin = self._direction
        x, y = self.centre
        across, down = u - self.width / 2, v - self.height / 2
        return x + cos * across - sin * down, y + sin * across + cos * down

    def inward(self, x: float, y: float) -> tuple[float, float]:
        """Return the frame's own coordinates of a canvas point."""
        cos, sin = self._direction
        across, down = x - self.centre[0], y - self.centre[1]
        return cos * across + sin * down + self.width / 2, cos * down - sin * across + self.height / 2

    def bounds(self, margin: float = 0.0) -> tuple[int, int, int, int]:
        """Return the whole pixels that it touches: left, top, right, bottom."""
        xs, ys = zip(*self.corners(margin), strict=True)
        return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))

    def span(self, top: int, bottom: int, margin: float) -> tuple[int, int] | None:
        """Return the columns that it touches between two rows, or None."""
        xs = list(self._crossings(top, bottom, margin))
        return (math.floor(min(xs)), math.ceil(max(xs))) if xs else None

    def inverse(self, window: Window, *, x: float, y: float, scale: int) -> Affine:
        """Return how a tile at *x*, *y*, *scale* times finer than the canvas, reads from *window*."""
        cos, sin = self._direction
        across, down = window.width / self.width, window.height / self.height
        u, v = self.inward(x, y)
        return (
            across * cos / scale,
            across * sin / scale,
            window.left + across * u,
            -down * sin / scale,
            down * cos / scale,
            window.top + down * v,
        )

    @property
    def _direction(self) -> tuple[float, float]:
        angle = math.radians(self.turn / 1000)
        return math.cos(angle), math.sin(angle)

    def _crossings(self, top: int, bottom: int, margin: float) -> Iterator[float]:
        corners = self.corners(margin)
        for (x1, y1), (x2, y2) in zip(corners, corners[1:] + corners[:1], strict=True):
            if top <= y1 <= bottom:
                yield x1
            for row in (top, bottom):
                if (y1 - row) * (y2 - row) < 0:
                    yield x1 + (x2 - x1) * (row - y1) / (y2 - y1)


def fitted(frame: Frame, window: Window, fit: str) -> tuple[Frame, Window]:
    """Place *window* of a picture in *frame*: inside it, covering it, or stretched to it.

    A frame without height takes the picture's own.
    """
    if frame.height == 0:
        height = frame.width * window.height / window.width
        opened = Frame(x=frame.x, y=frame.y, width=frame.width, height=height, turn=frame.turn)
        return opened, window
    across, down = frame.width / window.width, frame.height / window.height
    if fit == "stretch" or across == down:
        return frame, window
    if fit == "contain":
        scale = min(across, down)
        return frame.resized(window.width * scale, window.height * scale), window
    return frame, _trimmed(window, frame.width / max(across, down), frame.height / max(across, down))


def _trimmed(window: Window, width: float, height: float) -> Window:
    left = window.left + (window.width - width) / 2
    top = window.top + (window.height - height) / 2
    return Window(left=left, top=top, right=left + width, bottom=top + height)
