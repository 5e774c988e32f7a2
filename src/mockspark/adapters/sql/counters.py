"""How many items each status has, kept as rows."""

import random
from collections import Counter
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.rows import upsert
from mockspark.adapters.sql.tables import item_counts
from mockspark.domain.identity import ShopId
from mockspark.domain.status import Status

PARTS: Final = {"sqlite": 1, "postgresql": 16}
"""Over how many rows a count is spread."""


class Counters:
    """The moves of one transaction, summed up and written at its end.

    Written last and in one order, the rows are locked for an instant and nobody waits in a circle.
    """

    def __init__(self, connection: AsyncConnection, shop: ShopId) -> None:
        self._connection = connection
        self._shop = shop
        self._moves: Counter[Status] = Counter()

    def moved(self, before: Status | None, after: Status) -> None:
        """Note that an item left *before*, None for a new one, for *after*."""
        if before is not None:
            self._moves[before] -= 1
        self._moves[after] += 1

    async def write(self) -> None:
        """Add the moves to the counts."""
        part = random.randrange(PARTS[self._connection.dialect.name])
        for status, change in sorted(self._moves.items()):
            if change:
                await self._add(status, part, change)

    async def _add(self, status: Status, part: int, change: int) -> None:
        fresh = upsert(self._connection, item_counts).values(
            shop_id=self._shop, status=status.value, part=part, items=change
        )
        added = fresh.on_conflict_do_update(
            index_elements=["shop_id", "status", "part"], set_={"items": item_counts.c["items"] + change}
        )
        with told("item count", status.value):
            await self._connection.execute(added)
