"""Files opened in programs of others: the right size, resolution, channels and profile, and no complaint."""

import io
from pathlib import Path

import pytest
from PIL import Image

from mockspark.adapters.rendering import srgb
from mockspark.adapters.rendering.files.choosing import writer_of
from mockspark.application.blob_names import ending_of
from mockspark.domain.catalog import FileKind
from tests.adapters.rendering.files.bands import area, asked, picture, written

RASTERS = [FileKind.PNG, FileKind.PNG_RGB, FileKind.JPEG, FileKind.TIFF]
CHANNELS = {FileKind.PNG: 4, FileKind.PNG_RGB: 3, FileKind.JPEG: 3, FileKind.TIFF: 4}


def saved(folder: Path, image: Image.Image, file: FileKind, dpi: int = 300) -> Path:
    """Write *image* as a file and return where it is."""
    path = folder / f"sheet.{ending_of(file.media_type)}"
    path.write_bytes(written(writer_of(area(image, file, dpi=dpi)), image))
    return path


@pytest.mark.parametrize("file", RASTERS)
def test_libvips_finds_size_resolution_and_profile(file: FileKind, tmp_path: Path) -> None:
    """150 DPI are 5.9 pixels a millimetre."""
    told = asked("vipsheader", "-a", saved(tmp_path, picture("smooth", (333, 270)), file, 150))
    facts = dict(line.split(": ", 1) for line in told.splitlines() if ": " in line)

    assert ("333", "270", str(CHANNELS[file])) == (facts["width"], facts["height"], facts["bands"])
    assert 5.9055 == pytest.approx(float(facts["xres"]), abs=0.001)
    assert facts["icc-profile-data"].startswith(f"{len(srgb.profile())} bytes")


@pytest.mark.parametrize("file", RASTERS)
def test_imagemagick_finds_size_resolution_and_channels(file: FileKind, tmp_path: Path) -> None:
    """300 DPI, whether the file counts in inches or in centimetres."""
    path = saved(tmp_path, picture("smooth", (333, 270)), file)
    told = asked(
        "identify", "-units", "PixelsPerInch", "-format", "%w %h %[fx:round(resolution.x)] %[channels]", path
    )
    width, height, dpi, channels = told.split()[:4]

    assert ("333", "270", "300") == (width, height, dpi)
    assert channels.startswith({3: "srgb", 4: "srgba"}[CHANNELS[file]])


@pytest.mark.parametrize("program", ["vips", "magick convert"])
@pytest.mark.parametrize("file", RASTERS)
def test_other_decoders_read_the_same_pixels(file: FileKind, program: str, tmp_path: Path) -> None:
    """Bands leave no seam in libvips or ImageMagick: pixel for pixel what Pillow reads."""
    image = Image.new("RGBA", (301, 270))
    image.paste(picture("noise", (301, 100)), (0, 150))
    image.paste(picture("opaque", (201, 120)), (50, 10))
    path, copy = saved(tmp_path, image, file), tmp_path / "copy.png"
    asked(program, *(("copy", path, copy) if program == "vips" else (path, f"PNG32:{copy}")))

    ours, theirs = (Image.open(one).convert("RGBA") for one in (path, copy))
    assert ours.tobytes() == theirs.tobytes()


def test_poppler_takes_the_very_pixels_out_of_a_pdf(tmp_path: Path) -> None:
    """The picture in the page is kept at its full resolution, transparency apart."""
    image = picture("noise", (301, 270))
    image.putalpha(image.getchannel("A").point(lambda level: max(level, 1)))
    path = saved(tmp_path, image, FileKind.PDF)
    asked("pdfimages", "-png", path, tmp_path / "part")
    colours, coverage = (
        Image.open(io.BytesIO(one.read_bytes())) for one in sorted(tmp_path.glob("part-*.png"))
    )
    pairs = zip(image.convert("RGB").tobytes(), colours.convert("RGB").tobytes(), strict=True)

    # Poppler's colour engine rounds what it takes through the profile.
    assert max(abs(one - other) for one, other in pairs) <= 1
    assert image.getchannel("A").tobytes() == coverage.convert("L").tobytes()
