"""How the tables come to be."""

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.sql.engine import make_engine
from mockspark.adapters.sql.schema import VERSION_TABLE, migrate, prepare
from mockspark.adapters.sql.tables import metadata
from mockspark.domain.errors import NotPossible

BY_HAND = (
    "mockspark_item_words",
    "ix_mockspark_item_title",
    "mockspark_job",
    "mockspark_rate",
    VERSION_TABLE,
)


def _is_ours(thing: Any, name: str | None, kind: str, reflected: bool, _: object) -> bool:  # noqa: FBT001
    return not (reflected and name is not None and name.startswith(BY_HAND))


def _differences(connection: Connection) -> list[Any]:
    options = {"include_object": _is_ours, "compare_type": True, "version_table": VERSION_TABLE}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def _set_version(engine: AsyncEngine, version: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'"))


@pytest.fixture
async def engine(database_url: str) -> Any:
    made = make_engine(database_url)
    yield made
    await made.dispose()


async def test_the_migrations_make_what_the_code_expects(engine: AsyncEngine) -> None:
    """A migrated database has the tables, columns, keys and indexes of the metadata."""
    await prepare(engine)
    async with engine.connect() as connection:
        assert [] == await connection.run_sync(_differences)


async def test_an_empty_database_is_filled_and_stays(engine: AsyncEngine) -> None:
    """Starting again changes nothing."""
    await prepare(engine)
    await prepare(engine)
    await migrate(engine)


async def test_an_unknown_version_is_refused(engine: AsyncEngine) -> None:
    """Neither a start nor a migration touches a database from a newer program."""
    await prepare(engine)
    await _set_version(engine, "9999")
    with pytest.raises(NotPossible, match="newer"):
        await prepare(engine)
    with pytest.raises(NotPossible, match="newer"):
        await migrate(engine)


async def test_tables_without_a_version_are_refused(engine: AsyncEngine) -> None:
    """Tables that somebody made by hand are not taken over."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    with pytest.raises(NotPossible, match="another database"):
        await prepare(engine)


async def test_several_processes_may_start_at_once(database_url: str) -> None:
    """One fills the database, the others find it filled."""
    engines = [make_engine(database_url) for _ in range(3)]
    try:
        await asyncio.gather(*(prepare(engine) for engine in engines))
    finally:
        for engine in engines:
            await engine.dispose()


async def test_an_older_database_asks_to_be_migrated(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start does not change a database that has data; the message names the command."""
    from alembic.script import ScriptDirectory

    await prepare(engine)
    monkeypatch.setattr(ScriptDirectory, "get_current_head", lambda _: "9998")
    with pytest.raises(NotPossible, match="mockspark migrate"):
        await prepare(engine)
