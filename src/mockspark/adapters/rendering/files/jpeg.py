"""JPEG: bands that Pillow compressed alone, put together at the marks where a decoder starts afresh."""

import io
import re
import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from attrs import frozen
from PIL import Image

from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.files.writing import WHITE, Encoded, flattened, whole
from mockspark.application.errors import Rejected
from mockspark.domain.catalog import PrintArea
from mockspark.domain.holds import HoldReason

_QUALITY: Final = 95
_BLOCK: Final = 8
_LONGEST: Final = 65_500
_MARKS: Final = 8
_MARK: Final = re.compile(rb"\xff[\xd0-\xd7]")
_START, _END = b"\xff\xd8", b"\xff\xd9"
_FRAME, _SCAN = 0xC0, 0xDA


@frozen(kw_only=True)
class JpegWriter:
    """Writes baseline JPEG, quality 95, colours in full resolution, transparency laid on *paper*.

    A decoder starts afresh behind every eight rows, so that bands know nothing of each other. Raises Rejected for
    sides of more than 65,500 pixels.
    """

    area: PrintArea
    paper: str = WHITE

    def __attrs_post_init__(self) -> None:
        if max(self.area.width_px, self.area.height_px) > _LONGEST:
            words = f"{self.area.key!r} is longer than the {_LONGEST} pixels of a JPEG: choose PNG"
            raise Rejected(words, reason=HoldReason.RENDER_FAILED)

    @property
    def recipe(self) -> str:
        """Return what decides the bytes of a band beside its pixels."""
        return f"jpeg {self.area.width_px} {self.paper}"

    def encode(self, band: Image.Image | None, rows: int) -> Encoded:
        """Encode a band (RGBA), or one on which there is nothing."""
        if band is None:
            return _blank(self, rows)
        content = _saved(flattened(band, self.paper))
        return Encoded(rows=rows, data=content[_scan_at(content) : -len(_END)])

    def assembled(self, encoded: Iterable[Encoded]) -> bytes:
        """Return the file of all bands, from top to bottom."""
        out = io.BytesIO()
        out.write(self._head())
        rows = 0
        for band in whole(encoded, self.area.height_px):
            if rows % _BLOCK:
                raise ValueError(
                    f"only the last band of a JPEG may have other than a multiple of {_BLOCK} rows"
                )
            blocks = rows // _BLOCK
            out.write(_mark(blocks - 1) if blocks else b"")
            out.write(_marked(band.data, blocks))
            rows += band.rows
        out.write(_END)
        return out.getvalue()

    def _head(self) -> bytes:
        """Return all that stands before the first band, with the height of the whole file."""
        sample = Image.new("RGB", (self.area.width_px, _BLOCK))
        content = _saved(sample, dpi=(self.area.dpi, self.area.dpi), icc_profile=srgb.profile())
        head = bytearray(content[: _scan_at(content)])
        frame = next(at for kind, at, _ in _segments(content) if kind == _FRAME)
        struct.pack_into(">H", head, frame + 5, self.area.height_px)
        return bytes(head)


def _saved(image: Image.Image, **more: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, subsampling=0, restart_marker_rows=1, **more)
    return out.getvalue()


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield each segment's kind, start and end, the beginning of the scan as the last."""
    kind, at = 0, len(_START)
    while kind != _SCAN:
        kind, size = struct.unpack_from(">xBH", content, at)
        yield kind, at, at + 2 + size
        at += 2 + size


def _scan_at(content: bytes) -> int:
    return max(end for _, _, end in _segments(content))


def _mark(index: int) -> bytes:
    return bytes((0xFF, 0xD0 + index % _MARKS))


def _marked(data: bytes, before: int) -> bytes:
    """Count the marks in *data* on from the *before* rows of blocks above it."""
    if before % _MARKS == 0:
        return data
    # Inside of a scan 0xFF stands before a mark or a zero, never for itself.
    return _MARK.sub(lambda found: _mark(found.group()[1] + before), data)


@lru_cache(maxsize=32)
def _blank(writer: JpegWriter, rows: int) -> Encoded:
    return writer.encode(Image.new("RGBA", (writer.area.width_px, rows)), rows)
