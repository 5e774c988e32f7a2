"""The shop's items as rows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.jobs.queue import SqlJobs
from mockspark.adapters.sql.converter import dumps, loads
from mockspark.adapters.sql.counters import Counters
from mockspark.adapters.sql.faces import face_of_item
from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.rows import AnyRow, AnySelect, add, every, first
from mockspark.adapters.sql.tables import connections, items, orders
from mockspark.adapters.sql.timeline import record
from mockspark.adapters.sql.types import microseconds
from mockspark.application.errors import Conflict, NotFound
from mockspark.application.reactions import jobs_of_item
from mockspark.domain.catalog import Listing, Match
from mockspark.domain.errors import NotPossible
from mockspark.domain.events import Flag
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import OrderId, OrderItemId, ShopId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Action, Status

PLACES = 2048
"""How many places a microsecond has among SQLite's row ids; it leaves them room until the year 2112."""


class SqlOrderItems:
    """One shop's items, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId, jobs: SqlJobs, counters: Counters) -> None:
        self._connection = connection
        self._shop = shop
        self._jobs = jobs
        self._counters = counters

    async def get(self, id: OrderItemId) -> OrderItem:  # noqa: A002 - the field's name
        """Return an item, or raise NotFound."""
        row = await first(self._connection, self._query().where(items.c.id == id))
        if row is None:
            raise NotFound("order item", id)
        return _read(row)

    async def get_many(self, ids: Collection[OrderItemId]) -> Mapping[OrderItemId, OrderItem]:
        """Return those of *ids* that exist, in one round trip."""
        found = await self._all(self._query().where(items.c.id.in_(ids)))
        return {item.id: item for item in found}

    async def of_order(self, id: OrderId) -> Sequence[OrderItem]:  # noqa: A002 - the field's name
        """Return the items of an order, oldest first."""
        query = self._query().where(items.c.order_id == id)
        return await self._all(query.order_by(items.c.created_at, items.c.seq))

    async def waiting_for(self, listing: Listing) -> Sequence[OrderItem]:
        """Return up to 500 unmapped items on hold that *listing* recognises."""
        unmapped = items.c.hold_reason == HoldReason.UNMAPPED_PRODUCT.value
        query = self._query().where(unmapped, items.c.status == Status.ON_HOLD.value, _recognised(listing))
        return await self._all(query.order_by(items.c.seq).limit(500))

    async def save(self, item: OrderItem) -> None:
        """Write *item*, its count, its events and the jobs they lead to."""
        if item.version == 0:
            await self._insert(item)
        else:
            await self._update(item)
        await record(self._connection, self._shop, item.id, item.events)
        await self._jobs.put(*jobs_of_item(item))

    async def _insert(self, item: OrderItem) -> None:
        name, email = await self._order_of(item)
        values = {
            **self._columns(item), **_birth(item), "shop_id": self._shop, "id": item.id,
            "order_name": name, "email": email, "version": 1,
        }  # fmt: skip
        if self._connection.dialect.name == "sqlite":
            values["seq"] = await self._place_of(item.created_at)
        with told("order item", item.id):
            added = await add(self._connection, items, values)
        if not added:
            raise Conflict("order item", item.id)
        self._counters.moved(None, item.status)

    async def _update(self, item: OrderItem) -> None:
        mine = (items.c.shop_id == self._shop) & (items.c.id == item.id) & (items.c.version == item.version)
        # `status_before` takes the value the row has now, which RETURNING could not tell afterwards.
        statement = (
            items.update().where(mine)
            .values(**self._columns(item), status_before=items.c.status, version=item.version + 1)
            .returning(items.c.status_before)
        )  # fmt: skip
        with told("order item", item.id):
            row = (await self._connection.execute(statement)).first()
        if row is None:
            raise Conflict("order item", item.id)
        self._counters.moved(Status(row.status_before), item.status)

    async def _order_of(self, item: OrderItem) -> tuple[str, str]:
        """Return what the item is searched by, and keep the order from changing it before we commit."""
        query = select(orders.c.name, orders.c.email).where(
            orders.c.shop_id == self._shop, orders.c.id == item.order_id
        )
        row = await first(self._connection, query.with_for_update(read=True))
        if row is None:
            raise NotPossible(f"order item {item.id} refers to an order that this shop does not have")
        return row.name, row.email

    async def _place_of(self, created_at: datetime) -> int:
        """Return the row id that puts a new item of SQLite behind those created before, ties included."""
        place = microseconds(created_at) * PLACES
        while True:
            taken: int | None = await self._connection.scalar(
                select(func.max(items.c.seq)).where(items.c.seq.between(place, place + PLACES - 1))
            )
            if taken is None:
                return place
            if taken < place + PLACES - 1:
                return taken + 1
            place += PLACES

    def _columns(self, item: OrderItem) -> dict[str, object]:
        return {**_looked_for(item), **_due(item), "platform": self._platform(item)}

    def _platform(self, item: OrderItem) -> ColumnElement[str] | str:
        if item.connection_id is None:
            return ""
        theirs = (connections.c.shop_id == self._shop) & (connections.c.id == item.connection_id)
        return func.coalesce(select(connections.c.provider).where(theirs).scalar_subquery(), "")

    def _query(self) -> AnySelect:
        return select(items.c.version, items.c.body).where(items.c.shop_id == self._shop)

    async def _all(self, query: AnySelect) -> Sequence[OrderItem]:
        return [_read(row) for row in await every(self._connection, query)]


def _birth(item: OrderItem) -> dict[str, object]:
    return {
        "order_id": item.order_id,
        "line_system": item.line.system,
        "line_ref": item.line.id,
        "reprint_of": item.reprint_of,
        "created_at": item.created_at,
    }


def _looked_for(item: OrderItem) -> dict[str, object]:
    return {
        "status": item.status.value,
        "status_since": item.status_since,
        "hold_reason": item.hold.reason.value if item.hold else None,
        "attention": item.needs_attention,
        "title": item.product_title.casefold(),
        "connection_id": item.connection_id,
        "submission_id": item.submission_id,
        "sku": item.sku.casefold(),
        "variant": item.variant.id if item.variant else None,
        "product": item.product.id if item.product else None,
        "face": face_of_item(item),
        "body": dumps(item),
    }


def _due(item: OrderItem) -> dict[str, object]:
    ready = item.status is Status.READY_TO_FULFILL and item.allows(Action.SEND)
    return {
        "ready_since": item.status_since if ready else None,
        "cancel_since": item.cancel_requested_at if item.live else None,
        "untold": _untold(item),
    }


def _untold(item: OrderItem) -> bool:
    """Tell whether the store has still to hear of a parcel; what it refused waits until a person took the flag down."""
    if item.redacted or Flag.STORE_NOT_TOLD in item.flags:
        return False
    return any(
        shipment.published is None and (item.notify_store or not shipment.by_hand)
        for shipment in item.shipments
    )


def _recognised(listing: Listing) -> ColumnElement[bool]:
    match listing.match:
        case Match.VARIANT:
            return items.c.variant == listing.key
        case Match.PRODUCT:
            return items.c.product == listing.key
        case Match.SKU:
            return items.c.sku == listing.key.casefold()
        case Match.SKU_PREFIX:
            prefix = listing.key.casefold()
            return func.substr(items.c.sku, 1, len(prefix)) == prefix


def _read(row: AnyRow) -> OrderItem:
    return loads(row.body, OrderItem, version=row.version)
