"""How fast a CSV of everything is written, and whether its size shows in the memory."""

import csv
import io
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks import dataset
from benchmarks.dataset import ASKING, Data
from benchmarks.measuring import Cell, Sample, Table, ratio
from benchmarks.plan import Plan, progress
from benchmarks.processes import answer_of, peak_mebibytes

_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_SELECT: Final = """SELECT i.id, i.created_at, i.status, i.platform, i.face, o.face, s.face
FROM mockspark_item i JOIN mockspark_order o ON o.shop_id = i.shop_id AND o.id = i.order_id
LEFT JOIN mockspark_submission s ON s.shop_id = i.shop_id AND s.id = i.submission_id
WHERE i.shop_id = ? AND i.status <> 'archived' ORDER BY i.created_at DESC, i.seq DESC"""


def measure(plan: Plan) -> Table:
    """Export every size in a process of its own."""
    rows: list[tuple[Cell, ...]] = []
    for count in plan.rows:
        path = dataset.in_sqlite(Data(rows=count, alone=True), plan.out)
        progress(f"export: {count:,} items")
        rows.append(_compared(plan, path))
    smallest = rows[0][-2]
    assert isinstance(smallest, float)
    return Table(
        name="export",
        title="CSV of a whole shop, SQLite",
        floor="one cursor of the driver, the stored texts decoded, guarded cells written by the csv module",
        target="peak memory of the largest at most 1.2 times that of the smallest",
        headings=(
            "rows",
            "rows per s",
            "spread",
            "floor rows per s",
            "ratio",
            "peak MiB",
            "peak to smallest",
        ),
        rows=tuple((*row[:-1], row[-2] / smallest) for row in rows if isinstance(row[-2], float)),
        notes=("Archived items, a tenth of the shop, are not part of it.",),
    )


def _compared(plan: Plan, path: Path) -> tuple[Cell, ...]:
    told: dict[str, list[dict[str, Any]]] = {"ours": [], "floor": []}
    for _ in range(plan.repeats):
        for kind, into in told.items():
            into.append(answer_of("benchmarks.export", kind, str(path)))
    ours, floor = ([each["per_second"] for each in told[kind]] for kind in ("ours", "floor"))
    peak = max(each["peak"] for each in told["ours"])
    sample = Sample(values=ours)
    bare = Sample(values=floor).median
    return (
        told["ours"][0]["rows"],
        sample.median,
        sample.spread,
        bare,
        ratio(ours, floor),
        float(peak),
        None,
    )


def main() -> None:
    """Write the CSV of a shop to nowhere and print rows, speed and peak memory."""
    kind, path = sys.argv[1:]
    began = time.perf_counter()
    lines = _ours(path) if kind == "ours" else _bare(path)
    took = time.perf_counter() - began
    print(json.dumps({"rows": lines - 1, "per_second": (lines - 1) / took, "peak": peak_mebibytes()}))


def _ours(path: str) -> int:
    import asyncio

    return asyncio.run(_exported(path))


async def _exported(path: str) -> int:
    from mockspark.adapters.sql.engine import make_read_engine
    from mockspark.adapters.sql.queries import SqlQueries
    from mockspark.adapters.system import utc_now
    from mockspark.application.filters import ItemFilter
    from mockspark.application.use_cases.export import ExportCsv

    read_engine = make_read_engine(f"sqlite:///{path}")
    export = ExportCsv(queries=SqlQueries(read_engine), clock=utc_now)
    lines = 0
    async for piece in export(ASKING, ItemFilter()):
        lines += piece.count("\r\n")
    await read_engine.dispose()
    return lines


def _bare(path: str) -> int:
    database = sqlite3.connect(path)
    sink = io.StringIO()
    writer = csv.writer(sink)
    lines = 1
    for row in database.execute(_SELECT, (ASKING,)):
        writer.writerow(list(_cells(row)))
        lines += 1
        if lines % 500 == 0:
            sink.seek(0)
            sink.truncate()
    return lines


def _cells(row: tuple[Any, ...]) -> Iterator[str]:
    faces = [json.loads(face) for face in row[4:] if face]
    values = (*row[:4], *(value for face in faces for value in face.values()))
    for value in values:
        text = str(value)
        yield f"'{text}" if text.startswith(_RISKY) else text


if __name__ == "__main__":
    main()
