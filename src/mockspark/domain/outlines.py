"""Outlines: contours of straight lines and curves, as letters and shapes have them."""

import hashlib
import math
import re
from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import Final, Self

from attrs import field, frozen

from mockspark.domain.errors import InvalidValue

COUNTS: Final = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
"""How many numbers follow each command: move, line, quadratic and cubic curve, close."""

_TOKENS: Final = re.compile(r"[MLQCZ]|-?\d+(?:\.\d+)?|[ ,]+")
_MAX_NUMBERS: Final = 400_000
_MAX_STEPS: Final = 500

Bounds = tuple[float, float, float, float]
Command = tuple[str, tuple[float, ...]]


@frozen
class Affine:
    """x' = a x + c y + e and y' = b x + d y + f, in the order of SVG's `matrix`."""

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 1.0
    e: float = 0.0
    f: float = 0.0

    @classmethod
    def moved(cls, x: float, y: float) -> Self:
        """Return the map that adds *x* and *y*."""
        return cls(1.0, 0.0, 0.0, 1.0, x, y)

    @classmethod
    def scaled(cls, across: float, down: float) -> Self:
        """Return the map that multiplies by *across* and *down*."""
        return cls(across, 0.0, 0.0, down, 0.0, 0.0)

    @classmethod
    def turned(cls, millidegrees: float, x: float = 0.0, y: float = 0.0) -> Self:
        """Return the clockwise turn about *x*, *y* (y runs downwards)."""
        angle = math.radians(millidegrees / 1000)
        cos, sin = math.cos(angle), math.sin(angle)
        return cls(cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y)

    def after(self, first: Self) -> Self:
        """Return the map that does *first* and then this one."""
        return type(self)(
            self.a * first.a + self.c * first.b,
            self.b * first.a + self.d * first.b,
            self.a * first.c + self.c * first.d,
            self.b * first.c + self.d * first.d,
            self.a * first.e + self.c * first.f + self.e,
            self.b * first.e + self.d * first.f + self.f,
        )

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where *x*, *y* goes."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f


@frozen(slots=False)
class Outline:
    """Contours: *verbs* are the commands M, L, Q, C and Z, *numbers* their coordinates one after another.

    The unit is its owner's; y runs downwards. Coordinates are absolute.
    """

    verbs: str = ""
    numbers: tuple[float, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, path: str) -> Self:
        """Take in path data of absolute M, L, Q, C, Z; raises InvalidValue for anything else."""
        verbs: list[str] = []
        numbers: list[float] = []
        for verb, arguments in _commands(path):
            verbs.append(verb)
            numbers.extend(arguments)
        if verbs and verbs[0] != "M":
            raise InvalidValue("an outline begins with M")
        return cls("".join(verbs), tuple(numbers))

    @classmethod
    def of(cls, commands: Iterable[Command]) -> Self:
        """Build an outline from commands."""
        listed = tuple(commands)
        return cls(
            "".join(verb for verb, _ in listed), tuple(number for _, numbers in listed for number in numbers)
        )

    @classmethod
    def joined(cls, outlines: Iterable[Self]) -> Self:
        """Return one outline of all contours."""
        listed = tuple(outlines)
        return cls("".join(o.verbs for o in listed), tuple(n for o in listed for n in o.numbers))

    def __bool__(self) -> bool:
        return bool(self.verbs)

    def commands(self) -> Iterator[Command]:
        """Yield each command with its coordinates."""
        at = 0
        for verb in self.verbs:
            count = COUNTS[verb]
            yield verb, self.numbers[at : at + count]
            at += count

    def placed(self, place: Affine) -> Self:
        """Return the outline after *place*."""
        xs, ys = self.numbers[0::2], self.numbers[1::2]
        a, b, c, d, e, f = place.a, place.b, place.c, place.d, place.e, place.f
        numbers = [0.0] * len(self.numbers)
        numbers[0::2] = [a * x + c * y + e for x, y in zip(xs, ys, strict=True)]
        numbers[1::2] = [b * x + d * y + f for x, y in zip(xs, ys, strict=True)]
        return type(self)(self.verbs, tuple(numbers))

    @cached_property
    def bounds(self) -> Bounds | None:
        """Return a box around all points, curves' handles among them: left, top, right, bottom."""
        if not self.numbers:
            return None
        xs, ys = self.numbers[0::2], self.numbers[1::2]
        return min(xs), min(ys), max(xs), max(ys)

    @cached_property
    def digest(self) -> bytes:
        """Return a digest of its commands and coordinates."""
        return hashlib.blake2b(
            self.verbs.encode() + array("d", self.numbers).tobytes(), digest_size=20
        ).digest()

    def path(self, digits: int = 0) -> str:
        """Return it as SVG path data with so many *digits* behind the point."""
        form = f"%.{digits}f" if digits else "%d"
        forms = {verb: verb + " ".join([form] * count) for verb, count in COUNTS.items()}
        # One template for all is ten times as quick as a text for each number, which editors notice.
        return "".join(map(forms.__getitem__, self.verbs)) % tuple(
            self.numbers if digits else map(round, self.numbers)
        )


@frozen
class Polyline:
    """A contour as corners of straight lines; a closed one ends where it begins."""

    points: tuple[tuple[float, float], ...]
    closed: bool


def flattened(outline: Outline, tolerance: float) -> Iterator[Polyline]:
    """Yield each contour with its curves replaced by lines that stay within *tolerance* of them."""
    points: list[tuple[float, float]] = []
    for verb, numbers in outline.commands():
        if verb == "M":
            if len(points) > 1:
                yield Polyline(tuple(points), closed=False)
            points = [(numbers[0], numbers[1])]
        elif verb == "Z":
            if len(points) > 1:
                yield Polyline((*points, points[0]), closed=True)
            points = points[:1]
        else:
            points.extend(_along(points[-1], numbers, tolerance))
    if len(points) > 1:
        yield Polyline(tuple(points), closed=False)


def _along(
    start: tuple[float, float], numbers: tuple[float, ...], tolerance: float
) -> Iterator[tuple[float, float]]:
    handles = [start, *zip(numbers[0::2], numbers[1::2], strict=True)]
    bend = max(
        (
            math.hypot(a[0] - 2 * b[0] + c[0], a[1] - 2 * b[1] + c[1])
            for a, b, c in zip(handles, handles[1:], handles[2:], strict=False)
        ),
        default=0.0,
    )
    degree = len(handles) - 1
    # A curve of that degree leaves its chord by at most an eighth of its second difference, by steps squared.
    steps = max(math.ceil(math.sqrt(degree * (degree - 1) * bend / (8 * tolerance))), 1)
    for step in range(1, min(steps, _MAX_STEPS) + 1):
        yield _at(handles, step / min(steps, _MAX_STEPS))


def _at(handles: list[tuple[float, float]], share: float) -> tuple[float, float]:
    while len(handles) > 1:
        handles = [(a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share) for a, b in pairwise(handles)]
    return handles[0]


def rectangle(x: float, y: float, width: float, height: float, radius: float = 0.0) -> Outline:
    """Return a rectangle; *radius* rounds its corners."""
    right, bottom = x + width, y + height
    r = min(max(radius, 0.0), width / 2, height / 2)
    if not r:
        return Outline("MLLLZ", (x, y, right, y, right, bottom, x, bottom))
    k = r * (1 - _KAPPA)
    return Outline(
        "MLCLCLCLCZ",
        (
            *(x + r, y, right - r, y),
            *(right - k, y, right, y + k, right, y + r),
            *(right, bottom - r),
            *(right, bottom - k, right - k, bottom, right - r, bottom),
            *(x + r, bottom),
            *(x + k, bottom, x, bottom - k, x, bottom - r),
            *(x, y + r),
            *(x, y + k, x + k, y, x + r, y),
        ),
    )


def ellipse(x: float, y: float, width: float, height: float) -> Outline:
    """Return the ellipse inside a rectangle."""
    rx, ry, cx, cy = width / 2, height / 2, x + width / 2, y + height / 2
    kx, ky = rx * _KAPPA, ry * _KAPPA
    return Outline(
        "MCCCCZ",
        (
            *(cx + rx, cy),
            *(cx + rx, cy + ky, cx + kx, cy + ry, cx, cy + ry),
            *(cx - kx, cy + ry, cx - rx, cy + ky, cx - rx, cy),
            *(cx - rx, cy - ky, cx - kx, cy - ry, cx, cy - ry),
            *(cx + kx, cy - ry, cx + rx, cy - ky, cx + rx, cy),
        ),
    )


# A cubic whose handles have this share of the radius is a quarter circle to within 0.03 % of it.
_KAPPA: Final = 0.5522847498


def _commands(path: str) -> Iterator[Command]:
    tokens = [token for token in _tokens(path) if token[0] not in " ,"]
    if len(tokens) > _MAX_NUMBERS:
        raise InvalidValue(f"an outline has at most {_MAX_NUMBERS} numbers")
    at = 0
    while at < len(tokens):
        verb = tokens[at]
        count = COUNTS.get(verb)
        numbers = tokens[at + 1 : at + 1 + (count or 0)]
        if count is None or len(numbers) < count or any(number in COUNTS for number in numbers):
            raise InvalidValue(f"an outline has M, L, Q, C and Z with their numbers, not {path[:60]!r}")
        yield verb, tuple(float(number) for number in numbers)
        at += 1 + count


def _tokens(path: str) -> Iterator[str]:
    end = 0
    for match in _TOKENS.finditer(path):
        if match.start() != end:
            break
        end = match.end()
        yield match.group()
    if end != len(path):
        raise InvalidValue(
            f"an outline has M, L, Q, C and Z with their numbers, not {path[end : end + 20]!r}"
        )
