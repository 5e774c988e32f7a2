"""The whole product in a process of its own: sends what is ready by itself, and ends once all is fulfilled."""

import asyncio
import json
import multiprocessing
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from attrs import evolve
from tests.world import mug_listing

from benchmarks.processes import cpu_seconds
from mockspark.adapters.sandbox.shopify_samples import MUG
from mockspark.domain.catalog import PrintArea
from mockspark.domain.events import Actor
from mockspark.domain.identity import ConnectionId, ShopId
from mockspark.domain.status import Status
from mockspark.entrypoints import http
from mockspark.entrypoints.runtime import Runtime, open_runtime
from mockspark.entrypoints.settings import read_settings
from mockspark.entrypoints.stand_ins import Product, products

_SWEEP_S: Final = 0.5
_LOOK_S: Final = 0.2
_LONGEST_S: Final = 600
_SECRET: Final = "k3J9x0PqW7sV2bN5mL8tR4yU6iO1aZcE"


def main() -> None:
    """Run until all items are fulfilled and print the processor time that they took."""
    asyncio.run(_run(json.loads(sys.argv[1])))


async def _run(told: dict[str, Any]) -> None:
    folder = Path(told["folder"])
    settings = read_settings(
        {},
        data_dir=folder,
        database_url=told["database"],
        secret_key=_SECRET,
        public_url=f"http://127.0.0.1:{told['port']}",
        private_hosts=frozenset({told["shopify_url"].removeprefix("http://")}),
    )
    stop, opened = asyncio.Event(), asyncio.Event()
    async with open_runtime(settings, sweep_every=_SWEEP_S) as runtime, asyncio.TaskGroup() as group:
        serving = http.serve(
            runtime, host="127.0.0.1", port=told["port"], stop=stop, opened=opened.set
        )  # fmt: skip
        group.create_task(serving)
        await opened.wait()
        await _connect(runtime, told)
        print("up", flush=True)
        # The first items pay for starting the processes that draw.
        for wanted in (told["warm"], told["warm"] + told["wanted"]):
            print(json.dumps(await _watched(runtime, ShopId(told["shop"]), wanted)), flush=True)
        stop.set()


async def _connect(runtime: Runtime, told: dict[str, Any]) -> None:
    spark, shop = runtime.spark, ShopId(told["shop"])
    names = ("client_id", "client_secret", "access_token")
    await spark.connect_shop(
        shop,
        channel="shopify",
        credentials={name: told[name] for name in names},
        api_url=told["shopify_url"],
    )
    rules = (await spark.show_shop(shop)).rules
    await spark.update_rules(shop, evolve(rules, grace_s=0, auto_send_s=0))
    made = await spark.connect_provider(
        shop,
        provider="printify",
        settings={"token": told["printify_token"], "shop_id": str(told["provider_shop"])},
        api_url=told["printify_url"],
    )
    for broken in (check for check in await spark.check_accounts(shop) if not check.works):
        raise RuntimeError(f"{broken.account}: {broken.words}")
    await _sell(runtime, shop, made.id, drawn=told["drawn"])


async def _sell(runtime: Runtime, shop: ShopId, connection: ConnectionId, *, drawn: bool) -> None:
    """List the mug: *drawn* at its real size, or on an area so small that drawing takes no time."""
    mug: Product = next(product for product in products() if product.sold == MUG)
    areas = mug.areas[:1] if drawn else (PrintArea(key=mug.areas[0].key, width_px=300, height_px=200),)
    listing = mug_listing(shop, connection, print_areas=areas)
    await runtime.spark.save_listing(shop, listing, by=Actor.person("bench"))


async def _watched(runtime: Runtime, shop: ShopId, wanted: int) -> dict[str, float]:
    started, until = time.process_time(), time.monotonic() + _LONGEST_S
    drawing = _drawing_seconds()
    while True:
        counters = await runtime.spark.counters(shop)
        if counters[Status.FULFILLED] >= wanted:
            return {"own": time.process_time() - started, "drawing": _drawing_seconds() - drawing}
        if time.monotonic() > until or counters[Status.ON_HOLD]:
            raise RuntimeError(await _standing(runtime, shop))
        await asyncio.sleep(_LOOK_S)


async def _standing(runtime: Runtime, shop: ShopId) -> str:
    found = await runtime.spark.search_items(shop)
    return f"stuck: {Counter((row.status.value, row.hold_note) for row in found.rows)}"


def _drawing_seconds() -> float:
    pids = [child.pid for child in multiprocessing.active_children()]
    return sum(cpu_seconds(pid) for pid in pids if pid is not None)


if __name__ == "__main__":
    main()
