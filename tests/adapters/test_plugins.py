"""Installed plug-ins behind the application's ports: described, checked, opened once."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest
from attrs import evolve, frozen

from mockspark.adapters.fulfillment import manual, printify
from mockspark.adapters.memory.channel import SECRET, MemoryIntake, ScriptedChannel
from mockspark.adapters.plugins import (
    Account,
    ChannelAccount,
    ChannelPlugin,
    InstalledChannels,
    InstalledProviders,
)
from mockspark.application.errors import FormInvalid, NotConnected, NotFound
from mockspark.application.ports.channels import Credentials
from mockspark.domain.identity import ConnectionId, ShopId
from mockspark.domain.shop import AccountState, Connection, Installation

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = Connection(
    id=ConnectionId(UUID(int=1)),
    shop_id=ShopId("acme.test"),
    provider="printify",
    title="Our Printify",
    settings={"token": "s3cret", "shop_id": "9876"},
    api_url="http://127.0.0.1:1",
    hook_secret="hook",
    created_at=NOON,
)


@pytest.fixture
async def providers() -> AsyncGenerator[InstalledProviders]:
    installed = InstalledProviders(
        plugins={"printify": printify.PLUGIN, "manual": manual.PLUGIN}, clock=lambda: NOON
    )
    yield installed
    await installed.aclose()


async def test_providers_are_described_without_an_account(providers: InstalledProviders) -> None:
    """Dialogs and warnings are known before anybody connects."""
    assert ["manual", "printify"] == [facts.key for facts in providers.installed()]
    facts = providers.facts("printify")
    token = facts.settings_form.field("token")

    assert "Manual" in facts.warning
    assert token is not None
    assert token.secret
    assert providers.facts("manual").offline


async def test_an_unknown_provider_is_not_found(providers: InstalledProviders) -> None:
    """A provider whose package was removed is named, whatever is asked of it."""
    for ask in (
        lambda: providers.facts("gone"),
        lambda: providers.read_options("gone", {}),
        lambda: providers.read_settings("gone", {}),
        lambda: providers.open(evolve(ACCOUNT, provider="gone")),
    ):
        with pytest.raises(NotFound, match="gone"):
            ask()


async def test_answers_are_checked_all_at_once(providers: InstalledProviders) -> None:
    """Every problem of a form is told, and what is right comes back as plain values."""
    with pytest.raises(FormInvalid) as invalid:
        providers.read_settings("printify", {"shop": "1"})
    assert {"shop", "token", "shop_id"} == {name for name, _ in invalid.value.problems}

    assert {"shipping_method": "economy", "notify_customer": True, "print_on_side": "regular"} == dict(
        providers.read_options("printify", {"shipping_method": "economy", "notify_customer": "on"})
    )
    assert {"shipping_price": "490", "item_price": "0", "currency": "EUR"} == dict(
        providers.read_settings("manual", {"shipping_price": "490", "currency": " eur"})
    )


async def test_an_account_is_opened_once_and_again_when_it_changed(providers: InstalledProviders) -> None:
    """What a provider remembers of an account survives until the account is changed."""
    first = providers.open(ACCOUNT)
    again = providers.open(evolve(ACCOUNT))
    changed = providers.open(evolve(ACCOUNT, settings={"token": "new", "shop_id": "9876"}))

    assert first is again
    assert first is not changed
    assert changed is providers.open(evolve(ACCOUNT, settings={"token": "new", "shop_id": "9876"}))


async def test_an_opened_account_has_what_it_needs(providers: InstalledProviders) -> None:
    """Address, headers, name of the limit, secret and time reach the provider; nothing of it shows."""
    opened = providers.open(ACCOUNT)
    assert isinstance(opened, printify.Printify)
    account = opened.account

    assert ("http://127.0.0.1:1", {"Authorization": "Bearer s3cret"}) == (
        account.remote.base_url,
        account.remote.headers,
    )
    assert (ACCOUNT.account, "hook", NOON) == (account.remote.account, account.hook_secret, account.clock())
    assert "s3cret" not in repr(opened)
    assert "hook'" not in repr(opened)


@pytest.mark.parametrize("state", [AccountState.BROKEN, AccountState.CLOSED])
async def test_an_account_that_does_not_work_is_not_opened(
    providers: InstalledProviders, state: AccountState
) -> None:
    """A broken or closed account says so, with its name and its problem."""
    with pytest.raises(NotConnected, match=f"Our Printify is {state.value}: the token expired"):
        providers.open(evolve(ACCOUNT, state=state, problem="the token expired"))


async def test_settings_that_no_longer_fit_ask_to_connect_again(providers: InstalledProviders) -> None:
    """A newer plug-in may ask for more than was stored."""
    with pytest.raises(NotConnected, match=r"connected again: shop_id: required"):
        providers.open(evolve(ACCOUNT, settings={"token": "s3cret"}))


@frozen
class NoCredentials:
    async def read(self) -> Mapping[str, str]:
        return {}

    async def renew(self, stale: Mapping[str, str], refresh: object) -> Mapping[str, str]:
        return stale


def _no_credentials(_: Installation) -> Credentials:
    return NoCredentials()


async def test_a_channel_is_opened_for_its_installation() -> None:
    """A channel gets the installation, a way out under the shop's own limit, and renewable secrets."""
    seen: list[ChannelAccount] = []

    def build(account: ChannelAccount) -> ScriptedChannel:
        seen.append(account)
        return ScriptedChannel()

    def secrets(installation: Installation) -> Sequence[str]:
        return (SECRET, str(installation.shop_id))

    plugin = ChannelPlugin(
        key="memory",
        title="Memory",
        intake=MemoryIntake(),
        base_url=lambda installation: f"https://{installation.shop_id}",
        build=build,
        secrets=secrets,
    )
    channels = InstalledChannels(plugins={"memory": plugin}, credentials=_no_credentials)
    installation = Installation(shop_id=ShopId("acme.test"), channel="memory")
    try:
        channels.open(installation)
        assert ("https://acme.test", "memory:acme.test") == (seen[0].remote.base_url, seen[0].remote.account)
        assert (SECRET, "acme.test") == channels.secrets(installation)
        assert plugin.intake is channels.intake("memory")
        with pytest.raises(NotConnected, match=r"acme\.test"):
            channels.open(evolve(installation, state=AccountState.CLOSED))
        with pytest.raises(NotFound, match="etsy"):
            channels.intake("etsy")
    finally:
        await channels.aclose()


def test_an_account_hides_its_secret() -> None:
    """The secret that signs webhooks is in no repr."""
    pool = InstalledProviders(plugins={}).pool
    account = Account(
        settings=None, remote=pool.remote(title="A", base_url="http://a.test"), hook_secret="s3cret"
    )

    assert "s3cret" not in repr(account)
