"""A PDF shows what the page shows: pixels below, lines and curves above, and a cut line in an ink of its own."""

import io
import re
import zlib
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from PIL import Image, ImageChops, ImageDraw

from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.files.choosing import prepared
from mockspark.adapters.rendering.files.fringes import spread
from mockspark.adapters.rendering.files.pdf import PdfWriter
from mockspark.adapters.rendering.files.splitting import split
from mockspark.adapters.rendering.geometry import Frame, Window
from mockspark.adapters.rendering.nodes import Clip, FillNode, GroupNode, Node, Page, Pen, PhotoNode, Piece
from mockspark.domain.catalog import FileKind, PrintArea
from mockspark.domain.layers import Blend, Gradient, Stop
from mockspark.domain.outlines import Affine, Outline, ellipse, rectangle
from tests.adapters.rendering.files.bands import area, asked, heights, picture, pictures, written

FRAME = Frame(x=0, y=0, width=300, height=200)
SHEET = PrintArea(key="front", width_px=300, height_px=200, file=FileKind.PDF)
PHOTO = PhotoNode(layer="photo", source="photo", window=Window(left=0, top=0, right=9, bottom=9), frame=FRAME)


def shape(outline: Outline, paint: str = "#d01020", **more: object) -> FillNode:
    """Return a shape in pixels of the page."""
    return FillNode(
        layer="shape",
        pieces=(Piece(outline=outline, place=Affine()),),
        paint=paint,
        frame=FRAME,
        **more,  # type: ignore[arg-type]  # the pen, mostly
    )


SQUARE = shape(rectangle(20, 30, 100, 50))


def streams(content: bytes) -> dict[int, tuple[bytes, bytes]]:
    """Return each stream's dictionary and bytes, by the number of its object."""
    found = re.finditer(rb"(\d+) 0 obj\n<< ([^\n]*?/Length (\d+)[^\n]*) >>\nstream\n", content)
    return {
        int(one[1]): (one[2], zlib.decompress(content[one.end() : one.end() + int(one[3])])) for one in found
    }


def shown(content: bytes, folder: Path, dpi: int = 300) -> Image.Image:
    """Return the page as Poppler draws it, on white."""
    (folder / "page.pdf").write_bytes(content)
    asked("pdftoppm", "-r", str(dpi), "-png", "-singlefile", folder / "page.pdf", folder / "page")
    return Image.open(folder / "page.png").convert("RGB")


def drawn(page: Page, image: Image.Image | None = None) -> bytes:
    """Return the PDF of *page*, whose pixels are *image*."""
    rest, writer = prepared(page)
    assert isinstance(writer, PdfWriter)
    assert rest.area is page.area
    return written(writer, image or Image.new("RGBA", (page.area.width_px, page.area.height_px)))


@settings(max_examples=40, deadline=None)
@given(pictures(), heights())
def test_the_pixels_of_a_pdf_are_the_pictures(image: Image.Image, rows: int) -> None:
    """Undone by plain zlib and PNG's own filters, colours and coverage are those of the bands."""
    image.putalpha(image.getchannel("A").point(lambda level: max(level, 1)))
    found = streams(written(PdfWriter(area=area(image, FileKind.PDF)), image, rows))
    planes = [plane for words, plane in found.values() if b"/Predictor 15" in words]

    assert image.convert("RGB").tobytes() == _unfiltered(planes[0], image.width, 3)
    if image.getchannel("A").getextrema() == (255, 255):
        assert 1 == len(planes)
    else:
        assert image.getchannel("A").tobytes() == _unfiltered(planes[1], image.width, 1)


def _unfiltered(rows: bytes, width: int, channels: int) -> bytes:
    """Undo the filters by reading the rows as a PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    height = len(rows) // (width * channels + 1)
    kind = {1: 0, 3: 2}[channels]
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((8, kind, 0, 0, 0))
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows, 1)), chunk(b"IEND", b""))
    return Image.open(io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(parts))).tobytes()


@pytest.mark.parametrize(("size", "dpi"), [((300, 200), 300), ((301, 199), 254), ((77, 130), 96)])
def test_poppler_shows_the_pixels(size: tuple[int, int], dpi: int, tmp_path: Path) -> None:
    """At the page's own resolution a viewer shows every opaque pixel where and as it was drawn."""
    image = picture("opaque", size)
    sheet = area(image, FileKind.PDF, dpi=dpi)
    page = shown(drawn(Page(area=sheet, nodes=(PHOTO,)), image), tmp_path, dpi)
    pairs = zip(image.convert("RGB").tobytes(), page.tobytes(), strict=True)

    assert image.size == page.size
    assert max(abs(one - other) for one, other in pairs) <= 1


def test_poppler_lets_the_paper_through(tmp_path: Path) -> None:
    """Half-covered pixels mix with what lies below; uncovered ones do not print."""
    image = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    image.paste((200, 0, 0, 128), (0, 0, 100, 200))
    image.paste((200, 0, 0, 255), (200, 0, 300, 200))
    page = shown(drawn(Page(area=SHEET, nodes=(PHOTO,)), image), tmp_path)

    assert [(227, 127, 127), (255, 255, 255), (200, 0, 0)] == [page.getpixel((x, 99)) for x in (50, 150, 250)]


@settings(max_examples=30, deadline=None)
@given(pictures())
def test_colours_coloursonly_where_there_are_none(image: Image.Image) -> None:
    """What is covered, however little, keeps its colour."""
    colours = spread(image)
    covered = image.getchannel("A").point(lambda level: 255 if level else 0)
    difference = ImageChops.difference(image.convert("RGB"), colours)

    assert image.size == colours.size
    assert Image.composite(difference, Image.new("RGB", image.size), covered).getbbox() is None


@pytest.mark.parametrize("dpi", [150, 72, 36])
def test_a_shrunken_page_has_no_dark_edges(dpi: int, tmp_path: Path) -> None:
    """In a viewer's small picture red on white goes over pink, never over brown."""
    fine = Image.new("L", (2400, 1600))
    ImageDraw.Draw(fine).ellipse((300, 200, 2100, 1400), fill=255)
    image = Image.new("RGBA", (300, 200))
    coverage = fine.reduce(8)
    image.paste((255, 60, 60), (0, 0), coverage.point(lambda level: 255 if level else 0))
    image.putalpha(coverage)
    page = shown(drawn(Page(area=SHEET, nodes=(PHOTO,)), image), tmp_path, dpi)

    assert min(page.getchannel("R").tobytes()) >= 250


def test_the_page_has_the_exact_size(tmp_path: Path) -> None:
    """An inch has 72 points; the bleed lies inside of the page and outside of the trimmed size."""
    sheet = evolve(SHEET, width_px=1000, height_px=450, dpi=150, bleed_um=3175)
    (tmp_path / "page.pdf").write_bytes(drawn(Page(area=sheet, nodes=())))
    told = asked("pdfinfo", "-box", tmp_path / "page.pdf")
    boxes = dict(re.findall(r"(\w+Box): +(.+)", told))

    assert "1.6" == re.findall(r"PDF version: +(.+)", told)[0]
    assert "480 x 216 pts" == re.findall(r"Page size: +(.+)", told)[0]
    assert boxes["BleedBox"] == boxes["MediaBox"]
    assert ["9.00", "9.00", "471.00", "207.00"] == boxes["TrimBox"].split()


def test_a_page_too_long_for_points_counts_in_larger_units() -> None:
    """Readers refuse more than 14,400 units, so a banner of 10 m is measured in units of two points."""
    banner = PrintArea(key="front", width_px=11_811, height_px=300, dpi=30, file=FileKind.PDF)
    content = drawn(Page(area=banner, nodes=()))

    assert b"/MediaBox [0 0 14173.2 360]" in content
    assert b"/UserUnit 2" in content


def test_shapes_stay_shapes(tmp_path: Path) -> None:
    """A page of solid shapes has no pixels in its file, and looks the same at any zoom."""
    content = drawn(Page(area=SHEET, nodes=(SQUARE,)))
    fine = shown(content, tmp_path, 1200)

    assert b"/Subtype /Image" not in content
    assert [(80_000, (208, 16, 32))] == fine.crop((80, 120, 480, 320)).getcolors()
    assert [(576_000, (255, 255, 255))] == fine.crop((480, 0, 1200, 800)).getcolors()


def test_every_kind_of_line_and_curve_is_drawn(tmp_path: Path) -> None:
    """Quadratic and cubic curves, holes by both rules, lines above the fill and below it."""
    bow = Outline.read("M 10 10 Q 50 90 90 10 Z")
    ring = Outline.joined((ellipse(110, 10, 80, 80), ellipse(130, 30, 40, 40)))
    pen = Pen(colour="#1020d0", width=10, join="round")
    nodes = (
        shape(bow),
        shape(ring, rule="evenodd"),
        shape(rectangle(210, 20, 70, 60), pen=pen),
        shape(rectangle(20, 120, 70, 60), pen=pen, pen_below=True),
        shape(Outline.read("M 120 150 L 280 150"), "", pen=evolve(pen, dash=(20, 20), cap="butt")),
    )
    page = shown(drawn(Page(area=SHEET, nodes=nodes)), tmp_path)
    red, blue, white = (208, 16, 32), (16, 32, 208), (255, 255, 255)
    expected = {
        (50, 46): red,
        (50, 54): white,
        (120, 50): red,
        (150, 50): white,
        (213, 50): blue,
        (207, 50): blue,
        (245, 50): red,
        (17, 150): blue,
        (23, 150): red,
        (130, 152): blue,
        (150, 152): white,
        (170, 152): blue,
    }

    assert expected == {at: page.getpixel(at) for at in expected}


def test_letters_lie_over_the_photo(tmp_path: Path) -> None:
    """What was above the pixels of the page is above them in the file."""
    page = shown(
        drawn(Page(area=SHEET, nodes=(PHOTO, SQUARE)), Image.new("RGBA", (300, 200), "#40a040")), tmp_path
    )

    assert [(208, 16, 32), (64, 160, 64)] == [page.getpixel(at) for at in ((70, 50), (200, 150))]


def test_the_cut_line_is_an_ink_of_its_own(tmp_path: Path) -> None:
    """A cutter finds the line by its name, CutContour; it is a hairline that overprints and knocks nothing out."""
    cut = Piece(outline=rectangle(10, 10, 280, 180), place=Affine())
    content = drawn(Page(area=SHEET, nodes=(SQUARE,), cuts=(cut,)))
    drawing = next(plane for words, plane in streams(content).values() if words.startswith(b"/Filter"))

    assert b"/Separation /CutContour /DeviceCMYK" in content
    assert b"/OP true /op true /OPM 1" in content
    assert drawing.splitlines()[-2:] == [
        b"/O gs /K CS 1 SCN 1.0417 w",
        b"10 10 m 290 10 l 290 190 l 10 190 l h S",
    ]

    (tmp_path / "page.pdf").write_bytes(content)
    device = ("-q", "-dNOPAUSE", "-dBATCH", "-sDEVICE=tiffsep", "-r300", "-sOutputFile=page.tif")
    asked("gs", *device, "page.pdf", within=tmp_path)
    ink = Image.open(tmp_path / "page(CutContour).tif")
    assert ink.size == (300, 200)
    assert (9, 9, 291, 191) == Image.eval(ink, lambda level: 255 - level).getbbox()


def test_the_profile_is_in_the_file() -> None:
    """Pixels and shapes have the colours of the sRGB profile."""
    found = streams(drawn(Page(area=SHEET, nodes=(SQUARE,))))

    assert srgb.profile() in [data for _, data in found.values()]


def test_a_pdf_tells_no_time_and_has_the_id_of_its_content() -> None:
    """Equal pages give equal bytes; any other page has another id."""
    one, again, other = (
        drawn(Page(area=SHEET, nodes=(shape(rectangle(20, 30, width, 50)),))) for width in (100, 100, 101)
    )
    ids = [re.findall(rb"/ID \[<(\w{32})> <(\w{32})>\]", content)[0] for content in (one, other)]

    assert one == again
    assert ids[0] != ids[1]
    assert not re.search(rb"Date|D:20", one)


def test_on_paper_there_is_no_transparency() -> None:
    """A print area that names its paper gets an opaque page, for presses that take no transparency."""
    sheet = evolve(SHEET, paper="#f0eada")
    content = drawn(Page(area=sheet, nodes=(PHOTO,)), Image.new("RGBA", (300, 200), (0, 0, 0, 0)))
    planes = [plane for words, plane in streams(content).values() if b"/Predictor 15" in words]

    assert b"/SMask" not in content
    assert [bytes((0xF0, 0xEA, 0xDA)) * 60_000] == [_unfiltered(plane, 300, 3) for plane in planes]


def group(*nodes: Node, **more: object) -> GroupNode:
    """Return a group."""
    return GroupNode(layer="group", nodes=nodes, **more)  # type: ignore[arg-type]


FADING = evolve(SQUARE, paint=Gradient(stops=(Stop(offset=0, colour="#000000"),)))


@pytest.mark.parametrize(
    ("nodes", "kept", "shapes"),
    [
        ((), 0, 0),
        ((SQUARE, SQUARE), 0, 2),
        ((SQUARE, PHOTO, SQUARE), 2, 1),
        ((PHOTO, SQUARE, FADING), 3, 0),
        ((PHOTO, group(SQUARE, SQUARE)), 1, 2),
        ((group(PHOTO, SQUARE),), 1, 1),
        ((SQUARE, group(SQUARE, opacity=500)), 2, 0),
        ((SQUARE, group(SQUARE, blend=Blend.MULTIPLY), SQUARE), 2, 1),
        ((group(SQUARE, group(PHOTO, blend=Blend.MULTIPLY), SQUARE),), 1, 0),
        ((SQUARE, group(SQUARE, clip=Clip(pieces=SQUARE.pieces))), 2, 0),
    ],
)
def test_only_what_looks_the_same_stays_a_shape(nodes: tuple[Node, ...], kept: int, shapes: int) -> None:
    """Solid shapes above everything else do; what is faded, blended, clipped or below a photo becomes pixels."""
    rest, solid = split(Page(area=SHEET, nodes=nodes))

    assert (kept, shapes) == (len(rest.nodes), len(solid))
