"""What GraphQL sees of the store: nested mappings whose connections are computed when they are asked for."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from attrs import Factory, define
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema

from mockspark.adapters.sandbox import shopify_orders as desk
from mockspark.adapters.sandbox import shopify_shipping as shipping
from mockspark.adapters.sandbox.shopify_search import WORK_FIELDS, read_search, work_facts
from mockspark.adapters.sandbox.shopify_shipping import World
from mockspark.adapters.sandbox.shopify_store import (
    AppClient,
    BulkOperation,
    Buyer,
    FulfilledLine,
    Fulfillment,
    FulfillmentOrder,
    FulfillmentService,
    Hold,
    Job,
    Line,
    Location,
    MerchantRequest,
    Metafield,
    Pairs,
    ParcelEvent,
    PostalAddress,
    Refund,
    RefundLine,
    Store,
    StoredOrder,
    Subscription,
    Transaction,
    WorkLine,
    gid,
)

View = dict[str, Any]
Key = Callable[[Any], tuple[Any, ...]]
LARGEST_PAGE: Final = 250
REACH: Final = timedelta(days=60)
VERSIONS: Final[Mapping[str, str]] = {
    "2026-01": "2026-01",
    "2026-04": "2026-04",
    "2026-07": "2026-07",
    "2026-10": "2026-10 (Latest)",
    "2027-01": "2027-01 (Release candidate)",
    "unstable": "unstable",
}
SUPPORTED: Final = frozenset({"2026-01", "2026-04", "2026-07", "2026-10"})


@define(kw_only=True)
class Call:
    """One GraphQL request: who asks, of which shop, and what the answer's `extensions` will say."""

    world: World
    store: Store
    app: AppClient
    scopes: frozenset[str]
    version: str
    base_url: str
    schema: GraphQLSchema
    answer: Callable[[DocumentNode], ExecutionResult]
    bulk: bool = False
    searches: list[dict[str, Any]] = Factory(list)
    idempotency_key: str | None = None

    def may(self, *scopes: str) -> bool:
        """Tell whether any of *scopes* was granted; `write_x` brings `read_x`."""
        return any(s in self.scopes or s.replace("read_", "write_", 1) in self.scopes for s in scopes)

    def remembers(self, order: StoredOrder) -> bool:
        """Tell whether the scopes reach back to an order: sixty days, or all with `read_all_orders`."""
        return self.may("read_all_orders") or self.world.now() - order.created_at <= REACH

    def sees(self, work: FulfillmentOrder) -> bool:
        """Tell whether the app's scopes show it a fulfillment order."""
        place = self.store.location(work.location_id)
        if place is None or place.service is None:
            return self.may("read_merchant_managed_fulfillment_orders")
        if place.service.app_id == self.app.id and self.may("read_assigned_fulfillment_orders"):
            return True
        return self.may("read_third_party_fulfillment_orders")


# -- scalars and pages -------------------------------------------------------------------------------------


def amount_text(amount: Decimal) -> str:
    """Return an amount as GraphQL spells it: no fixed decimals, at least one."""
    text = f"{amount.normalize():f}"
    return text if "." in text else f"{text}.0"


def bag(amount: Decimal, currency: str) -> View:
    """Return a MoneyBag; the sandbox's buyers pay in the shop's currency."""
    pair = {"amount": amount_text(amount), "currencyCode": currency}
    return {"shopMoney": pair, "presentmentMoney": pair}


def instant(at: datetime | None) -> str | None:
    """Return a moment as GraphQL spells it: UTC, whole seconds."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _by_id(item: Any) -> tuple[Any, ...]:
    return (item.id,)


def page(
    call: Call,
    items: Sequence[Any],
    view: Callable[[Any], View],
    arguments: Mapping[str, Any],
    *,
    key: Key = _by_id,
) -> View:
    """Return one page of a connection over *items*, sorted by *key*, by cursor."""
    first, last = arguments.get("first"), arguments.get("last")
    if call.bulk:
        first, last = len(items), None
    else:
        _check_page(first, last)
    ordered = sorted(items, key=key, reverse=bool(arguments.get("reverse")))
    start, stop = _window(ordered, arguments, key)
    if first is not None:
        low, high = start, min(start + first, stop)
    else:
        low, high = max(stop - (last or 0), start), stop
    shown = ordered[low:high]
    edges = [{"cursor": _cursor(key(item)), "node": view(item)} for item in shown]
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "pageInfo": {
            "hasNextPage": high < len(ordered),
            "hasPreviousPage": low > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _check_page(first: int | None, last: int | None) -> None:
    if first is None and last is None:
        raise _bad_request("you must provide one of first or last")
    if first is not None and last is not None:
        raise _bad_request("providing both first and last is not supported")
    size = first if first is not None else last
    if size is not None and not 0 <= size <= LARGEST_PAGE:
        raise _bad_request(f"the page size must be between 0 and {LARGEST_PAGE}")


def _bad_request(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})


def _cursor(key: tuple[Any, ...]) -> str:
    plain = [part.isoformat() if isinstance(part, datetime) else str(part) for part in key]
    return base64.b64encode(json.dumps(plain).encode()).decode()


def _window(ordered: Sequence[Any], arguments: Mapping[str, Any], key: Key) -> tuple[int, int]:
    """Return where a page may begin and must end; a cursor stands for a sort value, so it survives changes."""
    reverse = bool(arguments.get("reverse"))
    start, stop = 0, len(ordered)
    for name in ("after", "before"):
        cursor = arguments.get(name)
        if not cursor:
            continue
        wanted = _read_cursor(cursor, ordered, key)
        if name == "after":
            start = sum(1 for item in ordered if (key(item) >= wanted if reverse else key(item) <= wanted))
        else:
            stop = sum(1 for item in ordered if (key(item) > wanted if reverse else key(item) < wanted))
    return start, max(stop, start)


def _read_cursor(cursor: str, ordered: Sequence[Any], key: Key) -> tuple[Any, ...]:
    try:
        plain = json.loads(base64.b64decode(cursor, validate=True))
    except ValueError as e:
        raise _bad_request("Invalid cursor for current pagination sort.") from e
    if not ordered:
        return ()
    shape = key(ordered[0])
    if not isinstance(plain, list) or len(plain) != len(shape):
        raise _bad_request("Invalid cursor for current pagination sort.")
    return tuple(_as(part, model) for part, model in zip(plain, shape, strict=True))


def _as(text: str, model: object) -> Any:
    if isinstance(model, datetime):
        return datetime.fromisoformat(text)
    return int(text) if isinstance(model, int) else Decimal(text)


# -- orders ------------------------------------------------------------------------------------------------


def fulfillment_status(order: StoredOrder) -> str:
    """Return the order's displayFulfillmentStatus."""
    wanted = [line for line in order.lines if line.requires_shipping]
    shipped = any(order.fulfilled_units(line.id) for line in wanted)
    left = any(order.unfulfilled_units(line) for line in wanted)
    if not wanted:
        return "FULFILLMENT_NOT_REQUIRED"
    if shipped:
        return "PARTIALLY_FULFILLED" if left else "FULFILLED"
    statuses = {work.status for work in order.work}
    for status in ("ON_HOLD", "IN_PROGRESS", "SCHEDULED"):
        if status in statuses:
            return status
    return "UNFULFILLED"


def attributes(pairs: Pairs) -> list[View]:
    """Return properties as GraphQL attributes."""
    return [{"key": name, "value": value} for name, value in pairs]


def address_view(address: PostalAddress | None, owner: int) -> View | None:
    """Return an address; its id is the order's, as no address book is kept."""
    if address is None:
        return None
    lines = [address.name, address.company, address.address1, address.address2]
    lines += [" ".join(p for p in (address.city, address.province_code, address.zip) if p), address.country]
    return {
        "id": gid("MailingAddress", f"{owner}?model_name=Address"),
        "firstName": address.first_name,
        "lastName": address.last_name,
        "name": address.name,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "province": address.province,
        "provinceCode": address.province_code,
        "zip": address.zip,
        "country": address.country,
        "countryCodeV2": address.country_code,
        "phone": address.phone,
        "latitude": None,
        "longitude": None,
        "formatted": [line for line in lines if line],
    }


def customer_view(buyer: Buyer | None, order: StoredOrder) -> View | None:
    """Return a customer."""
    if buyer is None:
        return None
    return {
        "__typename": "Customer",
        "id": gid("Customer", buyer.id),
        "firstName": buyer.first_name,
        "lastName": buyer.last_name,
        "displayName": f"{buyer.first_name} {buyer.last_name}".strip() or (buyer.email or ""),
        "email": buyer.email,
        "phone": buyer.phone,
        "locale": buyer.locale,
        "defaultEmailAddress": {"emailAddress": buyer.email} if buyer.email else None,
        "defaultPhoneNumber": {"phoneNumber": buyer.phone} if buyer.phone else None,
        "numberOfOrders": "1",
        "tags": [],
        "note": None,
        "createdAt": instant(order.created_at),
        "updatedAt": instant(order.updated_at),
    }


def order_view(call: Call, order: StoredOrder) -> View:
    """Return an order."""
    return _order_facts(call, order) | _order_money(order) | _order_parts(call, order)


def _order_facts(call: Call, order: StoredOrder) -> View:
    return {
        "__typename": "Order",
        "id": gid("Order", order.id),
        "legacyResourceId": str(order.id),
        "name": order.name,
        "confirmationNumber": order.confirmation,
        "createdAt": instant(order.created_at),
        "processedAt": instant(order.processed_at),
        "updatedAt": instant(order.updated_at),
        "cancelledAt": instant(order.cancelled_at),
        "cancelReason": order.cancel_reason,
        "cancellation": {"staffNote": order.staff_note} if order.cancelled_at else None,
        "closedAt": instant(order.closed_at),
        "closed": order.closed_at is not None,
        "test": order.test,
        "confirmed": True,
        "edited": order.edited,
        "tags": sorted(order.tags),
        "note": order.note,
        "email": order.email,
        "phone": order.phone,
        "poNumber": order.po_number,
        "sourceName": order.source_name,
        "sourceIdentifier": None,
        "customerLocale": order.locale,
        "currencyCode": order.currency,
        "presentmentCurrencyCode": order.currency,
        "displayFinancialStatus": order.financial_status.upper(),
        "displayFulfillmentStatus": fulfillment_status(order),
        "fullyPaid": order.received >= order.current_total and order.financial_status != "pending",
        "unpaid": order.financial_status in {"pending", "authorized"},
        "requiresShipping": order.requires_shipping,
        "customAttributes": attributes(order.note_attributes),
        "shippingAddress": address_view(order.shipping_address, order.id),
        "billingAddress": address_view(order.billing_address, order.id),
        "displayAddress": address_view(order.shipping_address, order.id),
        "customer": customer_view(order.buyer, order),
        "statusPageUrl": f"https://{call.store.domain}/{call.store.id}/orders/{order.token}/authenticate?key=x",
        "restockable": any(order.unfulfilled_units(line) for line in order.lines),
        "refundable": order.received > order.refunded,
        "subtotalLineItemsQuantity": sum(line.quantity for line in order.lines),
        "currentSubtotalLineItemsQuantity": sum(line.current_quantity for line in order.lines),
        "taxesIncluded": False,
        "totalWeight": str(sum(line.grams * line.quantity for line in order.lines)),
        "cartToken": None,
        "checkoutToken": None,
        "paymentGatewayNames": [order.gateway],
        "discountCodes": [],
        "app": {"id": gid("App", 580111), "name": "Online Store"},
    }


def _order_money(order: StoredOrder) -> View:
    amounts = {
        "totalPriceSet": order.total,
        "subtotalPriceSet": order.subtotal,
        "totalShippingPriceSet": order.shipping_price,
        "totalTaxSet": Decimal(0),
        "totalDiscountsSet": Decimal(0),
        "totalRefundedSet": order.refunded,
        "netPaymentSet": order.received - order.refunded,
        "totalOutstandingSet": max(order.current_total - order.received, Decimal(0)),
        "totalReceivedSet": order.received,
        "currentSubtotalPriceSet": order.current_subtotal,
        "currentTotalPriceSet": order.current_total,
    }
    return {name: bag(amount, order.currency) for name, amount in amounts.items()}


def _order_parts(call: Call, order: StoredOrder) -> View:
    def lines(_: object, **arguments: Any) -> View:
        return page(call, order.lines, lambda line: line_view(order, line), arguments)

    def digital(_: object, **arguments: Any) -> View:
        found = [line for line in order.lines if not line.requires_shipping]
        return page(call, found, lambda line: line_view(order, line), arguments)

    def works(_: object, **arguments: Any) -> View:
        search = read_search(arguments.get("query"), WORK_FIELDS)
        found = [work for work in order.work if call.sees(work) and search.matches(work_facts(work))]
        return page(call, found, lambda work: work_view(call, order, work), arguments)

    def parcels(_: object, first: int | None = None, **__: Any) -> list[View]:
        return [parcel_view(call, order, parcel) for parcel in order.fulfillments][:first]

    def refunds(_: object, first: int | None = None) -> list[View]:
        return [refund_view(call, order, refund) for refund in order.refunds][:first]

    def shipping_lines(_: object, **arguments: Any) -> View:
        found = [order] if order.requires_shipping else []
        return page(call, found, shipping_line_view, arguments)

    def one_metafield(_: object, key: str, namespace: str | None = None) -> View | None:
        found = desk.metafield(order, desk.namespace_of({"namespace": namespace}), key)
        return metafield_view(found) if found else None

    def metafields(_: object, **arguments: Any) -> View:
        return page(call, order.metafields, metafield_view, arguments)

    return {
        "lineItems": lines,
        "nonFulfillableLineItems": digital,
        "fulfillmentOrders": works,
        "fulfillments": parcels,
        "fulfillmentsCount": {"count": len(order.fulfillments), "precision": "EXACT"},
        "refunds": refunds,
        "shippingLine": shipping_line_view(order) if order.requires_shipping else None,
        "shippingLines": shipping_lines,
        "metafield": one_metafield,
        "metafields": metafields,
        "transactions": lambda _, first=None: [transaction_view(order, t) for t in order.transactions][
            :first
        ],
    }


def shipping_line_view(order: StoredOrder) -> View:
    """Return how the buyer chose to have it sent."""
    return {
        "id": gid("ShippingLine", order.shipping_line_id),
        "title": order.shipping_title,
        "code": order.shipping_title,
        "source": "shopify",
        "carrierIdentifier": None,
        "deliveryCategory": None,
        "originalPriceSet": bag(order.shipping_price, order.currency),
        "discountedPriceSet": bag(order.shipping_price, order.currency),
    }


def transaction_view(order: StoredOrder, transaction: Transaction) -> View:
    """Return money that moved."""
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", transaction.id),
        "kind": transaction.kind,
        "status": "SUCCESS",
        "gateway": transaction.gateway,
        "amountSet": bag(transaction.amount, order.currency),
        "createdAt": instant(transaction.at),
        "processedAt": instant(transaction.at),
        "test": order.test,
        "parentTransaction": None,
    }


def metafield_view(metafield: Metafield) -> View:
    """Return a metafield."""
    return {
        "__typename": "Metafield",
        "id": gid("Metafield", metafield.id),
        "namespace": metafield.namespace,
        "key": metafield.key,
        "type": metafield.type,
        "value": metafield.value,
        "jsonValue": _json_value(metafield),
        "compareDigest": desk.digest(metafield.value),
        "createdAt": instant(metafield.created_at),
        "updatedAt": instant(metafield.updated_at),
    }


def _json_value(metafield: Metafield) -> Any:
    if metafield.type != "json":
        return metafield.value
    return json.loads(metafield.value)


def line_view(order: StoredOrder, line: Line) -> View:
    """Return one line of an order."""
    left = order.unfulfilled_units(line)
    unit, currency = line.price, order.currency
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", line.id),
        "name": line.name,
        "title": line.title,
        "variantTitle": line.variant_title,
        "sku": line.sku,
        "vendor": line.vendor,
        "quantity": line.quantity,
        "currentQuantity": line.current_quantity,
        "unfulfilledQuantity": left if line.requires_shipping else 0,
        "nonFulfillableQuantity": 0 if line.requires_shipping else line.current_quantity,
        "refundableQuantity": line.current_quantity,
        "fulfillableQuantity": left if line.requires_shipping else 0,
        "fulfillmentStatus": _line_word(order, line, left),
        "requiresShipping": line.requires_shipping,
        "restockable": True,
        "taxable": True,
        "isGiftCard": line.gift_card,
        "customAttributes": attributes(line.properties),
        "image": None,
        "lineItemGroup": None,
        "product": product_view(line),
        "variant": variant_view(line),
        "originalUnitPriceSet": bag(unit, currency),
        "discountedUnitPriceSet": bag(unit, currency),
        "discountedUnitPriceAfterAllDiscountsSet": bag(unit, currency),
        "originalTotalSet": bag(unit * line.quantity, currency),
        "discountedTotalSet": bag(unit * line.quantity, currency),
        "unfulfilledOriginalTotalSet": bag(unit * left, currency),
    }


def _line_word(order: StoredOrder, line: Line, left: int) -> str:
    if not order.fulfilled_units(line.id):
        return "unfulfilled"
    return "partial" if left else "fulfilled"


def product_view(line: Line) -> View | None:
    """Return the line's product; null for a custom line or a deleted product."""
    if line.product_id is None:
        return None
    handle = "-".join(line.title.lower().split())
    return {
        "__typename": "Product",
        "id": gid("Product", line.product_id),
        "handle": handle,
        "title": line.title,
        "vendor": line.vendor or "",
    }


def variant_view(line: Line) -> View | None:
    """Return the line's variant; null where it was deleted."""
    if line.variant_id is None:
        return None
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", line.variant_id),
        "sku": line.sku,
        "barcode": None,
        "title": line.variant_title or "Default Title",
        "displayName": line.name,
        "price": f"{line.price:.2f}",
        "product": product_view(line) or {"id": gid("Product", 0), "handle": "", "title": "", "vendor": ""},
    }


def refund_view(call: Call, order: StoredOrder, refund: Refund) -> View:
    """Return a refund."""

    def part_view(part: RefundLine) -> View:
        line = order.line(part.line_id)
        worth = bag(line.price * part.quantity, order.currency)
        return {
            "id": gid("RefundLineItem", part.id),
            "quantity": part.quantity,
            "restockType": part.restock_type,
            "lineItem": line_view(order, line),
            "location": None,
            "priceSet": bag(line.price, order.currency),
            "subtotalSet": worth,
        }

    return {
        "__typename": "Refund",
        "id": gid("Refund", refund.id),
        "legacyResourceId": str(refund.id),
        "note": refund.note,
        "createdAt": instant(refund.created_at),
        "updatedAt": instant(refund.created_at),
        "totalRefundedSet": bag(refund.amount, order.currency),
        "refundLineItems": lambda _, **arguments: page(call, refund.lines, part_view, arguments),
    }


# -- fulfillment -------------------------------------------------------------------------------------------


def service_view(call: Call, service: FulfillmentService | None) -> View | None:
    """Return a fulfillment service; its id carries a query part, as in the real store."""
    if service is None:
        return None
    place = call.store.location(service.location_id)
    return {
        "id": gid("FulfillmentService", f"{service.id}?id=true"),
        "handle": service.handle,
        "serviceName": service.name,
        "callbackUrl": service.callback_url,
        "trackingSupport": service.tracking,
        "inventoryManagement": service.inventory,
        "requiresShippingMethod": service.requires_shipping_method,
        "type": "THIRD_PARTY",
        "location": {"id": gid("Location", place.id), "name": place.name} if place else None,
    }


def location_view(call: Call, place: Location) -> View:
    """Return a location."""
    return {
        "__typename": "Location",
        "id": gid("Location", place.id),
        "legacyResourceId": str(place.id),
        "name": place.name,
        "isActive": True,
        "shipsInventory": True,
        "fulfillsOnlineOrders": True,
        "isFulfillmentService": place.service is not None,
        "fulfillmentService": service_view(call, place.service),
    }


def hold_view(call: Call, held: Hold) -> View:
    """Return a hold."""
    return {
        "__typename": "FulfillmentHold",
        "id": gid("FulfillmentHold", held.id),
        "handle": held.handle,
        "reason": held.reason,
        "reasonNotes": held.notes,
        "displayReason": held.reason.replace("_", " ").capitalize(),
        "heldByRequestingApp": held.app_id == call.app.id,
        "heldByApp": app_view(call.app) if held.app_id == call.app.id else None,
    }


def work_view(call: Call, order: StoredOrder, work: FulfillmentOrder) -> View:
    """Return a fulfillment order."""
    place = call.store.location(work.location_id) or call.store.locations[0]

    def lines(_: object, **arguments: Any) -> View:
        return page(call, work.lines, lambda line: work_line_view(order, line), arguments)

    def parcels(_: object, **arguments: Any) -> View:
        found = [p for p in order.fulfillments if any(part.work_id == work.id for part in p.lines)]
        return page(call, found, lambda parcel: parcel_view(call, order, parcel), arguments)

    def requests(_: object, kind: str | None = None, **arguments: Any) -> View:
        found = [r for r in work.requests if kind in {None, r.kind}]
        return page(call, found, request_view, arguments)

    def targets(_: object, **arguments: Any) -> View:
        found = [p for p in call.store.locations if p.id != work.location_id]
        return page(call, found, lambda p: _target(call, work, p), arguments)

    return {
        "__typename": "FulfillmentOrder",
        "id": gid("FulfillmentOrder", work.id),
        "channelId": None,
        "orderId": gid("Order", order.id),
        "orderName": order.name,
        "orderProcessedAt": instant(order.processed_at),
        "order": lambda _: order_view(call, order),
        "status": work.status,
        "requestStatus": work.request_status,
        "createdAt": instant(work.created_at),
        "updatedAt": instant(work.updated_at),
        "fulfillAt": instant(work.created_at.replace(minute=0, second=0)),
        "fulfillBy": None,
        "assignedLocation": _assigned(call, place),
        "destination": _destination(order),
        "deliveryMethod": {
            "id": gid("DeliveryMethod", work.id),
            "methodType": "SHIPPING",
            "presentedName": order.shipping_title,
            "serviceCode": order.shipping_title,
        },
        "internationalDuties": None,
        "fulfillmentHolds": [hold_view(call, held) for held in work.holds],
        "supportedActions": [
            {"action": action, "externalUrl": None}
            for action in shipping.supported_actions(call.store, order, work)
        ],
        "lineItems": lines,
        "fulfillments": parcels,
        "merchantRequests": requests,
        "locationsForMove": targets,
        "fulfillmentOrdersForMerge": lambda _, **arguments: page(call, [], lambda item: item, arguments),
    }


def _target(call: Call, work: FulfillmentOrder, place: Location) -> View:
    return {
        "movable": work.status == "OPEN",
        "message": None,
        "location": location_view(call, place),
        "availableLineItemsCount": {"count": len(work.lines), "precision": "EXACT"},
    }


def _assigned(call: Call, place: Location) -> View:
    return {
        "name": place.name,
        "countryCode": "US",
        "address1": None,
        "address2": None,
        "city": None,
        "zip": None,
        "province": None,
        "phone": None,
        "location": location_view(call, place),
    }


def _destination(order: StoredOrder) -> View | None:
    address = order.shipping_address
    if address is None:
        return None
    return {
        "id": gid("FulfillmentOrderDestination", order.id),
        "firstName": address.first_name,
        "lastName": address.last_name,
        "company": address.company,
        "address1": address.address1,
        "address2": address.address2,
        "city": address.city,
        "province": address.province,
        "zip": address.zip,
        "countryCode": address.country_code,
        "email": order.email,
        "phone": address.phone,
    }


def work_line_view(order: StoredOrder, part: WorkLine) -> View:
    """Return one line of a fulfillment order."""
    line = order.line(part.line_id)
    return {
        "__typename": "FulfillmentOrderLineItem",
        "id": gid("FulfillmentOrderLineItem", part.id),
        "totalQuantity": part.total,
        "remainingQuantity": part.remaining,
        "sku": line.sku,
        "vendor": line.vendor,
        "productTitle": line.title,
        "variantTitle": line.variant_title,
        "requiresShipping": line.requires_shipping,
        "inventoryItemId": None,
        "image": None,
        "lineItem": line_view(order, line),
        "variant": variant_view(line),
    }


def request_view(request: MerchantRequest) -> View:
    """Return what a merchant asked of a service."""
    return {
        "__typename": "FulfillmentOrderMerchantRequest",
        "id": gid("FulfillmentOrderMerchantRequest", request.id),
        "kind": request.kind,
        "message": request.message,
        "sentAt": instant(request.sent_at),
        "requestOptions": {"notify_customer": False},
        "responseData": None,
    }


def parcel_view(call: Call, order: StoredOrder, parcel: Fulfillment) -> View:
    """Return a fulfillment."""
    place = call.store.location(parcel.location_id)

    def part_view(part: FulfilledLine) -> View:
        line = order.line(part.line_id)
        worth = bag(line.price * part.quantity, order.currency)
        return {
            "__typename": "FulfillmentLineItem",
            "id": gid("FulfillmentLineItem", part.id),
            "quantity": part.quantity,
            "lineItem": line_view(order, line),
            "originalTotalSet": worth,
            "discountedTotalSet": worth,
        }

    def works(_: object, **arguments: Any) -> View:
        ids = {part.work_id for part in parcel.lines}
        found = [work for work in order.work if work.id in ids and call.sees(work)]
        return page(call, found, lambda work: work_view(call, order, work), arguments)

    def tracking(_: object, first: int | None = None) -> list[View]:
        rows = [{"company": t.company, "number": t.number, "url": t.url} for t in parcel.tracking]
        return rows[:first]

    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", parcel.id),
        "name": parcel.name,
        "status": parcel.status,
        "displayStatus": parcel.display_status,
        "createdAt": instant(parcel.created_at),
        "updatedAt": instant(parcel.updated_at),
        "deliveredAt": _first_event(parcel, "DELIVERED"),
        "inTransitAt": _first_event(parcel, "IN_TRANSIT"),
        "estimatedDeliveryAt": None,
        "totalQuantity": sum(part.quantity for part in parcel.lines),
        "requiresShipping": True,
        "trackingInfo": tracking,
        "order": lambda _: order_view(call, order),
        "location": location_view(call, place) if place else None,
        "service": service_view(call, place.service) if place else None,
        "events": lambda _, **arguments: page(call, parcel.events, event_view, arguments),
        "fulfillmentOrders": works,
        "fulfillmentLineItems": lambda _, **arguments: page(call, parcel.lines, part_view, arguments),
    }


def _first_event(parcel: Fulfillment, status: str) -> str | None:
    return next((instant(event.happened_at) for event in parcel.events if event.status == status), None)


def event_view(event: ParcelEvent) -> View:
    """Return a milestone."""
    return {
        "__typename": "FulfillmentEvent",
        "id": gid("FulfillmentEvent", event.id),
        "status": event.status,
        "happenedAt": instant(event.happened_at),
        "message": event.message,
    }


# -- shop, app, subscriptions, bulk ------------------------------------------------------------------------


def app_view(app: AppClient) -> View:
    """Return the app."""
    return {
        "__typename": "App",
        "id": gid("App", app.id),
        "handle": app.handle,
        "apiKey": app.client_id,
        "title": app.title,
    }


def shop_view(store: Store) -> View:
    """Return the shop."""
    return {
        "__typename": "Shop",
        "id": gid("Shop", store.id),
        "name": store.name,
        "email": store.email,
        "contactEmail": store.email,
        "myshopifyDomain": store.domain,
        "url": f"https://{store.domain}",
        "primaryDomain": {
            "id": gid("Domain", store.id),
            "host": store.domain,
            "url": f"https://{store.domain}",
        },
        "currencyCode": store.currency,
        "ianaTimezone": "America/New_York",
        "timezoneOffset": "-0500",
        "timezoneAbbreviation": "EST",
        "createdAt": instant(store.created_at),
        "plan": {
            "publicDisplayName": store.plan,
            "partnerDevelopment": False,
            "shopifyPlus": store.plan == "Plus",
        },
        "billingAddress": {"id": gid("ShopAddress", store.id)},
    }


def installation_view(call: Call) -> View:
    """Return the app's installation in the shop."""
    return {
        "__typename": "AppInstallation",
        "id": gid("AppInstallation", call.store.id + call.app.id),
        "app": app_view(call.app),
        "accessScopes": [
            {"handle": scope, "description": scope.replace("_", " ").capitalize()}
            for scope in sorted(call.scopes)
        ],
    }


def version_view(handle: str) -> View:
    """Return an API version."""
    return {"handle": handle, "displayName": VERSIONS.get(handle, handle), "supported": handle in SUPPORTED}


def subscription_view(call: Call, subscription: Subscription) -> View:
    """Return a webhook subscription; the app's configured version wins over that of the request."""
    return {
        "__typename": "WebhookSubscription",
        "id": gid("WebhookSubscription", subscription.id),
        "legacyResourceId": str(subscription.id),
        "topic": subscription.topic.upper().replace("/", "_"),
        "uri": subscription.uri,
        "endpoint": {"__typename": "WebhookHttpEndpoint", "callbackUrl": subscription.uri},
        "format": subscription.format,
        "filter": subscription.filter,
        "includeFields": list(subscription.include_fields),
        "metafieldNamespaces": list(subscription.metafield_namespaces),
        "name": subscription.name,
        "createdAt": instant(subscription.created_at),
        "updatedAt": instant(subscription.updated_at),
        "apiVersion": version_view(call.app.webhook_api_version),
    }


def bulk_view(call: Call, operation: BulkOperation) -> View:
    """Return a bulk operation; an empty result has no file."""
    done = operation.status == "COMPLETED" and operation.objects > 0
    return {
        "__typename": "BulkOperation",
        "id": gid("BulkOperation", operation.id),
        "status": operation.status,
        "errorCode": operation.error_code,
        "type": "QUERY",
        "query": operation.query,
        "createdAt": instant(operation.created_at),
        "completedAt": instant(operation.completed_at),
        "objectCount": str(operation.objects),
        "rootObjectCount": str(operation.roots),
        "fileSize": str(len(operation.content)) if done else None,
        "url": f"{call.base_url}/bulk/{operation.id}.jsonl" if done else None,
        "partialDataUrl": None,
    }


def job_view(job: Job) -> View:
    """Return a job."""
    return {"id": gid("Job", job.id), "done": job.done, "query": None}
