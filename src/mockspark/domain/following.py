"""How an item follows its store order: applied while nothing was sent, flagged where it is too late."""

from collections.abc import Callable
from typing import Final

from attrs import evolve, frozen

from mockspark.domain.address_check import address_problems
from mockspark.domain.design import Design
from mockspark.domain.events import Change, Flag, Stamp
from mockspark.domain.files import blocking
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.intake import HandledLine
from mockspark.domain.order import ChannelLine, ChannelOrder, Payment, differences
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status

_ENDED: Final = frozenset({Status.FULFILLED, Status.CANCELED})
_PAID_BACK: Final = frozenset({Payment.REFUNDED, Payment.VOIDED})
_ADDRESS: Final = frozenset(
    {HoldReason.ADDRESS_INCOMPLETE, HoldReason.ADDRESS_LIMIT, HoldReason.ADDRESS_UNVERIFIED}
)
VANISHED: Final = "the store does not show this order any more"

# What a provider was told; nothing else of a store order reaches it.
_SENT: Final = ("ship_to", "shipping_method", "customer email", "line ")


@frozen(kw_only=True)
class StoreNews:
    """Two tellings of one store order, and what the later one makes of the item's line."""

    before: ChannelOrder
    after: ChannelOrder
    handled: HandledLine | None = None

    def line(self, item: OrderItem) -> ChannelLine | None:
        """Return the item's line as it is now."""
        return self.after.line(item.line)

    @property
    def design(self) -> Design | None:
        """Return the design that the line asks for now."""
        return self.handled.design if self.handled else None


def follow(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    """Return *item* after *news*; every change acts once, however often it is told."""
    if item.redacted:
        return item
    line = news.line(item)
    item = _called_off(item.synced(line) if line else item, news, stamp)
    if news.after.cancelled_at is not None:
        return item
    for step in _STEPS:
        item = step(item, news, stamp)
    return item


def beyond_reach(item: OrderItem, before: ChannelOrder, after: ChannelOrder) -> tuple[Change, ...]:
    """Return what changed in the store after it had been sent to a provider."""
    if not item.live or item.underlying in _ENDED:
        return ()
    changes = differences(_only(before, item), _only(after, item))
    return tuple(change for change in changes if change.field.startswith(_SENT))


def held_by_store(item: OrderItem, on_hold: str, stamp: Stamp) -> OrderItem:
    """Make an item wait that could go on while the store holds its order."""
    if item.status not in {Status.GENERATING, Status.READY_TO_FULFILL} or not on_hold:
        return item
    return item.hold_for(HoldReason.STORE_HOLD, HoldOrigin.STORE, stamp=stamp, note=on_hold)


def stop(item: OrderItem, flag: Flag, note: str, stamp: Stamp) -> OrderItem:
    """Hold what can still wait for a person's decision, and flag what is beyond waiting."""
    if item.status is Status.CANCELED:
        return item
    if item.live or item.status in {Status.FULFILLED, Status.ARCHIVED}:
        return item.flag(flag, stamp, note=note)
    return item.hold_for(HoldReason.STORE_CHANGED, HoldOrigin.STORE, stamp=stamp, note=note)


def elsewhere(item: OrderItem, order: ChannelOrder) -> int:
    """Return how many pieces of the item's line somebody else fulfilled; a reprint's line is no measure for it."""
    line = order.line(item.line)
    if line is None or item.reprint_of is not None or item.underlying in _ENDED:
        return 0
    return max(line.fulfilled - item.shipped, 0)


def keep_from_printing_again(item: OrderItem, order: ChannelOrder, stamp: Stamp) -> OrderItem:
    """Hold or flag an item of which somebody else fulfilled pieces, until a person has looked."""
    pieces = elsewhere(item, order)
    if not pieces:
        return item
    note = f"{pieces} of {item.quantity} fulfilled in the store by somebody else"
    stopped = stop(item, Flag.FULFILLED_ELSEWHERE, note, stamp)
    return stopped.flag(Flag.FULFILLED_ELSEWHERE, stamp, note=note)


def vanish(item: OrderItem, stamp: Stamp) -> OrderItem:
    """Stop an item whose order the store does not show any more; a person's release then stands.

    A store may also hide orders for their age, so the order is not taken for cancelled.
    """
    if Flag.STORE_CHANGED in item.flags or item.underlying in _ENDED:
        return item
    return stop(item, Flag.STORE_CHANGED, VANISHED, stamp).flag(Flag.STORE_CHANGED, stamp, note=VANISHED)


def _only(order: ChannelOrder, item: OrderItem) -> ChannelOrder:
    return evolve(order, lines=tuple(line for line in order.lines if line.ref == item.line))


def _called_off(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    if news.after.cancelled_at is None or news.before.cancelled_at is not None:
        return item
    if item.underlying is Status.CANCELED:
        return item
    if item.live or item.underlying is Status.FULFILLED:
        wished = item.request_cancel(stamp, reason="the store cancelled the order")
        return wished.flag(Flag.STORE_CANCELLED, stamp, note="the store cancelled the order")
    return item.cancel(stamp, reason="the store cancelled the order")


def _counted(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    if item.reprint_of is not None:
        return item
    line = news.line(item)
    quantity = line.quantity if line else 0
    wanted = item.wanted(quantity, stamp)
    if item.underlying is Status.CANCELED and quantity > item.store_quantity:
        # Canceled is final: a person decides whether the line is printed again as a new item.
        return wanted.flag(Flag.QUANTITY_CHANGED, stamp, note=f"the store wants {quantity} again")
    return wanted


def _paid_back(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    payment = news.after.payment
    if payment not in _PAID_BACK or news.before.payment in _PAID_BACK:
        return item
    return stop(item, Flag.STORE_REFUNDED, f"the store says: {payment.value}", stamp)


def _too_late(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    late = [
        change.field
        for change in beyond_reach(item, news.before, news.after)
        if not change.field.endswith("quantity") and change.after != "removed"
    ]
    if not late:
        return item
    return item.flag(Flag.STORE_CHANGED, stamp, note=f"not applied, it was sent: {', '.join(late)}")


def _moved(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    if item.live or item.underlying in _ENDED or _reach(news.before) == _reach(news.after):
        return item
    same_door = news.before.ship_to == news.after.ship_to
    # A person's word was about the address that stood there before.
    moved = item if same_door else evolve(item, address_confirmed_by="")
    waits = item.status is Status.ON_HOLD and item.hold is not None and item.hold.reason in _ADDRESS
    if not waits or address_problems(news.after.ship_to):
        return moved
    return _freed(moved, stamp, "the address was changed in the store")


def _reach(order: ChannelOrder) -> tuple[object, str]:
    return order.ship_to, order.customer.email


def _answered(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    line, known = news.line(item), news.before.line(item.line)
    if line is None or known is None or line.personalization == known.personalization:
        return item
    if item.live or item.underlying in _ENDED:
        return item
    told = evolve(item, personalization=line.personalization)
    missing = item.hold is not None and item.hold.reason is HoldReason.MISSING_PERSONALIZATION
    if missing and item.design is None and news.design is not None:
        return told.redesign(stamp, design=news.design)
    note = "the personalization was changed in the store; the design was kept"
    return told.flag(Flag.STORE_CHANGED, stamp, note=note)


def _done_elsewhere(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    # A person's release stands until the store tells of further pieces.
    if elsewhere(item, news.after) <= elsewhere(item, news.before):
        return item
    return keep_from_printing_again(item, news.after, stamp)


def _held(item: OrderItem, news: StoreNews, stamp: Stamp) -> OrderItem:
    if news.before.on_hold == news.after.on_hold:
        return item
    if news.after.on_hold and item.live and item.underlying not in _ENDED:
        return item.flag(Flag.STORE_CHANGED, stamp, note=f"the store holds the order: {news.after.on_hold}")
    lifted = item.hold is not None and item.hold.reason is HoldReason.STORE_HOLD and not item.live
    if lifted and not news.after.on_hold and item.status is Status.ON_HOLD:
        return _freed(item, stamp, "the store lifted its hold")
    return held_by_store(item, news.after.on_hold, stamp)


def _freed(item: OrderItem, stamp: Stamp, note: str) -> OrderItem:
    stops = () if item.overridden or not item.files_current else blocking(item.findings)
    if stops:
        return item.hold_for(stops[0].reason, HoldOrigin.SYSTEM, stamp=stamp, note=stops[0].words)
    return item.release(stamp, note=note)


_Step = Callable[[OrderItem, StoreNews, Stamp], OrderItem]
_STEPS: Final[tuple[_Step, ...]] = (
    _counted,
    _paid_back,
    _too_late,
    _moved,
    _answered,
    _held,
    _done_elsewhere,
)
