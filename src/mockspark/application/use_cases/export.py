"""Data and files that a merchant takes along."""

import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

from attrs import frozen

from mockspark.application.errors import NotFound
from mockspark.application.exports import archive_entries, csv_header, csv_line
from mockspark.application.filters import ItemFilter, within_window
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.application.ports.queries import OrderItemQueries
from mockspark.application.ports.storage import Store
from mockspark.application.ports.system import Clock
from mockspark.application.targets import Targets
from mockspark.application.views import ArchiveEntry, ItemRow
from mockspark.domain.identity import ShopId
from mockspark.domain.order_item import OrderItem

_BOM: Final = "\ufeff"
_PIECE: Final = 64 * 1024
# One fixed moment, so that equal files make equal archives.
_WRITTEN: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o644 << 16


@frozen(kw_only=True)
class ExportCsv:
    """Write items as CSV (RFC 4180), one row per item, safe to open in a spreadsheet."""

    queries: OrderItemQueries
    clock: Clock

    async def __call__(
        self, shop: ShopId, chosen: Targets | ItemFilter, *, bom: bool = False
    ) -> AsyncIterator[str]:
        """Yield the file in pieces; memory does not grow with the number of rows.

        Before the first piece it raises NotFound for a chosen item that there is not, and InvalidValue for a date
        range that no search takes.
        """
        piece = [_BOM + csv_header() if bom else csv_header()]
        size = len(piece[0])
        async for row in self._rows(shop, chosen):
            piece.append(csv_line(row))
            size += len(piece[-1])
            if size >= _PIECE:
                yield "".join(piece)
                piece, size = [], 0
        yield "".join(piece)

    async def _rows(self, shop: ShopId, chosen: Targets | ItemFilter) -> AsyncIterator[ItemRow]:
        if isinstance(chosen, ItemFilter):
            # A reader that stops early lets go of the database at once.
            async with aclosing(self.queries.rows(shop, within_window(chosen, self.clock()))) as rows:
                async for row in rows:
                    yield row
            return
        for row in await self._chosen(shop, chosen):
            yield row

    async def _chosen(self, shop: ShopId, chosen: Targets) -> Sequence[ItemRow]:
        found = await self.queries.pick(shop, chosen.items)
        missing = set(chosen.items) - {row.id for row in found}
        if missing:
            raise NotFound("order item", next(id_ for id_ in chosen.items if id_ in missing))
        return found


@frozen(kw_only=True)
class DownloadFiles:
    """Pack the production files of items into one ZIP."""

    store: Store
    blobs: BlobStore

    async def __call__(self, shop: ShopId, targets: Targets) -> AsyncIterator[bytes]:
        """Yield the archive in pieces: files by area, previews, `manifest.json`; raises NotFound for a missing item."""
        named = await self._named(shop, targets)
        sink = _Sink()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
            for entry in archive_entries(named):
                async for piece in self._packed(archive, sink, entry):
                    yield piece
        yield sink.taken()

    async def _named(self, shop: ShopId, targets: Targets) -> list[tuple[OrderItem, str]]:
        async with self.store.read(shop) as work:
            items = await work.items.get_many(targets.items)
            missing = [id_ for id_ in targets.items if id_ not in items]
            if missing:
                raise NotFound("order item", missing[0])
            orders = await work.orders.get_many({item.order_id for item in items.values()})
        return [(items[id_], orders[items[id_].order_id].name) for id_ in targets.items]

    async def _packed(
        self, archive: zipfile.ZipFile, sink: "_Sink", entry: ArchiveEntry
    ) -> AsyncIterator[bytes]:
        about = zipfile.ZipInfo(entry.name, _WRITTEN)
        about.external_attr = _MODE
        # Pictures are compressed already: deflating them again costs time and saves nothing.
        with archive.open(about, "w", force_zip64=True) as file:
            file.write(entry.content)
            if entry.key:
                async for piece in self.blobs.stream(BlobKey(entry.key)):
                    file.write(piece)
                    yield sink.taken()
        yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the archive is written and taken from at once, so that it never lies in memory whole."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]  # the buffer protocol
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
