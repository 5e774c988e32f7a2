"""A shop, its access to its channel and its accounts at providers, secrets sealed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import evolve
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.converter import dumps, loads
from mockspark.adapters.sql.rows import AnyRow, AnySelect, every, first, put
from mockspark.adapters.sql.tables import connections, installations, items, shops
from mockspark.application.errors import NotFound
from mockspark.application.ports.system import Vault
from mockspark.domain.identity import ConnectionId, ShopId
from mockspark.domain.shop import Connection, Installation, Shop

# The private use area of Unicode: characters that no product title has.
_MARKS: Final = (0xE000, 6400)


class SqlConnections:
    """One shop's accounts at providers, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId, vault: Vault) -> None:
        self._connection = connection
        self._shop = shop
        self._vault = vault

    async def get(self, id: ConnectionId) -> Connection:  # noqa: A002 - the field's name
        """Return a connection, or raise NotFound."""
        query = connection_query().where(connections.c.shop_id == self._shop, connections.c.id == id)
        row = await first(self._connection, query)
        if row is None:
            raise NotFound("connection", id)
        return read_connection(row, self._vault)

    async def all(self) -> Sequence[Connection]:
        """Return the shop's connections, oldest first."""
        query = connection_query().where(connections.c.shop_id == self._shop)
        ordered = query.order_by(connections.c.created_at, connections.c.id)
        return [read_connection(row, self._vault) for row in await every(self._connection, ordered)]

    async def save(self, connection: Connection) -> None:
        """Write *connection*, its settings sealed."""
        key = {"shop_id": self._shop, "id": connection.id}
        columns = _connection_columns(connection, self._vault)
        await put(self._connection, connections, key, connection.version, columns, "connection")
        if connection.version > 0:
            await self._rename_platform(connection)

    async def _rename_platform(self, connection: Connection) -> None:
        theirs = (items.c.shop_id == self._shop) & (items.c.connection_id == connection.id)
        stale = items.c.platform != connection.provider
        await self._connection.execute(
            update(items).where(theirs, stale).values(platform=connection.provider)
        )


def connection_query() -> AnySelect:
    """Select what `read_connection` needs."""
    return select(connections.c.version, connections.c.sealed, connections.c.body)


def read_connection(row: AnyRow, vault: Vault) -> Connection:
    """Read a connection and open its secrets."""
    shut = loads(row.body, Connection, version=row.version)
    secrets = json.loads(vault.open(row.sealed, context=_connection_context(shut)))
    return evolve(shut, settings=secrets["settings"], hook_secret=secrets["hook_secret"])


def _connection_columns(connection: Connection, vault: Vault) -> dict[str, object]:
    secrets = {"settings": dict(connection.settings), "hook_secret": connection.hook_secret}
    return {
        "provider": connection.provider,
        "created_at": connection.created_at,
        "sealed": vault.seal(json.dumps(secrets), context=_connection_context(connection)),
        "body": dumps(evolve(connection, settings={}, hook_secret="", version=0)),
    }


def _connection_context(connection: Connection) -> str:
    return f"{connection.shop_id}/connection/{connection.id.hex}"


async def read_installation(connection: AsyncConnection, shop: ShopId, vault: Vault) -> Installation | None:
    """Return the shop's access to its channel, opened."""
    query = select(installations.c.version, installations.c.sealed, installations.c.body)
    row = await first(connection, query.where(installations.c.shop_id == shop))
    if row is None:
        return None
    shut = loads(row.body, Installation, version=row.version)
    return evolve(shut, credentials=json.loads(vault.open(row.sealed, context=_installation_context(shop))))


async def write_installation(connection: AsyncConnection, installation: Installation, vault: Vault) -> None:
    """Write the shop's access to its channel, credentials sealed."""
    secrets = json.dumps(dict(installation.credentials))
    columns = {
        "state": installation.state.value,
        "swept_at": installation.swept_at,
        "sealed": vault.seal(secrets, context=_installation_context(installation.shop_id)),
        "body": dumps(evolve(installation, credentials={}, version=0)),
    }
    key = {"shop_id": installation.shop_id}
    await put(connection, installations, key, installation.version, columns, "installation")


def _installation_context(shop: ShopId) -> str:
    return f"{shop}/installation"


async def write_shop(connection: AsyncConnection, shop: Shop) -> None:
    """Write *shop* with what the watchdog needs of its rules."""
    columns: Mapping[str, int | str | datetime | None] = {
        "mark": mark_of(shop.id),
        "auto_send_s": shop.rules.auto_send_s,
        "generating_limit_s": shop.rules.generating_limit_s,
        "sending_limit_s": shop.rules.sending_limit_s,
        "uninstalled_at": shop.uninstalled_at,
        "body": dumps(evolve(shop, version=0)),
    }
    await put(connection, shops, {"id": shop.id}, shop.version, columns, "shop")


def read_shop(row: AnyRow) -> Shop:
    """Read a shop."""
    return loads(row.body, Shop, version=row.version)


def mark_of(shop: ShopId) -> str:
    """Return the three characters that narrow a full-text search to *shop*; two shops may share them."""
    digest = hashlib.sha256(shop.encode("utf-8", "replace")).digest()
    start, count = _MARKS
    return "".join(chr(start + int.from_bytes(digest[at : at + 4], "big") % count) for at in range(0, 12, 4))
