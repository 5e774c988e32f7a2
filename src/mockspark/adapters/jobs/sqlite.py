"""The queue's rows in SQLite: one thread, one connection, every write BEGIN IMMEDIATE."""
# ruff: noqa: S608 - the statements are put together from constants alone

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from pgqueuer.adapters.inmemory.driver import InMemoryDriver
from pgqueuer.domain import models, types
from sqlalchemy import make_url

from mockspark.adapters.jobs.attempts import PutBack
from mockspark.adapters.jobs.repository import Claimed, Waiting
from mockspark.adapters.jobs.tables import SETTINGS
from mockspark.adapters.jobs.wakeups import woken_by
from mockspark.application.ports.jobs import Job

BUSY_SECONDS: Final = 30.0
LOG_SECONDS: Final = 86_400

_DUE: Final = """
SELECT k.value AS kind,
    EXISTS (SELECT 1 FROM mockspark_job
            WHERE kind = k.value AND state = 'queued' AND run_at <= :now)
    OR EXISTS (SELECT 1 FROM mockspark_job
            WHERE kind = k.value AND state = 'picked' AND heartbeat < :stale) AS due,
    (SELECT min(run_at) FROM mockspark_job
     WHERE kind = k.value AND state = 'queued' AND run_at > :now) AS next_at
FROM json_each(:kinds) AS k"""

_CLAIM: Final = """
UPDATE mockspark_job SET state = 'picked', owner = :owner, heartbeat = :now
WHERE id IN (
    SELECT id FROM (
        SELECT id, priority FROM (
            SELECT id, priority FROM mockspark_job
            WHERE kind = :kind AND state = 'picked' AND heartbeat < :stale LIMIT :count)
        UNION ALL
        SELECT id, priority FROM (
            SELECT id, priority FROM mockspark_job
            WHERE kind = :kind AND state = 'queued' AND run_at <= :now
            ORDER BY priority DESC, id LIMIT max(0, min(:count, :room)))
        ORDER BY priority DESC, id LIMIT :count))
RETURNING id, kind, payload, dedup, priority, created, run_at, attempts"""

_PICKED: Final = "SELECT count(*) FROM mockspark_job WHERE kind = :kind AND state = 'picked'"
_MINE: Final = "id = :id AND owner = :owner AND state = 'picked'"
_BEAT: Final = f"UPDATE mockspark_job SET heartbeat = :now WHERE {_MINE}"
_FINISH: Final = f"DELETE FROM mockspark_job WHERE {_MINE}"
_PUT_BACK: Final = f"""
UPDATE mockspark_job SET state = 'queued', run_at = :run_at, attempts = attempts + :counted,
    owner = NULL, heartbeat = NULL, error = :error WHERE {_MINE}"""
_BURY: Final = f"""
UPDATE mockspark_job SET state = 'failed', failed_at = :now, attempts = attempts + 1,
    owner = NULL, heartbeat = NULL, error = :error WHERE {_MINE}"""
_LOG: Final = """
INSERT INTO mockspark_job_log (created, job_id, kind, outcome, error)
SELECT :now, id, kind, :outcome, :error FROM mockspark_job WHERE id = :id"""

_T = TypeVar("_T")


class SqliteDriver(InMemoryDriver):
    """Carries wake-ups from commits of this process to the worker's loop."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()

    def rouse(self) -> None:
        """Have the worker look at the queue again; safe from any thread."""
        try:
            self._loop.call_soon_threadsafe(self._emit)
        except RuntimeError:
            # The loop closed between the look-up and the call: nobody is left to wake.
            return

    def _emit(self) -> None:
        event = models.TableChangedEvent(
            channel=SETTINGS.channel,
            sent_at=datetime.now(UTC),
            type="table_changed_event",
            operation="insert",
            table=SETTINGS.queue_table,
        )
        text = event.model_dump_json(include={"channel", "sent_at", "type", "operation", "table"})
        for listener in self._listeners[SETTINGS.channel]:
            listener(text)


class SqliteTable:
    """The rows of `mockspark_job`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mockspark-jobs")
        self._connection: sqlite3.Connection | None = None
        self._driver = SqliteDriver()

    @property
    def driver(self) -> SqliteDriver:
        """What wakes the worker."""
        return self._driver

    async def waiting(self, kinds: Collection[str], lease: timedelta) -> Waiting:
        """Say what waits among *kinds*; a job whose lease ran out is due."""
        now = time.time()
        values = {"now": now, "stale": now - lease.total_seconds(), "kinds": json.dumps(list(kinds))}
        rows = await self._run(lambda connection: connection.execute(_DUE, values).fetchall())
        upcoming = [row["next_at"] for row in rows if row["next_at"] is not None]
        next_in = max(0.0, min(upcoming) - now) if upcoming else None
        return Waiting([row["kind"] for row in rows if row["due"]], next_in)

    async def claim(
        self, kind: str, owner: types.QueueManagerId, *, count: int, fleet_limit: int, lease: timedelta
    ) -> Sequence[Claimed]:
        """Take up to *count* due jobs of *kind*, by priority and age."""
        now = time.time()
        stale = now - lease.total_seconds()
        values = {"kind": kind, "owner": str(owner), "count": count, "now": now, "stale": stale}

        def take(connection: sqlite3.Connection) -> list[sqlite3.Row]:
            room = count
            if fleet_limit:
                room = fleet_limit - int(connection.execute(_PICKED, {"kind": kind}).fetchone()[0])
            return connection.execute(_CLAIM, {**values, "room": room}).fetchall()

        rows = await self._write(take)
        return [_claimed(row, owner, now) for row in sorted(rows, key=_by_priority)]

    async def beat(self, ids: Collection[int], owner: types.QueueManagerId) -> set[int]:
        """Renew the leases of *ids*; return those that are still *owner*'s."""
        now = time.time()

        def renew(connection: sqlite3.Connection) -> set[int]:
            mine = {"owner": str(owner), "now": now}
            return {id_ for id_ in ids if connection.execute(_BEAT, {**mine, "id": id_}).rowcount}

        return await self._write(renew)

    async def finish(self, id_: int, owner: types.QueueManagerId) -> None:
        """Remove a finished job."""
        values = {"id": id_, "owner": str(owner)}
        await self._write(lambda connection: connection.execute(_FINISH, values).rowcount)

    async def put_back(self, id_: int, owner: types.QueueManagerId, outcome: PutBack) -> None:
        """Let the job run again later."""
        now = time.time()
        values = {
            "id": id_,
            "owner": str(owner),
            "run_at": now + outcome.delay.total_seconds(),
            "counted": int(outcome.counted),
            "error": outcome.reason,
        }
        log = {"now": now, "id": id_, "outcome": "retry", "error": outcome.reason}

        def change(connection: sqlite3.Connection) -> None:
            if connection.execute(_PUT_BACK, values).rowcount and outcome.counted:
                connection.execute(_LOG, log)

        await self._write(change)

    async def bury(self, id_: int, owner: types.QueueManagerId, reason: str) -> None:
        """Keep the job as a dead letter."""
        now = time.time()
        values = {"id": id_, "owner": str(owner), "now": now, "error": reason}
        log = {"now": now, "id": id_, "outcome": "dead", "error": reason}

        def change(connection: sqlite3.Connection) -> None:
            if connection.execute(_BURY, values).rowcount:
                connection.execute(_LOG, log)

        await self._write(change)

    async def prune(self) -> None:
        """Forget log lines older than a day."""
        values = {"before": time.time() - LOG_SECONDS}
        statement = "DELETE FROM mockspark_job_log WHERE created < :before"
        await self._write(lambda connection: connection.execute(statement, values).rowcount)

    async def close(self) -> None:
        """Close the connection and end the thread."""

        def end() -> None:
            if self._connection is not None:
                self._connection.close()

        await asyncio.get_running_loop().run_in_executor(self._thread, end)
        self._thread.shutdown()

    async def _write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        def transact(connection: sqlite3.Connection) -> _T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return await self._run(transact)

    async def _run(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        def call() -> _T:
            if self._connection is None:
                self._connection = _connect(self._path)
            return work(self._connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


@asynccontextmanager
async def open_sqlite(url: str) -> AsyncIterator[SqliteTable]:
    """Open the queue of *url* and listen to the commits of this process."""
    table = SqliteTable(str(make_url(url).database))
    try:
        with woken_by(url, table.driver.rouse):
            yield table
    finally:
        await table.close()


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    # A claim or an end lost with the power only means that the job runs again, which it must bear anyway.
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _claimed(row: sqlite3.Row, owner: types.QueueManagerId, now: float) -> Claimed:
    at = datetime.fromtimestamp(now, UTC)
    run_at = datetime.fromtimestamp(row["run_at"], UTC)
    kept = models.Job.model_construct(
        id=types.JobId(row["id"]),
        priority=row["priority"],
        created=datetime.fromtimestamp(row["created"], UTC),
        updated=at,
        heartbeat=at,
        execute_after=run_at,
        status="picked",
        entrypoint=types.QueueEntrypoint(row["kind"]),
        payload=None,
        attempts=row["attempts"],
        queue_manager_id=owner,
        slot=None,
        headers=None,
    )
    job = Job(
        kind=row["kind"],
        payload=json.loads(row["payload"]),
        dedup=row["dedup"],
        run_at=run_at,
        priority=row["priority"],
    )
    return Claimed(kept, job)


def _by_priority(row: sqlite3.Row) -> tuple[int, int]:
    return -row["priority"], row["id"]
