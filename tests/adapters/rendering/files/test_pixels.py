"""What another program reads from a file is what was drawn, whoever encoded which band when."""

import io
import pickle
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.files.choosing import writer_of
from mockspark.adapters.rendering.files.deflate import Deflate, libraries
from mockspark.adapters.rendering.files.jpeg import JpegWriter
from mockspark.adapters.rendering.files.png import PngWriter
from mockspark.adapters.rendering.files.tiff import TiffWriter
from mockspark.adapters.rendering.files.writing import Encoded, flattened
from mockspark.application.errors import Rejected
from mockspark.domain.catalog import FileKind, PrintArea
from tests.adapters.rendering.files.bands import area, cut, encoded, heights, picture, pictures, written

LIBRARIES = tuple(libraries())


def opened(content: bytes) -> Image.Image:
    """Read a file with Pillow's own readers."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@settings(max_examples=60, deadline=None)
@given(pictures(), heights(), st.sampled_from(LIBRARIES))
def test_png_and_tiff_keep_every_pixel(image: Image.Image, rows: int, deflate: Deflate) -> None:
    """Whatever the size, the bands and the deflate library: no channel of no pixel changes."""
    for writer in (
        PngWriter(area=area(image), deflate=deflate),
        TiffWriter(area=area(image), deflate=deflate),
    ):
        read = opened(written(writer, image, rows))

        assert ("RGBA", image.size) == (read.mode, read.size)
        assert _seen(image, rows).tobytes() == read.tobytes()


def _seen(image: Image.Image, rows: int) -> Image.Image:
    """Return *image* with nothing where a band has no ink."""
    seen = Image.new("RGBA", image.size)
    for index, band in enumerate(cut(image, rows)):
        if band is not None:
            seen.paste(band, (0, index * rows))
    return seen


@settings(max_examples=40, deadline=None)
@given(pictures(), heights(), st.sampled_from(("#ffffff", "#20c0f0")))
def test_paper_shows_through_what_is_transparent(image: Image.Image, rows: int, paper: str) -> None:
    """On a paper there are three channels, and each pixel is what lies over the paper."""
    expected = flattened(_seen(image, rows), paper)

    for writer in (PngWriter(area=area(image), paper=paper), TiffWriter(area=area(image), paper=paper)):
        read = opened(written(writer, image, rows))

        assert "RGB" == read.mode
        assert expected.tobytes() == read.tobytes()


def test_paper_lies_under_the_picture() -> None:
    """Half of red on white is pink; nothing on it is white; all of it is red."""
    image = Image.new("RGBA", (3, 1))
    image.putdata([(200, 0, 0, 0), (200, 0, 0, 128), (200, 0, 0, 255)])

    shown = [flattened(image, "#ffffff").getpixel((x, 0)) for x in range(3)]

    assert [(255, 255, 255), (227, 127, 127), (200, 0, 0)] == shown


@settings(max_examples=40, deadline=None)
@given(pictures(150), heights())
def test_a_jpeg_of_bands_decodes_like_the_bands_alone(image: Image.Image, rows: int) -> None:
    """Where bands meet nothing is smeared, and the marks between them are counted right."""
    whole = opened(written(JpegWriter(area=area(image)), image, rows))
    top = 0

    assert image.size == whole.size
    for band in cut(image, rows):
        height = min(rows, image.height - top)
        alone = area(Image.new("L", (image.width, height)))
        writer = JpegWriter(area=alone)
        expected = opened(writer.assembled([writer.encode(band, height)]))
        assert expected.tobytes() == whole.crop((0, top, image.width, top + height)).tobytes()
        top += height


def test_a_jpeg_stays_close_to_the_picture() -> None:
    """Quality 95 without coarser colours: a smooth picture moves by no more than three levels."""
    image = picture("opaque", (300, 200))
    read = opened(written(JpegWriter(area=area(image)), image))
    pairs = zip(image.convert("RGB").tobytes(), read.tobytes(), strict=True)

    assert max(abs(one - other) for one, other in pairs) <= 3


def test_a_jpeg_may_be_wider_than_one_restart_interval_counts() -> None:
    """A band of 160,000 blocks is more than a restart interval may have; there is one for every eight rows."""
    image = Image.linear_gradient("L").resize((40_000, 264)).convert("RGBA")
    read = opened(written(JpegWriter(area=area(image)), image, 256))

    assert (40_000, 264) == read.size
    assert (255, 255, 255) == read.getpixel((39_999, 263))


@pytest.mark.parametrize("file", list(FileKind))
def test_the_order_and_place_of_encoding_leaves_no_trace(file: FileKind) -> None:
    """Bands may be encoded backwards, by four threads, and travel between processes: same bytes."""
    image = Image.new("RGBA", (123, 333))
    image.paste(picture("noise", (100, 150)), (11, 0))
    image.paste(picture("smooth", (60, 100)), (50, 220))
    writer = writer_of(area(image, file))
    bands = list(enumerate(cut(image, 16)))
    random.Random(7).shuffle(bands)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda one: (one[0], writer.encode(one[1], min(16, 333 - one[0] * 16))), bands)
        travelled: dict[int, Encoded] = pickle.loads(pickle.dumps(dict(parts)))

    assert written(writer, image, 16) == writer.assembled(travelled[index] for index in range(len(bands)))


@pytest.mark.parametrize("file", [FileKind.PNG, FileKind.PNG_RGB, FileKind.JPEG, FileKind.TIFF])
def test_size_resolution_and_profile_are_told(file: FileKind) -> None:
    """Pillow reads the same size, dots per inch and sRGB profile from each kind of file."""
    image = picture("smooth", (90, 70))
    read = opened(written(writer_of(area(image, file, dpi=254)), image))

    assert file.media_type == Image.MIME[str(read.format)]
    assert ((90, 70), (254, 254)) == (read.size, tuple(round(float(dpi), 2) for dpi in read.info["dpi"]))
    assert srgb.profile() == read.info["icc_profile"]


@pytest.mark.parametrize("file", list(FileKind))
def test_bands_that_do_not_fill_the_file_are_refused(file: FileKind) -> None:
    """A missing band raises, where a file with a hole would have been printed."""
    image = picture("noise", (20, 64))
    writer = writer_of(area(image, file))
    parts = list(encoded(writer, image, 16))

    with pytest.raises(ValueError, match="the bands have 48 rows, the file 64"):
        writer.assembled(parts[:-1])


def test_a_side_that_no_jpeg_can_have_is_refused() -> None:
    """The words say what to choose instead."""
    with pytest.raises(Rejected, match=r"longer than the 65500 pixels of a JPEG: choose PNG"):
        writer_of(PrintArea(key="front", width_px=65_501, height_px=10, file=FileKind.JPEG))


def test_a_tiff_never_outgrows_its_offsets() -> None:
    """Before a strip lies where 32 bits cannot point, the file is refused in words."""
    image = picture("noise", (64, 64))

    with pytest.raises(Rejected, match="more than the 4 GB that a TIFF can hold"):
        written(TiffWriter(area=area(image), limit=9_000), image)


def test_strips_of_a_tiff_have_one_height() -> None:
    """A reader finds a strip by the rows of the first one, so others are refused."""
    image = picture("noise", (20, 64))
    writer = TiffWriter(area=area(image))
    uneven = [writer.encode(image.crop((0, top, 20, low)), low - top) for top, low in ((0, 16), (16, 64))]

    with pytest.raises(ValueError, match="one height"):
        writer.assembled(uneven)


def test_bands_of_a_jpeg_end_where_blocks_end() -> None:
    """A band whose rows are no multiple of eight could only be the last one."""
    image = picture("noise", (20, 64))
    writer = JpegWriter(area=area(image))
    uneven = [writer.encode(image.crop((0, top, 20, low)), low - top) for top, low in ((0, 12), (12, 64))]

    with pytest.raises(ValueError, match="multiple of 8 rows"):
        writer.assembled(uneven)


def test_recipes_differ_where_bands_would() -> None:
    """Encoded bands are shared by recipe, so nothing that changes their bytes may be missing in it."""
    wide, narrow = (PrintArea(key="front", width_px=width, height_px=9) for width in (20, 10))
    writers = (
        PngWriter(area=wide),
        PngWriter(area=narrow),
        PngWriter(area=wide, paper="#ffffff"),
        PngWriter(area=wide, deflate=LIBRARIES[-1]),
        TiffWriter(area=wide),
        JpegWriter(area=wide),
        JpegWriter(area=wide, paper="#000000"),
    )

    assert len(writers) == len({writer.recipe for writer in writers})
