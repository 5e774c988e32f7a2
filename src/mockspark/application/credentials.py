"""One shop's secrets at its channel: everybody reads them, one at a time renews them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from attrs import evolve, frozen

from mockspark.application.errors import Unavailable
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.reapply import reapply
from mockspark.domain.identity import ShopId

Secrets = Mapping[str, str]
Refresh = Callable[[Secrets], Awaitable[Secrets]]

_LEASE: Final = timedelta(seconds=60)
_LOOK_AGAIN_S: Final = 0.25
_KEY: Final = "credentials"


@frozen(kw_only=True)
class StoredCredentials:
    """The shop's secrets in the store; the lease makes one process, of all hosts, the refresher."""

    store: Store
    shop: ShopId
    clock: Clock
    patience: timedelta = timedelta(seconds=30)

    async def read(self) -> Secrets:
        """Return the present credentials."""
        async with self.store.read(self.shop) as work:
            return (await work.installation()).credentials

    async def renew(self, stale: Secrets, refresh: Refresh) -> Secrets:
        """Run *refresh* unless somebody else renewed *stale* meanwhile; store and return what is current.

        Raises Unavailable when another refresher takes longer than the patience.
        """
        deadline = self.clock() + self.patience
        while self.clock() < deadline:
            current = await self.read()
            if current != stale:
                return current
            fence = await self._claim()
            if fence is not None:
                return await self._refreshed(stale, refresh, fence)
            await asyncio.sleep(_LOOK_AGAIN_S)
        raise Unavailable("the shop's token is being renewed elsewhere; try again in a moment")

    async def _claim(self) -> int | None:
        now = self.clock()
        async with self.store.begin(self.shop) as work:
            claim = await work.leases.claim(_KEY, now=now, until=now + _LEASE)
        return None if claim is None else claim.fence

    async def _refreshed(self, stale: Secrets, refresh: Refresh, fence: int) -> Secrets:
        try:
            # Read again under the lease: the holder before us may have just finished.
            current = await self.read()
            if current != stale:
                return current
            fresh = await refresh(current)
            return await reapply(self.store, self.shop, lambda work: _kept(work, current, fresh))
        finally:
            async with self.store.begin(self.shop) as work:
                await work.leases.release(_KEY, fence)


async def _kept(work: UnitOfWork, stale: Secrets, fresh: Secrets) -> Secrets:
    """Store *fresh*, unless the shop was connected anew or a later holder was faster meanwhile."""
    installation = await work.installation()
    if installation.credentials != stale:
        return installation.credentials
    await work.save_installation(evolve(installation, credentials=dict(fresh)))
    return fresh
