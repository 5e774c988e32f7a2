"""A shop with ready items and a print shop in memory: what the tests of sending stand on."""

from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from mockspark.adapters.memory.provider import MemoryProviders, ScriptedProvider
from mockspark.application.ports.fulfillment import ProviderFacts
from mockspark.application.ports.jobs import Retry, Snooze
from mockspark.application.targets import Targets
from mockspark.application.use_cases.cancel_items import CancelItems, CarryOutCancel
from mockspark.application.use_cases.plan_submissions import PlanSubmissions
from mockspark.application.use_cases.publish_shipments import PublishShipments, StoreHold
from mockspark.application.use_cases.send_to_fulfill import SendOrder, SendToFulfill, UndoSend
from mockspark.application.use_cases.submit import SettleUnknown, Submit
from mockspark.application.use_cases.track import ApplyReport, Track
from mockspark.application.views import BulkReport, RowResult
from mockspark.domain.events import Stamp
from mockspark.domain.files import Finding, ProductionFile
from mockspark.domain.identity import ConnectionId, OrderItemId, SubmissionId
from mockspark.domain.order import ChannelOrder
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Connection, Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import Submission, SubmissionState
from tests.application.intake import ANA, SHOP, START, Workshop, a_line, an_order

PROVIDER = "printify"
OPEN = (SubmissionState.WAITING, SubmissionState.SENDING)


@define
class Seconds:
    """A monotonic clock that stands still unless a call is said to take long."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@frozen(kw_only=True)
class Dispatch:
    """One shop whose items can be sent; each use case of sending is at hand, wired to the same database."""

    shop: Workshop
    provider: ScriptedProvider = field(factory=ScriptedProvider)
    seconds: Seconds = field(factory=Seconds)
    described: dict[str, ProviderFacts] = field(factory=dict)

    @property
    def providers(self) -> MemoryProviders:
        return MemoryProviders(shops={PROVIDER: self.provider}, described=self.described)

    @property
    def plan_submissions(self) -> PlanSubmissions:
        return PlanSubmissions(
            store=self.shop.store,
            directory=self.shop.directory,
            queries=self.shop.queries,
            providers=self.providers,
            blobs=self.shop.blobs,
            clock=self.shop.clock,
            ids=self.shop.ids,
        )

    @property
    def send_to_fulfill(self) -> SendToFulfill:
        return SendToFulfill(
            store=self.shop.store,
            directory=self.shop.directory,
            providers=self.providers,
            blobs=self.shop.blobs,
            clock=self.shop.clock,
            ids=self.shop.ids,
            refresh_order=self.shop.refresh_order,
        )

    @property
    def undo_send(self) -> UndoSend:
        return UndoSend(store=self.shop.store, clock=self.shop.clock)

    @property
    def submit(self) -> Submit:
        return Submit(
            store=self.shop.store,
            directory=self.shop.directory,
            providers=self.providers,
            clock=self.shop.clock,
            ids=self.shop.ids,
            refresh_order=self.shop.refresh_order,
            monotonic=self.seconds,
        )

    @property
    def settle_unknown(self) -> SettleUnknown:
        return SettleUnknown(store=self.shop.store, providers=self.providers, clock=self.shop.clock)

    @property
    def track(self) -> Track:
        return Track(store=self.shop.store, providers=self.providers, clock=self.shop.clock)

    @property
    def apply_report(self) -> ApplyReport:
        return ApplyReport(store=self.shop.store, providers=self.providers, clock=self.shop.clock)

    @property
    def cancel_items(self) -> CancelItems:
        return CancelItems(store=self.shop.store, clock=self.shop.clock)

    @property
    def carry_out_cancel(self) -> CarryOutCancel:
        return CarryOutCancel(
            store=self.shop.store, providers=self.providers, clock=self.shop.clock, ids=self.shop.ids
        )

    @property
    def publish_shipments(self) -> PublishShipments:
        return PublishShipments(
            store=self.shop.store,
            directory=self.shop.directory,
            channels=self.shop.channels,
            clock=self.shop.clock,
        )

    @property
    def store_hold(self) -> StoreHold:
        return StoreHold(store=self.shop.store, directory=self.shop.directory, channels=self.shop.channels)

    # Arranging

    async def open(self) -> None:
        """Map the mug to the print shop, and let nobody wait before sending."""
        await self.shop.decide(Rules(grace_s=0))
        await self.shop.list_mug()

    async def ready(self, *orders: ChannelOrder) -> Sequence[OrderItem]:
        """Take in *orders* (one mug by default) and give their items production files."""
        items = [item for order in orders or (an_order(),) for item in await self.received(order)]
        return [await self.rendered(item) for item in items]

    async def received(self, order: ChannelOrder) -> Sequence[OrderItem]:
        """Take in *order*."""
        return await self.shop.items(await self.shop.receive(order))

    async def rendered(self, item: OrderItem, *, findings: tuple[Finding, ...] = ()) -> OrderItem:
        """Give *item* the files of its design."""
        made = item.rendered(
            item.design_version,
            files=(a_file(item),),
            assets=(),
            findings=findings,
            stamp=Stamp(at=self.shop.clock(), by=ANA),
        )
        return await self.shop.keep(made)

    async def sent(self, *items: OrderItem, **order: Any) -> Submission:
        """Send *items* and return the submission of the first."""
        report = await self.send(*items, **order)
        assert not report.refused, report.refused
        return await self.submission(report.results[0].submission_id)

    async def send(self, *items: OrderItem, **order: Any) -> BulkReport:
        """Ask for *items* to be sent."""
        targets = Targets.of(*(item.id for item in items))
        return await self.send_to_fulfill(SHOP, SendOrder(targets=targets, **order), by=ANA)

    async def accepted(self, *orders: ChannelOrder) -> tuple[Submission, Sequence[OrderItem]]:
        """Have the items of *orders* taken by the print shop, in one submission."""
        items = await self.ready(*orders)
        submission = await self.sent(*items)
        await self.run(submission.id)
        return await self.submission(submission.id), [await self.shop.item(item.id) for item in items]

    async def change(self, item: OrderItem, act: Callable[[OrderItem, Stamp], OrderItem]) -> OrderItem:
        """Do something to the item as it is now."""
        now = await self.shop.item(item.id)
        return await self.shop.keep(act(now, Stamp(at=self.shop.clock(), by=ANA)))

    async def connect(self, id_: ConnectionId, **changes: Any) -> Connection:
        """Connect one more account, or change the one that is there."""
        async with self.shop.store.begin(SHOP) as work:
            known = {connection.id: connection for connection in await work.connections.all()}
            fresh = Connection(id=id_, shop_id=SHOP, provider=PROVIDER, created_at=START)
            connection = evolve(known.get(id_, fresh), **changes)
            await work.connections.save(connection)
        return connection

    # Working, as jobs would

    async def run(self, id_: SubmissionId | None, *, turns: int = 20) -> Submission:
        """Let senders take turns, each at its time, until sending is over."""
        for _ in range(turns):
            submission = await self.submission(id_)
            if submission.state not in OPEN:
                return submission
            times = [self.shop.clock.now, submission.not_before, submission.lease_until or START]
            self.shop.clock.now = max(times)
            await self.turn(submission.id)
        raise AssertionError("sending does not end")

    async def turn(self, id_: SubmissionId) -> str:
        """Let one sender take one turn; return why it stood back, if it did."""
        try:
            await self.submit(SHOP, id_)
        except (Snooze, Retry) as signal:
            return signal.reason
        return ""

    # Looking

    async def submission(self, id_: SubmissionId | None) -> Submission:
        """Read a submission."""
        assert id_ is not None
        async with self.shop.store.begin(SHOP) as work:
            return await work.submissions.get(id_)

    async def statuses(self, *items: OrderItem) -> list[Status]:
        """Return how the items stand now."""
        return [(await self.shop.item(item.id)).status for item in items]


def a_file(item: OrderItem) -> ProductionFile:
    """Return a production file of the item's present design."""
    return ProductionFile(
        area="front",
        design_version=item.design_version,
        key=f"{SHOP}/files/{item.id.hex}-{item.design_version}.png",
        sha256="ab" * 32,
        size=1000,
        width_px=120,
        height_px=60,
        dpi=300,
        made_at=START,
    )


def two_orders() -> tuple[ChannelOrder, ChannelOrder]:
    """Return two orders for one door, a mug and two mugs."""
    return an_order(1001), an_order(1002, lines=(a_line(2, quantity=2, ordered=2),))


def result(report: BulkReport, item: OrderItemId | OrderItem) -> RowResult:
    """Return what became of one item."""
    id_ = item.id if isinstance(item, OrderItem) else item
    return next(row for row in report.results if row.item_id == id_)
