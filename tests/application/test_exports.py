"""Files that leave: no cell that a spreadsheet runs, no name that a system mistakes, no memory that grows."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from mockspark.application.exports import (
    COLUMNS,
    archive_entries,
    csv_header,
    csv_line,
    guarded,
    safe_part,
    unguarded,
)
from mockspark.application.filters import ItemFilter
from mockspark.application.use_cases.export import ExportCsv
from mockspark.application.views import ItemRow
from mockspark.domain.files import ProductionFile
from mockspark.domain.identity import OrderId, OrderItemId, ShopId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from tests.domain.test_following import an_item

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SHOP: Final = ShopId("demo-shop.myshopify.com")
TEXTS: Final = ("order_name", "hold_note", "title", "customer_name", "customer_email", "sku", "provider_raw")
COLUMN_OF: Final = {"title": "product_title", "provider_raw": "provider_status"}


def a_row(**more: Any) -> ItemRow:
    row = ItemRow(
        id=OrderItemId(UUID(int=1)), order_id=OrderId(UUID(int=2)), order_name="#1001", created_at=NOON,
        placed_at=NOON, title="Mug", quantity=1, status=Status.READY_TO_FULFILL, status_since=NOON,
    )  # fmt: skip
    return evolve(row, **more)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(text=st.text(), field=st.sampled_from(TEXTS))
@example(text="=1+1", field="title")
@example(text="a\n=1+1", field="hold_note")
@example(text='x",=1+1', field="sku")
@example(text="'=1+1", field="customer_name")
@example(text="＝1+1", field="order_name")
@example(text="\r\n@SUM(A1)", field="hold_note")
def test_no_text_becomes_a_formula_and_none_is_lost(text: str, field: str) -> None:
    """Whatever anybody wrote, its cell begins with nothing that runs, and taking the guard off gives it back."""
    (row,) = read(csv_header() + csv_line(a_row(**{field: text})))
    cell = row[COLUMN_OF.get(field, field)]

    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    assert text == unguarded(cell)
    assert len(COLUMNS) == len(row)


@given(text=st.text())
@example(text="''=1")
def test_the_guard_comes_off_exactly_once(text: str) -> None:
    """Guarding twice and taking off twice gives back the text, too."""
    assert text == unguarded(unguarded(guarded(guarded(text))))


@given(text=st.text())
@example(text="../../etc/passwd")
@example(text="C:\\con")
@example(text="\u202egnp.exe")
@example(text="a" * 300)
def test_a_part_of_a_name_is_plain(text: str) -> None:
    """No text makes a folder, a hidden file, an empty or an endless name."""
    part = safe_part(text)

    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,38}[A-Za-z0-9])?", part)


def a_file(area: str, version: int = 1) -> ProductionFile:
    return ProductionFile(
        area=area, design_version=version, key=f"k/{area}", sha256="0" * 64, size=1, width_px=10, height_px=10,
        dpi=300, preview_key=f"p/{area}", made_at=NOON,
    )  # fmt: skip


def with_files(*areas: str) -> OrderItem:
    return evolve(an_item(), files=tuple(a_file(area) for area in areas))


@given(areas=st.lists(st.text(min_size=1), max_size=6), order=st.text())
@example(areas=["Front", "front", "front!", "f" * 60, "f" * 61], order="#1001")
def test_no_two_names_of_an_archive_are_equal(areas: list[str], order: str) -> None:
    """Not even to a system that does not tell A from a, whatever areas and orders are called."""
    entries = list(archive_entries([(with_files(*areas), order), (with_files(*areas), order.upper())]))
    names = [entry.name for entry in entries]
    manifest = json.loads(entries[-1].content)

    assert 4 * len(areas) + 1 == len({name.lower() for name in names}) == len(names)
    assert not [name for name in names if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}", name)]
    assert [file["name"] for file in manifest["files"]] == [
        name for name in names[:-1] if not name.endswith("_preview.webp")
    ]


class Endless:
    """A search that finds very many rows, one after the other."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.given = 0

    async def rows(self, shop: ShopId, wanted: ItemFilter) -> AsyncIterator[ItemRow]:
        """Yield the rows, counting those that were taken."""
        for _ in range(self.count):
            self.given += 1
            yield a_row()


async def test_an_export_takes_rows_as_they_are_needed() -> None:
    """After the first piece only a fraction of the rows was read: memory does not grow with their number."""
    found = Endless(20_000)
    pieces = ExportCsv(queries=found, clock=lambda: NOON)(SHOP, ItemFilter())  # type: ignore[arg-type]  # one method is called

    first = await anext(pieces)
    taken = found.given
    lengths = [len(piece) async for piece in pieces]

    assert len(first) < 70_000
    assert taken < 1_000
    assert max(lengths) < 70_000
    assert 20_000 == found.given


def test_an_empty_archive_is_an_archive() -> None:
    """Items without files give a manifest without files."""
    (entry,) = archive_entries([(with_files(), "#1001")])

    assert ("manifest.json", []) == (entry.name, json.loads(entry.content)["files"])
