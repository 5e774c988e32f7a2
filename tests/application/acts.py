"""What people and workers do to items, by name: how the tests of the specification walk the life cycle."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from mockspark.application.targets import Targets
from mockspark.application.use_cases.manual_actions import (
    ArchiveItems,
    ClearFlags,
    CommentItems,
    ConfirmAddress,
    HoldItems,
    MarkFulfilled,
    ReleaseItems,
    ReprintItems,
    UnarchiveItems,
)
from mockspark.application.use_cases.watch import Sweep
from mockspark.application.views import BulkReport, RowResult, TimelineEntry
from mockspark.domain.events import StatusChanged
from mockspark.domain.holds import HoldReason
from mockspark.domain.order import ChannelOrder
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import Stage
from tests.application.dispatch import Dispatch
from tests.application.intake import ANA, SHOP, an_order, later

_PLAIN: Mapping[str, Callable[..., Any]] = {
    "hold": HoldItems,
    "release": ReleaseItems,
    "mark_fulfilled": MarkFulfilled,
    "archive": ArchiveItems,
    "unarchive": UnarchiveItems,
    "comment": CommentItems,
    "clear_flags": ClearFlags,
    "confirm_address": ConfirmAddress,
}


async def bulk(bench: Dispatch, name: str, *items: OrderItem, **more: Any) -> BulkReport:
    """Do the act called *name* to *items*, as Ana."""
    targets = Targets.of(*(item.id for item in items))
    if name == "send":
        return await bench.send(*items, **more)
    if name == "undo":
        return await bench.undo_send(SHOP, targets, by=ANA)
    if name == "cancel":
        return await bench.cancel_items(SHOP, targets, by=ANA, **more)
    if name == "reprint":
        again = ReprintItems(store=bench.shop.store, clock=bench.shop.clock, ids=bench.shop.ids)
        return await again(SHOP, targets, by=ANA, **more)
    plain = _PLAIN[name](store=bench.shop.store, clock=bench.shop.clock)
    report: BulkReport = await plain(SHOP, targets, by=ANA, **more)
    return report


async def act(bench: Dispatch, name: str, item: OrderItem, **more: Any) -> RowResult:
    """Do the act called *name* to one item."""
    return (await bulk(bench, name, item, **more)).results[0]


async def done(bench: Dispatch, name: str, item: OrderItem, **more: Any) -> OrderItem:
    """Do the act called *name*, which has to succeed, and return the item as it is then."""
    result = await act(bench, name, item, **more)
    assert result.done, (name, result.code, result.refusal)
    return await now(bench, item)


async def now(bench: Dispatch, item: OrderItem) -> OrderItem:
    """Return the item as it is now."""
    return await bench.shop.item(item.id)


async def told(bench: Dispatch, order: ChannelOrder, minutes: int = 1, **changes: Any) -> ChannelOrder:
    """Have the store tell of *order* with *changes*, and return it as it is then."""
    news = later(order, minutes, **changes)
    await bench.shop.receive(news)
    return news


async def tracked(bench: Dispatch, item: OrderItem, *, webhook: bool = False) -> OrderItem:
    """Take in what the print shop says of the item's submission, asked or told by a webhook."""
    known = await now(bench, item)
    assert known.submission_id is not None
    submission = await bench.submission(known.submission_id)
    if webhook:
        refs = [order.ref for order in submission.provider_orders]
        await bench.apply_report(SHOP, submission.connection_id, refs=refs, cause="webhook")
    else:
        await bench.track(SHOP, submission.id)
    return await now(bench, item)


async def swept(bench: Dispatch) -> int:
    """Run the sweeper once and return how many items its watchdogs stopped."""
    sweep = Sweep(
        store=bench.shop.store,
        directory=bench.shop.directory,
        clock=bench.shop.clock,
        send_to_fulfill=bench.send_to_fulfill,
    )
    return (await sweep()).stopped


async def at(bench: Dispatch, status: Status, order: ChannelOrder | None = None) -> OrderItem:
    """Bring the first item of *order* to *status* by the ways that the product has."""
    if status is Status.GENERATING:
        return (await bench.received(order or an_order()))[0]
    (item, *_) = await bench.ready(order or an_order())
    match status:
        case Status.SENDING:
            await bench.sent(item)
        case Status.BEING_FULFILLED | Status.FULFILLED:
            await bench.run((await bench.sent(item)).id)
        case Status.ON_HOLD:
            await act(bench, "hold", item)
        case Status.CANCELED:
            await act(bench, "cancel", item)
        case Status.ARCHIVED:
            await act(bench, "archive", item)
        case _:
            pass
    if status is Status.FULFILLED:
        bench.provider.advance(Stage.DONE, only=[item.id.hex])
        await tracked(bench, item)
    reached = await now(bench, item)
    assert status is reached.status
    return reached


async def stuck(bench: Dispatch, item: OrderItem, reason: HoldReason = HoldReason.PROVIDER_HOLD) -> OrderItem:
    """Have the print shop put the item's order on hold, and take that in."""
    bench.provider.advance(Stage.STUCK, hold=reason)
    return await tracked(bench, item)


async def timeline(bench: Dispatch, item: OrderItem) -> Sequence[TimelineEntry]:
    """Return the item's timeline, oldest first."""
    entries = await bench.shop.queries.timeline(SHOP, item.id, limit=500)
    return list(reversed(entries))


async def moves(bench: Dispatch, item: OrderItem) -> Sequence[StatusChanged]:
    """Return every move of the item between statuses, oldest first."""
    return [entry.event for entry in await timeline(bench, item) if isinstance(entry.event, StatusChanged)]


def without_answers(order: ChannelOrder) -> ChannelOrder:
    """Return *order* as the theme's own button leaves it: nothing was personalized."""
    return evolve(order, lines=tuple(evolve(line, personalization=()) for line in order.lines))
