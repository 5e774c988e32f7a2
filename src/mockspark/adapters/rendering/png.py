"""PNG, written band by band: bands are independent, so the bytes do not depend on who made them when."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from attrs import frozen
from PIL import Image, ImageChops

from mockspark.adapters.rendering import srgb

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = 4
_NONE, _SUB, _UP, _AVERAGE = range(4)
_METHODS: Final = (_NONE, _SUB, _UP, _AVERAGE)
_ADLER: Final = 65_521
_SAMPLED_ROWS: Final = 8
# How far a residue lies from zero, taken as a signed byte: small ones deflate well.
_COST: Final = tuple(min(value, 256 - value) for value in range(256))


@frozen(kw_only=True)
class Deflated:
    """One band, filtered and deflated; *size* and *checksum* are those of the filtered bytes."""

    data: bytes
    checksum: int
    size: int


def deflated(band: Image.Image, *, last: bool) -> Deflated:
    """Encode *band* (RGBA), which is above all others or below some that this does not depend on."""
    flat = Image.frombuffer("L", (band.width * _CHANNELS, band.height), band.tobytes(), "raw", "L", 0, 1)
    return _packed(_filtered(flat, _cheapest(flat)), last=last)


@lru_cache(maxsize=8)
def blank(width: int, rows: int, *, last: bool) -> Deflated:
    """Encode a band on which there is nothing."""
    return _packed(bytes((width * _CHANNELS + 1) * rows), last=last)


def assembled(width: int, height: int, dpi: int, bands: Iterable[Deflated]) -> bytes:
    """Return the file of all *bands*, from top to bottom."""
    per_metre = int(dpi / 0.0254 + 0.5)
    profile = b"sRGB\0\0" + zlib.compress(srgb.profile(), 9)
    head = (
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
        _chunk(b"iCCP", profile),
        _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
    )
    return b"".join(chain((_SIGNATURE,), head, _pixels(bands), (_chunk(b"IEND", b""),)))


def _pixels(bands: Iterable[Deflated]) -> Iterator[bytes]:
    checksum, start = 1, b"\x78\x01"
    for band in bands:
        checksum = _joined(checksum, band.checksum, band.size)
        yield _chunk(b"IDAT", start + band.data)
        start = b""
    yield _chunk(b"IDAT", struct.pack(">I", checksum))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _packed(rows: bytes, *, last: bool) -> Deflated:
    # Runs suit filtered rows: smaller and three times faster than looking for longer matches.
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_RLE)
    data = deflate.compress(rows) + deflate.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
    return Deflated(data=data, checksum=zlib.adler32(rows), size=len(rows))


def _cheapest(flat: Image.Image) -> int:
    middle = max(flat.height // 2 - _SAMPLED_ROWS // 2, 0)
    sample = flat.crop((0, middle, flat.width, min(middle + _SAMPLED_ROWS, flat.height)))
    return min(_METHODS, key=lambda method: _cost(_residue(sample, method)))


def _cost(residue: Image.Image) -> int:
    return sum(count * cost for count, cost in zip(residue.histogram(), _COST, strict=True))


def _residue(flat: Image.Image, method: int) -> Image.Image:
    if method == _NONE:
        return flat
    return ImageChops.subtract_modulo(flat, _expected(flat, method))


def _expected(flat: Image.Image, method: int) -> Image.Image:
    if method == _SUB:
        return _shifted(flat, _CHANNELS, 0)
    if method == _UP:
        return _shifted(flat, 0, 1)
    return ImageChops.add(_shifted(flat, _CHANNELS, 0), _shifted(flat, 0, 1), 2)


def _shifted(flat: Image.Image, right: int, down: int) -> Image.Image:
    moved = Image.new("L", flat.size)
    moved.paste(flat, (right, down))
    return moved


def _filtered(flat: Image.Image, method: int) -> bytes:
    rows = Image.new("L", (flat.width + 1, flat.height), method)
    rows.paste(_residue(flat, method), (1, 0))
    # The first row may not look at the band above.
    rows.paste(_SUB, (0, 0, 1, 1))
    rows.paste(_residue(flat.crop((0, 0, flat.width, 1)), _SUB), (1, 0))
    return rows.tobytes()


def _joined(first: int, second: int, size: int) -> int:
    """Return the Adler-32 of two pieces from their own; *size* is that of the second."""
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = size * (first & 0xFFFF) + (first >> 16) + (second >> 16) - size
    return (high % _ADLER) << 16 | low % _ADLER
