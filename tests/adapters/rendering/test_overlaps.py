"""Outlines that overlap cover no more than one of them would, to the edge."""

from PIL import Image

from mockspark.adapters.rendering.coverage import filled
from mockspark.adapters.rendering.nodes import Piece
from mockspark.domain.outlines import Affine, rectangle

_LEFT = Piece(outline=rectangle(2, 2, 20, 9.5), place=Affine())
_RIGHT = Piece(outline=rectangle(14, 2, 24, 9.5), place=Affine())
_HALF = 128


def test_where_edges_overlap_they_do_not_grow() -> None:
    """Two bars that end on the middle of the same row leave it half covered, also where both lie."""
    row = filled((_LEFT, _RIGHT)).on((2, 11, 38, 12))

    assert all(abs(level - _HALF) <= 2 for level in row.tobytes())


def test_where_outlines_touch_there_is_no_seam() -> None:
    """Two halves of a bar, cut within a pixel, are whole together."""
    left = Piece(outline=rectangle(2, 2, 10.3, 8), place=Affine())
    right = Piece(outline=rectangle(12.3, 2, 10, 8), place=Affine())

    assert (255, 255) == filled((left, right)).on((3, 3, 20, 9)).getextrema()


def test_overlaps_are_the_same_on_any_tile() -> None:
    """What is drawn finer does not depend on where a band or tile begins."""
    turned = Affine.turned(7_000, 20, 10)
    cover = filled((Piece(outline=_LEFT.outline, place=turned), Piece(outline=_RIGHT.outline, place=turned)))
    whole = cover.on((0, 0, 48, 24))
    pieced = Image.new("L", (48, 24))
    for top in range(0, 24, 5):
        for left in range(0, 48, 7):
            pieced.paste(cover.on((left, top, left + 7, top + 5)), (left, top))

    assert whole.tobytes() == pieced.tobytes()
