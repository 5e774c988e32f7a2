"""What may be sent now, who stays behind and why, and the request that a parcel becomes."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from attrs import evolve, frozen

from mockspark.application.blob_names import ending_of
from mockspark.application.errors import NotFound
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.application.ports.fulfillment import ProviderFacts, Providers
from mockspark.application.ports.storage import Directory, UnitOfWork
from mockspark.application.views import Received, Unsendable
from mockspark.domain.address_check import address_problems
from mockspark.domain.consolidation import Candidate, Group, consolidate, split
from mockspark.domain.contact import Address
from mockspark.domain.errors import NotPossible
from mockspark.domain.events import Actor, Flag
from mockspark.domain.files import ProductionFile, blocking
from mockspark.domain.holds import FIX, HoldReason
from mockspark.domain.identity import ConnectionId, ExternalRef, OrderId, OrderItemId, ShopId, SubmissionId
from mockspark.domain.order import PRODUCIBLE, ChannelOrder, Order, Payment
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import AccountState, Connection, Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import FileLink, SubmissionLine, SubmissionRequest

# Providers fetch late and fetch again for reprints, so the addresses of files hold this long.
FILES_LAST: Final = timedelta(days=90)

# Holds that sending again may mend; the others name something that has to be done first.
RESENDABLE: Final = frozenset(
    {
        HoldReason.PROVIDER_REJECTED,
        HoldReason.PROVIDER_UNREACHABLE,
        HoldReason.PROVIDER_HOLD,
        HoldReason.OUTCOME_UNKNOWN,
        HoldReason.OUT_OF_STOCK,
        HoldReason.VARIANT_UNAVAILABLE,
        HoldReason.ADDRESS_INCOMPLETE,
        HoldReason.ADDRESS_UNVERIFIED,
        HoldReason.ADDRESS_LIMIT,
        HoldReason.SHIPPING_NOT_POSSIBLE,
        HoldReason.PAYMENT_AT_PROVIDER,
    }
)
# What a person has to mend outside: an item that lacks it waits where somebody sees it.
MENDED_FIRST: Final = frozenset(
    {HoldReason.ADDRESS_INCOMPLETE, HoldReason.ADDRESS_LIMIT, HoldReason.OUT_OF_STOCK}
)
_NOT_NOW: Final[Mapping[Status, str]] = {
    Status.GENERATING: "The production files are still being made: wait for them.",
    Status.SENDING: "It is being sent already.",
    Status.BEING_FULFILLED: "The provider has it already.",
    Status.FULFILLED: "It is fulfilled: make a reprint instead.",
    Status.CANCELED: "It is canceled: make a reprint instead.",
    Status.ARCHIVED: "It is archived: unarchive it first.",
}
_SENDABLE_UNPAID: Final = frozenset({Payment.AUTHORIZED, Payment.PARTIALLY_PAID, Payment.PENDING})
_STORE_FLAGS: Final[Mapping[Flag, str]] = {
    Flag.FULFILLED_ELSEWHERE: "The store says that it was fulfilled elsewhere: look there, then clear the flag.",
    Flag.STORE_CANCELLED: "The store cancelled the order: cancel the item, or clear the flag.",
}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")


class RefreshesOrder(Protocol):
    """Reads a store order again and follows it."""

    async def __call__(self, shop: ShopId, ref: ExternalRef, *, by: Actor, cause: str = "") -> Received:
        """Fetch *ref* from the store and take in what changed."""


@frozen(kw_only=True)
class Case:
    """An item with everything that decides whether it may be sent."""

    item: OrderItem
    order: Order
    connection: Connection | None = None
    facts: ProviderFacts | None = None

    @property
    def ship_to(self) -> Address:
        """Return the door; raises NotPossible where the store knows none."""
        if self.order.snapshot.ship_to is None:
            raise NotPossible(f"order {self.order.name} has no shipping address")
        return self.order.snapshot.ship_to

    def candidate(self, *, alone: bool = False) -> Candidate:
        """Return what decides about its parcel; only for cases without hindrance."""
        if self.connection is None:
            raise NotPossible("the product is not mapped to a provider")
        return Candidate(
            item_id=self.item.id,
            order_id=self.order.id,
            shop_id=self.item.shop_id,
            connection_id=self.connection.id,
            ship_to=self.ship_to,
            shipping_method=self.order.snapshot.shipping_method,
            currency=self.order.snapshot.currency,
            quantity=self.item.quantity,
            alone=alone,
        )


Cases = Mapping[OrderItemId, Case]


async def load_cases(
    work: UnitOfWork,
    providers: Providers,
    ids: Collection[OrderItemId],
    overrides: Mapping[OrderItemId, ConnectionId] | None = None,
) -> Cases:
    """Read the items *ids* with their orders and accounts, in the given order; unknown ones are left out."""
    items = await work.items.get_many(ids)
    orders = await work.orders.get_many({item.order_id for item in items.values()})
    connections = {connection.id: connection for connection in await work.connections.all()}
    return {
        id_: _case(items[id_], orders, connections, providers, (overrides or {}).get(id_))
        for id_ in ids
        if id_ in items and items[id_].order_id in orders
    }


def _case(
    item: OrderItem,
    orders: Mapping[OrderId, Order],
    connections: Mapping[ConnectionId, Connection],
    providers: Providers,
    override: ConnectionId | None,
) -> Case:
    mapped = connections.get(item.connection_id) if item.connection_id else None
    chosen = connections.get(override) if override else mapped
    # A variant's keys belong to one provider: only another account of the same one can take the item.
    fits = chosen is not None and mapped is not None and chosen.provider == mapped.provider
    connection = chosen if fits else None
    moved = evolve(item, connection_id=connection.id) if connection else item
    facts = facts_of(providers, connection.provider) if connection else None
    return Case(item=moved, order=orders[item.order_id], connection=connection, facts=facts)


def facts_of(providers: Providers, provider: str) -> ProviderFacts | None:
    """Describe *provider*, or return None when it is not installed any more."""
    try:
        return providers.facts(provider)
    except NotFound:
        return None


async def rules_of(directory: Directory, shop: ShopId) -> Rules:
    """Return the shop's rules; raises NotFound for a shop that is not known."""
    known = await directory.shop(shop)
    if known is None:
        raise NotFound("shop", shop)
    return known.rules


# Who stays behind

Hindrance = tuple[str, str]
"""A code and the words that name the fix."""


def hindrance(case: Case, rules: Rules, *, resend_confirmed: bool = False) -> Unsendable | None:
    """Say why the item cannot go now, the first reason that a person has to mend; None when it can."""
    found = _unsettled(case, resend_confirmed=resend_confirmed) or next(
        filter(None, _checks(case, rules)), None
    )
    return Unsendable(item_id=case.item.id, reason=found[0], words=found[1]) if found else None


def unknown_outcome(item: OrderItem) -> bool:
    """Tell whether nobody could say what became of the item's submission."""
    hold = item.hold
    return item.live and hold is not None and hold.reason is HoldReason.OUTCOME_UNKNOWN


def _unsettled(case: Case, *, resend_confirmed: bool) -> Hindrance | None:
    item = case.item
    if unknown_outcome(item):
        fix = FIX[HoldReason.OUTCOME_UNKNOWN]
        return (
            None
            if resend_confirmed
            else (HoldReason.OUTCOME_UNKNOWN, f"Nobody knows whether it arrived. {fix}")
        )
    return None


def _checks(case: Case, rules: Rules) -> "list[Hindrance | None]":
    return [
        *(check(case) for check in _ITEM_CHECKS),
        store_hindrance(case.item, case.order, rules),
        _address_hindrance(case),
    ]


def _status_hindrance(case: Case) -> Hindrance | None:
    item = case.item
    if item.status is Status.READY_TO_FULFILL or unknown_outcome(item):
        return None
    if item.hold is None or item.status is not Status.ON_HOLD:
        return item.status.value, _NOT_NOW[item.status]
    if item.live:
        return "submission_still_live", f"The provider has an order for it. {item.hold.fix}"
    if item.hold.reason in RESENDABLE:
        return None
    return item.hold.reason.value, f"{item.hold.note} {item.hold.fix}".strip()


def _wish_hindrance(case: Case) -> Hindrance | None:
    if case.item.test:
        return "test_order", "Test orders are never sent."
    if case.item.cancel_requested_at is not None:
        return "cancel_requested", "Somebody asked to cancel it: wait for the answer."
    flag = next((flag for flag in case.item.flags if flag in _STORE_FLAGS), None)
    return (flag.value, _STORE_FLAGS[flag]) if flag else None


def _account_hindrance(case: Case) -> Hindrance | None:
    connection = case.connection
    if connection is None:
        return HoldReason.UNMAPPED_PRODUCT.value, FIX[HoldReason.UNMAPPED_PRODUCT]
    name = connection.title or connection.provider
    if connection.state is not AccountState.ACTIVE:
        problem = f" ({connection.problem})" if connection.problem else ""
        return "not_connected", f"The account {name} does not work{problem}: connect it again."
    if case.facts is None:
        return "not_connected", f"The provider {connection.provider} is not installed."
    return None


def _files_hindrance(case: Case) -> Hindrance | None:
    item = case.item
    if not item.files_current:
        return (
            "files_outdated",
            "The production files do not match the design: release the item to make them again.",
        )
    stops = () if item.overridden else blocking(item.findings)
    return (stops[0].reason.value, f"{stops[0].words} Redesign it, or release it by name.") if stops else None


_ITEM_CHECKS: Final[tuple[Callable[[Case], Hindrance | None], ...]] = (
    _status_hindrance,
    _wish_hindrance,
    _account_hindrance,
    _files_hindrance,
)


def store_hindrance(item: OrderItem, order: Order, rules: Rules) -> Hindrance | None:
    """Say what the store's word has against printing *item*: no money, called off, done elsewhere, another quantity."""
    snapshot = order.snapshot
    if snapshot.cancelled_at is not None:
        return "store_cancelled", f"The store cancelled order {order.name}: cancel the item."
    if snapshot.payment not in PRODUCIBLE and not (
        rules.send_unpaid and snapshot.payment in _SENDABLE_UNPAID
    ):
        paid = snapshot.payment_raw or snapshot.payment.value
        return "not_paid", f"Order {order.name} is {paid.lower()}, not paid: wait for the money."
    if order.redacted or item.redacted:
        return "redacted", "Its personal data was removed on request: it cannot be printed any more."
    if Flag.FULFILLED_ELSEWHERE in item.flags:
        return Flag.FULFILLED_ELSEWHERE.value, _STORE_FLAGS[Flag.FULFILLED_ELSEWHERE]
    return None if item.reprint_of is not None else _quantity_hindrance(item, snapshot)


def _quantity_hindrance(item: OrderItem, snapshot: ChannelOrder) -> Hindrance | None:
    line = snapshot.line(item.line)
    wanted = line.quantity if line else 0
    if wanted != item.quantity:
        words = f"The store wants {wanted} now, not {item.quantity}: Sync, look, and send again."
        return HoldReason.STORE_CHANGED.value, words
    return None


def _address_hindrance(case: Case) -> Hindrance | None:
    address = case.order.snapshot.ship_to
    limits = case.facts.limits if case.facts else None
    problems = address_problems(address, limits, email=case.order.snapshot.customer.email)
    if not problems or (address is not None and case.item.address_confirmed_by):
        return None
    return problems[0].reason.value, " ".join(problem.words for problem in problems)


# Who travels together


def parcels(cases: Collection[Case], alone: Collection[OrderItemId]) -> tuple[tuple[Case, ...], ...]:
    """Sort sendable cases into parcels: equal keys together, at most as many lines as the provider takes."""
    by_id = {case.item.id: case for case in cases}
    groups = consolidate(case.candidate(alone=case.item.id in alone) for case in cases)
    return tuple(
        tuple(by_id[member.item_id] for member in parcel.members)
        for group in groups
        for parcel in split(group, _most_lines(by_id, group))
    )


def by_connection(cases: Collection[Case]) -> Mapping[ConnectionId, Sequence[Case]]:
    """Sort cases by the account that they go to; those without one are left out."""
    found: dict[ConnectionId, list[Case]] = {}
    for case in cases:
        if case.connection is not None:
            found.setdefault(case.connection.id, []).append(case)
    return found


def _most_lines(by_id: Cases, group: Group) -> int:
    facts = by_id[group.members[0].item_id].facts
    return facts.max_lines if facts else len(group.members)


def compose(
    id: SubmissionId,  # noqa: A002 - the field's name
    members: Sequence[Case],
    *,
    options: Mapping[str, str | int | bool],
    blobs: BlobStore,
    now: datetime,
) -> SubmissionRequest:
    """Freeze what the provider is asked: equal members give equal bytes, the addresses of files included."""
    first = members[0].order.snapshot
    return SubmissionRequest(
        id=id,
        ship_to=members[0].ship_to,
        email=first.customer.email,
        lines=tuple(_line(member, blobs, now + FILES_LAST) for member in members),
        options=options,
        currency=first.currency,
    )


def _line(case: Case, blobs: BlobStore, expires: datetime) -> SubmissionLine:
    item = case.item
    if item.provider_variant is None:
        raise NotPossible("the product is not mapped to a provider: map it first")
    return SubmissionLine(
        item_id=item.id,
        order_id=item.order_id,
        order_name=case.order.name,
        title=item.product_title,
        sku=item.sku,
        quantity=item.quantity,
        variant=item.provider_variant,
        files=tuple(
            _link(case, file, blobs, expires)
            for file in item.files
            if file.design_version == item.design_version
        ),
        design_version=item.design_version,
        price=item.price,
    )


def _link(case: Case, file: ProductionFile, blobs: BlobStore, expires: datetime) -> FileLink:
    return FileLink(
        area=file.area,
        url=blobs.url(BlobKey(file.key), name=file_name(case, file), expires=expires),
        sha256=file.sha256,
        width_px=file.width_px,
        height_px=file.height_px,
        dpi=file.dpi,
    )


def file_name(case: Case, file: ProductionFile) -> str:
    """Name a file by order, item, area and version: plain ASCII, distinct within a submission."""
    parts = (case.order.name, case.item.id.hex[:12], file.area, f"v{file.design_version}")
    stem = "-".join(filter(None, (_UNSAFE.sub("-", part).strip("-") for part in parts)))
    return f"{stem}.{ending_of(file.media_type)}"
