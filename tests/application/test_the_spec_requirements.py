"""The requirements of the specification, through one whole installation: a shop, a store, a provider."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from attrs import evolve, fields

from mockspark.adapters.sandbox.shopify_samples import CANDLE, MUG_LARGE, SHIRT_M
from mockspark.adapters.sandbox.shopify_store import PostalAddress
from mockspark.application.filters import ItemFilter
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.domain.catalog import PrintArea, ProviderVariant
from mockspark.domain.contact import fold_order_name
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ListingId
from mockspark.domain.status import Status
from tests.application.installation import at_the_provider, items_of, only_item, ready, send, told
from tests.world import ANA, World, line, mug_listing, open_world

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
    placed = world.order(world.mug("Ann"), world.mug("\uf8ff"))
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
    after = await only_item(world, placed)

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
    seen = [(await only_item(world, placed)).row.status]
    await world.spark.drain()
    item = await only_item(world, placed)
    seen.append(item.row.status)
    targets = Targets.of(item.row.id)
    await world.spark.send_to_fulfill(world.shop, SendOrder(targets=targets), by=ANA)
    seen.append((await only_item(world, placed)).row.status)
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
