"""A bounded client: connections that stay open, each sending a delivery when the last was answered."""

import argparse
import asyncio
import hmac
import json
import time
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import cycle
from typing import Final
from uuid import uuid4

from mockspark.adapters.sandbox.shopify import ShopifySandbox
from mockspark.adapters.sandbox.shopify_bodies import order_body

SHOP: Final = "bench-shop.myshopify.com"
_OK: Final = b"HTTP/1.1 200"


def main() -> None:
    """Send for some seconds and print how many were answered, and how fast."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("secret")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(_load(chosen.port, chosen.secret, chosen.connections, chosen.seconds))))


async def _load(port: int, secret: str, connections: int, seconds: float) -> dict[str, object]:
    requests = cycle([*_requests(secret)])
    await _sent(port, requests, time.monotonic() + min(1.0, seconds / 4), [])
    latencies: list[float] = []
    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(_sent(port, requests, began + seconds, latencies))
    return {"per_second": len(latencies) / (time.monotonic() - began), "latencies": latencies}


def _requests(secret: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield head and body of what the sandbox's shoppers order; the delivery's id goes in between."""
    sandbox = ShopifySandbox()
    opened = sandbox.open_shop()
    sandbox.place_all(40, opened.domain)
    for order in opened.store.orders.values():
        body = json.dumps(order_body(opened.store, order)).encode()
        signature = b64encode(hmac.new(secret.encode(), body, sha256).digest()).decode()
        head = (
            "POST /webhooks/shopify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Shopify-Shop-Domain: {SHOP}\r\nX-Shopify-Topic: orders/paid\r\n"
            f"X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Triggered-At: 2026-01-05T10:00:00.000000000Z\r\n"
            f"X-Shopify-Event-Id: {uuid4()}\r\nContent-Length: {len(body)}\r\nX-Shopify-Webhook-Id: "
        )
        yield head.encode(), body


async def _sent(
    port: int, requests: Iterator[tuple[bytes, bytes]], until: float, latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        head, body = next(requests)
        began = time.perf_counter()
        writer.write(b"".join((head, str(uuid4()).encode(), b"\r\n\r\n", body)))
        answer = await reader.readuntil(b"\r\n\r\n")
        latencies.append(time.perf_counter() - began)
        if not answer.startswith(_OK):
            raise RuntimeError(f"the server answered {answer!r}")
    writer.close()


if __name__ == "__main__":
    main()
