"""GraphQL answers that the local shop does not give: bundles, missing parts, odd moments."""

from typing import Any

import msgspec
import pytest

from mockspark.adapters.channels.shopify_connections import part
from mockspark.adapters.channels.shopify_ids import gid, parsed, reference
from mockspark.adapters.channels.shopify_orders import (
    AdminOrder,
    HeldWork,
    Hold,
    held_words,
    line_page,
    order_of,
)
from mockspark.application.errors import Rejected, Unavailable
from mockspark.domain.identity import ExternalRef
from mockspark.domain.order import ChannelOrder, Payment


def an_order(**changes: Any) -> ChannelOrder:
    order = {
        "id": "gid://shopify/Order/1",
        "createdAt": "2026-11-20T12:00:00Z",
        "updatedAt": "2026-11-20T12:00:00Z",
        "lineItems": {"nodes": [{"id": "gid://shopify/LineItem/2"}]},
    }
    raw = msgspec.convert(order | changes, AdminOrder)
    return order_of(raw, raw.line_items.nodes)


def test_an_order_may_lack_everything_that_is_nullable() -> None:
    """Without scopes, approvals and answers an order is still an order."""
    order = an_order(tags=None, customer=None, shippingAddress=None, fulfillmentOrders=None)

    assert (ExternalRef("shopify", "1"), Payment.OTHER, "") == (order.ref, order.payment, order.on_hold)
    assert (1, None) == (order.lines[0].quantity, order.lines[0].product)


def test_an_order_that_changes_while_it_is_read_is_read_anew() -> None:
    """Pages of two states must not become one order."""
    page = {"order": {"updatedAt": "2026-11-20T12:00:01Z", "lineItems": {"nodes": []}}}

    assert [] == line_page(page, "2026-11-20T12:00:01Z").nodes
    for known in ({"order": None}, page):
        with pytest.raises(Unavailable):
            line_page(known, "2026-11-20T12:00:00Z")


def test_a_bundle_gives_its_attributes_to_its_lines() -> None:
    """What the customer answered for a bundle is known to its lines, own answers first; null is empty."""
    line = {
        "id": "gid://shopify/LineItem/2",
        "customAttributes": [{"key": "Name", "value": "Own"}, {"key": "Note", "value": None}],
        "lineItemGroup": {
            "id": "gid://shopify/LineItemGroup/3",
            "customAttributes": [{"key": "Name", "value": "All"}, {"key": "Font", "value": "Serif"}],
        },
    }

    (read,) = an_order(lineItems={"nodes": [line]}).lines

    assert (("Name", "Own"), ("Note", ""), ("Font", "Serif")) == read.personalization


def test_a_hold_counts_while_its_work_is_held() -> None:
    """Each reason is told once, and only of work that is on hold by others."""
    fraud = Hold(reason="HIGH_RISK_OF_FRAUD")
    ours = Hold(reason="OTHER", held_by_requesting_app=True)
    works = [
        HeldWork(status="ON_HOLD", fulfillment_holds=[fraud, ours]),
        HeldWork(status="ON_HOLD", fulfillment_holds=[fraud]),
        HeldWork(status="CLOSED", fulfillment_holds=[Hold(reason="AWAITING_PAYMENT")]),
        HeldWork(status="ON_HOLD", fulfillment_holds=None),
    ]
    assert "high risk of fraud" == held_words(works)


def test_ids_with_a_query_part_are_whole() -> None:
    """Some ids carry a query; the number before it is the thing's."""
    assert ("FulfillmentService", ExternalRef("shopify", "719")) == parsed(
        "gid://shopify/FulfillmentService/719?id=true"
    )
    assert "gid://shopify/Order/5" == gid("Order", ExternalRef("shopify", "5"))
    for odd in ("5", "gid://other/Order/5", ""):
        with pytest.raises(Rejected):
            parsed(odd)


@pytest.mark.parametrize("number", [None, "", 0, "0", "abc", 1.5, -3, "²", float("inf")])
def test_what_is_no_id_names_nothing(number: float | str | None) -> None:
    """Zero, fractions and words name no thing of the store."""
    assert reference(number) is None


def test_an_answer_of_another_form_may_be_asked_again() -> None:
    """A part that is not what we asked for is a fault of the other side, now."""
    with pytest.raises(Unavailable):
        part({"order": {"id": 5}}, "order", AdminOrder)
    assert part({}, "order", AdminOrder) is None
