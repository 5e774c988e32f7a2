"""Webhooks are believed by signature, durable, worked off later, and harmless in any number and order."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import define, evolve, field, frozen
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from mockspark.adapters.memory.blobs import MemoryBlobStore
from mockspark.adapters.memory.channel import MemoryIntake, ScriptedChannel
from mockspark.adapters.memory.provider import BareProvider, MemoryProviders, ScriptedProvider
from mockspark.adapters.sql.tables import deliveries, refusals
from mockspark.application.errors import (
    Conflict,
    NotAuthorized,
    NotConnected,
    NotFound,
    Rejected,
    Unavailable,
)
from mockspark.application.hints import pack, unpack
from mockspark.application.ports.blobs import BlobKey
from mockspark.application.ports.channels import (
    ChannelEvent,
    DataRequested,
    Ignored,
    OrderTold,
    RedactCustomer,
    RedactShop,
    Uninstalled,
)
from mockspark.application.ports.fulfillment import FulfillmentProvider, Hint
from mockspark.application.use_cases.deliveries import (
    BELIEVED_FOR,
    DELAYS,
    AcceptReport,
    AcceptWebhook,
    WorkInbox,
)
from mockspark.domain.identity import ConnectionId, ExternalRef, ShopId
from mockspark.domain.money import Money
from mockspark.domain.order import ChannelOrder
from mockspark.domain.shop import AccountState, Installation
from mockspark.domain.status import Status
from mockspark.domain.submission import LineReport, Parcel, ProviderReport, Stage
from tests.application.intake import PRINTER, SHOP, START, Workshop, an_order, later, ref


@define
class HeardReports:
    """Keeps what it was told to apply."""

    heard: list[tuple[ConnectionId, tuple[ProviderReport, ...], tuple[ExternalRef, ...], str]] = field(
        factory=list
    )
    failures: list[Exception] = field(factory=list)

    async def __call__(
        self,
        shop: ShopId,
        connection: ConnectionId,
        reports: Sequence[ProviderReport],
        *,
        refs: Sequence[ExternalRef] = (),
        cause: str = "",
    ) -> int:
        if self.failures:
            raise self.failures.pop(0)
        self.heard.append((connection, tuple(reports), tuple(refs), cause))
        return len(reports)


@pytest.fixture
def reports() -> HeardReports:
    return HeardReports()


def accepting(workshop: Workshop) -> AcceptWebhook:
    return AcceptWebhook(directory=workshop.directory, channels=workshop.channels, inbox=workshop.inbox)


def working(workshop: Workshop, reports: HeardReports | None = None) -> WorkInbox:
    return WorkInbox(
        store=workshop.store,
        directory=workshop.directory,
        inbox=workshop.inbox,
        channels=workshop.channels,
        clock=workshop.clock,
        refresh_order=workshop.refresh_order,
        redact_customer=workshop.redact_customer,
        apply_report=reports or HeardReports(),
    )


async def deliver(
    workshop: Workshop,
    *events: ChannelEvent,
    delivery_id: str = "",
    topic: str = "orders/paid",
) -> bool:
    """Have the store send *events* as one delivery."""
    delivery = workshop.door.delivery(SHOP, *events, at=workshop.clock(), id=delivery_id, topic=topic)
    return await accepting(workshop)("memory", delivery)


def connected(workshop: Workshop) -> AsyncConnection:
    assert workshop.engine is not None
    return workshop.engine.connect()


async def outcomes(workshop: Workshop) -> Sequence[str]:
    """Return what became of each delivery, in the order of arrival."""
    async with connected(workshop) as connection:
        rows = await connection.execute(select(deliveries.c.outcome).order_by(deliveries.c.id))
        return [row.outcome for row in rows]


async def open_deliveries(workshop: Workshop) -> int:
    """Count the deliveries that are still to be worked off."""
    async with connected(workshop) as connection:
        rows = await connection.execute(select(deliveries.c.id).where(deliveries.c.free_at.is_not(None)))
        return len(rows.all())


def told(order: ChannelOrder) -> OrderTold:
    return OrderTold(ref=order.ref, order=order)


# The front door


async def test_a_signed_delivery_is_kept_once(workshop: Workshop) -> None:
    """D2: a repeated delivery is answered and not kept again."""
    first = await deliver(workshop, told(an_order()), delivery_id="w1")
    second = await deliver(workshop, told(an_order()), delivery_id="w1")

    assert (True, False, {"inbox.work": 1}) == (first, second, await workshop.queued())


async def test_a_delivery_that_is_signed_wrongly_is_refused_and_counted(workshop: Workshop) -> None:
    """Nothing of a forged delivery is kept but its count."""
    good = workshop.door.delivery(SHOP, told(an_order()), at=START)
    forged = evolve(good, body=b"other")

    with pytest.raises(NotAuthorized):
        await accepting(workshop)("memory", forged)

    async with connected(workshop) as connection:
        rows = (
            await connection.execute(select(refusals.c.source, refusals.c.why, refusals.c["count"]))
        ).all()
    assert [("channel:memory", "not_authorized", 1)] == [tuple(row) for row in rows]
    assert [] == await outcomes(workshop)


async def test_a_delivery_for_an_unknown_shop_is_refused(workshop: Workshop) -> None:
    """R56: nobody delivers for a shop that is not connected here."""
    stranger = workshop.door.delivery(ShopId("other.myshopify.com"), Ignored(why="x"), at=START)

    with pytest.raises(NotAuthorized):
        await accepting(workshop)("memory", stranger)


@frozen(kw_only=True)
class KeyedChannels:
    """Channels whose shops sign with a secret of their own."""

    door: MemoryIntake

    def intake(self, channel: str) -> MemoryIntake:
        return self.door

    def open(self, installation: Installation) -> ScriptedChannel:
        return ScriptedChannel()

    def secrets(self, installation: Installation) -> Sequence[str]:
        return [installation.credentials["secret"]]


async def resecreted(workshop: Workshop, secret: str) -> None:
    """Have the shop sign with another secret from now on."""
    async with workshop.store.begin(SHOP) as work:
        await work.save_installation(evolve(await work.installation(), credentials={"secret": secret}))


async def test_a_new_secret_is_believed_at_once(workshop: Workshop) -> None:
    """Secrets are remembered for a moment, and a signature that does not fit them is checked afresh."""
    door = MemoryIntake(secret="old")
    accept = evolve(accepting(workshop), channels=KeyedChannels(door=door))
    await resecreted(workshop, "old")
    assert await accept("memory", door.delivery(SHOP, Ignored(why="x"), at=START, id="w1"))
    await resecreted(workshop, "new")
    door.secret = "new"

    assert await accept("memory", door.delivery(SHOP, Ignored(why="x"), at=START, id="w2"))


async def test_an_old_secret_is_soon_forgotten(workshop: Workshop) -> None:
    """R56: what a merchant replaced opens nothing a moment later."""
    door = MemoryIntake(secret="old")
    accept = evolve(accepting(workshop), channels=KeyedChannels(door=door))
    await resecreted(workshop, "old")
    await accept("memory", door.delivery(SHOP, Ignored(why="x"), at=START, id="w1"))
    await resecreted(workshop, "new")

    with pytest.raises(NotAuthorized):
        await accept("memory", door.delivery(SHOP, Ignored(why="x"), at=START + BELIEVED_FOR, id="w2"))


# Working off


async def test_an_order_that_was_told_is_fetched_before_acting(workshop: Workshop) -> None:
    """The body is a hint: what the store says now is what counts."""
    await workshop.list_mug()
    workshop.channel.sell(later(an_order(), note="engrave it"))
    await deliver(workshop, told(an_order()))

    assert 1 == await working(workshop)()

    async with workshop.store.begin(SHOP) as work:
        kept = await work.orders.by_ref(ref(1001))
    assert kept is not None
    assert ("engrave it", ["fetch"]) == (kept.snapshot.note, workshop.channel.calls)
    assert ["1 items, 0 lines left out"] == await outcomes(workshop)


@pytest.mark.parametrize(
    "away", [Unavailable("away"), NotAuthorized("token is dead"), NotConnected("closed")]
)
async def test_the_body_is_believed_while_the_store_cannot_be_asked(
    workshop: Workshop, away: Exception
) -> None:
    """A signed body that carries the order is better than waiting; a later sweep corrects it."""
    await workshop.list_mug()
    workshop.channel.fail(away)
    await deliver(workshop, told(an_order()))

    await working(workshop)()

    assert ["1 items, 0 lines left out"] == await outcomes(workshop)


async def test_a_body_does_not_lift_the_stores_hold(workshop: Workshop) -> None:
    """Messages do not say whether the store holds the order: what was read before stays in force."""
    await workshop.list_mug()
    received = await workshop.receive(an_order(on_hold="high_risk_of_fraud"))
    workshop.channel.fail(Unavailable("away"))
    await deliver(workshop, told(later(an_order(), note="hello")))

    await working(workshop)()

    item, order = await workshop.only_item(received), await workshop.order(received.order_id)
    assert (Status.ON_HOLD, "hello") == (item.status, order.snapshot.note)


async def test_a_delivery_without_the_order_waits_for_the_store(workshop: Workshop) -> None:
    """Refund and edit messages carry no order: they are seen again when the store answers."""
    await workshop.list_mug()
    workshop.channel.sell(an_order())
    workshop.channel.fail(Unavailable("away"))
    await deliver(workshop, OrderTold(ref=ref(1001)))
    work = working(workshop)

    first = await work()
    at_once = await work()
    workshop.clock.advance(seconds=11)
    then = await work()

    assert (0, 0, 1) == (first, at_once, then)
    assert ["1 items, 0 lines left out"] == await outcomes(workshop)


async def test_an_order_that_the_store_does_not_show_yet_is_taken_from_the_body(workshop: Workshop) -> None:
    """A store may tell of an order before it can be asked for it."""
    await workshop.list_mug()
    await deliver(workshop, told(an_order()))

    await working(workshop)()

    assert ["1 items, 0 lines left out"] == await outcomes(workshop)


async def test_a_delivery_waits_as_long_as_the_store_asks(workshop: Workshop) -> None:
    """The store's own `retry_after` is obeyed where it is longer than our delay."""
    workshop.channel.fail(Unavailable("busy", retry_after=timedelta(minutes=3)))
    await deliver(workshop, OrderTold(ref=ref(1001)))
    work = working(workshop)
    await work()
    workshop.clock.advance(minutes=2, seconds=59)

    assert 0 == await work()
    workshop.clock.advance(seconds=2)
    assert 1 == await work()


async def test_a_delivery_that_keeps_failing_is_settled_with_the_reason(workshop: Workshop) -> None:
    """It stays visible, is tried over hours, and then stops; the sweep repairs what it meant."""
    workshop.channel.fail(*[Unavailable("away")] * 20)
    await deliver(workshop, OrderTold(ref=ref(1001)))
    work = working(workshop)
    tries = 0
    while await open_deliveries(workshop):
        assert await outcomes(workshop) == [""] or "Unavailable: away" in (await outcomes(workshop))[0]
        await work()
        tries += 1
        workshop.clock.advance(hours=1, seconds=1)

    assert (len(DELAYS) + 1, ["failed: Unavailable: away"]) == (tries, await outcomes(workshop))


async def test_a_body_that_cannot_be_read_is_settled_at_once(workshop: Workshop) -> None:
    """Repeating changes nothing about nonsense."""
    await deliver(workshop, told(an_order()))
    workshop.door.messages.clear()

    await working(workshop)()

    assert ["failed: Rejected: orders/paid carries a body that cannot be read"] == await outcomes(workshop)


async def test_a_surprise_in_one_delivery_stops_no_other(workshop: Workshop) -> None:
    """Whatever goes wrong with one, the others are worked off and it is seen again."""
    await workshop.list_mug()
    workshop.channel.fail(ZeroDivisionError("a surprise"))
    await deliver(workshop, told(an_order(1001)))
    await deliver(workshop, told(an_order(1002)))

    assert 1 == await working(workshop)()

    assert ["ZeroDivisionError: a surprise", "1 items, 0 lines left out"] == await outcomes(workshop)


async def test_any_multiset_and_order_of_deliveries_ends_in_the_newest_state(workshop: Workshop) -> None:
    """I3: duplicates, shuffles and old bodies lead to the newest body, once."""
    await workshop.list_mug()
    tellings = [an_order(), *(later(an_order(), minute, note=f"note {minute}") for minute in range(1, 6))]
    bag = tellings * 3
    random.Random(7).shuffle(bag)
    workshop.channel.fail(*[Unavailable("away")] * len(bag))
    for order in bag:
        await deliver(workshop, told(order))

    await working(workshop)()

    async with workshop.store.begin(SHOP) as work:
        kept = await work.orders.by_ref(ref(1001))
        assert kept is not None
        items = await work.items.of_order(kept.id)
    assert ("note 5", 1) == (kept.snapshot.note, len(items))


async def test_a_message_that_means_nothing_is_noted(workshop: Workshop) -> None:
    """Unknown topics are answered, noted and done with."""
    await deliver(workshop, Ignored(why="carts are not ours"), DataRequested(orders=(ref(1), ref(2))))

    await working(workshop)()

    assert ["ignored: carts are not ours; asked for the data of 2 orders: `customer_data` has them"] == (
        await outcomes(workshop)
    )


# Goodbyes


async def test_a_shop_that_removed_us_is_closed(workshop: Workshop) -> None:
    """Its access is closed and the day is kept; its data stays until the store asks for more."""
    workshop.channel.fail(NotAuthorized("the token is dead"))
    await deliver(workshop, Uninstalled(), topic="app/uninstalled")

    await working(workshop)()

    shop, access = await workshop.directory.shop(SHOP), await workshop.directory.installation(SHOP)
    assert shop is not None
    assert access is not None
    assert (START, AccountState.CLOSED) == (shop.uninstalled_at, access.state)


@pytest.mark.parametrize("goodbye", [Uninstalled(), RedactShop()])
async def test_a_goodbye_from_before_a_reinstallation_is_old_news(
    workshop: Workshop, goodbye: ChannelEvent
) -> None:
    """A replayed goodbye neither closes nor erases a shop whose access works."""
    await deliver(workshop, goodbye)

    await working(workshop)()

    access = await workshop.directory.installation(SHOP)
    assert access is not None
    assert (AccountState.ACTIVE, {"inbox.work": 1}) == (access.state, await workshop.queued())


async def test_a_shop_that_asks_for_it_is_going_to_be_erased(workshop: Workshop) -> None:
    """`shop/redact` leads to the job that forgets everything."""
    workshop.channel.fail(NotAuthorized("the token is dead"))
    await deliver(workshop, RedactShop(), topic="shop/redact")

    await working(workshop)()

    assert 1 == (await workshop.queued())["shop.erase"]


async def test_a_person_is_forgotten_once_everything_has_ended(workshop: Workshop) -> None:
    """What is being made keeps what it needs; the request is seen again each day until it is done."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await deliver(workshop, RedactCustomer(orders=(ref(1001), ref(9999))), topic="customers/redact")
    work = working(workshop)

    await work()
    waiting = await outcomes(workshop)
    await workshop.keep(evolve(item, status=Status.FULFILLED))
    workshop.clock.advance(days=1, seconds=1)
    await work()

    assert ["StillInProduction: 1 of 2 orders are in production"] == waiting
    assert ["2 orders forgotten"] == await outcomes(workshop)
    assert (await workshop.item(item.id)).redacted


async def test_a_person_is_forgotten_within_the_stores_thirty_days(workshop: Workshop) -> None:
    """An item that never ends keeps nobody's data: it is cancelled on the 25th day."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await deliver(workshop, RedactCustomer(orders=(ref(1001),)), topic="customers/redact")
    work = working(workshop)

    for _ in range(26):
        await work()
        workshop.clock.advance(days=1, seconds=1)

    forgotten = await workshop.item(item.id)
    assert (Status.CANCELED, True) == (forgotten.status, forgotten.redacted)
    assert ["1 orders forgotten"] == await outcomes(workshop)


class ClingingBlobs(MemoryBlobStore):
    """Files of a disk that does not let go."""

    async def delete(self, key: BlobKey) -> None:
        raise Unavailable(f"{key} cannot be removed")


async def test_forgetting_is_not_given_up_after_many_days_of_waiting(workshop: Workshop) -> None:
    """The days on which an item was still made do not count against the one on which a disk fails."""
    await workshop.list_mug()
    item = await workshop.generate(await workshop.only_item(await workshop.receive(an_order())))
    await deliver(workshop, RedactCustomer(orders=(ref(1001),)), topic="customers/redact")
    work = working(workshop)
    for _ in range(len(DELAYS) + 3):
        await work()
        workshop.clock.advance(days=1, seconds=1)
    await workshop.keep(evolve(item, status=Status.FULFILLED))

    failing = evolve(workshop.redact_customer, blobs=ClingingBlobs(workshop.blobs.blobs))
    await evolve(work, redact_customer=failing)()
    waiting = await open_deliveries(workshop)
    workshop.clock.advance(hours=1, seconds=1)
    await work()

    assert (1, ["1 orders forgotten"]) == (waiting, await outcomes(workshop))


# Providers


REPORT = ProviderReport(
    ref=ExternalRef("printify", "p1"),
    stage=Stage.DONE,
    lines=(LineReport(key="k", stage=Stage.DONE, raw="fulfilled", quantity=2),),
    parcels=(Parcel(number="1Z", shipped_at=START, lines=(("k", 2),)),),
    items_cost=Money.of("5.90", "USD"),
)


def test_a_hint_survives_being_kept() -> None:
    """What was verified when it came is what is worked off later."""
    hint = Hint(delivery_id="d1", refs=(ExternalRef("printify", "p1"),), reports=(REPORT,))

    assert hint == unpack(pack(hint))


def test_a_hint_that_was_damaged_is_refused() -> None:
    """Nothing is guessed from half a hint."""
    with pytest.raises(Rejected):
        unpack(b'{"refs": 3}')


P1 = ExternalRef("scripted", "p1")


def reporting(workshop: Workshop, shop: FulfillmentProvider) -> AcceptReport:
    return AcceptReport(
        directory=workshop.directory,
        providers=MemoryProviders({"printify": shop, "gelato": shop}),
        inbox=workshop.inbox,
    )


async def test_a_providers_hint_is_applied_once(workshop: Workshop, reports: HeardReports) -> None:
    """R54, I18: a verified hint leads to the provider's orders being looked at again, however often it comes."""
    printer = ScriptedProvider()
    accept = reporting(workshop, printer)
    delivery = printer.delivery(P1, delivery_id="d1", at=START)

    fresh = await accept("printify", PRINTER, delivery)
    again = await accept("printify", PRINTER, delivery)
    await working(workshop, reports)()

    assert (True, False) == (fresh, again)
    assert [(PRINTER, (), (P1,), "d1")] == reports.heard
    assert ["0 items followed"] == await outcomes(workshop)


async def test_a_providers_hint_is_seen_again_when_it_cannot_be_applied(
    workshop: Workshop, reports: HeardReports
) -> None:
    """A conflict or an outage costs a delay and not the news."""
    reports.failures.append(Conflict("order item", "1"))
    printer = ScriptedProvider()
    await reporting(workshop, printer)("printify", PRINTER, printer.delivery(P1, at=START))
    work = working(workshop, reports)

    await work()
    workshop.clock.advance(seconds=11)
    await work()

    assert 1 == len(reports.heard)


async def test_a_providers_delivery_with_a_wrong_signature_is_not_kept(workshop: Workshop) -> None:
    """A forged delivery leaves nothing behind but its count."""
    printer = ScriptedProvider()
    forged = evolve(printer.delivery(P1, at=START), body=b"{}")

    with pytest.raises(NotAuthorized):
        await reporting(workshop, printer)("printify", PRINTER, forged)

    assert [] == await outcomes(workshop)


async def test_an_address_that_was_guessed_is_refused(workshop: Workshop) -> None:
    """Where a provider signs nothing, its address is the secret."""
    printer = ScriptedProvider()

    with pytest.raises(NotAuthorized):
        await reporting(workshop, printer)(
            "printify", PRINTER, printer.delivery(P1, at=START), secret="guessed"
        )


async def test_a_provider_without_webhooks_delivers_nothing(workshop: Workshop) -> None:
    """What a provider does not send is not believed."""
    printer = ScriptedProvider()

    with pytest.raises(Rejected):
        await reporting(workshop, BareProvider(printer))("printify", PRINTER, printer.delivery(P1, at=START))


async def test_a_delivery_for_an_account_that_there_is_not_is_not_found(workshop: Workshop) -> None:
    """An address names one account of one provider."""
    printer = ScriptedProvider()

    with pytest.raises(NotFound):
        await reporting(workshop, printer)("gelato", PRINTER, printer.delivery(P1, at=START))
