"""Renderer with Pillow: the canvas never exists whole, only a band of it at a time."""

import asyncio
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final, ParamSpec, Protocol, TypeVar

from attrs import field, frozen
from PIL import Image

from mockspark.adapters.rendering import pictures
from mockspark.adapters.rendering.composing import page_of, undrawable
from mockspark.adapters.rendering.drawing import as_webp, check_size, finished, of_the_whole
from mockspark.adapters.rendering.files.choosing import prepared
from mockspark.adapters.rendering.fingerprints import Fingerprints, combined
from mockspark.adapters.rendering.mockups import mocked_up, needed_width
from mockspark.adapters.rendering.nodes import FillNode, Node, Page, PhotoNode
from mockspark.adapters.rendering.painting import laid
from mockspark.adapters.rendering.photographs import Photograph
from mockspark.adapters.rendering.sheet import Placed, Sheet
from mockspark.adapters.rendering.tiles import Painter, Tile
from mockspark.adapters.rendering.viewing import viewed
from mockspark.adapters.rendering.workshop import OpensWorkshop, Workshop
from mockspark.application.errors import Rejected, Unavailable
from mockspark.application.ports.rendering import MockupJob, RenderedArea, RenderJob, View
from mockspark.domain.catalog import PrintArea
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.holds import HoldReason

_FULL: Final = 255
_CELL_PX: Final = 512
_JUDGED_PX: Final = 256
# Of an edge that lies between two pixels of a small drawing, next to nothing may be missing.
_NEARLY_FULL: Final = 250
_MOST_MOCKUP_PX: Final = 2048

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
        return await self._drawn(draw, job, self._workshop, self._threads)

    async def view(self, job: RenderJob, view: View) -> bytes:
        """Draw what *view* shows of *job*, as WebP: the same drawing as the file, at another size."""
        return await self._drawn(look, job, view, self._workshop)

    async def mockup(self, job: MockupJob) -> bytes:
        """Draw *job* as WebP; raises Rejected when the product's picture cannot be drawn."""
        return await self._drawn(mocked, job, self._workshop)

    async def judge(self, job: RenderJob) -> tuple[Finding, ...]:
        """Return what `render` would, as far as a small drawing shows it."""
        return await self._drawn(judged, job, self._workshop)

    async def _drawn(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return await self._run(function, *args, **kwargs)
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
        sound=easel.sound,
        background=page.background,
    )
    drawn = sheet.drawn(threads)
    findings = (*page.findings, *easel.problems())
    if len(shown.nodes) == len(page.nodes):
        return finished(job, drawn.content, drawn.small, findings, inked=drawn.inked, covered=drawn.covered)
    # What the file holds as outlines is seen in the preview all the same.
    small = _drawn(page, _in_small(job), easel)
    least, most = small.getchannel("A").getextrema()
    return finished(
        job, drawn.content, small, findings, inked=drawn.inked or most != 0, covered=least == _FULL
    )


def look(job: RenderJob, view: View, workshop: OpensWorkshop) -> bytes:
    """Draw a view of *job* here and now, as WebP."""
    return as_webp(seen(job, view, workshop()))


def seen(job: RenderJob, view: View, workshop: Workshop) -> Image.Image:
    """Draw a view of *job* here and now, in straight RGBA."""
    return _drawn(page_of(job, workshop.craft), view, _Easel(job=job, workshop=workshop))


def judged(job: RenderJob, workshop: OpensWorkshop) -> tuple[Finding, ...]:
    """Return what drawing *job* finds, from a small drawing of it."""
    check_size(job.area)
    place = workshop()
    page, easel = page_of(job, place.craft), _Easel(job=job, workshop=place)
    small = _drawn(page, _whole(job, _JUDGED_PX), easel)
    ink = small.getchannel("A").tobytes()
    of_all = of_the_whole(job, small, inked=any(ink), covered=min(ink) >= _NEARLY_FULL)
    return (*page.findings, *easel.problems(), *of_all)


def mocked(job: MockupJob, workshop: OpensWorkshop) -> bytes:
    """Draw the prints of *job* and lay them on their product, here and now, as WebP."""
    place = workshop()
    try:
        across, down = pictures.opened(job.assets[job.mockup.picture]).size
        width = max(min(job.width, _MOST_MOCKUP_PX * across // down), 1)
        prints = {one.area.key: _on_product(one, job, across, width, place) for one in job.prints}
        return mocked_up(job.mockup, prints, job.assets, colour=job.colour, width=width)
    except pictures.Undrawable as problem:
        words = (
            f"The mockup's picture cannot be drawn: {problem}. Upload it again and name it in the listing."
        )
        raise Rejected(words, reason=HoldReason.RENDER_FAILED) from problem


def _on_product(one: RenderJob, job: MockupJob, across: int, width: int, place: Workshop) -> Image.Image:
    needed = needed_width(job.mockup, one.area.key, across, width)
    longest = needed * max(one.area.height_px / one.area.width_px, 1)
    return seen(one, _whole(one, min(longest, _MOST_MOCKUP_PX)), place)


def _whole(job: RenderJob, longest: float) -> View:
    """Return the view of all of the area with *longest* pixels on its longer side, none of them beyond its edge."""
    area = job.area
    share = longest / max(area.width_px, area.height_px)
    zoom = max(int(area.width_px * share), 1)
    return View(zoom_px=zoom, width=zoom, height=max(int(zoom * area.height_px / area.width_px), 1))


def _in_small(job: RenderJob) -> View:
    area = job.area
    share = min(2 * job.preview_px / max(area.width_px, area.height_px), 1.0)
    width, height = max(round(area.width_px * share), 1), max(round(area.height_px * share), 1)
    return View(zoom_px=width, width=width, height=height)


def _drawn(whole: Page, view: View, easel: "_Easel") -> Image.Image:
    """Draw what *view* shows, cell by cell: however a zoom is cut into views, its cells are the same."""
    page = viewed(whole, view.zoom_px)
    painters = [easel.painter(node, page) for node in page.nodes]
    sheet = Image.new("RGBA", (view.width, view.height))
    for cell in _cells(page.area, view):
        size = (cell[2] - cell[0], cell[3] - cell[1])
        canvas = Image.new("RGBA", size, page.background) if page.background else None
        for painter in painters:
            canvas = laid(canvas, painter, cell)
        if canvas is not None:
            sheet.paste(canvas, (cell[0] - view.left, cell[1] - view.top))
    return sheet


def _cells(area: PrintArea, view: View) -> Iterator[Tile]:
    """Yield the cells of *area*'s canvas that *view* touches."""
    right, bottom = min(view.left + view.width, area.width_px), min(view.top + view.height, area.height_px)
    for top in range(max(view.top, 0) // _CELL_PX * _CELL_PX, bottom, _CELL_PX):
        for left in range(max(view.left, 0) // _CELL_PX * _CELL_PX, right, _CELL_PX):
            yield left, top, min(left + _CELL_PX, area.width_px), min(top + _CELL_PX, area.height_px)


@frozen(kw_only=True, slots=False)
class _Easel:
    """Makes the painters of one job, and remembers its pictures."""

    job: RenderJob
    workshop: Workshop
    _photographs: list[Photograph] = field(factory=list, init=False)

    def placed(self, node: Node, page: Page) -> Placed:
        """Return the painter of *node* with the digest of all that it draws from."""
        digest = combined(self.workshop.hand.encode(), self._prints.of(node))
        if not isinstance(node, FillNode):
            return Placed(digest=digest, painter=self.painter(node, page))
        # Outlines are made ready again and again when only one of several texts changes.
        shelf = self.workshop.shelf
        painter = shelf.painters.get(digest) or self.painter(node, page)
        shelf.painters.put(digest, painter)
        return Placed(digest=digest, painter=painter)

    def painter(self, node: Node, page: Page) -> Painter:
        """Return the painter of *node*."""
        return self.workshop.painter_of(node, self._photograph, page.fonts)

    def sound(self) -> bool:
        """Tell whether every picture that was decoded so far can be drawn."""
        return not any(photograph.problem for photograph in self._photographs)

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
