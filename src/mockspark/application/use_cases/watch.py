"""The sweeper: nothing in motion depends on one job, and nothing stays in motion for ever."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

from attrs import frozen

from mockspark.application import reactions
from mockspark.application.errors import Conflict
from mockspark.application.ports.jobs import Job
from mockspark.application.ports.storage import Directory, Due, DueKind, Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.targets import MOST_ITEMS, Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder, SendToFulfill
from mockspark.application.views import SweepReport
from mockspark.domain.errors import MockSparkError
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import OrderId, OrderItemId, ShopId, SubmissionId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import Submission, SubmissionState

_WATCHDOG: Final = Actor.system("watchdog")
_AUTO_SEND: Final = Actor.system("auto-send")
_SLOW_RENDER: Final = "The production files were not made in time: release the item to try again."
_SLOW_CALL: Final = "The provider did not answer in time; nobody can say whether it has the order."
_NO_CALL: Final = "Sending did not begin in time and the provider was not called: send the item again."

_JOBS: Final[Mapping[DueKind, Callable[[ShopId, UUID], Job]]] = {
    DueKind.SUBMIT: lambda shop, id_: reactions.send_again(shop, SubmissionId(id_)),
    DueKind.POLL: lambda shop, id_: reactions.poll(shop, SubmissionId(id_)),
    DueKind.PUBLISH: lambda shop, id_: reactions.publish(shop, OrderId(id_), "again"),
    DueKind.CANCEL: lambda shop, id_: reactions.cancel(shop, OrderItemId(id_)),
}


@frozen(kw_only=True)
class Sweep:
    """Queue again what is due and stop what is stuck; running it twice does nothing twice."""

    store: Store
    directory: Directory
    clock: Clock
    send_to_fulfill: SendToFulfill

    async def __call__(self) -> SweepReport:
        """Look at every shop once; a shop whose rows fail does not keep the others waiting."""
        queued = stopped = sent = 0
        for shop, due in _by_shop(await self.directory.due(self.clock())).items():
            try:
                queued += await self._queue(shop, due)
                stopped += await self._stop(shop, due)
                sent += await self._send(shop, due)
            except Conflict:
                continue  # somebody is at work on it: the next sweep looks again
        return SweepReport(queued=queued, stopped=stopped, sent=sent)

    async def _queue(self, shop: ShopId, due: Sequence[Due]) -> int:
        async with self.store.begin(shop) as work:
            jobs = [*_jobs(shop, due), *await _renders(work, _ids(due, DueKind.RENDER))]
            if any(row.kind is DueKind.SWEEP_ORDERS for row in due):
                jobs.append(reactions.reconcile(shop))
            if any(row.kind is DueKind.INBOX for row in due):
                jobs.append(reactions.inbox())
            await work.jobs.put(*jobs)
        return len(jobs)

    async def _stop(self, shop: ShopId, due: Sequence[Due]) -> int:
        stamp = Stamp(at=self.clock(), by=_WATCHDOG)
        stuck = _ids(due, DueKind.STUCK_GENERATING, DueKind.STUCK_SENDING)
        return sum([await self._stop_one(shop, OrderItemId(id_), stamp) for id_ in stuck])

    async def _stop_one(self, shop: ShopId, id_: OrderItemId, stamp: Stamp) -> bool:
        async with self.store.begin(shop) as work:
            item = await work.items.get(id_)
            match item.status:
                case Status.GENERATING:
                    await work.items.save(_hold(item, HoldReason.RENDER_FAILED, _SLOW_RENDER, stamp))
                    return True
                case Status.SENDING:
                    return await _give_up(work, item, stamp)
                case _:
                    return False

    async def _send(self, shop: ShopId, due: Sequence[Due]) -> int:
        ready = [OrderItemId(id_) for id_ in islice(_ids(due, DueKind.AUTO_SEND), MOST_ITEMS)]
        if not ready:
            return 0
        try:
            report = await self.send_to_fulfill(shop, SendOrder(targets=Targets.of(*ready)), by=_AUTO_SEND)
        except MockSparkError:
            return 0  # the items stay Ready, where a person sees them
        return len(report.done)


async def _give_up(work: UnitOfWork, item: OrderItem, stamp: Stamp) -> bool:
    """Stop a send that takes too long (T26): unknown where a call was made, refused where none was."""
    if item.submission_id is None:
        await work.items.save(_hold(item, HoldReason.PROVIDER_UNREACHABLE, _NO_CALL, stamp))
        return True
    submission = await work.submissions.get(item.submission_id)
    if submission.lease_until is not None and stamp.at < submission.lease_until:
        return False  # a sender is at it this moment
    members = await work.items.get_many([line.item_id for line in submission.request.lines])
    if submission.state in {SubmissionState.WAITING, SubmissionState.SENDING}:
        await work.submissions.save(_ended(submission, stamp))
    for member in members.values():
        if member.status is Status.SENDING and member.submission_id == submission.id:
            await work.items.save(_stopped(member, submission, stamp))
    return True


def _ended(submission: Submission, stamp: Stamp) -> Submission:
    if submission.called:
        return submission.end_attempt(SubmissionState.UNKNOWN, stamp, outcome="unknown", words=_SLOW_CALL)
    return submission.end_attempt(SubmissionState.REFUSED, stamp, outcome="unavailable", words=_NO_CALL)


def _stopped(item: OrderItem, submission: Submission, stamp: Stamp) -> OrderItem:
    if submission.called:
        return item.unresolved(_SLOW_CALL, stamp)
    return item.refused(HoldReason.PROVIDER_UNREACHABLE, _NO_CALL, stamp)


def _hold(item: OrderItem, reason: HoldReason, words: str, stamp: Stamp) -> OrderItem:
    return item.hold_for(reason, HoldOrigin.SYSTEM, note=words, stamp=stamp)


async def _renders(work: UnitOfWork, ids: Collection[UUID]) -> Sequence[Job]:
    items = await work.items.get_many([OrderItemId(id_) for id_ in ids])
    return [reactions.render(work.shop, item.id, item.design_version) for item in items.values()]


def _jobs(shop: ShopId, due: Sequence[Due]) -> Iterator[Job]:
    for row in due:
        make = _JOBS.get(row.kind)
        if make is not None:
            yield make(shop, UUID(row.id))


def _ids(due: Sequence[Due], *kinds: DueKind) -> list[UUID]:
    return [UUID(row.id) for row in due if row.kind in kinds]


def _by_shop(due: Sequence[Due]) -> Mapping[ShopId, Sequence[Due]]:
    shops: dict[ShopId, list[Due]] = defaultdict(list)
    for row in due:
        shops[row.shop_id].append(row)
    return shops
