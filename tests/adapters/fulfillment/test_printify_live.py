"""Printify over real HTTP against the local one: what is printed, and what happens when answers get lost."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from attrs import define, evolve

from mockspark.adapters.fulfillment.printify import PLUGIN, Printify
from mockspark.adapters.jobs.limits import MemoryRateLimiter
from mockspark.adapters.remote import Pool
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, Rejected, Unavailable
from mockspark.application.ports.fulfillment import WebhookDelivery
from mockspark.domain.catalog import ProviderVariant
from mockspark.domain.contact import Address
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import OrderId, OrderItemId, SubmissionId
from mockspark.domain.money import Money
from mockspark.domain.submission import FileLink, ParcelState, Stage, SubmissionLine, SubmissionRequest
from tests.adapters.sandbox.printify_client import NOON, Receiver, printify, receiver
from tests.adapters.sandbox.printify_client import Printify as Local

MUG = {"blueprint_id": "68", "print_provider_id": "9", "variant_id": "33719"}
EUROPEAN_MUG = {**MUG, "print_provider_id": "28"}
SHIRT = {"blueprint_id": "5", "print_provider_id": "41", "variant_id": "17599"}
SOLD_OUT = {"blueprint_id": "77", "print_provider_id": "8", "variant_id": "32900"}
POSTER = {"blueprint_id": "282", "print_provider_id": "2", "variant_id": "43135"}
SINCE = NOON - timedelta(minutes=1)
SECRET = "hook-secret"


@define
class Bench:
    """The local Printify and our account at it."""

    local: Local
    ours: Printify
    pool: Pool

    def opened(self, **settings: str) -> Printify:
        account = self.local.account
        told = {"token": account.token, "shop_id": str(account.shop.id), **settings}
        clock = self.local.sandbox.agenda.now
        ours = PLUGIN.open(self.pool, told, api_url=self.local.url, hook_secret=SECRET, clock=clock)
        assert isinstance(ours, Printify)
        return ours

    @property
    def known(self) -> list[dict[str, Any]]:
        """Return every order that the local Printify has."""
        return self.local.sandbox.orders()

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [(call["method"], call["path"].rpartition("/")[2]) for call in self.local.sandbox.requests]


@pytest.fixture
async def bench() -> AsyncGenerator[Bench]:
    async with printify() as local:
        pool = Pool.open()
        made = Bench(local, None, pool)  # type: ignore[arg-type]  # it opens itself in the next line
        made.ours = made.opened()
        try:
            yield made
        finally:
            await pool.aclose()


@pytest.fixture
async def files() -> AsyncGenerator[Receiver]:
    async with receiver() as kept:
        yield kept


def line(
    number: int, keys: dict[str, str] = MUG, *, quantity: int = 1, areas: tuple[str, ...] = ("front",)
) -> SubmissionLine:
    return SubmissionLine(
        item_id=OrderItemId(UUID(int=number)),
        order_id=OrderId(UUID(int=500 + number)),
        order_name=f"#{1000 + number}",
        title="Mug",
        quantity=quantity,
        variant=ProviderVariant(keys=keys),
        files=tuple(
            FileLink(
                area=area,
                url=f"https://files.test/{number}-{area}.png",
                sha256=f"{number:032x}{len(area):032x}",
                width_px=2475,
                height_px=1155,
            )
            for area in areas
        ),
        price=Money(minor=1990, currency="USD"),
    )


def request(*lines: SubmissionLine, number: int = 1, **more: Any) -> SubmissionRequest:
    told: dict[str, Any] = {
        "ship_to": Address(
            name="Ada Mary Byron", line1="12 Main St", city="Springfield", region="IL", postal_code="62704",
            country="US", phone="+12175550100",
        ),
        "email": "ada@example.com",
        **more,
    }  # fmt: skip
    return SubmissionRequest(id=SubmissionId(UUID(int=number)), lines=lines or (line(1),), **told)


async def test_an_order_goes_from_draft_to_door(bench: Bench) -> None:
    """A draft waits for our word, then advances line by line until its parcel is known."""
    (order,) = await bench.ours.submit(request(line(1, quantity=2), line(2)))
    assert order.draft
    assert Stage.DRAFT is (await bench.ours.fetch(order.ref)).stage

    bench.local.sandbox.advance_order(order.ref.id, "on-hold")
    await bench.ours.confirm(order.ref)
    assert Stage.ACCEPTED is (await bench.ours.fetch(order.ref)).stage

    bench.local.sandbox.advance_order(order.ref.id, "fulfilled")
    report = await bench.ours.fetch(order.ref)

    assert (Stage.DONE, request().id.hex) == (report.stage, report.external_id)
    assert [(line(1).key, 2), (line(2).key, 1)] == [(told.key, told.quantity) for told in report.lines]
    assert [((line(1).key, 2), (line(2).key, 1))] == [parcel.lines for parcel in report.parcels]
    assert Money(minor=3 * 516, currency="USD") == report.items_cost


@pytest.mark.parametrize("keys", [MUG, {**MUG, "design": "product"}])
async def test_a_lost_answer_is_found_and_adopted(bench: Bench, keys: dict[str, str]) -> None:
    """The order was taken and its answer lost: looking finds it, and asking again makes no second one."""
    wanted = request(line(1, keys))
    bench.local.sandbox.fail("reset", path_regex="/orders.json", method="POST", after_commit=True)

    with pytest.raises(OutcomeUnknown):
        await bench.ours.submit(wanted)
    found = await bench.ours.find(wanted.id, since=SINCE)
    again = await bench.ours.submit(wanted)

    assert [order["id"] for order in bench.known] == [order.ref.id for order in found]
    assert [order.ref for order in found] == [order.ref for order in again]


async def test_an_order_that_never_arrived_is_not_found(bench: Bench) -> None:
    """The connection broke before the order was taken: looking finds nothing, so it may be sent again."""
    bench.local.sandbox.fail("reset", path_regex="/orders.json", method="POST")

    with pytest.raises(OutcomeUnknown):
        await bench.ours.submit(request())

    assert [] == await bench.ours.find(request().id, since=SINCE)


async def test_looking_goes_through_the_pages_and_stops_in_time(bench: Bench) -> None:
    """Ten orders a page, newest first: the search ends at orders that are older than the attempt."""
    wanted = request(number=777)
    for number in range(1, 35):
        await bench.ours.submit(request(number=number))
    bench.local.sandbox.advance(3600)
    since = bench.local.sandbox.agenda.now()
    (order,) = await bench.ours.submit(wanted)
    for number in range(100, 112):
        await bench.ours.submit(request(number=number))
    bench.local.sandbox.requests.clear()

    assert [order.ref] == [found.ref for found in await bench.ours.find(wanted.id, since=since)]
    assert [("GET", "orders.json")] * 3 == bench.calls


async def test_a_name_of_digits_alone_does_not_become_a_number(bench: Bench) -> None:
    """Printify keeps a reference of digits as a number, which loses zeros in front: ours never is one."""
    wanted = request(number=1)
    assert wanted.external_id.isdecimal()
    (order,) = await bench.ours.submit(wanted)

    assert [order.ref] == [told.ref for told in await bench.ours.find(wanted.id, since=SINCE)]
    assert wanted.external_id == (await bench.ours.fetch(order.ref)).external_id


async def test_two_areas_become_a_product_first(bench: Bench) -> None:
    """Pictures are uploaded and a product is made before the order; its notes keep it from being made again."""
    wanted = request(line(1, SHIRT, areas=("front", "back"), quantity=3))

    notes = await bench.ours.prepare(wanted)
    prepared = evolve(wanted, notes=notes)
    again = await bench.ours.prepare(prepared)
    (order,) = await bench.ours.submit(prepared)

    shop = bench.local.account.shop
    assert (1, {}) == (len(shop.products), again)
    product = next(iter(shop.products.values()))
    assert {f"product:{line(1).key}": product.id} == notes
    assert f"{line(1).key}x3" == product.variants[0].sku
    (sold,) = shop.orders[order.ref.id].lines
    assert (product.id, 3, str(line(1).item_id)) == (sold.product_id, sold.quantity, sold.external_id)


@pytest.mark.parametrize("path", ["images.json", "products.json"])
async def test_a_lost_answer_before_the_order_is_no_riddle(bench: Bench, path: str) -> None:
    """Uploads and products print nothing: they can simply be made again."""
    bench.local.sandbox.fail("reset", path_regex=path, after_commit=True)

    with pytest.raises(Unavailable):
        await bench.ours.submit(request(line(1, {**MUG, "design": "product"})))

    assert [] == bench.known


async def test_the_parcel_of_a_made_product_is_known_by_its_sku(bench: Bench, files: Receiver) -> None:
    """Webhooks are signed, and tell by SKU which of our lines travel in which of two parcels."""
    await bench.ours.subscribe(f"{files.url}/hooks", SECRET)
    keys = [{**MUG, "design": "product"}, {**EUROPEAN_MUG, "design": "product"}]
    (order,) = await bench.ours.submit(request(line(1, keys[0], quantity=2), line(2, keys[1])))
    bench.local.sandbox.advance_order(order.ref.id, "fulfilled")
    await bench.local.sandbox.settle()

    hints = [bench.ours.read_webhook(_delivery(each)) for each in files.arrived]
    parcels = [parcel for hint in hints for report in hint.reports for parcel in report.parcels]

    assert {order.ref} == {ref for hint in hints for ref in hint.refs}
    assert [((line(1).key, 2),), ((line(2).key, 1),)] == [parcel.lines for parcel in parcels]
    assert {ParcelState.IN_TRANSIT} == {parcel.state for parcel in parcels}
    told = (await bench.ours.fetch(order.ref)).parcels
    assert ([p.number for p in parcels], [(), ()]) == ([p.number for p in told], [p.lines for p in told])


def _delivery(arrived: Any) -> WebhookDelivery:
    headers = {name.lower(): value for name, value in arrived.headers.items()}
    return WebhookDelivery(headers=headers, body=arrived.body, received_at=NOON)


async def test_subscribing_is_done_once(bench: Bench) -> None:
    """Each topic is subscribed once, however often it is asked for; another address is another subscription."""
    for url in ("https://a.test/hooks", "https://a.test/hooks", "https://b.test/hooks"):
        await bench.ours.subscribe(url, SECRET)

    topics = sorted((hook.topic, hook.url) for hook in bench.local.account.shop.webhooks.values())
    assert len(set(topics)) == len(topics)
    assert 8 == len(topics)


async def test_express_may_make_two_orders_and_both_are_found_again(bench: Bench) -> None:
    """What cannot go by Express becomes a second order; a repetition adopts both."""
    wanted = request(line(1, MUG), line(2, POSTER), options={"shipping_method": "express"})

    placed = await bench.ours.submit(wanted)
    again = await bench.ours.submit(wanted)

    assert 2 == len(placed)
    assert {order.ref for order in placed} == {order.ref for order in again}
    assert 2 == len(bench.known)


async def test_economy_makes_products_because_it_must(bench: Bench) -> None:
    """Economy takes existing products only, so they are made without anybody asking."""
    (order,) = await bench.ours.submit(request(line(1, MUG), options={"shipping_method": "economy"}))

    assert 4 == bench.local.account.shop.orders[order.ref.id].shipping_method


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"options": {"shipping_method": "teleport"}}, HoldReason.SHIPPING_NOT_POSSIBLE),
        (
            {"ship_to": Address(name="A", line1="1 St", city="C", postal_code="1", country="US")},
            HoldReason.ADDRESS_INCOMPLETE,
        ),
        ({"email": "", "options": {"shipping_method": "express"}}, HoldReason.ADDRESS_INCOMPLETE),
        ({"lines": (line(1, {"variant_id": "33719"}),)}, HoldReason.UNMAPPED_PRODUCT),
        ({"lines": (line(1, {**MUG, "variant_id": "x"}),)}, HoldReason.UNMAPPED_PRODUCT),
        ({"lines": (line(1, areas=()),)}, HoldReason.RENDER_FAILED),
        ({"lines": tuple(line(n) for n in range(51))}, HoldReason.PROVIDER_REJECTED),
        (
            {"lines": (line(1, {**MUG, "design": "direct"}),), "options": {"shipping_method": "economy"}},
            HoldReason.SHIPPING_NOT_POSSIBLE,
        ),
    ],
)
async def test_what_cannot_be_taken_is_refused_here(
    bench: Bench, change: dict[str, Any], reason: HoldReason
) -> None:
    """Errors must stay under five percent of all calls, so mistakes that can be seen are not sent."""
    with pytest.raises(Rejected) as refusal:
        await bench.ours.submit(evolve(request(), **change))

    assert (reason, []) == (refusal.value.reason, bench.calls)


async def test_what_printify_refuses_is_held_for_the_right_reason(bench: Bench, files: Receiver) -> None:
    """A picture that cannot be fetched and a method that does not go there are told apart."""
    gone = evolve(line(1).files[0], url=f"{files.url}/files/gone.png")
    with pytest.raises(Rejected, match="cURL") as download:
        await bench.ours.submit(request(evolve(line(1), files=(gone,))))
    far = evolve(request().ship_to, country="NZ", region="")
    with pytest.raises(Rejected) as method:
        await bench.ours.submit(request(ship_to=far, options={"shipping_method": "priority"}, number=2))

    assert (HoldReason.PROVIDER_REJECTED, "10300") == (download.value.reason, download.value.remote_code)
    assert HoldReason.SHIPPING_NOT_POSSIBLE is method.value.reason


async def test_confirming_twice_prints_once(bench: Bench) -> None:
    """The second confirmation is refused there and harmless here."""
    (order,) = await bench.ours.submit(request())
    bench.local.sandbox.advance_order(order.ref.id, "on-hold")

    await bench.ours.confirm(order.ref)
    await bench.ours.confirm(order.ref)

    assert ["sending-to-production"] == [known["status"] for known in bench.known]


async def test_a_canceled_draft_cannot_be_confirmed(bench: Bench) -> None:
    """Confirming what was canceled meanwhile is refused."""
    (order,) = await bench.ours.submit(request())
    bench.local.sandbox.advance_order(order.ref.id, "canceled")

    with pytest.raises(Rejected):
        await bench.ours.confirm(order.ref)


async def test_cancelling_ends_with_production(bench: Bench) -> None:
    """A waiting order is canceled, once and again; one that is on the press is not."""
    (waiting,) = await bench.ours.submit(request(number=1))
    (printing,) = await bench.ours.submit(request(number=2))
    bench.local.sandbox.advance_order(waiting.ref.id, "on-hold")
    bench.local.sandbox.advance_order(printing.ref.id, "in-production")

    answers = [await bench.ours.cancel(ref) for ref in (waiting.ref, waiting.ref, printing.ref)]

    assert [True, True, False] == [answer.cancelled for answer in answers]
    assert "in-production" in answers[2].words
    assert Stage.CANCELED is (await bench.ours.fetch(waiting.ref)).stage


async def test_travelling_together_is_cheaper(bench: Bench) -> None:
    """Quotes name every method that goes, under any of three vocabularies, and count equal blanks together."""
    alone = await bench.ours.quote(request(line(1)))
    assert Money(minor=399, currency="USD") == alone.shipping["standard"]
    assert {"standard", "priority", "express"} == set(alone.shipping)
    for keys in ("old", "current", "announced"):
        bench.local.sandbox.set(quote_keys=keys)
        together = await bench.ours.quote(request(line(1), line(2)))
        assert Money(minor=399 + 199, currency="USD") == together.shipping["standard"]
        assert Money(minor=399 + 560 + 199 + 240, currency="USD") == together.shipping["priority"]


async def test_the_dialog_offers_what_goes_there(bench: Bench) -> None:
    """A poster to New Zealand goes by standard alone."""
    far = evolve(request().ship_to, country="NZ", region="")
    form = await bench.ours.form(request(line(1, POSTER), ship_to=far))
    question = form.field("shipping_method")

    assert question is not None
    assert ["standard"] == [value for value, _ in question.choices]


async def test_stock_is_asked_once_in_a_while(bench: Bench) -> None:
    """Sold-out blanks are told from others, and the answer is kept for a few minutes."""
    wanted = [MUG, SOLD_OUT, {**MUG, "variant_id": "1"}, {}, {**MUG, "blueprint_id": "424242"}]
    assert [True, False, False, False, False] == await bench.ours.available(wanted)

    calls = len(bench.calls)
    bench.local.sandbox.stock(68, 9, 33719, available=False)
    assert [True] == await bench.ours.available([MUG])
    assert calls == len(bench.calls)

    bench.local.sandbox.advance(301)
    assert [False] == await bench.ours.available([MUG])


async def test_the_catalogue_shows_what_is_sold_out(bench: Bench) -> None:
    """Sold-out variants are in the catalogue, marked as such, with exact print areas."""
    hoodies = [blank async for blank in bench.ours.catalog("hooded sweatshirt")]

    assert {True, False} == {blank.available for blank in hoodies}
    assert [("front", 1800, 1500), ("back", 1800, 2100)] == [
        (area.key, area.width_px, area.height_px) for area in hoodies[0].print_areas
    ]
    assert {"77"} == {blank.keys["blueprint_id"] for blank in hoodies}


async def test_an_account_introduces_itself(bench: Bench) -> None:
    """The shop is named; a foreign shop or token is told with what to do."""
    assert "Pinewood Prints" in await bench.ours.check()
    with pytest.raises(NotAuthorized, match=r"it reaches 5432 \(Pinewood Prints\)"):
        await bench.opened(shop_id="1").check()
    with pytest.raises(NotAuthorized, match="make a new token"):
        await bench.opened(token="wrong").check()


async def test_a_stuck_line_does_not_stop_its_siblings(bench: Bench) -> None:
    """One line has issues; the other stays what it is, and the reason tells a person what to do."""
    (order,) = await bench.ours.submit(request(line(1), line(2)))
    bench.local.sandbox.advance_order(order.ref.id, "in-production")
    bench.local.sandbox.advance_order(order.ref.id, "has-issues", lines=[0])

    report = await bench.ours.fetch(order.ref)

    assert [Stage.STUCK, Stage.IN_PRODUCTION] == [told.stage for told in report.lines]
    assert HoldReason.PROVIDER_HOLD is report.hold


async def test_a_payment_that_fails_after_our_word_is_told(bench: Bench) -> None:
    """Printify could not charge the account: the order waits for the merchant's card."""
    (order,) = await bench.ours.submit(request())
    bench.local.sandbox.advance_order(order.ref.id, "on-hold")
    bench.local.sandbox.advance_order(order.ref.id, "payment-not-received")

    report = await bench.ours.fetch(order.ref)

    assert (Stage.STUCK, HoldReason.PAYMENT_AT_PROVIDER) == (report.stage, report.hold)


async def test_our_own_limit_is_kept_before_theirs(bench: Bench) -> None:
    """Calls beyond a few percent under Printify's limit wait here, and the account never sees a 429."""
    limiter = MemoryRateLimiter(lambda: NOON)
    settings = {"token": bench.local.account.token, "shop_id": str(bench.local.account.shop.id)}
    ours = PLUGIN.open(bench.pool, settings, api_url=bench.local.url, account="p:1", limiter=limiter)
    assert isinstance(ours, Printify)
    for _ in range(15):
        await ours.check()
    await limiter.reserve("p:1", PLUGIN.rates[""], n=40, max_wait=60)

    with pytest.raises(Unavailable) as full:
        await ours.check()

    assert full.value.retry_after is not None
    assert 15 == len(bench.calls)


async def test_calls_tell_their_name_and_share_of_errors_stays_small(bench: Bench) -> None:
    """Every call carries our name, without which Printify refuses it."""
    await bench.ours.submit(request())

    assert all("MockSpark/" in call["user_agent"] for call in bench.local.sandbox.requests)
    assert 0 == bench.local.account.error_share
