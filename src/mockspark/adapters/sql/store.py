"""The database as use cases see it: one transaction over one shop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mockspark.adapters.jobs.queue import SqlJobs
from mockspark.adapters.sql.accounts import SqlConnections, read_installation, write_installation
from mockspark.adapters.sql.counters import Counters
from mockspark.adapters.sql.fonts import SqlFonts
from mockspark.adapters.sql.leases import SqlLeases
from mockspark.adapters.sql.listings import SqlListings
from mockspark.adapters.sql.order_items import SqlOrderItems
from mockspark.adapters.sql.orders import SqlOrders
from mockspark.adapters.sql.replies import SqlReplies
from mockspark.adapters.sql.rows import connected, first, transaction
from mockspark.adapters.sql.submissions import SqlSubmissions
from mockspark.adapters.sql.tables import shops
from mockspark.application.errors import NotConnected, NotFound
from mockspark.application.ports.system import Vault
from mockspark.domain.identity import ShopId
from mockspark.domain.shop import Installation


class SqlUnitOfWork:
    """One transaction over one shop: every statement names the shop."""

    def __init__(self, connection: AsyncConnection, shop: ShopId, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self.shop = shop
        self.counters = Counters(connection, shop)
        self.jobs = SqlJobs(connection)
        self.orders = SqlOrders(connection, shop)
        self.items = SqlOrderItems(connection, shop, self.jobs, self.counters)
        self.submissions = SqlSubmissions(connection, shop, self.jobs)
        self.listings = SqlListings(connection, shop)
        self.connections = SqlConnections(connection, shop, vault)
        self.fonts = SqlFonts(connection, shop)
        self.leases = SqlLeases(connection, shop)
        self.replies = SqlReplies(connection, shop)

    async def installation(self) -> Installation:
        """Return the shop's access to its channel, or raise NotConnected."""
        found = await read_installation(self._connection, self.shop, self._vault)
        if found is None:
            raise NotConnected(f"{self.shop} is not connected: install the app in the store")
        return found

    async def save_installation(self, installation: Installation) -> None:
        """Write the shop's access to its channel, credentials sealed."""
        await write_installation(self._connection, installation, self._vault)


class SqlStore:
    """SQLite or PostgreSQL: *engine* writes, *read_engine* looks, *vault* seals secrets."""

    def __init__(self, engine: AsyncEngine, read_engine: AsyncEngine, vault: Vault) -> None:
        self._engine = engine
        self._read_engine = read_engine
        self._vault = vault

    @asynccontextmanager
    async def begin(self, shop: ShopId) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction: it commits on a clean exit and rolls back on any exception."""
        async with transaction(self._engine) as connection:
            await _ensure_known(connection, shop)
            work = SqlUnitOfWork(connection, shop, self._vault)
            yield work
            await work.counters.write()
        work.jobs.publish()

    @asynccontextmanager
    async def read(self, shop: ShopId) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction for looking only: it waits for no writer, and what it changes is rolled back."""
        async with connected(self._read_engine) as connection:
            await _ensure_known(connection, shop)
            yield SqlUnitOfWork(connection, shop, self._vault)


async def _ensure_known(connection: AsyncConnection, shop: ShopId) -> None:
    if await first(connection, select(shops.c.id).where(shops.c.id == shop)) is None:
        raise NotFound("shop", shop)
