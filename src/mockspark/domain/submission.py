"""One act of sending a group of items to one provider account, and what the provider tells of it."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from attrs import evolve, field, frozen, validators

from mockspark.domain.catalog import ProviderVariant
from mockspark.domain.contact import Address
from mockspark.domain.errors import InvalidValue, NotPossible
from mockspark.domain.events import (
    AttemptEnded,
    AttemptStarted,
    ProviderOrderRecorded,
    Stamp,
    SubmissionEvent,
    SubmissionPlanned,
)
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ConnectionId, ExternalRef, OrderId, OrderItemId, ShopId, SubmissionId
from mockspark.domain.money import Money


class Stage(StrEnum):
    """How far a provider is, in our words; the order of the first five is the order of progress."""

    DRAFT = "draft"
    ACCEPTED = "accepted"
    IN_PRODUCTION = "in_production"
    PACKED = "packed"
    DONE = "done"
    STUCK = "stuck"
    FAILED = "failed"
    CANCELED = "canceled"
    UNKNOWN = "unknown"


class ParcelState(StrEnum):
    """Where a parcel is."""

    NONE = "none"
    LABEL = "label"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    ISSUE = "issue"
    RETURNED = "returned"


@frozen(kw_only=True)
class FileLink:
    """One production file as a provider fetches it: a stable URL and the digest of its bytes."""

    area: str
    url: str
    sha256: str
    width_px: int
    height_px: int
    dpi: int = 300


@frozen(kw_only=True)
class SubmissionLine:
    """One item in a submission, frozen as it was sent."""

    item_id: OrderItemId
    order_id: OrderId
    order_name: str
    title: str
    sku: str = ""
    quantity: int = field(validator=validators.ge(1))
    variant: ProviderVariant
    files: tuple[FileLink, ...]
    design_version: int = 1
    price: Money | None = None

    @property
    def key(self) -> str:
        """Return the line's name towards the provider: 32 characters of [0-9a-f]."""
        return self.item_id.hex


@frozen(kw_only=True)
class SubmissionRequest:
    """What a provider is asked to print: the same id always means the same request.

    *external_id* has 32 characters of [0-9a-f], the tightest limit among providers.
    *options* are the answers of the send dialog, *notes* what `prepare` left behind.
    """

    id: SubmissionId
    ship_to: Address
    email: str = ""
    lines: tuple[SubmissionLine, ...] = field(validator=validators.min_len(1))
    options: Mapping[str, str | int | bool] = field(factory=dict)
    notes: Mapping[str, str] = field(factory=dict)
    currency: str = "USD"

    @property
    def external_id(self) -> str:
        """Return our name for the order at the provider."""
        return self.id.hex

    @property
    def label(self) -> str:
        """Return the store orders' names, for people at the provider."""
        return ", ".join(dict.fromkeys(line.order_name for line in self.lines))

    def line(self, key: str) -> SubmissionLine | None:
        """Return the line that the provider calls *key*."""
        return next((line for line in self.lines if line.key == key), None)


@frozen(kw_only=True)
class ProviderOrder:
    """One order of ours at a provider; a draft still needs `confirm` before anything is printed."""

    ref: ExternalRef
    draft: bool = False
    url: str = ""


@frozen(kw_only=True)
class LineReport:
    """How far one line is; *key* is the line's name that we gave, *sku* the provider's own."""

    key: str
    stage: Stage
    raw: str = ""
    quantity: int | None = None
    sku: str = ""


@frozen(kw_only=True)
class Parcel:
    """A parcel on its way; *lines* are line keys with quantities, empty when the provider does not say.

    *skus* are what the provider calls the contents instead; a report of the order tells whose they are.
    """

    number: str
    carrier: str = ""
    url: str = ""
    state: ParcelState = ParcelState.IN_TRANSIT
    shipped_at: datetime | None = None
    lines: tuple[tuple[str, int], ...] = ()
    skus: tuple[str, ...] = ()


@frozen(kw_only=True)
class ProviderReport:
    """The present state of one provider order, in our words with the raw ones beside them.

    *hold* and *words* explain a stage of STUCK or FAILED; *items_cost* and *shipping_cost* are what is charged.
    *partial* reports (a webhook's hint) leave open what they do not name.
    """

    ref: ExternalRef
    external_id: str = ""
    stage: Stage = Stage.UNKNOWN
    raw: str = ""
    lines: tuple[LineReport, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    hold: HoldReason | None = None
    words: str = ""
    items_cost: Money | None = None
    shipping_cost: Money | None = None
    line_costs: tuple[tuple[str, Money], ...] = ()
    confirmed: bool = True


class SubmissionState(StrEnum):
    """How far our side of the sending is."""

    WAITING = "waiting"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    CANCELED = "canceled"


LIVE: Final = frozenset(
    {SubmissionState.WAITING, SubmissionState.SENDING, SubmissionState.ACCEPTED, SubmissionState.UNKNOWN}
)


@frozen(kw_only=True)
class Quoted:
    """What the provider asked for the group together and for each store order alone."""

    combined: Money
    separate: tuple[Money, ...] = ()

    @property
    def saving(self) -> Money | None:
        """Return what travelling together saves; None while a quote is missing."""
        if not self.separate:
            return None
        return sum(self.separate, start=Money.zero(self.combined.currency)) - self.combined


@frozen(kw_only=True)
class Submission:
    """The intent to send, stored before the first byte leaves; every attempt takes a new fence.

    *released* are members of which nothing is live here any more: another submission may take them.
    """

    id: SubmissionId
    shop_id: ShopId
    connection_id: ConnectionId
    request: SubmissionRequest
    digest: str
    state: SubmissionState = SubmissionState.WAITING
    not_before: datetime
    attempts: int = 0
    lookups: int = 0
    fence: int = 0
    lease_until: datetime | None = None
    called: bool = False
    provider_orders: tuple[ProviderOrder, ...] = ()
    words: str = ""
    quoted: Quoted | None = None
    released: tuple[OrderItemId, ...] = ()
    planned_at: datetime
    next_poll_at: datetime | None = None
    version: int = 0
    events: tuple[SubmissionEvent, ...] = field(default=(), eq=False, repr=False)

    @classmethod
    def plan(
        cls,
        request: SubmissionRequest,
        *,
        shop_id: ShopId,
        connection_id: ConnectionId,
        stamp: Stamp,
        grace: timedelta = timedelta(0),
        quoted: Quoted | None = None,
    ) -> Self:
        """Store the wish to send; nobody calls the provider before *grace* is over."""
        planned = SubmissionPlanned(
            submission_id=request.id, items=tuple(line.item_id for line in request.lines), stamp=stamp
        )
        return cls(
            id=request.id,
            shop_id=shop_id,
            connection_id=connection_id,
            request=request,
            digest=digest(request),
            not_before=stamp.at + grace,
            planned_at=stamp.at,
            quoted=quoted,
            events=(planned,),
        )

    @property
    def live(self) -> bool:
        """Tell whether the provider has, or may have, an order of this submission."""
        return self.state in LIVE

    def holds(self, item: OrderItemId) -> bool:
        """Tell whether *item* may not be in another submission because of this one."""
        return self.live and item not in self.released

    @property
    def untouched(self) -> bool:
        """Tell whether it is proven that no call was made: the call is noted, and committed, before it is made."""
        return not self.called and self.state in {SubmissionState.WAITING, SubmissionState.SENDING}

    def claim(self, stamp: Stamp, lease: timedelta) -> Self:
        """Begin an attempt: raise the fence, so that an older attempt can write nothing more.

        Raises NotPossible while the grace delay runs, another sender's lease lives, or sending is over.
        """
        if self.state not in {SubmissionState.WAITING, SubmissionState.SENDING}:
            raise NotPossible(f"submission {self.id} is {self.state.value}")
        if stamp.at < self.not_before:
            raise NotPossible("the grace delay is not over")
        if self.lease_until is not None and stamp.at < self.lease_until:
            raise NotPossible("another sender holds the lease")
        started = AttemptStarted(
            submission_id=self.id, attempt=self.attempts + 1, fence=self.fence + 1, stamp=stamp
        )
        return evolve(
            self,
            state=SubmissionState.SENDING,
            attempts=self.attempts + 1,
            fence=self.fence + 1,
            lease_until=stamp.at + lease,
            events=(*self.events, started),
        )

    def calling(self) -> Self:
        """Note, before the call, that the provider may hear of it from now on."""
        return evolve(self, called=True)

    def let_go(self, items: Iterable[OrderItemId]) -> Self:
        """Release members that the provider will not print; with the last one the submission is over."""
        gone = {*self.released, *items}
        released = tuple(line.item_id for line in self.request.lines if line.item_id in gone)
        over = self.state is SubmissionState.ACCEPTED and len(released) == len(self.request.lines)
        return evolve(self, released=released, state=SubmissionState.CANCELED if over else self.state)

    def doubted(self) -> Self:
        """Count an answer that was lost, or a look-up that gave none."""
        return evolve(self, lookups=self.lookups + 1)

    def stand_back(self, retry_at: datetime) -> Self:
        """Give the lease back without having had a turn (a rate limit): the attempt does not count."""
        return evolve(self, attempts=self.attempts - 1, lease_until=None, not_before=retry_at)

    def prepared(self, notes: Mapping[str, str]) -> Self:
        """Keep what preparing left behind; it becomes part of every repetition of the request."""
        return evolve(self, request=evolve(self.request, notes={**self.request.notes, **notes}))

    def record(self, orders: Sequence[ProviderOrder], stamp: Stamp) -> Self:
        """Keep the provider orders that became known; known ones are replaced, none is dropped."""
        merged = {order.ref: order for order in (*self.provider_orders, *orders)}
        fresh = [order.ref for order in orders if order.ref not in {old.ref for old in self.provider_orders}]
        events = tuple(ProviderOrderRecorded(submission_id=self.id, ref=ref, stamp=stamp) for ref in fresh)
        return evolve(self, provider_orders=tuple(merged.values()), events=(*self.events, *events))

    def end_attempt(
        self,
        state: SubmissionState,
        stamp: Stamp,
        *,
        outcome: str,
        words: str = "",
        retry_at: datetime | None = None,
    ) -> Self:
        """Let go of the lease; *retry_at* is when the next attempt may begin."""
        ended = AttemptEnded(
            submission_id=self.id, attempt=self.attempts, outcome=outcome, words=words, stamp=stamp
        )
        return evolve(
            self,
            state=state,
            words=words,
            lease_until=None,
            not_before=retry_at or self.not_before,
            events=(*self.events, ended),
        )

    def withdraw(self, stamp: Stamp) -> Self:
        """Take the wish back; possible only while it is proven that no call was made."""
        if not self.untouched:
            raise NotPossible("the provider may already have the order: ask it to cancel instead")
        return self.end_attempt(SubmissionState.WITHDRAWN, stamp, outcome="withdrawn")

    def reopen(self, stamp: Stamp) -> Self:
        """Let an unresolved submission be tried again: same id, same bytes, look before create."""
        if self.state is not SubmissionState.UNKNOWN:
            raise NotPossible(f"submission {self.id} is {self.state.value}, not unknown")
        return evolve(self, state=SubmissionState.SENDING, not_before=stamp.at, lease_until=None, lookups=0)


def digest(request: SubmissionRequest) -> str:
    """Return the SHA-256 of what is asked, notes apart: equal ids must have equal digests."""
    address = request.ship_to
    told = {
        "id": request.external_id,
        "to": [
            address.name, address.company, address.line1, address.line2, address.city,
            address.region, address.postal_code, address.country, address.phone, request.email,
        ],
        "lines": [
            [line.key, line.quantity, dict(line.variant.keys), [[f.area, f.url, f.sha256] for f in line.files]]
            for line in request.lines
        ],
        "options": dict(request.options),
    }  # fmt: skip
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def ensure_same(known: Submission, request: SubmissionRequest) -> None:
    """Refuse to reuse *known*'s id for another request."""
    if known.digest != digest(request):
        raise InvalidValue("equal submission ids must mean equal requests")
