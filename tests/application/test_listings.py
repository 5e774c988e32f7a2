"""A product that is mapped brings back what waited for it; a CSV maps many at once."""

import json
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from mockspark.application.errors import Conflict, NotFound
from mockspark.application.use_cases import listings as use_case
from mockspark.application.use_cases.listings import BrowseListings, DeleteListing
from mockspark.application.views import ImportReport, RowProblem
from mockspark.domain.catalog import FileKind, Listing, Match, PrintArea, ProviderVariant
from mockspark.domain.errors import InvalidValue
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ConnectionId, ListingId, ShopId
from mockspark.domain.money import Money
from mockspark.domain.order import Payment
from mockspark.domain.print_methods import METHODS
from mockspark.domain.shop import Connection, Rules
from mockspark.domain.status import Status
from tests.application.intake import (
    ANA,
    PRINTER,
    SHOP,
    START,
    Workshop,
    a_line,
    a_listing,
    an_order,
    later,
)

TOKEN = (("_customization_id", "c1"), ("Name", "Zoë"))


async def test_a_listing_is_kept_and_shown(workshop: Workshop) -> None:
    """R52: what is mapped can be looked up again."""
    saved = await workshop.save_listing(SHOP, a_listing(), by=ANA)

    assert [saved] == list(await BrowseListings(store=workshop.store)(SHOP))


async def test_listings_come_in_pages(workshop: Workshop) -> None:
    """A page begins after the last listing of the one before."""
    for number in range(3):
        await workshop.list_mug(id=ListingId(UUID(int=100 + number)), key=f"MUG-{number}")
    browse = BrowseListings(store=workshop.store)

    first = await browse(SHOP, limit=2)
    second = await browse(SHOP, after=first[-1].id, limit=2)

    assert ["MUG-0", "MUG-1", "MUG-2"] == [listing.key.upper() for listing in (*first, *second)]


async def test_a_second_listing_of_the_same_product_is_a_conflict(workshop: Workshop) -> None:
    """One product is printed on one blank."""
    await workshop.save_listing(SHOP, a_listing(), by=ANA)

    with pytest.raises(Conflict):
        await workshop.save_listing(SHOP, a_listing(id=ListingId(UUID(int=99))), by=ANA)


async def test_a_listing_needs_a_connection_of_the_shop(workshop: Workshop) -> None:
    """An account that the shop does not have prints nothing for it."""
    with pytest.raises(NotFound):
        await workshop.save_listing(SHOP, a_listing(connection_id=ConnectionId(UUID(int=5))), by=ANA)


async def test_a_listing_of_another_shop_is_refused(workshop: Workshop) -> None:
    """R56: nobody maps products for somebody else."""
    with pytest.raises(InvalidValue):
        await workshop.save_listing(SHOP, a_listing(shop_id=ShopId("other")), by=ANA)


async def test_a_deleted_listing_recognises_nothing_more(workshop: Workshop) -> None:
    """Items keep what they took from it; new lines are left out again."""
    listing = await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order(1001)))

    await DeleteListing(store=workshop.store)(SHOP, listing.id)

    kept = await workshop.item(item.id)
    received = await workshop.receive(an_order(1002))
    assert (listing.provider_variant, 0, 1) == (kept.provider_variant, len(received.items), received.filtered)
    with pytest.raises(NotFound):
        await DeleteListing(store=workshop.store)(SHOP, listing.id)


# Rescue


async def test_mapping_a_product_lets_its_waiting_items_go_on(workshop: Workshop) -> None:
    """T6, D14: mapping mended, the item is rendered with the customer's answers."""
    order = an_order(lines=(a_line(personalization=TOKEN),))
    item = await workshop.only_item(await workshop.receive(order))
    assert Status.ON_HOLD == item.status

    listing = await workshop.save_listing(SHOP, a_listing(), by=ANA)

    rescued = await workshop.item(item.id)
    assert (Status.GENERATING, listing.id, PRINTER) == (
        rescued.status,
        rescued.listing_id,
        rescued.connection_id,
    )
    assert Status.READY_TO_FULFILL == (await workshop.generate(rescued)).status


async def test_mapping_a_listing_that_had_no_connection_lets_its_items_go_on(workshop: Workshop) -> None:
    """A13: choosing the provider later is enough."""
    draft = await workshop.list_mug(connection_id=None)
    item = await workshop.only_item(await workshop.receive(an_order()))
    (kept,) = await BrowseListings(store=workshop.store)(SHOP)

    await workshop.save_listing(SHOP, evolve(kept, connection_id=PRINTER), by=ANA)

    assert draft.id == (await workshop.item(item.id)).listing_id
    assert Status.GENERATING == (await workshop.item(item.id)).status


async def test_an_item_that_still_lacks_its_answers_waits_for_those(workshop: Workshop) -> None:
    """Mapped but without personalization: the hold names the next fix."""
    line = a_line(personalization=(("_customization_id", "c1"),))
    item = await workshop.only_item(await workshop.receive(an_order(lines=(line,))))

    await workshop.save_listing(SHOP, a_listing(), by=ANA)

    waiting = await workshop.item(item.id)
    assert waiting.hold is not None
    assert (HoldReason.MISSING_PERSONALIZATION, PRINTER) == (waiting.hold.reason, waiting.connection_id)


async def test_an_item_on_hold_for_another_reason_is_left_alone(workshop: Workshop) -> None:
    """A listing frees what waited for it and nothing else."""
    item = await workshop.only_item(await workshop.receive(an_order(lines=(a_line(personalization=TOKEN),))))
    assert item.hold is not None
    await workshop.keep(evolve(item, hold=evolve(item.hold, reason=HoldReason.MANUAL)))

    await workshop.save_listing(SHOP, a_listing(), by=ANA)

    assert Status.ON_HOLD == (await workshop.item(item.id)).status


async def test_left_out_lines_of_earlier_orders_become_items(workshop: Workshop) -> None:
    """R55, C4: what was filtered is rescued by mapping it, and leaves the import log."""
    order = an_order(lines=(a_line(1), a_line(2, sku="CANDLE", personalization=())))
    received = await workshop.receive(order)
    assert ((), 2) == (received.items, received.filtered)

    await workshop.save_listing(SHOP, a_listing(), by=ANA)

    item = await workshop.only_item(received)
    kept = await workshop.order(received.order_id)
    assert (Status.GENERATING, ["CANDLE"]) == (item.status, [line.sku for line in kept.filtered])


@pytest.mark.parametrize(
    ("match", "key"),
    [(Match.VARIANT, "variant-1"), (Match.PRODUCT, "product-1"), (Match.SKU_PREFIX, "mug-")],
)
async def test_lines_are_rescued_however_the_listing_recognises_them(
    workshop: Workshop, match: Match, key: str
) -> None:
    """Stable ids and prefixes rescue like SKUs do."""
    received = await workshop.receive(an_order())

    await workshop.save_listing(SHOP, a_listing(match=match, key=key), by=ANA)

    assert 1 == len(await workshop.items(received))


async def test_a_line_is_rescued_once(workshop: Workshop) -> None:
    """D1: saving a listing again makes no second item."""
    received = await workshop.receive(an_order())
    saved = await workshop.save_listing(SHOP, a_listing(), by=ANA)

    again = await workshop.rescue_lines(SHOP, saved, by=ANA)

    assert (0, 1) == (again, len(await workshop.items(received)))


async def test_nothing_is_rescued_for_an_order_that_was_called_off(workshop: Workshop) -> None:
    """D7: mapping a product prints nothing for cancelled or repaid orders."""
    cancelled, repaid = an_order(1001), an_order(1002)
    await workshop.receive(cancelled)
    await workshop.receive(repaid)
    first = await workshop.receive(later(cancelled, cancelled_at=START))
    second = await workshop.receive(later(repaid, payment=Payment.REFUNDED))

    await workshop.save_listing(SHOP, a_listing(), by=ANA)

    assert ([], []) == (list(await workshop.items(first)), list(await workshop.items(second)))


async def test_a_rescued_line_is_not_sent_by_itself(workshop: Workshop) -> None:
    """D1: where the shop sends by itself, a late line waits, because it may have been fulfilled otherwise."""
    received = await workshop.receive(an_order())
    await workshop.decide(Rules(auto_send_s=60))

    await workshop.save_listing(SHOP, a_listing(), by=ANA)

    item = await workshop.only_item(received)
    assert item.hold is not None
    assert (Status.ON_HOLD, HoldReason.MANUAL) == (item.status, item.hold.reason)


async def test_a_call_rescues_a_bounded_number_of_orders(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large past is rescued in several calls, newest order first."""
    monkeypatch.setattr(use_case, "MOST_ORDERS", 2)
    for number in range(5):
        await workshop.receive(an_order(1001 + number, lines=(a_line(number),)))
        workshop.clock.advance(seconds=1)
    listing = await workshop.list_mug()

    counts = [await workshop.rescue_lines(SHOP, listing, by=ANA) for _ in range(4)]

    assert [2, 2, 1, 0] == counts


# CSV


TRAITS = "full_bleed, method=dtg, bleed_um=350, min_line_um=350, min_text_um=350, safe_um=350"


def row(**cells: str) -> dict[str, str]:
    return {
        "match": "sku", "key": "MUG-11", "connection": "printify", "areas": "front:2475x1155@300", **cells,
    }  # fmt: skip


async def imported(workshop: Workshop, *rows: dict[str, Any]) -> ImportReport:
    return await workshop.import_listings(SHOP, rows, by=ANA)


async def listed(workshop: Workshop, key: str, match: Match = Match.SKU) -> Listing:
    async with workshop.store.begin(SHOP) as work:
        listing = await work.listings.by_key(match.value, key)
    assert listing is not None
    return listing


async def test_a_row_becomes_a_listing(workshop: Workshop) -> None:
    """Every column that is ours has its place; the others are the provider's own ids."""
    cells = row(
        title="Mug 11 oz",
        areas="front:2475x1155@300; back:1200x600?;side:900x600@150:jpeg#f0eada",
        variant_title="11 oz / Red",
        cost="5.90 USD",
        personalized="no",
        available="yes",
        min_dpi="120",
        warn_dpi="240",
        blueprint_id="68",
        variant_id="33719",
    )

    assert ImportReport(created=1) == await imported(workshop, cells)

    saved = await listed(workshop, "MUG-11")
    areas = (
        PrintArea(key="front", width_px=2475, height_px=1155, dpi=300),
        PrintArea(key="back", width_px=1200, height_px=600, required=False),
        PrintArea(key="side", width_px=900, height_px=600, dpi=150, file=FileKind.JPEG, paper="#f0eada"),
    )
    variant = ProviderVariant(
        keys={"blueprint_id": "68", "variant_id": "33719"},
        title="11 oz / Red",
        cost=Money.of("5.90", "USD"),
    )
    assert ("Mug 11 oz", PRINTER, areas, variant, False, True, 120, 240) == (
        saved.title,
        saved.connection_id,
        saved.print_areas,
        saved.provider_variant,
        saved.personalized,
        saved.available,
        saved.min_dpi,
        saved.warn_dpi,
    )


async def test_a_row_says_how_an_area_is_printed_and_what_the_product_looks_like(workshop: Workshop) -> None:
    """Behind an area stand its method, bleed and finest lines, in any order; the product has a colour and a mockup."""
    mockup = {
        "picture": f"sha256:{'a' * 64}",
        "areas": {"front": {"corners": [[0, 0], [9, 0], [9, 9], [0, 9]]}},
    }
    areas = (
        "front:2475x1155@300 method=dtg full_bleed min_line_um=400 min_text_um=2500;"
        "back:1200x600:tiff#f0eada? bleed_um=3000 safe_um=5000"
    )

    await imported(workshop, row(areas=areas, product_colour="#1A2B3C", mockup=json.dumps(mockup)))

    saved = await listed(workshop, "MUG-11")
    front = PrintArea(
        key="front", width_px=2475, height_px=1155, method="dtg", full_bleed=True, min_line_um=400, min_text_um=2500
    )  # fmt: skip
    back = PrintArea(
        key="back", width_px=1200, height_px=600, file=FileKind.TIFF, paper="#f0eada", required=False,
        bleed_um=3000, safe_um=5000,
    )  # fmt: skip
    assert ((front, back), "#1a2b3c", mockup) == (saved.print_areas, saved.product_colour, saved.mockup)


async def test_a_known_match_and_key_is_changed_and_not_doubled(workshop: Workshop) -> None:
    """Importing the same file twice changes nothing; empty cells leave what is there."""
    await imported(workshop, row(title="Mug", blueprint_id="68"))

    report = await imported(workshop, row(title="", areas="", min_dpi="150", key="mug-11"))

    saved = await listed(workshop, "MUG-11")
    assert ImportReport(changed=1) == report
    assert ("Mug", 150, {"blueprint_id": "68"}, 1) == (
        saved.title,
        saved.min_dpi,
        saved.provider_variant.keys,
        len(saved.print_areas),
    )


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (
            {"areas": "front:10x10:gif"},
            ("areas", "'gif' is none of the files png, png-rgb, jpeg, tiff, pdf"),
        ),
        ({"match": "barcode"}, ("match", "'barcode' is none of variant, product, sku, sku_prefix")),
        ({"key": " "}, ("key", "the key is missing")),
        ({"areas": "front"}, ("areas", "'front' is no print area such as front:4500x5400@300")),
        ({"areas": "a:1x1;a:2x2"}, ("areas", "two print areas of one listing share a key")),
        ({"areas": "a:0x1"}, ("areas", "'width_px' must be > 0: 0")),
        (
            {"connection": "acme"},
            ("connection", "'acme' names 0 connections: give the id, the title or the provider"),
        ),
        ({"personalized": "maybe"}, ("personalized", "'maybe' is neither yes nor no")),
        ({"min_dpi": "-1"}, ("min_dpi", "'-1' is no number of dots per inch")),
        ({"cost": "5,90"}, ("cost", "'5,90' is not an amount of money")),
        ({"template": "[]"}, ("template", "document is an object")),
        (
            {"areas": "a:9x9 method=pyrography"},
            ("areas", f"'pyrography' is none of the methods {', '.join(filter(None, METHODS))}"),
        ),
        (
            {"areas": "a:9x9 bleed_um=wide"},
            ("areas", f"'bleed_um=wide' is none of {TRAITS}"),
        ),
        ({"product_colour": "red"}, ("product_colour", "'red' is no colour such as #1a2b3c")),
        ({"mockup": "[]"}, ("mockup", "a mockup is an object")),
        ({"mockup": "{}"}, ("mockup", "areas names where on the picture each print area lies")),
    ],
)
async def test_a_bad_row_is_told_and_the_others_are_saved(
    workshop: Workshop, cells: dict[str, str], problem: tuple[str, str]
) -> None:
    """One problem per row, with its number and column, and no row stops another."""
    report = await imported(workshop, row(**cells), row(key="MUG-15"))

    field, words = problem
    assert ImportReport(created=1, problems=(RowProblem(row=1, field=field, words=words),)) == report


async def test_a_row_with_too_many_cells_is_told(workshop: Workshop) -> None:
    """A row that does not fit the header is not guessed at."""
    report = await imported(workshop, {**row(), None: ["more"]})  # type: ignore[dict-item]  # as csv hands it over

    assert ["the row has another number of cells than the header"] == [p.words for p in report.problems]


async def test_a_provider_with_two_accounts_is_named_by_title(workshop: Workshop) -> None:
    """An ambiguous account is asked about and never picked."""
    second = Connection(
        id=ConnectionId(UUID(int=82)), shop_id=SHOP, provider="printify", title="EU", created_at=START
    )
    async with workshop.store.begin(SHOP) as work:
        await work.connections.save(second)

    report = await imported(workshop, row(), row(key="MUG-15", connection="EU"))

    assert (1, ["connection"]) == (report.created, [problem.field for problem in report.problems])
    assert second.id == (await listed(workshop, "MUG-15")).connection_id


async def test_an_import_rescues_what_waited(workshop: Workshop) -> None:
    """C4: many products mapped at once bring back everything that waited for them."""
    await workshop.receive(an_order(1001))
    await workshop.receive(an_order(1002, lines=(a_line(2, sku="TEE-L", personalization=TOKEN),)))

    report = await imported(workshop, row(), row(match="sku_prefix", key="TEE-"))

    assert ImportReport(created=2, rescued=2) == report
