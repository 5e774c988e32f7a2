"""Exactly once: the protocol of sending under every kind of answer, lost or given."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from mockspark.adapters.memory.provider import (
    BareProvider,
    Busy,
    LocksOut,
    MemoryProviders,
    Overlooks,
    Refuses,
    Silent,
    Unreachable,
)
from mockspark.application.attempt import CALL, DOUBTS, LAG, LEASE, RETRIES
from mockspark.application.errors import Unavailable
from mockspark.domain.errors import NotPossible
from mockspark.domain.events import Flag, Stamp
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef
from mockspark.domain.order import Payment
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import AccountState
from mockspark.domain.status import Status
from mockspark.domain.submission import (
    ProviderOrder,
    ProviderReport,
    Stage,
    Submission,
    SubmissionRequest,
    SubmissionState,
)
from tests.application.dispatch import PROVIDER, Dispatch, two_orders
from tests.application.intake import ANA, PRINTER, SHOP, a_line, an_order, later
from tests.domain.values import AUSTIN


class _Wrapped:
    """The print shop, with other methods where a test needs them."""

    def __init__(self, inner: object, **methods: object) -> None:
        self._inner = inner
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _with(bench: Dispatch, **methods: object) -> MemoryProviders:
    shop: Any = _Wrapped(bench.provider, **methods)
    return MemoryProviders(shops={PROVIDER: shop})


def _calls(bench: Dispatch) -> list[str]:
    return [call for call in bench.provider.calls if call not in {"quote", "available"}]


# What is accepted


async def test_an_accepted_submission_lets_its_items_be_fulfilled(bench: Dispatch) -> None:
    """Draft, compare, confirm: then the provider has it (T8)."""
    submission, items = await bench.accepted(*two_orders())

    assert SubmissionState.ACCEPTED == submission.state
    assert [Status.BEING_FULFILLED] * 2 == [item.status for item in items]
    assert [item.id for item in items] == bench.provider.printed
    assert ["prepare", "submit", "fetch", "confirm"] == _calls(bench)
    assert [False] == [order.draft for order in submission.provider_orders]


async def test_a_provider_without_drafts_is_called_once(bench: Dispatch) -> None:
    """Nothing beyond the three calls of the port is needed."""
    providers = MemoryProviders(shops={PROVIDER: BareProvider(bench.provider)})
    bench.provider.drafts = False
    (item,) = await bench.ready()
    submission = await bench.sent(item)

    await evolve(bench.submit, providers=providers)(SHOP, submission.id)

    assert [Status.BEING_FULFILLED] == await bench.statuses(item)
    assert ["submit", "fetch"] == _calls(bench)


async def test_one_submission_may_become_several_provider_orders(bench: Dispatch) -> None:
    """A provider that splits is followed in all its orders (D22)."""
    bench.provider.splits = True

    submission, items = await bench.accepted(*two_orders())

    assert 2 == len(submission.provider_orders)
    assert [Status.BEING_FULFILLED] * 2 == [item.status for item in items]
    assert [()] * 2 == [item.flags for item in items]


async def test_sending_what_was_sent_does_nothing(bench: Dispatch) -> None:
    """A job that comes twice finds the row done."""
    submission, _ = await bench.accepted(an_order())
    calls = _calls(bench)

    await bench.turn(submission.id)

    assert calls == _calls(bench)


async def test_an_accepted_submission_is_asked_about_in_five_minutes(bench: Dispatch) -> None:
    """Polling begins with the acceptance."""
    submission, _ = await bench.accepted(an_order())

    assert bench.shop.clock.now + timedelta(minutes=5) == submission.next_poll_at


# Lost answers


async def test_a_lost_answer_is_looked_up_and_not_repeated(bench: Dispatch) -> None:
    """A timeout is not a no: the order that came of it is found (D1, I14)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=True))

    done = await bench.run(submission.id)

    assert (SubmissionState.ACCEPTED, 2) == (done.state, done.attempts)
    assert [item.id] == bench.provider.printed
    assert 1 == _calls(bench).count("submit")


async def test_an_item_whose_answer_was_lost_is_flagged_while_it_waits(bench: Dispatch) -> None:
    """It stays Sending, and people see why (T9); the flag goes with the answer."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=True))

    await bench.turn(submission.id)
    waiting = await bench.shop.item(item.id)
    await bench.run(submission.id)

    assert (Status.SENDING, (Flag.OUTCOME_UNKNOWN,)) == (waiting.status, waiting.flags)
    assert () == (await bench.shop.item(item.id)).flags


async def test_what_never_arrived_is_sent_again_under_the_same_name(bench: Dispatch) -> None:
    """A look-up that proves absence lets the same bytes go again (I13)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=False))

    await bench.run(submission.id)

    (order,) = bench.provider.orders.values()
    assert ["submit", "find", "submit"] == [call for call in _calls(bench) if call in {"submit", "find"}]
    assert submission.request.external_id == order.request.external_id
    assert [item.id] == bench.provider.printed


async def test_a_look_up_waits_for_the_providers_lag(bench: Dispatch) -> None:
    """What was taken in may show late: nobody looks, or sends, at once."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=True))

    await bench.turn(submission.id)

    doubtful = await bench.submission(submission.id)
    assert doubtful.not_before >= bench.shop.clock.now + LAG


async def test_a_confirmation_that_was_lost_is_repeated(bench: Dispatch) -> None:
    """Confirming by id prints once, however often it is said."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=True), of="confirm")

    await bench.run(submission.id)

    assert [item.id] == bench.provider.printed
    assert 1 == _calls(bench).count("submit")


async def test_an_outcome_that_nobody_can_find_out_is_left_to_a_person(bench: Dispatch) -> None:
    """Contradictions end in On hold, still live, and nothing is sent again by itself (T9, 1.4)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(*[Silent(but_accepted=False)] * DOUBTS)

    done = await bench.run(submission.id)

    held = await bench.shop.item(item.id)
    assert SubmissionState.UNKNOWN == done.state
    assert (Status.ON_HOLD, HoldReason.OUTCOME_UNKNOWN, True) == (
        held.status,
        held.hold and held.hold.reason,
        held.live,
    )
    assert DOUBTS == _calls(bench).count("submit")


async def test_a_provider_that_hides_what_it_took_is_not_sent_to_for_ever(bench: Dispatch) -> None:
    """Even a blind look-up costs at most so many orders, none of them confirmed."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.accepts_duplicates = True
    bench.provider.next_call(*[Silent(but_accepted=True)] * 9)
    bench.provider.next_call(*[Overlooks()] * 9, of="find")

    await bench.run(submission.id)

    assert [] == bench.provider.printed
    assert DOUBTS == len(bench.provider.orders)


async def _unknown(bench: Dispatch) -> tuple[Submission, OrderItem]:
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(*[Silent(but_accepted=False)] * DOUBTS)
    return await bench.run(submission.id), item


async def test_an_unknown_outcome_is_resent_only_with_a_confirmation(bench: Dispatch) -> None:
    """Without the person's word it is refused; with it the same id goes, after a look (T15)."""
    submission, item = await _unknown(bench)

    refused = await bench.send(item)
    report = await bench.send(item, resend_confirmed=True)
    await bench.run(submission.id)

    assert "outcome_unknown" == refused.results[0].code
    assert submission.id == report.results[0].submission_id
    assert "find" == _calls(bench)[-4]
    assert [Status.BEING_FULFILLED] == await bench.statuses(item)
    assert [item.id] == bench.provider.printed


async def test_an_order_that_a_person_found_is_adopted(bench: Dispatch) -> None:
    """The items belong to the provider's order from then on; nothing is sent."""
    submission, item = await _unknown(bench)
    request = submission.request
    (found,) = await bench.provider.submit(request)
    calls = _calls(bench).count("submit")

    report = await bench.settle_unknown(SHOP, submission.id, adopt=found.ref, by=ANA)

    assert [Status.BEING_FULFILLED] == [row.status for row in report.results]
    assert (SubmissionState.ACCEPTED, calls) == (
        (await bench.submission(submission.id)).state,
        _calls(bench).count("submit"),
    )
    assert (await bench.shop.item(item.id)).live


async def test_somebody_elses_order_is_not_adopted(bench: Dispatch) -> None:
    """The provider says whose order it is."""
    submission, _ = await _unknown(bench)
    other, _ = await bench.accepted(an_order(1002, lines=(a_line(2),)))

    with pytest.raises(NotPossible, match="belongs to another"):
        await bench.settle_unknown(SHOP, submission.id, adopt=other.provider_orders[0].ref, by=ANA)


async def test_only_what_is_unknown_is_settled(bench: Dispatch) -> None:
    """An accepted submission has nothing to settle."""
    submission, _ = await bench.accepted(an_order())

    with pytest.raises(NotPossible, match="accepted, not unknown"):
        await bench.settle_unknown(SHOP, submission.id, adopt=submission.provider_orders[0].ref, by=ANA)
    report = await bench.settle_unknown(SHOP, submission.id, adopt=None, by=ANA)
    assert "not_possible" == report.results[0].code


# Refusals and failures


async def test_a_refused_submission_holds_its_items(bench: Dispatch) -> None:
    """The provider's own sentence and the reason that names the fix; nothing is live (T9)."""
    items = await bench.ready(*two_orders())
    submission = await bench.sent(*items)
    bench.provider.next_call(Refuses(words="Variant 7 is gone.", reason=HoldReason.VARIANT_UNAVAILABLE))

    done = await bench.run(submission.id)

    held = [await bench.shop.item(item.id) for item in items]
    assert SubmissionState.REFUSED == done.state
    assert [(HoldReason.VARIANT_UNAVAILABLE, "Variant 7 is gone.", False)] * 2 == [
        (item.hold.reason, item.hold.note, item.live) for item in held if item.hold
    ]


async def test_a_refused_item_is_resent_under_a_new_name(bench: Dispatch) -> None:
    """The first submission is over and lets its items go (T15)."""
    (item,) = await bench.ready()
    first = await bench.sent(item)
    bench.provider.next_call(Refuses())
    await bench.run(first.id)

    second = await bench.sent(item)
    await bench.run(second.id)

    assert first.id != second.id
    assert [item.id] == bench.provider.printed


async def test_refused_credentials_mark_the_account_broken(bench: Dispatch) -> None:
    """The items wait with words, and nobody else tries the dead account."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(LocksOut())

    await bench.run(submission.id)

    async with bench.shop.store.begin(SHOP) as work:
        account = await work.connections.get(PRINTER)
    held = await bench.shop.item(item.id)
    assert (AccountState.BROKEN, "the print shop refuses our credentials") == (account.state, account.problem)
    assert held.hold is not None
    assert "credentials" in held.hold.note
    assert "not_connected" == (await bench.send(item)).results[0].code


async def test_an_account_that_was_closed_meanwhile_holds_the_items(bench: Dispatch) -> None:
    """No call was made: nothing is live."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    await bench.connect(PRINTER, state=AccountState.CLOSED)

    await bench.run(submission.id)

    held = await bench.shop.item(item.id)
    assert (Status.ON_HOLD, False) == (held.status, held.live)


async def test_a_provider_that_is_away_is_tried_again_by_the_schedule(bench: Dispatch) -> None:
    """5 s, 30 s, 2 min, 10 min, 1 h: people hear of it only then (D20)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(*[Unreachable()] * len(RETRIES))

    pauses = []
    for _ in RETRIES:
        await bench.turn(submission.id)
        waiting = await bench.submission(submission.id)
        pauses.append(waiting.not_before - bench.shop.clock.now)
        bench.shop.clock.now = waiting.not_before
    await bench.turn(submission.id)

    assert list(RETRIES) == pauses
    assert [item.id] == bench.provider.printed


async def test_a_provider_that_stays_away_holds_the_items_with_a_proof(bench: Dispatch) -> None:
    """The last look-up proves that nothing arrived: the items may be sent again (T9)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(*[Unreachable()] * 9)

    await bench.run(submission.id)

    held = await bench.shop.item(item.id)
    assert (HoldReason.PROVIDER_UNREACHABLE, False) == (held.hold and held.hold.reason, held.live)
    assert "find" == _calls(bench)[-1]


async def test_a_provider_that_will_not_let_us_look_leaves_the_outcome_open(bench: Dispatch) -> None:
    """Without a proof of absence the items stay live."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=True))
    bench.provider.next_call(*[Unreachable()] * 9, of="find")

    await bench.run(submission.id)

    held = await bench.shop.item(item.id)
    assert (HoldReason.OUTCOME_UNKNOWN, True) == (held.hold and held.hold.reason, held.live)


async def test_refused_credentials_prove_nothing_after_a_lost_answer(bench: Dispatch) -> None:
    """Nobody may look: a person decides."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=True))
    bench.provider.next_call(LocksOut(), of="find")

    done = await bench.run(submission.id)

    assert (SubmissionState.UNKNOWN, True) == (done.state, (await bench.shop.item(item.id)).live)


async def test_a_rate_limit_costs_a_pause_and_no_attempt(bench: Dispatch) -> None:
    """Busy is not a failure: the sender stands back for as long as it was asked to."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Busy(retry_after=timedelta(seconds=42)))

    reason = await bench.turn(submission.id)
    waiting = await bench.submission(submission.id)
    await bench.run(submission.id)

    assert "busy" in reason
    assert (0, None) == (waiting.attempts, waiting.lease_until)
    assert bench.shop.clock.now == submission.planned_at + timedelta(seconds=42)
    assert [item.id] == bench.provider.printed


async def test_a_confirmation_that_is_refused_leaves_a_live_order_on_hold(bench: Dispatch) -> None:
    """The draft exists: it is freed at the provider, or cancelled there."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Refuses(words="Pay first.", reason=HoldReason.PAYMENT_AT_PROVIDER), of="confirm")

    done = await bench.run(submission.id)

    held = await bench.shop.item(item.id)
    assert (SubmissionState.ACCEPTED, True) == (done.state, held.live)
    assert (HoldReason.PAYMENT_AT_PROVIDER, "Pay first.") == (
        held.hold and held.hold.reason,
        held.hold and held.hold.note,
    )


# Asked and accepted


async def test_a_line_that_the_provider_left_out_is_held_alone(bench: Dispatch) -> None:
    """Only one of several reached the printer: the other waits, and can be sent again (D4)."""
    first, second = await bench.ready(*two_orders())
    submission = await bench.sent(first, second)
    submit = bench.provider.submit

    async def short(request: SubmissionRequest) -> Sequence[ProviderOrder]:
        return await submit(evolve(request, lines=request.lines[:1]))

    await evolve(bench.submit, providers=_with(bench, submit=short))(SHOP, submission.id)
    held = await bench.shop.item(second.id)
    again = await bench.sent(second)

    assert [Status.BEING_FULFILLED] == await bench.statuses(first)
    assert (HoldReason.PROVIDER_REJECTED, False) == (held.hold and held.hold.reason, held.live)
    assert again.id != submission.id


async def test_another_quantity_than_asked_is_flagged(bench: Dispatch) -> None:
    """Asked three, accepted two: a person looks (T8)."""
    (item,) = await bench.ready(an_order(lines=(a_line(quantity=3, ordered=3),)))
    submission = await bench.sent(item)
    fetch = bench.provider.fetch

    async def fewer(ref: ExternalRef) -> ProviderReport:
        report = await fetch(ref)
        return evolve(report, lines=tuple(evolve(line, quantity=2) for line in report.lines))

    await evolve(bench.submit, providers=_with(bench, fetch=fewer))(SHOP, submission.id)

    taken = await bench.shop.item(item.id)
    assert (Status.BEING_FULFILLED, (Flag.LINES_DIFFER,)) == (taken.status, taken.flags)


async def test_of_two_drafts_one_is_printed_and_the_other_dropped(bench: Dispatch) -> None:
    """A repetition that slipped through is a stray draft; one is elected and confirmed."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.accepts_duplicates = True
    bench.provider.next_call(Silent(but_accepted=True))
    await bench.turn(submission.id)
    await bench.provider.submit(submission.request)

    await bench.run(submission.id)

    assert [item.id] == bench.provider.printed
    assert [Stage.ACCEPTED, Stage.CANCELED] == [order.stage for order in bench.provider.orders.values()]
    assert (Flag.LINES_DIFFER,) == (await bench.shop.item(item.id)).flags


# The store's last word, and ours


async def test_the_store_is_read_again_before_each_attempt(bench: Dispatch) -> None:
    """An order that was cancelled between two attempts is not printed (D7)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Unreachable())
    await bench.turn(submission.id)
    bench.shop.channel.sell(later(an_order(), cancelled_at=bench.shop.clock.now))

    done = await bench.run(submission.id)

    assert (SubmissionState.WITHDRAWN, [Status.CANCELED]) == (done.state, await bench.statuses(item))
    assert [] == bench.provider.printed


async def test_nothing_is_placed_while_the_store_cannot_be_asked(bench: Dispatch) -> None:
    """A sender stands back rather than print blind."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.shop.channel.fail(Unavailable("the store is away"))

    reason = await bench.turn(submission.id)

    assert "the store could not be asked" in reason
    assert "submit" not in _calls(bench)
    await bench.run(submission.id)
    assert [item.id] == bench.provider.printed


@pytest.mark.parametrize(
    "news",
    [
        {"payment": Payment.VOIDED},
        {"lines": (a_line(quantity=2),)},
        {"lines": (a_line(fulfilled=1),)},
        {"ship_to": evolve(AUSTIN, line1="2 Main St")},
    ],
)
async def test_a_change_in_the_store_stops_the_call(bench: Dispatch, news: Mapping[str, Any]) -> None:
    """What would be printed is not what the store wants now: a person looks (D8)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.shop.channel.sell(later(an_order(), **news))

    done = await bench.run(submission.id)

    held = await bench.shop.item(item.id)
    assert (SubmissionState.WITHDRAWN, HoldReason.STORE_CHANGED, False) == (
        done.state,
        held.hold and held.hold.reason,
        held.live,
    )
    assert "submit" not in _calls(bench)


async def test_a_quantity_that_changed_before_the_call_is_followed(bench: Dispatch) -> None:
    """The item that was taken back has the store's quantity."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.shop.channel.sell(later(an_order(), lines=(a_line(quantity=2),)))

    await bench.run(submission.id)

    assert 2 == (await bench.shop.item(item.id)).quantity


async def test_a_cancel_wish_before_the_call_takes_the_item_out(bench: Dispatch) -> None:
    """Withdrawn, then canceled (T19, T10, T17); the rest of the parcel goes."""
    first, second = await bench.ready(*two_orders())
    submission = await bench.sent(first, second)
    await bench.change(first, lambda now, stamp: now.request_cancel(stamp))

    await bench.run(submission.id)
    rest = (await bench.shop.item(second.id)).submission_id
    await bench.run(rest)

    assert [Status.CANCELED, Status.BEING_FULFILLED] == await bench.statuses(first, second)
    assert [second.id] == bench.provider.printed


async def test_a_cancel_wish_after_a_lost_answer_is_carried_out_when_absence_is_proven(
    bench: Dispatch,
) -> None:
    """Not found and a cancel is pending: canceled, and no POST is begun (I15)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=False))
    await bench.turn(submission.id)
    await bench.change(item, lambda now, stamp: now.request_cancel(stamp))

    await bench.run(submission.id)

    assert [Status.CANCELED] == await bench.statuses(item)
    assert 1 == _calls(bench).count("submit")


async def test_a_cancel_wish_that_comes_too_late_does_not_lose_the_order(bench: Dispatch) -> None:
    """Found and a cancel is pending: first the truth, then the provider is asked (T18)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent(but_accepted=True))
    await bench.turn(submission.id)
    await bench.change(item, lambda now, stamp: now.request_cancel(stamp))

    await bench.run(submission.id)
    await bench.carry_out_cancel(SHOP, item.id)

    assert [Status.CANCELED] == await bench.statuses(item)
    assert [Stage.CANCELED] == [order.stage for order in bench.provider.orders.values()]


async def test_an_item_that_the_watchdog_stopped_is_not_sent(bench: Dispatch) -> None:
    """No call is made for an item that is not Sending (D.7-2)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    await bench.change(item, lambda now, stamp: now.unresolved("too slow", stamp))

    await bench.run(submission.id)

    held = await bench.shop.item(item.id)
    assert (HoldReason.PROVIDER_UNREACHABLE, False) == (held.hold and held.hold.reason, held.live)
    assert "submit" not in _calls(bench)


# Fences


async def test_another_senders_lease_is_respected(bench: Dispatch) -> None:
    """While a sender may live nobody else touches the provider; the lease outlives its last call."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    async with bench.shop.store.begin(SHOP) as work:
        mine = (await work.submissions.get(submission.id)).claim(_stamp(bench), LEASE)
        await work.submissions.save(mine)

    reason = await bench.turn(submission.id)

    assert "another sender" in reason
    assert [] == _calls(bench)
    assert LEASE >= 2 * CALL + LAG


async def test_a_sender_that_was_frozen_too_long_does_not_call(bench: Dispatch) -> None:
    """After the deadline the lease may be another's: the provider is not touched."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    prepare = bench.provider.prepare

    async def slow(request: SubmissionRequest) -> Mapping[str, str]:
        bench.seconds.now += CALL.total_seconds() + 1
        return await prepare(request)

    await evolve(bench.submit, providers=_with(bench, prepare=slow))(SHOP, submission.id)

    assert ["prepare"] == _calls(bench)
    await bench.run(submission.id)
    assert [item.id] == bench.provider.printed


async def test_what_was_prepared_is_kept_before_the_call(bench: Dispatch) -> None:
    """Notes are stored first, so that a repetition asks for the same (1.4)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Unreachable())

    await bench.run(submission.id)

    (order,) = bench.provider.orders.values()
    assert {f"product:{item.id.hex}": f"P{item.id.hex[:8]}"} == order.request.notes
    assert 1 == bench.provider.products


async def test_a_sender_that_was_overtaken_records_nothing(bench: Dispatch) -> None:
    """A zombie's order is reported to people, and only the later sender's is printed (1.4-6)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.accepts_duplicates = True
    submit = bench.provider.submit

    async def frozen(request: SubmissionRequest) -> Sequence[ProviderOrder]:
        bench.shop.clock.now += LEASE
        await bench.run(submission.id)
        return await submit(request)

    await evolve(bench.submit, providers=_with(bench, submit=frozen))(SHOP, submission.id)

    done = await bench.submission(submission.id)
    assert [item.id] == bench.provider.printed
    assert ["S-1"] == [order.ref.id for order in done.provider_orders]
    assert (Flag.LINES_DIFFER,) == (await bench.shop.item(item.id)).flags


def _stamp(bench: Dispatch) -> Stamp:
    return Stamp(at=bench.shop.clock(), by=ANA)
