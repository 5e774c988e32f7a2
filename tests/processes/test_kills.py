"""Workers and the server are killed and frozen over and over: everything is printed once, nothing is lost."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import pairwise
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from attrs import define, field

from mockspark.application.views import TimelineEntry
from mockspark.domain.events import StatusChanged
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.status import Status
from tests.processes.haste import LEASE
from tests.processes.world import Json, World, open_world
from tests.store import open_store

pytestmark = pytest.mark.slow

KILLS: Final = int(os.environ.get("MOCKSPARK_KILLS", "20"))
_ORDERS_A_ROUND: Final = 12
_KILLS_A_ROUND: Final = 20
_WORKERS: Final = ("worker-1", "worker-2", "worker-3")
_BETWEEN_KILLS_S: Final = 0.3
_LOST_ANSWERS: Final = (
    {"kind": "timeout_after_commit", "seconds": 2, "method": "POST", "path_regex": r"orders\.json$"},
    {"kind": "reset", "after_commit": True, "method": "POST", "path_regex": r"orders\.json$"},
    {"kind": "status", "status": 502, "after_commit": True, "method": "POST", "path_regex": r"orders\.json$"},
    {"kind": "slow", "seconds": 0.8, "times": 3, "method": "POST", "path_regex": "orders"},
    {"kind": "status", "status": 503, "method": "POST", "path_regex": "send_to_production"},
    {"kind": "reset", "after_commit": True, "method": "POST", "path_regex": "send_to_production"},
)


@define
class Reaper:
    """Kills workers at random and starts each again at once."""

    world: World
    chance: random.Random = field(factory=lambda: random.Random(7))
    kills: Counter[str] = field(factory=Counter)

    @property
    def total(self) -> int:
        """Count the kills so far."""
        return self.kills.total()

    def strike(self) -> None:
        """Kill one worker that works, and start another in its place."""
        name = self.chance.choice(_WORKERS)
        self.world.running[name].told()
        self.world.running[name].kill()
        self.world.start(name, "worker")
        self.kills["worker"] += 1

    def strike_the_server(self) -> None:
        """Kill the server, and start it again."""
        self.world.running["serve"].kill()
        self.kills["server"] += 1
        self.world.serve()

    def rage(self, kills: int, *, pause: float = _BETWEEN_KILLS_S) -> None:
        """Kill so many workers, one after the other."""
        for _ in range(kills):
            time.sleep(pause * self.chance.uniform(0.3, 1.7))
            self.strike()


def test_killing_workers_and_the_server_prints_nothing_twice_and_loses_nothing(
    database_url: str, tmp_path: Path, nursery: ForkServerContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever moment a process dies in, each item is printed once and each store order told once (I1, I12).

    The provider takes duplicates and answers slowly; it and the store lose answers to what they carried out.
    `MOCKSPARK_KILLS` sets how many processes are killed.
    """
    began = time.monotonic()
    recoveries: list[float] = []
    with open_world(tmp_path, database_url, nursery=nursery, hasty=True) as world:
        world.at_provider("settings", {"accept_duplicates": True, "requests_per_minute": 6000})
        for name in _WORKERS:
            world.work(name)
        reaper = Reaper(world)
        while reaper.total < KILLS:
            recoveries.append(_one_round(world, reaper))
        _worked_off(world)
        figures = f"{_judged(world)}, {world.lost_answers()} answers lost"
    with capsys.disabled():
        print(
            f"\n{database_url.partition(':')[0]}: {dict(reaper.kills)} kills, {figures}, "
            f"back to rest after {max(recoveries):.1f} s at most, {time.monotonic() - began:.0f} s in all"
        )


def _one_round(world: World, reaper: Reaper) -> float:
    """Take orders from the shop to the parcel among kills; return how long things took to come to rest."""
    before = len(world.store_orders())
    expected = before + _ORDERS_A_ROUND
    for n in range(_ORDERS_A_ROUND):
        # Every third order goes to the door of the one before it, and travels with it.
        world.order(f"Name {before + n}", door=f"{before + n - (n % 3 == 2)} Mill Road")
    reaper.strike_the_server()
    reaper.rage(2, pause=2)
    world.until(lambda: _taken_in(world, expected))

    world.at_provider("faults", [dict(fault) for fault in _LOST_ANSWERS])
    ready = [row["id"] for row in world.rows("ready_to_fulfill")]
    assert all(sent["done"] for sent in world.send(ready))
    reaper.rage(_KILLS_A_ROUND // 2)
    calm = world.until(lambda: not _standing(world, "sending"))

    for _ in range(3):
        world.at_store("faults", {"kind": "status_after_commit", "match": "fulfillmentCreate"})
    world.advance(10)
    reaper.rage(_KILLS_A_ROUND // 4)
    world.advance(60)
    reaper.rage(_KILLS_A_ROUND // 4)
    return max(calm, world.until(lambda: _shipped(world, expected)))


def _taken_in(world: World, expected: int) -> bool:
    world.advance(5)
    counters = world.counters()
    return sum(counters.values()) >= expected and "generating" not in counters


def _shipped(world: World, expected: int) -> bool:
    world.advance(20)
    told = all(order["fulfillments"] for order in world.store_orders())
    return told and {"fulfilled": expected} == world.counters()


def _standing(world: World, status: str) -> int:
    return world.counters().get(status, 0)


def _worked_off(world: World) -> None:
    """Wait until no job is left, and find no dead one."""

    def empty() -> bool:
        findings = world.start("doctor", "doctor")
        findings.process.ended(30)
        subjects = {finding["subject"]: finding for finding in findings.told()}
        assert not [name for name in subjects if name.startswith("dead")], subjects
        return "queue" in subjects

    world.until(empty)


def _judged(world: World) -> str:
    """Compare the books of both sides; return the figures."""
    items, orders = world.rows(), world.printed()
    alive = _alive(orders)
    assert {item["id"]: 1 for item in items} == _prints(alive)
    assert len(items) == len(world.store_orders())
    assert {order["id"] for order in alive} == {ref for item in items for ref in item["provider_orders"]}
    assert {"fulfilled"} == {item["status"] for item in items}
    assert {1} == {len(order["fulfillments"]) for order in world.store_orders()}
    assert [] == asyncio.run(_broken(world, items))
    flagged = sum(1 for item in items if item["flags"])
    return (
        f"{len(items)} items in {len(alive)} provider orders, 0 printed twice, 0 lost, "
        f"{len(orders) - len(alive)} repetitions canceled, {flagged} items flagged"
    )


def _alive(orders: Sequence[Json]) -> Sequence[Json]:
    return [order for order in orders if order["status"] != "canceled"]


def _prints(orders: Sequence[Json]) -> Counter[str]:
    """Count how often each item is printed, by the name that we gave its line."""
    return Counter(line["metadata"]["external_id"] for order in orders for line in order["line_items"])


async def _broken(world: World, items: Sequence[Json]) -> list[str]:
    """Return the items in whose timeline a change of status does not begin where the one before it ended."""
    shop = ShopId(world.stand_ins["shop"])
    async with open_store(world.database_url) as opened:
        timelines = {
            item["id"]: await opened.queries.timeline(shop, OrderItemId(UUID(item["id"]))) for item in items
        }
    return [item for item, timeline in timelines.items() if not _unbroken(timeline[::-1])]


def _unbroken(timeline: Sequence[TimelineEntry]) -> bool:
    moves = [entry.event for entry in timeline if isinstance(entry.event, StatusChanged)]
    return moves[-1].after is Status.FULFILLED and all(
        one.after is two.before for one, two in pairwise(moves)
    )


def test_a_worker_frozen_past_its_lease_prints_nothing_twice(
    database_url: str, tmp_path: Path, nursery: ForkServerContext
) -> None:
    """Another worker takes over; the frozen one wakes in the middle of its call, and stands back (I1)."""
    with open_world(tmp_path, database_url, nursery=nursery, hasty=True) as world:
        world.at_provider("settings", {"accept_duplicates": True, "requests_per_minute": 6000})
        world.work("worker-1")
        for n in range(6):
            world.order(f"Name {n}", door=f"{n} Mill Road")
        world.until(lambda: {"ready_to_fulfill": 6} == world.counters())
        slow = {"kind": "slow", "seconds": 3, "times": 6, "method": "POST", "path_regex": r"orders\.json$"}
        world.at_provider("faults", [slow])
        world.send([row["id"] for row in world.rows()])

        with _frozen(world, "worker-1"):
            world.work("worker-2")
            time.sleep(LEASE.total_seconds() + 2)
        world.until(lambda: {"being_fulfilled": 6} == world.counters())
        world.until(lambda: _shipped(world, 6))
        _worked_off(world)
        _judged(world)


def test_the_books_would_show_a_sender_that_does_not_look(tmp_path: Path, nursery: ForkServerContext) -> None:
    """A harness is worth what it catches: without the look-up, lost answers alone lead to second prints."""
    database = f"sqlite:///{tmp_path / 'mockspark.db'}"
    with open_world(tmp_path, database, nursery=nursery, hasty=True, blind=True) as world:
        world.at_provider("settings", {"accept_duplicates": True})
        world.work("worker-1")
        for n in range(3):
            world.order(f"Name {n}", door=f"{n} Mill Road")
        world.until(lambda: {"ready_to_fulfill": 3} == world.counters())
        world.at_provider("faults", [dict(fault) for fault in _LOST_ANSWERS[1:3]])
        world.send([row["id"] for row in world.rows()])
        world.until(lambda: {"being_fulfilled": 3} == world.counters())

        prints = _prints(_alive(world.printed()))
        assert (3, 5) == (len(prints), prints.total())


@contextmanager
def _frozen(world: World, name: str) -> Iterator[None]:
    """Freeze a worker in the middle of placing orders."""
    world.until(lambda: _standing(world, "sending") > 0, 10)
    # By now its calls have reached the provider, which takes twice as long to answer: what froze between the last
    # look and the first byte of a call could not be told from one that never began.
    time.sleep(1.5)
    _freeze(world, name)
    try:
        yield
    finally:
        world.running[name].signal(signal.SIGCONT)


def _freeze(world: World, name: str) -> None:
    """Stop the worker where it holds no lock: SQLite has one writer, and frozen with it nobody could go on."""
    until = time.monotonic() + 10
    while True:
        world.running[name].signal(signal.SIGSTOP)
        if _writable(world.database_url) or time.monotonic() > until:
            return
        world.running[name].signal(signal.SIGCONT)
        time.sleep(0.05)


def _writable(url: str) -> bool:
    if not url.startswith("sqlite:///"):
        return True
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.2, isolation_level=None)) as base:
        try:
            base.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        base.execute("ROLLBACK")
    return True
