"""A design becomes production files, or the item waits with the reason and the fix."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from mockspark.adapters.memory.renderer import PngInspector, solid_png
from mockspark.application.blob_names import upload_key
from mockspark.application.errors import NotFound, Rejected, Unavailable
from mockspark.application.ports.blobs import BlobKey
from mockspark.application.ports.jobs import Retry
from mockspark.application.ports.rendering import RenderedArea, RenderJob
from mockspark.application.use_cases.assets import ReadFile, UploadAsset
from mockspark.application.use_cases.generate_files import DELAYS, MOST_ATTEMPTS, GenerateFiles
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.domain.events import Stamp
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from tests.application.intake import (
    ANA,
    FONTS,
    PICTURE,
    SHOP,
    START,
    Workshop,
    a_line,
    a_listing,
    an_order,
    later,
)

PHOTO = solid_png(240, 120, seed="zoe")
BACK = PrintArea(key="back", width_px=120, height_px=60, required=False)


async def placed(workshop: Workshop, picture: str = "", **listing: Any) -> OrderItem:
    """Return a fresh item: a text, or the picture at that address."""
    await workshop.list_mug(**listing)
    answers = (("_design_url", picture),) if picture else (("Name", "Zoë"),)
    return await workshop.only_item(
        await workshop.receive(an_order(lines=(a_line(personalization=answers),)))
    )


def a_design(*layers: dict[str, Any]) -> Design:
    areas = {"front": {"w": 10_160, "h": 5_080}, "back": {"w": 10_160, "h": 5_080}}
    return Design.of({"schema": 1, "areas": areas, "layers": list(layers)})


def a_text(area: str = "front", **more: Any) -> dict[str, Any]:
    return {
        "id": f"t-{area}", "area": area, "type": "text", "text": "Bo", "x": 0, "y": 0, "w": 9000, "h": 4000, **more,
    }  # fmt: skip


def a_picture(asset: str, **more: Any) -> dict[str, Any]:
    return {
        "id": "p",
        "area": "front",
        "type": "image",
        "asset": asset,
        "x": 0,
        "y": 0,
        "w": 10_160,
        "h": 5_080,
        **more,
    }


async def designed(workshop: Workshop, design: Design, **listing: Any) -> OrderItem:
    """Return an item with that design, waiting to be rendered."""
    item = await placed(workshop, **listing)
    return await workshop.redesign(SHOP, item.id, design=design, by=ANA)


# Ready


async def test_a_drawn_design_makes_the_item_ready(workshop: Workshop) -> None:
    """T3, I20: every required area is stored, complete and of this design version."""
    item = await workshop.generate(await placed(workshop))

    (file,) = item.files
    content = await workshop.blobs.get(BlobKey(file.key))
    assert (Status.READY_TO_FULFILL, 1, 1, True) == (
        item.status,
        item.files_version,
        file.design_version,
        item.files_current,
    )
    assert ("front", 120, 60, 300, len(content)) == (
        file.area,
        file.width_px,
        file.height_px,
        file.dpi,
        file.size,
    )
    assert await workshop.blobs.get(BlobKey(file.preview_key))


async def test_a_stale_job_does_nothing(workshop: Workshop) -> None:
    """A job is a hint: of an older version, of an item that is ready or canceled, it finds nothing to do."""
    item = await placed(workshop)
    newer = await workshop.redesign(SHOP, item.id, design=a_design(a_text()), by=ANA)

    await workshop.generate_files(SHOP, item.id, 1)
    await workshop.keep(newer.cancel(Stamp(at=START, by=ANA)))
    await workshop.generate_files(SHOP, item.id, 2)
    await workshop.generate_files(SHOP, OrderItemId(workshop.ids()), 1)
    await workshop.generate_files(ShopId("erased.myshopify.com"), item.id, 1)

    assert [] == workshop.renderer.rendered


async def test_optional_areas_are_drawn_when_something_is_on_them(workshop: Workshop) -> None:
    """A back that may stay empty is printed only where the design uses it."""
    areas = (*a_listing().print_areas, BACK)
    item = await designed(workshop, a_design(a_text()), print_areas=areas)
    plain = await workshop.generate(item)
    both = await workshop.redesign(SHOP, item.id, design=a_design(a_text(), a_text("back")), by=ANA)

    full = await workshop.generate(both)

    assert (["front"], ["front", "back"]) == (
        [file.area for file in plain.files],
        [file.area for file in full.files],
    )


async def test_an_order_on_hold_at_the_store_waits_after_rendering(workshop: Workshop) -> None:
    """A redesign does not lift the store's hold: the item is drawn and waits."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order(on_hold="other")))
    saved = await workshop.redesign(SHOP, item.id, design=a_design(a_text()), by=ANA)

    waiting = await workshop.generate(saved)
    freed = await workshop.only_item(await workshop.receive(later(an_order())))

    assert waiting.hold is not None
    assert (HoldReason.STORE_HOLD, Status.READY_TO_FULFILL) == (waiting.hold.reason, freed.status)


# Pictures


async def test_a_picture_is_fetched_once_and_pinned(workshop: Workshop) -> None:
    """D9: what the address shows later does not change what is printed."""
    workshop.images.pictures[PICTURE] = PHOTO
    item = await workshop.generate(await placed(workshop, PICTURE))
    workshop.images.pictures[PICTURE] = solid_png(10, 10, seed="other")
    assert item.design is not None
    moved = item.design.with_layers([{**item.design.document["layers"][0], "x": 10}])

    again = await workshop.generate(await workshop.redesign(SHOP, item.id, design=moved, by=ANA))

    assert ([PICTURE], item.assets) == (workshop.images.fetched, again.assets)
    assert [PHOTO, PHOTO] == [job.assets[PICTURE] for job in workshop.renderer.rendered]


async def test_an_uploaded_picture_is_found_by_its_digest(workshop: Workshop) -> None:
    """R26: what the merchant puts in by hand is drawn like any other picture."""
    upload = UploadAsset(inspector=PngInspector(), blobs=workshop.blobs)
    asset = await upload(SHOP, PHOTO)

    item = await workshop.generate(await designed(workshop, a_design(a_picture(asset.source))))

    assert (Status.READY_TO_FULFILL, (asset,)) == (item.status, item.assets)


async def test_an_upload_that_is_no_picture_is_refused(workshop: Workshop) -> None:
    """Bytes from outside are judged before they are kept."""
    with pytest.raises(Rejected):
        await UploadAsset(inspector=PngInspector(), blobs=workshop.blobs)(SHOP, b"<svg/>")

    assert {} == workshop.blobs.blobs


async def test_a_picture_of_another_shop_is_missing(workshop: Workshop) -> None:
    """R56, I22: a digest opens no other shop's file."""
    other = await UploadAsset(inspector=PngInspector(), blobs=workshop.blobs)(ShopId("other"), PHOTO)

    item = await workshop.generate(await designed(workshop, a_design(a_picture(other.source))))

    assert item.hold is not None
    assert HoldReason.RENDER_FAILED == item.hold.reason
    assert [Check.MISSING_ASSET] == [finding.check for finding in item.findings]


async def test_a_picture_that_is_refused_holds_the_item_with_the_reason(workshop: Workshop) -> None:
    """T4: an address that shows nothing printable is said so, and never asked for again by itself."""
    item = await workshop.generate(await placed(workshop, PICTURE))

    assert item.hold is not None
    assert (Status.ON_HOLD, HoldReason.RENDER_FAILED) == (item.status, item.hold.reason)
    assert "The design cannot be printed: There is no picture at that address." == item.hold.note


async def test_a_small_picture_blocks_and_a_named_person_lets_it_pass(workshop: Workshop) -> None:
    """D11, T14: low resolution holds; released by name the same files are ready."""
    workshop.images.pictures[PICTURE] = solid_png(30, 15)
    item = await workshop.generate(await placed(workshop, PICTURE))
    assert item.hold is not None

    released = item.release(Stamp(at=START, by=ANA), override=True, note="the customer agreed")

    assert (HoldReason.LOW_RESOLUTION, Status.READY_TO_FULFILL) == (item.hold.reason, released.status)
    assert "75 DPI" in item.hold.note


async def test_an_override_holds_for_its_design_version(workshop: Workshop) -> None:
    """The person's word is kept when the same version is rendered again, and void for the next one."""
    item = await placed(workshop)
    let_pass = await workshop.keep(evolve(item, overridden_version=1))
    workshop.renderer.findings["front"] = (
        Finding(check=Check.OVERFLOW, level=Level.ERROR, area="front", words="The text does not fit."),
    )

    passed = await workshop.generate(let_pass)
    next_one = await workshop.redesign(SHOP, item.id, design=a_design(a_text()), by=ANA)

    assert Status.READY_TO_FULFILL == passed.status
    assert Status.ON_HOLD == (await workshop.generate(next_one)).status


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (a_text(text=" "), HoldReason.BLANK_OR_PLACEHOLDER_ART),
        (a_text(placeholder=True), HoldReason.BLANK_OR_PLACEHOLDER_ART),
        (a_text("back"), HoldReason.BLANK_OR_PLACEHOLDER_ART),
    ],
)
async def test_a_blank_or_placeholder_is_never_ready(
    workshop: Workshop, layer: dict[str, Any], reason: HoldReason
) -> None:
    """D3, D13 (T4): an empty area or the template's placeholder is not printed."""
    item = await workshop.generate(await designed(workshop, a_design(layer)))

    assert item.hold is not None
    assert (Status.ON_HOLD, reason) == (item.status, item.hold.reason)


async def test_what_only_drawing_shows_blocks_too(workshop: Workshop) -> None:
    """D10: a glyph that no font has is found while drawing, and holds the item."""
    words = "No font has U+1F9FF."
    workshop.renderer.findings["front"] = (
        Finding(check=Check.MISSING_GLYPH, level=Level.ERROR, area="front", words=words),
    )

    item = await workshop.generate(await placed(workshop))

    assert item.hold is not None
    assert (HoldReason.MISSING_GLYPH, words) == (item.hold.reason, item.hold.note)


async def test_a_warning_does_not_block(workshop: Workshop) -> None:
    """A warning is shown beside a ready item."""
    workshop.images.pictures[PICTURE] = solid_png(60, 30)

    item = await workshop.generate(await placed(workshop, PICTURE))

    assert (Status.READY_TO_FULFILL, [Level.WARNING]) == (
        item.status,
        [finding.level for finding in item.findings],
    )


async def test_an_area_that_the_design_lacks_is_not_drawn(workshop: Workshop) -> None:
    """A12: a design made for another product waits, and nothing is printed in its place."""
    area = PrintArea(key="sleeve", width_px=100, height_px=100)

    item = await workshop.generate(await designed(workshop, a_design(a_text()), print_areas=(area,)))

    assert ([Check.MISSING_AREA], []) == ([f.check for f in item.findings], workshop.renderer.rendered)


# What cannot be rendered


@pytest.mark.parametrize(
    ("lack", "reason"),
    [
        ({"design": None}, HoldReason.MISSING_PERSONALIZATION),
        ({"print_areas": ()}, HoldReason.UNMAPPED_PRODUCT),
        ({"connection_id": None}, HoldReason.UNMAPPED_PRODUCT),
    ],
)
async def test_an_item_that_lacks_something_waits_for_it(
    workshop: Workshop, lack: dict[str, Any], reason: HoldReason
) -> None:
    """A release that mended nothing leads back to the hold that names the fix."""
    item = await workshop.keep(evolve(await placed(workshop), **lack))

    held = await workshop.generate(item)

    assert held.hold is not None
    assert reason == held.hold.reason


# Failures that may pass, and those that do not


async def test_a_passing_failure_is_tried_again_and_then_waits_for_a_person(workshop: Workshop) -> None:
    """CO4: a failure reaches the merchant only after the automatic attempts are used up."""
    item = await placed(workshop, PICTURE)
    workshop.images.fail(*[Unavailable("the host is away")] * MOST_ATTEMPTS)

    delays = []
    for _ in range(MOST_ATTEMPTS - 1):
        with pytest.raises(Retry) as retry:
            await workshop.generate(item)
        delays.append(retry.value.delay)
    held = await workshop.generate(item)

    assert held.hold is not None
    assert list(DELAYS) == delays
    assert (HoldReason.RENDER_FAILED, "After 3 attempts: the host is away") == (
        held.hold.reason,
        held.hold.note,
    )


async def test_a_host_that_asks_for_patience_is_given_it(workshop: Workshop) -> None:
    """The other side's `retry_after` is obeyed where it is longer than our own delay."""
    item = await placed(workshop, PICTURE)
    workshop.images.fail(Unavailable("busy", retry_after=timedelta(hours=1)))

    with pytest.raises(Retry) as retry:
        await workshop.generate(item)

    assert timedelta(hours=1) == retry.value.delay


async def test_a_full_disk_is_waited_for_and_leaves_nothing_half_written(workshop: Workshop) -> None:
    """I30: no room is a failure that passes; the item is not ready before its files are."""
    item = await placed(workshop)
    workshop.blobs.fail(Unavailable("no space left on device"))

    with pytest.raises(Retry):
        await workshop.generate(item)
    waiting = await workshop.item(item.id)
    done = await workshop.generate(item)

    assert (Status.GENERATING, (), Status.READY_TO_FULFILL) == (waiting.status, waiting.files, done.status)


async def test_an_item_that_kills_its_renderer_is_tried_three_times(workshop: Workshop) -> None:
    """An attempt counts before it begins, so that a crash counts too: the poison item ends on hold."""
    item = await placed(workshop)

    for _ in range(MOST_ATTEMPTS):
        workshop.renderer.fail(MemoryError())
        with pytest.raises(MemoryError):
            await workshop.generate(item)
    held = await workshop.generate(item)

    assert held.hold is not None
    assert (HoldReason.RENDER_FAILED, MOST_ATTEMPTS) == (held.hold.reason, held.render_attempts)
    assert MOST_ATTEMPTS == len(workshop.renderer.rendered)


async def test_a_release_gives_a_failed_item_new_attempts(workshop: Workshop) -> None:
    """The fix that the hold names works: releasing renders again."""
    item = await placed(workshop)
    workshop.renderer.fail(Rejected("the font is broken", reason=HoldReason.MISSING_GLYPH))
    held = await workshop.generate(item)
    assert held.hold is not None

    released = await workshop.keep(held.release(Stamp(at=START, by=ANA)))

    assert HoldReason.MISSING_GLYPH == held.hold.reason
    assert Status.READY_TO_FULFILL == (await workshop.generate(released)).status


class _Meanwhile:
    """A renderer during whose work something happens to the item."""

    def __init__(self, workshop: Workshop, item: OrderItem, design: Design) -> None:
        self.workshop, self.item, self.design = workshop, item, design

    async def render(self, job: RenderJob) -> RenderedArea:
        drawn = await self.workshop.renderer.render(job)
        await self.workshop.redesign(SHOP, self.item.id, design=self.design, by=ANA)
        return drawn


async def test_files_of_an_older_design_come_too_late(workshop: Workshop) -> None:
    """I16: a redesign during rendering wins; the late files are neither used nor kept."""
    item = await placed(workshop)
    meanwhile = _Meanwhile(workshop, item, a_design(a_text()))
    slow = GenerateFiles(
        store=workshop.store,
        renderer=meanwhile,
        storeroom=workshop.storeroom,
        fonts=FONTS,
        blobs=workshop.blobs,
        clock=workshop.clock,
    )

    await slow(SHOP, item.id, 1)

    late = await workshop.item(item.id)
    assert (Status.GENERATING, 2, ()) == (late.status, late.design_version, late.files)
    assert {} == workshop.blobs.blobs
    assert Status.READY_TO_FULFILL == (await workshop.generate(late)).status


async def test_replaced_files_are_forgotten(workshop: Workshop) -> None:
    """I25: no file outlives the item's knowledge of it."""
    first = await workshop.generate(await placed(workshop))
    again = await workshop.redesign(SHOP, first.id, design=a_design(a_text()), by=ANA)

    second = await workshop.generate(again)

    (file,) = second.files
    assert {file.key, file.preview_key} == set(workshop.blobs.blobs)


async def test_only_an_items_own_files_are_handed_out(workshop: Workshop) -> None:
    """I22: a key alone opens nothing."""
    item = await workshop.generate(await placed(workshop))
    read = ReadFile(store=workshop.store, blobs=workshop.blobs)
    key = BlobKey(item.files[0].key)
    await workshop.blobs.put(upload_key(SHOP, "0" * 64), b"secret")

    content = b"".join([piece async for piece in await read(SHOP, item.id, key)])

    assert await workshop.blobs.get(key) == content
    with pytest.raises(NotFound):
        await read(SHOP, item.id, upload_key(SHOP, "0" * 64))
