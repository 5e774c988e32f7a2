"""An account whose credentials were refused is marked, so that nobody tries it in vain."""

from attrs import evolve

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
