"""PGQueuer's view of our tables: one adapter of its repository port for both databases."""
# ruff: noqa: ARG002 - the port decides on the arguments

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Final, Protocol
from uuid import uuid4

from attrs import frozen
from pgqueuer.adapters.inmemory.queries import InMemoryQueries
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.domain import errors, models, types
from pgqueuer.ports.driver import Driver
from pgqueuer.ports.repository import EntrypointExecutionParameter

from mockspark.adapters.jobs.attempts import (
    Attempt,
    Buried,
    Done,
    OnDead,
    Outcome,
    PutBack,
    Route,
    Running,
    outcome_of,
)
from mockspark.application.ports.jobs import Job

PATIENCE_SECONDS: Final = 10.0
SETTLING_SECONDS: Final = 0.001
_LOG: Final = logging.getLogger(__name__)


@frozen
class Claimed:
    """A row this worker now holds: what PGQueuer passes around, and the job it stands for."""

    row: models.Job
    job: Job


@frozen
class Waiting:
    """What waits: the kinds with something due, and the seconds until the next scheduled job."""

    due: Sequence[str]
    next_in: float | None


class JobTable(Protocol):
    """The queue's rows; *owner* fences every write, so that a worker thought dead changes nothing."""

    @property
    def driver(self) -> "Rousing": ...

    async def waiting(self, kinds: Collection[str], lease: timedelta) -> Waiting:
        """Say what waits among *kinds*; a job whose lease ran out is due."""

    async def claim(
        self, kind: str, owner: types.QueueManagerId, *, count: int, fleet_limit: int, lease: timedelta
    ) -> Sequence[Claimed]:
        """Take up to *count* due jobs of *kind*, by priority and age."""

    async def beat(self, ids: Collection[int], owner: types.QueueManagerId) -> set[int]:
        """Renew the leases of *ids*; return those that are still *owner*'s."""

    async def finish(self, id_: int, owner: types.QueueManagerId) -> None:
        """Remove a finished job."""

    async def put_back(self, id_: int, owner: types.QueueManagerId, outcome: PutBack) -> None:
        """Let the job run again later."""

    async def bury(self, id_: int, owner: types.QueueManagerId, reason: str) -> None:
        """Keep the job as a dead letter."""

    async def prune(self) -> None:
        """Forget log lines older than a day."""


class Rousing(Driver, Protocol):
    """A driver whose worker can be woken from inside this process."""

    def rouse(self) -> None:
        """Have the worker look at the queue again."""


class Repository(InMemoryQueries):
    """Feeds PGQueuer's loop from a `JobTable`, as far as slots are free.

    Only schedules and statistics, which we do not use, come from the in-memory adapter.
    """

    def __init__(self, table: JobTable, running: Running) -> None:
        super().__init__(driver=table.driver)  # type: ignore[arg-type]  # it asks for less than it declares
        self.table = table
        self.running = running
        self.owner = types.QueueManagerId(uuid4())
        self.draining = False
        self._kinds: tuple[str, ...] = ()
        self._seen = Waiting((), None)
        self._hungry = False
        self._put_backs: dict[int, PutBack] = {}

    async def dequeue(
        self,
        batch_size: int,
        entrypoints: dict[types.QueueEntrypoint, EntrypointExecutionParameter],
        queue_manager_id: types.QueueManagerId,
        global_concurrency_limit: int | None,
        heartbeat_timeout: timedelta,
    ) -> list[models.Job]:
        """Claim for every kind with free slots and due jobs."""
        self._kinds = tuple(entrypoints)
        free = dict(self.running.free())
        self._hungry = len(free) < len(entrypoints)
        self._seen = await self.table.waiting(free, heartbeat_timeout) if free else Waiting((), None)
        claimed: list[models.Job] = []
        for kind in self._seen.due:
            claimed += await self._claim(kind, free[kind], heartbeat_timeout)
        # What is due and could not be had waits for a fleet limit or lost a race: look again soon.
        self._hungry = self._hungry or (not claimed and bool(self._seen.due))
        return claimed

    async def _claim(self, kind: str, count: int, lease: timedelta) -> list[models.Job]:
        asked = time.monotonic()
        limit = self.running.limit(kind)
        found = await self.table.claim(kind, self.owner, count=count, fleet_limit=limit, lease=lease)
        for claim in found:
            self.running.begin(claim.row.id, claim.job, number=claim.row.attempts + 1, claimed=asked)
        return [claim.row for claim in found]

    async def settle(self, id_: int, attempt: Attempt, outcome: Done | Buried) -> None:
        """Write down how a run ended; while the database is away, insist as long as the lease lasts."""
        if isinstance(outcome, Buried):
            await self._insist(attempt, lambda: self.table.bury(id_, self.owner, outcome.reason))
        else:
            await self._insist(attempt, lambda: self.table.finish(id_, self.owner))

    def will_put_back(self, id_: int, outcome: PutBack) -> None:
        """Keep *outcome* until PGQueuer has let go of the job and asks for its retry."""
        self._put_backs[id_] = outcome

    async def retry_job(
        self, job: models.Job, delay: timedelta, traceback_record: models.TracebackRecord | None
    ) -> None:
        """Let the job run again later."""
        outcome = self._put_backs.pop(job.id)
        attempt = Attempt(Job(kind=job.entrypoint), job.attempts + 1, time.monotonic())
        await self._insist(attempt, lambda: self.table.put_back(job.id, self.owner, outcome))
        self.table.driver.rouse()

    async def log_jobs(
        self, job_status: list[tuple[models.Job, types.JOB_STATUS, models.TracebackRecord | None]]
    ) -> None:
        """Put back what PGQueuer gave up before our handler ran; all else is settled already."""
        for job, status, _ in job_status:
            if status != "successful":
                outcome = PutBack(timedelta(0), counted=False, reason=f"the worker dropped it: {status}")
                await self.table.put_back(job.id, self.owner, outcome)

    async def update_heartbeat(self, job_ids: list[types.JobId]) -> None:
        """Renew leases, and tell the attempts that lost theirs."""
        at = time.monotonic()
        kept = await self.table.beat(job_ids, self.owner)
        self.running.beat(job_ids, kept, at=at)

    async def eligible_queued_work(self, entrypoints: list[types.QueueEntrypoint]) -> int:
        """Answer from the last look: notifications cover what came later."""
        return len(self._seen.due)

    async def next_deferred_eta(self, entrypoints: list[types.QueueEntrypoint]) -> timedelta | None:
        """Answer from the last look, too."""
        return None if self._seen.next_in is None else timedelta(seconds=self._seen.next_in)

    async def queued_work(self, entrypoints: list[types.QueueEntrypoint]) -> int:
        """Say whether draining is over: only what is due counts, and only a fresh look will do."""
        if not self.draining:
            return len(self._seen.due)
        return len((await self.table.waiting(self._kinds, self.running.lease)).due)

    async def aggregate_logs(self) -> None:
        """Nothing to fold: statistics are not kept."""

    async def notify_health_check(self, health_check_event_id: types.HealthCheckId) -> None:
        """Answer PGQueuer's probe; polling covers a listener that broke."""

    def slot_freed(self) -> None:
        """Wake the loop if it left work behind for want of a slot."""
        if self.draining:
            # Only when PGQueuer has let go of the job, a moment later, can draining be over.
            asyncio.get_running_loop().call_later(SETTLING_SECONDS, self.table.driver.rouse)
        elif self._hungry:
            self._hungry = False
            self.table.driver.rouse()

    async def _insist(self, attempt: Attempt, write: Callable[[], Awaitable[None]]) -> None:
        until = max(attempt.deadline(), time.monotonic() + PATIENCE_SECONDS)
        pause = 0.1
        while True:
            try:
                await write()
            except Exception:  # noqa: BLE001 - whatever the database raised, it is asked again
                if time.monotonic() + pause > until:
                    # The row stays claimed; when its lease ends, another worker runs the job again.
                    _LOG.exception("a job's end could not be stored", extra={"job_kind": attempt.job.kind})
                    return
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            else:
                return


class Execution(AbstractEntrypointExecutor):
    """How PGQueuer runs one of our handlers."""

    def __init__(self, route: Route, repository: Repository, on_dead: OnDead | None) -> None:
        limit = route.policy.fleet_limit or 0
        super().__init__(EntrypointExecutorParameters(concurrency_limit=limit, func=self._unused))
        self._route = route
        self._repository = repository
        self._on_dead = on_dead
        self.count = 0

    async def execute(self, job: models.Job, context: models.Context) -> None:
        """Run the handler and store how it ended, before the slot is free again."""
        running = self._repository.running
        attempt = running.attempt(job.id)
        self.count += 1
        try:
            outcome = await self._outcome(attempt)
            if not isinstance(outcome, PutBack):
                await self._repository.settle(job.id, attempt, outcome)
        finally:
            running.end(job.id)
            self._repository.slot_freed()
        if isinstance(outcome, PutBack):
            self._repository.will_put_back(job.id, outcome)
            raise errors.RetryRequested(outcome.delay, outcome.reason)

    async def _outcome(self, attempt: Attempt) -> Outcome:
        try:
            return await outcome_of(self._route, attempt, self._on_dead)
        except asyncio.CancelledError:
            # The process is going down; left to PGQueuer, a cancelled job would be deleted.
            return PutBack(timedelta(0), counted=False, reason="the worker was stopped")

    @staticmethod
    async def _unused(job: models.Job) -> None:
        raise AssertionError(f"job {job.id} is run by execute()")
