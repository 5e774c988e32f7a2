"""Durable work: jobs are hints to look at a row, the rows are the truth."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from attrs import field, frozen


@frozen(kw_only=True)
class Job:
    """A hint "look at this row"; *payload* carries ids and revisions, never state.

    At most one job per *dedup* key is alive at a time; a second one is skipped.
    """

    kind: str
    payload: Mapping[str, str | int] = field(factory=dict)
    dedup: str | None = None
    run_at: datetime | None = None
    priority: int = 0


class Jobs(Protocol):
    """The queue as a unit of work sees it: what is put becomes visible at commit, and only then."""

    async def put(self, *jobs: Job) -> None:
        """Queue *jobs* in the running transaction; living duplicates are skipped."""

    async def cancel(self, dedup: str) -> None:
        """Forget the queued job of *dedup*; best effort, the row's state is what counts."""


class JobSignal(Exception):
    """How a handler tells its worker what comes next."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Snooze(JobSignal):
    """Not a failure: come back after *delay* (a rate limit, a lease held by another)."""

    def __init__(self, reason: str, *, delay: timedelta) -> None:
        super().__init__(reason)
        self.delay = delay


class Retry(JobSignal):
    """A failure worth repeating; after *delay* or the policy's backoff."""

    def __init__(self, reason: str, *, delay: timedelta | None = None) -> None:
        super().__init__(reason)
        self.delay = delay


class Dead(JobSignal):
    """A failure that repeating cannot mend: straight to the dead letters."""


class Attempt(Protocol):
    """One run of one job."""

    @property
    def job(self) -> Job: ...
    @property
    def number(self) -> int:
        """The engine's count, from 1; information only, attempts that matter are counted in the domain."""

    @property
    def cancelled(self) -> asyncio.Event: ...
    def deadline(self) -> float:
        """Return the monotonic second after which the lease may belong to another worker."""


Handler = Callable[[Attempt], Awaitable[None]]


@frozen(kw_only=True)
class Backoff:
    """Delays of *first*, *first* x *factor*, ... up to *cap*, with jitter."""

    first: timedelta = timedelta(seconds=2)
    factor: float = 2.0
    cap: timedelta = timedelta(hours=1)


@frozen(kw_only=True)
class Policy:
    """How one kind of job is run."""

    slots: int = 4
    fleet_limit: int | None = None
    max_attempts: int = 8
    backoff: Backoff = Backoff()
    batch: int = 10


class Worker(Protocol):
    """Runs jobs until told to stop, and survives the loss of its database."""

    def handle(self, kind: str, handler: Handler, policy: Policy) -> None:
        """Route jobs of *kind* to *handler*."""

    async def run(self, *, stop: asyncio.Event, kinds: Collection[str] | None = None) -> None:
        """Work until *stop*; finishes running jobs first."""

    async def drain(self, kinds: Collection[str] | None = None) -> int:
        """Run everything that is due, and what that leads to, until nothing due is left; return the count."""


@frozen(kw_only=True)
class DeadJob:
    """A job that gave up."""

    id: str
    kind: str
    payload: Mapping[str, str | int]
    error: str
    at: datetime


@frozen(kw_only=True)
class Depth:
    """How much of one kind waits."""

    kind: str
    ready: int
    scheduled: int
    running: int
    oldest: timedelta


class QueueAdmin(Protocol):
    """What an operator may see of the queue."""

    async def dead(self, limit: int = 100) -> Sequence[DeadJob]:
        """List the dead letters, newest first."""

    async def requeue(self, ids: Collection[str]) -> int:
        """Let dead jobs run again; return how many there were."""

    async def depth(self) -> Sequence[Depth]:
        """Count what waits, per kind."""


class Limited(Exception):
    """The limit has no room within the caller's patience."""

    def __init__(self, key: str, retry_after: timedelta) -> None:
        super().__init__(f"{key} has no room for {retry_after.total_seconds():.1f} s")
        self.key = key
        self.retry_after = retry_after


@frozen(kw_only=True)
class Rate:
    """*limit* calls per *period*, of which *burst* may come at once."""

    limit: int
    period: timedelta = timedelta(minutes=1)
    burst: int = 1


class RateLimiter(Protocol):
    """One row per provider account, exact over all hosts."""

    async def reserve(self, key: str, rate: Rate, *, n: int = 1, max_wait: float = 2.0) -> float:
        """Reserve *n* calls; return the seconds to wait before making them, or raise Limited."""

    async def pause(self, key: str, until: datetime) -> None:
        """Let nobody call before *until* (the provider said 429)."""
