"""Orders: placed by shoppers, paid, edited, refunded and canceled by merchants and apps."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import attrs
from attrs import evolve, frozen

from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox import shopify_shipping as shipping
from mockspark.adapters.sandbox.shopify_shipping import Refused, World
from mockspark.adapters.sandbox.shopify_store import (
    Buyer,
    Job,
    Line,
    Metafield,
    Pairs,
    PostalAddress,
    Refund,
    RefundLine,
    Store,
    StoredOrder,
    Transaction,
    number_of,
    pairs_of,
)
from mockspark.domain.errors import InvalidValue

_PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})
CANCEL_DELAY: Final = timedelta(seconds=1)
_LONGEST_STAFF_NOTE: Final = 255


@frozen(kw_only=True)
class LineDraft:
    """One line as a shopper puts it into the cart; *price* is in the shop's currency."""

    title: str = "Personalized mug"
    sku: str | None = None
    quantity: int = 1
    price: str = "20.00"
    variant_title: str | None = None
    product_id: int | None = None
    variant_id: int | None = None
    vendor: str | None = None
    properties: Pairs = attrs.field(default=(), converter=pairs_of)
    requires_shipping: bool = True
    gift_card: bool = False
    grams: int = 200


@frozen(kw_only=True)
class OrderDraft:
    """A compact description of one order; what is left out is filled in as the store would."""

    lines: tuple[LineDraft, ...]
    address: PostalAddress | None = None
    billing_address: PostalAddress | None = None
    email: str | None = None
    first_name: str = ""
    last_name: str = ""
    phone: str | None = None
    note: str | None = None
    note_attributes: Pairs = attrs.field(default=(), converter=pairs_of)
    tags: tuple[str, ...] = ()
    financial_status: str = "paid"
    test: bool = False
    shipping_price: str = "4.90"
    shipping_title: str = "Standard"
    locale: str = "en"
    source_name: str = "web"
    gateway: str = "bogus"
    currency: str = ""
    scenario: str = ""


def read_draft(raw: Mapping[str, Any]) -> OrderDraft:
    """Read an order from JSON; raises InvalidValue for a key that does not exist or a line that is none."""
    fields = dict(raw)
    lines = tuple(read_line(line) for line in fields.pop("lines", ()))
    for name in ("address", "billing_address"):
        if isinstance(fields.get(name), Mapping):
            fields[name] = _build(PostalAddress, fields[name])
    draft: OrderDraft = _build(OrderDraft, fields | {"lines": lines, "tags": tuple(fields.get("tags", ()))})
    return draft


def read_line(raw: Mapping[str, Any]) -> LineDraft:
    """Read one line from JSON; raises InvalidValue for a key that does not exist."""
    line: LineDraft = _build(LineDraft, raw)
    return line


def _build(cls: Any, raw: Mapping[str, Any]) -> Any:
    unknown = set(raw) - {field.name for field in attrs.fields(cls)}
    if unknown:
        raise InvalidValue(f"an order description knows no {', '.join(sorted(unknown))}")
    return cls(**raw)


def place(world: World, store: Store, draft: OrderDraft, *, token: str) -> StoredOrder:
    """Store an order and tell of it; its fulfillment orders follow when the shop's routing delay has passed."""
    if not draft.lines:
        raise InvalidValue("an order has at least one line")
    order = _drafted(world, store, draft, token)
    if not order.requires_shipping:
        order.shipping_price = Decimal(0)
    store.orders[order.id] = order
    _take_payment(world, order)
    world.later(store.routing_delay, lambda: shipping.route(world, store, order))
    _tell(
        world, store, order, "orders/create", *(["orders/paid"] if order.financial_status == "paid" else [])
    )
    return order


def _drafted(world: World, store: Store, draft: OrderDraft, token: str) -> StoredOrder:
    now = world.now()
    number = store.next_number
    store.next_number += 1
    return StoredOrder(
        id=world.numbers(),
        number=number,
        name=f"#{number}",
        token=token,
        confirmation=_confirmation(token),
        created_at=now,
        processed_at=now,
        updated_at=now,
        currency=draft.currency or store.currency,
        financial_status=draft.financial_status,
        gateway=draft.gateway,
        test=draft.test,
        tags=sorted(draft.tags),
        note=draft.note,
        note_attributes=draft.note_attributes,
        email=draft.email,
        phone=draft.phone,
        source_name=draft.source_name,
        locale=draft.locale,
        buyer=_buyer(world, store, draft),
        shipping_address=draft.address,
        billing_address=draft.billing_address or draft.address,
        shipping_line_id=world.numbers(),
        shipping_title=draft.shipping_title,
        shipping_price=_amount(draft.shipping_price),
        lines=[_line(world, line) for line in draft.lines],
    )


def _confirmation(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:9].upper()


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as e:
        raise InvalidValue(f"{text!r} is not an amount of money") from e


def _line(world: World, draft: LineDraft) -> Line:
    if draft.quantity < 1:
        raise InvalidValue(f"{draft.quantity} is not a quantity")
    return Line(
        id=world.numbers(),
        title=draft.title,
        variant_title=draft.variant_title,
        sku=draft.sku,
        vendor=draft.vendor,
        product_id=draft.product_id,
        variant_id=draft.variant_id,
        quantity=draft.quantity,
        price=_amount(draft.price),
        grams=draft.grams,
        properties=draft.properties,
        requires_shipping=draft.requires_shipping and not draft.gift_card,
        gift_card=draft.gift_card,
    )


def _buyer(world: World, store: Store, draft: OrderDraft) -> Buyer | None:
    key = (draft.email or draft.phone or "").casefold()
    if not key:
        return None
    known = store.buyers.get(key)
    if known is not None:
        return known
    address = draft.address or PostalAddress()
    buyer = Buyer(
        id=world.numbers(),
        first_name=draft.first_name or address.first_name,
        last_name=draft.last_name or address.last_name,
        email=draft.email,
        phone=draft.phone,
        locale=draft.locale,
    )
    store.buyers[key] = buyer
    return buyer


def _take_payment(world: World, order: StoredOrder) -> None:
    kinds = {"paid": "SALE", "authorized": "AUTHORIZATION"}
    kind = kinds.get(order.financial_status)
    if kind is not None:
        order.transactions.append(
            Transaction(
                id=world.numbers(),
                kind=kind,
                amount=order.total,
                gateway=order.gateway,
                at=order.processed_at,
            )
        )


def _tell(world: World, store: Store, order: StoredOrder, *topics: str) -> None:
    body = bodies.order_body(store, order)
    event = world.event()
    for topic in topics:
        world.tell(store, topic, body, event=event)


def _changed(world: World, store: Store, order: StoredOrder, *topics: str) -> None:
    order.updated_at = world.now()
    _tell(world, store, order, *topics, "orders/updated")


def find_order(store: Store, order_id: str, *, field: tuple[str, ...] = ("id",)) -> StoredOrder:
    """Return an order by its global id; raises Refused, or BadId for another kind of id."""
    number = number_of("Order", order_id)
    if number is None:
        raise shipping.BadId(f"Invalid id: {order_id}")
    found = store.orders.get(number)
    if found is None:
        raise Refused(message="Order does not exist", field=field)
    return found


def pay(world: World, store: Store, order: StoredOrder) -> StoredOrder:
    """Take what is outstanding; raises Refused when nothing is."""
    if order.financial_status in _PAID or order.cancelled_at is not None:
        raise Refused(message="Order cannot be marked as paid.", field=("id",))
    due = max(order.current_total - order.received, Decimal(0))
    order.transactions.append(
        Transaction(id=world.numbers(), kind="SALE", amount=due, gateway=order.gateway, at=world.now())
    )
    order.financial_status = "paid"
    _changed(world, store, order, "orders/paid")
    return order


def edit_address(world: World, store: Store, order: StoredOrder, address: PostalAddress) -> StoredOrder:
    """Send the order elsewhere."""
    order.shipping_address = address
    _changed(world, store, order)
    return order


def change(world: World, store: Store, order: StoredOrder, **values: Any) -> StoredOrder:
    """Replace facts of an order: note, tags, note attributes, email, phone, purchase order number."""
    for name, value in values.items():
        setattr(order, name, value)
    _changed(world, store, order)
    return order


def edit_lines(
    world: World,
    store: Store,
    order: StoredOrder,
    *,
    add: Sequence[LineDraft] = (),
    reduce: Mapping[int, int] | None = None,
    staff_note: str = "",
) -> StoredOrder:
    """Add lines and take units away by line id; tells `orders/edited`, which carries no order."""
    if order.cancelled_at is not None:
        raise Refused(message="The order cannot be edited.", field=("id",))
    removed = dict(reduce or {})
    for line_id, units in removed.items():
        line = order.line(line_id)
        if not 0 < units <= order.unfulfilled_units(line):
            raise Refused(message="Quantity must not exceed the unfulfilled units.", field=("quantity",))
    for line_id, units in removed.items():
        order.line(line_id).removed += units
        shipping.take_units(world, order, line_id, units)
    added = [_line(world, draft) for draft in add]
    order.lines.extend(added)
    fresh = [(line.id, line.quantity) for line in added if line.requires_shipping]
    if fresh and order.routed:
        _add_work(world, store, order, fresh)
    order.edited = True
    order.closed_at = None if fresh else order.closed_at
    order.updated_at = world.now()
    event = world.event()
    body = bodies.order_edit_body(
        world.numbers(),
        order,
        at=order.updated_at,
        added={line.id: line.quantity for line in added},
        removed=removed,
        note=staff_note,
    )
    world.tell(store, "orders/edited", body, event=event)
    world.tell(store, "orders/updated", bodies.order_body(store, order), event=event)
    return order


def _add_work(world: World, store: Store, order: StoredOrder, fresh: list[tuple[int, int]]) -> None:
    place = store.locations[0].id
    existing = next((w for w in order.work if w.status == "OPEN" and w.location_id == place), None)
    made = shipping.open_work(world, order, place, fresh)
    if existing is not None:
        existing.lines.extend(made.lines)
        order.work.remove(made)
        shipping.touch(world, order, existing)


@frozen(kw_only=True)
class RefundPart:
    """Units of a line to give back: `CANCEL` takes them off the work, `NO_RESTOCK` and `RETURN` do not."""

    line_id: int
    quantity: int
    restock_type: str = "CANCEL"


def refund(
    world: World,
    store: Store,
    order: StoredOrder,
    *,
    parts: Sequence[RefundPart] = (),
    amount: Decimal | None = None,
    note: str | None = None,
) -> Refund:
    """Give units or money back; without *amount* the price of the units."""
    for i, part in enumerate(parts):
        if part.quantity > order.line(part.line_id).current_quantity:
            raise Refused(
                message="Quantity cannot refund more items than were purchased",
                field=("refundLineItems", str(i), "quantity"),
            )
    worth = sum((order.line(p.line_id).price * p.quantity for p in parts), Decimal(0))
    sum_back = worth if amount is None else amount
    net = order.received - order.refunded
    if sum_back > net and amount is not None:
        raise Refused(
            message=f"Refund amount ${sum_back:.2f} is greater than net payment received ${net:.2f}",
            field=None,
        )
    made = Refund(
        id=world.numbers(), order_id=order.id, created_at=world.now(), amount=min(sum_back, net), note=note
    )
    for part in parts:
        made.lines.append(
            RefundLine(
                id=world.numbers(),
                line_id=part.line_id,
                quantity=part.quantity,
                restock_type=part.restock_type,
            )
        )
        order.line(part.line_id).refunded += part.quantity
        if part.restock_type == "CANCEL":
            shipping.take_units(world, order, part.line_id, part.quantity)
    _book(world, order, made)
    order.updated_at = world.now()
    event = world.event()
    world.tell(store, "refunds/create", bodies.refund_body(order, made), event=event)
    world.tell(store, "orders/updated", bodies.order_body(store, order), event=event)
    return made


def _book(world: World, order: StoredOrder, made: Refund) -> None:
    order.refunds.append(made)
    if not made.amount:
        return
    order.transactions.append(
        Transaction(
            id=world.numbers(), kind="REFUND", amount=made.amount, gateway=order.gateway, at=made.created_at
        )
    )
    order.financial_status = "refunded" if order.refunded >= order.received else "partially_refunded"


def ask_cancel(
    world: World,
    store: Store,
    order: StoredOrder,
    *,
    reason: str,
    refund_money: bool,
    staff_note: str | None,
) -> Job:
    """Begin to cancel an order; it is canceled when the returned job is done."""
    if staff_note is not None and len(staff_note) > _LONGEST_STAFF_NOTE:
        raise _refusal(
            "staffNote", f"Staff note is too long. Maximum length is {_LONGEST_STAFF_NOTE} characters."
        )
    if order.cancelled_at is not None:
        raise _refusal("orderId", "Cannot cancel an order that has already been canceled")
    if order.cancelling:
        raise Refused(message="Cancellation is already in progress")
    if any(parcel.status == "SUCCESS" for parcel in order.fulfillments):
        raise _refusal("orderId", "Cannot cancel an order that has outstanding fulfillments")
    order.cancelling = True
    job = Job(id=_job_id(world, order), order_id=order.id)
    store.jobs[job.id] = job

    def finish() -> None:
        if not job.done:
            cancel(world, store, order, reason=reason, refund_money=refund_money, staff_note=staff_note)
            job.done = True

    world.later(CANCEL_DELAY, finish)
    return job


def _job_id(world: World, order: StoredOrder) -> str:
    digest = hashlib.sha256(f"{order.id}/{world.numbers()}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _refusal(field: str, message: str) -> Refused:
    return Refused(message=message, field=(field,), code="INVALID")


def cancel(
    world: World,
    store: Store,
    order: StoredOrder,
    *,
    reason: str = "CUSTOMER",
    refund_money: bool = True,
    staff_note: str | None = None,
) -> StoredOrder:
    """Cancel an order for good; its fulfillment orders are closed and it is archived."""
    if order.cancelled_at is not None:
        raise _refusal("orderId", "Cannot cancel an order that has already been canceled")
    now = world.now()
    order.cancelled_at, order.cancel_reason, order.staff_note = now, reason, staff_note
    order.closed_at, order.cancelling, order.routed = now, False, True
    shipping.close_all(world, store, order)
    parts = [(line.id, line.current_quantity) for line in order.lines if line.current_quantity]
    money_back = order.received - order.refunded if refund_money else Decimal(0)
    if parts:
        made = Refund(id=world.numbers(), order_id=order.id, created_at=now, amount=money_back)
        for line_id, quantity in parts:
            order.line(line_id).refunded += quantity
            made.lines.append(
                RefundLine(id=world.numbers(), line_id=line_id, quantity=quantity, restock_type="CANCEL")
            )
        _book(world, order, made)
        world.tell(store, "refunds/create", bodies.refund_body(order, made), event=world.event())
    if order.financial_status in {"pending", "authorized"}:
        order.financial_status = "voided"
    _changed(world, store, order, "orders/cancelled")
    return order


def set_archived(world: World, store: Store, order: StoredOrder, *, archived: bool) -> StoredOrder:
    """Close or reopen an order."""
    if archived is not (order.closed_at is not None):
        order.closed_at = world.now() if archived else None
        _changed(world, store, order)
    return order


def set_metafields(world: World, store: Store, raw: Sequence[Mapping[str, Any]]) -> list[Metafield]:
    """Write metafields, all or none; a wrong compareDigest refuses the write."""
    checked = [(_owner(store, i, entry), entry) for i, entry in enumerate(raw)]
    for i, (order, entry) in enumerate(checked):
        _check_digest(order, i, entry)
    written = [_write_metafield(world, order, entry) for order, entry in checked]
    for order in {id(order): order for order, _ in checked}.values():
        _changed(world, store, order)
    return written


def _owner(store: Store, index: int, entry: Mapping[str, Any]) -> StoredOrder:
    number = number_of("Order", str(entry["ownerId"]))
    order = store.order(number)
    if order is None:
        raise Refused(
            message="Owner does not exist.", field=("metafields", str(index), "ownerId"), code="INVALID"
        )
    return order


def metafield(order: StoredOrder, namespace: str, key: str) -> Metafield | None:
    """Return a metafield of an order, or None."""
    return next((m for m in order.metafields if (m.namespace, m.key) == (namespace, key)), None)


def digest(value: str) -> str:
    """Return what compare-and-swap compares."""
    return hashlib.sha256(value.encode()).hexdigest()


def _check_digest(order: StoredOrder, index: int, entry: Mapping[str, Any]) -> None:
    if "compareDigest" not in entry:
        return
    known = metafield(order, namespace_of(entry), str(entry["key"]))
    have = digest(known.value) if known else None
    if entry["compareDigest"] != have:
        raise Refused(
            message="The resource has been updated since it was loaded. "
            "Try again with an updated `compareDigest` value.",
            field=("metafields", str(index)),
            code="STALE_OBJECT",
        )


def namespace_of(entry: Mapping[str, Any]) -> str:
    """Return the namespace with the app's own one spelled out."""
    namespace = str(entry.get("namespace") or "$app")
    return namespace.replace("$app", "app--1", 1) if namespace.startswith("$app") else namespace


def _write_metafield(world: World, order: StoredOrder, entry: Mapping[str, Any]) -> Metafield:
    namespace, key = namespace_of(entry), str(entry["key"])
    known = metafield(order, namespace, key)
    if known is None:
        known = Metafield(
            id=world.numbers(),
            owner_id=order.id,
            namespace=namespace,
            key=key,
            type=str(entry.get("type") or "single_line_text_field"),
            value="",
            created_at=world.now(),
            updated_at=world.now(),
        )
        order.metafields.append(known)
    known.value, known.updated_at = str(entry["value"]), world.now()
    return known


def address_from_input(raw: Mapping[str, Any], old: PostalAddress | None) -> PostalAddress:
    """Return *old* with the fields of a MailingAddressInput put in."""
    names = {"firstName": "first_name", "lastName": "last_name", "countryCode": "country_code"}
    names |= {"provinceCode": "province_code"}
    values = {names.get(name, name): value for name, value in raw.items()}
    return evolve(old or PostalAddress(), **values)
