"""The queue as transactions and operators see it, on SQLite and on PostgreSQL."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mockspark.adapters.jobs.wakeups import wake
from mockspark.application.ports.jobs import DeadJob, Depth, Job

_PUT: Final[Mapping[str, TextClause]] = {
    "sqlite": text(
        """INSERT INTO mockspark_job (kind, payload, dedup, priority, state, created, run_at)
        SELECT value ->> 'kind', value ->> 'payload', value ->> 'dedup', value ->> 'priority', 'queued',
               value ->> 'now', coalesce(value ->> 'run_at', value ->> 'now')
        FROM json_each(:jobs) WHERE true
        ON CONFLICT (dedup) WHERE dedup IS NOT NULL AND state IN ('queued', 'picked') DO NOTHING"""
    ),
    "postgresql": text(
        """INSERT INTO mockspark_jobs.job (entrypoint, payload, dedupe_key, priority, status, execute_after)
        SELECT j.kind, convert_to(j.payload, 'UTF8'), j.dedup, j.priority, 'queued',
               coalesce(to_timestamp(j.run_at), now())
        FROM json_to_recordset(CAST(:jobs AS json))
             AS j(kind text, payload text, dedup text, priority int, run_at double precision)
        ON CONFLICT (dedupe_key)
            WHERE status IN ('queued', 'picked') AND dedupe_key IS NOT NULL DO NOTHING"""
    ),
}

_CANCEL: Final[Mapping[str, TextClause]] = {
    "sqlite": text("DELETE FROM mockspark_job WHERE dedup = :dedup AND state = 'queued'"),
    "postgresql": text("DELETE FROM mockspark_jobs.job WHERE dedupe_key = :dedup AND status = 'queued'"),
}

_DEAD: Final[Mapping[str, TextClause]] = {
    "sqlite": text(
        """SELECT id, kind, payload, error, failed_at AS at FROM mockspark_job
        WHERE state = 'failed' ORDER BY failed_at DESC, id DESC LIMIT :limit"""
    ),
    "postgresql": text(
        """SELECT id, entrypoint AS kind, convert_from(payload, 'UTF8') AS payload,
               headers ->> 'error' AS error, extract(epoch FROM updated)::float8 AS at
        FROM mockspark_jobs.job WHERE status = 'failed' ORDER BY updated DESC, id DESC LIMIT :limit"""
    ),
}

# A living twin already does what the dead job would do: the dead one then only goes away.
_FORGET_TWIN: Final[Mapping[str, TextClause]] = {
    "sqlite": text(
        """DELETE FROM mockspark_job AS dead WHERE id = :id AND state = 'failed' AND EXISTS (
            SELECT 1 FROM mockspark_job AS twin
            WHERE twin.dedup = dead.dedup AND twin.state IN ('queued', 'picked'))"""
    ),
    "postgresql": text(
        """DELETE FROM mockspark_jobs.job AS dead WHERE id = :id AND status = 'failed' AND EXISTS (
            SELECT 1 FROM mockspark_jobs.job AS twin
            WHERE twin.dedupe_key = dead.dedupe_key AND twin.status IN ('queued', 'picked'))"""
    ),
}

_REVIVE: Final[Mapping[str, TextClause]] = {
    "sqlite": text(
        """UPDATE mockspark_job
        SET state = 'queued', attempts = 0, run_at = :now, owner = NULL, error = NULL, failed_at = NULL
        WHERE id = :id AND state = 'failed'"""
    ),
    "postgresql": text(
        """UPDATE mockspark_jobs.job
        SET status = 'queued', attempts = 0, execute_after = now(), updated = now(),
            queue_manager_id = NULL, slot = NULL, headers = NULL
        WHERE id = :id AND status = 'failed'"""
    ),
}

_DEPTH: Final[Mapping[str, TextClause]] = {
    "sqlite": text(
        """SELECT kind,
            sum(state = 'queued' AND run_at <= :now) AS ready,
            sum(state = 'queued' AND run_at > :now) AS scheduled,
            sum(state = 'picked') AS running,
            max(CASE WHEN state = 'queued' AND run_at <= :now THEN :now - run_at ELSE 0 END) AS oldest
        FROM mockspark_job WHERE state IN ('queued', 'picked') GROUP BY kind ORDER BY kind"""
    ),
    "postgresql": text(
        """SELECT entrypoint AS kind,
            count(*) FILTER (WHERE status = 'queued' AND execute_after <= now()) AS ready,
            count(*) FILTER (WHERE status = 'queued' AND execute_after > now()) AS scheduled,
            count(*) FILTER (WHERE status = 'picked') AS running,
            coalesce(extract(epoch FROM now() - min(execute_after)
                FILTER (WHERE status = 'queued' AND execute_after <= now())), 0)::float8 AS oldest
        FROM mockspark_jobs.job WHERE status IN ('queued', 'picked') GROUP BY entrypoint ORDER BY entrypoint"""
    ),
}


class SqlJobs:
    """The queue inside one transaction: every statement runs on the transaction's own connection.

    Whoever commits calls `publish` afterwards, so that workers of this process start at once.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._put_something = False

    async def put(self, *jobs: Job) -> None:
        """Queue *jobs* in one statement; living duplicates are skipped."""
        if not jobs:
            return
        now = time.time()
        rows = json.dumps([_row(job, now) for job in jobs], ensure_ascii=False)
        await self._execute(_PUT, {"jobs": rows})
        self._put_something = True

    async def cancel(self, dedup: str) -> None:
        """Forget the queued job of *dedup*; one that runs already is left alone."""
        await self._execute(_CANCEL, {"dedup": dedup})

    def publish(self) -> None:
        """After the commit: wake the workers of this process, if anything was put."""
        if self._put_something:
            wake(self._connection.engine.url)

    async def _execute(self, statements: Mapping[str, TextClause], values: Mapping[str, str]) -> None:
        # Through SQLAlchemy, never the driver beneath it: the driver's transaction begins only with
        # SQLAlchemy's first statement, and what came before it would survive a rollback.
        await self._connection.execute(statements[self._connection.dialect.name], values)


class SqlQueueAdmin:
    """What an operator may see of the queue, on either database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def dead(self, limit: int = 100) -> Sequence[DeadJob]:
        """List the dead letters, newest first."""
        async with self._engine.connect() as connection:
            found = await connection.execute(_DEAD[self._dialect], {"limit": limit})
            return tuple(_dead(row) for row in found)

    async def requeue(self, ids: Collection[str]) -> int:
        """Let dead jobs run again, with all their attempts; return how many there were."""
        revived = 0
        async with self._engine.begin() as connection:
            for id_ in sorted({int(id_) for id_ in ids if id_.isdecimal()}):
                values = {"id": id_, **self._now()}
                forgotten = await connection.execute(_FORGET_TWIN[self._dialect], {"id": id_})
                back = await connection.execute(_REVIVE[self._dialect], values)
                revived += forgotten.rowcount + back.rowcount
        if revived:
            wake(self._engine.url)
        return revived

    async def depth(self) -> Sequence[Depth]:
        """Count what waits, per kind."""
        async with self._engine.connect() as connection:
            found = await connection.execute(_DEPTH[self._dialect], self._now())
            return tuple(_depth(row) for row in found)

    @property
    def _dialect(self) -> str:
        return self._engine.dialect.name

    def _now(self) -> dict[str, float]:
        return {"now": time.time()} if self._dialect == "sqlite" else {}


def _row(job: Job, now: float) -> dict[str, object]:
    return {
        "now": now,
        "kind": job.kind,
        "payload": json.dumps(dict(job.payload), ensure_ascii=False),
        "dedup": job.dedup,
        "priority": job.priority,
        "run_at": None if job.run_at is None else job.run_at.timestamp(),
    }


def _dead(row: Row[tuple[object, ...]]) -> DeadJob:
    return DeadJob(
        id=str(row.id),
        kind=row.kind,
        payload=json.loads(row.payload),
        error=row.error or "",
        at=datetime.fromtimestamp(row.at, UTC),
    )


def _depth(row: Row[tuple[object, ...]]) -> Depth:
    return Depth(
        kind=row.kind,
        ready=row.ready,
        scheduled=row.scheduled,
        running=row.running,
        oldest=timedelta(seconds=row.oldest),
    )
