"""Take in a design that another program made."""

from attrs import evolve, frozen

from mockspark.application.ports.importing import DesignFormat, DesignImporter, Imported, ImportTarget
from mockspark.application.ports.storage import Store
from mockspark.application.use_cases.assets import UploadAsset
from mockspark.domain.catalog import Listing
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ListingId, ShopId


@frozen(kw_only=True)
class ImportDesign:
    """Read a foreign design, and keep the pictures in it as uploads of the shop."""

    store: Store
    importer: DesignImporter
    upload_asset: UploadAsset

    async def __call__(
        self,
        shop: ShopId,
        content: bytes,
        kind: DesignFormat,
        target: ImportTarget,
        *,
        listing: ListingId | None = None,
        area: str = "",
    ) -> Imported:
        """Return the design over the areas of *target*, or over those of *listing*, *area* first.

        Raises Rejected for what cannot be taken in, NotFound for a listing that is not the shop's.
        """
        if listing is not None:
            async with self.store.read(shop) as work:
                known = await work.listings.get(listing)
            target = evolve(target, areas=_areas(known, area))
        if not target.areas:
            raise InvalidValue("an import names a listing, or a print area with its width and height")
        found = await self.importer.read(content, kind, target)
        for picture in found.assets.values():
            await self.upload_asset(shop, picture)
        return found


def _areas(listing: Listing, first: str) -> dict[str, tuple[int, int]]:
    sizes = {area.key: (area.width_um, area.height_um) for area in listing.print_areas}
    if not first:
        return sizes
    if first not in sizes:
        raise InvalidValue(f"the listing has no print area {first!r}, only {', '.join(sizes)}")
    return {first: sizes[first], **sizes}
