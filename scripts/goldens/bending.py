"""Lines of letters that are not straight: around a circle, or along an outline."""

import math
import re
from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from attrs import frozen

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]

_STEPS: Final = 2_000


def turned(x: float, y: float, angle: float, before: float) -> Matrix:
    """Return what brings a line's start so that *before* further on it touches *x*, *y*, at *angle* (radians)."""
    cos, sin = math.cos(angle), math.sin(angle)
    return (cos, sin, -sin, cos, x - cos * before, y - sin * before)


@frozen(kw_only=True)
class Arch:
    """Lines about one centre; x and y are measured from the middle of the first baseline, *way* is 1 or -1.

    *radii* and *starts* are each line's distance from the centre and the angle at which it begins.
    """

    way: int
    radii: tuple[float, ...]
    starts: tuple[float, ...]

    @classmethod
    def of(cls, sweep: float, widths: Sequence[float], leading: float, share: float) -> Self:
        """Return lines of which the widest sweeps *sweep* radians; *share* of the room is to the left of others."""
        way, angle = (1, sweep) if sweep > 0 else (-1, -sweep)
        first = max(width / angle + way * leading * index for index, width in enumerate(widths))
        radii = tuple(first - way * leading * index for index in range(len(widths)))
        taken = (width / radius for width, radius in zip(widths, radii, strict=True))
        return cls(way=way, radii=radii, starts=tuple((angle - one) * share - angle / 2 for one in taken))

    def at(self, index: int, along: float, before: float) -> Matrix:
        """Return what brings line *index* to where it has gone *along*; *before* is as in `turned`."""
        radius = self.radii[index]
        angle = self.starts[index] + along / radius
        x, y = radius * math.sin(angle), self.way * (self.radii[0] - radius * math.cos(angle))
        return turned(x, y, self.way * angle, before)


def on_path(path: str, share: float, width: float, along: float, before: float) -> Matrix:
    """Return the place *along* a line of *width* that lies by *share* of what is left towards the end of *path*."""
    points = _sampled(path)
    steps = np.hypot(*np.diff(points, axis=0).T)
    lengths = np.concatenate([[0.0], np.cumsum(steps)])
    at = (lengths[-1] - width) * share + along
    x, y = (float(np.interp(at, lengths, points[:, axis])) for axis in (0, 1))
    piece = min(max(int(np.searchsorted(lengths, at)) - 1, 0), len(steps) - 1)
    dx, dy = points[piece + 1] - points[piece]
    return turned(x, y, math.atan2(dy, dx), before)


def _sampled(path: str) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """Return many points along the first contour of *path*."""
    points: list[Point] = []
    for verb, numbers in re.findall(r"([MLQC])([^MLQCZ]*)", path):
        values = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", numbers)]
        given = list(zip(values[0::2], values[1::2], strict=True))
        if verb == "M":
            points.extend(given)
            continue
        knots = np.array([points[-1], *given])
        for share in np.linspace(0, 1, _STEPS + 1)[1:]:
            left = knots
            while len(left) > 1:
                left = left[:-1] * (1 - share) + left[1:] * share
            points.append((float(left[0][0]), float(left[0][1])))
    return np.array(points)
