"""The complaints about what is printed, with the true renderer: what would print badly never becomes ready."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from attrs import evolve
from PIL import Image, ImageChops, ImageStat

from mockspark.adapters.sandbox.shopify_samples import MUG_LARGE
from mockspark.application.targets import Targets
from mockspark.application.views import ItemDetail
from mockspark.domain.catalog import Match
from mockspark.domain.design import Design
from mockspark.domain.files import Check, Level
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ListingId
from mockspark.domain.status import Status
from tests.application.installation import items_of, only_item, ready
from tests.world import ANA, SMALL, World, line, mug_listing, open_world


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One installation for all of these tests."""
    async with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


async def pictures(world: World, item: ItemDetail) -> tuple[Image.Image, Image.Image]:
    """Return the item's production file and its preview, over white and in the preview's size."""
    pieces = [piece async for piece in world.spark.download_files(world.shop, Targets.of(item.row.id))]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    (file,) = json.loads(archive.read("manifest.json"))["files"]
    preview = _over_white(archive.read(f"{file['name'].rpartition('.')[0]}_preview.webp"))
    return _over_white(archive.read(file["name"])).resize(preview.size), preview


def _over_white(content: bytes) -> Image.Image:
    drawn = Image.open(io.BytesIO(content)).convert("RGBA")
    ground = Image.new("RGBA", drawn.size, "white")
    return Image.alpha_composite(ground, drawn).convert("RGB")


@pytest.mark.parametrize("name", ["Rex \uf8ff", "\ue415"])
async def test_no_letter_prints_as_an_empty_box(world: World, name: str) -> None:
    """D10: a character that no font at hand can draw holds the item and is named; nothing is left out."""
    placed = world.order(world.mug(name))
    await world.taken_in()

    item = await only_item(world, placed)

    assert (Status.ON_HOLD, HoldReason.MISSING_GLYPH) == (item.row.status, item.row.hold_reason)
    (finding,) = [finding for finding in item.findings if finding.check is Check.MISSING_GLYPH]
    assert Level.ERROR is finding.level


async def test_letters_that_a_font_has_are_printed(world: World) -> None:
    """D10: accents, Cyrillic and signs are no reason to wait, nor are emoji and Hangul where fonts have them."""
    for name in ("Zoë & Łukasz, Мария", "Rex 🦄", "김민준"):
        placed = world.order(world.mug(name))
        await world.taken_in()

        assert Status.READY_TO_FULFILL is (await only_item(world, placed)).row.status


@pytest.mark.parametrize(
    ("pixels", "status", "levels"),
    [
        ("40x30", Status.ON_HOLD, [Level.ERROR]),
        ("150x100", Status.READY_TO_FULFILL, [Level.WARNING]),
        ("900x600", Status.READY_TO_FULFILL, []),
    ],
)
async def test_a_small_picture_is_not_blown_up(
    world: World, pixels: str, status: Status, levels: list[Level]
) -> None:
    """D11: the dots per inch at print size decide: too few hold the item, few are a warning with the figure."""
    picture = f"{world.stand_ins.shopify_url}/pictures/{pixels}/photo.png"
    mug = evolve(world.mug(), properties=(("_design_url", picture),))
    placed = world.order(mug)
    await world.taken_in()

    item = await only_item(world, placed)

    found = [finding for finding in item.findings if finding.check is Check.LOW_DPI]
    assert (status, levels) == (item.row.status, [finding.level for finding in found])
    assert all(finding.measured and finding.required and finding.words for finding in found)


async def test_the_preview_is_the_print(world: World) -> None:
    """D12: both come from the same drawing: the preview is the production file, made smaller."""
    _, item = await ready(world)

    print_, preview = await pictures(world, item)

    difference = ImageStat.Stat(ImageChops.difference(print_, preview)).mean
    assert max(difference) < 6
    assert ImageStat.Stat(preview).stddev != [0, 0, 0]


async def test_a_templates_placeholder_is_never_printed(world: World) -> None:
    """D13: a layer that still shows the template's own text holds the item; an answered one does not."""
    layer = {
        "id": "text", "area": "front", "type": "text", "text": "Your name", "bind": "Name",
        "placeholder": True, "x": 1000, "y": 1000, "w": 20_000, "h": 8_000, "size": 4_000,
    }  # fmt: skip
    motto = {**layer, "id": "motto", "text": "Your motto", "bind": "Motto", "y": 9_000, "h": 6_000}
    sizes = {"front": {"w": SMALL.width_um, "h": SMALL.height_um}}
    template = Design.of({"schema": 1, "areas": sizes, "layers": [layer, motto]})
    large = mug_listing(
        world.shop, world.connection, id=ListingId(uuid4()), match=Match.SKU, key=MUG_LARGE.sku,
        template=template,
    )  # fmt: skip
    await world.spark.save_listing(world.shop, large, by=ANA)
    whole = line(MUG_LARGE, {"Name": "Ann", "Motto": "Onward"})
    placed = world.order(line(MUG_LARGE, {"Name": "Ann", "Motto": ""}), whole)
    await world.taken_in()

    untouched, answered = await items_of(world, placed)

    assert (Status.ON_HOLD, HoldReason.BLANK_OR_PLACEHOLDER_ART) == (untouched.status, untouched.hold_reason)
    assert Status.READY_TO_FULFILL is answered.status
