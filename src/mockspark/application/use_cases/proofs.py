"""Show what would be printed before it is: exact proofs at any zoom, mockups, findings, and text as it is set."""

import asyncio
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from attrs import asdict, evolve, field, frozen

import mockspark
from mockspark.application.errors import NotFound, Rejected
from mockspark.application.materials import Materials, Storeroom, drawn_areas, files_of, pictures_on
from mockspark.application.ports.blobs import BlobStore
from mockspark.application.ports.fonts import FontShelf
from mockspark.application.ports.lettering import LaidText, Typesetter
from mockspark.application.ports.rendering import (
    JudgesDesigns,
    MakesMockups,
    MockupJob,
    Renderer,
    ShowsViews,
    View,
)
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.domain.catalog import Listing, PrintArea
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue, NotPossible
from mockspark.domain.files import UNDRAWABLE, Finding, blocking
from mockspark.domain.fonts import missing_fonts
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ListingId, OrderItemId, ShopId
from mockspark.domain.layer_reading import layers_of
from mockspark.domain.layers import TextLayer
from mockspark.domain.mockup import Mockup
from mockspark.domain.order_item import OrderItem

MOST_TILE_PX: Final = 1024
"""How wide and high one view may be."""

MOST_ZOOM: Final = 4
"""How many pixels of a view may show one of the file, each way."""

MOST_MOCKUP_PX: Final = 2000
"""How wide a mockup may be."""

_USUAL_PX: Final = 600
# So many characters are set in a few milliseconds; more must not hold up everybody else.
_AT_ONCE: Final = 400


@frozen(kw_only=True)
class Section:
    """A rectangle of an area that is *zoom_px* pixels wide as a whole, 600 or as many as there are.

    Without *width* or *height* it reaches to the area's right or lower edge, as far as one view may.
    """

    zoom_px: int | None = None
    left: int = 0
    top: int = 0
    width: int | None = None
    height: int | None = None

    def of(self, area: PrintArea) -> View:
        """Return the view of *area*; raises InvalidValue for one that is too large, or lies off the area."""
        most = area.width_px * MOST_ZOOM
        zoom = min(_USUAL_PX, most) if self.zoom_px is None else self.zoom_px
        if not 1 <= zoom <= most:
            raise InvalidValue(f"zoom is the width of the whole area in pixels, 1 to {most}")
        high = max(round(zoom * area.height_px / area.width_px), 1)
        if not (0 <= self.left < zoom and 0 <= self.top < high):
            raise InvalidValue(f"left and top lie on the area, which has {zoom} x {high} pixels here")
        return View(
            zoom_px=zoom,
            left=self.left,
            top=self.top,
            width=_side("width", self.width, zoom - self.left),
            height=_side("height", self.height, high - self.top),
        )


_WHOLE: Final = Section()


@frozen(kw_only=True)
class Shown:
    """A picture as WebP, None for whoever knew its *tag*, which is another one whenever the picture may be."""

    tag: str
    content: bytes | None = field(default=None, repr=False)


@frozen(kw_only=True)
class ShowProof:
    """Show what the current design of an item prints, at any zoom."""

    store: Store
    renderer: Renderer
    storeroom: Storeroom
    fonts: FontShelf

    async def __call__(
        self,
        shop: ShopId,
        item: OrderItemId,
        area: str = "",
        section: Section = _WHOLE,
        *,
        known: Collection[str] = (),
    ) -> Shown:
        """Return *section* of the area called *area*, the first one where none is named.

        Raises NotFound for an item without design or such an area, Rejected while a picture or a font is missing.
        """
        async with self.store.read(shop) as work:
            found = await work.items.get(item)
        design, printed = _design(found), _area(found, area)
        view = section.of(printed)
        tag = _tag(design.id, asdict(printed), asdict(view))
        if tag in known:
            return Shown(tag=tag)
        materials = await self.storeroom.of_item(found, design, (printed,))
        _check_complete(materials, printed, self.fonts)
        return Shown(tag=tag, content=await _viewer(self.renderer).view(materials.job(printed), view))


@frozen(kw_only=True)
class ShowDesign:
    """Show what a design that is not saved yet would print."""

    store: Store
    renderer: Renderer
    storeroom: Storeroom

    async def __call__(
        self,
        shop: ShopId,
        design: Design,
        area: PrintArea,
        section: Section = _WHOLE,
        *,
        item: OrderItemId | None = None,
    ) -> bytes:
        """Return *section* of *area* as WebP, without what is missing.

        Pictures are the shop's uploads, and with *item* those that its designs fixed already.
        """
        view = section.of(area)
        async with self.store.read(shop) as work:
            edited = await _edited(work, item)
        materials = await self.storeroom.of_draft(shop, design, (area,), edited)
        return await _viewer(self.renderer).view(materials.job(area), view)


@frozen(kw_only=True)
class ShowMockup:
    """Show the current design of an item on its product."""

    store: Store
    renderer: Renderer
    storeroom: Storeroom

    async def __call__(
        self, shop: ShopId, item: OrderItemId, width: int = _USUAL_PX, *, known: Collection[str] = ()
    ) -> Shown:
        """Return the product *width* pixels wide; raises NotFound for an item without design, listing or mockup."""
        async with self.store.read(shop) as work:
            found = await work.items.get(item)
            listing = await _listing_of(work, found)
        design, mockup = _design(found), _mockup(listing, width)
        areas = _shown_areas(design, mockup, found.print_areas)
        tag = _tag(design.id, listing.mockup, listing.product_colour, [asdict(area) for area in areas], width)
        if tag in known:
            return Shown(tag=tag)
        materials = await self.storeroom.of_item(found, design, areas)
        content = await _mocked_up(self, shop, materials, areas, listing, mockup, width)
        return Shown(tag=tag, content=content)


@frozen(kw_only=True)
class MockUpDesign:
    """Show a design that is not saved yet on its product."""

    store: Store
    renderer: Renderer
    storeroom: Storeroom

    async def __call__(
        self,
        shop: ShopId,
        design: Design,
        listing: ListingId,
        width: int = _USUAL_PX,
        *,
        item: OrderItemId | None = None,
    ) -> bytes:
        """Return the product *width* pixels wide, as WebP; raises NotFound for a listing without mockup."""
        async with self.store.read(shop) as work:
            sold = await work.listings.get(listing)
            edited = await _edited(work, item)
        mockup = _mockup(sold, width)
        areas = _shown_areas(design, mockup, sold.print_areas)
        materials = await self.storeroom.of_draft(shop, design, areas, edited)
        return await _mocked_up(self, shop, materials, areas, sold, mockup, width)


@frozen(kw_only=True)
class CheckDesign:
    """Say what would print badly before a design is saved."""

    store: Store
    renderer: Renderer
    storeroom: Storeroom
    fonts: FontShelf

    async def __call__(
        self, shop: ShopId, design: Design, listing: ListingId, *, item: OrderItemId | None = None
    ) -> Sequence[Finding]:
        """Return what making the files would find, from a small drawing of each area."""
        async with self.store.read(shop) as work:
            sold = await work.listings.get(listing)
            edited = await _edited(work, item)
        areas = drawn_areas(design, sold.print_areas)
        pictures = await self.storeroom.draft_pictures(shop, pictures_on(design, areas), edited)
        contents = {source: picture.content for source, picture in pictures.items()}
        pins = {source: picture.pin for source, picture in pictures.items()}
        materials = await self.storeroom.materials(shop, design, areas, contents)
        findings = materials.findings(sold, areas, pins, self.fonts)
        if any(finding.check in UNDRAWABLE for finding in blocking(findings)):
            return findings
        return (*findings, *await self._drawn(materials, areas))

    async def _drawn(self, materials: Materials, areas: Sequence[PrintArea]) -> Sequence[Finding]:
        if not isinstance(self.renderer, JudgesDesigns):
            return ()
        return [finding for area in areas for finding in await self.renderer.judge(materials.job(area))]


@frozen(kw_only=True)
class LayOutText:
    """Set one text layer as the file will, for editors to draw."""

    typesetter: Typesetter
    blobs: BlobStore

    async def __call__(self, shop: ShopId, layer: Mapping[str, Any]) -> LaidText:
        """Return the text of the layer document, set; raises InvalidValue for a layer that is no text.

        Raises Rejected for a font that is not there.
        """
        text = _text(layer)
        fonts = await files_of(self.blobs, shop, dict.fromkeys((text.font, *text.fallback)))
        if len(text.text) <= _AT_ONCE:
            return self._laid(text, fonts)
        return await asyncio.to_thread(self._laid, text, fonts)

    def _laid(self, text: TextLayer, fonts: Mapping[str, bytes]) -> LaidText:
        laid = self.typesetter.layout(text, fonts)
        laid.outline  # noqa: B018 - joined here, where it holds nobody up
        return laid


def _side(name: str, wanted: int | None, left_over: int) -> int:
    if wanted is None:
        return min(left_over, MOST_TILE_PX)
    if not 1 <= wanted <= MOST_TILE_PX:
        raise InvalidValue(f"{name} is 1 to {MOST_TILE_PX} pixels: ask for larger parts in tiles")
    return wanted


def _tag(*parts: object) -> str:
    told = json.dumps((mockspark.__version__, *parts), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:40]


def _design(item: OrderItem) -> Design:
    if item.design is None:
        raise NotFound("design of item", item.id, fix="save a design first")
    return item.design


def _area(item: OrderItem, key: str) -> PrintArea:
    named = [area for area in item.print_areas if key in ("", area.key)]
    if not named:
        fix = f"there are {', '.join(area.key for area in item.print_areas)}" if item.print_areas else ""
        raise NotFound("print area", key or f"of item {item.id}", fix=fix or "map the product first")
    return named[0]


async def _edited(work: UnitOfWork, item: OrderItemId | None) -> OrderItem | None:
    return None if item is None else await work.items.get(item)


async def _listing_of(work: UnitOfWork, item: OrderItem) -> Listing:
    if item.listing_id is None:
        raise NotFound("listing of item", item.id, fix="map the product first")
    return await work.listings.get(item.listing_id)


def _mockup(listing: Listing, width: int) -> Mockup:
    if not 1 <= width <= MOST_MOCKUP_PX:
        raise InvalidValue(f"width is 1 to {MOST_MOCKUP_PX} pixels")
    if listing.mockup is None:
        raise NotFound("mockup of listing", listing.title or listing.key, fix="give the listing a `mockup`")
    return Mockup.read(listing.mockup)


def _shown_areas(design: Design, mockup: Mockup, areas: Sequence[PrintArea]) -> Sequence[PrintArea]:
    return [area for area in areas if area.key in mockup.places and _has_ink(design, area)]


def _has_ink(design: Design, area: PrintArea) -> bool:
    return bool(design.on(area.key) or design.background(area.key))


def _check_complete(materials: Materials, area: PrintArea, shelf: FontShelf) -> None:
    """Raise Rejected when what is shown would not be what is printed."""
    missing = materials.missing(area)
    if missing:
        words = f"The picture {missing[0]} is missing: upload it again."
        raise Rejected(words, reason=HoldReason.RENDER_FAILED)
    there = {
        name for name in materials.design.fonts(area.key) if name in materials.fonts or shelf.knows(name)
    }
    for finding in missing_fonts(materials.design, area.key, there):
        raise Rejected(finding.words, reason=HoldReason.RENDER_FAILED)


def _viewer(renderer: Renderer) -> ShowsViews:
    if not isinstance(renderer, ShowsViews):
        raise NotPossible("the renderer in use shows no proofs: set MOCKSPARK_RENDERER to pillow")
    return renderer


async def _mocked_up(
    place: ShowMockup | MockUpDesign,
    shop: ShopId,
    materials: Materials,
    areas: Sequence[PrintArea],
    listing: Listing,
    mockup: Mockup,
    width: int,
) -> bytes:
    if not isinstance(place.renderer, MakesMockups):
        raise NotPossible("the renderer in use makes no mockups: set MOCKSPARK_RENDERER to pillow")
    assets: dict[str, bytes] = {}
    for source in (mockup.picture, mockup.garment):
        content = await place.storeroom.uploaded(shop, source) if source else None
        if content is not None:
            assets[source] = content
    if mockup.picture not in assets:
        raise NotFound("picture", mockup.picture, fix="upload the mockup's picture again")
    return await place.renderer.mockup(
        MockupJob(
            mockup=mockup if mockup.garment in assets else evolve(mockup, garment=""),
            prints=tuple(materials.job(area) for area in areas),
            assets=assets,
            colour=listing.product_colour,
            width=width,
        )
    )


def _text(document: Mapping[str, Any]) -> TextLayer:
    # An editor sets what is hidden, too, and one layer needs no area.
    (layer,) = layers_of([{**document, "area": "text", "hidden": False}], where="layer")
    if not isinstance(layer, TextLayer):
        raise InvalidValue("a layer of type text is set, no other")
    return layer
