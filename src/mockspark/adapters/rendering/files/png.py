"""PNG: with transparency, or without it on a paper."""

import io
import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from attrs import field, frozen
from PIL import Image

from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.files.deflate import END, HEAD, Deflate, best, joined
from mockspark.adapters.rendering.files.filtering import filtered
from mockspark.adapters.rendering.files.writing import Encoded, whole
from mockspark.domain.catalog import PrintArea

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_RGB, _RGBA = 2, 6


@frozen(kw_only=True)
class PngWriter:
    """Writes PNG: RGB where *paper* is given, else RGBA. A band is a chunk of its own."""

    area: PrintArea
    paper: str = ""
    deflate: Deflate = field(factory=best)

    @property
    def recipe(self) -> str:
        """Return what decides the bytes of a band beside its pixels."""
        return f"png {self.area.width_px} {self.paper} {self.deflate.name}"

    def encode(self, band: Image.Image | None, rows: int) -> Encoded:
        """Encode a band (RGBA), or one on which there is nothing."""
        if band is None:
            return _blank(self, rows)
        pressed = self.deflate.blocks(filtered(band, self.paper, self.deflate))
        return Encoded(
            rows=rows,
            data=self._chunk(b"IDAT", pressed.data),
            checksum=pressed.checksum,
            size=pressed.size,
        )

    def assembled(self, encoded: Iterable[Encoded]) -> bytes:
        """Return the file of all bands, from top to bottom."""
        out = io.BytesIO()
        out.write(self._head())
        checksum = 1
        # Bands may be given away one by one: a large file is then in memory once, not twice.
        for band in whole(encoded, self.area.height_px):
            out.write(band.data)
            checksum = joined(checksum, band.checksum, band.size)
        out.write(self._chunk(b"IDAT", END + struct.pack(">I", checksum)))
        out.write(self._chunk(b"IEND", b""))
        return out.getvalue()

    def _head(self) -> bytes:
        area, kind = self.area, _RGB if self.paper else _RGBA
        per_metre = int(area.dpi / 0.0254 + 0.5)
        chunks = (
            (b"IHDR", struct.pack(">IIBBBBB", area.width_px, area.height_px, 8, kind, 0, 0, 0)),
            (b"iCCP", b"sRGB\0\0" + self.deflate.stream((srgb.profile(),))),
            (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            (b"IDAT", HEAD),
        )
        return _SIGNATURE + b"".join(self._chunk(kind, data) for kind, data in chunks)

    def _chunk(self, kind: bytes, data: bytes) -> bytes:
        head, checked = struct.pack(">I", len(data)), kind + data
        return b"".join((head, checked, struct.pack(">I", self.deflate.crc32(checked))))


@lru_cache(maxsize=32)
def _blank(writer: PngWriter, rows: int) -> Encoded:
    return writer.encode(Image.new("RGBA", (writer.area.width_px, rows)), rows)
