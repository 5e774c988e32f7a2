"""What SVG's shapes are filled with: colours, and gradients by their names."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import evolve, frozen

from mockspark.adapters.importing.colours import CURRENT, Ink, ink
from mockspark.adapters.importing.gradients import Ramp, Step
from mockspark.adapters.importing.markup import Element
from mockspark.adapters.importing.notebook import Notebook
from mockspark.adapters.importing.numbers import length, transform
from mockspark.adapters.importing.placing import Colour
from mockspark.adapters.importing.shapes import Sides, diagonal
from mockspark.adapters.importing.styles import Sheet, Style
from mockspark.domain.outlines import Affine, Bounds

_NAMED: Final = re.compile(r"url\(\s*[\"']?#([^\"')]*)[\"']?\s*\)\s*(.*)", re.IGNORECASE | re.DOTALL)
_GRADIENTS: Final = frozenset(("linearGradient", "radialGradient"))
_MOST_LINKS: Final = 10
_MOST_STOPS: Final = 64


def named(value: str) -> tuple[str, str] | None:
    """Return the id in `url(#id)` and what stands behind it."""
    found = _NAMED.fullmatch(value.strip())
    return None if found is None else (found[1].strip(), found[2].strip())


def share(text: str, usual: float) -> float:
    """Return a number from 0 to 1, which may be written in per cent."""
    found = length(text, 1.0)
    return usual if found is None else min(max(found, 0.0), 1.0)


@frozen(kw_only=True)
class Ground:
    """Where a paint lies: *place* maps the user space to the layer's, *box* is the shape's in user space."""

    name: str
    place: Affine
    box: Bounds
    view: Sides


@frozen(kw_only=True)
class Paints:
    """Finds paints of a drawing."""

    ids: Mapping[str, Element]
    sheet: Sheet
    notebook: Notebook

    def colour(self, style: Style, kind: str, ground: Ground) -> Colour | None:
        """Return the *kind* (`fill` or `stroke`) of *style*; None for none."""
        opacity = share(style[f"{kind}-opacity"], 1.0)
        value = style[kind]
        asked = named(value)
        if asked is None:
            return _faded(self._plain(value, style, ground.name, kind), opacity)
        server = self.ids.get(asked[0])
        if server is not None and server.name in _GRADIENTS:
            ramp = self._ramp(server, ground)
            return None if ramp is None else _faded(ramp, opacity)
        if asked[1]:
            return _faded(self._plain(asked[1], style, ground.name, kind), opacity)
        what = server.name if server is not None else f"{kind} {value}"
        self.notebook.lost(ground.name, what, "left out: only colours and gradients are painted")
        return None

    def _plain(self, value: str, style: Style, name: str, kind: str) -> Ink | None:
        if value.lower() in {"none", ""}:
            return None
        found = ink(value)
        if found is CURRENT:
            found = ink(style["color"])
            return Ink("#000000") if found in {None, CURRENT} else found
        if found is None:
            self.notebook.changed(
                name, f"{kind} {value}", "this is no colour: black is taken for a fill, none for a line"
            )
            return Ink("#000000") if kind == "fill" else None
        return found

    def _ramp(self, server: Element, ground: Ground) -> Ramp | None:
        chain = tuple(self._linked(server))
        told = _Told(chain)
        boxed = told.get("gradientUnits", "objectBoundingBox") != "userSpaceOnUse"
        left, top, right, bottom = ground.box
        if boxed and (right <= left or bottom <= top):
            return None
        within = Affine(right - left, 0.0, 0.0, bottom - top, left, top) if boxed else Affine()
        turned = transform(told.get("gradientTransform", ""))
        place = ground.place.after(within).after(turned or Affine())
        view = (1.0, 1.0) if boxed else ground.view
        steps = tuple(self._steps(chain))
        if not steps:
            return None
        spread = told.get("spreadMethod", "pad")
        kind = "linear" if server.name == "linearGradient" else "radial"
        ramp = Ramp(
            kind=kind, steps=steps, spread=spread if spread in {"reflect", "repeat"} else "pad", place=place
        )
        return _straight(told, view, ramp) if kind == "linear" else _round(told, view, ramp)

    def _linked(self, server: Element) -> Iterator[Element]:
        """Yield a gradient and those that it takes the rest from."""
        seen: list[Element] = []
        found: Element | None = server
        while found is not None and len(seen) < _MOST_LINKS and all(found is not one for one in seen):
            yield found
            seen.append(found)
            linked = self.ids.get(found.get("href").removeprefix("#"))
            found = linked if linked is not None and linked.name in _GRADIENTS else None

    def _steps(self, chain: tuple[Element, ...]) -> Iterator[Step]:
        stops = next((found for one in chain if (found := [s for s in one.children if s.name == "stop"])), [])
        last = 0.0
        for stop in stops[:_MOST_STOPS]:
            style = Style().inner(self.sheet.declared(stop, self.notebook))
            last = max(share(stop.get("offset"), 0.0), last)
            colour = ink(style["stop-color"] or "#000000")
            if colour is CURRENT:
                colour = ink(style["color"])
            if colour is None or colour is CURRENT:
                colour = Ink("#000000")
            yield Step(last, Ink(colour.colour, colour.opacity * share(style["stop-opacity"], 1.0)))


@frozen
class _Told:
    """What a gradient says, or one that it is linked to."""

    chain: tuple[Element, ...]

    def get(self, name: str, usual: str) -> str:
        return next((one.attributes[name] for one in self.chain if name in one.attributes), usual)

    def at(self, name: str, usual: str, whole: float) -> float:
        found = length(self.get(name, usual), whole)
        return found if found is not None else (length(usual, whole) or 0.0)


def _straight(told: _Told, view: Sides, ramp: Ramp) -> Ramp:
    return evolve(
        ramp,
        start=(told.at("x1", "0%", view[0]), told.at("y1", "0%", view[1])),
        end=(told.at("x2", "100%", view[0]), told.at("y2", "0%", view[1])),
    )


def _round(told: _Told, view: Sides, ramp: Ramp) -> Ramp:
    across = diagonal(view)
    x, y = told.get("cx", "50%"), told.get("cy", "50%")
    return evolve(
        ramp,
        end=(told.at("cx", "50%", view[0]), told.at("cy", "50%", view[1])),
        radius=told.at("r", "50%", across),
        inner=told.at("fr", "0%", across),
        focus=(told.at("fx", x, view[0]), told.at("fy", y, view[1])),
    )


def _faded(colour: Colour | None, opacity: float) -> Colour | None:
    if colour is None or opacity >= 1:
        return colour
    return Ink(colour.colour, colour.opacity * opacity) if isinstance(colour, Ink) else colour.faded(opacity)
