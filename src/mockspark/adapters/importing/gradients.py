"""Gradients of other programs as those of a layer's box."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from attrs import evolve, frozen

from mockspark.adapters.importing.colours import Ink, mean
from mockspark.adapters.importing.numbers import inverse
from mockspark.domain.layers import Box, Gradient, Stop
from mockspark.domain.outlines import Affine, Bounds

_MOST_STOPS: Final = 16
_LARGEST: Final = 50_000_000
_CLOSE: Final = 0.01


@frozen
class Step:
    """A colour at *at*, 0 to 1 along a gradient."""

    at: float
    ink: Ink


@frozen(kw_only=True)
class Ramp:
    """A gradient in its own space: linear from one point to the other, radial around *end* with *radius*.

    *place* maps that space to the layer's. *inner* is where a radial one begins, *focus* where its light seems to be.
    """

    kind: str
    steps: tuple[Step, ...]
    start: tuple[float, float] = (0.0, 0.0)
    end: tuple[float, float] = (1.0, 0.0)
    radius: float = 0.0
    inner: float = 0.0
    focus: tuple[float, float] | None = None
    spread: str = "pad"
    place: Affine = Affine()

    @property
    def mean(self) -> Ink:
        """Return the one colour that comes nearest."""
        return mean([step.ink for step in self.steps])

    def faded(self, opacity: float) -> "Ramp":
        """Return the ramp with less of every colour."""
        steps = tuple(Step(step.at, Ink(step.ink.colour, step.ink.opacity * opacity)) for step in self.steps)
        return evolve(self, steps=steps)


@frozen(kw_only=True)
class Laid:
    """A gradient over *box*; *doubt* says what is not as it was."""

    gradient: Gradient
    box: Box
    doubt: str = ""


def laid(ramp: Ramp, box: Bounds) -> Laid | Ink:
    """Return *ramp* over a box, which is *box* in whole numbers for a linear one; or the one colour it comes to."""
    if len(ramp.steps) < 2:
        return ramp.steps[0].ink if ramp.steps else Ink("#000000", 0.0)
    return _linear(ramp, box) if ramp.kind == "linear" else _radial(ramp, box)


def whole(box: Bounds) -> Box:
    """Return the smallest box of whole numbers around *box*."""
    left, top = math.floor(box[0]), math.floor(box[1])
    return Box(x=left, y=top, width=max(math.ceil(box[2]) - left, 1), height=max(math.ceil(box[3]) - top, 1))


def _linear(ramp: Ramp, bounds: Bounds) -> Laid | Ink:
    back = inverse(ramp.place)
    (x1, y1), (x2, y2) = ramp.start, ramp.end
    dx, dy = x2 - x1, y2 - y1
    square = dx * dx + dy * dy
    if back is None or square < 1e-18:
        return ramp.steps[-1].ink
    # Along the ramp, a point x, y of the layer is at across * x + down * y + first.
    across, down = (back.a * dx + back.b * dy) / square, (back.c * dx + back.d * dy) / square
    first = ((back.e - x1) * dx + (back.f - y1) * dy) / square
    steepness = math.hypot(across, down)
    box = whole(bounds)
    cos, sin = across / steepness, down / steepness
    reach = (abs(box.width * cos) + abs(box.height * sin)) * steepness
    middle = across * (box.x + box.width / 2) + down * (box.y + box.height / 2) + first
    begin = middle - reach / 2
    steps, doubt = _repeated(ramp, begin, begin + reach)
    turned = round(math.degrees(math.atan2(down, across)) * 1000) % 360_000
    moved = [Step((step.at - begin) / reach, step.ink) for step in steps]
    stops, more = _stops(moved)
    return Laid(gradient=Gradient(kind="linear", angle=turned, stops=stops), box=box, doubt=doubt or more)


def _radial(ramp: Ramp, bounds: Bounds) -> Laid | Ink:
    if ramp.radius <= 0:
        return ramp.steps[-1].ink
    ellipse = _ellipse(ramp)
    if ellipse is None:
        return ramp.mean
    reach = 1.0 if ramp.spread == "pad" else max(_farthest(ellipse, bounds), 1.0)
    steps, doubt = _repeated(_begun(ramp), 0.0, reach)
    box = _around(ellipse, reach)
    if max(box.width, box.height, abs(box.x), abs(box.y)) > _LARGEST:
        return ramp.mean
    stops, more = _stops([Step(step.at / reach, step.ink) for step in steps])
    off = ramp.focus is not None and math.dist(ramp.focus, ramp.end) > _CLOSE * ramp.radius
    lit = "its light comes from the middle" if off else ""
    return Laid(gradient=Gradient(kind="radial", stops=stops), box=box, doubt=lit or doubt or more)


@frozen(kw_only=True)
class _Ellipse:
    """Centre, half sides along its own axes, and how far it is turned, in radians."""

    x: float
    y: float
    wide: float
    high: float
    turn: float


def _ellipse(ramp: Ramp) -> _Ellipse | None:
    place, radius = ramp.place, ramp.radius
    a, b, c, d = (part * radius for part in (place.a, place.b, place.c, place.d))
    # The singular values of the map are the half sides, its left singular vectors the axes.
    half, apart = (
        (a * a + b * b + c * c + d * d) / 2,
        math.hypot((a * a + c * c - b * b - d * d) / 2, a * b + c * d),
    )
    wide, high = math.sqrt(max(half + apart, 0.0)), math.sqrt(max(half - apart, 0.0))
    if high < 1:
        return None
    turn = math.atan2(2 * (a * b + c * d), a * a + c * c - b * b - d * d) / 2 if apart > half * 1e-9 else 0.0
    x, y = place.point(*ramp.end)
    return _Ellipse(x=x, y=y, wide=wide, high=high, turn=turn)


def _around(ellipse: _Ellipse, reach: float) -> Box:
    wide, high = max(round(2 * ellipse.wide * reach), 2), max(round(2 * ellipse.high * reach), 2)
    return Box(
        x=round(ellipse.x - wide / 2),
        y=round(ellipse.y - high / 2),
        width=wide,
        height=high,
        turn=round(math.degrees(ellipse.turn) * 1000) % 180_000,
    )


def _farthest(ellipse: _Ellipse, bounds: Bounds) -> float:
    """Return how many radii the farthest corner of *bounds* lies away."""
    cos, sin = math.cos(ellipse.turn), math.sin(ellipse.turn)
    corners = [(x - ellipse.x, y - ellipse.y) for x in bounds[0::2] for y in bounds[1::2]]
    return max(
        math.hypot((cos * x + sin * y) / ellipse.wide, (cos * y - sin * x) / ellipse.high) for x, y in corners
    )


def _begun(ramp: Ramp) -> Ramp:
    """Return a radial ramp counted from its centre, not from its inner circle."""
    share = min(max(ramp.inner / ramp.radius, 0.0), 1.0)
    if not share:
        return ramp
    return evolve(ramp, steps=tuple(Step(share + step.at * (1 - share), step.ink) for step in ramp.steps))


def _repeated(ramp: Ramp, begin: float, end: float) -> tuple[Sequence[Step], str]:
    """Return the steps of as many repetitions as lie between *begin* and *end*, and what is not as it was."""
    if ramp.spread == "pad":
        return ramp.steps, ""
    rounds = range(math.floor(begin), max(math.ceil(end), math.floor(begin) + 1))
    if len(rounds) * len(ramp.steps) > _MOST_STOPS:
        return ramp.steps, "its repetitions are left out"
    return [step for turn in rounds for step in _round(ramp, turn)], ""


def _round(ramp: Ramp, turn: int) -> Iterator[Step]:
    if ramp.spread == "reflect" and turn % 2:
        yield from (Step(turn + 1 - step.at, step.ink) for step in reversed(ramp.steps))
    else:
        yield from (Step(turn + step.at, step.ink) for step in ramp.steps)


def _stops(steps: Sequence[Step]) -> tuple[tuple[Stop, ...], str]:
    """Return what is seen of *steps* between 0 and 1, in per mille."""
    seen = [step for step in steps if 0 <= step.at <= 1]
    if not seen or seen[0].at > 0:
        seen.insert(0, Step(0.0, _at(steps, 0.0)))
    if seen[-1].at < 1:
        seen.append(Step(1.0, _at(steps, 1.0)))
    doubt = ""
    if len(seen) > _MOST_STOPS:
        seen = [Step(at / (_MOST_STOPS - 1), _at(seen, at / (_MOST_STOPS - 1))) for at in range(_MOST_STOPS)]
        doubt = f"it has {_MOST_STOPS} colours of its many"
    return tuple(
        Stop(offset=round(step.at * 1000), colour=step.ink.colour, opacity=round(step.ink.opacity * 1000))
        for step in seen
    ), doubt


def _at(steps: Sequence[Step], at: float) -> Ink:
    if at < steps[0].at:
        return steps[0].ink
    for one, other in pairwise(steps):
        if one.at <= at < other.at:
            return _between(one.ink, other.ink, (at - one.at) / (other.at - one.at))
    return steps[-1].ink


def _between(one: Ink, other: Ink, share: float) -> Ink:
    levels = (round(_level(one, at) + (_level(other, at) - _level(one, at)) * share) for at in (1, 3, 5))
    opacity = one.opacity + (other.opacity - one.opacity) * share
    return Ink("#" + "".join(f"{level:02x}" for level in levels), opacity)


def _level(ink: Ink, at: int) -> int:
    return int(ink.colour[at : at + 2], 16)
