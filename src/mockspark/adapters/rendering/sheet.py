"""A page, drawn band by band: bands are independent, so threads share them and known ones are taken from a shelf."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Final

import msgspec
from attrs import define, field, frozen
from PIL import Image

from mockspark.adapters.rendering.files.writing import Encoded, Writer
from mockspark.adapters.rendering.fingerprints import combined
from mockspark.adapters.rendering.painting import laid
from mockspark.adapters.rendering.shelf import Band, Shelf
from mockspark.adapters.rendering.tiles import Painter, Tile, overlap
from mockspark.domain.catalog import PrintArea

_ROWS: Final = 128
_ROWS_OF_WIDE: Final = 64
"""Rows of a band: a multiple of the rows that a JPEG compresses together and of every halving of a preview."""

_WIDE: Final = 8_192

_AHEAD: Final = 2
_LARGEST_KEPT: Final = 50_000_000
_HALVINGS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
_VERSION: Final = 1
"""Raise it when the same nodes give other pixels, so that no shelf keeps the old ones."""


@frozen(kw_only=True)
class Placed:
    """A painter, and the digest of all that it draws from."""

    digest: bytes
    painter: Painter


@frozen(kw_only=True)
class Drawn:
    """A file, the page in small (about twice the preview's size), and what is on it."""

    content: bytes = field(repr=False)
    small: Image.Image = field(repr=False)
    inked: bool
    covered: bool


@define(slots=False)
class Sheet:
    """One print area with its painters, lowest first; *writer* knows the kind of file.

    *sound* tells whether every picture could be drawn so far: what lacks one is kept for nobody.
    """

    area: PrintArea
    placed: Sequence[Placed]
    writer: Writer
    shelf: Shelf
    preview_px: int
    sound: Callable[[], bool]
    background: str = ""

    def drawn(self, threads: int) -> Drawn:
        """Draw what is not known yet, on so many threads, and put the file together as bands are ready."""
        strips: list[bytes] = []
        inked, covered = False, True

        def told() -> Iterator[Encoded]:
            nonlocal inked, covered
            for band in self._bands(threads):
                strips.append(band.small)
                inked, covered = inked or band.inked, covered and band.covered
                yield band.encoded

        content = self.writer.assembled(told())
        for one in self.placed:
            self.shelf.seen.put(one.digest, one.digest)
        return Drawn(content=content, small=self._small(strips), inked=inked, covered=covered)

    def _bands(self, threads: int) -> Iterator[Band]:
        """Yield the bands from top to bottom, no more of them ahead than keep the threads busy."""
        if threads == 1:
            yield from map(self._known_or_drawn, range(self._count))
            return
        with ThreadPoolExecutor(threads) as pool:
            ahead: deque[Future[Band]] = deque()
            for index in range(self._count):
                ahead.append(pool.submit(self._known_or_drawn, index))
                if len(ahead) > threads * _AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _known_or_drawn(self, index: int) -> Band:
        return self._kept(self._key(self._tile(index))) or self._band(index)

    def _band(self, index: int) -> Band:
        tile = self._tile(index)
        image = self._composed(tile)
        lightest, heaviest = (0, 0) if image is None else _coverage(image)
        band = Band(
            encoded=self.writer.encode(image, tile[3] - tile[1]),
            small=b"" if image is None else image.reduce(self.halvings).tobytes(),
            inked=heaviest > 0,
            covered=lightest == 255,
        )
        self._keep(self._key(tile), band)
        return band

    def _composed(self, tile: Tile) -> Image.Image | None:
        """Compose *tile*, from what is kept of its lowest layers if they were drawn before."""
        placed = self._on(tile)
        start, canvas = self._below(placed, tile)
        for index in range(start, len(placed)):
            if index and canvas is not None and self.sound() and self._comes_again(placed, index):
                self.shelf.prefixes.put(self._prefix(placed[:index], tile), canvas.copy())
            canvas = laid(canvas, placed[index].painter, tile)
        return canvas

    def _below(self, placed: Sequence[Placed], tile: Tile) -> tuple[int, Image.Image | None]:
        for index in range(len(placed) - 1, 0, -1):
            kept = self.shelf.prefixes.get(self._prefix(placed[:index], tile))
            if kept is not None:
                return index, kept.copy()
        return 0, self._paper(tile)

    def _comes_again(self, placed: Sequence[Placed], index: int) -> bool:
        """Tell whether all below *index* was seen on another sheet and what lies there was not."""
        return self._seen(placed[index - 1]) and not self._seen(placed[index])

    def _seen(self, placed: Placed) -> bool:
        return self.shelf.seen.get(placed.digest) is not None

    def _on(self, tile: Tile) -> list[Placed]:
        return [one for one in self.placed if overlap(one.painter.bounds, tile) is not None]

    def _paper(self, tile: Tile) -> Image.Image | None:
        size = (tile[2] - tile[0], tile[3] - tile[1])
        return Image.new("RGBA", size, self.background) if self.background else None

    def _tile(self, index: int) -> Tile:
        top = index * self._rows
        return 0, top, self.area.width_px, min(top + self._rows, self.area.height_px)

    @cached_property
    def halvings(self) -> int:
        """Return the power of two by which bands shrink, still at least as large as the preview."""
        ratio = max(self.area.width_px, self.area.height_px) / max(self.preview_px, 1)
        return max((n for n in _HALVINGS if n <= min(ratio, self._rows)), default=1)

    @cached_property
    def _rows(self) -> int:
        return _ROWS if self.area.width_px <= _WIDE else _ROWS_OF_WIDE

    @cached_property
    def _count(self) -> int:
        return -(-self.area.height_px // self._rows)

    def _key(self, tile: Tile) -> bytes:
        return combined(f"{self.writer.recipe} {self.halvings}".encode(), self._prefix(self._on(tile), tile))

    def _prefix(self, placed: Sequence[Placed], tile: Tile) -> bytes:
        return combined(f"{_VERSION} {tile} {self.background}".encode(), *(one.digest for one in placed))

    def _kept(self, key: bytes) -> Band | None:
        band = self.shelf.bands.get(key)
        if band is not None or self.shelf.folder is None:
            return band
        content = self.shelf.folder.get(key)
        if content is None:
            return None
        try:
            found = msgspec.msgpack.decode(content, type=Band)
        except msgspec.MsgspecError:
            return None  # cut short by a crash of the machine: it is drawn again
        self.shelf.bands.put(key, found)
        return found

    def _keep(self, key: bytes, band: Band) -> None:
        if not self.sound():
            return
        # Of a sheet that is larger than the board, the first bands would be gone before they come again.
        if self.area.width_px * self.area.height_px <= _LARGEST_KEPT:
            self.shelf.bands.put(key, band)
        if self.shelf.folder is not None:
            self.shelf.folder.put(key, msgspec.msgpack.encode(band))

    def _small(self, strips: Sequence[bytes]) -> Image.Image:
        width = -(-self.area.width_px // self.halvings)
        sheet = Image.new("RGBA", (width, -(-self.area.height_px // self.halvings)))
        for index, strip in enumerate(strips):
            if strip:
                image = Image.frombytes("RGBA", (width, len(strip) // (4 * width)), strip)
                sheet.paste(image, (0, index * self._rows // self.halvings))
        return sheet


def _coverage(image: Image.Image) -> tuple[int, int]:
    """Return the least and the most that any pixel of *image* (RGBA) covers."""
    counts = image.getchannel("A").histogram()
    levels = [level for level, count in enumerate(counts) if count]
    return levels[0], levels[-1]
