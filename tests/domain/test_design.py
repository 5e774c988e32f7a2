"""The design document: canonical, checked, and kind to members it does not know."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.design import Design, ImageLayer, TextLayer
from mockspark.domain.errors import InvalidValue

LAYERS = st.fixed_dictionaries(
    {
        "area": st.just("front"),
        "type": st.just("text"),
        "text": st.text(max_size=20),
        "x": st.integers(-10_000, 10_000),
        "y": st.integers(-10_000, 10_000),
        "w": st.integers(1, 10_000),
        "h": st.integers(0, 10_000),
    },
    optional={"opacity": st.integers(0, 1000), "bind": st.text(max_size=5), "hidden": st.booleans()},
)


def _document(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"schema": 1, "areas": {"front": {"w": 100, "h": 50}}, "layers": list(layers), **more}


def _text(**changes: Any) -> dict[str, Any]:
    return {
        "id": "T",
        "area": "front",
        "type": "text",
        "text": "hi",
        "x": 0,
        "y": 0,
        "w": 10,
        "h": 10,
        **changes,
    }


def _image(**changes: Any) -> dict[str, Any]:
    usual = {
        "id": "I",
        "area": "front",
        "type": "image",
        "asset": "sha256:ab",
        "x": 0,
        "y": 0,
        "w": 10,
        "h": 10,
    }
    return {**usual, **changes}


@given(st.lists(LAYERS, max_size=5))
def test_a_document_reads_back_as_itself(layers: list[dict[str, Any]]) -> None:
    """Writing and reading changes no byte, so ids can be compared (R53)."""
    design = Design.of(_document(*layers))

    again = Design.read(design.canonical)

    assert (design, design.id) == (again, again.id)
    assert design.document == json.loads(design.canonical)


@given(st.lists(LAYERS, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_members_makes_no_other_document(layers: list[dict[str, Any]], random: Any) -> None:
    """The id is that of what is meant."""
    shuffled = []
    for layer in layers:
        members = list(layer.items())
        random.shuffle(members)
        shuffled.append(dict(members))

    assert Design.of(_document(*layers)).id == Design.of(dict(reversed(_document(*shuffled).items()))).id


def test_members_that_we_do_not_know_survive() -> None:
    """A newer editor's document is kept whole."""
    design = Design.of(_document(_text(glow=3), theme="winter"))

    assert ("winter", 3) == (design.document["theme"], design.document["layers"][0]["glow"])


def test_layers_are_read_with_their_defaults() -> None:
    """What is not said has a meaning."""
    text, image = Design.of(_document(_text(), _image())).layers

    assert isinstance(text, TextLayer)
    assert isinstance(image, ImageLayer)
    assert ("default", "center", "#000000", 1000) == (text.font, text.align, text.fill, text.look.opacity)
    assert ((0, 0, 1000, 1000), "contain", False) == (image.crop, image.fit, image.placeholder)


def test_hidden_layers_are_not_printed() -> None:
    """They stay in the document."""
    design = Design.of(_document(_text(hidden=True), _image()))

    assert ["I"] == [layer.id for layer in design.layers]
    assert 2 == len(design.document["layers"])


def test_layers_belong_to_areas() -> None:
    """Lowest first."""
    design = Design.of(_document(_text(), _image(), _text(id="B", area="back")))

    assert ["T", "I"] == [layer.id for layer in design.on("front")]


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (_text(type="video"), "none of image, text"),
        (_text(w=0), "w is at least 1"),
        (_text(x=1.5), "x is a whole number"),
        (_text(x=True), "x is a whole number"),
        (_text(x=10**9), "x is a whole number"),
        (_text(opacity=1001), "per mille"),
        (_text(fill="red"), "fill is a colour"),
        (_text(fill="#12345g"), "fill is a colour"),
        (_text(align="middle"), "align is one of"),
        (_text(area=""), "area is text"),
        (_text(size=99), "size is at least 100"),
        (_image(crop=[0, 0, 1000]), "four integers"),
        (_image(crop=[500, 0, 500, 1000]), "per mille"),
        (_image(crop=[0, 0, 1001, 1000]), "per mille"),
        (_image(flip="x"), "flip is one of"),
    ],
)
def test_a_wrong_member_is_named(layer: dict[str, Any], words: str) -> None:
    """Refused at the door, with the member's name."""
    with pytest.raises(InvalidValue, match=words):
        Design.of(_document(layer))


@pytest.mark.parametrize(
    "document",
    [
        _document(_text(), _text()),
        {**_document(), "areas": []},
        {**_document(), "areas": {"front": {"w": 0, "h": 1}}},
        {**_document(), "layers": {}},
        {**_document(), "layers": [3]},
        _document(*[_text(id=str(n)) for n in range(201)]),
        _document(_text(text="x" * 1_000_001)),
    ],
)
def test_a_wrong_document_is_refused(document: dict[str, Any]) -> None:
    """Shared ids, wrong shapes, too many layers, too many bytes."""
    with pytest.raises(InvalidValue):
        Design.of(document)


@pytest.mark.parametrize("text", ["{", "[]", "3", ""])
def test_what_is_no_document_is_refused(text: str) -> None:
    """A design document is a JSON object."""
    with pytest.raises(InvalidValue):
        Design.read(text)


def test_a_blank_document_has_its_areas() -> None:
    """Where a merchant begins."""
    design = Design.blank({"front": (100, 50)})

    assert ({"front": (100, 50)}, ()) == (design.areas, design.layers)


def test_layers_can_be_replaced() -> None:
    """Everything else stays."""
    design = Design.of(_document(_text(), theme="winter")).with_layers([_image()])

    assert (["I"], "winter") == ([layer.id for layer in design.layers], design.document["theme"])
