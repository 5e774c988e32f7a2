"""Take store orders in, once, and follow them from then on."""

from collections.abc import Sequence
from typing import Final

from attrs import evolve, frozen

from mockspark.application import reactions
from mockspark.application.broken_accounts import asking_the_store
from mockspark.application.errors import NotConnected, NotFound, PortError
from mockspark.application.ports.channels import Channels, SalesChannel
from mockspark.application.ports.storage import Directory, Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.reapply import reapply
from mockspark.application.views import Received
from mockspark.domain.catalog import Listing
from mockspark.domain.errors import MockSparkError
from mockspark.domain.events import Actor, ActorKind, Flag, Stamp
from mockspark.domain.following import (
    VANISHED,
    StoreNews,
    follow,
    held_by_store,
    keep_from_printing_again,
    vanish,
)
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef, OrderId, OrderItemId, ShopId
from mockspark.domain.intake import Breakdown, HandledLine, break_down
from mockspark.domain.order import ChannelLine, ChannelOrder, FilteredLine, Order, Payment, differences
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Rules

_OPEN: Final = frozenset({Payment.AUTHORIZED, Payment.PARTIALLY_PAID, Payment.PENDING, Payment.OTHER})

_LATE: Final = (
    "The product was mapped after this order came in: release the item if it is still to be printed."
)


async def open_channel(directory: Directory, channels: Channels, shop: ShopId) -> SalesChannel:
    """Return the shop's store, or raise NotConnected."""
    installation = await directory.installation(shop)
    if installation is None:
        raise NotConnected(f"{shop} is not connected to a store")
    return channels.open(installation)


@frozen(kw_only=True)
class ReceiveOrder:
    """Take a store order in or follow its news: once, whoever tells it and however often."""

    store: Store
    directory: Directory
    clock: Clock
    ids: IdGenerator

    async def __call__(
        self, shop: ShopId, arrived: ChannelOrder, *, by: Actor, cause: str = "", rescued: bool = False
    ) -> Received:
        """Return what came of it; older tellings change nothing.

        *rescued* lines come in late: where the shop sends by itself, they wait for a person all the same.
        """
        known = await self.directory.shop(shop)
        if known is None:
            raise NotFound("shop", shop)
        telling = _Telling(
            arrived=arrived,
            rules=known.rules,
            stamp=Stamp(at=self.clock(), by=by, cause=cause),
            ids=self.ids,
            wait=_LATE if rescued and known.rules.auto_send_s is not None else "",
        )
        return await reapply(self.store, shop, telling.tell)


@frozen(kw_only=True)
class RefreshOrder:
    """Ask the store how an order stands now, and follow it."""

    store: Store
    directory: Directory
    channels: Channels
    clock: Clock
    receive_order: ReceiveOrder

    async def __call__(
        self, shop: ShopId, ref: ExternalRef, *, by: Actor, cause: str = "", told: ChannelOrder | None = None
    ) -> Received:
        """Return what came of it; *told* is believed where the store cannot be asked or does not know yet."""
        try:
            channel = await open_channel(self.directory, self.channels, shop)
            async with asking_the_store(self.store, shop):
                now = await channel.fetch(ref)
        except (PortError, NotConnected):
            if told is None:
                raise
            now = await self._completed(shop, told)
        arrived = now or told
        if arrived is None:
            stamp = Stamp(at=self.clock(), by=by, cause=cause)
            return await reapply(self.store, shop, lambda work: _vanished(work, ref, stamp))
        return await self.receive_order(shop, arrived, by=by, cause=cause)

    async def _completed(self, shop: ShopId, told: ChannelOrder) -> ChannelOrder:
        """Return *told* with what messages leave open: holds, and what other services were asked for."""
        async with self.store.read(shop) as work:
            known = await work.orders.by_ref(told.ref)
        if known is None:
            return told
        lines = tuple(_completed(line, known.snapshot.line(line.ref)) for line in told.lines)
        return evolve(told, on_hold=told.on_hold or known.snapshot.on_hold, lines=lines)


@frozen(kw_only=True)
class _Telling:
    """One telling of one order, and what is done about it within a transaction."""

    arrived: ChannelOrder
    rules: Rules
    stamp: Stamp
    ids: IdGenerator
    wait: str

    async def tell(self, work: UnitOfWork) -> Received:
        """Take the order in, or follow it where it is known."""
        known = await work.orders.by_ref(self.arrived.ref)
        if known is None:
            return await self._take_in(work)
        return await self._continue_with(work, known)

    async def _take_in(self, work: UnitOfWork) -> Received:
        refusal = not_for_us(self.arrived, self.rules)
        if refusal:
            return Received(order_id=None, ignored=refusal)
        breakdown = break_down(self.arrived, await self._listings(work))
        id_ = OrderId(self.ids())
        items = [self._place(work.shop, id_, handled) for handled in _distinct(breakdown)]
        order = Order.receive(
            id_,
            work.shop,
            self.arrived,
            filtered=breakdown.filtered,
            items=len(items),
            stamp=self.stamp,
        )
        await work.orders.save(order)
        for item in items:
            await work.items.save(item)
        await self._mind_hold(work, id_, items)
        return Received(order_id=id_, items=_ids(items), filtered=len(breakdown.filtered), fresh=True)

    async def _continue_with(self, work: UnitOfWork, known: Order) -> Received:
        items = await work.items.of_order(known.id)
        ignored = self._stale(known)
        if ignored:
            return Received(
                order_id=known.id, items=_ids(items), filtered=len(known.filtered), ignored=ignored
            )
        breakdown = break_down(self.arrived, await self._listings(work))
        fresh = self._added(work.shop, known, breakdown, items)
        left_out = _left_out(breakdown, (*items, *fresh))
        await self._follow(work, known, items, breakdown, left_out)
        for item in fresh:
            await work.items.save(item)
        if fresh or known.snapshot.cancelled_at != self.arrived.cancelled_at:
            await self._mind_hold(work, known.id, (*items, *fresh))
        changes = tuple(differences(known.snapshot, self.arrived))
        all_items = _ids((*items, *fresh))
        return Received(order_id=known.id, items=all_items, filtered=len(left_out), changes=changes)

    async def _follow(
        self,
        work: UnitOfWork,
        known: Order,
        items: Sequence[OrderItem],
        breakdown: Breakdown,
        left_out: tuple[FilteredLine, ...],
    ) -> None:
        """Have the known order and its items follow what arrived."""
        followed = evolve(known.sync(self.arrived, self.stamp), filtered=left_out)
        if self._is_news(known, followed):
            await work.orders.save(followed)
        for item in items:
            news = StoreNews(before=known.snapshot, after=self.arrived, handled=_handled(breakdown, item))
            await _save(work, item, _followed(item, news, self.stamp))

    def _is_news(self, known: Order, followed: Order) -> bool:
        """Tell whether there is something to write; equal tellings come in bursts and must not collide."""
        asked = self.stamp.by.kind is ActorKind.PERSON
        return asked or (known.snapshot, known.filtered) != (followed.snapshot, followed.filtered)

    def _stale(self, known: Order) -> str:
        if known.redacted:
            return "the order was redacted"
        if self.arrived.updated_at < known.snapshot.updated_at:
            return "a newer telling is known"
        return ""

    def _added(
        self, shop: ShopId, known: Order, breakdown: Breakdown, items: Sequence[OrderItem]
    ) -> list[OrderItem]:
        if not_for_us(self.arrived, self.rules):
            return []
        placed = {item.line for item in items}
        return [
            self._place(shop, known.id, handled)
            for handled in _distinct(breakdown)
            if handled.line.ref not in placed
        ]

    def _place(self, shop: ShopId, order: OrderId, handled: HandledLine) -> OrderItem:
        reason = handled.hold or (HoldReason.MANUAL if self.wait else None)
        item = OrderItem.place(
            OrderItemId(self.ids()),
            shop_id=shop,
            order_id=order,
            line=handled.line,
            listing=handled.listing,
            design=handled.design,
            hold=(reason, handled.note or self.wait) if reason else None,
            stamp=self.stamp,
            test=self.arrived.test,
        )
        held = held_by_store(item, self.arrived.on_hold, self.stamp)
        return keep_from_printing_again(held, self.arrived, self.stamp)

    async def _listings(self, work: UnitOfWork) -> Sequence[Listing]:
        return await work.listings.matching(self.arrived.lines)

    async def _mind_hold(self, work: UnitOfWork, order: OrderId, items: Sequence[OrderItem]) -> None:
        if self.rules.hold_at_store and items:
            await work.jobs.put(reactions.store_hold(work.shop, order))


def not_for_us(order: ChannelOrder, rules: Rules) -> str:
    """Say why nothing of *order* is made now; empty when it is paid, or need not be."""
    if order.cancelled_at is not None:
        return "the order is cancelled"
    if order.producible or (rules.import_unpaid and order.payment in _OPEN):
        return ""
    return f"the order is not paid: {order.payment_raw or order.payment.value}"


async def _vanished(work: UnitOfWork, ref: ExternalRef, stamp: Stamp) -> Received:
    known = await work.orders.by_ref(ref)
    if known is None:
        return Received(order_id=None, ignored=VANISHED)
    items = await work.items.of_order(known.id)
    for item in items:
        await _save(work, item, vanish(item, stamp))
    return Received(order_id=known.id, items=_ids(items), filtered=len(known.filtered), ignored=VANISHED)


def _completed(line: ChannelLine, known: ChannelLine | None) -> ChannelLine:
    return line if known is None else evolve(line, fulfilled=max(line.fulfilled, known.fulfilled))


def _distinct(breakdown: Breakdown) -> Sequence[HandledLine]:
    return tuple({handled.line.ref: handled for handled in breakdown.ours}.values())


def _handled(breakdown: Breakdown, item: OrderItem) -> HandledLine | None:
    return next((handled for handled in breakdown.ours if handled.line.ref == item.line), None)


def _left_out(breakdown: Breakdown, items: Sequence[OrderItem]) -> tuple[FilteredLine, ...]:
    placed = {item.line for item in items}
    return tuple(line for line in breakdown.filtered if line.line not in placed)


def _ids(items: Sequence[OrderItem]) -> tuple[OrderItemId, ...]:
    return tuple(item.id for item in items)


def _followed(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    try:
        return follow(item, news, stamp)
    except MockSparkError as refusal:
        # What one item cannot follow must not keep its siblings from following.
        return item.flag(Flag.STORE_CHANGED, stamp, note=str(refusal))


async def _save(work: UnitOfWork, before: OrderItem, after: OrderItem) -> None:
    if after != before or after.events:
        await work.items.save(after)
