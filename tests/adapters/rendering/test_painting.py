"""Nodes are painted as one thing each, the same on any tile."""

import random

import pytest
from PIL import Image, ImageChops

from mockspark.adapters.rendering.geometry import Frame, Window
from mockspark.adapters.rendering.nodes import (
    Clip,
    FillNode,
    GroupNode,
    Node,
    Pen,
    PhotoNode,
    Piece,
    ShadowOf,
)
from mockspark.adapters.rendering.painting import composed, painter_of
from mockspark.adapters.rendering.photos import photo
from mockspark.adapters.rendering.tiles import Painter, Tile
from mockspark.domain.layers import Blend, Gradient, Paint, Stop
from mockspark.domain.outlines import Affine, Outline, ellipse, rectangle

FRAME = Frame(x=0, y=0, width=200, height=160)
WHOLE = (-150, -150, 400, 350)
RING = Outline(
    ellipse(40, 30, 90, 90).verbs + rectangle(70, 60, 30, 30).verbs,
    (*ellipse(40, 30, 90, 90).numbers, *(70, 60, 70, 90, 100, 90, 100, 60)),
)
FADING = Gradient(
    angle=30_000, stops=(Stop(offset=0, colour="#ff0000"), Stop(offset=1000, colour="#0000ff", opacity=0))
)


def _fill(outline: Outline, paint: Paint = "#d22d3c", **members: object) -> FillNode:
    piece = Piece(outline=outline, place=Affine())
    return FillNode(layer="L", pieces=(piece,), paint=paint, frame=FRAME, **members)  # type: ignore[arg-type]


def _photos(node: PhotoNode) -> Painter:
    veil = Image.linear_gradient("L").resize((64, 64))
    image = Image.merge("RGBA", (veil, veil, veil, veil)).convert("RGBa")
    return photo(image, node.window, node.frame)


def _painted(*nodes: Node, tile: Tile = WHOLE) -> Image.Image:
    painters = [painter_of(node, _photos, {}) for node in nodes]
    return composed(painters, tile) or Image.new("RGBA", (tile[2] - tile[0], tile[3] - tile[1]))


def _at(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = image.getpixel((x - WHOLE[0], y - WHOLE[1]))
    assert isinstance(found, tuple)
    return found


def _seen(image: Image.Image) -> bytes:
    """Return the pixels without the colours of what is wholly transparent."""
    return image.convert("RGBa").tobytes()


PEN = Pen(colour="#1c3f66", width=9, join="round")
PICTURE = PhotoNode(
    layer="L",
    source="veil",
    window=Window(left=0, top=0, right=64, bottom=64),
    frame=Frame(x=20, y=20, width=120, height=100, turn=20_000),
)


@pytest.mark.parametrize(
    "node",
    [
        _fill(RING, pen=PEN),
        _fill(RING, pen=PEN, pen_below=True),
        _fill(RING, FADING, pen=PEN, pen_below=True),
        GroupNode(layer="L", nodes=(_fill(RING), PICTURE), opacity=600, clip=Clip(picture=PICTURE)),
        *(
            GroupNode(
                layer="L",
                nodes=(_fill(RING, FADING),),
                shadow=ShadowOf(dx=dx, dy=-7, blur=blur, colour="#204060", opacity=700),
            )
            for dx, blur in ((0, 0.0), (13.37, 0.0), (-30.2, 2.2), (5, 6.0), (40.9, 14.5))
        ),
        GroupNode(
            layer="L",
            nodes=(
                _fill(rectangle(10, 10, 150, 90), "#f0c828"),
                GroupNode(layer="M", nodes=(_fill(RING),), blend=Blend.MULTIPLY, opacity=800),
            ),
        ),
    ],
)
def test_a_tile_is_a_part_of_the_whole(node: Node) -> None:
    """Strokes, gradients, masks, shadows and blends do not show where a band begins."""
    whole = _painted(node)
    draw = random.Random(3)
    for _ in range(12):
        left, top = draw.randint(WHOLE[0], 380), draw.randint(WHOLE[1], 330)
        tile = (
            left,
            top,
            min(left + draw.randint(1, 200), WHOLE[2]),
            min(top + draw.randint(1, 90), WHOLE[3]),
        )
        box = (tile[0] - WHOLE[0], tile[1] - WHOLE[1], tile[2] - WHOLE[0], tile[3] - WHOLE[1])
        assert _seen(whole.crop(box)) == _seen(_painted(node, tile=tile))


def test_a_wide_line_below_is_as_if_it_were_composited() -> None:
    """The quick way for letters with a line around them differs by no more than rounding."""
    quick = _painted(_fill(RING, pen=PEN, pen_below=True))
    slow = _painted(_fill(RING, "", pen=PEN), _fill(RING))

    off = ImageChops.difference(quick.convert("RGBa"), slow.convert("RGBa"))
    assert all(most <= 2 for _, most in off.getextrema())  # type: ignore[misc]


def test_nothing_is_painted_where_nothing_lies() -> None:
    """Empty tiles cost nothing."""
    painter = painter_of(_fill(RING), _photos, {})

    assert painter.part((500, 500, 600, 600)) is None
    assert composed([painter], (500, 500, 600, 600)) is None
    assert composed([], WHOLE) is None


def test_a_group_fades_as_one() -> None:
    """What lies below within a group does not shine through."""
    node = GroupNode(
        layer="L",
        nodes=(_fill(rectangle(0, 0, 60, 60), "#ff0000"), _fill(rectangle(30, 30, 60, 60), "#0000ff")),
        opacity=500,
    )

    assert (0, 0, 255, 128) == _at(_painted(node), 45, 45)


def test_a_group_is_masked_then_casts_its_shadow_then_fades() -> None:
    """The order is the document's."""
    node = GroupNode(
        layer="L",
        nodes=(_fill(rectangle(0, 0, 60, 60), "#ff0000"),),
        clip=Clip(pieces=(Piece(outline=rectangle(0, 0, 30, 60), place=Affine()),)),
        shadow=ShadowOf(dx=40, dy=0, blur=0, colour="#00ff00", opacity=500),
        opacity=500,
    )
    image = _painted(node)

    assert (255, 0, 0, 128) == _at(image, 15, 30)
    assert 0 == _at(image, 35, 30)[3]
    assert (0, 255, 0, 64) == _at(image, 55, 30)
    assert 0 == _at(image, 75, 30)[3]


def test_blending_mixes_only_with_what_is_there() -> None:
    """Over nothing a multiplied colour is itself, over a colour it is their product."""
    below = _fill(rectangle(0, 0, 50, 50), "#808080")
    above = GroupNode(layer="M", nodes=(_fill(rectangle(0, 0, 100, 50), "#ff8000"),), blend=Blend.MULTIPLY)
    image = _painted(below, above)

    assert (128, 64, 0, 255) == _at(image, 25, 25)
    assert (255, 128, 0, 255) == _at(image, 75, 25)


def test_a_picture_masks_by_its_coverage() -> None:
    """Where the picture is half transparent, half of the group is seen."""
    clip = Clip(picture=PICTURE)
    image = _painted(GroupNode(layer="L", nodes=(_fill(rectangle(0, 0, 200, 160)),), clip=clip))

    assert 100 < _at(image, 80, 70)[3] < 155
    assert 0 == _at(image, 5, 5)[3]
