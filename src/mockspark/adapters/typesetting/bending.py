"""Lines that are not straight: letters about a circle, or along an outline."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, Self

from attrs import field, frozen

from mockspark.domain.outlines import Bounds, Outline, flattened

_NEVER_FLATTER_UM: Final = 0.5
_STRAIGHT: Final = 1e-9

Spot = tuple[float, float, float, float]
"""Where something stands, and the cosine and sine of its clockwise turn."""


@frozen(kw_only=True)
class Arch:
    """Lines about one centre, in ems from the highest (or lowest) point of the first baseline, y downwards.

    *way* is 1 when the middle is highest. *radii* are the lines', *starts* the angles at which they begin.
    """

    way: int
    radii: tuple[float, ...]
    starts: tuple[float, ...]

    @classmethod
    def over(cls, angle: float, widths: Sequence[float], leading: float, share: float) -> Self:
        """Return the arch whose widest sweep is *angle* radians; *share* 0, 0.5, 1 aligns at left, middle, right."""
        way, sweep = (1 if angle > 0 else -1), abs(angle)
        below = [way * leading * index for index in range(len(widths))]
        radius = max(width / sweep + drop for width, drop in zip(widths, below, strict=True))
        radii = tuple(radius - drop for drop in below)
        angles = [width / inner if width else 0.0 for width, inner in zip(widths, radii, strict=True)]
        starts = tuple((sweep - angle) * share - sweep / 2 for angle in angles)
        return cls(way=way, radii=radii, starts=starts)

    def spot(self, index: int, along: float) -> Spot:
        """Return where a letter of line *index* stands whose middle is *along* the line."""
        radius, way = self.radii[index], self.way
        angle = self.starts[index] + along / radius
        cos, sin = math.cos(angle), math.sin(angle)
        return radius * sin, way * (self.radii[0] - radius * cos), cos, way * sin


@frozen(kw_only=True)
class Track:
    """An outline that lines follow, further lines below it; all in its own unit.

    *befores* are the lengths up to each straight piece, *pieces* their beginnings and directions.
    """

    length: float
    befores: tuple[float, ...] = field(repr=False)
    pieces: tuple[Spot, ...] = field(repr=False)

    def spot(self, along: float, below: float) -> Spot:
        """Return the point so far along, and so far to its right; before and behind it goes on straight."""
        at = max(bisect_right(self.befores, along) - 1, 0)
        x, y, cos, sin = self.pieces[at]
        on = along - self.befores[at]
        return x + cos * on - sin * below, y + sin * on + cos * below, cos, sin


@lru_cache(maxsize=64)
def track(outline: Outline) -> Track | None:
    """Return the way along *outline*, its contours one after the other; None when it leads nowhere."""
    befores: list[float] = []
    pieces: list[Spot] = []
    total = 0.0
    for contour in flattened(outline, _NEVER_FLATTER_UM):
        for (x, y), (to_x, to_y) in pairwise(contour.points):
            length = math.hypot(to_x - x, to_y - y)
            if length > _STRAIGHT:
                befores.append(total)
                pieces.append((x, y, (to_x - x) / length, (to_y - y) / length))
                total += length
    return Track(length=total, befores=tuple(befores), pieces=tuple(pieces)) if pieces else None


def surrounding(spots: Sequence[tuple[Spot, float]], above: float, below: float) -> Bounds:
    """Return a box around letters: each stands at its spot, so wide to both sides, so high and so deep."""
    xs, ys = [], []
    for (x, y, cos, sin), half in spots:
        for across in (-half, half):
            for down in (-above, below):
                xs.append(x + cos * across - sin * down)
                ys.append(y + sin * across + cos * down)
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (0.0, 0.0, 0.0, 0.0)
