"""The plan: who travels together, what it saves, what is asked, and who stays behind with which words."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import evolve

from mockspark.adapters.memory.provider import BareProvider, MemoryProviders, ScriptedOptions, Unreachable
from mockspark.application.forms import form_of
from mockspark.application.ports.fulfillment import Quote
from mockspark.application.targets import Targets
from mockspark.application.use_cases.plan_submissions import MOST_QUOTES
from mockspark.application.views import SubmissionPlan
from mockspark.domain.address_check import AddressLimits
from mockspark.domain.identity import OrderItemId
from mockspark.domain.money import Money
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import AccountState
from mockspark.domain.status import Status
from mockspark.domain.submission import SubmissionRequest
from tests.application.dispatch import PROVIDER, Dispatch, two_orders
from tests.application.intake import PRINTER, SHOP, a_line, an_order
from tests.domain.values import AUSTIN


async def _plan(bench: Dispatch, *items: OrderItem, **more: Any) -> SubmissionPlan:
    return await bench.plan_submissions(SHOP, Targets.of(*(item.id for item in items)), **more)


def _words(plan: SubmissionPlan) -> dict[str, str]:
    return {stop.reason: stop.words for stop in plan.unsendable}


async def test_one_door_is_one_parcel_with_its_saving(bench: Dispatch) -> None:
    """Combined against each store order alone, both quoted (R8, C1)."""
    items = await bench.ready(*two_orders())

    (parcel,) = (plan := await _plan(bench, *items)).parcels

    assert tuple(item.id for item in items) == parcel.items
    assert ("#1001", "#1002") == parcel.orders
    assert "36.00 USD" == str(parcel.combined)
    assert ["14.00 USD", "25.00 USD"] == [str(price) for price in parcel.separate]
    assert ("3.00 USD", "3.00 USD") == (str(parcel.saving), str(plan.saving))


async def test_planning_changes_nothing(bench: Dispatch) -> None:
    """Looking is free: nothing is stored, nothing is placed."""
    items = await bench.ready(*two_orders())

    await _plan(bench, *items)

    assert [Status.READY_TO_FULFILL] * 2 == await bench.statuses(*items)
    assert {} == bench.provider.orders


async def test_a_provider_that_is_away_costs_the_saving_only(bench: Dispatch) -> None:
    """No quote, no figure, and no error; the plain questions are asked."""
    items = await bench.ready(*two_orders())
    bench.provider.next_call(Unreachable(), of="quote")
    bench.provider.next_call(Unreachable(), of="form")
    bench.provider.next_call(Unreachable(), of="available")

    plan = await _plan(bench, *items)

    assert (None, None) == (plan.parcels[0].saving, plan.saving)
    assert form_of(ScriptedOptions) == plan.forms[0].form


async def test_a_saving_needs_both_quotes(bench: Dispatch) -> None:
    """A combined price alone is shown without a saving (C1)."""
    items = await bench.ready(*two_orders())
    asked: list[SubmissionRequest] = []

    class Half(BareProvider):
        async def quote(self, request: SubmissionRequest) -> Quote:
            asked.append(request)
            by = "express" if len(asked) > 1 else "standard"
            return Quote(shipping={by: Money.of(4, "USD")})

    providers = MemoryProviders(shops={PROVIDER: Half(bench.provider)})
    plan = await evolve(bench.plan_submissions, providers=providers)(
        SHOP, Targets.of(*(item.id for item in items))
    )

    assert None is plan.parcels[0].saving
    assert 3 == len(asked)


async def test_a_provider_without_quotes_shows_no_figures(bench: Dispatch) -> None:
    """The saving is never computed by us (facts 12)."""
    items = await bench.ready(*two_orders())
    providers = MemoryProviders(shops={PROVIDER: BareProvider(bench.provider)})

    plan = await evolve(bench.plan_submissions, providers=providers)(
        SHOP, Targets.of(*(item.id for item in items))
    )

    assert (None, ()) == (plan.parcels[0].combined, plan.parcels[0].separate)


async def test_a_large_plan_asks_a_bounded_number_of_prices(bench: Dispatch) -> None:
    """The dialog opens in time, whatever was selected."""
    orders = [
        an_order(2000 + n, lines=(a_line(n),), ship_to=evolve(AUSTIN, line1=f"{n} Main St"))
        for n in range(1, MOST_QUOTES + 4)
    ]
    items = await bench.ready(*orders)

    plan = await _plan(bench, *items)

    assert len(orders) == len(plan.parcels)
    assert MOST_QUOTES == bench.provider.calls.count("quote")


async def test_an_excluded_item_has_a_parcel_of_its_own(bench: Dispatch) -> None:
    """The merchant can un-merge (A16)."""
    first, second = await bench.ready(*two_orders())

    plan = await _plan(bench, first, second, alone={second.id})

    assert [(first.id,), (second.id,)] == [parcel.items for parcel in plan.parcels]
    assert [(), ()] == [parcel.also for parcel in plan.parcels]


async def test_what_could_travel_along_is_suggested(bench: Dispatch) -> None:
    """Ready items with the same key that nobody selected (A15)."""
    first, second = await bench.ready(*two_orders())
    (elsewhere,) = await bench.ready(
        an_order(1003, lines=(a_line(3),), ship_to=evolve(AUSTIN, line1="2 Main St"))
    )

    plan = await _plan(bench, first)

    assert ((second.id,), False) == (plan.parcels[0].also, elsewhere.id in plan.parcels[0].also)


async def test_the_dialogs_questions_are_asked_once_per_account(bench: Dispatch) -> None:
    """One section per platform, with what the merchant must set there (R32, A23)."""
    items = await bench.ready(*two_orders())
    bench.described[PROVIDER] = evolve(bench.providers.facts(PROVIDER), warning="Turn auto-approval off.")

    (form,) = (await _plan(bench, *items)).forms

    assert (PRINTER, PROVIDER, "Turn auto-approval off.") == (form.connection_id, form.platform, form.warning)
    assert ["shipping_method", "gift_note"] == [field.name for field in form.form.fields]


async def test_who_cannot_go_is_named_with_the_fix(bench: Dispatch) -> None:
    """Every row that was selected is either in a parcel or listed with words (A23)."""
    ready, sent, unmapped, canceled = await bench.ready(
        *(an_order(1000 + n, lines=(a_line(n),)) for n in range(1, 5))
    )
    (generating,) = await bench.received(an_order(1005, lines=(a_line(5),)))
    (test,) = await bench.ready(an_order(1006, lines=(a_line(6),), test=True))
    await bench.sent(sent)
    await bench.shop.keep(evolve(unmapped, connection_id=None))
    await bench.change(canceled, lambda now, stamp: now.cancel(stamp))
    nobody = OrderItemId(UUID(int=7))
    targets = Targets.of(*(i.id for i in (ready, sent, unmapped, canceled, generating, test)), nobody)

    plan = await bench.plan_submissions(SHOP, targets)

    assert [(ready.id,)] == [parcel.items for parcel in plan.parcels]
    assert {
        "sending",
        "unmapped_product",
        "canceled",
        "generating",
        "test_order",
        "not_found",
    } == set(_words(plan))
    assert all(len(words) > 15 for words in _words(plan).values())


async def test_address_problems_are_judged_by_the_providers_limits(bench: Dispatch) -> None:
    """The dialog says so before the provider does (D16)."""
    facts = bench.providers.facts(PROVIDER)
    bench.described[PROVIDER] = evolve(facts, limits=AddressLimits(max_length={"line1": 5}))
    (item,) = await bench.ready()

    plan = await _plan(bench, item)

    assert "line1 has 9 characters; the provider takes 5." == _words(plan)["address_limit"]


async def test_a_broken_account_is_named(bench: Dispatch) -> None:
    """The person is sent to the settings."""
    (item,) = await bench.ready()
    await bench.connect(PRINTER, state=AccountState.BROKEN, problem="token revoked")

    plan = await _plan(bench, item)

    assert "token revoked" in _words(plan)["not_connected"]


async def test_what_is_out_of_stock_stays_behind(bench: Dispatch) -> None:
    """The provider is asked for the blanks before the dialog opens (A17, D23)."""
    items = await bench.ready(*two_orders())
    asked: list[Mapping[str, str]] = []

    class Stocked(BareProvider):
        async def available(self, keys: Sequence[Mapping[str, str]]) -> Sequence[bool]:
            asked.extend(keys)
            return [True, False]

    providers = MemoryProviders(shops={PROVIDER: Stocked(bench.provider)})
    plan = await evolve(bench.plan_submissions, providers=providers)(
        SHOP, Targets.of(*(item.id for item in items))
    )

    assert [(items[0].id,)] == [parcel.items for parcel in plan.parcels]
    assert "11 oz is out of stock" in _words(plan)["out_of_stock"]
    assert [{"blueprint_id": "68"}] * 2 == asked
