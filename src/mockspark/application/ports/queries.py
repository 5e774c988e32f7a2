"""Reading many items at once, without touching aggregates."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from mockspark.application.filters import ItemFilter, Page, Slice
from mockspark.application.views import FilteredRow, ItemRow, TimelineEntry
from mockspark.domain.identity import OrderId, OrderItemId, ShopId
from mockspark.domain.status import Status


class OrderItemQueries(Protocol):
    """The merchant's list, and what hangs on it."""

    async def search(self, shop: ShopId, filter: ItemFilter, page: Page) -> Slice[ItemRow]:  # noqa: A002
        """Return one page, newest first, by keyset: rows that do not change are neither skipped nor repeated."""

    async def count(self, shop: ShopId, filter: ItemFilter, *, cap: int = 1000) -> int:  # noqa: A002
        """Count what matches, at most *cap* + 1."""

    async def counters(self, shop: ShopId) -> Mapping[Status, int]:
        """Return how many items each status has, from rows that are kept, not counted."""

    def rows(self, shop: ShopId, filter: ItemFilter) -> AsyncGenerator[ItemRow]:  # noqa: A002
        """Yield everything that matches, newest first, without holding it in memory."""

    async def pick(self, shop: ShopId, ids: Collection[OrderItemId]) -> Sequence[ItemRow]:
        """Return the rows of those of *ids* that exist, in the given order."""

    async def timeline(
        self, shop: ShopId, item: OrderItemId, *, before: int | None = None, limit: int = 100
    ) -> Sequence[TimelineEntry]:
        """Return the events of an item, its order and its submissions, newest first."""

    async def import_log(self, shop: ShopId, page: Page) -> Slice[FilteredRow]:
        """Return the lines that were left out, newest first, with the reasons."""

    async def siblings(self, shop: ShopId, order: OrderId) -> Sequence[ItemRow]:
        """Return the items of an order."""
