"""Gradients of SVG as ours: each gets a box, turned if it must be, over which it runs just so."""

import math
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from mockspark.adapters.importing.svg_shapes import Viewport, inverse, length, transform
from mockspark.adapters.importing.svg_styles import Sheet, colour, share
from mockspark.adapters.importing.svg_tree import Element
from mockspark.domain.layers import Box, Gradient, Stop
from mockspark.domain.outlines import Affine, Bounds

_LINKS: Final = 16
_LONGEST: Final = 1e12


@frozen
class Shade:
    """A gradient, the box that it runs over, and the map from the view into that box."""

    gradient: Gradient
    box: Box
    into: Affine


@frozen
class Source:
    """A gradient of a drawing with everything that it takes over from others."""

    kind: str
    attributes: Mapping[str, str]
    stops: tuple[Stop, ...]

    @property
    def exact(self) -> bool:
        """Tell whether ours looks the same: it neither repeats nor has its focus aside."""
        if self.attributes.get("spreadMethod", "pad") != "pad":
            return False
        asides = (("fx", "cx"), ("fy", "cy"))
        return self.kind == "linear" or all(
            self.attributes.get(focus, "").strip() in ("", self.attributes.get(centre, "50%").strip())
            for focus, centre in asides
        )


def source(element: Element, ids: Mapping[str, Element], sheet: Sheet, current: str) -> Source | None:
    """Return the gradient *element*; None if it is none or has no colours. *current* is `currentColor`."""
    if element.tag not in ("linearGradient", "radialGradient"):
        return None
    attributes: dict[str, str] = {}
    stops: tuple[Stop, ...] = ()
    one: Element | None = element
    for _ in range(_LINKS):
        if one is None or not one.tag.endswith("Gradient"):
            break
        attributes = {**one.attributes, **attributes}
        stops = stops or _stops(one, sheet, current)
        link = one.get("href")
        one = ids.get(link[1:]) if link.startswith("#") else None
    kind = element.tag.removesuffix("Gradient")
    return Source(kind, attributes, stops) if stops else None


def _stops(element: Element, sheet: Sheet, current: str) -> tuple[Stop, ...]:
    stops: list[Stop] = []
    for child in element.children:
        if child.tag != "stop":
            continue
        style = sheet.declared(child)
        named = style.get("stop-color", "#000000")
        hue, opacity = colour(current if named.lower() == "currentcolor" else named) or ("#000000", 1.0)
        opacity *= share(style.get("stop-opacity", "1"))
        offset = round(1000 * share(child.get("offset"), 0.0))
        offset = max(offset, stops[-1].offset) if stops else offset
        stops.append(Stop(offset=offset, colour=hue, opacity=round(1000 * opacity)))
    return tuple(stops)


def shade(one: Source, bounds: Bounds, place: Affine, viewport: Viewport) -> Shade | Stop | None:
    """Return *one* over a shape of *bounds* that *place* puts into the view.

    It is a single colour where nothing of its run is left, and None where nothing is painted.
    """
    if len(one.stops) == 1:
        return one.stops[0]
    units = one.attributes.get("gradientUnits", "objectBoundingBox")
    if units == "userSpaceOnUse":
        space = place
    else:
        left, top, right, bottom = bounds
        space = place.after(Affine(right - left, 0.0, 0.0, bottom - top, left, top))
        viewport = Viewport(1.0, 1.0)
    space = space.after(transform(one.attributes.get("gradientTransform", "").strip()) or Affine())
    if inverse(space) is None:
        return None
    made = _linear(one, space, viewport) if one.kind == "linear" else _radial(one, space, viewport)
    return one.stops[-1] if made is None else made


def _linear(one: Source, space: Affine, viewport: Viewport) -> Shade | None:
    x1, x2 = (_along(one, name, viewport.width, end) for name, end in (("x1", 0.0), ("x2", 1.0)))
    y1, y2 = (_along(one, name, viewport.height, 0.0) for name in ("y1", "y2"))
    long = (x2 - x1) ** 2 + (y2 - y1) ** 2
    size = space.a * space.d - space.b * space.c
    if long < 1e-18:
        return None
    # Colours are the same along lines; they keep their places when space is sheared, and the run stands across.
    dx, dy = (x2 - x1) / long, (y2 - y1) / long
    gx, gy = (space.d * dx - space.b * dy) / size, (space.a * dy - space.c * dx) / size
    steep = math.hypot(gx, gy)
    if not 1 / _LONGEST < steep < 1:
        return None
    run, angle = 1 / steep, math.atan2(gy, gx)
    x, y = space.point(x1, y1)
    centre = (x + gx / steep * run / 2, y + gy / steep * run / 2)
    return _over("linear", one, centre, (run, run), angle)


def _radial(one: Source, space: Affine, viewport: Viewport) -> Shade | None:
    cx = _along(one, "cx", viewport.width, 0.5)
    cy = _along(one, "cy", viewport.height, 0.5)
    r = _along(one, "r", viewport.diagonal, 0.5)
    if r <= 0:
        return None
    a, b, c, d = (number * r for number in (space.a, space.b, space.c, space.d))
    # The axes of the ellipse that the circle becomes.
    angle = math.atan2(2 * (a * b + c * d), a * a + c * c - b * b - d * d) / 2
    cos, sin = math.cos(angle), math.sin(angle)
    rx, ry = (
        math.hypot(a * cos + b * sin, c * cos + d * sin),
        math.hypot(b * cos - a * sin, d * cos - c * sin),
    )
    if min(rx, ry) < 1 or max(rx, ry) > _LONGEST:
        return None
    return _over("radial", one, space.point(cx, cy), (2 * rx, 2 * ry), angle)


def _along(one: Source, name: str, basis: float, share_of_it: float) -> float:
    return length(one.attributes.get(name, "").strip(), basis, share_of_it * basis)


def _over(
    kind: str, one: Source, centre: tuple[float, float], size: tuple[float, float], angle: float
) -> Shade | None:
    box = Box(
        x=round(centre[0] - size[0] / 2),
        y=round(centre[1] - size[1] / 2),
        width=max(round(size[0]), 1),
        height=max(round(size[1]), 1),
        turn=round(math.degrees(angle) * 1000) % 360_000,
    )
    middle = (box.x + box.width / 2, box.y + box.height / 2)
    into = inverse(Affine.turned(box.turn, *middle).after(Affine.moved(box.x, box.y)))
    return None if into is None else Shade(Gradient(kind=kind, stops=one.stops), box, into)
