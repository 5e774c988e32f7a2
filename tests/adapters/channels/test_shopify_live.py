"""The Shopify channel against a local shop over HTTP: orders in, news subscribed to, access kept."""

import json
from datetime import timedelta

import pytest
from attrs import evolve

from mockspark.adapters.channels.shopify import PLUGIN, TOPICS, updated_since
from mockspark.adapters.channels.shopify_webhooks import READERS
from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox import shopify_shipping as shipping
from mockspark.adapters.sandbox.shopify import CLIENT_SECRET, SCOPES
from mockspark.adapters.sandbox.shopify_orders import LineDraft, RefundPart
from mockspark.adapters.sandbox.shopify_samples import sample_orders
from mockspark.adapters.sandbox.shopify_store import StoredOrder, gid
from mockspark.application.errors import NotAuthorized, Rejected, Unavailable
from mockspark.application.ports.channels import (
    ChecksInstallation,
    HoldsOrders,
    OrderTold,
    PublishesShipments,
    SubscribesOrders,
)
from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.domain.identity import ExternalRef, ShopId
from mockspark.domain.order import ChannelOrder, Payment
from tests.adapters.channels.opened import NOON, Opened, opened_shop, order_ref, ref


def told(shop: Opened, order: StoredOrder) -> ChannelOrder:
    """Read the order as a webhook's body tells it."""
    body = json.dumps(bodies.order_body(shop.store, order)).encode()
    (event,) = PLUGIN.intake.read("orders/updated", body)
    assert isinstance(event, OrderTold)
    assert event.order is not None
    return event.order


async def fetched(shop: Opened, order: StoredOrder) -> ChannelOrder:
    found = await shop.channel.fetch(order_ref(order))
    assert found is not None
    return found


async def test_every_ability_is_there(shop: Opened) -> None:
    """The channel can publish, hold, subscribe and check: the core asks by protocol."""
    for ability in (PublishesShipments, HoldsOrders, SubscribesOrders, ChecksInstallation):
        assert isinstance(shop.channel, ability)


async def test_webhook_and_query_tell_the_same_order(shop: Opened) -> None:
    """An order is one thing, whether a webhook brings it or we fetch it."""
    for draft in sample_orders(7, 40):
        order = shop.people.route(shop.people.place(draft).id)

        assert told(shop, order) == await fetched(shop, order)


async def test_an_edited_and_refunded_order_reads_the_same(shop: Opened) -> None:
    """Units that were taken off or given back are not wanted any more, by whichever way we learn of it."""
    order = shop.order(LineDraft(quantity=3), LineDraft(sku="HAT", quantity=2))
    first, second = order.lines
    shop.people.edit(order.id, add=[LineDraft(sku="NEW")], reduce={first.id: 1})
    shop.people.refund(order.id, parts=[RefundPart(line_id=second.id, quantity=2, restock_type="CANCEL")])

    found = await fetched(shop, order)

    assert [2, 0, 1] == [line.quantity for line in found.lines]
    assert told(shop, order) == found


async def test_pieces_that_the_store_has_in_parcels_are_told(shop: Opened) -> None:
    """D6: what anybody fulfilled is counted by line, and what was called back is not."""
    order = shop.order(LineDraft(quantity=2), LineDraft(sku="HAT"), LineDraft(sku="CAP"))
    for line in order.lines[:2]:
        shop.people.ship(order.id, line_ids=[line.id])
    shipping.cancel_fulfillment(shop.people.world, shop.store, gid("Fulfillment", order.fulfillments[1].id))

    found = await fetched(shop, order)

    assert [2, 0, 0] == [line.fulfilled for line in found.lines]
    assert told(shop, order) == found


@pytest.mark.parametrize(
    ("status", "expected"),
    [("UNSUBMITTED", 0), ("SUBMITTED", 3), ("ACCEPTED", 3), ("CANCELLATION_REJECTED", 3), ("REJECTED", 0)],
)
async def test_pieces_that_another_service_was_asked_for_are_told(
    shop: Opened, status: str, expected: int
) -> None:
    """D6: "Request fulfillment" in the store's own admin counts before anything is shipped."""
    order = shop.order(LineDraft(quantity=3))
    order.work[0].request_status = status

    assert [expected] == [line.fulfilled for line in (await fetched(shop, order)).lines]
    assert [expected] == [
        line.fulfilled
        async for each in shop.channel.orders_since(NOON - timedelta(days=1))
        for line in each.lines
    ]


async def test_a_cancelled_order_says_so(shop: Opened) -> None:
    """A cancellation comes with its moment; an archived order is not a cancelled one."""
    order, archived = shop.order(), shop.order()
    shop.people.cancel(order.id)
    shop.people.ship(archived.id)

    assert NOON == (await fetched(shop, order)).cancelled_at
    assert (await fetched(shop, archived)).cancelled_at is None
    assert Payment.REFUNDED == (await fetched(shop, order)).payment


async def test_an_order_of_many_lines_is_read_whole(shop: Opened) -> None:
    """An order of more lines than one page shows is read to its last line."""
    order = shop.order(*(LineDraft(sku=f"SKU-{n}") for n in range(173)))

    found = await fetched(shop, order)

    assert [f"SKU-{n}" for n in range(173)] == [line.sku for line in found.lines]
    assert told(shop, order) == found


async def test_a_hold_of_somebody_else_is_told(shop: Opened) -> None:
    """Whoever holds the order at the store keeps it from production, with the reason; our own hold does not."""
    order = shop.order()
    await shop.channel.hold(order_ref(order), handle="design-review", note="checking")

    assert "" == (await fetched(shop, order)).on_hold
    shop.people.hold(order.id, reason="HIGH_RISK_OF_FRAUD", notes="call the customer")
    assert "high risk of fraud: call the customer" == (await fetched(shop, order)).on_hold
    shop.people.release(order.id)
    assert "" == (await fetched(shop, order)).on_hold


async def test_an_order_is_found_by_its_fulfillment_order(shop: Opened) -> None:
    """Hold webhooks name a fulfillment order only; fetching by it gives the order under its own name."""
    order = shop.order()
    work = ExternalRef("shopify", f"gid://shopify/FulfillmentOrder/{order.work[0].id}")

    found = await shop.channel.fetch(work)

    assert found is not None
    assert order_ref(order) == found.ref
    assert await shop.channel.fetch(ExternalRef("shopify", "gid://shopify/FulfillmentOrder/9")) is None


async def test_work_that_the_app_may_not_see_is_no_broken_access() -> None:
    """Without the scope for fulfillment orders their news cannot be followed; orders can be read all the same."""
    async with opened_shop(scopes=frozenset({"read_orders"})) as shop:
        order = shop.order()
        work = ExternalRef("shopify", f"gid://shopify/FulfillmentOrder/{order.work[0].id}")

        with pytest.raises(Rejected, match="scope") as refused:
            await shop.channel.fetch(work)

        assert not isinstance(refused.value, NotAuthorized)
        assert await shop.channel.fetch(order_ref(order)) is not None


async def test_an_unknown_order_is_none(shop: Opened) -> None:
    """An order that the store does not know is told by None, not by an error."""
    assert await shop.channel.fetch(ref(123)) is None


async def test_the_sweep_finds_every_change_once(shop: Opened) -> None:
    """All orders updated since a moment come, oldest change first, over as many pages as it takes."""
    orders = []
    for number in range(60):
        shop.sandbox.advance(60)
        orders.append(shop.order(LineDraft(sku=f"SKU-{number}")))
    shop.sandbox.advance(60)
    shop.people.annotate(orders[3].id, note="changed")
    since = NOON + timedelta(minutes=5)

    found = [order async for order in shop.channel.orders_since(since)]

    expected = [*orders[4:], orders[3]]
    assert [order_ref(order) for order in expected] == [order.ref for order in found]
    assert sorted(order.updated_at for order in found) == [order.updated_at for order in found]
    assert told(shop, orders[3]) == found[-1]


async def test_an_order_of_the_sweep_has_all_its_lines(shop: Opened) -> None:
    """The sweep's pages show few lines of an order; the others are fetched."""
    order = shop.order(*(LineDraft(sku=f"SKU-{n}") for n in range(45)))

    (found,) = [each async for each in shop.channel.orders_since(NOON)]

    assert told(shop, order) == found


def test_a_search_quotes_its_moment() -> None:
    """An unquoted time would be cut at its colons, and the store would drop the rest without a word."""
    assert "updated_at:>='2026-11-20T12:00:00Z'" == updated_since(NOON)


async def test_an_order_without_approval_has_no_person(shop: Opened) -> None:
    """Without the approval for personal data the rest of the order is good, and is kept."""
    order = shop.order()
    shop.store.protected_data = False

    found = await fetched(shop, order)

    assert found.ship_to is None
    assert "" == found.customer.email
    assert 1 == len(found.lines)


async def test_a_missing_scope_says_what_to_do() -> None:
    """Without the scope for orders nothing can be read: a person has to grant it."""
    async with opened_shop(scopes=SCOPES - {"read_orders", "write_orders"}) as shop:
        order = shop.order()
        with pytest.raises(NotAuthorized, match="scope"):
            await shop.channel.fetch(order_ref(order))
        with pytest.raises(NotAuthorized, match="read_orders"):
            await shop.channel.check()


async def test_the_check_names_the_store(shop: Opened) -> None:
    """A working connection is told with the store's name."""
    assert (await shop.channel.check()).startswith("Demo Shop (demo-shop.myshopify.com) answers")


async def test_the_check_names_what_was_not_granted() -> None:
    """A scope that only some abilities need is missed with words, not with a refusal."""
    async with opened_shop(scopes=SCOPES - {"write_third_party_fulfillment_orders"}) as shop:
        assert (await shop.channel.check()).endswith("Not granted: write_third_party_fulfillment_orders.")


async def test_credentials_of_another_shop_are_refused(shop: Opened) -> None:
    """A token that opens another shop must not bring its orders here."""
    channel = evolve(shop.channel, shop_id=ShopId("other.myshopify.com"))
    with pytest.raises(NotAuthorized, match="not other"):
        await channel.check()


@pytest.mark.parametrize(
    ("state", "problem"),
    [("frozen", Unavailable), ("locked", Unavailable), ("forbidden", NotAuthorized), ("closed", Rejected)],
)
async def test_a_shop_that_sleeps_is_told_by_what_to_do(
    shop: Opened, state: str, problem: type[Exception]
) -> None:
    """A frozen or locked shop may wake up: ask later. One that forbids or is gone needs a person."""
    shop.store.state = state
    with pytest.raises(problem):
        await shop.channel.check()


async def test_subscribing_twice_is_one_subscription(shop: Opened) -> None:
    """All wanted news can be had, and asking again changes nothing."""
    url = f"{shop.account.installation.api_url}/hooks"

    assert [] == await shop.channel.subscribe(url)
    assert [] == await shop.channel.subscribe(url)
    topics = sorted(wish.topic for wish in shop.store.subscriptions.values())
    assert len(TOPICS) == len(topics)
    assert set(topics) <= set(READERS)


async def test_news_that_cannot_be_had_is_named(shop: Opened) -> None:
    """Without the approval for personal data the store refuses most topics, and says why."""
    shop.store.protected_data = False

    refused = await shop.channel.subscribe("https://app.example/hooks")

    assert len(TOPICS) - 1 == len(refused)
    assert "ORDERS_PAID: This app is not approved" in refused[0]


async def test_a_topic_without_its_scope_is_named(shop: Opened) -> None:
    """One topic that the app may not have does not keep the others away."""
    denied = {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}
    answer = {"data": {"webhookSubscriptionCreate": None}, "errors": [denied]}
    shop.spoil("status", "MockSparkSubscribe", status=200, body=json.dumps(answer))

    (refused,) = await shop.channel.subscribe("https://app.example/hooks")

    assert refused.startswith("ORDERS_PAID: ")
    assert len(TOPICS) - 1 == len(shop.store.subscriptions)


async def test_a_delivery_of_the_shop_is_believed(shop: Opened) -> None:
    """What the shop sends is signed with a secret that the installation knows, and is read."""
    await shop.channel.subscribe("http://127.0.0.1:9/hooks")
    order = shop.order()
    sent = next(d for d in shop.sandbox.deliveries.all if d.topic == "orders/paid")
    headers = {name.lower(): value for name, value in sent.headers.items()}
    delivery = WebhookDelivery(headers=headers, body=sent.body, received_at=NOON)

    signed = PLUGIN.intake.verify(delivery, PLUGIN.secrets(shop.account.installation))
    (event,) = PLUGIN.intake.read(signed.topic, delivery.body)

    assert (CLIENT_SECRET,) == tuple(PLUGIN.secrets(shop.account.installation))
    assert isinstance(event, OrderTold)
    assert order_ref(order) == event.ref
