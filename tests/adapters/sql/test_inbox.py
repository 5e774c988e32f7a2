"""Deliveries that arrive at once are committed together, and none suffers from another."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from attrs import evolve
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.application.errors import Conflict
from mockspark.application.ports.storage import Delivery
from mockspark.domain.identity import ShopId
from tests.store import OpenStore

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
BURST = 40


def delivery(id_: str) -> Delivery:
    return Delivery(
        source="channel:memory", shop_id=ShopId("s1"), delivery_id=id_, topic="orders/paid", received_at=NOW, body=b"{}"
    )  # fmt: skip


def unkeepable(id_: str) -> Delivery:
    return evolve(delivery(id_), topic=None)  # type: ignore[arg-type]  # on purpose


@contextmanager
def counted_commits(engine: AsyncEngine) -> Iterator[list[object]]:
    commits: list[object] = []
    note = commits.append
    event.listen(engine.sync_engine, "commit", note)
    yield commits
    event.remove(engine.sync_engine, "commit", note)


async def kept(opened: OpenStore) -> list[str]:
    return sorted(each.delivery_id for each in await opened.inbox.claim(now=NOW, limit=100))


async def test_a_burst_shares_its_commits(opened: OpenStore) -> None:
    """Everything is kept and answered, by far fewer commits than deliveries, and something will work it off."""
    with counted_commits(opened.engine) as commits:
        fresh = await asyncio.gather(*(opened.inbox.accept(delivery(f"d{n:02}")) for n in range(BURST)))

    assert [True] * BURST == fresh
    assert len(commits) < BURST / 4
    assert [f"d{n:02}" for n in range(BURST)] == await kept(opened)
    assert sum(depth.ready for depth in await opened.queue.depth()) >= 1


async def test_a_delivery_that_comes_twice_at_once_is_new_once(opened: OpenStore) -> None:
    """D2: two copies in one commit are one delivery."""
    fresh = await asyncio.gather(*(opened.inbox.accept(delivery("d1\0")) for _ in range(3)))

    assert [True, False, False] == sorted(fresh, reverse=True)
    assert ["d1"] == await kept(opened)


async def test_a_delivery_that_cannot_be_kept_spoils_no_other(opened: OpenStore) -> None:
    """Its own sender hears of it; whatever arrived with it is kept."""
    burst = [delivery("d1"), unkeepable("d2"), delivery("d3")]

    answers = await asyncio.gather(*map(opened.inbox.accept, burst), return_exceptions=True)

    assert (True, Conflict, True) == (answers[0], type(answers[1]), answers[2])
    assert ["d1", "d3"] == await kept(opened)


async def test_a_sender_that_hangs_up_takes_nobody_along(opened: OpenStore) -> None:
    """A request that is given up while its commit is under way leaves the others their answers."""
    hasty = asyncio.create_task(opened.inbox.accept(delivery("d1")))
    patient = asyncio.create_task(opened.inbox.accept(delivery("d2")))
    await asyncio.sleep(0)
    hasty.cancel()

    assert await patient
    with pytest.raises(asyncio.CancelledError):
        await hasty
    assert ["d1", "d2"] == await kept(opened)
