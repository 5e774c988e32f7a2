"""Send a stored submission exactly once, and settle by hand what nobody could find out."""

import time
from collections.abc import Callable

from attrs import frozen

from mockspark.application.attempt import CALL, LEASE, Attempt, pause_before
from mockspark.application.errors import NotFound
from mockspark.application.membership import members_of, row
from mockspark.application.ports.fulfillment import Providers
from mockspark.application.ports.jobs import Snooze
from mockspark.application.ports.storage import Directory, Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.reapply import reapply
from mockspark.application.sending import RefreshesOrder, rules_of
from mockspark.application.tracking import follow, parted
from mockspark.application.use_cases.send_to_fulfill import reopen
from mockspark.application.views import BulkReport
from mockspark.domain.errors import MockSparkError, NotPossible
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.identity import ExternalRef, OrderItemId, ShopId, SubmissionId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.submission import (
    LineReport,
    ProviderOrder,
    ProviderReport,
    Stage,
    Submission,
    SubmissionState,
)

_SENDER = Actor.system("sender")
_OPEN = frozenset({SubmissionState.WAITING, SubmissionState.SENDING})


@frozen(kw_only=True)
class Submit:
    """Send one stored submission: at most one provider order comes of it, whatever fails on the way."""

    store: Store
    directory: Directory
    providers: Providers
    clock: Clock
    ids: IdGenerator
    refresh_order: RefreshesOrder
    monotonic: Callable[[], float] = time.monotonic

    async def __call__(self, shop: ShopId, submission: SubmissionId) -> None:
        """Make one attempt; raises Snooze when it is not this sender's turn.

        The store is read again first; the attempt is committed before the call, and so is the fact that a
        call is made; an earlier attempt is looked up before anything is placed; writes after a call happen
        only while no later sender took over.
        """
        waiting = await self._due(shop, submission)
        if waiting is None:
            return
        unread = await self._read_again(shop, waiting)
        started = self.monotonic()
        claimed = await reapply(self.store, shop, lambda work: self._claim(work, submission))
        if claimed is None:
            return
        attempt = Attempt(
            store=self.store,
            providers=self.providers,
            clock=self.clock,
            ids=self.ids,
            monotonic=self.monotonic,
            rules=await rules_of(self.directory, shop),
            shop=shop,
            id=submission,
            fence=claimed.fence,
            deadline=started + CALL.total_seconds(),
            unread=unread,
        )
        await attempt.run(claimed)

    async def _due(self, shop: ShopId, id: SubmissionId) -> Submission | None:  # noqa: A002 - the field's name
        try:
            async with self.store.begin(shop) as work:
                submission = await work.submissions.get(id)
        except NotFound:
            return None
        return self._turn(submission)

    def _turn(self, submission: Submission) -> Submission | None:
        if submission.state not in _OPEN:
            return None
        pause = pause_before(submission, self.clock())
        if pause is not None:
            raise Snooze("not before its time, or another sender is at it", delay=pause)
        return submission

    async def _claim(self, work: UnitOfWork, id: SubmissionId) -> Submission | None:  # noqa: A002
        submission = self._turn(await work.submissions.get(id))
        if submission is None:
            return None
        claimed = submission.claim(Stamp(at=self.clock(), by=_SENDER), LEASE)
        await work.submissions.save(claimed)
        return claimed

    async def _read_again(self, shop: ShopId, submission: Submission) -> str:
        """Follow the store once more; say why that failed, for then nothing new may be placed."""
        async with self.store.begin(shop) as work:
            orders = await work.orders.get_many({line.order_id for line in submission.request.lines})
        cause = f"submission {submission.id.hex}"
        try:
            for order in orders.values():
                await self.refresh_order(shop, order.ref, by=_SENDER, cause=cause)
        except MockSparkError as problem:
            return str(problem)
        return ""


@frozen(kw_only=True)
class SettleUnknown:
    """Decide what nobody could find out: adopt the provider's order, or try again under the same id."""

    store: Store
    providers: Providers
    clock: Clock

    async def __call__(
        self, shop: ShopId, submission: SubmissionId, *, adopt: ExternalRef | None, by: Actor
    ) -> BulkReport:
        """Follow a person's word: *adopt* names the order at the provider, None confirms the resend.

        Raises NotPossible when the submission is not unknown, or when *adopt* belongs to something else.
        """
        if adopt is None:
            asked = await self._members(shop, submission)
            results = await reopen(self.store, shop, submission, asked, Stamp(at=self.clock(), by=by))
            return BulkReport(results=tuple(results.values()))
        report = await self._seen(shop, submission, adopt)
        stamp = Stamp(at=self.clock(), by=by)
        items = await reapply(self.store, shop, lambda work: _adopt(work, submission, report, stamp))
        return BulkReport(results=tuple(row(item) for item in items))

    async def _members(self, shop: ShopId, id: SubmissionId) -> list[OrderItemId]:  # noqa: A002
        async with self.store.begin(shop) as work:
            return [item.id for item in await members_of(work, await work.submissions.get(id))]

    async def _seen(self, shop: ShopId, id: SubmissionId, ref: ExternalRef) -> ProviderReport:  # noqa: A002
        async with self.store.begin(shop) as work:
            submission = await work.submissions.get(id)
            connection = await work.connections.get(submission.connection_id)
        report = await self.providers.open(connection).fetch(ref)
        if report.external_id not in {"", submission.request.external_id}:
            raise NotPossible(f"order {ref.id} belongs to another submission")
        return report


async def _adopt(
    work: UnitOfWork,
    id: SubmissionId,  # noqa: A002 - the field's name
    report: ProviderReport,
    stamp: Stamp,
) -> list[OrderItem]:
    submission = await work.submissions.get(id)
    if submission.state is not SubmissionState.UNKNOWN:
        raise NotPossible(f"the submission is {submission.state.value}, not unknown")
    known = submission.record([ProviderOrder(ref=report.ref)], stamp)
    before = {item.id: item for item in await members_of(work, submission)}
    taken = {id_: _arrived(item, report, stamp) for id_, item in before.items()}
    followed = follow(known, taken, report, stamp)
    ended = known.end_attempt(SubmissionState.ACCEPTED, stamp, outcome="adopted")
    await work.submissions.save(parted(ended, followed, stamp.at))
    for id_, item in followed.items():
        if item is not before[id_]:
            await work.items.save(item)
    return list(followed.values())


def _arrived(item: OrderItem, report: ProviderReport, stamp: Stamp) -> OrderItem:
    if not item.live:
        return item
    return item.report(LineReport(key=item.id.hex, stage=Stage.ACCEPTED, raw=report.raw), stamp)
