"""Every document that a Shopify client sends is valid in the real schema and is answered by the sandbox."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

import pytest

from mockspark.adapters.sandbox.shopify import ShopifySandbox
from mockspark.adapters.sandbox.shopify_store import gid
from tests.adapters.sandbox.running import Json, Running, running_shop, still_clock, work_gid
from tests.adapters.sandbox.shopify_documents import SCHEMA, document, names
from tests.samples import needs_samples

pytestmark = needs_samples


@pytest.fixture(scope="module")
def judge() -> ShopifySandbox:
    """A sandbox that also judges by the real schema; reading that takes a while, so all tests share it."""
    return ShopifySandbox(clock=still_clock(), judged_by=SCHEMA)


@pytest.fixture
async def shopify(judge: ShopifySandbox) -> AsyncGenerator[Running]:
    judge.reset()
    async with running_shop(judge) as running:
        yield running


# -- what a document needs to find in the shop, and the variables that name it --------------------------------


async def placed_order(shopify: Running) -> Json:
    return {"id": gid("Order", shopify.order(2, 1).id)}


async def fresh_work(shopify: Running) -> Json:
    return {"id": work_gid(shopify.work(2))}


async def other_location(shopify: Running) -> str:
    service = {"name": "Prints", "tracking": False, "inventory": False}
    made = await shopify.data(document("fulfillment_service_create"), **service)
    return str(made["fulfillmentServiceCreate"]["fulfillmentService"]["location"]["id"])


async def served_work(shopify: Running) -> Json:
    """Lay work with the app's own fulfillment service."""
    place, work = await other_location(shopify), await fresh_work(shopify)
    await shopify.data(document("fulfillment_order_move"), **work, newLocationId=place)
    return work


async def submitted_work(shopify: Running) -> Json:
    work = await served_work(shopify)
    await shopify.data(document("submit_fulfillment_request"), **work)
    return work


async def accepted_work(shopify: Running) -> Json:
    work = await submitted_work(shopify)
    await shopify.data(document("fulfillment_request_accept"), **work)
    return work


async def unwanted_work(shopify: Running) -> Json:
    work = await accepted_work(shopify)
    asking = (
        "mutation($id: ID!) { fulfillmentOrderSubmitCancellationRequest(id: $id) { userErrors { message } } }"
    )
    await shopify.data(asking, **work)
    return work


async def work_to_hold(shopify: Running) -> Json:
    return await fresh_work(shopify) | {"hold": {"reason": "OTHER", "handle": "design-review"}}


async def held_work(shopify: Running) -> Json:
    held = await work_to_hold(shopify)
    made = await shopify.data(document("fulfillment_order_hold"), **held)
    return {"id": held["id"], "holdIds": [made["fulfillmentOrderHold"]["fulfillmentHold"]["id"]]}


async def work_to_move(shopify: Running) -> Json:
    return await fresh_work(shopify) | {"newLocationId": await other_location(shopify)}


async def work_to_split(shopify: Running) -> Json:
    work = shopify.work(2)
    lines = [{"id": gid("FulfillmentOrderLineItem", work.lines[0].id), "quantity": 1}]
    return {"splits": [{"fulfillmentOrderId": work_gid(work), "fulfillmentOrderLineItems": lines}]}


async def work_to_ship(shopify: Running) -> Json:
    parts = [{"fulfillmentOrderId": work_gid(shopify.work(2))}]
    tracking = {"company": "USPS", "number": "9400"}
    return {"fulfillment": {"lineItemsByFulfillmentOrder": parts, "trackingInfo": tracking}}


async def parcel(shopify: Running) -> Json:
    return {"id": gid("Fulfillment", shopify.people.ship(shopify.order(1).id)[0].id)}


async def parcel_to_track(shopify: Running) -> Json:
    return await parcel(shopify) | {"tracking": {"company": "UPS", "number": "1Z"}, "notify": False}


async def milestone(shopify: Running) -> Json:
    return {"event": {"fulfillmentId": (await parcel(shopify))["id"], "status": "IN_TRANSIT"}}


async def bulk_query(_: Running) -> Json:
    return {"query": "{ orders { edges { node { id lineItems { edges { node { id sku } } } } } } }"}


async def bulk_operation(shopify: Running) -> Json:
    made = await shopify.data(document("bulk_run_query"), **await bulk_query(shopify))
    return {"id": made["bulkOperationRunQuery"]["bulkOperation"]["id"]}


async def order_to_cancel(shopify: Running) -> Json:
    order = await placed_order(shopify)
    return {"orderId": order["id"], "reason": "CUSTOMER", "restock": True}


async def job(shopify: Running) -> Json:
    made = await shopify.data(document("order_cancel"), **await order_to_cancel(shopify))
    return {"id": made["orderCancel"]["job"]["id"]}


async def order_to_refund(shopify: Running) -> Json:
    order = shopify.order(2)
    part = {"lineItemId": gid("LineItem", order.lines[0].id), "quantity": 1, "restockType": "CANCEL"}
    key = "2b0f9a4e-1f0c-4a53-9a53-5d7cf2a2f9b1"
    return {"input": {"orderId": gid("Order", order.id), "refundLineItems": [part]}, "key": key}


async def metafield(shopify: Running) -> Json:
    owner = (await placed_order(shopify))["id"]
    field = {"ownerId": owner, "namespace": "$app", "key": "state", "type": "json", "value": "{}"}
    return {"metafields": [field]}


async def note(shopify: Running) -> Json:
    return {"input": await placed_order(shopify) | {"note": "hello", "tags": ["a"]}}


async def tags(shopify: Running) -> Json:
    return await placed_order(shopify) | {"tags": ["in production"]}


async def order_named_by_owner(shopify: Running) -> Json:
    return {"orderId": (await placed_order(shopify))["id"]}


async def search(shopify: Running) -> Json:
    await placed_order(shopify)
    return {"query": "updated_at:>='2026-11-20T00:00:00Z'"}


async def service(_: Running) -> Json:
    return {"name": "Prints", "tracking": True, "inventory": False}


async def wish(shopify: Running) -> Json:
    return {"topic": "ORDERS_PAID", "sub": {"uri": f"{shopify.inbox.address}/hooks", "format": "JSON"}}


async def subscription(shopify: Running) -> Json:
    made = await shopify.data(document("webhook_subscription_create"), **await wish(shopify))
    return {"id": made["webhookSubscriptionCreate"]["webhookSubscription"]["id"]}


async def some_subscription(shopify: Running) -> Json:
    await subscription(shopify)
    return {"topics": ["ORDERS_PAID"]}


async def some_submitted_work(shopify: Running) -> Json:
    await submitted_work(shopify)
    return {"status": "FULFILLMENT_REQUESTED"}


async def nothing(shopify: Running) -> Json:
    shopify.order(1)
    return {}


PREPARED: Mapping[str, Callable[[Running], Awaitable[Json]]] = {
    "assigned_fulfillment_orders": some_submitted_work,
    "bulk_operation": bulk_operation,
    "bulk_operation_cancel": bulk_operation,
    "bulk_run_query": bulk_query,
    "cancellation_request_accept": unwanted_work,
    "cancellation_request_reject": unwanted_work,
    "fulfillment_cancel": parcel,
    "fulfillment_create": work_to_ship,
    "fulfillment_event_create": milestone,
    "fulfillment_order": fresh_work,
    "fulfillment_order_close": accepted_work,
    "fulfillment_order_hold": work_to_hold,
    "fulfillment_order_move": work_to_move,
    "fulfillment_order_release_hold": held_work,
    "fulfillment_order_report_progress": fresh_work,
    "fulfillment_order_split": work_to_split,
    "fulfillment_orders_updated_page": search,
    "fulfillment_request_accept": submitted_work,
    "fulfillment_request_reject": submitted_work,
    "fulfillment_service_create": service,
    "fulfillment_tracking_update": parcel_to_track,
    "job": job,
    "metafields_set": metafield,
    "order_by_id": placed_order,
    "order_cancel": order_to_cancel,
    "order_fulfillment_orders": order_named_by_owner,
    "order_line_items_page": placed_order,
    "order_note_update": note,
    "order_with_customer": placed_order,
    "orders_count": search,
    "orders_updated_ids_page": search,
    "orders_updated_page": search,
    "refund_create": order_to_refund,
    "shop_and_installation": nothing,
    "submit_fulfillment_request": served_work,
    "tags_add": tags,
    "webhook_subscription_create": wish,
    "webhook_subscription_delete": subscription,
    "webhook_subscriptions": some_subscription,
}
INNER = "bulk_orders_inner"


def problems(payload: Any) -> list[Any]:
    """Return the user errors of a mutation's payload, whatever their list is called."""
    lists = [value for name, value in payload.items() if name.endswith("serErrors")]
    return [error for errors in lists for error in errors]


def test_every_document_is_tried() -> None:
    """A document that is added without its variables fails here."""
    assert sorted(set(names()) - {INNER}) == sorted(PREPARED)


@pytest.mark.parametrize("name", sorted(PREPARED))
async def test_a_document_is_answered_without_an_error(shopify: Running, name: str) -> None:
    """The real schema accepts the document, and the sandbox answers all of it."""
    variables = await PREPARED[name](shopify)
    data = await shopify.data(document(name), **variables)
    assert None not in data.values()
    assert [] == [
        error for payload in data.values() if isinstance(payload, dict) for error in problems(payload)
    ]


async def test_the_inner_document_of_a_bulk_export_is_accepted(shopify: Running) -> None:
    """The document that asks for everything keeps the rules of bulk operations."""
    shopify.order(1)
    made = await shopify.data(document("bulk_run_query"), query=document(INNER))
    assert [] == made["bulkOperationRunQuery"]["userErrors"]
    shopify.sandbox.advance(5)
    done = await shopify.data(
        document("bulk_operation"), id=made["bulkOperationRunQuery"]["bulkOperation"]["id"]
    )
    assert "COMPLETED" == done["bulkOperation"]["status"]
    assert "2" == done["bulkOperation"]["objectCount"]
