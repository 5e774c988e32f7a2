"""A whole installation to test with: a database, the local Shopify and Printify over loopback, the HTTP API."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from attrs import evolve, frozen

from mockspark.adapters.http.app import create_app
from mockspark.adapters.sandbox.serving import serve
from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft
from mockspark.adapters.sandbox.shopify_samples import MUG, SampleVariant
from mockspark.adapters.sandbox.shopify_store import PostalAddress, StoredOrder
from mockspark.application.facade import MockSpark
from mockspark.application.filters import ItemFilter
from mockspark.application.use_cases.accounts import SCOPES
from mockspark.application.views import ItemRow
from mockspark.domain.catalog import Listing, Match, PrintArea, ProviderVariant
from mockspark.domain.events import Actor
from mockspark.domain.identity import ConnectionId, ListingId, ShopId
from mockspark.domain.status import Status
from mockspark.entrypoints.runtime import Runtime, open_runtime
from mockspark.entrypoints.settings import read_settings
from mockspark.entrypoints.stand_ins import PRINTIFY_TOKEN, StandIns, open_stand_ins
from tests.databases import installed_database

ANA: Final = Actor.person("Ana")
SECRET: Final = "k3J9x0PqW7sV2bN5mL8tR4yU6iO1aZcE"
HOME: Final = PostalAddress(
    first_name="Dana", last_name="Whitlow", address1="12 Cedar Lane", city="Austin", province="Texas",
    province_code="TX", zip="78701", country="United States", country_code="US",
)  # fmt: skip
SMALL: Final = PrintArea(key="front", width_px=300, height_px=200)


@frozen(kw_only=True)
class World:
    """One shop that sells mugs, its provider, and everything in between."""

    runtime: Runtime
    stand_ins: StandIns
    client: httpx.AsyncClient
    shop: ShopId
    connection: ConnectionId

    @property
    def spark(self) -> MockSpark:
        return self.runtime.spark

    async def token(self, scopes: Collection[str] = SCOPES, shop: ShopId | None = None) -> dict[str, str]:
        """Return the header of a new token."""
        made = await self.spark.create_token(shop or self.shop, name="Ana", scopes=scopes)
        return {"Authorization": f"Bearer {made.token}"}

    def order(
        self,
        *lines: LineDraft,
        to: PostalAddress | None = HOME,
        email: str = "dana@example.com",
        **more: Any,
    ) -> StoredOrder:
        """Have somebody order *lines*; the store's webhooks follow."""
        draft = OrderDraft(lines=lines or (self.mug(),), address=to, email=email)
        return self.stand_ins.merchant.place(evolve(draft, **more))

    def mug(self, name: str = "Zoe", quantity: int = 1, sold: SampleVariant = MUG) -> LineDraft:
        """Return a line with a text to print."""
        return line(sold, {"Name": name}, quantity)

    async def taken_in(self) -> None:
        """Return once the store's news are worked off, and what they lead to."""
        await self.spark.reconcile(self.shop)
        await self.spark.drain()

    async def rows(self, *statuses: Status) -> list[ItemRow]:
        """Return the shop's items, oldest first."""
        wanted = ItemFilter(statuses=frozenset(statuses or Status))
        found = await self.spark.search_items(self.shop, wanted)
        return list(reversed(found.rows))

    async def ready(self, *lines: LineDraft, **more: Any) -> ItemRow:
        """Return one item, ready to fulfill."""
        self.order(*lines, **more)
        await self.taken_in()
        return (await self.rows(Status.READY_TO_FULFILL))[-1]

    async def printed(self) -> list[dict[str, Any]]:
        """Return every order that the provider has."""
        return self.stand_ins.printify.orders()

    async def follow(self, seconds: float = 45.0) -> None:
        """Let time pass at the provider and take in what it tells."""
        self.stand_ins.advance(seconds)
        await self.stand_ins.printify.settle()
        await self.spark.sweep()
        await self.spark.drain()


def line(sold: SampleVariant, properties: Mapping[str, str], quantity: int = 1) -> LineDraft:
    """Return an order's line of what the sample shop sells."""
    return LineDraft(
        title=sold.title,
        variant_title=sold.variant_title,
        sku=sold.sku,
        product_id=sold.product_id,
        variant_id=sold.variant_id,
        vendor=sold.vendor,
        price=sold.price,
        grams=sold.grams,
        quantity=quantity,
        properties=tuple(properties.items()),
    )


@asynccontextmanager
async def open_world(
    folder: Path, *, database_url: str = "", shop: str = "", grace_s: int = 0
) -> AsyncGenerator[World]:
    """Open an installation in *folder* whose shop sells mugs with a name on them."""
    async with open_stand_ins() as stand_ins:
        settings = read_settings(
            {},
            data_dir=folder,
            database_url=database_url or installed_database(folder),
            secret_key=SECRET,
            public_url="http://127.0.0.1:9",
            private_hosts=frozenset({urlsplit(stand_ins.shopify_url).netloc}),
            render_processes=1,
        )
        # The provider would fetch files from an address where nobody serves in these tests.
        stand_ins.printify.set(fetch_files=False)
        async with (
            open_runtime(settings) as runtime,
            serve(create_app(runtime.parts)) as address,
            httpx.AsyncClient(base_url=address, timeout=30) as client,
        ):
            connection = await connect(runtime, stand_ins, grace_s=grace_s)
            yield World(
                runtime=runtime,
                stand_ins=stand_ins,
                client=client,
                shop=ShopId(stand_ins.shop.domain),
                connection=connection,
            )


async def connect(runtime: Runtime, stand_ins: StandIns, *, grace_s: int) -> ConnectionId:
    """Connect the sample shop and its provider, and map the mug."""
    spark, shop = runtime.spark, ShopId(stand_ins.shop.domain)
    await spark.connect_shop(
        shop,
        channel="shopify",
        credentials={
            "client_id": stand_ins.shop.client_id,
            "client_secret": stand_ins.shop.client_secret,
            "access_token": stand_ins.shop.access_token,
        },
        api_url=stand_ins.shopify_url,
    )
    rules = (await spark.show_shop(shop)).rules
    await spark.update_rules(shop, evolve(rules, grace_s=grace_s))
    made = await spark.connect_provider(
        shop,
        provider="printify",
        settings={"token": PRINTIFY_TOKEN, "shop_id": str(stand_ins.provider_shop)},
        api_url=stand_ins.printify_url,
    )
    await spark.save_listing(shop, mug_listing(shop, made.id), by=ANA)
    return made.id


def mug_listing(shop: ShopId, connection: ConnectionId | None, **more: Any) -> Listing:
    """Return what the mug is printed on; a small area, for quick tests."""
    listing = Listing(
        id=ListingId(uuid4()),
        shop_id=shop,
        match=Match.VARIANT,
        key=str(MUG.variant_id),
        title=MUG.title,
        connection_id=connection,
        provider_variant=ProviderVariant(
            keys={"blueprint_id": "68", "print_provider_id": "9", "variant_id": "33719"}, title="Mug 11oz"
        ),
        print_areas=(SMALL,),
    )
    return evolve(listing, **more)


async def settled(check: Any, seconds: float = 5.0) -> None:
    """Wait until *check* holds."""
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.02)
