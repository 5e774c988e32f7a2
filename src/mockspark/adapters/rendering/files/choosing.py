"""Which writer makes the file that a print area asks for."""

from mockspark.adapters.rendering.files.jpeg import JpegWriter
from mockspark.adapters.rendering.files.pdf import PdfWriter
from mockspark.adapters.rendering.files.png import PngWriter
from mockspark.adapters.rendering.files.splitting import split
from mockspark.adapters.rendering.files.tiff import TiffWriter
from mockspark.adapters.rendering.files.writing import WHITE, Writer
from mockspark.adapters.rendering.nodes import Page
from mockspark.domain.catalog import FileKind, PrintArea


def prepared(page: Page) -> tuple[Page, Writer]:
    """Return the page whose pixels the writer takes, and the writer, which adds what that page lacks.

    Raises Rejected when the file cannot hold so large a page.
    """
    if page.area.file is not FileKind.PDF:
        return page, writer_of(page.area)
    pixels, shapes = split(page)
    return pixels, PdfWriter(area=page.area, paper=page.area.paper, shapes=shapes, cuts=page.cuts)


def writer_of(area: PrintArea) -> Writer:
    """Return what makes the file of *area* from all of its pixels; raises Rejected as `prepared` does."""
    match area.file:
        case FileKind.PNG:
            return PngWriter(area=area)
        case FileKind.PNG_RGB:
            return PngWriter(area=area, paper=area.paper or WHITE)
        case FileKind.JPEG:
            return JpegWriter(area=area, paper=area.paper or WHITE)
        case FileKind.TIFF:
            return TiffWriter(area=area, paper=area.paper)
        case FileKind.PDF:
            return PdfWriter(area=area, paper=area.paper)
