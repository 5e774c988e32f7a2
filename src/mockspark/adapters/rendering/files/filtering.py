"""Differences between neighbouring pixels, which deflate well: the filters of PNG, PDF and TIFF."""

from collections.abc import Iterable, Iterator
from typing import Final, Self

from attrs import frozen
from PIL import Image, ImageChops

from mockspark.adapters.rendering.files.deflate import Deflate
from mockspark.adapters.rendering.files.writing import flattened

_NONE, _SUB, _UP, _AVERAGE = range(4)
_METHODS: Final = (_NONE, _SUB, _UP, _AVERAGE)
_ROWS: Final = 32
_SAMPLES: Final = 4
_SAMPLED_ROWS: Final = 2


def filtered(band: Image.Image, paper: str, deflate: Deflate) -> Iterator[bytes]:
    """Yield the rows of *band* (on *paper*, if one is given), each behind the number of its filter (PNG's).

    The first row looks at none above it, so the rows may stand below any others.
    """
    method = _best(band, paper, deflate)
    for strip in _strips(band, paper):
        rows = Image.new("L", (strip.pixels.width + 1, strip.pixels.height), method)
        rows.paste(strip.residue(method), (1, 0))
        if strip.top == 0:
            rows.paste(_SUB, (0, 0, 1, 1))
            rows.paste(strip.residue(_SUB).crop((0, 0, strip.pixels.width, 1)), (1, 0))
        yield rows.tobytes()


def differences(band: Image.Image, paper: str) -> Iterator[bytes]:
    """Yield the rows of *band* (on *paper*, if one is given), each pixel less its left one (TIFF's predictor 2)."""
    for strip in _strips(band, paper):
        yield strip.residue(_SUB).tobytes()


@frozen(kw_only=True)
class _Strip:
    """A few rows as bytes of *channels* a pixel, and the rows above each of them: little enough for a fast cache."""

    top: int
    channels: int
    pixels: Image.Image
    above: Image.Image

    @classmethod
    def of(cls, band: Image.Image, top: int, bottom: int, paper: str) -> Self:
        """Take rows out of *band*; what is above its first row does not count."""
        rows = band.crop((0, top - 1, band.width, bottom))
        rows = flattened(rows, paper) if paper else rows
        channels, data = len(rows.getbands()), memoryview(rows.tobytes())
        size = (rows.width * channels, bottom - top)
        return cls(
            top=top,
            channels=channels,
            pixels=_gray(size, data[size[0] :]),
            above=_gray(size, data[: -size[0]]),
        )

    def residue(self, method: int) -> Image.Image:
        """Return what *method* leaves of the pixels."""
        if method == _NONE:
            return self.pixels
        if method == _UP:
            return ImageChops.subtract_modulo(self.pixels, self.above)
        left = Image.new("L", self.pixels.size)
        left.paste(self.pixels, (self.channels, 0))
        # A blend by half rounds down, as the filter asks; adding and halving does the same in twice the time.
        expected = left if method == _SUB else Image.blend(left, self.above, 0.5)
        return ImageChops.subtract_modulo(self.pixels, expected)


def _gray(size: tuple[int, int], data: memoryview) -> Image.Image:
    return Image.frombuffer("L", size, data, "raw", "L", 0, 1)  # type: ignore[arg-type]  # any buffer will do


def _strips(band: Image.Image, paper: str) -> Iterator[_Strip]:
    for top in range(0, band.height, _ROWS):
        yield _Strip.of(band, top, min(top + _ROWS, band.height), paper)


def _best(band: Image.Image, paper: str, deflate: Deflate) -> int:
    """Return the filter that leaves least of some rows."""
    samples = [_Strip.of(band, top, min(top + _SAMPLED_ROWS, band.height), paper) for top in _sampled(band)]
    sizes = {
        method: len(deflate.blocks(sample.residue(method).tobytes() for sample in samples).data)
        for method in _METHODS
    }
    return min(_METHODS, key=sizes.__getitem__)


def _sampled(band: Image.Image) -> Iterable[int]:
    return (band.height * (2 * index + 1) // (2 * _SAMPLES) for index in range(_SAMPLES))
