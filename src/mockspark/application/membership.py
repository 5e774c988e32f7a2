"""Who belongs to a submission, and how it is taken apart while nobody at the provider knows of it."""

from collections.abc import Mapping, Sequence

from attrs import evolve

from mockspark.application.ports.storage import UnitOfWork
from mockspark.application.sending import store_hindrance
from mockspark.application.views import RowResult
from mockspark.domain.contact import destination_key
from mockspark.domain.events import Stamp
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import OrderId, OrderItemId, SubmissionId
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import Submission, SubmissionState

_LATE = "Sending took too long and was stopped; it is proven that the provider has no order."


async def members_of(work: UnitOfWork, submission: Submission) -> Sequence[OrderItem]:
    """Return the items that still belong to *submission*, in its order."""
    ids = [line.item_id for line in submission.request.lines]
    items = await work.items.get_many(ids)
    return [items[id_] for id_ in ids if id_ in items and items[id_].submission_id == submission.id]


async def withdraw(work: UnitOfWork, id: SubmissionId, stamp: Stamp) -> Sequence[OrderItem]:  # noqa: A002
    """Take a submission back with all its members; raises NotPossible once a call may have been made."""
    submission = await work.submissions.get(id)
    await work.submissions.save(submission.withdraw(stamp))
    members = await members_of(work, submission)
    back = [item.withdrawn(stamp) for item in members if item.status is Status.SENDING]
    for item in back:
        await work.items.save(item)
    return back


async def leaving(work: UnitOfWork, submission: Submission, rules: Rules) -> Mapping[OrderItemId, str]:
    """Say which members must not be printed as they were sent, and why; "" stands for a cancel wish."""
    members = await members_of(work, submission)
    orders = await work.orders.get_many({item.order_id for item in members})
    found = {item.id: _objection(item, orders.get(item.order_id), submission, rules) for item in members}
    return {id_: words for id_, words in found.items() if words is not None}


def _objection(item: OrderItem, order: Order | None, submission: Submission, rules: Rules) -> str | None:
    if item.cancel_requested_at is not None:
        return ""
    if item.status is not Status.SENDING:
        return _LATE
    if order is None:
        return "The order is not known any more."
    stop = store_hindrance(item, order, rules)
    if stop is not None:
        return stop[1]
    address = order.snapshot.ship_to
    if address is None or destination_key(address) != destination_key(submission.request.ship_to):
        return "The shipping address changed in the store: look at it, then send again."
    return None


async def dissolve(
    work: UnitOfWork,
    submission: Submission,
    goers: Mapping[OrderItemId, str],
    *,
    fresh: SubmissionId,
    stamp: Stamp,
) -> Sequence[OrderItem]:
    """Let *goers* out of a submission that is proven absent, and send the rest under a new id."""
    over = submission.end_attempt(SubmissionState.WITHDRAWN, stamp, outcome="withdrawn")
    await work.submissions.save(over)
    members = await members_of(work, submission)
    gone = [_let_out(item, goers[item.id], stamp) for item in members if item.id in goers]
    staying = [
        item.withdrawn(stamp, reason="sent anew without the others")
        for item in members
        if item.id not in goers
    ]
    again = await _send_rest(work, submission, staying, fresh, stamp)
    for item in (*gone, *again):
        await work.items.save(item)
    return (*gone, *again)


def _let_out(item: OrderItem, words: str, stamp: Stamp) -> OrderItem:
    if item.status is not Status.SENDING:
        return item.refused(HoldReason.PROVIDER_UNREACHABLE, words or _LATE, stamp) if item.live else item
    back = item.withdrawn(stamp)
    if back.status is not Status.READY_TO_FULFILL:
        return back
    return back.hold_for(HoldReason.STORE_CHANGED, HoldOrigin.STORE, note=words, stamp=stamp)


async def _send_rest(
    work: UnitOfWork, submission: Submission, staying: Sequence[OrderItem], fresh: SubmissionId, stamp: Stamp
) -> Sequence[OrderItem]:
    if not staying:
        return ()
    ids = {item.id for item in staying}
    lines = tuple(line for line in submission.request.lines if line.item_id in ids)
    request = evolve(submission.request, id=fresh, lines=lines, notes={})
    rest = Submission.plan(
        request, shop_id=submission.shop_id, connection_id=submission.connection_id, stamp=stamp
    )
    await work.submissions.save(rest)
    return [item.send(fresh, stamp) for item in staying]


def orders_named(submission: Submission, members: Sequence[OrderItem]) -> str:
    """Name the store orders of *members*, for people."""
    ids: set[OrderId] = {item.order_id for item in members}
    names = [line.order_name for line in submission.request.lines if line.order_id in ids]
    return ", ".join(dict.fromkeys(names))


def row(item: OrderItem) -> RowResult:
    """Say that *item* went through."""
    return RowResult(item_id=item.id, done=True, status=item.status, submission_id=item.submission_id)
