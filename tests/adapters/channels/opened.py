"""A Shopify channel that talks to a running local shop: what the live tests share."""

import functools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import anyio
from attrs import define, evolve, field
from litestar import Litestar

from mockspark.adapters.channels.shopify import PLUGIN, ShopifyChannel, ShopifyShops
from mockspark.adapters.plugins import ChannelAccount
from mockspark.adapters.remote import Pool
from mockspark.adapters.sandbox.agenda import Agenda
from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.adapters.sandbox.faults import Fault
from mockspark.adapters.sandbox.serving import serve
from mockspark.adapters.sandbox.shopify import (
    ACCESS_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DOMAIN,
    ShopifySandbox,
)
from mockspark.adapters.sandbox.shopify_app import create_app
from mockspark.adapters.sandbox.shopify_merchant import Merchant
from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft
from mockspark.adapters.sandbox.shopify_store import PostalAddress, Store, StoredOrder
from mockspark.application.ports.channels import ShipmentNotice
from mockspark.domain.identity import ExternalRef, ShopId
from mockspark.domain.shop import Installation

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRETS: Final[Mapping[str, str]] = {
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "access_token": ACCESS_TOKEN,
}
ADDRESS: Final = PostalAddress(
    first_name="Ada",
    last_name="Fernwood",
    address1="18 Example Drive",
    city="Arlington",
    province="Texas",
    province_code="TX",
    zip="76010",
)


@define
class KeptCredentials:
    """Credentials in memory with the port's promise: one renews at a time."""

    present: Mapping[str, str]
    renewals: int = 0
    _lock: anyio.Lock = field(factory=anyio.Lock)

    async def read(self) -> Mapping[str, str]:
        return self.present

    async def renew(
        self, stale: Mapping[str, str], refresh: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
    ) -> Mapping[str, str]:
        async with self._lock:
            if dict(self.present) == dict(stale):
                self.renewals += 1
                self.present = await refresh(stale)
            return self.present


@define
class Opened:
    """A running shop, the channel to it, and how long the channel has slept."""

    sandbox: ShopifySandbox
    channel: ShopifyChannel
    credentials: KeptCredentials
    account: ChannelAccount
    slept: list[float] = field(factory=list)

    @property
    def store(self) -> Store:
        return self.sandbox.store(DOMAIN)

    @property
    def people(self) -> Merchant:
        return self.sandbox.merchant()

    def order(self, *lines: LineDraft, route: bool = True, **more: Any) -> StoredOrder:
        draft = OrderDraft(lines=lines or (LineDraft(),), address=ADDRESS, email="ada@example.com", **more)
        placed = self.people.place(draft)
        return self.people.route(placed.id) if route else placed

    def spoil(self, kind: str, match: str = "", **more: Any) -> None:
        self.sandbox.faults.add(Fault(kind=kind, match=match, **more))

    def asked(self, operation: str) -> int:
        return sum(operation in asked.operation for asked in self.sandbox.asked)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.sandbox.advance(seconds)


def ref(number: int) -> ExternalRef:
    return ExternalRef("shopify", str(number))


def order_ref(order: StoredOrder) -> ExternalRef:
    return ref(order.id)


def line_refs(order: StoredOrder) -> list[ExternalRef]:
    return [ref(line.id) for line in order.lines]


def notice(order: StoredOrder, *quantities: int, **more: Any) -> ShipmentNotice:
    """Tell of a parcel with so many units of the order's lines, one after the other."""
    lines = tuple(
        (line, quantity) for line, quantity in zip(line_refs(order), quantities, strict=False) if quantity
    )
    values = {"number": "9400100000", "carrier": "usps"} | more
    return ShipmentNotice(order=order_ref(order), lines=lines, **values)


@functools.cache
def _stage() -> tuple[ShopifySandbox, Litestar]:
    """Make the sandbox and its application once: that takes longer than a whole test."""
    sandbox = ShopifySandbox()
    return sandbox, create_app(sandbox)


@asynccontextmanager
async def opened_shop(secrets: Mapping[str, str] = SECRETS, **shop: Any) -> AsyncGenerator[Opened]:
    """Run a shop and open the channel to it; the shop's clock moves only while the channel sleeps."""
    sandbox, app = _stage()
    sandbox.agenda = Agenda(SandboxClock(source=lambda: NOON))
    sandbox.reset()
    sandbox.open_shop(**shop)
    pool = Pool.open()
    credentials = KeptCredentials(secrets)
    async with serve(app) as address:
        installation = Installation(shop_id=ShopId(DOMAIN), credentials=secrets, api_url=address)
        remote = pool.remote(title=PLUGIN.title, base_url=address, clock=sandbox.now)
        account = ChannelAccount(
            installation=installation, remote=remote, credentials=credentials, clock=sandbox.now
        )
        channel = ShopifyShops().open(account)
        opened = Opened(sandbox, channel, credentials, account)
        opened.channel = evolve(channel, admin=evolve(channel.admin, sleep=opened.sleep))
        try:
            yield opened
        finally:
            await pool.aclose()
