"""Webhooks that were taken in, durable before the sender hears of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mockspark.adapters.jobs.queue import SqlJobs
from mockspark.adapters.sql.rows import AnyRow, transaction, upsert
from mockspark.adapters.sql.tables import deliveries, refusals
from mockspark.application.ports.jobs import Job
from mockspark.application.ports.storage import Delivery
from mockspark.application.reactions import Kind
from mockspark.domain.identity import ShopId

LEASE: Final = timedelta(minutes=5)
"""How long a claimed delivery is nobody else's."""


class SqlInbox:
    """The inbox of all shops."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def accept(self, delivery: Delivery) -> bool:
        """Keep *delivery* and queue its working off; False when it is kept already. Durable on return."""
        async with transaction(self._engine) as connection:
            id_ = await _keep(connection, delivery)
            if id_ is None:
                return False
            jobs = SqlJobs(connection)
            await jobs.put(Job(kind=Kind.INBOX, dedup=f"inbox:{id_}"))
        jobs.publish()
        return True

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


async def _keep(connection: AsyncConnection, delivery: Delivery) -> int | None:
    statement = upsert(connection, deliveries).values(
        source=delivery.source,
        shop_id=delivery.shop_id,
        delivery_id=delivery.delivery_id,
        topic=delivery.topic,
        event_id=delivery.event_id,
        triggered_at=delivery.triggered_at,
        received_at=delivery.received_at,
        free_at=delivery.received_at,
        attempts=0,
        outcome="",
        body=delivery.body,
    )
    id_: int | None = await connection.scalar(statement.on_conflict_do_nothing().returning(deliveries.c.id))
    return id_


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
