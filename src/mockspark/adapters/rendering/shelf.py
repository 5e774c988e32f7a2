"""What was made once and is needed again: decoded pictures, composed pixels, compressed bands.

A shelf lives as long as its process; its folder, if it has one, is shared with other processes. Everything is kept
under a digest of all that it depends on, so nothing on a shelf can be out of date, only no longer wanted.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final, Generic, TypeVar

from attrs import define, field, frozen
from cachetools import LRUCache
from PIL import Image

from mockspark.adapters.rendering.files.writing import Encoded
from mockspark.adapters.rendering.tiles import Painter

_MEBIBYTE: Final = 1 << 20
_PICTURES: Final = 160 * _MEBIBYTE
_PREFIXES: Final = 48 * _MEBIBYTE
_BANDS: Final = 48 * _MEBIBYTE
_SEEN: Final = _MEBIBYTE
_PAINTERS: Final = 128
_FOLDER: Final = 2048 * _MEBIBYTE
_OLDEST: Final = 7 * 24 * 3600
# Old files are looked for after so much was written, not at every one.
_SWEEP: Final = 16

_T = TypeVar("_T")


class Board(Generic[_T]):
    """Keeps what was used last, up to *most* bytes by *weigh*; many threads may use it."""

    def __init__(self, most: int, weigh: Callable[[_T], int]) -> None:
        self._kept: LRUCache[bytes, _T] = LRUCache(most, weigh)
        self._most, self._weigh = most, weigh
        self._lock = threading.Lock()

    def get(self, key: bytes) -> _T | None:
        """Return what is kept under *key*."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: bytes, value: _T) -> None:
        """Keep *value*, unless it alone would fill more than half of the board."""
        if self._weigh(value) * 2 <= self._most:
            with self._lock:
                self._kept[key] = value


@define
class Folder:
    """Files under digests, shared by processes; the oldest go when there are more than *most* bytes."""

    path: Path
    most: int = _FOLDER
    _written: int = field(default=0, init=False)

    def get(self, key: bytes) -> bytes | None:
        """Return the bytes under *key*; a file that cannot be read is one that is not there."""
        try:
            return self._place(key).read_bytes()
        except OSError:
            return None

    def put(self, key: bytes, content: bytes) -> None:
        """Keep *content*, whole or not at all; a full disk costs only time later."""
        with suppress(OSError):
            self._write(self._place(key), content)
        self._written += len(content)
        if self._written * _SWEEP > self.most:
            self._written = 0
            self.sweep()

    def sweep(self) -> None:
        """Remove what is older than a week, and the oldest of what is more than *most* bytes."""
        with suppress(OSError):
            files = [(file, file.stat()) for file in self.path.glob("*/*")]
            left, now = sum(facts.st_size for _, facts in files), time.time()
            for file, facts in sorted(files, key=lambda one: one[1].st_mtime):
                if left <= self.most and now - facts.st_mtime <= _OLDEST:
                    return
                file.unlink(missing_ok=True)
                left -= facts.st_size

    def _write(self, place: Path, content: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=place.parent, prefix=".", delete=False) as file:
            file.write(content)
        Path(file.name).replace(place)

    def _place(self, key: bytes) -> Path:
        name = key.hex()
        return self.path / name[:2] / name[2:]


@frozen(kw_only=True)
class Band:
    """One band as it goes into the file, its small picture (straight RGBA) and what is on it.

    *inked* says that something is, *covered* that every pixel is covered whole.
    """

    encoded: Encoded
    small: bytes = field(repr=False)
    inked: bool
    covered: bool

    @property
    def weight(self) -> int:
        """Return about how many bytes it takes to keep."""
        coverage = self.encoded.coverage
        return len(self.small) + len(self.encoded.data) + (0 if coverage is None else len(coverage.data))


@define(eq=False)
class Shelf:
    """What one process keeps: *seen* holds the digests of what was drawn before, *painters* outlines made ready."""

    folder: Folder | None = None
    pictures: Board[Image.Image] = field(init=False)
    prefixes: Board[Image.Image] = field(init=False)
    bands: Board[Band] = field(init=False)
    seen: Board[bytes] = field(init=False)
    painters: Board[Painter] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.pictures = Board(_PICTURES, _pixels)
        self.prefixes = Board(_PREFIXES, _pixels)
        self.bands = Board(_BANDS, lambda band: band.weight)
        self.seen = Board(_SEEN, len)
        self.painters = Board(_PAINTERS, lambda _: 1)


def _pixels(image: Image.Image) -> int:
    return image.width * image.height * 4
