"""The timeline: every event, once, in the transaction of the row it tells of."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.converter import dumps, read_event
from mockspark.adapters.sql.rows import add_all, every
from mockspark.adapters.sql.tables import items, submission_items, timeline
from mockspark.domain.events import KINDS, Event
from mockspark.domain.identity import ShopId
from mockspark.domain.redaction import without_person


async def record(connection: AsyncConnection, shop: ShopId, subject: UUID, events: Sequence[Event]) -> None:
    """Append the *events* of the aggregate called *subject*."""
    rows = [_row(shop, subject, event) for event in events]
    await add_all(connection, timeline, rows, kind="timeline", id_=subject)


async def forget_person(connection: AsyncConnection, shop: ShopId, order: UUID) -> None:
    """Take out of what was told of an order, its items and their submissions whatever may name a person."""
    theirs = select(items.c.id).where(items.c.shop_id == shop, items.c.order_id == order)
    sent = select(submission_items.c.submission_id).where(
        submission_items.c.shop_id == shop, submission_items.c.item_id.in_(theirs)
    )
    of_them = or_(timeline.c.subject == order, timeline.c.subject.in_(theirs), timeline.c.subject.in_(sent))
    query = select(timeline.c.position, timeline.c.event).where(timeline.c.shop_id == shop, of_them)
    for row in await every(connection, query):
        event = dumps(without_person(read_event(row.event)), Event)
        mine = timeline.c.position == row.position
        await connection.execute(timeline.update().where(mine).values(event=event))


def _row(shop: ShopId, subject: UUID, event: Event) -> dict[str, object]:
    return {
        "shop_id": shop,
        "subject": subject,
        "kind": KINDS[type(event)],
        "at": event.stamp.at,
        "event": dumps(event, Event),
    }
