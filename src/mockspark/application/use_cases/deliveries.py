"""Webhooks: believed by their signature, durable before the sender hears so, worked off later."""

import hmac
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ClassVar, Final, Protocol, assert_never
from uuid import UUID

from attrs import evolve, field, frozen

from mockspark.application.errors import NotAuthorized, NotConnected, NotFound, Rejected, Unavailable
from mockspark.application.hints import pack, unpack
from mockspark.application.ports.channels import (
    ChannelEvent,
    Channels,
    ChecksInstallation,
    DataRequested,
    Ignored,
    OrderTold,
    RedactCustomer,
    RedactShop,
    SignedDelivery,
    Uninstalled,
)
from mockspark.application.ports.fulfillment import Hint, Providers, ReceivesReports, WebhookDelivery
from mockspark.application.ports.storage import Delivery, Directory, Inbox, Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.reactions import erase
from mockspark.application.reapply import reapply
from mockspark.application.use_cases.privacy import RedactCustomer as ForgetCustomer
from mockspark.application.use_cases.receive_order import RefreshOrder, open_channel
from mockspark.domain.errors import MockSparkError
from mockspark.domain.events import Actor
from mockspark.domain.identity import ConnectionId, ExternalRef, ShopId
from mockspark.domain.shop import AccountState, Installation
from mockspark.domain.submission import ProviderReport

CHANNEL: Final = "channel:"
PROVIDER: Final = "provider:"

DELAYS: Final = tuple(timedelta(seconds=s) for s in (10, 30, 120, 600, 1800, 3600, 3600, 3600))
"""How long a delivery waits after each failure; after the last it is settled as failed."""

ASK_AGAIN: Final = timedelta(days=1)
BELIEVED_FOR: Final = timedelta(seconds=2)
"""How long a shop's secrets are taken from memory; a signature that does not fit them is checked afresh."""
_MOST_BELIEVED: Final = 1000

FORGET_WITHIN: Final = timedelta(days=25)
GIVE_UP: Final = timedelta(days=30)
"""Stores give thirty days to forget a person; until the 25th, what is in production keeps what it needs."""


class StillInProduction(MockSparkError):
    """A person cannot be forgotten yet without losing what is being made for them."""

    code: ClassVar[str] = "still_in_production"


class AppliesReports(Protocol):
    """Takes in a provider's news."""

    async def __call__(
        self,
        shop: ShopId,
        connection: ConnectionId,
        reports: Sequence[ProviderReport],
        *,
        refs: Sequence[ExternalRef] = (),
        cause: str = "",
    ) -> int:
        """Re-read the orders *refs* and apply what is known; return how many items moved."""


@frozen(kw_only=True)
class AcceptWebhook:
    """Keep a channel's delivery once its signature is believed."""

    directory: Directory
    channels: Channels
    inbox: Inbox
    _known: dict[ShopId, tuple[datetime, Installation]] = field(factory=dict, init=False, repr=False)

    async def __call__(self, channel: str, delivery: WebhookDelivery) -> bool:
        """Return False for one that is kept already; raises NotAuthorized or Rejected for one not believed."""
        source = f"{CHANNEL}{channel}"
        try:
            kept = await self._verified(channel, source, delivery)
        except Rejected as refusal:
            await self.inbox.count_refused(source, refusal.code)
            raise
        return await self.inbox.accept(kept)

    async def _verified(self, channel: str, source: str, delivery: WebhookDelivery) -> Delivery:
        signed = await self._signed(channel, delivery)
        return Delivery(
            source=source,
            shop_id=signed.shop_id,
            delivery_id=signed.delivery_id,
            topic=signed.topic,
            event_id=signed.event_id,
            triggered_at=signed.triggered_at,
            received_at=delivery.received_at,
            body=delivery.body,
        )

    async def _signed(self, channel: str, delivery: WebhookDelivery) -> SignedDelivery:
        intake = self.channels.intake(channel)
        shop = intake.shop(delivery)
        remembered = self._remembered(shop, delivery.received_at)
        if remembered is not None and remembered.channel == channel:
            # The secret may have been changed since it was read: only a fit ends the matter.
            with suppress(NotAuthorized):
                return intake.verify(delivery, self.channels.secrets(remembered))
        return intake.verify(delivery, self.channels.secrets(await self._read(channel, shop, delivery)))

    async def _read(self, channel: str, shop: ShopId, delivery: WebhookDelivery) -> Installation:
        installation = await self.directory.installation(shop)
        if installation is None or installation.channel != channel:
            raise NotAuthorized("the delivery names a shop that is not connected here")
        if len(self._known) >= _MOST_BELIEVED:
            self._known.clear()
        self._known[shop] = (delivery.received_at, installation)
        return installation

    def _remembered(self, shop: ShopId, now: datetime) -> Installation | None:
        read_at, installation = self._known.get(shop, (None, None))
        fresh = read_at is not None and abs(now - read_at) < BELIEVED_FOR
        return installation if fresh else None


@frozen(kw_only=True)
class AcceptReport:
    """Keep a provider's hint once it is believed."""

    directory: Directory
    providers: Providers
    inbox: Inbox

    async def __call__(
        self, provider: str, connection: ConnectionId, delivery: WebhookDelivery, *, secret: str = ""
    ) -> bool:
        """Return False for one that is kept already.

        *secret* is the part of the address that only the provider knows, where its account signs nothing.
        Raises NotFound for an account that there is not, NotAuthorized or Rejected for what is not believed.
        """
        try:
            kept = await self._verified(provider, connection, delivery, secret)
        except Rejected as refusal:
            await self.inbox.count_refused(f"{PROVIDER}{provider}", refusal.code)
            raise
        return await self.inbox.accept(kept)

    async def _verified(
        self, provider: str, id_: ConnectionId, delivery: WebhookDelivery, secret: str
    ) -> Delivery:
        connection = await self.directory.connection(id_)
        if connection is None or connection.provider != provider:
            raise NotFound("connection", id_)
        if secret and not hmac.compare_digest(secret.encode(), connection.hook_secret.encode()):
            raise NotAuthorized("the address is not the one that the provider was given")
        opened = self.providers.open(connection)
        if not isinstance(opened, ReceivesReports):
            raise Rejected(f"{provider} sends no webhooks")
        hint = opened.read_webhook(delivery)
        return Delivery(
            source=f"{PROVIDER}{id_}",
            shop_id=connection.shop_id,
            delivery_id=hint.delivery_id,
            topic=provider,
            received_at=delivery.received_at,
            body=pack(hint),
        )


@frozen(kw_only=True)
class WorkInbox:
    """Work off what was taken in: each delivery is settled, or put back and seen again."""

    store: Store
    directory: Directory
    inbox: Inbox
    channels: Channels
    clock: Clock
    refresh_order: RefreshOrder
    redact_customer: ForgetCustomer
    apply_report: AppliesReports

    async def __call__(self) -> int:
        """Return how many deliveries were settled; a failing one does not stop the others."""
        settled = 0
        while batch := await self.inbox.claim(now=self.clock()):
            for delivery in batch:
                settled += await self._work_off(delivery)
        return settled

    async def _work_off(self, delivery: Delivery) -> bool:
        news: _News = ()
        try:
            news = self._read(delivery)
            outcome = await self._outcome(delivery, news)
        except Exception as problem:  # noqa: BLE001 - the outer edge: whatever happens, the delivery stays
            return await self._failed(delivery, news, problem)
        await self.inbox.settle(delivery, outcome)
        return True

    async def _failed(self, delivery: Delivery, news: "_News", problem: Exception) -> bool:
        words = f"{type(problem).__name__}: {problem}"
        delay = _patience(delivery, news, problem, self.clock())
        if delay is None:
            await self.inbox.settle(delivery, f"failed: {words}")
            return True
        await self.inbox.postpone(delivery, until=self.clock() + delay, why=words)
        return False

    def _read(self, delivery: Delivery) -> "_News":
        if delivery.source.startswith(PROVIDER):
            return unpack(delivery.body)
        intake = self.channels.intake(delivery.source.removeprefix(CHANNEL))
        return tuple(intake.read(delivery.topic, delivery.body))

    async def _outcome(self, delivery: Delivery, news: "_News") -> str:
        if isinstance(news, Hint):
            return await self._reported(delivery, news)
        return "; ".join([await self._told(delivery, event) for event in news]) or "nothing in it"

    async def _reported(self, delivery: Delivery, hint: Hint) -> str:
        connection = ConnectionId(UUID(delivery.source.removeprefix(PROVIDER)))
        moved = await self.apply_report(
            delivery.shop_id, connection, hint.reports, refs=hint.refs, cause=delivery.delivery_id
        )
        return f"{moved} items followed"

    async def _told(self, delivery: Delivery, event: ChannelEvent) -> str:
        match event:
            case OrderTold():
                return await self._order(delivery, event)
            case Uninstalled():
                return await self._uninstalled(delivery)
            case RedactShop():
                return await self._erase(delivery)
            case RedactCustomer(orders=orders):
                return await self._forget(delivery, orders)
            case DataRequested(orders=orders):
                return f"asked for the data of {len(orders)} orders: `customer_data` has them"
            case Ignored(why=why):
                return f"ignored: {why}"
            case _:
                assert_never(event)

    async def _order(self, delivery: Delivery, event: OrderTold) -> str:
        received = await self.refresh_order(
            delivery.shop_id, event.ref, by=_sender(delivery), cause=delivery.delivery_id, told=event.order
        )
        if received.ignored:
            return f"ignored: {received.ignored}"
        return f"{len(received.items)} items, {received.filtered} lines left out"

    async def _uninstalled(self, delivery: Delivery) -> str:
        if await self._answers(delivery):
            return "ignored: the store answers, so this is old news"
        await reapply(self.store, delivery.shop_id, _close)
        await self._note_goodbye(delivery.shop_id)
        return "the store removed us"

    async def _note_goodbye(self, shop: ShopId) -> None:
        known = await self.directory.shop(shop)
        if known is not None and known.uninstalled_at is None:
            await self.directory.save_shop(evolve(known, uninstalled_at=self.clock()))

    async def _erase(self, delivery: Delivery) -> str:
        if await self._answers(delivery):
            return "ignored: the store answers, so it has come back"
        async with self.store.begin(delivery.shop_id) as work:
            await work.jobs.put(erase(delivery.shop_id))
        return "the shop is going to be erased"

    async def _answers(self, delivery: Delivery) -> bool:
        """Tell whether the shop's access works, which makes a goodbye a late or repeated one."""
        if delivery.attempts >= len(DELAYS):
            return False
        try:
            channel = await open_channel(self.directory, self.channels, delivery.shop_id)
            if not isinstance(channel, ChecksInstallation):
                return False
            await channel.check()
        except (Rejected, NotConnected):
            return False
        return True

    async def _forget(self, delivery: Delivery, orders: Sequence[ExternalRef]) -> str:
        at_once = self.clock() - delivery.received_at >= FORGET_WITHIN
        forgotten = await self.redact_customer(
            delivery.shop_id, orders, by=_sender(delivery), at_once=at_once
        )
        if forgotten < len(orders):
            raise StillInProduction(f"{len(orders) - forgotten} of {len(orders)} orders are in production")
        return f"{forgotten} orders forgotten"


_News = Hint | tuple[ChannelEvent, ...]


def _sender(delivery: Delivery) -> Actor:
    return Actor.store(delivery.source.removeprefix(CHANNEL))


async def _close(work: UnitOfWork) -> None:
    access = await work.installation()
    closed = evolve(access, state=AccountState.CLOSED, problem="the store removed MockSpark")
    await work.save_installation(closed)


def _patience(delivery: Delivery, news: _News, problem: Exception, now: datetime) -> timedelta | None:
    """Say how long to wait before the next try; None when there is no use in another."""
    if isinstance(problem, StillInProduction):
        return ASK_AGAIN
    if isinstance(problem, Rejected) and not isinstance(problem, NotAuthorized):
        return None
    promised = isinstance(news, tuple) and any(isinstance(event, RedactCustomer) for event in news)
    if delivery.attempts > len(DELAYS) and not (promised and now - delivery.received_at < GIVE_UP):
        return None
    usual = DELAYS[min(max(delivery.attempts, 1), len(DELAYS)) - 1]
    asked = problem.retry_after if isinstance(problem, Unavailable) else None
    return max(usual, asked or usual)
