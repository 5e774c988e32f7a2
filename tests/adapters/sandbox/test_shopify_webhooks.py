"""Webhooks: signed, told to whoever subscribed, repeated when refused, and in any order on request."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest

from mockspark.adapters.sandbox.shopify import RETRY_GAPS, ShopifySandbox
from mockspark.adapters.sandbox.shopify_store import gid
from tests.adapters.sandbox.running import Running, running_shop, still_clock

SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id uri topic apiVersion { handle } } userErrors { field message } } }"""
SUBSCRIPTIONS = "{ webhookSubscriptions(first: 50) { nodes { id topic uri } } }"


async def subscribe(shopify: Running, topic: str = "ORDERS_PAID", **wish: Any) -> Any:
    wish = {"uri": f"{shopify.inbox.address}/hooks"} | wish
    made = await shopify.data(SUBSCRIBE, topic=topic, sub=wish)
    return made["webhookSubscriptionCreate"]


async def listed(shopify: Running) -> list[Any]:
    return list((await shopify.data(SUBSCRIPTIONS))["webhookSubscriptions"]["nodes"])


async def test_a_paid_order_is_told_signed(shopify: Running) -> None:
    """The signature is the base64 of the HMAC over the raw body under the app's secret; the headers are complete."""
    await subscribe(shopify)
    order = shopify.order(2)
    await shopify.sandbox.settle()
    (received,) = shopify.inbox.received
    digest = hmac.new(shopify.shop.client_secret.encode(), received.body, hashlib.sha256).digest()
    assert base64.b64encode(digest).decode() == received.headers["x-shopify-hmac-sha256"]
    assert "orders/paid" == received.headers["x-shopify-topic"]
    assert shopify.shop.domain == received.headers["x-shopify-shop-domain"]
    assert "2026-10" == received.headers["x-shopify-api-version"]
    assert order.id == json.loads(received.body)["id"]


async def test_webhooks_of_one_act_share_an_event_and_nothing_else(shopify: Running) -> None:
    """Every delivery has an id of its own; all that stem from one act carry the same event id."""
    await subscribe(shopify, "ORDERS_CREATE")
    await subscribe(shopify, "ORDERS_PAID")
    shopify.order(1)
    await shopify.sandbox.settle()
    headers = [received.headers for received in shopify.inbox.received]
    assert 1 == len({h["x-shopify-event-id"] for h in headers})
    assert 2 == len({h["x-shopify-webhook-id"] for h in headers})


async def test_the_oldest_secret_signs_until_it_is_revoked(shopify: Running) -> None:
    """After a rotation the former secret goes on signing."""
    await subscribe(shopify)
    app = shopify.sandbox.apps[shopify.shop.client_id]
    app.secrets.append("newer")
    shopify.order(1)
    await shopify.sandbox.settle()
    app.secrets.pop(0)
    shopify.order(1)
    await shopify.sandbox.settle()
    signed_with = [
        next(
            secret
            for secret in (shopify.shop.client_secret, "newer")
            if base64.b64encode(hmac.new(secret.encode(), r.body, hashlib.sha256).digest()).decode()
            == r.headers["x-shopify-hmac-sha256"]
        )
        for r in shopify.inbox.received
    ]
    assert [shopify.shop.client_secret, "newer"] == signed_with


async def test_webhooks_leave_by_themselves_while_the_sandbox_is_served() -> None:
    """With a running clock nobody has to push: order and routing are told within their time."""
    async with running_shop(ShopifySandbox()) as shopify:
        await subscribe(shopify)
        await subscribe(shopify, "FULFILLMENT_ORDERS_ORDER_ROUTING_COMPLETE")
        shopify.shop.store.routing_delay = timedelta(milliseconds=50)
        await shopify.control(f"shops/{shopify.shop.domain}/orders", {"lines": [{"title": "Mug"}]})
        ends = time.monotonic() + 5
        while len(shopify.inbox.received) < 2 and time.monotonic() < ends:
            await shopify.ask("{ shop { name } }")
        assert ["orders/paid", "fulfillment_orders/order_routing_complete"] == shopify.inbox.topics


async def test_a_refused_delivery_is_repeated_with_the_same_id(shopify: Running) -> None:
    """A repetition carries the id of the first try, so that a receiver can tell it from news."""
    await subscribe(shopify)
    shopify.inbox.answers = [500, 302]
    shopify.order(1)
    await shopify.sandbox.settle()
    for gap in RETRY_GAPS[:2]:
        shopify.sandbox.advance(gap.total_seconds())
        await shopify.sandbox.settle()
    ids = {received.headers["x-shopify-webhook-id"] for received in shopify.inbox.received}
    (delivery,) = shopify.sandbox.deliveries.all
    assert 3 == len(shopify.inbox.received)
    assert 1 == len(ids)
    assert [500, 302, 200] == [attempt.status for attempt in delivery.attempts]
    assert "delivered" == delivery.state


def test_a_delivery_is_repeated_eight_times_within_four_hours() -> None:
    """The gaps grow, and the last repetition comes before four hours are over."""
    assert 8 == len(RETRY_GAPS)
    assert sorted(RETRY_GAPS) == list(RETRY_GAPS)
    assert sum(RETRY_GAPS, timedelta()) <= timedelta(hours=4)


async def test_a_subscription_made_by_api_is_removed_after_eight_failures(shopify: Running) -> None:
    """Eight failures in a row end a subscription that the Admin API made, and what was to be sent to it."""
    await subscribe(shopify)
    shopify.inbox.answers = [503] * 20
    shopify.order(1)
    await shopify.sandbox.settle()
    shopify.sandbox.advance(4 * 3600)
    await shopify.sandbox.settle()
    (delivery,) = shopify.sandbox.deliveries.all
    assert 8 == len(delivery.attempts)
    assert [] == await listed(shopify)
    assert "dropped" == delivery.state


async def test_a_success_in_between_keeps_a_subscription(shopify: Running) -> None:
    """Failures count only in a row."""
    await subscribe(shopify)
    shopify.inbox.answers = [503] * 7 + [200]
    shopify.order(1)
    await shopify.sandbox.settle()
    shopify.sandbox.advance(4 * 3600)
    await shopify.sandbox.settle()
    assert 1 == len(await listed(shopify))


async def test_many_orders_refused_once_do_not_end_a_subscription(shopify: Running) -> None:
    """A receiver that is away for a moment loses no subscription over a burst of orders."""
    await subscribe(shopify)
    shopify.inbox.answers = [503] * 20
    for _ in range(20):
        shopify.order(1)
    await shopify.sandbox.settle()
    assert 1 == len(await listed(shopify))


async def test_a_subscription_of_the_configuration_outlives_failures(shopify: Running) -> None:
    """What an app declares in its own configuration is never removed; the delivery fails for good."""
    shopify.sandbox.configure_webhooks(
        shopify.shop.domain, shopify.shop.client_id, f"{shopify.inbox.address}/toml", ["orders/paid"]
    )
    shopify.inbox.answers = [503] * 9
    shopify.order(1)
    await shopify.sandbox.settle()
    shopify.sandbox.advance(4 * 3600)
    await shopify.sandbox.settle()
    (delivery,) = shopify.sandbox.deliveries.all
    assert ("failed", 9) == (delivery.state, len(delivery.attempts))
    shopify.order(1)
    await shopify.sandbox.settle()
    assert 10 == len(shopify.inbox.received)


async def test_nobody_listening_is_a_failed_attempt(shopify: Running) -> None:
    """A connection that is refused counts like a refusal."""
    await subscribe(shopify, uri="http://127.0.0.1:9/closed")
    shopify.order(1)
    await shopify.sandbox.settle()
    (delivery,) = shopify.sandbox.deliveries.all
    assert "ConnectionRefusedError" == delivery.attempts[0].problem
    assert "waiting" == delivery.state


async def test_a_delivery_can_come_twice(shopify: Running) -> None:
    """A duplicate has the same id, signature and body."""
    await subscribe(shopify)
    shopify.order(1)
    await shopify.sandbox.settle()
    await shopify.control("deliveries/1/again")
    await shopify.sandbox.settle()
    first, second = shopify.inbox.received
    assert first.body == second.body
    assert first.headers["x-shopify-webhook-id"] == second.headers["x-shopify-webhook-id"]


async def test_every_delivery_can_be_made_to_come_twice(shopify: Running) -> None:
    """With two copies each message is sent twice."""
    await subscribe(shopify)
    await shopify.control("deliveries/copies", {"copies": 2})
    shopify.order(1)
    await shopify.sandbox.settle()
    assert ["orders/paid", "orders/paid"] == shopify.inbox.topics


async def test_deliveries_come_out_of_order_on_request(shopify: Running) -> None:
    """What was kept back is let go in reverse."""
    for topic in ("ORDERS_CREATE", "ORDERS_PAID", "ORDERS_UPDATED"):
        await subscribe(shopify, topic)
    await shopify.control("deliveries/pause")
    order = shopify.order(1)
    shopify.people.annotate(order.id, note="hello")
    await shopify.sandbox.settle()
    assert [] == shopify.inbox.topics
    await shopify.control("deliveries/release", {"order": "reversed"})
    await shopify.sandbox.settle()
    assert ["orders/updated", "orders/paid", "orders/create"] == shopify.inbox.topics


async def test_a_filter_lets_only_matching_bodies_through(shopify: Running) -> None:
    """A filter looks into the body, into lists too; one on a field that does not exist lets nothing through."""
    await subscribe(shopify, filter="line_items.sku:SKU-2")
    await subscribe(shopify, "ORDERS_CREATE", filter="no_such_field:x")
    shopify.order(1)
    wanted = shopify.order(1, 1)
    await shopify.sandbox.settle()
    assert [wanted.id] == [json.loads(received.body)["id"] for received in shopify.inbox.received]


async def test_included_fields_trim_a_body_and_drop_equal_ones(shopify: Running) -> None:
    """A delivery whose trimmed body did not change is not sent."""
    await subscribe(shopify, "ORDERS_UPDATED", includeFields=["id", "admin_graphql_api_id", "note"])
    order = shopify.order(1)
    for note in ("one", "one", "two"):
        shopify.people.annotate(order.id, note=note)
    await shopify.sandbox.settle()
    bodies = [json.loads(received.body) for received in shopify.inbox.received]
    assert ["one", "two"] == [body["note"] for body in bodies]
    assert {"id", "admin_graphql_api_id", "note"} == set(bodies[0])


@pytest.mark.parametrize(
    ("wish", "field", "message"),
    [
        ({"uri": "ftp://files.example.com"}, "callbackUrl", "Address protocol ftp:// is not supported"),
        ({"uri": "http://app.example.com/x"}, "callbackUrl", "Address protocol http:// is not supported"),
        (
            {"name": "no blanks"},
            "name",
            "Name name field can only contain alphanumeric characters, underscores, and hyphens",
        ),
        (
            {"filter": "paid"},
            "webhookSubscription",
            "The specified filter is invalid, please ensure you specify the field(s) you wish to filter on.",
        ),
    ],
)
async def test_a_wrong_wish_is_refused(shopify: Running, wish: Any, field: str, message: str) -> None:
    """A subscription is refused in the store's own words."""
    (error,) = (await subscribe(shopify, **wish))["userErrors"]
    assert (field, message) == (error["field"][-1], error["message"])


async def test_the_same_address_for_the_same_topic_is_refused(shopify: Running) -> None:
    """Subscribing twice is told apart from a failure by its message."""
    await subscribe(shopify)
    (error,) = (await subscribe(shopify))["userErrors"]
    assert "Address for this topic has already been taken" == error["message"]
    assert ["webhookSubscription", "callbackUrl"] == error["field"]


async def test_without_approval_for_protected_data_there_is_no_subscription_to_orders(
    shopify: Running,
) -> None:
    """A shop that shows no personal data refuses topics that carry it."""
    shopify.shop.store.protected_data = False
    (error,) = (await subscribe(shopify))["userErrors"]
    assert error["message"].startswith("This app is not approved to subscribe to webhook topics")


async def test_an_uninstall_is_told_after_the_token_died(shopify: Running) -> None:
    """The webhook comes when the token opens nothing any more; subscriptions made by API are gone."""
    await subscribe(shopify, "APP_UNINSTALLED")
    shopify.sandbox.uninstall(shopify.shop.domain, shopify.shop.client_id)
    await shopify.sandbox.settle()
    assert ["app/uninstalled"] == shopify.inbox.topics
    assert 401 == (await shopify.post("{ shop { name } }")).status_code
    assert {} == shopify.shop.store.subscriptions


async def test_a_deleted_order_is_told_by_its_id_alone(shopify: Running) -> None:
    """The shop does not know the order any more."""
    await subscribe(shopify, "ORDERS_DELETE")
    order = shopify.order(1)
    shopify.people.delete(order.id)
    await shopify.sandbox.settle()
    assert {"id": order.id} == json.loads(shopify.inbox.received[0].body)
    answer = await shopify.data("query($id: ID!) { order(id: $id) { id } }", id=gid("Order", order.id))
    assert answer["order"] is None


async def test_compliance_topics_come_from_the_configuration() -> None:
    """The three compliance topics carry ids of orders and the customer."""
    async with running_shop() as shopify:
        shopify.sandbox.configure_webhooks(
            shopify.shop.domain, shopify.shop.client_id, f"{shopify.inbox.address}/compliance"
        )
        shopify.sandbox.deliveries.pause()
        order = shopify.order(1)
        shopify.people.request_data(order.id)
        shopify.people.redact_buyer(order.id)
        shopify.people.redact_shop()
        shopify.sandbox.deliveries.release()
        await shopify.sandbox.settle()
        bodies = {received.topic: json.loads(received.body) for received in shopify.inbox.received}
        assert [order.id] == bodies["customers/data_request"]["orders_requested"]
        assert [order.id] == bodies["customers/redact"]["orders_to_redact"]
        assert {"shop_id", "shop_domain"} == set(bodies["shop/redact"])


async def test_a_slow_receiver_does_not_hold_the_api_up() -> None:
    """The API answers while a webhook waits for its receiver."""

    async def never(*_: Any, **__: Any) -> int:
        await asyncio.sleep(5)
        return 200

    async with running_shop(ShopifySandbox(clock=still_clock(), send=never)) as shopify:
        await subscribe(shopify)
        shopify.order(1)
        await asyncio.sleep(0.05)
        started = time.monotonic()
        await shopify.data("{ shop { name } }")
        assert time.monotonic() - started < 1
