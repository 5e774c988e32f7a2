"""A paid order becomes items once, and its items follow the store from then on."""

import asyncio
from typing import Any

import pytest
from attrs import evolve

from mockspark.application.errors import NotFound, Unavailable
from mockspark.domain.catalog import PrintArea
from mockspark.domain.contact import Address
from mockspark.domain.design import Design
from mockspark.domain.events import Flag, Stamp
from mockspark.domain.holds import HoldOrigin, HoldReason
from mockspark.domain.identity import ShopId, SubmissionId
from mockspark.domain.order import ChannelOrder, Payment, Skip
from mockspark.domain.order_item import ItemShipment, OrderItem
from mockspark.domain.shop import Rules
from mockspark.domain.status import Action, Status
from mockspark.domain.submission import LineReport, Stage
from tests.application.intake import (
    ANA,
    PICTURE,
    SHOP,
    START,
    STORE,
    Workshop,
    a_line,
    a_listing,
    an_order,
    later,
    ref,
)

STAMP = Stamp(at=START, by=ANA)
BACK = PrintArea(key="back", width_px=120, height_px=60)


def sent(item: OrderItem) -> OrderItem:
    """Return *item* on its way to a provider."""
    made = evolve(item, status=Status.READY_TO_FULFILL, print_areas=(), files_version=1)
    return evolve(made, status=Status.SENDING, live=True, submission_id=SubmissionId(item.id))


def printing(item: OrderItem) -> OrderItem:
    """Return *item* while a provider works on it."""
    return evolve(sent(item), status=Status.BEING_FULFILLED, provider_stage=Stage.IN_PRODUCTION)


# Taking in


async def test_a_paid_order_becomes_one_item_per_line_of_ours(workshop: Workshop) -> None:
    """R3, A2: a line with quantity 2 is one item, another design is another item, both rendering at once."""
    await workshop.list_mug()
    order = an_order(lines=(a_line(1, quantity=2), a_line(2, personalization=(("Name", "Bo"),))))

    received = await workshop.receive(order)

    items = await workshop.items(received)
    assert [(Status.GENERATING, 2), (Status.GENERATING, 1)] == [(i.status, i.quantity) for i in items]
    assert (True, 0, "") == (received.fresh, received.filtered, received.ignored)


async def test_lines_that_are_not_ours_are_left_out_with_a_reason(workshop: Workshop) -> None:
    """R5, R6, C4: a mixed order works, and every line left out says why."""
    await workshop.list_mug()
    lines = (
        a_line(1),
        a_line(2, sku="CANDLE", personalization=()),
        a_line(3, quantity=0),
        a_line(4, gift_card=True),
        a_line(5, requires_shipping=False),
        a_line(6, sku="FEE", addon=True, parent=ref("line-1")),
        a_line(7, quantity=2, fulfilled=2),
    )

    received = await workshop.receive(an_order(lines=lines))

    kept = await workshop.order(received.order_id)
    expected = [
        (ref("line-2"), Skip.NOT_OURS),
        (ref("line-3"), Skip.REMOVED),
        (ref("line-4"), Skip.GIFT_CARD),
        (ref("line-5"), Skip.NOT_SHIPPED),
        (ref("line-6"), Skip.PRICE_ADDON),
        (ref("line-7"), Skip.FULFILLED),
    ]
    assert expected == [(line.line, line.why) for line in kept.filtered]
    assert [ref("line-1")] == [item.line for item in await workshop.items(received)]


async def test_an_order_with_nothing_of_ours_is_kept_for_the_import_log(workshop: Workshop) -> None:
    """R55: without a listing every plain line is recorded as left out, and no item appears."""
    received = await workshop.receive(an_order(lines=(a_line(personalization=()),)))

    assert ((), 1, True) == (received.items, received.filtered, received.fresh)


@pytest.mark.parametrize("payment", [Payment.PENDING, Payment.AUTHORIZED, Payment.REFUNDED, Payment.VOIDED])
async def test_an_order_is_not_taken_in_before_it_is_paid(workshop: Workshop, payment: Payment) -> None:
    """R2: nothing is imported before the payment completes; the answer names the reason."""
    await workshop.list_mug()

    received = await workshop.receive(an_order(payment=payment, payment_raw=payment.value))

    assert (None, f"the order is not paid: {payment.value}") == (received.order_id, received.ignored)


async def test_an_order_that_is_paid_later_is_taken_in_then(workshop: Workshop) -> None:
    """R1: the payment starts the import, however long after the order it comes."""
    await workshop.list_mug()
    unpaid = an_order(payment=Payment.PENDING)
    await workshop.receive(unpaid)

    received = await workshop.receive(later(unpaid, payment=Payment.PAID))

    assert (True, 1) == (received.fresh, len(received.items))


@pytest.mark.parametrize(("payment", "taken"), [(Payment.PENDING, True), (Payment.VOIDED, False)])
async def test_a_shop_may_import_unpaid_orders(workshop: Workshop, payment: Payment, *, taken: bool) -> None:
    """A1: authorized and pending orders come in by the shop's rule; money given back never does."""
    await workshop.list_mug()
    await workshop.decide(Rules(import_unpaid=True))

    received = await workshop.receive(an_order(payment=payment))

    assert taken == received.fresh


async def test_a_cancelled_order_is_not_taken_in(workshop: Workshop) -> None:
    """An order that was called off before we saw it makes nothing."""
    await workshop.list_mug()

    received = await workshop.receive(an_order(cancelled_at=START))

    assert "the order is cancelled" == received.ignored


async def test_a_test_order_is_taken_in_but_cannot_be_sent(workshop: Workshop) -> None:
    """A1: test orders can be looked at and are never sent."""
    await workshop.list_mug()
    received = await workshop.receive(an_order(test=True))

    item = await workshop.generate(await workshop.only_item(received))

    assert (Status.READY_TO_FULFILL, (Flag.TEST_ORDER,)) == (item.status, item.flags)
    assert "test orders are never sent" == item.refusals()[Action.SEND]


async def test_a_product_without_personalization_waits(workshop: Workshop) -> None:
    """A3, D5 (T2): ours without answers is not left out; it waits with the fix."""
    await workshop.list_mug()

    item = await workshop.only_item(await workshop.receive(an_order(lines=(a_line(personalization=()),))))

    assert item.hold is not None
    assert (Status.ON_HOLD, HoldReason.MISSING_PERSONALIZATION) == (item.status, item.hold.reason)


async def test_a_customised_line_without_a_listing_waits_unmapped(workshop: Workshop) -> None:
    """A13, D14 (T2): a customiser's token makes a line ours although nobody mapped it."""
    line = a_line(personalization=(("_customization_id", "c1"),))

    item = await workshop.only_item(await workshop.receive(an_order(lines=(line,))))

    assert item.hold is not None
    assert (Status.ON_HOLD, HoldReason.UNMAPPED_PRODUCT) == (item.status, item.hold.reason)


async def test_one_bad_line_blocks_no_other(workshop: Workshop) -> None:
    """R9, R10: answers that no design can hold make their own item wait, not its siblings."""
    template = Design.of(
        {
            "schema": 1,
            "areas": {"front": {"w": 10_160, "h": 5_080}},
            "layers": [
                {
                    "id": "t",
                    "area": "front",
                    "type": "text",
                    "bind": "Name",
                    "x": 0,
                    "y": 0,
                    "w": 9000,
                    "h": 0,
                }
            ],
        }
    )
    await workshop.list_mug(template=template)
    lines = (a_line(1, personalization=(("Name", "x" * 1_000_001),)), a_line(2))

    items = await workshop.items(await workshop.receive(an_order(lines=lines)))

    assert [Status.ON_HOLD, Status.GENERATING] == [item.status for item in items]


async def test_the_picture_of_the_customiser_becomes_the_design(workshop: Workshop) -> None:
    """R53: what the customer made is the item's own design from the start."""
    await workshop.list_mug()
    line = a_line(personalization=(("_design_url", PICTURE),))

    item = await workshop.only_item(await workshop.receive(an_order(lines=(line,))))

    assert item.design is not None
    assert [PICTURE] == [layer["asset"] for layer in item.design.document["layers"]]


async def test_an_unknown_shop_is_refused(workshop: Workshop) -> None:
    """R56: orders belong to a shop that is connected here."""
    with pytest.raises(NotFound):
        await workshop.receive_order(ShopId("other.myshopify.com"), an_order(), by=STORE)


# Once, however often


async def test_the_same_order_told_at_the_same_time_is_one_order(workshop: Workshop) -> None:
    """D1, D2 (I2): eight simultaneous deliveries make one order and one item per line."""
    await workshop.list_mug()
    order = an_order(lines=(a_line(1), a_line(2)))

    tellings = await asyncio.gather(*[workshop.receive(order) for _ in range(8)])

    assert 1 == len({received.order_id for received in tellings})
    assert 1 == sum(received.fresh for received in tellings)
    assert 2 == len(await workshop.items(tellings[0]))


async def test_an_older_telling_changes_nothing(workshop: Workshop) -> None:
    """I3: `updated_at` decides, never the order of arrival."""
    await workshop.list_mug()
    order = an_order()
    await workshop.receive(later(order, note="engrave it"))

    received = await workshop.receive(order)

    kept = await workshop.order(received.order_id)
    assert ("a newer telling is known", "engrave it") == (received.ignored, kept.snapshot.note)


async def test_a_repeated_telling_writes_no_second_history(workshop: Workshop) -> None:
    """I3: the same body again, ten times, leaves the timeline as it was."""
    await workshop.list_mug()
    order = later(an_order(), note="engrave it")
    received = await workshop.receive(order)
    before = await workshop.kinds(await workshop.only_item(received))

    for _ in range(10):
        await workshop.receive(order)

    assert before == await workshop.kinds(await workshop.only_item(received))


# Following


async def test_changes_of_the_store_are_told_field_by_field(workshop: Workshop) -> None:
    """C9: each differing field is named with what it was and what it is."""
    await workshop.list_mug()
    await workshop.receive(an_order())

    received = await workshop.receive(later(an_order(), note="a gift", tags=("rush",)))

    assert [("note", "", "a gift"), ("tags", "", "rush")] == [
        (change.field, change.before, change.after) for change in received.changes
    ]


async def test_a_line_that_is_added_later_becomes_a_new_item(workshop: Workshop) -> None:
    """A5: an order edit brings a new item into the same order."""
    await workshop.list_mug()
    await workshop.receive(an_order())

    received = await workshop.receive(later(an_order(), lines=(a_line(1), a_line(2))))

    assert [ref("line-1"), ref("line-2")] == [item.line for item in await workshop.items(received)]


async def test_a_line_that_is_added_to_an_unpaid_rest_waits_for_the_money(workshop: Workshop) -> None:
    """R2 holds for edits too: the new line comes in when the order is paid again."""
    await workshop.list_mug()
    grown = later(an_order(), lines=(a_line(1), a_line(2)), payment=Payment.PARTIALLY_PAID)
    await workshop.receive(an_order())

    before = await workshop.receive(grown)
    after = await workshop.receive(later(grown, payment=Payment.PAID))

    assert (1, 2) == (len(before.items), len(after.items))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"quantity": 1}, (Status.GENERATING, 1)),
        ({"quantity": 5}, (Status.GENERATING, 5)),
        ({"quantity": 0}, (Status.CANCELED, 2)),
    ],
)
async def test_an_unsent_item_follows_the_wanted_quantity(
    workshop: Workshop, change: dict[str, Any], expected: tuple[Status, int]
) -> None:
    """A6, T17: current quantity counts; none left cancels the item."""
    await workshop.list_mug()
    order = an_order(lines=(a_line(quantity=2),))
    await workshop.receive(order)

    received = await workshop.receive(later(order, lines=(a_line(**change),)))

    item = await workshop.only_item(received)
    assert expected == (item.status, item.quantity)


async def test_a_line_that_is_gone_cancels_its_item(workshop: Workshop) -> None:
    """A6: a line that the store does not show any more is wanted no more."""
    await workshop.list_mug()
    await workshop.receive(an_order(lines=(a_line(1), a_line(2))))

    received = await workshop.receive(later(an_order(), lines=(a_line(2),)))

    assert [Status.CANCELED, Status.GENERATING] == [i.status for i in await workshop.items(received)]


async def test_a_quantity_that_changes_after_sending_is_flagged(workshop: Workshop) -> None:
    """A6: what a provider prints is not changed silently."""
    await workshop.list_mug()
    order = an_order(lines=(a_line(quantity=2),))
    await workshop.keep(printing(await workshop.only_item(await workshop.receive(order))))

    received = await workshop.receive(later(order, lines=(a_line(quantity=1),)))

    item = await workshop.only_item(received)
    assert (2, 1, (Flag.QUANTITY_CHANGED,)) == (item.quantity, item.store_quantity, item.flags)


async def test_a_canceled_item_that_is_wanted_again_is_flagged(workshop: Workshop) -> None:
    """Canceled is final: a person decides whether the line is printed again."""
    await workshop.list_mug()
    await workshop.receive(an_order())
    await workshop.receive(later(an_order(), 1, lines=(a_line(quantity=0),)))

    received = await workshop.receive(later(an_order(), 2))

    item = await workshop.only_item(received)
    assert (Status.CANCELED, (Flag.QUANTITY_CHANGED,)) == (item.status, item.flags)


async def test_a_cancelled_order_cancels_what_was_not_sent(workshop: Workshop) -> None:
    """D7, T17: nothing is printed for an order that the store called off."""
    await workshop.list_mug()
    await workshop.receive(an_order())

    received = await workshop.receive(later(an_order(), cancelled_at=START))

    assert Status.CANCELED == (await workshop.only_item(received)).status


@pytest.mark.parametrize("live", [sent, printing])
async def test_a_cancelled_order_asks_the_provider_for_what_was_sent(workshop: Workshop, live: Any) -> None:
    """T18, T19: the wish is noted and flagged; the status waits for the provider's answer."""
    await workshop.list_mug()
    item = await workshop.keep(live(await workshop.only_item(await workshop.receive(an_order()))))
    called_off = later(an_order(), cancelled_at=START)

    await workshop.receive(called_off)
    await workshop.receive(later(called_off, payment=Payment.REFUNDED))

    asked = await workshop.item(item.id)
    assert (item.status, START, (Flag.STORE_CANCELLED,)) == (
        asked.status,
        asked.cancel_requested_at,
        asked.flags,
    )


async def test_a_refused_cancellation_is_not_asked_for_again(workshop: Workshop) -> None:
    """A change acts once: later news of a cancelled order repeats no wish."""
    await workshop.list_mug()
    item = await workshop.keep(printing(await workshop.only_item(await workshop.receive(an_order()))))
    called_off = later(an_order(), cancelled_at=START)
    await workshop.receive(called_off)
    await workshop.keep((await workshop.item(item.id)).cancel_refused("too late", STAMP))

    await workshop.receive(later(called_off, note="sorry"))

    assert (await workshop.item(item.id)).cancel_requested_at is None


@pytest.mark.parametrize("payment", [Payment.REFUNDED, Payment.VOIDED])
async def test_money_given_back_holds_what_was_not_sent(workshop: Workshop, payment: Payment) -> None:
    """T16, D7: a person decides what becomes of an item whose money went back."""
    await workshop.list_mug()
    await workshop.receive(an_order())

    item = await workshop.only_item(await workshop.receive(later(an_order(), payment=payment)))

    assert item.hold is not None
    assert (HoldReason.STORE_CHANGED, HoldOrigin.STORE) == (item.hold.reason, item.hold.origin)


async def test_money_given_back_flags_what_was_sent(workshop: Workshop) -> None:
    """T16: a provider's work is not stopped silently."""
    await workshop.list_mug()
    await workshop.keep(printing(await workshop.only_item(await workshop.receive(an_order()))))

    item = await workshop.only_item(await workshop.receive(later(an_order(), payment=Payment.REFUNDED)))

    assert (Status.BEING_FULFILLED, (Flag.STORE_REFUNDED,)) == (item.status, item.flags)


async def test_a_partial_refund_of_money_changes_nothing(workshop: Workshop) -> None:
    """A6: money without pieces is shown and changes nothing."""
    await workshop.list_mug()
    await workshop.receive(an_order())

    received = await workshop.receive(later(an_order(), payment=Payment.PARTIALLY_REFUNDED))

    assert ["payment"] == [change.field for change in received.changes]
    assert Status.GENERATING == (await workshop.only_item(received)).status


def _elsewhere(order: ChannelOrder, **changes: str) -> ChannelOrder:
    assert order.ship_to is not None
    return later(order, ship_to=evolve(order.ship_to, **changes))


async def test_a_new_address_is_followed_while_nothing_was_sent(workshop: Workshop) -> None:
    """A10: the order carries the new address, and a person's word about the old one is void."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await workshop.keep(item.confirm_address(STAMP))

    received = await workshop.receive(_elsewhere(an_order(), line1="2 Oak Ave"))

    kept, item = await workshop.order(received.order_id), await workshop.only_item(received)
    assert kept.snapshot.ship_to is not None
    assert ("2 Oak Ave", "", ()) == (kept.snapshot.ship_to.line1, item.address_confirmed_by, item.flags)


async def test_a_new_address_after_sending_is_flagged_as_not_applied(workshop: Workshop) -> None:
    """D8: it is said plainly that the provider was told another address."""
    await workshop.list_mug()
    await workshop.keep(printing(await workshop.only_item(await workshop.receive(an_order()))))

    received = await workshop.receive(_elsewhere(an_order(), line1="2 Oak Ave"))

    assert (Flag.STORE_CHANGED,) == (await workshop.only_item(received)).flags


async def test_completing_the_address_in_the_store_frees_the_item(workshop: Workshop) -> None:
    """D15: the fix that the hold names lets the item go on by itself."""
    await workshop.list_mug()
    order = an_order(ship_to=Address(name="Zoë Roe", line1="1 Main St", country="US"))
    item = await workshop.generate(await workshop.only_item(await workshop.receive(order)))
    await workshop.keep(
        item.hold_for(HoldReason.ADDRESS_INCOMPLETE, HoldOrigin.SYSTEM, stamp=STAMP, note="no city")
    )

    received = await workshop.receive(_elsewhere(order, city="Austin", region="TX", postal_code="78701"))

    assert Status.READY_TO_FULFILL == (await workshop.only_item(received)).status


async def test_a_hold_of_the_store_holds_the_item_until_it_is_lifted(workshop: Workshop) -> None:
    """T16, T14: the store's hold comes and goes with the store."""
    await workshop.list_mug()
    await workshop.receive(an_order())
    held = await workshop.receive(later(an_order(), 1, on_hold="high_risk_of_fraud"))
    waiting = await workshop.only_item(held)

    freed = await workshop.only_item(await workshop.receive(later(an_order(), 2)))

    assert waiting.hold is not None
    assert (HoldReason.STORE_HOLD, HoldOrigin.STORE, "high_risk_of_fraud") == (
        waiting.hold.reason,
        waiting.hold.origin,
        waiting.hold.note,
    )
    assert (Status.GENERATING, None) == (freed.status, freed.hold)


async def test_lifting_the_stores_hold_keeps_a_merchants_hold(workshop: Workshop) -> None:
    """Whoever asked to wait is the one who lets go."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await workshop.keep(item.hold_for(HoldReason.MANUAL, HoldOrigin.MERCHANT, stamp=STAMP))
    await workshop.receive(later(an_order(), 1, on_hold="other"))

    kept = await workshop.only_item(await workshop.receive(later(an_order(), 2)))

    assert kept.hold is not None
    assert (Status.ON_HOLD, HoldReason.MANUAL) == (kept.status, kept.hold.reason)


async def test_an_order_that_arrives_on_hold_waits(workshop: Workshop) -> None:
    """Lines may still be added while the store holds a fresh order: nothing goes on before."""
    await workshop.list_mug()

    received = await workshop.receive(an_order(on_hold="online_store_post_purchase_cross_sell"))

    item = await workshop.only_item(received)
    assert item.hold is not None
    assert HoldReason.STORE_HOLD == item.hold.reason


async def test_what_somebody_else_fulfilled_is_not_printed_again(workshop: Workshop) -> None:
    """D6: an unsent item whose line was fulfilled in the store waits, flagged, until a person has looked."""
    await workshop.list_mug()
    received = await workshop.receive(an_order())

    await workshop.receive(later(an_order(lines=(a_line(fulfilled=1),))))

    item = await workshop.only_item(received)
    assert (Status.ON_HOLD, (Flag.FULFILLED_ELSEWHERE,)) == (item.status, item.flags)
    assert item.hold is not None
    assert (HoldReason.STORE_CHANGED, "1 of 1 fulfilled in the store by somebody else") == (
        item.hold.reason,
        item.hold.note,
    )


async def test_a_partly_fulfilled_line_that_arrives_waits(workshop: Workshop) -> None:
    """D6: what somebody began to fulfill before the order came in is a person's decision."""
    await workshop.list_mug()

    received = await workshop.receive(an_order(lines=(a_line(quantity=3, fulfilled=1),)))

    item = await workshop.only_item(received)
    assert (Status.ON_HOLD, (Flag.FULFILLED_ELSEWHERE,)) == (item.status, item.flags)


async def test_what_is_printed_and_fulfilled_elsewhere_is_flagged(workshop: Workshop) -> None:
    """D6: an item at a provider goes on; its flag says that somebody else fulfilled the line."""
    await workshop.list_mug()
    received = await workshop.receive(an_order())
    await workshop.keep(printing(await workshop.only_item(received)))

    await workshop.receive(later(an_order(lines=(a_line(fulfilled=1),))))

    item = await workshop.only_item(received)
    assert (Status.BEING_FULFILLED, (Flag.FULFILLED_ELSEWHERE,)) == (item.status, item.flags)


async def test_our_own_parcels_are_nobody_elses(workshop: Workshop) -> None:
    """What we told the store comes back with its next telling, and is no news."""
    await workshop.list_mug()
    received = await workshop.receive(an_order(lines=(a_line(quantity=2),)))
    one_sent = (ItemShipment(number="T1", quantity=1),)
    await workshop.keep(evolve(printing(await workshop.only_item(received)), shipments=one_sent))

    await workshop.receive(later(an_order(lines=(a_line(quantity=2, fulfilled=1),))))
    ours = await workshop.only_item(received)
    await workshop.receive(later(an_order(lines=(a_line(quantity=2, fulfilled=2),)), minutes=2))

    assert () == ours.flags
    assert (Flag.FULFILLED_ELSEWHERE,) == (await workshop.only_item(received)).flags


async def test_a_person_who_looked_has_the_last_word_on_pieces_fulfilled_elsewhere(
    workshop: Workshop,
) -> None:
    """After a release the same telling holds nothing again; one more piece does."""
    await workshop.list_mug()
    received = await workshop.receive(an_order(lines=(a_line(quantity=3, fulfilled=1),)))
    held = await workshop.only_item(received)
    await workshop.keep(held.release(STAMP).seen([Flag.FULFILLED_ELSEWHERE], STAMP))

    await workshop.receive(later(an_order(lines=(a_line(quantity=3, fulfilled=1),))))
    released = await workshop.only_item(received)
    await workshop.receive(later(an_order(lines=(a_line(quantity=3, fulfilled=2),)), minutes=2))

    assert (Status.GENERATING, ()) == (released.status, released.flags)
    assert Status.ON_HOLD is (await workshop.only_item(received)).status


async def test_a_message_alone_takes_no_fulfilled_piece_back(workshop: Workshop) -> None:
    """Messages do not tell what other services were asked for: what was known of it stays known."""
    await workshop.list_mug()
    received = await workshop.receive(an_order(lines=(a_line(quantity=3, fulfilled=1),)))
    workshop.channel.fail(Unavailable("the store does not answer"))
    message = later(an_order(lines=(a_line(quantity=3),)))

    await workshop.refresh_order(SHOP, message.ref, by=STORE, told=message)

    assert 1 == (await workshop.order(received.order_id)).snapshot.lines[0].fulfilled


async def test_changed_answers_are_flagged_and_the_design_is_kept(workshop: Workshop) -> None:
    """A10: what the merchant sees in the Personalizer stays; the change is shown."""
    await workshop.list_mug()
    before = await workshop.only_item(await workshop.receive(an_order()))
    line = a_line(personalization=(("Name", "Bo"),))

    item = await workshop.only_item(await workshop.receive(later(an_order(), lines=(line,))))

    assert (before.design, 1, (Flag.STORE_CHANGED,)) == (item.design, item.design_version, item.flags)
    assert (("Name", "Bo"),) == item.personalization


async def test_answers_that_come_late_let_a_waiting_item_go_on(workshop: Workshop) -> None:
    """D5, T6: what was missing is there now, so the item is rendered."""
    await workshop.list_mug()
    order = an_order(lines=(a_line(personalization=()),))
    await workshop.receive(order)

    received = await workshop.receive(later(order, lines=(a_line(),)))

    item = await workshop.only_item(received)
    assert (Status.GENERATING, 2) == (item.status, item.design_version)


async def test_an_order_that_vanished_from_the_store_holds_its_items(workshop: Workshop) -> None:
    """D7: an order that the store does not show any more is not printed without a person."""
    await workshop.list_mug()
    received = await workshop.receive(an_order())
    workshop.channel.forget(ref(1001))

    gone = await workshop.refresh_order(SHOP, ref(1001), by=STORE)

    item = await workshop.only_item(received)
    assert item.hold is not None
    assert (HoldReason.STORE_CHANGED, "the store does not show this order any more") == (
        item.hold.reason,
        gone.ignored,
    )


async def test_a_vanished_order_that_a_person_released_goes_on(workshop: Workshop) -> None:
    """A store hides old orders too: the question is asked once, and the answer stands."""
    await workshop.list_mug()
    received = await workshop.receive(an_order())
    workshop.channel.forget(ref(1001))
    await workshop.refresh_order(SHOP, ref(1001), by=STORE)
    await workshop.keep((await workshop.only_item(received)).release(STAMP))

    await workshop.refresh_order(SHOP, ref(1001), by=STORE)

    assert Status.GENERATING == (await workshop.only_item(received)).status


async def test_a_hold_at_the_store_is_asked_for_by_the_shops_rule(workshop: Workshop) -> None:
    """The rule `hold_at_store` keeps others from fulfilling what we make."""
    await workshop.list_mug()
    await workshop.decide(Rules(hold_at_store=True))
    await workshop.receive(an_order())

    assert {"item.render": 1, "order.store_hold": 1} == await workshop.queued()


async def test_an_item_that_cannot_follow_keeps_no_sibling_from_following(workshop: Workshop) -> None:
    """R9, R10: each item has its own life, also towards the store."""
    await workshop.list_mug()
    order = an_order(lines=(a_line(1), a_line(2)))
    first, _ = await workshop.items(await workshop.receive(order))
    archived = evolve(first, status=Status.ARCHIVED, archived_from=None)
    await workshop.keep(archived)

    received = await workshop.receive(later(order, cancelled_at=START))

    assert [(Flag.STORE_CHANGED,), ()] == [item.flags for item in await workshop.items(received)]
    assert [Status.ARCHIVED, Status.CANCELED] == [i.status for i in await workshop.items(received)]


async def test_a_store_that_cannot_be_asked_is_asked_again(workshop: Workshop) -> None:
    """Nothing happened: the caller hears so and may repeat."""
    workshop.channel.fail(Unavailable("the store is away"))

    with pytest.raises(Unavailable):
        await workshop.refresh_order(SHOP, ref(1001), by=STORE)


async def test_a_late_report_after_the_stores_cancel_is_told(workshop: Workshop) -> None:
    """T25: printed although canceled is the kind of news that must not be lost."""
    await workshop.list_mug()
    await workshop.receive(an_order())
    item = await workshop.only_item(await workshop.receive(later(an_order(), cancelled_at=START)))

    told = item.report(LineReport(key=item.id.hex, stage=Stage.DONE, raw="shipped"), STAMP)

    assert (Status.CANCELED, (Flag.SHIPPED_ALTHOUGH_CANCELED,)) == (told.status, told.flags)


async def test_the_second_area_of_a_listing_is_printed_too(workshop: Workshop) -> None:
    """R52: the item takes its print areas from the listing as it was when the order came."""
    listing = await workshop.list_mug(print_areas=(*a_listing().print_areas, BACK))

    item = await workshop.only_item(await workshop.receive(an_order()))

    assert listing.print_areas == item.print_areas
