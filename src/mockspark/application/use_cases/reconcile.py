"""Ask the store what changed, so that nothing depends on a webhook arriving."""

from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, field, frozen

from mockspark.application.broken_accounts import asking_the_store
from mockspark.application.errors import NotFound
from mockspark.application.ports.channels import Channels
from mockspark.application.ports.storage import Directory, Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.reapply import reapply
from mockspark.application.use_cases.receive_order import ReceiveOrder, open_channel
from mockspark.application.views import Received, ReconcileReport
from mockspark.domain.errors import MockSparkError
from mockspark.domain.events import Actor
from mockspark.domain.identity import ShopId
from mockspark.domain.order import ChannelOrder

OVERLAP: Final = timedelta(minutes=10)
"""How far a sweep reaches back behind the last one: stores show changes a little late."""

HELD_BACK: Final = timedelta(days=7)
"""How long an order that cannot be received keeps the mark before it, so that it is tried again."""


@frozen(kw_only=True)
class Reconcile:
    """Receive every order that changed since the last sweep."""

    store: Store
    directory: Directory
    channels: Channels
    clock: Clock
    receive_order: ReceiveOrder

    async def __call__(self, shop: ShopId, *, since: datetime | None = None) -> ReconcileReport:
        """Return what was found; the mark moves only after the whole sweep.

        *since* sweeps from further back, for orders from before the shop was connected. An order that fails
        is reported, keeps the mark before it, and stops no other.
        """
        begun = self.clock()
        channel = await open_channel(self.directory, self.channels, shop)
        mark = await self._mark(shop)
        tally = _Tally(mark=mark, now=begun)
        async with asking_the_store(self.store, shop):
            async for order in channel.orders_since(since or mark - OVERLAP):
                tally = await self._receive(shop, order, tally)
        # A sweep that began later than the mark has not seen what lies between them.
        if since is None or since <= mark:
            await reapply(self.store, shop, lambda work: _save_mark(work, tally.next_mark, begun))
        return tally.report

    async def _mark(self, shop: ShopId) -> datetime:
        installation = await self.directory.installation(shop)
        if installation is not None and installation.read_until is not None:
            return installation.read_until
        known = await self.directory.shop(shop)
        if known is None:
            raise NotFound("shop", shop)
        return known.created_at

    async def _receive(self, shop: ShopId, order: ChannelOrder, tally: "_Tally") -> "_Tally":
        try:
            received = await self.receive_order(shop, order, by=Actor.system("reconcile"))
        except MockSparkError as problem:
            return tally.failed(order, str(problem))
        return tally.saw(order, received)


@frozen(kw_only=True)
class _Tally:
    """What a sweep has seen so far."""

    mark: datetime
    now: datetime
    report: ReconcileReport = field(factory=ReconcileReport)
    newest: datetime | None = None
    oldest_failure: datetime | None = None

    def saw(self, order: ChannelOrder, received: Received) -> "_Tally":
        report = evolve(
            self.report,
            seen=self.report.seen + 1,
            fresh=self.report.fresh + received.fresh,
            changed=self.report.changed + bool(received.changes),
        )
        return evolve(self, report=report, newest=max(self.newest or order.updated_at, order.updated_at))

    def failed(self, order: ChannelOrder, words: str) -> "_Tally":
        report = evolve(
            self.report,
            seen=self.report.seen + 1,
            failed=(*self.report.failed, f"{order.name}: {words}"),
        )
        oldest = min(self.oldest_failure or order.updated_at, order.updated_at)
        return evolve(self, report=report, oldest_failure=oldest)

    @property
    def next_mark(self) -> datetime:
        """Return how far the store is read now: never past an order that failed within the week."""
        reached = max(self.mark, self.newest or self.mark)
        if self.oldest_failure is None:
            return reached
        return min(reached, max(self.oldest_failure, self.now - HELD_BACK))


async def _save_mark(work: UnitOfWork, mark: datetime, swept_at: datetime) -> None:
    access = await work.installation()
    await work.save_installation(evolve(access, read_until=mark, swept_at=swept_at))
