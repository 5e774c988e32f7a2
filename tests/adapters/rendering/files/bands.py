"""Pictures, cut into bands as the renderer hands them over, and the programs that look at what became of them."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st
from PIL import Image

from mockspark.adapters.rendering.files.writing import Encoded, Writer
from mockspark.domain.catalog import FileKind, PrintArea

KINDS = ("noise", "smooth", "lines", "flat", "opaque")


def area(image: Image.Image, file: FileKind = FileKind.PNG, *, dpi: int = 300, paper: str = "") -> PrintArea:
    """Return the print area that *image* fills."""
    return PrintArea(
        key="front", width_px=image.width, height_px=image.height, dpi=dpi, file=file, paper=paper
    )


def picture(kind: str, size: tuple[int, int], seed: int = 0) -> Image.Image:
    """Return an RGBA picture that favours one way of packing."""
    chance = random.Random(seed)
    gradient = Image.linear_gradient("L")
    planes = {
        "noise": lambda: Image.frombytes("L", size, chance.randbytes(size[0] * size[1])),
        "smooth": lambda: gradient.rotate(chance.randrange(360)).resize(size),
        "lines": lambda: gradient.resize((size[0], 1)).resize(size),
        "flat": lambda: Image.new("L", size, chance.randrange(256)),
        "opaque": lambda: Image.radial_gradient("L").resize(size),
    }
    image = Image.merge("RGBA", [planes[kind]() for _ in range(4)])
    if kind == "opaque":
        image.putalpha(255)
    return image


def cut(image: Image.Image, rows: int) -> list[Image.Image | None]:
    """Return *image* in bands; one without ink is None."""
    boxes = ((0, top, image.width, min(top + rows, image.height)) for top in range(0, image.height, rows))
    bands = [image.crop(box) for box in boxes]
    return [band if band.getchannel("A").getbbox() else None for band in bands]


def encoded(writer: Writer, image: Image.Image, rows: int) -> Iterator[Encoded]:
    """Yield *image*, encoded band by band."""
    for index, band in enumerate(cut(image, rows)):
        yield writer.encode(band, min(rows, image.height - index * rows))


def written(writer: Writer, image: Image.Image, rows: int = 64) -> bytes:
    """Return the file of *image*."""
    return writer.assembled(encoded(writer, image, rows))


def pictures(longest: int = 70) -> st.SearchStrategy[Image.Image]:
    """Return pictures of every size and kind."""
    sizes = st.tuples(st.integers(1, longest), st.integers(1, longest))
    return st.builds(picture, st.sampled_from(KINDS), sizes, st.integers(0, 99))


def heights() -> st.SearchStrategy[int]:
    """Return heights of bands."""
    return st.integers(1, 9).map(lambda blocks: blocks * 8)


def asked(programs: str, *words: str | Path, within: Path | None = None) -> str:
    """Return what the first of *programs* that is here says, in the folder *within*. It may not complain.

    The test is skipped where there is none.
    """
    found = next(filter(None, map(shutil.which, programs.split())), None)
    if found is None:
        pytest.skip(f"no {programs.replace(' ', ' or ')} on this machine (scripts/test-tools installs it)")
    done = subprocess.run([found, *map(str, words)], cwd=within, capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    return done.stdout
