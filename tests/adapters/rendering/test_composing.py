"""A page holds every layer where its document says, and names what cannot be printed."""

import math
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import frozen
from PIL import Image

from mockspark.adapters.rendering.composing import Craft, page_of
from mockspark.adapters.rendering.nodes import FillNode, GroupNode, Node, Page, PhotoNode
from mockspark.adapters.testing.renderers import AREA, encoded, image_layer, job, text_layer, um
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.adapters.typesetting.layout import HarfBuzzTypesetter
from mockspark.application.ports.importing import Note
from mockspark.domain.files import Check, Level
from mockspark.domain.layers import Blend, Box, Gradient, ShapeLayer, Stop

PICTURE = encoded(Image.new("RGB", (200, 100), "#c86432"))
ASSETS = {"photo": PICTURE, "drawing": b"<svg/>"}
SWEEP = Gradient(angle=30_000, stops=(Stop(offset=0, colour="#ff0000"), Stop(offset=1000, colour="#00ff00")))


@frozen(kw_only=True)
class _Sketch:
    """A drawing of one shape that is turned by 20 degrees in a view of 100 by 50 mm."""

    width: float = 100_000
    height: float = 50_000
    x: int = 10_000
    notes: tuple[Note, ...] = ()

    @property
    def layers(self) -> tuple[ShapeLayer, ...]:
        """Return the shape."""
        box = Box(x=self.x, y=10_000, width=40_000, height=20_000, turn=20_000)
        return (
            ShapeLayer(id="inner", area="front", box=box, fill=SWEEP, stroke="#112233", stroke_width=2_000),
        )


def _page(*layers: dict[str, Any], sketch: _Sketch | None = None) -> Page:
    craft = Craft(typesetter=HarfBuzzTypesetter(FontBook()), drawings=lambda _: sketch or _Sketch())
    return page_of(job(*layers, assets=ASSETS), craft)


def _shape(x: float, y: float, w: float, h: float, **members: Any) -> dict[str, Any]:
    box = {"x": um(x), "y": um(y), "w": um(w), "h": um(h)}
    return {"type": "shape", "area": "front", **box, **members}


def _group(x: float, y: float, w: float, h: float, *layers: dict[str, Any], **members: Any) -> dict[str, Any]:
    named = [{"id": f"inner{index}", **layer} for index, layer in enumerate(layers)]
    box = {"x": um(x), "y": um(y), "w": um(w), "h": um(h)}
    return {"type": "group", "area": "front", **box, "layers": named, **members}


def _clipart(**members: Any) -> dict[str, Any]:
    box = {"x": um(100), "y": um(100), "w": um(400), "h": um(200)}
    return {"type": "clipart", "area": "front", "asset": "drawing", **box, **members}


def _fills(nodes: tuple[Node, ...]) -> Iterator[FillNode]:
    for node in nodes:
        if isinstance(node, GroupNode):
            yield from _fills(node.nodes)
        elif isinstance(node, FillNode):
            yield node


def _corner(node: FillNode, index: int = 0) -> tuple[float, float]:
    piece = node.pieces[0]
    return piece.place.point(*piece.outline.numbers[2 * index : 2 * index + 2])


def _words(page: Page, check: Check, level: Level = Level.ERROR) -> list[str]:
    return [finding.words for finding in page.findings if (finding.check, finding.level) == (check, level)]


def test_groups_turn_what_lies_in_them() -> None:
    """A corner of a shape in a turned group stands where two turns put it."""
    page = _page(_group(100, 200, 300, 100, _shape(50, 20, 80, 60, rot=90_000), rot=90_000))
    (node,) = _fills(page.nodes)

    # A quarter turn of the group brings the shape's middle (90, 50) to (250, 190); half a turn in all turns its corner.
    assert (250 + 40, 190 + 30) == pytest.approx(_corner(node), abs=0.1)
    assert 180_000 == node.frame.turn


def test_a_picture_in_a_group_stays_a_rectangle() -> None:
    """It is turned by both angles, and as large as its box."""
    page = _page(_group(100, 200, 300, 100, image_layer("photo", 0, 0, 100, 50, rot=-5_000), rot=35_000))
    (node,) = page.nodes

    assert isinstance(node, PhotoNode)
    assert 30_000 == node.frame.turn
    assert (100, 50) == pytest.approx((node.frame.width, node.frame.height), abs=0.1)


def test_half_pixels_stay_half() -> None:
    """What was added up on the way does not move an edge to its neighbour."""
    (node,) = _page({**image_layer("photo", 0, 0, 100, 50, fit="stretch"), "x": 127, "y": 381}).nodes

    assert isinstance(node, PhotoNode)
    assert (1.5, 4.5) == (node.frame.x, node.frame.y)


def test_a_group_in_which_something_blends_stays_apart() -> None:
    """Blending ends at the group, plain as it may be; other plain groups are opened."""
    plain = _page(_group(0, 0, 300, 300, _shape(0, 0, 50, 50), _shape(20, 20, 50, 50)))
    mixed = _page(_group(0, 0, 300, 300, _shape(0, 0, 50, 50), _shape(20, 20, 50, 50, blend="multiply")))

    assert [FillNode, FillNode] == [type(node) for node in plain.nodes]
    (group,) = mixed.nodes
    assert isinstance(group, GroupNode)
    assert Blend.NORMAL is group.blend
    assert 2 == len(group.nodes)


def test_a_line_to_cut_along_leaves_no_ink() -> None:
    """It is kept apart from what is printed, wherever it lies."""
    page = _page(_shape(0, 0, 50, 50, cut=True), _group(9, 9, 90, 90, _shape(0, 0, 9, 9, cut=True)))

    assert () == page.nodes
    assert 2 == len(page.cuts)


@pytest.mark.parametrize("flip", ["", "h", "v", "hv"])
def test_a_drawing_is_mirrored_with_its_colours(flip: str) -> None:
    """Outline, line and gradient of a part lie as they do in the mirror."""
    (straight,) = _fills(_page(_clipart()).nodes)
    (node,) = _fills(_page(_clipart(flip=flip)).nodes)
    across, down = ("h" in flip), ("v" in flip)

    def mirrored(x: float, y: float) -> tuple[float, float]:
        return 600 - x if across else x, 400 - y if down else y

    for index in range(4):
        assert mirrored(*_corner(straight, index)) == pytest.approx(_corner(node, index), abs=0.1)
    assert mirrored(*_end(straight)) == pytest.approx(_end(node), abs=0.1)
    assert node.pen is not None
    assert straight.pen is not None
    assert math.isclose(straight.pen.width, node.pen.width)


def _end(node: FillNode) -> tuple[float, float]:
    """Return a point on the canvas to which the gradient runs."""
    assert isinstance(node.paint, Gradient)
    angle = math.radians(node.paint.angle / 1000)
    frame = node.frame
    return frame.outward(frame.width / 2 + 30 * math.cos(angle), frame.height / 2 + 30 * math.sin(angle))


def test_a_drawing_ends_at_its_view() -> None:
    """What reaches out of it is cut off; what does not is left alone."""
    inside, outside = _page(_clipart()), _page(_clipart(), sketch=_Sketch(x=80_000))

    assert [FillNode] == [type(node) for node in inside.nodes]
    (group,) = outside.nodes
    assert isinstance(group, GroupNode)
    assert group.clip is not None


def test_colours_of_a_drawing_are_replaced() -> None:
    """In fills, lines and gradients alike."""
    (node,) = _fills(_page(_clipart(colors={"#FF0000": "#abcdef", "#112233": "#445566"})).nodes)

    assert isinstance(node.paint, Gradient)
    assert ["#abcdef", "#00ff00"] == [stop.colour for stop in node.paint.stops]
    assert node.pen is not None
    assert "#445566" == node.pen.colour


def test_a_line_around_letters_reaches_out_as_far_as_it_says() -> None:
    """It is twice as wide as that, half of it below the letters."""
    (node,) = _fills(_page(text_layer("Zoë", 50, 50, 500, 200, stroke="#ffffff", stroke_width=um(7))).nodes)

    assert node.pen_below
    assert node.pen is not None
    assert 14 == pytest.approx(node.pen.width, abs=0.1)


def test_what_no_font_has_is_named_by_code_and_name() -> None:
    """The merchant can look the character up."""
    (words,) = _words(_page(text_layer("Zo\U0001d800", 50, 50, 500, 200)), Check.MISSING_GLYPH)

    assert "U+1D800 SIGNWRITING HAND-FIST INDEX" in words


def test_what_cannot_be_found_is_named() -> None:
    """A missing picture, drawing, mask and font each block."""
    page = _page(
        image_layer("gone", 0, 0, 50, 50),
        _clipart(asset="gone"),
        _shape(0, 0, 50, 50, mask={"asset": "gone"}),
        text_layer("Zoë", 50, 50, 500, 200, font="Comic Papyrus"),
    )

    assert 3 == len(_words(page, Check.MISSING_ASSET))
    assert any("Comic Papyrus" in finding.words for finding in page.findings)


def test_what_is_larger_than_can_be_counted_is_named() -> None:
    """A shape or mask of twenty metres is no print."""
    far = 30_000_000
    page = _page(
        {**_shape(0, 0, 50, 50), "w": far},
        _shape(0, 0, 50, 50, mask={"d": f"M0 0L{far} 0L0 {far}Z"}),
        _shape(0, 0, 50, 50, shape="path", d=f"M0 0L{'9' * 400} 0L0 9Z"),
    )

    assert 3 == len(_words(page, Check.RENDERING))


def test_a_layer_in_a_group_may_lie_outside() -> None:
    """Preflight looks at whole layers; what a group moved away is found here."""
    page = _page(_group(2 * AREA.width_px, 0, 90, 90, _shape(0, 0, 50, 50), rot=10_000))

    assert 1 == len(_words(page, Check.OUTSIDE_AREA))


def test_what_a_drawing_loses_waits_for_a_person() -> None:
    """What its reader left out is an error of the layer, what it only changed a warning."""
    notes = (
        Note(layer="", feature="text", done="left out: convert it to outlines", lost=True),
        Note(layer="", feature="gradient", done="drawn along its box"),
    )
    found = _page(_clipart(), sketch=_Sketch(notes=notes)).findings

    assert [(Check.RENDERING, Level.ERROR), (Check.RENDERING, Level.WARNING)] == [
        (one.check, one.level) for one in found
    ]
    assert "convert it to outlines" in found[0].words
