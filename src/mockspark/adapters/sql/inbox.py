"""Webhooks that were taken in, durable before the sender hears of it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mockspark.adapters.jobs.queue import SqlJobs
from mockspark.adapters.sql.rows import AnyRow, transaction, upsert
from mockspark.adapters.sql.tables import deliveries, refusals
from mockspark.adapters.sql.types import storable
from mockspark.application.errors import Unavailable
from mockspark.application.ports.jobs import Job
from mockspark.application.ports.storage import Delivery
from mockspark.application.reactions import Kind
from mockspark.domain.identity import ShopId

LEASE: Final = timedelta(minutes=5)
"""How long a claimed delivery is nobody else's."""
_MOST_AT_ONCE: Final = 50


class SqlInbox:
    """The inbox of all shops."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._waiting: list[_Waiting] = []
        self._keeping: asyncio.Task[None] | None = None

    async def accept(self, delivery: Delivery) -> bool:
        """Keep *delivery* and queue its working off; False when it is kept already. Durable on return.

        What arrives while others are being committed shares the next commit.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, answer))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep_waiting())
        return await answer

    async def _keep_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
            await self._keep(batch)

    async def _keep(self, batch: "Sequence[_Waiting]") -> None:
        try:
            kept = await self._kept([delivery for delivery, _ in batch])
        except Exception as problem:  # noqa: BLE001 - told to whoever waits
            await self._not_kept(batch, problem)
            return
        for delivery, answer in batch:
            fresh = _key(delivery) in kept
            kept.discard(_key(delivery))
            if not answer.done():
                answer.set_result(fresh)

    async def _not_kept(self, batch: "Sequence[_Waiting]", problem: Exception) -> None:
        """Tell the senders; where one delivery may have spoiled the batch, each gets a try of its own."""
        if len(batch) > 1 and not isinstance(problem, Unavailable):
            for waiting in batch:
                await self._keep([waiting])
            return
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(problem)

    async def _kept(self, batch: Sequence[Delivery]) -> "set[_Key]":
        """Commit *batch*; return the keys of those that were not there yet."""
        async with transaction(self._engine) as connection:
            rows = await _add(connection, batch)
            if not rows:
                return set()
            jobs = SqlJobs(connection)
            # One job works off whatever is free, so one for all of them is enough.
            await jobs.put(Job(kind=Kind.INBOX, dedup=f"inbox:{min(row.id for row in rows)}"))
        jobs.publish()
        return {(row.source, row.shop_id, row.delivery_id) for row in rows}

    async def claim(self, *, now: datetime, limit: int = 50) -> Sequence[Delivery]:
        """Take deliveries that nobody works on, oldest first."""
        free = (
            select(deliveries.c.id).where(deliveries.c.free_at.is_not(None), deliveries.c.free_at <= now)
            .order_by(deliveries.c.free_at, deliveries.c.id).limit(limit).with_for_update(skip_locked=True)
        )  # fmt: skip
        taken = (
            deliveries.update().where(deliveries.c.id.in_(free))
            .values(free_at=now + LEASE, attempts=deliveries.c.attempts + 1).returning(*deliveries.c)
        )  # fmt: skip
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(taken)).all()
        return [_read(row) for row in sorted(rows, key=lambda row: row.id)]

    async def settle(self, delivery: Delivery, outcome: str) -> None:
        """Note that *delivery* is done with; of what it said nothing is kept."""
        async with transaction(self._engine) as connection:
            await connection.execute(
                deliveries.update().where(_held(delivery)).values(free_at=None, outcome=outcome, body=b"")
            )

    async def postpone(self, delivery: Delivery, *, until: datetime, why: str) -> None:
        """Put *delivery* back until *until*, with a job for then."""
        async with transaction(self._engine) as connection:
            await connection.execute(
                deliveries.update().where(_held(delivery)).values(free_at=until, outcome=why)
            )
            jobs = SqlJobs(connection)
            await jobs.put(
                Job(kind=Kind.INBOX, dedup=f"inbox:{delivery.id}:{delivery.attempts}", run_at=until)
            )
        jobs.publish()

    async def count_refused(self, source: str, why: str) -> None:
        """Count a delivery that was not believed; nothing else of it is kept."""
        async with transaction(self._engine) as connection:
            fresh = upsert(connection, refusals).values(source=source, why=why, count=1)
            await connection.execute(
                fresh.on_conflict_do_update(
                    index_elements=["source", "why"], set_={"count": refusals.c.count + 1}
                )
            )


_Waiting = tuple[Delivery, "asyncio.Future[bool]"]
_Key = tuple[str, str, str]


async def _add(connection: AsyncConnection, batch: Sequence[Delivery]) -> Sequence[AnyRow]:
    kept = deliveries.c
    statement = upsert(connection, deliveries).on_conflict_do_nothing()
    returned = statement.returning(kept.id, kept.source, kept.shop_id, kept.delivery_id)
    return (await connection.execute(returned, [_row(delivery) for delivery in batch])).all()


def _row(delivery: Delivery) -> dict[str, object]:
    return {
        "source": delivery.source,
        "shop_id": delivery.shop_id,
        "delivery_id": delivery.delivery_id,
        "topic": delivery.topic,
        "event_id": delivery.event_id,
        "triggered_at": delivery.triggered_at,
        "received_at": delivery.received_at,
        "free_at": delivery.received_at,
        "attempts": 0,
        "outcome": "",
        "body": delivery.body,
    }


def _key(delivery: Delivery) -> _Key:
    return (delivery.source, delivery.shop_id, storable(delivery.delivery_id))


def _held(delivery: Delivery) -> ColumnElement[bool]:
    """Match the delivery as it was claimed: a later claim of another worker is left alone."""
    return (
        (deliveries.c.id == delivery.id)
        & (deliveries.c.attempts == delivery.attempts)
        & deliveries.c.free_at.is_not(None)
    )


def _read(row: AnyRow) -> Delivery:
    return Delivery(
        source=row.source,
        shop_id=ShopId(row.shop_id),
        delivery_id=row.delivery_id,
        topic=row.topic,
        event_id=row.event_id,
        triggered_at=row.triggered_at,
        received_at=row.received_at,
        body=row.body,
        id=row.id,
        attempts=row.attempts,
    )
