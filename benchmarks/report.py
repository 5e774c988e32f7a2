"""How a table is printed, kept, and shown in the documentation."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.measuring import Table, shown

_FILE: Final = "{name}.json"


def aligned(table: Table) -> str:
    """Return the table for a terminal."""
    cells = [table.headings, *([shown(cell) for cell in row] for row in table.rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(table.headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    rule = "  ".join("-" * width for width in widths)
    about = [f"{table.name}: {table.title}", f"floor: {table.floor}", f"target: {table.target}"]
    return "\n".join([*about, "", lines[0].rstrip(), rule, *map(str.rstrip, lines[1:]), *table.notes, ""])


def markdown(tables: Iterable[Mapping[str, Any]]) -> str:
    """Return kept tables as the documentation shows them."""
    return "\n".join(_section(table) for table in tables)


def keep(table: Table, folder: Path) -> Path:
    """Write the table to a file of its own, with where and when it was measured."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _FILE.format(name=table.name)
    path.write_text(json.dumps({**table.as_json(), "measured": _circumstances()}, indent=1) + "\n")
    return path


def kept(names: Sequence[str], folder: Path) -> Sequence[Mapping[str, Any]]:
    """Return the tables of *names* that were kept."""
    paths = [folder / _FILE.format(name=name) for name in names]
    return [json.loads(path.read_text()) for path in paths if path.is_file()]


def _section(table: Mapping[str, Any]) -> str:
    rows: Sequence[Mapping[str, Any]] = table["rows"]
    headings = list(rows[0]) if rows else []
    lines = [f"| {' | '.join(shown(cell) for cell in row.values())} |" for row in rows]
    when = table["measured"]
    return "\n".join(
        [
            f"### {table['title']}",
            "",
            f"Floor: {table['floor']}. Target: {table['target']}.",
            "",
            f"| {' | '.join(headings)} |",
            f"|{'---|' * len(headings)}",
            *lines,
            "",
            *(f"{note}\n" for note in table["notes"]),
            f"Measured {when['at']}, {when['cores']} cores, load {when['load']}, Python {when['python']}.",
            "",
        ]
    )


def _circumstances() -> Mapping[str, object]:
    return {
        "at": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }
