"""A database that is full, away, or tampered with."""

from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from mockspark.adapters.sql.tables import connections, items
from mockspark.adapters.testing.stores import (
    NOW,
    a_connection,
    a_shop,
    a_submission,
    all_pages,
    an_item,
    an_order,
    item_of,
    keep,
)
from mockspark.application.errors import Unavailable
from mockspark.application.filters import ItemFilter
from mockspark.domain.errors import InvalidValue
from mockspark.domain.shop import Shop
from tests.postgres import PostgresServer
from tests.store import OpenStore, open_store


async def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """SQLite without room is Unavailable; what was written before stays, nothing of the rest is there."""
    async with open_store(f"sqlite:///{tmp_path / 'mockspark.db'}") as opened:
        shop = await a_shop(opened)
        order = an_order(shop)
        await keep(opened, shop, order)
        async with opened.engine.connect() as connection:
            pages = await connection.scalar(text("PRAGMA page_count"))
            await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        item = an_item(order, provider_raw="x" * 2_000_000)
        with pytest.raises(Unavailable):
            await keep(opened, shop, item)
        async with opened.engine.connect() as connection:
            await connection.execute(text("PRAGMA max_page_count = 1000000"))
        assert [] == await all_pages(opened, shop, ItemFilter())
        assert {} == dict(await opened.queries.counters(shop))
        assert () == tuple(await opened.queries.timeline(shop, item.id))
        await keep(opened, shop, item)
        assert 1 == len(await all_pages(opened, shop, ItemFilter(title="mug")))


async def test_a_database_that_is_away_is_unavailable(private_postgres: PostgresServer) -> None:
    """While the server is down every door says so, and all work again when it is back."""
    async with open_store(private_postgres.new_database()) as opened:
        shop = await a_shop(opened)
        order = an_order(shop)
        await keep(opened, shop, order)
        private_postgres.stop()
        for _ in range(2):
            with pytest.raises(Unavailable):
                await keep(opened, shop, an_item(order))
            with pytest.raises(Unavailable):
                await opened.directory.shop(shop)
            with pytest.raises(Unavailable):
                await all_pages(opened, shop, ItemFilter())
        private_postgres.start()
        await keep(opened, shop, an_item(order))
        assert 1 == len(await all_pages(opened, shop, ItemFilter()))


async def test_secrets_are_not_in_the_file(tmp_path: Path) -> None:
    """Settings and hook secrets of an account cannot be read from the database file."""
    path = tmp_path / "mockspark.db"
    async with open_store(f"sqlite:///{path}") as opened:
        shop = await a_shop(opened)
        account = a_connection(shop, settings={"token": "very-secret-token"}, hook_secret="very-secret-hook")
        await keep(opened, shop, account)
    written = _bytes_in(tmp_path)
    assert account.id.hex.encode() in written
    assert b"very-secret" not in written


def _bytes_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_secrets_moved_to_another_account_do_not_open(opened: OpenStore) -> None:
    """A sealed column copied into another row opens nothing there."""
    shop = await a_shop(opened)
    one, other = (a_connection(shop, settings={"token": word}) for word in ("one", "other"))
    await keep(opened, shop, one, other)
    sealed = connections.select().with_only_columns(connections.c.sealed).where(connections.c.id == one.id)
    async with opened.engine.begin() as connection:
        await connection.execute(
            update(connections).where(connections.c.id == other.id).values(sealed=sealed.scalar_subquery())
        )
    with pytest.raises(InvalidValue):
        await opened.directory.connection(other.id)


async def test_the_database_itself_refuses_an_unknown_status(opened: OpenStore) -> None:
    """Behind the code stands a constraint: a status is one of the eight."""
    shop = await a_shop(opened)
    order = an_order(shop)
    item = an_item(order)
    await keep(opened, shop, order, item)
    async with opened.engine.connect() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(update(items).where(items.c.id == item.id).values(status="lost"))


async def test_a_shop_of_many_rows_is_erased_in_steps(
    opened: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Erasing goes on until nothing is left, however many steps it takes."""
    monkeypatch.setattr("mockspark.adapters.sql.directory._ERASED_AT_ONCE", 2)
    shop = await a_shop(opened)
    account, order = a_connection(shop), an_order(shop)
    items_ = [an_item(order) for _ in range(5)]
    await keep(opened, shop, account, order, *items_, a_submission(account, *items_))
    await opened.directory.erase_shop(shop)
    await opened.directory.save_shop(Shop(id=shop, created_at=NOW))
    assert [] == await all_pages(opened, shop, ItemFilter())


async def test_many_items_of_one_instant_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a microsecond has no place left, the next one's are taken: nothing is refused, nothing lost."""
    monkeypatch.setattr("mockspark.adapters.sql.order_items.PLACES", 2)
    async with open_store(f"sqlite:///{tmp_path / 'mockspark.db'}", few=0) as opened:
        shop = await a_shop(opened)
        order = an_order(shop)
        made = [an_item(order, created_at=NOW) for _ in range(7)]
        await keep(opened, shop, order, *made)
        newest_first = [item.id for item in reversed(made)]
        assert newest_first == [row.id for row in await all_pages(opened, shop, ItemFilter())]
        assert newest_first == [row.id for row in await all_pages(opened, shop, ItemFilter(title="mug"))]


async def test_a_renamed_provider_is_found_under_its_new_name(opened: OpenStore) -> None:
    """Items show the platform that their account belongs to now."""
    shop = await a_shop(opened)
    account, order = a_connection(shop, provider="old"), an_order(shop)
    item = an_item(order, connection_id=account.id)
    await keep(opened, shop, account, order, item)
    await keep(opened, shop, evolve(account, provider="new", version=1))
    assert 1 == await opened.queries.count(shop, ItemFilter(platforms=frozenset({"new"})))
    assert 0 == await opened.queries.count(shop, ItemFilter(platforms=frozenset({"old"})))
    assert account.id == (await item_of(opened, shop, item.id)).connection_id
