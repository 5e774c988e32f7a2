"""One turn of one sender: look before creating, call once, record under the fence."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from attrs import evolve, frozen

from mockspark.application.broken_accounts import mark_broken
from mockspark.application.errors import (
    NotAuthorized,
    NotConnected,
    OutcomeUnknown,
    PortError,
    Rejected,
    Unavailable,
)
from mockspark.application.membership import dissolve, leaving, members_of
from mockspark.application.ports.fulfillment import (
    Cancels,
    Confirms,
    FulfillmentProvider,
    Prepares,
    Providers,
)
from mockspark.application.ports.jobs import Snooze
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.reactions import cancel
from mockspark.application.reapply import reapply
from mockspark.application.tracking import Election, Members, elect, follow, parted, told_quantities
from mockspark.domain.events import Actor, Flag, Stamp
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef, ShopId, SubmissionId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import (
    LineReport,
    ProviderOrder,
    ProviderReport,
    Stage,
    Submission,
    SubmissionRequest,
    SubmissionState,
)

T = TypeVar("T")

CALL: Final = timedelta(seconds=60)
"""How long a sender may be on its way to the provider, and how long placing the order may take."""
LAG: Final = timedelta(seconds=30)
"""How long a provider may take until a look-up finds what it has taken in."""
LEASE: Final = 2 * CALL + LAG
RETRIES: Final = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)
DOUBTS: Final = 4
"""After so many lost answers that no look-up could explain, a person decides."""
_STORE_PAUSE: Final = timedelta(seconds=30)
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_SENDER: Final = Actor.system("sender")


class OvertakenError(Exception):
    """A later sender took over: nothing may be written; *orders* is what this one had got."""

    def __init__(self, orders: Sequence[ProviderOrder] = ()) -> None:
        super().__init__("another sender took over")
        self.orders = tuple(orders)


class UndecidedError(Exception):
    """The provider may have the order, and nobody can find out."""


@frozen(kw_only=True)
class Attempt:
    """One turn of one sender; *fence* is what entitles it to write, *deadline* ends its right to call.

    *unread* says why the store could not be asked: then nothing new is placed.
    """

    store: Store
    providers: Providers
    clock: Clock
    ids: IdGenerator
    monotonic: Callable[[], float]
    rules: Rules
    shop: ShopId
    id: SubmissionId
    fence: int
    deadline: float
    unread: str = ""

    async def run(self, submission: Submission) -> None:
        """Bring the submission as far as it goes now; raises Snooze when it had no turn."""
        try:
            provider = await self._open(submission)
            await self._send(provider, submission)
        except OvertakenError as late:
            await self._reconcile(late.orders)
        except UndecidedError as problem:
            await self._write(self._unresolved(str(problem)))
        except Unavailable as away:
            await self._later(away)
        except OutcomeUnknown as lost:
            await self._doubt(str(lost))
        except (Rejected, NotConnected) as no:
            await self._refuse(no)

    async def _open(self, submission: Submission) -> FulfillmentProvider:
        async with self.store.begin(self.shop) as work:
            connection = await work.connections.get(submission.connection_id)
        try:
            return self.providers.open(connection)
        except NotConnected as closed:
            if submission.called:
                raise UndecidedError(str(closed)) from closed
            raise

    async def _send(self, provider: FulfillmentProvider, submission: Submission) -> None:
        orders: Sequence[ProviderOrder] = submission.provider_orders
        if not orders:
            orders = await self._look(provider, submission)
        if not orders:
            orders = await self._create(provider, submission)
        if orders:
            await self._settle(provider, submission.request, orders)

    # Looking and creating

    async def _look(self, provider: FulfillmentProvider, submission: Submission) -> Sequence[ProviderOrder]:
        """Recognise an earlier attempt; empty means proven absent."""
        if submission.attempts == 1 and not submission.called:
            return ()
        found = await self._find(provider, submission)
        if found:
            await self._write(self._record(found))
        elif submission.called and submission.lookups >= DOUBTS:
            words = "The provider's answer was lost again and again, and it knows of no such order."
            raise UndecidedError(words)
        return found

    async def _find(self, provider: FulfillmentProvider, submission: Submission) -> Sequence[ProviderOrder]:
        try:
            return await provider.find(submission.id, since=submission.planned_at - _CLOCKS_DIFFER)
        except Rejected as no:
            if not submission.called:
                raise
            await self._blame(no)
            raise UndecidedError(f"The provider did not let us look: {no}") from no

    async def _create(self, provider: FulfillmentProvider, submission: Submission) -> Sequence[ProviderOrder]:
        if self.unread:
            await self._stand_back(f"the store could not be asked: {self.unread}", _STORE_PAUSE)
        if isinstance(provider, Prepares) and not submission.request.notes:
            await self._write(self._prepared(await provider.prepare(submission.request)))
        if self.monotonic() > self.deadline:
            raise Unavailable("the sender was held up for too long")
        request = await self._write(self._calling)
        if request is None:
            return ()
        orders = await self._place(provider, request)
        try:
            await self._write(self._record(orders))
        except OvertakenError as late:
            raise OvertakenError(orders) from late
        return orders

    async def _place(
        self, provider: FulfillmentProvider, request: SubmissionRequest
    ) -> Sequence[ProviderOrder]:
        try:
            async with asyncio.timeout(CALL.total_seconds()):
                orders = await provider.submit(request)
        except TimeoutError as silent:
            raise OutcomeUnknown("the provider gave no answer in time") from silent
        if not orders:
            raise OutcomeUnknown("the provider named no order")
        return orders

    async def _calling(self, work: UnitOfWork, submission: Submission) -> SubmissionRequest | None:
        """Note that the provider may hear of it from now on, unless members have to leave before."""
        goers = await leaving(work, submission, self.rules)
        if goers:
            fresh = SubmissionId(self.ids())
            await dissolve(work, submission, goers, fresh=fresh, stamp=self._stamp())
            return None
        await work.submissions.save(submission.calling())
        return submission.request

    # What the provider has, against what was asked

    async def _settle(
        self, provider: FulfillmentProvider, request: SubmissionRequest, orders: Sequence[ProviderOrder]
    ) -> None:
        reports = {order.ref: await self._fetch(provider, order.ref) for order in orders}
        election = elect(request, orders, reports)
        stuck = await self._confirm(provider, election.kept)
        await self._write(
            self._accepted(election, reports, confirmed=isinstance(provider, Confirms), stuck=stuck)
        )
        for stray in election.strays:
            await self._drop(provider, stray)

    async def _fetch(self, provider: FulfillmentProvider, ref: ExternalRef) -> ProviderReport:
        try:
            return await provider.fetch(ref)
        except Rejected as no:
            raise Unavailable(f"the provider does not show order {ref.id}: {no}") from no

    async def _confirm(
        self, provider: FulfillmentProvider, orders: Sequence[ProviderOrder]
    ) -> Rejected | None:
        """Let the drafts be printed; a refusal leaves a live order that a person has to free."""
        if not isinstance(provider, Confirms):
            return None
        try:
            for order in orders:
                if order.draft:
                    await provider.confirm(order.ref)
        except Rejected as no:
            return no
        return None

    async def _drop(self, provider: FulfillmentProvider, stray: ProviderOrder) -> None:
        """Ask for a repetition of ours to be cancelled; the members were flagged already."""
        if not isinstance(provider, Cancels):
            return
        try:
            await provider.cancel(stray.ref)
        except PortError:
            return

    def _accepted(
        self,
        election: Election,
        reports: Mapping[ExternalRef, ProviderReport],
        *,
        confirmed: bool,
        stuck: Rejected | None,
    ) -> "Change[None]":
        async def change(work: UnitOfWork, submission: Submission) -> None:
            stamp = self._stamp()
            kept = election.kept if stuck or not confirmed else _undrafted(election.kept)
            known = submission.record((*kept, *election.strays), stamp)
            items = {item.id: item for item in await members_of(work, submission)}
            taken = _compare(known, items, election, reports, stuck, stamp)
            for order in election.kept:
                if not order.draft:  # what was read of a draft is older than our confirmation
                    taken = follow(known, taken, reports[order.ref], stamp)
            outcome = "accepted" if submission.called else "adopted"
            ended = known.end_attempt(SubmissionState.ACCEPTED, stamp, outcome=outcome)
            await work.submissions.save(parted(ended, taken, stamp.at))
            await self._save(work, items, taken)
            wishing = [item for item in taken.values() if item.live and item.cancel_requested_at is not None]
            await work.jobs.put(*(cancel(self.shop, item.id) for item in wishing))

        return change

    # Endings

    async def _later(self, away: Unavailable) -> None:
        if away.retry_after is not None:
            await self._stand_back(str(away), away.retry_after)
        submission = await self._present()
        if submission.attempts <= len(RETRIES):
            pause = RETRIES[submission.attempts - 1]
            await self._write(self._again("unavailable", str(away), pause))
            return
        await self._give_up(submission, str(away))

    async def _give_up(self, submission: Submission, words: str) -> None:
        """Hold the members: with a proof of absence where there is one, else for a person to settle."""
        if submission.provider_orders:
            await self._write(self._unresolved(words))
            return
        if submission.called and not await self._proven_absent(submission):
            await self._write(self._unresolved(words))
            return
        await self._write(self._refused(HoldReason.PROVIDER_UNREACHABLE, words, outcome="unavailable"))

    async def _proven_absent(self, submission: Submission) -> bool:
        try:
            provider = await self._open(submission)
            return not await provider.find(submission.id, since=submission.planned_at - _CLOCKS_DIFFER)
        except (PortError, UndecidedError):
            return False

    async def _doubt(self, words: str) -> None:
        """An answer was lost: nothing is repeated before a look-up, and that waits for the provider's lag."""
        submission = await self._present()
        turn = min(submission.attempts, len(RETRIES)) - 1
        if submission.provider_orders and submission.attempts > len(RETRIES):
            await self._write(self._unresolved(words))
            return
        await self._write(self._again("unknown", words, max(RETRIES[turn], LAG), doubt=True))

    async def _refuse(self, no: Rejected | NotConnected) -> None:
        if isinstance(no, Rejected):
            await self._blame(no)
            await self._write(self._refused(no.reason, str(no), outcome="refused"))
            return
        await self._write(self._refused(HoldReason.PROVIDER_UNREACHABLE, str(no), outcome="refused"))

    async def _blame(self, no: Rejected) -> None:
        """Mark the account broken when its credentials were refused, so that nobody tries it in vain."""
        if isinstance(no, NotAuthorized):
            submission = await self._present()
            await mark_broken(self.store, self.shop, submission.connection_id, str(no))

    async def _stand_back(self, reason: str, pause: timedelta) -> None:
        async def change(work: UnitOfWork, submission: Submission) -> None:
            await work.submissions.save(submission.stand_back(self.clock() + pause))

        await self._write(change)
        raise Snooze(reason, delay=pause)

    def _again(self, outcome: str, words: str, pause: timedelta, *, doubt: bool = False) -> "Change[None]":
        async def change(work: UnitOfWork, submission: Submission) -> None:
            stamp = self._stamp()
            counted = submission.doubted() if doubt else submission
            ended = counted.end_attempt(
                SubmissionState.SENDING, stamp, outcome=outcome, words=words, retry_at=stamp.at + pause
            )
            await work.submissions.save(ended)
            if doubt:
                await self._each(
                    work, submission, lambda item: item.flag(Flag.OUTCOME_UNKNOWN, stamp, note=words)
                )

        return change

    def _refused(self, reason: HoldReason, words: str, *, outcome: str) -> "Change[None]":
        async def change(work: UnitOfWork, submission: Submission) -> None:
            stamp = self._stamp()
            ended = submission.end_attempt(SubmissionState.REFUSED, stamp, outcome=outcome, words=words)
            await work.submissions.save(ended)
            await self._each(work, submission, lambda item: item.refused(reason, words, stamp))

        return change

    def _unresolved(self, words: str) -> "Change[None]":
        async def change(work: UnitOfWork, submission: Submission) -> None:
            stamp = self._stamp()
            ended = submission.end_attempt(SubmissionState.UNKNOWN, stamp, outcome="unknown", words=words)
            await work.submissions.save(ended)
            await self._each(work, submission, lambda item: item.unresolved(words, stamp))

        return change

    def _record(self, orders: Sequence[ProviderOrder]) -> "Change[None]":
        async def change(work: UnitOfWork, submission: Submission) -> None:
            await work.submissions.save(submission.record(orders, self._stamp()))

        return change

    def _prepared(self, notes: Mapping[str, str]) -> "Change[None]":
        async def change(work: UnitOfWork, submission: Submission) -> None:
            await work.submissions.save(submission.prepared(notes))

        return change

    async def _reconcile(self, orders: Sequence[ProviderOrder]) -> None:
        """Report what a sender that was overtaken had got: the one after it may not have seen it."""
        submission = await self._present()
        known = {order.ref for order in submission.provider_orders}
        strays = [order for order in orders if order.ref not in known]
        if not strays or submission.state is SubmissionState.SENDING:
            return
        names = ", ".join(order.ref.id for order in strays)
        note = f"The provider may have a second order for it: {names}. Look there and cancel it."

        async def change(work: UnitOfWork) -> None:
            stamp = self._stamp()
            members = await members_of(work, await work.submissions.get(self.id))
            items = {item.id: item for item in members if item.live}
            flagged = {id_: item.flag(Flag.LINES_DIFFER, stamp, note=note) for id_, item in items.items()}
            await self._save(work, items, flagged)

        await reapply(self.store, self.shop, change)

    # Storage

    async def _present(self) -> Submission:
        async with self.store.begin(self.shop) as work:
            return await work.submissions.get(self.id)

    async def _write(self, change: "Change[T]") -> T:
        """Run *change* while the fence is still ours; raises OvertakenError when it is not."""

        async def act(work: UnitOfWork) -> T:
            submission = await work.submissions.get(self.id)
            if submission.fence != self.fence or submission.state is not SubmissionState.SENDING:
                raise OvertakenError
            return await change(work, submission)

        return await reapply(self.store, self.shop, act)

    async def _each(
        self, work: UnitOfWork, submission: Submission, act: Callable[[OrderItem], OrderItem]
    ) -> None:
        items = {item.id: item for item in await members_of(work, submission)}
        open_ = {id_: item for id_, item in items.items() if item.status in {Status.SENDING, Status.ON_HOLD}}
        await self._save(work, items, {id_: act(item) for id_, item in open_.items() if item.live})

    async def _save(self, work: UnitOfWork, before: Members, after: Members) -> None:
        for id_, item in after.items():
            if item is not before[id_]:
                await work.items.save(item)

    def _stamp(self) -> Stamp:
        return Stamp(at=self.clock(), by=_SENDER, cause=f"submission {self.id.hex}")


Change = Callable[[UnitOfWork, Submission], Awaitable[T]]


def pause_before(submission: Submission, now: datetime) -> timedelta | None:
    """Say how long a sender has to wait: for the grace delay, a retry, or another sender's lease."""
    until = max(submission.not_before, submission.lease_until or submission.not_before)
    return until - now if until > now else None


def _undrafted(orders: Sequence[ProviderOrder]) -> tuple[ProviderOrder, ...]:
    return tuple(evolve(order, draft=False) for order in orders)


def _compare(
    submission: Submission,
    items: Members,
    election: Election,
    reports: Mapping[ExternalRef, ProviderReport],
    stuck: Rejected | None,
    stamp: Stamp,
) -> Members:
    told = told_quantities(submission.request, election.kept, reports)
    taken = dict(items)
    for line in submission.request.lines:
        if line.item_id in items:
            item = _taken(items[line.item_id], line.key, told.get(line.key, 0), stuck, stamp)
            taken[line.item_id] = _strayed(item, election.strays, stamp)
    return taken


def _taken(item: OrderItem, key: str, got: int, stuck: Rejected | None, stamp: Stamp) -> OrderItem:
    if not item.live or item.status not in {Status.SENDING, Status.ON_HOLD}:
        return item
    if got == 0:
        words = "The provider took the order without this item: read its answer there, then send it again."
        return item.refused(HoldReason.PROVIDER_REJECTED, words, stamp)
    if stuck is not None:
        news = LineReport(key=key, stage=Stage.STUCK, raw="not confirmed")
        return item.report(news, stamp, hold=stuck.reason, words=str(stuck))
    news = LineReport(key=key, stage=Stage.ACCEPTED, raw=item.provider_raw)
    taken = item.report(news, stamp).seen((Flag.OUTCOME_UNKNOWN,), stamp)
    if got != item.quantity:
        return taken.flag(Flag.LINES_DIFFER, stamp, note=f"asked for {item.quantity}, the provider has {got}")
    return taken


def _strayed(item: OrderItem, strays: Sequence[ProviderOrder], stamp: Stamp) -> OrderItem:
    names = ", ".join(stray.ref.id for stray in strays)
    if not names:
        return item
    return item.flag(Flag.LINES_DIFFER, stamp, note=f"the provider had a second order for it: {names}")
