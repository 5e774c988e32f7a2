"""What people do by hand: each row its own result, confirmations where something happens outside."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from attrs import evolve

from mockspark.application.targets import Targets
from mockspark.application.use_cases.manual_actions import (
    ArchiveItems,
    ClearFlags,
    CommentItems,
    ConfirmAddress,
    HoldItems,
    MarkFulfilled,
    ReleaseItems,
    ReprintItems,
    UnarchiveItems,
)
from mockspark.application.views import BulkReport
from mockspark.domain.errors import InvalidValue
from mockspark.domain.events import FindingsOverridden, Flag
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.order_item import ItemShipment, OrderItem
from mockspark.domain.status import Status
from mockspark.domain.submission import Stage
from tests.application.dispatch import Dispatch, result
from tests.application.intake import ANA, SHOP, a_line, an_order

# The rows of table D.3 that are done by hand: where each is allowed without more.
ALLOWED: dict[str, set[Status]] = {
    "hold": {Status.GENERATING, Status.READY_TO_FULFILL, Status.ON_HOLD},
    "release": {Status.ON_HOLD},
    "mark_fulfilled": {Status.READY_TO_FULFILL, Status.BEING_FULFILLED, Status.ON_HOLD},
    "archive": {
        Status.GENERATING,
        Status.READY_TO_FULFILL,
        Status.BEING_FULFILLED,
        Status.FULFILLED,
        Status.ON_HOLD,
        Status.CANCELED,
    },
    "unarchive": {Status.ARCHIVED},
    "comment": set(Status),
    "reprint": {Status.FULFILLED, Status.CANCELED},
}


async def _act(bench: Dispatch, name: str, *items: OrderItem, **more: Any) -> BulkReport:
    store, clock = bench.shop.store, bench.shop.clock
    acts: dict[str, Callable[..., Awaitable[BulkReport]]] = {
        "hold": HoldItems(store=store, clock=clock),
        "release": ReleaseItems(store=store, clock=clock),
        "mark_fulfilled": MarkFulfilled(store=store, clock=clock),
        "archive": ArchiveItems(store=store, clock=clock),
        "unarchive": UnarchiveItems(store=store, clock=clock),
        "comment": CommentItems(store=store, clock=clock),
        "clear_flags": ClearFlags(store=store, clock=clock),
        "confirm_address": ConfirmAddress(store=store, clock=clock),
        "reprint": ReprintItems(store=store, clock=clock, ids=bench.shop.ids),
    }
    return await acts[name](SHOP, Targets.of(*(item.id for item in items)), by=ANA, **more)


async def _in(bench: Dispatch, status: Status) -> OrderItem:
    if status is Status.GENERATING:
        (item,) = await bench.received(an_order())
        return item
    (item,) = await bench.ready()
    match status:
        case Status.SENDING:
            await bench.sent(item)
        case Status.BEING_FULFILLED | Status.FULFILLED:
            submission = await bench.sent(item)
            await bench.run(submission.id)
            if status is Status.FULFILLED:
                bench.provider.advance(Stage.DONE)
                await bench.track(SHOP, submission.id)
        case Status.ON_HOLD:
            await _act(bench, "hold", item)
        case Status.CANCELED:
            await bench.change(item, lambda now, stamp: now.cancel(stamp))
        case Status.ARCHIVED:
            await _act(bench, "archive", item)
        case _:
            pass
    return await bench.shop.item(item.id)


@pytest.mark.parametrize("status", Status)
async def test_the_table_of_actions_holds(bench: Dispatch, status: Status) -> None:
    """Every act by hand is allowed exactly where the table says (D.3)."""
    confirmed = {"mark_fulfilled", "archive"}
    item = await _in(bench, status)
    found = set()
    for name, allowed in ALLOWED.items():
        now = await bench.shop.item(item.id)
        more: dict[str, Any] = {"confirmed": True} if name in confirmed else {}
        more |= {"text": "hello"} if name == "comment" else {}
        report = await _act(bench, name, now, **more)
        if report.results[0].done:
            found.add(name)
        await _restore(bench, item)
        assert (status in allowed) is report.results[0].done, (name, report.results[0].refusal)

    assert found == {name for name, allowed in ALLOWED.items() if status in allowed}


async def _restore(bench: Dispatch, item: OrderItem) -> None:
    now = await bench.shop.item(item.id)
    await bench.shop.keep(evolve(item, version=now.version, events=()))


async def test_a_hold_by_hand_has_reason_name_and_note(bench: Dispatch) -> None:
    """The timeline says who stopped it and why (R30, R48)."""
    item = await _in(bench, Status.READY_TO_FULFILL)

    await _act(bench, "hold", item, reason=HoldReason.CUSTOMER_PROOF_PENDING, note="asks her mother")

    held = await bench.shop.item(item.id)
    assert held.hold is not None
    assert (HoldReason.CUSTOMER_PROOF_PENDING, HoldOrigin.MERCHANT, "asks her mother") == (
        held.hold.reason,
        held.hold.origin,
        held.hold.note,
    )


async def test_a_release_returns_the_item_to_where_it_came_from(bench: Dispatch) -> None:
    """Ready where the files are current, to be rendered where they are not (T14, T6)."""
    ready = await _in(bench, Status.ON_HOLD)
    (generating,) = await bench.received(an_order(1002, lines=(a_line(2),)))
    await _act(bench, "hold", generating)

    report = await _act(bench, "release", ready, generating)

    assert [Status.READY_TO_FULFILL, Status.GENERATING] == [row.status for row in report.results]


async def test_blocking_findings_pass_by_name_only(bench: Dispatch) -> None:
    """Without the override the release is refused; with it the name is recorded (T14)."""
    (item,) = await bench.received(an_order())
    blurred = Finding(check=Check.LOW_DPI, level=Level.ERROR, area="front", words="It prints at 40 DPI.")
    held = await bench.rendered(item, findings=(blurred,))

    refused = await _act(bench, "release", held)
    passed = await _act(bench, "release", held, override=True, note="he likes it so")

    entries = await bench.shop.queries.timeline(SHOP, item.id)
    override = next(entry for entry in entries if isinstance(entry.event, FindingsOverridden))
    assert ("not_possible", True) == (refused.results[0].code, passed.results[0].done)
    assert ("ana", "he likes it so") == (override.actor, override.event.note)  # type: ignore[union-attr]  # just asked


async def test_what_a_release_cannot_mend_is_named(bench: Dispatch) -> None:
    """An unmapped product is mapped, a missing design is drawn: releasing alone is refused."""
    (unmapped,) = await bench.received(an_order(lines=(a_line(sku="", personalization=(("_tib_id", "1"),)),)))
    (bare,) = await bench.received(an_order(1002, lines=(a_line(2, personalization=()),)))

    report = await _act(bench, "release", unmapped, bare)

    assert ["Map the product" in report.results[0].refusal, "Redesign" in report.results[1].refusal] == [
        True,
        True,
    ]


async def test_a_release_can_confirm_the_address(bench: Dispatch) -> None:
    """Both are one click for the person who rang the buyer up."""
    item = await _in(bench, Status.ON_HOLD)

    await _act(bench, "release", item, address_confirmed=True)

    assert "ana" == (await bench.shop.item(item.id)).address_confirmed_by


async def test_what_the_provider_holds_is_not_released_here(bench: Dispatch) -> None:
    """A live order is freed at the provider (T13)."""
    item = await _in(bench, Status.BEING_FULFILLED)
    bench.provider.advance(Stage.STUCK, hold=HoldReason.OUT_OF_STOCK)
    await bench.track(SHOP, item.submission_id or bench.shop.ids())  # type: ignore[arg-type]  # it has one

    released, held = await _act(bench, "release", item), await _act(bench, "hold", item)

    assert ["submission_still_live"] * 2 == [released.results[0].code, held.results[0].code]


@pytest.mark.parametrize("name", ["mark_fulfilled", "archive"])
async def test_what_happens_outside_too_needs_a_confirmation(bench: Dispatch, name: str) -> None:
    """A live order may still be printed and billed (T20, T21)."""
    item = await _in(bench, Status.BEING_FULFILLED)

    asked = await _act(bench, name, item)
    done = await _act(bench, name, item, confirmed=True)

    assert ("confirmation_needed", True) == (asked.results[0].code, done.results[0].done)


async def test_marking_as_fulfilled_keeps_the_tracking(bench: Dispatch) -> None:
    """Carrier and number stand beside the item; more pieces than there are do not (A20)."""
    item = await _in(bench, Status.READY_TO_FULFILL)

    await _act(bench, "mark_fulfilled", item, shipment=ItemShipment(number="H1", carrier="Post", quantity=9))

    (shipment,) = (await bench.shop.item(item.id)).shipments
    assert ("H1", "Post", 1, True) == (shipment.number, shipment.carrier, shipment.quantity, shipment.by_hand)


async def test_an_archived_item_comes_back_to_where_it_was(bench: Dispatch) -> None:
    """Archiving is reversible (A22, T22)."""
    item = await _in(bench, Status.CANCELED)

    await _act(bench, "archive", item)
    back = await _act(bench, "unarchive", item)

    assert Status.CANCELED == back.results[0].status


async def test_a_comment_stands_on_the_timeline(bench: Dispatch) -> None:
    """Notes for the team; an empty one is refused."""
    item = await _in(bench, Status.GENERATING)

    await _act(bench, "comment", item, text=" call her back ")

    entries = await bench.shop.queries.timeline(SHOP, item.id)
    assert "call her back" in entries[0].words
    with pytest.raises(InvalidValue):
        await _act(bench, "comment", item, text="  ")


async def test_a_flag_is_cleared_by_name_and_a_test_order_stays_one(bench: Dispatch) -> None:
    """What a person has seen to goes; that it is a test does not."""
    (item,) = await bench.ready(an_order(test=True))
    await bench.change(item, lambda now, stamp: now.flag(Flag.SHIPMENT_ISSUE, stamp))

    await _act(bench, "clear_flags", item, flags=[Flag.SHIPMENT_ISSUE, Flag.TEST_ORDER])

    assert (Flag.TEST_ORDER,) == (await bench.shop.item(item.id)).flags


async def test_an_address_is_confirmed_by_name(bench: Dispatch) -> None:
    """The name is kept for whoever asks later (D15)."""
    item = await _in(bench, Status.READY_TO_FULFILL)

    await _act(bench, "confirm_address", item, note="by phone")

    assert "ana" == (await bench.shop.item(item.id)).address_confirmed_by


async def test_a_reprint_is_a_new_linked_item(bench: Dispatch) -> None:
    """The old item stays as it is; the new one is rendered and can be sent (T24, A25)."""
    item = await _in(bench, Status.FULFILLED)

    report = await _act(bench, "reprint", item, quantity=2)

    made = report.results[0].made
    assert made is not None
    again = await bench.shop.item(made)
    assert (Status.GENERATING, item.id, 2) == (again.status, again.reprint_of, again.quantity)
    assert [Status.FULFILLED] == await bench.statuses(item)
    assert (await bench.send(await bench.rendered(again))).results[0].done


@pytest.mark.parametrize("quantity", [0, -1])
async def test_a_reprint_has_pieces(bench: Dispatch, quantity: int) -> None:
    """Nothing is not printed again; naming no number means as many as before."""
    item = await _in(bench, Status.CANCELED)

    report = await _act(bench, "reprint", item, quantity=quantity)

    assert "invalid_value" == report.results[0].code


async def test_one_refusal_keeps_no_other_row_back(bench: Dispatch) -> None:
    """Never all or nothing (A23, I24)."""
    (generating,) = await bench.received(an_order())
    (ready,) = await bench.ready(an_order(1002, lines=(a_line(2),)))
    submission = await bench.sent(ready)
    assert submission.live

    report = await _act(bench, "hold", generating, ready)

    assert (True, "transition_not_allowed") == (result(report, generating).done, result(report, ready).code)
