"""The tables of the queue and of the rate limits, and how they come to be."""

from typing import Final

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

RATE_DDL: Final = (
    "CREATE TABLE IF NOT EXISTS mockspark_rate (key text PRIMARY KEY, tat double precision NOT NULL)"
)

SQLITE_DDL: Final[tuple[str, ...]] = (
    """CREATE TABLE IF NOT EXISTS mockspark_job (
        id integer PRIMARY KEY AUTOINCREMENT,
        kind text NOT NULL,
        payload text NOT NULL,
        dedup text,
        priority integer NOT NULL,
        state text NOT NULL,
        created real NOT NULL,
        run_at real NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        owner text,
        heartbeat real,
        error text,
        failed_at real
    )""",
    """CREATE INDEX IF NOT EXISTS mockspark_job_ready ON mockspark_job (kind, priority DESC, id)
        WHERE state = 'queued'""",
    "CREATE INDEX IF NOT EXISTS mockspark_job_due ON mockspark_job (kind, run_at) WHERE state = 'queued'",
    "CREATE INDEX IF NOT EXISTS mockspark_job_picked ON mockspark_job (kind, heartbeat) WHERE state = 'picked'",
    "CREATE INDEX IF NOT EXISTS mockspark_job_dead ON mockspark_job (failed_at) WHERE state = 'failed'",
    """CREATE UNIQUE INDEX IF NOT EXISTS mockspark_job_dedup ON mockspark_job (dedup)
        WHERE dedup IS NOT NULL AND state IN ('queued', 'picked')""",
    """CREATE TABLE IF NOT EXISTS mockspark_job_log (
        id integer PRIMARY KEY,
        created real NOT NULL,
        job_id integer NOT NULL,
        kind text NOT NULL,
        outcome text NOT NULL,
        error text NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS mockspark_job_log_created ON mockspark_job_log (created)",
    RATE_DDL,
)

SCHEMA: Final = "mockspark_jobs"
# Every name is given, so that a host application's own PGQUEUER_* variables cannot move our tables.
SETTINGS: Final = DBSettings(
    prefix="",
    db_schema=SCHEMA,
    channel=Channel("mockspark_jobs"),
    function="job_changed",
    trigger="job_changed",
    queue_status_type="job_status",
    queue_table="job",
    queue_table_log="job_log",
    statistics_table="job_statistics",
    schedules_table="job_schedule",
    durability=Durability.balanced,
    widen_id=True,
)
_INSTALL_LOCK: Final = 0x6D6F636B


async def install(engine: AsyncEngine) -> None:
    """Create the tables where they are missing and bring them up to date; repeating changes nothing."""
    if engine.dialect.name == "sqlite":
        async with engine.begin() as connection:
            for statement in SQLITE_DDL:
                await connection.execute(text(statement))
        return
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INSTALL_LOCK})
        await connection.execute(text(RATE_DDL))
        await _install_postgres(engine)


async def _install_postgres(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        raw = await connection.get_raw_connection()
        queries = queries_on(AsyncpgDriver(raw.driver_connection))
        if await queries.schema_is_installed():
            await queries.upgrade()
            return
        await queries.install()
        await queries.optimize_autovacuum()


def queries_on(driver: Driver) -> Queries:
    """Speak to our own tables through *driver*."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(SETTINGS),
        qbq=QueryQueueBuilder(SETTINGS),
        qbs=QuerySchedulerBuilder(SETTINGS),
    )
