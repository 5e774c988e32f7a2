"""Those who sell."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from attrs import frozen

from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.domain.identity import ExternalRef, ShopId
from mockspark.domain.order import ChannelOrder
from mockspark.domain.shop import Installation


class SalesChannel(Protocol):
    """Somebody who sells, as one shop sees it."""

    async def fetch(self, ref: ExternalRef) -> ChannelOrder | None:
        """Return the order as it is now; None when the store does not know it."""

    def orders_since(self, moment: datetime) -> AsyncIterator[ChannelOrder]:
        """Yield every order updated since *moment*, oldest change first."""


@frozen(kw_only=True)
class ShipmentNotice:
    """News of one parcel for one store order: its own lines only."""

    order: ExternalRef
    lines: tuple[tuple[ExternalRef, int], ...]
    number: str = ""
    carrier: str = ""
    url: str = ""
    notify: bool = False


@runtime_checkable
class PublishesShipments(Protocol):
    """Wants to know about parcels."""

    async def publish(self, notice: ShipmentNotice) -> ExternalRef:
        """Tell the store once: an earlier, equal notice is found and returned instead of repeated."""


@runtime_checkable
class HoldsOrders(Protocol):
    """Can keep an order from being fulfilled elsewhere."""

    async def hold(self, order: ExternalRef, *, handle: str, note: str) -> None:
        """Hold the order under *handle*; holding twice is one hold."""

    async def release(self, order: ExternalRef, *, handle: str) -> None:
        """Lift our own hold *handle* and nobody else's."""


@runtime_checkable
class SubscribesOrders(Protocol):
    """Has its webhooks set up by call."""

    async def subscribe(self, url: str) -> Sequence[str]:
        """Have order news sent to *url*; return the topics that could not be had, with the reason."""


@runtime_checkable
class ChecksInstallation(Protocol):
    """Can tell whether its credentials work."""

    async def check(self) -> str:
        """Return a sentence about the store; raises NotAuthorized with what to do."""


@frozen(kw_only=True)
class OrderTold:
    """An order was made or changed; *order* is None where the message does not carry it: fetch it."""

    ref: ExternalRef
    order: ChannelOrder | None = None


@frozen(kw_only=True)
class Uninstalled:
    """The shop removed us; its tokens are dead."""


@frozen(kw_only=True)
class RedactCustomer:
    """Forget a person: these orders."""

    orders: tuple[ExternalRef, ...]
    customer: str = ""


@frozen(kw_only=True)
class DataRequested:
    """A person asks what is known: these orders."""

    orders: tuple[ExternalRef, ...]
    customer: str = ""


@frozen(kw_only=True)
class RedactShop:
    """Forget a shop and everything of it."""


@frozen(kw_only=True)
class Ignored:
    """A message that means nothing to us, and why."""

    why: str


ChannelEvent = OrderTold | Uninstalled | RedactCustomer | DataRequested | RedactShop | Ignored


@frozen(kw_only=True)
class SignedDelivery:
    """What the signed headers of a delivery say; *delivery_id* is the same over its repetitions."""

    shop_id: ShopId
    topic: str
    delivery_id: str
    event_id: str = ""
    triggered_at: datetime | None = None


class ReadsDeliveries(Protocol):
    """The channel's front door: pure, without I/O."""

    def shop(self, delivery: WebhookDelivery) -> ShopId:
        """Return the shop that the delivery claims; nothing is believed before `verify`."""

    def verify(self, delivery: WebhookDelivery, secrets: Sequence[str]) -> SignedDelivery:
        """Check the signature over the raw body against every current secret of the shop.

        Raises NotAuthorized on a wrong or missing one, Rejected for a signed delivery without its headers.
        """

    def read(self, topic: str, body: bytes) -> Sequence[ChannelEvent]:
        """Read a verified body; raises Rejected when it is not what the topic promises."""


class Credentials(Protocol):
    """One shop's secrets at its channel: read by all, renewed by one at a time."""

    async def read(self) -> Mapping[str, str]:
        """Return the present credentials."""

    async def renew(
        self, stale: Mapping[str, str], refresh: Callable[[Mapping[str, str]], Awaitable[Mapping[str, str]]]
    ) -> Mapping[str, str]:
        """Run *refresh* unless somebody else renewed *stale* meanwhile; store and return what is current."""


class Channels(Protocol):
    """Every sales channel that is installed."""

    def intake(self, channel: str) -> ReadsDeliveries:
        """Return the front door of *channel*; raises NotFound for one that is not installed."""

    def open(self, installation: Installation) -> SalesChannel:
        """Return the channel as *installation*'s shop sees it; raises NotConnected when it is closed or broken."""

    def secrets(self, installation: Installation) -> Sequence[str]:
        """Return every secret that may sign the shop's webhooks now."""
