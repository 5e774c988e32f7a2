"""What a plug-in hands over, and every installed one behind the application's ports.

A package announces a plug-in under the group of its kind, in its own pyproject.toml:

    [project.entry-points."mockspark.fulfillment_providers"]
    acme = "acme_print.mockspark:PLUGIN"
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, ParamSpec, Protocol, TypeVar

from attrs import AttrsInstance, Factory, field, frozen

from mockspark.adapters.remote import Pool, Remote, utc_now
from mockspark.application.errors import FormInvalid, NotConnected, NotFound
from mockspark.application.forms import answers, form_of, read_form
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.application.ports.channels import Credentials, ReadsDeliveries, SalesChannel
from mockspark.application.ports.fulfillment import FulfillmentProvider, ProviderFacts
from mockspark.application.ports.jobs import Rate, RateLimiter
from mockspark.application.ports.rendering import Renderer
from mockspark.domain.address_check import AddressLimits
from mockspark.domain.shop import AccountState, Connection, Installation

PROVIDERS: Final = "mockspark.fulfillment_providers"
CHANNELS: Final = "mockspark.sales_channels"
RENDERERS: Final = "mockspark.renderers"
BLOB_STORES: Final = "mockspark.blob_stores"
GROUPS: Final = (PROVIDERS, CHANNELS, RENDERERS, BLOB_STORES)

_MOST_OPEN: Final = 512

S = TypeVar("S")
_P = ParamSpec("_P")
_T = TypeVar("_T")


def no_headers(_: Any) -> Mapping[str, str]:
    """Send nothing of the settings along."""
    return {}


@frozen(kw_only=True)
class NoOptions:
    """A dialog that asks nothing."""


@frozen(kw_only=True)
class Account(Generic[S]):
    """What a provider works with: an account's settings, the way out, the secret that signs its webhooks."""

    settings: S
    remote: Remote
    hook_secret: str = field(default="", repr=False)
    clock: Callable[[], datetime] = field(default=utc_now, repr=False)


@frozen(kw_only=True)
class ProviderPlugin(Generic[S]):
    """A fulfillment provider: one file exports one of these as PLUGIN.

    *settings* and *options* are attrs classes whose fields were made with `option`; they become the account
    and send dialogs. *headers* turns settings into the fixed headers of every call. *rates* are limits by
    path prefix, a few percent below the provider's own. *warning* is what a merchant must set in the
    provider's own account; *denied* is what to do when credentials are refused. *offline* calls nobody.
    """

    key: str
    title: str
    base_url: str = ""
    settings: type[S]
    options: type[Any] = NoOptions
    headers: Callable[[S], Mapping[str, str]] = no_headers
    build: Callable[[Account[S]], FulfillmentProvider]
    limits: AddressLimits = AddressLimits()
    max_lines: int = 50
    warning: str = ""
    denied: str = ""
    rates: Mapping[str, Rate] = Factory(dict)
    offline: bool = False

    @property
    def facts(self) -> ProviderFacts:
        """Describe the provider without opening an account."""
        return ProviderFacts(
            key=self.key,
            title=self.title,
            limits=self.limits,
            max_lines=self.max_lines,
            warning=self.warning,
            settings_form=form_of(self.settings),
            options_form=form_of(self.options),
            offline=self.offline,
        )

    def open(
        self,
        pool: Pool,
        settings: Mapping[str, object],
        *,
        api_url: str = "",
        account: str = "",
        hook_secret: str = "",
        limiter: RateLimiter | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> FulfillmentProvider:
        """Return the provider for an account; raises FormInvalid when *settings* are not its own."""
        read = read_form(self.settings, settings)
        remote = pool.remote(
            title=self.title,
            base_url=api_url or self.base_url,
            headers=self.headers(read),
            account=account or self.key,
            rates=self.rates,
            limiter=limiter,
            denied=self.denied,
            clock=clock,
        )
        return self.build(Account(settings=read, remote=remote, hook_secret=hook_secret, clock=clock))


@frozen(kw_only=True)
class ChannelAccount:
    """What a sales channel works with: an installation, the way out, and its renewable secrets."""

    installation: Installation
    remote: Remote
    credentials: Credentials
    clock: Callable[[], datetime] = field(default=utc_now, repr=False)


@frozen(kw_only=True)
class ChannelPlugin:
    """A sales channel: *intake* is its front door, *secrets* may sign an installation's webhooks now."""

    key: str
    title: str
    intake: ReadsDeliveries
    base_url: Callable[[Installation], str]
    build: Callable[[ChannelAccount], SalesChannel]
    secrets: Callable[[Installation], Sequence[str]]
    denied: str = ""
    rates: Mapping[str, Rate] = Factory(dict)


class Run(Protocol):
    """Calls a module's function where it may be busy for seconds."""

    async def __call__(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what *function* returns; its arguments may have to travel to another process."""


class Links(Protocol):
    """Makes the public addresses of files, which this installation serves itself."""

    def url(self, key: BlobKey, *, name: str, expires: datetime) -> str:
        """Return an unguessable address of *key* that ends in *name* and holds until *expires*."""


@frozen(kw_only=True)
class RendererPlace(Generic[S]):
    """What a renderer works with: its settings, a way off the event loop, the workshop to open where it draws.

    *workshop* returns a `rendering.workshop.Workshop`, which plug-ins of other kinds need not know. *threads* may
    share one drawing.
    """

    settings: S
    run: Run
    workshop: Callable[[], Any]
    threads: int = 1


@frozen(kw_only=True)
class BlobPlace(Generic[S]):
    """What a store of files works with: its settings, the installation's folder, the maker of addresses."""

    settings: S
    data_dir: Path
    links: Links


def _nothing_missing() -> None:
    """Find nothing missing."""


@frozen(kw_only=True)
class RendererPlugin(Generic[S]):
    """A renderer, built once. The variables `MOCKSPARK_<KEY>_<NAME>` fill *settings*.

    *check* raises Unavailable, with the fix in words, where something is missing on this machine.
    """

    key: str
    title: str
    settings: type[S]
    build: Callable[[RendererPlace[S]], Renderer]
    check: Callable[[], None] = _nothing_missing


@frozen(kw_only=True)
class BlobStorePlugin(Generic[S]):
    """A place for files, open as long as the installation is; settings come as a renderer's do."""

    key: str
    title: str
    settings: type[S]
    open: Callable[[BlobPlace[S]], AbstractAsyncContextManager[BlobStore]]


@frozen(kw_only=True)
class InstalledProviders:
    """The port `Providers` over plug-ins; an account that did not change is opened once."""

    plugins: Mapping[str, ProviderPlugin[Any]]
    pool: Pool = Factory(Pool.open)
    limiter: RateLimiter | None = None
    clock: Callable[[], datetime] = utc_now
    _open: "OrderedDict[str, tuple[Connection, FulfillmentProvider]]" = field(factory=OrderedDict, repr=False)

    def facts(self, provider: str) -> ProviderFacts:
        """Describe *provider*; raises NotFound for one that is not installed."""
        return self._plugin(provider).facts

    def installed(self) -> Sequence[ProviderFacts]:
        """Describe every installed provider, in the order of their keys."""
        return tuple(self.plugins[key].facts for key in sorted(self.plugins))

    def read_options(self, provider: str, raw: Mapping[str, object]) -> Mapping[str, str | int | bool]:
        """Check the answers of the send dialog; raises FormInvalid with every problem."""
        return _read(self._plugin(provider).options, raw)

    def read_settings(self, provider: str, raw: Mapping[str, object]) -> Mapping[str, str]:
        """Check an account's settings; raises FormInvalid with every problem."""
        read = _read(self._plugin(provider).settings, raw)
        return {name: _text(value) for name, value in read.items()}

    def open(self, connection: Connection) -> FulfillmentProvider:
        """Return the provider for *connection*; raises NotConnected when it is closed or broken."""
        _ensure_active(connection)
        known = self._open.get(connection.account)
        if known is not None and known[0] == connection:
            self._open.move_to_end(connection.account)
            return known[1]
        provider = self._opened(connection)
        self._open[connection.account] = (connection, provider)
        while len(self._open) > _MOST_OPEN:
            self._open.popitem(last=False)
        return provider

    async def aclose(self) -> None:
        """Let go of every connection; closing twice is harmless."""
        self._open.clear()
        await self.pool.aclose()

    def _plugin(self, provider: str) -> ProviderPlugin[Any]:
        if provider not in self.plugins:
            raise NotFound("provider", provider)
        return self.plugins[provider]

    def _opened(self, connection: Connection) -> FulfillmentProvider:
        try:
            return self._plugin(connection.provider).open(
                self.pool,
                connection.settings,
                api_url=connection.api_url,
                account=connection.account,
                hook_secret=connection.hook_secret,
                limiter=self.limiter,
                clock=self.clock,
            )
        except FormInvalid as outdated:
            raise NotConnected(f"{_name(connection)} has to be connected again: {outdated}") from outdated


@frozen(kw_only=True)
class InstalledChannels:
    """The port `Channels` over plug-ins; *credentials* gives an installation its renewable secrets."""

    plugins: Mapping[str, ChannelPlugin]
    credentials: Callable[[Installation], Credentials]
    pool: Pool = Factory(Pool.open)
    limiter: RateLimiter | None = None
    clock: Callable[[], datetime] = utc_now

    def intake(self, channel: str) -> ReadsDeliveries:
        """Return the front door of *channel*; raises NotFound for one that is not installed."""
        return self._plugin(channel).intake

    def open(self, installation: Installation) -> SalesChannel:
        """Return the channel as *installation*'s shop sees it; raises NotConnected when it is closed or broken."""
        if installation.state is not AccountState.ACTIVE:
            problem = installation.problem or "install the app again"
            raise NotConnected(f"{installation.shop_id} is {installation.state.value}: {problem}")
        plugin = self._plugin(installation.channel)
        remote = self.pool.remote(
            title=plugin.title,
            base_url=installation.api_url or plugin.base_url(installation),
            account=f"{plugin.key}:{installation.shop_id}",
            rates=plugin.rates,
            limiter=self.limiter,
            denied=plugin.denied,
            clock=self.clock,
        )
        credentials = self.credentials(installation)
        return plugin.build(
            ChannelAccount(
                installation=installation, remote=remote, credentials=credentials, clock=self.clock
            )
        )

    def secrets(self, installation: Installation) -> Sequence[str]:
        """Return every secret that may sign the shop's webhooks now."""
        return self._plugin(installation.channel).secrets(installation)

    async def aclose(self) -> None:
        """Let go of every connection; closing twice is harmless."""
        await self.pool.aclose()

    def _plugin(self, channel: str) -> ChannelPlugin:
        if channel not in self.plugins:
            raise NotFound("channel", channel)
        return self.plugins[channel]


def _ensure_active(connection: Connection) -> None:
    if connection.state is AccountState.ACTIVE:
        return
    problem = connection.problem or "connect it again"
    raise NotConnected(f"{_name(connection)} is {connection.state.value}: {problem}")


def _name(connection: Connection) -> str:
    return connection.title or connection.provider


def _read(kind: type[AttrsInstance], raw: Mapping[str, object]) -> Mapping[str, str | int | bool]:
    return answers(read_form(kind, raw))


def _text(value: str | int | bool) -> str:  # noqa: FBT001 - a form's value
    return str(value).lower() if isinstance(value, bool) else str(value)
