"""The worker: which use case runs which kind of job, and the sweeper's clock."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from mockspark.application.errors import Unavailable
from mockspark.application.facade import MockSpark
from mockspark.application.ports.jobs import Attempt, Backoff, Handler, Job, Policy, Worker
from mockspark.application.reactions import Kind
from mockspark.domain.identity import OrderId, OrderItemId, ShopId, SubmissionId

_LOG: Final = logging.getLogger(__name__)
_SOON: Final = Backoff(first=timedelta(seconds=1), cap=timedelta(minutes=10))

Act = Callable[[Job], Awaitable[object]]


def _shop(job: Job) -> ShopId:
    return ShopId(str(job.payload["shop"]))


def _id(job: Job, name: str) -> UUID:
    return UUID(hex=str(job.payload[name]))


def routes(spark: MockSpark, *, renderers: int) -> Mapping[Kind, tuple[Act, Policy]]:
    """Say who runs each kind of job, and how many at once per process; *renderers* is the number of processes."""
    return {
        Kind.RENDER: (
            lambda job: spark.generate_files(
                _shop(job), OrderItemId(_id(job, "item")), int(job.payload["version"])
            ),
            Policy(slots=renderers, batch=1, backoff=_SOON),
        ),
        Kind.CANCEL: (
            lambda job: spark.carry_out_cancel(_shop(job), OrderItemId(_id(job, "item"))),
            Policy(slots=4, backoff=_SOON),
        ),
        Kind.PUBLISH: (
            lambda job: spark.publish_shipments(_shop(job), OrderId(_id(job, "order"))),
            Policy(slots=4, backoff=_SOON),
        ),
        Kind.STORE_HOLD: (
            lambda job: spark.store_hold(_shop(job), OrderId(_id(job, "order"))),
            Policy(slots=2, backoff=_SOON),
        ),
        Kind.SEND: (
            lambda job: spark.submit(_shop(job), SubmissionId(_id(job, "submission"))),
            Policy(slots=8, backoff=_SOON),
        ),
        Kind.POLL: (
            lambda job: spark.track(_shop(job), SubmissionId(_id(job, "submission"))),
            Policy(slots=8, backoff=_SOON),
        ),
        Kind.INBOX: (lambda _: spark.work_inbox(), Policy(slots=2, backoff=_SOON)),
        Kind.RECONCILE: (lambda job: spark.reconcile(_shop(job)), Policy(slots=2, backoff=_SOON)),
        Kind.ERASE: (lambda job: spark.erase_shop(_shop(job)), Policy(slots=1)),
    }


def equip(worker: Worker, spark: MockSpark, *, renderers: int) -> None:
    """Teach *worker* every kind of job."""
    for kind, (act, policy) in routes(spark, renderers=renderers).items():
        worker.handle(kind, _handler(act), policy)


async def announce_dead(job: Job, reason: str) -> None:
    """Note a job that gave up; its row is found again by the sweeper, which has a limit for every state."""
    _LOG.error("a job gave up", extra={"job_kind": job.kind, "job_reason": reason[:500]})


@frozen(kw_only=True)
class WorkForce:
    """One process's share of the work: its worker and its sweeper, until told to stop."""

    spark: MockSpark
    worker: Worker
    sweep_every: float

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop*; running jobs are finished first."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.worker.run(stop=stop))
            group.create_task(self._sweep(stop))

    async def _sweep(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.spark.sweep()
            except Unavailable:
                _LOG.warning("the sweeper found no database and looks again")
            except Exception:  # noqa: BLE001
                # The outer edge: the next round may work, and without rounds nothing stuck would ever be seen.
                _LOG.exception("the sweeper stumbled")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.sweep_every)


def _handler(act: Act) -> Handler:
    async def handle(attempt: Attempt) -> None:
        await act(attempt.job)

    return handle
