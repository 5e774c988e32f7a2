"""The design on the product's picture: where it lies, in which light, on what colour."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mockspark.adapters.rendering.mockups import mocked_up, needed_width
from mockspark.domain.errors import InvalidValue
from mockspark.domain.mockup import Mockup

RED = (220, 30, 40)
PICTURE = "sha256:" + "a" * 64
GARMENT = "sha256:" + "b" * 64


def saved(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def drawn(document: dict[str, Any], design: Image.Image, product: Image.Image, **how: Any) -> Image.Image:
    mockup = Mockup.read({"picture": PICTURE, **document})
    mask = Image.new("L", product.size)
    ImageDraw.Draw(mask).rectangle((0, 0, 299, 400), fill=255)
    assets = {PICTURE: saved(product), GARMENT: saved(mask)}
    made = mocked_up(mockup, {"front": design}, assets, width=product.width, **how)
    return Image.open(io.BytesIO(made)).convert("RGB")


def near(expected: tuple[int, ...], actual: Any, levels: int = 14) -> bool:
    return all(abs(one - other) <= levels for one, other in zip(expected, actual, strict=True))


def white() -> Image.Image:
    return Image.new("RGB", (600, 400), (255, 255, 255))


def flag() -> Image.Image:
    """A red picture with a blue top left quarter."""
    image = Image.new("RGBA", (200, 200), (*RED, 255))
    image.paste((20, 60, 230, 255), (0, 0, 100, 100))
    return image


def test_a_print_lies_between_its_corners() -> None:
    """A place that is seen at an angle takes the whole area, its first corner the area's top left."""
    corners = [[200, 100], [400, 140], [380, 320], [180, 300]]
    made = drawn({"areas": {"front": {"corners": corners}}}, flag(), white())

    assert near((20, 60, 230), made.getpixel((220, 125)))
    assert near(RED, made.getpixel((370, 160)))
    assert near(RED, made.getpixel((360, 300)))
    assert near((255, 255, 255), made.getpixel((170, 200)))
    assert near((255, 255, 255), made.getpixel((300, 90)))


def test_a_flat_mesh_is_a_plain_placement() -> None:
    """Nodes that lie where they would without bending move nothing."""
    nodes = [[[x, y] for x in (0, 250, 500, 750, 1000)] for y in (0, 500, 1000)]
    flat = {"areas": {"front": {"box": [100, 100, 200, 200], "mesh": nodes}}}
    angled = {"areas": {"front": {"corners": [[100, 100], [300, 100], [300, 300], [100, 300]]}}}
    one, other = drawn(flat, flag(), white()), drawn(angled, flag(), white())

    for point in ((120, 120), (220, 120), (120, 280), (280, 280), (90, 200), (310, 200)):
        assert near(one.getpixel(point), other.getpixel(point))  # type: ignore[arg-type]  # RGB pixels are tuples


def test_a_bent_mesh_bends_the_print() -> None:
    """Where nodes of the middle column show what lies lower, the print's border is seen higher at the sides."""
    nodes = [[[0, 0], [500, 250], [1000, 0]], [[0, 1000], [500, 1250], [1000, 1000]]]
    made = drawn({"areas": {"front": {"box": [100, 100, 200, 200], "mesh": nodes}}}, flag(), white())

    assert near((20, 60, 230), made.getpixel((110, 190)))
    assert near(RED, made.getpixel((205, 190)))
    assert near((255, 255, 255), made.getpixel((200, 290)))


def test_ink_takes_the_folds_of_its_cloth() -> None:
    """Half the light on the picture is half the light on the print; without shade it keeps its colour."""
    grey = Image.new("RGB", (600, 400), (128, 128, 128))
    place = {"front": {"corners": [[100, 100], [300, 100], [300, 300], [100, 300]]}}

    assert near((110, 15, 20), drawn({"areas": place}, flag(), grey).getpixel((200, 250)))
    assert near(RED, drawn({"areas": place, "shade": 0}, flag(), grey).getpixel((200, 250)))


def test_only_the_garment_takes_its_colour() -> None:
    """The mask says where cloth is; the rest of the picture stays."""
    place = {"front": {"corners": [[100, 100], [200, 100], [200, 200], [100, 200]]}}
    made = drawn({"areas": place, "garment": GARMENT}, flag(), white(), colour="#14273f")

    assert near((0x14, 0x27, 0x3F), made.getpixel((50, 350)))
    assert near((255, 255, 255), made.getpixel((450, 350)))


def test_a_design_is_drawn_no_larger_than_it_is_seen() -> None:
    """Twice its width on the mockup, to be smooth, whatever the size of the print file."""
    mockup = Mockup.read(
        {"picture": PICTURE, "areas": {"front": {"corners": [[0, 0], [1000, 0], [1000, 900], [0, 900]]}}}
    )

    assert 600 == needed_width(mockup, "front", 2000, 600)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({}, "areas"),
        ({"areas": {"front": {}}}, "corners or a mesh"),
        ({"areas": {"front": {"corners": [[0, 0], [0, 9], [9, 9], [9, 0]]}}}, "clockwise"),
        ({"areas": {"front": {"corners": [[0, 0], [9, 0], [1, 1], [0, 9]]}}}, "dent"),
        ({"areas": {"front": {"box": [0, 0, 9, 9], "mesh": [[[0, 0], [1, 1]], [[0, 0]]]}}}, "equally many"),
        ({"areas": {"front": {"box": [0, 0, 0, 9], "mesh": [[[0, 0], [1, 1]]] * 2}}}, "a pixel"),
        ({"areas": {"front": {"corners": [[0, 0], [9, 0], [9, 9], [0, "9"]]}}}, "whole numbers"),
    ],
)
def test_a_wrong_place_is_named(wrong: dict[str, Any], named: str) -> None:
    """What cannot be drawn is refused when it is set up, not when a customer looks at it."""
    with pytest.raises(InvalidValue, match=named):
        Mockup.read({"picture": PICTURE, **wrong})


@given(
    st.recursive(
        st.integers() | st.text() | st.none(), lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids)
    )
)
def test_any_other_document_is_refused_with_words(document: Any) -> None:
    """Nothing but the one error comes out of a foreign document."""
    with pytest.raises(InvalidValue):
        Mockup.read({"picture": PICTURE, "areas": {"front": document}})
