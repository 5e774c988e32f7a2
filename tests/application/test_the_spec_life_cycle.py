"""The life cycle of the specification: its transitions T1 to T26, and what may be done in which status."""

import pytest
from attrs import evolve

from mockspark.adapters.memory.provider import Refuses, Silent
from mockspark.application.errors import Rejected
from mockspark.application.targets import Targets
from mockspark.application.use_cases.browse import ShowItem, allowed_actions
from mockspark.application.use_cases.export import ExportCsv
from mockspark.domain.errors import MockSparkError
from mockspark.domain.events import ActorKind, Flag
from mockspark.domain.files import Check, Finding, Level
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.order import Payment
from mockspark.domain.order_item import OrderItem
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import Stage
from tests.application.acts import (
    act,
    at,
    done,
    moves,
    now,
    stuck,
    swept,
    timeline,
    told,
    tracked,
    without_answers,
)
from tests.application.dispatch import Dispatch
from tests.application.intake import ANA, SHOP, START, a_line, an_order

GENERATING, READY, SENDING = Status.GENERATING, Status.READY_TO_FULFILL, Status.SENDING
MADE, FULFILLED, HELD = Status.BEING_FULFILLED, Status.FULFILLED, Status.ON_HOLD
CANCELED, ARCHIVED = Status.CANCELED, Status.ARCHIVED

BLURRED = Finding(
    check=Check.LOW_DPI, level=Level.ERROR, area="front", words="It prints at 40 DPI; 100 are needed."
)


# From the store to ready files


async def test_a_paid_order_is_made_at_once(bench: Dispatch) -> None:
    """T1: a handled line with its personalization, of a paid order, begins to be rendered; once."""
    (item,) = await bench.received(an_order())
    await bench.received(an_order())

    assert GENERATING is item.status
    assert {"item.render": 1} == await bench.shop.queued()
    assert 1 == len(await bench.shop.items(await bench.shop.receive(an_order())))


@pytest.mark.parametrize(
    ("sku", "reason"),
    [("MUG-11", HoldReason.MISSING_PERSONALIZATION), ("OTHER", HoldReason.UNMAPPED_PRODUCT)],
)
async def test_what_lacks_something_waits_from_the_start(
    bench: Dispatch, sku: str, reason: HoldReason
) -> None:
    """T2: a handled line without personalization, or without a mapping, comes in on hold."""
    answers = () if reason is HoldReason.MISSING_PERSONALIZATION else (("_design_id", "7"),)
    (item,) = await bench.received(an_order(lines=(a_line(sku=sku, personalization=answers),)))

    assert item.hold is not None
    assert (HELD, reason, HoldOrigin.SYSTEM) == (item.status, item.hold.reason, item.hold.origin)


async def test_rendered_files_make_an_item_ready(bench: Dispatch) -> None:
    """T3: every required area has a file with its digest, of the present design, and nothing blocks."""
    (item,) = await bench.received(an_order())

    ready = await bench.shop.generate(item)

    assert (READY, ready.design_version) == (ready.status, ready.files_version)
    assert ["front"] == [file.area for file in ready.files]
    assert all(len(file.sha256) == 64 for file in ready.files)


async def test_a_design_that_prints_badly_waits(bench: Dispatch) -> None:
    """T4: a blocking finding holds the item, and so does a rendering that fails for good."""
    (blurred, broken) = await bench.received(an_order(lines=(a_line(1), a_line(2))))
    bench.shop.renderer.findings["front"] = (BLURRED,)
    first = await bench.shop.generate(blurred)
    bench.shop.renderer.findings.clear()
    bench.shop.renderer.fail(Rejected("the font cannot be read", reason=HoldReason.RENDER_FAILED))
    second = await bench.shop.generate(broken)

    assert [HELD, HELD] == [first.status, second.status]
    assert [HoldReason.LOW_RESOLUTION, HoldReason.RENDER_FAILED] == [
        item.hold.reason for item in (first, second) if item.hold
    ]


@pytest.mark.parametrize("status", [READY, HELD])
async def test_a_new_design_is_rendered_again(bench: Dispatch, status: Status) -> None:
    """T5, T6: saving a design makes the files of a ready or a waiting item stale, and they are made again."""
    item = await at(bench, status)

    again = await bench.shop.redesign(SHOP, item.id, design=item.design, by=ANA)

    assert (GENERATING, 2, 1) == (again.status, again.design_version, again.files_version)
    assert READY is (await bench.shop.generate(again)).status


async def test_a_mended_item_is_rendered(bench: Dispatch) -> None:
    """T6: a retried rendering, a fixed mapping and an entered personalization go on from On hold."""
    (failed,) = await bench.received(an_order())
    bench.shop.renderer.fail(Rejected("out of ink", reason=HoldReason.RENDER_FAILED))
    await bench.shop.generate(failed)
    retried = await done(bench, "release", failed)
    (bare,) = await bench.received(without_answers(an_order(1002, lines=(a_line(2),))))
    entered = await bench.shop.redesign(SHOP, bare.id, design=failed.design, by=ANA)

    assert [GENERATING, GENERATING] == [retried.status, entered.status]


# Sending


async def test_a_ready_item_is_sent_when_nothing_speaks_against_it(bench: Dispatch) -> None:
    """T7: sent by a person; each guard refuses with its own words and leaves the item ready."""
    (item,) = await bench.ready()
    paid = an_order()
    bench.shop.channel.sell(await told(bench, paid, payment=Payment.PENDING))
    unpaid = await act(bench, "send", item)
    bench.shop.channel.sell(await told(bench, paid, 2))

    sent = await done(bench, "send", item)

    assert (False, "not_paid") == (unpaid.done, unpaid.code)
    assert (SENDING, True) == (sent.status, sent.live)
    assert not (await act(bench, "send", item)).done


async def test_ready_items_are_sent_by_themselves_where_the_shop_wants_that(bench: Dispatch) -> None:
    """T7: auto-send takes what was ready for the chosen time, and is off until somebody chooses one."""
    (item,) = await bench.ready()
    bench.shop.clock.advance(hours=2)
    await swept(bench)
    before = await now(bench, item)
    await bench.shop.decide(Rules(grace_s=0, auto_send_s=3600))
    await swept(bench)

    assert [READY, SENDING] == [before.status, (await now(bench, item)).status]
    assert "auto-send" in {move.stamp.by.name for move in await moves(bench, item)}


async def test_an_acknowledged_order_is_being_fulfilled(bench: Dispatch) -> None:
    """T8: the provider named its order and took the lines and quantities that were sent."""
    submission, (item,) = await bench.accepted(an_order(lines=(a_line(quantity=3, ordered=3),)))

    (order,) = submission.provider_orders
    assert (MADE, Stage.ACCEPTED) == (item.status, item.provider_stage)
    assert [3] == [line.quantity for line in bench.provider.orders[order.ref].members]


async def test_a_refusal_holds_and_silence_is_looked_up(bench: Dispatch) -> None:
    """T9: a definite refusal holds with its reason; a lost answer is looked up under the same id first."""
    (refused,) = await bench.ready(an_order(1001))
    bench.provider.next_call(Refuses(reason=HoldReason.PAYMENT_AT_PROVIDER))
    await bench.run((await bench.sent(refused)).id)
    held = await now(bench, refused)
    (lost,) = await bench.ready(an_order(1002, lines=(a_line(2),)))
    bench.provider.next_call(Silent(but_accepted=True))
    await bench.run((await bench.sent(lost)).id)

    assert held.hold is not None
    assert (HELD, HoldReason.PAYMENT_AT_PROVIDER, False) == (held.status, held.hold.reason, held.live)
    assert MADE is (await now(bench, lost)).status
    assert [lost.id] == bench.provider.printed


async def test_an_outcome_that_nobody_knows_waits_for_a_confirmation(bench: Dispatch) -> None:
    """T9: what stays unknown ends on hold as such, and only a confirmed resend tries it again."""
    (item,) = await bench.ready()
    bench.provider.next_call(Silent())
    bench.provider.next_call(*[Refuses()] * 9, of="find")
    await bench.run((await bench.sent(item)).id)
    held = await now(bench, item)
    plain = await act(bench, "send", item)
    confirmed = await act(bench, "send", item, resend_confirmed=True)

    assert held.hold is not None
    assert (HELD, HoldReason.OUTCOME_UNKNOWN, True) == (held.status, held.hold.reason, held.live)
    assert [False, True] == [plain.done, confirmed.done]


async def test_a_send_can_be_taken_back_before_the_call(bench: Dispatch) -> None:
    """T10: during the grace delay, and never once the provider may have heard of it."""
    await bench.shop.decide(Rules(grace_s=60))
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    back = await done(bench, "undo", item)
    stood_back = await bench.turn(submission.id)
    sent = await bench.sent(back)
    await bench.run(sent.id)

    assert (READY, False) == (back.status, back.live)
    # A sender whose submission is over does not wait for its time: its job is done.
    assert "" == stood_back
    assert 1 == bench.provider.calls.count("submit")
    assert not (await act(bench, "undo", item)).done


# At the provider


async def test_the_providers_end_is_the_items_end(bench: Dispatch) -> None:
    """T11: fulfilled when all pieces are; part of them leaves the item in the works."""
    _, (item,) = await bench.accepted(an_order(lines=(a_line(quantity=3, ordered=3),)))
    bench.provider.advance(Stage.IN_PRODUCTION)
    midway = await tracked(bench, item)
    bench.provider.ship("PARCEL-1")
    ended = await tracked(bench, item)

    assert [MADE, FULFILLED] == [midway.status, ended.status]
    assert [ActorKind.PROVIDER] == [(await moves(bench, item))[-1].stamp.by.kind]


async def test_the_providers_hold_is_ours_until_it_goes_on(bench: Dispatch) -> None:
    """T12, T13: trouble at the provider holds the item; its going on releases it, and no release here does."""
    _, (item,) = await bench.accepted(an_order())
    held = await stuck(bench, item)
    by_hand = await act(bench, "release", item)
    bench.provider.advance(Stage.IN_PRODUCTION)
    freed = await tracked(bench, item)

    assert held.hold is not None
    assert (HELD, HoldOrigin.PROVIDER, True) == (held.status, held.hold.origin, held.live)
    assert not by_hand.done
    assert (MADE, None) == (freed.status, freed.hold)


async def test_a_waiting_item_is_released_to_ready(bench: Dispatch) -> None:
    """T14: by a person once its files are current, under a name where something blocks."""
    (held,) = await bench.received(an_order())
    bench.shop.renderer.findings["front"] = (BLURRED,)
    await bench.shop.generate(held)
    refused = await act(bench, "release", held)
    released = await done(bench, "release", held, override=True, note="she likes it grainy")

    assert not refused.done
    assert READY is released.status
    assert "ana" == (await timeline(bench, released))[-1].actor


async def test_an_item_that_lacks_its_address_goes_on_when_the_store_has_it(bench: Dispatch) -> None:
    """T14: sending holds what lacks its address, and the system releases it as soon as that is complete (T16)."""
    whole = an_order().ship_to
    assert whole is not None
    lacking = an_order(ship_to=evolve(whole, city=""))
    (item,) = await bench.ready(lacking)
    refused = await act(bench, "send", item)
    held = await now(bench, item)
    await told(bench, lacking, ship_to=whole)

    assert held.hold is not None
    assert (False, HELD, HELD) == (refused.done, refused.status, held.status)
    assert (HoldReason.ADDRESS_INCOMPLETE, HoldOrigin.SYSTEM) == (held.hold.reason, held.hold.origin)
    assert READY is (await now(bench, item)).status
    assert (await act(bench, "send", item)).done


async def test_auto_send_leaves_nothing_silently_in_ready(bench: Dispatch) -> None:
    """T7, T16: what it cannot send for lack of an address or of stock waits where a person sees it."""
    await bench.shop.decide(Rules(grace_s=0, auto_send_s=60))
    lost = an_order(1001, ship_to=None)
    gone = an_order(1002, lines=(a_line(2),))
    items = await bench.ready(lost, gone)
    bench.provider.stock[""] = False
    bench.shop.clock.advance(minutes=5)
    await swept(bench)

    held = [(await now(bench, item)).hold for item in items]
    assert [HoldReason.ADDRESS_INCOMPLETE, HoldReason.OUT_OF_STOCK] == [hold.reason for hold in held if hold]
    assert [] == bench.provider.printed


async def test_a_refused_item_is_sent_again_from_its_hold(bench: Dispatch) -> None:
    """T15: the earlier submission is proven refused; the new one has a name of its own."""
    (item,) = await bench.ready()
    bench.provider.next_call(Refuses())
    first = await bench.run((await bench.sent(item)).id)
    second = await bench.sent(item)
    await bench.run(second.id)

    assert first.id != second.id
    assert (MADE, [item.id]) == ((await now(bench, item)).status, bench.provider.printed)


async def test_people_and_the_store_can_hold(bench: Dispatch) -> None:
    """T16: a hold by hand, a refund, a fraud flag and a store hold stop what is not at a provider."""
    orders = [an_order(1001 + n, lines=(a_line(n),)) for n in range(4)]
    by_hand, refunded, held_there = await bench.ready(*orders[:3])
    (generating,) = await bench.received(orders[3])
    await done(bench, "hold", by_hand, note="wait for the photo")
    await told(bench, orders[1], payment=Payment.REFUNDED)
    await told(bench, orders[2], on_hold="high risk of fraud")
    await done(bench, "hold", generating)

    items = [await now(bench, item) for item in (by_hand, refunded, held_there, generating)]
    assert [HELD] * 4 == [item.status for item in items]
    assert [HoldReason.MANUAL, HoldReason.STORE_CHANGED, HoldReason.STORE_HOLD, HoldReason.MANUAL] == [
        item.hold.reason for item in items if item.hold
    ]


@pytest.mark.parametrize("status", [GENERATING, READY, HELD])
async def test_what_is_not_at_a_provider_is_canceled_at_once(bench: Dispatch, status: Status) -> None:
    """T17: by a person, by the store's cancellation, and when the store wants none any more."""
    order = an_order()
    item = await at(bench, status, order)
    other = await at(bench, status, an_order(1002, lines=(a_line(2),)))
    third = await at(bench, status, an_order(1003, lines=(a_line(3),)))
    await done(bench, "cancel", item)
    await told(bench, an_order(1002, lines=(a_line(2),)), cancelled_at=START)
    await told(bench, an_order(1003, lines=(a_line(3, quantity=0),)))

    assert [CANCELED] * 3 == await bench.statuses(item, other, third)


async def test_the_provider_is_asked_before_a_live_item_is_canceled(bench: Dispatch) -> None:
    """T18: its yes cancels, its no leaves the item as it is, flagged, with the answer in the timeline."""
    _, (willing,) = await bench.accepted(an_order(1001))
    wished = await done(bench, "cancel", willing)
    await bench.carry_out_cancel(SHOP, willing.id)
    bench.provider.cancels = False
    _, (late,) = await bench.accepted(an_order(1002, lines=(a_line(2),)))
    await done(bench, "cancel", late)
    await bench.carry_out_cancel(SHOP, late.id)
    refused = await now(bench, late)

    assert MADE is wished.status
    assert CANCELED is (await now(bench, willing)).status
    assert (MADE, (Flag.CANCEL_REFUSED,)) == (refused.status, refused.flags)
    assert "on the press" in " ".join(entry.words for entry in await timeline(bench, late))


async def test_the_provider_can_cancel_by_itself(bench: Dispatch) -> None:
    """T18: also an item that waits for an answer to the provider's hold."""
    _, (item,) = await bench.accepted(an_order())
    await stuck(bench, item)
    bench.provider.advance(Stage.CANCELED)

    canceled = await tracked(bench, item)

    assert (CANCELED, False) == (canceled.status, canceled.live)


@pytest.mark.parametrize("calls", [0, 1])
async def test_a_cancel_wish_while_sending_waits_for_the_outcome(bench: Dispatch, calls: int) -> None:
    """T19: noted at once, carried out by withdrawing where nobody was called, else by asking the provider."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    if calls:
        bench.provider.next_call(Silent(but_accepted=True))
        await bench.turn(submission.id)
    wished = await done(bench, "cancel", item)
    await bench.run(submission.id)
    await bench.carry_out_cancel(SHOP, item.id)

    assert (SENDING, True) == (wished.status, wished.cancel_requested_at is not None)
    assert CANCELED is (await now(bench, item)).status
    assert [item.id] * calls == bench.provider.printed
    assert all(order.stage is Stage.CANCELED for order in bench.provider.orders.values())


@pytest.mark.parametrize("status", [READY, HELD, MADE])
async def test_an_item_is_ended_by_hand(bench: Dispatch, status: Status) -> None:
    """T20: with a confirmation where a provider order is live."""
    item = await at(bench, status)

    unconfirmed = await act(bench, "mark_fulfilled", item)
    confirmed = await act(bench, "mark_fulfilled", item, confirmed=True)

    assert status is not MADE or "confirmation_needed" == unconfirmed.code
    assert FULFILLED is (await now(bench, item)).status
    assert unconfirmed.done or confirmed.done


@pytest.mark.parametrize("status", [GENERATING, READY, MADE, FULFILLED, HELD, CANCELED])
async def test_an_archived_item_comes_back_to_where_it_was(bench: Dispatch, status: Status) -> None:
    """T21, T22: the status beneath is kept; what a provider works on goes out of sight only when confirmed."""
    item = await at(bench, status)
    plain = await act(bench, "archive", item)
    archived = (
        await done(bench, "archive", item, confirmed=True) if status is MADE else await now(bench, item)
    )
    back = await done(bench, "unarchive", item)

    assert (status is not MADE) is plain.done
    assert (ARCHIVED, status) == (archived.status, archived.archived_from)
    assert (status, item.hold) == (back.status, back.hold)


async def test_trouble_at_the_provider_brings_an_archived_item_back(bench: Dispatch) -> None:
    """T23: only out of Being fulfilled, for hidden trouble is the worst kind."""
    _, (item,) = await bench.accepted(an_order())
    await done(bench, "archive", item, confirmed=True)

    held = await stuck(bench, item)

    assert (HELD, None) == (held.status, held.archived_from)


async def test_a_fulfilled_item_stays_fulfilled_whatever_happens_to_its_parcel(bench: Dispatch) -> None:
    """T24: later trouble flags it; printing again makes a new item that names this one."""
    item = await at(bench, FULFILLED)
    bench.provider.advance(Stage.STUCK, hold=HoldReason.OTHER)
    still = await tracked(bench, item)
    again = await act(bench, "reprint", item)

    assert FULFILLED is still.status
    assert again.made is not None
    reprint = await bench.shop.item(again.made)
    assert (GENERATING, item.id) == (reprint.status, reprint.reprint_of)


async def test_a_parcel_of_a_canceled_item_is_told(bench: Dispatch) -> None:
    """T25: the item stays canceled, flagged, and what it cost is kept."""
    _, (item,) = await bench.accepted(an_order())
    await done(bench, "cancel", item)
    await bench.carry_out_cancel(SHOP, item.id)
    bench.provider.advance(Stage.DONE)
    bench.provider.ship("SURPRISE-1")

    late = await tracked(bench, item)

    assert (CANCELED, True) == (late.status, Flag.SHIPPED_ALTHOUGH_CANCELED in late.flags)
    assert late.cost is not None


@pytest.mark.parametrize(
    ("status", "reason"),
    [(GENERATING, HoldReason.RENDER_FAILED), (SENDING, HoldReason.PROVIDER_UNREACHABLE)],
)
async def test_nothing_is_in_motion_for_ever(bench: Dispatch, status: Status, reason: HoldReason) -> None:
    """T26: after half an hour the watchdog stops what is being rendered or sent."""
    item = await at(bench, status)
    bench.shop.clock.advance(minutes=29)
    early = await swept(bench)
    bench.shop.clock.advance(minutes=2)
    late = await swept(bench)

    held = await now(bench, item)
    assert [0, 1] == [early, late]
    assert held.hold is not None
    assert (HELD, reason) == (held.status, held.hold.reason)


async def test_a_send_that_may_have_arrived_is_stopped_as_unknown(bench: Dispatch) -> None:
    """T26: where the provider was called, nobody can say that it has nothing."""
    (item,) = await bench.ready()
    submission = await bench.sent(item)
    bench.provider.next_call(Silent())
    await bench.turn(submission.id)
    bench.shop.clock.advance(minutes=31)
    await swept(bench)

    held = await now(bench, item)
    assert held.hold is not None
    assert (HELD, HoldReason.OUTCOME_UNKNOWN, True) == (held.status, held.hold.reason, held.live)


# What may be done in which status (section D.3)

EVERY = frozenset(Status)
TABLE = {
    "sync": EVERY,
    "redesign": {GENERATING, READY, HELD},
    "send": {READY},
    "hold": {GENERATING, READY},
    "release": {HELD},
    "mark_fulfilled": {READY, MADE, HELD},
    "cancel": {GENERATING, READY, SENDING, MADE, HELD},
    "archive": {GENERATING, READY, MADE, FULFILLED, HELD, CANCELED},
    "unarchive": {ARCHIVED},
    "export_csv": EVERY,
    "download_files": EVERY - {GENERATING},
    "reprint": {FULFILLED, CANCELED},
}
CONFIRMED = {("mark_fulfilled", MADE), ("archive", MADE), ("cancel", MADE), ("cancel", SENDING)}


@pytest.mark.parametrize("status", Status)
async def test_the_page_offers_what_the_table_allows(bench: Dispatch, status: Status) -> None:
    """D.3: each button says whether it may be pressed, why not, and whether it asks back (R31, R38, R39)."""
    offered = {action.action: action for action in allowed_actions(await at(bench, status))}
    allowed = {name for name in TABLE if offered[name].allowed}
    expected = {name for name, statuses in TABLE.items() if status in statuses}

    assert expected == allowed
    assert all(offered[name].refusal for name in TABLE if name not in allowed)
    asks = {(name, status) for name, action in offered.items() if action.needs_confirmation}
    assert {cell for cell in CONFIRMED if cell[1] is status} == asks


async def test_a_refused_item_offers_to_be_sent_again(bench: Dispatch) -> None:
    """D.3: of what waits, only what sending again may mend can be sent (T15)."""
    (item,) = await bench.ready()
    bench.provider.next_call(Refuses())
    await bench.run((await bench.sent(item)).id)

    offered = {action.action: action.allowed for action in allowed_actions(await now(bench, item))}

    assert offered["send"]
    assert await _tried(bench, "send", await now(bench, item))


@pytest.mark.parametrize("status", Status)
async def test_the_product_does_what_the_table_allows(bench: Dispatch, status: Status) -> None:
    """D.3: each action, tried in each status, is carried out or refused as the table says."""
    results = {}
    for number, name in enumerate(TABLE):
        order = an_order(1001 + number, lines=(a_line(number),))
        results[name] = await _tried(bench, name, await at(bench, status, order))

    allowed = {name for name, statuses in TABLE.items() if status in statuses}
    # Holding what waits already changes the reason that it waits for.
    allowed |= {"hold"} if status is HELD else set()
    assert allowed == {name for name, carried_out in results.items() if carried_out}


async def _tried(bench: Dispatch, name: str, item: OrderItem) -> bool:
    more = {"confirmed": True} if name in {"mark_fulfilled", "archive"} else {}
    try:
        match name:
            case "sync":
                await bench.shop.sync_order(SHOP, item.id, by=ANA)
                return True
            case "redesign":
                await bench.shop.redesign(SHOP, item.id, design=item.design, by=ANA)
                return True
            case "export_csv":
                export = ExportCsv(queries=bench.shop.queries, clock=bench.shop.clock)
                text = "".join([part async for part in export(SHOP, Targets.of(item.id))])
                return str(item.id) in text
            case "download_files":
                show = ShowItem(store=bench.shop.store, queries=bench.shop.queries)
                return bool((await show(SHOP, item.id)).files)
            case _:
                return (await act(bench, name, item, **more)).done
    except MockSparkError:
        return False


@pytest.mark.parametrize("name", ["redesign", "send", "release", "cancel"])
async def test_what_waits_at_a_provider_is_not_changed_here(bench: Dispatch, name: str) -> None:
    """D.3: the starred cells need that no provider order is live; cancelling asks the provider (T18)."""
    _, (item,) = await bench.accepted(an_order())
    held = await stuck(bench, item)

    assert (name == "cancel") is await _tried(bench, name, held)
    assert HELD is (await now(bench, item)).status
