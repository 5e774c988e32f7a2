"""What providers tell: followed once, never backwards, line by line and parcel by parcel."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.memory.provider import LocksOut, Refuses, Unreachable
from mockspark.application.errors import Unavailable
from mockspark.application.tracking import elect, follow, next_poll, unpacked
from mockspark.domain.events import Actor, Flag, Stamp
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef, OrderItemId
from mockspark.domain.money import Money
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import AccountState
from mockspark.domain.status import Status
from mockspark.domain.submission import (
    LineReport,
    Parcel,
    ParcelState,
    ProviderOrder,
    ProviderReport,
    Stage,
    Submission,
    SubmissionState,
)
from tests.application.dispatch import Dispatch, two_orders
from tests.application.intake import SHOP, a_line, an_order
from tests.domain.values import AT, SENT, START, a_request, at, placed, rendered

REF = ExternalRef("scripted", "S-1")


def _submission(*quantities: int, draft: bool = False, orders: int = 1) -> Submission:
    request = a_request(*quantities)
    planned = Submission.plan(request, shop_id=placed().shop_id, connection_id=_account(), stamp=AT)
    known = [
        ProviderOrder(ref=ExternalRef("scripted", f"S-{number}"), draft=draft)
        for number in range(1, orders + 1)
    ]
    return evolve(planned.record(known, AT), state=SubmissionState.ACCEPTED)


def _account() -> Any:
    return placed().connection_id


def _members(*quantities: int) -> dict[OrderItemId, OrderItem]:
    items = [
        rendered(placed(id=OrderItemId(UUID(int=number)), quantity=quantity, store_quantity=quantity))
        for number, quantity in enumerate(quantities, 1)
    ]
    return {item.id: item.send(SENT, AT).accepted(AT) for item in items}


def _key(number: int) -> str:
    return UUID(int=number).hex


def _report(stage: Stage, **changes: Any) -> ProviderReport:
    return evolve(ProviderReport(ref=REF, stage=stage, raw=stage.value), **changes)


def _follow(
    submission: Submission, members: dict[OrderItemId, OrderItem], *reports: ProviderReport
) -> list[OrderItem]:
    now: Any = members
    for minute, report in enumerate(reports):
        now = follow(submission, now, report, at(minute, Actor.provider("scripted")))
    return list(now.values())


# Stages


def test_a_report_that_says_nothing_new_changes_nothing() -> None:
    """The very same objects come back, so that nothing is written."""
    members = _members(2, 1)
    once = follow(_submission(2, 1), members, _report(Stage.IN_PRODUCTION), AT)

    again = follow(_submission(2, 1), once, _report(Stage.IN_PRODUCTION), at(5))

    assert all(again[id_] is once[id_] for id_ in once)


def test_an_order_that_is_not_the_submissions_is_passed_over() -> None:
    """Unknown refs mean nothing."""
    members = _members(2)

    assert members == follow(_submission(2), members, _report(Stage.DONE, ref=ExternalRef("x", "y")), AT)


def test_a_draft_that_we_did_not_confirm_is_still_being_sent() -> None:
    """Whatever a provider calls its drafts, the item stays Sending until our confirmation."""
    members = {id_: evolve(item, status=Status.SENDING) for id_, item in _members(2).items()}

    for stage in (Stage.DRAFT, Stage.ACCEPTED, Stage.STUCK):
        (item,) = _follow(_submission(2, draft=True), members, _report(stage))
        assert (Status.SENDING, ()) == (item.status, item.flags)


def test_an_order_that_waits_for_approval_at_the_provider_is_flagged() -> None:
    """Placed, taken, and not printed before somebody says so there (A26)."""
    waiting = _report(Stage.ACCEPTED, confirmed=False)

    (item,) = _follow(_submission(2), _members(2), waiting)
    (freed,) = _follow(_submission(2), {item.id: item}, _report(Stage.IN_PRODUCTION))

    assert ((Flag.AWAITING_APPROVAL,), ()) == (item.flags, freed.flags)


def test_a_line_has_its_own_stage_where_the_provider_tells() -> None:
    """One line is done, the other is still printed (R9)."""
    report = _report(
        Stage.IN_PRODUCTION,
        lines=(LineReport(key=_key(1), stage=Stage.DONE), LineReport(key=_key(2), stage=Stage.IN_PRODUCTION)),
    )

    first, second = _follow(_submission(2, 1), _members(2, 1), report)

    assert (Status.FULFILLED, Status.BEING_FULFILLED) == (first.status, second.status)


def test_an_item_is_fulfilled_when_all_its_pieces_are_reported() -> None:
    """Two of three shipped is Being fulfilled, with the parcel listed (A24)."""
    partly = _report(Stage.IN_PRODUCTION, parcels=(Parcel(number="A", lines=((_key(1), 2),)),))
    whole = evolve(partly, parcels=(*partly.parcels, Parcel(number="B", lines=((_key(1), 1),))))

    (some,) = _follow(_submission(3), _members(3), partly)
    (every,) = _follow(_submission(3), {some.id: some}, whole)

    assert (Status.BEING_FULFILLED, 2) == (some.status, some.shipped)
    assert (Status.FULFILLED, 3) == (every.status, every.shipped)


def test_a_line_that_is_called_done_is_not_done_while_pieces_are_missing() -> None:
    """The parcels' contents outweigh the word."""
    report = _report(
        Stage.DONE,
        lines=(LineReport(key=_key(1), stage=Stage.DONE),),
        parcels=(Parcel(number="A", lines=((_key(1), 2),)),),
    )

    (item,) = _follow(_submission(3), _members(3), report)

    assert Status.BEING_FULFILLED == item.status


def test_trouble_at_the_provider_holds_the_items_and_its_end_frees_them() -> None:
    """On hold with the provider's words; released by itself (T12, T13)."""
    stuck = _report(Stage.STUCK, hold=HoldReason.OUT_OF_STOCK, words="No more mugs.")

    (held,) = _follow(_submission(2), _members(2), stuck)
    (freed,) = _follow(_submission(2), {held.id: held}, _report(Stage.IN_PRODUCTION))

    assert (HoldReason.OUT_OF_STOCK, "No more mugs.") == (
        held.hold and held.hold.reason,
        held.hold and held.hold.note,
    )
    assert (Status.BEING_FULFILLED, None) == (freed.status, freed.hold)


def test_an_order_of_ours_that_the_provider_did_not_take_after_all_lets_go() -> None:
    """`failed` means that there is no live order: the item may be sent again (D.5)."""
    (item,) = _follow(_submission(2), _members(2), _report(Stage.FAILED, words="The file cannot be read."))

    assert (Status.ON_HOLD, False) == (item.status, item.live)


def test_an_item_that_left_is_not_moved_by_its_old_order() -> None:
    """News of an earlier submission moves nothing; that it was fulfilled after all is flagged."""
    (item,) = _members(2).values()
    gone = evolve(item, submission_id=None, status=Status.READY_TO_FULFILL, live=False)

    (quiet,) = _follow(_submission(2), {gone.id: gone}, _report(Stage.IN_PRODUCTION))
    (late,) = _follow(_submission(2), {gone.id: gone}, _report(Stage.DONE))

    assert gone == quiet
    assert (Status.READY_TO_FULFILL, (Flag.SHIPPED_ALTHOUGH_CANCELED,)) == (late.status, late.flags)


# Parcels


def test_a_parcel_that_says_nothing_of_its_lines_carries_the_only_line() -> None:
    """One line, one parcel: there is nothing to guess."""
    (item,) = _follow(_submission(2), _members(2), _report(Stage.DONE, parcels=(Parcel(number="A"),)))

    assert ([("A", 2)], ()) == ([(s.number, s.quantity) for s in item.shipments], item.flags)


def test_the_only_parcel_of_a_finished_order_carries_all_of_it() -> None:
    """Everything is done and there is one parcel."""
    items = _follow(_submission(2, 1), _members(2, 1), _report(Stage.DONE, parcels=(Parcel(number="A"),)))

    assert [["A"], ["A"]] == [[shipment.number for shipment in item.shipments] for item in items]
    assert [(), ()] == [item.flags for item in items]


def test_a_silent_parcel_belongs_to_what_was_finished_in_the_same_reading() -> None:
    """The line that became done carries the number that is new."""
    report = _report(
        Stage.IN_PRODUCTION,
        lines=(LineReport(key=_key(1), stage=Stage.DONE), LineReport(key=_key(2), stage=Stage.IN_PRODUCTION)),
        parcels=(Parcel(number="A"),),
    )

    first, second = _follow(_submission(2, 1), _members(2, 1), report)

    assert ([("A", 2)], ()) == ([(s.number, s.quantity) for s in first.shipments], second.shipments)
    assert ((), ()) == (first.flags, second.flags)


def test_a_parcel_that_could_be_anybodys_is_given_to_all_and_flagged() -> None:
    """Better a number too many than none, and a person is told (D21)."""
    report = _report(Stage.IN_PRODUCTION, parcels=(Parcel(number="A"), Parcel(number="B")))

    items = _follow(_submission(2, 1), _members(2, 1), report)

    assert [["A", "B"]] * 2 == [[shipment.number for shipment in item.shipments] for item in items]
    assert [(Flag.TRACKING_UNCLEAR,)] * 2 == [item.flags for item in items]


def test_a_parcel_that_names_skus_carries_the_lines_that_have_them() -> None:
    """A webhook tells the provider's own SKUs; the order that is read again tells whose they are."""
    lines = (
        LineReport(key=_key(1), stage=Stage.DONE, quantity=2, sku="98-A"),
        LineReport(key=_key(2), stage=Stage.DONE, quantity=1, sku="98-B"),
    )
    parcels = tuple(
        unpacked(Parcel(number=number, skus=(sku,)), lines)
        for number, sku in (("P1", "98-A"), ("P2", "98-B"))
    )

    first, second = _follow(
        _submission(2, 1), _members(2, 1), _report(Stage.DONE, lines=lines, parcels=parcels)
    )

    assert [("P1", 2)] == [(shipment.number, shipment.quantity) for shipment in first.shipments]
    assert [("P2", 1)] == [(shipment.number, shipment.quantity) for shipment in second.shipments]
    assert () == first.flags == second.flags


def test_a_message_about_one_parcel_leaves_the_others_open() -> None:
    """What a later message will tell is not guessed meanwhile."""
    lines = tuple(LineReport(key=_key(n), stage=Stage.DONE, quantity=1) for n in (1, 2, 3))
    parcels = (Parcel(number="P1", lines=((_key(1), 1),)), Parcel(number="P2"), Parcel(number="P3"))
    report = _report(Stage.DONE, lines=lines, parcels=parcels)

    after = follow(_submission(1, 1, 1), _members(1, 1, 1), report, AT, guess=False)

    assert [["P1"], [], []] == [[parcel.number for parcel in item.shipments] for item in after.values()]


def test_a_sku_that_two_lines_share_leaves_the_contents_open() -> None:
    """Nobody guesses which of two equal products travels in a parcel."""
    lines = tuple(LineReport(key=_key(n), stage=Stage.DONE, quantity=1, sku="98-A") for n in (1, 2))

    assert () == unpacked(Parcel(number="P1", skus=("98-A",)), lines).lines


def test_what_is_left_over_travels_in_the_parcel_that_says_nothing() -> None:
    """One parcel tells its contents, the other silent one carries the line that has none yet."""
    lines = tuple(LineReport(key=_key(n), stage=Stage.DONE, quantity=1) for n in (1, 2))
    parcels = (Parcel(number="P2"), Parcel(number="P1", lines=((_key(1), 1),)))

    first, second = _follow(
        _submission(1, 1), _members(1, 1), _report(Stage.DONE, lines=lines, parcels=parcels)
    )

    assert ["P1"] == [shipment.number for shipment in first.shipments]
    assert ["P2"] == [shipment.number for shipment in second.shipments]
    assert () == first.flags == second.flags


def test_a_known_parcel_is_merged_and_not_given_away_again() -> None:
    """A second reading leaves the numbers where they are (D19)."""
    first = _report(
        Stage.IN_PRODUCTION,
        lines=(LineReport(key=_key(1), stage=Stage.DONE), LineReport(key=_key(2), stage=Stage.IN_PRODUCTION)),
        parcels=(Parcel(number="A"),),
    )
    second = _report(
        Stage.DONE,
        lines=(LineReport(key=_key(1), stage=Stage.DONE), LineReport(key=_key(2), stage=Stage.DONE)),
        parcels=(Parcel(number="A", state=ParcelState.DELIVERED), Parcel(number="B")),
    )

    one, other = _follow(_submission(2, 1), _members(2, 1), first, second)

    assert [("A", ParcelState.DELIVERED)] == [(s.number, s.state) for s in one.shipments]
    assert ["B"] == [s.number for s in other.shipments]


# Costs


def test_costs_are_each_lines_own_and_shipping_is_shared_by_pieces() -> None:
    """The parts sum to what is charged (C8)."""
    report = _report(
        Stage.IN_PRODUCTION,
        items_cost=Money.of("30.00", "USD"),
        shipping_cost=Money.of("4.00", "USD"),
        line_costs=((_key(1), Money.of("21.00", "USD")), (_key(2), Money.of("9.00", "USD"))),
    )

    costs = [item.cost for item in _follow(_submission(2, 1), _members(2, 1), report)]

    assert ["21.00", "9.00"] == [str(cost.items.decimal) for cost in costs if cost]
    assert ["2.66", "1.34"] == [str(cost.shipping.decimal) for cost in costs if cost]


def test_costs_without_lines_are_shared() -> None:
    """A provider that names one sum has it shared by pieces."""
    report = _report(Stage.IN_PRODUCTION, items_cost=Money.of("30.00", "USD"))

    costs = [item.cost for item in _follow(_submission(2, 1), _members(2, 1), report)]

    assert ["20.00", "10.00"] == [str(cost.items.decimal) for cost in costs if cost]


# The order of news


_STAGES = (Stage.ACCEPTED, Stage.IN_PRODUCTION, Stage.PACKED, Stage.DONE)
_NEWS = (
    *(_report(stage) for stage in _STAGES),
    _report(Stage.IN_PRODUCTION, parcels=(Parcel(number="A", lines=((_key(1), 1),)),)),
    _report(
        Stage.DONE,
        parcels=(
            Parcel(number="A", lines=((_key(1), 1),)),
            Parcel(number="B", lines=((_key(1), 1), (_key(2), 1))),
        ),
    ),
)


@given(st.permutations(_NEWS), st.lists(st.sampled_from(_NEWS), max_size=6))
def test_news_in_any_order_and_number_ends_in_one_state(
    shuffled: list[ProviderReport], repeated: list[ProviderReport]
) -> None:
    """Late, repeated and reordered reports never move an item back (I18, D.7-4)."""
    straight = _follow(_submission(2, 1), _members(2, 1), *_NEWS)

    mixed = _follow(_submission(2, 1), _members(2, 1), *shuffled, *repeated)

    for one, other in zip(straight, mixed, strict=True):
        assert (Status.FULFILLED, one.provider_stage, one.flags) == (
            other.status,
            other.provider_stage,
            other.flags,
        )
        assert {(s.number, s.quantity) for s in one.shipments} == {
            (s.number, s.quantity) for s in other.shipments
        }


# Electing among orders


def test_orders_that_share_the_lines_are_all_kept() -> None:
    """A split submission is no repetition."""
    orders = [ProviderOrder(ref=ExternalRef("x", str(number))) for number in (1, 2)]
    reports = {
        order.ref: ProviderReport(
            ref=order.ref, lines=(LineReport(key=_key(n), stage=Stage.DRAFT, quantity=1),)
        )
        for n, order in enumerate(orders, 1)
    }

    assert tuple(orders) == elect(a_request(1, 1), orders, reports).kept


def test_an_order_that_would_print_a_piece_twice_is_a_stray() -> None:
    """Confirmed orders are kept before drafts."""
    draft, confirmed = (
        ProviderOrder(ref=ExternalRef("x", "1"), draft=True),
        ProviderOrder(ref=ExternalRef("x", "2")),
    )

    election = elect(a_request(1), [draft, confirmed], {})

    assert ((confirmed,), (draft,)) == (election.kept, election.strays)


# When to ask again


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(0), timedelta(minutes=5)),
        (timedelta(minutes=59), timedelta(minutes=5)),
        (timedelta(hours=1), timedelta(minutes=30)),
        (timedelta(hours=23), timedelta(minutes=30)),
        (timedelta(days=1), timedelta(hours=6)),
        (timedelta(days=60), timedelta(hours=6)),
    ],
)
def test_a_provider_is_asked_less_often_as_time_goes_by(age: timedelta, pause: timedelta) -> None:
    """Five minutes, half an hour, six hours."""
    now = START + age

    assert now + pause == next_poll(_submission(2), _members(2).values(), now)


def test_nobody_asks_when_nothing_can_change() -> None:
    """Canceled here, or fulfilled and arrived."""
    (item,) = _members(2).values()
    canceled = item.cancel(AT, at_provider=True)
    (arrived,) = _follow(
        _submission(2),
        {item.id: item},
        _report(Stage.DONE, parcels=(Parcel(number="A", state=ParcelState.DELIVERED),)),
    )

    assert [None, None] == [next_poll(_submission(2), [one], START) for one in (canceled, arrived)]


def test_a_fulfilled_item_without_tracking_is_still_asked_about() -> None:
    """Printed and packaged, possibly not shipped: the number comes later (R47)."""
    items = _follow(_submission(2), _members(2), _report(Stage.DONE))

    assert next_poll(_submission(2), items, START) is not None


# Through the database


async def test_tracking_follows_the_provider_to_the_end(bench: Dispatch) -> None:
    """Production, parcel, fulfilled, costs; and then rest."""
    submission, items = await bench.accepted(*two_orders())
    bench.provider.advance(Stage.IN_PRODUCTION)
    await bench.track(SHOP, submission.id)
    printing = [await bench.shop.item(item.id) for item in items]
    bench.provider.ship("1Z1")
    await bench.track(SHOP, submission.id)

    done = [await bench.shop.item(item.id) for item in items]
    assert [Stage.IN_PRODUCTION] * 2 == [item.provider_stage for item in printing]
    assert [Status.FULFILLED] * 2 == [item.status for item in done]
    assert [["1Z1"]] * 2 == [[s.number for s in item.shipments] for item in done]
    assert ["1.33", "2.67"] == [str(item.cost.shipping.decimal) for item in done if item.cost]


async def test_reading_twice_writes_once(bench: Dispatch) -> None:
    """Nothing that was read before is told again on the timeline (D.7-6)."""
    submission, (item,) = await bench.accepted(an_order())
    bench.provider.ship("1Z1")
    await bench.track(SHOP, submission.id)
    before = await bench.shop.kinds(item)

    await bench.track(SHOP, submission.id)

    assert before == await bench.shop.kinds(item)


async def test_a_provider_that_is_away_is_asked_later(bench: Dispatch) -> None:
    """The failure is the job's: nothing is written."""
    submission, _ = await bench.accepted(an_order())
    bench.provider.next_call(Unreachable(), of="fetch")

    with pytest.raises(Unavailable):
        await bench.track(SHOP, submission.id)


async def test_an_account_that_does_not_work_is_asked_again_later(bench: Dispatch) -> None:
    """Refused credentials mark the account; its orders are not asked about every minute."""
    submission, _ = await bench.accepted(an_order())
    bench.provider.next_call(LocksOut(), of="fetch")

    await bench.track(SHOP, submission.id)
    calls = list(bench.provider.calls)
    await bench.track(SHOP, submission.id)

    async with bench.shop.store.begin(SHOP) as work:
        account = await work.connections.get(submission.connection_id)
    waiting = await bench.submission(submission.id)
    assert (AccountState.BROKEN, bench.shop.clock() + timedelta(hours=1)) == (
        account.state,
        waiting.next_poll_at,
    )
    assert calls == bench.provider.calls


async def test_an_order_that_the_provider_does_not_show_harms_no_other(bench: Dispatch) -> None:
    """Each provider order is followed by itself."""
    bench.provider.splits = True
    submission, items = await bench.accepted(*two_orders())
    bench.provider.advance(Stage.IN_PRODUCTION)
    bench.provider.next_call(Refuses(), of="fetch")

    await bench.track(SHOP, submission.id)

    stages = [(await bench.shop.item(item.id)).provider_stage for item in items]
    assert [Stage.ACCEPTED, Stage.IN_PRODUCTION] == stages


async def test_a_submission_whose_last_member_was_canceled_there_is_over(bench: Dispatch) -> None:
    """The provider cancelled by itself (T18): nothing is live, nobody asks again."""
    submission, (item,) = await bench.accepted(an_order())
    bench.provider.advance(Stage.CANCELED)

    await bench.track(SHOP, submission.id)

    over = await bench.submission(submission.id)
    assert (SubmissionState.CANCELED, None) == (over.state, over.next_poll_at)
    assert [Status.CANCELED] == await bench.statuses(item)


async def test_what_ships_although_it_was_canceled_is_flagged(bench: Dispatch) -> None:
    """Status stays, a person is told, costs are known (T25)."""
    submission, (item,) = await bench.accepted(an_order())
    bench.provider.advance(Stage.CANCELED)
    await bench.track(SHOP, submission.id)
    bench.provider.ship("1Z1")

    await bench.apply_report(SHOP, submission.connection_id, refs=[submission.provider_orders[0].ref])

    late = await bench.shop.item(item.id)
    assert (Status.CANCELED, (Flag.SHIPPED_ALTHOUGH_CANCELED,)) == (late.status, late.flags)


async def test_a_webhook_makes_us_look_and_is_not_believed(bench: Dispatch) -> None:
    """The order is read again: what the message claims moves nothing."""
    submission, (item,) = await bench.accepted(an_order())
    ref = submission.provider_orders[0].ref
    lie = ProviderReport(ref=ref, stage=Stage.DONE, raw="shipped")
    bench.provider.advance(Stage.IN_PRODUCTION)

    count = await bench.apply_report(SHOP, submission.connection_id, [lie], cause="delivery 1")

    told = await bench.shop.item(item.id)
    assert (1, Status.BEING_FULFILLED, Stage.IN_PRODUCTION) == (count, told.status, told.provider_stage)


async def test_a_parcel_that_only_the_webhook_tells_is_kept(bench: Dispatch) -> None:
    """Some providers tell a parcel's contents once, in the message."""
    submission, (item,) = await bench.accepted(an_order())
    parcel = Parcel(number="1Z9", lines=((item.id.hex, 1),))
    hint = ProviderReport(ref=submission.provider_orders[0].ref, parcels=(parcel,))

    await bench.apply_report(SHOP, submission.connection_id, [hint])

    assert ["1Z9"] == [s.number for s in (await bench.shop.item(item.id)).shipments]


async def test_a_webhook_about_somebody_elses_order_is_passed_over(bench: Dispatch) -> None:
    """Providers tell of every order of the account, ours or not."""
    submission, _ = await bench.accepted(an_order())
    calls = list(bench.provider.calls)

    count = await bench.apply_report(SHOP, submission.connection_id, refs=[ExternalRef("scripted", "S-99")])

    assert (0, calls) == (count, bench.provider.calls)


async def test_repeated_and_shuffled_webhooks_end_in_one_state(bench: Dispatch) -> None:
    """Any multiset of hints leads to what the provider says now (I18)."""
    submission, (item,) = await bench.accepted(an_order())
    ref = submission.provider_orders[0].ref
    bench.provider.ship("1Z1")

    for hints in itertools.permutations([[ref], [ref, ref], [ExternalRef("scripted", "S-9"), ref]]):
        for refs in hints:
            await bench.apply_report(SHOP, submission.connection_id, refs=refs)

    done = await bench.shop.item(item.id)
    assert (Status.FULFILLED, 1) == (done.status, len(done.shipments))


async def test_a_stuck_member_does_not_hold_its_companions(bench: Dispatch) -> None:
    """Out of stock is one line's trouble (R9, I24)."""
    submission, (first, second) = await bench.accepted(an_order(), an_order(1002, lines=(a_line(2),)))
    bench.provider.advance(Stage.STUCK, only=[first.id.hex], hold=HoldReason.OUT_OF_STOCK)
    bench.provider.advance(Stage.DONE, only=[second.id.hex], hold=HoldReason.OUT_OF_STOCK)

    await bench.track(SHOP, submission.id)

    assert [Status.ON_HOLD, Status.FULFILLED] == await bench.statuses(first, second)


def test_stamps_are_the_providers() -> None:
    """The timeline names who told."""
    (item,) = _follow(_submission(2), _members(2), _report(Stage.IN_PRODUCTION))

    assert Actor.provider("scripted") == item.events[-1].stamp.by
    assert isinstance(item.events[-1].stamp, Stamp)
