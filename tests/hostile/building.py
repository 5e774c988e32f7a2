"""Foreign files by hand: every length, sum and size can be a lie."""

import io
import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

from PIL import Image

Chunk = tuple[bytes, bytes]


def encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    """Return *image* as an honest file."""
    out = io.BytesIO()
    image.save(out, kind, **settings)
    return out.getvalue()


def photo(width: int = 48, height: int = 32) -> Image.Image:
    """Return a small picture with something in it."""
    rising = Image.linear_gradient("L").resize((width, height))
    return Image.merge(
        "RGB", (rising, rising.rotate(180), Image.radial_gradient("L").resize((width, height)))
    )


def header(width: int, height: int, bits: int = 8, kind: int = 2, interlace: int = 0) -> Chunk:
    """Return the first chunk of a PNG."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlace)


def pixels(raw: bytes) -> Chunk:
    """Return a chunk of packed rows."""
    return b"IDAT", zlib.compress(raw)


def png(*chunks: Chunk, end: bool = True) -> bytes:
    """Return a PNG of *chunks* with right sums."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, body) for name, body in (*chunks, *(((b"IEND", b""),) if end else ()))
    )


def chunk(name: bytes, body: bytes, *, length: int | None = None, crc: int | None = None) -> bytes:
    """Return one chunk, with *length* and *crc* as claimed."""
    claimed = len(body) if length is None else length
    return (
        struct.pack(">I", claimed)
        + name
        + body
        + struct.pack(">I", zlib.crc32(name + body) if crc is None else crc)
    )


def segment(marker: int, body: bytes, *, length: int | None = None) -> bytes:
    """Return a segment of a JPEG."""
    return b"\xff" + bytes((marker,)) + struct.pack(">H", len(body) + 2 if length is None else length) + body


def frame(width: int, height: int, *, marker: int = 0xC0, bits: int = 8, parts: int = 3) -> bytes:
    """Return the segment in which a JPEG says its size."""
    body = struct.pack(">BHHB", bits, height, width, parts)
    return segment(marker, body + b"".join(bytes((number + 1 & 255, 0x11, 0)) for number in range(parts)))


def split(jpeg: bytes) -> tuple[bytes, bytes, bytes]:
    """Return what stands before a JPEG's size, its size's segment, and the rest."""
    start = 2
    while jpeg[start + 1] not in {0xC0, 0xC1, 0xC2}:
        start += 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big")
    end = start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big")
    return jpeg[:start], jpeg[start:end], jpeg[end:]


def directory(tags: Mapping[int, tuple[int, int, int]], *, following: int = 0) -> bytes:
    """Return a TIFF's list of tags: kind, number of values, and the value or where it is."""
    body = struct.pack("<H", len(tags))
    for tag, (kind, number, value) in sorted(tags.items()):
        body += struct.pack("<HHII", tag, kind, number, value)
    return body + struct.pack("<I", following)


def tiff(
    tags: Mapping[int, tuple[int, int, int]], *, start: int = 8, following: int = 0, rest: bytes = b""
) -> bytes:
    """Return a TIFF of one page with *tags* over those of an honest grey picture of 8 x 8 pixels."""
    honest = {
        256: (3, 1, 8),
        257: (3, 1, 8),
        258: (3, 1, 8),
        259: (3, 1, 1),
        262: (3, 1, 1),
        273: (4, 1, 1_000),
        277: (3, 1, 1),
        278: (4, 1, 8),
        279: (4, 1, 64),
    }
    body = b"II*\0" + struct.pack("<I", start) + directory({**honest, **tags}, following=following)
    return body.ljust(1_000, b"\0") + bytes(64) + rest


def riff(kind: bytes, *chunks: Chunk, size: int | None = None) -> bytes:
    """Return a RIFF container."""
    body = kind + b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def box(name: bytes, body: bytes) -> bytes:
    """Return a box of the container of AVIF, HEIC and videos."""
    return struct.pack(">I", len(body) + 8) + name + body


def profile(
    tags: Iterable[tuple[bytes, int, int]] = (), *, count: int | None = None, size: int = 4_000
) -> bytes:
    """Return a colour profile whose header is right and whose tags are as given."""
    told = tuple(tags)
    head = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head = (head + bytes(12) + b"acsp").ljust(68, b"\0") + struct.pack(">3i", 63_190, 65_536, 54_061)
    table = struct.pack(">I", len(told) if count is None else count)
    table += b"".join(name + struct.pack(">II", offset, length) for name, offset, length in told)
    return (head.ljust(128, b"\0") + table).ljust(size, b"\0")


def exif(entries: Iterable[tuple[int, int, int, int]], *, following: int = 0) -> bytes:
    """Return the note of a camera."""
    tags = {tag: (kind, number, value) for tag, kind, number, value in entries}
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory(tags, following=following)
