"""Handing items over: guards, groups, one submission per parcel, and taking it back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from mockspark.adapters.memory.provider import MemoryProviders, ScriptedProvider
from mockspark.application.errors import Conflict, FormInvalid, Unavailable
from mockspark.application.ports.fulfillment import Quote
from mockspark.application.targets import Targets
from mockspark.application.use_cases.send_to_fulfill import SendOrder
from mockspark.domain.events import Flag
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import ConnectionId, OrderItemId
from mockspark.domain.order import Payment
from mockspark.domain.shop import AccountState, Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import SubmissionRequest, SubmissionState
from tests.application.dispatch import PROVIDER, Dispatch, result, two_orders
from tests.application.intake import ANA, PRINTER, SHOP, a_line, an_order, later

OTHER = ConnectionId(UUID(int=82))


async def test_a_ready_item_is_handed_over_as_one_stored_submission(bench: Dispatch) -> None:
    """The intent, with every file's frozen address, is stored before anybody is called (T7, I11)."""
    (item,) = await bench.ready()

    submission = await bench.sent(item)

    sent = await bench.shop.item(item.id)
    (line,) = submission.request.lines
    assert (Status.SENDING, True, submission.id) == (sent.status, sent.live, sent.submission_id)
    assert ("#1001", 1, item.id) == (line.order_name, line.quantity, line.item_id)
    assert line.files[0].url.endswith("/1001-" + item.id.hex[:12] + "-front-v1.png")
    assert ["available"] == bench.provider.calls


async def test_items_for_one_door_travel_in_one_submission(bench: Dispatch) -> None:
    """Items of several orders with equal keys are one submission with one line each (R7, D.6)."""
    items = await bench.ready(*two_orders())

    submission = await bench.sent(*items)

    assert [item.id for item in items] == [line.item_id for line in submission.request.lines]
    assert "#1001, #1002" == submission.request.label


async def test_items_for_other_doors_travel_apart(bench: Dispatch) -> None:
    """A submission never holds two different keys (D.7-8)."""
    order = an_order(1002, lines=(a_line(2),))
    assert order.ship_to is not None
    elsewhere = evolve(order, ship_to=evolve(order.ship_to, line1="2 Main St"))
    items = await bench.ready(an_order(1001), elsewhere)

    report = await bench.send(*items)

    assert 2 == len({row.submission_id for row in report.done})


async def test_an_excluded_item_travels_alone(bench: Dispatch) -> None:
    """A person can keep an item out of the group (A16)."""
    items = await bench.ready(*two_orders())

    report = await bench.send(*items, alone={items[1].id})

    assert 2 == len({row.submission_id for row in report.done})


async def test_a_parcel_has_at_most_as_many_lines_as_the_provider_takes(bench: Dispatch) -> None:
    """A group is split by the provider's limit of lines."""
    facts = bench.providers.facts("printify")
    bench.described["printify"] = evolve(facts, max_lines=1)
    items = await bench.ready(*two_orders())

    report = await bench.send(*items)

    assert 2 == len({row.submission_id for row in report.done})


async def test_sending_twice_makes_one_submission(bench: Dispatch) -> None:
    """A second click is refused and names the submission that is under way (D1)."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)

    again = await bench.send(item)

    assert ("sending", submission.id) == (again.results[0].code, again.results[0].submission_id)


async def test_two_clicks_at_once_make_one_submission(bench: Dispatch) -> None:
    """Of concurrent sends of one item exactly one takes effect (I8)."""
    (item,) = await bench.ready()

    reports = await asyncio.gather(*(bench.send(item) for _ in range(4)))

    ids = {row.submission_id for report in reports for row in report.done}
    assert 1 == len(ids)
    assert 1 == sum(len(report.done) for report in reports)


async def test_the_store_is_read_again_before_anything_is_sent(bench: Dispatch) -> None:
    """An order that was cancelled meanwhile is not printed (D7)."""
    (item,) = await bench.ready()
    bench.shop.channel.sell(later(an_order(), cancelled_at=bench.shop.clock.now))

    report = await bench.send(item)

    assert not report.done
    assert [Status.CANCELED] == await bench.statuses(item)


async def test_what_was_fulfilled_in_the_store_meanwhile_is_not_sent(bench: Dispatch) -> None:
    """D6: the store is read again, and what somebody else fulfilled waits for a person."""
    (item,) = await bench.ready()
    bench.shop.channel.sell(later(an_order(lines=(a_line(fulfilled=1),))))

    report = await bench.send(item)

    assert not report.done
    assert (Flag.FULFILLED_ELSEWHERE,) == (await bench.shop.item(item.id)).flags
    assert [Status.ON_HOLD] == await bench.statuses(item)


async def test_nothing_is_sent_unseen_when_the_store_is_away(bench: Dispatch) -> None:
    """A store that cannot be asked keeps its items back, with words (D7)."""
    (item,) = await bench.ready()
    bench.shop.channel.fail(Unavailable("the store is away"))

    report = await bench.send(item)

    assert ("unavailable", True) == (report.results[0].code, "#1001" in report.results[0].refusal)
    assert [Status.READY_TO_FULFILL] == await bench.statuses(item)


async def test_one_unreadable_order_keeps_no_other_back(bench: Dispatch) -> None:
    """A bulk action has one result per item (I24)."""
    first, second = await bench.ready(*two_orders())
    bench.shop.channel.fail(Unavailable("the store is away"))

    report = await bench.send(first, second)

    assert (1, 1) == (len(report.done), len(report.refused))


@pytest.mark.parametrize(
    ("news", "code"),
    [
        ({"payment": Payment.PENDING, "payment_raw": "pending"}, "not_paid"),
        ({"lines": (a_line(quantity=3),)}, "not_possible"),
        ({"ship_to": None}, "address_incomplete"),
    ],
)
async def test_what_changed_in_the_store_stops_the_item(
    bench: Dispatch, news: dict[str, Any], code: str
) -> None:
    """Payment, quantity and address are judged as the store has them now (T7)."""
    (item,) = await bench.ready()
    bench.shop.channel.sell(later(an_order(), **news))

    report = await bench.send(item)

    assert code == report.results[0].code


async def test_unpaid_orders_go_where_the_shop_decides_so(bench: Dispatch) -> None:
    """The rule `send_unpaid` lets orders go whose money is still on its way."""
    await bench.shop.decide(Rules(grace_s=0, import_unpaid=True, send_unpaid=True))
    (item,) = await bench.ready(an_order(payment=Payment.PENDING))

    report = await bench.send(item)

    assert report.results[0].done


async def test_a_test_order_is_never_sent(bench: Dispatch) -> None:
    """Test orders are taken in and stay here (A1)."""
    (item,) = await bench.ready(an_order(test=True))

    report = await bench.send(item)

    assert "test_order" == report.results[0].code


async def test_an_item_without_a_provider_is_not_sent(bench: Dispatch) -> None:
    """Mapping comes first, and the words say so (A13)."""
    (item,) = await bench.ready()
    await bench.shop.keep(evolve(item, connection_id=None))

    report = await bench.send(item)

    assert ("unmapped_product", True) == (
        report.results[0].code,
        "Map the product" in report.results[0].refusal,
    )


async def test_a_broken_account_keeps_its_items_back(bench: Dispatch) -> None:
    """An account that does not work is named, with its problem."""
    (item,) = await bench.ready()
    await bench.connect(PRINTER, title="Press", state=AccountState.BROKEN, problem="the token was revoked")

    report = await bench.send(item)

    assert "not_connected" == report.results[0].code
    assert "Press does not work (the token was revoked)" in report.results[0].refusal


async def test_files_that_do_not_match_the_design_are_not_sent(bench: Dispatch) -> None:
    """Ready means that the files are those of the design (D.7-3, D3)."""
    (item,) = await bench.ready()
    await bench.shop.keep(evolve(item, design_version=2))

    report = await bench.send(item)

    assert "files_outdated" == report.results[0].code


async def test_blocking_findings_are_not_sent_from_a_hold(bench: Dispatch) -> None:
    """What preflight blocks is mended or overridden by name first."""
    (item,) = await bench.received(an_order())
    blurred = Finding(check=Check.LOW_DPI, level=Level.ERROR, area="front", words="It prints at 40 DPI.")
    held = await bench.rendered(item, findings=(blurred,))

    report = await bench.send(held)

    assert ("low_resolution", True) == (report.results[0].code, "40 DPI" in report.results[0].refusal)


@pytest.mark.parametrize("flag", [Flag.FULFILLED_ELSEWHERE, Flag.STORE_CANCELLED])
async def test_what_the_store_flagged_is_looked_at_first(bench: Dispatch, flag: Flag) -> None:
    """An order that somebody else fulfilled, or that was called off, is not printed unseen (D6)."""
    (item,) = await bench.ready()
    await bench.change(item, lambda now, stamp: now.flag(flag, stamp))

    report = await bench.send(item)

    assert flag.value == report.results[0].code


async def test_a_confirmed_address_passes_the_check(bench: Dispatch) -> None:
    """A person who asked the buyer overrides the doubt, by name (D15)."""
    order = an_order()
    assert order.ship_to is not None
    bare = evolve(order, ship_to=evolve(order.ship_to, postal_code=""))
    (item,) = await bench.ready(bare)
    refused = await bench.send(item)
    await bench.change(item, lambda now, stamp: now.confirm_address(stamp, note="rang her up"))

    report = await bench.send(item)

    assert ("address_incomplete", True) == (refused.results[0].code, report.results[0].done)


async def test_a_refused_item_can_be_sent_again(bench: Dispatch) -> None:
    """An item that a provider refused has no live order: it may go again (T15)."""
    (item,) = await bench.ready()
    await bench.change(
        item,
        lambda now, stamp: now.hold_for(HoldReason.PROVIDER_REJECTED, HoldOrigin.PROVIDER, stamp=stamp),
    )

    report = await bench.send(item)

    assert report.results[0].done


@pytest.mark.parametrize("reason", [HoldReason.MANUAL, HoldReason.STORE_HOLD, HoldReason.IP_REVIEW])
async def test_an_item_that_waits_for_a_decision_is_released_first(
    bench: Dispatch, reason: HoldReason
) -> None:
    """Sending does not take a decision away from whoever made the item wait."""
    (item,) = await bench.ready()
    await bench.change(item, lambda now, stamp: now.hold_for(reason, HoldOrigin.MERCHANT, stamp=stamp))

    report = await bench.send(item)

    assert reason.value == report.results[0].code


async def test_wrong_answers_of_the_dialog_store_nothing(bench: Dispatch) -> None:
    """The form is checked before anything happens."""
    (item,) = await bench.ready()

    with pytest.raises(FormInvalid, match="unknown field"):
        await bench.send(item, options={PRINTER: {"wrapping": "gold"}})

    assert [Status.READY_TO_FULFILL] == await bench.statuses(item)


async def test_the_dialogs_answers_are_frozen_into_the_request(bench: Dispatch) -> None:
    """Every repetition asks for the same."""
    (item,) = await bench.ready()

    submission = await bench.sent(item, options={PRINTER: {"gift_note": "for Zoë"}})

    assert "for Zoë" == submission.request.options["gift_note"]


async def test_an_item_can_go_through_another_account_of_its_provider(bench: Dispatch) -> None:
    """The assigned account is overridden for one act of sending (A13)."""
    (item,) = await bench.ready()
    await bench.connect(OTHER)

    submission = await bench.sent(item, connections={item.id: OTHER})

    assert (OTHER, OTHER) == (submission.connection_id, (await bench.shop.item(item.id)).connection_id)


async def test_an_item_cannot_go_to_a_provider_that_it_is_not_mapped_to(bench: Dispatch) -> None:
    """A variant's ids mean something at their own provider only (D14)."""
    (item,) = await bench.ready()
    await bench.connect(OTHER, provider="gelato")

    report = await bench.send(item, connections={item.id: OTHER})

    assert "unmapped_product" == report.results[0].code


async def test_an_item_that_changed_since_the_person_looked_is_refused(bench: Dispatch) -> None:
    """A person gets the conflict and decides again."""
    (item,) = await bench.ready()
    order = SendOrder(targets=Targets.of(item.id, versions={item.id: item.version - 1}))

    report = await bench.send_to_fulfill(SHOP, order, by=ANA)

    assert Conflict.code == report.results[0].code


async def test_an_unknown_item_has_a_result_too(bench: Dispatch) -> None:
    """Asked and answered are the same rows, in the order of the question."""
    (item,) = await bench.ready()
    nobody = OrderItemId(UUID(int=5))
    targets = Targets.of(nobody, item.id)

    report = await bench.send_to_fulfill(SHOP, SendOrder(targets=targets), by=ANA)

    assert [("not_found", nobody), ("", item.id)] == [(row.code, row.item_id) for row in report.results]


class _Interrupted:
    """A print shop that has something happen while it is asked for a price."""

    def __init__(self, shop: ScriptedProvider, happen: Callable[[], Awaitable[object]]) -> None:
        self.submit, self.find, self.fetch = shop.submit, shop.find, shop.fetch
        self._happen = happen

    async def quote(self, request: SubmissionRequest) -> Quote:
        """Quote nothing."""
        await self._happen()
        return Quote()


async def test_a_member_that_moved_meanwhile_stays_behind_alone(bench: Dispatch) -> None:
    """A conflict on one member drops that member; the others go."""
    first, second = await bench.ready(*two_orders())

    async def comment() -> None:
        await bench.change(second, lambda now, stamp: now.comment("wait for me", stamp))

    providers = MemoryProviders(shops={PROVIDER: _Interrupted(bench.provider, comment)})
    sender = evolve(bench.send_to_fulfill, providers=providers)
    report = await sender(SHOP, SendOrder(targets=Targets.of(first.id, second.id)), by=ANA)

    assert (True, "conflict") == (result(report, first).done, result(report, second).code)
    assert [Status.SENDING, Status.READY_TO_FULFILL] == await bench.statuses(first, second)


async def test_what_travelling_together_saves_is_kept_with_the_submission(bench: Dispatch) -> None:
    """The saving is the sum of the separate quotes less the combined one (C1)."""
    items = await bench.ready(*two_orders())

    submission = await bench.sent(*items)

    assert submission.quoted is not None
    assert "3.00 USD" == str(submission.quoted.saving)


async def test_the_provider_is_called_after_the_grace_delay_only(bench: Dispatch) -> None:
    """The shop's rule says how long a send can be undone (A16)."""
    await bench.shop.decide(Rules(grace_s=60))
    (item,) = await bench.ready()
    submission = await bench.sent(item)

    reason = await bench.turn(submission.id)
    bench.shop.clock.advance(seconds=60)
    await bench.turn(submission.id)

    assert "not before" in reason
    assert bench.shop.clock.now == submission.planned_at + timedelta(seconds=60)
    assert [Status.BEING_FULFILLED] == await bench.statuses(item)


async def test_a_send_is_taken_back_with_the_whole_parcel(bench: Dispatch) -> None:
    """Undo puts every member back to Ready, and nobody is ever called (T10)."""
    await bench.shop.decide(Rules(grace_s=60))
    items = await bench.ready(*two_orders())
    submission = await bench.sent(*items)

    report = await bench.undo_send(SHOP, Targets.of(items[0].id), by=ANA)
    bench.shop.clock.advance(minutes=5)
    await bench.turn(submission.id)

    assert [Status.READY_TO_FULFILL] * 2 == await bench.statuses(*items)
    assert 1 == len(report.done)
    assert SubmissionState.WITHDRAWN == (await bench.submission(submission.id)).state
    assert "submit" not in bench.provider.calls


async def test_what_the_provider_may_have_is_not_taken_back(bench: Dispatch) -> None:
    """After the call only the provider can stop it."""
    _, items = await bench.accepted(an_order())

    report = await bench.undo_send(SHOP, Targets.of(items[0].id), by=ANA)

    assert "not_possible" == report.results[0].code


async def test_items_that_were_taken_back_can_be_sent_again(bench: Dispatch) -> None:
    """The withdrawn submission lets go of its items."""
    await bench.shop.decide(Rules(grace_s=60))
    (item,) = await bench.ready()
    first = await bench.sent(item)
    await bench.undo_send(SHOP, Targets.of(item.id), by=ANA)

    second = await bench.sent(item)

    assert first.id != second.id
