"""One installation for many tests: each looks at its own store orders only."""

from collections.abc import Sequence
from typing import Any

from mockspark.adapters.sandbox.shopify_store import StoredOrder
from mockspark.application.filters import ItemFilter
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.application.views import ItemDetail, ItemRow
from mockspark.domain.status import Status
from tests.world import ANA, World


async def items_of(world: World, placed: StoredOrder) -> Sequence[ItemRow]:
    """Return the items of one store order, oldest first."""
    wanted = ItemFilter(order_name=placed.name, statuses=frozenset(Status))
    return list(reversed((await world.spark.search_items(world.shop, wanted)).rows))


async def only_item(world: World, placed: StoredOrder) -> ItemDetail:
    """Return the one item of a store order, with everything known of it."""
    (row,) = await items_of(world, placed)
    return await world.spark.show_item(world.shop, row.id)


async def ready(world: World, **order: Any) -> tuple[StoredOrder, ItemDetail]:
    """Have somebody order a mug, and return it with its item once the files are made."""
    placed = world.order(**order)
    await world.taken_in()
    item = await only_item(world, placed)
    assert Status.READY_TO_FULFILL is item.row.status
    return placed, item


async def send(world: World, *items: ItemDetail, **order: Any) -> None:
    """Send *items* and work off what that leads to."""
    targets = Targets.of(*(item.row.id for item in items))
    report = await world.spark.send_to_fulfill(world.shop, SendOrder(targets=targets, **order), by=ANA)
    assert not report.refused, report.refused
    await world.spark.drain()


async def told(world: World, item: ItemDetail) -> ItemDetail:
    """Take in what the provider says of the item's order."""
    now = await world.spark.show_item(world.shop, item.row.id)
    assert now.fulfillment is not None
    await world.spark.track(world.shop, now.fulfillment.submission_id)
    await world.spark.drain()
    return await world.spark.show_item(world.shop, item.row.id)


async def at_the_provider(world: World, item: ItemDetail) -> list[str]:
    """Return the ids of the provider's orders that print *item*."""
    now = await world.spark.show_item(world.shop, item.row.id)
    printed = {order["id"] for order in world.stand_ins.printify.orders()}
    known = now.fulfillment.provider_orders if now.fulfillment else ()
    return [order.ref.id for order in known if order.ref.id in printed]
