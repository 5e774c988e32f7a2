"""The contract of the three queues: one suite, run on memory, SQLite and PostgreSQL."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest

from mockspark.application.errors import Unavailable
from mockspark.application.ports.jobs import Attempt, Backoff, Dead, Handler, Job, Policy, Retry, Snooze
from mockspark.domain.errors import NotPossible
from tests.adapters.jobs.conftest import Bench

GAP = 0.3
QUICK = Policy(max_attempts=3, backoff=Backoff(first=timedelta(seconds=GAP), factor=2.0))


class Seen:
    """A handler that keeps what it was given, and ends as told."""

    def __init__(self, *ends: Exception | None) -> None:
        self.jobs: list[Job] = []
        self.numbers: list[int] = []
        self._ends = list(ends)

    async def __call__(self, attempt: Attempt) -> None:
        self.jobs.append(attempt.job)
        self.numbers.append(attempt.number)
        end = self._ends.pop(0) if self._ends else None
        if end is not None:
            raise end

    @property
    def names(self) -> list[str | int]:
        return [job.payload["name"] for job in self.jobs]


def job(name: str, **more: object) -> Job:
    return Job(kind="look", payload={"name": name}, **more)  # type: ignore[arg-type]  # spelled at the call


async def put(bench: Bench, *jobs: Job) -> None:
    async with bench.transaction() as work:
        await work.put(*jobs)


async def put_and_fail(bench: Bench, *jobs: Job) -> None:
    async with bench.transaction() as work:
        await work.put(*jobs)
        raise LookupError


async def cancel_and_fail(bench: Bench, dedup: str) -> None:
    async with bench.transaction() as work:
        await work.cancel(dedup)
        raise LookupError


async def drained(
    bench: Bench, handler: Handler, policy: Policy = QUICK, kinds: Collection[str] | None = None
) -> int:
    worker = bench.worker()
    worker.handle("look", handler, policy)
    return await worker.drain(kinds)


class TestTheQueue:
    async def test_a_job_runs_once_with_what_was_put(self, bench: Bench) -> None:
        """A committed job runs exactly once and carries its kind, payload, key and priority."""
        seen = Seen()
        await put(bench, Job(kind="look", payload={"name": "Zoë", "n": 3}, dedup="k", priority=4))

        assert 1 == await drained(bench, seen)
        assert 0 == await drained(bench, seen)

        (ran,) = seen.jobs
        assert ("look", {"name": "Zoë", "n": 3}, "k", 4) == (ran.kind, ran.payload, ran.dedup, ran.priority)
        assert [1] == seen.numbers

    async def test_a_rollback_removes_the_job(self, bench: Bench) -> None:
        """What a failed transaction put never runs, even if the put was its first statement."""
        seen = Seen()
        with pytest.raises(LookupError):
            await put_and_fail(bench, job("never"), job("ever"))

        assert 0 == await drained(bench, seen)
        assert [] == list(await bench.admin.depth())

    async def test_a_living_duplicate_is_skipped(self, bench: Bench) -> None:
        """One key has one living job, within a statement and across transactions; a later one may follow."""
        seen = Seen()
        await put(bench, job("first", dedup="k"), job("same statement", dedup="k"), job("other", dedup="l"))
        await put(bench, job("later", dedup="k"))
        await drained(bench, seen)
        assert ["first", "other"] == seen.names

        await put(bench, job("again", dedup="k"))
        await drained(bench, seen)
        assert ["first", "other", "again"] == seen.names

    async def test_a_key_is_free_as_soon_as_its_handler_has_ended(self, bench: Bench) -> None:
        """No hint is swallowed between the end of a run and its being written down."""
        seen = Seen()
        worker = bench.worker()
        stop = asyncio.Event()
        again = asyncio.Event()

        async def follow(attempt: Attempt) -> None:
            await seen(attempt)
            if len(seen.jobs) == 2:
                again.set()

        worker.handle("look", follow, QUICK)
        await put(bench, job("one", dedup="k"))
        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop=stop))
            async with asyncio.timeout(10):
                while not seen.jobs or list(await bench.admin.depth()):
                    await asyncio.sleep(0.01)
                await put(bench, job("two", dedup="k"))
                await again.wait()
            stop.set()
        assert ["one", "two"] == seen.names

    async def test_a_scheduled_job_waits_for_its_time(self, bench: Bench) -> None:
        """A job with run_at is not due before it."""
        seen = Seen()
        await put(bench, job("later", run_at=bench.now() + timedelta(seconds=0.4)))
        assert 0 == await drained(bench, seen)
        await bench.pass_time(0.5)
        assert 1 == await drained(bench, seen)

    async def test_the_urgent_goes_first(self, bench: Bench) -> None:
        """Higher priority runs first; equals run in the order in which they were put."""
        seen = Seen()
        await put(bench, job("a"), job("b", priority=5), job("c", priority=-1), job("d", priority=5))
        await drained(bench, seen, Policy(slots=1, batch=1))
        assert ["b", "d", "a", "c"] == seen.names

    async def test_retries_are_spaced_by_the_backoff(self, bench: Bench) -> None:
        """A failed job frees its slot and is due again after first x factor^n, give or take a fifth."""
        seen = Seen(LookupError("one"), LookupError("two"))
        await put(bench, job("flaky"))
        assert 1 == await drained(bench, seen)
        await bench.pass_time(GAP * 0.5)
        assert 0 == await drained(bench, seen)
        await bench.pass_time(GAP * 0.9)
        assert 1 == await drained(bench, seen)
        await bench.pass_time(GAP * 1.1)
        assert 0 == await drained(bench, seen)
        await bench.pass_time(GAP * 1.6)
        assert 1 == await drained(bench, seen)
        assert [1, 2, 3] == seen.numbers

    async def test_a_handler_may_choose_its_own_delay(self, bench: Bench) -> None:
        """Retry(delay=...) and an outage's retry_after stand before the backoff; zero means at once."""
        soon = timedelta(0)
        seen = Seen(Retry("busy", delay=soon), Unavailable("away", retry_after=soon))
        await put(bench, job("hurried"))
        assert 3 == await drained(bench, seen)

    async def test_a_snooze_is_not_a_failure(self, bench: Bench) -> None:
        """A job may be snoozed more often than it may fail."""
        snoozes = [Snooze("no room", delay=timedelta(0)) for _ in range(5)]
        seen = Seen(*snoozes)
        await put(bench, job("patient"))
        assert 6 == await drained(bench, seen)
        assert [1] * 6 == seen.numbers
        assert [] == list(await bench.admin.dead())

    async def test_a_signal_is_understood_through_a_task_group(self, bench: Bench) -> None:
        """A snooze raised in a handler's task group is still a snooze."""
        seen = Seen(ExceptionGroup("tasks", [Snooze("no room", delay=timedelta(0))]))
        await put(bench, job("grouped"))
        assert 2 == await drained(bench, seen)
        assert [1, 1] == seen.numbers

    async def test_a_job_that_fails_too_often_is_a_dead_letter(self, bench: Bench) -> None:
        """After max_attempts the job is kept with its last error, and runs no more."""
        seen = Seen(*[Retry(f"try {n}", delay=timedelta(0)) for n in (1, 2, 3)])
        await put(bench, job("doomed", dedup="k"))
        assert 3 == await drained(bench, seen)

        (dead,) = await bench.admin.dead()
        assert ("look", {"name": "doomed"}, "try 3") == (dead.kind, dead.payload, dead.error)
        assert abs(bench.now() - dead.at) < timedelta(minutes=1)
        assert 0 == await drained(bench, seen)

    async def test_dead_means_at_once(self, bench: Bench) -> None:
        """Dead skips the remaining attempts, and the hook hears of the job before it is buried."""
        told: list[tuple[str | int, str]] = []

        async def on_dead(lost: Job, reason: str) -> None:
            told.append((lost.payload["name"], reason))

        worker = bench.worker(on_dead)
        worker.handle("look", Seen(Dead("no such item")), QUICK)
        await put(bench, job("hopeless"))
        assert 1 == await worker.drain()
        assert [("hopeless", "no such item")] == told
        assert ["no such item"] == [dead.error for dead in await bench.admin.dead()]

    async def test_a_death_that_cannot_be_told_is_tried_again(self, bench: Bench) -> None:
        """While the hook fails the job stays alive, so that its item cannot be forgotten."""

        async def on_dead(lost: Job, reason: str) -> None:
            raise Unavailable("the store is away")

        worker = bench.worker(on_dead)
        worker.handle("look", Seen(Dead("no such item")), QUICK)
        await put(bench, job("hopeless"))
        assert 1 == await worker.drain()
        assert [] == list(await bench.admin.dead())
        assert [1] == [depth.scheduled for depth in await bench.admin.depth()]

    async def test_the_dead_may_be_requeued(self, bench: Bench) -> None:
        """A requeued job runs with all its attempts; unknown ids count for nothing."""
        seen = Seen(Dead("broken"))
        await put(bench, job("lazarus", dedup="k"))
        await drained(bench, seen)
        (dead,) = await bench.admin.dead()

        assert 1 == await bench.admin.requeue([dead.id, "999999", "nonsense"])
        assert 1 == await drained(bench, seen)
        assert [1, 1] == seen.numbers
        assert [] == list(await bench.admin.dead())

    async def test_requeueing_never_makes_twins(self, bench: Bench) -> None:
        """A dead job whose key is alive again is dropped in favour of the living one."""
        seen = Seen(Dead("broken"))
        await put(bench, job("old", dedup="k"))
        await drained(bench, seen)
        await put(bench, job("new", dedup="k"))
        (dead,) = await bench.admin.dead()

        assert 1 == await bench.admin.requeue([dead.id])
        assert 1 == await drained(bench, seen)
        assert ["old", "new"] == seen.names

    async def test_a_queued_job_can_be_cancelled(self, bench: Bench) -> None:
        """A cancelled job never runs, unless the cancelling transaction fails."""
        seen = Seen()
        await put(bench, job("kept", dedup="keep"), job("gone", dedup="go"))
        async with bench.transaction() as work:
            await work.cancel("go")
        with pytest.raises(LookupError):
            await cancel_and_fail(bench, "keep")
        await drained(bench, seen)
        assert ["kept"] == seen.names

    async def test_draining_runs_what_follows(self, bench: Bench) -> None:
        """Jobs put by handlers are run, too; jobs for later are left."""
        names: list[str] = []

        async def chain(attempt: Attempt) -> None:
            n = int(attempt.job.payload["n"])
            names.append(f"{n}")
            if n < 3:
                await put(bench, Job(kind="look", payload={"n": n + 1}))
            else:
                later = bench.now() + timedelta(hours=1)
                await put(bench, Job(kind="look", payload={"n": 4}, run_at=later))

        await put(bench, Job(kind="look", payload={"n": 1}))
        assert 3 == await drained(bench, chain)
        assert ["1", "2", "3"] == names
        (depth,) = await bench.admin.depth()
        assert (0, 1, 0) == (depth.ready, depth.scheduled, depth.running)

    async def test_only_the_kinds_asked_for_run(self, bench: Bench) -> None:
        """A worker told its kinds leaves the others queued, as it does kinds it does not know."""
        seen = Seen()
        await put(bench, job("asked"), Job(kind="other"), Job(kind="unknown"))
        worker = bench.worker()
        worker.handle("look", seen, QUICK)
        worker.handle("other", seen, QUICK)
        assert 1 == await worker.drain(["look"])
        assert {"other": 1, "unknown": 1} == {depth.kind: depth.ready for depth in await bench.admin.depth()}

    async def test_depth_tells_how_long_the_oldest_has_waited(self, bench: Bench) -> None:
        """An operator sees per kind what is ready, scheduled and how late it is."""
        ago = bench.now() - timedelta(seconds=90)
        await put(
            bench, job("late", run_at=ago), job("new"), job("b", run_at=bench.now() + timedelta(hours=1))
        )
        (depth,) = await bench.admin.depth()
        assert (2, 1, 0) == (depth.ready, depth.scheduled, depth.running)
        assert 89 < depth.oldest.total_seconds() < 100

    async def test_a_kind_has_one_handler(self, bench: Bench) -> None:
        """Registering a kind twice is a mistake that is told."""
        worker = bench.worker()
        worker.handle("look", Seen(), QUICK)
        with pytest.raises(NotPossible):
            worker.handle("look", Seen(), QUICK)

    async def test_a_kind_never_has_more_than_its_slots(self, bench: Bench) -> None:
        """One worker runs at most *slots* jobs of a kind at once, and uses all of them."""
        running, most = 0, 0

        async def count(attempt: Attempt) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.02)
            running -= 1

        await run_all(bench, count, Policy(slots=3), [12])
        assert 3 == most

    async def test_the_fleet_never_has_more_than_its_limit(self, bench: Bench) -> None:
        """Two workers together run at most *fleet_limit* jobs of a kind at once."""
        running, most = 0, 0

        async def count(attempt: Attempt) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.02)
            running -= 1

        await run_all(bench, count, Policy(slots=4, fleet_limit=2), [10], workers=2)
        assert 2 == most

    async def test_stopping_lets_running_jobs_finish(self, bench: Bench) -> None:
        """A worker told to stop ends only after its running jobs, and leaves none claimed."""
        started, finish, ended = asyncio.Event(), asyncio.Event(), []

        async def slow(attempt: Attempt) -> None:
            started.set()
            await finish.wait()
            ended.append(attempt.job)

        worker, stop = bench.worker(), asyncio.Event()
        worker.handle("look", slow, QUICK)
        await put(bench, job("slow"))
        async with asyncio.timeout(10):
            running = asyncio.create_task(worker.run(stop=stop))
            await started.wait()
            stop.set()
            await asyncio.sleep(0.05)
            assert not running.done()
            finish.set()
            await running
        assert 1 == len(ended)
        assert [] == list(await bench.admin.depth())


async def run_all(
    bench: Bench, handler: Handler, policy: Policy, counts: list[int], *, workers: int = 1
) -> None:
    """Put jobs and run them all, in workers side by side."""
    left = sum(counts)
    stop = asyncio.Event()

    async def counted(attempt: Attempt) -> None:
        nonlocal left
        await handler(attempt)
        left -= 1
        if not left:
            stop.set()

    for count in counts:
        await put(bench, *[job(f"{n}") for n in range(count)])
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for _ in range(workers):
            worker = bench.worker()
            worker.handle("look", counted, policy)
            group.create_task(worker.run(stop=stop))
