"""How much of each pixel outlines cover: FreeType's exact rasteriser and stroker, any tile of the canvas.

Outlines are cut into loops, each with its own small box. A loop that does not touch a cell of the canvas does not
wind about any point of it either, so a cell is filled from the few loops that touch it, and every tiling gives the
same bytes.
"""

import ctypes
import math
import re
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any, Final, Self

from attrs import define, field, frozen
from freetype import raw as ft
from PIL import Image, ImageChops

from mockspark.adapters.rendering.nodes import Pen, Piece
from mockspark.adapters.rendering.tiles import Tile
from mockspark.domain.outlines import Affine, Outline, flattened

REACH_PX: Final = 200_000
"""How far from the canvas' corner an outline may lie: the rasteriser counts no further."""

_UNITS: Final = 64
# A pen is drawn in steps finer than those of the rasteriser, or hairlines would be of uneven width.
_FINER: Final = 8
_STRAIGHTER_PX: Final = 1 / 32
_MAX_DASHES: Final = 20_000
_MITER_LIMIT: Final = 4
_JOINS: Final = {"miter": 3, "round": 0, "bevel": 1}
_CAPS: Final = {"butt": 0, "round": 1, "square": 2}

_LOOP: Final = 64
_LONGEST: Final = 4_000
_CELL: Final = 512
_SMALL: Final = 32
_BUSY: Final = 1_200
_OVERFLOW: Final = 98
_EVEN_ODD: Final = 0x2
_GREY: Final = 2
_LEVELS: Final = 256

_ON, _CONIC, _CUBIC = b"\x01", b"\x00", b"\x02"
_TAGS: Final = {
    ord("M"): _ON.decode(),
    ord("L"): _ON.decode(),
    ord("Q"): (_CONIC + _ON).decode(),
    ord("C"): (_CUBIC * 2 + _ON).decode(),
    ord("Z"): "",
}
_GOES_ON: Final = re.compile("Z[LQC]")
_LONG: Final = "l"
_SHORT: Final = "h"
_POINT: Final = 2 * array(_LONG).itemsize


@frozen(kw_only=True)
class _Contour:
    """Points in units of a 64th pixel with y upwards, x and y in turn; *tags* say which lie on the line."""

    points: Sequence[int] = field(repr=False)
    tags: bytes = field(repr=False)
    closed: bool = True

    def backwards(self) -> Self:
        """Return it run through from its first point the other way round."""
        xs, ys = self.points[0::2], self.points[1::2]
        return type(self)(
            points=_paired([xs[0], *xs[:0:-1]], [ys[0], *ys[:0:-1]]),
            tags=self.tags[:1] + self.tags[:0:-1],
            closed=self.closed,
        )

    def area(self) -> int:
        """Return twice the area that its points enclose, negative when they run clockwise."""
        xs, ys = self.points[0::2], self.points[1::2]
        return sum(
            x * v - u * y for x, y, u, v in zip(xs, ys, (*xs[1:], xs[0]), (*ys[1:], ys[0]), strict=True)
        )


@frozen(kw_only=True)
class _Loop:
    """A closed line as the rasteriser wants it, and the pixels that it may touch."""

    points: bytes = field(repr=False)
    tags: bytes = field(repr=False)
    box: Tile

    @classmethod
    def of(cls, points: Sequence[int], tags: bytes) -> Self:
        """Measure and pack."""
        xs, ys = points[0::2], points[1::2]
        box = (min(xs) // _UNITS, -(max(ys) // _UNITS) - 1, max(xs) // _UNITS + 1, -(min(ys) // _UNITS))
        return cls(points=array(_LONG, points).tobytes(), tags=tags, box=box)


@frozen(kw_only=True)
class Cover:
    """One shape on the canvas, of parts that were drawn apart; *bounds* are the whole pixels that it touches."""

    parts: tuple[tuple[_Loop, ...], ...] = field(repr=False)
    even_odd: bool
    bounds: Tile

    def on(self, tile: Tile) -> Image.Image:
        """Return the coverage of each pixel of *tile*, in mode L."""
        images = [self._drawn(loops, tile) for loops in self.parts]
        return reduce(ImageChops.lighter, images) if images else Image.new("L", _size(tile))

    def _drawn(self, loops: tuple[_Loop, ...], tile: Tile) -> Image.Image:
        sheet = _Sheet.blank(tile, even_odd=self.even_odd)
        sheet.fill(tile, loops)
        return Image.frombuffer("L", _size(tile), sheet.pixels, "raw", "L", 0, 1)


def filled(pieces: Iterable[Piece], rule: str = "nonzero") -> Cover:
    """Return the inside of *pieces*, as one shape: where they overlap or touch there is no seam."""
    shapes = [contours for piece in pieces if (contours := list(_placed(piece.outline, piece.place)))]
    if rule == "evenodd":
        return _cover([_loops(contours) for contours in shapes], even_odd=True)
    if len(shapes) > 1:
        # Shapes that run in opposite directions would cancel each other out where they overlap.
        shapes = [_counterclockwise(contours) for contours in shapes]
    return _cover([[loop for contours in shapes for loop in _loops(contours)]], even_odd=False)


def stroked(pieces: Iterable[Piece], pen: Pen) -> Cover:
    """Return what *pen* covers along the outlines of *pieces*, as one shape."""
    stroker = _desk().stroker(pen)
    lines = (line for piece in pieces for contour in _lines(piece, pen) for line in stroker.around(contour))
    return _cover([list(_loops(lines))], even_odd=False)


def _cover(parts: list[Iterable[_Loop]], *, even_odd: bool) -> Cover:
    kept = tuple(loops for part in parts if (loops := tuple(part)))
    boxes = [loop.box for loops in kept for loop in loops]
    if not boxes:
        return Cover(parts=(), even_odd=even_odd, bounds=(0, 0, 0, 0))
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    bounds = min(lefts), min(tops), max(rights), max(bottoms)
    return Cover(parts=kept, even_odd=even_odd, bounds=bounds)


# From outlines to loops


def _placed(outline: Outline, place: Affine, units: int = _UNITS) -> Iterator[_Contour]:
    tidy = _restarted(outline) if _GOES_ON.search(outline.verbs) else outline
    xs, ys = tidy.numbers[0::2], tidy.numbers[1::2]
    a, b, c, d, e, f = (number * units for number in _numbers(place))
    points = _paired(
        [round(a * x + c * y + e) for x, y in zip(xs, ys, strict=True)],
        [-round(b * x + d * y + f) for x, y in zip(xs, ys, strict=True)],
    )
    at = 0
    for verbs in tidy.verbs.split("M")[1:]:
        tags = f"M{verbs}".translate(_TAGS).encode()
        if len(tags) > 1:
            yield _Contour(points=points[at : at + 2 * len(tags)], tags=tags, closed=verbs.endswith("Z"))
        at += 2 * len(tags)


def _numbers(place: Affine) -> tuple[float, float, float, float, float, float]:
    return place.a, place.b, place.c, place.d, place.e, place.f


def _paired(xs: list[int], ys: list[int]) -> list[int]:
    points = [0] * (2 * len(xs))
    points[0::2], points[1::2] = xs, ys
    return points


def _restarted(outline: Outline) -> Outline:
    """Return *outline* with a move where a contour begins at the end of one that was closed."""
    commands: list[tuple[str, tuple[float, ...]]] = []
    start: tuple[float, ...] = ()
    for verb, numbers in outline.commands():
        if verb == "M":
            start = numbers
        elif commands and commands[-1][0] == "Z" and verb != "Z":
            commands.append(("M", start))
        commands.append((verb, numbers))
    return Outline.of(commands)


def _counterclockwise(contours: list[_Contour]) -> list[_Contour]:
    if sum(contour.area() for contour in contours) >= 0:
        return contours
    return [contour.backwards() for contour in contours]


def _loops(contours: Iterable[_Contour]) -> Iterator[_Loop]:
    for contour in contours:
        yield from _cut(contour.points, contour.tags)


def _cut(points: Sequence[int], tags: bytes) -> Iterator[_Loop]:
    """Cut a long loop at chords: what winds about a point is the sum of the parts and of the chords' own loop."""
    if len(tags) <= 2 * _LOOP:
        yield _Loop.of(points, tags)
        return
    ends = [0]
    while ends[-1] < len(tags) - 1:
        at = min(ends[-1] + _LOOP, len(tags) - 1)
        while at < len(tags) - 1 and tags[at] & 1 == 0:
            at += 1
        ends.append(at)
    for start, end in pairwise(ends):
        closing = tags[end] & 1 == 0
        part = points[2 * start : 2 * end + 2]
        yield _Loop.of([*part, *points[:2]] if closing else part, tags[start : end + 1] + _ON * closing)
    corners = [end for end in ends if tags[end] & 1]
    chords = [number for end in corners for number in points[2 * end : 2 * end + 2]]
    yield from _cut(chords, _ON * len(corners))


# From loops to pixels


class _Struct(ctypes.Structure):
    """An outline as the library reads it (the binding's own types are slower to fill)."""

    _fields_ = (
        ("n_contours", ctypes.c_short),
        ("n_points", ctypes.c_short),
        ("points", ctypes.c_void_p),
        ("tags", ctypes.c_void_p),
        ("contours", ctypes.c_void_p),
        ("flags", ctypes.c_int),
    )


class _Bitmap(ctypes.Structure):
    _fields_ = (
        ("rows", ctypes.c_uint),
        ("width", ctypes.c_uint),
        ("pitch", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("num_grays", ctypes.c_ushort),
        ("pixel_mode", ctypes.c_ubyte),
        ("palette_mode", ctypes.c_ubyte),
        ("palette", ctypes.c_void_p),
    )


@frozen(kw_only=True)
class _Sheet:
    """The pixels of a tile, filled cell by cell."""

    tile: Tile
    pixels: bytearray = field(repr=False)
    address: int
    even_odd: bool

    @classmethod
    def blank(cls, tile: Tile, *, even_odd: bool) -> Self:
        """Return an empty sheet."""
        width, height = _size(tile)
        pixels = bytearray(width * height)
        address = ctypes.addressof((ctypes.c_ubyte * len(pixels)).from_buffer(pixels)) if pixels else 0
        return cls(tile=tile, pixels=pixels, address=address, even_odd=even_odd)

    def fill(self, cell: Tile, loops: Sequence[_Loop]) -> None:
        """Draw what of *loops* is seen in *cell*, halving it as long as there is much in it."""
        left, top, right, bottom = cell
        near = [
            loop
            for loop in loops
            if loop.box[0] < right and loop.box[2] > left and loop.box[1] < bottom and loop.box[3] > top
        ]
        if not near:
            return
        width, height = right - left, bottom - top
        points = sum(len(loop.tags) for loop in near)
        busy = max(width, height) > _SMALL and (points > _BUSY or width > _CELL)
        if not busy and self._drawn(cell, near):
            return
        if width == height == 1:
            raise RuntimeError("an outline is too dense to be drawn")
        for half in _halves(cell):
            self.fill(half, near)

    def _drawn(self, cell: Tile, loops: list[_Loop]) -> bool:
        left, top, right, bottom = cell
        points = bytearray().join([loop.points for loop in loops])
        tags = bytearray().join([loop.tags for loop in loops])
        ends = array(_SHORT)
        last = -1
        for loop in loops:
            last += len(loop.tags)
            ends.append(last)
        outline = _Struct(
            len(ends), len(tags), _address(points), _address(tags), _address(ends), _EVEN_ODD * self.even_odd
        )
        pitch = self.tile[2] - self.tile[0]
        start = self.address + (top - self.tile[1]) * pitch + left - self.tile[0]
        bitmap = _Bitmap(bottom - top, right - left, pitch, start, _LEVELS, _GREY, 0, None)
        ft.FT_Outline_Translate(
            ctypes.byref(outline), ctypes.c_long(-left * _UNITS), ctypes.c_long(bottom * _UNITS)
        )
        error = ft.FT_Outline_Get_Bitmap(_desk().library, ctypes.byref(outline), ctypes.byref(bitmap))
        if error not in {0, _OVERFLOW}:
            raise RuntimeError(f"an outline cannot be drawn (FreeType error {error})")
        return bool(error == 0)


def _halves(cell: Tile) -> tuple[Tile, Tile]:
    left, top, right, bottom = cell
    if right - left >= bottom - top:
        middle = (left + right) // 2
        return (left, top, middle, bottom), (middle, top, right, bottom)
    middle = (top + bottom) // 2
    return (left, top, right, middle), (left, middle, right, bottom)


def _size(tile: Tile) -> tuple[int, int]:
    return tile[2] - tile[0], tile[3] - tile[1]


def _address(buffer: Any) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


# Pens


def _lines(piece: Piece, pen: Pen) -> Iterator[_Contour]:
    if pen.dash:
        yield from _dashes(piece.outline.placed(piece.place), pen.dash)
        return
    for contour in _placed(piece.outline, piece.place, _UNITS * _FINER):
        yield from _shortened(contour)


def _shortened(contour: _Contour) -> Iterator[_Contour]:
    """Cut a very long contour into lines that overlap by one step, for the stroker has a limit."""
    start, count = 0, len(contour.tags)
    if count <= _LONGEST:
        yield contour
        return
    on = [index for index, tag in enumerate(contour.tags) if tag & 1]
    while start < len(on) - 1:
        end = min(start + _LONGEST // 3, len(on) - 1)
        first, last = on[start], on[min(end + 1, len(on) - 1)] + 1
        yield _Contour(
            points=contour.points[2 * first : 2 * last], tags=contour.tags[first:last], closed=False
        )
        start = end
    if contour.closed:
        first = on[-1]
        yield _Contour(
            points=[*contour.points[2 * first :], *contour.points[:4]],
            tags=contour.tags[first:] + _ON * 2,
            closed=False,
        )


def _dashes(outline: Outline, dash: tuple[float, ...]) -> Iterator[_Contour]:
    pattern = dash if len(dash) % 2 == 0 else dash * 2
    for line in flattened(outline, _STRAIGHTER_PX):
        length = sum(math.dist(a, b) for a, b in pairwise(line.points))
        if length / sum(pattern) * len(pattern) > _MAX_DASHES:
            yield _polyline(list(line.points))
        else:
            yield from (_polyline(part) for part in _inked(line.points, pattern))


def _inked(
    points: tuple[tuple[float, float], ...], pattern: tuple[float, ...]
) -> Iterator[list[tuple[float, float]]]:
    """Yield the parts of a line that its pattern (ink, gap, ink, ...) leaves."""
    index, left = 0, pattern[0]
    part = [points[0]]
    for start, end in pairwise(points):
        length = math.dist(start, end)
        done = 0.0
        while length - done > left:
            done += left
            share = done / length
            corner = (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
            if index % 2 == 0:
                yield [*part, corner]
            part = [corner]
            index, left = index + 1, pattern[(index + 1) % len(pattern)]
        left -= length - done
        part.append(end)
    if index % 2 == 0 and len(part) > 1:
        yield part


def _polyline(points: list[tuple[float, float]]) -> _Contour:
    units = _UNITS * _FINER
    xs, ys = [round(x * units) for x, _ in points], [-round(y * units) for _, y in points]
    if len(set(zip(xs, ys, strict=True))) == 1:
        # A dot has no direction, and would get no caps.
        xs[-1] += 1
    return _Contour(points=_paired(xs, ys), tags=_ON * len(xs), closed=False)


@define
class _Stroker:
    """A pen of one thread."""

    handle: Any

    def around(self, contour: _Contour) -> Iterator[_Contour]:
        """Yield the outlines of a line along *contour*."""
        self._follow(contour)
        points, contours = ctypes.c_uint(), ctypes.c_uint()
        _checked(ft.FT_Stroker_GetCounts(self.handle, ctypes.byref(points), ctypes.byref(contours)))
        if not points.value:
            return
        places = array(_LONG, bytes(points.value * _POINT))
        tags, ends = bytearray(points.value), array(_SHORT, bytes(2 * contours.value))
        outline = _Struct(0, 0, _address(places), _address(tags), _address(ends), 0)
        ft.FT_Stroker_Export(self.handle, ctypes.byref(outline))
        # Rounded down by the library's own shift, once for all points.
        back = ft.FT_Matrix(0x10000 // _FINER, 0, 0, 0x10000 // _FINER)
        ft.FT_Outline_Transform(ctypes.byref(outline), ctypes.byref(back))
        start = 0
        for end in ends:
            yield _Contour(points=places[2 * start : 2 * end + 2], tags=_plain(tags[start : end + 1]))
            start = end + 1

    def _follow(self, contour: _Contour) -> None:
        ft.FT_Stroker_Rewind(self.handle)
        vectors = (ft.FT_Vector * len(contour.tags)).from_buffer(array(_LONG, contour.points))
        at = [ctypes.byref(vector) for vector in vectors]
        _checked(ft.FT_Stroker_BeginSubPath(self.handle, at[0], not contour.closed))
        off: list[Any] = []
        for point, tag in zip((*at[1:], at[0]), (*contour.tags[1:], 1), strict=True):
            if point is at[0] and not (off or contour.closed):
                break
            off.append(point)
            if tag & 1:
                _checked(_SEGMENTS[len(off)](self.handle, *off))
                off = []
        _checked(ft.FT_Stroker_EndSubPath(self.handle))


_SEGMENTS: Final = {1: ft.FT_Stroker_LineTo, 2: ft.FT_Stroker_ConicTo, 3: ft.FT_Stroker_CubicTo}


def _plain(tags: bytearray) -> bytes:
    return bytes(tag & 3 for tag in tags)


def _checked(error: int) -> None:
    if error:
        raise RuntimeError(f"a line cannot be drawn (FreeType error {error})")


# The library, which each thread has for itself


@define(eq=False)
class _Desk:
    library: Any = field(init=False)
    _stroker: Any = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.library = ft.FT_Library()
        _checked(ft.FT_Init_FreeType(ctypes.byref(self.library)))

    def stroker(self, pen: Pen) -> _Stroker:
        """Return the stroker, set to *pen*."""
        if self._stroker is None:
            self._stroker = ft.FT_Stroker()
            _checked(ft.FT_Stroker_New(self.library, ctypes.byref(self._stroker)))
        ft.FT_Stroker_Set(
            self._stroker,
            ctypes.c_long(round(pen.width / 2 * _UNITS * _FINER)),
            _CAPS[pen.cap],
            _JOINS[pen.join],
            ctypes.c_long(_MITER_LIMIT << 16),
        )
        return _Stroker(self._stroker)

    def __del__(self) -> None:
        if self._stroker is not None:
            ft.FT_Stroker_Done(self._stroker)
        ft.FT_Done_FreeType(self.library)


_DESKS: Final = threading.local()


def _desk() -> _Desk:
    desk = getattr(_DESKS, "desk", None)
    if desk is None:
        desk = _DESKS.desk = _Desk()
    return desk
