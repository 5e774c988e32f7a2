"""The queue's rows in PostgreSQL: PGQueuer's tables and claim, our fenced ends."""
# ruff: noqa: S608 - the statements are put together from constants alone

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final, Self

import asyncpg  # type: ignore[import-untyped]  # ships no type information
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import lost_capacity_slot_race
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain import models, types
from pgqueuer.ports.driver import NotifyCallback
from sqlalchemy import make_url

from mockspark.adapters.jobs.attempts import PutBack
from mockspark.adapters.jobs.repository import Claimed, Waiting
from mockspark.adapters.jobs.tables import SETTINGS
from mockspark.application.ports.jobs import Job

COALESCE_SECONDS: Final = 0.1
RECONNECT_SECONDS: Final = 1.0
CONNECTIONS: Final = 6
COMMAND_SECONDS: Final = 30.0
_LOG: Final = logging.getLogger(__name__)

_JOBS: Final = SETTINGS.qualified.queue_table
_JOB_LOG: Final = SETTINGS.qualified.queue_table_log
_SLOT_INDEX: Final = f"{SETTINGS.queue_table}_picked_slot_idx"

_DUE: Final = f"""
SELECT k.kind,
    EXISTS (SELECT 1 FROM {_JOBS}
            WHERE entrypoint = k.kind AND status = 'queued' AND execute_after < now())
    OR EXISTS (SELECT 1 FROM {_JOBS}
            WHERE entrypoint = k.kind AND status = 'picked' AND heartbeat < now() - $2::interval) AS due,
    extract(epoch FROM (SELECT min(execute_after) FROM {_JOBS}
            WHERE entrypoint = k.kind AND status = 'queued' AND execute_after >= now()) - now())::float8 AS next_in
FROM unnest($1::text[]) AS k(kind)"""

_MINE: Final = "queue_manager_id = $2 AND status = 'picked'"
_BEAT: Final = f"UPDATE {_JOBS} SET heartbeat = now() WHERE id = ANY($1::bigint[]) AND {_MINE} RETURNING id"
_FINISH: Final = f"DELETE FROM {_JOBS} WHERE id = $1 AND {_MINE}"
_PUT_BACK: Final = f"""
UPDATE {_JOBS} SET status = 'queued', execute_after = now() + $3::interval, attempts = attempts + $4::int,
    updated = now(), queue_manager_id = NULL, slot = NULL, headers = jsonb_build_object('error', $5::text)
WHERE id = $1 AND {_MINE}"""
_BURY: Final = f"""
UPDATE {_JOBS} SET status = 'failed', attempts = attempts + 1,
    updated = clock_timestamp(), queue_manager_id = NULL, slot = NULL,
    headers = jsonb_build_object('error', $3::text)
WHERE id = $1 AND {_MINE}"""
_OLD_LOG: Final = f"SELECT EXISTS (SELECT 1 FROM {_JOB_LOG} WHERE created < now() - interval '1 day')"

_WAKING: Final = frozenset({"insert", "update"})
# What PGQueuer expects to hear; it reads no more of it than the type.
_INSERTED: Final = json.dumps(
    {
        "channel": SETTINGS.channel,
        "sent_at": "2000-01-01T00:00:00+00:00",
        "type": "table_changed_event",
        "operation": "insert",
        "table": SETTINGS.queue_table,
    }
)

Row = Mapping[str, Any]


class Coalesced:
    """Passes on at most one call per interval: the first at once, the last never lost."""

    def __init__(self, call: Callable[[], None], seconds: float) -> None:
        self._call = call
        self._seconds = seconds
        self._last = float("-inf")
        self._later: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Ask for the call."""
        if self._later is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._last + self._seconds - loop.time()
        if wait <= 0:
            self._fire()
        else:
            self._later = loop.call_later(wait, self._fire)

    def cancel(self) -> None:
        """Forget a call that is still to come."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _fire(self) -> None:
        self._later = None
        self._last = asyncio.get_running_loop().time()
        self._call()


class ListeningDriver:
    """PGQueuer's driver over a pool, with a listening connection of its own that heals itself.

    Every insert and every end of a job notifies every worker; only inserts matter, and ten a second do.
    """

    def __init__(self, dsn: str, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._dsn = dsn
        self._pool = pool
        self._shutdown = asyncio.Event()
        self._listener: NotifyCallback | None = None
        self._connection: Any = None
        self._lost = asyncio.Event()
        self._inserted = Coalesced(self.rouse, COALESCE_SECONDS)

    @property
    def shutdown(self) -> asyncio.Event:
        """Set when the driver should stop accepting new work."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """The driver has no background tasks of its own."""
        return TaskManager()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Return the rows of *query*."""
        return [dict(row) for row in await self._pool.fetch(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        """Run *query* and return its command tag."""
        return str(await self._pool.execute(query, *args))

    async def notify(self, channel: str, payload: str) -> None:
        """Send a notification to every listener of *channel*."""
        await self._pool.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Deliver wake-ups to *callback*."""
        self._listener = callback
        await self._listen(channel)

    def rouse(self) -> None:
        """Have the worker look at the queue again."""
        if self._listener is not None:
            self._listener(_INSERTED)

    async def keep_listening(self) -> None:
        """Listen again whenever the connection was lost, until cancelled; polling covers the gap."""
        while True:
            await self._lost.wait()
            self._lost.clear()
            try:
                await self._listen(SETTINGS.channel)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(RECONNECT_SECONDS)
                self._lost.set()
            else:
                self.rouse()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener = None
        self._inserted.cancel()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.remove_termination_listener(self._on_loss)
            connection.terminate()

    async def _listen(self, channel: str) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=COMMAND_SECONDS)
        connection.add_termination_listener(self._on_loss)
        await connection.add_listener(channel, self._on_notice)
        self._connection = connection

    def _on_loss(self, _connection: object) -> None:
        self._lost.set()

    def _on_notice(self, _connection: object, _pid: object, _channel: object, payload: object) -> None:
        if isinstance(payload, str) and _is_insert(payload):
            self._inserted()


class PostgresTable:
    """The rows of PGQueuer's queue table in our schema."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", driver: ListeningDriver) -> None:
        self._pool = pool
        self._driver = driver
        self._builder = QueryQueueBuilder(SETTINGS)

    @property
    def driver(self) -> ListeningDriver:
        """What wakes the worker."""
        return self._driver

    async def waiting(self, kinds: Collection[str], lease: timedelta) -> Waiting:
        """Say what waits among *kinds*; a job whose lease ran out is due."""
        rows = await self._pool.fetch(_DUE, list(kinds), lease)
        upcoming = [row["next_in"] for row in rows if row["next_in"] is not None]
        return Waiting([row["kind"] for row in rows if row["due"]], min(upcoming) if upcoming else None)

    async def claim(
        self, kind: str, owner: types.QueueManagerId, *, count: int, fleet_limit: int, lease: timedelta
    ) -> Sequence[Claimed]:
        """Take up to *count* due jobs of *kind*, by priority and age."""
        query = self._builder.build_dequeue_query(
            batch_size=count,
            entrypoints=[types.QueueEntrypoint(kind)],
            concurrency_limits=[fleet_limit],
            queue_manager_id=owner,
            global_concurrency_limit=None,
            heartbeat_timeout=lease,
        )
        try:
            rows = await self._pool.fetch(query.sql, *query.args)
        except asyncpg.PostgresError as raised:
            if lost_capacity_slot_race(raised, _SLOT_INDEX):
                return []
            raise
        return [_claimed(row) for row in rows]

    async def beat(self, ids: Collection[int], owner: types.QueueManagerId) -> set[int]:
        """Renew the leases of *ids*; return those that are still *owner*'s."""
        return {row["id"] for row in await self._pool.fetch(_BEAT, list(ids), owner)}

    async def finish(self, id_: int, owner: types.QueueManagerId) -> None:
        """Remove a finished job."""
        await self._pool.execute(_FINISH, id_, owner)

    async def put_back(self, id_: int, owner: types.QueueManagerId, outcome: PutBack) -> None:
        """Let the job run again later."""
        await self._pool.execute(_PUT_BACK, id_, owner, outcome.delay, int(outcome.counted), outcome.reason)

    async def bury(self, id_: int, owner: types.QueueManagerId, reason: str) -> None:
        """Keep the job as a dead letter."""
        await self._pool.execute(_BURY, id_, owner, reason)

    async def prune(self) -> None:
        """Empty the log once it holds lines older than a day."""
        if not await self._pool.fetchval(_OLD_LOG):
            return
        # Emptying locks out claims for a moment; if somebody holds the log, the next hour will do.
        with contextlib.suppress(asyncpg.LockNotAvailableError):
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute("SET LOCAL lock_timeout = '2s'")
                await connection.execute(f"TRUNCATE {_JOB_LOG}")


@asynccontextmanager
async def open_postgres(url: str) -> AsyncIterator[PostgresTable]:
    """Open the queue of *url* with connections of the worker's own."""
    dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=CONNECTIONS, command_timeout=COMMAND_SECONDS)
    driver = ListeningDriver(dsn, pool)
    healing = asyncio.create_task(driver.keep_listening())
    try:
        yield PostgresTable(pool, driver)
    finally:
        healing.cancel()
        await asyncio.wait({healing})
        # Closing politely would wait for ever on a server that went away.
        pool.terminate()


def _is_insert(payload: str) -> bool:
    try:
        return bool(json.loads(payload).get("operation") in _WAKING)
    except (ValueError, AttributeError):
        _LOG.warning("an unreadable notification arrived on the queue's channel")
        return False


def _claimed(row: Row) -> Claimed:
    kept = models.Job.model_validate(dict(row))
    job = Job(
        kind=row["entrypoint"],
        payload=json.loads(row["payload"]) if row["payload"] else {},
        dedup=row["dedupe_key"],
        run_at=row["execute_after"],
        priority=row["priority"],
    )
    return Claimed(kept, job)
