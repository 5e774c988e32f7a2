"""Sample orders: every kind of case, the same for the same seed, each with the outcome that it is meant to have."""

import io
from collections import Counter
from typing import Any

import pytest
from PIL import Image

from mockspark.adapters.sandbox.shopify import ShopifySandbox
from mockspark.adapters.sandbox.shopify_pictures import picture
from mockspark.adapters.sandbox.shopify_samples import SAMPLE_VARIANTS, Sample, samples
from mockspark.domain.holds import HoldReason
from mockspark.domain.order import Skip
from mockspark.domain.status import Status
from tests.adapters.sandbox.running import Running, still_clock

CASES = (
    "own design", "mixed with foreign products", "quantities", "two orders of one customer", "out of stock",
    "missing personalization", "blank personalization", "difficult text", "letters without a shape", "Customily",
    "Zepto with a price add-on", "Teeinblue with a price add-on", "test order", "zero total", "unmapped SKU",
    "one door, spelled differently", "neighbors", "low-resolution photo", "broken photo", "photo", "gift note",
    "three products of ours", "foreign products only", "with a download", "incomplete address", "another country",
    "authorized", "pending", "paid later", "cancelled after paying", "partially refunded",
)  # fmt: skip


def named(scenario: str) -> list[Sample]:
    return [sample for sample in samples(0, 50) if scenario == sample.scenario]


def test_fifty_orders_hold_every_case() -> None:
    """A demonstration of fifty orders shows all there is to show."""
    fifty = samples(0, 50)
    assert 50 == len(fifty)
    assert set() == set(CASES) - {sample.scenario for sample in fifty}


def test_equal_seeds_give_equal_orders() -> None:
    """The seed decides everything; another seed gives other orders of the same kinds."""
    assert samples(3, 60) == samples(3, 60)
    assert samples(3, 60) != samples(4, 60)


def test_each_line_has_an_outcome_that_exists() -> None:
    """Outcomes are statuses, hold reasons and reasons for leaving out that the product knows."""
    known = {status.value for status in Status} | {"ignored"}
    known |= {f"on_hold:{reason.value}" for reason in HoldReason} | {
        f"filtered:{skip.value}" for skip in Skip
    }
    for sample in samples(0, 50):
        assert len(sample.draft.lines) == len(sample.expected)
        assert set() == set(sample.expected) - known


def test_orders_to_one_door_are_found_by_customer_and_by_address() -> None:
    """Several pairs go to one customer; one door is written in three ways, and its neighbor is another door."""
    customers = Counter(sample.draft.email for sample in named("two orders of one customer"))
    assert [2, 2, 2] == list(customers.values())
    doors = {sample.draft.address for sample in named("one door, spelled differently")}
    assert 3 == len(doors)


def test_orders_come_in_several_currencies_and_countries() -> None:
    """Who lives abroad pays in another currency."""
    drafts = [sample.draft for seed in range(3) for sample in samples(seed, 50)]
    assert len({draft.currency for draft in drafts}) > 2
    assert len({draft.address.country_code for draft in drafts if draft.address}) > 3


@pytest.mark.parametrize(
    ("scenario", "key"),
    [
        ("Customily", "_customily-production-url"),
        ("Zepto with a price add-on", "_pplr_preview"),
        ("Teeinblue with a price add-on", "_tib_design_link_1"),
        ("own design", "_design_url"),
    ],
)
def test_properties_have_the_shape_of_their_customiser(scenario: str, key: str) -> None:
    """Each customiser leaves keys of its own on the line."""
    assert key in dict(named(scenario)[0].draft.lines[0].properties)


def test_what_is_sold_can_be_made_listings_of() -> None:
    """SKUs and ids are distinct, and every line of ours is among what is sold."""
    skus = {variant.sku for variant in SAMPLE_VARIANTS}
    assert len(SAMPLE_VARIANTS) == len(skus) == len({variant.variant_id for variant in SAMPLE_VARIANTS})
    ordered = {line.sku for sample in samples(0, 50) for line in sample.draft.lines if line.sku}
    assert set() == ordered - skus


async def test_samples_are_placed_over_http_with_pictures_that_can_be_fetched(shopify: Running) -> None:
    """The route tells the outcomes; a design's address answers with the picture of that size."""
    placed = await shopify.control(f"shops/{shopify.shop.domain}/samples", {"count": 50, "follow_up": True})
    assert 50 == len(placed)
    orders = {order.id: order for order in shopify.shop.store.orders.values()}
    design = next(each for each in placed if each["scenario"] == "own design")
    url = dict(orders[design["order"]].lines[0].properties)["_design_url"] or ""
    assert url.startswith(f"{shopify.address}/pictures/2400x2400/")
    image = Image.open(io.BytesIO((await shopify.client.get(url)).content))
    assert ((2400, 2400), "PNG") == (image.size, image.format)


async def test_what_follows_changes_the_orders(shopify: Running) -> None:
    """The merchant pays, cancels and refunds where a sample says so."""
    placed = shopify.sandbox.place_all(50)
    shopify.people.follow_up(placed)
    status = {each.sample.then: each.order.financial_status for each in placed if each.sample.then}
    assert {"pay": "paid", "cancel": "refunded", "refund": "partially_refunded"} == status


async def test_equal_seeds_and_equal_acts_give_equal_shops() -> None:
    """Ids, tokens, times and webhooks repeat, so that a run can be repeated."""

    def run(seed: int) -> tuple[Any, Any]:
        sandbox = ShopifySandbox(seed=seed, clock=still_clock())
        sandbox.open_shop(webhooks="http://127.0.0.1:9/hooks")
        placed = sandbox.place_all(50)
        sandbox.advance(60)
        sandbox.merchant().follow_up(placed)
        return sandbox.dump(), [delivery.as_json() for delivery in sandbox.deliveries.all]

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_picture_is_the_same_for_the_same_name() -> None:
    """Bytes repeat; a name that begins with broken is no picture at all."""
    assert picture("a.png", 40, 30) == picture("a.png", 40, 30)
    assert picture("a.png", 40, 30) != picture("b.png", 40, 30)
    assert "image/jpeg" == picture("a.jpg", 40, 30).media_type
    with pytest.raises(OSError, match="cannot identify"):
        Image.open(io.BytesIO(picture("broken.png", 40, 30).content))
