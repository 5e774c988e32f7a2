"""An account whose credentials were refused is marked, so that nobody tries it in vain."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from attrs import evolve

from mockspark.application.errors import NotAuthorized
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.reapply import reapply
from mockspark.domain.identity import ConnectionId, ShopId
from mockspark.domain.shop import AccountState


async def mark_broken(store: Store, shop: ShopId, id: ConnectionId, problem: str) -> None:  # noqa: A002
    """Mark the account broken with *problem*; one that was closed or marked before stays as it is."""

    async def change(work: UnitOfWork) -> None:
        connection = await work.connections.get(id)
        if connection.state is AccountState.ACTIVE:
            await work.connections.save(evolve(connection, state=AccountState.BROKEN, problem=problem))

    await reapply(store, shop, change)


@asynccontextmanager
async def asking_the_store(store: Store, shop: ShopId) -> AsyncGenerator[None]:
    """Mark the shop's own access broken when its store refuses our credentials; the refusal goes on."""
    try:
        yield
    except NotAuthorized as refusal:
        problem = str(refusal)
        await reapply(store, shop, lambda work: _lose_access(work, problem))
        raise


async def _lose_access(work: UnitOfWork, problem: str) -> None:
    access = await work.installation()
    if access.state is AccountState.ACTIVE:
        await work.save_installation(evolve(access, state=AccountState.BROKEN, problem=problem))
