"""A local Shopify that runs, with somebody who listens to its webhooks: what its tests share."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from attrs import Factory, define
from litestar import Litestar, Request, Response, post

from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.adapters.sandbox.serving import serve
from mockspark.adapters.sandbox.shopify import OpenedShop, ShopifySandbox
from mockspark.adapters.sandbox.shopify_app import served
from mockspark.adapters.sandbox.shopify_merchant import Merchant
from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft
from mockspark.adapters.sandbox.shopify_store import FulfillmentOrder, PostalAddress, StoredOrder, gid

NOON: Final = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS: Final = PostalAddress(
    first_name="Ada",
    last_name="Fernwood",
    address1="18 Example Drive",
    city="Arlington",
    province="Texas",
    province_code="TX",
    zip="76010",
)
Json = dict[str, Any]


def still_clock() -> SandboxClock:
    """Return a clock that moves only when it is told to."""
    return SandboxClock(source=lambda: NOON)


@define
class Received:
    """One webhook as it came in."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers["x-shopify-topic"]


@define
class Inbox:
    """Listens to webhooks and answers with the statuses that are lined up, then with 200."""

    address: str = ""
    received: list[Received] = Factory(list)
    answers: list[int] = Factory(list)

    @property
    def topics(self) -> list[str]:
        return [received.topic for received in self.received]

    def app(self) -> Litestar:
        @post("/{rest:path}", status_code=200)
        async def take(request: Request[Any, Any, Any]) -> Response[bytes]:
            self.received.append(Received(dict(request.headers), await request.body()))
            return Response(content=b"", status_code=self.answers.pop(0) if self.answers else 200)

        return Litestar([take], logging_config=None, openapi_config=None)


@define
class Running:
    """One shop of a running sandbox and a client that speaks to it over HTTP."""

    sandbox: ShopifySandbox
    address: str
    client: httpx.AsyncClient
    shop: OpenedShop
    inbox: Inbox

    @property
    def people(self) -> Merchant:
        return self.sandbox.merchant(self.shop.domain)

    async def post(
        self, query: str, variables: Json | None = None, *, token: str | None = None, version: str = "2026-10"
    ) -> httpx.Response:
        return await self.client.post(
            f"{self.address}/admin/api/{version}/graphql.json",
            json={"query": query, "variables": variables or {}},
            headers={"X-Shopify-Access-Token": self.shop.access_token if token is None else token},
        )

    async def ask(self, query: str, /, **variables: Any) -> Json:
        """Return the whole answer."""
        answer = await self.post(query, variables)
        assert 200 == answer.status_code
        return dict(answer.json())

    async def data(self, query: str, /, **variables: Any) -> Any:
        """Return the answer's data; there must be no error beside it."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def control(self, path: str, body: Json | None = None) -> Any:
        answer = await self.client.post(f"{self.address}/__sandbox__/{path}", json=body or {})
        assert answer.is_success, answer.text
        return answer.json()

    def order(self, *quantities: int, **more: Any) -> StoredOrder:
        """Have an order placed and routed: one line of each quantity."""
        lines = tuple(LineDraft(sku=f"SKU-{n}", quantity=q) for n, q in enumerate(quantities or (1,), 1))
        draft = OrderDraft(lines=lines, address=ADDRESS, email="ada@example.com", **more)
        return self.people.route(self.people.place(draft).id)

    def work(self, *quantities: int) -> FulfillmentOrder:
        """Have an order placed and return its fulfillment order."""
        return self.order(*quantities).work[0]


def work_gid(work: FulfillmentOrder) -> str:
    return gid("FulfillmentOrder", work.id)


@asynccontextmanager
async def running_shop(sandbox: ShopifySandbox | None = None, **shop: Any) -> AsyncGenerator[Running]:
    """Run a sandbox with one shop whose app is installed, and an inbox."""
    sandbox = sandbox or ShopifySandbox(clock=still_clock())
    inbox = Inbox()
    async with (
        serve(inbox.app()) as inbox.address,
        served(sandbox) as address,
        httpx.AsyncClient(timeout=10) as client,
    ):
        yield Running(sandbox, address, client, sandbox.open_shop(**shop), inbox)
