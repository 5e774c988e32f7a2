"""Those who print and ship."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from mockspark.application.forms import Form
from mockspark.domain.address_check import AddressLimits
from mockspark.domain.catalog import PrintArea
from mockspark.domain.identity import ExternalRef, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.shop import Connection
from mockspark.domain.submission import ProviderOrder, ProviderReport, SubmissionRequest


class FulfillmentProvider(Protocol):
    """Somebody who prints and ships."""

    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        """Place *request*; a second call with the same id must not print twice."""

    async def find(self, id: SubmissionId, *, since: datetime) -> Sequence[ProviderOrder]:  # noqa: A002
        """Return what *id* has led to since *since*; empty if it never arrived."""

    async def fetch(self, ref: ExternalRef) -> ProviderReport:
        """Return the current state of one remote order, in our words."""


@frozen(kw_only=True)
class CancelAnswer:
    """What a provider says to a cancellation: done, refused, or to be seen later."""

    cancelled: bool
    words: str = ""


@frozen(kw_only=True)
class Quote:
    """What a parcel would cost: shipping by method, and the items where the provider says so."""

    shipping: Mapping[str, Money] = field(factory=dict)
    items: Money | None = None


@frozen(kw_only=True)
class WebhookDelivery:
    """One HTTP delivery as it came: header names in lower case, the raw body."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


@frozen(kw_only=True)
class Hint:
    """A webhook's message: look at these orders again; *parcels* may tell what a later read does not.

    *delivery_id* recognises a repeated delivery.
    """

    delivery_id: str
    refs: tuple[ExternalRef, ...] = ()
    reports: tuple[ProviderReport, ...] = ()


@frozen(kw_only=True)
class ProviderProduct:
    """One blank variant of a provider's catalogue."""

    keys: Mapping[str, str]
    title: str
    available: bool = True
    print_areas: tuple[PrintArea, ...] = ()
    cost: Money | None = None


@runtime_checkable
class Prepares(Protocol):
    """Needs something made (uploads, products) before an order can be placed."""

    async def prepare(self, request: SubmissionRequest) -> Mapping[str, str]:
        """Make it and return notes that are stored before the order is placed; repeating is harmless."""


@runtime_checkable
class Confirms(Protocol):
    """Takes orders as drafts first."""

    async def confirm(self, ref: ExternalRef) -> None:
        """Let a draft be printed; confirming twice prints once."""


@runtime_checkable
class Cancels(Protocol):
    """Can be asked to cancel."""

    async def cancel(self, ref: ExternalRef) -> CancelAnswer:
        """Ask to cancel; an order that is cancelled already answers cancelled."""


@runtime_checkable
class Quotes(Protocol):
    """Says beforehand what a parcel costs."""

    async def quote(self, request: SubmissionRequest) -> Quote:
        """Return the price of *request* without placing it."""


@runtime_checkable
class ReceivesReports(Protocol):
    """Sends webhooks."""

    def read_webhook(self, delivery: WebhookDelivery) -> Hint:
        """Verify and read *delivery*, without I/O; raises NotAuthorized on a wrong signature, Rejected on nonsense."""


@runtime_checkable
class SubscribesReports(Protocol):
    """Has its webhooks set up by call."""

    async def subscribe(self, url: str, secret: str) -> None:
        """Have reports sent to *url*; doing it again changes nothing."""


@runtime_checkable
class ListsCatalog(Protocol):
    """Shows what it can print on."""

    def catalog(self, search: str = "") -> AsyncIterator[ProviderProduct]:
        """Yield blank variants, those out of stock included."""


@runtime_checkable
class ChecksStock(Protocol):
    """Says whether a blank is available."""

    async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
        """Tell for each variant whether it can be printed now, in the given order."""


@runtime_checkable
class AsksMore(Protocol):
    """Has a send dialog whose choices depend on the parcel."""

    async def form(self, request: SubmissionRequest) -> Form:
        """Return the dialog, narrowed to what is possible for *request*."""


@runtime_checkable
class ChecksAccount(Protocol):
    """Can tell whether its credentials work."""

    async def check(self) -> str:
        """Return a sentence about the account; raises NotAuthorized with what to do."""


@frozen(kw_only=True)
class ProviderFacts:
    """What is true of a provider whatever the account: shown without opening a connection.

    *warning* is what a merchant must set in the provider's own account.
    """

    key: str
    title: str
    limits: AddressLimits = AddressLimits()
    max_lines: int = 50
    warning: str = ""
    settings_form: Form
    options_form: Form
    offline: bool = False


class Providers(Protocol):
    """Every provider that is installed."""

    def facts(self, provider: str) -> ProviderFacts:
        """Describe *provider*; raises NotFound for one that is not installed."""

    def installed(self) -> Sequence[ProviderFacts]:
        """Describe every installed provider."""

    def read_options(self, provider: str, raw: Mapping[str, object]) -> Mapping[str, str | int | bool]:
        """Check the answers of the send dialog; raises FormInvalid with every problem."""

    def read_settings(self, provider: str, raw: Mapping[str, object]) -> Mapping[str, str]:
        """Check an account's settings; raises FormInvalid with every problem."""

    def open(self, connection: Connection) -> FulfillmentProvider:
        """Return the provider for *connection*; raises NotConnected when it is closed or broken."""
