"""TIFF: one deflated strip for each band, with transparency, or without it on a paper."""

import io
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from attrs import field, frozen
from PIL import Image

from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.files.deflate import Deflate, best
from mockspark.adapters.rendering.files.filtering import differences
from mockspark.adapters.rendering.files.writing import Encoded, whole
from mockspark.application.errors import Rejected
from mockspark.domain.catalog import PrintArea
from mockspark.domain.holds import HoldReason

_SHORT, _LONG, _RATIONAL, _UNDEFINED = 3, 4, 5, 7
_ADOBE_DEFLATE: Final = 8
_INCH: Final = 2
_DIFFERENCES: Final = 2
_UNASSOCIATED: Final = 2
# Offsets have 32 bits; what follows the strips takes less than the rest.
_LIMIT: Final = 2**32 - 2**20

_Entry = tuple[int, int, int, bytes]


@frozen(kw_only=True)
class TiffWriter:
    """Writes classic TIFF: RGB where *paper* is given, else RGBA that is not premultiplied.

    Raises Rejected for files of more than *limit* bytes.
    """

    area: PrintArea
    paper: str = ""
    deflate: Deflate = field(factory=best)
    limit: int = _LIMIT

    @property
    def recipe(self) -> str:
        """Return what decides the bytes of a band beside its pixels."""
        return f"tiff {self.area.width_px} {self.paper} {self.deflate.name}"

    def encode(self, band: Image.Image | None, rows: int) -> Encoded:
        """Encode a band (RGBA), or one on which there is nothing."""
        if band is None:
            return _blank(self, rows)
        return Encoded(rows=rows, data=self.deflate.stream(differences(band, self.paper)))

    def assembled(self, encoded: Iterable[Encoded]) -> bytes:
        """Return the file of all bands, from top to bottom."""
        out = io.BytesIO()
        out.write(b"II*\0\0\0\0\0")
        heights, offsets, sizes = [0], [], []
        for band in whole(encoded, self.area.height_px):
            heights.append(band.rows)
            offsets.append(_even(out))
            sizes.append(len(band.data))
            self._check(out.tell() + len(band.data))
            out.write(band.data)
        if set(heights[1:-1]) - {heights[1]} or heights[-1] > heights[1]:
            raise ValueError("the strips of a TIFF have one height, and the last one no more")
        directory = _even(out)
        out.write(_directory(self._entries(heights[1], offsets, sizes), directory))
        out.seek(4)
        out.write(struct.pack("<I", directory))
        return out.getvalue()

    def _check(self, size: int) -> None:
        if size > self.limit:
            words = f"{self.area.key!r} takes more than the 4 GB that a TIFF can hold: choose PNG, or fewer pixels"
            raise Rejected(words, reason=HoldReason.RENDER_FAILED)

    def _entries(self, rows: int, offsets: list[int], sizes: list[int]) -> Iterator[_Entry]:
        channels = 3 if self.paper else 4
        yield _longs(256, self.area.width_px)
        yield _longs(257, self.area.height_px)
        yield _shorts(258, *[8] * channels)
        yield _shorts(259, _ADOBE_DEFLATE)
        yield _shorts(262, 2)  # RGB
        yield _longs(273, *offsets)
        yield _shorts(277, channels)
        yield _longs(278, rows)
        yield _longs(279, *sizes)
        for tag in (282, 283):
            yield tag, _RATIONAL, 1, struct.pack("<2I", self.area.dpi, 1)
        yield _shorts(284, 1)  # the channels of a pixel stand together
        yield _shorts(296, _INCH)
        yield _shorts(317, _DIFFERENCES)
        if not self.paper:
            yield _shorts(338, _UNASSOCIATED)
        yield 34675, _UNDEFINED, len(srgb.profile()), srgb.profile()


def _even(out: io.BytesIO) -> int:
    if out.tell() % 2:
        out.write(b"\0")
    return out.tell()


def _directory(entries: Iterable[_Entry], start: int) -> bytes:
    """Return the table of *entries* and, behind it, what is too long to stand in it."""
    listed = tuple(entries)
    table, values = [struct.pack("<H", len(listed))], b""
    behind = start + 2 + 12 * len(listed) + 4
    for tag, kind, count, data in listed:
        short = len(data) <= 4
        place = data.ljust(4, b"\0") if short else struct.pack("<I", behind + len(values))
        table.append(struct.pack("<HHI", tag, kind, count) + place)
        values += b"" if short else data + bytes(len(data) % 2)
    return b"".join((*table, bytes(4), values))


def _shorts(tag: int, *values: int) -> _Entry:
    return tag, _SHORT, len(values), struct.pack(f"<{len(values)}H", *values)


def _longs(tag: int, *values: int) -> _Entry:
    return tag, _LONG, len(values), struct.pack(f"<{len(values)}I", *values)


@lru_cache(maxsize=32)
def _blank(writer: TiffWriter, rows: int) -> Encoded:
    return writer.encode(Image.new("RGBA", (writer.area.width_px, rows)), rows)
