"""Where fabric.js puts its objects: the same arithmetic as its `calcTransformMatrix`."""

import math
from typing import Final

from mockspark.adapters.importing.facts import Facts
from mockspark.domain.outlines import Affine

_CENTERED_SINCE: Final = 7
_STEEPEST: Final = 89.0
_ORIGINS: Final = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
_WITHOUT_LINE: Final = frozenset(("image", "group", "activeselection"))


def kind_of(one: Facts) -> str:
    """Return the type of an object as one word, however its version spells it."""
    return one.text("type").lower().replace("-", "").replace("fabric", "")


def line_width(one: Facts) -> float:
    """Return the line width that an object's size counts, drawn or not."""
    return max(one.number("strokeWidth", 0.0 if kind_of(one) in _WITHOUT_LINE else 1.0), 0.0)


def scales(one: Facts) -> tuple[float, float]:
    """Return by how much an object is stretched across and down."""
    return one.number("scaleX", 1.0), one.number("scaleY", 1.0)


def own_map(one: Facts, version: int) -> Affine:
    """Return the map from an object's own space, whose origin is its middle, to what it lies in."""
    across, down = scales(one)
    flips = Affine.scaled(-1.0 if one.flag("flipX") else 1.0, -1.0 if one.flag("flipY") else 1.0)
    turn = one.number("angle") % 360 * 1000
    middle = _middle(one, version, turn)
    leaned = Affine.scaled(across, down).after(flips).after(_leaning(one))
    return Affine.moved(*middle).after(Affine.turned(turn)).after(leaned)


def _leaning(one: Facts) -> Affine:
    across, down = (
        math.tan(math.radians(min(max(one.number(name), -_STEEPEST), _STEEPEST)))
        for name in ("skewX", "skewY")
    )
    return Affine(1.0, 0.0, across, 1.0).after(Affine(1.0, down, 0.0, 1.0))


def _middle(one: Facts, version: int, turn: float) -> tuple[float, float]:
    width, height = _outer_size(one)
    # What an object is placed by was its corner until version 7, and is its middle since.
    usual = ("center", "center") if version >= _CENTERED_SINCE else ("left", "top")
    across = (0.5 - _origin(one, "originX", usual[0])) * width
    down = (0.5 - _origin(one, "originY", usual[1])) * height
    x, y = Affine.turned(turn).point(across, down)
    return one.number("left") + x, one.number("top") + y


def _origin(one: Facts, name: str, usual: str) -> float:
    value = one.raw.get(name, usual)
    if isinstance(value, str):
        return _ORIGINS.get(value, _ORIGINS[usual])
    return one.number(name, _ORIGINS[usual])


def _outer_size(one: Facts) -> tuple[float, float]:
    line = line_width(one)
    uniform = one.flag("strokeUniform")
    before, after = (0.0, line) if uniform else (line, 0.0)
    width, height = one.number("width") + before, one.number("height") + before
    leaned = Affine.scaled(*scales(one)).after(_leaning(one))
    across = abs(leaned.a) * width + abs(leaned.c) * height
    down = abs(leaned.b) * width + abs(leaned.d) * height
    return across + after, down + after
