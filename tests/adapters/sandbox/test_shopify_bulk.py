"""Bulk operations: what an inner query may be, and the file of lines that answers it."""

import json
from typing import Any

import pytest

from tests.adapters.sandbox.running import Running

RUN = """mutation($query: String!, $grouped: Boolean! = false) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status } userErrors { field message code } } }"""
LOOK = """query($id: ID!) { bulkOperation(id: $id) {
  status objectCount rootObjectCount url fileSize completedAt errorCode } }"""
CANCEL = """mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"""
LINES = "{ orders { edges { node { id name lineItems { edges { node { id sku } } } } } } }"


async def run(shopify: Running, query: str = LINES, *, grouped: bool = False) -> Any:
    return (await shopify.data(RUN, query=query, grouped=grouped))["bulkOperationRunQuery"]


async def rows(shopify: Running, **how: Any) -> list[dict[str, Any]]:
    made = await run(shopify, **how)
    shopify.sandbox.advance(5)
    done = (await shopify.data(LOOK, id=made["bulkOperation"]["id"]))["bulkOperation"]
    answer = await shopify.client.get(done["url"])
    assert int(done["objectCount"]) == len(answer.text.splitlines())
    assert int(done["fileSize"]) == len(answer.content)
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_file_holds_parents_and_children_on_lines_of_their_own(shopify: Running) -> None:
    """A child names its parent; by default children need not follow it."""
    first, second = shopify.order(1, 1), shopify.order(1)
    found = await rows(shopify)
    assert [first.name, second.name] == [row["name"] for row in found if "name" in row]
    children = [row for row in found if "__parentId" in row]
    assert 3 == len(children)
    assert {row["id"] for row in found if "name" in row} == {row["__parentId"] for row in children}


async def test_grouped_children_follow_their_parent(shopify: Running) -> None:
    """With groupObjects each order is followed by its lines."""
    shopify.order(1, 1)
    shopify.order(1)
    kinds = ["child" if "__parentId" in row else "parent" for row in await rows(shopify, grouped=True)]
    assert ["parent", "child", "child", "parent", "child"] == kinds


async def test_an_operation_runs_for_a_moment_and_then_tells(shopify: Running) -> None:
    """It is created first; when it completes, the webhook names it and carries no address."""
    shopify.sandbox.configure_webhooks(
        shopify.shop.domain, shopify.shop.client_id, f"{shopify.inbox.address}/x", ["bulk_operations/finish"]
    )
    shopify.order(1)
    made = await run(shopify)
    assert "CREATED" == made["bulkOperation"]["status"]
    shopify.sandbox.advance(5)
    await shopify.sandbox.settle()
    body = json.loads(shopify.inbox.received[0].body)
    assert (made["bulkOperation"]["id"], "completed") == (body["admin_graphql_api_id"], body["status"])
    assert "url" not in body


async def test_an_empty_result_has_no_file(shopify: Running) -> None:
    """Nothing found is COMPLETED without an address."""
    made = await run(shopify)
    shopify.sandbox.advance(5)
    done = (await shopify.data(LOOK, id=made["bulkOperation"]["id"]))["bulkOperation"]
    assert ("COMPLETED", None, "0") == (done["status"], done["url"], done["objectCount"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ orders { nodes { id } } }", "Selecting via 'nodes' is not supported"),
        ("{ shop { name } }", "must contain at least one connection"),
        (
            "{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
            "must select the 'id' field",
        ),
        (
            "{ orders { edges { node { id fulfillments { fulfillmentLineItems { edges { node { id } } } } } } } }",
            "a connection field within a list field",
        ),
        ('{ node(id: "gid://shopify/Order/1") { id } }', "top level `node` field"),
        ("mutation { tagsAdd(id: 1, tags: []) { node { id } } }", "Only `query` operations"),
        ("{ orders { edges { node { id } }", "syntax error"),
        ("{ orders { edges { node { colour } } } }", "colour"),
    ],
)
async def test_an_inner_query_that_breaks_a_rule_is_refused(shopify: Running, query: str, words: str) -> None:
    """Each rule has its refusal, at the field `query`."""
    (error,) = (await run(shopify, query))["userErrors"]
    assert ["query"] == error["field"]
    assert words in error["message"]


async def test_five_operations_run_at_once(shopify: Running) -> None:
    """The sixth is refused by its code until one is done."""
    for _ in range(5):
        assert [] == (await run(shopify))["userErrors"]
    assert "OPERATION_IN_PROGRESS" == (await run(shopify))["userErrors"][0]["code"]
    shopify.sandbox.advance(5)
    assert [] == (await run(shopify))["userErrors"]


async def test_a_canceled_operation_brings_nothing(shopify: Running) -> None:
    """It can be stopped while it runs, and not when it is done."""
    made = await run(shopify)
    stopped = (await shopify.data(CANCEL, id=made["bulkOperation"]["id"]))["bulkOperationCancel"]
    assert "CANCELED" == stopped["bulkOperation"]["status"]
    done = await run(shopify)
    shopify.sandbox.advance(5)
    late = (await shopify.data(CANCEL, id=done["bulkOperation"]["id"]))["bulkOperationCancel"]
    assert "A bulk operation cannot be canceled when it is completed" == late["userErrors"][0]["message"]


async def test_an_export_takes_no_page_size_and_all_there_is(shopify: Running) -> None:
    """More than one page of orders is in the file."""
    for _ in range(260):
        shopify.order(1)
    assert 520 == len(await rows(shopify))


async def test_an_export_that_may_not_see_its_field_fails(shopify: Running) -> None:
    """A missing scope is told by the operation's error code, not by an empty file."""
    token = shopify.shop.store.tokens[shopify.shop.access_token]
    token.scopes = frozenset({"read_orders"})
    shopify.order(1)
    made = await run(shopify, "{ orders { edges { node { id customer { id } } } } }")
    shopify.sandbox.advance(5)
    done = (await shopify.data(LOOK, id=made["bulkOperation"]["id"]))["bulkOperation"]
    assert ("FAILED", "ACCESS_DENIED", None) == (done["status"], done["errorCode"], done["url"])
