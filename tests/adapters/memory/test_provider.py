"""The print shop in memory keeps the promises of a real one, and breaks them only when asked."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve

from mockspark.adapters.memory.provider import (
    BareProvider,
    Busy,
    LocksOut,
    MemoryProviders,
    Overlooks,
    Refuses,
    ScriptedProvider,
    Silent,
    Unreachable,
)
from mockspark.application.errors import (
    FormInvalid,
    NotAuthorized,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    PortError,
    Rejected,
    Unavailable,
)
from mockspark.application.ports.fulfillment import (
    AsksMore,
    Cancels,
    ChecksAccount,
    ChecksStock,
    Confirms,
    FulfillmentProvider,
    ListsCatalog,
    Prepares,
    Quotes,
    ReceivesReports,
    SubscribesReports,
)
from mockspark.domain.catalog import ProviderVariant
from mockspark.domain.contact import Address
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ConnectionId, ExternalRef, OrderId, OrderItemId, ShopId, SubmissionId
from mockspark.domain.shop import AccountState, Connection
from mockspark.domain.submission import FileLink, Stage, SubmissionLine, SubmissionRequest

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ITEM = OrderItemId(UUID(int=1))


def _line(number: int) -> SubmissionLine:
    return SubmissionLine(
        item_id=OrderItemId(UUID(int=number)),
        order_id=OrderId(UUID(int=100)),
        order_name="#1001",
        title="Mug",
        quantity=1,
        variant=ProviderVariant(keys={"variant_id": "mug-11"}),
        files=(
            FileLink(
                area="front", url="https://files.test/a.png", sha256="a" * 64, width_px=10, height_px=10
            ),
        ),
    )


REQUEST = SubmissionRequest(
    id=SubmissionId(UUID(int=7)), ship_to=Address(name="Ann Lee", country="DE"), lines=(_line(1), _line(2))
)


@pytest.fixture
def shop() -> ScriptedProvider:
    return ScriptedProvider()


async def test_a_draft_is_printed_when_it_is_confirmed_and_once(shop: ScriptedProvider) -> None:
    """Nothing is printed before the confirmation, and nothing again after it."""
    (order,) = await shop.submit(REQUEST)
    assert [] == shop.printed

    await shop.confirm(order.ref)
    await shop.confirm(order.ref)

    assert [line.item_id for line in REQUEST.lines] == shop.printed


async def test_the_same_id_is_one_order(shop: ScriptedProvider) -> None:
    """A repeated submission is recognised by its id."""
    assert await shop.submit(REQUEST) == await shop.submit(REQUEST)
    assert 1 == len(shop.orders)


async def test_a_shop_may_be_told_to_print_twice() -> None:
    """So that a test shows that it would notice."""
    shop = ScriptedProvider(drafts=False, accepts_duplicates=True)

    await shop.submit(REQUEST)
    await shop.submit(REQUEST)

    assert 2 == shop.printed.count(ITEM)


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_lost_answer_hides_what_happened(shop: ScriptedProvider, accepted: bool) -> None:  # noqa: FBT001
    """Only a look-up tells whether the order arrived."""
    shop.next_call(Silent(but_accepted=accepted))

    with pytest.raises(OutcomeUnknown):
        await shop.submit(REQUEST)

    assert accepted is bool(await shop.find(REQUEST.id, since=NOON))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Unreachable(), Unavailable),
        (Busy(retry_after=timedelta(seconds=9)), Unavailable),
        (Refuses(reason=HoldReason.OUT_OF_STOCK), Rejected),
        (LocksOut(), NotAuthorized),
    ],
)
async def test_a_failure_happens_once_and_before_anything_else(
    shop: ScriptedProvider, fault: Unreachable | Busy | Refuses | LocksOut, expected: type[PortError]
) -> None:
    """A failed call leaves nothing behind, and the next one works."""
    shop.next_call(fault)

    with pytest.raises(expected):
        await shop.submit(REQUEST)

    assert {} == shop.orders
    assert await shop.submit(REQUEST)


async def test_a_look_up_may_overlook(shop: ScriptedProvider) -> None:
    """Lists lag behind: a look-up may miss an order that the next one finds."""
    await shop.submit(REQUEST)
    shop.next_call(Overlooks(), of="find")

    assert [] == await shop.find(REQUEST.id, since=NOON)
    assert 1 == len(await shop.find(REQUEST.id, since=NOON))


async def test_reports_follow_the_script(shop: ScriptedProvider) -> None:
    """Lines advance and travel one by one."""
    (order,) = await shop.submit(REQUEST)
    await shop.confirm(order.ref)
    shop.advance(Stage.IN_PRODUCTION)
    shop.ship("1Z", only=[REQUEST.lines[0].key])

    report = await shop.fetch(order.ref)

    assert [Stage.DONE, Stage.IN_PRODUCTION] == [line.stage for line in report.lines]
    assert (((REQUEST.lines[0].key, 1),),) == tuple(parcel.lines for parcel in report.parcels)


async def test_a_shop_may_split_a_submission() -> None:
    """One submission may lead to several orders."""
    shop = ScriptedProvider(splits=True)

    assert 2 == len(await shop.submit(REQUEST))
    assert 2 == len(await shop.find(REQUEST.id, since=NOON))


async def test_a_hint_needs_its_signature(shop: ScriptedProvider) -> None:
    """A delivery is believed when its signature fits its bytes."""
    delivery = shop.delivery(ExternalRef("scripted", "S-1"))

    assert (ExternalRef("scripted", "S-1"),) == shop.read_webhook(delivery).refs
    with pytest.raises(NotAuthorized):
        shop.read_webhook(evolve(delivery, body=delivery.body + b" "))


def test_the_shop_has_every_ability_and_the_bare_one_none(shop: ScriptedProvider) -> None:
    """Application tests reach every branch that asks for an ability, both ways."""
    abilities = (
        Prepares, Confirms, Cancels, Quotes, ReceivesReports, SubscribesReports, ListsCatalog, ChecksStock,
        AsksMore, ChecksAccount,
    )  # fmt: skip
    bare: FulfillmentProvider = BareProvider(shop)

    assert all(isinstance(shop, ability) for ability in abilities)
    assert not any(isinstance(bare, ability) for ability in abilities)


def test_accounts_are_opened_like_real_ones(shop: ScriptedProvider) -> None:
    """Unknown providers, broken accounts and wrong answers are refused as the real port does."""
    providers = MemoryProviders({"acme": shop})
    account = Connection(
        id=ConnectionId(UUID(int=1)), shop_id=ShopId("a.test"), provider="acme", created_at=NOON
    )

    assert shop is providers.open(account)
    with pytest.raises(NotConnected):
        providers.open(evolve(account, state=AccountState.BROKEN))
    with pytest.raises(NotFound):
        providers.facts("other")
    with pytest.raises(FormInvalid):
        providers.read_options("acme", {"colour": "red"})
