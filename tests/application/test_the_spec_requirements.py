"""The requirements of the specification, through one whole installation: a shop, a store, a provider."""

import csv
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve, fields

from mockspark.adapters.sandbox.shopify_samples import CANDLE, MUG_LARGE, SHIRT_M
from mockspark.adapters.sandbox.shopify_store import PostalAddress, StoredOrder
from mockspark.application.errors import NotFound
from mockspark.application.filters import ItemFilter
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.application.views import ItemDetail, ItemRow
from mockspark.domain.catalog import Match, PrintArea, ProviderVariant
from mockspark.domain.contact import fold_order_name
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.holds import FIX, HoldReason
from mockspark.domain.identity import ListingId, ShopId
from mockspark.domain.order_item import ItemShipment
from mockspark.domain.status import Status
from tests.world import ANA, HOME, World, line, mug_listing, open_world

AWAY = PostalAddress(
    first_name="Remy", last_name="Stone", address1="7 Harbor Road", city="Portland", province="Maine",
    province_code="ME", zip="04101", country="United States", country_code="US",
)  # fmt: skip


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One installation for all of these tests: each looks at its own orders only."""
    async with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


async def items_of(world: World, placed: StoredOrder) -> Sequence[ItemRow]:
    """Return the items of one store order, oldest first."""
    wanted = ItemFilter(order_name=placed.name, statuses=frozenset(Status))
    return list(reversed((await world.spark.search_items(world.shop, wanted)).rows))


async def only(world: World, placed: StoredOrder) -> ItemDetail:
    """Return the one item of a store order, with everything known of it."""
    (row,) = await items_of(world, placed)
    return await world.spark.show_item(world.shop, row.id)


async def ready(world: World, **order: Any) -> tuple[StoredOrder, ItemDetail]:
    """Have somebody order a mug, and return it with its item once the files are made."""
    placed = world.order(**order)
    await world.taken_in()
    item = await only(world, placed)
    assert Status.READY_TO_FULFILL is item.row.status
    return placed, item


async def send(world: World, *items: ItemDetail, **order: Any) -> None:
    """Send *items* and work off what that leads to."""
    targets = Targets.of(*(item.row.id for item in items))
    report = await world.spark.send_to_fulfill(world.shop, SendOrder(targets=targets, **order), by=ANA)
    assert not report.refused, report.refused
    await world.spark.drain()


async def told(world: World, item: ItemDetail) -> ItemDetail:
    """Take in what the provider says of the item's order."""
    now = await world.spark.show_item(world.shop, item.row.id)
    assert now.fulfillment is not None
    await world.spark.track(world.shop, now.fulfillment.submission_id)
    await world.spark.drain()
    return await world.spark.show_item(world.shop, item.row.id)


async def at_the_provider(world: World, item: ItemDetail) -> list[str]:
    """Return the ids of the provider's orders that print *item*."""
    now = await world.spark.show_item(world.shop, item.row.id)
    printed = {order["id"] for order in world.stand_ins.printify.orders()}
    known = now.fulfillment.provider_orders if now.fulfillment else ()
    return [order.ref.id for order in known if order.ref.id in printed]


# What an order item is


async def test_a_paid_order_is_synced_and_an_unpaid_one_is_not(world: World) -> None:
    """R1, R2: nothing comes in before the payment is completed; then the order does, by itself."""
    placed = world.order(financial_status="authorized")
    await world.taken_in()
    before = await items_of(world, placed)

    world.stand_ins.merchant.pay(placed.id)
    await world.taken_in()

    assert [] == before
    assert 1 == len(await items_of(world, placed))


async def test_an_order_is_broken_down_by_product(world: World) -> None:
    """R3, R4: two cups and a hat are items of their own that know their order, and it lists them."""
    placed = world.order(world.mug("Ann", 2), world.mug("Ben"), world.mug("Cleo"))
    await world.taken_in()

    rows = await items_of(world, placed)
    first = await world.spark.show_item(world.shop, rows[0].id)

    assert [2, 1, 1] == [row.quantity for row in rows]
    assert {row.order_id for row in rows} == {first.row.order_id}
    assert {row.id for row in rows[1:]} == {sibling.id for sibling in first.siblings}


async def test_a_mixed_order_yields_our_lines_and_explains_the_others(world: World) -> None:
    """R5, R6, R55: foreign lines never show among the items; the import log says why, line by line."""
    placed = world.order(line(CANDLE, {}), world.mug("Ann"))
    await world.taken_in()

    (row,) = await items_of(world, placed)
    log = await world.spark.import_log(world.shop)
    (left_out,) = [entry for entry in log.rows if entry.order_name == placed.name]

    assert "Personalized mug" == row.title
    assert ("Vanilla candle", "not_ours") == (left_out.title, left_out.why.value)
    assert left_out.words


async def test_items_of_different_orders_travel_in_one_parcel(world: World) -> None:
    """R7, R8: same door and platform, one provider order; what that saves is shown before and kept after."""
    _, first = await ready(world, to=AWAY)
    _, second = await ready(world, to=AWAY)
    _, elsewhere = await ready(world, to=evolve(AWAY, address1="8 Harbor Road"))
    chosen = Targets.of(first.row.id, second.row.id, elsewhere.row.id)

    plan = await world.spark.plan_submissions(world.shop, chosen)
    await send(world, first, second, elsewhere)

    assert [2, 1] == sorted((len(parcel.items) for parcel in plan.parcels), reverse=True)
    together = next(parcel for parcel in plan.parcels if len(parcel.items) == 2)
    assert together.saving is not None
    assert together.combined is not None
    assert together.saving.minor > 0
    assert sum(price.minor for price in together.separate) == together.combined.minor + together.saving.minor
    (order,), (same,), (other,) = [await at_the_provider(world, item) for item in (first, second, elsewhere)]
    assert order == same != other
    kept = (await world.spark.show_item(world.shop, first.row.id)).fulfillment
    assert kept is not None
    assert (together.saving, (second.row.id,)) == (kept.saving, kept.combined_with)


async def test_one_item_in_trouble_keeps_no_sibling_back(world: World) -> None:
    """R9, R10: the rest of the order is printed, without anybody splitting it; the order is not lost."""
    placed = world.order(world.mug("Ann"), world.mug("🦄"))
    await world.taken_in()
    good, bad = await items_of(world, placed)

    detail = await world.spark.show_item(world.shop, good.id)
    await send(world, detail)

    after = {row.id: row.status for row in await items_of(world, placed)}
    assert HoldReason.MISSING_GLYPH is bad.hold_reason
    assert {good.id: Status.BEING_FULFILLED, bad.id: Status.ON_HOLD} == after


# Search


def test_the_search_has_six_filters() -> None:
    """R12: order name, creation range, title, e-mail, platform and status; and one flag beside them."""
    names = {field.name for field in fields(ItemFilter)}

    assert {
        "order_name", "created_from", "created_to", "title", "email", "platforms", "statuses", "attention",
    } == names  # fmt: skip


@pytest.mark.parametrize("name", ["#1000", "1000", "_Store1001", "_STORE1001", " #1000 ", "PO-77/b"])
def test_order_names_of_any_scheme_are_matched_whole(name: str) -> None:
    """R13: with any prefix or suffix; the leading # and the case do not matter."""
    assert fold_order_name(name) == fold_order_name(f"#{name.strip().removeprefix('#').swapcase()}")
    assert fold_order_name(name) != fold_order_name(f"{name.strip()}0")


async def test_each_filter_finds_and_all_of_them_combine(world: World) -> None:
    """R13, R15, R16, R17, R18, R19: name and e-mail match whole, the title in part; filters join by AND."""
    placed, item = await ready(world, email="search@example.com")
    await ready(world, email="other@example.com")
    fitting: list[ItemFilter] = [
        ItemFilter(order_name=placed.name.removeprefix("#")),
        ItemFilter(title="PERSONALIZED m", order_name=placed.name),
        ItemFilter(email=" SEARCH@example.com "),
        ItemFilter(platforms=["printify"], email="search@example.com"),
        ItemFilter(statuses=[Status.READY_TO_FULFILL, Status.ON_HOLD], email="search@example.com"),
        ItemFilter(
            order_name=placed.name, title="mug", email="search@example.com", platforms=["printify"],
            statuses=[Status.READY_TO_FULFILL], created_from=item.row.created_at,
            created_to=item.row.created_at + timedelta(seconds=1),
        ),
    ]  # fmt: skip
    missing = [
        ItemFilter(order_name=placed.name[:-1]),
        ItemFilter(email="search"),
        ItemFilter(email="search@example.com", platforms=["manual"]),
        ItemFilter(email="search@example.com", statuses=[Status.FULFILLED]),
        ItemFilter(email="search@example.com", title="poster"),
        ItemFilter(email="search@example.com", created_to=item.row.created_at),
    ]

    found = [(await world.spark.search_items(world.shop, wanted)).rows for wanted in fitting]
    nothing = [(await world.spark.search_items(world.shop, wanted)).rows for wanted in missing]

    assert [[item.row.id]] * len(fitting) == [[row.id for row in rows] for rows in found]
    assert [[]] * len(missing) == [list(rows) for rows in nothing]


async def test_a_date_range_reaches_back_ninety_days(world: World) -> None:
    """R14: to the day; without a range nothing is cut off."""
    now = world.runtime.parts.clock()

    await world.spark.search_items(world.shop, ItemFilter(created_from=now - timedelta(days=90)))
    with pytest.raises(InvalidValue, match="90 days"):
        await world.spark.search_items(world.shop, ItemFilter(created_from=now - timedelta(days=92)))


async def test_platforms_include_the_unassigned(world: World) -> None:
    """R17: what has no platform yet is found as such."""
    shirt = line(SHIRT_M, {"_design_id": "9", "Text": "Go"})
    placed = world.order(shirt)
    await world.taken_in()

    wanted = ItemFilter(platforms=["unassigned"], order_name=placed.name)

    assert 1 == len((await world.spark.search_items(world.shop, wanted)).rows)


# The page of one item


async def test_the_page_of_an_item_shows_its_facts_and_the_stores_side(world: World) -> None:
    """R22, R23, R24: header, the line as the store has it, and notes, customer and shipping method beside it."""
    placed, item = await ready(world, note="Ring twice", email="page@example.com")

    row = item.row
    assert (placed.name, Status.READY_TO_FULFILL, "printify", 1, False) == (
        row.order_name, row.status, row.platform, row.quantity, row.needs_attention,
    )  # fmt: skip
    assert row.created_at <= row.status_since
    assert ("Personalized mug", "11 oz / White", "MUG-11-WHT") == (row.title, row.variant_title, row.sku)
    assert "16.90" == str(row.price.decimal if row.price else "")
    assert (("Name", "Zoe"),) == item.personalization
    assert str(placed.id) in item.store_order
    assert ("Ring twice", "page@example.com") == (item.note, item.customer.email)
    assert item.shipping_method
    assert item.ship_to is not None
    assert "12 Cedar Lane" == item.ship_to.line1


async def test_a_sync_takes_over_what_the_customer_changed(world: World) -> None:
    """R25: note and address are read again, and the differences come back field by field."""
    placed, item = await ready(world)
    world.stand_ins.merchant.annotate(placed.id, note="Leave it at the door")
    world.stand_ins.merchant.move_to(placed.id, address1="99 Elm Street")

    report = await world.spark.sync_order(world.shop, item.row.id, by=ANA)
    after = await only(world, placed)

    assert {"note", "ship_to line1"} <= {change.field.replace(".", " ") for change in report.changes}
    assert after.ship_to is not None
    assert ("Leave it at the door", "99 Elm Street") == (after.note, after.ship_to.line1)


async def test_a_saved_design_and_another_variant_are_made_anew(world: World) -> None:
    """R26, R27, R28, R53: a new design version of this item only; the files become stale and are made again."""
    placed = world.order(world.mug("Ann"), world.mug("Ben"))
    await world.taken_in()
    row, sibling = await items_of(world, placed)
    before = await world.spark.show_item(world.shop, row.id)
    large = mug_listing(
        world.shop, world.connection, id=ListingId(uuid4()), key=str(MUG_LARGE.variant_id),
        provider_variant=ProviderVariant(
            keys={"blueprint_id": "425", "print_provider_id": "9", "variant_id": "62014"}, title="Mug 15oz"
        ),
        print_areas=(PrintArea(key="front", width_px=320, height_px=200),),
    )  # fmt: skip
    await world.spark.save_listing(world.shop, large, by=ANA)
    document = dict(before.design or {})
    document["layers"][0]["text"] = "Annabel"  # type: ignore[index]  # a layer of text

    saved = await world.spark.redesign(
        world.shop, row.id, design=Design.of(document), listing=large.id, version=before.version, by=ANA
    )
    await world.spark.drain()
    after = await world.spark.show_item(world.shop, row.id)

    assert next(action for action in before.actions if action.action == "redesign").allowed
    assert (Status.GENERATING, 2, 1) == (saved.status, saved.design_version, saved.files_version)
    assert (Status.READY_TO_FULFILL, 2, (320,)) == (
        after.row.status, after.files_version, tuple(file.width_px for file in after.files),
    )  # fmt: skip
    assert before.files[0].sha256 != after.files[0].sha256
    assert 1 == (await world.spark.show_item(world.shop, sibling.id)).design_version


async def test_an_item_is_followed_from_the_order_to_the_parcel(world: World) -> None:
    """R43, R44, R45, R46, R47, R54: the statuses an item goes through, and who moves it on."""
    placed = world.order()
    await world.spark.reconcile(world.shop)
    seen = [(await only(world, placed)).row.status]
    await world.spark.drain()
    item = await only(world, placed)
    seen.append(item.row.status)
    targets = Targets.of(item.row.id)
    await world.spark.send_to_fulfill(world.shop, SendOrder(targets=targets), by=ANA)
    seen.append((await only(world, placed)).row.status)
    await world.spark.drain()
    seen.append((await told(world, item)).row.status)
    (order,) = await at_the_provider(world, item)
    world.stand_ins.printify.advance_order(order, "in-production")
    midway = await told(world, item)
    world.stand_ins.printify.advance_order(order, "fulfilled")
    seen.append((await told(world, item)).row.status)

    assert [
        Status.GENERATING, Status.READY_TO_FULFILL, Status.SENDING, Status.BEING_FULFILLED, Status.FULFILLED,
    ] == seen  # fmt: skip
    assert "in_production" == midway.row.provider_stage


async def test_the_fulfillment_section_and_the_timeline_tell_everything(world: World) -> None:
    """R29, R30: provider order, raw status, cost and parcels; and who did what when, in order, for good."""
    _, item = await ready(world)
    await send(world, item)
    (order,) = await at_the_provider(world, item)
    world.stand_ins.printify.advance_order(order, "fulfilled")

    shown = (await told(world, item)).fulfillment
    entries = await world.spark.timeline(world.shop, item.row.id)

    assert shown is not None
    assert ("printify", "fulfilled", [order]) == (
        shown.platform, shown.raw_status, [known.ref.id for known in shown.provider_orders],
    )  # fmt: skip
    assert shown.cost is not None
    assert shown.cost.items.minor > 0
    assert [True] == [bool(parcel.number and parcel.carrier) for parcel in shown.shipments]
    assert {"Ana", "printify"} <= {entry.actor for entry in entries}
    assert sorted((entry.position for entry in entries), reverse=True) == [e.position for e in entries]
    assert all(entry.words and entry.at.tzinfo for entry in entries)


# Fulfilling


async def test_the_dialog_asks_what_the_platform_needs(world: World) -> None:
    """R31, R32, R33: the button is offered, each platform has questions of its own, and gets its own items."""
    own = await world.spark.connect_provider(world.shop, provider="manual", settings={})
    shirt = mug_listing(
        world.shop, own.id, id=ListingId(uuid4()), match=Match.SKU, key=SHIRT_M.sku, title="Tee"
    )
    await world.spark.save_listing(world.shop, shirt, by=ANA)
    _, cup = await ready(world)
    placed = world.order(line(SHIRT_M, {"Text": "Go"}))
    await world.taken_in()
    tee = await only(world, placed)

    plan = await world.spark.plan_submissions(world.shop, Targets.of(cup.row.id, tee.row.id))
    await send(world, cup, tee, options={own.id: {"station": "Printer 2"}})

    forms = {form.platform: {field.name for field in form.form.fields} for form in plan.forms}
    assert next(action for action in cup.actions if action.action == "send").allowed
    assert {"printify", "manual"} == set(forms)
    assert "station" in forms["manual"] - forms["printify"]
    assert (1, 0) == (len(await at_the_provider(world, cup)), len(await at_the_provider(world, tee)))
    sent = (await world.spark.show_item(world.shop, tee.row.id)).fulfillment
    assert sent is not None
    assert ("manual", "Printer 2") == (sent.platform, sent.options["station"])


async def test_one_item_and_a_selection_leave_as_csv(world: World) -> None:
    """R35, R42: a documented header, one row per item, nothing that a spreadsheet would run."""
    _, first = await ready(world, note="=cmd")
    _, second = await ready(world, email="csv@example.com")

    texts = [
        "".join([piece async for piece in world.spark.export_csv(world.shop, Targets.of(*ids))])
        for ids in ((first.row.id,), (first.row.id, second.row.id))
    ]
    one, two = [list(csv.DictReader(io.StringIO(text))) for text in texts]

    assert [str(first.row.id)] == [row["item_id"] for row in one]
    assert {str(first.row.id), str(second.row.id)} == {row["item_id"] for row in two}
    assert {"order_name", "status", "platform", "quantity", "tracking"} <= set(one[0])


async def test_production_files_are_downloaded_as_one_archive(world: World) -> None:
    """R36: a file for each print area, its preview, and a list of them with their digests."""
    _, item = await ready(world)

    pieces = [piece async for piece in world.spark.download_files(world.shop, Targets.of(item.row.id))]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    listed = json.loads(archive.read("manifest.json"))

    (told_of,) = listed["files"]
    assert (item.files[0].sha256, "front") == (told_of["sha256"], told_of["area"])
    assert archive.read(told_of["name"]).startswith(b"\x89PNG")
    assert 3 == len(archive.namelist())


async def test_an_item_is_marked_as_fulfilled_with_its_tracking(world: World) -> None:
    """R37: by hand; the store is told where the person says so, and not by default."""
    quiet, first = await ready(world)
    loud, second = await ready(world)
    parcel = ItemShipment(number="T-1", carrier="DHL", quantity=1)

    for placed in (quiet, loud):
        world.stand_ins.merchant.route(placed.id)

    await world.spark.mark_fulfilled(world.shop, Targets.of(first.row.id), shipment=parcel, by=ANA)
    await world.spark.mark_fulfilled(
        world.shop, Targets.of(second.row.id), shipment=parcel, notify_store=True, by=ANA
    )
    await world.spark.drain()

    assert [Status.FULFILLED] * 2 == [(await only(world, placed)).row.status for placed in (quiet, loud)]
    in_store = [world.stand_ins.shop.store.orders[placed.id].fulfillments for placed in (quiet, loud)]
    assert [0, 1] == [len(fulfillments) for fulfillments in in_store]


async def test_cancelling_marks_the_item_and_nothing_else(world: World) -> None:
    """R38, R49: this item is canceled, by the merchant; the store's order and its other items go on."""
    placed = world.order(world.mug("Ann"), world.mug("Ben"))
    await world.taken_in()
    first, second = await items_of(world, placed)

    await world.spark.cancel_items(world.shop, Targets.of(first.id), by=ANA)

    assert [Status.CANCELED, Status.READY_TO_FULFILL] == [row.status for row in await items_of(world, placed)]
    assert world.stand_ins.shop.store.orders[placed.id].cancelled_at is None
    assert second.id in {row.id for row in (await world.spark.search_items(world.shop)).rows}


async def test_the_platform_cancels_too(world: World) -> None:
    """R49: what the provider cancels by itself is canceled here."""
    _, item = await ready(world)
    await send(world, item)
    (order,) = await at_the_provider(world, item)
    world.stand_ins.printify.advance_order(order, "canceled")

    assert Status.CANCELED is (await told(world, item)).row.status


async def test_an_archived_item_is_hidden_until_it_is_looked_for(world: World) -> None:
    """R39, R50: out of the list, found by its status, and brought back by a person."""
    placed, item = await ready(world)
    await world.spark.archive_items(world.shop, Targets.of(item.row.id), by=ANA)

    listed = await world.spark.search_items(world.shop, ItemFilter(order_name=placed.name))
    looked_for = await world.spark.search_items(
        world.shop, ItemFilter(order_name=placed.name, statuses=[Status.ARCHIVED])
    )
    await world.spark.unarchive_items(world.shop, Targets.of(item.row.id), by=ANA)

    assert (0, 1) == (len(listed.rows), len(looked_for.rows))
    assert Status.READY_TO_FULFILL is (await only(world, placed)).row.status


async def test_a_selection_is_fulfilled_row_by_row(world: World) -> None:
    """R40, R41: of many chosen items those go that can; each other one is named with its reason."""
    _, good = await ready(world)
    _, gone = await ready(world)
    await world.spark.archive_items(world.shop, Targets.of(gone.row.id), by=ANA)
    placed = world.order(world.mug("🦄"))
    await world.taken_in()
    held = await only(world, placed)
    chosen = Targets.of(good.row.id, gone.row.id, held.row.id)

    report = await world.spark.send_to_fulfill(world.shop, SendOrder(targets=chosen), by=ANA)
    await world.spark.drain()

    assert [True, False, False] == [row.done for row in report.results]
    assert ["archived", "missing_glyph"] == [row.code for row in report.refused]
    assert all(row.refusal for row in report.refused)
    assert 1 == len(await at_the_provider(world, good))


# Statuses


def test_there_are_exactly_eight_statuses() -> None:
    """R43 to R50, R51: these and no others; everything else is told beside them."""
    assert {
        "generating", "ready_to_fulfill", "sending", "being_fulfilled", "fulfilled", "on_hold", "canceled",
        "archived",
    } == {status.value for status in Status}  # fmt: skip


async def test_a_hold_says_why_and_what_to_do(world: World) -> None:
    """R48: every reason of the closed list names its fix, on the item's page too."""
    placed = world.order(evolve(world.mug(), properties=()))
    await world.taken_in()

    item = await only(world, placed)

    assert set(HoldReason) == set(FIX)
    assert (Status.ON_HOLD, HoldReason.MISSING_PERSONALIZATION) == (item.row.status, item.row.hold_reason)
    assert "Redesign" in item.hold_fix
    assert item.row.needs_attention


async def test_a_product_is_mapped_to_its_providers_variant(world: World) -> None:
    """R52: by variant, SKU or product; saving the mapping lets go what waited for it."""
    large = line(MUG_LARGE, {"_design_id": "5", "Name": "Ann"})
    large = evolve(large, sku="LATE-1", variant_id=777_001)
    placed = world.order(large)
    await world.taken_in()
    before = await only(world, placed)

    await world.spark.save_listing(
        world.shop,
        mug_listing(world.shop, world.connection, id=ListingId(uuid4()), match=Match.SKU, key="LATE-1"),
        by=ANA,
    )
    await world.spark.drain()

    assert HoldReason.UNMAPPED_PRODUCT is before.row.hold_reason
    after = await only(world, placed)
    assert (Status.READY_TO_FULFILL, "printify") == (after.row.status, after.row.platform)


async def test_the_providers_webhook_moves_an_item_without_asking(world: World) -> None:
    """R54: a signed message of the provider makes us look at once; polling does the same later."""
    _, item = await ready(world)
    await send(world, item)
    (order,) = await at_the_provider(world, item)
    world.stand_ins.printify.advance_order(order, "in-production")
    (account,) = [
        known for known in await world.spark.connections(world.shop) if known.id == world.connection
    ]
    news = {"id": f"news-{order}", "type": "order:updated", "resource": {"id": order, "type": "order"}}
    body = json.dumps(news).encode()
    signed = hmac.new(account.hook_secret.encode(), body, hashlib.sha256).hexdigest()

    answers = [
        await world.client.post(
            f"/webhooks/printify/{world.connection}",
            params={"secret": account.hook_secret},
            content=body,
            headers={"x-pfy-signature": f"sha256={signature}"},
        )
        for signature in ("0" * 64, signed)
    ]
    await world.spark.drain()

    assert [401, 200] == [answer.status_code for answer in answers]
    assert "in_production" == (await world.spark.show_item(world.shop, item.row.id)).row.provider_stage


async def test_a_shop_sees_its_own_items_only(world: World) -> None:
    """R56: another shop, with its own token, finds nothing of this one."""
    _, item = await ready(world)
    other = ShopId("other-shop.myshopify.com")
    await world.spark.connect_shop(other, channel="shopify", credentials={"access_token": "x"})

    stranger = await world.token(shop=other)
    answer = await world.client.get(f"/api/v1/items/{item.row.id}", headers=stranger)

    assert 404 == answer.status_code
    assert [] == list((await world.spark.search_items(other)).rows)
    with pytest.raises(NotFound):
        await world.spark.show_item(other, item.row.id)


async def test_a_row_opens_its_item(world: World) -> None:
    """R21: a row is one item, and its id is the address of the item's page."""
    _, item = await ready(world, to=HOME)
    me = await world.token()

    rows = (await world.client.get("/api/v1/items", params={"limit": 1}, headers=me)).json()["rows"]
    opened = (await world.client.get(f"/api/v1/items/{rows[0]['id']}", headers=me)).json()

    assert str(item.row.id) == rows[0]["id"] == opened["row"]["id"]
