"""Turning a design into print-ready files, and judging pictures from outside."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from mockspark.domain.catalog import PrintArea
from mockspark.domain.design import Design
from mockspark.domain.files import Finding
from mockspark.domain.mockup import Mockup


@frozen(kw_only=True)
class RenderJob:
    """One print area of one design.

    *assets* maps a layer's `asset` to the picture's bytes, *fonts* a text's `sha256:...` to those of an uploaded font.
    """

    design: Design
    area: PrintArea
    assets: Mapping[str, bytes] = field(factory=dict, repr=False)
    fonts: Mapping[str, bytes] = field(factory=dict, repr=False)
    preview_px: int = 600


@frozen(kw_only=True)
class RenderedArea:
    """A file of exactly the area's pixels, DPI and sRGB, its preview, and what only drawing could show."""

    area: str
    content: bytes = field(repr=False)
    media_type: str = "image/png"
    width_px: int
    height_px: int
    dpi: int
    preview: bytes = field(repr=False)
    preview_media_type: str = "image/webp"
    findings: tuple[Finding, ...] = ()


@frozen(kw_only=True)
class View:
    """A rectangle of an area that is *zoom_px* pixels wide as a whole; *left*, *top* may lie off the area."""

    zoom_px: int
    left: int = 0
    top: int = 0
    width: int
    height: int


class Renderer(Protocol):
    """Draws designs."""

    async def render(self, job: RenderJob) -> RenderedArea:
        """Draw *job*: equal input gives equal bytes. Raises Rejected when it can never be drawn."""


@frozen(kw_only=True)
class MockupJob:
    """A design on a product's picture of *width* pixels: *prints* are its areas, *assets* the mockup's own pictures.

    *colour* is the product's, `#rrggbb`; empty leaves the picture as it is.
    """

    mockup: Mockup
    prints: tuple[RenderJob, ...]
    assets: Mapping[str, bytes] = field(repr=False)
    colour: str = ""
    width: int


@runtime_checkable
class ShowsViews(Protocol):
    """Shows a design before, or instead of, making its file."""

    async def view(self, job: RenderJob, view: View) -> bytes:
        """Draw what *view* shows of *job*, as WebP: the same drawing as the file, at another size."""


@runtime_checkable
class MakesMockups(Protocol):
    """Shows a design on its product."""

    async def mockup(self, job: MockupJob) -> bytes:
        """Draw *job* as WebP; raises Rejected when the product's picture cannot be drawn."""


@runtime_checkable
class JudgesDesigns(Protocol):
    """Says what drawing would find, without making a file."""

    async def judge(self, job: RenderJob) -> tuple[Finding, ...]:
        """Return what `render` would, as far as a small drawing shows it."""


@frozen(kw_only=True)
class ImageFacts:
    """What a picture is, upright: pixels after its orientation is applied.

    *note* says in words what people may not expect of it: that only its first frame is printed, or which colours
    are guessed.
    """

    width_px: int
    height_px: int
    media_type: str
    note: str = ""


class ImageInspector(Protocol):
    """Judges bytes from outside."""

    async def inspect(self, content: bytes) -> ImageFacts:
        """Return what the picture is; raises Rejected with the reason when it is none that we print."""


class ImageSource(Protocol):
    """Fetches pictures from addresses that strangers wrote."""

    async def fetch(self, url: str) -> bytes:
        """Return the bytes at *url*; raises Rejected for addresses and answers that are refused for good,
        Unavailable for what may work later.
        """
