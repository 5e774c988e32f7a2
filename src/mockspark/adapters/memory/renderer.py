"""Pictures without drawing: files of one colour, and facts read from a PNG's header."""

import hashlib
import struct
import zlib
from functools import cache
from typing import Final

from attrs import define, field

from mockspark.application.errors import Rejected
from mockspark.application.ports.rendering import ImageFacts, RenderedArea, RenderJob
from mockspark.domain.files import Finding
from mockspark.domain.holds import HoldReason

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PREVIEW_PX: Final = 8


@define
class SolidRenderer:
    """Fills each area with one colour that follows from the design; `rendered` tells what was asked.

    *findings* maps an area to what is found there; `fail` makes the next calls fail.
    """

    findings: dict[str, tuple[Finding, ...]] = field(factory=dict)
    rendered: list[RenderJob] = field(factory=list)
    failures: list[Exception] = field(factory=list)

    def fail(self, *failures: Exception) -> None:
        """Let the next calls raise *failures*, one each."""
        self.failures.extend(failures)

    async def render(self, job: RenderJob) -> RenderedArea:
        """Return a file of the area's pixels and DPI."""
        self.rendered.append(job)
        if self.failures:
            raise self.failures.pop(0)
        area = job.area
        return RenderedArea(
            area=area.key,
            content=solid_png(area.width_px, area.height_px, seed=job.design.id, dpi=area.dpi),
            width_px=area.width_px,
            height_px=area.height_px,
            dpi=area.dpi,
            preview=solid_png(_PREVIEW_PX, _PREVIEW_PX, seed=job.design.id),
            preview_media_type="image/png",
            findings=self.findings.get(area.key, ()),
        )


class PngInspector:
    """Believes a PNG's header and refuses everything else."""

    async def inspect(self, content: bytes) -> ImageFacts:
        """Return the size that the header names; raises Rejected when there is none."""
        if not content.startswith(_SIGNATURE) or len(content) < 24:
            raise Rejected("This is no PNG picture.", reason=HoldReason.RENDER_FAILED)
        width, height = struct.unpack(">II", content[16:24])
        return ImageFacts(width_px=width, height_px=height, media_type="image/png")


@define
class MemoryImageSource:
    """A web of pictures; `fetched` tells which addresses were asked for."""

    pictures: dict[str, bytes] = field(factory=dict)
    fetched: list[str] = field(factory=list)
    failures: list[Exception] = field(factory=list)

    def fail(self, *failures: Exception) -> None:
        """Let the next calls raise *failures*, one each."""
        self.failures.extend(failures)

    async def fetch(self, url: str) -> bytes:
        """Return the bytes at *url*; raises Rejected when there are none."""
        self.fetched.append(url)
        if self.failures:
            raise self.failures.pop(0)
        if url not in self.pictures:
            raise Rejected("There is no picture at that address.", reason=HoldReason.RENDER_FAILED)
        return self.pictures[url]


def solid_png(width: int, height: int, *, seed: str = "", dpi: int = 300) -> bytes:
    """Return a picture of one colour that follows from *seed*."""
    per_metre = round(dpi / 0.0254)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)),
        (b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
        (b"PLTE", hashlib.sha256(seed.encode()).digest()[:3]),
        (b"IDAT", _rows(width, height)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


@cache
def _rows(width: int, height: int) -> bytes:
    return zlib.compress(bytes((1 + (width + 7) // 8) * height), 1)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
