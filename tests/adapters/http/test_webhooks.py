"""What is believed of a webhook, what is kept of it, and what its sender hears."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockspark.adapters.http.webhooks import MOST_BYTES
from mockspark.adapters.sandbox.printify_faults import Fault
from mockspark.domain.status import Status
from tests.adapters.http.signing import kept, refused, reported, signed, told
from tests.world import World

SHOPIFY: Final = "/webhooks/shopify"
API: Final = "/api/v1"


async def deliver(world: World, body: bytes, headers: Any) -> httpx.Response:
    return await world.client.post(SHOPIFY, content=body, headers=headers)


async def test_a_signed_order_is_kept_answered_and_worked_off(world: World) -> None:
    """The sender hears an empty 200, and the order becomes items afterwards."""
    body = told(world, world.order())

    answer = await deliver(world, body, signed(world, body))
    before = await world.rows()
    await world.spark.drain()

    assert (200, b"") == (answer.status_code, answer.content)
    assert ([], 1) == (before, len(await world.rows()))


async def test_a_delivery_that_is_repeated_is_worked_once(world: World) -> None:
    """Every repetition hears 200, also while the first is still open, and after it was worked off."""
    body = told(world, world.order())
    headers = signed(world, body)

    at_once = await asyncio.gather(*(deliver(world, body, headers) for _ in range(3)))
    await world.spark.drain()
    late = await deliver(world, body, headers)
    await world.spark.drain()

    assert {200} == {answer.status_code for answer in (*at_once, late)}
    assert (1, 1) == (kept(world), len(await world.rows()))


async def test_what_is_not_believed_leaves_a_number_and_nothing_else(world: World) -> None:
    """A forged, unsigned or misaddressed delivery hears an empty 401; of it a counter stays (T1)."""
    body = told(world, world.order())
    spoiled: list[dict[str, str]] = [
        {"hmac_sha256": ""},
        {"hmac_sha256": "Zm9yZ2Vk"},
        {"shop_domain": "nobody-knows.myshopify.com"},
        {"shop_domain": "demo-shop.myshopify.com.evil.example"},
        {"shop_domain": ""},
    ]

    for case in spoiled:
        answer = await deliver(world, body, signed(world, body, **case))
        assert (case, 401, b"") == (case, answer.status_code, answer.content)

    assert (0, {("channel:shopify", "not_authorized"): len(spoiled)}) == (kept(world), refused(world))


async def test_a_signature_that_stands_twice_is_nobodys(world: World) -> None:
    """Two headers of one name are not believed, even when both are right."""
    body = told(world, world.order())
    headers = signed(world, body)
    doubled = [*headers.items(), ("X-Shopify-Hmac-Sha256", headers["X-Shopify-Hmac-Sha256"])]

    answer = await deliver(world, body, doubled)

    assert (401, b"", 0) == (answer.status_code, answer.content, kept(world))


async def test_a_delivery_that_is_signed_with_another_secret_is_not_believed(world: World) -> None:
    """Knowing another app's secret opens nothing."""
    body = told(world, world.order())

    answer = await deliver(world, body, signed(world, body, secret="another-app"))

    assert (401, 0) == (answer.status_code, kept(world))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(place: int, bit: int) -> None:
    """Whichever bit of the body is turned, the door stays shut."""
    from mockspark.adapters.channels.shopify_webhooks import is_signed, signature

    body = b'{"id": 1, "note": "as it was sent"}'
    seal = signature(body, "secret").decode()
    turned = bytearray(body)
    turned[place % len(body)] ^= 1 << bit

    assert is_signed(body, seal, ["secret"])
    assert not is_signed(bytes(turned), seal, ["secret"])


async def test_a_signed_body_that_is_no_message_is_malformed(world: World) -> None:
    """It hears 400 with the reason, and a counter stays."""
    bodies = [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"id": 1} and more']

    for body in bodies:
        answer = await deliver(world, body, signed(world, body))
        assert (body, 400, "malformed") == (body, answer.status_code, answer.json()["code"])

    assert (0, {("channel:shopify", "rejected"): len(bodies)}) == (kept(world), refused(world))


async def test_a_signed_message_without_its_headers_is_malformed(world: World) -> None:
    """A message without topic or without any id cannot be kept."""
    for case in ({"topic": ""}, {"topic": "../x"}, {"webhook_id": "", "event_id": ""}):
        answer = await deliver(world, b"{}", signed(world, b"{}", **case))
        assert (case, 400, 0) == (case, answer.status_code, kept(world))


async def test_an_unknown_topic_is_accepted_and_means_nothing(world: World) -> None:
    """The sender is content, so that it goes on sending what does mean something."""
    body = b'{"id": 1}'

    answer = await deliver(world, body, signed(world, body, topic="products/update"))
    await world.spark.drain()

    assert (200, []) == (answer.status_code, await world.rows())


async def test_a_body_over_the_limit_is_refused_before_it_is_read(world: World) -> None:
    """By its announced length nothing is read, and without one no more than the limit is."""
    body = b" " * (MOST_BYTES + 1)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 64 * 1024):
            yield body[start : start + 64 * 1024]

    announced = await turned_away(deliver(world, body, signed(world, body)))
    streamed = await turned_away(world.client.post(SHOPIFY, content=pieces(), headers=signed(world, body)))
    alive = await world.client.get("/health/live")

    assert {"too_large"} >= {announced, streamed} - {"hung up"}
    assert (200, 0) == (alive.status_code, kept(world))


async def turned_away(sending: Awaitable[httpx.Response]) -> str:
    """Return the code of the refusal, or `hung up` for a sender that was still talking when the line closed."""
    try:
        answer = await sending
    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
        return "hung up"
    assert 413 == answer.status_code
    return str(answer.json()["code"])


async def test_a_giant_that_only_announces_itself_is_answered_at_once(world: World) -> None:
    """A sender that promises a gigabyte and sends a byte does not make us wait for it."""
    address = urlsplit(str(world.client.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        f"POST {SHOPIFY} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 1073741824\r\n\r\n{{".encode()
    )
    line = await asyncio.wait_for(reader.readline(), 5)
    writer.close()

    assert b"413" in line


async def test_a_body_of_the_largest_allowed_size_is_kept(world: World) -> None:
    """The limit itself is allowed."""
    body = b'{"id": 1, "note": "' + b"x" * (MOST_BYTES - 21) + b'"}'

    answer = await deliver(world, body, signed(world, body))

    assert (MOST_BYTES, 200, 1) == (len(body), answer.status_code, kept(world))


async def test_a_webhook_is_answered_while_a_provider_is_slow(world: World) -> None:
    """The answer comes before any work and waits for nobody outside."""
    item = await world.ready()
    world.stand_ins.printify.faults.waiting.append(Fault(kind="slow", seconds=2.0, times=50))
    me = await world.token()
    await world.client.post(f"{API}/submissions", json={"items": [str(item.id)]}, headers=me)
    calling = asyncio.ensure_future(world.spark.drain())
    await asyncio.sleep(0.3)
    body = told(world, world.order())

    began = time.monotonic()
    answer = await deliver(world, body, signed(world, body))
    took = time.monotonic() - began

    assert not calling.done()
    assert 200 == answer.status_code
    assert took < 1
    world.stand_ins.printify.faults.waiting.clear()
    await calling


async def test_a_provider_is_believed_by_its_signature_and_its_address(world: World) -> None:
    """A wrong signature, an account that there is not and another provider's address are all the same 401."""
    report = {"id": str(uuid4()), "type": "order:updated", "resource": {"id": "1", "type": "order"}}
    (account,) = await world.spark.connections(world.shop)
    body, headers = reported(account.hook_secret, report)
    _, forged = reported("guessed", report)
    right = f"/webhooks/printify/{world.connection}"

    believed = await world.client.post(right, content=body, headers=headers)
    again = await world.client.post(right, content=body, headers=headers)
    answers = [
        await world.client.post(address, content=body, headers=told_headers)
        for address, told_headers in (
            (right, forged),
            (right, {}),
            (f"{right}?secret=guessed", headers),
            (f"/webhooks/printify/{uuid4()}", headers),
            (f"/webhooks/manual/{world.connection}", headers),
        )
    ]

    assert (200, 200) == (believed.status_code, again.status_code)
    assert {(401, b"")} == {(answer.status_code, answer.content) for answer in answers}
    assert 1 == kept(world)


async def test_a_signed_report_that_cannot_be_read_is_malformed(world: World) -> None:
    """A provider hears 400 for what is signed and makes no sense."""
    (account,) = await world.spark.connections(world.shop)
    reports: list[Any] = [[], {"id": "1"}, "text", {"id": "1", "resource": {}}]

    for report in reports:
        body, headers = reported(account.hook_secret, report)
        answer = await world.client.post(
            f"/webhooks/printify/{world.connection}", content=body, headers=headers
        )
        assert (report, 400, 0) == (report, answer.status_code, kept(world))


async def test_a_removed_shop_is_still_listened_to_only_by_its_signature(world: World) -> None:
    """After the app was removed the redaction requests still arrive, and a forged one still does not."""
    gone = b'{"id": 1}'
    await deliver(world, gone, signed(world, gone, topic="app/uninstalled"))
    await world.spark.drain()
    body = b'{"shop_id": 1, "shop_domain": "demo-shop.myshopify.com"}'

    forged = await deliver(world, body, signed(world, body, topic="shop/redact", secret="guessed"))
    believed = await deliver(world, body, signed(world, body, topic="shop/redact"))

    assert (401, 200) == (forged.status_code, believed.status_code)
    assert [] == await world.rows(Status.SENDING)
