"""Sync reads the store now and says, field by field, what changed and what came too late."""

import pytest
from attrs import evolve

from mockspark.application.errors import NotFound, Unavailable
from mockspark.domain.contact import Customer
from mockspark.domain.events import Change
from mockspark.domain.identity import OrderItemId
from mockspark.domain.status import Status
from tests.application.intake import ANA, SHOP, Workshop, a_line, an_order, later, ref


async def test_a_sync_returns_the_differences_and_applies_them(workshop: Workshop) -> None:
    """R25: notes and customer are read again and the item shows them."""
    await workshop.list_mug()
    received = await workshop.receive(an_order())
    item = await workshop.only_item(received)
    workshop.channel.sell(
        later(
            an_order(), note="engrave it", customer=Customer(name="Zoë Doe", email="zoe@example.com", ref="9")
        )
    )

    report = await workshop.sync_order(SHOP, item.id, by=ANA)

    expected = [
        Change(field="customer name", before="Zoë Roe", after="Zoë Doe"),
        Change(field="note", before="", after="engrave it"),
    ]
    assert (expected, ()) == (list(report.changes), report.not_applied)
    assert "engrave it" == (await workshop.order(received.order_id)).snapshot.note


async def test_a_sync_says_what_came_too_late_for_the_provider(workshop: Workshop) -> None:
    """A10, D8: after sending, a new address is reported as not applied, a new note is not."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    await workshop.keep(evolve(item, status=Status.BEING_FULFILLED, live=True))
    address = an_order().ship_to
    assert address is not None
    workshop.channel.sell(later(an_order(), note="hello", ship_to=evolve(address, line1="2 Oak Ave")))

    report = await workshop.sync_order(SHOP, item.id, by=ANA)

    told = "ship_to line1 is 2 Oak Ave in the store now; the provider was told 1 Main St."
    assert (told,) == report.not_applied


async def test_a_change_of_another_line_is_not_this_items_trouble(workshop: Workshop) -> None:
    """Each item has its own life: a sibling's quantity is no news for one that was sent."""
    await workshop.list_mug()
    order = an_order(lines=(a_line(1), a_line(2)))
    item, _ = await workshop.items(await workshop.receive(order))
    await workshop.keep(evolve(item, status=Status.BEING_FULFILLED, live=True))
    workshop.channel.sell(later(order, lines=(a_line(1), a_line(2, quantity=3))))

    report = await workshop.sync_order(SHOP, item.id, by=ANA)

    assert ((), 1) == (report.not_applied, len(report.changes))


async def test_the_person_who_synced_stands_in_the_timeline(workshop: Workshop) -> None:
    """R30: who changed what is told."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    workshop.channel.sell(later(an_order(), note="engrave it"))

    await workshop.sync_order(SHOP, item.id, by=ANA)

    entries = await workshop.queries.timeline(SHOP, item.id)
    assert ["ana"] == [entry.actor for entry in entries if entry.kind == "order.synced"]


async def test_a_sync_without_news_reports_none(workshop: Workshop) -> None:
    """Equal is equal, however often one asks."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))

    report = await workshop.sync_order(SHOP, item.id, by=ANA)

    assert ((), ()) == (report.changes, report.not_applied)


async def test_an_order_that_the_store_does_not_know_is_said_so(workshop: Workshop) -> None:
    """A person who asks learns that the order is gone."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    workshop.channel.forget(ref(1001))

    report = await workshop.sync_order(SHOP, item.id, by=ANA)

    assert ("Nothing was read: the store does not show this order any more.",) == report.not_applied


async def test_a_store_that_is_away_is_said_so(workshop: Workshop) -> None:
    """A person is told, and nothing changes."""
    await workshop.list_mug()
    item = await workshop.only_item(await workshop.receive(an_order()))
    workshop.channel.fail(Unavailable("the store is away"))

    with pytest.raises(Unavailable):
        await workshop.sync_order(SHOP, item.id, by=ANA)


async def test_an_unknown_item_is_not_found(workshop: Workshop) -> None:
    """R56: what is not in the shop is not found."""
    with pytest.raises(NotFound):
        await workshop.sync_order(SHOP, OrderItemId(workshop.ids()), by=ANA)
