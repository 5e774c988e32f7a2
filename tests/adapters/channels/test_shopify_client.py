"""The Admin API's client: cost buckets, partial answers and every error in our words, against a local shop."""

import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from graphql import build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar, Response, post

from mockspark.adapters.channels import shopify_graphql
from mockspark.adapters.channels.shopify import PLUGIN, ShopifyShops
from mockspark.adapters.channels.shopify_budget import Budget, Cost, Throttle, throttled_for
from mockspark.adapters.channels.shopify_documents import DOCUMENTS, HOLD, ORDER, SHIP, Document
from mockspark.adapters.channels.shopify_fulfilled import Parcel
from mockspark.adapters.channels.shopify_orders import AdminOrder, order_of
from mockspark.adapters.channels.shopify_parcels import Work
from mockspark.adapters.plugins import ChannelAccount
from mockspark.adapters.remote import Pool
from mockspark.adapters.sandbox.serving import serve
from mockspark.adapters.sandbox.shopify_orders import LineDraft
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, Rejected, Unavailable
from mockspark.domain.identity import ShopId
from mockspark.domain.shop import Installation
from tests.adapters.channels.opened import (
    NOON,
    SECRETS,
    KeptCredentials,
    Opened,
    notice,
    order_ref,
)
from tests.samples import SAMPLES, needs_samples

FOLDER: Final = SAMPLES / "shopify"
Json = dict[str, Any]


def spoken(shop: Opened, operation: str, body: object) -> None:
    """Have the store answer the next call of *operation* with *body*."""
    shop.spoil("status", operation, status=200, body=json.dumps(body))


def error(code: str, message: str = "No.") -> Json:
    return {"message": message, "extensions": {"code": code}, "path": ["order"]}


@needs_samples
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.name))
def test_documents_fit_the_pinned_schema(document: Document) -> None:
    """Every document that we send is valid in the version that we pin, and named as we name it."""
    parsed = parse(document.text)
    assert [] == validate(schema(), parsed)
    operation = parsed.to_dict()["definitions"][0]
    assert (document.name, "mutation" if document.writes else "query") == (
        operation["name"]["value"],
        operation["operation"],
    )


_SCHEMAS: Final[dict[str, Any]] = {}


def schema() -> Any:
    """Build the real schema once: it takes seconds."""
    if not _SCHEMAS:
        text = (FOLDER / "schema" / "admin_2026-10.nodesc.graphql").read_text("utf-8")
        _SCHEMAS["real"] = build_schema(text, assume_valid=True)
    return _SCHEMAS["real"]


async def test_a_throttled_call_waits_and_is_repeated(shop: Opened) -> None:
    """The wait is what the answer computes, and the call is made again."""
    order = shop.order()
    shop.spoil("throttled", ORDER.name)

    assert await shop.channel.fetch(order_ref(order)) is not None

    assert 2 == shop.asked(ORDER.name)
    (waited,) = shop.slept
    assert 0 < waited < 5


async def test_a_throttled_change_happens_once(shop: Opened) -> None:
    """A change that was throttled did not happen, so it is safely made again."""
    order = shop.order()
    shop.spoil("throttled", HOLD.name, times=2)

    await shop.channel.hold(order_ref(order), handle="h", note="")

    assert 3 == shop.asked(HOLD.name)
    assert 1 == len(shop.people.order(order.id).work[0].holds)


async def test_patience_has_an_end(shop: Opened) -> None:
    """A wait beyond all patience is given back to the caller, with its length."""
    shop.store.restore_rate = 1.0

    with pytest.raises(Unavailable) as refused:
        await anext(shop.channel.orders_since(NOON))

    assert refused.value.retry_after is not None
    assert refused.value.retry_after > timedelta(seconds=30)
    assert [] == shop.slept


async def test_calls_keep_within_the_bucket(shop: Opened) -> None:
    """Whoever knows what a call costs waits before it, and is never throttled."""
    shop.store.restore_rate = 20.0
    order = shop.order(*(LineDraft(sku=f"SKU-{n}") for n in range(45)))
    for _ in range(12):
        await shop.channel.fetch(order_ref(order))

    assert 12 == shop.asked(ORDER.name)
    assert shop.slept


async def test_partial_data_is_kept(shop: Opened) -> None:
    """What the app may not see is null; the rest of the answer is good."""
    order = shop.order()
    data = (await shop.channel.admin.ask(ORDER, {"id": f"gid://shopify/Order/{order.id}"}))["order"]
    spoken(
        shop, ORDER.name, {"data": {"order": data | {"customer": None}}, "errors": [error("ACCESS_DENIED")]}
    )

    found = await shop.channel.fetch(order_ref(order))

    assert found is not None
    assert 1 == len(found.lines)


async def test_other_partial_data_is_not_believed(shop: Opened) -> None:
    """A part that is missing because something broke must not pass for an empty one."""
    order = shop.order()
    data = (await shop.channel.admin.ask(ORDER, {"id": f"gid://shopify/Order/{order.id}"}))["order"]
    broken = {"data": {"order": data | {"shippingAddress": None}}, "errors": [error("INTERNAL_SERVER_ERROR")]}
    spoken(shop, ORDER.name, broken)

    with pytest.raises(Unavailable):
        await shop.channel.fetch(order_ref(order))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"errors": [error("INTERNAL_SERVER_ERROR")]}, Unavailable),
        ({"errors": [error("SHOP_INACTIVE")]}, Unavailable),
        ({"errors": [error("MAX_COST_EXCEEDED")]}, Rejected),
        ({"errors": [error("undefinedField")]}, Rejected),
        ({"errors": [{"message": "without any code"}]}, Rejected),
        ({"errors": "a text"}, Rejected),
        ({"errors": {"query": "Required"}}, Rejected),
        ({"data": {"order": None}, "errors": [error("ACCESS_DENIED")]}, NotAuthorized),
        ({"data": {"order": {"id": "gid://shopify/Order/1"}}}, Unavailable),
        ({"data": {"order": None}, "extensions": {"search": [{"warnings": [{"message": "x"}]}]}}, Rejected),
        ([], Unavailable),
    ],
)
async def test_what_a_question_may_hear(shop: Opened, body: object, problem: type[Exception]) -> None:
    """A question changes nothing: it may be asked again, or needs a person."""
    spoken(shop, ORDER.name, body)
    with pytest.raises(problem) as refused:
        await shop.channel.fetch(order_ref(shop.order()))
    assert not isinstance(refused.value, OutcomeUnknown)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"errors": [error("INTERNAL_SERVER_ERROR")]}, OutcomeUnknown),
        ({"errors": [error("undefinedField")]}, Rejected),
        ({"data": {"fulfillmentOrderHold": None}, "errors": [error("ACCESS_DENIED")]}, NotAuthorized),
        ({"data": {"fulfillmentOrderHold": None}}, OutcomeUnknown),
        ({"data": None}, OutcomeUnknown),
        ({"data": {"fulfillmentOrderHold": {"userErrors": [{"message": "No", "code": "X"}]}}}, Rejected),
    ],
)
async def test_what_a_change_may_hear(shop: Opened, body: object, problem: type[Exception]) -> None:
    """A change that may have happened is told so; one that was refused needs a person."""
    spoken(shop, HOLD.name, body)
    with pytest.raises(problem):
        await shop.channel.hold(order_ref(shop.order()), handle="h", note="")


async def test_errors_beside_a_change_do_not_undo_it(shop: Opened) -> None:
    """A filled payload was carried out, whatever is told beside it: repeating would do it twice."""
    filled: Json = {"fulfillmentOrderHold": {"fulfillmentHold": None, "userErrors": []}}
    spoken(shop, HOLD.name, {"data": filled, "errors": [error("ACCESS_DENIED")]})

    await shop.channel.hold(order_ref(shop.order()), handle="h", note="")

    assert 1 == shop.asked(HOLD.name)


async def test_a_taken_handle_is_a_hold(shop: Opened) -> None:
    """The store refuses a second hold of one handle, which says that there is one."""
    refused = [{"message": "taken", "code": "DUPLICATE_FULFILLMENT_HOLD_HANDLE"}]
    spoken(shop, HOLD.name, {"data": {"fulfillmentOrderHold": {"userErrors": refused}}})

    await shop.channel.hold(order_ref(shop.order()), handle="h", note="")


async def test_a_refused_parcel_is_looked_up_before_it_fails(shop: Opened) -> None:
    """Refusals of parcels have no code: what the store says now decides, and a second refusal is final."""
    order = shop.order()
    refused = {"data": {"fulfillmentCreate": {"fulfillment": None, "userErrors": [{"message": "Closed."}]}}}
    spoken(shop, SHIP.name, refused)
    await shop.channel.publish(notice(order, 1))
    assert 2 == shop.asked(SHIP.name)

    other = shop.order()
    spoken(shop, SHIP.name, refused)
    spoken(shop, SHIP.name, refused)
    with pytest.raises(Rejected, match="Closed"):
        await shop.channel.publish(notice(other, 1))


async def test_a_malformed_answer_to_a_parcel_is_unknown(shop: Opened) -> None:
    """An answer that breaks off says nothing about what happened."""
    order = shop.order()
    shop.spoil("malformed", SHIP.name)
    with pytest.raises(OutcomeUnknown):
        await shop.channel.publish(notice(order, 1))
    await shop.channel.publish(notice(order, 1))
    assert 1 == len(shop.people.order(order.id).fulfillments)


async def test_another_version_is_noted_once(caplog: pytest.LogCaptureFixture) -> None:
    """A store that answers in another version than asked for is noted, once."""

    @post(shopify_graphql.PATH, status_code=200)
    async def answer() -> Response[Json]:
        return Response({"data": {"order": None}}, headers={"X-Shopify-API-Version": "2027-01"})

    pool = Pool.open()
    async with serve(Litestar([answer], logging_config=None, openapi_config=None)) as address:
        installation = Installation(shop_id=ShopId("acme.myshopify.com"), api_url=address)
        account = ChannelAccount(
            installation=installation,
            remote=pool.remote(title=PLUGIN.title, base_url=address),
            credentials=KeptCredentials(SECRETS),
        )
        channel = ShopifyShops().open(account)
        with caplog.at_level(logging.WARNING, logger=shopify_graphql.__name__):
            for _ in range(3):
                await channel.admin.ask(ORDER, {"id": "gid://shopify/Order/1"})
    await pool.aclose()

    assert ["2027-01"] == [getattr(record, "version", "") for record in caplog.records]


async def test_openings_of_one_shop_share_its_bucket(shop: Opened) -> None:
    """A shop is opened for every errand; what is left of its calls is known over all of them."""
    shops = ShopifyShops()
    first, second = shops.open(shop.account), shops.open(shop.account)

    await first.check()

    assert second.admin.budget.prices


def told_cost(requested: float, available: float, *, size: float = 1000, rate: float = 50) -> Cost:
    status = Throttle(maximum_available=size, currently_available=available, restore_rate=rate)
    return Cost(requested_query_cost=requested, throttle_status=status)


def test_a_throttled_wait_is_computed() -> None:
    """What is missing, at the rate at which it comes back."""
    assert 0.08 == pytest.approx(throttled_for(told_cost(732, 728)), abs=0.03)
    assert 2.0 == throttled_for(told_cost(200, 100))
    assert 1.0 == throttled_for(None)


def test_some_of_the_bucket_is_left_to_people() -> None:
    """A fifth stays for whoever waits at a screen while jobs run."""
    budget = Budget()
    budget.told("Q", told_cost(100, 290), 0.0)

    assert 0.2 == pytest.approx(budget.wait("Q", 0.0))
    assert 0.0 == budget.wait("Q", 0.2)
    assert 0.0 == budget.wait("never asked", 0.0)


@given(
    size=st.floats(100, 20_000),
    price=st.floats(1, 1000),
    level=st.floats(0, 1),
    passed=st.floats(0, 1000),
)
def test_after_its_wait_a_call_fits(size: float, price: float, level: float, passed: float) -> None:
    """Whatever is left, after the computed wait there is enough for the call, as far as the bucket can hold it."""
    budget = Budget()
    budget.told("Q", told_cost(price, level * size, size=size, rate=size / 20), 0.0)

    wait = budget.wait("Q", passed)

    available = min(size, level * size + size / 20 * (passed + wait))
    assert wait >= 0
    assert available >= min(price, size) - 0.01


def parts(found: object, prefix: str) -> list[Json]:
    """Return every object in recorded JSON whose id begins with *prefix*, its edges read as nodes."""
    if isinstance(found, list):
        return [part for each in found for part in parts(each, prefix)]
    if not isinstance(found, dict):
        return []
    own = [found] if str(found.get("id") or "").startswith(prefix) else []
    return own + [part for each in found.values() for part in parts(each, prefix)]


def as_nodes(found: Any) -> Any:
    if isinstance(found, list):
        return [as_nodes(each) for each in found]
    if not isinstance(found, dict):
        return found
    plain = {name: as_nodes(value) for name, value in found.items()}
    return plain | ({"nodes": [edge["node"] for edge in plain["edges"]]} if "edges" in plain else {})


def recorded() -> list[Any]:
    folders = ("graphql_captures", "graphql_recorded", "graphql_responses", "graphql_orders")
    paths: list[Path] = [path for folder in folders for path in sorted((FOLDER / folder).glob("*.json"))]
    return [as_nodes(json.loads(path.read_text("utf-8"))) for path in paths]


def envelopes(found: object) -> list[Mapping[str, Any]]:
    if isinstance(found, list):
        return [each for part in found for each in envelopes(part)]
    if not isinstance(found, dict):
        return []
    own: list[Mapping[str, Any]] = [found] if found.keys() >= {"data", "extensions"} else []
    return own + [each for part in found.values() for each in envelopes(part)]


@needs_samples
def test_every_recorded_answer_is_read() -> None:
    """Real answers, with their costs and errors, are all of the form that we expect."""
    found = envelopes(recorded())
    read = [msgspec.convert(each, shopify_graphql.Envelope) for each in found]

    assert len(read) > 500
    assert all(each.extensions is None or each.extensions.cost is not None for each in read)


@needs_samples
def test_every_recorded_order_is_read() -> None:
    """Real orders, filled up with what we always ask for and they were not asked, become ours."""
    times = {"createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z"}
    found = [
        times | order
        for order in parts(recorded(), "gid://shopify/Order/")
        if isinstance(order.get("lineItems"), dict)
        and all("id" in line for line in order["lineItems"]["nodes"])
    ]
    read = [
        msgspec.convert(order, AdminOrder) for order in found if "id" in (order.get("customer") or {"id": 1})
    ]

    assert len(read) > 20
    for raw in read:
        order = order_of(raw, raw.line_items.nodes)
        assert len(raw.line_items.nodes) == len(order.lines)
        assert all(line.quantity <= line.ordered for line in order.lines)


@needs_samples
def test_recorded_work_and_parcels_are_read() -> None:
    """Real fulfillment orders and fulfillments are of the form that we expect."""
    works = [
        msgspec.convert(work, Work)
        for work in parts(recorded(), "gid://shopify/FulfillmentOrder/")
        if all("lineItem" in line for line in work.get("lineItems", {"nodes": [{}]})["nodes"])
    ]
    parcels = [
        msgspec.convert(parcel, Parcel)
        for parcel in parts(recorded(), "gid://shopify/Fulfillment/")
        if "fulfillmentLineItems" in parcel
    ]

    assert len(works) > 140
    assert len(parcels) > 25
    assert any(work.allows("CREATE_FULFILLMENT") for work in works)
    assert any(parcel.counted() for parcel in parcels)
