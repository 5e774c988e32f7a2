"""Layouts of Printful: every file on its placement, where its position says."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.importing import printful
from mockspark.application.errors import Rejected
from mockspark.application.ports.importing import Imported, ImportTarget
from mockspark.domain.design import Design
from mockspark.domain.layers import ImageLayer
from tests.samples import SAMPLES, needs_samples

TARGET: Final = ImportTarget(areas={"front": (304_800, 406_400), "back": (304_800, 406_400)})
URL: Final = "https://cdn.example/front.png"


def _taken(document: Any, target: ImportTarget = TARGET) -> Imported:
    return printful.imported(json.dumps(document).encode(), target)


def _layers(found: Imported) -> list[ImageLayer]:
    return [layer for layer in Design.of(found.document).layers if isinstance(layer, ImageLayer)]


def _file(**members: Any) -> dict[str, Any]:
    return {"url": URL, **members}


def test_a_position_is_a_share_of_the_area_that_it_names() -> None:
    """Whatever the units of its area are, it lies on ours where it lay on that."""
    position = {"area_width": 1200, "area_height": 1600, "width": 300, "height": 100, "top": 100, "left": 450}

    (layer,) = _layers(_taken({"items": [{"files": [_file(position=position)]}]}))

    box = layer.box
    assert ("front", 114_300, 25_400, 76_200, 25_400) == (layer.area, box.x, box.y, box.width, box.height)


def test_positions_of_the_second_api_are_inches() -> None:
    """Its layers lie on placements, and the print area's own corner is where they are measured from."""
    layer = {"type": "file", "url": URL, "position": {"width": 10, "height": 5, "top": 1, "left": 0.5}}
    placement = {"placement": "back", "technique": "dtg", "layers": [layer]}

    (placed,) = _layers(_taken({"order_items": [{"placements": [placement]}]}))

    box = placed.box
    assert ("back", 12_700, 25_400, 254_000, 127_000) == (placed.area, box.x, box.y, box.width, box.height)


def test_a_file_without_a_position_fills_its_area() -> None:
    """That is where Printful puts it: whole, in the middle."""
    (layer,) = _layers(_taken({"files": [_file(type="default"), _file(type="preview")]}))

    assert (0, 0, 304_800, 406_400) == (layer.box.x, layer.box.y, layer.box.width, layer.box.height)
    assert "contain" == layer.fit


@pytest.mark.parametrize(
    ("file", "feature"),
    [
        (_file(type="sleeve_left"), "placement sleeve_left"),
        ({"id": 17}, "file"),
        (_file(options=[{"id": "thread_colors", "value": []}]), "option thread_colors"),
        (_file(position={"area_width": 10, "area_height": 10, "width": 5, "height": 5}), "position"),
        (_file(position={"width": 5, "height": 5, "top": 0, "left": 300}), "position"),
    ],
)
def test_what_is_not_carried_over_is_named(file: dict[str, Any], feature: str) -> None:
    """A placement that the product does not have, a file of somebody's library, an option of the provider."""
    found = _taken({"files": [_file(), file]})

    assert feature in [note.feature for note in found.notes]


def test_only_the_first_of_several_items_is_taken() -> None:
    """Each item is a design of its own, and that is said."""
    found = _taken({"items": [{"files": [_file()]}, {"files": [_file()]}]})

    assert ["items"] == [note.feature for note in found.notes]


@pytest.mark.parametrize(
    "document", [{}, [], {"items": []}, {"files": []}, {"files": [{"id": 4}]}, {"items": "x"}]
)
def test_what_places_nothing_is_refused(document: Any) -> None:
    """In words that say what was expected."""
    with pytest.raises(Rejected):
        _taken(document)


@needs_samples
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("order_request/examples-using-multiple-print-placements-request.json", 2),
        ("order_request/spec-v2-post--v2-orders-request.json", 1),
        ("order_request/examples-custom-border-color-option-request.json", 1),
        ("misc/postman-create-a-mockup-generation-task-request.json", 1),
    ],
)
def test_the_examples_of_printful_are_taken_in(name: str, count: int) -> None:
    """Orders of both APIs and a task of the mockup generator."""
    found = printful.imported((SAMPLES / "providers" / "printful" / name).read_bytes(), TARGET)

    assert count == len(_layers(found))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["items", "files", "placements", "layers", "position", "url", "type", "width", "height", "left", "area_width"]
    ), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(_JSON)
def test_any_json_is_taken_in_or_refused(document: Any) -> None:
    """Whatever stands where a member should."""
    try:
        found = _taken(document)
    except Rejected:
        return
    assert found.document == Design.of(found.document).document
