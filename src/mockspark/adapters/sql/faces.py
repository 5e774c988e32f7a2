"""What the list shows of an item, an order and a submission, kept beside each so that a page is one query."""

import json
from typing import Final

from mockspark.adapters.sql.converter import CONVERTER
from mockspark.adapters.sql.rows import AnyRow
from mockspark.application.views import ItemRow
from mockspark.domain.contact import Address
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.submission import Submission

_COLUMNS: Final = ("id", "order_id", "created_at", "status", "platform", "version")


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
    """Put a row of the list together from its columns and the three faces."""
    shown = {**json.loads(row.item_face), **json.loads(row.order_face)}
    if row.submission_face is not None:
        shown.update(json.loads(row.submission_face))
    columns = {name: getattr(row, name) for name in _COLUMNS}
    return CONVERTER.structure({**shown, **CONVERTER.unstructure(columns)}, ItemRow)


def order_name_of(order_face: str) -> str:
    """Return the order's name as the store spells it."""
    return str(json.loads(order_face)["order_name"])


def _preview(item: OrderItem) -> str:
    return next((file.preview_key for file in item.files if file.preview_key), "")


def _text(face: dict[str, object]) -> str:
    return json.dumps(CONVERTER.unstructure(face), separators=(",", ":"))
