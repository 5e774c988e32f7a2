"""What leaves as files: CSV lines that no spreadsheet can run, and ZIP names that no system can mistake."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, count
from typing import Final

from mockspark.application.blob_names import ending_of
from mockspark.application.views import ArchiveEntry, ItemRow
from mockspark.domain.files import ProductionFile
from mockspark.domain.money import Money
from mockspark.domain.order_item import OrderItem

# Spreadsheets run cells that begin so (OWASP, CSV injection); the full-width forms are folded to them.
_RISKY: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - meant
_SAFE_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_PART: Final = 40

Column = tuple[str, Callable[[ItemRow], str]]


def _money(amount: Money | None) -> str:
    return "" if amount is None else str(amount.decimal)


def _address(row: ItemRow, part: str) -> str:
    return "" if row.ship_to is None else str(getattr(row.ship_to, part))


COLUMNS: Final[tuple[Column, ...]] = (
    ("item_id", lambda row: str(row.id)),
    ("order_name", lambda row: row.order_name),
    ("created_at", lambda row: row.created_at.isoformat()),
    ("order_placed_at", lambda row: row.placed_at.isoformat()),
    ("status", lambda row: row.status.value),
    ("status_since", lambda row: row.status_since.isoformat()),
    ("hold_reason", lambda row: row.hold_reason.value if row.hold_reason else ""),
    ("hold_note", lambda row: row.hold_note),
    ("platform", lambda row: row.platform),
    ("product_title", lambda row: row.title),
    ("variant_title", lambda row: row.variant_title),
    ("sku", lambda row: row.sku),
    ("quantity", lambda row: str(row.quantity)),
    ("price", lambda row: _money(row.price)),
    ("currency", lambda row: row.price.currency if row.price else ""),
    ("customer_name", lambda row: row.customer_name),
    ("customer_email", lambda row: row.customer_email),
    ("ship_to_name", lambda row: _address(row, "name")),
    ("ship_to_company", lambda row: _address(row, "company")),
    ("ship_to_line1", lambda row: _address(row, "line1")),
    ("ship_to_line2", lambda row: _address(row, "line2")),
    ("ship_to_postal_code", lambda row: _address(row, "postal_code")),
    ("ship_to_city", lambda row: _address(row, "city")),
    ("ship_to_region", lambda row: _address(row, "region")),
    ("ship_to_country", lambda row: _address(row, "country")),
    ("shipping_method", lambda row: row.shipping_method),
    ("provider_orders", lambda row: " ".join(row.provider_orders)),
    ("provider_status", lambda row: row.provider_raw),
    ("tracking", lambda row: " ".join(row.tracking)),
    ("shipment_status", lambda row: row.shipment_state),
    ("cost_items", lambda row: _money(row.cost_items)),
    ("cost_shipping", lambda row: _money(row.cost_shipping)),
    ("cost_currency", lambda row: row.cost_items.currency if row.cost_items else ""),
    ("flags", lambda row: " ".join(row.flags)),
    ("design_version", lambda row: str(row.design_version)),
    ("reprint_of", lambda row: str(row.reprint_of or "")),
)
"""The header and what stands under it; columns are only ever added at the end."""

# Numbers and dates that we wrote ourselves are no formulas, whatever they begin with.
_OWN: Final = frozenset(
    {"item_id", "created_at", "order_placed_at", "status_since", "price", "cost_items", "cost_shipping"}
)


def guarded(text: str) -> str:
    """Return *text* so that a spreadsheet shows it and never runs it; the guard is one leading apostrophe."""
    return f"'{text}" if _risky(text) else text


def unguarded(text: str) -> str:
    """Take the guard off again when a CSV of ours comes back."""
    return text[1:] if text.startswith("'") and _risky(text[1:]) else text


def _risky(text: str) -> bool:
    # What already looks guarded is guarded once more, so that taking the guard off gives back every text.
    return text.lstrip("'").startswith(_RISKY)


def csv_header() -> str:
    """Return the documented header line."""
    return _line([name for name, _ in COLUMNS])


def csv_line(row: ItemRow) -> str:
    """Return the CSV line (RFC 4180) of *row*."""
    return _line([cell(row) if name in _OWN else guarded(cell(row)) for name, cell in COLUMNS])


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue()


def safe_part(text: str) -> str:
    """Return *text* as a part of a file's name: ASCII letters, digits, dot, dash, underline; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _SAFE_NAME.sub("-", plain).strip("-._")[:_LONGEST_PART].rstrip("-._") or "x"


def archive_entries(items: Iterable[tuple[OrderItem, str]]) -> Iterator[ArchiveEntry]:
    """Name every file of *items* (each with its order's name), previews and a manifest included.

    A name holds order, item, area and design version, and no two are equal, not even to a system that does not
    tell A from a.
    """
    manifest: list[Mapping[str, object]] = []
    taken: set[str] = set()
    for item, order_name in items:
        for file in item.files:
            stem = _free(_stem(item, file, order_name), taken)
            manifest.append(_told(item, file, order_name, stem))
            yield from _entries(file, stem)
    listed = json.dumps({"schema": 1, "files": manifest}, indent=1, ensure_ascii=False)
    yield ArchiveEntry(name="manifest.json", content=listed.encode())


def _stem(item: OrderItem, file: ProductionFile, order_name: str) -> str:
    return f"{safe_part(order_name)}_{item.id.hex}_{safe_part(file.area)}_v{file.design_version}"


def _free(stem: str, taken: set[str]) -> str:
    numbered = (f"{stem}-{number}" for number in count(2))
    free = next(name for name in chain((stem,), numbered) if name.lower() not in taken)
    taken.add(free.lower())
    return free


def _name(file: ProductionFile, stem: str) -> str:
    return f"{stem}.{ending_of(file.media_type)}"


def _entries(file: ProductionFile, stem: str) -> Iterator[ArchiveEntry]:
    yield ArchiveEntry(name=_name(file, stem), key=file.key)
    if file.preview_key:
        yield ArchiveEntry(name=f"{stem}_preview.webp", key=file.preview_key)


def _told(item: OrderItem, file: ProductionFile, order_name: str, stem: str) -> Mapping[str, object]:
    return {
        "name": _name(file, stem),
        "order": order_name,
        "item": str(item.id),
        "title": item.product_title,
        "quantity": item.quantity,
        "area": file.area,
        "design_version": file.design_version,
        "current": file.design_version == item.design_version,
        "sha256": file.sha256,
        "width_px": file.width_px,
        "height_px": file.height_px,
        "dpi": file.dpi,
    }
