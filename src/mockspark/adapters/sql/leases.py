"""Who may cause an outside effect now."""

from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.rows import upsert
from mockspark.adapters.sql.tables import leases
from mockspark.application.ports.storage import Claim
from mockspark.domain.identity import ShopId


class SqlLeases:
    """One shop's leases, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId) -> None:
        self._connection = connection
        self._shop = shop

    async def claim(self, key: str, *, now: datetime, until: datetime) -> Claim | None:
        """Take the lease until *until*; None while another holder's lease lives."""
        fresh = upsert(self._connection, leases).values(shop_id=self._shop, key=key, claims=1, until=until)
        taken = fresh.on_conflict_do_update(
            index_elements=["shop_id", "key"],
            set_={"claims": leases.c.claims + 1, "until": fresh.excluded.until},
            where=or_(leases.c.until.is_(None), leases.c.until <= now),
        ).returning(leases.c.claims)
        with told("lease", key):
            claims = await self._connection.scalar(taken)
        return None if claims is None else Claim(fence=claims, attempt=claims)

    async def release(self, key: str, fence: int) -> bool:
        """Give the lease back; False when it was lost to a later holder."""
        mine = (leases.c.shop_id == self._shop) & (leases.c.key == key) & (leases.c.claims == fence)
        with told("lease", key):
            done = await self._connection.execute(
                leases.update().where(mine, leases.c.until.is_not(None)).values(until=None)
            )
        return done.rowcount == 1
