"""How much of each pixel outlines cover, on any tile of the canvas, by FreeType's rasteriser of exact areas.

Outlines are cut into loops, each with its own small box. A loop that does not touch a cell of the canvas does not
wind about any point of it either, so a cell is filled from the few loops that touch it, and every tiling gives the
same bytes. The rasteriser adds up areas within a pixel; where edges of two contours lie in the same pixels, as where
letters join, it would count what they share twice: those places are drawn finer.
"""

import ctypes
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import partial, reduce
from itertools import chain, islice, pairwise
from typing import Any, Final, Self

from attrs import define, evolve, field, frozen
from cachetools import LRUCache, cached
from cachetools.keys import hashkey
from freetype import raw as ft
from PIL import Image, ImageChops

from mockspark.adapters.rendering.contours import contours
from mockspark.adapters.rendering.nodes import Pen, Piece
from mockspark.adapters.rendering.strokes import finest_turn, stroke
from mockspark.adapters.rendering.tiles import Tile, overlap
from mockspark.application.errors import Rejected
from mockspark.domain.holds import HoldReason

REACH_PX: Final = 200_000
"""How far from the canvas' corner an outline may lie: the rasteriser counts no further."""

_UNITS: Final = 64
_LOOP: Final = 40
_CELL: Final = 512
_SMALL: Final = 32
_BUSY: Final = 1_500
_MOST: Final = 32_000
_MOST_PAIRS: Final = 200_000
_MOST_CROSSINGS: Final = 400
_CROWD: Final = 12
_SIMPLE: Final = 8
_NEIGHBOURS: Final = 6
_PATIENCE: Final = 20_000_000
_LONG_PX: Final = 200
_MOST_POLYGONS: Final = 200_000
_FINE: Final = 8
_LESS_FINE: Final = 4
_WIDE: Final = 4_096
_REACH_FINE: Final = 60_000
_OVERFLOW: Final = 98
_EVEN_ODD: Final = 0x2
_GREY: Final = 2
_LEVELS: Final = 256
_KEPT_BYTES: Final = 16 * 1024 * 1024
_LOOP_BYTES: Final = 200
_LONG: Final = "l"
_SHORT: Final = "h"
_POINT: Final = 2 * array(_LONG).itemsize
_ON_THE_LINE: Final = (ctypes.c_ubyte * (_MOST + 4 * _LOOP))(*([1] * (_MOST + 4 * _LOOP)))

Units = list[int]
"""64ths of a pixel."""


@frozen(kw_only=True)
class _Loop:
    """A closed line as the rasteriser wants it (y upwards), and the pixels that it may touch.

    One of *chords* has no edge of its own.
    """

    points: bytes = field(repr=False)
    box: Tile
    chords: bool = False

    @classmethod
    def of(cls, xs: Units, ys: Units, *, chords: bool = False) -> Self:
        """Measure and pack."""
        points = array(_LONG, bytes(len(xs) * _POINT))
        points[0::2], points[1::2] = array(_LONG, xs), array(_LONG, [-y for y in ys])
        left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
        box = (left // _UNITS, top // _UNITS, right // _UNITS + 1, bottom // _UNITS + 1)
        return cls(points=points.tobytes(), box=box, chords=chords)

    @property
    def count(self) -> int:
        """Return how many points it has."""
        return len(self.points) // _POINT

    @property
    def effort(self) -> int:
        """Return what it takes to draw a part of it: long lines are followed over all their pixels."""
        box = self.box
        return self.count * (1 + max(box[2] - box[0], box[3] - box[1]) // _LONG_PX)

    def holds(self, cell: Tile) -> bool:
        """Tell whether *cell* lies inside, for a loop of a few points that bulges everywhere."""
        box = self.box
        if self.count > _SIMPLE or not (
            box[0] <= cell[0] and box[1] <= cell[1] and box[2] >= cell[2] and box[3] >= cell[3]
        ):
            return False
        numbers = array(_LONG, self.points)
        points = list(zip(numbers[0::2], numbers[1::2], strict=True))
        left, top, right, bottom = cell[0] * _UNITS, -cell[1] * _UNITS, cell[2] * _UNITS, -cell[3] * _UNITS
        sides = [
            (u - x) * (q - y) - (v - y) * (p - x)
            for (x, y), (u, v) in zip(points, points[1:] + points[:1], strict=True)
            for p in (left, right)
            for q in (top, bottom)
        ]
        return min(sides) >= 0 or max(sides) <= 0


@frozen(kw_only=True)
class Cover:
    """One shape on the canvas, of parts that were drawn apart; *bounds* are the whole pixels that it touches.

    In *crossings* edges of several contours may lie in the same pixels. A *solid* shape has no holes but those between
    its loops: what lies in one of them is covered.
    """

    parts: tuple[tuple[_Loop, ...], ...] = field(repr=False)
    even_odd: bool
    bounds: Tile
    crossings: tuple[Tile, ...] = field(default=(), repr=False)
    solid: bool = False

    @property
    def size(self) -> int:
        """Return about how many bytes it takes."""
        return sum(len(loop.points) + _LOOP_BYTES for loops in self.parts for loop in loops)

    def on(self, tile: Tile) -> Image.Image:
        """Return the coverage of each pixel of *tile*, in mode L."""
        images = [self._drawn(loops, tile) for loops in self.parts]
        return reduce(ImageChops.lighter, images) if images else Image.new("L", _size(tile))

    def _drawn(self, loops: tuple[_Loop, ...], tile: Tile) -> Image.Image:
        sheet = _Sheet.blank(tile, even_odd=self.even_odd, solid=self.solid)
        touched = overlap(tile, self.bounds)
        if touched is not None:
            sheet.fill(touched, loops)
        image = sheet.image()
        for crossing in self.crossings:
            cell = overlap(crossing, tile)
            if cell is not None:
                wide = (crossing[2] - crossing[0]) * (crossing[3] - crossing[1]) > _WIDE
                finer = _Sheet.blank(cell, solid=self.solid, finer=_LESS_FINE if wide else _FINE)
                finer.fill(cell, loops)
                image.paste(finer.image(), (cell[0] - tile[0], cell[1] - tile[1]))
        return image


def _size_of(cover: Cover) -> int:
    return cover.size


_LOCK: Final = threading.Lock()
_KEPT: Final[LRUCache[Any, Cover]] = LRUCache(maxsize=_KEPT_BYTES, getsizeof=_size_of)


@cached(_KEPT, key=partial(hashkey, "filled"), lock=_LOCK)
def filled(pieces: tuple[Piece, ...], rule: str = "nonzero") -> Cover:
    """Return the inside of *pieces*, as one shape: where they overlap or touch there is no seam."""
    shapes = [[(_units(one.xs), _units(one.ys)) for one in contours(p.outline, p.place)] for p in pieces]
    if rule == "evenodd":
        return _cover([_loops(lines) for lines in shapes], even_odd=True)
    if len(shapes) > 1:
        # Shapes that run in opposite directions would cancel each other out where they overlap.
        shapes = [_one_way(lines) for lines in shapes]
    lines = list(chain.from_iterable(shapes))
    # What runs the other way round cuts a hole; that is no overlap.
    holes = [line for line in lines if _area(*line) < 0]
    solid = [line for line in lines if _area(*line) >= 0]
    return _united([_cut(*line) for line in solid], [_cut(*line) for line in holes])


@cached(_KEPT, key=partial(hashkey, "stroked"), lock=_LOCK)
def stroked(pieces: tuple[Piece, ...], pen: Pen) -> Cover:
    """Return what *pen* covers along the outlines of *pieces*, as one shape."""
    turn = finest_turn(pen)
    count = 0
    shapes: list[list[_Loop]] = []
    for piece in pieces:
        shapes.append([])
        for contour in contours(piece.outline, piece.place, turn=turn):
            for polygon in stroke(contour, pen):
                shapes[-1].extend(_cut(_units(polygon.xs), _units(polygon.ys)))
                count += 1
                if count > _MOST_POLYGONS:
                    raise _intricate()
    return _united(shapes, solid=True)


def _united(*ways: Iterable[Iterable[_Loop]], solid: bool = False) -> Cover:
    """Return the cover of contours, of which those that run the same way come together; *solid* ones all do."""
    made = [[loops for contour in way if (loops := tuple(contour))] for way in ways]
    cover = _cover([chain.from_iterable(chain.from_iterable(made))], even_odd=False)
    crossings = list(islice(chain.from_iterable(map(_crossings, made)), _MOST_CROSSINGS + 1))
    seen = () if len(crossings) > _MOST_CROSSINGS else tuple(dict.fromkeys(crossings))
    return evolve(cover, crossings=seen, solid=solid)


def _cover(parts: Iterable[Iterable[_Loop]], *, even_odd: bool) -> Cover:
    kept = tuple(loops for part in parts if (loops := tuple(part)))
    if not kept:
        return Cover(parts=(), even_odd=even_odd, bounds=(0, 0, 0, 0))
    return Cover(parts=kept, even_odd=even_odd, bounds=_around(chain.from_iterable(kept)))


def _around(loops: Iterable[_Loop]) -> Tile:
    lefts, tops, rights, bottoms = zip(*(loop.box for loop in loops), strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


# Where contours meet


def _crossings(shapes: Sequence[tuple[_Loop, ...]]) -> Iterator[Tile]:
    """Yield where edges of two contours may lie in the same pixels, unless contours are piled up."""
    boxes = sorted((_around(loops), index) for index, loops in enumerate(shapes))
    if boxes and max(abs(side) for box, _ in boxes for side in box) > _REACH_FINE:
        return
    pairs = [
        (first, second, shared)
        for (one, first), (other, second) in islice(_meeting(boxes), _MOST_PAIRS)
        if (shared := overlap(one, other)) is not None
    ]
    # Letters that join have a few neighbours each.
    if len(pairs) <= _NEIGHBOURS * len(shapes):
        for first, second, shared in pairs:
            yield from _shared_edges(shapes[first], shapes[second], shared)


def _meeting(boxes: Sequence[tuple[Tile, int]]) -> Iterator[tuple[tuple[Tile, int], tuple[Tile, int]]]:
    """Yield the pairs that share columns; *boxes* are sorted by their left sides."""
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            if other[0][0] >= one[0][2]:
                break
            yield one, other


def _shared_edges(one: Sequence[_Loop], other: Sequence[_Loop], shared: Tile) -> Iterator[Tile]:
    near = [loop.box for loop in other if not loop.chords and overlap(loop.box, shared) is not None]
    for loop in one:
        if not loop.chords and overlap(loop.box, shared) is not None:
            for box in near:
                crossing = overlap(loop.box, box)
                if crossing is not None:
                    yield crossing


# From lines to loops


def _units(numbers: list[float]) -> Units:
    return [round(number * _UNITS) for number in numbers]


def _one_way(lines: list[tuple[Units, Units]]) -> list[tuple[Units, Units]]:
    if sum(_area(xs, ys) for xs, ys in lines) >= 0:
        return lines
    return [(xs[::-1], ys[::-1]) for xs, ys in lines]


def _area(xs: Units, ys: Units) -> int:
    """Return twice the area that a line encloses; its sign says which way round it runs."""
    return sum(x * v - u * y for x, y, u, v in zip(xs, ys, (*xs[1:], xs[0]), (*ys[1:], ys[0]), strict=True))


def _loops(lines: Iterable[tuple[Units, Units]]) -> Iterator[_Loop]:
    for xs, ys in lines:
        yield from _cut(xs, ys)


def _cut(xs: Units, ys: Units, *, chords: bool = False) -> Iterator[_Loop]:
    """Cut a long loop at chords: what winds about a point is the sum of the parts and of the chords' own loop."""
    if len(xs) <= 2 * _LOOP:
        yield _Loop.of(xs, ys, chords=chords)
        return
    ends = [*range(0, len(xs) - 1, _LOOP), len(xs) - 1]
    for start, end in pairwise(ends):
        yield _Loop.of(xs[start : end + 1], ys[start : end + 1], chords=chords)
    yield from _cut([xs[end] for end in ends], [ys[end] for end in ends], chords=True)


# From loops to pixels


class _Outline(ctypes.Structure):
    """An outline as the library reads it; the binding's own type takes longer to fill."""

    _fields_ = (
        ("n_contours", ctypes.c_short),
        ("n_points", ctypes.c_short),
        ("points", ctypes.c_void_p),
        ("tags", ctypes.c_void_p),
        ("contours", ctypes.c_void_p),
        ("flags", ctypes.c_int),
    )


class _Bitmap(ctypes.Structure):
    """Pixels as the library writes them."""

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


@define(kw_only=True)
class _Sheet:
    """The pixels of a tile, *finer* times as fine, filled cell by cell with *patience* for so many points."""

    tile: Tile
    pixels: bytearray = field(repr=False)
    address: int
    even_odd: bool
    solid: bool
    finer: int
    patience: int = _PATIENCE

    @classmethod
    def blank(cls, tile: Tile, *, even_odd: bool = False, solid: bool = False, finer: int = 1) -> Self:
        """Return an empty sheet."""
        width, height = _size(tile)
        pixels = bytearray(width * height * finer**2)
        address = _address(pixels) if pixels else 0
        return cls(tile=tile, pixels=pixels, address=address, even_odd=even_odd, solid=solid, finer=finer)

    def image(self) -> Image.Image:
        """Return the tile as it is drawn so far, in mode L."""
        width, height = _size(self.tile)
        size = (width * self.finer, height * self.finer)
        fine = Image.frombuffer("L", size, self.pixels, "raw", "L", 0, 1)
        return fine if self.finer == 1 else fine.reduce(self.finer)

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
        if self.solid and len(near) > _CROWD and any(loop.holds(cell) for loop in near):
            self._cover(cell)
            return
        width, height = right - left, bottom - top
        points = sum(loop.count for loop in near)
        crowded = max(width, height) > _SMALL and points > _BUSY
        busy = points > _MOST or crowded or width * self.finer > _CELL
        if width == height == 1:
            self._drawn(cell, _few(near))
        elif busy or not self._drawn(cell, near):
            for half in _halves(cell):
                self.fill(half, near)

    def _cover(self, cell: Tile) -> None:
        finer, pitch = self.finer, (self.tile[2] - self.tile[0]) * self.finer
        row = b"\xff" * ((cell[2] - cell[0]) * finer)
        start = (cell[0] - self.tile[0]) * finer
        for line in range((cell[1] - self.tile[1]) * finer, (cell[3] - self.tile[1]) * finer):
            self.pixels[line * pitch + start : line * pitch + start + len(row)] = row

    def _drawn(self, cell: Tile, loops: Sequence[_Loop]) -> bool:
        """Draw *loops* in *cell*; False when they cross more of its pixels than the rasteriser has room for."""
        left, top, right, bottom = cell
        self.patience -= sum(loop.effort for loop in loops)
        if self.patience < 0:
            raise _intricate()
        points = bytearray().join([loop.points for loop in loops])
        ends = array(_SHORT)
        last = -1
        for loop in loops:
            last += loop.count
            ends.append(last)
        outline = _Outline(
            len(ends),
            last + 1,
            _address(points),
            ctypes.addressof(_ON_THE_LINE),
            _address(ends),
            _EVEN_ODD * self.even_odd,
        )
        finer = self.finer
        pitch = (self.tile[2] - self.tile[0]) * finer
        start = self.address + ((top - self.tile[1]) * pitch + left - self.tile[0]) * finer
        size = ((bottom - top) * finer, (right - left) * finer)
        bitmap = _Bitmap(*size, pitch, start, _LEVELS, _GREY, 0, None)
        ft.FT_Outline_Translate(
            ctypes.byref(outline), ctypes.c_long(-left * _UNITS), ctypes.c_long(bottom * _UNITS)
        )
        if finer > 1:
            scale = ft.FT_Matrix(finer << 16, 0, 0, finer << 16)
            ft.FT_Outline_Transform(ctypes.byref(outline), ctypes.byref(scale))
        error = ft.FT_Outline_Get_Bitmap(_desk().library, ctypes.byref(outline), ctypes.byref(bitmap))
        if error not in {0, _OVERFLOW}:
            raise RuntimeError(f"an outline cannot be drawn (FreeType error {error})")
        return bool(error == 0)


def _intricate() -> Rejected:
    return Rejected("a shape has too many lines to be printed: simplify it.", reason=HoldReason.RENDER_FAILED)


def _few(loops: Sequence[_Loop]) -> Sequence[_Loop]:
    """Return no more loops than the rasteriser takes: in a single pixel nobody misses the others."""
    return loops[: _MOST // (2 * _LOOP)]


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


# The library, which each thread has for itself


@define(eq=False)
class _Desk:
    library: Any = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.library = ft.FT_Library()
        error = ft.FT_Init_FreeType(ctypes.byref(self.library))
        if error:
            raise RuntimeError(f"FreeType does not start (error {error})")

    def __del__(self) -> None:
        ft.FT_Done_FreeType(self.library)


_DESKS: Final = threading.local()


def _desk() -> _Desk:
    desk: _Desk | None = getattr(_DESKS, "desk", None)
    if desk is None:
        desk = _DESKS.desk = _Desk()
    return desk
