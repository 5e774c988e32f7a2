"""The outlines of fabric.js objects in their own space, whose origin is their middle."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from mockspark.adapters.importing import paths
from mockspark.adapters.importing.fabric_maps import kind_of
from mockspark.adapters.importing.facts import Facts
from mockspark.domain.outlines import Affine, Outline, ellipse, rectangle

_DEGREES_SINCE: Final = 5
_MOST_POINTS: Final = 100_000
_WHOLE: Final = 1e-3


def outline(one: Facts, version: int) -> Outline:
    """Return what a shape draws."""
    return _SHAPES[kind_of(one)](one, version)


def path_of(found: Any) -> Outline:
    """Return path data, which is a text or a list of commands."""
    if isinstance(found, list):
        steps = [step for step in found[:_MOST_POINTS] if isinstance(step, list)]
        found = " ".join(str(part) for step in steps for part in step if isinstance(part, str | int | float))
    return paths.outline(found)[0] if isinstance(found, str) else Outline()


def _rect(one: Facts, _version: int) -> Outline:
    width, height = one.number("width"), one.number("height")
    if width <= 0 or height <= 0:
        return Outline()
    rx, ry = one.number("rx"), one.number("ry")
    return paths.rounded(-width / 2, -height / 2, width, height, rx or ry, ry or rx)


def _circle(one: Facts, version: int) -> Outline:
    radius = one.number("radius")
    if radius <= 0:
        return Outline()
    whole = 360.0 if version >= _DEGREES_SINCE else 2 * math.pi
    start, end = one.number("startAngle"), one.number("endAngle", whole)
    if abs(end - start) >= whole * (1 - _WHOLE):
        return ellipse(-radius, -radius, 2 * radius, 2 * radius)
    unit = math.radians(1) if version >= _DEGREES_SINCE else 1.0
    return _arc(radius, start * unit, end * unit, backwards=one.flag("counterClockwise"))


def _arc(radius: float, start: float, end: float, *, backwards: bool) -> Outline:
    sweep = (start - end if backwards else end - start) % (2 * math.pi)
    x1, y1, x2, y2 = (radius * way(angle) for angle in (start, end) for way in (math.cos, math.sin))
    large, clockwise = int(sweep > math.pi), int(not backwards)
    return paths.outline(
        f"M {x1:.9f} {y1:.9f} A {radius:.9f} {radius:.9f} 0 {large} {clockwise} {x2:.9f} {y2:.9f}"
    )[0]


def _ellipse(one: Facts, _version: int) -> Outline:
    rx, ry = one.number("rx"), one.number("ry")
    return ellipse(-rx, -ry, 2 * rx, 2 * ry) if rx > 0 and ry > 0 else Outline()


def _triangle(one: Facts, _version: int) -> Outline:
    across, down = one.number("width") / 2, one.number("height") / 2
    return paths.polygon([-across, down, 0.0, -down, across, down], closed=True)


def _points(one: Facts, _version: int) -> Outline:
    points = one.inners("points")[:_MOST_POINTS]
    numbers = [point.number(name) for point in points for name in ("x", "y")]
    return _centred(paths.polygon(numbers, closed=kind_of(one) == "polygon"))


def _line(one: Facts, _version: int) -> Outline:
    return _centred(paths.polygon([one.number(name) for name in ("x1", "y1", "x2", "y2")], closed=False))


def _path(one: Facts, _version: int) -> Outline:
    return _centred(path_of(one.raw.get("path")))


def _centred(drawn: Outline) -> Outline:
    box = paths.bounds(drawn)
    return Outline() if box is None else drawn.placed(middle_to_origin(drawn))


def middle_to_origin(drawn: Outline) -> Affine:
    """Return the map that moves the middle of an outline's box to the origin."""
    box = paths.bounds(drawn) or (0.0, 0.0, 0.0, 0.0)
    return Affine.moved(-(box[0] + box[2]) / 2, -(box[1] + box[3]) / 2)


_SHAPES: Final[Mapping[str, Callable[[Facts, int], Outline]]] = {
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
    "triangle": _triangle,
    "polygon": _points,
    "polyline": _points,
    "line": _line,
    "path": _path,
}
SHAPES: Final = frozenset(_SHAPES)
"""The types that are shapes."""


def background(one: Facts) -> Outline:
    """Return the rectangle that an object's background colour fills."""
    width, height = one.number("width"), one.number("height")
    return rectangle(-width / 2, -height / 2, width, height) if width > 0 and height > 0 else Outline()
