"""Renderer with Pillow: the canvas never exists whole, only a band of it at a time."""

import asyncio
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final, ParamSpec, Protocol, TypeVar

from attrs import field, frozen
from PIL import Image

from mockspark.adapters.rendering.composing import page_of, undrawable
from mockspark.adapters.rendering.drawing import as_webp, check_size, finished
from mockspark.adapters.rendering.files.choosing import prepared
from mockspark.adapters.rendering.fingerprints import Fingerprints
from mockspark.adapters.rendering.nodes import Node, Page, PhotoNode
from mockspark.adapters.rendering.painting import composed, painter_of
from mockspark.adapters.rendering.photographs import Photograph
from mockspark.adapters.rendering.sheet import Placed, Sheet
from mockspark.adapters.rendering.tiles import Painter
from mockspark.adapters.rendering.viewing import viewed
from mockspark.adapters.rendering.workshop import OpensWorkshop, Workshop
from mockspark.application.errors import Unavailable
from mockspark.application.ports.rendering import RenderedArea, RenderJob, View
from mockspark.domain.files import Check, Finding, Level

_FULL: Final = 255

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Run(Protocol):
    """Calls a module's function somewhere that may be busy for seconds."""

    async def __call__(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what *function* returns; its arguments may have to travel to another process."""


@frozen
class PillowRenderer:
    """Draws designs; the same job gives the same bytes, whatever the number of threads or processes.

    *workshop* opens what drawing takes, where *run* (the way off the event loop) draws.
    """

    _workshop: OpensWorkshop
    _run: Run = field(default=asyncio.to_thread)
    _threads: int = 1

    async def render(self, job: RenderJob) -> RenderedArea:
        """Draw *job*: equal input gives equal bytes. Raises Rejected when it can never be drawn."""
        try:
            return await self._run(draw, job, self._workshop, self._threads)
        except MemoryError as shortage:
            raise Unavailable("there is not enough memory to draw this now") from shortage

    async def view(self, job: RenderJob, view: View) -> bytes:
        """Draw what *view* shows of *job*, as WebP: the same drawing as the file, at another size."""
        try:
            return await self._run(look, job, view, self._workshop)
        except MemoryError as shortage:
            raise Unavailable("there is not enough memory to draw this now") from shortage


def draw(job: RenderJob, workshop: OpensWorkshop, threads: int = 1) -> RenderedArea:
    """Draw *job* here and now."""
    check_size(job.area)
    place = workshop()
    page = page_of(job, place.craft)
    shown, writer = prepared(page)
    easel = _Easel(job=job, workshop=place)
    placed = [easel.placed(node, shown) for node in shown.nodes]
    sheet = Sheet(
        area=job.area,
        placed=placed,
        writer=writer,
        shelf=place.shelf,
        preview_px=job.preview_px,
        background=page.background,
    )
    drawn = sheet.drawn(threads)
    findings = (*page.findings, *easel.problems())
    if len(shown.nodes) == len(page.nodes):
        return finished(job, drawn.content, drawn.small, findings, inked=drawn.inked, covered=drawn.covered)
    # What the file holds as outlines is seen in the preview all the same.
    small = _drawn(page, _in_small(job), place, job)
    least, most = small.getchannel("A").getextrema()
    return finished(
        job, drawn.content, small, findings, inked=drawn.inked or most != 0, covered=least == _FULL
    )


def look(job: RenderJob, view: View, workshop: OpensWorkshop) -> bytes:
    """Draw a view of *job* here and now, as WebP."""
    return as_webp(seen(job, view, workshop()))


def seen(job: RenderJob, view: View, workshop: Workshop) -> Image.Image:
    """Draw a view of *job* here and now, in straight RGBA."""
    return _drawn(page_of(job, workshop.craft), view, workshop, job)


def _in_small(job: RenderJob) -> View:
    area = job.area
    share = min(2 * job.preview_px / max(area.width_px, area.height_px), 1.0)
    width, height = max(round(area.width_px * share), 1), max(round(area.height_px * share), 1)
    return View(zoom_px=width, width=width, height=height)


def _drawn(whole: Page, view: View, workshop: Workshop, job: RenderJob) -> Image.Image:
    page = viewed(whole, view)
    easel = _Easel(job=job, workshop=workshop)
    size = (view.width, view.height)
    sheet = Image.new("RGBA", size, page.background or (0, 0, 0, 0))
    drawn = composed([easel.painter(node, page) for node in page.nodes], (0, 0, *size))
    return sheet if drawn is None else Image.alpha_composite(sheet, drawn)


@frozen(kw_only=True, slots=False)
class _Easel:
    """Makes the painters of one job, and remembers its pictures."""

    job: RenderJob
    workshop: Workshop
    _photographs: list[Photograph] = field(factory=list, init=False)

    def placed(self, node: Node, page: Page) -> Placed:
        """Return the painter of *node* with the digest of all that it draws from."""
        return Placed(digest=self._prints.of(node), painter=self.painter(node, page))

    def painter(self, node: Node, page: Page) -> Painter:
        """Return the painter of *node*."""
        return painter_of(node, self._photograph, page.fonts)

    def problems(self) -> Iterator[Finding]:
        """Yield what turned out when pictures were decoded."""
        for photograph in self._photographs:
            if photograph.problem:
                layer = photograph.node.layer
                words = undrawable(layer, photograph.problem)
                yield Finding(
                    check=Check.RENDERING, level=Level.ERROR, area=self.job.area.key, layer=layer, words=words
                )

    @cached_property
    def _prints(self) -> Fingerprints:
        return Fingerprints(self.job.assets)

    def _photograph(self, node: PhotoNode) -> Photograph:
        made = Photograph(
            node=node,
            content=self.job.assets[node.source],
            digest=self._prints.source(node.source),
            shelf=self.workshop.shelf,
        )
        self._photographs.append(made)
        return made
