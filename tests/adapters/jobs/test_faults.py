"""What happens to jobs when workers are killed or frozen, and when the database goes away."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from mockspark.adapters.jobs.worker import make_worker
from mockspark.application.ports.jobs import Attempt, Dead, Job, Policy, Retry
from mockspark.application.ports.jobs import Worker as WorkerPort
from tests.adapters.jobs.conftest import SqlBench, sql_bench
from tests.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[3]
LEASE = timedelta(seconds=1)


def job(name: str) -> Job:
    return Job(kind="look", payload={"name": name}, dedup=name)


async def put(bench: SqlBench, *jobs: Job) -> None:
    async with bench.transaction() as work:
        await work.put(*jobs)


@asynccontextmanager
async def one_process(bench: SqlBench, notes: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.adapters.jobs.one_worker", bench.url]
    process = subprocess.Popen([*command, str(LEASE.total_seconds()), str(notes)], cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@asynccontextmanager
async def working(worker: WorkerPort) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(worker.run(stop=stop))
        try:
            yield
        finally:
            stop.set()


async def until_noted(notes: Path, line: str) -> None:
    async with asyncio.timeout(20):
        while not notes.exists() or line not in notes.read_text():  # noqa: ASYNC240 - another process writes
            await asyncio.sleep(0.02)


async def until_empty(bench: SqlBench) -> None:
    async with asyncio.timeout(20):
        while list(await bench.admin.depth()):
            await asyncio.sleep(0.05)


class Taken:
    """Collects what a worker of this process was given."""

    def __init__(self, lease: timedelta, url: str) -> None:
        self.names: list[str | int] = []
        self.any = asyncio.Event()
        self.worker = make_worker(url, lease=lease)
        self.worker.handle("look", self._take, Policy())

    async def _take(self, attempt: Attempt) -> None:
        self.names.append(attempt.job.payload["name"])
        self.any.set()


async def test_jobs_of_a_killed_worker_are_taken_over(sql: SqlBench, tmp_path: Path) -> None:
    """After kill -9 every job the worker held runs elsewhere once its lease is over, and not before."""
    notes = tmp_path / "notes"
    await put(sql, job("a"), job("b"))
    async with one_process(sql, notes) as process:
        await until_noted(notes, "begun b")
        process.kill()
        killed = time.monotonic()

    taken = Taken(LEASE, sql.url)
    assert 0 == await taken.worker.drain()
    async with working(taken.worker):
        await until_empty(sql)
    assert {"a", "b"} == set(taken.names)
    assert 2 == len(taken.names)
    assert time.monotonic() - killed < 6


async def test_a_working_worker_keeps_its_jobs(sql: SqlBench, tmp_path: Path) -> None:
    """Heartbeats hold a job for longer than its lease."""
    notes = tmp_path / "notes"
    await put(sql, job("long"))
    async with one_process(sql, notes):
        await until_noted(notes, "begun long")
        taken = Taken(LEASE, sql.url)
        async with working(taken.worker):
            await asyncio.sleep(2.2 * LEASE.total_seconds())
            notes.with_suffix(".go").touch()
            await until_empty(sql)
    assert [] == taken.names
    assert "ended long mine" in notes.read_text()


async def test_a_frozen_worker_learns_that_it_lost_its_job(sql: SqlBench, tmp_path: Path) -> None:
    """A worker frozen past its lease is told so, and its late end does not touch the new owner's job."""
    notes = tmp_path / "notes"
    await put(sql, job("contested"))
    held, release = asyncio.Event(), asyncio.Event()

    async def hold(attempt: Attempt) -> None:
        held.set()
        await release.wait()

    worker = make_worker(sql.url, lease=LEASE)
    worker.handle("look", hold, Policy())
    async with one_process(sql, notes) as process:
        await until_noted(notes, "begun contested")
        process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(20), working(worker):
            await held.wait()
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(1.2 * LEASE.total_seconds())
            notes.with_suffix(".go").touch()
            await until_noted(notes, "ended contested lost")
            await asyncio.sleep(0.1)
            assert [1] == [depth.running for depth in await sql.admin.depth()]
            release.set()
    assert [] == list(await sql.admin.depth())


async def test_a_cancelled_worker_loses_nothing(sql: SqlBench) -> None:
    """Jobs interrupted by cancelling the worker's task, twice, are queued again at once."""
    begun = asyncio.Event()

    async def wait(attempt: Attempt) -> None:
        begun.set()
        await asyncio.sleep(60)

    worker = make_worker(sql.url)
    worker.handle("look", wait, Policy())
    await put(sql, job("cut short"))
    task = asyncio.create_task(worker.run(stop=asyncio.Event()))
    await begun.wait()
    for _ in range(10):
        task.cancel()
        await asyncio.sleep(0.02)
    async with asyncio.timeout(10):
        await asyncio.wait([task])

    taken = Taken(LEASE, sql.url)
    assert 1 == await taken.worker.drain()


async def test_a_commit_wakes_the_worker_at_once(sql: SqlBench) -> None:
    """Within one process a job starts without waiting for the next poll."""
    taken = Taken(timedelta(seconds=30), sql.url)
    waits = []
    async with working(taken.worker):
        await asyncio.sleep(0.5)
        for n in range(10):
            taken.any.clear()
            started = time.monotonic()
            await put(sql, job(f"{n}"))
            await asyncio.wait_for(taken.any.wait(), 5)
            waits.append(time.monotonic() - started)
            await asyncio.sleep(0.11)
    assert sorted(waits)[5] < 0.1


async def test_the_deadline_moves_with_the_heartbeats(sql: SqlBench) -> None:
    """A handler sees a deadline within one lease of now, and it is renewed while it works."""
    deadlines: list[float] = []

    async def watch(attempt: Attempt) -> None:
        deadlines.extend([attempt.deadline() - time.monotonic()])
        await asyncio.sleep(0.9 * LEASE.total_seconds())
        deadlines.extend([attempt.deadline() - time.monotonic()])

    worker = make_worker(sql.url, lease=LEASE)
    worker.handle("look", watch, Policy())
    await put(sql, job("timed"))
    await worker.drain()
    assert all(0.3 < left <= 1 for left in deadlines), deadlines


async def test_workers_outlive_a_restart_of_postgres(private_postgres: PostgresServer) -> None:
    """Jobs before, during and after an outage all run once more or less soon, and none is buried."""
    async with sql_bench(private_postgres.new_database()) as bench:
        ran: list[str | int] = []
        begun, go = asyncio.Event(), asyncio.Event()

        async def work(attempt: Attempt) -> None:
            begun.set()
            await go.wait()
            ran.append(attempt.job.payload["name"])
            if attempt.job.payload["name"] == "retried" and ran.count("retried") == 1:
                raise Retry("once more", delay=timedelta(0))

        worker = make_worker(bench.url, lease=timedelta(seconds=2))
        worker.handle("look", work, Policy())
        await put(bench, job("before"), job("retried"))
        async with working(worker):
            await begun.wait()
            await asyncio.to_thread(private_postgres.stop)
            go.set()
            await asyncio.sleep(0.5)
            await asyncio.to_thread(private_postgres.start)
            await put_when_back(bench, job("after"))
            await until_empty(bench)
        assert {"before", "retried", "after"} == set(ran)
        assert ran.count("retried") >= 2
        assert [] == list(await bench.admin.dead())


async def put_when_back(bench: SqlBench, late: Job) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await put(bench, late)
            except Exception:  # noqa: BLE001 - whatever the pool's dead connections raise
                await asyncio.sleep(0.1)
            else:
                return


async def test_a_listener_that_was_cut_off_listens_again(private_postgres: PostgresServer) -> None:
    """Losing only the listening connection costs no notification for long."""
    async with sql_bench(private_postgres.new_database()) as bench:
        taken = Taken(timedelta(seconds=30), bench.url)
        async with working(taken.worker):
            await put(bench, job("first"))
            await asyncio.wait_for(taken.any.wait(), 5)
            async with bench.engine.begin() as connection:
                cut = (
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                )
                assert 1 == await connection.scalar(text(cut))
            await asyncio.sleep(0.3)
            async with bench.engine.begin() as connection:
                back = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                assert 1 == await connection.scalar(text(back))


async def test_what_a_dead_letter_says_survives(sql: SqlBench) -> None:
    """The last error is kept in the job's own durable row, not in a log that may be emptied."""

    async def fail(attempt: Attempt) -> None:
        raise Dead("the item is gone")

    worker = make_worker(sql.url)
    worker.handle("look", fail, Policy())
    await put(sql, job("x"))
    await worker.drain()
    log = "mockspark_job_log" if sql.url.startswith("sqlite") else "mockspark_jobs.job_log"
    async with sql.engine.begin() as connection:
        await connection.execute(text(f"DELETE FROM {log}"))
    assert ["the item is gone"] == [dead.error for dead in await sql.admin.dead()]


@pytest.mark.parametrize("repeat", [2])
async def test_installing_again_changes_nothing(sql: SqlBench, repeat: int) -> None:
    """Tables are made once; jobs in them stay."""
    from mockspark.adapters.jobs.tables import install

    await put(sql, job("kept"))
    for _ in range(repeat):
        await install(sql.engine)
    assert [1] == [depth.ready for depth in await sql.admin.depth()]
