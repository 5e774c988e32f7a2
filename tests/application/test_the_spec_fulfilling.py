"""The requirements of the specification from the send dialog on, through one whole installation."""

import csv
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from attrs import evolve

from mockspark.adapters.sandbox.shopify_samples import MUG_LARGE, SHIRT_M
from mockspark.application.errors import NotFound
from mockspark.application.filters import ItemFilter
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.domain.catalog import Match
from mockspark.domain.holds import FIX, HoldReason
from mockspark.domain.identity import ListingId, ShopId
from mockspark.domain.order_item import ItemShipment
from mockspark.domain.status import Status
from tests.application.installation import at_the_provider, items_of, only_item, ready, send, told
from tests.world import ANA, HOME, World, line, mug_listing, open_world


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One installation for all of these tests: each looks at its own orders only."""
    async with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


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
    tee = await only_item(world, placed)

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

    assert [Status.FULFILLED] * 2 == [(await only_item(world, placed)).row.status for placed in (quiet, loud)]
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
    assert Status.READY_TO_FULFILL is (await only_item(world, placed)).row.status


async def test_a_selection_is_fulfilled_row_by_row(world: World) -> None:
    """R40, R41: of many chosen items those go that can; each other one is named with its reason."""
    _, good = await ready(world)
    _, gone = await ready(world)
    await world.spark.archive_items(world.shop, Targets.of(gone.row.id), by=ANA)
    placed = world.order(world.mug("\uf8ff"))
    await world.taken_in()
    held = await only_item(world, placed)
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

    item = await only_item(world, placed)

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
    before = await only_item(world, placed)

    await world.spark.save_listing(
        world.shop,
        mug_listing(world.shop, world.connection, id=ListingId(uuid4()), match=Match.SKU, key="LATE-1"),
        by=ANA,
    )
    await world.spark.drain()

    assert HoldReason.UNMAPPED_PRODUCT is before.row.hold_reason
    after = await only_item(world, placed)
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
