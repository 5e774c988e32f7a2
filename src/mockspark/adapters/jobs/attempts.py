"""What a worker is running at this moment, and what a handler's end means for its job."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from datetime import timedelta
from typing import Final

from attrs import define, field, frozen

from mockspark.application.errors import Unavailable
from mockspark.application.ports.jobs import Backoff, Dead, Handler, Job, JobSignal, Policy, Retry, Snooze

OnDead = Callable[[Job, str], Awaitable[None]]

JITTER: Final = 0.2
_LOG: Final = logging.getLogger(__name__)


@define
class Attempt:
    """One run of one job; *until* is the monotonic second at which its lease ends."""

    job: Job
    number: int
    until: float
    cancelled: asyncio.Event = field(factory=asyncio.Event)

    def deadline(self) -> float:
        """Return the monotonic second after which the lease may belong to another worker."""
        return self.until


@frozen
class Done:
    """The job is finished."""


@frozen
class PutBack:
    """The job runs again after *delay*; *counted* if this run was a failure."""

    delay: timedelta
    counted: bool
    reason: str


@frozen
class Buried:
    """The job gave up and stays as a dead letter."""

    reason: str


Outcome = Done | PutBack | Buried


@frozen
class Route:
    """Who runs a kind of job, and how."""

    handler: Handler
    policy: Policy


class Running:
    """The attempts of one worker; every kind has as many slots as its policy says."""

    def __init__(self, routes: Mapping[str, Route], lease: timedelta) -> None:
        self.lease = lease
        self._routes = routes
        self._attempts: dict[int, Attempt] = {}
        self._busy = dict.fromkeys(routes, 0)

    def free(self) -> Iterator[tuple[str, int]]:
        """Yield each kind that has room, with how many jobs of it may be claimed at once."""
        for kind, route in self._routes.items():
            room = min(route.policy.slots - self._busy[kind], route.policy.batch)
            if room > 0:
                yield kind, room

    def limit(self, kind: str) -> int:
        """Return how many jobs of *kind* the whole fleet may run; 0 is no limit."""
        return self._routes[kind].policy.fleet_limit or 0

    def begin(self, id_: int, job: Job, *, number: int, claimed: float) -> None:
        """Take a slot for a job claimed at the monotonic second *claimed*."""
        until = claimed + self.lease.total_seconds()
        mine = self._attempts.get(id_)
        if mine is not None:
            mine.until = until
            return
        self._attempts[id_] = Attempt(job, number, until)
        self._busy[job.kind] += 1

    def attempt(self, id_: int) -> Attempt:
        """Return the attempt begun for the job *id_*."""
        return self._attempts[id_]

    def end(self, id_: int) -> None:
        """Give the slot back."""
        attempt = self._attempts.pop(id_, None)
        if attempt is not None:
            self._busy[attempt.job.kind] -= 1

    def beat(self, asked: Collection[int], kept: set[int], *, at: float) -> None:
        """Extend the leases still ours by a heartbeat sent at *at*; tell the attempts that lost theirs."""
        for id_ in asked:
            attempt = self._attempts.get(id_)
            if attempt is None:
                continue
            if id_ in kept:
                attempt.until = at + self.lease.total_seconds()
            else:
                attempt.cancelled.set()


async def outcome_of(route: Route, attempt: Attempt, on_dead: OnDead | None) -> Outcome:
    """Run the handler and judge its end; a dead letter is announced before it is one."""
    outcome = await _run(route, attempt)
    if not isinstance(outcome, Buried) or on_dead is None:
        return outcome
    try:
        await on_dead(attempt.job, outcome.reason)
    except Exception:  # noqa: BLE001 - the outer edge of the hook
        # Buried unannounced, the row behind the job would never be looked at again.
        _LOG.exception("a dead job could not be announced", extra=_facts(attempt))
        return PutBack(_delay(route.policy.backoff, attempt.number), counted=True, reason=outcome.reason)
    return outcome


async def _run(route: Route, attempt: Attempt) -> Outcome:
    try:
        await route.handler(attempt)
    except Exception as raised:  # noqa: BLE001 - the outer edge of every handler
        return _judge(raised, route.policy, attempt)
    return Done()


def _judge(raised: Exception, policy: Policy, attempt: Attempt) -> Outcome:
    signal = _signal_of(raised)
    if isinstance(signal, Snooze):
        return PutBack(signal.delay, counted=False, reason=signal.reason)
    if isinstance(signal, Dead):
        return Buried(signal.reason)
    if signal is None:
        _LOG.warning("a job failed", exc_info=raised, extra=_facts(attempt))
    reason = f"{type(raised).__name__}: {raised}" if signal is None else signal.reason
    if attempt.number >= policy.max_attempts:
        return Buried(reason)
    asked = _asked_delay(raised, signal)
    delay = _delay(policy.backoff, attempt.number) if asked is None else asked
    return PutBack(delay, counted=True, reason=reason)


def _signal_of(raised: BaseException) -> JobSignal | None:
    """Find the signal, also where a task group wrapped it."""
    if isinstance(raised, JobSignal):
        return raised
    if isinstance(raised, BaseExceptionGroup) and len(raised.exceptions) == 1:
        return _signal_of(raised.exceptions[0])
    return None


def _asked_delay(raised: Exception, signal: JobSignal | None) -> timedelta | None:
    if isinstance(signal, Retry):
        return signal.delay
    if isinstance(raised, Unavailable):
        return raised.retry_after
    return None


def _delay(backoff: Backoff, failures: int) -> timedelta:
    # The exponent is bounded so that a long-failing job cannot overflow a float.
    grown = backoff.first.total_seconds() * backoff.factor ** min(failures - 1, 64)
    seconds = min(grown, backoff.cap.total_seconds())
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))


def _facts(attempt: Attempt) -> dict[str, object]:
    return {"job_kind": attempt.job.kind, "job_attempt": attempt.number}
