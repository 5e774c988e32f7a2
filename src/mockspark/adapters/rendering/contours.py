"""Outlines on the canvas as straight lines: curves are followed as closely as a print can show."""

import itertools
import math
import re
from collections.abc import Iterator
from typing import Final

from attrs import field, frozen

from mockspark.domain.outlines import Affine, Outline

_TOLERANCE_PX: Final = 1 / 40
_MAX_STEPS: Final = 1_000
_GOES_ON: Final = re.compile("Z[LQC]")
_HANDLES: Final = {"L": 1, "Q": 2, "C": 3}


@frozen(kw_only=True)
class Contour:
    """Corners in pixels; a closed one goes back to its first corner."""

    xs: list[float] = field(repr=False)
    ys: list[float] = field(repr=False)
    closed: bool


def contours(outline: Outline, place: Affine, *, turn: float = math.inf) -> Iterator[Contour]:
    """Yield the contours of *outline* after *place*, no step of a curve turning by more than *turn* (radians)."""
    tidy = _restarted(outline) if _GOES_ON.search(outline.verbs) else outline
    placed = tidy.placed(place).numbers
    xs, ys = placed[0::2], placed[1::2]
    at = 0
    for verbs in tidy.verbs.split("M")[1:]:
        across, down = [xs[at]], [ys[at]]
        at += 1
        for verb in verbs.rstrip("Z"):
            end = at + _HANDLES[verb]
            if verb == "L":
                across.append(xs[at])
                down.append(ys[at])
            else:
                _follow(xs[at - 1 : end], ys[at - 1 : end], across, down, turn)
            at = end
        if len(across) > 1:
            yield Contour(xs=across, ys=down, closed=verbs.endswith("Z"))


def _restarted(outline: Outline) -> Outline:
    """Return *outline* with a move where a contour begins at the start of one that was just closed."""
    commands: list[tuple[str, tuple[float, ...]]] = []
    start: tuple[float, ...] = ()
    for verb, numbers in outline.commands():
        if verb == "M":
            start = numbers
        elif commands and commands[-1][0] == "Z" and verb != "Z":
            commands.append(("M", start))
        commands.append((verb, numbers))
    return Outline.of(commands)


def _follow(
    xs: tuple[float, ...], ys: tuple[float, ...], across: list[float], down: list[float], turn: float
) -> None:
    """Add the steps along a curve, without its start."""
    if len(xs) == 3:
        bend = math.hypot(xs[0] - 2 * xs[1] + xs[2], ys[0] - 2 * ys[1] + ys[2]) / 4
    else:
        bend = 0.75 * max(
            math.hypot(xs[0] - 2 * xs[1] + xs[2], ys[0] - 2 * ys[1] + ys[2]),
            math.hypot(xs[1] - 2 * xs[2] + xs[3], ys[1] - 2 * ys[2] + ys[3]),
        )
    count = math.ceil(math.sqrt(bend / _TOLERANCE_PX))
    if turn < math.pi:
        count = max(count, math.ceil(_turning(xs, ys) / turn))
    count = min(max(count, 1), _MAX_STEPS)
    steps = [step / count for step in range(1, count)]
    across.extend(_along(xs, steps))
    down.extend(_along(ys, steps))
    across.append(xs[-1])
    down.append(ys[-1])


def _along(handles: tuple[float, ...], steps: list[float]) -> list[float]:
    if len(handles) == 3:
        start, one, end = handles
        a, b = start - 2 * one + end, 2 * (one - start)
        return [(a * t + b) * t + start for t in steps]
    start, one, two, end = handles
    a, b, c = end - start + 3 * (one - two), 3 * (start - 2 * one + two), 3 * (one - start)
    return [((a * t + b) * t + c) * t + start for t in steps]


def _turning(xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
    """Return by how much the lines between a curve's handles turn, which is no less than the curve itself."""
    ways = [
        math.atan2(v - y, u - x)
        for x, y, u, v in zip(xs, ys, xs[1:], ys[1:], strict=False)
        if (x, y) != (u, v)
    ]
    return sum(abs(math.remainder(after - before, math.tau)) for before, after in itertools.pairwise(ways))
