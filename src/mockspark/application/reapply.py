"""How machines meet a conflict: read again, apply again, three times; a person is told instead."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from mockspark.application.errors import Conflict
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.domain.identity import ShopId

T = TypeVar("T")

TIMES: Final = 3


async def reapply(store: Store, shop: ShopId, act: Callable[[UnitOfWork], Awaitable[T]]) -> T:
    """Run *act* in a transaction of its own, from the start again while somebody else is faster."""
    for _ in range(TIMES - 1):
        try:
            return await _once(store, shop, act)
        except Conflict:
            continue
    return await _once(store, shop, act)


async def _once(store: Store, shop: ShopId, act: Callable[[UnitOfWork], Awaitable[T]]) -> T:
    async with store.begin(shop) as work:
        return await act(work)
