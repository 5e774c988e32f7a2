"""What a provider's report means for the members of a submission: pure, monotone, harmless to repeat."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from mockspark.domain.consolidation import share_shipping
from mockspark.domain.events import Flag, Stamp
from mockspark.domain.identity import ExternalRef, OrderItemId
from mockspark.domain.money import Money
from mockspark.domain.order_item import ItemCost, OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import (
    LineReport,
    Parcel,
    ParcelState,
    ProviderOrder,
    ProviderReport,
    Stage,
    Submission,
    SubmissionLine,
    SubmissionRequest,
)

# How often a provider is asked, by the age of the submission.
POLLS: Final = (
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(days=1), timedelta(minutes=30)),
    (timedelta(days=90), timedelta(hours=6)),
)
_BEFORE_SENDING: Final = frozenset({Status.GENERATING, Status.READY_TO_FULFILL})
_ARRIVED: Final = frozenset({ParcelState.DELIVERED, ParcelState.RETURNED})
# What an order says that we have not confirmed yet is news of a draft, whatever the provider calls it.
_AS_DRAFT: Final = frozenset({Stage.ACCEPTED, Stage.STUCK, Stage.DRAFT})

Members = Mapping[OrderItemId, OrderItem]
Reports = Mapping[ExternalRef, ProviderReport]


@frozen(kw_only=True)
class Election:
    """Which provider orders together are the submission, and which are repetitions of it."""

    kept: tuple[ProviderOrder, ...]
    strays: tuple[ProviderOrder, ...]


def elect(request: SubmissionRequest, orders: Sequence[ProviderOrder], reports: Reports) -> Election:
    """Keep the orders that together make up *request*; one that would print a piece twice is a stray.

    Confirmed orders are kept before drafts; an order without lines counts as the whole of it.
    """
    left = {line.key: line.quantity for line in request.lines}
    kept: list[ProviderOrder] = []
    strays: list[ProviderOrder] = []
    for order in sorted(orders, key=lambda order: order.draft):
        needs = _quantities(request, reports.get(order.ref))
        if kept and any(left.get(key, 0) < quantity for key, quantity in needs.items()):
            strays.append(order)
            continue
        kept.append(order)
        left = {key: quantity - needs.get(key, 0) for key, quantity in left.items()}
    return Election(kept=tuple(kept), strays=tuple(strays))


def told_quantities(
    request: SubmissionRequest, orders: Collection[ProviderOrder], reports: Reports
) -> Mapping[str, int]:
    """Return how many pieces of each line the provider has; every line in full where it does not say."""
    told: dict[str, int] = {}
    for order in orders:
        for key, quantity in _quantities(request, reports.get(order.ref)).items():
            told[key] = told.get(key, 0) + quantity
    return told


def _quantities(request: SubmissionRequest, report: ProviderReport | None) -> Mapping[str, int]:
    asked = {line.key: line.quantity for line in request.lines}
    if report is None or not report.lines:
        return asked
    known = [line for line in report.lines if line.key in asked]
    return {line.key: asked[line.key] if line.quantity is None else line.quantity for line in known}


def follow(
    submission: Submission, members: Members, report: ProviderReport, stamp: Stamp, *, guess: bool = True
) -> Members:
    """Return the members as they are after *report*; unchanged ones are the very same objects.

    A parcel that could be anybody's is given to all with a flag, or, without *guess*, left for later news.
    """
    order = next((order for order in submission.provider_orders if order.ref == report.ref), None)
    if order is None:
        return members
    lines = _lines(submission, order, report)
    items = {line.item_id: members[line.item_id] for line, _ in lines if line.item_id in members}
    for line, news in lines:
        if line.item_id in items:
            told = _told(submission, items[line.item_id], news, report, stamp)
            items[line.item_id] = told if order.draft else _approval(told, report, stamp)
    shipped = _carry(submission, items, lines, report, stamp, guess=guess)
    return {**members, **_charge(submission, shipped, lines, report, stamp)}


def next_poll(submission: Submission, members: Iterable[OrderItem], now: datetime) -> datetime | None:
    """Say when to ask again: often at first, never when nothing can change any more."""
    if not any(_open(submission, item) for item in members):
        return None
    age = now - submission.planned_at
    return next((now + pause for limit, pause in POLLS if age < limit), None)


def parted(submission: Submission, members: Members, now: datetime) -> Submission:
    """Release the members that are not live any more, and say when to ask the provider again."""
    over = [id_ for id_, item in members.items() if item.submission_id != submission.id or not item.live]
    left = submission.let_go(over)
    return evolve(left, next_poll_at=next_poll(left, members.values(), now))


def _open(submission: Submission, item: OrderItem) -> bool:
    if item.submission_id != submission.id or not item.live:
        return False
    if item.underlying is not Status.FULFILLED:
        return True
    return not item.shipments or any(shipment.state not in _ARRIVED for shipment in item.shipments)


def _lines(
    submission: Submission, order: ProviderOrder, report: ProviderReport
) -> Sequence[tuple[SubmissionLine, LineReport]]:
    """Pair every line that the order carries with the news of it."""
    named = {line.key: line for line in report.lines}
    carried = [line for line in submission.request.lines if not named or line.key in named]
    parcels = _explicit(report)
    return [(line, _news(line, order, report, named.get(line.key), parcels)) for line in carried]


def _explicit(report: ProviderReport) -> Mapping[str, int]:
    """Return how many pieces of each line are in parcels that say what they carry."""
    shipped: dict[str, int] = {}
    for parcel in {parcel.number: parcel for parcel in report.parcels}.values():
        for key, quantity in parcel.lines:
            shipped[key] = shipped.get(key, 0) + quantity
    return shipped


def _news(
    line: SubmissionLine,
    order: ProviderOrder,
    report: ProviderReport,
    named: LineReport | None,
    shipped: Mapping[str, int],
) -> LineReport:
    stage = named.stage if named and named.stage is not Stage.UNKNOWN else report.stage
    if order.draft and stage in _AS_DRAFT:
        stage = Stage.DRAFT
    if stage is Stage.DONE and 0 < shipped.get(line.key, 0) < line.quantity:
        stage = Stage.PACKED
    if (
        stage in {Stage.ACCEPTED, Stage.IN_PRODUCTION, Stage.PACKED}
        and shipped.get(line.key, 0) >= line.quantity
    ):
        stage = Stage.DONE
    raw = (named.raw if named else "") or report.raw
    return LineReport(key=line.key, stage=stage, raw=raw, quantity=named.quantity if named else None)


def _told(
    submission: Submission, item: OrderItem, news: LineReport, report: ProviderReport, stamp: Stamp
) -> OrderItem:
    if item.submission_id != submission.id:
        return _left(item, news, report, stamp)
    if not item.live and item.underlying in {Status.ON_HOLD, *_BEFORE_SENDING}:
        return item
    return item.report(news, stamp, hold=report.hold, words=report.words)


def _approval(item: OrderItem, report: ProviderReport, stamp: Stamp) -> OrderItem:
    """An order that was placed to wait for a person at the provider is shown as such."""
    if report.confirmed or not item.live:
        return item.seen((Flag.AWAITING_APPROVAL,), stamp)
    return item.flag(Flag.AWAITING_APPROVAL, stamp, note=report.words)


def _left(item: OrderItem, news: LineReport, report: ProviderReport, stamp: Stamp) -> OrderItem:
    """An order that the item had left for another one was fulfilled after all: a person has to know."""
    if news.stage is not Stage.DONE:
        return item
    return item.flag(Flag.SHIPPED_ALTHOUGH_CANCELED, stamp, note=f"{report.ref.id}: {report.raw}")


# Parcels


def unpacked(parcel: Parcel, lines: Sequence[LineReport]) -> Parcel:
    """Name the lines whose SKUs the parcel names, where every SKU is that of one line of the order."""
    if parcel.lines or not parcel.skus:
        return parcel
    named = {sku: [line for line in lines if line.sku == sku] for sku in parcel.skus}
    if any(len(found) != 1 or found[0].quantity is None for found in named.values()):
        return parcel
    return evolve(parcel, lines=tuple((line.key, line.quantity or 0) for (line,) in named.values()))


def _carry(
    submission: Submission,
    items: Members,
    lines: Sequence[tuple[SubmissionLine, LineReport]],
    report: ProviderReport,
    stamp: Stamp,
    *,
    guess: bool,
) -> Members:
    carried = dict(items)
    keys = {line.key: line for line, _ in lines}
    # Those that say what they carry come first: what is left over tells of the others.
    for parcel in sorted(report.parcels, key=lambda parcel: not parcel.lines):
        contents, clear = _contents(parcel, report, carried, keys)
        if not clear and not guess:
            continue
        for item_id, quantity in contents.items():
            item = carried[item_id]
            if item.submission_id != submission.id:
                continue
            shipped = item.ship(parcel, quantity, stamp)
            carried[item_id] = (
                shipped if clear else shipped.flag(Flag.TRACKING_UNCLEAR, stamp, note=parcel.number)
            )
    return carried


def _contents(
    parcel: Parcel, report: ProviderReport, items: Members, lines: Mapping[str, SubmissionLine]
) -> tuple[Mapping[OrderItemId, int], bool]:
    """Say which items travel in *parcel*, and whether that is certain."""
    if parcel.lines:
        told = {
            lines[key].item_id: quantity for key, quantity in parcel.lines if key in lines and quantity > 0
        }
        return {id_: quantity for id_, quantity in told.items() if id_ in items}, True
    all_of_it = {line.item_id: line.quantity for line in lines.values() if line.item_id in items}
    known = {id_: all_of_it[id_] for id_ in all_of_it if _carries(items[id_], parcel)}
    if known:
        return known, True
    fresh = {id_: all_of_it[id_] for id_ in all_of_it if _without_parcel(items[id_])}
    silent = [other for other in report.parcels if not other.lines]
    if (
        len(silent) == 1
        and (len(all_of_it) == 1 or report.stage is Stage.DONE)
        and not _any_shipped(items, all_of_it)
    ):
        return all_of_it, True
    if fresh and _only_new(parcel, silent, items.values()):
        return fresh, True
    return all_of_it, len(all_of_it) == 1


def _carries(item: OrderItem, parcel: Parcel) -> bool:
    return any(shipment.number == parcel.number for shipment in item.shipments)


def _without_parcel(item: OrderItem) -> bool:
    return item.provider_stage is Stage.DONE and not item.shipments


def _any_shipped(items: Members, ids: Iterable[OrderItemId]) -> bool:
    return any(items[id_].shipments for id_ in ids)


def _only_new(parcel: Parcel, silent: Sequence[Parcel], items: Iterable[OrderItem]) -> bool:
    known = {shipment.number for item in items for shipment in item.shipments}
    return [other.number for other in silent if other.number not in known] == [parcel.number]


# Costs


def _charge(
    submission: Submission,
    items: Members,
    lines: Sequence[tuple[SubmissionLine, LineReport]],
    report: ProviderReport,
    stamp: Stamp,
) -> Members:
    paying = [line for line, _ in lines if line.item_id in items]
    costs = _costs(paying, report)
    return {
        id_: item.charged(costs[id_], stamp) if id_ in costs and item.submission_id == submission.id else item
        for id_, item in items.items()
    }


def _costs(lines: Sequence[SubmissionLine], report: ProviderReport) -> Mapping[OrderItemId, ItemCost]:
    """Give each line its own price and its part of the shipping; the parts sum to what is charged."""
    known = report.items_cost or report.shipping_cost or next((cost for _, cost in report.line_costs), None)
    if known is None or not lines:
        return {}
    nothing = Money.zero(known.currency)
    quantities = [line.quantity for line in lines]
    shipping = share_shipping(report.shipping_cost or nothing, quantities)
    shares = share_shipping(report.items_cost or nothing, quantities)
    own = dict(report.line_costs)
    return {
        line.item_id: ItemCost(items=own.get(line.key, share), shipping=part)
        for line, share, part in zip(lines, shares, shipping, strict=True)
    }
