"""The three queues, behind one face, for the contract they share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from attrs import frozen
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.jobs.attempts import OnDead
from mockspark.adapters.jobs.limits import MemoryRateLimiter, SqlRateLimiter
from mockspark.adapters.jobs.memory import MemoryQueue, MemoryWorker
from mockspark.adapters.jobs.queue import SqlJobs, SqlQueueAdmin
from mockspark.adapters.jobs.tables import install
from mockspark.adapters.jobs.worker import LEASE, make_worker
from mockspark.adapters.sql.engine import make_engine
from mockspark.application.ports.jobs import Jobs, QueueAdmin, RateLimiter, Worker
from tests.postgres import PostgresServer, postgres_server, postgres_url, private_postgres

__all__ = ["PostgresServer", "postgres_server", "postgres_url", "private_postgres"]


class Bench(Protocol):
    """One queue to be put through the contract."""

    @property
    def admin(self) -> QueueAdmin: ...
    @property
    def limiter(self) -> RateLimiter: ...
    def now(self) -> datetime: ...
    def transaction(self) -> AbstractAsyncContextManager[Jobs]: ...
    def worker(self, on_dead: OnDead | None = None, lease: timedelta = LEASE) -> Worker: ...
    async def pass_time(self, seconds: float) -> None: ...


@frozen
class SqlBench:
    url: str
    engine: AsyncEngine

    @property
    def admin(self) -> QueueAdmin:
        return SqlQueueAdmin(self.engine)

    @property
    def limiter(self) -> RateLimiter:
        return SqlRateLimiter(self.engine)

    def now(self) -> datetime:
        return datetime.now(UTC)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Jobs]:
        async with self.engine.begin() as connection:
            jobs = SqlJobs(connection)
            yield jobs
        jobs.publish()

    def worker(self, on_dead: OnDead | None = None, lease: timedelta = LEASE) -> Worker:
        return make_worker(self.url, on_dead=on_dead, lease=lease)

    async def pass_time(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class MemoryBench:
    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self.admin = MemoryQueue(self.now)
        self.limiter = MemoryRateLimiter(self.now)

    def now(self) -> datetime:
        return self._now

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Jobs]:
        jobs = self.admin.jobs()
        yield jobs
        jobs.publish()

    def worker(self, on_dead: OnDead | None = None, lease: timedelta = LEASE) -> Worker:
        return MemoryWorker(self.admin, on_dead=on_dead)

    async def pass_time(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@asynccontextmanager
async def sql_bench(url: str) -> AsyncIterator[SqlBench]:
    engine = make_engine(url)
    try:
        await install(engine)
        yield SqlBench(url, engine)
    finally:
        await engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def sql(database_url: str) -> AsyncIterator[SqlBench]:
    async with sql_bench(database_url) as bench:
        yield bench


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """Each of the three queues in turn."""
    if request.param == "memory":
        yield MemoryBench()
        return
    url = f"sqlite:///{tmp_path / 'jobs.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    async with sql_bench(url) as sql:
        yield sql
