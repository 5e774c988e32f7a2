"""Where aggregates live. A unit of work belongs to one shop and sees nothing of another."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from mockspark.application.ports.jobs import Jobs
from mockspark.domain.catalog import Listing
from mockspark.domain.fonts import ShopFont
from mockspark.domain.identity import (
    ConnectionId,
    ExternalRef,
    ListingId,
    OrderId,
    OrderItemId,
    ShopId,
    SubmissionId,
)
from mockspark.domain.order import ChannelLine, Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Connection, Installation, Shop
from mockspark.domain.submission import Submission


class Orders(Protocol):
    """The shop's orders."""

    async def get(self, id: OrderId) -> Order:  # noqa: A002
        """Return an order, or raise NotFound."""

    async def get_many(self, ids: Collection[OrderId]) -> Mapping[OrderId, Order]:
        """Return those of *ids* that exist, in one round trip."""

    async def by_ref(self, ref: ExternalRef) -> Order | None:
        """Return the order that the store calls *ref*."""

    async def save(self, order: Order) -> None:
        """Write *order* with its events and the jobs they lead to; raises Conflict when it was changed meanwhile,
        or when the store's order is kept already.
        """


class OrderItems(Protocol):
    """The shop's items."""

    async def get(self, id: OrderItemId) -> OrderItem:  # noqa: A002
        """Return an item, or raise NotFound."""

    async def get_many(self, ids: Collection[OrderItemId]) -> Mapping[OrderItemId, OrderItem]:
        """Return those of *ids* that exist, in one round trip."""

    async def of_order(self, id: OrderId) -> Sequence[OrderItem]:  # noqa: A002
        """Return the items of an order, oldest first."""

    async def waiting_for(self, listing: Listing) -> Sequence[OrderItem]:
        """Return up to 500 unmapped items on hold that *listing* recognises."""

    async def save(self, item: OrderItem) -> None:
        """Write *item* with its events and the jobs they lead to; raises Conflict when it was changed meanwhile."""


class Submissions(Protocol):
    """The shop's submissions."""

    async def get(self, id: SubmissionId) -> Submission:  # noqa: A002
        """Return a submission, or raise NotFound."""

    async def by_provider_order(self, connection: ConnectionId, ref: ExternalRef) -> Submission | None:
        """Return the submission that led to the provider order *ref*."""

    async def of_item(self, id: OrderItemId) -> Sequence[Submission]:  # noqa: A002
        """Return every submission that the item was in, oldest first."""

    async def save(self, submission: Submission) -> None:
        """Write *submission* with its events; raises Conflict when it was changed meanwhile,
        or when one of its items has another live submission.
        """


class Listings(Protocol):
    """The shop's listings."""

    async def get(self, id: ListingId) -> Listing:  # noqa: A002
        """Return a listing, or raise NotFound."""

    async def matching(self, lines: Collection[ChannelLine]) -> Sequence[Listing]:
        """Return every listing that may recognise one of *lines*, in one round trip."""

    async def page(self, *, after: ListingId | None = None, limit: int = 100) -> Sequence[Listing]:
        """Return listings by id."""

    async def of_connection(self, connection: ConnectionId, *, limit: int = 1000) -> Sequence[Listing]:
        """Return the listings that print at *connection*."""

    async def save(self, listing: Listing) -> None:
        """Write *listing*; one with the same match and key is a Conflict."""

    async def by_key(self, match: str, key: str) -> Listing | None:
        """Return the listing with that match and key."""

    async def delete(self, id: ListingId) -> None:  # noqa: A002
        """Forget a listing; items keep what they took from it."""


class Connections(Protocol):
    """The shop's accounts at providers."""

    async def get(self, id: ConnectionId) -> Connection:  # noqa: A002
        """Return a connection, or raise NotFound."""

    async def all(self) -> Sequence[Connection]:
        """Return the shop's connections, oldest first."""

    async def save(self, connection: Connection) -> None:
        """Write *connection*, its settings sealed."""


class Fonts(Protocol):
    """The fonts that the shop uploaded."""

    async def all(self) -> Sequence[ShopFont]:
        """Return them, oldest first."""

    async def keep(self, font: ShopFont) -> ShopFont:
        """Write *font* unless it is kept already, and return what is kept."""

    async def delete(self, digest: str) -> None:
        """Forget the font with that digest; forgetting twice is harmless."""


@frozen(kw_only=True)
class Claim:
    """A lease on an outside effect: *fence* rises with every claim, *attempt* counts them."""

    fence: int
    attempt: int


class Leases(Protocol):
    """Who may cause an outside effect now; the key is stored before the call."""

    async def claim(self, key: str, *, now: datetime, until: datetime) -> Claim | None:
        """Take the lease until *until*; None while another holder's lease lives."""

    async def release(self, key: str, fence: int) -> bool:
        """Give the lease back; False when it was lost to a later holder."""


class StoredReply(Protocol):
    """An answer that was given before."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...


class Replies(Protocol):
    """Answers kept by idempotency key, per shop and route."""

    async def reserve(self, key: str, *, route: str, fingerprint: str, now: datetime) -> StoredReply | None:
        """Return the answer kept under *key*, or reserve it; raises Conflict while the first call still runs,
        InvalidValue when the key was used for another request.
        """

    async def keep(self, key: str, *, route: str, status: int, body: bytes) -> None:
        """Keep the answer."""

    async def forget(self, key: str, *, route: str) -> None:
        """Give up a reservation whose call did nothing."""


class UnitOfWork(Protocol):
    """One transaction over one shop."""

    @property
    def shop(self) -> ShopId: ...
    @property
    def orders(self) -> Orders: ...
    @property
    def items(self) -> OrderItems: ...
    @property
    def submissions(self) -> Submissions: ...
    @property
    def listings(self) -> Listings: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def fonts(self) -> Fonts: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def replies(self) -> Replies: ...

    async def installation(self) -> Installation:
        """Return the shop's access to its channel, or raise NotConnected."""

    async def save_installation(self, installation: Installation) -> None:
        """Write the shop's access to its channel, credentials sealed."""


class Store(Protocol):
    """The database."""

    def begin(self, shop: ShopId) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction: it commits on a clean exit and rolls back on any exception.

        Raises NotFound for a shop that is not known; Unavailable when the database is away.
        """

    def read(self, shop: ShopId) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction for looking only: it waits for no writer, and what it changes is rolled back."""


class DueKind(StrEnum):
    """What may have been left lying."""

    RENDER = "render"
    SUBMIT = "submit"
    POLL = "poll"
    PUBLISH = "publish"
    CANCEL = "cancel"
    STUCK_GENERATING = "stuck_generating"
    STUCK_SENDING = "stuck_sending"
    AUTO_SEND = "auto_send"
    SWEEP_ORDERS = "sweep_orders"
    INBOX = "inbox"


@frozen(kw_only=True)
class Due:
    """One row whose next step is due: an item, a submission, an order or a shop, by *id*."""

    kind: DueKind
    shop_id: ShopId
    id: str


@frozen(kw_only=True)
class ApiToken:
    """A bearer of rights in one shop; only the SHA-256 of the token is kept."""

    digest: str
    shop_id: ShopId
    name: str
    scopes: frozenset[str]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class Directory(Protocol):
    """What the front door and the workers need to know across shops."""

    async def shop(self, id: ShopId) -> Shop | None:  # noqa: A002
        """Return a shop."""

    async def shops(self, *, after: ShopId | None = None, limit: int = 100) -> Sequence[Shop]:
        """Return shops by id."""

    async def save_shop(self, shop: Shop) -> None:
        """Write *shop*; raises Conflict when it was changed meanwhile."""

    async def erase_shop(self, id: ShopId) -> None:  # noqa: A002
        """Forget everything of a shop, for good."""

    async def installation(self, shop: ShopId) -> Installation | None:
        """Return a shop's access to its channel."""

    async def connection(self, id: ConnectionId) -> Connection | None:  # noqa: A002
        """Return a connection of any shop: webhooks name nothing else."""

    async def token(self, digest: str) -> ApiToken | None:
        """Return the token with that digest, revoked ones included."""

    async def tokens(self, shop: ShopId) -> Sequence[ApiToken]:
        """Return a shop's tokens, newest first."""

    async def save_token(self, token: ApiToken) -> None:
        """Write *token*."""

    async def due(self, now: datetime, *, limit: int = 500) -> Sequence[Due]:
        """Return what is in motion and whose next step is due: the sweeper's list."""


@frozen(kw_only=True)
class Delivery:
    """A verified webhook, kept as it came until it is worked off."""

    source: str
    shop_id: ShopId
    delivery_id: str
    topic: str
    event_id: str = ""
    triggered_at: datetime | None = None
    received_at: datetime
    body: bytes = field(repr=False)
    id: int = 0
    attempts: int = 0


class Inbox(Protocol):
    """Webhooks that were taken in: durable before the sender hears "200"."""

    async def accept(self, delivery: Delivery) -> bool:
        """Keep *delivery* and queue its working off; False when it is kept already. Durable on return."""

    async def claim(self, *, now: datetime, limit: int = 50) -> Sequence[Delivery]:
        """Take deliveries that nobody works on, oldest first."""

    async def settle(self, delivery: Delivery, outcome: str) -> None:
        """Note that *delivery* is done with."""

    async def postpone(self, delivery: Delivery, *, until: datetime, why: str) -> None:
        """Put *delivery* back until *until*."""

    async def count_refused(self, source: str, why: str) -> None:
        """Count a delivery that was not believed; nothing else of it is kept."""
