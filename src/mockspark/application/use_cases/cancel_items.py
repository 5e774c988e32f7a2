"""Cancel items: here at once, at a provider by asking it first."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from attrs import frozen

from mockspark.application.attempt import pause_before
from mockspark.application.errors import NotConnected, NotFound, Rejected
from mockspark.application.membership import dissolve, members_of, orders_named
from mockspark.application.ports.fulfillment import CancelAnswer, Cancels, FulfillmentProvider, Providers
from mockspark.application.ports.jobs import Snooze
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.reapply import reapply
from mockspark.application.targets import Targets, each
from mockspark.application.tracking import parted
from mockspark.application.views import BulkReport
from mockspark.domain.errors import NotPossible, TransitionNotAllowed
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.identity import OrderItemId, ShopId, SubmissionId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Action, Status
from mockspark.domain.submission import Submission, SubmissionState

_OVER: Final = frozenset({Status.FULFILLED, Status.CANCELED, Status.ARCHIVED})
_WAIT: Final = timedelta(seconds=15)
_CANCELLER: Final = Actor.system("canceller")
_NOT_HERE: Final = "This provider cannot be asked by us: cancel the order there."


@frozen(kw_only=True)
class CancelItems:
    """Cancel items; what a provider has, or may have, is only asked for."""

    store: Store
    clock: Clock

    async def __call__(self, shop: ShopId, targets: Targets, *, reason: str = "", by: Actor) -> BulkReport:
        """Cancel what is here, and note the wish where a provider has to be asked.

        Providers cancel whole orders. One item of a combined order is therefore refused unless every other
        live member is named too, or wished for before; until a call was made any member may leave.
        """
        stamp = Stamp(at=self.clock(), by=by)

        async def act(work: UnitOfWork, item: OrderItem) -> OrderItem:
            if item.status in _OVER:
                raise TransitionNotAllowed(item.status, Action.CANCEL)
            if not item.live:
                return item.cancel(stamp, reason=reason)
            await _ensure_all_wish(work, item, set(targets.items))
            return item.request_cancel(stamp, reason=reason)

        return await each(self.store, shop, targets, act)


@frozen(kw_only=True)
class CarryOutCancel:
    """Carry out the wish to cancel an item, as far as its provider lets it."""

    store: Store
    providers: Providers
    clock: Clock
    ids: IdGenerator

    async def __call__(self, shop: ShopId, item: OrderItemId) -> None:
        """Cancel before the call, or ask the provider after it; raises Snooze while that is not decided.

        A refusal stays on the item as a flag with the provider's words. Raises Unavailable and OutcomeUnknown
        as they come: asking again is harmless.
        """
        try:
            decided = await reapply(self.store, shop, lambda work: self._here(work, item))
        except NotFound:
            return
        if decided is not None:
            await self._there(shop, decided)

    async def _here(self, work: UnitOfWork, id_: OrderItemId) -> Submission | None:
        """Do what needs no provider; return the submission whose provider has to be asked."""
        item = await work.items.get(id_)
        if item.cancel_requested_at is None or item.underlying in {Status.FULFILLED, Status.CANCELED}:
            return None
        stamp = self._stamp()
        if not item.live or item.submission_id is None:
            await work.items.save(item.cancel(stamp))
            return None
        submission = await work.submissions.get(item.submission_id)
        if submission.untouched:
            await self._leave(work, submission, stamp)
            return None
        if item.status is Status.SENDING:
            pause = pause_before(submission, stamp.at) or _WAIT
            raise Snooze("it is being sent: the answer decides", delay=min(pause, _WAIT))
        return submission

    async def _leave(self, work: UnitOfWork, submission: Submission, stamp: Stamp) -> None:
        goers = {item.id: "" for item in await members_of(work, submission) if item.cancel_requested_at}
        await dissolve(work, submission, goers, fresh=SubmissionId(self.ids()), stamp=stamp)

    async def _there(self, shop: ShopId, submission: Submission) -> None:
        refusal = await self._unwilling(shop, submission)
        if not refusal:
            refusal = await self._ask(shop, submission)
        await reapply(self.store, shop, lambda work: self._follow(work, submission.id, refusal))

    async def _unwilling(self, shop: ShopId, submission: Submission) -> str:
        """Say who else travels in the order and does not want to leave it."""
        async with self.store.begin(shop) as work:
            members = await members_of(work, submission)
        others = [item for item in members if item.live and item.cancel_requested_at is None]
        return _shared(submission, others) if others else ""

    async def _ask(self, shop: ShopId, submission: Submission) -> str:
        """Ask the provider to cancel every order; return its refusal, empty when all are cancelled."""
        async with self.store.begin(shop) as work:
            connection = await work.connections.get(submission.connection_id)
        try:
            provider = self.providers.open(connection)
            answers = await self._answers(provider, submission)
        except (Rejected, NotConnected) as no:
            return str(no)
        return " ".join(answer.words or "The provider refused." for answer in answers if not answer.cancelled)

    async def _answers(self, provider: FulfillmentProvider, submission: Submission) -> Sequence[CancelAnswer]:
        orders = submission.provider_orders or await provider.find(submission.id, since=submission.planned_at)
        if orders and not isinstance(provider, Cancels):
            return (CancelAnswer(cancelled=False, words=_NOT_HERE),)
        return [await provider.cancel(order.ref) for order in orders if isinstance(provider, Cancels)]

    async def _follow(self, work: UnitOfWork, id_: SubmissionId, refusal: str) -> None:
        stamp = self._stamp()
        submission = await work.submissions.get(id_)
        members = {item.id: item for item in await members_of(work, submission)}
        after = {key: _answered(item, refusal, stamp) for key, item in members.items()}
        for key, item in after.items():
            if item is not members[key]:
                await work.items.save(item)
        await work.submissions.save(
            _over(submission, stamp) if not refusal else parted(submission, after, stamp.at)
        )

    def _stamp(self) -> Stamp:
        return Stamp(at=self.clock(), by=_CANCELLER)


async def _ensure_all_wish(work: UnitOfWork, item: OrderItem, named: Collection[OrderItemId]) -> None:
    if item.submission_id is None or item.status is Status.SENDING:
        return
    submission = await work.submissions.get(item.submission_id)
    others = [
        other
        for other in await members_of(work, submission)
        if other.live and other.id not in named and other.cancel_requested_at is None
    ]
    if others:
        raise NotPossible(_shared(submission, others))


def _shared(submission: Submission, others: Sequence[OrderItem]) -> str:
    count = f"{len(others)} other item{'s' if len(others) > 1 else ''}"
    return (
        f"It travels with {count} (order {orders_named(submission, others)}) and the provider cancels "
        "whole orders: cancel them all together, then send the rest again as reprints."
    )


def _answered(item: OrderItem, refusal: str, stamp: Stamp) -> OrderItem:
    if item.cancel_requested_at is None or not item.live:
        return item
    if refusal:
        return item.cancel_refused(refusal, stamp)
    return item.cancel(stamp, reason="the provider cancelled the order", at_provider=True)


def _over(submission: Submission, stamp: Stamp) -> Submission:
    if submission.state is SubmissionState.CANCELED:
        return submission
    return submission.end_attempt(SubmissionState.CANCELED, stamp, outcome="canceled")
