"""Nothing depends on a webhook arriving: sweeps of the store reach the same state."""

from datetime import datetime, timedelta
from typing import cast

import pytest
from attrs import define, field

from mockspark.application.errors import NotConnected, Unavailable
from mockspark.application.use_cases.receive_order import ReceiveOrder
from mockspark.application.use_cases.reconcile import HELD_BACK, OVERLAP, Reconcile
from mockspark.application.views import Received, ReconcileReport
from mockspark.domain.events import Actor
from mockspark.domain.identity import ShopId
from mockspark.domain.order import ChannelOrder, Payment
from tests.application.intake import MINUTE, SHOP, START, Workshop, an_order, later


async def mark(workshop: Workshop) -> datetime | None:
    """Return how far the store was read."""
    access = await workshop.directory.installation(SHOP)
    assert access is not None
    return access.read_until


async def test_a_sweep_receives_what_no_webhook_told(workshop: Workshop) -> None:
    """I4: with every webhook lost, a sweep imports the same orders."""
    await workshop.list_mug()
    workshop.channel.sell(an_order(1001), an_order(1002, payment=Payment.PENDING), an_order(1003))

    report = await workshop.reconcile(SHOP)

    assert ReconcileReport(seen=3, fresh=2) == report


async def test_a_sweep_follows_changes(workshop: Workshop) -> None:
    """A cancellation that no webhook told is found all the same."""
    await workshop.list_mug()
    workshop.channel.sell(an_order())
    await workshop.reconcile(SHOP)
    workshop.channel.sell(later(an_order(), cancelled_at=START))

    assert ReconcileReport(seen=1, changed=1) == await workshop.reconcile(SHOP)


async def test_the_mark_is_the_newest_change_that_was_seen(workshop: Workshop) -> None:
    """The store's own times count, so that our clock may be wrong."""
    await workshop.list_mug()
    workshop.channel.sell(an_order(1001), later(an_order(1002), 30))
    workshop.clock.advance(days=-3)

    await workshop.reconcile(SHOP)

    assert START + 30 * MINUTE == await mark(workshop)


async def test_a_sweep_reaches_back_behind_the_mark(workshop: Workshop) -> None:
    """Stores show changes a little late: what appears behind the mark is still found."""
    await workshop.list_mug()
    workshop.channel.sell(later(an_order(1001), 30))
    await workshop.reconcile(SHOP)
    workshop.channel.sell(later(an_order(1002), 21), later(an_order(1003), 19))

    report = await workshop.reconcile(SHOP)

    assert (timedelta(minutes=10), 1) == (OVERLAP, report.fresh)


async def test_a_sweep_that_breaks_off_moves_no_mark(workshop: Workshop) -> None:
    """The mark is stored only after the whole sweep; what was received stays received."""
    await workshop.list_mug()
    workshop.channel.sell(an_order(1001), later(an_order(1002), 1))
    workshop.channel.fail(Unavailable("the store is away"))

    with pytest.raises(Unavailable):
        await workshop.reconcile(SHOP)

    assert await mark(workshop) is None
    assert ReconcileReport(seen=2, fresh=1) == await workshop.reconcile(SHOP)


@define
class StumblingReceiver:
    """Receives every order but those called *names*."""

    receive_order: ReceiveOrder
    names: set[str] = field(factory=set)

    async def __call__(
        self, shop: ShopId, arrived: ChannelOrder, *, by: Actor, cause: str = "", rescued: bool = False
    ) -> Received:
        if arrived.name in self.names:
            raise Unavailable("no room for it")
        return await self.receive_order(shop, arrived, by=by, cause=cause, rescued=rescued)


def stumbling(workshop: Workshop, receiver: StumblingReceiver) -> Reconcile:
    return Reconcile(
        store=workshop.store,
        directory=workshop.directory,
        channels=workshop.channels,
        clock=workshop.clock,
        receive_order=cast(ReceiveOrder, receiver),
    )


async def test_one_order_that_fails_stops_no_other(workshop: Workshop) -> None:
    """It is named in the report and found again by the next sweep, because the mark stays before it."""
    await workshop.list_mug()
    workshop.channel.sell(an_order(1001), later(an_order(1002), 20), later(an_order(1003), 40))
    receiver = StumblingReceiver(workshop.receive_order, {"#1002"})
    sweep = stumbling(workshop, receiver)

    first = await sweep(SHOP)
    held = await mark(workshop)
    receiver.names.clear()
    second = await sweep(SHOP)

    assert ReconcileReport(seen=3, fresh=2, failed=("#1002: no room for it",)) == first
    assert (START + 20 * MINUTE, 1, START + 40 * MINUTE) == (held, second.fresh, await mark(workshop))


async def test_an_order_that_always_fails_does_not_hold_the_mark_for_ever(workshop: Workshop) -> None:
    """After a week the sweep moves on; the report still names what it could not take."""
    await workshop.list_mug()
    workshop.channel.sell(an_order(1001), later(an_order(1002), 60 * 24 * 30))
    workshop.clock.advance(days=30)

    await stumbling(workshop, StumblingReceiver(workshop.receive_order, {"#1001"}))(SHOP)

    assert START + timedelta(days=30) - HELD_BACK == await mark(workshop)


async def test_orders_from_before_the_connection_come_in_by_request(workshop: Workshop) -> None:
    """A shop does not import its past by itself; a person may ask for it."""
    await workshop.list_mug()
    workshop.channel.sell(later(an_order(1001), -60 * 24 * 10))

    by_itself = await workshop.reconcile(SHOP)
    asked = await workshop.reconcile(SHOP, since=START - timedelta(days=30))

    assert (0, 1) == (by_itself.fresh, asked.fresh)


async def test_a_sweep_from_a_later_moment_leaves_the_mark_alone(workshop: Workshop) -> None:
    """What lies between the mark and the asked-for moment has not been read."""
    await workshop.list_mug()
    workshop.channel.sell(later(an_order(1001), 90))

    await workshop.reconcile(SHOP, since=START + 60 * MINUTE)

    assert await mark(workshop) is None


async def test_a_shop_that_is_not_connected_is_not_swept(workshop: Workshop) -> None:
    """Without access there is nobody to ask."""
    with pytest.raises(NotConnected):
        await workshop.reconcile(ShopId("other.myshopify.com"))
