"""Say which blank a product is printed on, one by one or by CSV, and rescue what waited for it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from mockspark.application.filters import Page
from mockspark.application.listing_rows import BadCell, ListingRow
from mockspark.application.ports.queries import OrderItemQueries
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.reapply import reapply
from mockspark.application.use_cases.receive_order import ReceiveOrder
from mockspark.application.views import FilteredRow, ImportReport, RowProblem
from mockspark.domain.catalog import Listing
from mockspark.domain.errors import InvalidValue, MockSparkError
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import ExternalRef, ListingId, OrderId, OrderItemId, ShopId
from mockspark.domain.intake import handle, listing_of
from mockspark.domain.order import ChannelLine, Skip
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status

MOST_ORDERS: Final = 500
"""How many earlier orders one call rescues; a further call takes the next ones."""

MOST_ROWS: Final = 20_000
"""How far back in the import log one call looks."""

_PAGE: Final = 250


@frozen(kw_only=True)
class BrowseListings:
    """Show what the shop's products are printed on."""

    store: Store

    async def __call__(
        self, shop: ShopId, *, after: ListingId | None = None, limit: int = 100
    ) -> Sequence[Listing]:
        """Return listings by id, those after *after*."""
        async with self.store.read(shop) as work:
            return await work.listings.page(after=after, limit=limit)


@frozen(kw_only=True)
class DeleteListing:
    """Print a product no more; items keep what they took from its listing."""

    store: Store

    async def __call__(self, shop: ShopId, id: ListingId) -> None:  # noqa: A002 - the field's name
        """Forget the listing; raises NotFound."""
        async with self.store.begin(shop) as work:
            await work.listings.get(id)
            await work.listings.delete(id)


@frozen(kw_only=True)
class RescueLines:
    """Bring back what was left out or waited, now that a listing recognises it."""

    store: Store
    queries: OrderItemQueries
    receive_order: ReceiveOrder
    clock: Clock

    async def __call__(self, shop: ShopId, listing: Listing, *, by: Actor) -> int:
        """Return how many items were placed or go on; a call takes up to `MOST_ORDERS` orders."""
        return await self.of_all(shop, (listing,), by=by)

    async def of_all(self, shop: ShopId, listings: Sequence[Listing], *, by: Actor) -> int:
        """Do it for several listings at once."""
        waiting = [await self._waiting(shop, listing, by) for listing in listings]
        return sum(waiting) + await self._left_out(shop, listings, by)

    async def _waiting(self, shop: ShopId, listing: Listing, by: Actor) -> int:
        stamp = Stamp(at=self.clock(), by=by, cause=f"listing {listing.id}")
        async with self.store.read(shop) as work:
            ids = [item.id for item in await work.items.waiting_for(listing)]
        return sum([await self._map(shop, id_, stamp) for id_ in ids])

    async def _map(self, shop: ShopId, id_: OrderItemId, stamp: Stamp) -> bool:
        return await reapply(self.store, shop, lambda work: _map(work, id_, stamp))

    async def _left_out(self, shop: ShopId, listings: Sequence[Listing], by: Actor) -> int:
        rescued = 0
        for id_ in await self._recognised(shop, listings):
            rescued += await self._receive_again(shop, id_, by)
        return rescued

    async def _recognised(self, shop: ShopId, listings: Sequence[Listing]) -> Sequence[OrderId]:
        found: dict[OrderId, None] = {}
        page = Page(limit=_PAGE)
        for _ in range(MOST_ROWS // _PAGE):
            log = await self.queries.import_log(shop, page)
            found.update({row.order_id: None for row in log.rows if _is_listed(row, listings)})
            if not log.next or len(found) >= MOST_ORDERS:
                break
            page = Page(after=log.next, limit=_PAGE)
        return tuple(found)[:MOST_ORDERS]

    async def _receive_again(self, shop: ShopId, id_: OrderId, by: Actor) -> int:
        async with self.store.read(shop) as work:
            order = await work.orders.get(id_)
            known = {item.id for item in await work.items.of_order(id_)}
        received = await self.receive_order(
            shop, order.snapshot, by=by, cause="a listing was saved", rescued=True
        )
        return len(set(received.items) - known)


@frozen(kw_only=True)
class SaveListing:
    """Say what a product is printed on."""

    store: Store
    rescue_lines: RescueLines

    async def __call__(self, shop: ShopId, listing: Listing, *, by: Actor) -> Listing:
        """Return the listing as it is kept, after what waited for it was rescued.

        Raises Conflict for a second listing of the same match and key, NotFound for an unknown connection.
        """
        if listing.shop_id != shop:
            raise InvalidValue("the listing belongs to another shop")
        async with self.store.begin(shop) as work:
            if listing.connection_id is not None:
                await work.connections.get(listing.connection_id)
            await work.listings.save(evolve(listing, key=listing.key.strip()))
            saved = await work.listings.get(listing.id)
        await self.rescue_lines(shop, saved, by=by)
        return saved


@frozen(kw_only=True)
class ImportListings:
    """Save many listings from the rows of a CSV file; see docs/reference/listings."""

    store: Store
    ids: IdGenerator
    rescue_lines: RescueLines

    async def __call__(self, shop: ShopId, rows: Iterable[Mapping[str, str]], *, by: Actor) -> ImportReport:
        """Return what was saved, and for each row that was refused its first problem."""
        async with self.store.read(shop) as work:
            connections = await work.connections.all()
        saved: list[tuple[Listing, bool]] = []
        problems: list[RowProblem] = []
        for number, row in enumerate(rows, start=1):
            try:
                saved.append(await self._take(shop, ListingRow.of(row, connections)))
            except BadCell as bad:
                problems.append(RowProblem(row=number, field=bad.column, words=bad.words))
            except MockSparkError as refusal:
                problems.append(RowProblem(row=number, field="", words=str(refusal)))
        rescued = await self.rescue_lines.of_all(shop, [listing for listing, _ in saved], by=by)
        created = sum(fresh for _, fresh in saved)
        return ImportReport(
            created=created, changed=len(saved) - created, rescued=rescued, problems=tuple(problems)
        )

    async def _take(self, shop: ShopId, row: ListingRow) -> tuple[Listing, bool]:
        return await reapply(self.store, shop, lambda work: self._save(work, row))

    async def _save(self, work: UnitOfWork, row: ListingRow) -> tuple[Listing, bool]:
        match, key = row.name()
        known = await work.listings.by_key(match.value, key)
        listing = row.fill(
            known or Listing(id=ListingId(self.ids()), shop_id=work.shop, match=match, key=key)
        )
        await work.listings.save(listing)
        return listing, known is None


async def _map(work: UnitOfWork, id_: OrderItemId, stamp: Stamp) -> bool:
    item = await work.items.get(id_)
    waits = item.hold is not None and item.hold.reason is HoldReason.UNMAPPED_PRODUCT
    if item.status is not Status.ON_HOLD or not waits or item.live or item.redacted:
        return False
    line = _line(item)
    handled = handle(line, listing_of(line, await work.listings.matching([line])))
    if handled.listing is None or handled.hold is HoldReason.UNMAPPED_PRODUCT:
        return False
    mapped = evolve(item.assigned(handled.listing), design=item.design or handled.design)
    if handled.hold is not None:
        await work.items.save(
            mapped.hold_for(handled.hold, HoldOrigin.SYSTEM, stamp=stamp, note=handled.note)
        )
        return False
    await work.items.save(mapped.release(stamp, note="the product is mapped now"))
    return True


def _line(item: OrderItem) -> ChannelLine:
    return ChannelLine(
        ref=item.line,
        product=item.product,
        variant=item.variant,
        sku=item.sku,
        title=item.product_title,
        variant_title=item.variant_title,
        quantity=item.quantity,
        price=item.price,
        personalization=item.personalization,
    )


def _is_listed(row: FilteredRow, listings: Sequence[Listing]) -> bool:
    if row.why is not Skip.NOT_OURS:
        return False
    line = ChannelLine(
        ref=ExternalRef("log", row.line),
        variant=_ref(row.variant),
        product=_ref(row.product),
        sku=row.sku,
    )
    return listing_of(line, listings) is not None


def _ref(text: str) -> ExternalRef | None:
    system, _, id_ = text.rpartition(":")
    return ExternalRef(system or "log", id_) if id_ else None
