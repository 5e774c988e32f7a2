"""What the sandbox's Shopify remembers: shops, orders and the work on them.

Simulated state is changed in place; everything here lives in memory and dies with the server.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from attrs import Factory, define, field, frozen

from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue

_FIRST_ID: Final = 5_810_000_000_001
_ID_STEP: Final = 32_768

Pairs = tuple[tuple[str, str | None], ...]


def gid(kind: str, number: int | str) -> str:
    """Return the global id of a *kind* of thing."""
    return f"gid://shopify/{kind}/{number}"


def number_of(kind: str, value: str) -> int | None:
    """Return the number in a global id of *kind*; None when it is no such id."""
    head = f"gid://shopify/{kind}/"
    digits = value.removeprefix(head).partition("?")[0]
    return int(digits) if value.startswith(head) and digits.isdecimal() else None


@define
class Numbers:
    """Hands out ids as the real store does: large, growing, never twice."""

    last: int = _FIRST_ID

    def __call__(self) -> int:
        """Return the next free id."""
        self.last += _ID_STEP
        return self.last


@frozen(kw_only=True)
class PostalAddress:
    """An address as a shopper typed it, with the codes that Shopify adds."""

    first_name: str = ""
    last_name: str = ""
    company: str | None = None
    address1: str = ""
    address2: str | None = None
    city: str = ""
    province: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country: str = "United States"
    country_code: str = "US"
    phone: str | None = None

    @property
    def name(self) -> str:
        """Return both names together."""
        return f"{self.first_name} {self.last_name}".strip()


@frozen(kw_only=True)
class Buyer:
    """A customer account of one shop."""

    id: int
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    phone: str | None = None
    locale: str = "en"


@define(kw_only=True)
class Line:
    """One line of an order; *quantity* is as ordered and never falls, *removed* counts what went since."""

    id: int
    title: str
    variant_title: str | None = None
    sku: str | None = None
    vendor: str | None = None
    product_id: int | None = None
    variant_id: int | None = None
    quantity: int = 1
    removed: int = 0
    refunded: int = 0
    price: Decimal = Decimal(0)
    grams: int = 200
    properties: Pairs = ()
    requires_shipping: bool = True
    gift_card: bool = False

    @property
    def name(self) -> str:
        """Return the title with the variant's title."""
        return f"{self.title} - {self.variant_title}" if self.variant_title else self.title

    @property
    def current_quantity(self) -> int:
        """Return the units still wanted."""
        return max(self.quantity - self.removed - self.refunded, 0)


@define(kw_only=True)
class Hold:
    """Somebody's reason not to fulfill."""

    id: int
    handle: str
    reason: str
    notes: str = ""
    app_id: int | None = None


@define(kw_only=True)
class MerchantRequest:
    """What a merchant asked of a fulfillment service."""

    id: int
    kind: str
    message: str
    sent_at: datetime


@define(kw_only=True)
class WorkLine:
    """Units of one order line within a fulfillment order."""

    id: int
    line_id: int
    total: int
    remaining: int


@define(kw_only=True)
class FulfillmentOrder:
    """The work on one order at one location."""

    id: int
    order_id: int
    location_id: int
    created_at: datetime
    updated_at: datetime
    status: str = "OPEN"
    request_status: str = "UNSUBMITTED"
    lines: list[WorkLine] = Factory(list)
    holds: list[Hold] = Factory(list)
    requests: list[MerchantRequest] = Factory(list)

    @property
    def remaining(self) -> int:
        """Return the units still to ship."""
        return sum(line.remaining for line in self.lines)

    @property
    def open(self) -> bool:
        """Tell whether work is left here."""
        return self.status not in {"CLOSED", "CANCELLED", "INCOMPLETE"}


@frozen(kw_only=True)
class Tracking:
    """One tracking number of a parcel."""

    number: str | None = None
    company: str | None = None
    url: str | None = None


@define(kw_only=True)
class ParcelEvent:
    """A milestone of a parcel."""

    id: int
    status: str
    happened_at: datetime
    message: str | None = None


@define(kw_only=True)
class FulfilledLine:
    """Units of one order line within a parcel."""

    id: int
    line_id: int
    work_line_id: int
    work_id: int
    quantity: int


@define(kw_only=True)
class Fulfillment:
    """One parcel of an order."""

    id: int
    order_id: int
    name: str
    location_id: int
    created_at: datetime
    updated_at: datetime
    status: str = "SUCCESS"
    display_status: str = "FULFILLED"
    tracking: tuple[Tracking, ...] = ()
    lines: list[FulfilledLine] = Factory(list)
    events: list[ParcelEvent] = Factory(list)
    notify: bool = False
    message: str | None = None


@define(kw_only=True)
class RefundLine:
    """Units given back; `cancel` takes them off the work, `no_restock` and `return` do not."""

    id: int
    line_id: int
    quantity: int
    restock_type: str


@define(kw_only=True)
class Refund:
    """Money or units given back."""

    id: int
    order_id: int
    created_at: datetime
    amount: Decimal
    note: str | None = None
    lines: list[RefundLine] = Factory(list)


@frozen(kw_only=True)
class KeptRefund:
    """What an idempotency key stands for."""

    request: str
    refund: Refund


@define(kw_only=True)
class Transaction:
    """Money that moved, or was promised."""

    id: int
    kind: str
    amount: Decimal
    gateway: str
    at: datetime


@define(kw_only=True)
class Metafield:
    """A value kept beside an order by an app."""

    id: int
    owner_id: int
    namespace: str
    key: str
    type: str
    value: str
    created_at: datetime
    updated_at: datetime


@define(kw_only=True)
class StoredOrder:
    """One order: the source of its webhook body and of its GraphQL view alike."""

    id: int
    number: int
    name: str
    token: str
    confirmation: str
    created_at: datetime
    processed_at: datetime
    updated_at: datetime
    currency: str = "USD"
    financial_status: str = "paid"
    gateway: str = "bogus"
    test: bool = False
    edited: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    staff_note: str | None = None
    closed_at: datetime | None = None
    tags: list[str] = Factory(list)
    note: str | None = None
    note_attributes: Pairs = ()
    email: str | None = None
    phone: str | None = None
    po_number: str | None = None
    source_name: str = "web"
    locale: str = "en"
    buyer: Buyer | None = None
    shipping_address: PostalAddress | None = None
    billing_address: PostalAddress | None = None
    shipping_line_id: int = 0
    shipping_title: str = "Standard"
    shipping_price: Decimal = Decimal(0)
    lines: list[Line] = Factory(list)
    work: list[FulfillmentOrder] = Factory(list)
    fulfillments: list[Fulfillment] = Factory(list)
    refunds: list[Refund] = Factory(list)
    transactions: list[Transaction] = Factory(list)
    metafields: list[Metafield] = Factory(list)
    routed: bool = False
    cancelling: bool = False

    @property
    def subtotal(self) -> Decimal:
        """Return what the lines cost as ordered."""
        return sum((line.price * line.quantity for line in self.lines), Decimal(0))

    @property
    def current_subtotal(self) -> Decimal:
        """Return what the lines cost as they are now."""
        return sum((line.price * line.current_quantity for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        """Return the total as ordered, with shipping."""
        return self.subtotal + self.shipping_price

    @property
    def current_total(self) -> Decimal:
        """Return the total as it is now, with shipping."""
        return self.current_subtotal + (Decimal(0) if self.cancelled_at else self.shipping_price)

    @property
    def received(self) -> Decimal:
        """Return the money that came in."""
        return sum((t.amount for t in self.transactions if t.kind in {"SALE", "CAPTURE"}), Decimal(0))

    @property
    def refunded(self) -> Decimal:
        """Return the money that went back."""
        return sum((refund.amount for refund in self.refunds), Decimal(0))

    @property
    def requires_shipping(self) -> bool:
        """Tell whether anything has to travel."""
        return any(line.requires_shipping for line in self.lines)

    def line(self, line_id: int) -> Line:
        """Return a line by its id; raises NotFound."""
        found = next((line for line in self.lines if line.id == line_id), None)
        if found is None:
            raise NotFound("order line", line_id)
        return found

    def fulfilled_units(self, line_id: int) -> int:
        """Return how many units of a line left in parcels that still count."""
        return sum(
            part.quantity
            for parcel in self.fulfillments
            if parcel.status == "SUCCESS"
            for part in parcel.lines
            if part.line_id == line_id
        )

    def unfulfilled_units(self, line: Line) -> int:
        """Return how many wanted units have not left yet."""
        return max(line.current_quantity - self.fulfilled_units(line.id), 0)


@frozen(kw_only=True)
class Location:
    """A place that fulfills; a fulfillment service owns its own."""

    id: int
    name: str
    service: "FulfillmentService | None" = None


@define(kw_only=True)
class FulfillmentService:
    """A service that merchants may ask to fulfill."""

    id: int
    handle: str
    name: str
    app_id: int | None
    callback_url: str | None = None
    tracking: bool = False
    inventory: bool = False
    requires_shipping_method: bool = True
    location_id: int = 0


@define(kw_only=True)
class Subscription:
    """A wish to be told."""

    id: int
    topic: str
    uri: str
    created_at: datetime
    updated_at: datetime
    app_id: int
    by_api: bool = True
    format: str = "JSON"
    filter: str | None = None
    include_fields: tuple[str, ...] = ()
    metafield_namespaces: tuple[str, ...] = ()
    name: str | None = None
    failures_in_a_row: int = 0


@define(kw_only=True)
class BulkOperation:
    """A query answered as a file."""

    id: int
    query: str
    created_at: datetime
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    objects: int = 0
    roots: int = 0
    content: bytes = b""
    due: datetime | None = None
    grouped: bool = False


@define(kw_only=True)
class Job:
    """Work that Shopify does a moment later."""

    id: str
    order_id: int
    done: bool = False


@define(kw_only=True)
class AppClient:
    """An app as the developer dashboard knows it: its secrets, oldest unrevoked first, and its settings."""

    id: int
    client_id: str
    secrets: list[str]
    handle: str = "mockspark"
    title: str = "MockSpark"
    webhook_api_version: str = "2026-10"
    redirect_uris: tuple[str, ...] = ()

    def knows(self, secret: str) -> bool:
        """Tell whether *secret* is one of the unrevoked ones."""
        return secret in self.secrets


@define(kw_only=True)
class AccessToken:
    """Whoever shows it acts as the app in the shop until *expires_at* (never, when None)."""

    value: str
    client_id: str
    scopes: frozenset[str]
    expires_at: datetime | None = None
    refresh: str | None = None


@define(kw_only=True)
class RefreshToken:
    """Buys one new pair; *replaced_by* is the access token that ends its life at first use."""

    value: str
    client_id: str
    scopes: frozenset[str]
    expires_at: datetime
    dead: bool = False


@define(kw_only=True)
class Bucket:
    """The cost bucket of one app in one shop: it holds *size* points and gains *rate* points per second."""

    size: float
    rate: float
    level: float
    at: datetime

    def available(self, now: datetime) -> float:
        """Return the points at *now*."""
        gained = max((now - self.at).total_seconds(), 0.0) * self.rate
        return min(self.size, self.level + gained)

    def take(self, points: float, now: datetime) -> None:
        """Take *points* away."""
        self.level = self.available(now) - points
        self.at = now


@define(kw_only=True)
class Store:
    """One merchant's shop and everything in it."""

    id: int
    domain: str
    name: str
    email: str
    apps: dict[str, AppClient] = Factory(dict)
    scopes: frozenset[str] = frozenset()
    installed: set[str] = Factory(set)
    state: str = "active"
    protected_data: bool = True
    currency: str = "USD"
    created_at: datetime
    plan: str = "Basic"
    restore_rate: float = 100.0
    routing_delay: timedelta = timedelta(seconds=2)
    orders: dict[int, StoredOrder] = Factory(dict)
    buyers: dict[str, Buyer] = Factory(dict)
    locations: list[Location] = Factory(list)
    subscriptions: dict[int, Subscription] = Factory(dict)
    tokens: dict[str, AccessToken] = Factory(dict)
    refresh_tokens: dict[str, RefreshToken] = Factory(dict)
    codes: dict[str, tuple[str, frozenset[str]]] = Factory(dict)
    buckets: dict[str, Bucket] = Factory(dict)
    bulk: dict[int, BulkOperation] = Factory(dict)
    jobs: dict[str, Job] = Factory(dict)
    idempotent: dict[str, KeptRefund] = Factory(dict)
    next_number: int = 1001
    log: list[str] = field(factory=list)

    def order(self, order_id: int | None) -> StoredOrder | None:
        """Return an order, or None."""
        return None if order_id is None else self.orders.get(order_id)

    def work(self) -> Iterator[tuple[StoredOrder, FulfillmentOrder]]:
        """Yield every fulfillment order with its order."""
        for order in self.orders.values():
            for work in order.work:
                yield order, work

    def work_by_id(self, work_id: int | None) -> tuple[StoredOrder, FulfillmentOrder] | None:
        """Return a fulfillment order with its order, or None."""
        return next((pair for pair in self.work() if pair[1].id == work_id), None)

    def parcel_by_id(self, parcel_id: int | None) -> tuple[StoredOrder, Fulfillment] | None:
        """Return a fulfillment with its order, or None."""
        pairs = ((order, parcel) for order in self.orders.values() for parcel in order.fulfillments)
        return next((pair for pair in pairs if pair[1].id == parcel_id), None)

    def location(self, location_id: int | None) -> Location | None:
        """Return a location, or None."""
        return next((place for place in self.locations if place.id == location_id), None)


def pairs_of(raw: object) -> Pairs:
    """Read properties or note attributes given as a mapping, a list of pairs or a list of name and value."""
    if isinstance(raw, Mapping):
        return tuple((str(name), _text(value)) for name, value in raw.items())
    if isinstance(raw, Sequence) and not isinstance(raw, str):
        return tuple(_pair(entry) for entry in raw)
    return ()


def _pair(entry: object) -> tuple[str, str | None]:
    if isinstance(entry, Mapping):
        return str(entry.get("name", entry.get("key", ""))), _text(entry.get("value"))
    if not isinstance(entry, (tuple, list)):
        raise InvalidValue(f"{entry!r} is not a name with a value")
    return str(entry[0]), _text(entry[1])


def _text(value: object) -> str | None:
    return None if value is None else str(value)
