"""The database goes away and the disk fills up under running programs: they wait, and nothing is lost."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import pytest

from mockspark.domain.identity import OrderItemId, ShopId
from tests.postgres import PostgresServer, PostgresUnavailable
from tests.processes.world import API, World, open_world
from tests.store import open_store

pytestmark = pytest.mark.slow

_OUTAGE_S: Final = 3.0


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A durable server that this test may stop and start."""
    try:
        server = PostgresServer(durable=True)
        server.start()
    except PostgresUnavailable as missing:
        pytest.skip(str(missing))
    yield server
    server.remove()


@pytest.mark.postgres
def test_an_outage_of_the_database_costs_time_and_nothing_else(
    own_postgres: PostgresServer, tmp_path: Path, nursery: ForkServerContext
) -> None:
    """Meanwhile the API answers 503; workers come back by themselves; a refused webhook is taken later (I30)."""
    with open_world(tmp_path, own_postgres.new_database(), nursery=nursery, hasty=True) as world:
        world.work("worker-1")
        for n in range(3):
            world.order(f"Name {n}", door=f"{n} Mill Road")
        world.until(lambda: {"ready_to_fulfill": 3} == world.counters())
        slow = {"kind": "slow", "seconds": 1, "times": 3, "method": "POST", "path_regex": "orders"}
        world.at_provider("faults", [slow])
        world.send([row["id"] for row in world.rows()])

        own_postgres.stop()
        stopped = time.monotonic()
        assert 503 == world.health()
        assert {503} == {_asked(world, path) for path in ("/items", "/shop", "/items/counters")}
        refused = world.order("Late", door="9 Mill Road")
        world.until(lambda: 503 in _answers(world), 10)
        time.sleep(max(_OUTAGE_S - (time.monotonic() - stopped), 0))
        own_postgres.start()

        assert world.until(lambda: world.health() == 200, 10) < 5
        world.advance(15)
        world.until(lambda: {refused["name"]} <= {row["order_name"] for row in world.rows()}, 30)
        world.until(lambda: {"being_fulfilled": 3, "ready_to_fulfill": 1} == world.counters())
        world.send([row["id"] for row in world.rows("ready_to_fulfill")])
        world.until(lambda: _shipped(world, 4))
        assert 4 == len([order for order in world.printed() if order["status"] != "canceled"])
        assert 0 == world.running["worker-1"].stop()


def _asked(world: World, path: str) -> int:
    headers = {"Authorization": f"Bearer {world.token}"}
    return httpx.get(f"{world.url}{API}{path}", headers=headers, timeout=15).status_code


def _answers(world: World) -> set[int]:
    tries = [attempt for delivery in world.store_deliveries() for attempt in delivery["attempts"]]
    return {attempt["status"] for attempt in tries}


def _shipped(world: World, items: int) -> bool:
    world.advance(20)
    told = all(order["fulfillments"] for order in world.store_orders())
    return told and {"fulfilled": items} == world.counters()


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of a few kilobytes; skips where that is not allowed."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_delays_production_files_and_tears_none(
    tmp_path: Path, nursery: ForkServerContext
) -> None:
    """An item whose file finds no room stays in Generating and is Ready once there is room (I20, I30)."""
    database = f"sqlite:///{tmp_path / 'mockspark.db'}"
    with (
        _small_disk(tmp_path / "data") as disk,
        open_world(tmp_path, database, nursery=nursery, hasty=True) as world,
    ):
        ballast = disk / "ballast"
        _fill(ballast)
        world.work("worker-1")
        world.order("Zoe")
        world.until(lambda: {"generating": 1} == world.counters())
        world.until(lambda: asyncio.run(_attempts(world)) >= 2, 30)
        assert {"generating": 1} == world.counters()
        assert [] == list((disk / "files").rglob("*.png"))

        ballast.unlink()
        world.until(lambda: {"ready_to_fulfill": 1} == world.counters())
        files = [path for path in (disk / "files").rglob("*") if path.is_file()]
        assert files
        assert [] == [path for path in files if sha256(path.read_bytes()).hexdigest() not in path.name]


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 512)
        except OSError:
            return


async def _attempts(world: World) -> int:
    """Say how often the item's files were tried."""
    (row,) = world.rows()
    store = open_store(world.database_url)
    async with store as opened, opened.store.read(ShopId(world.stand_ins["shop"])) as work:
        return (await work.items.get(OrderItemId(UUID(row["id"])))).render_attempts
