"""Root queries, and the scopes that each field wants."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from graphql import GraphQLError

from mockspark.adapters.sandbox import shopify_views as views
from mockspark.adapters.sandbox.shopify_search import (
    ORDER_FIELDS,
    WORK_FIELDS,
    Search,
    order_facts,
    read_search,
    work_facts,
)
from mockspark.adapters.sandbox.shopify_store import FulfillmentOrder, StoredOrder, number_of
from mockspark.adapters.sandbox.shopify_views import Call, Key, View

READS_WORK: Final = (
    "read_assigned_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
    "read_third_party_fulfillment_orders",
)
WRITES_WORK: Final = tuple(scope.replace("read_", "write_") for scope in READS_WORK)
_MANAGES_WORK: Final = ("write_merchant_managed_fulfillment_orders", "write_third_party_fulfillment_orders")
_SERVES: Final = ("write_assigned_fulfillment_orders",)

ACCESS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("QueryRoot", "order"): ("read_orders",),
    ("QueryRoot", "orders"): ("read_orders",),
    ("QueryRoot", "ordersCount"): ("read_orders",),
    ("QueryRoot", "fulfillment"): ("read_orders", "read_fulfillments"),
    ("QueryRoot", "fulfillmentOrder"): READS_WORK,
    ("QueryRoot", "fulfillmentOrders"): READS_WORK,
    ("QueryRoot", "assignedFulfillmentOrders"): ("read_assigned_fulfillment_orders",),
    ("Order", "customer"): ("read_customers",),
    ("FulfillmentHold", "heldByApp"): ("read_apps",),
    ("Mutation", "fulfillmentCreate"): WRITES_WORK,
    ("Mutation", "fulfillmentCancel"): WRITES_WORK,
    ("Mutation", "fulfillmentTrackingInfoUpdate"): WRITES_WORK,
    ("Mutation", "fulfillmentEventCreate"): ("write_fulfillments",),
    ("Mutation", "fulfillmentServiceCreate"): ("write_fulfillments",),
    ("Mutation", "fulfillmentOrderHold"): _MANAGES_WORK,
    ("Mutation", "fulfillmentOrderReleaseHold"): _MANAGES_WORK,
    ("Mutation", "fulfillmentOrderMove"): _MANAGES_WORK,
    ("Mutation", "fulfillmentOrderSplit"): _MANAGES_WORK,
    ("Mutation", "fulfillmentOrderOpen"): _MANAGES_WORK,
    ("Mutation", "fulfillmentOrderReportProgress"): (*_SERVES, "write_merchant_managed_fulfillment_orders"),
    ("Mutation", "fulfillmentOrderAcceptFulfillmentRequest"): _SERVES,
    ("Mutation", "fulfillmentOrderRejectFulfillmentRequest"): _SERVES,
    ("Mutation", "fulfillmentOrderAcceptCancellationRequest"): _SERVES,
    ("Mutation", "fulfillmentOrderRejectCancellationRequest"): _SERVES,
    ("Mutation", "fulfillmentOrderClose"): _SERVES,
    ("Mutation", "fulfillmentOrderSubmitFulfillmentRequest"): ("write_third_party_fulfillment_orders",),
    ("Mutation", "fulfillmentOrderSubmitCancellationRequest"): ("write_third_party_fulfillment_orders",),
    ("Mutation", "metafieldsSet"): ("write_orders",),
    ("Mutation", "orderCancel"): ("write_orders",),
    ("Mutation", "orderClose"): ("write_orders",),
    ("Mutation", "orderMarkAsPaid"): ("write_orders",),
    ("Mutation", "orderOpen"): ("write_orders",),
    ("Mutation", "orderUpdate"): ("write_orders",),
    ("Mutation", "refundCreate"): ("write_orders",),
    ("Mutation", "tagsAdd"): ("write_orders",),
    ("Mutation", "tagsRemove"): ("write_orders",),
}
PERSONAL: Final = frozenset(
    {
        ("Order", "shippingAddress"),
        ("Order", "billingAddress"),
        ("Order", "displayAddress"),
        ("Order", "customer"),
        ("Order", "email"),
        ("Order", "phone"),
        ("FulfillmentOrder", "destination"),
    }
)
_PROTECTED_DATA: Final = "https://shopify.dev/docs/apps/launch/protected-customer-data"
_SCOPES_PAGE: Final = "https://shopify.dev/api/usage/access-scopes"


def check_access(call: Call, parent: str, field: str) -> None:
    """Refuse a field whose scope or approval is missing; the rest of the answer stays good."""
    wanted = ACCESS.get((parent, field))
    if wanted is not None and not call.may(*wanted):
        access = " or ".join(f"`{scope}`" for scope in wanted) + " access scope."
        raise GraphQLError(
            f"Access denied for {field} field. Required access: {access}",
            extensions={"code": "ACCESS_DENIED", "documentation": _SCOPES_PAGE, "requiredAccess": access},
        )
    if (parent, field) in PERSONAL and not call.store.protected_data:
        raise GraphQLError(
            f"This app is not approved to use the {field} field. See {_PROTECTED_DATA} for more details.",
            extensions={"code": "ACCESS_DENIED", "documentation": _PROTECTED_DATA},
        )


def _not_found(value: str) -> GraphQLError:
    return GraphQLError(f"Invalid id: {value}", extensions={"code": "RESOURCE_NOT_FOUND"})


def _number(kind: str, value: str) -> int:
    number = number_of(kind, value)
    if number is None:
        raise _not_found(value)
    return number


def order(call: Call, *, id: str) -> View | None:  # noqa: A002 - the schema's name
    """Return one order; null for one that does not exist."""
    found = call.store.order(_number("Order", id))
    return views.order_view(call, found) if found and call.remembers(found) else None


_ORDER_KEYS: Final[Mapping[str, Key]] = {
    "UPDATED_AT": lambda order: (order.updated_at, order.id),
    "CREATED_AT": lambda order: (order.created_at, order.id),
    "PROCESSED_AT": lambda order: (order.processed_at, order.id),
    "ORDER_NUMBER": lambda order: (order.number, order.id),
    "TOTAL_PRICE": lambda order: (order.total, order.id),
}


def _found_orders(call: Call, path: str, query: str | None) -> list[StoredOrder]:
    search = read_search(query, ORDER_FIELDS)
    _note(call, path, search)
    return [
        order
        for order in call.store.orders.values()
        if call.remembers(order) and search.matches(order_facts(order, views.fulfillment_status(order)))
    ]


def _note(call: Call, path: str, search: Search) -> None:
    report = search.report(path)
    if report is not None:
        call.searches.append(report)


def orders(call: Call, *, query: str | None = None, sortKey: str = "PROCESSED_AT", **arguments: Any) -> View:  # noqa: N803
    """Return a page of orders."""
    key = _ORDER_KEYS.get(sortKey, lambda order: (order.id,))
    found = _found_orders(call, "orders", query)
    return views.page(call, found, lambda order: views.order_view(call, order), arguments, key=key)


def orders_count(call: Call, *, query: str | None = None, limit: int | None = 10_000) -> View:
    """Count orders, up to a limit."""
    count = len(_found_orders(call, "ordersCount", query))
    if limit is not None and count > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": count, "precision": "EXACT"}


def fulfillment(call: Call, *, id: str) -> View | None:  # noqa: A002
    """Return one fulfillment."""
    found = call.store.parcel_by_id(_number("Fulfillment", id))
    return views.parcel_view(call, *found) if found else None


def fulfillment_order(call: Call, *, id: str) -> View | None:  # noqa: A002
    """Return one fulfillment order that the scopes show."""
    found = call.store.work_by_id(_number("FulfillmentOrder", id))
    return views.work_view(call, *found) if found and call.sees(found[1]) else None


def fulfillment_orders(
    call: Call,
    *,
    query: str | None = None,
    sortKey: str = "ID",  # noqa: N803
    includeClosed: bool = False,  # noqa: N803
    **arguments: Any,
) -> View:
    """Return a page of fulfillment orders over all orders; closed ones only when asked for."""
    search = read_search(query, WORK_FIELDS)
    _note(call, "fulfillmentOrders", search)
    found = [
        (order, work)
        for order, work in call.store.work()
        if call.sees(work) and (includeClosed or work.open) and search.matches(work_facts(work))
    ]
    return _works_page(call, found, sortKey, arguments)


def _works_page(
    call: Call, found: list[tuple[StoredOrder, FulfillmentOrder]], sort_key: str, arguments: Mapping[str, Any]
) -> View:
    def by(pair: tuple[StoredOrder, FulfillmentOrder]) -> tuple[Any, ...]:
        return (pair[1].updated_at, pair[1].id) if sort_key == "UPDATED_AT" else (pair[1].id,)

    return views.page(call, found, lambda pair: views.work_view(call, *pair), arguments, key=by)


_ASSIGNED: Final[Mapping[str, str]] = {
    "FULFILLMENT_REQUESTED": "SUBMITTED",
    "FULFILLMENT_ACCEPTED": "ACCEPTED",
    "FULFILLMENT_UNSUBMITTED": "UNSUBMITTED",
    "CANCELLATION_REQUESTED": "CANCELLATION_REQUESTED",
}


def assigned(
    call: Call,
    *,
    assignmentStatus: str | None = None,  # noqa: N803
    locationIds: list[str] | None = None,  # noqa: N803
    sortKey: str = "ID",  # noqa: N803
    **arguments: Any,
) -> View:
    """Return the fulfillment orders at the app's own fulfillment service."""
    own = [p.id for p in call.store.locations if p.service is not None and p.service.app_id == call.app.id]
    if not own:
        raise GraphQLError('["The api_client is not associated with any fulfillment service."]')
    places = {number_of("Location", value) for value in locationIds} if locationIds else set(own)
    wanted = _ASSIGNED.get(assignmentStatus or "")
    found = [
        (order, work)
        for order, work in call.store.work()
        if work.location_id in places and wanted in {None, work.request_status}
    ]
    return _works_page(call, found, sortKey, arguments)


def location(call: Call, *, id: str | None = None) -> View | None:  # noqa: A002
    """Return one location; the first without an id."""
    found = call.store.locations[0] if id is None else call.store.location(_number("Location", id))
    return views.location_view(call, found) if found else None


def locations(call: Call, **arguments: Any) -> View:
    """Return a page of locations."""
    return views.page(call, call.store.locations, lambda place: views.location_view(call, place), arguments)


def job(call: Call, *, id: str) -> View | None:  # noqa: A002
    """Return a job."""
    found = call.store.jobs.get(id.removeprefix("gid://shopify/Job/"))
    return views.job_view(found) if found else None


def shop(call: Call) -> View:
    """Return the shop."""
    return views.shop_view(call.store)


def installation(call: Call) -> View:
    """Return the app's installation."""
    return views.installation_view(call)


def versions(call: Call) -> list[View]:  # noqa: ARG001 - the signature of every root field
    """Return the API versions."""
    return [views.version_view(handle) for handle in views.VERSIONS]


def _subscriptions(call: Call) -> list[Any]:
    return [s for s in call.store.subscriptions.values() if s.app_id == call.app.id and s.by_api]


def subscription(call: Call, *, id: str) -> View | None:  # noqa: A002
    """Return a webhook subscription made by the Admin API."""
    number = _number("WebhookSubscription", id)
    return next((views.subscription_view(call, s) for s in _subscriptions(call) if s.id == number), None)


def subscriptions(
    call: Call,
    *,
    topics: list[str] | None = None,
    uri: str | None = None,
    format: str | None = None,  # noqa: A002
    **arguments: Any,
) -> View:
    """Return the webhook subscriptions made by the Admin API; those of the app's configuration are not listed."""
    found = [
        s
        for s in _subscriptions(call)
        if (not topics or s.topic.upper().replace("/", "_") in topics)
        and uri in {None, s.uri}
        and format in {None, s.format}
    ]
    return views.page(call, found, lambda s: views.subscription_view(call, s), arguments)


def subscriptions_count(call: Call, **_: Any) -> View:
    """Count the webhook subscriptions."""
    return {"count": len(_subscriptions(call)), "precision": "EXACT"}


def bulk_operation(call: Call, *, id: str) -> View | None:  # noqa: A002
    """Return a bulk operation."""
    found = call.store.bulk.get(_number("BulkOperation", id))
    return views.bulk_view(call, found) if found else None


def bulk_operations(call: Call, **arguments: Any) -> View:
    """Return a page of bulk operations."""
    return views.page(call, list(call.store.bulk.values()), lambda op: views.bulk_view(call, op), arguments)


def current_bulk_operation(call: Call, **_: Any) -> View | None:
    """Return the latest bulk operation."""
    latest = max(call.store.bulk.values(), key=lambda op: op.id, default=None)
    return views.bulk_view(call, latest) if latest else None


def node(call: Call, *, id: str) -> View | None:  # noqa: A002
    """Return whatever has the id."""
    kind = id.removeprefix("gid://shopify/").partition("/")[0]
    find = _NODES.get(kind)
    if find is None or not id.startswith("gid://shopify/"):
        raise GraphQLError(
            f"Invalid global id '{id}'",
            extensions={"code": "argumentLiteralsIncompatible", "typeName": "CoercionError"},
        )
    root = _NODE_ACCESS.get(kind)
    if root is not None:
        check_access(call, "QueryRoot", root)
    return find(call, id=id)


def nodes(call: Call, *, ids: list[str]) -> list[View | None]:
    """Return whatever has the ids, in their order."""
    return [node(call, id=value) for value in ids]


_NODES: Final[Mapping[str, Callable[..., View | None]]] = {
    "Order": order,
    "Fulfillment": fulfillment,
    "FulfillmentOrder": fulfillment_order,
    "Location": location,
    "WebhookSubscription": subscription,
    "BulkOperation": bulk_operation,
}
_NODE_ACCESS: Final[Mapping[str, str]] = {
    "Order": "order",
    "Fulfillment": "fulfillment",
    "FulfillmentOrder": "fulfillmentOrder",
}

QUERIES: Final[Mapping[str, Callable[..., Any]]] = {
    "assignedFulfillmentOrders": assigned,
    "bulkOperation": bulk_operation,
    "bulkOperations": bulk_operations,
    "currentAppInstallation": installation,
    "currentBulkOperation": current_bulk_operation,
    "fulfillment": fulfillment,
    "fulfillmentOrder": fulfillment_order,
    "fulfillmentOrders": fulfillment_orders,
    "job": job,
    "location": location,
    "locations": locations,
    "node": node,
    "nodes": nodes,
    "order": order,
    "orders": orders,
    "ordersCount": orders_count,
    "publicApiVersions": versions,
    "shop": shop,
    "webhookSubscription": subscription,
    "webhookSubscriptions": subscriptions,
    "webhookSubscriptionsCount": subscriptions_count,
}
