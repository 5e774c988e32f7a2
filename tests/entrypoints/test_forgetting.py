"""The topics that every app must answer, over HTTP: what is known is told, and nothing is left of the forgotten."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from attrs import evolve
from sqlalchemy import inspect, text

from mockspark.adapters.sandbox.shopify_bodies import data_request_body, redact_body, shop_redact_body
from mockspark.adapters.sandbox.shopify_store import StoredOrder
from mockspark.adapters.sql.engine import make_engine
from mockspark.application.filters import ItemFilter
from mockspark.domain.identity import ExternalRef
from mockspark.domain.status import Status
from tests.adapters.http.signing import kept, signed, told
from tests.application.installation import only_item, send
from tests.application.installation import told as news_of
from tests.databases import POSTGRESQL, SQLITE, durable_postgres
from tests.postgres import PostgresServer, PostgresUnavailable
from tests.world import HOME, World, open_world

PERSON: Final = evolve(
    HOME, first_name="Quenby", last_name="Xylander", address1="77 Zebrawood Loop", address2="Flat Jxq",
    phone="+15550177331",
)  # fmt: skip
TRACES: Final = ("Quenby", "Xylander", "Zebrawood", "Flat Jxq", "5550177331", "qx77@example.com", "Vexillum")
TOPICS: Final = ("customers/data_request", "customers/redact", "shop/redact")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """An installation on the chosen database."""
    async with open_world(tmp_path) as opened:
        yield opened


@pytest.fixture(params=[SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.postgres)])
async def each_world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """An installation on each database in turn."""
    url = f"sqlite:///{tmp_path / 'mockspark.db'}" if request.param == SQLITE else durable().new_database()
    async with open_world(tmp_path, database_url=url) as opened:
        yield opened


def durable() -> PostgresServer:
    try:
        return durable_postgres()
    except PostgresUnavailable as missing:
        pytest.skip(str(missing))


async def post(world: World, topic: str, body: dict[str, Any], **more: str) -> int:
    """Deliver *body* as the store does, and work off what it leads to."""
    raw = json.dumps(body).encode()
    answer = await world.client.post(
        "/webhooks/shopify", content=raw, headers=signed(world, raw, topic=topic, **more)
    )
    await world.spark.drain()
    return answer.status_code


def body_of(world: World, topic: str, order: StoredOrder) -> dict[str, Any]:
    """Return what the store sends under *topic*."""
    store = world.stand_ins.shop.store
    assert order.buyer is not None
    match topic:
        case "customers/data_request":
            return data_request_body(store, [order.id], order.buyer, 7)
        case "customers/redact":
            return redact_body(store, [order.id], order.buyer)
        case _:
            return shop_redact_body(store)


async def a_life(world: World) -> StoredOrder:
    """Have a person order a mug, and do with it whatever leaves a trace, until it has arrived."""
    order = world.order(world.mug("Vexillum"), to=PERSON, email="qx77@example.com", note="for Quenby")
    raw = told(world, order)
    await world.client.post("/webhooks/shopify", content=raw, headers=signed(world, raw))
    await world.spark.drain()
    item = await only_item(world, order)
    token = await world.token()
    comment = await world.client.post(
        "/api/v1/items/actions/comment",
        json={"items": [str(item.row.id)], "text": "Quenby Xylander rang about Vexillum"},
        headers={**token, "Idempotency-Key": uuid4().hex},
    )
    assert 200 == comment.status_code
    await send(world, item)
    while item.row.status is not Status.FULFILLED:
        world.stand_ins.advance(3600)
        item = await news_of(world, item)
    return order


async def traces(world: World) -> Mapping[str, set[str]]:
    """Return where a trace of the person is: in every byte of the folder, or in every column of a server's tables."""
    url, folder = world.runtime.settings.database_url, world.runtime.settings.data_dir
    contents = [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    found: dict[str, set[str]] = defaultdict(set)
    for where, content in [*contents, *(await cells(url) if url.startswith("postgres") else ())]:
        found[where] |= {trace for trace in TRACES if trace.casefold().encode() in content.lower()}
    return {where: words for where, words in found.items() if words}


async def cells(url: str) -> list[tuple[str, bytes]]:
    """Return every cell of every table."""
    engine = make_engine(url)
    async with engine.connect() as connection:
        tables = await connection.run_sync(lambda plain: inspect(plain).get_table_names())
        rows = [
            (table, (await connection.execute(text(f'SELECT * FROM "{table}"'))).mappings().all())
            for table in tables
        ]
    await engine.dispose()
    return [
        (f"{table}.{name}", cell if isinstance(cell, bytes) else str(cell).encode())
        for table, found in rows
        for row in found
        for name, cell in row.items()
    ]


def tidy(world: World) -> None:
    """Do what docs/reference/privacy.md says for a database file: give back what was freed."""
    url = world.runtime.settings.database_url
    if not url.startswith("sqlite"):
        return
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def test_a_forgotten_person_is_in_no_table_file_or_index(each_world: World) -> None:
    """R51: after `customers/redact` no byte of name, address, e-mail, phone or answer is left anywhere."""
    world = each_world
    order = await a_life(world)
    before, by_email = await traces(world), ItemFilter(email="qx77@example.com")
    assert (await world.spark.search_items(world.shop, by_email)).rows

    assert 200 == await post(world, "customers/redact", body_of(world, "customers/redact", order))

    tidy(world)
    assert set(TRACES) == {trace for words in before.values() for trace in words}
    assert {} == await traces(world)
    assert not (await world.spark.search_items(world.shop, by_email)).rows


async def test_what_is_known_of_a_person_can_be_said(world: World) -> None:
    """R51: `customers/data_request` is taken in, and everything kept of the named orders is at hand."""
    order = await a_life(world)

    answer = await post(world, "customers/data_request", body_of(world, "customers/data_request", order))

    known = await world.spark.customer_data(world.shop, [ExternalRef("shopify", str(order.id))])
    assert 200 == answer
    assert set(TRACES) == {word for word in TRACES if word in repr(known)}


async def test_a_shop_that_left_leaves_nothing(each_world: World) -> None:
    """R51: after the uninstall `shop/redact` erases every row and every file of the shop."""
    world = each_world
    await a_life(world)
    world.stand_ins.shopify.uninstall()
    await post(world, "app/uninstalled", {"id": 1})

    assert 200 == await post(world, "shop/redact", shop_redact_body(world.stand_ins.shop.store))

    tidy(world)
    assert {} == await traces(world)
    assert await world.runtime.directory.installation(world.shop) is None


async def test_a_shop_that_is_still_here_is_not_erased(world: World) -> None:
    """A `shop/redact` that comes late, after the shop came back, erases nothing."""
    await a_life(world)

    assert 200 == await post(world, "shop/redact", shop_redact_body(world.stand_ins.shop.store))

    assert 1 == len(await world.rows(Status.FULFILLED))


@pytest.mark.parametrize("topic", TOPICS)
async def test_a_wrong_signature_is_refused_on_every_compliance_topic(world: World, topic: str) -> None:
    """Shopify's review asks for 401, and nothing is kept of what anybody could have sent."""
    order = world.order(to=PERSON)
    before = kept(world)

    answer = await post(world, topic, body_of(world, topic, order), hmac_sha256="d3Jvbmc=")

    assert (401, before) == (answer, kept(world))
