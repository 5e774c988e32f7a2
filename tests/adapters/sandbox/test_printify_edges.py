"""The rare sides of the local Printify: at once, at length, in any script, in company."""

import asyncio
import base64

import httpx
import pytest
from litestar import Litestar, get
from litestar.response import Redirect

from mockspark.adapters.sandbox.clock import SandboxClock
from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_app import create_app
from mockspark.adapters.sandbox.printify_state import Settings
from mockspark.adapters.sandbox.serving import serve
from mockspark.application.errors import NotFound
from mockspark.domain.errors import InvalidValue
from tests.adapters.sandbox.printify_client import (
    ADDRESS,
    AGENT,
    NOON,
    Printify,
    Receiver,
    line,
    order,
    png,
    printify,
    sandbox_of,
)


async def test_one_of_ten_simultaneous_orders_is_made(pfy: Printify, inbox: Receiver) -> None:
    """Though each waits for its picture before it is judged."""
    inbox.files["a.png"] = png(2475, 1155)
    body = order("sub-1", line(print_areas={"front": f"{inbox.url}/files/a.png"}))
    answers = await asyncio.gather(*(pfy.post(f"{pfy.shop}/orders.json", body) for _ in range(10)))
    assert [200, *[409] * 9] == sorted(answer.status_code for answer in answers)
    (made,) = pfy.sandbox.orders()
    known = {answer.json().get("id") or answer.json()["order"]["id"] for answer in answers}
    assert {made["id"]} == known


@pytest.mark.parametrize("external_id", ["zażółć-🎁", " ", "a/b?c#d", "x" * 300, "0", "007"])
async def test_a_reference_may_be_any_text(pfy: Printify, external_id: str) -> None:
    """And is found again by comparing text, but for leading zeros, which numbers do not have."""
    await pfy.place(order(external_id))
    (listed,) = (await pfy.get(f"{pfy.shop}/orders.json")).json()["data"]
    expected = str(int(external_id)) if external_id.isdecimal() else external_id
    assert expected == str(listed["metadata"]["shop_order_id"])
    assert 409 == (await pfy.post(f"{pfy.shop}/orders.json", order(external_id))).status_code


async def test_a_reference_may_be_a_number(pfy: Printify) -> None:
    """7 and "7" are the same one."""
    first = await pfy.place({**order(), "external_id": 7})
    again = await pfy.post(f"{pfy.shop}/orders.json", order("7"))
    assert (409, first) == (again.status_code, again.json()["order"]["id"])


async def test_a_label_defaults_to_the_reference(pfy: Printify) -> None:
    """And keeps any script."""
    plain = {key: value for key, value in order("sub-1").items() if key != "label"}
    assert "sub-1" == (await pfy.show(await pfy.place(plain)))["metadata"]["shop_order_label"]
    shown = await pfy.show(await pfy.place(order("sub-2", label="№ 1001 ليلى")))
    assert "№ 1001 ليلى" == shown["metadata"]["shop_order_label"]


async def test_fifty_lines_fit_into_one_order(pfy: Printify) -> None:
    """Each keeps its own reference and a SKU of its own."""
    lines = [line(external_id=f"item-{n}") for n in range(50)]
    shown = await pfy.show(await pfy.place(order("sub-1", *lines)))
    told = [each["metadata"] for each in shown["line_items"]]
    assert [f"item-{n}" for n in range(50)] == [each["external_id"] for each in told]
    assert 50 == len({each["sku"] for each in told})


async def test_a_large_picture_fits_into_one_body(pfy: Printify) -> None:
    """Base64 of five megabytes is still taken."""
    content = png(4500, 5400) + bytes(5_000_000)
    body = {"file_name": "большой.png", "contents": base64.b64encode(content).decode()}
    answer = await pfy.post("/v1/uploads/images.json", body)
    assert (200, len(content), "большой.png") == (
        answer.status_code,
        answer.json()["size"],
        answer.json()["file_name"],
    )


async def test_a_query_may_be_encoded(pfy: Printify) -> None:
    """As any client may do it."""
    order_id = await pfy.place()
    pfy.sandbox.advance_order(order_id, "on-hold")
    answer = await pfy.http.get(f"{pfy.shop}/orders.json?status=on%2Dhold&sku=")
    assert [order_id] == [each["id"] for each in answer.json()["data"]]


async def test_a_file_on_another_machine_is_never_asked_for(inbox: Receiver) -> None:
    """Not even by a name that looks like this one."""
    async with printify() as pfy:
        port = inbox.url.rpartition(":")[2]
        for n, host in enumerate(
            ("127.0.0.1.example.com", "user@files.example.com", "localhost.example.com")
        ):
            areas = {"front": f"http://{host}:{port}/files/gone.png"}
            await pfy.place(order(f"sub-{n}", line(print_areas=areas)))


async def test_a_redirect_is_not_followed(pfy: Printify, inbox: Receiver) -> None:
    """It could lead anywhere; pictures are asked for at plain addresses."""
    inbox.files["a.png"] = png(2475, 1155)

    @get("/a.png")
    async def elsewhere() -> Redirect:
        return Redirect(f"{inbox.url}/files/a.png")

    async with serve(Litestar([elsewhere], openapi_config=None)) as url:
        body = order("sub-1", line(print_areas={"front": f"{url}/a.png"}))
        answer = await pfy.post(f"{pfy.shop}/orders.json", body)
    assert (400, 10300) == (answer.status_code, answer.json()["code"])


async def test_many_merchants_live_side_by_side() -> None:
    """Each with its own limit, references and orders."""
    sandbox = PrintifySandbox(clock=SandboxClock(lambda: NOON), settings=Settings(requests_per_minute=2))
    merchants = [sandbox.open_account(f"Merchant {n}") for n in range(3)]
    async with serve(create_app(sandbox)) as url, httpx.AsyncClient(base_url=url) as http:
        for account in merchants:
            headers = {"Authorization": f"Bearer {account.token}", "User-Agent": AGENT}
            path = f"/v1/shops/{account.shop.id}/orders.json"
            assert 200 == (await http.post(path, json=order("sub-1"), headers=headers)).status_code
            assert 1 == (await http.get(path, headers=headers)).json()["total"]
    assert 3 == len({shown["id"] for shown in sandbox.orders()})


async def test_two_services_share_a_clock() -> None:
    """What falls due at the one is done, though the other moved the time."""
    clock = SandboxClock(lambda: NOON)
    mover, moved = PrintifySandbox(clock=clock), PrintifySandbox(clock=clock, seed=2)
    shop = moved.open_account().shop
    async with serve(create_app(moved)) as url, httpx.AsyncClient(base_url=url) as http:
        token = next(iter(moved.world.accounts.values())).token
        headers = {"Authorization": f"Bearer {token}", "User-Agent": AGENT}
        await http.post(f"/v1/shops/{shop.id}/orders.json", json=order(), headers=headers)
        mover.advance(2)
        shown = await http.get(f"/v1/shops/{shop.id}/orders.json", headers=headers)
    assert ["on-hold"] == [each["status"] for each in shown.json()["data"]]


async def test_a_token_may_run_out(pfy: Printify) -> None:
    """As those of platform apps do after six hours."""
    pfy.sandbox.add_token(pfy.account, token="short", lives_s=6 * 3600)
    headers = {"Authorization": "Bearer short"}
    assert 200 == (await pfy.http.get("/v1/shops.json", headers=headers)).status_code
    pfy.sandbox.advance(6 * 3600)
    assert 401 == (await pfy.http.get("/v1/shops.json", headers=headers)).status_code


def test_what_does_not_exist_is_told_so() -> None:
    """Also to those who use the sandbox without HTTP."""
    sandbox = sandbox_of(1)
    with pytest.raises(NotFound):
        sandbox.shop(1)
    with pytest.raises(NotFound):
        sandbox.find("nothing")
    with pytest.raises(NotFound):
        sandbox.stock(1, 1, 1, available=True)
    with pytest.raises(InvalidValue):
        sandbox.advance(-1)
    with pytest.raises(InvalidValue):
        sandbox.set(colour="blue")


async def test_a_line_that_is_not_there_cannot_be_moved(pfy: Printify) -> None:
    """Nor an order to nowhere."""
    order_id = await pfy.place()
    for body in ({"to": "has-issues", "lines": [1]}, {"to": ""}):
        assert 400 == (await pfy.post(f"/__sandbox__/orders/{order_id}/advance", body)).status_code
    assert "pending" == await pfy.status(order_id)


async def test_a_shipped_line_is_not_shipped_again(pfy: Printify) -> None:
    """Moving it by hand twice makes one parcel."""
    order_id = await pfy.place(order("sub-1", line(), line(), address_to=ADDRESS))
    pfy.sandbox.advance_order(order_id, "in-production")
    for _ in range(2):
        pfy.sandbox.advance_order(order_id, "fulfilled", lines=[0])
    assert 1 == len((await pfy.show(order_id))["shipments"])
