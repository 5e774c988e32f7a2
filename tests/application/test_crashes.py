"""A process that dies at any await: one order at the provider, one notice in the store, nothing lost."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from attrs import Factory, define, evolve, frozen

from mockspark.adapters.memory.channel import MemoryChannels
from mockspark.adapters.memory.provider import MemoryProviders
from mockspark.application.attempt import LEASE
from mockspark.application.ports.jobs import Retry, Snooze
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.domain.identity import ShopId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import ProviderOrder, SubmissionState
from tests.application.dispatch import PROVIDER, Dispatch, two_orders
from tests.application.intake import ANA, SHOP, CountedIds, Workshop
from tests.databases import CHOSEN, POSTGRESQL, SQLITE
from tests.postgres import create_database, drop_database
from tests.store import open_store, postgres_template

T = TypeVar("T")
EVERY: Final = int(CHOSEN == POSTGRESQL)
"""Whether each point is tried on PostgreSQL too, where a copy of a database takes its time."""


class DeathError(BaseException):
    """The process is gone: no handler of exceptions may go on after it."""


@define
class Fuse:
    """Counts the await points and, at one of them, kills everything that still runs."""

    at: int = 0
    points: list[str] = Factory(list)

    def telling(self) -> list[int]:
        """Return the points that differ in effect: between a commit and the next beginning nothing happens."""
        pairs = zip(["", *self.points], self.points, strict=False)
        return [
            n
            for n, pair in enumerate(pairs, 1)
            if pair not in {("committed", "begin"), ("committed", "read")}
        ]

    def burn(self, point: str) -> None:
        """Pass one point; from the deadly one on every point is deadly."""
        self.points.append(point)
        if self.at and len(self.points) >= self.at:
            raise DeathError


class FusedStore:
    """The database of a process that may die before a transaction and after its commit."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        self._store, self._fuse = store, fuse

    @asynccontextmanager
    async def begin(self, shop: ShopId) -> AsyncIterator[UnitOfWork]:
        """Open a transaction."""
        self._fuse.burn("begin")
        async with self._store.begin(shop) as work:
            yield work
        self._fuse.burn("committed")

    @asynccontextmanager
    async def read(self, shop: ShopId) -> AsyncIterator[UnitOfWork]:
        """Open a transaction that only reads."""
        self._fuse.burn("read")
        async with self._store.read(shop) as work:
            yield work


class Fused:
    """Somebody outside, called by a process that may die before the call and with the answer in its hand."""

    def __init__(self, inner: object, fuse: Fuse, *names: str) -> None:
        for name in names:
            self.__dict__[name] = _fused(getattr(inner, name), fuse, name)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _fused(call: Callable[..., Awaitable[T]], fuse: Fuse, name: str) -> Callable[..., Awaitable[T]]:
    async def called(*given: Any, **named: Any) -> T:
        fuse.burn(f"before {name}")
        answer = await call(*given, **named)
        fuse.burn(f"after {name}")
        return answer

    return called


@define
class Process:
    """One run of the whole way, from the person's click to the store that knows the parcel."""

    bench: Dispatch
    items: list[OrderItem]
    fuse: Fuse
    blind: bool = False

    @property
    def store(self) -> Store:
        return FusedStore(self.bench.shop.store, self.fuse)

    @property
    def providers(self) -> MemoryProviders:
        names = ("prepare", "submit", "find", "fetch", "confirm", "cancel", "quote")
        shop: Any = Fused(self.bench.provider, self.fuse, *names)
        if self.blind:
            shop.find = _nothing
        return MemoryProviders(shops={PROVIDER: shop})

    @property
    def channels(self) -> MemoryChannels:
        store: Any = Fused(self.bench.shop.channel, self.fuse, "fetch", "publish", "hold", "release")
        return MemoryChannels(stores={SHOP: store})

    async def run(self) -> None:
        """Do whatever is still to be done; every step may have been done before."""
        await self.click()
        await self.send()
        self.bench.provider.ship("1Z1") if not self._parcels() else None
        await self.track()
        await self.tell()

    async def click(self) -> None:
        """Ask for what still stands in Ready to be sent."""
        ready = [item.id for item in await self._now() if item.status is Status.READY_TO_FULFILL]
        if ready:
            act = evolve(self.bench.send_to_fulfill, store=self.store, providers=self.providers)
            await act(SHOP, SendOrder(targets=Targets.of(*ready)), by=ANA)

    async def send(self) -> None:
        """Take turns at what is being sent, waiting for leases and retries."""
        act = evolve(self.bench.submit, store=self.store, providers=self.providers)
        for _ in range(10):
            open_ = {item.submission_id for item in await self._now() if item.status is Status.SENDING}
            if not open_:
                return
            for id_ in filter(None, open_):
                try:
                    await act(SHOP, id_)
                except (Snooze, Retry):
                    self.bench.shop.clock.now += LEASE

    async def track(self) -> None:
        """Look at the provider's orders."""
        act = evolve(self.bench.track, store=self.store, providers=self.providers)
        for id_ in {item.submission_id for item in await self._now()}:
            if id_ is not None:
                await act(SHOP, id_)

    async def tell(self) -> None:
        """Tell the store of every parcel."""
        act = evolve(self.bench.publish_shipments, store=self.store, channels=self.channels)
        for item in self.items:
            try:
                await act(SHOP, item.order_id)
            except Retry:
                self.bench.shop.clock.now += LEASE
                await act(SHOP, item.order_id)

    async def _now(self) -> list[OrderItem]:
        return [await self.bench.shop.item(item.id) for item in self.items]

    def _parcels(self) -> bool:
        return any(order.parcels for order in self.bench.provider.orders.values())


async def _nothing(*given: object, **named: object) -> list[ProviderOrder]:
    del given, named
    return []


class SqliteShops:
    """Databases in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.first = f"sqlite:///{folder / 'first.db'}"

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Give the address of a copy of the first database."""
        path = self._folder / f"{uuid4().hex}.db"
        shutil.copyfile(self._folder / "first.db", path)
        yield f"sqlite:///{path}"


class PostgresShops:
    """Databases of one server."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.first = create_database(server, postgres_template(server))

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Give the address of a copy of the first database."""
        url = create_database(self._server, urlsplit(self.first).path[1:])
        yield url
        drop_database(self._server, url)


@frozen
class Shops:
    """Makes equal shops, each with two orders' items in Ready, by copying a database."""

    databases: SqliteShops | PostgresShops
    items: list[OrderItem]

    @classmethod
    async def prepare(cls, databases: SqliteShops | PostgresShops) -> "Shops":
        """Bring one shop to where the scenario begins."""
        async with _opened(databases.first, CountedIds(), new=True) as bench:
            return cls(databases, list(await bench.ready(*two_orders())))

    @asynccontextmanager
    async def another(self, *, drafts: bool) -> AsyncIterator[Dispatch]:
        """Open a shop of its own, at a print shop that takes duplicates."""
        with self.databases.copy() as url:
            async with _opened(url, CountedIds(count(1000)), new=False) as bench:
                bench.provider.drafts = drafts
                bench.provider.accepts_duplicates = True
                yield bench


@pytest.fixture
def databases(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path
) -> SqliteShops | PostgresShops:
    """Copies of one database, of either kind."""
    if database_kind == SQLITE:
        return SqliteShops(tmp_path)
    return PostgresShops(request.getfixturevalue("postgres_server"))


@asynccontextmanager
async def _opened(url: str, ids: CountedIds, *, new: bool) -> AsyncIterator[Dispatch]:
    async with open_store(url) as opened:
        shop = Workshop(
            store=opened.store,
            directory=opened.directory,
            inbox=opened.inbox,
            queries=opened.queries,
            engine=opened.engine,
            ids=ids,
        )
        shop.channel.sell(*two_orders())
        bench = Dispatch(shop=shop)
        if new:
            await shop.open()
            await bench.open()
        yield bench


async def _ends_well(bench: Dispatch, items: list[OrderItem]) -> None:
    done = [await bench.shop.item(item.id) for item in items]
    submission = await bench.submission(done[0].submission_id)
    printed = [order for order in bench.provider.orders.values() if not order.draft]
    assert [Status.FULFILLED] * 2 == [item.status for item in done]
    assert SubmissionState.ACCEPTED == submission.state
    assert [item.id for item in items] == bench.provider.printed
    assert [order.ref for order in printed] == [
        order.ref for order in submission.provider_orders if not order.draft
    ]
    assert 2 == len(bench.shop.channel.published)
    assert all(shipment.published for item in done for shipment in item.shipments)


@pytest.mark.parametrize(
    ("database_kind", "drafts", "step"),
    [
        (SQLITE, False, 1),
        (SQLITE, True, 3),
        pytest.param(POSTGRESQL, False, EVERY or 5, marks=pytest.mark.postgres),
        pytest.param(POSTGRESQL, True, EVERY or 7, marks=pytest.mark.postgres),
    ],
)
async def test_a_crash_at_any_point_loses_nothing_and_prints_nothing_twice(
    databases: SqliteShops | PostgresShops, *, drafts: bool, step: int
) -> None:
    """The whole way is run once for each await point, with death there; then a new process finishes it.

    The provider accepts duplicates, so that nothing but the protocol keeps an item from being printed twice.
    """
    shops, fuse = await Shops.prepare(databases), Fuse()
    async with shops.another(drafts=drafts) as bench:
        await Process(bench, shops.items, fuse).run()
        await _ends_well(bench, shops.items)

    for point in fuse.telling()[::step]:
        async with shops.another(drafts=drafts) as bench:
            with pytest.raises(DeathError):
                await Process(bench, shops.items, Fuse(at=point)).run()
            await Process(bench, shops.items, Fuse()).run()
            await _ends_well(bench, shops.items)

    assert {"after submit", "after publish", "before fetch", "committed"} <= set(fuse.points)


async def test_the_sweep_would_catch_a_sender_that_does_not_look(
    databases: SqliteShops | PostgresShops,
) -> None:
    """A harness is worth what it catches: without the look-up an item is printed twice."""
    shops, fuse = await Shops.prepare(databases), Fuse()
    async with shops.another(drafts=False) as bench:
        await Process(bench, shops.items, fuse).run()

    async with shops.another(drafts=False) as bench:
        with pytest.raises(DeathError):
            await Process(bench, shops.items, Fuse(at=fuse.points.index("after submit") + 1)).run()
        await Process(bench, shops.items, Fuse(), blind=True).run()

        assert 2 * len(shops.items) == len(bench.provider.printed)
