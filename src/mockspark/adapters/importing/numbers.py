"""Numbers, lengths and maps as SVG writes them."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mockspark.domain.outlines import Affine

FARTHEST: Final = 1e9
"""No coordinate lies beyond."""

_NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_LENGTH: Final = re.compile(
    rf"\s*({_NUMBER})\s*(px|pt|pc|mm|cm|in|q|em|rem|ex|ch|%)?\s*", re.ASCII | re.IGNORECASE
)
_LIST: Final = re.compile(_NUMBER, re.ASCII)
_BETWEEN: Final = re.compile(rf"{_NUMBER}|[\s,]+", re.ASCII)
_CALL: Final = re.compile(r"\s*,?\s*([a-zA-Z]+)\s*\(([^()]*)\)", re.ASCII)
_ARGUMENT: Final = re.compile(rf"({_NUMBER})(deg|grad|rad|turn|px)?", re.ASCII)
_MAX_CALLS: Final = 100

PX_OF: Final[Mapping[str, float]] = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
    "ch": 8.0,
}
_DEGREES_OF: Final[Mapping[str, float]] = {
    "": 1.0,
    "deg": 1.0,
    "px": 1.0,
    "grad": 0.9,
    "rad": 180 / math.pi,
    "turn": 360.0,
}


def length(text: str, whole: float) -> float | None:
    """Return a length in user units; *whole* is what 100 % are. None for what is none."""
    found = _LENGTH.fullmatch(text) if len(text) < 100 else None
    if found is None:
        return None
    unit = (found[2] or "").lower()
    number = float(found[1]) * (whole / 100 if unit == "%" else PX_OF[unit])
    return number if abs(number) <= FARTHEST else None


def listed(text: str) -> list[float] | None:
    """Return numbers between blanks and commas; None for anything else."""
    if _BETWEEN.sub("", text):
        return None
    numbers = [float(found) for found in _LIST.findall(text)]
    return numbers if all(abs(number) <= FARTHEST for number in numbers) else None


def transform(text: str) -> Affine | None:
    """Return the map that a `transform` says; None for what says none."""
    place, end = Affine(), 0
    for calls, found in enumerate(_CALL.finditer(text)):
        step = _step(found[1], found[2]) if found.start() == end and calls < _MAX_CALLS else None
        if step is None:
            return None
        place, end = place.after(step), found.end()
    if text[end:].strip(" \t\r\n,"):
        return None
    return place if _bounded(place) else None


def _bounded(place: Affine) -> bool:
    parts = (place.a, place.b, place.c, place.d, place.e, place.f)
    return all(math.isfinite(part) and abs(part) <= FARTHEST for part in parts)


def _step(name: str, inside: str) -> Affine | None:
    pieces = inside.replace(",", " ").split()
    matches = [_ARGUMENT.fullmatch(piece) for piece in pieces]
    if len(pieces) > 6 or not all(matches):
        return None
    numbers = [float(found[1]) * _DEGREES_OF[found[2] or ""] for found in matches if found]
    known = _STEPS.get(name)
    if known is None or len(numbers) not in known[0] or any(abs(number) > FARTHEST for number in numbers):
        return None
    return known[1](numbers)


def _rotated(numbers: Sequence[float]) -> Affine:
    return Affine.turned(numbers[0] * 1000, *numbers[1:])


def skewed(across: float, down: float) -> Affine:
    """Return the map that leans by *across* and *down* degrees."""
    return Affine(1.0, math.tan(math.radians(down)), math.tan(math.radians(across)), 1.0, 0.0, 0.0)


_STEPS: Final[Mapping[str, tuple[tuple[int, ...], Callable[[Sequence[float]], Affine]]]] = {
    "matrix": ((6,), lambda n: Affine(*n)),
    "translate": ((1, 2), lambda n: Affine.moved(n[0], n[1] if len(n) > 1 else 0.0)),
    "translateX": ((1,), lambda n: Affine.moved(n[0], 0.0)),
    "translateY": ((1,), lambda n: Affine.moved(0.0, n[0])),
    "scale": ((1, 2), lambda n: Affine.scaled(n[0], n[-1])),
    "scaleX": ((1,), lambda n: Affine.scaled(n[0], 1.0)),
    "scaleY": ((1,), lambda n: Affine.scaled(1.0, n[0])),
    "rotate": ((1, 3), _rotated),
    "skewX": ((1,), lambda n: skewed(n[0], 0.0)),
    "skewY": ((1,), lambda n: skewed(0.0, n[0])),
}


def inverse(place: Affine) -> Affine | None:
    """Return the map back; None where everything falls on a line."""
    turning = place.a * place.d - place.b * place.c
    if abs(turning) < 1e-12:
        return None
    a, b, c, d = place.d / turning, -place.b / turning, -place.c / turning, place.a / turning
    return Affine(a, b, c, d, -(a * place.e + c * place.f), -(b * place.e + d * place.f))


def spread(place: Affine) -> tuple[float, float]:
    """Return the largest and the smallest factor by which *place* stretches."""
    a, b, c, d = place.a, place.b, place.c, place.d
    half, apart = (
        (a * a + b * b + c * c + d * d) / 2,
        math.hypot((a * a + b * b - c * c - d * d) / 2, a * c + b * d),
    )
    return math.sqrt(max(half + apart, 0.0)), math.sqrt(max(half - apart, 0.0))


def mean_scale(place: Affine) -> float:
    """Return by how much *place* enlarges: the mean of both ways where they differ."""
    return math.sqrt(abs(place.a * place.d - place.b * place.c))
