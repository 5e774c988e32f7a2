"""Fulfillment orders behave as recorded: shipping, holding, splitting, moving, serving, canceling."""

from typing import Any

import pytest

from mockspark.adapters.sandbox.shopify_orders import LineDraft, OrderDraft, RefundPart
from mockspark.adapters.sandbox.shopify_store import FulfillmentOrder, gid
from tests.adapters.sandbox.running import Running, work_gid

SHIP = """mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id status displayStatus name trackingInfo(first: 5) { company number url } }
  userErrors { field message } } }"""
HOLD = """mutation($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
  fulfillmentHold { id handle } fulfillmentOrder { id status } remainingFulfillmentOrder { id status }
  userErrors { field message code } } }"""
RELEASE = """mutation($id: ID!, $ids: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $ids) {
  fulfillmentOrder { status fulfillmentHolds { id } } userErrors { message code } } }"""
CANCEL_PARCEL = """mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status displayStatus }
  userErrors { message } } }"""
CANCEL_ORDER = """mutation($id: ID!, $refund: OrderCancelRefundMethodInput, $note: String) {
  orderCancel(orderId: $id, reason: CUSTOMER, restock: true, refundMethod: $refund, staffNote: $note) {
    job { id done } orderCancelUserErrors { field message code } userErrors { message } } }"""
ORDER = """query($id: ID!) { order(id: $id) {
  closed closedAt cancelledAt displayFinancialStatus displayFulfillmentStatus
  lineItems(first: 10) { nodes { id quantity currentQuantity unfulfilledQuantity } }
  fulfillmentOrders(first: 10) { nodes { id status requestStatus supportedActions { action }
    lineItems(first: 10) { nodes { id totalQuantity remainingQuantity lineItem { id } } } } } } }"""
SPLIT = """mutation($splits: [FulfillmentOrderSplitInput!]!) { fulfillmentOrderSplit(fulfillmentOrderSplits: $splits) {
  fulfillmentOrderSplits { fulfillmentOrder { id } remainingFulfillmentOrder { id } } userErrors { message code } } }"""


def parts(work: FulfillmentOrder, *quantities: int) -> dict[str, Any]:
    """Return one entry of `lineItemsByFulfillmentOrder`: all that remains without *quantities*."""
    lines = [
        {"id": gid("FulfillmentOrderLineItem", line.id), "quantity": quantity}
        for line, quantity in zip(work.lines, quantities, strict=False)
    ]
    return {"fulfillmentOrderId": work_gid(work)} | ({"fulfillmentOrderLineItems": lines} if lines else {})


async def ship(shopify: Running, *entries: dict[str, Any], **tracking: Any) -> Any:
    wish: dict[str, Any] = {"lineItemsByFulfillmentOrder": list(entries)}
    if tracking:
        wish["trackingInfo"] = tracking
    return (await shopify.data(SHIP, f=wish))["fulfillmentCreate"]


async def refusals(shopify: Running, *entries: dict[str, Any]) -> list[str]:
    return [error["message"] for error in (await ship(shopify, *entries))["userErrors"]]


async def order_of(shopify: Running, work: FulfillmentOrder) -> Any:
    return (await shopify.data(ORDER, id=gid("Order", work.order_id)))["order"]


async def hold(shopify: Running, work: FulfillmentOrder, handle: str = "", **more: Any) -> Any:
    wish = {"reason": "OTHER", "handle": handle} | more
    return (await shopify.data(HOLD, id=work_gid(work), hold=wish))["fulfillmentOrderHold"]


# -- shipping ------------------------------------------------------------------------------------------------


async def test_a_parcel_of_everything_closes_the_work_and_archives_the_order(shopify: Running) -> None:
    """Nothing remains: the fulfillment order is closed and the order archived, which is no cancellation."""
    work = shopify.work(2)
    made = await ship(shopify, parts(work), company="USPS", number="9400")
    order = await order_of(shopify, work)
    assert ("SUCCESS", "FULFILLED") == (made["fulfillment"]["status"], made["fulfillment"]["displayStatus"])
    assert "CLOSED" == order["fulfillmentOrders"]["nodes"][0]["status"]
    assert (True, None, "FULFILLED") == (
        order["closed"],
        order["cancelledAt"],
        order["displayFulfillmentStatus"],
    )


async def test_a_parcel_of_some_units_leaves_the_rest_open(shopify: Running) -> None:
    """Remaining counts fall by what was shipped; a second parcel takes the rest."""
    work = shopify.work(3)
    await ship(shopify, parts(work, 1))
    (line,) = (await order_of(shopify, work))["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"]
    assert (3, 2) == (line["totalQuantity"], line["remainingQuantity"])
    await ship(shopify, parts(work, 2))
    assert (await order_of(shopify, work))["closed"]


async def test_a_known_carrier_brings_its_tracking_page(shopify: Running) -> None:
    """The page is made for a carrier that is spelled as the store knows it, and for no other."""
    known = await ship(shopify, parts(shopify.work(1)), company="USPS", number="9400")
    other = await ship(shopify, parts(shopify.work(1)), company="usps", number="9400")
    pages = [made["fulfillment"]["trackingInfo"][0]["url"] for made in (known, other)]
    assert ["https://tools.usps.com/go/TrackConfirmAction?tLabels=9400", None] == pages


async def test_more_than_remains_cannot_be_shipped(shopify: Running) -> None:
    """A quantity above what remains is refused and nothing is shipped."""
    work = shopify.work(1)
    assert ["Invalid fulfillment order line item quantity requested."] == await refusals(
        shopify, parts(work, 2)
    )
    assert 1 == work.remaining


async def test_closed_work_cannot_be_shipped_again(shopify: Running) -> None:
    """The refusal names the fulfillment order and its status."""
    work = shopify.work(1)
    await ship(shopify, parts(work))
    words = f"Fulfillment order {work.id} has an unfulfillable status= closed."
    assert [words] == await refusals(shopify, parts(work))


async def test_held_work_cannot_be_shipped(shopify: Running) -> None:
    """On hold there is no CREATE_FULFILLMENT among the actions, and trying is refused."""
    work = shopify.work(1)
    await hold(shopify, work)
    node = (await order_of(shopify, work))["fulfillmentOrders"]["nodes"][0]
    assert "CREATE_FULFILLMENT" not in {action["action"] for action in node["supportedActions"]}
    words = f"Fulfillment order {work.id} has an unfulfillable status= on_hold."
    assert [words] == await refusals(shopify, parts(work))


async def test_a_quantity_of_nothing_is_refused(shopify: Running) -> None:
    """The refusal points at the quantity."""
    answer = await ship(shopify, parts(shopify.work(1), 0))
    assert "Quantity must be greater than 0" == answer["userErrors"][0]["message"]
    assert "quantity" == answer["userErrors"][0]["field"][-1]


async def test_unknown_work_is_a_user_error_and_a_foreign_id_a_real_one(shopify: Running) -> None:
    """A well-formed id of nothing is refused; an id of another kind fails the request."""
    nothing = {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}
    assert ["Fulfillment order does not exist."] == await refusals(shopify, nothing)
    foreign = {"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": "gid://shopify/Order/1"}]}
    answer = await shopify.ask(SHIP, f=foreign)
    assert ("invalid id", "RESOURCE_NOT_FOUND") == (
        answer["errors"][0]["message"],
        answer["errors"][0]["extensions"]["code"],
    )


async def test_one_parcel_holds_one_order(shopify: Running) -> None:
    """Work on two orders cannot be shipped in one fulfillment."""
    (words,) = await refusals(shopify, parts(shopify.work(1)), parts(shopify.work(1)))
    assert words.startswith("All fulfillment orders must belong to the same order.")


async def test_a_canceled_parcel_opens_its_units_anew(shopify: Running) -> None:
    """The old work stays closed, new work opens, the order leaves the archive; a second time is harmless."""
    work = shopify.work(2)
    made = await ship(shopify, parts(work))
    for _ in range(2):
        answer = (await shopify.data(CANCEL_PARCEL, id=made["fulfillment"]["id"]))["fulfillmentCancel"]
        assert ("CANCELLED", []) == (answer["fulfillment"]["status"], answer["userErrors"])
    order = await order_of(shopify, work)
    nodes = order["fulfillmentOrders"]["nodes"]
    assert (False, ["CLOSED", "OPEN"]) == (order["closed"], [node["status"] for node in nodes])
    assert 2 == nodes[1]["lineItems"]["nodes"][0]["remainingQuantity"]


async def test_work_in_progress_can_be_shipped(shopify: Running) -> None:
    """Reported progress turns the status, and shipping still works."""
    work = shopify.work(1)
    await shopify.data(
        "mutation($id: ID!) { fulfillmentOrderReportProgress(id: $id) { userErrors { message } } }",
        id=work_gid(work),
    )
    assert "IN_PROGRESS" == work.status
    assert [] == await refusals(shopify, parts(work))


# -- holding -------------------------------------------------------------------------------------------------


async def test_a_handle_makes_a_hold_happen_once(shopify: Running) -> None:
    """The same handle again is refused by its code, and no second hold is there."""
    work = shopify.work(1)
    await hold(shopify, work, "design-review")
    again = await hold(shopify, work, "design-review")
    assert "DUPLICATE_FULFILLMENT_HOLD_HANDLE" == again["userErrors"][0]["code"]
    assert again["fulfillmentHold"] is None
    assert 1 == len(work.holds)


async def test_work_stays_on_hold_while_any_hold_is_left(shopify: Running) -> None:
    """Releasing one of two by its id leaves the other; the last one opens the work."""
    work = shopify.work(1)
    ids = [(await hold(shopify, work, handle))["fulfillmentHold"]["id"] for handle in ("one", "two")]
    statuses = [
        (await shopify.data(RELEASE, id=work_gid(work), ids=[hold_id]))["fulfillmentOrderReleaseHold"][
            "fulfillmentOrder"
        ]["status"]
        for hold_id in ids
    ]
    assert ["ON_HOLD", "OPEN"] == statuses


async def test_a_release_without_ids_frees_everybodys_holds(shopify: Running) -> None:
    """The merchant's own hold goes, too: that is why ids have to be given."""
    work = shopify.work(1)
    await hold(shopify, work, "ours")
    shopify.people.hold(work.order_id)
    assert 2 == len(work.holds)
    await shopify.data(RELEASE, id=work_gid(work), ids=None)
    assert ([], "OPEN") == (work.holds, work.status)


async def test_a_hold_on_some_lines_splits_the_work(shopify: Running) -> None:
    """The rest becomes work of its own; work on hold already cannot be split."""
    work = shopify.work(2, 1)
    some = [{"id": gid("FulfillmentOrderLineItem", work.lines[0].id), "quantity": 1}]
    held = await hold(shopify, work, "some", fulfillmentOrderLineItems=some)
    assert ("ON_HOLD", "OPEN") == (
        held["fulfillmentOrder"]["status"],
        held["remainingFulfillmentOrder"]["status"],
    )
    assert (1, 2) == (work.remaining, shopify.shop.store.orders[work.order_id].work[1].remaining)
    again = await hold(shopify, work, "more", fulfillmentOrderLineItems=some)
    assert "FULFILLMENT_ORDER_NOT_SPLITTABLE" == again["userErrors"][0]["code"]


async def test_an_app_has_ten_holds_at_most(shopify: Running) -> None:
    """The eleventh is refused by its code."""
    work = shopify.work(1)
    for number in range(10):
        assert [] == (await hold(shopify, work, f"hold-{number}"))["userErrors"]
    refused = await hold(shopify, work, "one too many")
    assert "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED" == refused["userErrors"][0]["code"]


async def test_a_hold_needs_a_scope_of_those_who_manage_work(shopify: Running) -> None:
    """A fulfillment service's own scope does not allow to hold."""
    shopify.shop.store.tokens[shopify.shop.access_token].scopes = frozenset(
        {"write_assigned_fulfillment_orders"}
    )
    answer = await shopify.ask(HOLD, id=work_gid(shopify.work(1)), hold={"reason": "OTHER"})
    assert "ACCESS_DENIED" == answer["errors"][0]["extensions"]["code"]


async def test_an_error_beside_a_hold_does_not_undo_it(shopify: Running) -> None:
    """A selected field that the scopes hide is an error, and the hold is placed all the same."""
    work = shopify.work(1)
    asking = """mutation($id: ID!) { fulfillmentOrderHold(id: $id, fulfillmentHold: {reason: OTHER}) {
      fulfillmentHold { id heldByApp { id } } } }"""
    answer = await shopify.ask(asking, id=work_gid(work))
    assert "ACCESS_DENIED" == answer["errors"][0]["extensions"]["code"]
    assert answer["data"]["fulfillmentOrderHold"]["fulfillmentHold"]["id"]
    assert "ON_HOLD" == work.status


# -- splitting, scopes, routing ------------------------------------------------------------------------------


async def test_split_off_units_are_work_of_their_own(shopify: Running) -> None:
    """What was split off can be shipped alone."""
    work = shopify.work(3)
    splits = [parts(work, 1)]
    made = (await shopify.data(SPLIT, splits=splits))["fulfillmentOrderSplit"]
    assert [] == made["userErrors"]
    order = shopify.shop.store.orders[work.order_id]
    assert [2, 1] == [each.remaining for each in order.work]
    assert [] == await refusals(shopify, parts(order.work[1]))


async def test_work_comes_a_moment_after_the_order(shopify: Running) -> None:
    """An order has no fulfillment orders until it was routed."""
    order = shopify.people.place(OrderDraft(lines=(LineDraft(),)))
    asked = gid("Order", order.id)
    before = (await shopify.data(ORDER, id=asked))["order"]["fulfillmentOrders"]["nodes"]
    shopify.sandbox.advance(2)
    after = (await shopify.data(ORDER, id=asked))["order"]["fulfillmentOrders"]["nodes"]
    assert (0, 1) == (len(before), len(after))


async def test_work_is_shown_only_to_the_scopes_that_may_see_it(shopify: Running) -> None:
    """Without a fitting scope the list is empty, which says nothing about the work."""
    work = shopify.work(1)
    token = shopify.shop.store.tokens[shopify.shop.access_token]
    token.scopes = frozenset({"read_orders", "read_assigned_fulfillment_orders"})
    assert [] == (await order_of(shopify, work))["fulfillmentOrders"]["nodes"]


# -- canceling, editing, refunding ---------------------------------------------------------------------------


async def test_an_order_is_canceled_a_moment_later(shopify: Running) -> None:
    """The answer is a job; when it is done the order is canceled, refunded, archived and its work closed."""
    work = shopify.work(2)
    asked = gid("Order", work.order_id)
    refund = {"originalPaymentMethodsRefund": True}
    made = (await shopify.data(CANCEL_ORDER, id=asked, refund=refund, note=None))["orderCancel"]
    assert not made["job"]["done"]
    shopify.sandbox.advance(1)
    job = await shopify.data("query($id: ID!) { job(id: $id) { done } }", id=made["job"]["id"])
    order = await order_of(shopify, work)
    assert job["job"]["done"]
    assert order["cancelledAt"] is not None
    assert (True, "REFUNDED") == (order["closed"], order["displayFinancialStatus"])
    assert "UNFULFILLED" == order["displayFulfillmentStatus"]
    assert ["CLOSED"] == [node["status"] for node in order["fulfillmentOrders"]["nodes"]]


async def test_an_order_is_canceled_once(shopify: Running) -> None:
    """While it is under way and when it is done a second wish is refused, each time in other words."""
    asked = gid("Order", shopify.work(1).order_id)
    await shopify.data(CANCEL_ORDER, id=asked, refund=None, note=None)
    during = (await shopify.data(CANCEL_ORDER, id=asked, refund=None, note=None))["orderCancel"]
    shopify.sandbox.advance(1)
    after = (await shopify.data(CANCEL_ORDER, id=asked, refund=None, note=None))["orderCancel"]
    errors = [answer["orderCancelUserErrors"][0] for answer in (during, after)]
    assert [
        ("Cancellation is already in progress", None),
        ("Cannot cancel an order that has already been canceled", "INVALID"),
    ] == [(error["message"], error["code"]) for error in errors]


async def test_an_order_with_parcels_is_not_canceled(shopify: Running) -> None:
    """Outstanding fulfillments have to be canceled first; both lists of errors are filled."""
    work = shopify.work(2)
    await ship(shopify, parts(work, 1))
    answer = (await shopify.data(CANCEL_ORDER, id=gid("Order", work.order_id), refund=None, note=None))[
        "orderCancel"
    ]
    words = "Cannot cancel an order that has outstanding fulfillments"
    assert words == answer["orderCancelUserErrors"][0]["message"] == answer["userErrors"][0]["message"]


async def test_a_long_staff_note_is_refused(shopify: Running) -> None:
    """A staff note has 255 characters."""
    answer = await shopify.data(
        CANCEL_ORDER, id=gid("Order", shopify.work(1).order_id), refund=None, note="x" * 256
    )
    assert "INVALID" == answer["orderCancel"]["orderCancelUserErrors"][0]["code"]


async def test_an_edit_keeps_the_ordered_quantity_and_lowers_the_current_one(shopify: Running) -> None:
    """A reduced line keeps its id and quantity; its work is reduced with it."""
    work = shopify.work(3)
    line = work.lines[0].line_id
    shopify.people.edit(work.order_id, reduce={line: 2})
    order = await order_of(shopify, work)
    (shown,) = order["lineItems"]["nodes"]
    (part,) = order["fulfillmentOrders"]["nodes"][0]["lineItems"]["nodes"]
    assert (3, 1, 1) == (shown["quantity"], shown["currentQuantity"], shown["unfulfilledQuantity"])
    assert (1, 1) == (part["totalQuantity"], part["remainingQuantity"])


async def test_an_added_line_has_a_new_id_and_joins_the_open_work(shopify: Running) -> None:
    """Edits add lines; what is open at the location takes them in."""
    work = shopify.work(1)
    shopify.people.edit(work.order_id, add=[LineDraft(sku="NEW", quantity=2)])
    order = await order_of(shopify, work)
    assert 2 == len({line["id"] for line in order["lineItems"]["nodes"]})
    assert [1, 2] == [line.remaining for line in work.lines]


@pytest.mark.parametrize(("kind", "left"), [("CANCEL", 1), ("NO_RESTOCK", 2), ("RETURN", 2)])
async def test_only_a_refund_that_cancels_takes_units_off_the_work(
    shopify: Running, kind: str, left: int
) -> None:
    """`cancel` removes unfulfilled units; `no_restock` and `return` give money back and leave the work."""
    work = shopify.work(2)
    line = work.lines[0].line_id
    shopify.people.refund(work.order_id, parts=[RefundPart(line_id=line, quantity=1, restock_type=kind)])
    assert left == work.remaining


# -- fulfillment services ------------------------------------------------------------------------------------

SERVICE = """mutation($url: URL) { fulfillmentServiceCreate(name: "Prints", callbackUrl: $url, trackingSupport: false,
  inventoryManagement: false, requiresShippingMethod: true) {
  fulfillmentService { id location { id } } userErrors { message } } }"""
MOVE = """mutation($id: ID!, $to: ID!) { fulfillmentOrderMove(id: $id, newLocationId: $to) {
  userErrors { message code } } }"""


def answering(name: str) -> str:
    return f"""mutation($id: ID!) {{ {name}(id: $id) {{ fulfillmentOrder {{ status requestStatus }}
      userErrors {{ message }} }} }}"""


async def served(shopify: Running) -> FulfillmentOrder:
    """Return work that lies with our own service."""
    url = f"{shopify.inbox.address}/service"
    made = (await shopify.data(SERVICE, url=url))["fulfillmentServiceCreate"]
    work = shopify.work(2)
    await shopify.data(MOVE, id=work_gid(work), to=made["fulfillmentService"]["location"]["id"])
    return work


async def act(shopify: Running, work: FulfillmentOrder, *names: str) -> tuple[str, str]:
    answer: Any = None
    for name in names:
        answer = (await shopify.data(answering(name), id=work_gid(work)))[name]
        assert [] == answer["userErrors"]
    return work.status, work.request_status


SUBMIT = "fulfillmentOrderSubmitCancellationRequest"
ACCEPT = "fulfillmentOrderAcceptFulfillmentRequest"


async def submit(shopify: Running, work: FulfillmentOrder) -> None:
    asking = """mutation($id: ID!) { fulfillmentOrderSubmitFulfillmentRequest(id: $id) { userErrors { message } } }"""
    await shopify.data(asking, id=work_gid(work))


async def test_a_request_is_notified_without_any_id(shopify: Running) -> None:
    """The service's address gets a signed body that tells only the kind of request."""
    work = await served(shopify)
    await submit(shopify, work)
    await shopify.sandbox.settle()
    (received,) = shopify.inbox.received
    assert b'{"kind":"FULFILLMENT_REQUEST"}' == received.body
    assert received.headers["x-shopify-hmac-sha256"]


async def test_an_accepted_request_is_in_progress_and_cannot_be_moved(shopify: Running) -> None:
    """Accepting turns the work to in progress; it cannot go elsewhere then."""
    work = await served(shopify)
    await submit(shopify, work)
    assert ("IN_PROGRESS", "ACCEPTED") == await act(shopify, work, ACCEPT)
    moved = await shopify.data(
        MOVE, id=work_gid(work), to=gid("Location", shopify.shop.store.locations[0].id)
    )
    assert (
        "Cannot move submitted fulfillment order" in moved["fulfillmentOrderMove"]["userErrors"][0]["message"]
    )


async def test_a_rejected_request_is_open_again(shopify: Running) -> None:
    """Rejecting gives the work back to the merchant."""
    work = await served(shopify)
    await submit(shopify, work)
    rejected = await act(shopify, work, "fulfillmentOrderRejectFulfillmentRequest")
    assert ("OPEN", "REJECTED") == rejected


async def test_an_accepted_cancellation_closes_the_work_and_opens_new(shopify: Running) -> None:
    """The status is CLOSED, not CANCELLED; nothing remains on it and new work takes its place."""
    work = await served(shopify)
    await submit(shopify, work)
    status = await act(shopify, work, ACCEPT, SUBMIT, "fulfillmentOrderAcceptCancellationRequest")
    order = shopify.shop.store.orders[work.order_id]
    assert ("CLOSED", "CANCELLATION_ACCEPTED") == status
    assert [(0, False), (2, True)] == [(each.remaining, each.open) for each in order.work]


async def test_a_rejected_cancellation_goes_on(shopify: Running) -> None:
    """What was printed already stays in progress."""
    work = await served(shopify)
    await submit(shopify, work)
    status = await act(shopify, work, ACCEPT, SUBMIT, "fulfillmentOrderRejectCancellationRequest")
    assert ("IN_PROGRESS", "CANCELLATION_REJECTED") == status


async def test_accepted_work_that_cannot_be_done_is_incomplete(shopify: Running) -> None:
    """Closing accepted work ends it as incomplete."""
    work = await served(shopify)
    await submit(shopify, work)
    assert ("INCOMPLETE", "CLOSED") == await act(shopify, work, ACCEPT, "fulfillmentOrderClose")


async def test_an_app_without_a_service_has_no_assigned_work(shopify: Running) -> None:
    """Asking is answered by an error without a code."""
    answer = await shopify.ask("{ assignedFulfillmentOrders(first: 5) { nodes { id } } }")
    assert "not associated with any fulfillment service" in answer["errors"][0]["message"]
    assert "extensions" not in answer["errors"][0]
