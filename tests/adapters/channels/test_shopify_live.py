"""The Shopify channel against a local shop over HTTP: orders in, parcels and holds out."""

import json
from datetime import timedelta

import pytest

from mockspark.adapters.channels.shopify import TOPICS
from mockspark.adapters.channels.shopify_webhooks import ShopifyIntake
from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox.shopify_orders import LineDraft, RefundPart
from mockspark.adapters.sandbox.shopify_samples import sample_orders
from mockspark.adapters.sandbox.shopify_store import StoredOrder
from mockspark.application.errors import NotAuthorized, Rejected, Unavailable
from mockspark.application.ports.channels import (
    ChecksInstallation,
    HoldsOrders,
    OrderTold,
    PublishesShipments,
    SubscribesOrders,
)
from mockspark.domain.identity import ExternalRef
from mockspark.domain.order import ChannelOrder, Payment
from tests.adapters.channels.opened import NOON, Opened, line_refs, opened_shop, order_ref, ref


def told(shop: Opened, order: StoredOrder) -> ChannelOrder:
    """Read the order as a webhook's body tells it."""
    body = json.dumps(bodies.order_body(shop.store, order)).encode()
    (event,) = ShopifyIntake().read("orders/updated", body)
    assert isinstance(event, OrderTold)
    assert event.order is not None
    return event.order


async def test_every_ability_is_there(shop: Opened) -> None:
    """The channel can publish, hold, subscribe and check: the core asks by protocol."""
    for ability in (PublishesShipments, HoldsOrders, SubscribesOrders, ChecksInstallation):
        assert isinstance(shop.channel, ability)


async def test_webhook_and_query_tell_the_same_order(shop: Opened) -> None:
    """An order is one thing, whether a webhook brings it or we fetch it."""
    for draft in sample_orders(7, 40):
        order = shop.people.route(shop.people.place(draft).id)

        assert told(shop, order) == await shop.channel.fetch(order_ref(order))


async def test_an_order_is_found_by_its_fulfillment_order(shop: Opened) -> None:
    """Hold webhooks name a fulfillment order only; fetching by it gives the order under its own name."""
    order = shop.order()
    work = ExternalRef("shopify", f"gid://shopify/FulfillmentOrder/{order.work[0].id}")

    found = await shop.channel.fetch(work)

    assert found is not None
    assert order_ref(order) == found.ref
    assert await shop.channel.fetch(ExternalRef("shopify", "gid://shopify/FulfillmentOrder/9")) is None


async def test_an_unknown_order_is_none(shop: Opened) -> None:
    """An order that the store does not know is told by None, not by an error."""
    assert await shop.channel.fetch(ref(123)) is None
