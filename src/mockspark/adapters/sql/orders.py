"""The shop's orders as rows."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.sql.converter import dumps, loads
from mockspark.adapters.sql.faces import face_of_order
from mockspark.adapters.sql.failures import told
from mockspark.adapters.sql.rows import AnyRow, AnySelect, add_all, every, first, put
from mockspark.adapters.sql.tables import filtered_lines, items, orders
from mockspark.adapters.sql.timeline import forget_person, record
from mockspark.application.errors import NotFound
from mockspark.domain.contact import fold_email, fold_order_name
from mockspark.domain.events import OrderRedacted
from mockspark.domain.identity import ExternalRef, OrderId, ShopId
from mockspark.domain.order import Order


class SqlOrders:
    """One shop's orders, inside one transaction."""

    def __init__(self, connection: AsyncConnection, shop: ShopId) -> None:
        self._connection = connection
        self._shop = shop

    async def get(self, id: OrderId) -> Order:  # noqa: A002 - the field's name
        """Return an order, or raise NotFound."""
        row = await first(self._connection, self._query().where(orders.c.id == id))
        if row is None:
            raise NotFound("order", id)
        return _read(row)

    async def get_many(self, ids: Collection[OrderId]) -> Mapping[OrderId, Order]:
        """Return those of *ids* that exist, in one round trip."""
        rows = await every(self._connection, self._query().where(orders.c.id.in_(ids)))
        found = [_read(row) for row in rows]
        return {order.id: order for order in found}

    async def by_ref(self, ref: ExternalRef) -> Order | None:
        """Return the order that the store calls *ref*."""
        query = self._query().where(orders.c.system == ref.system, orders.c.ref == ref.id)
        row = await first(self._connection, query)
        return None if row is None else _read(row)

    async def save(self, order: Order) -> None:
        """Write *order*, what the list shows of it, its left-out lines and its events."""
        key = {"shop_id": self._shop, "id": order.id}
        await put(self._connection, orders, key, order.version, _columns(order), "order")
        await self._replace_filtered(order)
        if order.version > 0:
            await self._tell_items(order)
        await record(self._connection, self._shop, order.id, order.events)
        if any(isinstance(event, OrderRedacted) for event in order.events):
            await forget_person(self._connection, self._shop, order.id)

    def _query(self) -> AnySelect:
        return select(orders.c.version, orders.c.body).where(orders.c.shop_id == self._shop)

    async def _replace_filtered(self, order: Order) -> None:
        if order.version > 0:
            old = delete(filtered_lines).where(
                filtered_lines.c.shop_id == self._shop, filtered_lines.c.order_id == order.id
            )
            await self._connection.execute(old)
        rows = [
            {
                "shop_id": self._shop,
                "order_id": order.id,
                "received_at": order.received_at,
                "body": dumps(line),
            }
            for line in order.filtered
        ]
        await add_all(self._connection, filtered_lines, rows, kind="order", id_=order.id)

    async def _tell_items(self, order: Order) -> None:
        """Keep what items are searched by in step."""
        name, email = fold_order_name(order.name), fold_email(order.snapshot.customer.email)
        stale = (items.c.order_name != name) | (items.c.email != email)
        mine = (items.c.shop_id == self._shop) & (items.c.order_id == order.id)
        with told("order", order.id):
            await self._connection.execute(
                update(items).where(mine, stale).values(order_name=name, email=email)
            )


def _columns(order: Order) -> dict[str, object]:
    return {
        "system": order.ref.system,
        "ref": order.ref.id,
        "name": fold_order_name(order.name),
        "email": fold_email(order.snapshot.customer.email),
        "redacted": order.redacted,
        "face": face_of_order(order),
        "body": dumps(order),
    }


def _read(row: AnyRow) -> Order:
    return loads(row.body, Order, version=row.version)
