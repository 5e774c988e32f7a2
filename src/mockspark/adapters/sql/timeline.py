"""The timeline: every event, once, in the transaction of the row it tells of."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.converter import dumps
from mockspark.adapters.sql.rows import add_all
from mockspark.adapters.sql.tables import timeline
from mockspark.domain.events import KINDS, Event
from mockspark.domain.identity import ShopId


async def record(connection: AsyncConnection, shop: ShopId, subject: UUID, events: Sequence[Event]) -> None:
    """Append the *events* of the aggregate called *subject*."""
    rows = [_row(shop, subject, event) for event in events]
    await add_all(connection, timeline, rows, kind="timeline", id_=subject)


def _row(shop: ShopId, subject: UUID, event: Event) -> dict[str, object]:
    return {
        "shop_id": shop,
        "subject": subject,
        "kind": KINDS[type(event)],
        "at": event.stamp.at,
        "event": dumps(event, Event),
    }
