"""Tokens: granted in four ways, refreshed in pairs, dead when they should be."""

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from mockspark.adapters.sandbox import shopify_oauth as oauth
from tests.adapters.sandbox.running import Running

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
BACK = "https://app.example.com/callback"


async def grant(shopify: Running, **fields: str) -> httpx.Response:
    secrets = {"client_id": shopify.shop.client_id, "client_secret": shopify.shop.client_secret}
    return await shopify.client.post(f"{shopify.address}/admin/oauth/access_token", json=secrets | fields)


async def works(shopify: Running, token: str) -> bool:
    return 200 == (await shopify.post("{ shop { name } }", token=token)).status_code


def session(shopify: Running, **changed: Any) -> str:
    app = shopify.sandbox.apps[shopify.shop.client_id]
    return oauth.mint_session(shopify.shop.store, app, now=changed.get("now", shopify.sandbox.now()))


async def exchange(shopify: Running, **fields: str) -> httpx.Response:
    asked = {"grant_type": EXCHANGE, "subject_token": session(shopify), "subject_token_type": ID_TOKEN}
    return await grant(shopify, **(asked | {"requested_token_type": OFFLINE, "expiring": "1"} | fields))


async def test_client_credentials_give_a_token_for_a_day_without_a_refresh(shopify: Running) -> None:
    """The own shop's token lives 24 hours less a second and is bought anew afterwards."""
    answer = (await grant(shopify, grant_type="client_credentials")).json()
    assert {"access_token", "scope", "expires_in"} == set(answer)
    assert 86_399 == answer["expires_in"]
    assert await works(shopify, answer["access_token"])
    shopify.sandbox.advance(86_400)
    assert not await works(shopify, answer["access_token"])


async def test_a_token_can_be_asked_for_by_a_form(shopify: Running) -> None:
    """JSON and a form are taken alike."""
    fields = {"client_id": shopify.shop.client_id, "client_secret": shopify.shop.client_secret}
    answer = await shopify.client.post(
        f"{shopify.address}/admin/oauth/access_token", data=fields | {"grant_type": "client_credentials"}
    )
    assert await works(shopify, answer.json()["access_token"])


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "client_credentials", "client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "nobody"}, "application_cannot_be_found"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": "never-given"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "shprt_never"}, "invalid_grant"),
    ],
)
async def test_a_wrong_wish_is_refused(shopify: Running, fields: dict[str, str], error: str) -> None:
    """A refusal is a 400 with OAuth's error word."""
    shopify.sandbox.open_shop("second.myshopify.com", token=None)
    asked = {"client_id": shopify.shop.client_id, "client_secret": shopify.shop.client_secret} | fields
    answer = await shopify.client.post(
        f"{shopify.address}/admin/oauth/access_token",
        json=asked,
        headers={"X-Shopify-Shop-Domain": shopify.shop.domain},
    )
    assert (400, error) == (answer.status_code, answer.json()["error"])


async def test_client_credentials_need_an_installed_app(shopify: Running) -> None:
    """A shop that did not install the app does not permit it."""
    shopify.sandbox.uninstall(shopify.shop.domain, shopify.shop.client_id)
    answer = await grant(shopify, grant_type="client_credentials")
    assert (400, "shop_not_permitted") == (answer.status_code, answer.json()["error"])


# -- expiring pairs ------------------------------------------------------------------------------------------


async def test_a_session_buys_an_expiring_pair(shopify: Running) -> None:
    """The token lives an hour, what refreshes it ninety days."""
    answer = (await exchange(shopify)).json()
    assert (3600, 7_776_000) == (answer["expires_in"], answer["refresh_token_expires_in"])
    assert await works(shopify, answer["access_token"])
    shopify.sandbox.advance(3600)
    assert not await works(shopify, answer["access_token"])


@pytest.mark.parametrize("wrong", ["expired", "forged", "no token"])
async def test_a_session_that_is_not_valid_buys_nothing(shopify: Running, wrong: str) -> None:
    """A session lives a minute and is signed by the app's secret."""
    subject = {
        "expired": session(shopify, now=shopify.sandbox.now() - timedelta(minutes=5)),
        "forged": session(shopify)[:-4] + "AAAA",
        "no token": "none",
    }[wrong]
    answer = await exchange(shopify, subject_token=subject)
    assert (400, "invalid_subject_token") == (answer.status_code, answer.json()["error"])


async def refresh(shopify: Running, token: str) -> httpx.Response:
    return await grant(shopify, grant_type="refresh_token", refresh_token=token)


async def test_a_refresh_can_be_repeated_until_its_pair_is_used(shopify: Running) -> None:
    """An answer that was lost is asked for again; the first use of the new token ends that."""
    first = (await exchange(shopify)).json()["refresh_token"]
    lost = await refresh(shopify, first)
    again = await refresh(shopify, first)
    assert (200, 200) == (lost.status_code, again.status_code)
    assert await works(shopify, again.json()["access_token"])
    assert 400 == (await refresh(shopify, first)).status_code
    assert 200 == (await refresh(shopify, again.json()["refresh_token"])).status_code


async def test_a_new_exchange_ends_older_refreshes(shopify: Running) -> None:
    """Of one app and shop only the newest exchange can be refreshed."""
    first = (await exchange(shopify)).json()["refresh_token"]
    second = (await exchange(shopify)).json()["refresh_token"]
    assert 400 == (await refresh(shopify, first)).status_code
    assert 200 == (await refresh(shopify, second)).status_code


async def test_a_refresh_dies_after_ninety_days(shopify: Running) -> None:
    """Who does not come for ninety days has to install anew."""
    token = (await exchange(shopify)).json()["refresh_token"]
    shopify.sandbox.advance(90 * 86_400)
    assert 400 == (await refresh(shopify, token)).status_code


async def test_a_lasting_token_is_exchanged_for_good(shopify: Running) -> None:
    """A token without an end becomes an expiring pair, and dies by it."""
    answer = await exchange(shopify, subject_token=shopify.shop.access_token, subject_token_type=OFFLINE)
    assert await works(shopify, answer.json()["access_token"])
    assert not await works(shopify, shopify.shop.access_token)


async def test_an_online_token_has_no_refresh(shopify: Running) -> None:
    """A person's token lives a day and ends."""
    answer = (await exchange(shopify, requested_token_type=ONLINE)).json()
    assert "refresh_token" not in answer
    assert await works(shopify, answer["access_token"])


async def test_an_uninstall_kills_every_token(shopify: Running) -> None:
    """Neither access nor refresh survives."""
    pair = (await exchange(shopify)).json()
    shopify.sandbox.uninstall(shopify.shop.domain, shopify.shop.client_id)
    assert not await works(shopify, pair["access_token"])
    assert 400 == (await refresh(shopify, pair["refresh_token"])).status_code


# -- by redirect ---------------------------------------------------------------------------------------------


async def authorize(shopify: Running, **fields: str) -> httpx.Response:
    asked = {"client_id": shopify.shop.client_id, "redirect_uri": BACK, "state": "nonce-1"}
    asked |= {"shop": shopify.shop.domain, "scope": "read_orders,write_orders,read_products"}
    return await shopify.client.get(f"{shopify.address}/admin/oauth/authorize", params=asked | fields)


async def test_a_merchant_is_sent_back_with_a_signed_code(shopify: Running) -> None:
    """The callback carries code, host, shop, state and timestamp under an HMAC over the sorted pairs."""
    answer = await authorize(shopify)
    location = answer.headers["location"]
    values = dict(parse_qsl(urlsplit(location).query))
    signature = values.pop("hmac")
    text = "&".join(f"{name}={value}" for name, value in sorted(values.items()))
    expected = hmac.new(shopify.shop.client_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    assert 302 == answer.status_code
    assert location.startswith(f"{BACK}?")
    assert {"code", "host", "shop", "state", "timestamp"} == set(values)
    assert ("nonce-1", expected) == (values["state"], signature)


async def test_a_code_is_swapped_once(shopify: Running) -> None:
    """The scopes are those that were asked for, without what a writing one implies."""
    values = dict(parse_qsl(urlsplit((await authorize(shopify)).headers["location"]).query))
    first = await grant(shopify, code=values["code"])
    second = await grant(shopify, code=values["code"])
    assert "read_products,write_orders" == first.json()["scope"]
    assert await works(shopify, first.json()["access_token"])
    assert (400, "invalid_request") == (second.status_code, second.json()["error"])


async def test_an_unlisted_address_to_return_to_is_refused(shopify: Running) -> None:
    """An app that lists its addresses is sent to no other."""
    shopify.sandbox.apps[shopify.shop.client_id].redirect_uris = (BACK,)
    assert 400 == (await authorize(shopify, redirect_uri="https://evil.example.com/")).status_code
    assert 302 == (await authorize(shopify)).status_code
