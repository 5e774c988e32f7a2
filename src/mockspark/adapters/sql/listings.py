"""The shop's listings as rows."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from attrs import evolve
from sqlalchemy import Select, Text, cast, column, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.converter import dumps, loads
from mockspark.adapters.sql.rows import AnyRow, AnySelect, every, first, put
from mockspark.adapters.sql.tables import listings
from mockspark.adapters.sql.types import storable
from mockspark.application.errors import NotFound
from mockspark.domain.catalog import Listing, Match
from mockspark.domain.identity import ConnectionId, ListingId, ShopId
from mockspark.domain.order import ChannelLine

_BY_SKU: Final = frozenset({Match.SKU, Match.SKU_PREFIX})


class SqlListings:
    """One shop's listings, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId) -> None:
        self._connection = connection
        self._shop = shop

    async def get(self, id: ListingId) -> Listing:  # noqa: A002 - the field's name
        """Return a listing, or raise NotFound."""
        row = await first(self._connection, self._query().where(listings.c.id == id))
        if row is None:
            raise NotFound("listing", id)
        return _read(row)

    async def matching(self, lines: Collection[ChannelLine]) -> Sequence[Listing]:
        """Return every listing that may recognise one of *lines*, in one round trip."""
        wanted = [
            (listings.c.match == match.value) & listings.c.key.in_(self._texts(keys))
            for match, keys in _keys(lines)
            if keys
        ]
        return await self._all(self._query().where(or_(*wanted))) if wanted else ()

    async def page(self, *, after: ListingId | None = None, limit: int = 100) -> Sequence[Listing]:
        """Return listings by id."""
        query = self._query() if after is None else self._query().where(listings.c.id > after)
        return await self._all(query.order_by(listings.c.id).limit(limit))

    async def of_connection(self, connection: ConnectionId, *, limit: int = 1000) -> Sequence[Listing]:
        """Return the listings that print at *connection*."""
        query = self._query().where(listings.c.connection_id == connection)
        return await self._all(query.order_by(listings.c.id).limit(limit))

    async def save(self, listing: Listing) -> None:
        """Write *listing*; one with the same match and key is a Conflict."""
        key = {"shop_id": self._shop, "id": listing.id}
        await put(self._connection, listings, key, listing.version, _columns(listing), "listing")

    async def by_key(self, match: str, key: str) -> Listing | None:
        """Return the listing with that match and key."""
        mine = (listings.c.match == match) & (listings.c.key == _key(match, key))
        row = await first(self._connection, self._query().where(mine))
        return None if row is None else _read(row)

    async def delete(self, id: ListingId) -> None:  # noqa: A002 - the field's name
        """Forget a listing; items keep what they took from it."""
        mine = (listings.c.shop_id == self._shop) & (listings.c.id == id)
        await self._connection.execute(listings.delete().where(mine))

    def _texts(self, texts: Collection[str]) -> Select[Any]:
        """Return *texts* as rows: an order's lines may have more prefixes than a statement parameters."""
        listed = literal(json.dumps([storable(text) for text in texts]), Text)
        if self._connection.dialect.name == "sqlite":
            return select(func.json_each(listed).table_valued("value").c.value)
        return select(column("text")).select_from(
            func.json_array_elements_text(cast(listed, JSON)).alias("text")
        )

    def _query(self) -> AnySelect:
        return select(listings.c.version, listings.c.body).where(listings.c.shop_id == self._shop)

    async def _all(self, query: AnySelect) -> Sequence[Listing]:
        return [_read(row) for row in await every(self._connection, query)]


def _keys(lines: Collection[ChannelLine]) -> Iterator[tuple[Match, set[str]]]:
    skus = {line.sku.casefold() for line in lines if line.sku}
    yield Match.VARIANT, {line.variant.id for line in lines if line.variant}
    yield Match.PRODUCT, {line.product.id for line in lines if line.product}
    yield Match.SKU, skus
    yield Match.SKU_PREFIX, {sku[:length] for sku in skus for length in range(1, len(sku) + 1)}


def _key(match: str, key: str) -> str:
    return key.casefold() if match in _BY_SKU else key


def _columns(listing: Listing) -> dict[str, object]:
    return {
        "match": listing.match.value,
        "key": _key(listing.match, listing.key),
        "connection_id": listing.connection_id,
        "body": dumps(evolve(listing, version=0)),
    }


def _read(row: AnyRow) -> Listing:
    return loads(row.body, Listing, version=row.version)
