"""A client of the local Printify for tests, and a place where its webhooks arrive."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import httpx
from attrs import Factory, define
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath

from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_app import create_app
from mockspark.adapters.sandbox.printify_state import Account, Settings
from mockspark.adapters.sandbox.serving import serve

NOON: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
AGENT: Final = "MockSpark/1.0"
ADDRESS: Final = {
    "first_name": "John",
    "last_name": "Smith",
    "email": "john@example.com",
    "phone": "0574 69 21 90",
    "country": "BE",
    "region": "",
    "address1": "ExampleBaan 121",
    "address2": "45",
    "city": "Retie",
    "zip": "2470",
}
MUG: Final = {"blueprint_id": 68, "print_provider_id": 9, "variant_id": 33719}
EUROPEAN_MUG: Final = {"blueprint_id": 68, "print_provider_id": 28, "variant_id": 33719}
SHIRT: Final = {"blueprint_id": 5, "print_provider_id": 41, "variant_id": 17599}
POSTER: Final = {"blueprint_id": 282, "print_provider_id": 2, "variant_id": 43135}
GREEN_HOODIE: Final = {"blueprint_id": 77, "print_provider_id": 8, "variant_id": 32900}
PICTURE: Final = "https://files.example.com/a.png"

Json = dict[str, Any]


def png(width: int, height: int) -> bytes:
    """Return the beginning of a PNG of that size, which is all that the service looks at."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + size + b"\x08\x06\x00\x00\x00"


def line(blank: Json = MUG, **more: Any) -> Json:
    """Return an order's line with a picture of its own."""
    return {**blank, "quantity": 1, "print_areas": {"front": PICTURE}, **more}


def order(external_id: str = "sub-1", *lines: Json, **more: Any) -> Json:
    """Return the body of an order."""
    return {
        "external_id": external_id,
        "label": "SO-1001",
        "line_items": list(lines) or [line()],
        "shipping_method": 1,
        "address_to": ADDRESS,
        **more,
    }


def product(upload_id: str, blank: Json = MUG, **more: Any) -> Json:
    """Return the body of a product with one picture."""
    image = {"id": upload_id, "x": 0.5, "y": 0.5, "scale": 1, "angle": 0}
    places = [{"position": "front", "images": [image]}]
    return {
        "title": "Mug for Milo",
        "description": "One of its kind",
        "blueprint_id": blank["blueprint_id"],
        "print_provider_id": blank["print_provider_id"],
        "variants": [{"id": blank["variant_id"], "price": 1690, "is_enabled": True}],
        "print_areas": [{"variant_ids": [blank["variant_id"]], "placeholders": places}],
        **more,
    }


@define
class Printify:
    """The sandbox, a merchant in it and a client with the merchant's token."""

    sandbox: PrintifySandbox
    account: Account
    http: httpx.AsyncClient
    url: str

    @property
    def shop(self) -> str:
        """Return the path of the merchant's first shop."""
        return f"/v1/shops/{self.account.shop.id}"

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(path, params=query)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.http.post(path, json=body)

    async def place(self, body: Json | None = None) -> str:
        """Place an order and return its id."""
        answer = await self.post(f"{self.shop}/orders.json", body or order())
        assert 200 == answer.status_code, answer.text
        return str(answer.json()["id"])

    async def show(self, order_id: str) -> Json:
        """Return an order as the API shows it."""
        return dict((await self.get(f"{self.shop}/orders/{order_id}.json")).json())

    async def status(self, order_id: str) -> str:
        return str((await self.show(order_id))["status"])

    async def send(self, order_id: str) -> httpx.Response:
        return await self.post(f"{self.shop}/orders/{order_id}/send_to_production.json")

    async def cancel(self, order_id: str) -> httpx.Response:
        return await self.post(f"{self.shop}/orders/{order_id}/cancel.json")

    async def control(self, path: str, body: Any = None) -> Any:
        answer = await self.post(f"/__sandbox__/{path}", body)
        assert 200 == answer.status_code, answer.text
        return answer.json()

    async def subscribe(self, topic: str, url: str, secret: str | None = "s3cret") -> str:
        body = {"topic": topic, "url": url} | ({"secret": secret} if secret else {})
        answer = await self.post(f"{self.shop}/webhooks.json", body)
        assert 200 == answer.status_code, answer.text
        return str(answer.json()["id"])


def still_clock() -> SandboxClock:
    """Return a clock that moves only when it is told to."""
    return SandboxClock(lambda: NOON)


def sandbox_of(seed: int, settings: Settings | None = None) -> PrintifySandbox:
    """Return a sandbox with nobody in it, whose clock stands still."""
    return PrintifySandbox(seed=seed, clock=still_clock(), settings=settings)


@asynccontextmanager
async def printify(settings: Settings | None = None, *, seed: int = 1) -> AsyncGenerator[Printify]:
    """Serve a sandbox with one merchant and give a client for it."""
    sandbox = sandbox_of(seed, settings)
    account = sandbox.open_account()
    headers = {"Authorization": f"Bearer {account.token}", "User-Agent": AGENT}
    async with serve(create_app(sandbox)) as url, httpx.AsyncClient(base_url=url, headers=headers) as http:
        yield Printify(sandbox, account, http, url)


@define
class Arrived:
    """One webhook as it arrived."""

    headers: dict[str, str]
    body: bytes
    json: Json


@define
class Receiver:
    """Keeps what arrives and answers with the statuses it was given, the last one for ever."""

    url: str = ""
    arrived: list[Arrived] = Factory(list)
    statuses: Iterator[int] = Factory(lambda: iter(()))
    files: dict[str, bytes] = Factory(dict)

    def topics(self) -> list[str]:
        return [each.json["type"] for each in self.arrived]

    def told(self, topic: str) -> list[Json]:
        """Return the resources of one topic's events."""
        return [dict(each.json["resource"]) for each in self.arrived if each.json["type"] == topic]


@asynccontextmanager
async def receiver() -> AsyncGenerator[Receiver]:
    """Serve a place for webhooks at `/hooks` and for files at `/files/<name>`."""
    kept = Receiver()

    @post("/hooks")
    async def hooks(request: Request[Any, Any, Any]) -> Response[bytes]:
        body = await request.body()
        kept.arrived.append(Arrived(dict(request.headers), body, await request.json()))
        return Response(b"", status_code=next(kept.statuses, 200))

    @get("/files/{name:str}")
    async def files(name: FromPath[str]) -> Response[bytes]:
        content = kept.files.get(name)
        return Response(content or b"", status_code=404 if content is None else 200, media_type="image/png")

    async with serve(Litestar([hooks, files], openapi_config=None)) as url:
        kept.url = url
        yield kept
