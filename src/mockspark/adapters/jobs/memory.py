"""The queue in memory: the same promises, one process, a clock that is passed in."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from functools import partial
from typing import Final

from attrs import define, evolve, field

from mockspark.adapters.jobs.attempts import Attempt, Buried, Done, OnDead, Outcome, Route, outcome_of
from mockspark.application.ports.jobs import DeadJob, Depth, Handler, Job, Policy
from mockspark.domain.errors import NotPossible

POLL_SECONDS: Final = 0.05
FOREVER: Final = float("inf")


class _State(Enum):
    QUEUED = auto()
    PICKED = auto()
    FAILED = auto()


@define
class _Entry:
    id: int
    job: Job
    run_at: datetime
    state: _State = _State.QUEUED
    failures: int = 0
    error: str = ""
    failed_at: datetime | None = None

    def order(self) -> tuple[int, int]:
        return -self.job.priority, self.id


@define
class MemoryQueue:
    """All jobs of one process; an operator's view of them, too."""

    clock: Callable[[], datetime]
    _entries: dict[int, _Entry] = field(factory=dict, init=False)
    _ids: Iterator[int] = field(factory=lambda: itertools.count(1), init=False)
    _wakers: set[asyncio.Event] = field(factory=set, init=False)

    def jobs(self) -> "MemoryJobs":
        """Open the queue for one transaction."""
        return MemoryJobs(self)

    async def dead(self, limit: int = 100) -> Sequence[DeadJob]:
        """List the dead letters, newest first."""
        failed = [entry for entry in self._entries.values() if entry.state is _State.FAILED]
        failed.sort(key=lambda entry: (entry.failed_at or entry.run_at, entry.id), reverse=True)
        return tuple(_dead(entry) for entry in failed[:limit])

    async def requeue(self, ids: Collection[str]) -> int:
        """Let dead jobs run again, with all their attempts; return how many there were."""
        failed = [
            entry for entry in self._entries.values() if str(entry.id) in ids and entry.state is _State.FAILED
        ]
        for entry in failed:
            if self._alive(entry.job.dedup):
                del self._entries[entry.id]
            else:
                self._entries[entry.id] = _Entry(entry.id, entry.job, self.clock())
        self.wake()
        return len(failed)

    async def depth(self) -> Sequence[Depth]:
        """Count what waits, per kind."""
        alive = [entry for entry in self._entries.values() if entry.state is not _State.FAILED]
        kinds = sorted({entry.job.kind for entry in alive})
        return tuple(self._depth([entry for entry in alive if entry.job.kind == kind]) for kind in kinds)

    def add(self, job: Job) -> None:
        """Queue *job*, unless its key is alive."""
        if self._alive(job.dedup):
            return
        id_ = next(self._ids)
        self._entries[id_] = _Entry(id_, job, job.run_at or self.clock())

    def forget(self, dedup: str) -> None:
        """Drop the queued job of *dedup*."""
        for entry in list(self._entries.values()):
            if entry.job.dedup == dedup and entry.state is _State.QUEUED:
                del self._entries[entry.id]

    def due(self, kinds: Collection[str]) -> list[_Entry]:
        """Return what may run now, first things first."""
        now = self.clock()
        found = [
            entry
            for entry in self._entries.values()
            if entry.state is _State.QUEUED and entry.run_at <= now and entry.job.kind in kinds
        ]
        return sorted(found, key=_Entry.order)

    def picked(self, kind: str) -> int:
        """Count the running jobs of *kind*."""
        return sum(
            entry.state is _State.PICKED and entry.job.kind == kind for entry in self._entries.values()
        )

    def settle(self, entry: _Entry, outcome: Outcome) -> None:
        """Write down how a run ended."""
        match outcome:
            case Done():
                del self._entries[entry.id]
            case Buried(reason=reason):
                entry.state, entry.error, entry.failed_at = _State.FAILED, reason, self.clock()
            case _:
                entry.state, entry.error = _State.QUEUED, outcome.reason
                entry.run_at = self.clock() + outcome.delay
                entry.failures += outcome.counted

    def wake(self) -> None:
        """Have every worker look again."""
        for waker in self._wakers:
            waker.set()

    def watch(self, waker: asyncio.Event) -> None:
        """Set *waker* whenever something was queued."""
        self._wakers.add(waker)

    def unwatch(self, waker: asyncio.Event) -> None:
        """Stop setting *waker*."""
        self._wakers.discard(waker)

    def _alive(self, dedup: str | None) -> bool:
        return dedup is not None and any(
            entry.job.dedup == dedup and entry.state is not _State.FAILED for entry in self._entries.values()
        )

    def _depth(self, entries: Sequence[_Entry]) -> Depth:
        now = self.clock()
        queued = [entry for entry in entries if entry.state is _State.QUEUED]
        ready = [entry for entry in queued if entry.run_at <= now]
        return Depth(
            kind=entries[0].job.kind,
            ready=len(ready),
            scheduled=len(queued) - len(ready),
            running=len(entries) - len(queued),
            oldest=max((now - entry.run_at for entry in ready), default=timedelta(0)),
        )


class MemoryJobs:
    """The queue inside one transaction: nothing happens before `publish`, and dropping it rolls back."""

    def __init__(self, queue: MemoryQueue) -> None:
        self._queue = queue
        self._changes: list[Callable[[], None]] = []

    async def put(self, *jobs: Job) -> None:
        """Queue *jobs* at the commit; living duplicates are skipped."""
        for job in jobs:
            self._changes.append(partial(self._queue.add, job))

    async def cancel(self, dedup: str) -> None:
        """Forget the queued job of *dedup* at the commit."""
        self._changes.append(partial(self._queue.forget, dedup))

    def publish(self) -> None:
        """At the commit: make everything visible at once."""
        for change in self._changes:
            change()
        self._changes.clear()
        self._queue.wake()


class MemoryWorker:
    """Runs the jobs of a `MemoryQueue`; draining runs them one after another, in a fixed order."""

    def __init__(self, queue: MemoryQueue, *, on_dead: OnDead | None = None) -> None:
        self._queue = queue
        self._on_dead = on_dead
        self._routes: dict[str, Route] = {}

    def handle(self, kind: str, handler: Handler, policy: Policy) -> None:
        """Route jobs of *kind* to *handler*."""
        if kind in self._routes:
            raise NotPossible(f"jobs of the kind {kind!r} already have a handler")
        self._routes[kind] = Route(handler, policy)

    async def drain(self, kinds: Collection[str] | None = None) -> int:
        """Run everything that is due, and what that leads to, until nothing due is left; return the count."""
        count = 0
        while due := self._queue.due(self._chosen(kinds)):
            await self._run(self._pick(due[0]))
            count += 1
        return count

    async def run(self, *, stop: asyncio.Event, kinds: Collection[str] | None = None) -> None:
        """Work until *stop*; finishes running jobs first."""
        waker = asyncio.Event()
        self._queue.watch(waker)
        try:
            async with asyncio.TaskGroup() as group:
                while not stop.is_set():
                    waker.clear()
                    for entry in self._with_room(self._queue.due(self._chosen(kinds))):
                        task = group.create_task(self._run(self._pick(entry)))
                        task.add_done_callback(lambda _: waker.set())
                    await _first_of(waker.wait(), stop.wait(), seconds=POLL_SECONDS)
        finally:
            self._queue.unwatch(waker)

    def _with_room(self, due: Sequence[_Entry]) -> list[_Entry]:
        taken: dict[str, int] = {}
        chosen = []
        for entry in due:
            kind = entry.job.kind
            policy = self._routes[kind].policy
            busy = taken.setdefault(kind, self._queue.picked(kind))
            if busy < min(policy.slots, policy.fleet_limit or policy.slots):
                taken[kind] += 1
                chosen.append(entry)
        return chosen

    def _pick(self, entry: _Entry) -> _Entry:
        entry.state = _State.PICKED
        return entry

    async def _run(self, entry: _Entry) -> None:
        job = evolve(entry.job, run_at=entry.run_at)
        attempt = Attempt(job, entry.failures + 1, FOREVER)
        self._queue.settle(entry, await outcome_of(self._routes[job.kind], attempt, self._on_dead))

    def _chosen(self, kinds: Collection[str] | None) -> Collection[str]:
        return self._routes.keys() if kinds is None else self._routes.keys() & set(kinds)


async def _first_of(*waits: Awaitable[object], seconds: float) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _dead(entry: _Entry) -> DeadJob:
    return DeadJob(
        id=str(entry.id),
        kind=entry.job.kind,
        payload=dict(entry.job.payload),
        error=entry.error,
        at=entry.failed_at or entry.run_at,
    )
