"""How fabric.js paints: colours, gradients, lines, shadows, blending."""

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from mockspark.adapters.importing.colours import CURRENT, Ink, ink
from mockspark.adapters.importing.facts import Facts
from mockspark.adapters.importing.gradients import Ramp, Step
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.placing import Colour
from mockspark.domain.layers import Blend, Shadow
from mockspark.domain.outlines import Affine

_MOST_STOPS: Final = 500
_HUE: Final = re.compile(r"(?:rgb|hsl)a?\([^)]*\)|#[0-9a-f]{3,8}\b|[a-z]{3,}", re.IGNORECASE)
_LENGTH: Final = re.compile(r"-?\d{1,6}(?:\.\d{1,6})?", re.ASCII)
_BLENDS: Final[Mapping[str, Blend]] = {"source-over": Blend.NORMAL, **{blend.value: blend for blend in Blend}}


@frozen(kw_only=True)
class Surface:
    """What is painted on: *place* maps an object's own space to the area, *width* and *height* are its size there."""

    name: str
    place: Affine
    width: float
    height: float


def colour(found: Any, surface: Surface, notebook: Notebook, what: str) -> Colour | None:
    """Return a paint of fabric.js; None for none, and for what we do not paint, which is noted."""
    if found is None or found in ("", "transparent"):
        return None
    if isinstance(found, str):
        named = ink(found)
        if named is None or named is CURRENT:
            notebook.changed(surface.name, f"{what} {found}", "drawn in black: it is no colour")
            return Ink("#000000")
        return named
    if isinstance(found, dict) and found.get("type") in {"linear", "radial"}:
        return _gradient(Facts(found), surface, notebook)
    notebook.lost(surface.name, f"pattern as {what}", "left out: only colours and gradients are painted")
    return None


def _gradient(found: Facts, surface: Surface, notebook: Notebook) -> Colour | None:
    steps = _steps(found)
    coords = found.inner("coords")
    if not steps or coords is None:
        notebook.lost(surface.name, "gradient", "left out: it has no colours or no ends")
        return None
    corner = Affine.moved(
        found.number("offsetX") - surface.width / 2, found.number("offsetY") - surface.height / 2
    )
    units = Affine()
    if found.text("gradientUnits") == "percentage":
        units = Affine.scaled(surface.width, surface.height)
    place = surface.place.after(corner).after(units).after(_own_map(found))
    start, end = _ends(coords)
    if found.text("type") == "linear":
        return Ramp(kind="linear", steps=steps, start=start, end=end, place=place)
    inner, radius = coords.number("r1"), coords.number("r2")
    if inner > radius:
        # It runs inwards: the same from the other end.
        steps = tuple(Step(1 - step.at, step.ink) for step in reversed(steps))
        start, end, inner, radius = end, start, radius, inner
    return Ramp(
        kind="radial", steps=steps, end=end, radius=radius, inner=max(inner, 0.0), focus=start, place=place
    )


def _steps(found: Facts) -> tuple[Step, ...]:
    stops = []
    for stop in found.inners("colorStops")[:_MOST_STOPS]:
        named = ink(stop.text("color")) or Ink("#000000")
        named = Ink("#000000") if named is CURRENT else named
        opacity = named.opacity * min(max(stop.number("opacity", 1.0), 0.0), 1.0)
        stops.append(Step(min(max(stop.number("offset"), 0.0), 1.0), Ink(named.colour, opacity)))
    return tuple(sorted(stops, key=lambda step: step.at))


def _ends(coords: Facts) -> tuple[tuple[float, float], tuple[float, float]]:
    return (coords.number("x1"), coords.number("y1")), (coords.number("x2"), coords.number("y2"))


def _own_map(found: Facts) -> Affine:
    numbers = found.raw.get("gradientTransform")
    if not isinstance(numbers, list) or len(numbers) != 6:
        return Affine()
    parts = Facts(dict(zip("abcdef", numbers, strict=True)))
    return Affine(*(parts.number(name) for name in "abcdef"))


def blend(one: Facts, name: str, notebook: Notebook) -> Blend:
    """Return how an object mixes with what is below it."""
    asked = one.text("globalCompositeOperation", "source-over")
    if asked not in _BLENDS:
        notebook.lost(name, f"composite operation {asked}", "laid over what is below as usual")
    return _BLENDS.get(asked, Blend.NORMAL)


def shadow(
    one: Facts, scale: tuple[float, float], canvas: float, name: str, notebook: Notebook
) -> Shadow | None:
    """Return an object's shadow in micrometres: *scale* is the object's own, *canvas* that of its canvas.

    It falls as the canvas lies, however the object is turned.
    """
    told = one.raw.get("shadow")
    if isinstance(told, str) and told.strip():
        told = _told(told)
    if not isinstance(told, dict):
        return None
    facts = Facts(told)
    across, down = (1.0, 1.0) if facts.flag("nonScaling") else scale
    hue = ink(facts.text("color", "rgb(0,0,0)"))
    if hue is None or hue is CURRENT:
        notebook.changed(name, f"shadow {facts.text('color')}", "drawn in black: it is no colour")
        hue = Ink("#000000")
    blur = max(facts.number("blur"), 0.0) * (across + down) / 2 * canvas
    return Shadow(
        dx=round(facts.number("offsetX") * across * canvas),
        dy=round(facts.number("offsetY") * down * canvas),
        blur=min(round(blur), 10_000_000),
        colour=hue.colour,
        opacity=round(hue.opacity * 1000),
    )


def _told(words: str) -> dict[str, Any]:
    """Read a shadow such as `rgba(0,0,0,0.3) 5px 5px 10px`, in either order."""
    hue = _HUE.search(words[:200])
    lengths = _LENGTH.findall(_HUE.sub(" ", words[:200], count=1))
    numbers = [float(length) for length in (*lengths[:3], "0", "0", "0")]
    return {
        "color": hue.group() if hue else "rgb(0,0,0)",
        "offsetX": numbers[0],
        "offsetY": numbers[1],
        "blur": numbers[2],
    }
