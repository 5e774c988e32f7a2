"""Colours as CSS writes them, as colours that we print."""

import math
from functools import lru_cache
from typing import Any, Final

from attrs import frozen
from tinycss2.color4 import parse_color

_LONGEST: Final = 100


@frozen
class Ink:
    """A colour `#rrggbb` and its opacity, 0 to 1."""

    colour: str
    opacity: float = 1.0


CURRENT: Final = Ink("current")
"""What `currentColor` stands for until it is known."""


@lru_cache(maxsize=4_096)
def ink(text: str) -> Ink | None:
    """Return the colour that *text* names, CURRENT for `currentColor`, None for what is no colour."""
    if len(text) > _LONGEST:
        return None
    try:
        found = parse_color(text)
        if found is None:
            return None
        return CURRENT if isinstance(found, str) else _seen(found)
    except Exception:  # noqa: BLE001 - the parser raises whatever it likes about colours it does not know
        return None


def _seen(colour: Any) -> Ink | None:
    red, green, blue, alpha = (float(part or 0.0) for part in (*colour.to("srgb").coordinates, colour.alpha))
    if not all(math.isfinite(part) for part in (red, green, blue, alpha)):
        return None
    levels = (round(255 * min(max(part, 0.0), 1.0)) for part in (red, green, blue))
    return Ink("#" + "".join(f"{level:02x}" for level in levels), min(max(alpha, 0.0), 1.0))


def mean(inks: list[Ink]) -> Ink:
    """Return the colour between *inks*, weighed by how much of each is seen."""
    weight = sum(one.opacity for one in inks)
    if not inks or weight <= 0:
        return Ink("#000000", 0.0)
    levels = (
        round(sum(int(one.colour[at : at + 2], 16) * one.opacity for one in inks) / weight)
        for at in (1, 3, 5)
    )
    return Ink("#" + "".join(f"{level:02x}" for level in levels), weight / len(inks))
