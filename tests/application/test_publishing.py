"""Telling the store: once per parcel and order, its own lines only; and keeping its orders meanwhile."""

from datetime import timedelta

import pytest
from attrs import evolve

from mockspark.application.errors import OutcomeUnknown, Rejected, Unavailable
from mockspark.application.ports.jobs import Retry
from mockspark.application.targets import Targets
from mockspark.application.use_cases.manual_actions import MarkFulfilled
from mockspark.application.use_cases.publish_shipments import HANDLE
from mockspark.domain.events import Flag
from mockspark.domain.identity import OrderItemId
from mockspark.domain.order_item import ItemShipment, OrderItem
from mockspark.domain.shop import Rules
from tests.application.dispatch import Dispatch, two_orders
from tests.application.intake import ANA, SHOP, a_line, an_order, ref


async def _shipped(bench: Dispatch, *numbers: str) -> list[OrderItem]:
    submission, items = await bench.accepted(*two_orders())
    for number in numbers:
        bench.provider.ship(number)
    await bench.track(SHOP, submission.id)
    return [await bench.shop.item(item.id) for item in items]


async def test_each_order_hears_of_the_parcel_with_its_own_lines(bench: Dispatch) -> None:
    """A combined parcel is told to every order it serves (D18, D.6)."""
    first, second = await _shipped(bench, "1Z1")

    await bench.publish_shipments(SHOP, first.order_id)
    await bench.publish_shipments(SHOP, second.order_id)

    told = [(notice.order, notice.number, notice.lines) for notice in bench.shop.channel.published]
    assert [
        (ref(1001), "1Z1", ((ref("line-1"), 1),)),
        (ref(1002), "1Z1", ((ref("line-2"), 2),)),
    ] == told


async def test_the_stores_answer_is_kept_on_the_item(bench: Dispatch) -> None:
    """The fulfillment's id stands beside the parcel (D21)."""
    first, _ = await _shipped(bench, "1Z1")

    await bench.publish_shipments(SHOP, first.order_id)

    (shipment,) = (await bench.shop.item(first.id)).shipments
    assert "fulfillment-1" == (shipment.published and shipment.published.id)
    assert "item.shipment_published" in await bench.shop.kinds(first)


async def test_a_parcel_is_told_once(bench: Dispatch) -> None:
    """Jobs come twice."""
    first, _ = await _shipped(bench, "1Z1")
    await bench.publish_shipments(SHOP, first.order_id)
    calls = list(bench.shop.channel.calls)

    await bench.publish_shipments(SHOP, first.order_id)

    assert calls == bench.shop.channel.calls


async def test_a_second_parcel_is_told_beside_the_first(bench: Dispatch) -> None:
    """No tracking number replaces another (D19)."""
    first, _ = await _shipped(bench, "1Z1", "1Z2")

    await bench.publish_shipments(SHOP, first.order_id)

    assert ["1Z1", "1Z2"] == [notice.number for notice in bench.shop.channel.published]


async def test_a_lost_answer_is_asked_again_and_told_once(bench: Dispatch) -> None:
    """The channel recognises its own notice."""
    first, _ = await _shipped(bench, "1Z1")
    bench.shop.channel.lose_answer(OutcomeUnknown("no answer"))

    with pytest.raises(Retry):
        await bench.publish_shipments(SHOP, first.order_id)
    await bench.publish_shipments(SHOP, first.order_id)

    assert 1 == len(bench.shop.channel.published)
    (shipment,) = (await bench.shop.item(first.id)).shipments
    assert shipment.published is not None


async def test_one_parcels_failure_keeps_no_other_back(bench: Dispatch) -> None:
    """The second is told while the first waits."""
    first, _ = await _shipped(bench, "1Z1", "1Z2")
    bench.shop.channel.fail(Unavailable("away"))

    with pytest.raises(Retry):
        await bench.publish_shipments(SHOP, first.order_id)

    assert ["1Z2"] == [notice.number for notice in bench.shop.channel.published]


async def test_another_tellers_lease_is_respected(bench: Dispatch) -> None:
    """The key of order and parcel is stored before the call."""
    first, _ = await _shipped(bench, "1Z1")
    now = bench.shop.clock()
    async with bench.shop.store.begin(SHOP) as work:
        await work.leases.claim(
            f"publish:{first.order_id.hex}:1Z1", now=now, until=now + timedelta(minutes=1)
        )

    with pytest.raises(Retry):
        await bench.publish_shipments(SHOP, first.order_id)

    assert [] == bench.shop.channel.published


async def test_a_store_that_stays_away_is_flagged_after_some_tries(bench: Dispatch) -> None:
    """People are told when trying again has not helped (D21); a later success takes the flag down."""
    first, _ = await _shipped(bench, "1Z1")
    bench.shop.channel.fail(*[Unavailable("away")] * 5)

    for attempt in range(5):
        flags = (await bench.shop.item(first.id)).flags
        assert () == flags, attempt
        with pytest.raises(Retry):
            await bench.publish_shipments(SHOP, first.order_id)
    flagged = (await bench.shop.item(first.id)).flags
    await bench.publish_shipments(SHOP, first.order_id)

    assert ((Flag.STORE_NOT_TOLD,), ()) == (flagged, (await bench.shop.item(first.id)).flags)


async def test_a_refusal_of_the_store_is_flagged_at_once(bench: Dispatch) -> None:
    """Asking again changes nothing: a person has to act."""
    first, _ = await _shipped(bench, "1Z1")
    bench.shop.channel.fail(Rejected("the order is managed by another app"))

    await bench.publish_shipments(SHOP, first.order_id)

    assert (Flag.STORE_NOT_TOLD,) == (await bench.shop.item(first.id)).flags


@pytest.mark.parametrize("tell", [True, False])
async def test_the_customer_is_told_by_the_shops_rule(bench: Dispatch, *, tell: bool) -> None:
    """Notifying is the shop's choice (A20)."""
    await bench.shop.decide(Rules(grace_s=0, tell_customer=tell))
    first, _ = await _shipped(bench, "1Z1")

    await bench.publish_shipments(SHOP, first.order_id)

    assert [tell] == [notice.notify for notice in bench.shop.channel.published]


async def _by_hand(bench: Dispatch, shipment: ItemShipment | None, *, notify_store: bool) -> OrderItem:
    (item,) = await bench.ready()
    mark = MarkFulfilled(store=bench.shop.store, clock=bench.shop.clock)
    await mark(SHOP, Targets.of(item.id), shipment=shipment, notify_store=notify_store, by=ANA)
    await bench.publish_shipments(SHOP, item.order_id)
    return item


async def test_a_parcel_by_hand_is_told_where_the_person_said_so(bench: Dispatch) -> None:
    """The check box of the dialog tells store and customer (A20)."""
    await _by_hand(bench, ItemShipment(number="H1", quantity=1), notify_store=True)

    assert [("H1", True)] == [(notice.number, notice.notify) for notice in bench.shop.channel.published]


async def test_a_parcel_by_hand_stays_here_by_default(bench: Dispatch) -> None:
    """By default nobody is told (A20)."""
    await _by_hand(bench, ItemShipment(number="H1", quantity=1), notify_store=False)

    assert [] == bench.shop.channel.published


async def test_the_store_can_be_told_without_a_number(bench: Dispatch) -> None:
    """Handed over in person: fulfilled, no tracking."""
    await _by_hand(bench, None, notify_store=True)

    assert [("", ((ref("line-1"), 1),))] == [(n.number, n.lines) for n in bench.shop.channel.published]


async def test_a_reprints_parcel_does_not_fulfill_the_line_again(bench: Dispatch) -> None:
    """The store's line was fulfilled by the first parcel."""
    first, _ = await _shipped(bench, "1Z1")
    again = await bench.shop.keep(
        evolve(first, id=OrderItemId(bench.shop.ids()), reprint_of=first.id, version=0, submission_id=None)
    )

    await bench.publish_shipments(SHOP, again.order_id)

    assert [((ref("line-1"), 1),)] == [notice.lines for notice in bench.shop.channel.published]


async def test_our_hold_is_lifted_before_the_store_is_told(bench: Dispatch) -> None:
    """A held order cannot be fulfilled, not even by us."""
    await bench.shop.decide(Rules(grace_s=0, hold_at_store=True))
    first, _ = await _shipped(bench, "1Z1")
    bench.shop.channel.holds[ref(1001), HANDLE] = "ours"
    bench.shop.channel.holds[ref(1001), "fraud"] = "theirs"

    await bench.publish_shipments(SHOP, first.order_id)

    assert {(ref(1001), "fraud"): "theirs"} == bench.shop.channel.holds


async def test_an_order_is_held_in_the_store_while_we_are_at_it(bench: Dispatch) -> None:
    """Only where the shop's rule says so (D6); lifted when nothing is open any more."""
    (item,) = await bench.ready()
    await bench.store_hold(SHOP, item.order_id)
    without = dict(bench.shop.channel.holds)
    await bench.shop.decide(Rules(hold_at_store=True))
    await bench.store_hold(SHOP, item.order_id)
    held = list(bench.shop.channel.holds)
    await bench.change(item, lambda now, stamp: now.cancel(stamp))
    await bench.store_hold(SHOP, item.order_id)

    assert ({}, [(ref(1001), HANDLE)], {}) == (without, held, bench.shop.channel.holds)


async def test_a_hold_that_fails_is_tried_again_or_let_be(bench: Dispatch) -> None:
    """A store that is away is asked later; one that refuses is not begged."""
    await bench.shop.decide(Rules(hold_at_store=True))
    (item,) = await bench.ready(an_order(lines=(a_line(1),)))
    bench.shop.channel.fail(Unavailable("away"), Rejected("no"))

    with pytest.raises(Retry):
        await bench.store_hold(SHOP, item.order_id)
    await bench.store_hold(SHOP, item.order_id)

    assert {} == bench.shop.channel.holds
