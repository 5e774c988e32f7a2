"""Reading many items at once: the list, its export, its counts, the timeline."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Final, Literal, TypeVar, cast
from uuid import UUID

from sqlalchemy import BigInteger, func, select, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mockspark.adapters.sql import search as statements
from mockspark.adapters.sql.accounts import mark_of
from mockspark.adapters.sql.converter import loads, read_event
from mockspark.adapters.sql.cursors import Place, beyond, cursor, place_of
from mockspark.adapters.sql.faces import order_name_of, read_row
from mockspark.adapters.sql.rows import AnyRow, AnySelect, connected, every
from mockspark.adapters.sql.search import TRIGRAM, Search
from mockspark.adapters.sql.tables import (
    filtered_lines,
    item_counts,
    items,
    orders,
    submission_items,
    timeline,
)
from mockspark.application.filters import ItemFilter, Page, Slice
from mockspark.application.timeline import WHY, describe
from mockspark.application.views import FilteredRow, ItemRow, TimelineEntry
from mockspark.domain.identity import OrderId, OrderItemId, ShopId
from mockspark.domain.order import FilteredLine
from mockspark.domain.status import Status

T = TypeVar("T")

_AT_ONCE: Final = 500
FEW: Final = 5000
"""Up to so many rows of a status are looked at one by one, sooner than asking the full-text index."""


class SqlQueries:
    """The read side, through an engine for reading; SQLite's full-text index is asked above *few* rows."""

    def __init__(self, read_engine: AsyncEngine, *, few: int = FEW) -> None:
        self._engine = read_engine
        self._few = few

    async def search(self, shop: ShopId, filter: ItemFilter, page: Page) -> Slice[ItemRow]:  # noqa: A002
        """Return one page, newest first, by keyset."""
        async with connected(self._engine) as connection:
            wanted = await _search(connection, shop, filter, self._few)
            return await _page(connection, wanted, place_of(page.after), page.limit)

    async def count(self, shop: ShopId, filter: ItemFilter, *, cap: int = 1000) -> int:  # noqa: A002
        """Count what matches, at most *cap* + 1."""
        async with connected(self._engine) as connection:
            wanted = await _search(connection, shop, filter, self._few)
            return await connection.scalar(statements.count(wanted, cap + 1)) or 0

    async def counters(self, shop: ShopId) -> Mapping[Status, int]:
        """Return how many items each status has, from rows that are kept, not counted."""
        async with connected(self._engine) as connection:
            return await _counters(connection, shop)

    async def rows(self, shop: ShopId, filter: ItemFilter) -> AsyncGenerator[ItemRow]:  # noqa: A002
        """Yield everything that matches, newest first, a few hundred at a time."""
        async with connected(self._engine) as connection:
            wanted = await _search(connection, shop, filter, self._few)
            after: Place | None = None
            while True:
                slice_ = await _page(connection, wanted, after, _AT_ONCE)
                for row in slice_.rows:
                    yield row
                after = place_of(slice_.next)
                if after is None:
                    return

    async def pick(self, shop: ShopId, ids: Collection[OrderItemId]) -> Sequence[ItemRow]:
        """Return the rows of those of *ids* that exist, in the given order."""
        theirs = select(items.c.seq).where(items.c.shop_id == shop, items.c.id.in_(ids))
        async with connected(self._engine) as connection:
            found = {row.id: row for row in map(read_row, await every(connection, statements.rows(theirs)))}
        return [found[id_] for id_ in ids if id_ in found]

    async def timeline(
        self, shop: ShopId, item: OrderItemId, *, before: int | None = None, limit: int = 100
    ) -> Sequence[TimelineEntry]:
        """Return the events of an item, its order and its submissions, newest first."""
        async with connected(self._engine) as connection:
            subjects = await _subjects(connection, shop, item)
            if not subjects:
                return ()
            return [_entry(row) for row in await every(connection, _events(shop, subjects, before, limit))]

    async def import_log(self, shop: ShopId, page: Page) -> Slice[FilteredRow]:
        """Return the lines that were left out, newest first, with the reasons."""
        async with connected(self._engine) as connection:
            found = await every(connection, _left_out(shop, place_of(page.after), page.limit + 1))
        return _slice(found, page.limit, [_filtered(row) for row in found[: page.limit]])

    async def siblings(self, shop: ShopId, order: OrderId) -> Sequence[ItemRow]:
        """Return the items of an order, oldest first."""
        theirs = select(items.c.seq).where(items.c.shop_id == shop, items.c.order_id == order)
        async with connected(self._engine) as connection:
            found = await every(connection, statements.rows(theirs))
        return [read_row(row) for row in reversed(found)]


async def _search(connection: AsyncConnection, shop: ShopId, wanted: ItemFilter, few: int) -> Search:
    dialect = cast(Literal["sqlite", "postgresql"], connection.dialect.name)
    search = Search(shop=shop, filter=wanted, dialect=dialect)
    if not await _by_words(connection, search, few):
        return search
    return Search(shop=shop, filter=wanted, dialect=dialect, mark=mark_of(shop), by_words=True)


async def _by_words(connection: AsyncConnection, search: Search, few: int) -> bool:
    """Tell whether the full-text index is the shortest way: nothing rarer than the title is given."""
    wanted = search.filter
    fewer = wanted.order_name or wanted.email or wanted.attention
    if search.dialect != "sqlite" or len(search.needle) < TRIGRAM or fewer:
        return False
    counts = await _counters(connection, search.shop)
    return sum(counts.get(status, 0) for status in wanted.shown) > few


async def _page(
    connection: AsyncConnection, wanted: Search, after: Place | None, limit: int
) -> Slice[ItemRow]:
    keys = statements.keys(wanted, after=after, limit=limit + 1)
    found = await every(connection, statements.rows(keys))
    return _slice(found, limit, [read_row(row) for row in found[:limit]])


def _slice(found: Sequence[AnyRow], limit: int, read: Sequence[T]) -> Slice[T]:
    if len(found) <= limit:
        return Slice(rows=read)
    last = found[limit - 1]
    return Slice(rows=read, next=cursor(Place(last.at, last.seq)))


async def _counters(connection: AsyncConnection, shop: ShopId) -> Mapping[Status, int]:
    kept = (
        select(item_counts.c.status, func.sum(item_counts.c["items"]).label("items"))
        .where(item_counts.c.shop_id == shop).group_by(item_counts.c.status)
    )  # fmt: skip
    return {Status(row.status): int(row.items) for row in await every(connection, kept)}


async def _subjects(connection: AsyncConnection, shop: ShopId, item: OrderItemId) -> Collection[UUID]:
    order = select(items.c.order_id.label("id")).where(items.c.shop_id == shop, items.c.id == item)
    sent = select(submission_items.c.submission_id.label("id")).where(
        submission_items.c.shop_id == shop, submission_items.c.item_id == item
    )
    found = await every(connection, select(union_all(order, sent).subquery()))
    return {item, *(row.id for row in found)} if found else ()


def _events(shop: ShopId, subjects: Collection[UUID], before: int | None, limit: int) -> AnySelect:
    """Merge the newest of each subject, so that no long timeline is read to the end."""
    newest = timeline.c.position.desc()
    earlier = () if before is None else (timeline.c.position < before,)
    parts = [
        select(timeline.c.position, timeline.c.kind, timeline.c.event)
        .where(timeline.c.shop_id == shop, timeline.c.subject == subject, *earlier)
        .order_by(newest).limit(limit).subquery()
        for subject in subjects
    ]  # fmt: skip
    merged = union_all(*(select(part) for part in parts)).subquery()
    return select(merged).order_by(merged.c.position.desc()).limit(limit)


def _entry(row: AnyRow) -> TimelineEntry:
    event = read_event(row.event)
    stamp = event.stamp
    return TimelineEntry(
        position=row.position,
        at=stamp.at,
        actor=stamp.by.name,
        actor_kind=stamp.by.kind.value,
        kind=row.kind,
        words=describe(event),
        cause=stamp.cause,
        event=event,
    )


def _left_out(shop: ShopId, after: Place | None, limit: int) -> AnySelect:
    lines, at = filtered_lines.c, type_coerce(filtered_lines.c.received_at, BigInteger)
    theirs = (orders.c.shop_id == lines.shop_id) & (orders.c.id == lines.order_id)
    query = (
        select(
            lines.seq, at.label("at"), lines.received_at, lines.order_id, lines.body,
            orders.c.face.label("order_face"),
        )
        .join_from(filtered_lines, orders, theirs).where(lines.shop_id == shop)
    )  # fmt: skip
    if after is not None:
        query = query.where(beyond(after, at, lines.seq))
    return query.order_by(at.desc(), lines.seq.desc()).limit(limit)


def _filtered(row: AnyRow) -> FilteredRow:
    line = loads(row.body, FilteredLine)
    return FilteredRow(
        order_id=row.order_id,
        order_name=order_name_of(row.order_face),
        received_at=row.received_at,
        line=line.line.id,
        title=line.title,
        sku=line.sku,
        quantity=line.quantity,
        why=line.why,
        variant=line.variant.id if line.variant else "",
        product=line.product.id if line.product else "",
        words=WHY[line.why],
    )
