"""Webhooks of the local Printify: subscribed to, signed, sent; a failing one is blocked and misses what happens."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from mockspark.adapters.sandbox.deliveries import Delivery
from mockspark.adapters.sandbox.printify_catalogue import Json
from mockspark.adapters.sandbox.printify_errors import bad_choice, misshapen, missing, not_found, required
from mockspark.adapters.sandbox.printify_state import Call, Shop, Webhook, World, among, host_of, stamp

TOPICS: Final = frozenset({
    "shop:disconnected", "product:created", "product:updated", "product:deleted", "product:publish:started",
    "order:created", "order:updated", "order:sent-to-production", "order:shipment:created",
    "order:shipment:delivered", "personalization-preview-task:processed", "support-request:updated",
})  # fmt: skip


def sign(secret: str, body: bytes) -> str:
    """Return the signature of a body: an HMAC over the raw bytes, with its prefix."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def tell(world: World, shop: Shop, topic: str, resource: Json) -> None:
    """Send an event to everybody who subscribed to *topic* in the shop."""
    event = {
        "id": world.uuid("event"),
        "type": topic,
        "created_at": stamp(world.now()),
        "resource": resource,
    }
    for webhook in shop.webhooks.values():
        if webhook.topic == topic:
            _send(world, webhook, event)


def _send(world: World, webhook: Webhook, event: Mapping[str, object]) -> None:
    if webhook.blocked_until is not None and world.now() < webhook.blocked_until:
        world.lost.append({"webhook_id": webhook.id, "event": event})
        return
    body = msgspec.json.encode(event)
    headers = {"Content-Type": "application/json", "User-Agent": "Printify-Webhooks"}
    if webhook.secret:
        headers["X-Pfy-Signature"] = sign(webhook.secret, body)
    world.deliveries.add(
        topic=webhook.topic, url=webhook.url, headers=headers, body=body, owner=webhook.number
    )


def judge(world: World, delivery: Delivery, *, ok: bool) -> None:
    """Block a webhook whose delivery has failed for good; what waits for it is lost."""
    webhook = next((w for w in _all(world) if w.number == delivery.owner), None)
    if webhook is None or ok or len(delivery.attempts) <= len(world.settings.webhook_retries_s):
        return
    webhook.blocked_until = world.now() + timedelta(seconds=world.settings.webhook_block_s)
    delivery.state = "failed"
    world.deliveries.drop({webhook.number})


def _all(world: World) -> list[Webhook]:
    return [
        w
        for account in world.accounts.values()
        for shop in account.shops.values()
        for w in shop.webhooks.values()
    ]


# -- the calls ---------------------------------------------------------------------------------------------


def view(call: Call, webhook: Webhook) -> Json:
    """Return a webhook; the shop's id is a string here."""
    return {"topic": webhook.topic, "url": webhook.url, "shop_id": str(call.shop.id), "id": webhook.id}


def list_webhooks(call: Call) -> list[Json]:
    """Answer all webhooks of a shop."""
    return [view(call, webhook) for webhook in call.shop.webhooks.values()]


def create_webhook(call: Call) -> Json:
    """Subscribe an address to one topic."""
    topic, secret = call.fields.get("topic"), call.fields.get("secret")
    if not topic:
        raise missing({"topic": required("topic")})
    if not among(topic, TOPICS):
        raise bad_choice("topic")
    if secret is not None and not isinstance(secret, str):
        raise misshapen("The secret must be a string.")
    made = Webhook(
        number=call.world.number("webhook number", 1),
        id=call.world.id("webhook"),
        topic=str(topic),
        url=_address(call),
        secret=secret,
    )
    call.shop.webhooks[made.id] = made
    return view(call, made)


def change_webhook(call: Call) -> Json:
    """Change the address, which is all that can be changed."""
    webhook = _find(call)
    webhook.url = _address(call)
    return view(call, webhook)


def delete_webhook(call: Call) -> Json:
    """Remove a webhook; the caller must name its host."""
    webhook = _find(call)
    if call.query.get("host", "").lower() != host_of(webhook.url):
        raise misshapen("The host must match the host of the webhook's url.")
    del call.shop.webhooks[webhook.id]
    call.world.deliveries.drop({webhook.number})
    return {"id": webhook.id}


def simulate(call: Call) -> Json:
    """Send a test event now that carries the caller's words in its resource."""
    webhook = _find(call)
    event = {
        "id": call.world.uuid("event"),
        "type": webhook.topic,
        "created_at": stamp(call.world.now()),
        "resource": call.body if call.body is not None else {},
    }
    _send(call.world, webhook, event)
    return {}


def _find(call: Call) -> Webhook:
    webhook = call.shop.webhooks.get(call.path["webhook"])
    if webhook is None:
        raise not_found()
    return webhook


def _address(call: Call) -> str:
    url = call.fields.get("url")
    if not url:
        raise missing({"url": required("url")})
    if host_of(url) is None:
        raise misshapen("The url format is invalid.")
    return str(url)
