"""The basic shapes of SVG as outlines in their own user space."""

from collections.abc import Callable, Mapping
from typing import Final

from mockspark.adapters.importing import paths
from mockspark.adapters.importing.markup import Element
from mockspark.adapters.importing.numbers import length, listed
from mockspark.domain.outlines import Outline, ellipse

Sides = tuple[float, float]


def outline(element: Element, view: Sides) -> tuple[Outline, bool]:
    """Return what a shape draws in a viewport of those sides, and whether all of it could be read."""
    return _SHAPES[element.name](element, view)


def _path(element: Element, _view: Sides) -> tuple[Outline, bool]:
    return paths.outline(element.get("d"))


def _rect(element: Element, view: Sides) -> tuple[Outline, bool]:
    x, y = _measure(element, "x", view[0]), _measure(element, "y", view[1])
    width, height = _measure(element, "width", view[0]), _measure(element, "height", view[1])
    rx, ry = _radius(element, "rx", view[0]), _radius(element, "ry", view[1])
    if width <= 0 or height <= 0:
        return Outline(), True
    rx, ry = (ry if rx is None else rx) or 0.0, (rx if ry is None else ry) or 0.0
    return paths.rounded(x, y, width, height, rx, ry), True


def _circle(element: Element, view: Sides) -> tuple[Outline, bool]:
    radius = _measure(element, "r", diagonal(view))
    return _ellipse_of(element, view, radius, radius)


def _ellipse(element: Element, view: Sides) -> tuple[Outline, bool]:
    rx, ry = _radius(element, "rx", view[0]), _radius(element, "ry", view[1])
    return _ellipse_of(element, view, (ry if rx is None else rx) or 0.0, (rx if ry is None else ry) or 0.0)


def _ellipse_of(element: Element, view: Sides, rx: float, ry: float) -> tuple[Outline, bool]:
    if rx <= 0 or ry <= 0:
        return Outline(), True
    x, y = _measure(element, "cx", view[0]), _measure(element, "cy", view[1])
    return ellipse(x - rx, y - ry, 2 * rx, 2 * ry), True


def _line(element: Element, view: Sides) -> tuple[Outline, bool]:
    numbers = [_measure(element, name, view[name[0] == "y"]) for name in ("x1", "y1", "x2", "y2")]
    return paths.polygon(numbers, closed=False), True


def _points(element: Element, _view: Sides) -> tuple[Outline, bool]:
    numbers = listed(element.get("points"))
    if numbers is None:
        return Outline(), False
    return paths.polygon(numbers, closed=element.name == "polygon"), len(numbers) % 2 == 0


_SHAPES: Final[Mapping[str, Callable[[Element, Sides], tuple[Outline, bool]]]] = {
    "path": _path,
    "rect": _rect,
    "circle": _circle,
    "ellipse": _ellipse,
    "line": _line,
    "polyline": _points,
    "polygon": _points,
}
SHAPES: Final = frozenset(_SHAPES)
"""The elements that are shapes."""


def diagonal(view: Sides) -> float:
    """Return what 100 % are of lengths that run neither across nor down."""
    return float(((view[0] ** 2 + view[1] ** 2) / 2) ** 0.5)


def _measure(element: Element, name: str, whole: float) -> float:
    return length(element.get(name, "0"), whole) or 0.0


def _radius(element: Element, name: str, whole: float) -> float | None:
    found = length(element.get(name), whole)
    return found if found is not None and found >= 0 else None
