"""The shop, its accounts outside, and who may act for it."""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

from attrs import evolve, field, frozen

from mockspark.application.errors import FormInvalid, NotAuthorized, NotFound
from mockspark.application.ports.channels import Channels, ChecksInstallation, SubscribesOrders
from mockspark.application.ports.fulfillment import ChecksAccount, Providers, SubscribesReports
from mockspark.application.ports.storage import ApiToken, Directory, Store, UnitOfWork
from mockspark.application.ports.system import Clock, IdGenerator
from mockspark.application.reapply import reapply
from mockspark.application.views import AccountCheck
from mockspark.domain.errors import MockSparkError
from mockspark.domain.identity import ConnectionId, ShopId
from mockspark.domain.shop import AccountState, Connection, Installation, Rules, Shop

SCOPES: Final = frozenset({"items:read", "items:write", "listings:write", "settings:write"})
"""What a token may be allowed: to look, to act on items, to map products, to change settings."""

_PREFIX: Final = "ms_"
_SEEN_EVERY: Final = timedelta(minutes=1)


@frozen(kw_only=True)
class ConnectShop:
    """Take a shop in, or give it new credentials."""

    store: Store
    directory: Directory
    clock: Clock

    async def __call__(
        self,
        shop: ShopId,
        *,
        channel: str,
        credentials: Mapping[str, str],
        api_url: str = "",
        timezone: str = "",
        currency: str = "",
    ) -> Installation:
        """Return the shop's access to its channel; a shop that had removed us is welcome again."""
        known = await self.directory.shop(shop)
        base = known or Shop(id=shop, channel=channel, created_at=self.clock())
        told = evolve(
            base,
            channel=channel,
            timezone=timezone or base.timezone,
            currency=currency or base.currency,
            uninstalled_at=None,
        )
        await self.directory.save_shop(told)
        fresh = Installation(shop_id=shop, channel=channel, credentials=dict(credentials), api_url=api_url)
        return await reapply(self.store, shop, lambda work: self._let_in(work, fresh))

    async def _let_in(self, work: UnitOfWork, fresh: Installation) -> Installation:
        """Keep how far the store was read, and replace the rest."""
        earlier = await self.directory.installation(work.shop) or fresh
        access = evolve(
            fresh, read_until=earlier.read_until, swept_at=earlier.swept_at, version=earlier.version
        )
        await work.save_installation(access)
        return access


@frozen(kw_only=True)
class ConnectProvider:
    """Give a shop an account at a provider, or an existing account new settings."""

    store: Store
    providers: Providers
    clock: Clock
    ids: IdGenerator

    async def __call__(
        self,
        shop: ShopId,
        *,
        provider: str,
        settings: Mapping[str, object],
        title: str = "",
        api_url: str = "",
        connection: ConnectionId | None = None,
    ) -> Connection:
        """Return the connection; raises FormInvalid with every problem, NotFound for an unknown provider."""
        facts = self.providers.facts(provider)
        read = self.providers.read_settings(provider, settings)
        async with self.store.begin(shop) as work:
            if connection is None:
                base = Connection(
                    id=ConnectionId(self.ids()),
                    shop_id=shop,
                    provider=provider,
                    hook_secret=secrets.token_urlsafe(32),
                    created_at=self.clock(),
                )
            else:
                base = await work.connections.get(connection)
            told = evolve(
                base,
                title=title or base.title or facts.title,
                settings=read,
                api_url=api_url or base.api_url,
                state=AccountState.ACTIVE,
                problem="",
            )
            await work.connections.save(told)
        return told


@frozen(kw_only=True)
class ListConnections:
    """Show a shop's accounts at providers."""

    store: Store

    async def __call__(self, shop: ShopId) -> Sequence[Connection]:
        """Return the connections, oldest first."""
        async with self.store.read(shop) as work:
            return await work.connections.all()


@frozen(kw_only=True)
class CheckAccounts:
    """Find out whether the shop's credentials work, and have news sent to us."""

    store: Store
    channels: Channels
    providers: Providers
    public_url: str = ""

    async def __call__(self, shop: ShopId) -> Sequence[AccountCheck]:
        """Return one line per account; a broken one is reported, never raised."""
        async with self.store.read(shop) as work:
            installation = await work.installation()
            connections = await work.connections.all()
        store = await self._store(installation)
        return (store, *[await self._provider(connection) for connection in connections])

    async def _store(self, installation: Installation) -> AccountCheck:
        try:
            channel = self.channels.open(_tried(installation))
            words = await channel.check() if isinstance(channel, ChecksInstallation) else "not checked"
            refused: Sequence[str] = ()
            if self.public_url and isinstance(channel, SubscribesOrders):
                refused = await channel.subscribe(f"{self.public_url}/webhooks/{installation.channel}")
        except MockSparkError as problem:
            return AccountCheck(account=installation.channel, works=False, words=str(problem))
        await reapply(self.store, installation.shop_id, _works_again)
        warning = f"not subscribed: {', '.join(refused)}" if refused else ""
        return AccountCheck(account=installation.channel, works=True, words=words, warning=warning)

    async def _provider(self, connection: Connection) -> AccountCheck:
        facts = self.providers.facts(connection.provider)
        name = connection.title or facts.title
        try:
            provider = self.providers.open(connection)
            words = await provider.check() if isinstance(provider, ChecksAccount) else "nothing to check"
            if self.public_url and isinstance(provider, SubscribesReports):
                address = f"{self.public_url}/webhooks/{connection.provider}/{connection.id}"
                await provider.subscribe(address, connection.hook_secret)
        except MockSparkError as problem:
            return AccountCheck(account=name, works=False, words=str(problem), warning=facts.warning)
        return AccountCheck(account=name, works=True, words=words, warning=facts.warning)


def _tried(access: Installation) -> Installation:
    """Return a broken access as if it worked: a check is how one finds out that it does again."""
    return evolve(access, state=AccountState.ACTIVE) if access.state is AccountState.BROKEN else access


async def _works_again(work: UnitOfWork) -> None:
    access = await work.installation()
    if access.state is AccountState.BROKEN:
        await work.save_installation(evolve(access, state=AccountState.ACTIVE, problem=""))


@frozen(kw_only=True)
class ShowShop:
    """Show a shop and its rules."""

    directory: Directory

    async def __call__(self, shop: ShopId) -> Shop:
        """Return the shop, or raise NotFound."""
        found = await self.directory.shop(shop)
        if found is None:
            raise NotFound("shop", shop)
        return found


@frozen(kw_only=True)
class UpdateRules:
    """Change what a shop decides for itself."""

    directory: Directory
    show_shop: ShowShop

    async def __call__(self, shop: ShopId, rules: Rules) -> Shop:
        """Store *rules*; raises NotFound for a shop that is not known, Conflict when it was changed meanwhile."""
        changed = evolve(await self.show_shop(shop), rules=rules)
        await self.directory.save_shop(changed)
        return changed


@frozen(kw_only=True)
class NewToken:
    """A token at the only moment at which it can be read."""

    token: str = field(repr=False)
    kept: ApiToken


@frozen(kw_only=True)
class CreateToken:
    """Let a program act for a shop."""

    directory: Directory
    clock: Clock

    async def __call__(self, shop: ShopId, *, name: str, scopes: Collection[str]) -> NewToken:
        """Return the token once; only its digest is kept. Raises FormInvalid for unknown scopes."""
        unknown = sorted(set(scopes) - SCOPES)
        if unknown or not scopes:
            known = ", ".join(sorted(SCOPES))
            raise FormInvalid([("scopes", f"{', '.join(unknown) or 'none'}: choose among {known}")])
        if await self.directory.shop(shop) is None:
            raise NotFound("shop", shop)
        token = f"{_PREFIX}{secrets.token_urlsafe(32)}"
        kept = ApiToken(
            digest=token_digest(token),
            shop_id=shop,
            name=name.strip() or "unnamed",
            scopes=frozenset(scopes),
            created_at=self.clock(),
        )
        await self.directory.save_token(kept)
        return NewToken(token=token, kept=kept)


@frozen(kw_only=True)
class ListTokens:
    """Show who may act for a shop."""

    directory: Directory

    async def __call__(self, shop: ShopId) -> Sequence[ApiToken]:
        """Return the tokens, newest first, revoked ones included."""
        return await self.directory.tokens(shop)


@frozen(kw_only=True)
class RevokeToken:
    """Let a token act no more."""

    directory: Directory
    clock: Clock

    async def __call__(self, shop: ShopId, digest: str) -> None:
        """Revoke the token of that digest; raises NotFound where the shop has none, revoking twice is harmless."""
        token = await self.directory.token(digest)
        if token is None or token.shop_id != shop:
            raise NotFound("token", digest[:12])
        if token.revoked_at is None:
            await self.directory.save_token(evolve(token, revoked_at=self.clock()))


@frozen(kw_only=True)
class Authenticate:
    """Find out whom a token speaks for."""

    directory: Directory
    clock: Clock

    async def __call__(self, token: str) -> ApiToken:
        """Return the token's rights; raises NotAuthorized for one that is unknown or revoked."""
        # Looked up by digest: comparing in the database tells an attacker nothing about the token.
        known = await self.directory.token(token_digest(token)) if token.startswith(_PREFIX) else None
        if known is None or known.revoked_at is not None:
            raise NotAuthorized("the token is not known here: make one with `mockspark tokens create`")
        now = self.clock()
        if known.last_used_at is None or now - known.last_used_at > _SEEN_EVERY:
            known = evolve(known, last_used_at=now)
            await self.directory.save_token(known)
        return known


def token_digest(token: str) -> str:
    """Return what is kept of a token. Tokens have 256 random bits, so a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()
