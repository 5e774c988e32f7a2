"""How one row is written and read, the same on both databases."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mockspark.adapters.sql.failures import told
from mockspark.application.errors import Conflict, Unavailable

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]
Upsert = SqliteInsert | PostgresInsert


@asynccontextmanager
async def connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open a connection of *engine*, or raise Unavailable."""
    with told():
        try:
            connection = await engine.connect()
        except OSError as away:
            raise Unavailable("the database cannot be reached") from away
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Open a transaction of *engine*: it commits on a clean exit and rolls back on any exception."""
    async with connected(engine) as connection, connection.begin():
        yield connection


def upsert(connection: AsyncConnection, table: Table) -> Upsert:
    """Return an INSERT that knows ON CONFLICT."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


async def add(connection: AsyncConnection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row; False, with the transaction unharmed, when a unique key is taken."""
    with told(table.name):
        done = await connection.execute(upsert(connection, table).values(**values).on_conflict_do_nothing())
    return done.rowcount == 1


async def add_all(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]], *, kind: str, id_: object
) -> None:
    """Insert *rows*; raises Conflict when a unique key is taken."""
    if not rows:
        return
    with told(kind, id_):
        await connection.execute(insert(table), list(rows))


async def put(
    connection: AsyncConnection,
    table: Table,
    key: Mapping[str, object],
    version: int,
    values: Mapping[str, object],
    kind: str,
) -> None:
    """Write an aggregate's row: new at version 0, else over the version it was read at; raises Conflict."""
    id_ = list(key.values())[-1]
    with told(kind, id_):
        if version == 0:
            statement: Any = (
                upsert(connection, table).values(**key, **values, version=1).on_conflict_do_nothing()
            )
        else:
            statement = (
                table.update().where(*_equal(table, key), table.c.version == version)
                .values(**values, version=version + 1)
            )  # fmt: skip
        done = await connection.execute(statement)
    if done.rowcount != 1:
        raise Conflict(kind, id_)


async def first(connection: AsyncConnection, query: AnySelect) -> AnyRow | None:
    """Return the first row of *query*."""
    with told():
        return (await connection.execute(query)).first()


async def every(connection: AsyncConnection, query: AnySelect) -> Sequence[AnyRow]:
    """Return the rows of *query*."""
    with told():
        return (await connection.execute(query)).all()


def _equal(table: Table, key: Mapping[str, object]) -> Iterable[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in key.items()]
