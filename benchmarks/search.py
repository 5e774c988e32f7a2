"""How long the list takes to answer, for each filter and for some together, next to the bare best SQL."""

import asyncio
import sqlite3
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # ships no type information
from attrs import frozen

from benchmarks import dataset
from benchmarks.databases import postgres
from benchmarks.dataset import ASKING, COMMON, NOW, RARE, Data
from benchmarks.measuring import Cell, Table, percentile
from benchmarks.plan import Engine, Plan, progress
from mockspark.adapters.sql.accounts import mark_of
from mockspark.adapters.sql.engine import make_read_engine
from mockspark.adapters.sql.order_items import PLACES
from mockspark.adapters.sql.queries import SqlQueries
from mockspark.adapters.sql.types import microseconds
from mockspark.adapters.system import utc_now
from mockspark.application.filters import ItemFilter
from mockspark.application.use_cases.browse import SearchItems
from mockspark.domain.status import Status

_DAY: Final = timedelta(days=1)
_PAGE: Final = 50
_ROWS: Final = """SELECT i.seq, i.created_at, i.id, i.order_id, i.status, i.platform, i.version, i.face, o.face, s.face
FROM ({page}) page JOIN mockspark_item i ON i.seq = page.seq
JOIN mockspark_order o ON o.shop_id = i.shop_id AND o.id = i.order_id
LEFT JOIN mockspark_submission s ON s.shop_id = i.shop_id AND s.id = i.submission_id
ORDER BY i.created_at DESC, i.seq DESC"""
_PAGE_OF: Final = (
    "SELECT seq FROM mockspark_item WHERE shop_id = ? AND {where} ORDER BY created_at DESC, seq DESC LIMIT 51"
)
_WORDS_OF: Final = (
    "SELECT i.seq FROM mockspark_item_words w JOIN mockspark_item i ON i.seq = w.rowid "
    "WHERE mockspark_item_words MATCH ? AND i.shop_id = ? AND {where} ORDER BY w.rowid DESC LIMIT 51"
)

Ask = Callable[[str, Sequence[object]], Awaitable[Sequence[object]]]


@frozen(kw_only=True)
class Case:
    """A question with different words each time."""

    name: str
    of: Callable[[int], ItemFilter]


@frozen(kw_only=True)
class Bare:
    """A statement with its values, in the words of the driver."""

    sql: str
    values: tuple[object, ...]


def _day(n: int) -> datetime:
    return NOW - (3 + n % 80) * _DAY


def _month(n: int) -> dict[str, Any]:
    return {"created_from": _day(n) - 3 * _DAY, "created_to": _day(n) + 27 * _DAY}


_READY: Final = frozenset({Status.READY_TO_FULFILL})
_MANUAL: Final = frozenset({"manual"})

CASES: Final = (
    Case(name="newest", of=lambda _: ItemFilter()),
    Case(name="order name", of=lambda n: ItemFilter(order_name=f"#{1001 + 37 * n}")),
    Case(name="one day", of=lambda n: ItemFilter(created_from=_day(n), created_to=_day(n) + _DAY)),
    Case(name="title, common", of=lambda n: ItemFilter(title=(COMMON, "poster", "cushion")[n % 3])),
    Case(name="title, rare", of=lambda _: ItemFilter(title=RARE)),
    Case(name="title, none", of=lambda n: ItemFilter(title=f"xylophone {n}")),
    Case(name="e-mail", of=lambda n: ItemFilter(email=dataset.email_of(211 * n))),
    Case(name="platform", of=lambda n: ItemFilter(platforms=[("manual", "gelato", "unassigned")[n % 3]])),
    Case(name="status", of=lambda n: ItemFilter(statuses=[sorted(Status)[n % len(Status)]])),
    Case(name="status, 30 days", of=lambda n: ItemFilter(statuses=_READY, **_month(n))),
    Case(name="platform, status", of=lambda _: ItemFilter(platforms=_MANUAL, statuses=_READY)),
    Case(name="common title, status", of=lambda _: ItemFilter(title=COMMON, statuses=_READY)),
    Case(name="rare title, 30 days", of=lambda n: ItemFilter(title=RARE, **_month(n))),
    Case(
        name="all six",
        of=lambda n: ItemFilter(
            order_name=f"#{1001 + 37 * n}", title=COMMON, email=dataset.email_of(211 * n), platforms=_MANUAL,
            statuses=_READY, **_month(n),
        ),
    ),
)  # fmt: skip


def measure(plan: Plan) -> Table:
    """Ask everything on every engine at every size."""
    rows: list[tuple[Cell, ...]] = []
    for count in plan.rows:
        for engine in plan.engines:
            progress(f"search: {engine}, {count:,} items")
            rows.extend(asyncio.run(_measured(plan, Data(rows=count), engine)))
    return Table(
        name="search",
        title="Searches of the list, 50 rows",
        floor="the best bare SQL that returns the same rows, through the driver alone, as the driver gives them",
        target=(
            "p95 at most twice the floor; where the floor is below a millisecond the ratio tells what turning "
            "50 rows into objects costs, and the milliseconds count"
        ),
        headings=(
            "database",
            "items",
            "filter",
            "p50 ms",
            "p95 ms",
            "floor p50 ms",
            "floor p95 ms",
            "p95 ratio",
        ),
        rows=tuple(rows),
    )


async def _measured(plan: Plan, data: Data, engine: Engine) -> Sequence[tuple[Cell, ...]]:
    opening = _sqlite(data, plan.out) if engine == "sqlite" else _postgres(data)
    async with opening as (url, ask):
        read_engine = make_read_engine(url)
        search = SearchItems(queries=SqlQueries(read_engine), clock=utc_now)
        rows = [await _case(plan, case, engine, data.rows, search, ask) for case in CASES]
        await read_engine.dispose()
    return rows


async def _case(
    plan: Plan, case: Case, engine: Engine, count: int, search: SearchItems, ask: Ask
) -> tuple[Cell, ...]:
    best = await _best(case, engine, ask)
    ours: list[float] = []
    floors: list[float] = []
    for number in range(plan.few(60, 3)):
        wanted = case.of(number)
        bare = _candidates(wanted, engine)[best]
        began = time.perf_counter()
        found = await search(ASKING, wanted)
        between = time.perf_counter()
        raw = await ask(bare.sql, bare.values)
        ours.append(between - began)
        floors.append(time.perf_counter() - between)
        if len(found.rows) != min(len(raw), _PAGE):
            raise RuntimeError(f"{case.name}: {len(found.rows)} rows instead of {len(raw)}")
    p50, p95 = (percentile(ours, share) * 1000 for share in (0.5, 0.95))
    floor50, floor95 = (percentile(floors, share) * 1000 for share in (0.5, 0.95))
    return (engine, count, case.name, p50, p95, floor50, floor95, p95 / floor95)


async def _best(case: Case, engine: Engine, ask: Ask) -> int:
    """Return which of the possible statements is the fastest for this question."""
    took: dict[int, float] = {}
    for index in range(len(_candidates(case.of(0), engine))):
        times = []
        for number in range(5):
            bare = _candidates(case.of(number), engine)[index]
            began = time.perf_counter()
            await ask(bare.sql, bare.values)
            times.append(time.perf_counter() - began)
        took[index] = statistics.median(times)
    return min(took, key=took.__getitem__)


def _candidates(wanted: ItemFilter, engine: Engine) -> Sequence[Bare]:
    """Return every sensible way to ask; which one is best depends on how rare what is looked for is."""
    conditions = dict(_conditions(wanted, engine))
    ways = [_plain(conditions)]
    if engine == "sqlite" and wanted.title:
        ways.append(_by_words(wanted, conditions))
    if engine == "postgresql":
        ways = [_numbered(way) for way in ways]
    return ways


def _plain(conditions: Mapping[str, Sequence[object]]) -> Bare:
    page = _PAGE_OF.format(where=" AND ".join(conditions))
    return Bare(sql=_ROWS.format(page=page), values=(ASKING, *(v for vs in conditions.values() for v in vs)))


def _by_words(wanted: ItemFilter, conditions: Mapping[str, Sequence[object]]) -> Bare:
    phrase = f'mark : "{mark_of(ASKING)}" AND title : "{wanted.title}"'
    where = {f"i.{condition}": values for condition, values in conditions.items() if "title" not in condition}
    if wanted.created_from is not None:
        where["w.rowid >= ?"] = [microseconds(wanted.created_from) * PLACES]
    page = _WORDS_OF.format(where=" AND ".join(where))
    return Bare(
        sql=_ROWS.format(page=page), values=(phrase, ASKING, *(v for vs in where.values() for v in vs))
    )


def _numbered(bare: Bare) -> Bare:
    pieces = bare.sql.split("?")
    marked = "".join(f"{piece}${at}" for at, piece in enumerate(pieces[:-1], 1)) + pieces[-1]
    return Bare(sql=marked, values=bare.values)


def _conditions(wanted: ItemFilter, engine: Engine) -> Iterator[tuple[str, Sequence[object]]]:
    if wanted.statuses:
        marks = ", ".join("?" * len(wanted.statuses))
        yield f"status IN ({marks})", [status.value for status in wanted.statuses]
    else:
        yield "status <> 'archived'", ()
    if wanted.order_name:
        yield "order_name = ?", [wanted.order_name]
    if wanted.email:
        yield "email = ?", [wanted.email]
    if wanted.platforms:
        platforms = ["" if name == "unassigned" else name for name in wanted.platforms]
        yield f"platform IN ({', '.join('?' * len(platforms))})", platforms
    if wanted.created_from is not None:
        yield "created_at >= ?", [microseconds(wanted.created_from)]
    if wanted.created_to is not None:
        yield "created_at < ?", [microseconds(wanted.created_to)]
    if wanted.title:
        sqlite = engine == "sqlite"
        yield ("instr(title, ?) > 0", [wanted.title]) if sqlite else ("title LIKE ?", [f"%{wanted.title}%"])


@asynccontextmanager
async def _sqlite(data: Data, folder: Path) -> AsyncGenerator[tuple[str, Ask]]:
    path = await asyncio.to_thread(dataset.in_sqlite, data, folder)
    database = sqlite3.connect(path, isolation_level=None)

    async def ask(sql: str, values: Sequence[object]) -> Sequence[object]:
        return database.execute(sql, values).fetchall()

    yield f"sqlite:///{path}", ask
    database.close()


@asynccontextmanager
async def _postgres(data: Data) -> AsyncGenerator[tuple[str, Ask]]:
    with postgres() as server:
        url = server.new_database()
        await dataset.prepared(url)
        await dataset.in_postgres(data, url)
        settings = {"plan_cache_mode": "force_custom_plan", "jit": "off"}
        connection = await asyncpg.connect(url, server_settings=settings)

        async def ask(sql: str, values: Sequence[object]) -> Sequence[object]:
            found: Sequence[object] = await connection.fetch(sql, *values)
            return found

        yield url, ask
        await connection.close()
