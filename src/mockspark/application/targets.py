"""Acting on many items at once: one transaction and one result per item, never all or nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from attrs import Factory, frozen

from mockspark.application.errors import Conflict, NotFound
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.views import BulkReport, RowResult
from mockspark.domain.errors import InvalidValue, MockSparkError
from mockspark.domain.identity import OrderItemId, ShopId
from mockspark.domain.order_item import OrderItem

MOST_ITEMS = 500
"""How many items one call may name; more go through a search and several calls."""

Act = Callable[[UnitOfWork, OrderItem], Awaitable[OrderItem]]


@frozen(kw_only=True)
class Targets:
    """The items of one command; *versions* are those that the person saw, where that matters."""

    items: tuple[OrderItemId, ...]
    versions: Mapping[OrderItemId, int] = Factory(dict)

    @classmethod
    def of(cls, *items: OrderItemId, versions: Mapping[OrderItemId, int] | None = None) -> "Targets":
        """Name each item once, in the given order; refuses more than `MOST_ITEMS`."""
        distinct = tuple(dict.fromkeys(items))
        if len(distinct) > MOST_ITEMS:
            raise InvalidValue(f"one call may name {MOST_ITEMS} items, not {len(distinct)}: send several")
        return cls(items=distinct, versions=versions or {})

    def check(self, item: OrderItem) -> None:
        """Raise Conflict when *item* was changed since the person saw it."""
        if self.versions.get(item.id, item.version) != item.version:
            raise Conflict("order item", item.id)


async def each(store: Store, shop: ShopId, targets: Targets, act: Act) -> BulkReport:
    """Run *act* on every item in a transaction of its own and save what it returns."""
    results = [await _one(store, shop, targets, id_, act) for id_ in targets.items]
    return BulkReport(results=tuple(results))


async def _one(store: Store, shop: ShopId, targets: Targets, id_: OrderItemId, act: Act) -> RowResult:
    try:
        async with store.begin(shop) as work:
            item = await work.items.get(id_)
            targets.check(item)
            acted = await act(work, item)
            if acted is not item:
                await work.items.save(acted)
    except MockSparkError as refusal:
        return refused(id_, refusal)
    return RowResult(item_id=id_, done=True, status=acted.status, submission_id=acted.submission_id)


def refused(item: OrderItemId, why: MockSparkError) -> RowResult:
    """Turn an error into the item's result."""
    return RowResult(item_id=item, done=False, code=why.code, refusal=str(why))


def in_order(targets: Sequence[OrderItemId], results: Mapping[OrderItemId, RowResult]) -> BulkReport:
    """Give every item that was asked for its result, in the order of the question."""
    missing = {id_: refused(id_, NotFound("order item", id_)) for id_ in targets if id_ not in results}
    return BulkReport(results=tuple({**missing, **results}[id_] for id_ in targets))
