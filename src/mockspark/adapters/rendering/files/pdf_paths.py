"""Shapes and letters as PDF draws them: paths that are filled and stroked in one solid colour each."""

from collections.abc import Iterable, Iterator
from typing import Final

from mockspark.adapters.rendering.nodes import FillNode, Pen, Piece
from mockspark.domain.outlines import Outline

_JOINS: Final = {"miter": 0, "round": 1, "bevel": 2}
_CAPS: Final = {"butt": 0, "round": 1, "square": 2}
_MITER_LIMIT: Final = 4
_OPERATORS: Final = {"M": "m", "L": "l", "C": "c"}


def drawn(node: FillNode) -> Iterator[str]:
    """Yield what draws *node*, whose paint is a solid colour or none; `/C` is the colour space."""
    filled, stroked = _filled(node), _stroked(node)
    yield from (*stroked, *filled) if node.pen_below else (*filled, *stroked)


def outlines(pieces: Iterable[Piece]) -> Iterator[str]:
    """Yield the path of each of *pieces*, where it lies."""
    for piece in pieces:
        if piece.outline:
            yield " ".join(_path(piece.outline.placed(piece.place)))


def number(value: float) -> str:
    """Write *value* to four digits behind the point, and no more than it takes."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _filled(node: FillNode) -> list[str]:
    if not isinstance(node.paint, str) or not node.paint:
        return []
    operator = "f*" if node.rule == "evenodd" else "f"
    return [f"/C cs {_colour(node.paint)} sc", *(f"{path} {operator}" for path in outlines(node.pieces))]


def _stroked(node: FillNode) -> list[str]:
    if node.pen is None:
        return []
    return [f"q /C CS {_pen(node.pen)}", *(f"{path} S" for path in outlines(node.pieces)), "Q"]


def _pen(pen: Pen) -> str:
    dashes = " ".join(map(number, pen.dash))
    return f"{_colour(pen.colour)} SC {number(pen.width)} w {_JOINS[pen.join]} j {_CAPS[pen.cap]} J [{dashes}] 0 d"


def _colour(colour: str) -> str:
    return " ".join(f"{level / 255:.4f}" for level in bytes.fromhex(colour.removeprefix("#")))


def _path(outline: Outline) -> Iterator[str]:
    start = at = (0.0, 0.0)
    for verb, numbers in outline.commands():
        if verb == "Z":
            yield "h"
            at = start
            continue
        points = _cubic(at, numbers) if verb == "Q" else numbers
        yield " ".join((*map(number, points), _OPERATORS.get(verb, "c")))
        at = (numbers[-2], numbers[-1])
        start = at if verb == "M" else start


def _cubic(start: tuple[float, float], numbers: tuple[float, ...]) -> tuple[float, ...]:
    """Return the same quadratic curve as a cubic one, which is all that PDF has."""
    (x0, y0), (x1, y1, x2, y2) = start, numbers
    return (
        *(x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3),
        *(x2 + (x1 - x2) * 2 / 3, y2 + (y1 - y2) * 2 / 3),
        *(x2, y2),
    )
