"""Webhook bodies: the REST shape of an order, read with every field missing, null or oddly typed."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import chain
from typing import Any, Final, TypeVar

import msgspec
from attrs import frozen

from mockspark.adapters.channels.shopify_fulfilled import GONE
from mockspark.adapters.channels.shopify_ids import Number, reference, required
from mockspark.adapters.channels.shopify_personalization import joined, personalization, tie_addons
from mockspark.adapters.channels.shopify_values import (
    Amount,
    Flag,
    address,
    flag,
    full_name,
    moment,
    money,
    payment,
    tags,
)
from mockspark.application.errors import Rejected
from mockspark.domain.contact import Address, Customer
from mockspark.domain.order import ChannelLine, ChannelOrder, Personalization

T = TypeVar("T")

# A refund that restocks nothing concerns units that were shipped already: they stay wanted.
_STILL_WANTED: Final = frozenset({"no_restock"})


class RestAddress(msgspec.Struct, kw_only=True):
    """A place; the country's code may be missing."""

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    zip: str | int | None = None
    phone: str | int | None = None
    country_code: str | None = None


class RestCustomer(msgspec.Struct, kw_only=True):
    """Whoever ordered."""

    id: Number = None
    first_name: str | None = None
    last_name: str | None = None


class RestLine(msgspec.Struct, kw_only=True):
    """One line of an order."""

    id: Number = None
    product_id: Number = None
    variant_id: Number = None
    sku: str | int | None = None
    title: str | None = None
    name: str | None = None
    variant_title: str | None = None
    vendor: str | None = None
    quantity: int = 1
    current_quantity: int | None = None
    price: Amount = None
    requires_shipping: Flag = None
    fulfillment_status: str | None = None
    gift_card: Flag = None
    properties: Any = None
    sales_line_item_group_id: Number = None


class RestGroup(msgspec.Struct, kw_only=True):
    """A bundle that lines belong to, with attributes of its own."""

    id: Number = None
    properties: Any = None
    custom_attributes: Any = None


class RestShipping(msgspec.Struct, kw_only=True):
    """A way of shipping that was bought."""

    title: str | None = None
    is_removed: Flag = None


class RestRefundLine(msgspec.Struct, kw_only=True):
    """Units of one line that were refunded."""

    line_item_id: Number = None
    quantity: int = 0
    restock_type: str | None = None


class RestRefund(msgspec.Struct, kw_only=True):
    """One refund."""

    refund_line_items: list[RestRefundLine] | None = None


class RestParcelLine(msgspec.Struct, kw_only=True):
    """Units of one line in a parcel."""

    id: Number = None
    quantity: int = 0


class RestParcel(msgspec.Struct, kw_only=True):
    """A parcel that the store was told of."""

    status: str | None = None
    line_items: list[RestParcelLine] | None = None


class RestOrder(msgspec.Struct, kw_only=True):
    """An order; a subscription may have trimmed it to its id."""

    id: Number = None
    name: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    cancelled_at: str | None = None
    financial_status: str | None = None
    currency: str | None = None
    email: str | None = None
    contact_email: str | None = None
    phone: str | int | None = None
    customer: RestCustomer | None = None
    shipping_address: RestAddress | None = None
    shipping_lines: list[RestShipping] | None = None
    note: str | None = None
    note_attributes: Any = None
    tags: str | list[str] | None = None
    line_items: list[RestLine] | None = None
    line_item_groups: list[RestGroup] | None = None
    refunds: list[RestRefund] | None = None
    fulfillments: list[RestParcel] | None = None
    test: Flag = None
    source_name: str | int | None = None

    @property
    def whole(self) -> bool:
        """Tell whether enough is there to stand for the order."""
        return None not in (self.name, self.created_at, self.updated_at, self.line_items)


def decoded(body: bytes, kind: type[T]) -> T:
    """Read a JSON body; raises Rejected for one that is not of that form."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise Rejected("the message is not what its topic promises") from problem


def order_of(raw: RestOrder) -> ChannelOrder:
    """Return a whole order in our words; raises Rejected where a value means nothing."""
    created, updated = moment(raw.created_at), moment(raw.updated_at)
    if created is None or updated is None:
        raise Rejected("the message has an order without its times")
    ship_to = _address(raw.shipping_address)
    return ChannelOrder(
        ref=required(raw.id, "the order"),
        name=raw.name or "",
        placed_at=created,
        updated_at=updated,
        cancelled_at=moment(raw.cancelled_at),
        payment=payment(raw.financial_status),
        payment_raw=(raw.financial_status or "").lower(),
        currency=raw.currency or "USD",
        customer=_customer(raw, ship_to),
        ship_to=ship_to,
        shipping_method=_shipping_method(raw),
        note=raw.note or "",
        attributes=personalization(raw.note_attributes),
        tags=tags(raw.tags),
        lines=_lines(raw),
        test=flag(raw.test, default=False),
        source=str(raw.source_name or ""),
    )


def _address(raw: RestAddress | None) -> Address | None:
    return None if raw is None else address(raw, raw.country_code)


def _customer(raw: RestOrder, ship_to: Address | None) -> Customer:
    who = raw.customer or RestCustomer()
    ref = reference(who.id)
    return Customer(
        name=full_name(who.first_name, who.last_name) or (ship_to.name if ship_to else ""),
        email=raw.email or raw.contact_email or "",
        phone=str(raw.phone or ""),
        ref=ref.id if ref else "",
    )


def _shipping_method(raw: RestOrder) -> str:
    kept = (line for line in raw.shipping_lines or () if not flag(line.is_removed, default=False))
    return next((line.title or "" for line in kept), "")


@frozen(kw_only=True)
class _Units:
    """Units by line: paid back, and in parcels."""

    refunded: Mapping[str, int]
    fulfilled: Mapping[str, int]


def _lines(raw: RestOrder) -> tuple[ChannelLine, ...]:
    units = _Units(refunded=_refunded(raw), fulfilled=_fulfilled(raw))
    currency = raw.currency or "USD"
    bundles = {reference(group.id): _attributes(group) for group in raw.line_item_groups or ()}
    lines = [
        _line(line, currency, bundles.get(reference(line.sales_line_item_group_id), ()), units)
        for line in raw.line_items or ()
    ]
    return tie_addons(lines)


def _attributes(group: RestGroup) -> Personalization:
    return joined(personalization(group.properties), personalization(group.custom_attributes))


def _line(raw: RestLine, currency: str, bundle: Personalization, units: _Units) -> ChannelLine:
    ref = required(raw.id, "a line")
    current = raw.current_quantity
    left = raw.quantity - units.refunded.get(ref.id, 0) if current is None else current
    return ChannelLine(
        ref=ref,
        product=reference(raw.product_id),
        variant=reference(raw.variant_id),
        sku=str(raw.sku or ""),
        title=raw.title or raw.name or "",
        variant_title=raw.variant_title or "",
        vendor=raw.vendor or "",
        quantity=max(left, 0),
        ordered=max(raw.quantity, 0),
        fulfilled=units.fulfilled.get(ref.id, 0),
        price=money(raw.price, currency),
        requires_shipping=flag(raw.requires_shipping, default=True),
        personalization=joined(personalization(raw.properties), bundle),
        gift_card=flag(raw.gift_card, default=False),
    )


def _refunded(raw: RestOrder) -> Mapping[str, int]:
    """Count refunded units by line, for bodies that do not know `current_quantity` yet."""
    counted: defaultdict[str, int] = defaultdict(int)
    for refund in raw.refunds or ():
        for line in refund.refund_line_items or ():
            ref = reference(line.line_item_id)
            if ref is not None and line.restock_type not in _STILL_WANTED:
                counted[ref.id] += max(line.quantity, 0)
    return counted


def _fulfilled(raw: RestOrder) -> Mapping[str, int]:
    """Count the units in parcels by line; a body without parcels may still call whole lines fulfilled."""
    told = (parcel.line_items or () for parcel in raw.fulfillments or () if _travels(parcel))
    whole = [line for line in raw.line_items or () if line.fulfillment_status == "fulfilled"]
    counted: defaultdict[str, int] = defaultdict(int)
    for line in whole if raw.fulfillments is None else chain.from_iterable(told):
        ref = reference(line.id)
        if ref is not None:
            counted[ref.id] += max(line.quantity, 0)
    return counted


def _travels(parcel: RestParcel) -> bool:
    return (parcel.status or "").upper() not in GONE
