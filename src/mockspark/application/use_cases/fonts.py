"""Fonts that merchants upload, beside those that are installed."""

from collections.abc import Sequence
from typing import Final

from attrs import frozen

from mockspark.application.blob_names import digest_of, font_key
from mockspark.application.errors import NotFound, Rejected
from mockspark.application.ports.blobs import BlobStore
from mockspark.application.ports.fonts import FontChecker, FontShelf
from mockspark.application.ports.storage import Store
from mockspark.application.ports.system import Clock
from mockspark.application.views import FontChoice
from mockspark.domain.fonts import ShopFont
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ShopId

MOST_FONTS: Final = 500
"""How many fonts one shop may keep."""


@frozen(kw_only=True)
class UploadFont:
    """Take in a font for designs: cleaned, under the digest of what is left of it."""

    store: Store
    checker: FontChecker
    blobs: BlobStore
    clock: Clock

    async def __call__(self, shop: ShopId, content: bytes) -> ShopFont:
        """Return what is known of it; raises Rejected when it is no font that we print with."""
        checked = await self.checker.check(content)
        digest = digest_of(checked.content)
        font = ShopFont(
            sha256=digest,
            family=checked.family,
            style=checked.style,
            weight=checked.weight,
            licence=checked.licence,
            characters=checked.characters,
            scripts=checked.scripts,
            size=len(checked.content),
            uploaded_at=self.clock(),
        )
        await self._check_room(shop, digest)
        # The file goes first: a font that is listed can be printed with.
        await self.blobs.put(font_key(shop, digest), checked.content)
        async with self.store.begin(shop) as work:
            return await work.fonts.keep(font)

    async def _check_room(self, shop: ShopId, digest: str) -> None:
        async with self.store.read(shop) as work:
            known = {font.sha256 for font in await work.fonts.all()}
        if len(known | {digest}) > MOST_FONTS:
            words = f"A shop may keep {MOST_FONTS} fonts: delete one that no design uses."
            raise Rejected(words, reason=HoldReason.OTHER)


@frozen(kw_only=True)
class DeleteFont:
    """Forget a font; designs that name it wait until it is uploaded again."""

    store: Store
    blobs: BlobStore

    async def __call__(self, shop: ShopId, digest: str) -> None:
        """Forget the font with that digest; raises NotFound for one that is not the shop's."""
        async with self.store.begin(shop) as work:
            if digest not in {font.sha256 for font in await work.fonts.all()}:
                raise NotFound("font", digest)
            await work.fonts.delete(digest)
        await self.blobs.delete(font_key(shop, digest))


@frozen(kw_only=True)
class ListFonts:
    """Say which fonts designs of a shop may name."""

    store: Store
    shelf: FontShelf

    async def __call__(self, shop: ShopId) -> Sequence[FontChoice]:
        """Return the shop's own fonts by their titles, then the installed ones by their names."""
        async with self.store.read(shop) as work:
            own = await work.fonts.all()
        return [
            *(_own(font) for font in sorted(own, key=lambda font: (font.title.casefold(), font.sha256))),
            *(
                FontChoice(name=font.name, title=font.name, licence=font.licence)
                for font in self.shelf.installed()
            ),
        ]


def _own(font: ShopFont) -> FontChoice:
    return FontChoice(
        name=font.source,
        title=font.title,
        licence=font.licence,
        own=True,
        characters=font.characters,
        scripts=font.scripts,
    )
