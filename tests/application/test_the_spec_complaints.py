"""The twenty-five complaints that merchants have about systems of this kind, and that nobody has about ours."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from attrs import evolve

from mockspark.adapters.memory.provider import (
    BareProvider,
    MemoryProviders,
    Silent,
    Unreachable,
)
from mockspark.application.attempt import RETRIES
from mockspark.application.errors import Rejected, Unavailable
from mockspark.application.ports.channels import OrderTold
from mockspark.application.ports.jobs import Retry
from mockspark.application.targets import Targets
from mockspark.application.use_cases.deliveries import AcceptWebhook, WorkInbox
from mockspark.domain.address_check import AddressLimits
from mockspark.domain.catalog import Match, PrintArea, ProviderVariant
from mockspark.domain.events import Flag
from mockspark.domain.holds import FIX, HoldReason
from mockspark.domain.identity import ListingId
from mockspark.domain.shop import Rules
from mockspark.domain.status import Status
from mockspark.domain.submission import ProviderOrder, Stage, SubmissionRequest, SubmissionState
from tests.application.acts import act, done, now, swept, told, tracked, without_answers
from tests.application.dispatch import PROVIDER, Dispatch, two_orders
from tests.application.intake import ANA, SHOP, START, a_line, a_listing, an_order, later, ref

HOME = an_order().ship_to
BACK = PrintArea(key="back", width_px=120, height_px=60)


def held_for(item: object) -> HoldReason | None:
    """Return the reason that an item waits for."""
    hold = getattr(item, "hold", None)
    return hold.reason if hold else None


# Twice, or not at all


async def test_nothing_is_printed_twice(bench: Dispatch) -> None:
    """D1: an order told twice, a double click and a lost answer lead to one item, one submission, one print."""
    first, second = await bench.received(an_order()), await bench.received(an_order())
    item = await bench.rendered(second[0])
    clicks = await asyncio.gather(*[bench.send(item) for _ in range(3)])
    (sent,) = [row.submission_id for report in clicks for row in report.done]
    bench.provider.next_call(Silent(but_accepted=True), Silent(but_accepted=True))
    done_ = await bench.run(sent)

    assert [known.id for known in first] == [known.id for known in second]
    assert [item.id] == bench.provider.printed
    assert {done_.id.hex} == {order.request.external_id for order in bench.provider.orders.values()}


async def test_a_repeated_webhook_changes_nothing(bench: Dispatch) -> None:
    """D2: deliveries are known by their id, and orders by theirs; also when they come at the same time."""
    shop = bench.shop
    accept = AcceptWebhook(directory=shop.directory, channels=shop.channels, inbox=shop.inbox)
    order = an_order()
    shop.channel.sell(order)
    news = [
        shop.door.delivery(SHOP, OrderTold(ref=order.ref, order=order), at=shop.clock(), id=name)
        for name in ("a", "a", "b")
    ]

    kept = [await accept("memory", delivery) for delivery in news]
    work = WorkInbox(
        store=shop.store, directory=shop.directory, inbox=shop.inbox, channels=shop.channels,
        clock=shop.clock, refresh_order=shop.refresh_order, redact_customer=shop.redact_customer,
        apply_report=bench.apply_report,
    )  # fmt: skip
    await work()

    received = await shop.receive(order)
    assert [True, False, True] == kept
    assert (False, 1) == (received.fresh, len(received.items))


async def test_nothing_is_printed_blank(bench: Dispatch) -> None:
    """D3: an item without a file for each required area is neither ready nor sent; it waits and says so."""
    await bench.shop.list_mug(version=1, print_areas=(*a_listing().print_areas, BACK))
    (item,) = await bench.received(an_order())
    made = await bench.rendered(item)
    generated = await bench.shop.generate((await bench.received(an_order(1002, lines=(a_line(2),))))[0])

    assert (Status.ON_HOLD, False) == (made.status, made.files_current)
    assert HoldReason.BLANK_OR_PLACEHOLDER_ART is held_for(generated)
    assert not (await bench.send(made)).done
    assert [] == bench.provider.calls


async def test_what_the_provider_left_out_is_noticed(bench: Dispatch) -> None:
    """D4: what it took is compared with what was sent, line by line; the missing one waits alone."""
    first, second = await bench.ready(*two_orders())
    submission = await bench.sent(first, second)
    short = MemoryProviders(shops={PROVIDER: Forgetful(bench.provider)})

    await evolve(bench.submit, providers=short)(SHOP, submission.id)

    assert [Status.BEING_FULFILLED, Status.ON_HOLD] == await bench.statuses(first, second)
    assert HoldReason.PROVIDER_REJECTED is held_for(await now(bench, second))


class Forgetful(BareProvider):
    """A print shop that takes the first line only."""

    async def submit(self, request: SubmissionRequest) -> Sequence[ProviderOrder]:
        """Take a part of *request*."""
        return await self.shop.submit(evolve(request, lines=request.lines[:1]))


async def test_a_missing_personalization_is_entered_by_hand(bench: Dispatch) -> None:
    """D5: a paid line that nobody personalized is there, waits with its fix, and goes on after Redesign."""
    (item,) = await bench.received(without_answers(an_order()))
    (sample,) = await bench.received(an_order(1002, lines=(a_line(2),)))

    entered = await bench.shop.redesign(SHOP, item.id, design=sample.design, by=ANA)

    assert HoldReason.MISSING_PERSONALIZATION is held_for(item)
    assert "Redesign" in FIX[HoldReason.MISSING_PERSONALIZATION]
    assert Status.READY_TO_FULFILL is (await bench.shop.generate(entered)).status


# What happens in the store


async def test_what_somebody_else_fulfilled_is_not_printed(bench: Dispatch) -> None:
    """D6: only our own sending orders anything; another way in the store is noticed, before and after sending."""
    noticed, (waiting,) = (
        await bench.ready(an_order(1001)),
        await bench.ready(an_order(1002, lines=(a_line(2),))),
    )
    (item,) = noticed
    before = list(bench.provider.calls)
    await told(bench, an_order(1001), lines=(a_line(fulfilled=1),))
    refused = await act(bench, "send", item)
    submission = await bench.sent(waiting)
    bench.shop.channel.sell(later(an_order(1002, lines=(a_line(2, fulfilled=1),))))
    await bench.run(submission.id)
    (late,) = [await bench.received(an_order(1003, lines=(a_line(3, fulfilled=1),)))]

    assert [] == before
    assert not refused.done
    assert Flag.FULFILLED_ELSEWHERE in (await now(bench, item)).flags
    assert ([], []) == (bench.provider.printed, list(late))


@pytest.mark.parametrize("when", ["before sending", "before the call", "after the call"])
async def test_what_is_called_off_is_not_printed(bench: Dispatch, when: str) -> None:
    """D7: the store is read again before each call; what is at the provider is asked back."""
    (item,) = await bench.ready()
    submission = None if when == "before sending" else await bench.sent(item)
    if when == "after the call" and submission:
        await bench.run(submission.id)
    off = later(an_order(), cancelled_at=START)
    bench.shop.channel.sell(off)
    if when == "after the call":
        await bench.shop.receive(off)
        await bench.carry_out_cancel(SHOP, item.id)
        assert [Stage.CANCELED] == [order.stage for order in bench.provider.orders.values()]
    elif submission:
        await bench.run(submission.id)
        await bench.carry_out_cancel(SHOP, item.id)
    else:
        await bench.send(item)

    assert Status.CANCELED is (await now(bench, item)).status
    assert (1 if when == "after the call" else 0) == len(bench.provider.printed)


async def test_a_change_in_the_store_is_followed_or_said_to_be_too_late(bench: Dispatch) -> None:
    """D8: quantity and address are followed before sending; afterwards a sync says what was not applied."""
    (item,) = await bench.ready()
    assert HOME is not None
    two = await told(bench, an_order(), lines=(a_line(quantity=2, ordered=2),))
    followed = await now(bench, item)
    await bench.run((await bench.sent(followed)).id)
    bench.shop.channel.sell(later(two, ship_to=evolve(HOME, line1="9 Other St")))

    report = await bench.shop.sync_order(SHOP, item.id, by=ANA)

    late = await now(bench, item)
    assert (2, 2) == (followed.quantity, followed.store_quantity)
    assert "9 Other St" in " ".join(report.not_applied)
    assert Flag.STORE_CHANGED in late.flags


async def test_a_design_belongs_to_one_item(bench: Dispatch) -> None:
    """D9: neither another item's redesign nor a changed template alters what a customer ordered."""
    first, second = await bench.ready(*two_orders())
    assert first.design is not None
    layers = [{**layer, "text": "Other"} for layer in first.design.document["layers"]]
    await bench.shop.redesign(SHOP, first.id, design=first.design.with_layers(layers), by=ANA)
    await bench.shop.list_mug(version=1, template=first.design)

    kept = await now(bench, second)

    assert (second.design, 1, second.files) == (kept.design, kept.design_version, kept.files)


# What is mapped and where it goes


async def test_a_renamed_sku_is_still_recognised(bench: Dispatch) -> None:
    """D14: the variant's id maps the product whatever its SKU says; what is not mapped waits for its mapping."""
    by_id = a_listing(id=ListingId(uuid4()), match=Match.VARIANT, key="variant-1")
    async with bench.shop.store.begin(SHOP) as work:
        await work.listings.save(by_id)
    (renamed,) = await bench.received(an_order(lines=(a_line(sku="TYPO"),)))
    unknown = a_line(2, sku="NEW-1", personalization=(("_design_id", "1"), ("Name", "Bo")))
    (waiting,) = await bench.received(an_order(1002, lines=(unknown,)))
    mapping = a_listing(id=ListingId(uuid4()), key="NEW-1")

    await bench.shop.save_listing(SHOP, mapping, by=ANA)

    assert by_id.id == renamed.listing_id
    assert HoldReason.UNMAPPED_PRODUCT is held_for(waiting)
    assert Status.GENERATING is (await now(bench, waiting)).status


async def test_an_incomplete_address_is_not_sent(bench: Dispatch) -> None:
    """D15: the field is named and the item waits; a person can vouch for an address under a name."""
    assert HOME is not None
    (item,) = await bench.ready(an_order(ship_to=evolve(HOME, postal_code="")))
    refused = await act(bench, "send", item)
    held = held_for(await now(bench, item))
    await done(bench, "release", item, address_confirmed=True, note="the buyer says so")

    sent = await act(bench, "send", item)

    assert HoldReason.ADDRESS_INCOMPLETE is held
    assert ("address_incomplete", True) == (refused.code, "postal code" in refused.refusal)
    assert sent.done
    assert "item.address_confirmed" in await bench.shop.kinds(item)


async def test_a_providers_limits_are_checked_before_it_is_asked(bench: Dispatch) -> None:
    """D16: characters per line and Latin letters are declared by the provider's adapter."""
    facts = evolve(
        bench.providers.facts(PROVIDER), limits=AddressLimits(max_length={"line1": 35}, latin_only=True)
    )
    bench.described[PROVIDER] = facts
    assert HOME is not None
    long, cyrillic = await bench.ready(
        an_order(1001, ship_to=evolve(HOME, line1="A street whose name is longer than thirty-five")),
        an_order(1002, lines=(a_line(2),), ship_to=evolve(HOME, name="Мария")),
    )

    report = await bench.send(long, cyrillic)

    assert ["address_limit", "address_limit"] == [row.code for row in report.refused]
    assert [Status.ON_HOLD] * 2 == await bench.statuses(long, cyrillic)
    assert [] == bench.provider.calls


# Consolidation


async def test_shipping_is_paid_once(bench: Dispatch) -> None:
    """D17: two orders to one door are one parcel, and the saving is shown and kept."""
    items = await bench.ready(*two_orders())

    plan = await bench.plan_submissions(SHOP, Targets.of(*(item.id for item in items)))
    submission = await bench.sent(*items)

    assert 1 == len(plan.parcels)
    assert plan.saving is not None
    assert plan.saving.minor > 0
    assert submission.quoted is not None
    assert plan.saving == submission.quoted.saving


async def test_merging_never_joins_strangers(bench: Dispatch) -> None:
    """D18: spelling does not part a door, a person or a flat does; a member can be left out; each order is told."""
    assert HOME is not None
    doors = [
        HOME, evolve(HOME, line1="1 MAIN St."), evolve(HOME, name="Ada Roe"), evolve(HOME, line2="Apt 2"), HOME,
    ]  # fmt: skip
    items = await bench.ready(
        *(an_order(1001 + n, lines=(a_line(n),), ship_to=door) for n, door in enumerate(doors))
    )

    report = await bench.send(*items, alone=[items[4].id])
    groups = [row.submission_id for row in report.results]

    assert groups[0] == groups[1]
    assert 4 == len(set(groups))


async def test_every_order_of_a_parcel_hears_of_it(bench: Dispatch) -> None:
    """D18: the store's own orders stay as they are; the tracking number is written to each of them."""
    submission, items = await bench.accepted(*two_orders())
    bench.provider.ship("1Z1")
    await bench.track(SHOP, submission.id)
    for item in items:
        await bench.publish_shipments(SHOP, item.order_id)

    told_to = [(notice.order, notice.number) for notice in bench.shop.channel.published]
    assert [(ref(1001), "1Z1"), (ref(1002), "1Z1")] == told_to


# The provider's news


async def test_late_news_never_leads_backward(bench: Dispatch) -> None:
    """D19: an old status after a newer one moves nothing, and a second parcel leaves the first where it is."""
    _, (item,) = await bench.accepted(an_order(lines=(a_line(quantity=2, ordered=2),)))
    bench.provider.ship("1Z1")
    await tracked(bench, item)
    bench.provider.ship("1Z2")
    bench.provider.advance(Stage.IN_PRODUCTION)

    after = await tracked(bench, item)

    assert Status.FULFILLED is after.status
    assert ["1Z1", "1Z2"] == [shipment.number for shipment in after.shipments]


async def test_nothing_is_stuck_for_ever(bench: Dispatch) -> None:
    """D20: a provider that stays away is tried a bounded number of times, then the item waits with the reason."""
    (item,) = await bench.ready()
    bench.provider.next_call(*[Unreachable()] * 20)

    over = await bench.run((await bench.sent(item)).id)

    assert (SubmissionState.REFUSED, len(RETRIES) + 1) == (over.state, over.attempts)
    assert HoldReason.PROVIDER_UNREACHABLE is held_for(await now(bench, item))


async def test_providers_are_asked_besides_their_webhooks(bench: Dispatch) -> None:
    """D20: a webhook that never came is made up for by asking, as long as something can change."""
    submission, _ = await bench.accepted(an_order())
    bench.shop.clock.advance(minutes=6)
    await swept(bench)

    assert submission.next_poll_at is not None
    assert submission.next_poll_at < bench.shop.clock()
    assert "submission.poll" in await bench.shop.queued()


async def test_the_store_is_told_of_tracking_until_it_knows(bench: Dispatch) -> None:
    """D21: once, with the store's own id kept; a failure is tried again, and flagged when it lasts."""
    submission, (item,) = await bench.accepted(an_order())
    bench.provider.ship("1Z1")
    await bench.track(SHOP, submission.id)
    bench.shop.channel.fail(Unavailable("away"), Rejected("another app manages it"))
    with pytest.raises(Retry):
        await bench.publish_shipments(SHOP, item.order_id)
    await bench.publish_shipments(SHOP, item.order_id)
    flagged = (await now(bench, item)).flags
    await bench.publish_shipments(SHOP, item.order_id)
    await bench.publish_shipments(SHOP, item.order_id)

    known = await now(bench, item)
    assert ((Flag.STORE_NOT_TOLD,), ()) == (flagged, known.flags)
    assert 1 == len(bench.shop.channel.published)
    assert [True] == [shipment.published is not None for shipment in known.shipments]


async def test_an_order_in_several_parcels_says_what_is_where(bench: Dispatch) -> None:
    """D22: one submission may become several provider orders, and each item knows its own parcels."""
    bench.provider.splits = True
    submission, (first, second) = await bench.accepted(*two_orders())
    bench.provider.ship("1Z1", only=[first.id.hex])

    one, other = await tracked(bench, first), await tracked(bench, second)

    assert 2 == len(submission.provider_orders)
    assert [("1Z1", 1)] == [(shipment.number, shipment.quantity) for shipment in one.shipments]
    assert (Status.FULFILLED, Status.BEING_FULFILLED, ()) == (one.status, other.status, other.shipments)


async def test_what_is_out_of_stock_keeps_no_sibling_back(bench: Dispatch) -> None:
    """D23: the item waits with its fix, the rest of the order is printed."""
    gone = a_listing(id=ListingId(uuid4()), key="GONE", available=False)
    async with bench.shop.store.begin(SHOP) as work:
        await work.listings.save(gone)
    both = await bench.received(an_order(lines=(a_line(1), a_line(2, sku="GONE"))))
    good, bad = sorted(both, key=lambda item: item.sku, reverse=True)
    await bench.run((await bench.sent(await bench.rendered(good))).id)

    assert [Status.BEING_FULFILLED, Status.ON_HOLD] == await bench.statuses(good, bad)
    assert HoldReason.OUT_OF_STOCK is held_for(bad)
    assert "another variant" in FIX[HoldReason.OUT_OF_STOCK]


async def test_what_went_out_of_stock_leaves_the_parcel(bench: Dispatch) -> None:
    """D23: asked again when sending: the missing blank waits, and the others of its parcel go."""
    variant = ProviderVariant(keys={"variant_id": "gone"}, title="15 oz")
    async with bench.shop.store.begin(SHOP) as work:
        await work.listings.save(a_listing(id=ListingId(uuid4()), key="MUG-15", provider_variant=variant))
    items = await bench.ready(an_order(1001), an_order(1002, lines=(a_line(2, sku="MUG-15"),)))
    bench.provider.stock["gone"] = False
    report = await bench.send(*items)
    bench.provider.stock["gone"] = True

    assert [(True, ""), (False, "out_of_stock")] == [(row.done, row.code) for row in report.results]
    assert [Status.SENDING, Status.ON_HOLD] == await bench.statuses(*items)
    assert "15 oz" in report.refused[0].refusal
    assert (await act(bench, "send", items[1])).done


async def test_it_is_clear_what_can_still_be_cancelled(bench: Dispatch) -> None:
    """D24: freely during the grace delay, by asking afterwards, and the provider's no is shown in its words."""
    await bench.shop.decide(Rules(grace_s=120))
    (early,) = await bench.ready()
    submission = await bench.sent(early)
    waits = submission.not_before - submission.planned_at
    await done(bench, "cancel", early)
    await bench.carry_out_cancel(SHOP, early.id)
    bench.provider.cancels = False
    _, (late,) = await bench.accepted(an_order(1002, lines=(a_line(2),)))
    await done(bench, "cancel", late)
    await bench.carry_out_cancel(SHOP, late.id)

    refused = await now(bench, late)
    assert timedelta(seconds=120) == waits
    assert Status.CANCELED is (await now(bench, early)).status
    assert (Status.BEING_FULFILLED, True) == (refused.status, Flag.CANCEL_REFUSED in refused.flags)
    assert [late.id] == bench.provider.printed


async def test_files_are_there_for_the_provider_under_safe_names(bench: Dispatch) -> None:
    """D25: plain, distinct names and addresses that hold for months, the same on each attempt, with digests."""
    orders = [evolve(order, name=f"#~{n}^ Ünï/0") for n, order in enumerate(two_orders())]
    items = await bench.ready(*orders)
    bench.provider.next_call(Unreachable())
    submission = await bench.sent(*items)
    before = submission.request
    after = (await bench.run(submission.id)).request

    links = [link for asked in before.lines for link in asked.files]
    names = [urlsplit(link.url).path.rpartition("/")[2] for link in links]
    assert before.lines == after.lines
    assert len(names) == len(set(names)) == 2
    assert all(name.isascii() and not set(name) & set("~^#/ ") for name in names)
    assert all(len(link.sha256) == 64 for link in links)
