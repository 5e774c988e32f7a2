"""From the order to the parcel, through the real programs and over the wire alone."""

from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.processes.world import Json, World, open_world

pytestmark = pytest.mark.slow


def test_orders_go_from_the_store_to_the_parcel_and_back(
    database_url: str, tmp_path: Path, nursery: ForkServerContext
) -> None:
    """Everything that a shop sees works through `sandbox`, `serve`, `worker` and the HTTP API alone.

    Two orders to one door travel in one parcel at Printify, a third is printed by the shop itself and ended by
    hand; each store order is told of its parcel, once.
    """
    interpreted = database_url.startswith("sqlite")
    with open_world(tmp_path, database_url, nursery=nursery, interpreted=interpreted) as world:
        world.work("worker-1")
        world.work("worker-2")
        ann, ben = world.order("Ann"), world.order("Ben")
        eva = world.order("Eva", ours=True, door="7 Mill Road")
        world.until(lambda: {"ready_to_fulfill": 3} == world.counters())
        assert all(sent["done"] for sent in world.send([row["id"] for row in world.rows()]))
        world.until(lambda: {"being_fulfilled": 3} == world.counters())

        by_order = {row["order_name"]: row for row in world.rows()}
        _printed_by_ourselves(world, by_order[eva["name"]])
        _shipped_together(world, [by_order[order["name"]] for order in (ann, ben)])

        world.until(lambda: all(len(_parcels(order)) == 1 for order in world.store_orders()))
        told = {order["name"]: _parcels(order)[0]["tracking_number"] for order in world.store_orders()}
        assert told[ann["name"]] == told[ben["name"]]
        assert told[ann["name"]].startswith("9400")
        assert "BY HAND 1" == told[eva["name"]]
        assert {"delivered"} == {delivery["state"] for delivery in world.deliveries()}
        assert {0} == {world.running[name].stop() for name in ("worker-1", "worker-2", "serve", "sandbox")}


def _printed_by_ourselves(world: World, row: Json) -> None:
    shipment = {"number": "BY HAND 1", "carrier": "usps"}
    body = {"items": [row["id"]], "shipment": shipment, "notify_store": True, "confirmed": True}
    (result,) = world.post("/items/actions/mark-fulfilled", body)["results"]
    assert result["done"], result


def _shipped_together(world: World, rows: list[Json]) -> None:
    (order,) = world.printed()
    assert 2 == len(order["line_items"])
    assert {order["id"]} == {ref for row in rows for ref in row["provider_orders"]}
    world.until(lambda: _moved(world))


def _moved(world: World) -> bool:
    world.advance()
    return {"fulfilled": 3} == world.counters()


def _parcels(order: Json) -> list[Json]:
    return list(order["fulfillments"])
