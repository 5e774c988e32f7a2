"""Shopify: orders in by webhook, by id and by sweep; parcels and holds out; one file of each kind beside it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from attrs import field, frozen

from mockspark.adapters.channels.shopify_budget import Budget
from mockspark.adapters.channels.shopify_connections import Connection, part
from mockspark.adapters.channels.shopify_documents import (
    API_VERSION,
    ORDER,
    ORDER_LINES,
    ORDER_OF_WORK,
    ORDERS,
    STORE,
    SUBSCRIBE,
)
from mockspark.adapters.channels.shopify_graphql import ACCESS_DENIED, Admin
from mockspark.adapters.channels.shopify_ids import gid, parsed, short
from mockspark.adapters.channels.shopify_install import SCOPES
from mockspark.adapters.channels.shopify_orders import AdminLine, AdminOrder, line_page, order_of
from mockspark.adapters.channels.shopify_shipping import Shipments
from mockspark.adapters.channels.shopify_tokens import Grants, Tokens
from mockspark.adapters.channels.shopify_webhooks import ShopifyIntake
from mockspark.adapters.plugins import ChannelAccount, ChannelPlugin
from mockspark.application.errors import NotAuthorized, Rejected, Unavailable
from mockspark.application.ports.channels import ShipmentNotice
from mockspark.domain.identity import ExternalRef, ShopId
from mockspark.domain.order import ChannelOrder
from mockspark.domain.shop import Installation

TOPICS: Final = (
    "ORDERS_PAID", "ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_EDITED", "ORDERS_CANCELLED", "ORDERS_DELETE",
    "REFUNDS_CREATE", "FULFILLMENT_ORDERS_PLACED_ON_HOLD", "FULFILLMENT_ORDERS_HOLD_RELEASED",
    "FULFILLMENT_ORDERS_FULFILLMENT_REQUEST_SUBMITTED", "APP_UNINSTALLED",
)  # fmt: skip
"""The news that we subscribe to; the compliance topics can only be declared with the app itself."""

NEEDED_SCOPES: Final = ("read_orders",)
_TAKEN: Final = "already been taken"
_WORK_KIND: Final = "FulfillmentOrder"
DENIED: Final = "open MockSpark in the shop's admin, or install it again"


class _OrderOfWork(msgspec.Struct, kw_only=True, rename="camel"):
    order_id: str


class _Shop(msgspec.Struct, kw_only=True, rename="camel"):
    name: str = ""
    myshopify_domain: str = ""


class _Scope(msgspec.Struct, kw_only=True):
    handle: str


class _App(msgspec.Struct, kw_only=True, rename="camel"):
    access_scopes: list[_Scope] = []


@frozen(kw_only=True)
class ShopifyChannel:
    """One shop at Shopify."""

    shop_id: ShopId
    admin: Admin = field(repr=False)

    async def fetch(self, ref: ExternalRef) -> ChannelOrder | None:
        """Return the order as it is now; None when the store does not know it.

        *ref* may name one of the order's fulfillment orders, as some webhooks do.
        """
        order = await self._order_ref(ref)
        if order is None:
            return None
        data = await self.admin.ask(ORDER, {"id": gid("Order", order)})
        raw = part(data, "order", AdminOrder)
        return None if raw is None else await self._whole(raw)

    async def orders_since(self, moment: datetime) -> AsyncIterator[ChannelOrder]:
        """Yield every order updated since *moment*, oldest change first."""
        after: str | None = None
        while True:
            data = await self.admin.ask(ORDERS, {"query": updated_since(moment), "after": after})
            page = part(data, "orders", Connection[AdminOrder])
            if page is None:
                raise Unavailable("the store told no orders")
            for raw in page.nodes:
                yield await self._whole(raw)
            after = page.next
            if after is None:
                return

    async def publish(self, notice: ShipmentNotice) -> ExternalRef:
        """Tell the store once: an earlier, equal notice is found and returned instead of repeated."""
        return await Shipments(self.admin).publish(notice)

    async def hold(self, order: ExternalRef, *, handle: str, note: str) -> None:
        """Hold the order under *handle*; holding twice is one hold."""
        await Shipments(self.admin).hold(order, handle=handle, note=note)

    async def release(self, order: ExternalRef, *, handle: str) -> None:
        """Lift our own hold *handle* and nobody else's."""
        await Shipments(self.admin).release(order, handle=handle)

    async def subscribe(self, url: str) -> Sequence[str]:
        """Have order news sent to *url*; return the topics that could not be had, with the reason."""
        return [problem for topic in TOPICS if (problem := await self._subscribe(topic, url))]

    async def check(self) -> str:
        """Return a sentence about the store; raises NotAuthorized with what to do."""
        data = await self.admin.ask(STORE, {})
        shop = part(data, "shop", _Shop) or _Shop()
        if shop.myshopify_domain.lower() != self.shop_id:
            raise NotAuthorized(
                f"the credentials open {shop.myshopify_domain or 'no shop'}, not {self.shop_id}"
            )
        scopes = _scopes(part(data, "currentAppInstallation", _App) or _App())
        missing = [scope for scope in NEEDED_SCOPES if scope not in scopes]
        if missing:
            raise NotAuthorized(f"the app lacks {', '.join(missing)}: grant it and install the app again")
        return f"{shop.name} ({shop.myshopify_domain}) answers, Admin API {API_VERSION}.{_lacking(scopes)}"

    async def _order_ref(self, ref: ExternalRef) -> ExternalRef | None:
        if not ref.id.startswith("gid://") or parsed(ref.id)[0] != _WORK_KIND:
            return ref
        try:
            told = await self.admin.ask(ORDER_OF_WORK, {"id": ref.id})
        except NotAuthorized as refusal:
            if refusal.remote_code != ACCESS_DENIED:
                raise
            # The app may see orders without seeing this work: our access as a whole is not broken.
            raise Rejected(str(refusal), remote_code=ACCESS_DENIED) from refusal
        work = part(told, "fulfillmentOrder", _OrderOfWork)
        return None if work is None else short(work.order_id)

    async def _whole(self, raw: AdminOrder) -> ChannelOrder:
        lines = await self._all_lines(raw)
        if not raw.given_away:
            return order_of(raw, lines)
        return order_of(raw, lines, await Shipments(self.admin).given_away(short(raw.id)))

    async def _all_lines(self, raw: AdminOrder) -> Sequence[AdminLine]:
        lines, after = list(raw.line_items.nodes), raw.line_items.next
        while after is not None:
            data = await self.admin.ask(ORDER_LINES, {"id": raw.id, "after": after})
            page = line_page(data, raw.updated_at)
            lines, after = [*lines, *page.nodes], page.next
        return lines

    async def _subscribe(self, topic: str, url: str) -> str:
        variables: dict[str, Any] = {"topic": topic, "subscription": {"uri": url, "format": "JSON"}}
        try:
            change = await self.admin.change(SUBSCRIBE, variables)
        except Rejected as refusal:
            if refusal.remote_code != ACCESS_DENIED:
                raise
            return f"{topic}: {refusal}"
        refused = [error.message for error in change.refused if _TAKEN not in error.message]
        return f"{topic}: {'; '.join(refused)}" if refused else ""


def updated_since(moment: datetime) -> str:
    """Return the search for what was updated since *moment*; unquoted, a time's colons would be read as fields."""
    return f"updated_at:>='{moment.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}'"


def _scopes(app: _App) -> frozenset[str]:
    """Return the granted scopes with what they imply."""
    granted = {scope.handle for scope in app.access_scopes}
    return frozenset(granted | {scope.replace("write_", "read_", 1) for scope in granted})


def _lacking(scopes: frozenset[str]) -> str:
    """Say which scopes are missed for all that the channel can do."""
    missing = [scope for scope in SCOPES if scope not in scopes]
    return f" Not granted: {', '.join(missing)}." if missing else ""


@frozen
class ShopifyShops:
    """Opens shops; their cost buckets outlive each opening."""

    budgets: dict[tuple[str, str], Budget] = field(factory=dict)

    def open(self, account: ChannelAccount) -> ShopifyChannel:
        """Return the shop of an installation."""
        installation = account.installation
        headers = stand_in_headers(installation)
        grants = Grants(remote=account.remote, clock=account.clock, headers=headers)
        admin = Admin(
            remote=account.remote,
            tokens=Tokens(credentials=account.credentials, grants=grants),
            budget=self._budget(installation),
            clock=account.clock,
            headers=headers,
        )
        return ShopifyChannel(shop_id=installation.shop_id, admin=admin)

    def _budget(self, installation: Installation) -> Budget:
        app = installation.credentials.get("client_id", "")
        return self.budgets.setdefault((app, f"{installation.api_url}{installation.shop_id}"), Budget())


def stand_in_headers(installation: Installation) -> Mapping[str, str]:
    """Return what tells a stand-in for all of Shopify which shop is meant; the real one goes by its address."""
    return {"X-Shopify-Shop-Domain": installation.shop_id} if installation.api_url else {}


def signing_secrets(installation: Installation) -> Sequence[str]:
    """Return every secret that may sign the shop's webhooks now: an old one goes on for an hour after a rotation."""
    known = (installation.credentials.get(name, "") for name in ("client_secret", "old_secret"))
    return tuple(secret for secret in known if secret)


PLUGIN: Final = ChannelPlugin(
    key="shopify",
    title="Shopify",
    intake=ShopifyIntake(),
    base_url=lambda installation: f"https://{installation.shop_id}",
    build=ShopifyShops().open,
    secrets=signing_secrets,
    denied=DENIED,
)
