"""Answers kept by idempotency key."""

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.rows import AnyRow, add, first
from mockspark.adapters.sql.tables import replies
from mockspark.application.errors import Conflict
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ShopId

KEPT: Final = timedelta(hours=24)
"""How long an answer is kept; it may carry personal data, so not for ever."""

PATIENCE: Final = timedelta(minutes=10)
"""After this long a reservation without an answer belongs to a call that died."""


@frozen(kw_only=True)
class KeptReply:
    """An answer that was given before."""

    fingerprint: str
    status: int
    body: bytes


class SqlReplies:
    """One shop's kept answers, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId) -> None:
        self._connection = connection
        self._shop = shop

    async def reserve(self, key: str, *, route: str, fingerprint: str, now: datetime) -> KeptReply | None:
        """Return the answer kept under *key*, or reserve it."""
        await self._forget_old(now)
        reserved = {
            "shop_id": self._shop, "route": route, "key": key, "fingerprint": fingerprint,
            "reserved_at": now, "status": None, "body": b"",
        }  # fmt: skip
        if await add(self._connection, replies, reserved):
            return None
        row = await first(self._connection, select(replies).where(self._mine(key, route)).with_for_update())
        if row is None:
            raise Conflict("request", key)
        return await self._known(row, fingerprint, now)

    async def _known(self, row: AnyRow, fingerprint: str, now: datetime) -> KeptReply | None:
        if row.fingerprint != fingerprint:
            raise InvalidValue(f"the idempotency key {row.key} was used for another request")
        if row.status is not None:
            return KeptReply(fingerprint=row.fingerprint, status=row.status, body=row.body)
        if row.reserved_at > now - PATIENCE:
            raise Conflict("request", row.key)
        await self._connection.execute(
            replies.update().where(self._mine(row.key, row.route)).values(reserved_at=now)
        )
        return None

    async def keep(self, key: str, *, route: str, status: int, body: bytes) -> None:
        """Keep the answer."""
        with told("request", key):
            await self._connection.execute(
                replies.update().where(self._mine(key, route)).values(status=status, body=body)
            )

    async def forget(self, key: str, *, route: str) -> None:
        """Give up a reservation whose call did nothing."""
        unanswered = and_(self._mine(key, route), replies.c.status.is_(None))
        with told("request", key):
            await self._connection.execute(replies.delete().where(unanswered))

    async def _forget_old(self, now: datetime) -> None:
        old = (replies.c.shop_id == self._shop) & (replies.c.reserved_at < now - KEPT)
        with told("request"):
            await self._connection.execute(replies.delete().where(old))

    def _mine(self, key: str, route: str) -> ColumnElement[bool]:
        return and_(replies.c.shop_id == self._shop, replies.c.route == route, replies.c.key == key)
