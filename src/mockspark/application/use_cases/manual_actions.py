"""What a person does to items by hand: one result per item, refused where the life cycle has no arrow."""

from collections.abc import Callable, Collection
from typing import Final

from attrs import evolve, frozen

from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.targets import Act, Targets, each, refused
from mockspark.application.views import BulkReport, RowResult
from mockspark.domain.errors import (
    InvalidValue,
    MockSparkError,
    NotPossible,
    SubmissionStillLive,
    TransitionNotAllowed,
)
from mockspark.domain.events import Actor, Flag, Stamp
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.order_item import ItemShipment, OrderItem
from mockspark.domain.status import Action, Status

_HOLDABLE: Final = frozenset({Status.GENERATING, Status.READY_TO_FULFILL, Status.ON_HOLD})
# Holds that a release alone cannot end, and whether the item still lacks what they name.
_LACKS: Final[dict[HoldReason, Callable[[OrderItem], bool]]] = {
    HoldReason.UNMAPPED_PRODUCT: lambda item: item.connection_id is None or not item.print_areas,
    HoldReason.MISSING_PERSONALIZATION: lambda item: item.design is None,
}


def _act(change: Callable[[OrderItem], OrderItem]) -> Act:
    async def act(work: UnitOfWork, item: OrderItem) -> OrderItem:
        del work
        return change(item)

    return act


@frozen(kw_only=True)
class HoldItems:
    """Make items wait for a person."""

    store: Store
    clock: Clock

    async def __call__(
        self,
        shop: ShopId,
        targets: Targets,
        *,
        reason: HoldReason = HoldReason.MANUAL,
        note: str = "",
        by: Actor,
    ) -> BulkReport:
        """Hold what is not at a provider: being made, ready, or waiting already."""
        stamp = Stamp(at=self.clock(), by=by)
        return await each(self.store, shop, targets, _act(lambda item: _held(item, reason, note, stamp)))


@frozen(kw_only=True)
class ReleaseItems:
    """Let waiting items go on."""

    store: Store
    clock: Clock

    async def __call__(
        self,
        shop: ShopId,
        targets: Targets,
        *,
        note: str = "",
        override: bool = False,
        address_confirmed: bool = False,
        by: Actor,
    ) -> BulkReport:
        """Release items to Ready, or to be rendered again where the files are not current.

        *override* lets blocking findings pass and *address_confirmed* a doubted address, both under the name
        of *by*.
        """
        stamp = Stamp(at=self.clock(), by=by)

        def release(item: OrderItem) -> OrderItem:
            _ensure_releasable(item)
            confirmed = item.confirm_address(stamp, note=note) if address_confirmed else item
            return confirmed.release(stamp, override=override, note=note)

        return await each(self.store, shop, targets, _act(release))


@frozen(kw_only=True)
class MarkFulfilled:
    """End items by hand."""

    store: Store
    clock: Clock

    async def __call__(
        self,
        shop: ShopId,
        targets: Targets,
        *,
        shipment: ItemShipment | None = None,
        notify_store: bool = False,
        confirmed: bool = False,
        by: Actor,
    ) -> BulkReport:
        """Mark as fulfilled; *notify_store* has the store told, with *shipment*'s tracking where given.

        A row whose provider order is live is refused with `confirmation_needed` unless *confirmed*.
        """
        stamp = Stamp(at=self.clock(), by=by)

        def end(item: OrderItem) -> OrderItem:
            parcel = shipment or (ItemShipment(number="", quantity=item.quantity) if notify_store else None)
            fits = evolve(parcel, quantity=min(parcel.quantity, item.quantity)) if parcel else None
            return item.mark_fulfilled(stamp, shipment=fits, notify_store=notify_store, confirmed=confirmed)

        return await each(self.store, shop, targets, _act(end))


@frozen(kw_only=True)
class ArchiveItems:
    """Put items out of sight."""

    store: Store
    clock: Clock

    async def __call__(
        self, shop: ShopId, targets: Targets, *, confirmed: bool = False, by: Actor
    ) -> BulkReport:
        """Archive items; one that a provider works on needs *confirmed*, one that is being sent stays."""
        stamp = Stamp(at=self.clock(), by=by)
        return await each(
            self.store, shop, targets, _act(lambda item: item.archive(stamp, confirmed=confirmed))
        )


@frozen(kw_only=True)
class UnarchiveItems:
    """Bring items back into the list."""

    store: Store
    clock: Clock

    async def __call__(self, shop: ShopId, targets: Targets, *, by: Actor) -> BulkReport:
        """Return each item to the status that it was archived from."""
        stamp = Stamp(at=self.clock(), by=by)
        return await each(self.store, shop, targets, _act(lambda item: item.unarchive(stamp)))


@frozen(kw_only=True)
class CommentItems:
    """Leave notes for the team."""

    store: Store
    clock: Clock

    async def __call__(self, shop: ShopId, targets: Targets, *, text: str, by: Actor) -> BulkReport:
        """Put *text* on the timeline of each item; raises InvalidValue for an empty one."""
        if not text.strip():
            raise InvalidValue("a comment has words")
        stamp = Stamp(at=self.clock(), by=by)
        return await each(self.store, shop, targets, _act(lambda item: item.comment(text.strip(), stamp)))


@frozen(kw_only=True)
class ClearFlags:
    """Take down what a person has seen to."""

    store: Store
    clock: Clock

    async def __call__(
        self, shop: ShopId, targets: Targets, *, flags: Collection[Flag], by: Actor
    ) -> BulkReport:
        """Clear *flags* on each item; that it is a test order cannot be cleared."""
        stamp = Stamp(at=self.clock(), by=by)
        lasting = [flag for flag in flags if flag is not Flag.TEST_ORDER]
        return await each(self.store, shop, targets, _act(lambda item: item.seen(lasting, stamp)))


@frozen(kw_only=True)
class ConfirmAddress:
    """Vouch for an address that our check doubts."""

    store: Store
    clock: Clock

    async def __call__(self, shop: ShopId, targets: Targets, *, note: str = "", by: Actor) -> BulkReport:
        """Let the present address of each item pass, under the name of *by*."""
        stamp = Stamp(at=self.clock(), by=by)
        return await each(
            self.store, shop, targets, _act(lambda item: item.confirm_address(stamp, note=note))
        )


@frozen(kw_only=True)
class ReprintItems:
    """Print items again."""

    store: Store
    clock: Clock
    ids: IdGenerator

    async def __call__(
        self, shop: ShopId, targets: Targets, *, quantity: int | None = None, by: Actor
    ) -> BulkReport:
        """Make a new, linked item of each; the row's `made` names it, and the old item stays as it is."""
        results = [await self._one(shop, targets, id_, quantity, by) for id_ in targets.items]
        return BulkReport(results=tuple(results))

    async def _one(
        self, shop: ShopId, targets: Targets, id_: OrderItemId, quantity: int | None, by: Actor
    ) -> RowResult:
        stamp = Stamp(at=self.clock(), by=by)
        try:
            async with self.store.begin(shop) as work:
                item = await work.items.get(id_)
                targets.check(item)
                again = _again(item, OrderItemId(self.ids()), quantity, stamp)
                await work.items.save(again)
        except MockSparkError as refusal:
            return refused(id_, refusal)
        return RowResult(item_id=id_, done=True, status=item.status, made=again.id)


def _again(item: OrderItem, id_: OrderItemId, asked: int | None, stamp: Stamp) -> OrderItem:
    quantity = item.quantity if asked is None else asked
    if item.redacted or item.design is None:
        raise NotPossible("its design is not kept any more: it cannot be printed again")
    if quantity < 1:
        raise InvalidValue("a reprint has at least one piece")
    return item.reprint(id_, quantity=quantity, stamp=stamp)


def _held(item: OrderItem, reason: HoldReason, note: str, stamp: Stamp) -> OrderItem:
    if item.status not in _HOLDABLE:
        raise TransitionNotAllowed(item.status, Action.HOLD)
    if item.live:
        raise SubmissionStillLive(
            "the provider has, or may have, an order for it: holding it here stops nothing"
        )
    return item.hold_for(reason, HoldOrigin.MERCHANT, stamp=stamp, note=note)


def _ensure_releasable(item: OrderItem) -> None:
    if item.status is not Status.ON_HOLD or item.hold is None:
        raise TransitionNotAllowed(item.status, Action.RELEASE)
    lacks = _LACKS.get(item.hold.reason)
    if lacks is not None and lacks(item):
        raise NotPossible(item.hold.fix)
