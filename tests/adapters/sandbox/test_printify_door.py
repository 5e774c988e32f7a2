"""Who may call the local Printify, and how often."""

import re

import httpx
import pytest

from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_state import Settings
from mockspark.domain.errors import InvalidValue
from tests.adapters.sandbox.printify_client import AGENT, Printify, order, printify

REQUEST_ID = re.compile(r"\d+\.\d{3}@[0-9a-f]{16}")


async def _asked(
    pfy: Printify, token: str, path: str = "/v1/shops.json", agent: str = AGENT
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": agent}
    return await pfy.http.get(path, headers=headers)


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer wrong", "Basic abc"])
async def test_a_call_without_a_token_is_not_authenticated(pfy: Printify, value: str) -> None:
    """A missing or wrong token answers 401 in the short shape, with the request's id."""
    answer = await pfy.http.get("/v1/shops.json", headers={"Authorization": value})
    assert 401 == answer.status_code
    assert {"error", "request_id"} == set(answer.json())
    assert "Unauthenticated" == answer.json()["error"]
    assert REQUEST_ID.fullmatch(answer.json()["request_id"])


async def test_a_call_without_a_user_agent_is_refused() -> None:
    """The User-Agent header is required; the status is not documented and can be set."""
    async with printify(Settings(no_agent_status=400)) as pfy:
        assert 400 == (await _asked(pfy, pfy.account.token, agent="")).status_code
        pfy.sandbox.set(no_agent_status=403)
        assert 403 == (await _asked(pfy, pfy.account.token, agent="")).status_code


async def test_a_token_may_do_only_what_its_scopes_say(pfy: Printify) -> None:
    """A call outside the token's scopes answers 403."""
    reader = pfy.sandbox.add_token(pfy.account, scopes=frozenset({"shops.read", "orders.read"}))
    headers = {"Authorization": f"Bearer {reader.value}"}
    assert 200 == (await pfy.http.get(f"{pfy.shop}/orders.json", headers=headers)).status_code
    refused = await pfy.http.post(f"{pfy.shop}/orders.json", json=order(), headers=headers)
    assert (403, {"error", "request_id"}) == (refused.status_code, set(refused.json()))
    assert [] == pfy.sandbox.orders()


def test_an_invented_scope_is_no_scope() -> None:
    """A test that misspells a scope is told so at once."""
    with pytest.raises(InvalidValue):
        PrintifySandbox().open_account(scopes=frozenset({"orders.print"}))


async def test_a_token_of_three_thousand_characters_works(pfy: Printify) -> None:
    """Tokens of platform apps are that long."""
    long = pfy.sandbox.add_token(pfy.account, token="t" * 3000)
    assert 200 == (await _asked(pfy, long.value)).status_code


async def test_a_merchant_sees_no_other_merchants_shop(pfy: Printify) -> None:
    """A shop that is unknown, or somebody else's, is not found."""
    other = pfy.sandbox.open_account("Other Prints", shops=("First", "Second"))
    foreign = await pfy.get(f"/v1/shops/{other.shop.id}/orders.json")
    assert (404, "Not found") == (foreign.status_code, foreign.json()["error"])
    assert 404 == (await pfy.get("/v1/shops/1/orders.json")).status_code
    assert 404 == (await pfy.get("/v1/shops/²/orders.json")).status_code
    shops = (await _asked(pfy, other.token)).json()
    assert ["First", "Second"] == [shop["title"] for shop in shops]


async def test_uploads_belong_to_their_account(pfy: Printify) -> None:
    """Another merchant's picture is not found."""
    made = (
        await pfy.post("/v1/uploads/images.json", {"file_name": "a.png", "url": "https://x.example/a.png"})
    ).json()
    other = pfy.sandbox.open_account("Other Prints")
    assert 404 == (await _asked(pfy, other.token, f"/v1/uploads/{made['id']}.json")).status_code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/shops"),
        ("POST", "/v1/shops.json"),
        ("POST", "/v1/shops/{shop}/express.json"),
        ("POST", "/v1/shops/{shop}/webhooks/1/simulate.json"),
        ("POST", "/v1/shops/{shop}/orders/1/send-to-production.json"),
        ("GET", "/v2/shops.json"),
        ("GET", "/"),
    ],
)
async def test_a_path_is_exact(pfy: Printify, method: str, path: str) -> None:
    """A path without its ending, with a hyphen for an underscore or with the wrong method is not found."""
    answer = await pfy.http.request(method, path.format(shop=pfy.account.shop.id))
    assert (404, "Not found") == (answer.status_code, answer.json()["error"])


async def test_only_a_200_tells_the_rate_limit(pfy: Printify) -> None:
    """A successful answer counts down; a refused one says nothing of it. Every one can be told apart."""
    first, second = await pfy.get("/v1/shops.json"), await pfy.get("/v1/shops.json")
    missing = await pfy.get("/v1/nothing.json")
    assert ["600", "599"] == [first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]]
    assert "598" == second.headers["X-RateLimit-Remaining"]
    assert "X-RateLimit-Limit" not in missing.headers
    named = {answer.headers["x-pfy-correlation-id"] for answer in (first, second, missing)}
    assert 3 == len(named)


async def test_all_tokens_of_an_account_share_a_limit() -> None:
    """The calls of a minute are counted together; after it the counting starts anew."""
    async with printify(Settings(requests_per_minute=3)) as pfy:
        second = pfy.sandbox.add_token(pfy.account)
        for token in (pfy.account.token, second.value, pfy.account.token):
            assert 200 == (await _asked(pfy, token)).status_code
        pfy.sandbox.advance(20)
        refused = await _asked(pfy, second.value)
        assert (429, "40") == (refused.status_code, refused.headers["Retry-After"])
        pfy.sandbox.advance(40)
        assert 200 == (await _asked(pfy, second.value)).status_code


async def test_a_429_may_leave_the_waiting_time_open() -> None:
    """The real service may not send Retry-After."""
    async with printify(Settings(requests_per_minute=1, retry_after=False)) as pfy:
        await pfy.get("/v1/shops.json")
        refused = await pfy.get("/v1/shops.json")
        assert 429 == refused.status_code
        assert "Retry-After" not in refused.headers


async def test_the_catalogue_has_a_limit_of_its_own() -> None:
    """Catalogue calls are counted twice, and their limit leaves the other calls alone."""
    async with printify(Settings(catalogue_per_minute=2)) as pfy:
        path = "/v1/catalog/blueprints.json"
        assert [200, 200, 429] == [(await pfy.get(path)).status_code for _ in range(3)]
        assert 200 == (await pfy.get("/v1/shops.json")).status_code


def test_the_limits_are_those_of_the_service() -> None:
    """600 calls a minute, 100 for the catalogue, 200 publications in half an hour."""
    limits = Settings()
    assert (600, 100, 200) == (
        limits.requests_per_minute,
        limits.catalogue_per_minute,
        limits.publishes_per_half_hour,
    )


async def test_the_share_of_errors_is_counted(pfy: Printify) -> None:
    """A client must see whether its errors stay under five in a hundred."""
    for path in ("/v1/shops.json", "/v1/shops.json", "/v1/shops.json", "/v1/nothing.json"):
        await pfy.get(path)
    assert 0.25 == pfy.account.error_share
    (told,) = (await pfy.get("/__sandbox__/state")).json()["accounts"]
    assert (4, 1, 0.25) == (told["answered"], told["refused"], told["error_share"])


async def test_a_body_that_is_no_json_is_refused(pfy: Printify) -> None:
    """Broken JSON answers a shape error, not a server error."""
    answer = await pfy.http.post(f"{pfy.shop}/orders.json", content=b'{"external_id":')
    assert (400, 8150) == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("body", [None, [], "text", 7, {"line_items": {}}, {"line_items": [7]}])
async def test_a_body_of_the_wrong_kind_is_refused(pfy: Printify, body: object) -> None:
    """Whatever is sent instead of an order answers a shape error."""
    answer = await pfy.post(f"{pfy.shop}/orders.json", body)
    assert (400, 8150) == (answer.status_code, answer.json()["code"])
