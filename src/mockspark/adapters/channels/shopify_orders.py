"""GraphQL orders in our words: the same `ChannelOrder` as the webhook's body gives."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mockspark.adapters.channels.shopify_connections import Connection, Thing, part
from mockspark.adapters.channels.shopify_fulfilled import ASKED, Parcel, in_parcels
from mockspark.adapters.channels.shopify_ids import short
from mockspark.adapters.channels.shopify_personalization import joined, personalization, tie_addons
from mockspark.adapters.channels.shopify_values import address, full_name, moment, money, payment, tags
from mockspark.application.errors import Unavailable
from mockspark.domain.contact import Address, Customer
from mockspark.domain.identity import ExternalRef
from mockspark.domain.order import ChannelLine, ChannelOrder


class AdminAddress(msgspec.Struct, kw_only=True, rename="camel"):
    """A place."""

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
    country_code_v2: str | None = msgspec.field(default=None, name="countryCodeV2")


class AdminCustomer(msgspec.Struct, kw_only=True, rename="camel"):
    """Whoever ordered."""

    id: str
    first_name: str | None = None
    last_name: str | None = None


class Titled(msgspec.Struct, kw_only=True):
    """A way of shipping."""

    title: str | None = None


class Group(msgspec.Struct, kw_only=True, rename="camel"):
    """A bundle that lines belong to."""

    custom_attributes: Any = None


class Price(msgspec.Struct, kw_only=True, rename="camel"):
    """An amount."""

    amount: str | None = None
    currency_code: str | None = None


class Prices(msgspec.Struct, kw_only=True, rename="camel"):
    """An amount in the shop's currency."""

    shop_money: Price | None = None


class AdminLine(msgspec.Struct, kw_only=True, rename="camel"):
    """One line of an order."""

    id: str
    title: str | None = None
    variant_title: str | None = None
    sku: str | None = None
    vendor: str | None = None
    quantity: int = 1
    current_quantity: int | None = None
    requires_shipping: bool = True
    is_gift_card: bool = False
    custom_attributes: Any = None
    product: Thing | None = None
    variant: Thing | None = None
    line_item_group: Group | None = None
    original_unit_price_set: Prices | None = None


class Hold(msgspec.Struct, kw_only=True, rename="camel"):
    """Why a fulfillment order waits, and whether we made it wait."""

    id: str = ""
    handle: str | None = None
    reason: str = ""
    reason_notes: str | None = None
    held_by_requesting_app: bool = False

    @property
    def words(self) -> str:
        """Return the reason for people."""
        reason = self.reason.replace("_", " ").lower()
        return f"{reason}: {self.reason_notes}" if self.reason_notes else reason


class HeldWork(msgspec.Struct, kw_only=True, rename="camel"):
    """A fulfillment order's state and holds, and whether a fulfillment service was asked."""

    status: str = ""
    request_status: str = ""
    fulfillment_holds: list[Hold] | None = None


class AdminOrder(msgspec.Struct, kw_only=True, rename="camel"):
    """An order; without a scope or an approval, parts of it are null."""

    id: str
    name: str = ""
    created_at: str
    updated_at: str
    cancelled_at: str | None = None
    display_financial_status: str | None = None
    test: bool = False
    tags: list[str] | None = None
    note: str | None = None
    email: str | None = None
    phone: str | None = None
    source_name: str | None = None
    currency_code: str = "USD"
    custom_attributes: Any = None
    customer: AdminCustomer | None = None
    shipping_address: AdminAddress | None = None
    shipping_line: Titled | None = None
    fulfillment_orders: Connection[HeldWork] | None = None
    fulfillments: list[Parcel] | None = None
    line_items: Connection[AdminLine]

    @property
    def given_away(self) -> bool:
        """Tell whether another fulfillment service was asked for any of it."""
        works = self.fulfillment_orders.nodes if self.fulfillment_orders else ()
        return any(work.request_status in ASKED for work in works)


class _Lines(msgspec.Struct, kw_only=True, rename="camel"):
    updated_at: str
    line_items: Connection[AdminLine]


def line_page(data: Mapping[str, Any], updated_at: str) -> Connection[AdminLine]:
    """Return a further page of lines; raises Unavailable when the order changed between two pages."""
    page = part(data, "order", _Lines)
    if page is None or page.updated_at != updated_at:
        raise Unavailable("the order changed while it was read")
    return page.line_items


def order_of(
    raw: AdminOrder, lines: Sequence[AdminLine], given_away: Mapping[ExternalRef, int] | None = None
) -> ChannelOrder:
    """Return an order with all its *lines* in our words; *given_away* is what other services are about to ship."""
    created, updated = moment(raw.created_at), moment(raw.updated_at)
    if created is None or updated is None:
        raise Unavailable("the store told an order without its times")
    ship_to = _address(raw.shipping_address)
    fulfilled = in_parcels(raw.fulfillments or ()) + Counter(given_away or {})
    return ChannelOrder(
        ref=short(raw.id),
        name=raw.name,
        placed_at=created,
        updated_at=updated,
        cancelled_at=moment(raw.cancelled_at),
        payment=payment(raw.display_financial_status),
        payment_raw=(raw.display_financial_status or "").lower(),
        currency=raw.currency_code,
        customer=_customer(raw, ship_to),
        ship_to=ship_to,
        shipping_method=(raw.shipping_line.title or "") if raw.shipping_line else "",
        note=raw.note or "",
        attributes=personalization(raw.custom_attributes),
        tags=tags(raw.tags),
        lines=tie_addons([_line(line, raw.currency_code, fulfilled) for line in lines]),
        test=raw.test,
        on_hold=held_words(raw.fulfillment_orders.nodes if raw.fulfillment_orders else ()),
        source=raw.source_name or "",
    )


def held_words(works: Sequence[HeldWork]) -> str:
    """Say why others hold the order; our own hold is no news to us."""
    holds = [
        hold
        for work in works
        if work.status == "ON_HOLD"
        for hold in work.fulfillment_holds or ()
        if not hold.held_by_requesting_app
    ]
    return "; ".join(dict.fromkeys(hold.words for hold in holds))


def _address(raw: AdminAddress | None) -> Address | None:
    return None if raw is None else address(raw, raw.country_code_v2)


def _customer(raw: AdminOrder, ship_to: Address | None) -> Customer:
    who = raw.customer
    return Customer(
        name=(full_name(who.first_name, who.last_name) if who else "") or (ship_to.name if ship_to else ""),
        email=raw.email or "",
        phone=raw.phone or "",
        ref=short(who.id).id if who else "",
    )


def _line(raw: AdminLine, currency: str, fulfilled: Mapping[ExternalRef, int]) -> ChannelLine:
    ref = short(raw.id)
    bundle = personalization(raw.line_item_group.custom_attributes) if raw.line_item_group else ()
    price = raw.original_unit_price_set.shop_money if raw.original_unit_price_set else None
    current = raw.quantity if raw.current_quantity is None else raw.current_quantity
    return ChannelLine(
        ref=ref,
        product=_ref(raw.product),
        variant=_ref(raw.variant),
        sku=raw.sku or "",
        title=raw.title or "",
        variant_title=raw.variant_title or "",
        vendor=raw.vendor or "",
        quantity=max(current, 0),
        ordered=max(raw.quantity, 0),
        fulfilled=fulfilled.get(ref, 0),
        price=money(price.amount, currency) if price else None,
        requires_shipping=raw.requires_shipping,
        personalization=joined(personalization(raw.custom_attributes), bundle),
        gift_card=raw.is_gift_card,
    )


def _ref(raw: Thing | None) -> ExternalRef | None:
    return short(raw.id) if raw else None
