"""Access tokens: had in every way, renewed early by one at a time, never shown, against a local shop."""

import logging
from datetime import timedelta
from typing import Any

import anyio
import pytest

from mockspark.adapters.channels.shopify import PLUGIN, stand_in_headers
from mockspark.adapters.channels.shopify_tokens import Grants, is_renewable
from mockspark.adapters.sandbox.shopify import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, DOMAIN, SCOPES
from mockspark.adapters.sandbox.shopify_oauth import mint_session
from mockspark.application.errors import NotAuthorized, Unavailable
from mockspark.domain.identity import ShopId
from mockspark.domain.shop import Installation
from tests.adapters.channels.opened import NOON, SECRETS, Opened, opened_shop, order_ref

APP = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def grants(shop: Opened) -> Grants:
    return Grants(
        remote=shop.account.remote,
        clock=shop.account.clock,
        headers=stand_in_headers(shop.account.installation),
    )


async def with_pair(shop: Opened) -> None:
    """Have the app installed with an expiring token and its refresh token."""
    shop.store.codes["c0de"] = (CLIENT_ID, SCOPES)
    shop.credentials.present = await grants(shop).by_code(APP, "c0de")


async def test_a_token_by_the_apps_own_credentials() -> None:
    """An app of the merchant's own organisation needs nothing but its id and secret."""
    async with opened_shop(APP) as shop:
        order = shop.order()

        assert await shop.channel.fetch(order_ref(order)) is not None
        assert await shop.channel.fetch(order_ref(order)) is not None

        assert 1 == shop.credentials.renewals
        assert (NOON + timedelta(seconds=86_399)).isoformat() == shop.credentials.present["expires_at"]
        assert CLIENT_SECRET == shop.credentials.present["client_secret"]


async def test_an_end_without_zone_is_read_as_utc() -> None:
    """Credentials may be typed by hand: an end without a zone is an end all the same."""
    typed = APP | {"access_token": "gone", "expires_at": "2026-11-20T11:00:00"}
    async with opened_shop(typed) as shop:
        await shop.channel.check()
        assert 1 == shop.credentials.renewals


async def test_a_shop_connected_anew_is_asked_for_its_token() -> None:
    """Credentials that changed under our hands have no token yet: it is asked for with the new ones."""
    async with opened_shop(APP | {"client_secret": "wrong"}) as shop:
        stale = await shop.credentials.read()
        shop.credentials.present = APP

        assert await shop.channel.admin.tokens._renewed(stale)
        assert CLIENT_SECRET == shop.credentials.present["client_secret"]


async def test_many_callers_renew_once() -> None:
    """The refresh pair has one writer: who comes second takes what the first one got."""
    async with opened_shop(APP) as shop:
        order = shop.order()
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(shop.channel.fetch, order_ref(order))

        assert 1 == shop.credentials.renewals
        assert 1 == shop.asked("client_credentials")


async def test_a_pair_is_refreshed_early(shop: Opened) -> None:
    """An expiring token is renewed some minutes before its end, by its refresh token."""
    await with_pair(shop)
    before = shop.credentials.present
    shop.sandbox.advance(54 * 60)
    await shop.channel.check()
    assert before == shop.credentials.present

    shop.sandbox.advance(2 * 60)
    await shop.channel.check()

    after = shop.credentials.present
    assert before["access_token"] != after["access_token"]
    assert before["refresh_token"] != after["refresh_token"]
    assert 1 == shop.asked("refresh_token")


async def test_a_lost_refresh_is_repeated(shop: Opened) -> None:
    """The former refresh token lives until the new pair is used, so a lost answer is no loss."""
    await with_pair(shop)
    shop.sandbox.advance(3600)
    shop.spoil("timeout_after_commit", "refresh_token", seconds=0)

    with pytest.raises(Unavailable):
        await shop.channel.check()
    await shop.channel.check()


async def test_a_refused_token_is_renewed_once(shop: Opened) -> None:
    """A token that the shop does not take any more is replaced, and the call is repeated."""
    await with_pair(shop)
    shop.store.tokens.clear()

    assert await shop.channel.check()
    assert 1 == shop.credentials.renewals


async def test_somebody_elses_newer_token_is_taken(shop: Opened) -> None:
    """Before anybody refreshes after a refusal, what is stored is read again."""
    await with_pair(shop)
    fresh = shop.credentials.present
    tokens = shop.channel.admin.tokens

    assert fresh["access_token"] == await tokens.after_refusal("an-older-token")
    assert 0 == shop.credentials.renewals


async def test_a_dead_refresh_token_says_what_to_do(shop: Opened) -> None:
    """When the refresh token has died only a person can help, and is told how."""
    await with_pair(shop)
    shop.sandbox.advance(91 * 24 * 3600)

    with pytest.raises(NotAuthorized, match="install it again"):
        await shop.channel.check()


async def test_a_fixed_token_is_never_renewed(shop: Opened) -> None:
    """A token that a merchant pasted lives until it is taken away; then the shop must be connected again."""
    shop.store.tokens.clear()

    with pytest.raises(NotAuthorized):
        await shop.channel.check()
    assert 0 == shop.credentials.renewals
    assert not is_renewable(SECRETS)


async def test_after_an_uninstall_there_is_no_access() -> None:
    """Tokens die with the installation; the app's own credentials open nothing either."""
    async with opened_shop(APP) as shop:
        await shop.channel.check()
        shop.sandbox.uninstall()

        with pytest.raises(NotAuthorized, match="installed"):
            await shop.channel.check()


async def test_a_wrong_secret_is_named() -> None:
    """A mistyped client secret is told as what it is."""
    async with opened_shop(APP | {"client_secret": "wrong"}) as shop:
        with pytest.raises(NotAuthorized, match="client secret"):
            await shop.channel.check()


async def test_a_code_counts_once(shop: Opened) -> None:
    """The code of a redirect is swapped once; its pair says when it ends."""
    await with_pair(shop)

    assert {"access_token", "refresh_token", "expires_at", "refresh_expires_at", "scope"} <= set(
        shop.credentials.present
    )
    with pytest.raises(NotAuthorized, match="start the installation again"):
        await grants(shop).by_code(APP, "c0de")


async def test_a_session_token_is_exchanged() -> None:
    """An embedded page's visitor gives the app its tokens; a stale visit does not."""
    secret = "a-client-secret-of-thirty-two-bytes"
    async with opened_shop(client_secret=secret) as shop:
        app = APP | {"client_secret": secret}
        session = mint_session(shop.store, shop.sandbox.apps[CLIENT_ID], now=NOON)

        had = await grants(shop).by_session_token(app, session)
        assert had["access_token"] in shop.store.tokens

        shop.sandbox.advance(120)
        with pytest.raises(NotAuthorized, match="load the page again"):
            await grants(shop).by_session_token(app, session)


async def test_secrets_are_shown_nowhere(shop: Opened, caplog: pytest.LogCaptureFixture) -> None:
    """No token, secret or refresh token is in a repr, an error or a log line."""
    caplog.set_level(logging.DEBUG)
    await with_pair(shop)
    present = shop.credentials.present
    shop.sandbox.advance(91 * 24 * 3600)
    with pytest.raises(NotAuthorized) as refused:
        await shop.channel.check()

    shown = " ".join((repr(shop.channel), repr(shop.account.installation), str(refused.value), caplog.text))
    for name in ("client_secret", "access_token", "refresh_token"):
        assert present[name] not in shown
    assert ACCESS_TOKEN not in shown


@pytest.mark.parametrize(
    ("credentials", "secrets"),
    [({}, ()), ({"client_secret": "a"}, ("a",)), ({"client_secret": "a", "old_secret": "b"}, ("a", "b"))],
)
def test_every_current_secret_signs(credentials: dict[str, str], secrets: tuple[str, ...]) -> None:
    """Both secrets of a rotation count; where there is none, nothing can be signed."""
    installation = Installation(shop_id=ShopId(DOMAIN), credentials=credentials)
    assert secrets == tuple(PLUGIN.secrets(installation))


def test_a_shop_has_its_own_address() -> None:
    """Without a stand-in the shop's own address is called, and no stand-in's header is sent."""
    installation = Installation(shop_id=ShopId(DOMAIN))
    headers: dict[str, Any] = dict(stand_in_headers(installation))
    assert (f"https://{DOMAIN}", {}) == (PLUGIN.base_url(installation), headers)
