"""A store in memory: its orders, what it was told, and the failures it was asked for."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import define, field, frozen

from mockspark.application.errors import NotAuthorized, NotConnected, NotFound, Rejected
from mockspark.application.ports.channels import (
    ChannelEvent,
    ReadsDeliveries,
    SalesChannel,
    ShipmentNotice,
    SignedDelivery,
)
from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.domain.identity import ExternalRef, ShopId
from mockspark.domain.order import ChannelOrder
from mockspark.domain.shop import AccountState, Installation

SECRET: Final = "memory-secret"  # noqa: S105 - signs what this process sends to itself


@define
class ScriptedChannel:
    """One store, with every ability a channel may have.

    `fail` makes the next calls fail; `calls` tells what was asked, in order.
    """

    orders: dict[ExternalRef, ChannelOrder] = field(factory=dict)
    published: list[ShipmentNotice] = field(factory=list)
    holds: dict[tuple[ExternalRef, str], str] = field(factory=dict)
    subscribed: list[str] = field(factory=list)
    calls: list[str] = field(factory=list)
    failures: list[Exception] = field(factory=list)
    unheard: list[Exception] = field(factory=list)

    def sell(self, *orders: ChannelOrder) -> None:
        """Have the store know *orders* as they are now."""
        self.orders.update({order.ref: order for order in orders})

    def forget(self, ref: ExternalRef) -> None:
        """Have the store know *ref* no more."""
        self.orders.pop(ref, None)

    def fail(self, *failures: Exception) -> None:
        """Let the next calls raise *failures*, one each, before anything happens."""
        self.failures.extend(failures)

    def lose_answer(self, *failures: Exception) -> None:
        """Let the next acts happen and raise *failures* all the same."""
        self.unheard.extend(failures)

    async def fetch(self, ref: ExternalRef) -> ChannelOrder | None:
        """Return the order as it is now; None when the store does not know it."""
        self._called("fetch")
        return self.orders.get(ref)

    async def orders_since(self, moment: datetime) -> AsyncIterator[ChannelOrder]:
        """Yield every order updated since *moment*, oldest change first; a scripted failure comes halfway."""
        self.calls.append("orders_since")
        found = sorted(
            (order for order in self.orders.values() if order.updated_at >= moment),
            key=lambda order: order.updated_at,
        )
        for position, order in enumerate(found):
            if position == len(found) // 2:
                self._fail(self.failures)
            yield order
        self._fail(self.failures)

    async def publish(self, notice: ShipmentNotice) -> ExternalRef:
        """Keep the notice once; an earlier one of the same order and number is found and returned."""
        self._called("publish")
        known = [(earlier.order, earlier.number) for earlier in self.published]
        if (notice.order, notice.number) not in known:
            self.published.append(notice)
            known.append((notice.order, notice.number))
        self._fail(self.unheard)
        return ExternalRef("memory", f"fulfillment-{known.index((notice.order, notice.number)) + 1}")

    async def hold(self, order: ExternalRef, *, handle: str, note: str) -> None:
        """Hold the order under *handle*; holding twice is one hold."""
        self._called("hold")
        self.holds.setdefault((order, handle), note)
        self._fail(self.unheard)

    async def release(self, order: ExternalRef, *, handle: str) -> None:
        """Lift our own hold *handle* and nobody else's."""
        self._called("release")
        self.holds.pop((order, handle), None)
        self._fail(self.unheard)

    async def subscribe(self, url: str) -> Sequence[str]:
        """Take *url* down; every topic can be had."""
        self._called("subscribe")
        self.subscribed.append(url)
        return ()

    async def check(self) -> str:
        """Return a sentence about the store; raises what was scripted."""
        self._called("check")
        return f"a store in memory with {len(self.orders)} orders"

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self._fail(self.failures)

    def _fail(self, failures: list[Exception]) -> None:
        if failures:
            raise failures.pop(0)


@define
class MemoryIntake:
    """A front door that knows the messages it was given to send, signed like real ones."""

    messages: dict[bytes, tuple[ChannelEvent, ...]] = field(factory=dict)
    secret: str = field(default=SECRET, repr=False)

    def delivery(
        self,
        shop: ShopId,
        *events: ChannelEvent,
        at: datetime,
        topic: str = "orders/updated",
        id: str = "",  # noqa: A002
    ) -> WebhookDelivery:
        """Return a signed delivery of *events*; an equal *id* makes it a repetition."""
        body = id.encode() or f"message-{len(self.messages) + 1}".encode()
        self.messages[body] = events
        headers = {
            "x-shop": shop,
            "x-topic": topic,
            "x-delivery-id": body.decode(),
            "x-signature": _signature(self.secret, body),
        }
        return WebhookDelivery(headers=headers, body=body, received_at=at)

    def shop(self, delivery: WebhookDelivery) -> ShopId:
        """Return the shop that the delivery claims."""
        return ShopId(delivery.headers.get("x-shop", ""))

    def verify(self, delivery: WebhookDelivery, secrets: Sequence[str]) -> SignedDelivery:
        """Check the signature against every secret."""
        given = delivery.headers.get("x-signature", "")
        if not any(hmac.compare_digest(given, _signature(secret, delivery.body)) for secret in secrets):
            raise NotAuthorized("the delivery is not signed with a secret of this shop")
        if not delivery.headers.get("x-delivery-id"):
            raise Rejected("the delivery has no id")
        return SignedDelivery(
            shop_id=self.shop(delivery),
            topic=delivery.headers.get("x-topic", ""),
            delivery_id=delivery.headers["x-delivery-id"],
            triggered_at=delivery.received_at,
        )

    def read(self, topic: str, body: bytes) -> Sequence[ChannelEvent]:
        """Return the events that the message stands for; raises Rejected for one that was never made."""
        if body not in self.messages:
            raise Rejected(f"{topic} carries a body that cannot be read")
        return self.messages[body]


@frozen(kw_only=True)
class MemoryChannels:
    """Channels that live in this process: one store for each shop, one front door for each channel."""

    stores: Mapping[ShopId, SalesChannel]
    intakes: Mapping[str, ReadsDeliveries] = field(factory=dict)
    signing: tuple[str, ...] = (SECRET,)

    def intake(self, channel: str) -> ReadsDeliveries:
        """Return the front door of *channel*."""
        if channel not in self.intakes:
            raise NotFound("sales channel", channel)
        return self.intakes[channel]

    def open(self, installation: Installation) -> SalesChannel:
        """Return the shop's store; raises NotConnected when its access is closed or broken."""
        store = self.stores.get(installation.shop_id)
        if store is None or installation.state is not AccountState.ACTIVE:
            raise NotConnected(f"{installation.shop_id} is not connected to a store: {installation.problem}")
        return store

    def secrets(self, installation: Installation) -> Sequence[str]:
        """Return what signs deliveries here."""
        del installation
        return self.signing


def _signature(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
