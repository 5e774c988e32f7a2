"""A shop with a store, a database and a renderer of its own: what the tests of the intake stand on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from attrs import define, evolve, field, frozen
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.jobs.queue import SqlQueueAdmin
from mockspark.adapters.memory.blobs import MemoryBlobStore
from mockspark.adapters.memory.channel import MemoryChannels, MemoryIntake, ScriptedChannel
from mockspark.adapters.memory.renderer import MemoryImageSource, PngInspector, SolidRenderer
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.application.materials import Storeroom
from mockspark.application.ports.queries import OrderItemQueries
from mockspark.application.ports.storage import Directory, Inbox, Store
from mockspark.application.use_cases.generate_files import GenerateFiles
from mockspark.application.use_cases.listings import ImportListings, RescueLines, SaveListing
from mockspark.application.use_cases.privacy import CustomerData, EraseShop, RedactCustomer
from mockspark.application.use_cases.receive_order import ReceiveOrder, RefreshOrder
from mockspark.application.use_cases.reconcile import Reconcile
from mockspark.application.use_cases.redesign import Redesign
from mockspark.application.use_cases.sync_order import SyncOrder
from mockspark.application.views import Received
from mockspark.domain.catalog import Listing, Match, PrintArea, ProviderVariant
from mockspark.domain.contact import Address, Customer
from mockspark.domain.events import Actor
from mockspark.domain.identity import ConnectionId, ExternalRef, ListingId, OrderId, OrderItemId, ShopId
from mockspark.domain.money import Money
from mockspark.domain.order import ChannelLine, ChannelOrder, Order, Payment
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Connection, Installation, Rules, Shop

FONTS = FontBook()
SHOP = ShopId("acme.myshopify.com")
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
STORE = Actor.store("memory")
ANA = Actor.person("ana")
MUG = ListingId(UUID(int=71))
PRINTER = ConnectionId(UUID(int=81))
PICTURE = "https://pictures.example/zoe.png"
MINUTE = timedelta(minutes=1)


@define
class SettableClock:
    """A clock that goes when it is told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delay: float) -> None:
        """Move on."""
        self.now += timedelta(**delay)


@define
class CountedIds:
    """Ids that sort in the order in which they were asked for."""

    _numbers: "count[int]" = field(factory=lambda: count(1))

    def __call__(self) -> UUID:
        return UUID(int=(0xA << 120) | next(self._numbers))


@frozen(kw_only=True)
class Workshop:
    """One connected shop; each use case of the intake is at hand, wired to the same database."""

    store: Store
    directory: Directory
    inbox: Inbox
    queries: OrderItemQueries
    engine: AsyncEngine | None = None
    clock: SettableClock = field(factory=SettableClock)
    ids: CountedIds = field(factory=CountedIds)
    channel: ScriptedChannel = field(factory=ScriptedChannel)
    door: MemoryIntake = field(factory=MemoryIntake)
    renderer: SolidRenderer = field(factory=SolidRenderer)
    images: MemoryImageSource = field(factory=MemoryImageSource)
    blobs: MemoryBlobStore = field(factory=MemoryBlobStore)

    @property
    def channels(self) -> MemoryChannels:
        return MemoryChannels(stores={SHOP: self.channel}, intakes={"memory": self.door})

    @property
    def receive_order(self) -> ReceiveOrder:
        return ReceiveOrder(store=self.store, directory=self.directory, clock=self.clock, ids=self.ids)

    @property
    def refresh_order(self) -> RefreshOrder:
        return RefreshOrder(
            store=self.store,
            directory=self.directory,
            channels=self.channels,
            clock=self.clock,
            receive_order=self.receive_order,
        )

    @property
    def reconcile(self) -> Reconcile:
        return Reconcile(
            store=self.store,
            directory=self.directory,
            channels=self.channels,
            clock=self.clock,
            receive_order=self.receive_order,
        )

    @property
    def sync_order(self) -> SyncOrder:
        return SyncOrder(store=self.store, refresh_order=self.refresh_order)

    @property
    def redesign(self) -> Redesign:
        return Redesign(store=self.store, clock=self.clock)

    @property
    def storeroom(self) -> Storeroom:
        return Storeroom(blobs=self.blobs, images=self.images, inspector=PngInspector())

    @property
    def generate_files(self) -> GenerateFiles:
        return GenerateFiles(
            store=self.store,
            renderer=self.renderer,
            storeroom=self.storeroom,
            fonts=FONTS,
            blobs=self.blobs,
            clock=self.clock,
        )

    @property
    def rescue_lines(self) -> RescueLines:
        return RescueLines(
            store=self.store, queries=self.queries, receive_order=self.receive_order, clock=self.clock
        )

    @property
    def save_listing(self) -> SaveListing:
        return SaveListing(store=self.store, rescue_lines=self.rescue_lines)

    @property
    def import_listings(self) -> ImportListings:
        return ImportListings(store=self.store, ids=self.ids, rescue_lines=self.rescue_lines)

    @property
    def redact_customer(self) -> RedactCustomer:
        return RedactCustomer(store=self.store, blobs=self.blobs, clock=self.clock)

    @property
    def erase_shop(self) -> EraseShop:
        return EraseShop(directory=self.directory, blobs=self.blobs)

    @property
    def customer_data(self) -> CustomerData:
        return CustomerData(store=self.store)

    async def open(self) -> None:
        """Connect the shop to its store and to a printer."""
        await self.directory.save_shop(Shop(id=SHOP, channel="memory", created_at=START))
        async with self.store.begin(SHOP) as work:
            await work.save_installation(Installation(shop_id=SHOP, channel="memory"))
            await work.connections.save(
                Connection(id=PRINTER, shop_id=SHOP, provider="printify", created_at=START)
            )

    async def decide(self, rules: Rules) -> None:
        """Give the shop other rules."""
        shop = await self.directory.shop(SHOP)
        assert shop is not None
        await self.directory.save_shop(evolve(shop, rules=rules))

    async def list_mug(self, **changes: Any) -> Listing:
        """Map the mug, without rescuing anything."""
        listing = a_listing(**changes)
        async with self.store.begin(SHOP) as work:
            await work.listings.save(listing)
        return listing

    async def receive(self, order: ChannelOrder) -> Received:
        """Have the store tell of *order*."""
        self.channel.sell(order)
        return await self.receive_order(SHOP, order, by=STORE)

    async def item(self, id_: OrderItemId) -> OrderItem:
        """Read an item."""
        async with self.store.begin(SHOP) as work:
            return await work.items.get(id_)

    async def items(self, received: Received) -> Sequence[OrderItem]:
        """Read the items of an order as they are now."""
        assert received.order_id is not None
        async with self.store.begin(SHOP) as work:
            return await work.items.of_order(received.order_id)

    async def only_item(self, received: Received) -> OrderItem:
        """Read the one item of an order."""
        (item,) = await self.items(received)
        return item

    async def order(self, id_: OrderId | None) -> Order:
        """Read an order."""
        assert id_ is not None
        async with self.store.begin(SHOP) as work:
            return await work.orders.get(id_)

    async def keep(self, item: OrderItem) -> OrderItem:
        """Write *item* and read it again."""
        async with self.store.begin(SHOP) as work:
            await work.items.save(item)
        return await self.item(item.id)

    async def generate(self, item: OrderItem) -> OrderItem:
        """Make the item's files, as its job would."""
        await self.generate_files(SHOP, item.id, item.design_version)
        return await self.item(item.id)

    async def queued(self) -> Mapping[str, int]:
        """Count the jobs that wait, by kind."""
        assert self.engine is not None
        depths = await SqlQueueAdmin(self.engine).depth()
        return {depth.kind: depth.ready + depth.scheduled for depth in depths}

    async def kinds(self, item: OrderItem) -> Sequence[str]:
        """Return the kinds of the item's timeline, oldest first."""
        entries = await self.queries.timeline(SHOP, item.id)
        return [entry.kind for entry in reversed(entries)]


def ref(number: int | str) -> ExternalRef:
    """Name something in the store."""
    return ExternalRef("memory", str(number))


def a_listing(**changes: Any) -> Listing:
    """Return the listing of the mug."""
    usual: Mapping[str, Any] = {
        "id": MUG,
        "shop_id": SHOP,
        "match": Match.SKU,
        "key": "MUG-11",
        "title": "Mug",
        "connection_id": PRINTER,
        "provider_variant": ProviderVariant(keys={"blueprint_id": "68"}, title="11 oz"),
        "print_areas": (PrintArea(key="front", width_px=120, height_px=60, dpi=300),),
    }
    return Listing(**{**usual, **changes})


def a_line(number: int = 1, **changes: Any) -> ChannelLine:
    """Return a line: a mug with a name on it."""
    usual: Mapping[str, Any] = {
        "ref": ref(f"line-{number}"),
        "variant": ref(f"variant-{number}"),
        "product": ref(f"product-{number}"),
        "sku": "MUG-11",
        "title": "Mug",
        "price": Money.of("19.00", "USD"),
        "personalization": (("Name", "Zoë"),),
    }
    return ChannelLine(**{**usual, **changes})


def an_order(number: int = 1001, **changes: Any) -> ChannelOrder:
    """Return a paid order of one mug."""
    usual: Mapping[str, Any] = {
        "ref": ref(number),
        "name": f"#{number}",
        "placed_at": START,
        "updated_at": START,
        "payment": Payment.PAID,
        "payment_raw": "paid",
        "customer": Customer(name="Zoë Roe", email="zoe@example.com", ref="9"),
        "ship_to": Address(
            name="Zoë Roe", line1="1 Main St", city="Austin", region="TX", postal_code="78701", country="US"
        ),
        "shipping_method": "Standard",
        "lines": (a_line(),),
    }
    return ChannelOrder(**{**usual, **changes})


def later(order: ChannelOrder, minutes: int = 1, **changes: Any) -> ChannelOrder:
    """Return *order* as the store tells it *minutes* later."""
    return evolve(order, updated_at=order.updated_at + minutes * MINUTE, **changes)
