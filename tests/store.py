"""A store to test with, opened in milliseconds: a copy of a database file that was prepared once."""

import asyncio
import atexit
import functools
import shutil
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.jobs.queue import SqlQueueAdmin
from mockspark.adapters.sql.directory import SqlDirectory
from mockspark.adapters.sql.engine import async_url, dialect_of, make_engine, make_read_engine
from mockspark.adapters.sql.inbox import SqlInbox
from mockspark.adapters.sql.queries import FEW, SqlQueries
from mockspark.adapters.sql.schema import prepare
from mockspark.adapters.sql.store import SqlStore
from mockspark.adapters.vault import AesVault
from tests.postgres import create_database

SECRET: Final = "0123456789abcdef0123456789abcdef"


@frozen(kw_only=True)
class OpenStore:
    """Everything that one database offers."""

    url: str
    store: SqlStore
    directory: SqlDirectory
    queries: SqlQueries
    inbox: SqlInbox
    queue: SqlQueueAdmin
    engine: AsyncEngine
    read_engine: AsyncEngine
    vault: AesVault


@asynccontextmanager
async def open_store(url: str, *, few: int = FEW) -> AsyncIterator[OpenStore]:
    """Open *url*, prepared: `sqlite:///{tmp_path}/mockspark.db`, or a PostgreSQL database."""
    engine, read_engine = await _engines(url)
    vault = AesVault.of([SECRET])
    try:
        yield OpenStore(
            url=url,
            store=SqlStore(engine, read_engine, vault),
            directory=SqlDirectory(engine, read_engine, vault),
            queries=SqlQueries(read_engine, few=few),
            inbox=SqlInbox(engine),
            queue=SqlQueueAdmin(engine),
            engine=engine,
            read_engine=read_engine,
            vault=vault,
        )
    finally:
        await engine.dispose()
        await read_engine.dispose()


async def _engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    if dialect_of(url) == "sqlite":
        path = Path(async_url(url).database or "")
        if not path.exists():  # noqa: ASYNC240 - a test waits for nobody
            shutil.copyfile(_template(), path)
        return make_engine(url), make_read_engine(url)
    engine = make_engine(url)
    if not await _is_filled(engine):
        await prepare(engine)
    return engine, make_read_engine(url)


async def _is_filled(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT to_regclass('mockspark_schema')")) is not None


@functools.cache
def postgres_template(maintenance_url: str) -> str:
    """Return the name of a prepared database, to be copied."""
    url = create_database(maintenance_url)
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _prepared(url)).result()
    return urlsplit(url).path[1:]


@functools.cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mockspark-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "mockspark.db"
    # The caller may stand inside an event loop of its own.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _prepared(f"sqlite:///{path}")).result()
    return path


async def _prepared(url: str) -> None:
    engine = make_engine(url)
    try:
        await prepare(engine)
    finally:
        await engine.dispose()
