"""Renderer with Pillow: the canvas never exists whole, only a band of it at a time."""

import asyncio
import io
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Final, ParamSpec, Protocol, TypeVar

from attrs import define, field, frozen
from PIL import Image

from mockspark.adapters.rendering.files.choosing import writer_of
from mockspark.adapters.rendering.files.writing import Encoded, Writer
from mockspark.adapters.rendering.fonts import FontBook
from mockspark.adapters.rendering.scene import Scene
from mockspark.application.errors import Rejected, Unavailable
from mockspark.application.ports.rendering import RenderedArea, RenderJob
from mockspark.domain.catalog import PrintArea
from mockspark.domain.files import Check
from mockspark.domain.holds import HoldReason

_ROWS: Final = 256
_MAX_SIDE: Final = 40_000
_MAX_PIXELS: Final = 400_000_000
_PREVIEW_QUALITY: Final = 85

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Run(Protocol):
    """Calls a module's function somewhere that may be busy for seconds."""

    async def __call__(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what *function* returns; its arguments may have to travel to another process."""


@frozen
class PillowRenderer:
    """Draws designs; the same job gives the same bytes, whatever the number of threads or processes.

    *run* takes the work off the event loop; *fonts* is a folder of font files beside the packaged ones.
    """

    _run: Run = field(default=asyncio.to_thread)
    _fonts: str = ""
    _threads: int = 1

    async def render(self, job: RenderJob) -> RenderedArea:
        """Draw *job*: equal input gives equal bytes. Raises Rejected when it can never be drawn."""
        try:
            return await self._run(draw, job, self._fonts, self._threads)
        except MemoryError as shortage:
            raise Unavailable("there is not enough memory to draw this now") from shortage


def draw(job: RenderJob, fonts: str = "", threads: int = 1) -> RenderedArea:
    """Draw *job* here and now."""
    _check_size(job.area)
    scene = Scene.of(job.design, job.area, job.assets, _book(fonts))
    writer = writer_of(job.area)
    sheet = _Sheet(scene, writer, _halvings(job))
    content = writer.assembled(sheet.bands(threads))
    if not sheet.inked and (scene.layers or job.area.required):
        scene.report(Check.EMPTY_AREA, f"Nothing is visible on {job.area.key!r}: it would print blank.")
    return RenderedArea(
        area=job.area.key,
        content=content,
        media_type=job.area.file.media_type,
        width_px=job.area.width_px,
        height_px=job.area.height_px,
        dpi=job.area.dpi,
        preview=sheet.preview(job.preview_px),
        findings=tuple(scene.findings),
    )


@define
class _Sheet:
    """The print area, drawn band by band; keeps the small picture and whether there was any ink."""

    scene: Scene
    writer: Writer
    halvings: int
    inked: bool = False
    small: Image.Image = field(init=False)

    def __attrs_post_init__(self) -> None:
        area = self.scene.area
        size = (-(-area.width_px // self.halvings), -(-area.height_px // self.halvings))
        self.small = Image.new("RGBA", size)

    def bands(self, threads: int) -> Iterator[Encoded]:
        """Yield the bands from top to bottom, as few ahead as keep the threads busy."""
        tops = range(0, self.scene.area.height_px, _ROWS)
        if threads == 1:
            yield from map(self._band, tops)
            return
        with ThreadPoolExecutor(threads) as pool:
            ahead: deque[Future[Encoded]] = deque()
            for top in tops:
                ahead.append(pool.submit(self._band, top))
                if len(ahead) > threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def preview(self, pixels: int) -> bytes:
        """Return the sheet as WebP with *pixels* on its longer side, or fewer if it has fewer."""
        area, longest = self.scene.area, max(self.small.size)
        share = min(max(pixels, 1) / max(area.width_px, area.height_px), 1.0)
        size = (max(round(area.width_px * share), 1), max(round(area.height_px * share), 1))
        image = self.small if max(size) == longest else self.small.resize(size, Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, "WEBP", quality=_PREVIEW_QUALITY, method=2)
        return out.getvalue()

    def _band(self, top: int) -> Encoded:
        area = self.scene.area
        bottom = min(top + _ROWS, area.height_px)
        band = self._composed(top, bottom)
        if band is None:
            return self.writer.encode(None, bottom - top)
        if band.getchannel("A").getextrema() != (0, 0):
            self.inked = True
        self.small.paste(band.reduce(self.halvings), (0, top // self.halvings))
        return self.writer.encode(band, bottom - top)

    def _composed(self, top: int, bottom: int) -> Image.Image | None:
        width = self.scene.area.width_px
        band: Image.Image | None = None
        for layer in self.scene.layers:
            part = layer.part(width, top, bottom)
            if part is None:
                continue
            image, x, y = part
            if band is None:
                band = Image.new("RGBA", (width, bottom - top))
                band.paste(image, (x, y - top))
            else:
                band.alpha_composite(image, (x, y - top))
        return band


def _check_size(area: PrintArea) -> None:
    longest = max(area.width_px, area.height_px)
    if longest > _MAX_SIDE or area.width_px * area.height_px > _MAX_PIXELS:
        words = f"{area.key!r} has {area.width_px} x {area.height_px} pixels, more than can be drawn"
        raise Rejected(words, reason=HoldReason.RENDER_FAILED)


def _halvings(job: RenderJob) -> int:
    """Return the power of two by which bands shrink, still at least as large as the preview."""
    ratio = max(job.area.width_px, job.area.height_px) / max(job.preview_px, 1)
    factor = 1
    while factor * 2 <= ratio and factor < _ROWS:
        factor *= 2
    return factor


@cache
def _book(folder: str) -> FontBook:
    return FontBook(folder)
