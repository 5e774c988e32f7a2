"""A faithful local Shopify for many shops on one server: Admin GraphQL, OAuth, webhooks, merchants and shoppers.

A GraphQL request names its shop by its access token; everything else by `X-Shopify-Shop-Domain`, the `shop`
parameter or the Host header, and where none of these is known, the only shop that knows the client id is meant.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from attrs import define, frozen
from graphql import DocumentNode, ExecutionResult

from mockspark.adapters.sandbox import shopify_bodies as bodies
from mockspark.adapters.sandbox import shopify_oauth as oauth
from mockspark.adapters.sandbox import shopify_subscriptions as subscribing
from mockspark.adapters.sandbox.agenda import Agenda
from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.adapters.sandbox.deliveries import Deliveries, Delivery, Send
from mockspark.adapters.sandbox.faults import Faults
from mockspark.adapters.sandbox.posting import post
from mockspark.adapters.sandbox.shopify_graphql import (
    Admin,
    for_bulk,
    full_schema,
    new_bucket,
    own_schema,
)
from mockspark.adapters.sandbox.shopify_merchant import Merchant, PlacedSample
from mockspark.adapters.sandbox.shopify_samples import samples
from mockspark.adapters.sandbox.shopify_store import (
    AccessToken,
    AppClient,
    Bucket,
    FulfillmentService,
    Location,
    Numbers,
    Store,
    Subscription,
    gid,
)
from mockspark.adapters.sandbox.shopify_views import Call
from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue

DOMAIN: Final = "demo-shop.myshopify.com"
CLIENT_ID: Final = "sandbox-client-id"
CLIENT_SECRET: Final = "sandbox-client-secret-of-enough-letters"  # noqa: S105 - opens nothing but the sandbox
ACCESS_TOKEN: Final = "shpat_sandbox"  # noqa: S105 - the same
SCOPES: Final = frozenset(
    {
        "read_orders", "write_orders", "read_products", "read_customers", "read_fulfillments", "write_fulfillments",
        "read_merchant_managed_fulfillment_orders", "write_merchant_managed_fulfillment_orders",
        "read_third_party_fulfillment_orders", "write_third_party_fulfillment_orders",
        "read_assigned_fulfillment_orders", "write_assigned_fulfillment_orders",
    }
)  # fmt: skip
APP_TOPICS: Final = (
    "orders/paid", "orders/updated", "orders/cancelled", "orders/edited", "refunds/create", "app/uninstalled",
    "customers/data_request", "customers/redact", "shop/redact",
)  # fmt: skip
"""What an app declares in its own configuration; such subscriptions outlive failures."""

# Eight repetitions over four hours, with growing gaps: https://shopify.dev/docs/apps/build/webhooks/troubleshoot
RETRY_GAPS: Final = tuple(timedelta(seconds=s) for s in (10, 30, 60, 300, 600, 1_800, 3_600, 7_200))
ANSWER_WITHIN_S: Final = 5.0
MOST_FAILURES: Final = 8


@frozen(kw_only=True)
class OpenedShop:
    """What a developer needs to talk to a shop of the sandbox."""

    domain: str
    client_id: str
    client_secret: str
    access_token: str
    store: Store


@define(kw_only=True)
class Asked:
    """One request that the sandbox answered."""

    at: str
    method: str
    path: str
    shop: str = ""
    operation: str = ""
    variables: Any = None
    status: int = 0
    fault: str = ""


class ShopifySandbox:
    """Shops in memory behind one clock and one seed: equal seeds and equal calls give equal shops."""

    def __init__(
        self,
        *,
        seed: int = 0,
        clock: SandboxClock | None = None,
        judged_by: Path | None = None,
        send: Send = post,
    ) -> None:
        """*judged_by* is the real schema as SDL: documents must then be valid there, too."""
        self.agenda = Agenda(clock or SandboxClock())
        self.admin = Admin(schema=own_schema(), full=full_schema(judged_by) if judged_by else None)
        self.base_url = "http://127.0.0.1:4000"
        self.deliveries = Deliveries(
            self.agenda, gaps=RETRY_GAPS, within_s=ANSWER_WITHIN_S, judge=self._judge, send=send
        )
        self.reset(seed)

    def reset(self, seed: int = 0) -> None:
        """Forget every shop and begin anew from *seed*."""
        self.seed = seed
        self.numbers = Numbers()
        self.stores: dict[str, Store] = {}
        self.apps: dict[str, AppClient] = {}
        self.faults = Faults()
        self.asked: list[Asked] = []
        self._ids, self._words = Random(f"ids/{seed}"), Random(f"words/{seed}")
        self._request_ids = Random(f"requests/{seed}")
        self._last_bodies: dict[tuple[int, str], bytes] = {}
        self.agenda.clear()
        self.deliveries.clear(seed)

    # -- the stage that the store stands on ----------------------------------------------------------------

    def now(self) -> datetime:
        """Return the present, in whole seconds."""
        return self.agenda.now()

    def later(self, delay: timedelta, act: Callable[[], None]) -> None:
        """Run *act* once the clock has passed *delay*."""
        self.agenda.later(delay, act)

    def event(self) -> str:
        """Return the id that all webhooks of one action share."""
        return self._uuid(self._ids)

    def request_id(self) -> str:
        """Return the id of one answer."""
        return self._uuid(self._request_ids)

    def word(self, prefix: str) -> str:
        """Return a fresh secret word."""
        return f"{prefix}{self._words.getrandbits(128):032x}"

    @staticmethod
    def _uuid(source: Random) -> str:
        return str(UUID(int=source.getrandbits(128), version=4))

    def tell(self, store: Store, topic: str, body: dict[str, Any], *, event: str) -> None:
        """Send a webhook to whoever subscribed to *topic*."""
        for wish in list(store.subscriptions.values()):
            if wish.topic == topic and subscribing.passes(wish, body):
                self._deliver(store, wish, subscribing.trimmed(wish, body), event)

    def _deliver(self, store: Store, wish: Subscription, body: Mapping[str, Any], event: str) -> None:
        raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        if wish.include_fields and self._unchanged(wish, body, raw):
            return
        app = self._app_of(wish.app_id)
        headers = self._headers(store, app, wish.topic, raw) | {"X-Shopify-Event-Id": event}
        if wish.name:
            headers["X-Shopify-Name"] = wish.name
        self.deliveries.add(topic=wish.topic, url=wish.uri, headers=headers, body=raw, owner=wish.id)

    def _unchanged(self, wish: Subscription, body: Mapping[str, Any], raw: bytes) -> bool:
        key = (wish.id, str(body.get("admin_graphql_api_id") or body.get("id")))
        before = self._last_bodies.get(key)
        self._last_bodies[key] = raw
        return before == raw

    def _headers(self, store: Store, app: AppClient, topic: str, raw: bytes) -> dict[str, str]:
        # The oldest secret that was not revoked signs, also for a while after a new one was made.
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": oauth.sign(app.secrets[0], raw),
            "X-Shopify-Shop-Domain": store.domain,
            "X-Shopify-API-Version": app.webhook_api_version,
            "X-Shopify-Webhook-Id": self._uuid(self._ids),
            "X-Shopify-Triggered-At": self.agenda.exact().strftime("%Y-%m-%dT%H:%M:%S.%f000Z"),
        }

    def notify(self, store: Store, service: FulfillmentService, kind: str) -> None:
        """Call a fulfillment service's address: there is a request of *kind*, and no word of which."""
        if service.callback_url is None or service.app_id is None:
            return
        raw = json.dumps({"kind": kind}, separators=(",", ":")).encode()
        self.deliveries.add(
            topic="fulfillment_order_notification",
            url=f"{service.callback_url.rstrip('/')}/fulfillment_order_notification",
            headers=self._headers(store, self._app_of(service.app_id), "fulfillment_order_notification", raw),
            body=raw,
        )

    def _app_of(self, app_id: int) -> AppClient:
        return next(app for app in self.apps.values() if app.id == app_id)

    def _judge(self, delivery: Delivery, ok: bool) -> None:  # noqa: FBT001 - the port's signature
        """Count failures in a row; a subscription made by the Admin API does not outlive eight of one delivery."""
        for store in self.stores.values():
            wish = store.subscriptions.get(delivery.owner or 0)
            if wish is None:
                continue
            wish.failures_in_a_row = 0 if ok else wish.failures_in_a_row + 1
            hopeless = min(wish.failures_in_a_row, len(delivery.attempts)) >= MOST_FAILURES
            if wish.by_api and hopeless and not ok:
                del store.subscriptions[wish.id]
                store.log.append(f"removed the subscription to {wish.topic} at {wish.uri}")
                self.deliveries.drop({wish.id})

    # -- shops and apps --------------------------------------------------------------------------------------

    def open_shop(
        self,
        domain: str = DOMAIN,
        *,
        client_id: str = CLIENT_ID,
        client_secret: str = CLIENT_SECRET,
        token: str | None = ACCESS_TOKEN,
        scopes: frozenset[str] = SCOPES,
        currency: str = "USD",
        webhooks: str | None = None,
        topics: Sequence[str] = APP_TOPICS,
        redirect_uris: tuple[str, ...] = (),
    ) -> OpenedShop:
        """Make a shop that knows the app; with a *token* the app is installed, too.

        *webhooks* is where the app's own configuration has *topics* sent; more can be subscribed to by API.
        """
        if domain in self.stores:
            raise InvalidValue(f"there is a shop {domain} already")
        app = self._client(client_id, client_secret, redirect_uris)
        store = self._new_store(domain, scopes=scopes, currency=currency)
        store.apps[client_id] = app
        if token is not None:
            self._install(store, app, token)
        if webhooks is not None:
            self.configure_webhooks(domain, client_id, webhooks, topics)
        return OpenedShop(
            domain=domain,
            client_id=client_id,
            client_secret=client_secret,
            access_token=token or "",
            store=store,
        )

    def _client(self, client_id: str, secret: str, redirect_uris: tuple[str, ...]) -> AppClient:
        known = self.apps.get(client_id)
        if known is None:
            known = AppClient(
                id=self.numbers(), client_id=client_id, secrets=[secret], redirect_uris=redirect_uris
            )
            self.apps[client_id] = known
        return known

    def _new_store(self, domain: str, *, scopes: frozenset[str], currency: str) -> Store:
        name = domain.partition(".")[0]
        store = Store(
            id=self.numbers(),
            domain=domain,
            name=name.replace("-", " ").title(),
            email=f"owner@{name}.example",
            scopes=scopes,
            currency=currency,
            created_at=self.now(),
        )
        store.locations.append(Location(id=self.numbers(), name="Shop location"))
        self.stores[domain] = store
        return store

    def _install(self, store: Store, app: AppClient, token: str) -> None:
        store.installed.add(app.client_id)
        store.tokens[token] = AccessToken(value=token, client_id=app.client_id, scopes=store.scopes)

    def configure_webhooks(
        self, domain: str, client_id: str, uri: str, topics: Sequence[str] = APP_TOPICS
    ) -> None:
        """Subscribe as an app's own configuration does, for one shop."""
        store, app = self.store(domain), self.apps[client_id]
        for topic in topics:
            wish = Subscription(
                id=self.numbers(),
                topic=topic,
                uri=uri,
                created_at=self.now(),
                updated_at=self.now(),
                app_id=app.id,
                by_api=False,
            )
            store.subscriptions[wish.id] = wish

    def store(self, domain: str) -> Store:
        """Return a shop; raises NotFound."""
        known = self.stores.get(domain)
        if known is None:
            raise NotFound("Shopify shop", domain)
        return known

    def merchant(self, domain: str = DOMAIN) -> Merchant:
        """Return the people of a shop: shoppers who order, a merchant who pays, edits and cancels."""
        return Merchant(world=self, store=self.store(domain), word=self.word)

    def place_all(self, count: int = 50, domain: str = DOMAIN) -> tuple[PlacedSample, ...]:
        """Have *count* sample orders placed, every kind of case first; the seed decides the rest."""
        chosen = samples(self.seed, count, pictures=f"{self.base_url}/pictures")
        return self.merchant(domain).place_samples(chosen)

    def uninstall(self, domain: str = DOMAIN, client_id: str = CLIENT_ID) -> None:
        """Remove the app from a shop: its tokens die before it is told."""
        store, app = self.store(domain), self.apps[client_id]
        oauth.uninstall(store, app)
        self.tell(store, "app/uninstalled", bodies.shop_body(store), event=self.event())
        gone = [wish.id for wish in store.subscriptions.values() if wish.app_id == app.id and wish.by_api]
        for wish_id in gone:
            del store.subscriptions[wish_id]

    # -- the Admin API ---------------------------------------------------------------------------------------

    def bearer(self, token: str) -> tuple[Store, AccessToken] | None:
        """Return the shop that a live *token* opens."""
        for store in self.stores.values():
            found = oauth.present(store, token, self.now())
            if found is not None:
                return store, found
        return None

    def bucket(self, store: Store, client_id: str) -> Bucket:
        """Return the cost bucket of one app in one shop."""
        if client_id not in store.buckets:
            store.buckets[client_id] = new_bucket(store.restore_rate, self.now())
        return store.buckets[client_id]

    def answer(
        self,
        store: Store,
        token: AccessToken,
        version: str,
        asked: Mapping[str, Any],
        *,
        drained: bool = False,
    ) -> dict[str, Any]:
        """Answer one GraphQL request; *drained* makes the bucket seem empty for this once."""
        self.agenda.run_due()
        bucket = self.bucket(store, token.client_id)
        level = bucket.available(self.now())
        if drained:
            bucket.take(level, self.now())
        call = self._call(store, token, version)
        variables = asked.get("variables") or {}
        answer = self.admin.answer(
            call, bucket, str(asked.get("query") or ""), variables, asked.get("operationName")
        )
        if drained:
            bucket.take(-level, self.now())
        return answer

    def _call(self, store: Store, token: AccessToken, version: str) -> Call:
        def for_all(document: DocumentNode) -> ExecutionResult:
            return self.admin.execute(for_bulk(call), document)

        call = Call(
            world=self,
            store=store,
            app=store.apps[token.client_id],
            scopes=token.scopes,
            version=version,
            base_url=self.base_url,
            schema=self.admin.schema,
            answer=for_all,
        )
        return call

    # -- for tests and demonstrations --------------------------------------------------------------------------

    def advance(self, seconds: float) -> datetime:
        """Move the clock on; what falls due is sent by whoever serves the sandbox, or by `settle`."""
        return self.agenda.advance(seconds)

    async def settle(self) -> None:
        """Return when everything that is due was done and sent."""
        await self.deliveries.settle()

    def dump(self) -> dict[str, Any]:
        """Return everything that the shops hold, as webhooks tell it: equal seeds and calls give equal dumps."""
        return {
            domain: {
                "orders": [bodies.order_body(store, order) for order in store.orders.values()],
                "work": [
                    {"id": gid("FulfillmentOrder", work.id), "order": order.id, "status": work.status}
                    for order, work in store.work()
                ],
                "subscriptions": [f"{wish.topic} {wish.uri}" for wish in store.subscriptions.values()],
            }
            for domain, store in self.stores.items()
        }
