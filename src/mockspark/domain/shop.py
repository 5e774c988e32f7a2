"""The tenant, its rules, and its accounts at channels and providers."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen, validators

from mockspark.domain.identity import ConnectionId, ShopId


@frozen(kw_only=True)
class Rules:
    """What a shop decides for itself; times in seconds.

    *grace_s* is how long a send can be undone before anybody calls the provider.
    *auto_send_s* sends ready items by itself after that delay; None leaves it to people.
    *generating_limit_s* and *sending_limit_s* are the watchdog's patience.
    """

    grace_s: int = field(default=10, validator=validators.ge(0))
    auto_send_s: int | None = None
    import_unpaid: bool = False
    send_unpaid: bool = False
    tell_customer: bool = False
    hold_at_store: bool = False
    generating_limit_s: int = field(default=1800, validator=validators.gt(0))
    sending_limit_s: int = field(default=1800, validator=validators.gt(0))


@frozen(kw_only=True)
class Shop:
    """One store of one sales channel: the tenant that everything belongs to."""

    id: ShopId
    channel: str = "shopify"
    title: str = ""
    timezone: str = "UTC"
    currency: str = "USD"
    rules: Rules = Rules()
    created_at: datetime
    uninstalled_at: datetime | None = None
    version: int = 0


class AccountState(StrEnum):
    """Whether an account works."""

    ACTIVE = "active"
    BROKEN = "broken"
    CLOSED = "closed"


@frozen(kw_only=True)
class Installation:
    """The shop's access to its own channel: app credentials, tokens, and how far we have read.

    *credentials* are secrets; the store seals them at rest. *read_until* is the high-water mark of the sweep.
    """

    shop_id: ShopId
    channel: str = "shopify"
    credentials: Mapping[str, str] = field(factory=dict, repr=False)
    api_url: str = ""
    state: AccountState = AccountState.ACTIVE
    problem: str = ""
    read_until: datetime | None = None
    swept_at: datetime | None = None
    version: int = 0


@frozen(kw_only=True)
class Connection:
    """One account of the shop at one fulfillment provider.

    *settings* may hold secrets; the store seals them at rest. *hook_secret* is part of its webhook address
    or signs its webhooks.
    """

    id: ConnectionId
    shop_id: ShopId
    provider: str
    title: str = ""
    settings: Mapping[str, str] = field(factory=dict, repr=False)
    api_url: str = ""
    hook_secret: str = field(default="", repr=False)
    state: AccountState = AccountState.ACTIVE
    problem: str = ""
    created_at: datetime
    version: int = 0

    @property
    def account(self) -> str:
        """Return the name under which the account's rate limit is kept."""
        return f"{self.provider}:{self.id.hex}"
