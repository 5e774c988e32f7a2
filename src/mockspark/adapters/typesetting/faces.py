"""Font files: what is in them, read when it is first needed."""

import hashlib
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Final

import uharfbuzz as hb
from attrs import define, evolve, field

SHA256: Final = "sha256:"
SUFFIXES: Final = frozenset((".ttf", ".otf", ".ttc"))
WEIGHTS: Final = {
    "thin": 100,
    "extralight": 200,
    "light": 300,
    "regular": 400,
    "medium": 500,
    "semibold": 600,
    "bold": 700,
    "extrabold": 800,
    "black": 900,
}
_REGULAR: Final = 400
_SEMIBOLD: Final = 600
_COLLECTION: Final = b"ttcf"
_MOST: Final = 64
_LICENCE: Final = 13
_LICENCE_ADDRESS: Final = 14
_FAMILY: Final = 16
_FULL_NAME: Final = 4


@define(frozen=True, slots=False, eq=False)
class Face:
    """One font: a file, or one font of a collection; faces are compared by identity and shared by all who ask.

    *variations* are the axes of a variable font that differ from its default.
    """

    name: str
    _load: Callable[[], bytes] = field(repr=False)
    _open: Callable[[], hb.Face] = field(repr=False)
    variations: Mapping[str, float] = field(factory=dict)

    @classmethod
    def of(cls, name: str, load: Callable[[], bytes]) -> "Face":
        """Return the font in the bytes that *load* gives, at its regular weight."""
        return cls(name, load, lambda: hb.Face(load())).settled()

    @cached_property
    def opened(self) -> hb.Face:
        """Return the font, opened: only the tables that are asked for are read."""
        return self._open()

    @cached_property
    def content(self) -> bytes:
        """Return the font as a file of its own, kept from then on."""
        return self._load()

    @cached_property
    def id(self) -> str:
        """Return `sha256:` and the digest of the content."""
        return f"{SHA256}{hashlib.sha256(self._load()).hexdigest()}"

    @cached_property
    def characters(self) -> frozenset[int]:
        """Return the characters that the font has shapes for."""
        return frozenset(self._open().unicodes)

    @cached_property
    def colour(self) -> bool:
        """Tell whether the font draws in colours, as layers of outlines."""
        return "COLR" in self._open().table_tags

    @cached_property
    def licence(self) -> str:
        """Return what the font says about its licence; empty when it says nothing."""
        return self._says(_LICENCE) or self._says(_LICENCE_ADDRESS)

    @cached_property
    def bold(self) -> bool:
        """Tell whether the letters are bold, or heavier."""
        return bool(self.variations.get("wght", self._weight) >= _SEMIBOLD)

    @cached_property
    def italic(self) -> bool:
        """Tell whether the letters are slanted."""
        return bool(self._os2 and struct.unpack_from(">H", self._os2, 62)[0] & 1)

    @cached_property
    def empty(self) -> bool:
        """Tell whether there is no font in the file."""
        return bool(self._open().glyph_count == 0)

    def weighing(self, weight: int) -> "Face | None":
        """Return the face at *weight* (400 is regular, 700 bold); None when it has no such axis."""
        axis = self._weights
        if axis is None or not axis.min_value <= weight <= axis.max_value:
            return None
        word = next((word for word, value in WEIGHTS.items() if value == weight), str(weight))
        name = self.name if weight == _REGULAR else f"{self.name} {word.capitalize()}"
        return evolve(self, name=name, load=lambda: self.content, variations={"wght": float(weight)})

    def settled(self) -> "Face":
        """Return the face at its regular weight: some variable fonts are thin unless told otherwise."""
        axis = self._weights
        if axis is None or axis.default_value == _REGULAR:
            return self
        return self.weighing(_REGULAR) or self

    @property
    def _weights(self) -> hb.OTVarAxisInfo | None:
        return next((axis for axis in self._open().axis_infos if axis.tag == "wght"), None)

    @cached_property
    def _os2(self) -> bytes:
        table = self._open().reference_table("OS/2").data
        return bytes(table) if len(table) >= 78 else b""

    @property
    def _weight(self) -> int:
        return int(struct.unpack_from(">H", self._os2, 4)[0]) if self._os2 else _REGULAR

    def _says(self, number: int) -> str:
        return " ".join((self._open().get_name(number) or "").split())


def faces_of(path: Path, name: str = "") -> Iterator[Face]:
    """Yield the fonts in the file at *path*: by its name, or by their own when it is a collection."""
    count = _count(path)
    if count == 0:
        yield Face(name or path.stem, path.read_bytes, partial(_mapped, path)).settled()
    for index in range(min(count, _MOST)):
        font = _mapped(path, index)
        if own := _named(font):
            yield Face(own, partial(_one_of, path, index), partial(_mapped, path, index)).settled()


def _mapped(path: Path, index: int = 0) -> hb.Face:
    # A look inside reads only what it needs: a chain has a hundred fonts, a text needs three of them.
    return hb.Face(hb.Blob.from_file_path(str(path)), index)


def _count(path: Path) -> int:
    """Return how many fonts the collection at *path* has; nought for a file that is none."""
    with path.open("rb") as file:
        head = file.read(12)
    return int(struct.unpack(">I", head[8:])[0]) if head.startswith(_COLLECTION) and len(head) == 12 else 0


def _one_of(path: Path, index: int) -> bytes:
    return one_of(path.read_bytes(), index)


def one_of(collection: bytes, index: int) -> bytes:
    """Return the font at *index* of a collection as a file of its own: the same tables, in order of their tags."""
    start = struct.unpack_from(">I", collection, 12 + 4 * index)[0]
    flavour, count = struct.unpack_from(">4sH", collection, start)
    records = [struct.unpack_from(">4sIII", collection, start + 12 + 16 * at) for at in range(count)]
    directory, body = [], bytearray()
    offset = 12 + 16 * count
    for tag, checksum, place, length in sorted(records):
        directory.append(struct.pack(">4sIII", tag, checksum, offset + len(body), length))
        body += collection[place : place + length] + bytes(-length % 4)
    power = count.bit_length() - 1
    span = 16 << power
    return struct.pack(">4sHHHH", flavour, count, span, power, 16 * count - span) + b"".join(directory) + body


def _named(font: hb.Face) -> str:
    name = font.get_name(_FAMILY) or font.get_name(_FULL_NAME) or ""
    return " ".join(name.removesuffix(" Regular").split())
