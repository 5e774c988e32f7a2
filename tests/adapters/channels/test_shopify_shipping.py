"""Telling the store of parcels once, and holding its orders, against a local shop."""

import pytest
from attrs import evolve

from mockspark.adapters.channels.shopify_parcels import CARRIERS
from mockspark.adapters.channels.shopify_shipping import short_handle
from mockspark.adapters.sandbox.shopify_orders import LineDraft, RefundPart
from mockspark.adapters.sandbox.shopify_shipping import Portion, cancel_fulfillment, hold, move
from mockspark.adapters.sandbox.shopify_store import (
    Fulfillment,
    FulfillmentService,
    Location,
    StoredOrder,
    gid,
)
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, Rejected, Unavailable
from tests.adapters.channels.opened import Opened, notice, opened_shop, order_ref, ref

HANDLE = "mockspark-review"


def contents(parcel: Fulfillment) -> dict[int, int]:
    return {line.line_id: line.quantity for line in parcel.lines}


async def test_a_parcel_is_told_with_its_lines_and_number(shop: Opened) -> None:
    """The store learns which units travel, with whom and under which number."""
    order = shop.order(LineDraft(quantity=2), LineDraft(sku="HAT"))

    made = await shop.channel.publish(notice(order, 2, 1, notify=True))

    (parcel,) = shop.people.order(order.id).fulfillments
    assert ref(parcel.id) == made
    assert {order.lines[0].id: 2, order.lines[1].id: 1} == contents(parcel)
    assert ("USPS", "9400100000") == (parcel.tracking[0].company, parcel.tracking[0].number)
    asked = next(a for a in shop.sandbox.asked if "MockSparkShip" in a.operation)
    assert asked.variables["fulfillment"]["notifyCustomer"] is True


async def test_telling_again_changes_nothing(shop: Opened) -> None:
    """An equal notice is found and its parcel returned."""
    order = shop.order(LineDraft(quantity=2))
    first = await shop.channel.publish(notice(order, 1))

    assert first == await shop.channel.publish(notice(order, 1, number=" 9400 100000"))
    assert 1 == len(shop.people.order(order.id).fulfillments)


async def test_units_of_one_line_add_up(shop: Opened) -> None:
    """A line that a parcel names twice travels with both counts."""
    order = shop.order(LineDraft(quantity=3))
    line = ref(order.lines[0].id)

    await shop.channel.publish(evolve(notice(order, 1), lines=((line, 1), (line, 2))))

    (parcel,) = shop.people.order(order.id).fulfillments
    assert {order.lines[0].id: 3} == contents(parcel)


async def test_a_lost_answer_is_looked_up(shop: Opened) -> None:
    """When the answer is lost, nobody knows; the next call finds the parcel instead of making another."""
    order = shop.order(LineDraft(quantity=2))
    shop.spoil("timeout_after_commit", "MockSparkShip", seconds=0)

    with pytest.raises(OutcomeUnknown):
        await shop.channel.publish(notice(order, 1))
    found = await shop.channel.publish(notice(order, 1))

    (parcel,) = shop.people.order(order.id).fulfillments
    assert ref(parcel.id) == found


async def test_a_call_that_never_arrived_is_made_later(shop: Opened) -> None:
    """When nothing was carried out, the next call does it."""
    order = shop.order()
    shop.spoil("timeout_before", "MockSparkShip", seconds=0)

    with pytest.raises(OutcomeUnknown):
        await shop.channel.publish(notice(order, 1))
    await shop.channel.publish(notice(order, 1))

    assert 1 == len(shop.people.order(order.id).fulfillments)


async def test_two_parcels_of_one_line(shop: Opened) -> None:
    """Units of one line may travel apart: each parcel is told with its own."""
    order = shop.order(LineDraft(quantity=3))

    first = await shop.channel.publish(notice(order, 1, number="A"))
    second = await shop.channel.publish(notice(order, 2, number="B"))

    assert first != second
    assert [1, 2] == [sum(contents(p).values()) for p in shop.people.order(order.id).fulfillments]


async def test_a_parcel_without_number_is_told_once(shop: Opened) -> None:
    """Without a number, equal lines are the parcel."""
    order = shop.order(LineDraft(quantity=2))
    first = await shop.channel.publish(notice(order, 1, number="", carrier=""))

    assert first == await shop.channel.publish(notice(order, 1, number=""))
    (parcel,) = shop.people.order(order.id).fulfillments
    assert not parcel.tracking or not parcel.tracking[0].number


async def test_a_parcel_that_was_taken_back_is_told_anew(shop: Opened) -> None:
    """A fulfillment that the merchant cancelled tells the customer nothing any more."""
    order = shop.order()
    first = await shop.channel.publish(notice(order, 1))
    cancel_fulfillment(shop.sandbox, shop.store, gid("Fulfillment", first.id))

    second = await shop.channel.publish(notice(order, 1))

    assert first != second
    assert ["CANCELLED", "SUCCESS"] == [p.status for p in shop.people.order(order.id).fulfillments]


def split_over_places(shop: Opened) -> StoredOrder:
    """Place an order whose second line is worked on at another location."""
    order = shop.order(LineDraft(), LineDraft(sku="HAT"))
    other = Location(id=shop.sandbox.numbers(), name="Second place")
    shop.store.locations.append(other)
    work = order.work[0]
    part = Portion(line_id=gid("FulfillmentOrderLineItem", work.lines[1].id), quantity=1)
    move(shop.sandbox, shop.store, gid("FulfillmentOrder", work.id), gid("Location", other.id), [part])
    return shop.people.order(order.id)


async def test_work_of_two_places_is_told_in_two(shop: Opened) -> None:
    """The store wants one parcel per location; both carry the number, and telling again finds both."""
    order = split_over_places(shop)

    first = await shop.channel.publish(notice(order, 1, 1))

    parcels = shop.people.order(order.id).fulfillments
    assert 2 == len(parcels)
    assert {"9400100000"} == {p.tracking[0].number for p in parcels}
    assert first == await shop.channel.publish(notice(order, 1, 1))
    assert 2 == len(shop.people.order(order.id).fulfillments)


async def test_what_was_half_told_is_completed(shop: Opened) -> None:
    """When the second place's answer fails, the next call tells only what is missing."""
    order = split_over_places(shop)
    await shop.channel.publish(notice(order, 1))

    await shop.channel.publish(notice(order, 1, 1))

    assert [{order.lines[0].id: 1}, {order.lines[1].id: 1}] == [
        contents(parcel) for parcel in shop.people.order(order.id).fulfillments
    ]


async def test_a_rest_on_hold_is_told_later(shop: Opened) -> None:
    """What was told already is no reason to forget lines that the store still holds back."""
    order = split_over_places(shop)
    await shop.channel.publish(notice(order, 1))
    shop.people.hold(order.id)

    with pytest.raises(Unavailable):
        await shop.channel.publish(notice(order, 1, 1))


async def test_a_parcel_without_lines_is_refused(shop: Opened) -> None:
    """A parcel that holds nothing of the order cannot be told."""
    with pytest.raises(Rejected):
        await shop.channel.publish(evolve(notice(shop.order(), 1), lines=()))


async def test_the_last_of_many_lines_is_told(shop: Opened) -> None:
    """An order of more lines than one page of work shows is told to its last line."""
    order = shop.order(*(LineDraft(sku=f"SKU-{n}") for n in range(260)))
    last = evolve(notice(order, 1), lines=((ref(order.lines[-1].id), 1),))

    await shop.channel.publish(last)

    (parcel,) = shop.people.order(order.id).fulfillments
    assert {order.lines[-1].id: 1} == contents(parcel)


async def test_what_somebody_else_fulfilled_is_refused(shop: Opened) -> None:
    """A person or another app was faster: nothing is left, and a person has to look."""
    order = shop.order()
    shop.people.ship(order.id, number="OTHER")

    with pytest.raises(Rejected, match="somebody else"):
        await shop.channel.publish(notice(order, 1))


async def test_the_same_number_told_by_somebody_else_counts(shop: Opened) -> None:
    """A provider's own app may have told the store already: its parcel is ours."""
    order = shop.order()
    (parcel,) = shop.people.ship(order.id, number="9400100000")

    assert ref(parcel.id) == await shop.channel.publish(notice(order, 1))
    assert 1 == len(shop.people.order(order.id).fulfillments)


async def test_only_what_is_left_is_told(shop: Opened) -> None:
    """Units that were refunded meanwhile are no part of the store's parcel."""
    order = shop.order(LineDraft(quantity=3))
    shop.people.refund(
        order.id, parts=[RefundPart(line_id=order.lines[0].id, quantity=1, restock_type="CANCEL")]
    )

    await shop.channel.publish(notice(order, 3))

    (parcel,) = shop.people.order(order.id).fulfillments
    assert {order.lines[0].id: 2} == contents(parcel)


async def test_an_order_on_hold_is_told_later(shop: Opened) -> None:
    """A hold at the store forbids the parcel now; it can be told when the hold is gone."""
    order = shop.order()
    shop.people.hold(order.id, reason="INCORRECT_ADDRESS", notes="wrong street")

    with pytest.raises(Unavailable, match="incorrect address: wrong street"):
        await shop.channel.publish(notice(order, 1))
    shop.people.release(order.id)
    await shop.channel.publish(notice(order, 1))


async def test_an_order_without_work_is_told_later(shop: Opened) -> None:
    """The store routes an order some moments after it was placed."""
    order = shop.order(route=False)

    with pytest.raises(Unavailable, match="no work"):
        await shop.channel.publish(notice(order, 1))


async def test_a_cancelled_order_is_not_told(shop: Opened) -> None:
    """After a cancellation the store takes no parcel: a person has to speak with the customer."""
    order = shop.order()
    shop.people.cancel(order.id)

    with pytest.raises(Rejected, match="cancelled"):
        await shop.channel.publish(notice(order, 1))


async def test_an_unknown_order_is_refused(shop: Opened) -> None:
    """A parcel for an order that the store does not have cannot be told."""
    order = evolve(notice(shop.order(), 1), order=ref(9))
    with pytest.raises(Rejected, match="does not know"):
        await shop.channel.publish(order)


async def test_work_of_a_fulfillment_service_is_left_to_it(shop: Opened) -> None:
    """Lines that the store gave to another app are fulfilled by that app, not by us."""
    order = shop.order()
    (place,) = shop.store.locations
    own = FulfillmentService(id=1, handle="other", name="Other Prints", app_id=None, location_id=place.id)
    shop.store.locations[0] = Location(id=place.id, name=place.name, service=own)

    with pytest.raises(Rejected, match="Other Prints"):
        await shop.channel.publish(notice(order, 1))


async def test_a_number_of_an_unknown_carrier_is_told_with_its_address(shop: Opened) -> None:
    """A carrier that the store does not know keeps its name and its own page."""
    order = shop.order()
    await shop.channel.publish(notice(order, 1, carrier="Pigeon Post", url="https://example.com/t/1"))

    (parcel,) = shop.people.order(order.id).fulfillments
    assert ("Pigeon Post", "https://example.com/t/1") == (parcel.tracking[0].company, parcel.tracking[0].url)


def test_carriers_are_known_in_lower_case() -> None:
    """A provider's spelling is looked up in lower case, so every key must be."""
    assert all(name == name.lower() for name in CARRIERS)


async def test_holding_twice_is_one_hold(shop: Opened) -> None:
    """A hold has a handle: a second one under it changes nothing."""
    order = shop.order()

    await shop.channel.hold(order_ref(order), handle=HANDLE, note="under review")
    await shop.channel.hold(order_ref(order), handle=HANDLE, note="under review")

    (work,) = shop.people.order(order.id).work
    assert [(HANDLE, "under review")] == [(hold.handle, hold.notes) for hold in work.holds]
    assert 1 == shop.asked("MockSparkHold")


async def test_a_hold_that_somebody_placed_meanwhile_counts(shop: Opened) -> None:
    """The store refuses a second hold of one handle: then it is held, which was wanted."""
    order = shop.order()
    shop.spoil("timeout_after_commit", "MockSparkHold", seconds=0)
    with pytest.raises(OutcomeUnknown):
        await shop.channel.hold(order_ref(order), handle=HANDLE, note="")

    await shop.channel.hold(order_ref(order), handle=HANDLE, note="")

    assert 1 == len(shop.people.order(order.id).work[0].holds)


async def test_release_lifts_our_hold_only(shop: Opened) -> None:
    """Whoever else holds the order goes on holding it."""
    order = shop.order()
    await shop.channel.hold(order_ref(order), handle=HANDLE, note="")
    await shop.channel.hold(order_ref(order), handle="another", note="")
    shop.people.hold(order.id, notes="merchant's own")

    await shop.channel.release(order_ref(order), handle=HANDLE)
    await shop.channel.release(order_ref(order), handle=HANDLE)

    (work,) = shop.people.order(order.id).work
    assert ["another", "merchant"] == [hold.handle for hold in work.holds]


async def test_another_apps_hold_of_our_name_is_not_ours(shop: Opened) -> None:
    """Handles are unique per app only: somebody else's equal handle is neither our hold nor ours to lift."""
    order = shop.order()
    other = {"reason": "OTHER", "handle": HANDLE}
    hold(shop.sandbox, shop.store, gid("FulfillmentOrder", order.work[0].id), other, app_id=None)

    await shop.channel.release(order_ref(order), handle=HANDLE)
    assert 1 == len(shop.people.order(order.id).work[0].holds)
    await shop.channel.hold(order_ref(order), handle=HANDLE, note="")
    assert 2 == len(shop.people.order(order.id).work[0].holds)


async def test_one_number_on_other_lines_is_another_parcel(shop: Opened) -> None:
    """A number that the store knows from other lines says nothing about ours."""
    order = shop.order(LineDraft(), LineDraft(sku="HAT"))
    shop.people.ship(order.id, number="9400100000", line_ids=[order.lines[1].id])

    await shop.channel.publish(notice(order, 1))

    assert [{order.lines[1].id: 1}, {order.lines[0].id: 1}] == [
        contents(parcel) for parcel in shop.people.order(order.id).fulfillments
    ]


async def test_a_long_handle_is_shortened_alike(shop: Opened) -> None:
    """A handle beyond the store's limit stands for itself in a shorter form, always the same."""
    order, handle = shop.order(), "review-" * 20
    await shop.channel.hold(order_ref(order), handle=handle, note="")

    assert short_handle(handle) == shop.people.order(order.id).work[0].holds[0].handle
    await shop.channel.release(order_ref(order), handle=handle)
    assert [] == shop.people.order(order.id).work[0].holds


async def test_an_order_that_is_not_routed_is_held_later(shop: Opened) -> None:
    """There is nothing to hold before the store has made its work."""
    with pytest.raises(Unavailable):
        await shop.channel.hold(order_ref(shop.order(route=False)), handle=HANDLE, note="")


async def test_a_fulfilled_order_cannot_be_held(shop: Opened) -> None:
    """What has left cannot be kept back."""
    order = shop.order()
    shop.people.ship(order.id)

    with pytest.raises(Rejected):
        await shop.channel.hold(order_ref(order), handle=HANDLE, note="")


async def test_a_hold_without_the_scope_says_so() -> None:
    """Holding needs a writing scope of its own; without it a person has to grant one."""
    scopes = frozenset({"read_orders", "read_merchant_managed_fulfillment_orders"})
    async with opened_shop(scopes=scopes) as shop:
        with pytest.raises(NotAuthorized):
            await shop.channel.hold(order_ref(shop.order()), handle=HANDLE, note="")
