"""The sweeper's list: what is in motion and whose next step is due, read from indexes alone."""
# ruff: noqa: S608 - the statements are put together from constants alone

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.rows import AnyRow
from mockspark.adapters.sql.types import microseconds
from mockspark.application.ports.storage import Due, DueKind
from mockspark.domain.identity import ShopId

AGES: Final[Mapping[DueKind, timedelta]] = {
    DueKind.RENDER: timedelta(minutes=2),
    DueKind.CANCEL: timedelta(minutes=1),
    DueKind.SWEEP_ORDERS: timedelta(minutes=5),
    DueKind.INBOX: timedelta(seconds=30),
}
"""How long the jobs have time before the sweeper looks after them; at once where nothing is said."""

_OF_LIVE_SHOPS: Final = "JOIN mockspark_shop AS s ON s.id = t.shop_id AND s.uninstalled_at IS NULL"


def _query(sql: str) -> TextClause:
    # PostgreSQL would take the time for a 32-bit number if it were not told.
    return text(f"{sql} LIMIT :limit").bindparams(bindparam("before", type_=BigInteger))


# Each question names the condition of its partial index word for word, so that the index answers it.
_QUESTIONS: Final[Mapping[DueKind, TextClause]] = {
    DueKind.RENDER: _query(
        f"""SELECT t.shop_id, t.id FROM mockspark_item AS t {_OF_LIVE_SHOPS}
        WHERE t.status = 'generating' AND t.status_since <= :before ORDER BY t.status_since"""
    ),
    DueKind.SUBMIT: _query(
        f"""SELECT t.shop_id, t.id FROM mockspark_submission AS t {_OF_LIVE_SHOPS}
        WHERE t.send_at IS NOT NULL AND t.send_at <= :before ORDER BY t.send_at"""
    ),
    DueKind.POLL: _query(
        f"""SELECT t.shop_id, t.id FROM mockspark_submission AS t {_OF_LIVE_SHOPS}
        WHERE t.poll_at IS NOT NULL AND t.poll_at <= :before ORDER BY t.poll_at"""
    ),
    DueKind.PUBLISH: _query(
        f"""SELECT t.shop_id, t.order_id AS id FROM mockspark_item AS t {_OF_LIVE_SHOPS}
        JOIN mockspark_order AS o ON o.shop_id = t.shop_id AND o.id = t.order_id AND NOT o.redacted
        WHERE t.untold AND t.status_since <= :before GROUP BY t.shop_id, t.order_id ORDER BY min(t.status_since)"""
    ),
    DueKind.CANCEL: _query(
        f"""SELECT t.shop_id, t.id FROM mockspark_item AS t {_OF_LIVE_SHOPS}
        WHERE t.cancel_since IS NOT NULL AND t.cancel_since <= :before ORDER BY t.cancel_since"""
    ),
    DueKind.STUCK_GENERATING: _query(
        f"""SELECT t.shop_id, t.id FROM mockspark_item AS t {_OF_LIVE_SHOPS}
        WHERE t.status = 'generating'
            AND t.status_since <= :before - (SELECT min(CAST(generating_limit_s AS bigint)) * 1000000
                                             FROM mockspark_shop)
            AND t.status_since <= :before - CAST(s.generating_limit_s AS bigint) * 1000000 ORDER BY t.status_since"""
    ),
    DueKind.STUCK_SENDING: _query(
        f"""SELECT t.shop_id, t.id FROM mockspark_item AS t {_OF_LIVE_SHOPS}
        WHERE t.status = 'sending'
            AND t.status_since <= :before - (SELECT min(CAST(sending_limit_s AS bigint)) * 1000000
                                             FROM mockspark_shop)
            AND t.status_since <= :before - CAST(s.sending_limit_s AS bigint) * 1000000 ORDER BY t.status_since"""
    ),
    # From the few shops that send by themselves to their items: shops of hand-senders may have many ready ones.
    DueKind.AUTO_SEND: _query(
        """SELECT t.shop_id, t.id FROM mockspark_shop AS s CROSS JOIN mockspark_item AS t
        WHERE s.auto_send_s IS NOT NULL AND s.uninstalled_at IS NULL
            AND t.shop_id = s.id AND t.ready_since IS NOT NULL
            AND t.ready_since <= :before - CAST(s.auto_send_s AS bigint) * 1000000"""
    ),
    DueKind.SWEEP_ORDERS: _query(
        f"""SELECT t.shop_id, t.shop_id AS id FROM mockspark_installation AS t {_OF_LIVE_SHOPS}
        WHERE t.state = 'active' AND (t.swept_at IS NULL OR t.swept_at <= :before)"""
    ),
    # Of shops that are gone as well: what they say last is that their customers are to be forgotten.
    DueKind.INBOX: _query(
        """SELECT t.shop_id, t.shop_id AS id FROM mockspark_delivery AS t
        WHERE t.free_at IS NOT NULL AND t.free_at <= :before ORDER BY t.free_at, t.id"""
    ),
}


async def find(connection: AsyncConnection, now: datetime, limit: int) -> Sequence[Due]:
    """Return up to *limit* of each kind, those that wait longest first."""
    found: list[Due] = []
    for kind, question in _QUESTIONS.items():
        before = microseconds(now - AGES.get(kind, timedelta(0)))
        rows = await connection.execute(question, {"before": before, "limit": limit})
        found.extend(_dues(kind, rows.all()))
    return found


def _dues(kind: DueKind, rows: Sequence[AnyRow]) -> Iterator[Due]:
    for row in rows:
        yield Due(kind=kind, shop_id=ShopId(row.shop_id), id=_id(row.id))


def _id(value: UUID | str) -> str:
    return value.hex if isinstance(value, UUID) else value
