"""Orders: placed, shown, listed, quoted, sent to production, cancelled."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mockspark.adapters.sandbox.printify_catalogue import METHODS, Json
from mockspark.adapters.sandbox.printify_errors import (
    bad_choice,
    duplicate,
    impossible,
    misshapen,
    missing,
    not_found,
    required,
)
from mockspark.adapters.sandbox.printify_lines import (
    is_on_the_fly,
    raw_lines,
    read_address,
    read_line,
    read_pieces,
)
from mockspark.adapters.sandbox.printify_pages import page
from mockspark.adapters.sandbox.printify_prices import (
    ECONOMY,
    EXPRESS,
    STANDARD,
    price_lines,
    quote,
    tax,
)
from mockspark.adapters.sandbox.printify_progress import CANCELLABLE, SENDABLE, begin, move, send
from mockspark.adapters.sandbox.printify_state import Call, Order, OrderLine, Shop, maybe, stamp

MOST: Final = 10
_NEVER: Final = "1970-01-01 00:00:00+00:00"


def create_order(call: Call) -> Json:
    """Place an order; its own reference may be used once in a shop."""
    external_id = _external_id(call)
    lines_raw, method = raw_lines(call.fields), _method(call.fields)
    _check_unused(call, external_id)
    address = read_address(call, for_express=method == EXPRESS)
    lines = [read_line(call, raw) for raw in lines_raw]
    price_lines(lines, method, address["country"])
    return {"id": _place(call, external_id, address, lines, method).id}


def create_express(call: Call) -> Json:
    """Place one order for what can go by Express and another for the rest; only existing products."""
    external_id, lines_raw = _external_id(call), raw_lines(call.fields)
    if any(is_on_the_fly(raw) for raw in lines_raw):
        raise misshapen("The line items.product id field is required.")
    _check_unused(call, external_id)
    address = read_address(call, for_express=True)
    lines = [read_line(call, raw) for raw in lines_raw]
    kinds = {
        "express": [line for line in lines if line.offer.fee(EXPRESS, address["country"])],
        "ordinary": [line for line in lines if not line.offer.fee(EXPRESS, address["country"])],
    }
    return {"data": [_part(call, external_id, address, kind, part) for kind, part in kinds.items() if part]}


def _part(call: Call, external_id: str, address: Json, kind: str, lines: list[OrderLine]) -> Json:
    method = EXPRESS if kind == "express" else STANDARD
    price_lines(lines, method, address["country"])
    order = _place(call, external_id, address, lines, method)
    attributes = {
        "app_order_id": order.app_order_id,
        "fulfilment_type": kind,
        "line_items": [line_view(line) for line in order.lines],
    }
    return {"type": "order", "id": order.id, "attributes": attributes}


def _external_id(call: Call) -> str:
    value = call.fields.get("external_id")
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise missing({"external_id": required("external_id")})
    return str(value)


def _method(raw: Mapping[str, Any]) -> int:
    if raw.get("is_printify_express") is True:
        return EXPRESS
    if raw.get("is_economy_shipping") is True:
        return ECONOMY
    method = raw.get("shipping_method", STANDARD)
    if isinstance(method, bool) or not isinstance(method, int) or method not in METHODS:
        raise bad_choice("shipping method")
    return method


def _check_unused(call: Call, external_id: str) -> None:
    known = call.shop.by_external_id.get(external_id)
    if known is not None and not call.world.settings.accept_duplicates:
        raise duplicate(known, external_id)


def _place(call: Call, external_id: str, address: Json, lines: list[OrderLine], method: int) -> Order:
    world, shop = call.world, call.shop
    amount = sum(line.cost + line.shipping_cost for line in lines)
    order = Order(
        id=world.id("order"),
        app_order_id=f"{call.account.id}.{world.number('app order', 1)}",
        external_id=external_id,
        label=str(call.fields.get("label") or external_id),
        address=address,
        lines=lines,
        shipping_method=method,
        total_tax=tax(amount, address["country"]),
        created_at=world.now(),
    )
    shop.orders[order.id] = order
    shop.products |= {line.made.id: line.made for line in lines if line.made is not None}
    shop.by_external_id.setdefault(external_id, order.id)
    begin(world, shop, order)
    return order


# -- what can be done with an order ------------------------------------------------------------------------


def send_to_production(call: Call) -> Json:
    """Let an order be printed: from now on it costs money and cannot be cancelled."""
    order = find_order(call)
    if order.status not in SENDABLE:
        raise impossible("Order cannot be sent to production.")
    send(call.world, call.shop, order)
    return view(call.shop, order) if call.world.settings.send_answers_whole_order else {"id": order.id}


def cancel(call: Call) -> Json:
    """Cancel an order that nobody has begun to print or pay."""
    order = find_order(call)
    if order.status not in CANCELLABLE:
        raise impossible("Order cannot be canceled.")
    move(call.world, call.shop, order, "canceled")
    return view(call.shop, order)


def quote_shipping(call: Call) -> Json:
    """Answer what shipping would cost by each method that goes; nothing is kept."""
    pieces = [read_pieces(call, raw) for raw in raw_lines(call.fields)]
    raw = call.fields.get("address_to")
    country = raw.get("country") if isinstance(raw, dict) else None
    if not isinstance(country, str) or not country:
        raise missing({"country": required("country")})
    return dict(quote(pieces, country, call.world.settings.quote_keys))


def show_order(call: Call) -> Json:
    """Answer one order."""
    return view(call.shop, find_order(call))


def list_orders(call: Call) -> Json:
    """Answer a page of orders, newest first; they can be sought by status and SKU only."""
    status, sku = call.query.get("status"), call.query.get("sku")
    found = [
        order
        for order in reversed(call.shop.orders.values())
        if (not status or order.status == status) and (not sku or sku in {line.sku for line in order.lines})
    ]
    return page(found, call.query, lambda order: view(call.shop, order), most=MOST)


def find_order(call: Call) -> Order:
    """Return the order in the path."""
    found = call.shop.orders.get(call.path["order"])
    if found is None:
        raise not_found()
    return found


# -- as the calls show it ----------------------------------------------------------------------------------


def view(shop: Shop, order: Order) -> Json:
    """Return an order; parcels and times appear once there are any."""
    shown: Json = {
        "id": order.id,
        "app_order_id": order.app_order_id,
        "address_to": dict(order.address),
        "line_items": [line_view(line) for line in order.lines],
        "metadata": _metadata(order),
        **_totals(order),
        "status": order.status,
        **_method_view(order.shipping_method),
        "created_at": stamp(order.created_at),
        "printify_connect": _connect(shop, order),
    }
    times = {"sent_to_production_at": order.sent_at, "fulfilled_at": order.fulfilled_at}
    shown |= {name: stamp(at) for name, at in times.items() if at is not None}
    if order.shipments:
        shown["shipments"] = _shipments(order)
    return shown


def _totals(order: Order) -> Json:
    return {
        "total_price": sum(line.cost for line in order.lines),
        "total_shipping": sum(line.shipping_cost for line in order.lines),
        "total_tax": order.total_tax,
    }


def _method_view(method: int) -> Json:
    return {
        "shipping_method": method,
        "is_printify_express": method == EXPRESS,
        "is_economy_shipping": method == ECONOMY,
    }


def _connect(shop: Shop, order: Order) -> Json:
    return {"url": f"https://example.com/printify-connect/{order.id}", "id": f"{shop.id}-{order.id}"}


def _metadata(order: Order) -> Json:
    # The real service keeps a reference of digits as a number.
    plain = order.external_id.isascii() and order.external_id.isdecimal()
    return {
        "order_type": "api",
        "shop_order_id": int(order.external_id) if plain else order.external_id,
        "shop_order_label": order.label,
        "shop_fulfilled_at": stamp(order.fulfilled_at) if order.fulfilled_at else _NEVER,
        "is_reprint": False,
        "reprinted_order_ids": [],
        "child_reprinted_order_ids": [],
    }


def _shipments(order: Order) -> Sequence[Json]:
    return [
        {
            "carrier": parcel.carrier,
            "number": parcel.number,
            "url": f"https://example.com/track/{parcel.number}",
            "delivered_at": maybe(parcel.delivered_at),
        }
        for parcel in order.shipments
    ]


def line_view(line: OrderLine) -> Json:
    """Return a line; it knows nothing of parcels."""
    return {
        "product_id": line.product_id,
        "quantity": line.quantity,
        "variant_id": line.variant_id,
        "print_provider_id": line.offer.provider.id,
        "cost": line.cost,
        "shipping_cost": line.shipping_cost,
        "status": line.status,
        "metadata": _line_metadata(line),
        "sent_to_production_at": maybe(line.sent_at),
        "fulfilled_at": maybe(line.fulfilled_at),
    }


def _line_metadata(line: OrderLine) -> Json:
    own = {} if line.external_id is None else {"external_id": line.external_id}
    return {
        "title": line.title,
        "price": line.price,
        "variant_label": line.label,
        "sku": line.sku,
        "country": line.offer.provider.country,
        **own,
    }
