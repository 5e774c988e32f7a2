"""Golden scenes: small designs with the picture that is right for each, and how far a renderer may be off.

The pictures were drawn by another engine at eight times the resolution and averaged (`scripts/goldens`); nothing of
our renderers took part.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Self

from attrs import field, frozen
from PIL import Image, ImageChops, ImageStat

from mockspark.application.ports.rendering import RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design

_FOLDER: Final = files("mockspark.adapters.testing") / "golden"
_LOUDER: Final = 6


@frozen(kw_only=True)
class Tolerance:
    """How far a renderer may be off, and *why* it may.

    *rms* is the root mean square of the premultiplied difference over the whole picture, *edge* that of coverage
    where it is partial, both as shares of full; at most *share* of the pixels differ by more than *levels* of 255.
    """

    rms: float
    edge: float
    levels: int
    share: float
    why: str


@frozen(kw_only=True)
class Distance:
    """How far two pictures are apart, in the terms of a tolerance."""

    rms: float
    edge: float
    share: float

    @classmethod
    def between(cls, actual: Image.Image, expected: Image.Image, levels: int) -> Self:
        """Measure two RGBA pictures of one size."""
        apart = ImageChops.difference(actual.convert("RGBa"), expected.convert("RGBa"))
        cover = expected.getchannel("A").point(lambda value: 255 if 0 < value < 255 else 0)
        edge = ImageStat.Stat(apart.getchannel("a"), cover).rms[0] if cover.getbbox() else 0.0
        squares = [rms**2 for rms in ImageStat.Stat(apart).rms]
        return cls(
            rms=(sum(squares) / len(squares)) ** 0.5 / 255,
            edge=edge / 255,
            share=sum(_worst(apart).histogram()[levels + 1 :]) / (actual.width * actual.height),
        )

    def breaches(self, tolerance: Tolerance) -> tuple[str, ...]:
        """Return in words what of *tolerance* is exceeded."""
        measured = (
            ("the whole is off by {:.4f} RMS, at most {:.4f}", self.rms, tolerance.rms),
            ("edges are off by {:.4f} RMS, at most {:.4f}", self.edge, tolerance.edge),
            (
                f"a share of {{:.4f}} differs by more than {tolerance.levels} levels, at most {{:.4f}}",
                self.share,
                tolerance.share,
            ),
        )
        return tuple(words.format(found, most) for words, found, most in measured if found > most)


@frozen(kw_only=True)
class Golden:
    """A scene, its picture and its tolerance."""

    name: str
    shows: str
    job: RenderJob = field(repr=False)
    picture: str
    tolerance: Tolerance = field(repr=False)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Read an entry of the list."""
        job = RenderJob(
            design=Design.of(raw["document"]),
            area=PrintArea(**raw["area"]),
            assets=_files(raw["assets"]),
            fonts=_files(raw["fonts"]),
        )
        tolerance = Tolerance(**raw["tolerance"])
        return cls(name=raw["name"], shows=raw["shows"], job=job, picture=raw["picture"], tolerance=tolerance)

    def expected(self) -> Image.Image:
        """Return the picture that is right."""
        with Image.open(BytesIO((_FOLDER / self.picture).read_bytes())) as image:
            return image.convert("RGBA")

    def judged(self, actual: Image.Image) -> tuple[str, ...]:
        """Return in words how *actual* differs too much; nothing when it is near enough."""
        expected = self.expected()
        if actual.size != expected.size:
            return (f"it has {actual.size} pixels instead of {expected.size}",)
        return Distance.between(actual, expected, self.tolerance.levels).breaches(self.tolerance)

    def keep(self, actual: Image.Image, folder: Path) -> None:
        """Write what was drawn, what is right, and the difference (made louder) into *folder*."""
        folder.mkdir(parents=True, exist_ok=True)
        expected = self.expected()
        actual.save(folder / f"{self.name}-actual.png")
        expected.save(folder / f"{self.name}-expected.png")
        if actual.size == expected.size:
            apart = _worst(ImageChops.difference(actual.convert("RGBa"), expected.convert("RGBa")))
            apart.point(lambda value: min(value * _LOUDER, 255)).save(folder / f"{self.name}-difference.png")


def names() -> tuple[str, ...]:
    """Return the names of the golden scenes."""
    return tuple(_listed())


@cache
def named(name: str) -> Golden:
    """Return the golden scene called *name*."""
    return Golden.of(_listed()[name])


@cache
def _listed() -> Mapping[str, Mapping[str, Any]]:
    return {raw["name"]: raw for raw in json.loads((_FOLDER / "goldens.json").read_text("utf-8"))}


def _files(names: Mapping[str, str]) -> Mapping[str, bytes]:
    return {name: (_FOLDER / file).read_bytes() for name, file in names.items()}


def _worst(apart: Image.Image) -> Image.Image:
    worst, *others = apart.split()
    for other in others:
        worst = ImageChops.lighter(worst, other)
    return worst
