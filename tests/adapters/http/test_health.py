"""Alive, ready, and what everybody hears while the database is away."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mockspark.domain.status import Status
from tests.adapters.http.signing import signed, told
from tests.postgres import PostgresServer, PostgresUnavailable
from tests.world import World, open_world

API: Final = "/api/v1"


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server that really syncs: an installation refuses one that could lose what it committed."""
    try:
        made = PostgresServer(durable=True)
        made.start()
    except PostgresUnavailable as missing:
        pytest.skip(str(missing))
    yield made
    made.remove()


async def test_a_server_that_works_is_alive_and_ready(world: World) -> None:
    """Both answers need no token and tell nothing of the inside."""
    live = await world.client.get("/health/live")
    ready = await world.client.get("/health/ready")

    assert (200, {"status": "live"}) == (live.status_code, live.json())
    assert (200, {"status": "ready"}) == (ready.status_code, ready.json())


@pytest.mark.postgres
async def test_a_database_that_is_gone_for_a_while_loses_nothing(
    tmp_path: Path, server: PostgresServer
) -> None:
    """The server lives and is not ready, senders hear 503 and repeat, and afterwards everything goes on."""
    url = server.new_database()
    async with open_world(tmp_path, database_url=url) as world:
        me = await world.token()
        body = told(world, world.order())
        headers = signed(world, body)

        await asyncio.to_thread(server.stop)
        away = {
            "live": (await world.client.get("/health/live")).status_code,
            "ready": (await world.client.get("/health/ready")).status_code,
            "api": (await world.client.get(f"{API}/items", headers=me)).status_code,
            "webhook": (
                await world.client.post("/webhooks/shopify", content=body, headers=headers)
            ).status_code,
            "forged": (await world.client.post("/webhooks/shopify", content=body)).status_code,
        }
        await asyncio.to_thread(server.start)
        repeated = await world.client.post("/webhooks/shopify", content=body, headers=headers)
        ready = await world.client.get("/health/ready")
        await world.spark.drain()
        rows = await world.rows()

    assert {"live": 200, "ready": 503, "api": 503, "webhook": 503, "forged": 503} == away
    assert (200, 200) == (repeated.status_code, ready.status_code)
    assert [Status.READY_TO_FULFILL] == [row.status for row in rows]
