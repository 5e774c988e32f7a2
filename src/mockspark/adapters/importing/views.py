"""Viewports of SVG: sizes, view boxes, and how one fits the other."""

import re
from typing import Final

from attrs import frozen

from mockspark.adapters.importing.markup import Element
from mockspark.adapters.importing.numbers import length, listed
from mockspark.adapters.importing.refusals import refusal
from mockspark.domain.outlines import Affine

_ALIGNMENT: Final = re.compile(r"\s*(?:defer\s+)?(none|x(Min|Mid|Max)Y(Min|Mid|Max))(?:\s+(meet|slice))?\s*")
_SHARES: Final = {"Min": 0.0, "Mid": 0.5, "Max": 1.0}
_SMALLEST: Final = 1e-3
_LARGEST: Final = 1e6
_THINNEST: Final = 1e4
_SIZELESS: Final = "The drawing does not say how large it is: export it with a width, a height or a view box."
_ODD: Final = "The drawing is too large, too small or too thin: export it at the size at which it is printed."

Rectangle = tuple[float, float, float, float]


@frozen
class Alignment:
    """How a picture of one shape lies in a box of another: by shares of what is left over."""

    x: float = 0.5
    y: float = 0.5
    slices: bool = False
    stretches: bool = False

    @classmethod
    def of(cls, text: str) -> "Alignment":
        """Read `preserveAspectRatio`."""
        found = _ALIGNMENT.fullmatch(text)
        if found is None:
            return cls()
        if found[1] == "none":
            return cls(stretches=True)
        return cls(_SHARES[found[2]], _SHARES[found[3]], slices=found[4] == "slice")

    def fit(self, inner: Rectangle, width: float, height: float) -> Affine:
        """Return the map of *inner* (left, top, width, height) into a box at the origin."""
        across, down = width / inner[2], height / inner[3]
        if not self.stretches:
            across = down = max(across, down) if self.slices else min(across, down)
        x = (width - inner[2] * across) * self.x - inner[0] * across
        y = (height - inner[3] * down) * self.y - inner[1] * down
        return Affine(across, 0.0, 0.0, down, x, y)


def view_box(element: Element) -> Rectangle | None:
    """Return left, top, width and height of a view box; None where there is none with an extent."""
    numbers = listed(element.get("viewBox"))
    if numbers is None or len(numbers) != 4 or min(numbers[2:]) <= 0:
        return None
    return numbers[0], numbers[1], numbers[2], numbers[3]


def size_of(root: Element) -> tuple[float, float]:
    """Return width and height of a drawing in pixels of CSS; raises Rejected for one without a size."""
    box = view_box(root)
    width, height = _side(root, "width"), _side(root, "height")
    if box is not None:
        if width is None and height is None:
            width, height = box[2], box[3]
        width = height * box[2] / box[3] if width is None and height is not None else width
        height = width * box[3] / box[2] if height is None and width is not None else height
    if width is None or height is None:
        raise refusal(_SIZELESS)
    sides = sorted((width, height))
    if not (sides[0] >= _SMALLEST and sides[1] <= _LARGEST and sides[1] <= _THINNEST * sides[0]):
        raise refusal(_ODD)
    return width, height


def _side(root: Element, name: str) -> float | None:
    text = root.get(name)
    found = None if "%" in text else length(text, 0.0)
    return found if found is not None and found > 0 else None
