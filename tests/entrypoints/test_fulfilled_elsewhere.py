"""What is fulfilled in the store, through one whole installation: others' parcels stop us, our own do not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.domain.events import Flag
from mockspark.domain.order_item import ItemShipment
from mockspark.domain.status import Status
from tests.application.installation import at_the_provider, only_item, ready, send
from tests.application.installation import told as news_of
from tests.world import ANA, World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as opened:
        yield opened


async def test_what_the_merchant_shipped_is_not_printed(world: World) -> None:
    """D6: the store is read before anything is sent, and the item waits with words."""
    placed, item = await ready(world)
    world.stand_ins.merchant.ship(placed.id, number="BY-HAND")

    report = await world.spark.send_to_fulfill(world.shop, SendOrder(targets=Targets.of(item.row.id)), by=ANA)

    held = await only_item(world, placed)
    assert not report.done
    assert (Status.ON_HOLD, (Flag.FULFILLED_ELSEWHERE,)) == (held.row.status, held.row.flags)
    assert [] == await at_the_provider(world, held)


async def test_an_order_that_was_shipped_before_it_came_is_left_out(world: World) -> None:
    """An old order that changes once more after the shop was connected is not printed again."""
    placed = world.order()
    world.stand_ins.merchant.ship(placed.id)

    await world.taken_in()

    assert [] == await world.rows()
    (row,) = (await world.spark.import_log(world.shop)).rows
    assert "fulfilled" == row.why.value


async def test_our_own_parcels_are_no_news(world: World) -> None:
    """D6: what we told the store, by a provider's parcel or by hand, comes back and flags nothing."""
    first, item = await ready(world)
    second, other = await ready(world)
    await send(world, item)
    while item.row.status is not Status.FULFILLED:
        world.stand_ins.advance(3600)
        item = await news_of(world, item)
        await world.taken_in()
    parcel = ItemShipment(number="T-1", carrier="DHL", quantity=1)
    await world.spark.mark_fulfilled(
        world.shop, Targets.of(other.row.id), shipment=parcel, notify_store=True, by=ANA
    )
    await world.spark.drain()
    await world.taken_in()

    orders = [world.stand_ins.merchant.order(placed.id) for placed in (first, second)]
    assert [1, 1] == [len(order.fulfillments) for order in orders]
    assert [(), ()] == [(await only_item(world, placed)).row.flags for placed in (first, second)]
