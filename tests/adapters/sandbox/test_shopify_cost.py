"""Operations cost what the live API charged for them, and the bucket is as strict as the real one."""

from typing import Any

import pytest
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, parse, validate

from mockspark.adapters.sandbox.shopify_cost import Price, sized
from mockspark.adapters.sandbox.shopify_graphql import own_schema, price_of
from tests.adapters.sandbox.recorded_costs import Charged, charged
from tests.adapters.sandbox.running import Running
from tests.adapters.sandbox.shopify_documents import document
from tests.samples import needs_samples


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return own_schema()


@pytest.fixture(scope="module")
def recorded(schema: GraphQLSchema) -> list[tuple[Charged, Price]]:
    """Every recorded operation that the sandbox knows, with the price that it puts on it."""
    documents = [(each, parse(each.query)) for each in charged()]
    return [
        (each, price_of(schema, document, operation_of(document), each.variables))
        for each, document in documents
        if not validate(schema, document)
    ]


def operation_of(document: DocumentNode) -> OperationDefinitionNode:
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    return operation


@needs_samples
def test_requested_costs_are_those_of_the_recordings(recorded: list[tuple[Charged, Price]]) -> None:
    """The live API asked the same price for 98 of 100 recorded operations.

    The rest are tracking updates from before June 2026, when they cost 10, introspection, and one recording that
    stands beside another document than was sent.
    """
    exact = [each for each, price in recorded if each.requested == price.requested()]
    assert len(recorded) > 200
    assert len(exact) / len(recorded) > 0.98


@needs_samples
def test_actual_costs_are_near_those_of_the_recordings(recorded: list[tuple[Charged, Price]]) -> None:
    """What an answer cost is exact in three of four recordings, and never above what was requested."""
    told = [(each, price) for each, price in recorded if each.data is not None]
    exact = [each for each, price in told if each.actual == price.actual(each.data)]
    assert all(price.actual(each.data) <= price.requested() for each, price in told)
    assert len(exact) / len(told) > 0.75


@pytest.mark.parametrize(("count", "factor"), [(0, 0), (1, 1), (2, 1), (10, 4), (25, 6), (100, 9), (250, 11)])
def test_a_connection_grows_with_the_logarithm_of_its_page(count: int, factor: int) -> None:
    """A page of 250 is eleven times as dear as a page of one."""
    assert factor == sized(count)


@needs_samples
@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("order_by_id", 95), ("orders_updated_page", 218), ("orders_updated_ids_page", 13),
        ("order_fulfillment_orders", 163), ("fulfillment_create", 27), ("fulfillment_tracking_update", 51),
        ("refund_create", 20), ("orders_count", 10), ("shop_and_installation", 6),
    ],
)  # fmt: skip
def test_a_clients_documents_have_their_known_price(schema: GraphQLSchema, name: str, points: int) -> None:
    """Documents that a client sends cost what was worked out for them."""
    asked = parse(document(name))
    assert points == price_of(schema, asked, operation_of(asked), {}).requested()


DEAR = "{ orders(first: 100) { nodes { id lineItems(first: 9) { nodes { id } } } } }"


async def test_an_answer_tells_what_it_cost(shopify: Running) -> None:
    """The difference between requested and actual is paid back at once."""
    cost = (await shopify.ask(DEAR))["extensions"]["cost"]
    status = cost["throttleStatus"]
    assert cost["actualQueryCost"] < cost["requestedQueryCost"]
    assert 2000.0 - cost["actualQueryCost"] == status["currentlyAvailable"]
    assert (2000.0, 100.0) == (status["maximumAvailable"], status["restoreRate"])


async def test_an_empty_bucket_refuses_until_it_has_filled(shopify: Running) -> None:
    """A refusal comes with HTTP 200 and says what is missing; waiting that long is enough."""
    bucket = shopify.sandbox.bucket(shopify.shop.store, shopify.shop.client_id)
    bucket.take(1990, shopify.sandbox.now())
    refused = await shopify.ask(DEAR)
    cost = refused["extensions"]["cost"]
    assert ("Throttled", "THROTTLED") == error_of(refused)
    assert cost["actualQueryCost"] is None
    missing = cost["requestedQueryCost"] - cost["throttleStatus"]["currentlyAvailable"]
    shopify.sandbox.advance(missing / cost["throttleStatus"]["restoreRate"] + 1)
    assert "errors" not in await shopify.ask(DEAR)


async def test_one_query_costs_a_thousand_at_most(shopify: Running) -> None:
    """A dearer one is refused whatever the bucket holds."""
    refused = await shopify.ask(
        "{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id product { id } variant { id } } } "
        "fulfillmentOrders(first: 250) { nodes { id lineItems(first: 250) { nodes { id } } } } } } }"
    )
    assert "MAX_COST_EXCEEDED" == error_of(refused)[1]
    assert 1000 == refused["errors"][0]["extensions"]["maxCost"]


async def test_each_app_has_a_bucket_of_its_own_in_each_shop(shopify: Running) -> None:
    """Whoever drains the bucket of one shop goes on in another."""
    other = shopify.sandbox.open_shop("other-shop.myshopify.com", token="shpat_other")
    bucket = shopify.sandbox.bucket(shopify.shop.store, shopify.shop.client_id)
    bucket.take(2000, shopify.sandbox.now())
    assert "errors" in await shopify.ask("{ orders(first: 1) { nodes { id } } }")
    answer = await shopify.post("{ orders(first: 1) { nodes { id } } }", token=other.access_token)
    assert "errors" not in answer.json()


def error_of(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["errors"][0]["message"], answer["errors"][0]["extensions"]["code"]
