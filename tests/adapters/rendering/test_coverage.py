"""Coverage is what geometry says, on any tile, on any thread."""

import math
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mockspark.adapters.rendering.coverage import Cover, filled, stroked
from mockspark.adapters.rendering.nodes import Pen, Piece
from mockspark.adapters.rendering.tiles import Tile
from mockspark.application.errors import Rejected
from mockspark.domain.outlines import Affine, Outline, ellipse, rectangle

WAVE = Outline.read("M10 60C40 -30 80 150 120 50L150 90Q170 20 190 70")
STAR = Outline.read("M60 5L95 110L5 45L115 45L25 110Z")
_PLACES = st.builds(Affine.turned, st.integers(0, 359_999), st.floats(0, 200), st.floats(0, 200))
_SHAPES = st.lists(
    st.builds(lambda outline, place: Piece(outline=outline, place=place),
              st.sampled_from((WAVE, STAR, ellipse(20, 30, 90, 60), rectangle(5, 5, 80, 40, 9))), _PLACES),
    min_size=1, max_size=4,
).map(tuple)  # fmt: skip
_PENS = st.builds(
    Pen,
    colour=st.just("#000000"),
    width=st.floats(0.2, 60),
    join=st.sampled_from(("miter", "round", "bevel")),
    cap=st.sampled_from(("butt", "round", "square")),
    dash=st.sampled_from(((), (9.0, 4.0), (7.0, 3.0, 2.0))),
)


def _piece(outline: Outline, place: Affine | None = None) -> Piece:
    return Piece(outline=outline, place=place or Affine())


def _area(cover: Cover) -> float:
    image = cover.on(cover.bounds)
    return sum(image.tobytes()) / 255


def _covers(cover: Cover, x: float, y: float) -> bool:
    left, top = math.floor(x), math.floor(y)
    return cover.on((left, top, left + 1, top + 1)).tobytes()[0] == 255


def _tiles(draw: random.Random, bounds: Tile) -> Tile:
    left, top = draw.randint(bounds[0] - 5, bounds[2]), draw.randint(bounds[1] - 5, bounds[3])
    return left, top, left + draw.randint(1, 90), top + draw.randint(1, 90)


def _same_on_tiles(cover: Cover, seed: int) -> None:
    left, top, right, bottom = cover.bounds
    around = (left - 10, top - 10, right + 100, bottom + 100)
    whole = cover.on(around)
    draw = random.Random(seed)
    for tile in (_tiles(draw, cover.bounds) for _ in range(4)):
        box = (tile[0] - around[0], tile[1] - around[1], tile[2] - around[0], tile[3] - around[1])
        assert whole.crop(box).tobytes() == cover.on(tile).tobytes()


@settings(max_examples=25, deadline=None)
@given(pieces=_SHAPES, rule=st.sampled_from(("nonzero", "evenodd")), seed=st.integers())
def test_a_tile_of_a_shape_is_a_part_of_the_whole(pieces: tuple[Piece, ...], rule: str, seed: int) -> None:
    """However the canvas is divided, the same pixels come out."""
    _same_on_tiles(filled(pieces, rule), seed)


@settings(max_examples=25, deadline=None)
@given(pieces=_SHAPES, pen=_PENS, seed=st.integers())
def test_a_tile_of_a_line_is_a_part_of_the_whole(pieces: tuple[Piece, ...], pen: Pen, seed: int) -> None:
    """The same holds for lines of any pen."""
    _same_on_tiles(stroked(pieces, pen), seed)


@given(x=st.floats(-50, 50), y=st.floats(-50, 50), w=st.floats(1, 90), h=st.floats(1, 90))
def test_a_rectangle_covers_its_area(x: float, y: float, w: float, h: float) -> None:
    """Edges between pixels count for the share that they cover, to a 64th of a pixel."""
    assert abs(w * h - _area(filled((_piece(rectangle(x, y, w, h)),)))) < (w + h) / 32 + 1


def test_a_circle_covers_its_area() -> None:
    """Curves are followed closely."""
    assert math.isclose(math.pi * 150**2, _area(filled((_piece(ellipse(3, 4, 300, 300)),))), rel_tol=5e-4)


def test_a_long_contour_that_is_cut_covers_its_area() -> None:
    """Cutting a contour into loops changes nothing."""
    turns = [(index / 3_000 * math.tau, 100 + 20 * math.sin(index / 40)) for index in range(3_000)]
    points = [(150 + r * math.cos(turn), 150 + r * math.sin(turn)) for turn, r in turns]
    outline = Outline("M" + "L" * 2_999 + "Z", tuple(number for point in points for number in point))
    around = [*points[1:], points[0]]
    area = sum(x * v - u * y for (x, y), (u, v) in zip(points, around, strict=True)) / 2

    assert math.isclose(area, _area(filled((_piece(outline),))), rel_tol=1e-3)


def test_pieces_that_run_in_opposite_directions_leave_no_hole() -> None:
    """Letters of fonts of two kinds may overlap."""
    one, other = rectangle(0, 0, 40, 40), Outline.read("M20 20L20 60L60 60L60 20Z")

    assert _covers(filled((_piece(one), _piece(other))), 30, 30)
    assert _covers(
        filled((_piece(one), _piece(other, Affine.scaled(-1, 1).after(Affine.moved(-80, 0))))), 30, 30
    )


def test_the_even_odd_rule_leaves_holes() -> None:
    """A star that crosses itself is hollow by one rule and filled by the other."""
    assert _covers(filled((_piece(STAR),)), 60, 60)
    assert not _covers(filled((_piece(STAR),), "evenodd"), 60, 60)


@pytest.mark.parametrize("width", [20, 60, 120, 400])
def test_a_pen_wider_than_a_bend_leaves_no_hole(width: float) -> None:
    """A line around a small ring covers all that lies within half its width."""
    cover = stroked((_piece(ellipse(200, 200, 40, 40)),), Pen(colour="#000000", width=width, join="round"))
    outer, inner = 20 + width / 2, max(20 - width / 2, 0)

    assert math.isclose(math.pi * (outer**2 - inner**2), _area(cover), rel_tol=4e-3)


@pytest.mark.parametrize(("cap", "longer"), [("butt", 0.0), ("square", 10.0), ("round", math.pi * 2.5)])
def test_caps_lengthen_a_line(cap: str, longer: float) -> None:
    """A line of width 10 and length 50 ends as its cap says."""
    line = _piece(Outline.read("M20 20L60 50"))
    area = _area(stroked((line,), Pen(colour="#000000", width=10, cap=cap)))

    assert abs(10 * (50 + longer) - area) < 3


@pytest.mark.parametrize(("join", "more"), [("bevel", 50.0), ("miter", 100.0), ("round", 25 * math.pi)])
def test_joins_fill_a_corner(join: str, more: float) -> None:
    """What lies outside of a right angle, four times."""
    square = _piece(rectangle(20, 20, 60, 60))
    inside = 60 * 60 - 50 * 50

    area = _area(stroked((square,), Pen(colour="#000000", width=10, join=join)))

    assert abs(inside + 4 * 60 * 5 + more - area) < 3


def test_a_sharp_miter_is_cut_off() -> None:
    """Beyond four times half the width a tip would reach too far."""
    sharp = _piece(Outline.read("M20 100L100 96L20 92"))

    assert stroked((sharp,), Pen(colour="#000000", width=8)).bounds[2] < 110


def test_dashes_are_ink_and_gap_in_turn() -> None:
    """Three tenths of a line are inked by a pattern that says so."""
    line = _piece(Outline.read("M20 20L320 20"))

    assert abs(8 * 90 - _area(stroked((line,), Pen(colour="#000000", width=8, dash=(3.0, 7.0))))) < 3


def test_a_dot_is_as_its_cap() -> None:
    """A line of no length shows with round and square ends alone."""
    dot = (_piece(Outline.read("M20 20L20 20")),)

    assert abs(25 * math.pi - _area(stroked(dot, Pen(colour="#000000", width=10, cap="round")))) < 2
    assert abs(100 - _area(stroked(dot, Pen(colour="#000000", width=10, cap="square")))) < 1
    assert _area(stroked(dot, Pen(colour="#000000", width=10))) == 0


def test_a_hairline_keeps_its_ink() -> None:
    """A line of a quarter pixel is a quarter as dark as a whole one, at any angle."""
    for turn in (0, 7_000, 45_000, 81_000):
        line = _piece(Outline.read("M20 100L180 100"), Affine.turned(turn, 100, 100))
        assert abs(40 - _area(stroked((line,), Pen(colour="#000000", width=0.25)))) < 2


def test_a_contour_goes_on_after_it_was_closed() -> None:
    """A line after Z begins where the contour did."""
    outline = Outline.read("M10 10L30 10L30 30Z L10 30L0 30Z")

    assert abs(200 + 100 - _area(filled((_piece(outline),)))) < 2


def test_far_corners_are_drawn_as_near_ones() -> None:
    """A canvas of 40,000 pixels is as exact at its end as at its beginning."""
    near = filled((_piece(WAVE),)).on((0, 0, 200, 160))
    far = filled((_piece(WAVE, Affine.moved(39_000, 38_000)),)).on((39_000, 38_000, 39_200, 38_160))

    assert near.tobytes() == far.tobytes()


def test_threads_draw_the_same() -> None:
    """Every thread has a library of its own."""
    cover = stroked((_piece(WAVE, Affine.scaled(8, 8)),), Pen(colour="#000000", width=30))
    tiles = [(0, top, 1_600, top + 64) for top in range(0, 1_000, 64)]
    alone = [cover.on(tile).tobytes() for tile in tiles]
    with ThreadPoolExecutor(4) as pool:
        assert alone == [image.tobytes() for image in pool.map(cover.on, tiles)]


def test_nothing_covers_nothing() -> None:
    """No pieces, and pieces without lines, are no error."""
    for pieces in ((), (_piece(Outline()),), (_piece(Outline("M", (3, 3))),)):
        cover = filled(pieces)
        assert Image.new("L", (9, 9)).tobytes() == cover.on((0, 0, 9, 9)).tobytes()


def test_a_scribble_without_end_is_refused() -> None:
    """What would keep a worker busy for minutes is named instead."""
    draw = random.Random(5)
    numbers = tuple(draw.uniform(0, 4_000) for _ in range(100_000))
    cover = filled((_piece(Outline("M" + "L" * 49_999, numbers)),))

    with pytest.raises(Rejected, match="simplify"):
        cover.on((0, 0, 4_000, 128))
