"""Webhook bodies: the REST shape, snake_case, numbers as ids, money as text."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from mockspark.adapters.sandbox.shopify_store import (
    BulkOperation,
    Buyer,
    Fulfillment,
    FulfillmentOrder,
    Line,
    PostalAddress,
    Refund,
    RefundLine,
    Store,
    StoredOrder,
    gid,
)

Body = dict[str, Any]
_SHOP_ZONE: Final = timezone(timedelta(hours=-5))
_RESTOCK_WORDS: Final[Mapping[str, str]] = {
    "CANCEL": "cancel",
    "NO_RESTOCK": "no_restock",
    "RETURN": "return",
    "LEGACY_RESTOCK": "legacy_restock",
}


def money(amount: Decimal) -> str:
    """Return an amount as REST bodies spell it: two decimals."""
    return f"{amount:.2f}"


def moment(at: datetime | None) -> str | None:
    """Return a moment as REST bodies spell it: whole seconds, the shop's offset."""
    return None if at is None else at.astimezone(_SHOP_ZONE).isoformat(timespec="seconds")


def _set(amount: Decimal, currency: str) -> Body:
    pair = {"amount": money(amount), "currency_code": currency}
    return {"shop_money": pair, "presentment_money": dict(pair)}


def address_body(address: PostalAddress | None) -> Body | None:
    """Return an address; null for an order that travels nowhere."""
    if address is None:
        return None
    return {
        "first_name": address.first_name,
        "address1": address.address1,
        "phone": address.phone,
        "city": address.city,
        "zip": address.zip,
        "province": address.province,
        "country": address.country,
        "last_name": address.last_name,
        "address2": address.address2,
        "company": address.company,
        "latitude": None,
        "longitude": None,
        "name": address.name,
        "country_code": address.country_code,
        "province_code": address.province_code,
    }


def _buyer_body(buyer: Buyer | None, order: StoredOrder) -> Body | None:
    if buyer is None:
        return None
    return {
        "id": buyer.id,
        "email": buyer.email,
        "created_at": moment(order.created_at),
        "updated_at": moment(order.updated_at),
        "first_name": buyer.first_name,
        "last_name": buyer.last_name,
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "phone": buyer.phone,
        "tags": "",
        "currency": order.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", buyer.id),
        "default_address": (address_body(order.shipping_address) or {})
        | {"customer_id": buyer.id, "default": True},
    }


def _line_status(order: StoredOrder, line: Line) -> str | None:
    shipped = order.fulfilled_units(line.id)
    if not shipped:
        return None
    return "partial" if order.unfulfilled_units(line) else "fulfilled"


def line_body(order: StoredOrder, line: Line) -> Body:
    """Return one line of an order."""
    return {
        "id": line.id,
        "admin_graphql_api_id": gid("LineItem", line.id),
        "attributed_staffs": [],
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": order.unfulfilled_units(line) if line.requires_shipping else 0,
        "fulfillment_service": "manual",
        "fulfillment_status": _line_status(order, line),
        "gift_card": line.gift_card,
        "grams": line.grams,
        "name": line.name,
        "price": money(line.price),
        "price_set": _set(line.price, order.currency),
        "product_exists": line.product_id is not None,
        "product_id": line.product_id,
        "properties": [{"name": name, "value": value} for name, value in line.properties],
        "quantity": line.quantity,
        "requires_shipping": line.requires_shipping,
        "sku": line.sku,
        "taxable": True,
        "title": line.title,
        "total_discount": "0.00",
        "total_discount_set": _set(Decimal(0), order.currency),
        "variant_id": line.variant_id,
        "variant_inventory_management": None,
        "variant_title": line.variant_title,
        "vendor": line.vendor,
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    }


def rest_fulfillment_status(order: StoredOrder) -> str | None:
    """Return `fulfilled`, `partial` or null."""
    wanted = [line for line in order.lines if line.requires_shipping]
    if not any(order.fulfilled_units(line.id) for line in wanted):
        return None
    return "partial" if any(order.unfulfilled_units(line) for line in wanted) else "fulfilled"


def order_body(store: Store, order: StoredOrder) -> Body:
    """Return a whole order, as `orders/*` topics carry it."""
    return _order_facts(store, order) | _order_money(order) | _order_parts(order)


def _order_facts(store: Store, order: StoredOrder) -> Body:
    visible = store.protected_data
    return {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "app_id": 580111,
        "browser_ip": None,
        "buyer_accepts_marketing": False,
        "cancel_reason": order.cancel_reason.lower() if order.cancel_reason else None,
        "cancelled_at": moment(order.cancelled_at),
        "cart_token": None,
        "checkout_id": None,
        "checkout_token": None,
        "client_details": None,
        "closed_at": moment(order.closed_at),
        "confirmation_number": order.confirmation,
        "confirmed": True,
        "contact_email": order.email if visible else None,
        "created_at": moment(order.created_at),
        "currency": order.currency,
        "customer_locale": order.locale,
        "device_id": None,
        "discount_codes": [],
        "duties_included": False,
        "email": (order.email or "") if visible else None,
        "estimated_taxes": False,
        "financial_status": order.financial_status,
        "fulfillment_status": rest_fulfillment_status(order),
        "landing_site": None,
        "landing_site_ref": None,
        "location_id": None,
        "merchant_business_entity_id": "MTo" + str(store.id),
        "merchant_of_record_app_id": None,
        "name": order.name,
        "note": order.note,
        "note_attributes": [{"name": name, "value": value} for name, value in order.note_attributes],
        "number": order.number - 1000,
        "order_number": order.number,
        "order_status_url": f"https://{store.domain}/{store.id}/orders/{order.token}/authenticate?key=x",
        "payment_gateway_names": [order.gateway],
        "phone": order.phone if visible else None,
        "po_number": order.po_number,
        "presentment_currency": order.currency,
        "processed_at": moment(order.processed_at),
        "reference": None,
        "referring_site": "",
        "source_identifier": None,
        "source_name": order.source_name,
        "source_url": None,
        "tags": ", ".join(order.tags),
        "tax_exempt": False,
        "tax_lines": [],
        "taxes_included": False,
        "test": order.test,
        "token": order.token,
        "updated_at": moment(order.updated_at),
        "user_id": None,
        "billing_address": address_body(order.billing_address) if visible else None,
        "customer": _buyer_body(order.buyer, order) if visible else None,
        "shipping_address": address_body(order.shipping_address) if visible else None,
    }


def _order_money(order: StoredOrder) -> Body:
    amounts = {
        "current_subtotal_price": order.current_subtotal,
        "current_total_discounts": Decimal(0),
        "current_total_price": order.current_total,
        "current_total_tax": Decimal(0),
        "subtotal_price": order.subtotal,
        "total_discounts": Decimal(0),
        "total_line_items_price": order.subtotal,
        "total_price": order.total,
        "total_tax": Decimal(0),
    }
    body: Body = {}
    for name, amount in amounts.items():
        body[name] = money(amount)
        body[f"{name}_set"] = _set(amount, order.currency)
    outstanding = max(order.current_total - order.received, Decimal(0))
    return body | {
        "total_outstanding": money(outstanding),
        "total_shipping_price_set": _set(order.shipping_price, order.currency),
        "total_tip_received": "0.00",
        "total_weight": sum(line.grams * line.quantity for line in order.lines),
        "current_total_duties_set": None,
        "original_total_duties_set": None,
    }


def _order_parts(order: StoredOrder) -> Body:
    return {
        "discount_applications": [],
        "fulfillments": [fulfillment_body(order, parcel) for parcel in order.fulfillments],
        "line_items": [line_body(order, line) for line in order.lines],
        "payment_terms": None,
        "refunds": [refund_body(order, refund) for refund in order.refunds],
        "shipping_lines": _shipping_lines(order),
    }


def _shipping_lines(order: StoredOrder) -> list[Body]:
    if not order.requires_shipping:
        return []
    return [
        {
            "id": order.shipping_line_id,
            "carrier_identifier": None,
            "code": order.shipping_title,
            "discounted_price": money(order.shipping_price),
            "discounted_price_set": _set(order.shipping_price, order.currency),
            "is_removed": False,
            "phone": None,
            "price": money(order.shipping_price),
            "price_set": _set(order.shipping_price, order.currency),
            "requested_fulfillment_service_id": None,
            "source": "shopify",
            "title": order.shipping_title,
            "tax_lines": [],
            "discount_allocations": [],
        }
    ]


def fulfillment_body(order: StoredOrder, parcel: Fulfillment) -> Body:
    """Return one parcel, as `fulfillments/*` topics carry it."""
    first = parcel.tracking[0] if parcel.tracking else None
    numbers = [t.number for t in parcel.tracking if t.number]
    urls = [t.url for t in parcel.tracking if t.url]
    return {
        "id": parcel.id,
        "admin_graphql_api_id": gid("Fulfillment", parcel.id),
        "order_id": order.id,
        "status": parcel.status.lower(),
        "created_at": moment(parcel.created_at),
        "service": "manual",
        "updated_at": moment(parcel.updated_at),
        "tracking_company": first.company if first else None,
        "shipment_status": parcel.events[-1].status.lower() if parcel.events else None,
        "location_id": parcel.location_id,
        "origin_address": None,
        "email": order.email or "",
        "destination": address_body(order.shipping_address),
        "line_items": [
            line_body(order, order.line(part.line_id)) | {"quantity": part.quantity} for part in parcel.lines
        ],
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
        "receipt": {},
        "name": parcel.name,
    }


def _refund_line_body(order: StoredOrder, part: RefundLine) -> Body:
    line = order.line(part.line_id)
    subtotal = line.price * part.quantity
    return {
        "id": part.id,
        "quantity": part.quantity,
        "line_item_id": line.id,
        "location_id": None,
        "restock_type": _RESTOCK_WORDS[part.restock_type],
        "subtotal": float(subtotal),
        "total_tax": 0.0,
        "subtotal_set": _set(subtotal, order.currency),
        "total_tax_set": _set(Decimal(0), order.currency),
        "line_item": line_body(order, line),
    }


def refund_body(order: StoredOrder, refund: Refund) -> Body:
    """Return one refund, as `refunds/create` carries it."""
    return {
        "id": refund.id,
        "admin_graphql_api_id": gid("Refund", refund.id),
        "order_id": order.id,
        "created_at": moment(refund.created_at),
        "note": refund.note,
        "user_id": None,
        "processed_at": moment(refund.created_at),
        "restock": any(part.restock_type != "NO_RESTOCK" for part in refund.lines),
        "duties": [],
        "total_duties_set": _set(Decimal(0), order.currency),
        "return": None,
        "refund_line_items": [_refund_line_body(order, part) for part in refund.lines],
        "transactions": _refund_transactions(order, refund),
        "order_adjustments": [],
        "refund_shipping_lines": [],
    }


def _refund_transactions(order: StoredOrder, refund: Refund) -> list[Body]:
    if not refund.amount:
        return []
    return [
        {
            "id": refund.id + 1,
            "admin_graphql_api_id": gid("OrderTransaction", refund.id + 1),
            "amount": money(refund.amount),
            "currency": order.currency,
            "gateway": order.gateway,
            "kind": "refund",
            "order_id": order.id,
            "status": "success",
            "test": order.test,
        }
    ]


def order_edit_body(
    edit_id: int,
    order: StoredOrder,
    *,
    at: datetime,
    added: Mapping[int, int],
    removed: Mapping[int, int],
    note: str,
) -> Body:
    """Return the body of `orders/edited`: what changed, and no order."""
    return {
        "order_edit": {
            "id": edit_id,
            "app_id": None,
            "created_at": moment(at),
            "notify_customer": False,
            "order_id": order.id,
            "staff_note": note,
            "user_id": None,
            "line_items": {
                "additions": [{"id": line_id, "delta": count} for line_id, count in added.items()],
                "removals": [{"id": line_id, "delta": count} for line_id, count in removed.items()],
            },
            "discounts": {"line_item": {"additions": [], "removals": []}},
            "shipping_lines": {"additions": []},
        }
    }


def work_body(work: FulfillmentOrder) -> Body:
    """Return the little that `fulfillment_orders/*` topics tell."""
    return {"id": gid("FulfillmentOrder", work.id), "status": work.status.lower()}


def held_body(work: FulfillmentOrder, remaining: FulfillmentOrder | None) -> Body:
    """Return the body of `fulfillment_orders/placed_on_hold`."""
    holds = [{"reason": hold.reason.lower(), "reason_notes": hold.notes} for hold in work.holds]
    return {
        "fulfillment_order": work_body(work) | {"fulfillment_holds": holds},
        "remaining_fulfillment_order": work_body(remaining) if remaining else None,
        "held_fulfillment_order_line_items": [
            {"id": gid("FulfillmentOrderLineItem", line.id), "quantity": line.total} for line in work.lines
        ],
    }


def shop_body(store: Store) -> Body:
    """Return the shop itself, as `app/uninstalled` carries it."""
    return {
        "id": store.id,
        "name": store.name,
        "email": store.email,
        "domain": store.domain,
        "country": "US",
        "created_at": moment(store.created_at),
        "updated_at": moment(store.created_at),
        "country_code": "US",
        "currency": store.currency,
        "iana_timezone": "America/New_York",
        "plan_display_name": store.plan,
        "myshopify_domain": store.domain,
    }


def bulk_body(operation: BulkOperation) -> Body:
    """Return the body of `bulk_operations/finish`: no URL in it."""
    return {
        "admin_graphql_api_id": gid("BulkOperation", operation.id),
        "completed_at": moment(operation.completed_at),
        "created_at": moment(operation.created_at),
        "error_code": operation.error_code.lower() if operation.error_code else None,
        "status": operation.status.lower(),
        "type": "query",
    }


def data_request_body(store: Store, order_ids: list[int], buyer: Buyer, request_id: int) -> Body:
    """Return the body of `customers/data_request`."""
    return {
        "shop_id": store.id,
        "shop_domain": store.domain,
        "orders_requested": order_ids,
        "customer": {"id": buyer.id, "email": buyer.email, "phone": buyer.phone},
        "data_request": {"id": request_id},
    }


def redact_body(store: Store, order_ids: list[int], buyer: Buyer) -> Body:
    """Return the body of `customers/redact`."""
    return {
        "shop_id": store.id,
        "shop_domain": store.domain,
        "customer": {"id": buyer.id, "email": buyer.email, "phone": buyer.phone},
        "orders_to_redact": order_ids,
    }


def shop_redact_body(store: Store) -> Body:
    """Return the body of `shop/redact`."""
    return {"shop_id": store.id, "shop_domain": store.domain}
