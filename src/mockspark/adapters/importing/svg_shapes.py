"""Lengths, transforms and shapes of SVG, as outlines in their own coordinates."""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Protocol

from attrs import frozen
from fontTools.misc.bezierTools import calcCubicBounds, calcQuadraticBounds
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from fontTools.svgLib.path.arc import EllipticalArc

from mockspark.adapters.importing.svg_tree import Element, refused
from mockspark.domain.outlines import Affine, Bounds, Outline, ellipse, rectangle

# Possessive throughout: a number has one reading, however long its digits are.
_NUMBER: Final = re.compile(r"[-+]?(?>\d++(?:\.\d*+)?+|\.\d++)(?:[eE][-+]?\d++)?+")
_FLAG: Final = re.compile("[01]")
_BETWEEN: Final = re.compile(r"[\s,]*+")
_UNIT: Final = re.compile(r"\s*+([a-zA-Z%]{0,3})\s*+$")
_FUNCTION: Final = re.compile(r"([a-zA-Z]{1,10})\s{0,9}\(([^()]*+)\)")
_COMMANDS: Final = frozenset("MmZzLlHhVvCcSsQqTtAa")
_FARTHEST: Final = 1e9
_EM: Final = 16.0
_PIXELS: Final = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "q": 24 / 25.4,
    "in": 96.0,
    "em": _EM,
    "rem": _EM,
    "ex": _EM / 2,
}
_VERBS: Final = {"moveTo": "M", "lineTo": "L", "qCurveTo": "Q", "curveTo": "C", "closePath": "Z"}


@frozen
class Viewport:
    """What percentages are of."""

    width: float
    height: float

    @property
    def diagonal(self) -> float:
        """Return what percentages of neither width nor height are of."""
        return math.hypot(self.width, self.height) / math.sqrt(2)


def length(words: str, share_of: float, default: float = 0.0) -> float:
    """Return a length in user units; percentages are of *share_of*, unreadable ones are *default*."""
    found = _NUMBER.match(words)
    unit = found and _UNIT.match(words, found.end())
    if found is None or unit is None:
        return default
    number, name = _number(found.group()), unit.group(1).lower()
    if name == "%":
        return number * share_of / 100
    return number * _PIXELS[name] if name in _PIXELS else default


def numbers(words: str) -> list[float]:
    """Return all numbers in *words*."""
    return [_number(number) for number in _NUMBER.findall(words)]


def _number(words: str) -> float:
    return sound(float(words))


def sound(number: float) -> float:
    """Return *number*; raises Rejected for one that is none or lies beyond all drawings."""
    if not -_FARTHEST <= number <= _FARTHEST:
        raise refused("its numbers are too large: scale it down and export it again.")
    return number


# Transforms


def transform(words: str) -> Affine | None:
    """Return the map of a `transform`, the last one done first; None if it cannot be read."""
    place = Affine()
    for name, inside in _FUNCTION.findall(words):
        given = numbers(inside)
        make, counts = _TRANSFORMS.get(name.lower(), (None, ()))
        if make is None or len(given) not in counts:
            return None
        place = place.after(make(*given))
    for number in (place.a, place.b, place.c, place.d, place.e, place.f):
        sound(number)
    return place if "(" in words or not words else None


def _moved(x: float, y: float = 0.0) -> Affine:
    return Affine.moved(x, y)


def _scaled(across: float, down: float | None = None) -> Affine:
    return Affine.scaled(across, across if down is None else down)


def _turned(degrees: float, x: float = 0.0, y: float = 0.0) -> Affine:
    return Affine.turned(degrees * 1000, x, y)


def _skewed_x(degrees: float) -> Affine:
    return Affine(1.0, 0.0, math.tan(math.radians(degrees)), 1.0, 0.0, 0.0)


def _skewed_y(degrees: float) -> Affine:
    return Affine(1.0, math.tan(math.radians(degrees)), 0.0, 1.0, 0.0, 0.0)


_TRANSFORMS: Final[dict[str, tuple[Callable[..., Affine], tuple[int, ...]]]] = {
    "matrix": (Affine, (6,)),
    "translate": (_moved, (1, 2)),
    "scale": (_scaled, (1, 2)),
    "rotate": (_turned, (1, 3)),
    "skewx": (_skewed_x, (1,)),
    "skewy": (_skewed_y, (1,)),
}


def inverse(place: Affine) -> Affine | None:
    """Return the map that undoes *place*; None if it flattens everything."""
    size = place.a * place.d - place.b * place.c
    if abs(size) < 1e-18:
        return None
    a, b, c, d = place.d / size, -place.b / size, -place.c / size, place.a / size
    return Affine(a, b, c, d, -(a * place.e + c * place.f), -(b * place.e + d * place.f))


def scale_of(place: Affine) -> float:
    """Return how much *place* enlarges, as the mean of both ways."""
    return math.sqrt(abs(place.a * place.d - place.b * place.c))


def fitted(box: Bounds, width: float, height: float, how: str) -> Affine:
    """Return the map of *box* (x, y, width, height of a viewBox) into a viewport, as preserveAspectRatio says."""
    x, y, wide, high = box
    across, down = width / wide, height / high
    words = how.split()
    align = words[0] if words else "xMidYMid"
    if align == "none":
        return Affine(across, 0.0, 0.0, down, -x * across, -y * down)
    scale = max(across, down) if "slice" in words else min(across, down)
    left = (width - wide * scale) * _share(align[1:4])
    top = (height - high * scale) * _share(align[5:8])
    return Affine(scale, 0.0, 0.0, scale, left - x * scale, top - y * scale)


def _share(place: str) -> float:
    return {"Min": 0.0, "Max": 1.0}.get(place, 0.5)


# Shapes

SHAPES: Final = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})


def outline_of(element: Element, viewport: Viewport) -> Outline:
    """Return the outline of one of SHAPES; what cannot be read of it is left off, as browsers do."""
    match element.tag:
        case "path":
            return path(element.get("d"))
        case "rect":
            return _rectangle(element, viewport)
        case "line":
            ends = _lengths(element, viewport, "x1", "y1", "x2", "y2")
            return Outline("ML", tuple(ends))
        case "polyline" | "polygon":
            return _polygon(numbers(element.get("points")), closed=element.tag == "polygon")
        case _:
            return _ellipse(element, viewport)


def _lengths(element: Element, viewport: Viewport, *names: str) -> list[float]:
    return [length(element.get(name), _basis(name, viewport)) for name in names]


def _basis(name: str, viewport: Viewport) -> float:
    if name == "r":
        return viewport.diagonal
    return viewport.height if "y" in name or name == "height" else viewport.width


def _rectangle(element: Element, viewport: Viewport) -> Outline:
    x, y, width, height = _lengths(element, viewport, "x", "y", "width", "height")
    rx, ry = length(element.get("rx"), viewport.width, -1), length(element.get("ry"), viewport.height, -1)
    if width <= 0 or height <= 0:
        return Outline()
    rx, ry = (ry if rx < 0 else rx), (rx if ry < 0 else ry)
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    if rx <= 0 or ry <= 0:
        return rectangle(x, y, width, height)
    # Corners of an ellipse are those of a circle in a rectangle that is as much narrower.
    round_one = rectangle(0, 0, width / rx, height / ry, 1.0)
    return round_one.placed(Affine(rx, 0.0, 0.0, ry, x, y))


def _ellipse(element: Element, viewport: Viewport) -> Outline:
    cx, cy = _lengths(element, viewport, "cx", "cy")
    if element.tag == "circle":
        rx = ry = length(element.get("r"), viewport.diagonal)
    else:
        rx, ry = length(element.get("rx"), viewport.width, -1), length(element.get("ry"), viewport.height, -1)
        rx, ry = (ry if rx < 0 else rx), (rx if ry < 0 else ry)
    return ellipse(cx - rx, cy - ry, 2 * rx, 2 * ry) if rx > 0 and ry > 0 else Outline()


def _polygon(points: list[float], *, closed: bool) -> Outline:
    pairs = len(points) // 2
    if pairs < 1:
        return Outline()
    return Outline("M" + "L" * (pairs - 1) + ("Z" if closed else ""), tuple(points[: 2 * pairs]))


def path(data: str) -> Outline:
    """Return the outline of path data, as far as it can be read."""
    pen = RecordingPen()
    # What the pen has drawn before the first mistake stays.
    with suppress(ValueError, IndexError, ArithmeticError):
        parse_path(" ".join(_tokens(data)), pen, arc_class=_arc)
    drawn = [(_VERBS[name], points) for name, points in pen.value if name in _VERBS]
    return Outline(
        "".join(verb for verb, _ in drawn),
        tuple(sound(float(number)) for _, points in drawn for point in points for number in point),
    )


def _tokens(data: str) -> Iterator[str]:
    """Yield commands and numbers up to the first mistake; flags of arcs may stick to what follows them."""
    at, arc, place = 0, False, 0
    while True:
        found = _BETWEEN.match(data, at)
        at = at if found is None else found.end()
        if data[at : at + 1] in _COMMANDS:
            arc, place = data[at] in "Aa", 0
            yield data[at]
            at += 1
            continue
        token = (_FLAG if arc and place % 7 in (3, 4) else _NUMBER).match(data, at)
        if token is None:
            return
        at, place = token.end(), place + 1
        yield token.group() if arc and place % 7 in (4, 5) else repr(_number(token.group()))


class _Drawn(Protocol):
    def draw(self, pen: RecordingPen) -> None:
        """Draw it with *pen*."""


@frozen
class _Straight:
    """An arc without a radius."""

    end: complex

    def draw(self, pen: RecordingPen) -> None:
        """Draw it with *pen*."""
        pen.lineTo((self.end.real, self.end.imag))


def _arc(
    start: complex,
    rx: float,
    ry: float,
    rotation: float,
    large: bool,  # noqa: FBT001 - the parser calls it so
    sweep: bool,  # noqa: FBT001
    end: complex,
) -> _Drawn:
    if not rx or not ry:
        return _Straight(end)
    arc: _Drawn = EllipticalArc(start, rx, ry, rotation, large, sweep, end)
    return arc


def tight(outline: Outline) -> Bounds | None:
    """Return the box around an outline, its curves' bulges but not their handles."""
    boxes: list[Bounds] = []
    pen = (0.0, 0.0)
    for verb, given in outline.commands():
        points = list(zip(given[0::2], given[1::2], strict=True))
        if verb == "Q":
            box = calcQuadraticBounds(pen, *points)
        elif verb == "C":
            box = calcCubicBounds(pen, *points)
        elif points:
            box = (*points[0], *points[0])
        else:
            continue
        pen = points[-1]
        boxes.append(box)
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)
