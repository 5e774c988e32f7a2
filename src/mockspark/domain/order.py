"""The store's order: a snapshot that follows the store, with everything that was left out and why."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from attrs import evolve, field, fields, frozen, validators

from mockspark.domain.contact import Address, Customer
from mockspark.domain.events import Change, OrderEvent, OrderReceived, OrderRedacted, OrderSynced, Stamp
from mockspark.domain.identity import ExternalRef, OrderId, ShopId
from mockspark.domain.money import Money

Personalization = tuple[tuple[str, str], ...]
"""What the customer entered, name and value, in the given order; a name may stand twice."""


class Payment(StrEnum):
    """What the store says of the money; what we do not know stays `OTHER` with the raw word beside it."""

    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PENDING = "pending"
    VOIDED = "voided"
    OTHER = "other"


PRODUCIBLE: Final = frozenset({Payment.PAID, Payment.PARTIALLY_REFUNDED})


@frozen(kw_only=True)
class ChannelLine:
    """One line of a store order as the store shows it.

    *quantity* is what is wanted now, after edits and refunds; *ordered* is what was bought; *fulfilled* is what
    the store has in parcels or gave to another service, whoever did it: our own parcels are among them.
    *parent* is the line that a price add-on belongs to.
    """

    ref: ExternalRef
    product: ExternalRef | None = None
    variant: ExternalRef | None = None
    sku: str = ""
    title: str = ""
    variant_title: str = ""
    vendor: str = ""
    quantity: int = field(default=1, validator=validators.ge(0))
    ordered: int = field(default=1, validator=validators.ge(0))
    fulfilled: int = field(default=0, validator=validators.ge(0))
    price: Money | None = None
    requires_shipping: bool = True
    personalization: Personalization = ()
    parent: ExternalRef | None = None
    addon: bool = False
    gift_card: bool = False


@frozen(kw_only=True)
class ChannelOrder:
    """One store order as the channel told it; *updated_at* decides which of two tellings is newer."""

    ref: ExternalRef
    name: str
    placed_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None = None
    payment: Payment = Payment.OTHER
    payment_raw: str = ""
    currency: str = "USD"
    customer: Customer = Customer()
    ship_to: Address | None = None
    shipping_method: str = ""
    note: str = ""
    attributes: Personalization = ()
    tags: tuple[str, ...] = ()
    lines: tuple[ChannelLine, ...] = ()
    test: bool = False
    on_hold: str = ""
    source: str = ""

    @property
    def producible(self) -> bool:
        """Tell whether the money is in and nobody called it off."""
        return self.payment in PRODUCIBLE and self.cancelled_at is None

    def line(self, ref: ExternalRef) -> ChannelLine | None:
        """Return the line called *ref*."""
        return next((line for line in self.lines if line.ref == ref), None)


class Skip(StrEnum):
    """Why a line became no item."""

    NOT_OURS = "not_ours"
    NOT_SHIPPED = "not_shipped"
    GIFT_CARD = "gift_card"
    REMOVED = "removed"
    PRICE_ADDON = "price_addon"
    FULFILLED = "fulfilled"


@frozen(kw_only=True)
class FilteredLine:
    """A line that we do not handle, and why."""

    line: ExternalRef
    title: str
    sku: str = ""
    quantity: int = 1
    why: Skip
    variant: ExternalRef | None = None
    product: ExternalRef | None = None


@frozen(kw_only=True)
class Order:
    """The store's snapshot of one order."""

    id: OrderId
    shop_id: ShopId
    snapshot: ChannelOrder
    filtered: tuple[FilteredLine, ...] = ()
    received_at: datetime
    synced_at: datetime
    redacted: bool = False
    version: int = 0
    events: tuple[OrderEvent, ...] = field(default=(), eq=False, repr=False)

    @classmethod
    def receive(
        cls,
        id: OrderId,  # noqa: A002 - the field's name
        shop_id: ShopId,
        arrived: ChannelOrder,
        *,
        filtered: tuple[FilteredLine, ...],
        items: int,
        stamp: Stamp,
    ) -> Self:
        """Take in a store order for the first time."""
        received = OrderReceived(order_id=id, items=items, filtered=len(filtered), stamp=stamp)
        return cls(
            id=id,
            shop_id=shop_id,
            snapshot=arrived,
            filtered=filtered,
            received_at=stamp.at,
            synced_at=stamp.at,
            events=(received,),
        )

    @property
    def ref(self) -> ExternalRef:
        """Return the store's id of the order."""
        return self.snapshot.ref

    @property
    def name(self) -> str:
        """Return the order's name in the store, such as #1001."""
        return self.snapshot.name

    def sync(self, arrived: ChannelOrder, stamp: Stamp, *, filtered: tuple[FilteredLine, ...] = ()) -> Self:
        """Follow the store, unless *arrived* is older than what we hold or the order was redacted."""
        if self.redacted or arrived.updated_at < self.snapshot.updated_at:
            return self
        changes = tuple(differences(self.snapshot, arrived))
        synced = evolve(self, snapshot=arrived, synced_at=stamp.at, filtered=filtered or self.filtered)
        if not changes:
            return synced
        return evolve(
            synced, events=(*self.events, OrderSynced(order_id=self.id, changes=changes, stamp=stamp))
        )

    def redact(self, stamp: Stamp) -> Self:
        """Forget the person; keep keys, quantities and what accounts need."""
        forgotten = evolve(
            self.snapshot,
            customer=Customer(ref=self.snapshot.customer.ref),
            ship_to=None,
            note="",
            attributes=(),
            lines=tuple(evolve(line, personalization=()) for line in self.snapshot.lines),
        )
        return evolve(
            self,
            snapshot=forgotten,
            redacted=True,
            events=(*self.events, OrderRedacted(order_id=self.id, stamp=stamp)),
        )


_COMPARED: Final = (
    "payment", "cancelled_at", "customer", "ship_to", "shipping_method", "note", "attributes", "tags", "on_hold",
)  # fmt: skip


def differences(before: ChannelOrder, after: ChannelOrder) -> Iterator[Change]:
    """Name every field that a merchant would care about and that differs, line by line included."""
    for name in _COMPARED:
        yield from _compare(name, getattr(before, name), getattr(after, name))
    for line in after.lines:
        known = before.line(line.ref)
        if known is None:
            yield Change(field=f"line {line.title}", before="", after=f"{line.quantity} added")
            continue
        yield from _compare(f"line {line.title} quantity", known.quantity, line.quantity)
        yield from _compare(f"line {line.title} personalization", known.personalization, line.personalization)
    for line in before.lines:
        if after.line(line.ref) is None:
            yield Change(field=f"line {line.title}", before=str(line.quantity), after="removed")


def _compare(name: str, before: object, after: object) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, (Address, Customer)) and type(before) is type(after):
        for part in fields(type(before)):
            yield from _compare(f"{name} {part.name}", getattr(before, part.name), getattr(after, part.name))
        return
    yield Change(field=name, before=_words(before), after=_words(after))


def _words(value: object) -> str:
    match value:
        case None:
            return ""
        case Address():
            parts = (value.name, value.company, value.line1, value.line2, value.postal_code, value.city)
            return ", ".join(part for part in (*parts, value.region, value.country) if part)
        case tuple():
            return "; ".join(": ".join(part) if isinstance(part, tuple) else str(part) for part in value)
        case _:
            return str(value)
