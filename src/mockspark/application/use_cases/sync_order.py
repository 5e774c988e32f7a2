"""Read an item's order again because a person asks for it."""

from attrs import frozen

from mockspark.application.ports.storage import Store
from mockspark.application.use_cases.receive_order import RefreshOrder
from mockspark.application.views import SyncReport
from mockspark.domain.events import Actor, Change
from mockspark.domain.following import beyond_reach
from mockspark.domain.identity import OrderItemId, ShopId


@frozen(kw_only=True)
class SyncOrder:
    """Read the store now and say, field by field, what changed."""

    store: Store
    refresh_order: RefreshOrder

    async def __call__(self, shop: ShopId, item: OrderItemId, *, by: Actor) -> SyncReport:
        """Return the differences, and those that came too late for what was sent; raises Unavailable."""
        async with self.store.read(shop) as work:
            known = await work.items.get(item)
            before = await work.orders.get(known.order_id)
        received = await self.refresh_order(shop, before.ref, by=by, cause="sync")
        async with self.store.read(shop) as work:
            after = await work.orders.get(known.order_id)
        late = beyond_reach(known, before.snapshot, after.snapshot)
        unknown = (f"Nothing was read: {received.ignored}.",) if received.ignored else ()
        return SyncReport(changes=received.changes, not_applied=(*unknown, *map(_sentence, late)))


def _sentence(change: Change) -> str:
    now = change.after or "nothing"
    return f"{change.field} is {now} in the store now; the provider was told {change.before or 'nothing'}."
