"""The merchant's filters as statements that an index answers.

A page is found in two steps of one statement: the keys of its rows, from one index or merged from a few
stretches of it, then the rows themselves. List, count and export are made from the same conditions.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, Literal

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    column,
    func,
    literal_column,
    select,
    table,
    type_coerce,
    union_all,
)

from mockspark.adapters.sql.cursors import Place, beyond
from mockspark.adapters.sql.order_items import PLACES
from mockspark.adapters.sql.rows import AnySelect
from mockspark.adapters.sql.tables import items, orders, submissions
from mockspark.adapters.sql.types import microseconds, storable
from mockspark.application.filters import UNASSIGNED, ItemFilter
from mockspark.domain.identity import ShopId
from mockspark.domain.status import Status

Condition = ColumnElement[bool]

TRIGRAM: Final = 3
"""Shorter words have no trigram: they are looked for row by row."""

_SLACK: Final = 1_000_000 * PLACES
_SHOWN: Final = frozenset(Status) - {Status.ARCHIVED}
_AT: Final = type_coerce(items.c.created_at, BigInteger)
_SEQ: Final = items.c.seq
_NOT_ARCHIVED: Final[Condition] = literal_column("mockspark_item.status <> 'archived'")
_ATTENTION: Final[Condition] = literal_column("mockspark_item.attention")
_WORDS: Final = table("mockspark_item_words", column("rowid", BigInteger))


@frozen(kw_only=True)
class Search:
    """What is looked for in one shop, and how: *by_words* goes through SQLite's full-text index."""

    shop: ShopId
    filter: ItemFilter
    dialect: Literal["sqlite", "postgresql"]
    mark: str = ""
    by_words: bool = False

    @property
    def needle(self) -> str:
        """Return the part of a title that is looked for, as titles are kept."""
        return storable(self.filter.title.casefold())


def keys(search: Search, *, after: Place | None = None, limit: int) -> AnySelect:
    """Select the places of the first *limit* rows after *after*, newest first."""
    parts = [_ordered(part, search, after).limit(limit) for part in _parts(search)]
    if len(parts) == 1:
        return parts[0]
    merged = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(merged).order_by(merged.c.at.desc(), merged.c.seq.desc()).limit(limit)


def rows(found: AnySelect) -> AnySelect:
    """Select what the list shows of the rows at the places *found*."""
    key = found.subquery("page")
    theirs = (orders.c.shop_id == items.c.shop_id) & (orders.c.id == items.c.order_id)
    sent = (submissions.c.shop_id == items.c.shop_id) & (submissions.c.id == items.c.submission_id)
    return (
        select(
            _SEQ, _AT.label("at"),
            items.c.id, items.c.order_id, items.c.created_at, items.c.status, items.c.platform, items.c.version,
            items.c.face.label("item_face"),
            orders.c.face.label("order_face"),
            submissions.c.face.label("submission_face"),
        )
        .select_from(key.join(items, key.c.seq == _SEQ).join(orders, theirs).outerjoin(submissions, sent))
        .order_by(_AT.desc(), _SEQ.desc())
    )  # fmt: skip


def count(search: Search, cap: int) -> Select[int]:
    """Count the rows that match, and stop at *cap*; asked for in order, they come from the same index."""
    return select(func.count()).select_from(keys(search, limit=cap).subquery())


def _parts(search: Search) -> Sequence[AnySelect]:
    if search.by_words:
        return [_worded(search)]
    common = tuple(_common(search))
    return [select(_AT.label("at"), _SEQ).where(*stretch, *common) for stretch in _stretches(search)]


def _ordered(part: AnySelect, search: Search, after: Place | None) -> AnySelect:
    if search.by_words:
        # The full-text index yields its hits by row id, and row ids follow the order of creation.
        place = _WORDS.c.rowid
        return (part if after is None else part.where(place < after.seq)).order_by(place.desc())
    if after is not None:
        part = part.where(beyond(after, _AT, _SEQ))
    return part.order_by(_AT.desc(), _SEQ.desc())


def _stretches(search: Search) -> Iterator[tuple[Condition, ...]]:
    """Cut what is wanted into parts that one index holds in order; most filters need no cut."""
    wanted = search.filter
    if wanted.order_name or wanted.email or wanted.attention:
        # As an expression, so that SQLite takes the index of the other condition, which leaves fewer rows.
        yield (items.c.status.concat("").in_([status.value for status in sorted(wanted.shown)]),)
    elif _weighed(search) or (wanted.shown == _SHOWN and not wanted.platforms):
        yield (_statuses(wanted),)
    elif wanted.platforms:
        for platform, status in product(sorted(_platforms(wanted)), sorted(wanted.shown)):
            yield items.c.platform == platform, items.c.status == status.value
    else:
        for status in sorted(wanted.shown):
            yield (items.c.status == status.value,)


def _weighed(search: Search) -> bool:
    """Tell whether PostgreSQL has to weigh its trigrams against reading in order."""
    return search.dialect == "postgresql" and len(search.needle) >= TRIGRAM


def _statuses(wanted: ItemFilter) -> Condition:
    if wanted.shown == _SHOWN:
        return _NOT_ARCHIVED
    return items.c.status.in_([status.value for status in sorted(wanted.shown)])


def _platforms(wanted: ItemFilter) -> frozenset[str]:
    return frozenset("" if platform == UNASSIGNED else platform for platform in wanted.platforms)


def _common(search: Search) -> Iterator[Condition]:
    """Yield what every row has to meet, whichever index it is found by."""
    wanted = search.filter
    yield items.c.shop_id == search.shop
    if wanted.order_name:
        yield items.c.order_name == wanted.order_name
    if wanted.email:
        yield items.c.email == wanted.email
    if wanted.platforms:
        yield items.c.platform.in_(sorted(_platforms(wanted)))
    if wanted.attention:
        yield _ATTENTION
    if search.needle:
        yield _title(search)
    yield from _dates(wanted)


def _dates(wanted: ItemFilter) -> Iterator[Condition]:
    if wanted.created_from is not None:
        yield items.c.created_at >= wanted.created_from
    if wanted.created_to is not None:
        yield items.c.created_at < wanted.created_to


def _title(search: Search) -> Condition:
    if search.dialect == "sqlite":
        return func.instr(items.c.title, search.needle) > 0
    if len(search.needle) < TRIGRAM:
        return func.strpos(items.c.title, search.needle) > 0
    return items.c.title.like(f"%{_literal(search.needle)}%", escape="\\")


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _worded(search: Search) -> AnySelect:
    place = _WORDS.c.rowid
    hit = literal_column("mockspark_item_words").op("MATCH")(_phrase(search))
    return (
        select(_AT.label("at"), _SEQ)
        .select_from(_WORDS.join(items, place == _SEQ))
        .where(hit, _statuses(search.filter), *_common(search), *_places(search.filter))
    )


def _phrase(search: Search) -> str:
    """Return a full-text query in which the needle is one quoted phrase, whatever it contains."""
    quoted = search.needle.replace('"', '""')
    return f'mark : "{search.mark}" AND title : "{quoted}"'


def _places(wanted: ItemFilter) -> Iterator[Condition]:
    if wanted.created_from is not None:
        yield _WORDS.c.rowid >= microseconds(wanted.created_from) * PLACES
    if wanted.created_to is not None:
        yield _WORDS.c.rowid < microseconds(wanted.created_to) * PLACES + _SLACK
