"""What goes wrong on request: before a call is carried out, after it, and how a sandbox is steered by HTTP."""

import asyncio
import time
from json import JSONDecodeError
from typing import Any

import httpx
import pytest

from tests.adapters.sandbox.running import Running, work_gid

SHIP = """mutation Ship($id: ID!) { fulfillmentCreate(fulfillment: {lineItemsByFulfillmentOrder:
  [{fulfillmentOrderId: $id}]}) { fulfillment { id } userErrors { message } } }"""


async def ship(shopify: Running, work: Any) -> httpx.Response:
    return await shopify.post(SHIP, {"id": work_gid(work)})


@pytest.mark.parametrize(
    ("fault", "status", "shipped"),
    [
        ({"kind": "status", "status": 502}, 502, 0),
        ({"kind": "too_many"}, 429, 0),
        ({"kind": "timeout_before", "seconds": 0}, 504, 0),
        ({"kind": "status_after_commit", "status": 500}, 500, 1),
        ({"kind": "timeout_after_commit", "seconds": 0}, 504, 1),
    ],
)
async def test_a_fault_comes_before_or_after_the_deed(
    shopify: Running, fault: dict[str, Any], status: int, shipped: int
) -> None:
    """Some faults keep a call from being carried out, others only lose its answer; then all is well again."""
    await shopify.control("faults", fault | {"match": "fulfillmentCreate"})
    work = shopify.work(1)
    assert status == (await ship(shopify, work)).status_code
    assert shipped == len(shopify.shop.store.orders[work.order_id].fulfillments)
    assert 200 == (await ship(shopify, work)).status_code


async def test_too_many_calls_say_when_to_come_again(shopify: Running) -> None:
    """A 429 carries Retry-After."""
    await shopify.control("faults", {"kind": "too_many"})
    assert "2.0" == (await shopify.post("{ shop { name } }")).headers["retry-after"]


async def test_a_throttled_answer_is_the_stores_own(shopify: Running) -> None:
    """For one call the bucket seems empty; the answer is a 200 that says so."""
    await shopify.control("faults", {"kind": "throttled", "match": "orders", "times": 2})
    query = "{ orders(first: 1) { nodes { id } } }"
    answers = [await shopify.ask(query) for _ in range(3)]
    codes = [answer["errors"][0]["extensions"]["code"] if "errors" in answer else "" for answer in answers]
    assert ["THROTTLED", "THROTTLED", ""] == codes
    assert 0 == answers[0]["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"]


async def test_a_malformed_answer_is_no_json(shopify: Running) -> None:
    """The status is 200 and the body is cut off."""
    await shopify.control("faults", {"kind": "malformed"})
    answer = await shopify.post("{ shop { name } }")
    assert 200 == answer.status_code
    with pytest.raises(JSONDecodeError):
        answer.json()


async def test_a_slow_answer_comes_late_and_whole(shopify: Running) -> None:
    """Others are served meanwhile."""
    await shopify.control("faults", {"kind": "slow", "seconds": 0.2, "match": "Slowly"})
    started = time.monotonic()
    answer = await shopify.ask("query Slowly { shop { name } }")
    assert time.monotonic() - started >= 0.2
    assert "errors" not in answer


async def test_a_fault_befalls_only_what_it_matches(shopify: Running) -> None:
    """An operation's name, a root field or a path is matched; other calls go on."""
    await shopify.control("faults", {"kind": "status", "match": "access_token"})
    assert 200 == (await shopify.post("{ shop { name } }")).status_code
    refused = await shopify.client.post(f"{shopify.address}/admin/oauth/access_token", json={})
    assert 503 == refused.status_code


async def test_a_fault_that_is_not_known_is_refused(shopify: Running) -> None:
    """A typing error in a fault does not pass silently."""
    for wrong in ({"kind": "flood"}, {"kind": "slow", "secs": 1}):
        answer = await shopify.client.post(f"{shopify.address}/__sandbox__/faults", json=wrong)
        assert 422 == answer.status_code


async def test_requests_are_kept_with_what_they_asked(shopify: Running) -> None:
    """A test can look at what a client sent: operation, variables, status, and no token."""
    work = shopify.work(1)
    await shopify.control("faults", {"kind": "status", "status": 502})
    await ship(shopify, work)
    (asked,) = (await shopify.client.get(f"{shopify.address}/__sandbox__/requests")).json()
    assert ("Ship, fulfillmentCreate", 502, "status") == (asked["operation"], asked["status"], asked["fault"])
    assert {"id": work_gid(work)} == asked["variables"]
    assert shopify.shop.access_token not in str(asked)


# -- steering by HTTP ----------------------------------------------------------------------------------------


async def test_an_order_is_led_through_its_life_by_http(shopify: Running) -> None:
    """Placed unpaid, paid, moved, edited, held, released, refunded and canceled: each answers with the order."""
    root = f"shops/{shopify.shop.domain}/orders"
    order = await shopify.control(
        root,
        {
            "lines": [{"title": "Mug", "quantity": 3}],
            "financial_status": "authorized",
            "email": "a@example.com",
        },
    )
    line = order["line_items"][0]["id"]
    at = f"{root}/{order['id']}"
    assert "paid" == (await shopify.control(f"{at}/pay"))["financial_status"]
    assert (
        "Elsewhere"
        == (await shopify.control(f"{at}/address", {"city": "Elsewhere"}))["shipping_address"]["city"]
    )
    assert "be quick" == (await shopify.control(f"{at}/note", {"note": "be quick"}))["note"]
    edited = await shopify.control(f"{at}/edit", {"reduce": {str(line): 1}, "add": [{"title": "Poster"}]})
    assert [2, 1] == [each["current_quantity"] for each in edited["line_items"]]
    await shopify.control(f"{at}/hold", {"reason": "OTHER"})
    assert "ON_HOLD" == shopify.shop.store.orders[order["id"]].work[0].status
    await shopify.control(f"{at}/release")
    parts = [{"line_id": line, "quantity": 1}]
    assert 1 == len((await shopify.control(f"{at}/refund", {"parts": parts}))["refunds"])
    assert (await shopify.control(f"{at}/cancel"))["cancelled_at"]


async def test_a_shipped_order_is_shipped_by_http(shopify: Running) -> None:
    """The merchant can fulfill by hand."""
    order = shopify.order(1)
    at = f"shops/{shopify.shop.domain}/orders/{order.id}"
    shipped = await shopify.control(f"{at}/ship", {"company": "UPS", "number": "1Z"})
    assert ("fulfilled", "1Z") == (
        shipped["fulfillment_status"],
        shipped["fulfillments"][0]["tracking_number"],
    )


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("shops/nowhere.myshopify.com/orders", {"lines": [{}]}, 404),
        ("shops/demo-shop.myshopify.com/orders", {"lines": []}, 422),
        ("shops/demo-shop.myshopify.com/orders", {"lines": [{"colour": "red"}]}, 422),
        ("shops/demo-shop.myshopify.com/orders/1/pay", {}, 404),
        ("shops/demo-shop.myshopify.com/orders/1/dance", {}, 422),
        ("deliveries/7/again", {}, 404),
        ("shops", {"domain": "demo-shop.myshopify.com"}, 422),
        ("clock/advance", {"seconds": -1}, 422),
    ],
)
async def test_a_wrong_wish_names_what_is_wrong(
    shopify: Running, path: str, body: dict[str, Any], status: int
) -> None:
    """Nothing is guessed: an unknown shop, order, act or key is refused in words."""
    answer = await shopify.client.post(f"{shopify.address}/__sandbox__/{path}", json=body)
    assert status == answer.status_code
    assert answer.json()["error"]


async def test_a_shop_is_opened_by_http(shopify: Running) -> None:
    """The answer holds what a client needs; the new shop's token opens it and no other."""
    made = await shopify.control(
        "shops", {"domain": "new-shop.myshopify.com", "token": "shpat_new", "currency": "EUR"}
    )
    answer = await shopify.post("{ shop { myshopifyDomain currencyCode } }", token=made["access_token"])
    assert {"myshopifyDomain": "new-shop.myshopify.com", "currencyCode": "EUR"} == answer.json()["data"][
        "shop"
    ]


async def test_a_reset_forgets_everything(shopify: Running) -> None:
    """Orders, tokens and deliveries are gone; webhooks go on being sent afterwards."""
    shopify.order(1)
    await shopify.control("reset", {"seed": 5})
    assert 401 == (await shopify.post("{ shop { name } }")).status_code
    shopify.sandbox.open_shop(webhooks=f"{shopify.inbox.address}/hooks")
    shopify.order(1)
    ends = time.monotonic() + 5
    while not shopify.inbox.received and time.monotonic() < ends:
        await asyncio.sleep(0.01)
    assert ["orders/paid"] == shopify.inbox.topics
