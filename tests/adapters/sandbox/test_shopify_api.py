"""The Admin API's door: versions, tokens, errors in the store's words, searches with their traps, pages."""

from typing import Any

import pytest

from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft
from mockspark.adapters.sandbox.shopify_store import gid
from tests.adapters.sandbox.running import Running

SHOP = "{ shop { name } }"


@pytest.mark.parametrize(
    ("asked", "served"),
    [("2026-10", "2026-10"), ("2026-01", "2026-01"), ("2025-04", "2026-01"), ("2019-07", "2026-01")],
)
async def test_an_expired_version_falls_forward(shopify: Running, asked: str, served: str) -> None:
    """The oldest supported version answers for all before it, and says so in its header."""
    answer = await shopify.post(SHOP, version=asked)
    assert (200, served) == (answer.status_code, answer.headers["x-shopify-api-version"])
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("version", ["2031-10", "2026-02", "latest"])
async def test_a_version_that_never_was_is_not_found(shopify: Running, version: str) -> None:
    """Only real versions are answered."""
    assert 404 == (await shopify.post(SHOP, version=version)).status_code


async def test_an_unknown_token_is_unauthorized(shopify: Running) -> None:
    """The body's `errors` is a text there."""
    answer = await shopify.post(SHOP, token="shpat_wrong")
    assert 401 == answer.status_code
    assert answer.json()["errors"].startswith("[API] Invalid API key or access token")


@pytest.mark.parametrize(
    ("state", "status"), [("frozen", 402), ("forbidden", 403), ("closed", 404), ("locked", 423)]
)
async def test_a_shop_that_is_not_open_says_why(shopify: Running, state: str, status: int) -> None:
    """A frozen, closed or locked shop answers by status."""
    shopify.shop.store.state = state
    assert status == (await shopify.post(SHOP)).status_code


async def test_a_body_that_is_no_json_is_a_bad_request(shopify: Running) -> None:
    """What cannot be read is refused."""
    answer = await shopify.client.post(
        f"{shopify.address}/admin/api/2026-10/graphql.json",
        content=b"{",
        headers={"X-Shopify-Access-Token": shopify.shop.access_token},
    )
    assert 400 == answer.status_code


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("{ shop { nothing } }", "undefinedField", "Field 'nothing' doesn't exist on type 'Shop'"),
        ("{ shop { name }", "PARSE_ERROR", "syntax error"),
        ("{ orders { nodes { id } } }", "BAD_REQUEST", "you must provide one of first or last"),
        ("{ order { id } }", "missingRequiredArguments", "Field 'order' is missing required arguments: id"),
        (
            "{ shop { name(first: 1) } }",
            "argumentNotAccepted",
            "Field 'name' doesn't accept argument 'first'",
        ),
        (
            'mutation { orderUpdate(input: {note: "x"}) { order { id } } }',
            "missingRequiredInputObjectAttribute",
            "Argument 'id' on InputObject 'OrderInput' is required",
        ),
        ('{ order(id: "gid://shopify/Product/1") { id } }', "RESOURCE_NOT_FOUND", "Invalid id"),
    ],
)
async def test_errors_come_with_status_200_and_a_code(
    shopify: Running, query: str, code: str, words: str
) -> None:
    """A wrong document is told apart by its code only."""
    (error,) = (await shopify.ask(query))["errors"]
    assert code == error["extensions"]["code"]
    assert words in error["message"]


async def test_a_wrong_variable_is_named(shopify: Running) -> None:
    """The message names the variable and its type."""
    answer = await shopify.ask("query($id: ID!) { order(id: $id) { id } }", id=None)
    assert "INVALID_VARIABLE" == answer["errors"][0]["extensions"]["code"]
    assert "Variable $id of type ID! was provided invalid value" in answer["errors"][0]["message"]


async def test_an_order_that_is_not_there_is_null_without_an_error(shopify: Running) -> None:
    """A well-formed id of nothing is no error."""
    assert {"order": None} == await shopify.data('{ order(id: "gid://shopify/Order/1") { id } }')


async def test_a_missing_scope_hides_its_field_and_leaves_the_rest(shopify: Running) -> None:
    """Data beside an ACCESS_DENIED error is good."""
    token = shopify.shop.store.tokens[shopify.shop.access_token]
    token.scopes = frozenset({"read_orders"})
    order = shopify.order(1)
    answer = await shopify.ask(
        "query($id: ID!) { order(id: $id) { name customer { id } } }", id=gid("Order", order.id)
    )
    assert "ACCESS_DENIED" == answer["errors"][0]["extensions"]["code"]
    assert ["order", "customer"] == answer["errors"][0]["path"]
    assert {"name": order.name, "customer": None} == answer["data"]["order"]


async def test_without_approval_there_is_no_address(shopify: Running) -> None:
    """Protected data is null with an error beside it."""
    shopify.shop.store.protected_data = False
    order = shopify.order(1)
    answer = await shopify.ask(
        "query($id: ID!) { order(id: $id) { name shippingAddress { city } } }", id=gid("Order", order.id)
    )
    assert "ACCESS_DENIED" == answer["errors"][0]["extensions"]["code"]
    assert answer["data"]["order"]["shippingAddress"] is None


async def test_orders_older_than_sixty_days_need_a_scope_of_their_own(shopify: Running) -> None:
    """Without `read_all_orders` an old order is as if it were not there."""
    order = shopify.order(1)
    shopify.sandbox.advance(61 * 86_400)
    asking = "query($id: ID!) { order(id: $id) { name } orders(first: 5) { nodes { name } } }"
    assert {"order": None, "orders": {"nodes": []}} == await shopify.data(asking, id=gid("Order", order.id))
    token = shopify.shop.store.tokens[shopify.shop.access_token]
    token.scopes = token.scopes | {"read_all_orders"}
    seen = {"name": order.name}
    assert {"order": seen, "orders": {"nodes": [seen]}} == await shopify.data(
        asking, id=gid("Order", order.id)
    )


# -- searching and paging ------------------------------------------------------------------------------------

SEARCH = """query($query: String!, $first: Int = 50, $after: String) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id name } pageInfo { hasNextPage endCursor } } }"""


async def found(shopify: Running, query: str) -> tuple[list[str], list[str]]:
    """Return the names found and the fields that were warned of."""
    answer = await shopify.ask(SEARCH, query=query)
    warnings = [w["field"] for entry in answer["extensions"].get("search", ()) for w in entry["warnings"]]
    return [node["name"] for node in answer["data"]["orders"]["nodes"]], warnings


@pytest.fixture
async def orders(shopify: Running) -> list[str]:
    """Three orders, an hour apart, of which the second is tagged and the third unpaid."""
    first = shopify.order(1)
    shopify.sandbox.advance(3600)
    second = shopify.order(1, tags=("rush",))
    shopify.sandbox.advance(3600)
    third = shopify.order(1, financial_status="pending")
    return [first.name, second.name, third.name]


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("", [0, 1, 2]),
        ("updated_at:>='2026-11-20T13:00:00Z'", [1, 2]),
        ("updated_at:>'2026-11-20T12:30:00Z' AND updated_at:<'2026-11-20T13:30:00Z'", [1]),
        ("tag:rush", [1]),
        ("-tag:rush", [0, 2]),
        ("financial_status:paid", [0, 1]),
        ("tag:rush OR financial_status:pending", [1, 2]),
        ("sku:SKU-1 financial_status:pending", [2]),
    ],
)
async def test_a_search_finds_what_it_names(
    shopify: Running, orders: list[str], query: str, places: list[int]
) -> None:
    """Terms join by a blank or AND, alternatives by OR, and a minus takes away."""
    assert ([orders[place] for place in places], []) == await found(shopify, query)


async def test_an_invalid_term_is_dropped_and_only_warned_of(shopify: Running, orders: list[str]) -> None:
    """The rest of the search answers, be it everything: the warning is all there is to tell."""
    assert (orders, ["colour"]) == await found(shopify, "colour:red")


async def test_the_colons_of_an_unquoted_time_become_fields(shopify: Running, orders: list[str]) -> None:
    """A time without quotes is read as something else, with a warning for the field that it seems to name."""
    _, warned = await found(shopify, "updated_at:>=2026-11-20T13:45:00Z")
    assert ["45"] == warned


async def test_a_cursor_goes_on_after_orders_changed(shopify: Running, orders: list[str]) -> None:
    """A cursor stands for a place in the sorting, so what moved to the end is met there again."""
    page = await shopify.data(SEARCH, query="", first=2)
    first = shopify.shop.store.orders[min(shopify.shop.store.orders)]
    shopify.sandbox.advance(60)
    shopify.people.annotate(first.id, note="moved")
    rest = await shopify.data(SEARCH, query="", first=2, after=page["orders"]["pageInfo"]["endCursor"])
    assert [orders[2], orders[0]] == [node["name"] for node in rest["orders"]["nodes"]]


async def test_more_than_250_at_once_are_refused(shopify: Running) -> None:
    """The largest page has 250."""
    answer = await shopify.ask("{ orders(first: 251) { nodes { id } } }")
    assert "BAD_REQUEST" == answer["errors"][0]["extensions"]["code"]


# -- what the store writes -----------------------------------------------------------------------------------


async def test_money_dates_and_big_numbers_have_the_stores_spelling(shopify: Running) -> None:
    """Amounts have no fixed decimals, times are UTC in whole seconds, 64-bit numbers are text."""
    order = shopify.people.place(OrderDraft(lines=(LineDraft(price="10.00"),), shipping_price="0"))
    answer = await shopify.data(
        """query($id: ID!) { order(id: $id) { legacyResourceId createdAt
          totalPriceSet { shopMoney { amount currencyCode } } } }""",
        id=gid("Order", order.id),
    )
    assert {
        "legacyResourceId": str(order.id),
        "createdAt": "2026-11-20T12:00:00Z",
        "totalPriceSet": {"shopMoney": {"amount": "10.0", "currencyCode": "USD"}},
    } == answer["order"]


METAFIELD = """mutation($fields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $fields) {
  metafields { compareDigest value } userErrors { code } } }"""


async def test_a_metafield_is_compared_and_swapped(shopify: Running) -> None:
    """A write with an outdated digest is refused."""
    field: dict[str, Any] = {
        "ownerId": gid("Order", shopify.order(1).id),
        "namespace": "$app",
        "key": "state",
    }
    field |= {"type": "single_line_text_field"}
    made = (await shopify.data(METAFIELD, fields=[field | {"value": "one"}]))["metafieldsSet"]
    digest = made["metafields"][0]["compareDigest"]
    swapped = await shopify.data(METAFIELD, fields=[field | {"value": "two", "compareDigest": digest}])
    stale = await shopify.data(METAFIELD, fields=[field | {"value": "three", "compareDigest": digest}])
    assert [] == swapped["metafieldsSet"]["userErrors"]
    assert ["STALE_OBJECT"] == [error["code"] for error in stale["metafieldsSet"]["userErrors"]]


REFUND = """mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  refund { id } userErrors { message } } }"""


async def test_a_refund_with_the_same_key_is_one_refund(shopify: Running) -> None:
    """A repetition answers with the first refund; without a key there is none."""
    order = shopify.order(2)
    part = {"lineItemId": gid("LineItem", order.lines[0].id), "quantity": 1, "restockType": "CANCEL"}
    wish = {"orderId": gid("Order", order.id), "refundLineItems": [part]}
    answers = [await shopify.data(REFUND, input=wish, key="k-1") for _ in range(2)]
    assert 1 == len({answer["refundCreate"]["refund"]["id"] for answer in answers}) == len(order.refunds)
    without = await shopify.ask(
        "mutation($input: RefundInput!) { refundCreate(input: $input) { refund { id } } }", input=wish
    )
    assert "@idempotent directive is required" in without["errors"][0]["message"]


async def test_tags_are_added_and_a_note_is_replaced(shopify: Running) -> None:
    """`tagsAdd` adds, `orderUpdate` replaces."""
    order = shopify.order(1, tags=("gift",), note="old")
    await shopify.data(
        'mutation($id: ID!) { tagsAdd(id: $id, tags: ["sent"]) { userErrors { message } } }',
        id=gid("Order", order.id),
    )
    assert ["gift", "sent"] == order.tags
    await shopify.data(
        "mutation($input: OrderInput!) { orderUpdate(input: $input) { userErrors { message } } }",
        input={"id": gid("Order", order.id), "tags": ["only"], "note": "new"},
    )
    assert (["only"], "new") == (order.tags, order.note)
