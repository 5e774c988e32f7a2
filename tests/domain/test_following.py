"""An item follows its store order: each change acts once, and what was sent is never changed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from mockspark.domain.contact import Address, Customer
from mockspark.domain.events import Actor, Stamp, StatusChanged
from mockspark.domain.following import StoreNews, beyond_reach, follow
from mockspark.domain.identity import ExternalRef, OrderId, OrderItemId, ShopId
from mockspark.domain.order import ChannelLine, ChannelOrder, Payment
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
STAMP = Stamp(at=START, by=Actor.store("memory"))
LINE = ExternalRef("memory", "line-1")


def an_order(**changes: Any) -> ChannelOrder:
    usual = ChannelOrder(
        ref=ExternalRef("memory", "1001"),
        name="#1001",
        placed_at=START,
        updated_at=START,
        payment=Payment.PAID,
        lines=(a_line(1),),
    )
    return evolve(usual, **changes)


def a_line(quantity: int, **changes: Any) -> ChannelLine:
    return evolve(ChannelLine(ref=LINE, title="Mug", quantity=quantity), **changes)


def an_item() -> OrderItem:
    return OrderItem.place(
        OrderItemId(UUID(int=1)),
        shop_id=ShopId("acme"),
        order_id=OrderId(UUID(int=2)),
        line=a_line(1),
        listing=None,
        design=None,
        hold=None,
        stamp=STAMP,
    )


def told(item: OrderItem, *orders: ChannelOrder) -> OrderItem:
    """Let *item* follow the tellings one after the other."""
    before = an_order()
    for after in orders:
        item = follow(item, StoreNews(before=before, after=after), STAMP)
        before = after
    return item


tellings = st.builds(
    an_order,
    payment=st.sampled_from(Payment),
    cancelled_at=st.none() | st.just(START),
    on_hold=st.sampled_from(["", "high_risk_of_fraud"]),
    note=st.sampled_from(["", "a gift"]),
    ship_to=st.none() | st.builds(Address, line1=st.sampled_from(["1 Main St", "2 Oak Ave"])),
    lines=st.builds(
        lambda quantity, done, answer: (
            a_line(quantity, fulfilled=done, personalization=(("Name", answer),)),
        ),
        st.integers(0, 4),
        st.integers(0, 2),
        st.sampled_from(["Zoë", "Bo"]),
    )
    | st.just(()),
)
live_items = st.sampled_from([Status.SENDING, Status.BEING_FULFILLED, Status.ON_HOLD]).map(
    lambda status: evolve(an_item(), status=status, live=True)
)


@given(st.lists(tellings, max_size=6))
def test_telling_the_same_again_changes_nothing(orders: list[ChannelOrder]) -> None:
    """I3: equal news acts once, whatever came before."""
    after = told(an_item(), *orders)
    last = orders[-1] if orders else an_order()

    again = follow(after, StoreNews(before=last, after=last), STAMP)

    assert (after, after.events) == (again, again.events)


@given(live_items, st.lists(tellings, max_size=6))
def test_what_was_sent_is_never_changed(item: OrderItem, orders: list[ChannelOrder]) -> None:
    """A6, D8: no news of the store changes status, pieces or design of an item at a provider."""
    after = told(item, *orders)

    assert (item.status, item.quantity, item.design, True) == (
        after.status,
        after.quantity,
        after.design,
        after.live,
    )


@given(st.lists(tellings, min_size=1, max_size=6))
def test_nothing_is_made_of_an_order_that_was_called_off(orders: list[ChannelOrder]) -> None:
    """D7: once cancelled in the store, an unsent item is canceled and stays so."""
    called_off = evolve(orders[-1], cancelled_at=START)

    assert Status.CANCELED is told(an_item(), *orders, called_off).status


@given(st.lists(tellings, max_size=6), st.integers(1, 4))
def test_an_unsent_item_has_the_quantity_of_its_line(orders: list[ChannelOrder], quantity: int) -> None:
    """Invariant 5: pieces equal the store's current quantity, or a flag or the end says why not."""
    after = told(an_item(), *orders, an_order(lines=(a_line(quantity),)))

    assert after.status is Status.CANCELED or after.quantity == quantity


@given(st.lists(tellings, max_size=6))
def test_every_status_change_has_one_entry(orders: list[ChannelOrder]) -> None:
    """Invariant 6: the entries form one chain from the beginning to the present status."""
    after = told(an_item(), *orders)

    moves = [event for event in after.events if isinstance(event, StatusChanged)]
    chain = [Status.GENERATING, *(move.after for move in moves)]
    assert (chain[:-1], chain[-1]) == ([move.before for move in moves], after.status)


def test_a_redacted_item_follows_nobody() -> None:
    """Who was forgotten is not learned again."""
    item = evolve(an_item(), redacted=True)

    assert item == told(item, an_order(lines=(a_line(3, personalization=(("Name", "Zoë"),)),)))


def test_only_what_a_provider_was_told_can_come_too_late() -> None:
    """D8: a note or a tag reaches no provider, an address, an e-mail and answers do."""
    before = an_order(ship_to=Address(line1="1 Main St"), customer=Customer(email="a@example.com"))
    after = evolve(
        before,
        note="hello",
        tags=("rush",),
        updated_at=START + timedelta(minutes=1),
        ship_to=Address(line1="2 Oak Ave"),
        customer=Customer(name="Zoë", email="b@example.com"),
    )

    late = beyond_reach(evolve(an_item(), status=Status.SENDING, live=True), before, after)

    assert ["customer email", "ship_to line1"] == [change.field for change in late]
    assert () == beyond_reach(an_item(), before, after)
