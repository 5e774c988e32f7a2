"""Drawings are taken in beside pictures, and judged by what would read them."""

import asyncio
from pathlib import Path

import pytest

from mockspark.adapters.memory.renderer import PngInspector, solid_png
from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import ImageFacts
from mockspark.entrypoints.inspecting import SVG, Inspector
from tests.world import World, open_world

HEART = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">
<path d="M10 10h180v80h-180z" fill="#b3261e"/></svg>"""


def inspector() -> Inspector:
    return Inspector(PngInspector(), asyncio.to_thread)


async def test_a_drawing_is_told_by_its_content() -> None:
    """Its proportions are those of its view; everything else goes to the judge of pictures."""
    drawing = await inspector().inspect(b"\xef\xbb\xbf \n" + HEART)
    picture = await inspector().inspect(solid_png(3, 4, seed="x"))

    assert (SVG, 2.0) == (drawing.media_type, drawing.width_px / drawing.height_px)
    assert ImageFacts(width_px=3, height_px=4, media_type="image/png") == picture


@pytest.mark.parametrize(
    "content",
    [
        b"<svg",
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>1</script></svg>',
        b"<html><body>no drawing</body></html>",
    ],
)
async def test_what_is_no_safe_drawing_is_refused(content: bytes) -> None:
    """With words for the merchant, whatever it pretends to be."""
    with pytest.raises(Rejected):
        await inspector().inspect(content)


async def test_a_drawing_is_uploaded_and_printed(tmp_path: Path) -> None:
    """From the upload to a file: as clipart in a design, with one of its colours replaced."""
    async with open_world(tmp_path) as world:
        made = await _drawn(world)

    assert made[:4] == b"RIFF"


async def _drawn(world: World) -> bytes:
    me = await world.token()
    asset = (await world.client.post("/api/v1/assets", content=HEART, headers=me)).raise_for_status().json()
    layer = {"type": "clipart", "area": "front", "asset": asset["source"], "w": 90_000, "h": 40_000}
    design = {
        "areas": {"front": {"w": 100_000, "h": 50_000}},
        "layers": [{**layer, "colors": {"#b3261e": "#1c3f66"}}],
    }
    area = {"key": "front", "width_px": 1181, "height_px": 591}
    body = {"design": design, "area": area, "zoom": 300}
    return (await world.client.post("/api/v1/designs/view", json=body, headers=me)).raise_for_status().content
