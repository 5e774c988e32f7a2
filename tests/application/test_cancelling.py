"""Cancelling: here at once, at a provider by asking, in a parcel only together."""

from collections.abc import Sequence
from typing import Any

import pytest
from attrs import evolve

from mockspark.adapters.memory.provider import BareProvider, MemoryProviders, Refuses, Silent, Unreachable
from mockspark.application.attempt import DOUBTS, LEASE
from mockspark.application.errors import OutcomeUnknown, Unavailable
from mockspark.application.ports.jobs import Snooze
from mockspark.application.targets import Targets
from mockspark.application.views import BulkReport
from mockspark.domain.events import Flag, Stamp
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import Stage, SubmissionState
from tests.application.dispatch import PROVIDER, Dispatch, two_orders
from tests.application.intake import ANA, SHOP, a_line, an_order


async def _cancel(bench: Dispatch, *items: OrderItem) -> BulkReport:
    return await bench.cancel_items(SHOP, Targets.of(*(item.id for item in items)), by=ANA)


async def _carry_out(bench: Dispatch, *items: OrderItem, **changes: Any) -> None:
    for item in items:
        await evolve(bench.carry_out_cancel, **changes)(SHOP, item.id)


async def _stages(bench: Dispatch) -> Sequence[Stage]:
    return [order.stage for order in bench.provider.orders.values()]


async def test_what_is_not_at_a_provider_is_canceled_at_once(bench: Dispatch) -> None:
    """Generating, Ready and On hold (T17)."""
    (generating,) = await bench.received(an_order(1001))
    (ready,) = await bench.ready(an_order(1002, lines=(a_line(2),)))
    (held,) = await bench.ready(an_order(1003, lines=(a_line(3),)))
    await bench.change(
        held, lambda now, stamp: now.hold_for(HoldReason.MANUAL, HoldOrigin.MERCHANT, stamp=stamp)
    )

    report = await _cancel(bench, generating, ready, held)

    assert [Status.CANCELED] * 3 == [row.status for row in report.done]


async def test_what_is_over_is_not_canceled(bench: Dispatch) -> None:
    """Fulfilled, canceled and archived items are refused, row by row (D.3)."""
    submission, (fulfilled,) = await bench.accepted(an_order(1001))
    bench.provider.advance(Stage.DONE)
    await bench.track(SHOP, submission.id)
    canceled, archived = await bench.ready(
        an_order(1002, lines=(a_line(2),)), an_order(1003, lines=(a_line(3),))
    )
    await bench.change(canceled, lambda now, stamp: now.cancel(stamp))
    await bench.change(archived, lambda now, stamp: now.archive(stamp))

    report = await _cancel(bench, fulfilled, canceled, archived)

    assert ["transition_not_allowed"] * 3 == [row.code for row in report.refused]


async def test_a_live_order_is_asked_to_be_cancelled(bench: Dispatch) -> None:
    """Noted first, canceled when the provider confirms (T18)."""
    submission, (item,) = await bench.accepted(an_order())

    report = await _cancel(bench, item)
    wished = await bench.shop.item(item.id)
    await _carry_out(bench, item)

    assert (True, Status.BEING_FULFILLED) == (report.results[0].done, wished.status)
    assert wished.cancel_requested_at is not None
    assert [Status.CANCELED] == await bench.statuses(item)
    assert [Stage.CANCELED] == await _stages(bench)
    assert SubmissionState.CANCELED == (await bench.submission(submission.id)).state


async def test_a_refusal_of_the_provider_is_shown(bench: Dispatch) -> None:
    """The item goes on, flagged, with the provider's words (T18, I15)."""
    _, (item,) = await bench.accepted(an_order())
    bench.provider.cancels = False
    await _cancel(bench, item)

    await _carry_out(bench, item)

    told = await bench.shop.item(item.id)
    assert (Status.BEING_FULFILLED, (Flag.CANCEL_REFUSED,), None) == (
        told.status,
        told.flags,
        told.cancel_requested_at,
    )
    assert "item.cancel_refused" in await bench.shop.kinds(item)


async def test_a_provider_that_cannot_be_asked_is_named(bench: Dispatch) -> None:
    """The person is told to cancel there (D24)."""
    bench.provider.drafts = False
    providers = MemoryProviders(shops={PROVIDER: BareProvider(bench.provider)})
    _, (item,) = await bench.accepted(an_order())
    await _cancel(bench, item)

    await _carry_out(bench, item, providers=providers)

    assert (Flag.CANCEL_REFUSED,) == (await bench.shop.item(item.id)).flags


async def test_a_call_that_is_refused_counts_as_a_refusal(bench: Dispatch) -> None:
    """Understood and refused: asking again changes nothing."""
    _, (item,) = await bench.accepted(an_order())
    bench.provider.next_call(Refuses(words="too late"), of="cancel")
    await _cancel(bench, item)

    await _carry_out(bench, item)

    assert (Flag.CANCEL_REFUSED,) == (await bench.shop.item(item.id)).flags


@pytest.mark.parametrize(
    ("fault", "error"), [(Unreachable(), Unavailable), (Silent(but_accepted=True), OutcomeUnknown)]
)
async def test_a_cancellation_without_an_answer_is_asked_again(
    bench: Dispatch, fault: Unreachable | Silent, error: type[Exception]
) -> None:
    """Asking twice cancels once."""
    _, (item,) = await bench.accepted(an_order())
    bench.provider.next_call(fault, of="cancel")
    await _cancel(bench, item)

    with pytest.raises(error):
        await _carry_out(bench, item)
    await _carry_out(bench, item)

    assert [Status.CANCELED] == await bench.statuses(item)


async def test_carrying_out_twice_does_nothing_twice(bench: Dispatch) -> None:
    """The job finds the row done."""
    _, (item,) = await bench.accepted(an_order())
    await _cancel(bench, item)
    await _carry_out(bench, item)
    calls = list(bench.provider.calls)

    await _carry_out(bench, item)

    assert calls == bench.provider.calls


async def test_one_of_a_combined_order_is_not_cancelled_behind_the_others_backs(bench: Dispatch) -> None:
    """Providers cancel whole orders: the refusal names who travels along (facts 12)."""
    _, (first, _) = await bench.accepted(*two_orders())

    report = await _cancel(bench, first)

    assert ("not_possible", True) == (report.results[0].code, "#1002" in report.results[0].refusal)


async def test_all_of_a_combined_order_are_cancelled_together(bench: Dispatch) -> None:
    """One call cancels them all."""
    _, items = await bench.accepted(*two_orders())

    await _cancel(bench, *items)
    await _carry_out(bench, *items)

    assert [Status.CANCELED] * 2 == await bench.statuses(*items)
    assert 1 == bench.provider.calls.count("cancel")


async def test_a_stores_wish_for_one_of_a_combined_order_is_refused_with_words(bench: Dispatch) -> None:
    """The store cancelled one of two orders: the other customer's parcel is not given up for it."""
    _, (first, second) = await bench.accepted(*two_orders())
    await bench.change(first, lambda now, stamp: now.request_cancel(stamp))

    await _carry_out(bench, first)

    assert [Status.BEING_FULFILLED] * 2 == await bench.statuses(first, second)
    assert (Flag.CANCEL_REFUSED,) == (await bench.shop.item(first.id)).flags
    assert "cancel" not in bench.provider.calls


async def test_a_wish_in_the_grace_delay_takes_the_item_out_and_sends_the_rest(bench: Dispatch) -> None:
    """Until somebody was called any member may leave (A16, T19)."""
    await bench.shop.decide(Rules(grace_s=60))
    first, second = await bench.ready(*two_orders())
    submission = await bench.sent(first, second)
    await _cancel(bench, first)

    await _carry_out(bench, first)

    rest = await bench.shop.item(second.id)
    assert [Status.CANCELED, Status.SENDING] == await bench.statuses(first, second)
    assert rest.submission_id != submission.id
    await bench.run(rest.submission_id)
    assert [second.id] == bench.provider.printed


async def test_a_wish_while_the_provider_is_called_waits_for_the_answer(bench: Dispatch) -> None:
    """Not executed at once (T19): nobody knows yet what there is to cancel."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    async with bench.shop.store.begin(SHOP) as work:
        claimed = (await work.submissions.get(submission.id)).claim(
            Stamp(at=bench.shop.clock(), by=ANA), LEASE
        )
        await work.submissions.save(claimed.calling())
    await _cancel(bench, item)

    with pytest.raises(Snooze):
        await _carry_out(bench, item)

    assert [Status.SENDING] == await bench.statuses(item)


async def test_an_unknown_outcome_is_looked_up_before_it_is_canceled(bench: Dispatch) -> None:
    """Found: asked to cancel there. Not found: canceled here."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(*[Silent(but_accepted=False)] * DOUBTS)
    await bench.run(submission.id)
    await bench.provider.submit(submission.request)

    await _cancel(bench, item)
    await _carry_out(bench, item)

    assert [Status.CANCELED] == await bench.statuses(item)
    assert [Stage.CANCELED] == await _stages(bench)
