"""The worker: PGQueuer's loop over our tables, kept alive while its database comes and goes."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Final

from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.types import QueueExecutionMode
from sqlalchemy import make_url

from mockspark.adapters.jobs.attempts import OnDead, Route, Running
from mockspark.adapters.jobs.repository import Execution, JobTable, Repository
from mockspark.adapters.jobs.tables import SETTINGS
from mockspark.application.ports.jobs import Handler, Policy
from mockspark.domain.errors import NotPossible

LEASE: Final = timedelta(seconds=30)
POLL: Final[Mapping[str, timedelta]] = {
    # Between processes SQLite has no notifications: this is the delay of a job put by another process.
    "sqlite": timedelta(seconds=0.2),
    "postgresql": timedelta(seconds=1),
}
FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 5.0
PRUNE_SECONDS: Final = 3600.0
_BUFFER: Final = 20
_DRAIN_POLL: Final = timedelta(seconds=0.02)
_LOG: Final = logging.getLogger(__name__)

OpenTable = Callable[[], AbstractAsyncContextManager[JobTable]]


def make_worker(url: str, *, on_dead: OnDead | None = None, lease: timedelta = LEASE) -> "SqlWorker":
    """Make the worker for the database of *url*.

    *on_dead* is awaited with a job and its last error before it becomes a dead letter.
    A job is taken from a worker that has not been heard of for *lease*.
    """
    if make_url(url).get_backend_name() == "sqlite":
        from mockspark.adapters.jobs.sqlite import open_sqlite

        return SqlWorker(lambda: open_sqlite(url), poll=POLL["sqlite"], on_dead=on_dead, lease=lease)
    from mockspark.adapters.jobs.postgres import open_postgres

    return SqlWorker(lambda: open_postgres(url), poll=POLL["postgresql"], on_dead=on_dead, lease=lease)


class SqlWorker:
    """Runs the jobs of one database; any number of them, in any number of processes, share the work."""

    def __init__(
        self, open_table: OpenTable, *, poll: timedelta, on_dead: OnDead | None, lease: timedelta
    ) -> None:
        self._open = open_table
        self._poll = min(poll, lease / 4)
        self._on_dead = on_dead
        self._lease = lease
        self._routes: dict[str, Route] = {}

    def handle(self, kind: str, handler: Handler, policy: Policy) -> None:
        """Route jobs of *kind* to *handler*."""
        if kind in self._routes:
            raise NotPossible(f"jobs of the kind {kind!r} already have a handler")
        self._routes[kind] = Route(handler, policy)

    async def run(self, *, stop: asyncio.Event, kinds: Collection[str] | None = None) -> None:
        """Work until *stop*; finishes running jobs first, and comes back when the database does."""
        pause = FIRST_PAUSE_SECONDS
        while not stop.is_set():
            started = asyncio.get_running_loop().time()
            try:
                await self._session(stop, self._chosen(kinds))
            except Exception:  # noqa: BLE001 - the outer edge: whatever broke the session, the next one may work
                _LOG.warning("the worker lost its queue and connects again", exc_info=True)
                if asyncio.get_running_loop().time() - started > LONGEST_PAUSE_SECONDS:
                    pause = FIRST_PAUSE_SECONDS
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def drain(self, kinds: Collection[str] | None = None) -> int:
        """Run everything that is due, and what that leads to, until nothing due is left; return the count."""
        routes = self._chosen(kinds)
        async with self._open() as table:
            repository = Repository(table, Running(routes, self._lease))
            repository.draining = True
            manager, executions = self._manager(repository, routes)
            await manager.run(
                dequeue_timeout=_DRAIN_POLL,
                batch_size=_BUFFER,
                mode=QueueExecutionMode.drain,
                heartbeat_timeout=self._lease,
                log_aggregation_interval=timedelta(0),
            )
        return sum(execution.count for execution in executions)

    async def _session(self, stop: asyncio.Event, routes: Mapping[str, Route]) -> None:
        async with self._open() as table:
            manager, _ = self._manager(Repository(table, Running(routes, self._lease)), routes)
            chores = [
                asyncio.create_task(_shut_down_at(stop, manager)),
                asyncio.create_task(_prune_hourly(table)),
            ]
            try:
                await manager.run(
                    dequeue_timeout=self._poll,
                    batch_size=_BUFFER,
                    heartbeat_timeout=self._lease,
                    log_aggregation_interval=timedelta(0),
                )
            finally:
                for chore in chores:
                    chore.cancel()
                await asyncio.wait(chores)

    def _manager(
        self, repository: Repository, routes: Mapping[str, Route]
    ) -> tuple[QueueManager, list[Execution]]:
        manager = QueueManager(repository, channel=SETTINGS.channel)
        manager.min_dequeue_poll_interval = min(manager.min_dequeue_poll_interval, self._poll)
        if repository.draining:
            manager.min_dequeue_poll_interval = _DRAIN_POLL
        executions = [Execution(route, repository, self._on_dead) for route in routes.values()]
        for kind, execution in zip(routes, executions, strict=True):
            manager.register_executor(kind, execution)
        return manager, executions

    def _chosen(self, kinds: Collection[str] | None) -> Mapping[str, Route]:
        if kinds is None:
            return self._routes
        return {kind: route for kind, route in self._routes.items() if kind in kinds}


async def _shut_down_at(stop: asyncio.Event, manager: QueueManager) -> None:
    await stop.wait()
    manager.shutdown.set()


async def _prune_hourly(table: JobTable) -> None:
    while True:
        try:
            await table.prune()
        except Exception:  # noqa: BLE001 - the next hour will do
            _LOG.warning("the queue's log could not be pruned", exc_info=True)
        await asyncio.sleep(PRUNE_SECONDS)
