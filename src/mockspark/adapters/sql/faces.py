"""What the list shows of an item, an order and a submission, kept beside each so that a page is one query."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from mockspark.adapters.sql.converter import CONVERTER
from mockspark.adapters.sql.rows import AnyRow
from mockspark.application.views import ItemRow
from mockspark.domain.contact import Address
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ConnectionId, OrderItemId
from mockspark.domain.money import Money
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import Submission

_QUICKLY: Final = msgspec.json.Decoder().decode


def face_of_item(item: OrderItem) -> str:
    """Return what a row shows of the item itself."""
    face = {
        "title": item.product_title,
        "variant_title": item.variant_title,
        "sku": item.sku,
        "quantity": item.quantity,
        "price": item.price,
        "status_since": item.status_since,
        "hold_reason": item.hold.reason if item.hold else None,
        "hold_note": item.hold.note if item.hold else "",
        "connection_id": item.connection_id,
        "provider_stage": item.provider_stage.value if item.provider_stage else "",
        "provider_raw": item.provider_raw,
        "tracking": tuple(shipment.number for shipment in item.shipments),
        "shipment_state": item.shipments[-1].state.value if item.shipments else "",
        "cost_items": item.cost.items if item.cost else None,
        "cost_shipping": item.cost.shipping if item.cost else None,
        "flags": tuple(flag.value for flag in item.flags),
        "needs_attention": item.needs_attention,
        "design_version": item.design_version,
        "preview_key": _preview(item),
        "reprint_of": item.reprint_of,
    }
    return _text(face)


def face_of_order(order: Order) -> str:
    """Return what a row shows of the order."""
    snapshot = order.snapshot
    face = {
        "order_name": snapshot.name,
        "placed_at": snapshot.placed_at,
        "customer_name": snapshot.customer.name,
        "customer_email": snapshot.customer.email,
        "shipping_method": snapshot.shipping_method,
        "ship_to": CONVERTER.unstructure(snapshot.ship_to, unstructure_as=Address | None),
    }
    return _text(face)


def face_of_submission(submission: Submission) -> str:
    """Return what a row shows of the submission."""
    return _text({"provider_orders": tuple(order.ref.id for order in submission.provider_orders)})


def read_row(row: AnyRow) -> ItemRow:
    """Put a row of the list together from its columns and the three faces.

    Written out, because an export reads hundreds of thousands.
    """
    item, order = _read(row.item_face), _read(row.order_face)
    sent = _read(row.submission_face) if row.submission_face else {}
    return ItemRow(
        id=row.id,
        order_id=row.order_id,
        created_at=row.created_at,
        status=Status(row.status),
        platform=row.platform,
        version=row.version,
        title=item["title"],
        variant_title=item["variant_title"],
        sku=item["sku"],
        quantity=item["quantity"],
        price=_money(item["price"]),
        status_since=datetime.fromisoformat(item["status_since"]),
        hold_reason=HoldReason(item["hold_reason"]) if item["hold_reason"] else None,
        hold_note=item["hold_note"],
        connection_id=ConnectionId(UUID(item["connection_id"])) if item["connection_id"] else None,
        provider_stage=item["provider_stage"],
        provider_raw=item["provider_raw"],
        tracking=tuple(item["tracking"]),
        shipment_state=item["shipment_state"],
        cost_items=_money(item["cost_items"]),
        cost_shipping=_money(item["cost_shipping"]),
        flags=tuple(item["flags"]),
        needs_attention=item["needs_attention"],
        design_version=item["design_version"],
        preview_key=item["preview_key"],
        reprint_of=OrderItemId(UUID(item["reprint_of"])) if item["reprint_of"] else None,
        order_name=order["order_name"],
        placed_at=datetime.fromisoformat(order["placed_at"]),
        customer_name=order["customer_name"],
        customer_email=order["customer_email"],
        shipping_method=order["shipping_method"],
        ship_to=CONVERTER.structure(order["ship_to"], Address) if order["ship_to"] else None,
        provider_orders=tuple(sent.get("provider_orders", ())),
    )


def _read(face: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = _QUICKLY(face)
    except msgspec.DecodeError:
        # Half a character that somebody typed: only the slower reader takes it.
        told = json.loads(face)
    return told


def _money(raw: dict[str, Any] | None) -> Money | None:
    return None if raw is None else Money(minor=raw["minor"], currency=raw["currency"])


def order_name_of(order_face: str) -> str:
    """Return the order's name as the store spells it."""
    return str(json.loads(order_face)["order_name"])


def _preview(item: OrderItem) -> str:
    return next((file.preview_key for file in item.files if file.preview_key), "")


def _text(face: dict[str, object]) -> str:
    return json.dumps(CONVERTER.unstructure(face), separators=(",", ":"))
