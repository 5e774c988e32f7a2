"""PDF: one page of the exact size, pixels below, lines and curves above, and where to cut."""

import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

from attrs import define, evolve, field, frozen
from PIL import Image

from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.files.deflate import END, HEAD, Deflate, best, joined
from mockspark.adapters.rendering.files.filtering import filtered
from mockspark.adapters.rendering.files.fringes import spread
from mockspark.adapters.rendering.files.pdf_objects import PdfObjects
from mockspark.adapters.rendering.files.pdf_paths import drawn, number, outlines
from mockspark.adapters.rendering.files.writing import Encoded, whole
from mockspark.adapters.rendering.nodes import FillNode, Piece
from mockspark.domain.catalog import PrintArea

_CATALOGUE, _PAGES, _PAGE, _CONTENT, _PROFILE, _PICTURE, _COVERAGE = range(1, 8)
_POINTS: Final = 72
_UM_PER_POINT: Final = 25_400 / _POINTS
_LONGEST: Final = 14_400
"""Readers take pages of at most so many units."""
_CUT_POINTS: Final = 0.25
_WHOLLY: Final = 255
_OPAQUE: Final = (_WHOLLY, _WHOLLY)
_COLOURS: Final = f"[/ICCBased {_PROFILE} 0 R]"
_HAIR: Final = 0.001
_FINEST: Final = 10_000
_CUT_INK: Final = (
    "[/Separation /CutContour /DeviceCMYK "
    "<< /FunctionType 2 /Domain [0 1] /C0 [0 0 0 0] /C1 [0 1 0 0] /N 1 >>]"
)


@frozen(kw_only=True)
class PdfWriter:
    """Writes PDF 1.6. The page's pixels have the profile's colours, and transparency unless *paper* is given.

    *shapes* are drawn over them as lines and curves (`splitting` finds them), *cuts* above all in the spot colour
    CutContour, which overprints.
    """

    area: PrintArea
    paper: str = ""
    shapes: tuple[FillNode, ...] = ()
    cuts: tuple[Piece, ...] = ()
    deflate: Deflate = field(factory=best)

    @property
    def recipe(self) -> str:
        """Return what decides the bytes of a band beside its pixels."""
        return f"pdf {self.area.width_px} {self.paper} {self.deflate.name}"

    def encode(self, band: Image.Image | None, rows: int) -> Encoded:
        """Encode a band (RGBA), or one on which there is nothing."""
        if band is None:
            return self.plain(rows, self.paper) if self.paper else Encoded(rows=rows, data=b"")
        if self.paper:
            return _encoded(band, self.paper, self.deflate)
        coverage = band.getchannel("A")
        if coverage.getextrema() == _OPAQUE:
            return _encoded(band.convert("RGB"), "", self.deflate)
        colours = _encoded(spread(band), "", self.deflate)
        return evolve(colours, coverage=_encoded(coverage, "", self.deflate))

    def plain(self, rows: int, level: str | int) -> Encoded:
        """Return a band of one colour, or of one coverage."""
        return _plain(self.area.width_px, rows, level, self.deflate)

    def assembled(self, encoded: Iterable[Encoded]) -> bytes:
        """Return the file of all bands, from top to bottom."""
        pdf = PdfObjects()
        picture = _Picture(pdf=pdf, writer=self)
        picture.add(whole(encoded, self.area.height_px))
        pdf.add(_CATALOGUE, f"<< /Type /Catalog /Pages {_PAGES} 0 R >>")
        pdf.add(_PAGES, f"<< /Type /Pages /Kids [{_PAGE} 0 R] /Count 1 >>")
        pdf.add(_PAGE, self._page(picture))
        self._deflated(pdf, _CONTENT, "", "\n".join(self._content(picture)).encode("ascii"))
        self._deflated(pdf, _PROFILE, "/N 3 /Alternate /DeviceRGB", srgb.profile())
        return pdf.closed(_CATALOGUE)

    def _deflated(self, pdf: PdfObjects, index: int, words: str, data: bytes) -> None:
        pdf.stream(index, f"{words} /Filter /FlateDecode".lstrip(), self.deflate.stream((data,)))

    def _page(self, picture: "_Picture") -> str:
        group = f" /Group << /S /Transparency /CS {_COLOURS} /I true >>" if picture.transparent else ""
        image = f" /XObject << /P {_PICTURE} 0 R >>" if picture.there else ""
        spaces = f"/ColorSpace << /C {_COLOURS} /K {_CUT_INK} >>"
        states = "/ExtGState << /O << /OP true /op true /OPM 1 >> >>"
        unit = f" /UserUnit {self._unit}" if self._unit > 1 else ""
        return (
            f"<< /Type /Page /Parent {_PAGES} 0 R{self._boxes()}{unit}{group} "
            f"/Resources << {spaces} {states}{image} >> /Contents {_CONTENT} 0 R >>"
        )

    def _boxes(self) -> str:
        width, height = self._size
        bleed = self.area.bleed_um / _UM_PER_POINT / self._unit
        page = f"[0 0 {number(width)} {number(height)}]"
        inner = (bleed, bleed, width - bleed, height - bleed)
        trim = page if bleed * 2 >= min(width, height) else f"[{' '.join(map(number, inner))}]"
        return f" /MediaBox {page} /BleedBox {page} /TrimBox {trim}"

    def _content(self, picture: "_Picture") -> Iterator[str]:
        width, height = self._size
        if picture.there:
            # Poppler gives an edge that lies exactly between two pixels one pixel more, and shifts the rest.
            across, down = (number(length - 2 * _HAIR) for length in (width, height))
            yield f"q {across} 0 0 {down} {_HAIR} {_HAIR} cm /P Do Q"
        scale = width / self.area.width_px
        yield f"{scale:.9f} 0 0 {-scale:.9f} 0 {number(height)} cm"
        for shape in self.shapes:
            yield from drawn(shape)
        if self.cuts:
            yield f"/O gs /K CS 1 SCN {number(_CUT_POINTS / self._unit / scale)} w"
            yield from (f"{path} S" for path in outlines(self.cuts))

    @property
    def _size(self) -> tuple[float, float]:
        """Return width and height, never too large by rounding: a reader would add a row for that."""
        inch = self.area.dpi * self._unit
        width, height = (
            length * _POINTS * _FINEST // inch for length in (self.area.width_px, self.area.height_px)
        )
        return width / _FINEST, height / _FINEST

    @property
    def _unit(self) -> int:
        """Return how many points the page's unit has: one, unless it is too large for that."""
        longest = max(self.area.width_px, self.area.height_px) * _POINTS / self.area.dpi
        return max(math.ceil(longest / _LONGEST), 1)


@define(kw_only=True)
class _Picture:
    """The pixels of a page; it is *there* when any band has some."""

    pdf: PdfObjects
    writer: PdfWriter
    there: bool = False
    transparent: bool = False

    def add(self, bands: Iterator[Encoded]) -> None:
        """Write the bands, and their coverage behind them."""
        blank: list[Encoded] = []
        for band in bands:
            if band.data:
                self._write(chain(blank, (band,), bands))
                return
            blank.append(band)

    def _write(self, bands: Iterable[Encoded]) -> None:
        self.there = True
        coverage: list[Encoded] = []
        with self.pdf.growing(_PICTURE, self._words(3, _COLOURS)) as late:
            self._stream(self._coloured(bands, coverage))
            if self.transparent:
                late.append(f"/SMask {_COVERAGE} 0 R")
        if self.transparent:
            with self.pdf.growing(_COVERAGE, self._words(1, "/DeviceGray")):
                self._stream(coverage)

    def _coloured(self, bands: Iterable[Encoded], coverage: list[Encoded]) -> Iterator[Encoded]:
        for band in bands:
            shown = band if band.data else self._nothing(band.rows)
            self.transparent = self.transparent or shown.coverage is not None
            coverage.append(shown.coverage or self.writer.plain(band.rows, _WHOLLY))
            yield shown

    def _nothing(self, rows: int) -> Encoded:
        return evolve(self.writer.plain(rows, "#000000"), coverage=self.writer.plain(rows, 0))

    def _stream(self, bands: Iterable[Encoded]) -> None:
        checksum = 1
        self.pdf.out.write(HEAD)
        for band in bands:
            self.pdf.out.write(band.data)
            checksum = joined(checksum, band.checksum, band.size)
        self.pdf.out.write(END + checksum.to_bytes(4, "big"))

    def _words(self, channels: int, space: str) -> str:
        area = self.writer.area
        return (
            f"/Type /XObject /Subtype /Image /Width {area.width_px} /Height {area.height_px} "
            f"/BitsPerComponent 8 /ColorSpace {space} /Filter /FlateDecode "
            f"/DecodeParms << /Predictor 15 /Colors {channels} /Columns {area.width_px} >>"
        )


def _encoded(image: Image.Image, paper: str, deflate: Deflate) -> Encoded:
    pressed = deflate.blocks(filtered(image, paper, deflate))
    return Encoded(rows=image.height, data=pressed.data, checksum=pressed.checksum, size=pressed.size)


@lru_cache(maxsize=32)
def _plain(width: int, rows: int, level: str | int, deflate: Deflate) -> Encoded:
    """Return a band of one colour, or of one coverage."""
    mode = "L" if isinstance(level, int) else "RGB"
    return _encoded(Image.new(mode, (width, rows), level), "", deflate)
