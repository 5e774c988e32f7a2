"""Save a new design, or another variant, for one item."""

from attrs import frozen

from mockspark.application.errors import Conflict
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.domain.catalog import Listing
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue, NotPossible
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.identity import ListingId, OrderItemId, ShopId
from mockspark.domain.intake import personalize
from mockspark.domain.order_item import OrderItem


@frozen(kw_only=True)
class Redesign:
    """Give an item a new design version, which is made into files again; no other item is touched."""

    store: Store
    clock: Clock

    async def __call__(
        self,
        shop: ShopId,
        item: OrderItemId,
        *,
        design: Design | None = None,
        listing: ListingId | None = None,
        version: int | None = None,
        by: Actor,
    ) -> OrderItem:
        """Return the item as it is now; raises Conflict when it is not the *version* that the person saw.

        *listing* names the variant: the provider's blank and the print areas follow it.
        """
        if design is None and listing is None:
            raise InvalidValue("a redesign needs a design, a variant, or both")
        async with self.store.begin(shop) as work:
            known = await work.items.get(item)
            if version is not None and version != known.version:
                raise Conflict("order item", item)
            chosen = await _chosen(work, listing)
            drawn = design or _drawn(known, chosen)
            await work.items.save(known.redesign(Stamp(at=self.clock(), by=by), design=drawn, listing=chosen))
            return await work.items.get(item)


async def _chosen(work: UnitOfWork, id_: ListingId | None) -> Listing | None:
    if id_ is None:
        return None
    listing = await work.listings.get(id_)
    if not listing.mapped:
        raise NotPossible(
            f"{listing.title or listing.key} is not mapped to a provider's variant: map it first"
        )
    return listing


def _drawn(item: OrderItem, listing: Listing | None) -> Design | None:
    """Return what the customer's answers make of another variant, where there is no design to keep."""
    if item.design is not None or listing is None:
        return None
    return personalize(listing, item.personalization)
