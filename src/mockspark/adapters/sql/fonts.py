"""The shop's uploaded fonts as rows; their files lie in the blob store."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.converter import dumps, loads
from mockspark.adapters.sql.rows import add, every
from mockspark.adapters.sql.tables import fonts
from mockspark.domain.fonts import ShopFont
from mockspark.domain.identity import ShopId


class SqlFonts:
    """One shop's fonts, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId) -> None:
        self._connection = connection
        self._shop = shop

    async def all(self) -> Sequence[ShopFont]:
        """Return them, oldest first."""
        query = select(fonts.c.body).where(fonts.c.shop_id == self._shop)
        rows = await every(self._connection, query.order_by(fonts.c.uploaded_at, fonts.c.sha256))
        return [loads(row.body, ShopFont) for row in rows]

    async def keep(self, font: ShopFont) -> ShopFont:
        """Write *font* unless it is kept already, and return what is kept."""
        row = {"sha256": font.sha256, "uploaded_at": font.uploaded_at, "body": dumps(font)}
        if await add(self._connection, fonts, {"shop_id": self._shop, **row}):
            return font
        return next(known for known in await self.all() if known.sha256 == font.sha256)

    async def delete(self, digest: str) -> None:
        """Forget the font with that digest; forgetting twice is harmless."""
        mine = (fonts.c.shop_id == self._shop) & (fonts.c.sha256 == digest)
        await self._connection.execute(fonts.delete().where(mine))
