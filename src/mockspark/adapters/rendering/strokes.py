"""What a pen covers along a contour, as small polygons that all run the same way round.

Along a smooth line neighbouring polygons share their ends exactly, so that they neither overlap nor leave a gap.
Where the pen is wider than a bend, the usual offset of both sides would turn inside out and leave a hole; there
each step is covered by a rectangle of its own.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Self

from attrs import define, field, frozen

from mockspark.adapters.rendering.contours import Contour
from mockspark.adapters.rendering.nodes import Pen

Point = tuple[float, float]

_SMOOTH_PX: Final = 0.04
_SHARPEST: Final = math.tan(math.radians(40) / 2)
_MITER_LIMIT: Final = 4
_STRIP: Final = 30
MAX_DASHES: Final = 20_000
_SAME_PX: Final = 1e-4


@frozen
class Polygon:
    """Corners of a closed line, in pixels."""

    xs: list[float]
    ys: list[float]


def finest_turn(pen: Pen) -> float:
    """Return by how much (radians) a curve may turn at each step, so that the sides of its line look round."""
    return _finest(pen.width / 2)


def stroke(contour: Contour, pen: Pen) -> Iterator[Polygon]:
    """Yield polygons that together are the line of *pen* along *contour*."""
    for line in _dashed(contour, pen.dash) if pen.dash else (contour,):
        yield from _Line.of(line, pen).polygons()


@define
class _Strip:
    """The cuts across a line so far, from one side to the other."""

    left: list[Point] = field(factory=list)
    right: list[Point] = field(factory=list)

    def polygon(self) -> Polygon:
        """Return what lies between the cuts."""
        corners = [*self.left, *self.right[::-1]]
        return Polygon([x for x, _ in corners], [y for _, y in corners])


@frozen(kw_only=True)
class _Line:
    """Distinct corners, the direction and length of each step between them, and the pen.

    *bends* are the tangents of half the turn at each corner: 0 at the ends and where a join is needed.
    """

    corners: Sequence[Point]
    ways: Sequence[Point]
    lengths: Sequence[float]
    bends: Sequence[float]
    closed: bool
    reach: float
    pen: Pen

    @classmethod
    def of(cls, contour: Contour, pen: Pen) -> Self:
        """Leave out steps of no length, and measure."""
        corners = _distinct(contour)
        closed = contour.closed and len(corners) > 1
        ends = [*corners[1:], corners[0]] if closed else corners[1:]
        steps = list(zip(corners, ends, strict=False))
        lengths = [math.dist(start, end) for start, end in steps]
        ways = [((e[0] - s[0]) / d, (e[1] - s[1]) / d) for (s, e), d in zip(steps, lengths, strict=True)]
        bends = _bends(ways, pen.width / 2)
        if not closed:
            bends[:1] = [0.0]
        bends.append(bends[0] if closed and bends else 0.0)
        return cls(
            corners=corners,
            ways=ways,
            lengths=lengths,
            bends=bends,
            closed=closed,
            reach=pen.width / 2,
            pen=pen,
        )

    def polygons(self) -> Iterator[Polygon]:
        """Yield all that is covered."""
        if not self.ways:
            yield from (cap for way in ((1.0, 0.0), (-1.0, 0.0)) for cap in self._cap(self.corners[0], way))
            return
        if not self.closed:
            yield from self._cap(self.corners[0], (-self.ways[0][0], -self.ways[0][1]))
            yield from self._cap(self.corners[-1], self.ways[-1])
        yield from self._strips()
        for index in range(0 if self.closed else 1, len(self.ways)):
            if not self.bends[index]:
                yield from self._join(index)

    def _strips(self) -> Iterator[Polygon]:
        strip = _Strip()
        for index, length in enumerate(self.lengths):
            before, after = self.bends[index], self.bends[index + 1]
            alone = length <= self.reach * abs(before + after)
            if strip.left and (alone or not before or len(strip.left) > _STRIP):
                yield strip.polygon()
                strip = _Strip() if alone or not before else _Strip(strip.left[-1:], strip.right[-1:])
            if alone:
                yield from self._alone(index)
                continue
            if not strip.left:
                self._cut(strip, index, index, before)
            self._cut(strip, index + 1, index, -after)
        if strip.left:
            yield strip.polygon()

    def _cut(self, strip: _Strip, corner: int, step: int, lean: float) -> None:
        """Add the cut across the line at *corner*, leaning forwards on its left side."""
        x, y = self.corners[corner % len(self.corners)]
        u, v = self.ways[step]
        across, down = (lean * u - v) * self.reach, (lean * v + u) * self.reach
        strip.left.append((x + across, y + down))
        strip.right.append((x - across, y - down))

    def _alone(self, index: int) -> Iterator[Polygon]:
        """Yield a rectangle for a step, and on the outer side of its bends what leads to its neighbours."""
        strip = _Strip()
        self._cut(strip, index, index, 0.0)
        self._cut(strip, index + 1, index, 0.0)
        yield strip.polygon()
        for corner, lean in ((index, self.bends[index]), (index + 1, -self.bends[index + 1])):
            tip = _Strip()
            self._cut(tip, corner, index, lean)
            at = corner - index
            outwards = (lean < 0) == (corner == index)
            sides = (strip.left, tip.left) if outwards else (strip.right, tip.right)
            yield _ordered([self.corners[corner % len(self.corners)], sides[0][at], sides[1][0]])

    def _join(self, index: int) -> Iterator[Polygon]:
        before, after = self.ways[index - 1], self.ways[index]
        x, y = self.corners[index]
        turn = before[0] * after[1] - before[1] * after[0]
        side = -self.reach if turn > 0 else self.reach
        start = (x - before[1] * side, y + before[0] * side)
        end = (x - after[1] * side, y + after[0] * side)
        cos = before[0] * after[0] + before[1] * after[1]
        if self.pen.join == "round":
            yield _ordered([(x, y), *_arc((x, y), start, math.atan2(turn, cos)), end])
        elif self.pen.join == "miter" and (1 + cos) / 2 * _MITER_LIMIT**2 >= 1:
            scale = side / (1 + cos)
            tip = (x - (before[1] + after[1]) * scale, y + (before[0] + after[0]) * scale)
            yield _ordered([(x, y), start, tip, end])
        else:
            yield _ordered([(x, y), start, end])

    def _cap(self, end: Point, outwards: Point) -> Iterator[Polygon]:
        u, v = outwards[0] * self.reach, outwards[1] * self.reach
        left, right = (end[0] - v, end[1] + u), (end[0] + v, end[1] - u)
        if self.pen.cap == "square":
            yield _ordered([left, (left[0] + u, left[1] + v), (right[0] + u, right[1] + v), right])
        elif self.pen.cap == "round":
            yield _ordered([*_arc(end, left, -math.pi), right])


def _distinct(contour: Contour) -> list[Point]:
    points = list(zip(contour.xs, contour.ys, strict=True))
    corners = points[:1]
    corners += [after for before, after in pairwise(points) if math.dist(before, after) > _SAME_PX]
    if contour.closed and len(corners) > 1 and math.dist(corners[0], corners[-1]) <= _SAME_PX:
        corners.pop()
    return corners


def _bends(ways: list[Point], reach: float) -> list[float]:
    """Return the tangent of half the turn before each step where the line goes on smoothly, else 0."""
    # The tip of a bend lies this much farther out than its sides.
    most = min(math.sqrt(((reach + _SMOOTH_PX) / max(reach, _SAME_PX)) ** 2 - 1), _SHARPEST)
    bends = []
    for (a, b), (c, d) in zip([ways[-1], *ways[:-1]] if ways else [], ways, strict=True):
        cos = a * c + b * d
        bend = (a * d - b * c) / (1 + cos) if cos > 0 else math.inf
        # Even a line that goes straight on has a bend of its own, for 0 stands for a corner.
        bends.append((bend or 1e-12) if abs(bend) <= most else 0.0)
    return bends


def _ordered(corners: list[Point]) -> Polygon:
    """Return a polygon that is run round the way that strips are."""
    (x, y), (u, v), (p, q) = corners[0], corners[1], corners[-1]
    if (u - x) * (q - y) - (v - y) * (p - x) > 0:
        corners.reverse()
    return Polygon([x for x, _ in corners], [y for _, y in corners])


def _finest(radius: float) -> float:
    return math.sqrt(8 * _SMOOTH_PX / max(radius, _SMOOTH_PX))


def _arc(centre: Point, start: Point, turn: float) -> Iterator[Point]:
    """Yield *start* and the points behind it on the way about *centre*, without the last one."""
    x, y = start[0] - centre[0], start[1] - centre[1]
    count = max(math.ceil(abs(turn) / _finest(math.hypot(x, y))), 1)
    for step in range(count):
        cos, sin = math.cos(turn * step / count), math.sin(turn * step / count)
        yield centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos


def _dashed(contour: Contour, dash: tuple[float, ...]) -> Iterator[Contour]:
    points = list(zip(contour.xs, contour.ys, strict=True))
    if contour.closed:
        points.append(points[0])
    pattern = dash if len(dash) % 2 == 0 else dash * 2
    length = sum(math.dist(a, b) for a, b in pairwise(points))
    if length * len(pattern) > sum(pattern) * MAX_DASHES:
        # Finer than any print: the eye sees a line.
        yield contour
        return
    for part in _inked(points, pattern):
        yield Contour(xs=[x for x, _ in part], ys=[y for _, y in part], closed=False)


def _inked(points: list[Point], pattern: tuple[float, ...]) -> Iterator[list[Point]]:
    """Yield the parts of a line that its pattern (ink, gap, ink, ...) leaves."""
    index, left = 0, pattern[0]
    part = [points[0]]
    for start, end in pairwise(points):
        length, done = math.dist(start, end), 0.0
        while length - done > left:
            done += left
            share = done / length
            corner = (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
            if index % 2 == 0:
                yield [*part, corner]
            part = [corner]
            index += 1
            left = pattern[index % len(pattern)]
        left -= length - done
        part.append(end)
    if index % 2 == 0 and len(part) > 1:
        yield part
