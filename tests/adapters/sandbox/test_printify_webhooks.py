"""Webhooks of the local Printify: who gets them, how they are signed, and what becomes of a receiver that fails."""

import base64
import hashlib
import hmac
import json
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from mockspark.adapters.sandbox.printify_state import Settings
from mockspark.adapters.sandbox.printify_webhooks import TOPICS, sign
from tests.adapters.sandbox.printify_client import (
    EUROPEAN_MUG,
    MUG,
    Printify,
    Receiver,
    line,
    order,
    printify,
    product,
)
from tests.samples import SAMPLES, needs_samples

VECTORS = sorted((SAMPLES / "providers/printify/signature_vector").glob("*.json"))


async def _hooked(pfy: Printify, inbox: Receiver, *topics: str, secret: str | None = "s3cret") -> list[str]:
    return [await pfy.subscribe(topic, f"{inbox.url}/hooks", secret) for topic in topics]


async def test_a_life_is_told_as_it_goes(pfy: Printify, inbox: Receiver) -> None:
    """Every subscribed topic arrives, in the order in which things happened."""
    topics = (
        "order:created",
        "order:updated",
        "order:sent-to-production",
        "order:shipment:created",
        "order:shipment:delivered",
    )
    await _hooked(pfy, inbox, *topics)
    order_id = await pfy.place(order("sub-1", line(MUG), line(EUROPEAN_MUG)))
    pfy.sandbox.advance(2)
    await pfy.send(order_id)
    pfy.sandbox.advance(1_000)
    await pfy.sandbox.settle()
    assert [
        ("order:created", None),
        ("order:updated", "on-hold"),
        ("order:sent-to-production", None),
        ("order:updated", "sending-to-production"),
        ("order:updated", "in-production"),
        ("order:shipment:created", None),
        ("order:updated", "partially-fulfilled"),
        ("order:shipment:created", None),
        ("order:updated", "fulfilled"),
        ("order:shipment:delivered", None),
        ("order:shipment:delivered", None),
    ] == [(each.json["type"], (each.json["resource"]["data"] or {}).get("status")) for each in inbox.arrived]
    assert {order_id} == {each.json["resource"]["id"] for each in inbox.arrived}
    assert 11 == len({each.json["id"] for each in inbox.arrived})


async def test_a_parcel_tells_its_skus(pfy: Printify, inbox: Receiver) -> None:
    """Which is more than the order tells; the carrier is in capitals here and in small letters there."""
    await _hooked(pfy, inbox, "order:shipment:created")
    order_id = await pfy.place(order("sub-1", line(MUG), line(EUROPEAN_MUG)))
    pfy.sandbox.advance_order(order_id, "fulfilled")
    await pfy.sandbox.settle()
    shown = await pfy.show(order_id)
    told = [resource["data"] for resource in inbox.told("order:shipment:created")]
    assert [["USPS"], ["DHL"]] == [[data["carrier"]["code"]] for data in told]
    assert [parcel["number"] for parcel in shown["shipments"]] == [
        data["carrier"]["tracking_number"] for data in told
    ]
    assert [[each["metadata"]["sku"]] for each in shown["line_items"]] == [data["skus"] for data in told]


async def test_nobody_is_told_what_they_did_not_ask_for(pfy: Printify, inbox: Receiver) -> None:
    """One topic a webhook; another shop's events stay there."""
    await _hooked(pfy, inbox, "order:created")
    other = pfy.sandbox.add_shop(pfy.account, "Second")
    await pfy.post(f"/v1/shops/{other.id}/orders.json", order("sub-1"))
    order_id = await pfy.place()
    pfy.sandbox.advance_order(order_id, "fulfilled")
    await pfy.sandbox.settle()
    assert [order_id] == [resource["id"] for resource in inbox.told("order:created")]
    assert ["order:created"] == inbox.topics()


async def test_the_creation_may_name_the_shop(inbox: Receiver) -> None:
    """Some copies of the documents show it."""
    async with printify(Settings(shop_in_created=True)) as pfy:
        await _hooked(pfy, inbox, "order:created")
        await pfy.place()
        await pfy.sandbox.settle()
        assert [{"shop_id": pfy.account.shop.id}] == [each["data"] for each in inbox.told("order:created")]


async def test_a_webhook_is_signed_over_its_raw_bytes(pfy: Printify, inbox: Receiver) -> None:
    """With the secret of its subscription."""
    await _hooked(pfy, inbox, "order:created", secret="ключ 🎁")
    await pfy.place()
    await pfy.sandbox.settle()
    (arrived,) = inbox.arrived
    digest = hmac.new("ключ 🎁".encode(), arrived.body, hashlib.sha256).hexdigest()
    assert f"sha256={digest}" == arrived.headers["x-pfy-signature"]


async def test_without_a_secret_there_is_no_signature(pfy: Printify, inbox: Receiver) -> None:
    """The header is missing then."""
    await _hooked(pfy, inbox, "order:created", secret=None)
    await pfy.place()
    await pfy.sandbox.settle()
    assert "x-pfy-signature" not in inbox.arrived[0].headers


@needs_samples
@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_signature_is_that_of_the_vectors(path: Path) -> None:
    """The header covers every byte: the altered and the rewritten body have others."""
    vector = json.loads(path.read_text("utf-8"))

    def signed(body: str) -> str:
        return sign(vector["secret"], base64.b64decode(body))

    assert vector["expected_header_value"] == signed(vector["body_base64"])
    for altered in vector["must_fail"].values():
        assert vector["expected_header_value"] != signed(altered)


# -- subscribing -------------------------------------------------------------------------------------------


async def test_webhooks_are_kept_and_listed(pfy: Printify) -> None:
    """The shop's id is text here; the secret is never shown."""
    made = (await pfy.post(f"{pfy.shop}/webhooks.json", _wish("order:created"))).json()
    assert {"topic", "url", "shop_id", "id"} == set(made)
    assert str(pfy.account.shop.id) == made["shop_id"]
    assert [made] == (await pfy.get(f"{pfy.shop}/webhooks.json")).json()


def _wish(topic: object, url: object = "https://hooks.example.com/pfy", **more: Any) -> dict[str, Any]:
    return {"topic": topic, "url": url, **more}


@pytest.mark.parametrize("topic", sorted(TOPICS))
async def test_every_known_topic_can_be_had(pfy: Printify, topic: str) -> None:
    """Also those that never come from the sandbox."""
    assert 200 == (await pfy.post(f"{pfy.shop}/webhooks.json", _wish(topic))).status_code


@pytest.mark.parametrize(
    "wish",
    [
        _wish("order:paid"),
        _wish(None),
        _wish(["order:created"]),
        _wish("order:created", ""),
        _wish("order:created", "hooks.example.com"),
        _wish("order:created", "ftp://hooks.example.com/"),
        _wish("order:created", 7),
        _wish("order:created", secret=7),
    ],
)
async def test_a_wrong_wish_is_refused(pfy: Printify, wish: dict[str, Any]) -> None:
    """An unknown topic, no address, or a secret that is none."""
    answer = await pfy.post(f"{pfy.shop}/webhooks.json", wish)
    assert (400, 8150) == (answer.status_code, answer.json()["code"])


async def test_only_the_address_can_be_changed(pfy: Printify) -> None:
    """The topic stays."""
    webhook = await pfy.subscribe("order:created", "https://hooks.example.com/a")
    body = _wish("order:updated", "https://hooks.example.com/b")
    answer = await pfy.http.put(f"{pfy.shop}/webhooks/{webhook}.json", json=body)
    assert ("order:created", body["url"]) == (answer.json()["topic"], answer.json()["url"])


@pytest.mark.parametrize("query", [{}, {"host": "other.example.com"}, {"host": "https://hooks.example.com"}])
async def test_deleting_needs_the_host(pfy: Printify, query: dict[str, str]) -> None:
    """Without the right one nothing is deleted."""
    webhook = await pfy.subscribe("order:created", "https://hooks.example.com/a")
    refused = await pfy.http.delete(f"{pfy.shop}/webhooks/{webhook}.json", params=query)
    assert 400 == refused.status_code
    assert 1 == len((await pfy.get(f"{pfy.shop}/webhooks.json")).json())


async def test_a_webhook_is_deleted_by_id_and_host(pfy: Printify, inbox: Receiver) -> None:
    """The id comes back, and nothing is sent any more."""
    (webhook,) = await _hooked(pfy, inbox, "order:created")
    gone = await pfy.http.delete(f"{pfy.shop}/webhooks/{webhook}.json", params={"host": "127.0.0.1"})
    assert (200, {"id": webhook}) == (gone.status_code, gone.json())
    await pfy.place()
    await pfy.sandbox.settle()
    assert [] == inbox.arrived
    again = await pfy.http.delete(f"{pfy.shop}/webhooks/{webhook}.json", params={"host": "127.0.0.1"})
    assert 404 == again.status_code


async def test_a_test_event_echoes_its_body(pfy: Printify, inbox: Receiver) -> None:
    """It is signed as any other."""
    (webhook,) = await _hooked(pfy, inbox, "order:updated")
    body = {"id": "x", "type": "order", "data": {"note": "Grüße – 🎁"}}
    assert 200 == (await pfy.post(f"{pfy.shop}/webhooks/{webhook}/simulate", body)).status_code
    await pfy.sandbox.settle()
    (arrived,) = inbox.arrived
    assert ("order:updated", body) == (arrived.json["type"], arrived.json["resource"])
    assert sign("s3cret", arrived.body) == arrived.headers["x-pfy-signature"]


# -- failing, repeating, disorder --------------------------------------------------------------------------


async def test_a_refused_webhook_is_sent_again(pfy: Printify, inbox: Receiver) -> None:
    """Three more times, with the same body; success ends it."""
    inbox.statuses = iter([500, 404, 200])
    await _hooked(pfy, inbox, "order:created")
    await pfy.place()
    await pfy.sandbox.settle()
    assert 1 == len(inbox.arrived)
    for seconds in (5, 30, 500):
        pfy.sandbox.advance(seconds)
        await pfy.sandbox.settle()
    assert 3 == len(inbox.arrived)
    assert 1 == len({each.body for each in inbox.arrived})


async def test_a_failing_webhook_is_blocked_and_misses_events(pfy: Printify, inbox: Receiver) -> None:
    """After the third repetition nothing is sent for an hour, and what happens meanwhile never comes."""
    inbox.statuses = chain(repeat(503, 4), repeat(200))
    await _hooked(pfy, inbox, "order:created")
    await pfy.place(order("sub-1"))
    await pfy.sandbox.settle()
    for seconds in (5, 30, 120):
        pfy.sandbox.advance(seconds)
        await pfy.sandbox.settle()
    assert 4 == len(inbox.arrived)
    missed = await pfy.place(order("sub-2"))
    pfy.sandbox.advance(3_599)
    assert [missed] == [each["event"]["resource"]["id"] for each in pfy.sandbox.world.lost]
    pfy.sandbox.advance(1)
    later = await pfy.place(order("sub-3"))
    await pfy.sandbox.settle()
    assert later == inbox.arrived[-1].json["resource"]["id"]
    assert missed not in {each.json["resource"]["id"] for each in inbox.arrived}


async def test_a_receiver_that_is_away_counts_as_failing(pfy: Printify) -> None:
    """No connection is as bad as an error; the log says what happened."""
    await pfy.subscribe("order:created", "http://127.0.0.1:9/hooks")
    await pfy.place()
    await pfy.sandbox.settle()
    (told,) = (await pfy.get("/__sandbox__/deliveries")).json()["deliveries"]
    assert (None, "waiting") == (told["attempts"][0]["status"], told["state"])
    assert told["attempts"][0]["problem"]


async def test_events_may_come_twice(pfy: Printify, inbox: Receiver) -> None:
    """With the same id and the same bytes."""
    await pfy.control("deliveries", {"copies": 2})
    await _hooked(pfy, inbox, "order:created")
    await pfy.place()
    await pfy.sandbox.settle()
    assert (2, 1) == (len(inbox.arrived), len({each.body for each in inbox.arrived}))
    await pfy.control("deliveries/1/repeat")
    await pfy.sandbox.settle()
    assert (3, 1) == (len(inbox.arrived), len({each.body for each in inbox.arrived}))


async def test_events_may_come_in_the_wrong_order(pfy: Printify, inbox: Receiver) -> None:
    """What is held back can be let go backwards."""
    await _hooked(pfy, inbox, "order:updated")
    await pfy.control("deliveries", {"hold": True})
    order_id = await pfy.place()
    pfy.sandbox.advance_order(order_id, "in-production")
    await pfy.sandbox.settle()
    assert [] == inbox.arrived
    await pfy.control("deliveries", {"release": "reversed"})
    await pfy.sandbox.settle()
    assert ["in-production", "sending-to-production", "on-hold"] == [
        resource["data"]["status"] for resource in inbox.told("order:updated")
    ]


async def test_products_are_told_of(pfy: Printify, inbox: Receiver) -> None:
    """Made, changed, published, deleted."""
    topics = ("product:created", "product:updated", "product:publish:started", "product:deleted")
    await _hooked(pfy, inbox, *topics)
    upload = {"file_name": "a.png", "url": "https://x.example/a.png"}
    picture = (await pfy.post("/v1/uploads/images.json", upload)).json()["id"]
    made = (await pfy.post(f"{pfy.shop}/products.json", product(picture))).json()["id"]
    await pfy.http.put(f"{pfy.shop}/products/{made}.json", json={"title": "New"})
    await pfy.post(f"{pfy.shop}/products/{made}/publish.json", {"title": True})
    await pfy.http.delete(f"{pfy.shop}/products/{made}.json")
    await pfy.sandbox.settle()
    assert list(topics) == inbox.topics()
    assert {made} == {each.json["resource"]["id"] for each in inbox.arrived}


async def test_a_disconnected_shop_says_goodbye(pfy: Printify, inbox: Receiver) -> None:
    """Then it is not found any more."""
    await _hooked(pfy, inbox, "shop:disconnected")
    shop = pfy.account.shop.id
    assert 200 == (await pfy.http.delete(f"/v1/shops/{shop}/connection.json")).status_code
    await pfy.sandbox.settle()
    assert [{"id": shop, "type": "shop", "data": None}] == inbox.told("shop:disconnected")
    assert 404 == (await pfy.get(f"/v1/shops/{shop}/orders.json")).status_code
