"""What the front door and the workers need to know across shops."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Delete, Table, bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.sql import due
from mockspark.adapters.sql.accounts import (
    connection_query,
    read_connection,
    read_installation,
    read_shop,
    write_shop,
)
from mockspark.adapters.sql.converter import dumps, loads
from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.rows import AnyRow, AnySelect, connected, every, first, transaction, upsert
from mockspark.adapters.sql.tables import (
    connections,
    deliveries,
    filtered_lines,
    fonts,
    installations,
    item_counts,
    items,
    leases,
    listings,
    orders,
    provider_orders,
    replies,
    shops,
    submission_items,
    submissions,
    timeline,
    tokens,
)
from mockspark.application.ports.storage import ApiToken, Due
from mockspark.application.ports.system import Vault
from mockspark.domain.identity import ConnectionId, ShopId
from mockspark.domain.shop import Connection, Installation, Shop

# Pointing tables before those pointed to.
_ERASED: Final = (
    tokens, installations, deliveries, replies, leases, fonts, timeline, submission_items, provider_orders, submissions,
    items, item_counts, filtered_lines, orders, listings, connections,
)  # fmt: skip
_ERASED_AT_ONCE: Final = 1000


class SqlDirectory:
    """The directory of all shops; it reads through *read_engine*."""

    def __init__(self, engine: AsyncEngine, read_engine: AsyncEngine, vault: Vault) -> None:
        self._engine = engine
        self._read_engine = read_engine
        self._vault = vault

    async def shop(self, id: ShopId) -> Shop | None:  # noqa: A002 - the field's name
        """Return a shop."""
        async with connected(self._read_engine) as connection:
            row = await first(connection, _shops().where(shops.c.id == id))
        return None if row is None else read_shop(row)

    async def shops(self, *, after: ShopId | None = None, limit: int = 100) -> Sequence[Shop]:
        """Return shops by id."""
        query = _shops() if after is None else _shops().where(shops.c.id > after)
        async with connected(self._read_engine) as connection:
            rows = await every(connection, query.order_by(shops.c.id).limit(limit))
        return [read_shop(row) for row in rows]

    async def save_shop(self, shop: Shop) -> None:
        """Write *shop*; raises Conflict when it was changed meanwhile."""
        async with transaction(self._engine) as connection:
            await write_shop(connection, shop)

    async def erase_shop(self, id: ShopId) -> None:  # noqa: A002 - the field's name
        """Forget everything of a shop, for good, in steps that let others write in between."""
        for table in _ERASED:
            while await self._erase_some(table, id):
                pass
        async with transaction(self._engine) as connection:
            await connection.execute(delete(shops).where(shops.c.id == id))

    async def _erase_some(self, table: Table, shop: ShopId) -> bool:
        key = list(table.primary_key.columns)
        some = select(*key).where(table.c.shop_id == shop).limit(_ERASED_AT_ONCE)
        async with transaction(self._engine) as connection:
            rows = await every(connection, some)
            if rows:
                await connection.execute(_deletion(table), [_bound(table, row) for row in rows])
        return len(rows) == _ERASED_AT_ONCE

    async def installation(self, shop: ShopId) -> Installation | None:
        """Return a shop's access to its channel."""
        async with connected(self._read_engine) as connection:
            return await read_installation(connection, shop, self._vault)

    async def connection(self, id: ConnectionId) -> Connection | None:  # noqa: A002 - the field's name
        """Return a connection of any shop: webhooks name nothing else."""
        async with connected(self._read_engine) as connection:
            row = await first(connection, connection_query().where(connections.c.id == id))
        return None if row is None else read_connection(row, self._vault)

    async def token(self, digest: str) -> ApiToken | None:
        """Return the token with that digest, revoked ones included."""
        async with connected(self._read_engine) as connection:
            row = await first(connection, select(tokens.c.body).where(tokens.c.digest == digest))
        return None if row is None else loads(row.body, ApiToken)

    async def tokens(self, shop: ShopId) -> Sequence[ApiToken]:
        """Return a shop's tokens, newest first."""
        theirs = select(tokens.c.body).where(tokens.c.shop_id == shop)
        async with connected(self._read_engine) as connection:
            rows = await every(connection, theirs.order_by(tokens.c.created_at.desc(), tokens.c.digest))
        return [loads(row.body, ApiToken) for row in rows]

    async def save_token(self, token: ApiToken) -> None:
        """Write *token*."""
        columns = {"shop_id": token.shop_id, "created_at": token.created_at, "body": dumps(token)}
        async with transaction(self._engine) as connection:
            fresh = upsert(connection, tokens).values(digest=token.digest, **columns)
            with told("token"):
                await connection.execute(
                    fresh.on_conflict_do_update(index_elements=["digest"], set_={"body": columns["body"]})
                )

    async def due(self, now: datetime, *, limit: int = 500) -> Sequence[Due]:
        """Return what is in motion and whose next step is due, at most *limit* of each kind."""
        async with connected(self._read_engine) as connection:
            return await due.find(connection, now, limit)


def _shops() -> AnySelect:
    return select(shops.c.version, shops.c.body)


def _deletion(table: Table) -> Delete:
    key = table.primary_key.columns
    return delete(table).where(*(column == bindparam(f"old_{column.name}") for column in key))


def _bound(table: Table, row: AnyRow) -> dict[str, object]:
    return {f"old_{column.name}": getattr(row, column.name) for column in table.primary_key.columns}
