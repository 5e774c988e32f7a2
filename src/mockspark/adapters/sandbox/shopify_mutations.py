"""Mutations: the payload always comes, refusals stand in its `userErrors`."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import wraps
from typing import Any, Final

from graphql import GraphQLError

from mockspark.adapters.sandbox import shopify_bulk as bulk
from mockspark.adapters.sandbox import shopify_orders as desk
from mockspark.adapters.sandbox import shopify_shipping as shipping
from mockspark.adapters.sandbox import shopify_subscriptions as subscribing
from mockspark.adapters.sandbox import shopify_views as views
from mockspark.adapters.sandbox.shopify_shipping import ANSWERS, BadId, Portion, Refused
from mockspark.adapters.sandbox.shopify_store import (
    FulfillmentOrder,
    FulfillmentService,
    KeptRefund,
    Location,
    StoredOrder,
    gid,
    number_of,
)
from mockspark.adapters.sandbox.shopify_views import Call, View

Resolver = Callable[..., View]


def _mutation(*empty: str, errors: str = "userErrors") -> Callable[[Resolver], Resolver]:
    """Turn a refusal into the payload with *empty* fields and one error."""

    def decorate(resolve: Resolver) -> Resolver:
        @wraps(resolve)
        def answer(call: Call, **arguments: Any) -> View:
            try:
                return {"userErrors": [], errors: []} | resolve(call, **arguments)
            except Refused as refused:
                entry = refused.as_error()
                return dict.fromkeys(empty) | {"userErrors": [entry], errors: [entry]}
            except BadId as e:
                raise GraphQLError(str(e), extensions={"code": "RESOURCE_NOT_FOUND"}) from e

        return answer

    return decorate


def _work(call: Call, work: FulfillmentOrder | None) -> View | None:
    if work is None:
        return None
    return views.work_view(call, call.store.orders[work.order_id], work)


def _portions(raw: Sequence[Mapping[str, Any]] | None) -> list[Portion]:
    return [Portion(line_id=str(part["id"]), quantity=int(part["quantity"])) for part in raw or ()]


# -- shipping ----------------------------------------------------------------------------------------------


@_mutation("fulfillment")
def fulfillment_create(call: Call, *, fulfillment: Mapping[str, Any], message: str | None = None) -> View:
    """Ship a parcel."""
    wanted = [
        (str(entry["fulfillmentOrderId"]), _portions(entry.get("fulfillmentOrderLineItems")))
        for entry in fulfillment["lineItemsByFulfillmentOrder"]
    ]
    parcel = shipping.create_fulfillment(
        call.world,
        call.store,
        wanted,
        fulfillment.get("trackingInfo"),
        notify=bool(fulfillment.get("notifyCustomer")),
        message=message,
    )
    return {"fulfillment": views.parcel_view(call, call.store.orders[parcel.order_id], parcel)}


@_mutation("fulfillment")
def fulfillment_cancel(call: Call, *, id: str) -> View:  # noqa: A002
    """Take a parcel back."""
    parcel = shipping.cancel_fulfillment(call.world, call.store, id)
    return {"fulfillment": views.parcel_view(call, call.store.orders[parcel.order_id], parcel)}


@_mutation("fulfillment")
def tracking_update(
    call: Call,
    *,
    fulfillmentId: str,  # noqa: N803
    trackingInfoInput: Mapping[str, Any],  # noqa: N803
    notifyCustomer: bool | None = None,  # noqa: N803
) -> View:
    """Change a parcel's tracking."""
    parcel = shipping.update_tracking(
        call.world, call.store, fulfillmentId, trackingInfoInput, notify=bool(notifyCustomer)
    )
    return {"fulfillment": views.parcel_view(call, call.store.orders[parcel.order_id], parcel)}


@_mutation("fulfillmentEvent")
def event_create(call: Call, *, fulfillmentEvent: Mapping[str, Any]) -> View:  # noqa: N803
    """Add a milestone."""
    return {
        "fulfillmentEvent": views.event_view(shipping.add_event(call.world, call.store, fulfillmentEvent))
    }


@_mutation("fulfillmentHold", "fulfillmentOrder", "remainingFulfillmentOrder")
def hold(call: Call, *, id: str, fulfillmentHold: Mapping[str, Any]) -> View:  # noqa: A002, N803
    """Put a hold."""
    held = shipping.hold(call.world, call.store, id, fulfillmentHold, app_id=call.app.id)
    return {
        "fulfillmentHold": views.hold_view(call, held.hold),
        "fulfillmentOrder": _work(call, held.work),
        "remainingFulfillmentOrder": _work(call, held.remaining),
    }


@_mutation("fulfillmentOrder")
def release_hold(
    call: Call,
    *,
    id: str,  # noqa: A002
    holdIds: list[str] | None = None,  # noqa: N803
    externalId: str | None = None,  # noqa: ARG001, N803
) -> View:
    """Lift holds."""
    work = shipping.release(call.world, call.store, id, holdIds, app_id=call.app.id)
    return {"fulfillmentOrder": _work(call, work)}


@_mutation("originalFulfillmentOrder", "movedFulfillmentOrder", "remainingFulfillmentOrder")
def move(
    call: Call,
    *,
    id: str,  # noqa: A002
    newLocationId: str,  # noqa: N803
    fulfillmentOrderLineItems: list[Mapping[str, Any]] | None = None,  # noqa: N803
) -> View:
    """Move work to another location."""
    moved = shipping.move(call.world, call.store, id, newLocationId, _portions(fulfillmentOrderLineItems))
    return {
        "originalFulfillmentOrder": _work(call, moved.original),
        "movedFulfillmentOrder": _work(call, moved.moved),
        "remainingFulfillmentOrder": _work(call, moved.remaining),
    }


@_mutation("fulfillmentOrderSplits")
def split(call: Call, *, fulfillmentOrderSplits: list[Mapping[str, Any]]) -> View:  # noqa: N803
    """Split fulfillment orders."""
    results = []
    for i, entry in enumerate(fulfillmentOrderSplits):
        portions = _portions(entry["fulfillmentOrderLineItems"])
        stays, new = shipping.split(
            call.world, call.store, str(entry["fulfillmentOrderId"]), portions, index=i
        )
        results.append((stays, new))
    return {
        "fulfillmentOrderSplits": [
            {
                "fulfillmentOrder": _work(call, stays),
                "remainingFulfillmentOrder": _work(call, new),
                "replacementFulfillmentOrder": None,
            }
            for stays, new in results
        ]
    }


@_mutation("fulfillmentOrder")
def report_progress(call: Call, *, id: str, progressReport: Mapping[str, Any] | None = None) -> View:  # noqa: A002, ARG001, N803
    """Report that work has begun."""
    return {"fulfillmentOrder": _work(call, shipping.report_progress(call.world, call.store, id))}


@_mutation("fulfillmentOrder")
def open_work(call: Call, *, id: str) -> View:  # noqa: A002
    """Open work again."""
    return {"fulfillmentOrder": _work(call, shipping.mark_open(call.world, call.store, id))}


@_mutation("fulfillmentOrder")
def close_work(call: Call, *, id: str, message: str | None = None) -> View:  # noqa: A002, ARG001
    """Give accepted work up."""
    return {"fulfillmentOrder": _work(call, shipping.close_work(call.world, call.store, id))}


def _answering(name: str) -> Resolver:
    @_mutation("fulfillmentOrder")
    def answer(call: Call, *, id: str, **_: Any) -> View:  # noqa: A002
        return {
            "fulfillmentOrder": _work(
                call, shipping.answer_request(call.world, call.store, id, ANSWERS[name])
            )
        }

    return answer


@_mutation("originalFulfillmentOrder", "submittedFulfillmentOrder", "unsubmittedFulfillmentOrder")
def submit_request(
    call: Call,
    *,
    id: str,  # noqa: A002
    message: str | None = None,
    fulfillmentOrderLineItems: list[Mapping[str, Any]] | None = None,  # noqa: N803
    **_: Any,
) -> View:
    """Ask a fulfillment service to work."""
    portions = _portions(fulfillmentOrderLineItems)
    rest: FulfillmentOrder | None = None
    if portions:
        work = shipping.find_work(call.store, id, code=None)[1]
        if sum(p.quantity for p in portions) < work.remaining:
            rest, new = shipping.split(call.world, call.store, id, portions, index=0)
            id = gid("FulfillmentOrder", new.id)  # noqa: A001
    submitted = shipping.submit_request(call.world, call.store, id, message)
    return {
        "originalFulfillmentOrder": _work(call, rest or submitted),
        "submittedFulfillmentOrder": _work(call, submitted),
        "unsubmittedFulfillmentOrder": _work(call, rest),
    }


@_mutation("fulfillmentOrder")
def submit_cancellation(call: Call, *, id: str, message: str | None = None) -> View:  # noqa: A002
    """Ask a fulfillment service to give work back."""
    return {
        "fulfillmentOrder": _work(call, shipping.submit_cancellation(call.world, call.store, id, message))
    }


@_mutation("fulfillmentService")
def service_create(
    call: Call,
    *,
    name: str,
    callbackUrl: str | None = None,  # noqa: N803
    trackingSupport: bool = False,  # noqa: N803
    inventoryManagement: bool = False,  # noqa: N803
    requiresShippingMethod: bool = True,  # noqa: N803
) -> View:
    """Register a fulfillment service with a location of its own."""
    _check_service(call, name.strip(), callbackUrl)
    service = FulfillmentService(
        id=call.world.numbers(),
        handle="-".join(name.lower().split()),
        name=name.strip(),
        app_id=call.app.id,
        callback_url=callbackUrl,
        tracking=trackingSupport,
        inventory=inventoryManagement,
        requires_shipping_method=requiresShippingMethod,
    )
    place = Location(id=call.world.numbers(), name=service.name, service=service)
    service.location_id = place.id
    call.store.locations.append(place)
    return {"fulfillmentService": views.service_view(call, service)}


def _check_service(call: Call, name: str, callback: str | None) -> None:
    if not name:
        raise Refused(message="Name can't be blank", field=("name",))
    if any(place.name == name for place in call.store.locations):
        raise Refused(message="Name has already been taken", field=("name",))
    if callback is None or subscribing.on_loopback(callback):
        return
    if not callback.startswith("https://") or "//example.com" in callback:
        raise Refused(message="Callback url is not allowed", field=("callbackUrl",))


# -- orders ------------------------------------------------------------------------------------------------


def _order_payload(call: Call, order: StoredOrder) -> View:
    return {"order": views.order_view(call, order)}


@_mutation("order")
def order_update(call: Call, *, input: Mapping[str, Any]) -> View:  # noqa: A002
    """Replace facts of an order; lists are replaced, not added to."""
    order = desk.find_order(call.store, str(input["id"]))
    values: dict[str, Any] = {}
    for name, attribute in (
        ("note", "note"),
        ("email", "email"),
        ("phone", "phone"),
        ("poNumber", "po_number"),
    ):
        if name in input:
            values[attribute] = input[name]
    if "tags" in input:
        values["tags"] = sorted(set(input["tags"] or ()))
    if "customAttributes" in input:
        values["note_attributes"] = tuple((a["key"], a["value"]) for a in input["customAttributes"] or ())
    if input.get("shippingAddress"):
        values["shipping_address"] = desk.address_from_input(input["shippingAddress"], order.shipping_address)
    if input.get("metafields"):
        owned = [entry | {"ownerId": input["id"]} for entry in map(dict, input["metafields"])]
        desk.set_metafields(call.world, call.store, owned)
    return _order_payload(call, desk.change(call.world, call.store, order, **values))


@_mutation("job", errors="orderCancelUserErrors")
def order_cancel(
    call: Call,
    *,
    orderId: str,  # noqa: N803
    reason: str,
    restock: bool,  # noqa: ARG001 - the sandbox keeps no stock
    refund: bool | None = None,
    refundMethod: Mapping[str, Any] | None = None,  # noqa: N803
    notifyCustomer: bool | None = None,  # noqa: ARG001, N803
    staffNote: str | None = None,  # noqa: N803
) -> View:
    """Cancel an order a moment later; the answer is a job."""
    if refund is not None and refundMethod is not None:
        raise Refused(
            message="Only one of the arguments `refund` or `refund_method` is allowed.",
            field=("refund",),
            code="INVALID",
        )
    order = desk.find_order(call.store, orderId, field=("orderId",))
    money_back = bool(refund) or bool((refundMethod or {}).get("originalPaymentMethodsRefund"))
    job = desk.ask_cancel(
        call.world,
        call.store,
        order,
        reason=reason,
        refund_money=money_back,
        staff_note=staffNote,
    )
    return {"job": views.job_view(job)}


@_mutation("order")
def order_close(call: Call, *, input: Mapping[str, Any]) -> View:  # noqa: A002
    """Archive an order."""
    order = desk.find_order(call.store, str(input["id"]))
    return _order_payload(call, desk.set_archived(call.world, call.store, order, archived=True))


@_mutation("order")
def order_open(call: Call, *, input: Mapping[str, Any]) -> View:  # noqa: A002
    """Take an order out of the archive."""
    order = desk.find_order(call.store, str(input["id"]))
    return _order_payload(call, desk.set_archived(call.world, call.store, order, archived=False))


@_mutation("order")
def order_paid(call: Call, *, input: Mapping[str, Any]) -> View:  # noqa: A002
    """Mark an order as paid."""
    order = desk.find_order(call.store, str(input["id"]))
    return _order_payload(call, desk.pay(call.world, call.store, order))


@_mutation("refund", "order")
def refund_create(call: Call, *, input: Mapping[str, Any]) -> View:  # noqa: A002
    """Give units or money back; the idempotency key makes a repetition the same refund."""
    key = call.idempotency_key
    if not key:
        raise GraphQLError(
            "The @idempotent directive is required for this mutation but was not provided.",
            extensions={"code": "BAD_REQUEST"},
        )
    order = desk.find_order(call.store, str(input["orderId"]), field=("orderId",))
    asked = json.dumps(input, sort_keys=True, default=str)
    known = call.store.idempotent.get(key)
    if known is not None:
        if known.request != asked:
            raise Refused(message="The same idempotency key was used with different parameters.")
        return {"refund": views.refund_view(call, order, known.refund), **_order_payload(call, order)}
    made = desk.refund(
        call.world,
        call.store,
        order,
        parts=[_refund_part(part) for part in input.get("refundLineItems") or ()],
        amount=_refund_amount(input),
        note=input.get("note"),
    )
    call.store.idempotent[key] = KeptRefund(request=asked, refund=made)
    return {"refund": views.refund_view(call, order, made), **_order_payload(call, order)}


def _refund_part(raw: Mapping[str, Any]) -> desk.RefundPart:
    number = number_of("LineItem", str(raw["lineItemId"]))
    if number is None:
        raise BadId("invalid id")
    return desk.RefundPart(
        line_id=number, quantity=int(raw["quantity"]), restock_type=raw.get("restockType") or "NO_RESTOCK"
    )


def _refund_amount(raw: Mapping[str, Any]) -> Decimal | None:
    transactions = raw.get("transactions")
    if not transactions:
        return None
    return sum((Decimal(str(t["amount"])) for t in transactions), Decimal(0))


def _tags(call: Call, order_id: str, change: Callable[[set[str]], set[str]]) -> View:
    number = number_of("Order", order_id)
    order = call.store.order(number)
    if order is None:
        kind = order_id.removeprefix("gid://shopify/").partition("/")[0]
        raise Refused(message=f"{kind} does not exist", field=("id",))
    tags = sorted(change(set(order.tags)))
    if tags != sorted(order.tags):
        desk.change(call.world, call.store, order, tags=tags)
    return {"node": views.order_view(call, order)}


@_mutation("node")
def tags_add(call: Call, *, id: str, tags: list[str]) -> View:  # noqa: A002
    """Add tags."""
    return _tags(call, id, lambda old: old | {tag.strip() for tag in tags if tag.strip()})


@_mutation("node")
def tags_remove(call: Call, *, id: str, tags: list[str]) -> View:  # noqa: A002
    """Take tags off."""
    return _tags(call, id, lambda old: old - set(tags))


@_mutation("metafields")
def metafields_set(call: Call, *, metafields: list[Mapping[str, Any]]) -> View:
    """Write metafields."""
    written = desk.set_metafields(call.world, call.store, metafields)
    return {"metafields": [views.metafield_view(m) for m in written]}


# -- subscriptions and bulk --------------------------------------------------------------------------------


@_mutation("webhookSubscription")
def subscription_create(call: Call, *, topic: str, webhookSubscription: Mapping[str, Any]) -> View:  # noqa: N803
    """Subscribe to a topic."""
    made = subscribing.subscribe(call.world, call.store, call.app, topic, webhookSubscription)
    return {"webhookSubscription": views.subscription_view(call, made)}


@_mutation("webhookSubscription")
def subscription_update(call: Call, *, id: str, webhookSubscription: Mapping[str, Any]) -> View:  # noqa: A002, N803
    """Change a subscription."""
    changed = subscribing.resubscribe(call.world, call.store, call.app, id, webhookSubscription)
    return {"webhookSubscription": views.subscription_view(call, changed)}


@_mutation("deletedWebhookSubscriptionId")
def subscription_delete(call: Call, *, id: str) -> View:  # noqa: A002
    """Unsubscribe."""
    return {"deletedWebhookSubscriptionId": subscribing.unsubscribe(call.store, call.app, id)}


@_mutation("bulkOperation")
def bulk_run(call: Call, *, query: str, groupObjects: bool = False) -> View:  # noqa: N803
    """Answer a query as a file."""
    return {"bulkOperation": views.bulk_view(call, bulk.run(call, query, grouped=groupObjects))}


@_mutation("bulkOperation")
def bulk_cancel(call: Call, *, id: str) -> View:  # noqa: A002
    """Stop a bulk operation."""
    return {"bulkOperation": views.bulk_view(call, bulk.cancel(call, id))}


MUTATIONS: Final[Mapping[str, Resolver]] = {
    "bulkOperationCancel": bulk_cancel,
    "bulkOperationRunQuery": bulk_run,
    "fulfillmentCancel": fulfillment_cancel,
    "fulfillmentCreate": fulfillment_create,
    "fulfillmentEventCreate": event_create,
    "fulfillmentOrderAcceptCancellationRequest": _answering("accept_cancellation"),
    "fulfillmentOrderAcceptFulfillmentRequest": _answering("accept"),
    "fulfillmentOrderClose": close_work,
    "fulfillmentOrderHold": hold,
    "fulfillmentOrderMove": move,
    "fulfillmentOrderOpen": open_work,
    "fulfillmentOrderRejectCancellationRequest": _answering("reject_cancellation"),
    "fulfillmentOrderRejectFulfillmentRequest": _answering("reject"),
    "fulfillmentOrderReleaseHold": release_hold,
    "fulfillmentOrderReportProgress": report_progress,
    "fulfillmentOrderSplit": split,
    "fulfillmentOrderSubmitCancellationRequest": submit_cancellation,
    "fulfillmentOrderSubmitFulfillmentRequest": submit_request,
    "fulfillmentServiceCreate": service_create,
    "fulfillmentTrackingInfoUpdate": tracking_update,
    "metafieldsSet": metafields_set,
    "orderCancel": order_cancel,
    "orderClose": order_close,
    "orderMarkAsPaid": order_paid,
    "orderOpen": order_open,
    "orderUpdate": order_update,
    "refundCreate": refund_create,
    "tagsAdd": tags_add,
    "tagsRemove": tags_remove,
    "webhookSubscriptionCreate": subscription_create,
    "webhookSubscriptionDelete": subscription_delete,
    "webhookSubscriptionUpdate": subscription_update,
}
