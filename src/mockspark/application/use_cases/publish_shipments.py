"""Tell the store what travels, once per parcel and order; and keep its orders for us meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from attrs import field, frozen

from mockspark.application.errors import NotConnected, OutcomeUnknown, PortError, Rejected, Unavailable
from mockspark.application.ports.channels import (
    Channels,
    HoldsOrders,
    PublishesShipments,
    SalesChannel,
    ShipmentNotice,
)
from mockspark.application.ports.jobs import Retry
from mockspark.application.ports.storage import Claim, Directory, Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.reapply import reapply
from mockspark.application.sending import rules_of
from mockspark.application.use_cases.receive_order import open_channel
from mockspark.domain.events import Actor, Flag, Stamp
from mockspark.domain.identity import ExternalRef, OrderId, OrderItemId, ShopId
from mockspark.domain.order import Order
from mockspark.domain.order_item import ItemShipment, OrderItem
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status

HANDLE: Final = "mockspark"
"""The name of our holds in the store; others' are never touched."""

_LEASE: Final = timedelta(minutes=2)
_MOST: Final = 5
_PAUSES: Final = (30, 120, 600, 1800)
_PUBLISHER: Final = Actor.system("publisher")
_OPEN: Final = frozenset(
    {Status.GENERATING, Status.READY_TO_FULFILL, Status.SENDING, Status.BEING_FULFILLED, Status.ON_HOLD}
)


@frozen(kw_only=True)
class PublishShipments:
    """Tell the store about an order's parcels: each parcel once, with this order's own lines only."""

    store: Store
    directory: Directory
    channels: Channels
    clock: Clock

    async def __call__(self, shop: ShopId, order: OrderId) -> None:
        """Publish what the store does not know yet; one parcel's failure keeps no other back.

        A lease per order and parcel is stored before the call, and the channel recognises an earlier, equal
        notice. Raises Retry while something may work later; what does not is flagged `store_not_told`.
        """
        async with self.store.begin(shop) as work:
            known = await work.orders.get(order)
            items = [item for item in await work.items.of_order(order) if item.reprint_of is None]
        parcels = _unpublished(items)
        if not parcels:
            return
        rules = await rules_of(self.directory, shop)
        told = [_Parcel.of(known, number, members, rules) for number, members in parcels.items()]
        try:
            channel = await open_channel(self.directory, self.channels, shop)
        except NotConnected as closed:
            await self._give_up(shop, told, str(closed))
            return
        if rules.hold_at_store:
            await _keep(channel, known, wanted=False)
        if isinstance(channel, PublishesShipments):
            pauses = [await self._one(shop, channel, parcel) for parcel in told]
            _come_back([pause for pause in pauses if pause is not None])

    async def _give_up(self, shop: ShopId, parcels: "Sequence[_Parcel]", words: str) -> None:
        """Flag what the store cannot be told while nobody may call it; whoever clears the flag tries again."""
        for parcel in parcels:
            claim = await self._claim(shop, parcel)
            if claim is not None:
                await self._settle(shop, parcel, claim, lambda item, stamp: _untold(item, words, stamp))

    async def _one(self, shop: ShopId, channel: PublishesShipments, parcel: "_Parcel") -> timedelta | None:
        """Publish one parcel; return when to come back, or None when it is settled."""
        claim = await self._claim(shop, parcel)
        if claim is None:
            return _LEASE
        try:
            told = await channel.publish(parcel.notice)
        except Rejected as no:
            words = str(no)
            await self._settle(shop, parcel, claim, lambda item, stamp: _untold(item, words, stamp))
            return None
        except (Unavailable, OutcomeUnknown) as away:
            return await self._later(shop, parcel, claim, away)
        await self._settle(shop, parcel, claim, lambda item, stamp: parcel.published(item, told, stamp))
        return None

    async def _claim(self, shop: ShopId, parcel: "_Parcel") -> Claim | None:
        now = self.clock()
        async with self.store.begin(shop) as work:
            return await work.leases.claim(parcel.key, now=now, until=now + _LEASE)

    async def _later(
        self, shop: ShopId, parcel: "_Parcel", claim: Claim, away: Unavailable | OutcomeUnknown
    ) -> timedelta:
        gave_up = claim.attempt >= _MOST

        def note(item: OrderItem, stamp: Stamp) -> OrderItem:
            return _untold(item, str(away), stamp) if gave_up else item

        await self._settle(shop, parcel, claim, note)
        asked = away.retry_after if isinstance(away, Unavailable) else None
        return asked or timedelta(seconds=_PAUSES[min(claim.attempt, len(_PAUSES)) - 1])

    async def _settle(
        self, shop: ShopId, parcel: "_Parcel", claim: Claim, act: Callable[[OrderItem, Stamp], OrderItem]
    ) -> None:
        stamp = Stamp(at=self.clock(), by=_PUBLISHER)

        async def change(work: UnitOfWork) -> None:
            for item in (await work.items.get_many(parcel.items)).values():
                acted = act(item, stamp)
                if acted is not item:
                    await work.items.save(acted)
            await work.leases.release(parcel.key, claim.fence)

        await reapply(self.store, shop, change)


@frozen(kw_only=True)
class StoreHold:
    """Keep a store order from being fulfilled elsewhere while we are at it, where the shop wants that."""

    store: Store
    directory: Directory
    channels: Channels

    async def __call__(self, shop: ShopId, order: OrderId) -> None:
        """Hold the order while nothing of it travels and something is still to come; else lift our hold.

        Raises Retry when the store is away.
        """
        rules = await rules_of(self.directory, shop)
        if not rules.hold_at_store:
            return
        try:
            channel = await open_channel(self.directory, self.channels, shop)
        except NotConnected:
            return
        async with self.store.begin(shop) as work:
            known = await work.orders.get(order)
            items = await work.items.of_order(order)
        await _keep(channel, known, wanted=_wanted(items))


async def _keep(channel: SalesChannel, order: Order, *, wanted: bool) -> None:
    """Hold the order, or lift our hold; a refusal keeps nothing back, for the hold is a precaution."""
    if not isinstance(channel, HoldsOrders):
        return
    try:
        if wanted:
            await channel.hold(order.ref, handle=HANDLE, note="MockSpark is producing this order.")
        else:
            await channel.release(order.ref, handle=HANDLE)
    except Rejected:
        return
    except PortError as away:
        raise Retry(str(away)) from away


@frozen(kw_only=True)
class _Parcel:
    """One parcel as one store order sees it."""

    order: OrderId
    notice: ShipmentNotice
    items: tuple[OrderItemId, ...] = field()

    @classmethod
    def of(
        cls, order: Order, number: str, members: Sequence[tuple[OrderItem, ItemShipment]], rules: Rules
    ) -> "_Parcel":
        shipment = members[0][1]
        by_hand = any(part.by_hand and item.notify_store for item, part in members)
        notice = ShipmentNotice(
            order=order.ref,
            lines=tuple((item.line, part.quantity) for item, part in members),
            number=number,
            carrier=shipment.carrier,
            url=shipment.url,
            notify=rules.tell_customer or by_hand,
        )
        return cls(order=order.id, notice=notice, items=tuple(item.id for item, _ in members))

    @property
    def key(self) -> str:
        """Return the lease's name."""
        return f"publish:{self.order.hex}:{self.notice.number}"

    def published(self, item: OrderItem, told: ExternalRef, stamp: Stamp) -> OrderItem:
        """Keep the store's answer on *item*."""
        return item.published(self.notice.number, told, stamp, notified=self.notice.notify)


def _unpublished(items: Sequence[OrderItem]) -> Mapping[str, Sequence[tuple[OrderItem, ItemShipment]]]:
    """Sort the parts that the store has not heard of by parcel."""
    parcels: dict[str, list[tuple[OrderItem, ItemShipment]]] = {}
    for item in items:
        for shipment in item.shipments:
            if shipment.published is None and (item.notify_store or not shipment.by_hand):
                parcels.setdefault(shipment.number, []).append((item, shipment))
    return parcels


def _untold(item: OrderItem, words: str, stamp: Stamp) -> OrderItem:
    return item.flag(Flag.STORE_NOT_TOLD, stamp, note=words)


def _come_back(pauses: Sequence[timedelta]) -> None:
    if pauses:
        raise Retry("the store could not be told of every parcel", delay=min(pauses))


def _wanted(items: Sequence[OrderItem]) -> bool:
    return any(item.underlying in _OPEN for item in items) and not any(item.shipments for item in items)
