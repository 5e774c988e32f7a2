"""How much of each pixel outlines cover, by Skia.

Masks are drawn finer and averaged, for Skia's own edges have steps. They are drawn on cells of a grid that lies fixed
on the canvas, for what Skia does at an edge depends on where its surface ends: so every tiling gives the same bytes.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any, Final

import skia
from attrs import field, frozen
from PIL import Image, ImageChops

from mockspark.adapters.rendering.contours import contours
from mockspark.adapters.rendering.nodes import Pen, Piece
from mockspark.adapters.rendering.strokes import MAX_DASHES
from mockspark.adapters.rendering.tiles import Tile, overlap
from mockspark.application.errors import Rejected
from mockspark.domain.holds import HoldReason
from mockspark.domain.outlines import COUNTS

_FINER: Final = 4
# A band is as high. Wider surfaces are cut up by Skia itself, at 8191 of its pixels.
_CELL: Final = (2_000, 128)
_MITER: Final = 4.0
# Skia follows every edge through all its rows: that many take it some seconds on the whole of a sheet.
_MOST_ROWS: Final = 30_000_000
_AREA: Final = skia.Paint(AntiAlias=True)
_JOINS: Final = {
    "miter": skia.Paint.kMiter_Join,
    "round": skia.Paint.kRound_Join,
    "bevel": skia.Paint.kBevel_Join,
}
_CAPS: Final = {
    "butt": skia.Paint.kButt_Cap,
    "round": skia.Paint.kRound_Cap,
    "square": skia.Paint.kSquare_Cap,
}


@frozen(kw_only=True)
class SkiaCover:
    """One shape on the canvas: what lies in any of its *paths*; *bounds* are the whole pixels that it may touch."""

    paths: tuple[Any, ...] = field(repr=False)
    bounds: Tile

    def on(self, tile: Tile) -> Image.Image:
        """Return the coverage of each pixel of *tile*, in mode L."""
        whole = Image.new("L", (tile[2] - tile[0], tile[3] - tile[1]))
        seen = overlap(self.bounds, tile)
        for cell in () if seen is None else _cells(seen):
            drawn = overlap(cell, self.bounds)
            if drawn is not None:
                masks = [_mask(path, drawn) for path in self.paths]
                whole.paste(reduce(ImageChops.lighter, masks), (drawn[0] - tile[0], drawn[1] - tile[1]))
        return whole


def filled(pieces: tuple[Piece, ...], rule: str = "nonzero") -> SkiaCover:
    """Return the inside of *pieces*, as one shape; raises Rejected when it is too intricate."""
    _check(_rows(pieces))
    if rule == "evenodd":
        return _cover([_path([piece], skia.PathFillType.kEvenOdd) for piece in pieces])
    return _cover([_path(pieces, skia.PathFillType.kWinding)])


def stroked(pieces: tuple[Piece, ...], pen: Pen) -> SkiaCover:
    """Return what *pen* covers along the outlines of *pieces*; raises Rejected when it is too intricate."""
    steps = sum(len(piece.outline.verbs) for piece in pieces)
    _check(2 * (_rows(pieces) + steps * pen.width))
    line, drawn = skia.Path(), _path(pieces, skia.PathFillType.kWinding)
    _paint(pen, drawn).getFillPath(drawn, line, None, _FINER)
    return _cover([line])


def _check(rows: float) -> None:
    if rows > _MOST_ROWS:
        words = "a shape has too many lines to be printed: simplify it."
        raise Rejected(words, reason=HoldReason.RENDER_FAILED)


def _rows(pieces: Iterable[Piece]) -> float:
    """Return how many rows all edges of *pieces* cross together."""
    return sum(
        sum(1 + abs(after - before) for before, after in zip(one.ys, one.ys[1:], strict=False))
        for piece in pieces
        for one in contours(piece.outline, piece.place)
    )


def _cover(paths: Iterable[Any]) -> SkiaCover:
    kept = tuple(path for path in paths if not path.isEmpty())
    if not kept:
        return SkiaCover(paths=(), bounds=(0, 0, 0, 0))
    boxes = [path.getBounds().roundOut() for path in kept]
    bounds = (
        min(box.left() for box in boxes),
        min(box.top() for box in boxes),
        max(box.right() for box in boxes),
        max(box.bottom() for box in boxes),
    )
    return SkiaCover(paths=kept, bounds=bounds)


def _cells(tile: Tile) -> Iterator[Tile]:
    """Yield the cells of the grid that *tile* touches, whole."""
    width, height = _CELL
    for top in range(tile[1] // height * height, tile[3], height):
        for left in range(tile[0] // width * width, tile[2], width):
            yield left, top, left + width, top + height


def _mask(path: Any, tile: Tile) -> Image.Image:
    width, height = (tile[2] - tile[0]) * _FINER, (tile[3] - tile[1]) * _FINER
    pixels = bytearray(width * height)
    surface = skia.Surface.MakeRasterDirect(skia.ImageInfo.MakeA8(width, height), pixels, width)
    with surface as canvas:
        canvas.scale(_FINER, _FINER)
        canvas.translate(-tile[0], -tile[1])
        canvas.drawPath(path, _AREA)
    return Image.frombuffer("L", (width, height), pixels, "raw", "L", 0, 1).reduce(_FINER)


def _path(pieces: Iterable[Piece], rule: Any) -> Any:
    """Return one path of all *pieces*: running the same way round, they cover once where they overlap."""
    parts = list(pieces)
    path = skia.Path()
    for piece in parts:
        part = _outline(piece)
        if len(parts) > 1 and _area(piece) < 0:
            path.reverseAddPath(part)
        else:
            path.addPath(part)
    path.setFillType(rule)
    path.updateBoundsCache()
    return path


def _outline(piece: Piece) -> Any:
    path = skia.Path()
    steps = {"M": path.moveTo, "L": path.lineTo, "Q": path.quadTo, "C": path.cubicTo, "Z": path.close}
    outline = piece.outline.placed(piece.place)
    at = 0
    for verb in outline.verbs:
        count = COUNTS[verb]
        steps[verb](*outline.numbers[at : at + count])
        at += count
    return path


def _area(piece: Piece) -> float:
    """Return twice the area inside; its sign says which way round the outline runs."""
    return sum(
        x * v - u * y
        for one in contours(piece.outline, piece.place)
        for x, y, u, v in zip(one.xs, one.ys, (*one.xs[1:], one.xs[0]), (*one.ys[1:], one.ys[0]), strict=True)
    )


def _paint(pen: Pen, path: Any) -> Any:
    paint = skia.Paint(
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=pen.width,
        StrokeJoin=_JOINS[pen.join],
        StrokeCap=_CAPS[pen.cap],
        StrokeMiter=_MITER,
    )
    if pen.dash:
        dash = pen.dash if len(pen.dash) % 2 == 0 else pen.dash * 2
        # Finer than any print: the eye sees a line.
        if _length(path) * len(dash) <= sum(dash) * MAX_DASHES:
            paint.setPathEffect(skia.DashPathEffect.Make(list(dash), 0.0))
    return paint


def _length(path: Any) -> float:
    measure = skia.PathMeasure(path, False)
    length = float(measure.getLength())
    while measure.nextContour():
        length += measure.getLength()
    return length
