"""Path data of SVG as outlines of M, L, Q, C and Z."""

import math
import re
from itertools import pairwise
from typing import Any, Final

from attrs import define, field, frozen
from fontTools.misc.bezierTools import calcCubicBounds, calcQuadraticBounds
from fontTools.svgLib.path.arc import EllipticalArc
from fontTools.svgLib.path.parser import parse_path

from mockspark.adapters.importing.numbers import FARTHEST
from mockspark.domain.outlines import Affine, Bounds, Outline, flattened, rectangle

_BLANKS: Final = re.compile(r"[\s,]+")
# The parser takes a step back for each number that no blank parts from the next.
_UNPARTED: Final = re.compile(r"[^ a-df-zA-DF-Z]{4000}")
_MAX_DATA: Final = 4_000_000
_MAX_NUMBERS: Final = 400_000
_SAME: Final = 1e-9

Point = tuple[float, float]


def outline(data: str) -> tuple[Outline, bool]:
    """Return the outline that *data* draws up to its first mistake, and whether there is none."""
    pen = _Pen()
    if len(data) > _MAX_DATA:
        return Outline(), False
    plain = _BLANKS.sub(" ", data)
    if _UNPARTED.search(plain):
        return Outline(), False
    try:
        parse_path(plain, pen, arc_class=_arc)
    except (ValueError, TypeError, ArithmeticError, IndexError, AttributeError):
        return pen.outline, False
    return pen.outline, True


@define
class _Pen:
    """Takes down what the parser draws."""

    _verbs: list[str] = field(factory=list, init=False)
    _numbers: list[float] = field(factory=list, init=False)
    _start: Point = (0.0, 0.0)

    @property
    def outline(self) -> Outline:
        return Outline("".join(self._verbs), tuple(self._numbers))

    def moveTo(self, point: Point) -> None:  # noqa: N802 - the parser's name
        self._start = point
        self._add("M", point)

    def lineTo(self, point: Point) -> None:  # noqa: N802
        self._add("L", point)

    def qCurveTo(self, *points: Point) -> None:  # noqa: N802
        self._add("Q", *points)

    def curveTo(self, *points: Point) -> None:  # noqa: N802
        self._add("C", *points)

    def closePath(self) -> None:  # noqa: N802
        # The way back to the start is drawn by Z.
        if self._verbs[-1] == "L" and math.dist(self._numbers[-2:], self._start) < _SAME:
            self._verbs.pop()
            del self._numbers[-2:]
        self._verbs.append("Z")

    def endPath(self) -> None:  # noqa: N802
        """An open contour ends where it is."""

    def _add(self, verb: str, *points: Point) -> None:
        numbers = [number for point in points for number in point]
        if not all(abs(number) <= FARTHEST for number in numbers):
            raise ValueError("a coordinate lies beyond everything")
        if len(self._numbers) > _MAX_NUMBERS:
            raise ValueError("the path has too many points")
        self._verbs.append(verb)
        self._numbers.extend(numbers)


@frozen
class _Straight:
    """An arc without a radius, which is a line."""

    end: complex

    def draw(self, pen: _Pen) -> None:
        pen.lineTo((self.end.real, self.end.imag))


def _arc(start: complex, rx: float, ry: float, *rest: Any) -> Any:
    return EllipticalArc(start, rx, ry, *rest) if rx and ry else _Straight(rest[-1])


def polygon(numbers: list[float], *, closed: bool) -> Outline:
    """Return lines from point to point."""
    count = len(numbers) // 2
    if not count:
        return Outline()
    return Outline("M" + "L" * (count - 1) + ("Z" if closed else ""), tuple(numbers[: 2 * count]))


def rounded(x: float, y: float, width: float, height: float, rx: float, ry: float) -> Outline:
    """Return a rectangle whose corners are quarters of ellipses."""
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    if not (rx > 0 and ry > 0):
        return rectangle(x, y, width, height)
    return rectangle(0, 0, width / rx, height / ry, 1).placed(Affine(rx, 0.0, 0.0, ry, x, y))


def bounds(drawn: Outline) -> Bounds | None:
    """Return the box around an outline, without the handles of its curves."""
    found: list[Bounds] = []
    at = (0.0, 0.0)
    for verb, numbers in drawn.commands():
        points = tuple(zip(numbers[0::2], numbers[1::2], strict=True))
        if verb == "C":
            found.append(calcCubicBounds(at, *points))
        elif verb == "Q":
            found.append(calcQuadraticBounds(at, *points))
        elif points:
            found.append((*points[-1], *points[-1]))
        at = points[-1] if points else at
    if not found:
        return None
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def area(drawn: Outline) -> float:
    """Return the signed area of the corners and handles: its sign tells which way most of it runs round."""
    total, start, at = 0.0, (0.0, 0.0), (0.0, 0.0)
    for verb, numbers in drawn.commands():
        points = tuple(zip(numbers[0::2], numbers[1::2], strict=True))
        if verb == "M":
            total += at[0] * start[1] - start[0] * at[1]
            start = at = points[0]
            continue
        for point in points or (start,):
            total += at[0] * point[1] - point[0] * at[1]
            at = point
    return (total + at[0] * start[1] - start[0] * at[1]) / 2


def reversed_(drawn: Outline) -> Outline:
    """Return the same contours, run through backwards."""
    made: list[Outline] = []
    contour: list[tuple[str, tuple[float, ...]]] = []
    for verb, numbers in (*drawn.commands(), ("M", ())):
        if verb == "M" and contour:
            made.append(_backwards(contour))
            contour = []
        if numbers or verb == "Z":
            contour.append((verb, numbers))
    return Outline.joined(made)


def _backwards(contour: list[tuple[str, tuple[float, ...]]]) -> Outline:
    closed = contour[-1][0] == "Z"
    steps = [one for one in contour if one[0] != "Z"]
    commands: list[tuple[str, tuple[float, ...]]] = [("M", steps[-1][1][-2:])]
    for (verb, numbers), before in zip(reversed(steps[1:]), reversed(steps[:-1]), strict=True):
        handles = [numbers[at : at + 2] for at in range(0, len(numbers) - 2, 2)]
        commands.append((verb, tuple(n for pair in (*reversed(handles), before[1][-2:]) for n in pair)))
    return Outline.of((*commands, *((("Z", ()),) if closed else ())))


def sharpest(drawn: Outline, least: float, most: float, tolerance: float) -> tuple[bool, bool]:
    """Tell whether a corner's miter is longer than the smaller and within the larger of two limits, and
    whether one is within the limit *most* at all.
    """
    between = within = False
    low, high = sorted((least, most))
    for line in flattened(drawn, tolerance):
        for ratio in _ratios(line.points, closed=line.closed):
            between = between or low * low < ratio <= high * high
            within = within or ratio <= most * most
    return between, within


def _ratios(points: tuple[Point, ...], *, closed: bool) -> list[float]:
    """Return the square of miter length by line width of each corner."""
    ring = (*points, points[1]) if closed and len(points) > 2 else points
    ways = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring) if a != b]
    ratios = []
    for one, other in pairwise(ways):
        lengths = math.hypot(*one) * math.hypot(*other)
        cos = (one[0] * other[0] + one[1] * other[1]) / lengths if lengths else 1.0
        ratios.append(2 / (1 + cos) if cos > -1 + 1e-12 else math.inf)
    return ratios
