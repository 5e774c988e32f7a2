"""Deliveries as a sales channel and a provider sign them."""

import hmac
import json
from base64 import b64encode
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, func, select

from mockspark.adapters.sandbox.shopify_bodies import order_body
from mockspark.adapters.sandbox.shopify_store import StoredOrder
from mockspark.adapters.sql.tables import deliveries, refusals
from tests.world import World


def told(world: World, order: StoredOrder) -> bytes:
    """Return the body of a webhook about *order*."""
    return json.dumps(order_body(world.stand_ins.shop.store, order)).encode()


def signed(
    world: World, body: bytes, *, topic: str = "orders/paid", secret: str = "", **more: str
) -> dict[str, str]:
    """Return the headers of a delivery that Shopify signed; *more* replaces some of them."""
    key = secret or world.stand_ins.shop.client_secret
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": b64encode(hmac.new(key.encode(), body, sha256).digest()).decode(),
        "X-Shopify-Shop-Domain": world.stand_ins.shop.domain,
        "X-Shopify-Webhook-Id": str(uuid4()),
        "X-Shopify-Event-Id": str(uuid4()),
    }
    return {
        **headers,
        **{f"X-Shopify-{name.replace('_', '-').title()}": value for name, value in more.items()},
    }


def reported(secret: str, report: Any) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a delivery that Printify signed."""
    body = json.dumps(report).encode()
    seal = hmac.new(secret.encode(), body, sha256).hexdigest()
    return body, {"Content-Type": "application/json", "X-Pfy-Signature": f"sha256={seal}"}


def kept(world: World) -> int:
    """Return how many deliveries are kept."""
    return int(_rows(world, select(func.count()).select_from(deliveries))[0][0])


def refused(world: World) -> dict[tuple[str, str], int]:
    """Return how many deliveries were not believed, by source and reason."""
    found = _rows(world, select(refusals.c.source, refusals.c.why, refusals.c.count))
    return {(source, why): count for source, why, count in found}


def _rows(world: World, query: Any) -> list[Any]:
    engine = create_engine(world.runtime.settings.database_url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(query))
    finally:
        engine.dispose()
