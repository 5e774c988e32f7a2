"""Designs of other programs over HTTP: from the file to a design that can be drawn."""

import json
from typing import Any, Final

from mockspark.adapters.memory.renderer import solid_png
from tests.adapters.importing.scenes import CANVAS, scenes
from tests.world import World

API: Final = "/api/v1"
FRONT: Final[dict[str, str | int]] = {"area": "front", "width_um": 52_000, "height_um": 36_000}
VIEWED: Final = {"key": "front", "width_px": 520, "height_px": 360, "dpi": 254}


async def _imported(world: World, content: bytes, **asked: Any) -> Any:
    me = await world.token()
    answer = await world.client.post(f"{API}/designs/import", params=asked, content=content, headers=me)
    return answer.raise_for_status().json()


async def test_an_imported_design_can_be_drawn_at_once(world: World) -> None:
    """Its pictures are uploads of the shop by then, under the names that the document has for them."""
    content = json.dumps(scenes(7)["pictures"]["document"]).encode()
    asked = {**FRONT, "format": "fabric", "canvas_width": CANVAS[0], "canvas_height": CANVAS[1]}

    told = await _imported(world, content, **asked)
    body = {"design": told["document"], "area": VIEWED, "zoom": 260}
    view = await world.client.post(f"{API}/designs/view", json=body, headers=await world.token())

    named = {layer["asset"] for layer in told["document"]["layers"] if layer["type"] == "image"}
    assert named == set(told["assets"])
    assert told["id"].startswith("sha256:")
    assert (200, b"RIFF") == (view.status_code, view.content[:4])


async def test_a_listing_says_which_areas_there_are(world: World) -> None:
    """A finished file covers what the product prints; its shape is compared, and the note says what that costs."""
    (listing,) = await world.spark.listings(world.shop)

    told = await _imported(world, solid_png(30, 30, seed="x"), format="finished", listing=str(listing.id))

    areas = {area.key: {"w": area.width_um, "h": area.height_um} for area in listing.print_areas}
    assert areas == told["document"]["areas"]
    assert ["shape"] == [note["feature"] for note in told["notes"]]


async def test_what_cannot_be_taken_in_is_refused_in_words(world: World) -> None:
    """A format that the file has not, a picture that nobody prints, a place that nobody named."""
    me = await world.token()
    asked: list[tuple[dict[str, str | int], bytes, str]] = [
        ({**FRONT, "format": "svg"}, b"<svg/>", "how large it is"),
        ({**FRONT, "format": "finished"}, b"%PDF-1.7", "PDF"),
        ({"format": "svg"}, b"<svg/>", "names a listing, or a print area"),
        ({**FRONT, "format": "psd"}, b"8BPS", "format"),
    ]

    for params, content, words in asked:
        answer = await world.client.post(f"{API}/designs/import", params=params, content=content, headers=me)
        assert answer.status_code in {400, 422}
        assert words in answer.text
