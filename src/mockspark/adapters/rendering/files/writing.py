"""What every kind of print file is made of: bands that are encoded alone, in any order, and put together."""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

from attrs import frozen
from PIL import Image

WHITE: Final = "#ffffff"


@frozen(kw_only=True)
class Encoded:
    """One band of *rows* rows as the file holds it.

    *checksum* (Adler-32) and *size* are those of the bytes that were deflated, where there are any. *coverage* is
    the band's transparency, for files that keep it apart.
    """

    rows: int
    data: bytes
    checksum: int = 1
    size: int = 0
    coverage: "Encoded | None" = None


class Writer(Protocol):
    """Makes one file. Its bytes depend on the bands alone, not on who encoded which when."""

    @property
    def recipe(self) -> str:
        """Return what decides the bytes of a band beside its pixels: equal ones may share encoded bands."""

    def encode(self, band: Image.Image | None, rows: int) -> Encoded:
        """Encode a band (RGBA, the file's full width and *rows* high), or one on which there is nothing.

        Bands may be encoded in any thread or process. All but the last have the same height, a multiple of 8.
        """

    def assembled(self, encoded: Iterable[Encoded]) -> bytes:
        """Return the file of all bands, from top to bottom."""


def flattened(band: Image.Image, paper: str) -> Image.Image:
    """Return *band* as it looks on *paper*, without transparency."""
    if band.getchannel("A").getextrema() == (255, 255):
        return band.convert("RGB")
    sheet = Image.new("RGB", band.size, paper)
    sheet.paste(band, (0, 0), band)
    return sheet


def whole(encoded: Iterable[Encoded], height: int) -> Iterator[Encoded]:
    """Yield the bands again; raises ValueError when they do not make up *height* rows."""
    rows = 0
    for band in encoded:
        rows += band.rows
        yield band
    if rows != height:
        raise ValueError(f"the bands have {rows} rows, the file {height}")
