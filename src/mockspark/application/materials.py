"""What drawing a design takes: the bytes of its pictures and its fonts."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from attrs import field, frozen

from mockspark.application.blob_names import DIGEST, digest_of, font_key, pin_key, upload_key
from mockspark.application.errors import NotFound
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.application.ports.fonts import FontShelf
from mockspark.application.ports.rendering import ImageInspector, ImageSource, RenderJob
from mockspark.domain.catalog import Listing, PrintArea
from mockspark.domain.design import Design
from mockspark.domain.files import Finding, PinnedAsset
from mockspark.domain.fonts import UPLOADED, missing_fonts
from mockspark.domain.identity import ShopId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.preflight import preflight

# A design is foreign text: only a digest becomes part of a file's name.
_UPLOADED: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


@frozen(kw_only=True)
class Picture:
    """A picture whose bytes are fixed."""

    pin: PinnedAsset
    content: bytes = field(repr=False)


@frozen(kw_only=True)
class Materials:
    """A design, and the bytes of what it names, as far as they are there."""

    design: Design
    pictures: Mapping[str, bytes] = field(repr=False)
    fonts: Mapping[str, bytes] = field(repr=False)

    def job(self, area: PrintArea) -> RenderJob:
        """Return how *area* is drawn, with no more than it needs."""
        named = self.design.pictures(area.key)
        assets = {source: self.pictures[source] for source in named if source in self.pictures}
        fonts = {name: self.fonts[name] for name in self.design.fonts(area.key) if name in self.fonts}
        return RenderJob(design=self.design, area=area, assets=assets, fonts=fonts)

    def missing(self, area: PrintArea) -> tuple[str, ...]:
        """Return the pictures of *area* that are not there."""
        return tuple(source for source in self.design.pictures(area.key) if source not in self.pictures)

    def findings(
        self, listing: Listing, areas: Iterable[PrintArea], pins: Mapping[str, PinnedAsset], shelf: FontShelf
    ) -> tuple[Finding, ...]:
        """Return what is wrong before anything is drawn on *areas*; *pins* holds facts of the pictures by source."""
        names = {area.key: self.design.fonts(area.key) for area in areas}
        there = {
            name for fonts in names.values() for name in fonts if name in self.fonts or shelf.knows(name)
        }
        return (
            *(one for area in names for one in missing_fonts(self.design, area, there)),
            *preflight(self.design, listing, pins),
        )


@frozen(kw_only=True)
class Storeroom:
    """Finds what designs name."""

    blobs: BlobStore
    images: ImageSource
    inspector: ImageInspector

    async def pinned(self, item: OrderItem, source: str) -> Picture | None:
        """Return the bytes that *source* means to *item*, once that was fixed."""
        pin = item.asset(source)
        content = await self._kept(BlobKey(pin.key)) if pin else None
        return Picture(pin=pin, content=content) if pin and content is not None else None

    async def fresh(self, item: OrderItem, source: str) -> Picture | None:
        """Return the bytes that *source* means now, kept nowhere yet if they were fetched; None where there are none.

        Raises Rejected for what is no picture that we print, Unavailable for an address that does not answer.
        """
        if source.startswith(DIGEST):
            return await self.upload(item.shop_id, source)
        content = await self.images.fetch(source)
        key = pin_key(item.shop_id, item.id, digest_of(content))
        return Picture(pin=await self._judged(source, key, content), content=content)

    async def upload(self, shop: ShopId, source: str) -> Picture | None:
        """Return an upload with its facts; None for one that is not there."""
        content = await self.uploaded(shop, source)
        if content is None:
            return None
        key = upload_key(shop, source.removeprefix(DIGEST))
        return Picture(pin=await self._judged(source, key, content), content=content)

    async def uploaded(self, shop: ShopId, source: str) -> bytes | None:
        """Return the bytes of an upload; None for one that is not there."""
        if not _UPLOADED.fullmatch(source):
            return None
        return await self._kept(upload_key(shop, source.removeprefix(DIGEST)))

    async def of_item(self, item: OrderItem, design: Design, areas: Iterable[PrintArea]) -> Materials:
        """Gather what *areas* of the item's design take; addresses that nobody fixed yet are asked."""
        listed = tuple(areas)
        found = {
            source: await self.pinned(item, source) or await self.fresh(item, source)
            for source in pictures_on(design, listed)
        }
        contents = {source: picture.content for source, picture in found.items() if picture is not None}
        return await self.materials(item.shop_id, design, listed, contents)

    async def of_draft(
        self, shop: ShopId, design: Design, areas: Iterable[PrintArea], item: OrderItem | None
    ) -> Materials:
        """Gather what *areas* of an unsaved design take: what *item* fixed already, and uploads."""
        listed = tuple(areas)
        found = {source: await self._content(shop, source, item) for source in pictures_on(design, listed)}
        contents = {source: content for source, content in found.items() if content is not None}
        return await self.materials(shop, design, listed, contents)

    async def draft_pictures(
        self, shop: ShopId, sources: Iterable[str], item: OrderItem | None
    ) -> Mapping[str, Picture]:
        """Return those of an unsaved design's pictures that are there, with their facts."""
        found: dict[str, Picture] = {}
        for source in sources:
            pinned = None if item is None else await self.pinned(item, source)
            picture = pinned or await self.upload(shop, source)
            if picture is not None:
                found[source] = picture
        return found

    async def materials(
        self, shop: ShopId, design: Design, areas: Iterable[PrintArea], pictures: Mapping[str, bytes]
    ) -> Materials:
        """Return *pictures* together with the fonts of *areas* that the shop uploaded."""
        names = dict.fromkeys(name for area in areas for name in design.fonts(area.key))
        return Materials(
            design=design, pictures=pictures, fonts=await files_of(self.blobs, shop, tuple(names))
        )

    async def _content(self, shop: ShopId, source: str, item: OrderItem | None) -> bytes | None:
        pinned = None if item is None else await self.pinned(item, source)
        return await self.uploaded(shop, source) if pinned is None else pinned.content

    async def _judged(self, source: str, key: BlobKey, content: bytes) -> PinnedAsset:
        facts = await self.inspector.inspect(content)
        return PinnedAsset(
            source=source,
            key=key,
            sha256=digest_of(content),
            width_px=facts.width_px,
            height_px=facts.height_px,
            media_type=facts.media_type,
        )

    async def _kept(self, key: BlobKey) -> bytes | None:
        try:
            return await self.blobs.get(key)
        except NotFound:
            return None


def pictures_on(design: Design, areas: Iterable[PrintArea]) -> tuple[str, ...]:
    """Return each picture of *areas* once."""
    return tuple(dict.fromkeys(source for area in areas for source in design.pictures(area.key)))


def drawn_areas(design: Design, areas: Iterable[PrintArea]) -> tuple[PrintArea, ...]:
    """Return what is drawn: all that must be printed, and what else has something on it."""
    return tuple(area for area in areas if area.required or design.on(area.key))


async def files_of(blobs: BlobStore, shop: ShopId, names: Collection[str]) -> Mapping[str, bytes]:
    """Return the files of those of *names* that the shop uploaded, by what designs call them."""
    found: dict[str, bytes] = {}
    for name in names:
        if _UPLOADED.fullmatch(name):
            try:
                found[name] = await blobs.get(font_key(shop, name.removeprefix(UPLOADED)))
            except NotFound:
                continue
    return found
