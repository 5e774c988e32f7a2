"""What the local Printify remembers: accounts, shops, products, orders and what is due next.

Simulated state is changed in place; everything here lives in memory and dies with the server.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from attrs import Factory, define, field, frozen

from mockspark.adapters.sandbox.agenda import Agenda
from mockspark.adapters.sandbox.deliveries import Deliveries
from mockspark.adapters.sandbox.printify_catalogue import OFFERS, BlankKey, Json, Offer, Variant

SCOPES: Final = frozenset({
    "shops.read", "catalog.read", "print_providers.read", "products.read", "products.write", "orders.read",
    "orders.write", "uploads.read", "uploads.write", "webhooks.read", "webhooks.write",
})  # fmt: skip

QuoteKeys = Literal["old", "current", "announced"]
_FIRST_SKU: Final = 866_375_000


@frozen(kw_only=True)
class Pace:
    """How many seconds an order stays in each stage, unless somebody moves it."""

    pending_s: float = 2.0
    sending_s: float = 5.0
    production_s: float = 20.0
    parcel_gap_s: float = 10.0
    delivery_s: float = 60.0


@frozen(kw_only=True)
class Settings:
    """What the real service does in more than one way, or what a test wants otherwise.

    *invalid_address_status*, *no_agent_status* and *whole_angles* are not documented. With *refuse_failed_downloads*
    False an order whose picture cannot be fetched is accepted, and its source check fails later.
    """

    pace: Pace = Pace()
    requests_per_minute: int = 600
    catalogue_per_minute: int = 100
    publishes_per_half_hour: int = 200
    retry_after: bool = True
    no_agent_status: int = 403
    invalid_address_status: int = 400
    accept_duplicates: bool = False
    quote_keys: QuoteKeys = "current"
    send_answers_whole_order: bool = False
    fetch_files: bool = True
    refuse_failed_downloads: bool = True
    min_dpi: int = 100
    whole_angles: bool = True
    max_upload_bytes: int = 50_000_000
    shop_in_created: bool = False
    webhook_retries_s: tuple[float, ...] = (5.0, 30.0, 120.0)
    webhook_block_s: float = 3600.0
    webhook_patience_s: float = 5.0


@define(kw_only=True)
class Upload:
    """A picture in an account's library; unknown sizes are None."""

    id: str
    file_name: str
    width: int | None
    height: int | None
    size: int
    mime_type: str
    uploaded_at: datetime
    archived: bool = False


@define(kw_only=True)
class ProductVariant:
    """A variant of a product; *price* is what the shop takes."""

    id: int
    sku: str
    price: int
    enabled: bool
    default: bool


@define(kw_only=True)
class Product:
    """A blank with its design; a hidden one was made by an order."""

    id: str
    title: str
    description: str
    tags: list[str]
    offer: Offer
    variants: list[ProductVariant]
    print_areas: list[Json]
    print_details: Json | None
    created_at: datetime
    updated_at: datetime
    hidden: bool = False
    locked: bool = False

    def variant(self, number: int) -> ProductVariant | None:
        """Return the variant of that number."""
        return next((v for v in self.variants if v.id == number), None)


@define(kw_only=True)
class Shipment:
    """One parcel; *skus* are told by webhook only."""

    carrier: str
    number: str
    provider_id: int
    skus: tuple[str, ...]
    shipped_at: datetime
    delivered_at: datetime | None = None


@define(kw_only=True)
class OrderLine:
    """One line of an order, with its costs in cents; *made* is the product that it brought along."""

    product_id: str
    variant_id: int
    offer: Offer
    quantity: int
    sku: str
    title: str
    label: str
    price: int
    cost: int
    shipping_cost: int = 0
    external_id: str | None = None
    made: Product | None = None
    broken_file: bool = False
    manual: bool = False
    status: str = "pending"
    sent_at: datetime | None = None
    fulfilled_at: datetime | None = None

    @property
    def on_the_fly(self) -> bool:
        """Tell whether the line came with pictures of its own."""
        return self.made is not None

    @property
    def blank(self) -> BlankKey:
        """Return the key of what is printed on."""
        return self.offer.blueprint.id, self.offer.provider.id, self.variant_id


@define(kw_only=True)
class Order:
    """An order as the provider has it."""

    id: str
    app_order_id: str
    external_id: str
    label: str
    address: Json
    lines: list[OrderLine]
    shipping_method: int
    total_tax: int
    created_at: datetime
    status: str = "pending"
    sent_at: datetime | None = None
    fulfilled_at: datetime | None = None
    shipments: list[Shipment] = Factory(list)
    turn: int = 0
    """Counts the moves planned for the order: an older one on the agenda is void."""


@define(kw_only=True)
class Webhook:
    """One subscription to one topic; *number* is what its deliveries know it by."""

    number: int
    id: str
    topic: str
    url: str
    secret: str | None
    blocked_until: datetime | None = None


@define(kw_only=True)
class Shop:
    """One shop of an account; *approval* is how long an order waits before it is printed by itself."""

    id: int
    title: str
    sales_channel: str
    account_id: int
    approval: timedelta | None = None
    products: dict[str, Product] = Factory(dict)
    orders: dict[str, Order] = Factory(dict)
    by_external_id: dict[str, str] = Factory(dict)
    webhooks: dict[str, Webhook] = Factory(dict)
    support_requests: dict[str, Json] = Factory(dict)


@frozen(kw_only=True)
class Token:
    """A credential with what it may do."""

    value: str = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime | None = None


@define
class Window:
    """Counts calls within a span that starts with its first one."""

    span: timedelta
    started: datetime | None = None
    count: int = 0

    def take(self, now: datetime, limit: int) -> bool:
        """Count one call and tell whether it was still allowed."""
        if self.started is None or now >= self.started + self.span:
            self.started, self.count = now, 0
        self.count += 1
        return self.count <= limit

    def left_s(self, now: datetime, limit: int) -> int:
        """Return the whole seconds until a call is allowed again."""
        if self.started is None or self.count < limit:
            return 0
        return max(1, round((self.started + self.span - now).total_seconds()))


def _minute() -> Window:
    return Window(timedelta(minutes=1))


@define(kw_only=True)
class Account:
    """One merchant: tokens, shops, uploads and how often they called."""

    id: int
    title: str
    tokens: dict[str, Token] = field(factory=dict, repr=False)
    shops: dict[int, Shop] = Factory(dict)
    uploads: dict[str, Upload] = Factory(dict)
    calls: Window = Factory(_minute)
    catalogue_calls: Window = Factory(_minute)
    publishes: Window = Factory(lambda: Window(timedelta(minutes=30)))
    answered: int = 0
    refused: int = 0

    @property
    def token(self) -> str:
        """Return the first token's text."""
        return next(iter(self.tokens))

    @property
    def shop(self) -> Shop:
        """Return the first shop."""
        return next(iter(self.shops.values()))

    def count(self, *, refused: bool) -> None:
        """Count one answer."""
        self.answered += 1
        self.refused += refused

    def patience_s(self, now: datetime, settings: Settings) -> int:
        """Return how many seconds to wait until no limit is in the way."""
        limits = (
            (self.calls, settings.requests_per_minute),
            (self.catalogue_calls, settings.catalogue_per_minute),
            (self.publishes, settings.publishes_per_half_hour),
        )
        return max(1, *(window.left_s(now, limit) for window, limit in limits))

    @property
    def error_share(self) -> float:
        """Return the part of all answers that were errors: over 0.05 the real service may cut access."""
        return self.refused / self.answered if self.answered else 0.0


@define(kw_only=True)
class World:
    """Everything there is, by one clock; ids depend on the seed and on what was made before, never on time."""

    agenda: Agenda
    seed: int = 1
    settings: Settings = Settings()
    accounts: dict[int, Account] = Factory(dict)
    sold_out: set[BlankKey] = Factory(set)
    troubles: dict[str, str] = Factory(dict)
    deliveries: Deliveries
    lost: list[Json] = Factory(list)
    made: Counter[str] = Factory(Counter)

    def now(self) -> datetime:
        """Return the present."""
        return self.agenda.exact()

    def id(self, kind: str) -> str:
        """Return the next id of a *kind*: 24 hexadecimal digits."""
        return self._digest(kind)[:24]

    def uuid(self, kind: str) -> str:
        """Return the next id of a *kind* in the form of a UUID."""
        return str(UUID(self._digest(kind)[:32], version=4))

    def number(self, kind: str, first: int) -> int:
        """Return *first*, then the numbers after it."""
        self.made[kind] += 1
        return first + self.made[kind] - 1

    def sku(self) -> str:
        """Return the next free SKU."""
        return str(self.number("sku", _FIRST_SKU))

    def available(self, blank: BlankKey) -> bool:
        """Tell whether a blank is in stock."""
        return blank not in self.sold_out

    def plan(self, order: Order, after_s: float, act: Callable[[], object]) -> None:
        """Let the order move after some seconds, instead of what was planned before."""
        order.turn += 1
        turn = order.turn

        def unless_replaced() -> None:
            if order.turn == turn:
                act()

        self.agenda.later(timedelta(seconds=after_s), unless_replaced)

    def _digest(self, kind: str) -> str:
        return hashlib.sha256(f"{self.seed}/{kind}/{self.number(kind, 0)}".encode()).hexdigest()


def all_sold_out() -> set[BlankKey]:
    """Return the blanks that are sold out to begin with."""
    return {(b, p, v.id) for (b, p), offer in OFFERS.items() for v in offer.variants if v.sold_out}


def find_blank(blueprint: object, provider: object, variant: object) -> tuple[Offer, Variant] | None:
    """Return the blank that three numbers name."""
    if not (isinstance(blueprint, int) and isinstance(provider, int) and isinstance(variant, int)):
        return None
    offer = OFFERS.get((blueprint, provider))
    found = offer.variant(variant) if offer else None
    return (offer, found) if offer and found else None


def stamp(at: datetime) -> str:
    """Return a time as Printify prints it: with a blank, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}+00:00"


def maybe(at: datetime | None) -> str | None:
    """Return the printed time, or None."""
    return stamp(at) if at else None


def host_of(address: object) -> str | None:
    """Return the host of a web address; None for anything else."""
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
    except ValueError:
        return None
    return parts.hostname if parts and parts.scheme in {"http", "https"} else None


def among(value: object, known: Collection[str]) -> bool:
    """Tell whether a value of any kind is one of the *known* words."""
    return isinstance(value, str) and value in known


Query = Mapping[str, str]


@frozen(kw_only=True)
class Fetched:
    """A file that was fetched, or the reason why not."""

    content: bytes = b""
    problem: str = ""


@frozen(kw_only=True)
class Call:
    """One authenticated request: who asks, for which shop, with what."""

    world: World
    account: Account
    path: Mapping[str, str]
    query: Query
    body: Any
    files: Mapping[str, Fetched] = field(factory=dict, repr=False)

    @property
    def shop(self) -> Shop:
        """Return the shop in the path; the door has checked that it is the caller's."""
        return self.account.shops[int(self.path["shop"])]

    @property
    def fields(self) -> Json:
        """Return the body's fields; anything but an object has none."""
        return self.body if isinstance(self.body, dict) else {}
