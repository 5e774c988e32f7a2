"""Many items, written in bulk: what a shop looks like after years, next to other shops."""

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_DNS, UUID, uuid5

import asyncpg  # type: ignore[import-untyped]  # ships no type information
from attrs import frozen

from benchmarks.plan import progress
from mockspark.adapters.channels.shopify_rest import RestOrder, decoded, order_of
from mockspark.adapters.sandbox.shopify import ShopifySandbox
from mockspark.adapters.sandbox.shopify_bodies import order_body
from mockspark.adapters.sql.accounts import mark_of
from mockspark.adapters.sql.converter import dumps
from mockspark.adapters.sql.engine import make_engine
from mockspark.adapters.sql.faces import face_of_item, face_of_order
from mockspark.adapters.sql.order_items import PLACES
from mockspark.adapters.sql.schema import prepare
from mockspark.adapters.sql.tables import connections, item_counts, items, orders, shops, submissions
from mockspark.adapters.sql.types import microseconds
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.identity import OrderId, OrderItemId, ShopId
from mockspark.domain.order import Order
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Rules, Shop
from mockspark.domain.status import Status

ASKING: Final = ShopId("bench-shop.myshopify.com")
OTHERS: Final = tuple(ShopId(f"other-{index}.myshopify.com") for index in range(6))
NOW: Final = datetime.now(UTC).replace(microsecond=0)
YEARS: Final = timedelta(days=730)
RARE: Final = "zeppelin"
COMMON: Final = "mug"
PLATFORMS: Final = (("printify", 60), ("gelato", 20), ("manual", 15), ("", 5))

_CHUNK: Final = 20_000
_WHEN: Final = "2001-01-01T00:00:00+00:00"
_STATUSES: Final = (
    (Status.FULFILLED, 62), (Status.ARCHIVED, 10), (Status.READY_TO_FULFILL, 8), (Status.BEING_FULFILLED, 8),
    (Status.ON_HOLD, 4), (Status.CANCELED, 4), (Status.SENDING, 2), (Status.GENERATING, 2),
)  # fmt: skip
_SENT: Final = frozenset({Status.FULFILLED, Status.BEING_FULFILLED})
_ADJECTIVES: Final = (
    "vintage", "rustic", "modern", "hand-drawn", "minimal", "floral", "retro", "nordic", "tiny", "grand", "golden",
    "pastel", "dark", "sunny", "winter", "summer", "birthday", "wedding", "family", "travel",
)  # fmt: skip
_PRODUCTS: Final = (
    "mug", "t-shirt", "poster", "phone case", "cushion", "hoodie", "tote bag", "notebook", "blanket", "ornament",
    "sticker", "canvas", "apron", "puzzle", "calendar",
)  # fmt: skip

Rows = dict[str, list[dict[str, object]]]


@frozen(kw_only=True)
class Data:
    """*rows* items; a large part belongs to the shop that asks, or all of them where it is *alone*."""

    rows: int
    alone: bool = False

    @property
    def name(self) -> str:
        """Return the name under which it is kept."""
        return f"{'one-shop' if self.alone else 'items'}-{self.rows}"


def in_sqlite(data: Data, folder: Path) -> Path:
    """Return the file that holds *data*, from an earlier run where it fits this version's tables."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{data.name}-{_fingerprint()}.db"
    if not path.exists():
        for outdated in folder.glob(f"{data.name}-*.db*"):
            outdated.unlink()
        building = path.with_suffix(".building")
        building.unlink(missing_ok=True)
        progress(f"building {path.name}")
        _fill_sqlite(data, building)
        building.rename(path)
    return path


async def prepared(url: str) -> None:
    """Make the tables of an empty database."""
    engine = make_engine(url)
    await prepare(engine)
    await engine.dispose()


async def in_postgres(data: Data, url: str) -> None:
    """Fill the prepared database at *url* with *data*."""
    progress(f"building {data.name} in PostgreSQL")
    connection = await asyncpg.connect(url)
    try:
        await _fill_postgres(data, connection)
    finally:
        await connection.close()


def email_of(customer: int) -> str:
    """Return the address of one of the customers."""
    return f"customer{customer}@example.com"


# Writing


def _fingerprint() -> str:
    """Name the tables' shape, so that a file of another version is not taken for this one's."""
    shape = [(table.name, [str(column.type) for column in table.columns]) for table in _TABLES]
    indexes = sorted(str(index.name) for table in _TABLES for index in table.indexes)
    return uuid5(NAMESPACE_DNS, repr((shape, indexes, NOW.date() - timedelta(days=NOW.weekday())))).hex[:8]


_TABLES: Final = (shops, connections, orders, submissions, items, item_counts)


def _fill_sqlite(data: Data, path: Path) -> None:
    import asyncio

    asyncio.run(prepared(f"sqlite:///{path}"))
    database = sqlite3.connect(path, isolation_level=None)
    for statement in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
        database.execute(f"PRAGMA {statement}").fetchall()
    kinds = "type IN ('index', 'trigger') AND sql IS NOT NULL AND tbl_name LIKE 'mockspark_%'"
    later = database.execute(f"SELECT type, name, sql FROM sqlite_master WHERE {kinds}").fetchall()
    for kind, name, _ in later:
        database.execute(f"DROP {kind} {name}")
    database.execute("BEGIN")
    for table, columns, rows in _batches(data, sqlite=True):
        marks = ", ".join("?" * len(columns))
        database.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
    progress("indexing")
    database.execute(
        "INSERT INTO mockspark_item_words (rowid, mark, title) SELECT i.seq, s.mark, i.title "
        "FROM mockspark_item i JOIN mockspark_shop s ON s.id = i.shop_id ORDER BY i.seq"
    )
    for _, _, statement in later:
        database.execute(statement)
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    database.close()


async def _fill_postgres(data: Data, connection: Any) -> None:
    later = await connection.fetch(
        "SELECT indexname AS name, indexdef AS sql FROM pg_indexes i WHERE tablename LIKE 'mockspark_%' "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
    )
    for index in later:
        await connection.execute(f"DROP INDEX {index['name']}")
    await connection.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'")
    for table, columns, rows in _batches(data, sqlite=False):
        await connection.copy_records_to_table(table, columns=columns, records=rows)
    progress("indexing")
    for index in later:
        await connection.execute(index["sql"])
    await connection.execute("SET session_replication_role = origin")
    await connection.execute(
        "SELECT setval(pg_get_serial_sequence('mockspark_item', 'seq'), max(seq)) FROM mockspark_item"
    )
    await connection.execute("VACUUM ANALYZE")


def _batches(data: Data, *, sqlite: bool) -> Iterator[tuple[str, list[str], list[tuple[object, ...]]]]:
    """Yield table, columns and rows, those that are pointed to first."""
    plain: Callable[[object], object] = _for_sqlite if sqlite else _as_it_is
    for written in _written(data, sqlite=sqlite):
        for table, rows in written.items():
            if rows:
                yield table, list(rows[0]), [tuple(map(plain, row.values())) for row in rows]


def _for_sqlite(value: object) -> object:
    return value.hex if isinstance(value, UUID) else value


def _as_it_is(value: object) -> object:
    return value


# Making up


def _written(data: Data, *, sqlite: bool) -> Iterator[Rows]:
    owners = [ASKING] if data.alone else [ASKING, *OTHERS]
    yield {"mockspark_shop": [_shop(owner) for owner in owners]}
    yield {"mockspark_connection": [_account(o, name) for o in owners for name, _ in PLATFORMS if name]}
    counts: Counter[tuple[ShopId, Status]] = Counter()
    bought = _orders(data, owners, sqlite=sqlite)
    while chunk := list(islice(bought, _CHUNK)):
        written: Rows = {"mockspark_order": [], "mockspark_submission": [], "mockspark_item": []}
        for order, sent, lines in chunk:
            written["mockspark_order"].append(order)
            written["mockspark_submission"].extend(sent)
            written["mockspark_item"].extend(lines)
            counts.update((ShopId(str(line["shop_id"])), Status(str(line["status"]))) for line in lines)
        yield written
    yield {"mockspark_item_count": [_count(*key, number) for key, number in counts.items()]}


def _orders(
    data: Data, owners: Sequence[ShopId], *, sqlite: bool
) -> Iterator[tuple[dict[str, object], list[dict[str, object]], list[dict[str, object]]]]:
    chance = random.Random(data.rows)
    shares = [4.0, *[1.0] * (len(owners) - 1)]
    start, step = NOW - YEARS, YEARS / data.rows
    names: Counter[ShopId] = Counter()
    made = 0
    while made < data.rows:
        shop = chance.choices(owners, shares)[0]
        names[shop] += 1
        count = min(chance.choice((1, 1, 2, 2, 3, 3)), data.rows - made)
        at = start + made * step
        place = (made + 1, step, sqlite)
        yield _order(chance, shop, names[shop], at, count, place)
        made += count


def _order(
    chance: random.Random,
    shop: ShopId,
    number: int,
    at: datetime,
    count: int,
    place: tuple[int, timedelta, bool],
) -> tuple[dict[str, object], list[dict[str, object]], list[dict[str, object]]]:
    order_id = _time_ordered(chance, at)
    email = email_of(chance.randrange(200_000))
    name = str(1000 + number)
    first, step, sqlite = place
    lines = []
    sent: UUID | None = None
    for index in range(count):
        when = at + index * step
        seq = microseconds(when) * PLACES if sqlite else first + index
        status = chance.choices(*_weighed(_STATUSES))[0]
        platform = chance.choices(*_weighed(PLATFORMS))[0]
        if status in _SENT:
            sent = sent or _time_ordered(chance, at)
        lines.append(
            _item(
                chance,
                seq,
                shop,
                order_id,
                when,
                status,
                platform,
                name,
                email,
                sent if status in _SENT else None,
            )
        )
    order = {
        "shop_id": shop, "id": order_id, "system": "shopify", "ref": f"{shop}/{number}", "name": name, "email": email,
        "redacted": False, "version": 1, "face": _face_of_order(f"#{name}", email), "body": _templates()["order_body"],
    }  # fmt: skip
    return order, [_submission(shop, sent)] if sent else [], lines


def _item(
    chance: random.Random,
    seq: int,
    shop: ShopId,
    order: UUID,
    at: datetime,
    status: Status,
    platform: str,
    name: str,
    email: str,
    sent: UUID | None,
) -> dict[str, object]:
    title = f"Personalized {chance.choice(_ADJECTIVES)} {chance.choice(_PRODUCTS)}"
    if chance.random() < 1 / 2000:
        title += f" {RARE}"
    since = microseconds(at)
    held = status is Status.ON_HOLD
    return {
        "seq": seq, "shop_id": shop, "id": _time_ordered(chance, at), "order_id": order, "line_system": "shopify",
        "line_ref": str(seq), "created_at": since, "status": status.value, "status_since": since,
        "hold_reason": "low_resolution" if held else None, "attention": held, "title": title.casefold(),
        "order_name": name, "email": email, "platform": platform,
        "connection_id": _account_id(shop, platform) if platform else None, "submission_id": sent,
        "sku": "mug-11-wht", "ready_since": since if status is Status.READY_TO_FULFILL else None, "untold": False,
        "version": 1, "face": _face_of_item(title, at), "body": _templates()["item_body"],
    }  # fmt: skip


def _shop(shop: ShopId) -> dict[str, object]:
    rules = Rules()
    return {
        "id": shop, "mark": mark_of(shop), "generating_limit_s": rules.generating_limit_s,
        "sending_limit_s": rules.sending_limit_s, "version": 1,
        "body": dumps(Shop(id=shop, rules=rules, created_at=NOW - YEARS)),
    }  # fmt: skip


def _account(shop: ShopId, platform: str) -> dict[str, object]:
    return {
        "shop_id": shop, "id": _account_id(shop, platform), "provider": platform, "created_at": 0, "version": 1,
        "sealed": "", "body": "{}",
    }  # fmt: skip


@cache
def _account_id(shop: ShopId, platform: str) -> UUID:
    return uuid5(NAMESPACE_DNS, f"{shop}/{platform}")


def _submission(shop: ShopId, id_: UUID) -> dict[str, object]:
    return {
        "shop_id": shop, "id": id_, "connection_id": _account_id(shop, "printify"), "state": "accepted", "version": 1,
        "face": json.dumps({"provider_orders": [id_.hex[:24]]}, separators=(",", ":")), "body": "{}",
    }  # fmt: skip


def _count(shop: ShopId, status: Status, number: int) -> dict[str, object]:
    return {"shop_id": shop, "status": status.value, "part": 0, "items": number}


def _time_ordered(chance: random.Random, at: datetime) -> UUID:
    """Return an id that begins with its time, as the real ones do: indexes grow at their end."""
    return UUID(int=(microseconds(at) // 1000 << 80) | (7 << 76) | (2 << 62) | chance.getrandbits(60))


@cache
def _weighed(choices: tuple[tuple[Any, int], ...]) -> tuple[list[Any], list[int]]:
    return [value for value, _ in choices], [weight for _, weight in choices]


def _face_of_item(title: str, at: datetime) -> str:
    return _templates()["item_face"].replace("@title@", title).replace(_WHEN, at.isoformat())


def _face_of_order(name: str, email: str) -> str:
    return _templates()["order_face"].replace("@name@", name).replace("@email@", email)


@cache
def _templates() -> Mapping[str, str]:
    """Return the real texts of one order of the sandbox, with marks for what differs."""
    sandbox = ShopifySandbox()
    opened = sandbox.open_shop()
    sandbox.place_all(1, opened.domain)
    told = {**order_body(opened.store, next(iter(opened.store.orders.values()))), "name": "@name@"}
    told["email"] = told["contact_email"] = "@email@"
    placed = order_of(decoded(json.dumps(told).encode(), RestOrder))
    stamp = Stamp(at=datetime.fromisoformat(_WHEN), by=Actor.person("bench"))
    order = Order.receive(OrderId(UUID(int=1)), ASKING, placed, filtered=(), items=1, stamp=stamp)
    item = _placed(order, stamp)
    return {
        "order_face": face_of_order(order),
        "order_body": dumps(order),
        "item_face": face_of_item(item).replace(item.product_title, "@title@"),
        "item_body": dumps(item),
    }


def _placed(order: Order, stamp: Stamp) -> OrderItem:
    return OrderItem.place(
        OrderItemId(UUID(int=2)),
        shop_id=ASKING,
        order_id=order.id,
        line=order.snapshot.lines[0],
        listing=None,
        design=None,
        hold=None,
        stamp=stamp,
    )
