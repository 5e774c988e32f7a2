"""What foreign pictures claim about themselves, read before any decoder believes it."""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

try:
    from isal import isal_zlib as deflate
except ImportError:  # not made for every machine
    import zlib as deflate  # type: ignore[no-redef]

MAX_PIXELS: Final = 100_000_000
MAX_SIDE: Final = 30_000
MAX_SCANS: Final = 100
_MAX_CHUNKS: Final = 100_000
_MAX_HIDDEN: Final = 1 << 20
_MAX_PACKED_NOTES: Final = 32
_MAX_TAGS: Final = 500

BROKEN: Final = "The picture is damaged or was cut short: upload it again, or save it anew as PNG."
TOO_MUCH: Final = "The picture takes too much memory to open: make it smaller, or save it as JPEG."
HIDDEN: Final = "The picture carries far more hidden data than a picture needs: save it anew as PNG."
TOO_MANY_SCANS: Final = "The picture is put together from far too many passes: save it anew as JPEG."
UNUSUAL: Final = (
    "This kind of TIFF is not opened here: save it with 8 or 16 bits and LZW, ZIP or no compression."
)


class Unfit(Exception):
    """The picture is not taken, for the reason that the words name."""


def check_size(width: int, height: int) -> None:
    """Raise Unfit when a picture of that size is not opened."""
    if min(width, height) < 1:
        raise Unfit(BROKEN)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Unfit(
            f"The picture has {width} x {height} pixels: at most {MAX_PIXELS // 1_000_000} megapixels and "
            f"{MAX_SIDE} pixels on a side can be printed; make it smaller."
        )


def check_png(content: bytes) -> None:
    """Walk through the chunks: sizes, what hides in packed notes, and whether the pixels can be there at all."""
    packed = notes = 0
    width = height = bits = kind = 0
    for name, body in _chunks(content):
        if not width:
            if name != b"IHDR" or len(body) != 13:
                raise Unfit(BROKEN)
            width, height, bits, kind = struct.unpack_from(">IIBB", body)
            check_size(width, height)
        elif name == b"IDAT":
            packed += len(body)
        elif name in {b"zTXt", b"iTXt", b"iCCP"}:
            notes += 1
            if notes > _MAX_PACKED_NOTES:
                raise Unfit(HIDDEN)
            _check_note(name, body)
    if not width or packed * _DEFLATE < _unpacked(width, height, bits * _CHANNELS.get(kind, 1)):
        raise Unfit(BROKEN)


def check_rows(content: bytes) -> None:
    """Unpack a PNG's pixels to count them: its decoder leaves blank what is missing."""
    wanted, unpacker = 0, deflate.decompressobj()
    for name, body in _chunks(content):
        if name == b"IHDR":
            width, height, bits, kind, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            depth = bits * _CHANNELS.get(kind, 1)
            wanted = _interlaced(width, height, depth) if interlaced else _unpacked(width, height, depth)
        elif name == b"IDAT":
            wanted -= _counted(unpacker, body, wanted)
            if wanted <= 0:
                return
    raise Unfit(BROKEN)


def camera_note(content: bytes) -> bytes:
    """Return what a PNG says about how the camera was held, wherever that stands in the file."""
    return next((bytes(body) for name, body in _chunks(content) if name == b"eXIf"), b"")


def _unpacked(width: int, height: int, depth: int) -> int:
    return height * ((width * depth + 7) // 8 + 1)


def _interlaced(width: int, height: int, depth: int) -> int:
    sizes = (
        (-(-max(width - x, 0) // across), -(-max(height - y, 0) // down)) for x, y, across, down in _PASSES
    )
    return sum(_unpacked(*size, depth) for size in sizes if all(size))


def _counted(unpacker: Any, packed: memoryview, wanted: int) -> int:
    """Return how many bytes *packed* becomes, no more than it takes to have *wanted*."""
    count, rest = 0, bytes(packed)
    while rest and count < wanted:
        piece = len(unpacker.decompress(rest, _PIECE))
        if not piece:
            break
        count, rest = count + piece, unpacker.unconsumed_tail
    return count


_CHANNELS: Final[Mapping[int, int]] = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PIECE: Final = 1 << 20
# How many bytes one byte of each compression can become at most.
_DEFLATE: Final = 1032
_LZW: Final = 4096
_PACKBITS: Final = 64


def _chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, position = memoryview(content), 8
    for _ in range(_MAX_CHUNKS):
        if position + 12 > len(content):
            raise Unfit(BROKEN)
        length, name = struct.unpack_from(">I4s", content, position)
        end = position + 12 + length
        if end > len(content):
            raise Unfit(BROKEN)
        if name == b"IEND":
            return
        yield name, view[position + 8 : end - 4]
        position = end
    raise Unfit(HIDDEN)


def _check_note(name: bytes, body: memoryview) -> None:
    """Unpack a note as far as it may go and no further."""
    after = bytes(body[:80]).find(b"\0")
    if after < 0:
        return
    if name == b"iTXt":
        if bytes(body[after + 1 : after + 2]) != b"\1":
            return
        words = bytes(body[after + 3 : after + 403])
        second = words.find(b"\0", words.find(b"\0") + 1)
        start = after + 3 + second + 1
    else:
        start = after + 2
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(body[start:], _MAX_HIDDEN + 1)
    except zlib.error:
        return  # a broken note is left out by the decoder
    if len(found) > _MAX_HIDDEN:
        raise Unfit(HIDDEN)


_FRAMES: Final = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_BARE: Final = frozenset((0x01, *range(0xD0, 0xD9)))
_LAST_HUFFMAN: Final = 0xC7
_START_OF_SCAN: Final = 0xDA
_END: Final = 0xD9
# Within a scan, a byte of all ones is followed by a zero or a restart unless a marker begins there.
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def check_jpeg(content: bytes) -> None:
    """Walk from marker to marker: sizes, and how often a decoder has to go over the picture."""
    scans = blocks = 0
    for marker, body in _segments(content):
        if marker in _FRAMES:
            if len(body) < 6:
                raise Unfit(BROKEN)
            height, width = struct.unpack_from(">HH", body, 1)
            check_size(width, height)
            # Huffman codes spend at least a bit on each block; arithmetic ones may spend nothing.
            blocks = 1 if marker > _LAST_HUFFMAN else -(-width // 8) * -(-height // 8)
        elif marker == _START_OF_SCAN:
            scans += 1
            if scans > MAX_SCANS:
                raise Unfit(TOO_MANY_SCANS)
    if not scans or not 0 < blocks <= 8 * len(content):
        raise Unfit(BROKEN)


def _segments(content: bytes) -> Iterator[tuple[int, memoryview]]:
    view, position = memoryview(content), 2
    while found := _MARKER.search(content, position):
        marker, position = content[found.end() - 1], found.end()
        if marker == _END:
            return
        if marker in _BARE:
            continue
        length = int.from_bytes(content[position : position + 2], "big")
        if length < 2 or position + length > len(content):
            return  # what follows is no marker; whether enough came before is the decoder's matter
        yield marker, view[position + 2 : position + length]
        position += length


def check_gif(content: bytes) -> None:
    """Look at the size of the screen."""
    if len(content) < 13:
        raise Unfit(BROKEN)
    check_size(*struct.unpack_from("<HH", content, 6))


def check_webp(content: bytes) -> None:
    """Look at the size of the canvas, for which memory is taken at once."""
    if len(content) < 30 or struct.unpack_from("<I", content, 4)[0] + 8 > len(content) + 1:
        raise Unfit(BROKEN)
    match content[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(content[start : start + 3], "little") + 1 for start in (24, 27))
        case b"VP8L":
            packed = struct.unpack_from("<I", content, 21)[0]
            width, height = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
        case _:
            raise Unfit(BROKEN)
    check_size(width, height)


_SIZES: Final[Mapping[int, int]] = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_BIG_SIZES: Final[Mapping[int, int]] = {**_SIZES, 13: 4, 16: 8, 17: 8, 18: 8}
_NUMBERS: Final[Mapping[int, str]] = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
_WIDTH: Final = 256
_HEIGHT: Final = 257
_BITS: Final = 258
_COMPRESSION: Final = 259
_SAMPLES: Final = 277
_STRIP_BYTES: Final = 279
_TILE_SIDES: Final = (322, 323)
_TILE_BYTES: Final = 325
_SAMPLE_FORMAT: Final = 339
_READ: Final = frozenset(
    (_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _STRIP_BYTES, *_TILE_SIDES, _TILE_BYTES, _SAMPLE_FORMAT)
)
_MAX_VALUES: Final = 1 << 20
_LOSSY: Final = 1 << 20
# Which compressions of TIFF are opened, and how many bytes one byte can become at most.
_EXPANSION: Final[Mapping[int, int]] = {
    1: 1,
    5: _LZW,
    7: _LOSSY,
    8: _DEFLATE,
    32_773: _PACKBITS,
    32_946: _DEFLATE,
}
Tags = Mapping[int, tuple[int, ...]]


def check_tiff(content: bytes) -> None:
    """Look at the first page: its size, its kind, and whether its pixels can be there at all."""
    tags = _tags(content)
    width, height = _one(tags, _WIDTH, 0), _one(tags, _HEIGHT, 0)
    check_size(width, height)
    bits, samples = tags.get(_BITS, (1,)), _one(tags, _SAMPLES, 1)
    expansion = _EXPANSION.get(_one(tags, _COMPRESSION, 1))
    if expansion is None or len(set(bits)) > 1 or max(bits) > 16 or max(tags.get(_SAMPLE_FORMAT, (1,))) > 1:
        raise Unfit(UNUSUAL)
    if samples > 8:
        raise Unfit(UNUSUAL)
    stored = sum(tags.get(_STRIP_BYTES, ())) + sum(tags.get(_TILE_BYTES, ()))
    if stored * expansion < height * ((width * bits[0] * samples + 7) // 8):
        raise Unfit(BROKEN)
    _check_tiles(tags, width, height)


def pages(content: bytes) -> bool:
    """Tell whether a TIFF has more than one page."""
    order, big, start = _directory(content)
    count, entry = (
        (_read(content, order + "Q", start), 20) if big else (_read(content, order + "H", start), 12)
    )
    after = start + (8 if big else 2) + count * entry
    return len(content) >= after + 4 and _read(content, order + ("Q" if big else "I"), after) != 0


def _check_tiles(tags: Tags, width: int, height: int) -> None:
    """Refuse tiles that are much larger than what is to be seen of them: memory is taken for whole ones."""
    across, down = (_one(tags, tag, 0) for tag in _TILE_SIDES)
    if not across and not down:
        return
    if min(across, down) < 1 or max(across, down) > MAX_SIDE:
        raise Unfit(BROKEN)
    padded = -(-width // across) * across * -(-height // down) * down
    if padded > 4 * width * height + (1 << 22):
        raise Unfit(BROKEN)


def _tags(content: bytes) -> Tags:
    order, big, start = _directory(content)
    sizes = _BIG_SIZES if big else _SIZES
    count = _read(content, order + ("Q" if big else "H"), start)
    first, entry = (start + 8, 20) if big else (start + 2, 12)
    if count > _MAX_TAGS or first + count * entry > len(content):
        raise Unfit(BROKEN)
    found: dict[int, tuple[int, ...]] = {}
    left = _MAX_VALUES
    for index in range(count):
        place = first + index * entry
        tag, kind, number = struct.unpack_from(order + ("HHQ" if big else "HHI"), content, place)
        values = place + (12 if big else 8)
        length = number * sizes.get(kind, 1)
        if length > entry - (values - place):
            values = _read(content, order + ("Q" if big else "I"), values)
        if values + length > len(content):
            raise Unfit(BROKEN)
        if kind in _NUMBERS and tag in _READ and number:
            left -= number
            if left < 0:
                raise Unfit(BROKEN)
            found[tag] = struct.unpack_from(f"{order}{number}{_NUMBERS[kind]}", content, values)
    return found


def _directory(content: bytes) -> tuple[str, bool, int]:
    order = "<" if content[:2] == b"II" else ">"
    big = _read(content, order + "H", 2) == 43
    return order, big, _read(content, order + ("Q" if big else "I"), 8 if big else 4)


def _one(tags: Tags, tag: int, otherwise: int) -> int:
    return tags.get(tag, (otherwise,))[0]


def _read(content: bytes, form: str, place: int) -> int:
    if place + struct.calcsize(form) > len(content):
        raise Unfit(BROKEN)
    return int(struct.unpack_from(form, content, place)[0])
