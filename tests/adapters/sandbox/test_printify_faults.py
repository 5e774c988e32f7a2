"""What can be made to go wrong at the local Printify, and the routes that only a sandbox has."""

import json
import time
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.sandbox.printify_door import Asked
from mockspark.adapters.sandbox.printify_faults import KINDS, Fault, Faults, read_fault
from mockspark.domain.errors import InvalidValue
from tests.adapters.sandbox.printify_client import (
    ADDRESS,
    AGENT,
    MUG,
    Printify,
    line,
    order,
    printify,
    sandbox_of,
)

ORDERS = {"method": "POST", "path_regex": r"/orders\.json$"}


async def _fail(pfy: Printify, kind: str, match: dict[str, str] | None = None, **more: Any) -> None:
    await pfy.control("faults", [{"kind": kind, "match": match or ORDERS, **more}])


async def _try(pfy: Printify, body: dict[str, Any] | None = None, within_s: float = 0.3) -> httpx.Response:
    return await pfy.http.post(f"{pfy.shop}/orders.json", json=body or order(), timeout=within_s)


async def test_an_order_may_be_stored_though_nobody_answers(pfy: Printify) -> None:
    """The case that makes duplicates: the client sees a time-out, the service has the order."""
    await _fail(pfy, "timeout_after_commit")
    with pytest.raises(httpx.ReadTimeout):
        await _try(pfy, order("sub-1"))
    (stored,) = pfy.sandbox.orders()
    listed = (await pfy.get(f"{pfy.shop}/orders.json")).json()["data"]
    assert ["sub-1"] == [each["metadata"]["shop_order_id"] for each in listed]
    again = await _try(pfy, order("sub-1"))
    assert (409, stored["id"]) == (again.status_code, again.json()["order"]["id"])


async def test_an_order_may_never_arrive(pfy: Printify) -> None:
    """The client sees the same time-out, and nothing was stored."""
    await _fail(pfy, "timeout_before")
    with pytest.raises(httpx.ReadTimeout):
        await _try(pfy)
    assert [] == pfy.sandbox.orders()
    assert 200 == (await _try(pfy)).status_code


@pytest.mark.parametrize(("after_commit", "stored"), [(False, 0), (True, 1)])
async def test_a_connection_may_break(pfy: Printify, after_commit: bool, stored: int) -> None:  # noqa: FBT001
    """Before or after the order was stored."""
    await _fail(pfy, "reset", after_commit=after_commit)
    with pytest.raises(httpx.TransportError):
        await _try(pfy)
    assert stored == len(pfy.sandbox.orders())
    assert 200 == (await pfy.get("/v1/shops.json")).status_code


async def test_a_silent_service_hangs_up_in_the_end(pfy: Printify) -> None:
    """After the seconds that were asked for."""
    await _fail(pfy, "timeout_before", seconds=0.05)
    with pytest.raises(httpx.RemoteProtocolError):
        await _try(pfy, within_s=5)


@pytest.mark.parametrize(("after_commit", "stored"), [(False, 0), (True, 1)])
async def test_an_answer_may_be_any_status(pfy: Printify, after_commit: bool, stored: int) -> None:  # noqa: FBT001
    """With any body and a waiting time."""
    await _fail(pfy, "status", status=503, body={"error": "busy"}, retry_after=7, after_commit=after_commit)
    answer = await _try(pfy)
    assert (503, {"error": "busy"}, "7") == (answer.status_code, answer.json(), answer.headers["Retry-After"])
    assert stored == len(pfy.sandbox.orders())


async def test_an_answer_may_be_slow(pfy: Printify) -> None:
    """It comes, whole, after a while."""
    await _fail(pfy, "slow", seconds=0.1)
    began = time.monotonic()
    answer = await _try(pfy, within_s=5)
    assert 0.1 <= time.monotonic() - began
    assert 200 == answer.status_code


async def test_an_answer_may_be_broken(pfy: Printify) -> None:
    """Status 200 with half a body; the order is stored."""
    await _fail(pfy, "malformed_json")
    answer = await _try(pfy)
    assert 200 == answer.status_code
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert 1 == len(pfy.sandbox.orders())


async def test_a_fault_happens_as_often_as_it_was_asked_for(pfy: Printify) -> None:
    """To calls that match, and to no others."""
    await _fail(pfy, "status", status=502, times=2)
    assert 200 == (await pfy.get(f"{pfy.shop}/orders.json")).status_code
    assert [502, 502, 200] == [(await _try(pfy)).status_code for _ in range(3)]


async def test_faults_can_be_called_off(pfy: Printify) -> None:
    """None of those that wait happens then."""
    await _fail(pfy, "status", times=9)
    await pfy.http.delete("/__sandbox__/faults")
    assert 200 == (await _try(pfy)).status_code


def test_faults_come_in_their_order() -> None:
    """The first that matches goes first."""
    faults = Faults([Fault(kind="slow", method="GET"), Fault(kind="reset"), Fault(kind="status")])
    taken = [faults.take("POST", "/v1/a.json") for _ in range(3)]
    assert ["reset", "status", None] == [fault.kind if fault else None for fault in taken]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_fault_can_be_read(kind: str) -> None:
    """With its match beside or around."""
    assert read_fault({"kind": kind, "match": {"method": "POST"}}) == read_fault(
        {"kind": kind, "method": "POST"}
    )


@pytest.mark.parametrize(
    "raw", [{"kind": "flood"}, {"kind": "slow", "path_regex": "("}, {"kind": "slow", "x": 1}, {}, 7]
)
async def test_a_wrong_fault_is_told_so(pfy: Printify, raw: object) -> None:
    """A test must not wait for a fault that never comes."""
    with pytest.raises(InvalidValue):
        read_fault(raw)
    answer = await pfy.post("/__sandbox__/faults", raw)
    assert 400 == answer.status_code
    assert answer.json()["error"]


# -- control -----------------------------------------------------------------------------------------------


async def test_the_clock_is_moved_over_http(pfy: Printify) -> None:
    """And never backwards."""
    order_id = await pfy.place()
    assert {"now": "2026-11-25 12:00:02+00:00"} == await pfy.control("clock/advance", {"seconds": 2})
    assert "on-hold" == await pfy.status(order_id)
    assert 400 == (await pfy.post("/__sandbox__/clock/advance", {"seconds": -1})).status_code


async def test_requests_are_kept_without_credentials(pfy: Printify) -> None:
    """With what was asked, what was answered and which fault befell it."""
    await _fail(pfy, "status", status=500)
    await _try(pfy, order("sub-1"))
    await pfy.get(f"{pfy.shop}/orders.json", limit=5)
    answer = await pfy.get("/__sandbox__/requests")
    failed, listed = answer.json()
    assert ("POST", None, "status", "sub-1") == (
        failed["method"],
        failed["status"],
        failed["fault"],
        json.loads(failed["body"])["external_id"],
    )
    assert ("GET", 200, {"limit": "5"}, AGENT) == (
        listed["method"],
        listed["status"],
        listed["query"],
        listed["user_agent"],
    )
    assert pfy.account.token not in answer.text


def test_a_token_is_not_shown_in_passing() -> None:
    """Neither by a merchant nor by a request."""
    account = sandbox_of(1).open_account(token="very-secret")
    assert "very-secret" not in repr(account)
    assert "very-secret" not in repr(
        Asked(method="GET", path="/", headers={"authorization": "Bearer very-secret"})
    )


async def test_a_reset_forgets_everything_but_the_merchants() -> None:
    """Tokens and shops stay, orders and faults go, ids begin anew."""
    async with printify() as pfy:
        pfy.sandbox.approve_after(pfy.account.shop.id, 1)
        first = await pfy.place(order("sub-1"))
        await pfy.subscribe("order:created", "https://hooks.example.com/")
        await _fail(pfy, "status", times=5)
        pfy.sandbox.stock(68, 9, 33719, available=False)
        told = await pfy.control("reset")
        assert [pfy.account.shop.id] == [shop["id"] for shop in told["accounts"][0]["shops"]]
        assert [] == pfy.sandbox.orders()
        assert [] == (await pfy.get(f"{pfy.shop}/webhooks.json")).json()
        assert first == await pfy.place(order("sub-1"))
        pfy.sandbox.advance(3_700)
        assert "on-hold" != await pfy.status(first)


async def test_webhooks_are_sent_after_a_reset_too(pfy: Printify, inbox: Any) -> None:
    """Whoever serves the sandbox need not know of it."""
    await pfy.control("reset")
    await pfy.subscribe("order:created", f"{inbox.url}/hooks")
    await pfy.place()
    with anyio.fail_after(5):
        while not inbox.arrived:
            await anyio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("orders/nothing/advance", {"to": "fulfilled"}, 404),
        ("orders/nothing/advance", {}, 400),
        ("shops/1/approval", {"hours": 1}, 404),
        ("stock", {"blueprint_id": 1, "print_provider_id": 1, "variant_id": 1, "available": True}, 404),
        ("settings", {"colour": "blue"}, 400),
        ("settings", {"webhook_retries_s": []}, 400),
        ("deliveries", {"release": "sideways"}, 400),
        ("deliveries/9/repeat", None, 404),
        ("nonsense", None, 404),
    ],
)
async def test_a_wrong_control_is_told_so(pfy: Printify, path: str, body: Any, status: int) -> None:
    """With words, and without a change."""
    answer = await pfy.post(f"/__sandbox__/{path}", body)
    assert status == answer.status_code
    assert answer.json()["error"]


async def test_settings_are_changed_over_http(pfy: Printify) -> None:
    """Those of the pace one by one."""
    told = await pfy.control("settings", {"quote_keys": "old", "pace": {"pending_s": 9}})
    assert ("old", 9, 5) == (told["quote_keys"], told["pace"]["pending_s"], told["pace"]["sending_s"])
    await pfy.control(f"shops/{pfy.account.shop.id}/approval", {"hours": 24})
    assert 24 * 3600 == pfy.sandbox.shop(pfy.account.shop.id).approval.total_seconds()  # type: ignore[union-attr]


# -- support requests --------------------------------------------------------------------------------------


async def test_support_is_asked_and_remembered(pfy: Printify) -> None:
    """A reprint or a refund answers 201 and is listed with its order."""
    base = f"{pfy.shop}/orders/{await pfy.place()}/support-requests"
    body = {"reason": "wrong_design", "description": "On the wrong side.", "line_items": []}
    made = [await pfy.post(f"{base}/{kind}", body) for kind in ("reprint", "refund")]
    assert [201, 201] == [answer.status_code for answer in made]
    assert ["reprint", "refund"] == [each["type"] for each in (await pfy.get(base)).json()]
    first = made[0].json()
    assert first == (await pfy.get(f"{base}/{first['id']}")).json()
    assert 404 == (await pfy.get(f"{base}/nothing")).status_code


@pytest.mark.parametrize(
    "wrong", [{"reason": "ugly"}, {"description": ""}, {"description": "x" * 401}, {"image_urls": ["u"] * 6}]
)
async def test_support_has_its_limits(pfy: Printify, wrong: dict[str, Any]) -> None:
    """Six reasons, four hundred characters, five pictures."""
    body = {"reason": "image_quality", "description": "Blurred.", **wrong}
    path = f"{pfy.shop}/orders/{await pfy.place()}/support-requests/refund"
    assert 400 == (await pfy.post(path, body)).status_code


async def test_an_address_is_changed_directly_before_production(pfy: Printify) -> None:
    """Afterwards somebody is asked to do it."""
    order_id = await pfy.place()
    path = f"{pfy.shop}/orders/{order_id}/support-requests/address-change"
    body = {"address_to": {**ADDRESS, "city": "Gent"}}
    direct = await pfy.post(path, body)
    assert (200, "updated_directly") == (direct.status_code, direct.json()["resolution"])
    assert "Gent" == (await pfy.show(order_id))["address_to"]["city"]
    await pfy.send(order_id)
    asked = await pfy.post(path, {"address_to": ADDRESS})
    assert (201, "support_request_created") == (asked.status_code, asked.json()["resolution"])
    assert "Gent" == (await pfy.show(order_id))["address_to"]["city"]


# -- anything at all ---------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
IMAGE = {"id": "x", "x": 0.5, "y": 0.5, "scale": 1, "angle": 0}
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("orders.json", order("sub-1", line(), {"sku": "x", "quantity": 1})),
    ("orders/express.json", order("sub-1", {"product_id": "x", "variant_id": 1, "quantity": 1})),
    ("orders/shipping.json", {"line_items": [{**MUG, "quantity": 1}], "address_to": ADDRESS}),
    (
        "products.json",
        {
            "title": "t",
            "description": "d",
            "blueprint_id": 68,
            "print_provider_id": 9,
            "variants": [{"id": 33719, "price": 1}],
            "print_areas": [
                {"variant_ids": [33719], "placeholders": [{"position": "front", "images": [IMAGE]}]}
            ],
        },
    ),
    ("webhooks.json", {"topic": "order:created", "url": "https://x.example/", "secret": "s"}),
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value within."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, each in inner for place in _places(each, (*at, key)))]


def _with(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = _with(value[at[0]], at[1:], new)
    return copy


@st.composite
def spoiled(draw: st.DrawFn) -> tuple[str, Any]:
    """Return a call with anything at all in one place of its body."""
    path, body = draw(st.sampled_from(CALLS))
    place = draw(st.sampled_from(_places(body)))
    return path, _with(body, place, draw(JSON))


@given(call=spoiled())
async def test_nothing_that_is_sent_breaks_the_service(call: tuple[str, Any]) -> None:
    """Whatever stands in whichever place of a body, the answer is a success or a refusal in words."""
    sandbox = sandbox_of(1)
    account = sandbox.open_account()
    answered = await sandbox.answer(
        Asked(
            method="POST",
            path=f"/v1/shops/{account.shop.id}/{call[0]}",
            headers={"authorization": f"Bearer {account.token}", "user-agent": AGENT},
            body=json.dumps(call[1]).encode(),
        )
    )
    assert answered.status in {200, 400}
    assert isinstance(json.loads(answered.body), dict)
