"""Webhook bodies as the world has seen them, and as it has not."""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.channels.shopify_rest import RestOrder, decoded, order_of
from mockspark.adapters.channels.shopify_webhooks import READERS, ShopifyIntake
from mockspark.application.errors import Rejected
from mockspark.application.ports.channels import (
    ChannelEvent,
    DataRequested,
    Ignored,
    OrderTold,
    RedactCustomer,
    RedactShop,
    Uninstalled,
)
from mockspark.domain.identity import ExternalRef
from mockspark.domain.money import Money
from mockspark.domain.order import ChannelLine, ChannelOrder, Payment
from tests.samples import SAMPLES, needs_samples

FOLDER: Final = SAMPLES / "shopify"
INTAKE: Final = ShopifyIntake()
Body = dict[str, Any]


def files(folder: str) -> list[Path]:
    return sorted((FOLDER / folder).glob("*.json"))


def named(path: Path) -> str:
    return path.stem


def read(topic: str, body: object) -> ChannelEvent:
    (event,) = INTAKE.read(topic, json.dumps(body).encode())
    return event


def ref(number: int | str) -> ExternalRef:
    return ExternalRef("shopify", str(number))


def an_order(**changes: Any) -> Body:
    line = {"id": 1, "title": "Mug", "quantity": 2, "price": "10.00", "properties": []}
    order = {
        "id": 820982911946154508,
        "name": "#1001",
        "created_at": "2026-11-20T07:00:00-05:00",
        "updated_at": "2026-11-20T07:00:05-05:00",
        "currency": "USD",
        "financial_status": "paid",
        "line_items": [line],
    }
    return order | changes


def told(**changes: Any) -> ChannelOrder:
    event = read("orders/updated", an_order(**changes))
    assert isinstance(event, OrderTold)
    assert event.order is not None
    return event.order


def a_line(**changes: Any) -> ChannelLine:
    line = {"id": 1, "title": "Mug", "quantity": 2, "price": "10.00"} | changes
    return told(line_items=[line]).lines[0]


@needs_samples
@pytest.mark.parametrize("path", files("orders"), ids=named)
def test_every_order_document_is_read(path: Path) -> None:
    """An order of the real world loses no line, no unit and no id on its way in."""
    raw = json.loads(path.read_text("utf-8"))
    if "id" not in raw:
        with pytest.raises(Rejected):
            read("orders/updated", raw)
        return
    event = read("orders/updated", raw)
    assert isinstance(event, OrderTold)
    assert event.order is not None
    order = event.order

    assert str(raw["id"]) == order.ref.id == event.ref.id
    assert raw["name"] == order.name
    assert len(raw["line_items"]) == len(order.lines) == len({line.ref for line in order.lines})
    assert [line["quantity"] for line in raw["line_items"]] == [line.ordered for line in order.lines]
    assert (raw.get("shipping_address") is None) == (order.ship_to is None)
    assert (raw.get("financial_status") or "") == order.payment_raw
    assert bool(raw.get("cancelled_at")) == (order.cancelled_at is not None)
    assert all(line.price is not None for line in order.lines)


@needs_samples
def test_the_order_documents_in_numbers() -> None:
    """Counted over all documents, nothing has silently become something else."""
    raws = [json.loads(path.read_text("utf-8")) for path in files("orders")]
    orders = [order_of(decoded(json.dumps(raw).encode(), RestOrder)) for raw in raws if "id" in raw]
    lines = [line for order in orders for line in order.lines]

    assert 62 == len(raws)
    assert 60 == len(orders)
    assert Counter(payment_words(raws)) == Counter(order.payment_raw for order in orders)
    assert 0 == sum(order.payment is Payment.OTHER and bool(order.payment_raw) for order in orders)
    assert 0 == sum(line.addon for line in lines)
    filled = [bool(line.get("properties")) for raw in raws if "id" in raw for line in raw["line_items"]]
    assert filled == [bool(line.personalization) for line in lines]
    assert 13 == sum(any(line.personalization for line in order.lines) for order in orders)


def payment_words(raws: list[Body]) -> list[str]:
    return [raw.get("financial_status") or "" for raw in raws if "id" in raw]


@needs_samples
@pytest.mark.parametrize("path", files("orders_partial"), ids=named)
def test_a_trimmed_order_is_a_hint(path: Path) -> None:
    """A body that names its order and tells too little of it leads to a fetch; one without id is refused."""
    raw = json.loads(path.read_text("utf-8"))
    if "id" not in raw:
        with pytest.raises(Rejected):
            read("orders/updated", raw)
        return
    assert OrderTold(ref=ref(raw["id"])) == read("orders/updated", raw)


@needs_samples
@pytest.mark.parametrize("path", files("refunds"), ids=named)
def test_a_refund_names_its_order(path: Path) -> None:
    """A refund's body has no order in it; it is fetched."""
    raw = json.loads(path.read_text("utf-8"))
    raw = raw.get("refund", raw)
    if not raw.get("order_id"):
        with pytest.raises(Rejected):
            read("refunds/create", raw)
        return
    assert OrderTold(ref=ref(int(raw["order_id"]))) == read("refunds/create", raw)


@needs_samples
@pytest.mark.parametrize("path", files("fulfillments"), ids=named)
def test_a_parcel_names_its_order(path: Path) -> None:
    """A parcel that somebody told the store of makes us look at its order."""
    raw = json.loads(path.read_text("utf-8"))
    raw = raw.get("fulfillment", raw)
    assert OrderTold(ref=ref(raw["order_id"])) == read("fulfillments/update", raw)


@needs_samples
@pytest.mark.parametrize("path", files("order_edits"), ids=named)
def test_an_edit_names_its_order(path: Path) -> None:
    """An edit tells deltas and no order; it is fetched."""
    raw = json.loads(path.read_text("utf-8"))
    assert OrderTold(ref=ref(raw["order_edit"]["order_id"])) == read("orders/edited", raw)


@needs_samples
@pytest.mark.parametrize("path", files("fulfillment_orders"), ids=named)
def test_news_of_work_leads_to_an_order(path: Path) -> None:
    """A fulfillment order's body names the order, or itself, by which the order is found."""
    raw = json.loads(path.read_text("utf-8"))
    event = read("fulfillment_orders/placed_on_hold", raw)
    assert isinstance(event, OrderTold)
    inner = raw.get("fulfillment_order") or raw.get("original_fulfillment_order") or raw
    expected = inner.get("order_id") or raw.get("order_id") or inner["id"]
    assert str(expected) == event.ref.id


TOPICS_OF_SAMPLES: Final[Mapping[str, str]] = {
    "AppUninstalled": "app/uninstalled",
    "BulkOperationsFinish": "bulk_operations/finish",
    "FulfillmentEventsCreate": "fulfillment_events/create",
    "FulfillmentOrdersCancellationRequestReje": "fulfillment_orders/cancellation_request_rejected",
    "FulfillmentOrdersCancellationRequestSubm": "fulfillment_orders/cancellation_request_submitted",
    "FulfillmentOrdersCancelled": "fulfillment_orders/cancelled",
    "FulfillmentOrdersFulfillmentRequestAccep": "fulfillment_orders/fulfillment_request_accepted",
    "FulfillmentOrdersFulfillmentRequestRejec": "fulfillment_orders/fulfillment_request_rejected",
    "FulfillmentOrdersFulfillmentRequestSubmi": "fulfillment_orders/fulfillment_request_submitted",
    "FulfillmentOrdersLineItemsPreparedForLoc": "fulfillment_orders/line_items_prepared_for_local_delivery",
    "FulfillmentOrdersPlacedOnHold": "fulfillment_orders/placed_on_hold",
    "Fulfillment": "fulfillments/create",
    "InventoryLevelDisconnected": "inventory_levels/disconnect",
    "InventoryLevel": "inventory_levels/update",
    "OrderEdited": "orders/edited",
    "Refund": "refunds/create",
    "ShopLocale": "locales/create",
    "customers-data-request": "customers/data_request",
    "customers-redact": "customers/redact",
    "fulfillment-order-notification-cancel": "fulfillment_order_notification",
    "fulfillment-order-notification-request": "fulfillment_order_notification",
    "shop-redact": "shop/redact",
}
EVENTS_OF_SAMPLES: Final[Mapping[str, type[ChannelEvent]]] = {
    "app/uninstalled": Uninstalled,
    "customers/data_request": DataRequested,
    "customers/redact": RedactCustomer,
    "shop/redact": RedactShop,
}


@needs_samples
@pytest.mark.parametrize("path", files("topic_samples"), ids=named)
def test_every_topic_sample_is_read(path: Path) -> None:
    """Each of Shopify's own samples becomes the event that its topic stands for."""
    topic = TOPICS_OF_SAMPLES[path.stem.rpartition("_")[0]]
    usual = OrderTold if topic in READERS else Ignored
    (event,) = INTAKE.read(topic, path.read_bytes())
    assert EVENTS_OF_SAMPLES.get(topic, usual) is type(event)


@needs_samples
def test_privacy_requests_name_person_and_orders() -> None:
    """Who wants to be forgotten, and in which orders, is told whole."""
    body = (FOLDER / "topic_samples" / "customers-redact_eb2bbb.json").read_bytes()
    orders = (ref(299938), ref(280263), ref(220458))
    assert (RedactCustomer(orders=orders, customer="191167"),) == INTAKE.read("customers/redact", body)


@needs_samples
def test_the_index_knows_every_document() -> None:
    """The folder that these tests run over is the one that was recorded."""
    with (FOLDER / "index.csv").open(encoding="utf-8") as index:
        kinds = Counter(row["kind"] for row in csv.DictReader(index))
    assert {"order": 62, "topic_sample": 22} == {kind: kinds[kind] for kind in ("order", "topic_sample")}
    assert (kinds["order"], kinds["topic_sample"]) == (len(files("orders")), len(files("topic_samples")))


@needs_samples
def test_zepto_answers_reach_the_product() -> None:
    """Where the add-on carries the answers, the product takes them and the add-on is never printed."""
    raw = json.loads(
        (FOLDER / "orders_partial" / "personalised-zepto-pplr-addon-lines_82e4a4.json").read_text("utf-8")
    )
    lines = told(line_items=raw["line_items"]).lines

    assert [False, True] * 3 == [line.addon for line in lines]
    assert [lines[0].ref, lines[2].ref, lines[4].ref] == [line.parent for line in lines[1::2]]
    assert [("Front", "RONALDO"), ("Back Only", "BULL"), ("Front Only", "GABBY")] == [
        next(pair for pair in line.personalization if pair[1].isupper() and len(pair[1]) > 3)
        for line in lines[0::2]
    ]


def test_a_whole_order_in_our_words() -> None:
    """Every field that people see comes through, with empty ones empty."""
    order = told(
        email="",
        contact_email="ada@example.com",
        customer={"id": 7, "first_name": "Ada", "last_name": None},
        shipping_address={
            "first_name": "Ada",
            "last_name": "Fern",
            "address1": "1 Way",
            "country_code": "us",
        },
        shipping_lines=[{"title": "Old", "is_removed": True}, {"title": "Standard"}],
        tags="rush, gift,,gift",
        note=None,
        note_attributes=[{"name": "gift", "value": "yes"}],
        source_name=580111,
        test=True,
    )

    assert ("ada@example.com", "Ada", "7") == (order.customer.email, order.customer.name, order.customer.ref)
    assert order.ship_to is not None
    assert ("Ada Fern", "US") == (order.ship_to.name, order.ship_to.country)
    assert "Standard" == order.shipping_method
    assert ("gift", "rush") == order.tags
    assert (("gift", "yes"),) == order.attributes
    assert order.test
    assert "580111" == order.source
    assert Money.of("10", "USD") == order.lines[0].price
    assert order.producible


@pytest.mark.parametrize(
    ("properties", "read_as"),
    [
        (None, ()),
        ({}, ()),
        ([], ()),
        ([{"name": "A", "value": "1"}, {"name": "A\u200b", "value": "2"}], (("A", "1"), ("A", "2"))),
        ({"Gift": True, "Count": 2, "Size": None}, (("Gift", "true"), ("Count", "2"), ("Size", ""))),
        ({"More": {"a": [1]}}, (("More", '{"a":[1]}'),)),
        ([["Text", "x"]], (("Text", "x"),)),
        ([{"name": None, "value": None}], ()),
        (["odd"], (("", "odd"),)),
        ("odd", ()),
    ],
)
def test_properties_of_every_shape(properties: object, read_as: object) -> None:
    """Properties come as list, mapping or nothing, with any value; names are normal, order and repeats kept."""
    assert read_as == a_line(properties=properties).personalization


def test_units_after_a_refund() -> None:
    """An older body does not say what is wanted now: refunded units are taken off, shipped ones are not."""
    refunds = [
        {"refund_line_items": [{"line_item_id": 1, "quantity": 2, "restock_type": "cancel"}]},
        {"refund_line_items": [{"line_item_id": 1, "quantity": 1, "restock_type": "return"}]},
        {"refund_line_items": [{"line_item_id": 1, "quantity": 1, "restock_type": "no_restock"}]},
        {"refund_line_items": None},
    ]
    line = {"id": 1, "title": "Mug", "quantity": 5}

    assert 2 == told(line_items=[line], refunds=refunds).lines[0].quantity
    assert 4 == told(line_items=[line | {"current_quantity": 4}], refunds=refunds).lines[0].quantity
    assert 5 == told(line_items=[line], refunds=refunds).lines[0].ordered


def test_units_in_parcels() -> None:
    """Parcels that travel are counted by line; a body without parcels may still call a line fulfilled."""
    lines = [{"id": 1, "title": "Mug", "quantity": 3, "fulfillment_status": "fulfilled"}]
    parcels = [
        {"status": "success", "line_items": [{"id": 1, "quantity": 1}, {"id": 0, "quantity": 1}]},
        {"status": None, "line_items": [{"id": 1, "quantity": 1}]},
        {"status": "cancelled", "line_items": [{"id": 1, "quantity": 1}]},
        {"status": "success", "line_items": None},
    ]

    assert 2 == told(line_items=lines, fulfillments=parcels).lines[0].fulfilled
    assert 3 == told(line_items=lines).lines[0].fulfilled
    assert 0 == told(line_items=lines, fulfillments=[]).lines[0].fulfilled


def test_ids_are_exact() -> None:
    """Ids beyond 2^53, as text or as a float without fraction, keep every digit that they came with."""
    assert ref(820982911946154508) == told().ref
    assert ref("7234590408817") == a_line(product_id="7234590408817").product
    assert ref(866550311766439040) == a_line(id=866550311766439040.0).ref
    assert a_line(variant_id=0).variant is None


def test_a_word_that_nobody_knows_is_kept() -> None:
    """A new payment state fails no order: it is told as other, with its word."""
    order = told(financial_status="Paid_On_Mars")

    assert (Payment.OTHER, "paid_on_mars") == (order.payment, order.payment_raw)
    assert not order.producible


def test_an_odd_price_costs_no_order() -> None:
    """A price that is none is left out; the order is taken all the same."""
    assert a_line(price="n/a").price is None
    assert Money.of("600", "USD") == a_line(price=600).price


def test_flags_as_text() -> None:
    """Yes and no may come as text."""
    assert not a_line(requires_shipping="FALSE").requires_shipping
    assert a_line(gift_card="TRUE").gift_card
    assert a_line(requires_shipping=None).requires_shipping


def test_a_bundle_gives_its_attributes_to_its_lines() -> None:
    """What the customer answered for a bundle is known to each of its lines, own answers first."""
    order = told(
        line_items=[
            {"id": 1, "title": "Cup", "sales_line_item_group_id": 9, "properties": [{"name": "Name", "value": "Own"}]},
            {"id": 2, "title": "Hat"},
        ],
        line_item_groups=[
            {"id": 9, "properties": [{"name": "Name", "value": "All"}, {"name": "Font", "value": "Serif"}]}
        ],
    )  # fmt: skip

    assert (("Name", "Own"), ("Font", "Serif")) == order.lines[0].personalization
    assert () == order.lines[1].personalization


def addon(number: int, words: str) -> Body:
    properties = [{"name": "_Customization For", "value": words}]
    return {"id": number, "title": "Item Personalization", "properties": properties}


def product(number: int, title: str, **more: Any) -> Body:
    return {"id": number, "title": title, **more}


@pytest.mark.parametrize(
    ("lines", "parents"),
    [
        ([product(1, "Mug", variant_title="Red"), addon(2, "Mug - Red")], {2: 1}),
        ([product(1, "Mug"), product(2, "Mug"), addon(3, "Mug (Line Item Number-1)")], {3: 2}),
        ([product(1, "Mug"), addon(2, "Mug"), product(3, "Mug"), addon(4, "Mug")], {2: 1, 4: 3}),
        ([product(1, "Mug"), product(2, "Mug"), product(3, "Hat"), addon(4, "Mug (Line Item Number-2)")], {4: 2}),
        ([addon(1, "Mug"), product(2, "Mug")], {1: 2}),
        ([product(1, "Mug"), addon(2, "Cup")], {2: None}),
        ([addon(1, "Mug")], {1: None}),
    ],
)  # fmt: skip
def test_an_addon_finds_its_line(lines: list[Body], parents: Mapping[int, int | None]) -> None:
    """An add-on belongs to the line of its words: the one before it, else the counted one, else the first free."""
    found = {
        int(line.ref.id): None if line.parent is None else int(line.parent.id)
        for line in told(line_items=lines).lines
        if line.addon
    }
    assert parents == found


def test_a_shared_key_ties_only_what_is_no_product() -> None:
    """Lines of one key belong together; what ships or carries a design is a product of its own."""
    key = {"name": "_parentKey", "value": "k"}
    design = {"name": "_tib_design_link_1", "value": "https://example.com/a.png"}
    lines = told(
        line_items=[
            product(1, "Wrap", requires_shipping=False, properties=[key]),
            product(2, "Cushion", properties=[key, design]),
            product(3, "Gift box", properties=[key]),
            product(4, "Voucher", requires_shipping=False, properties=[{"name": "_parentKey", "value": "x"}]),
        ]
    ).lines

    assert [True, False, False, False] == [line.addon for line in lines]
    assert ref(2) == lines[0].parent


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": {"new": "shape"}},
        {"updated_at": "yesterday"},
        {"line_items": [{"title": "without an id"}]},
        {"line_items": None},
        {"updated_at": None},
    ],
)
def test_an_order_that_cannot_be_read_is_fetched(changes: Body) -> None:
    """A message about an order whose details we do not understand is not lost: it names the order."""
    assert OrderTold(ref=ref(820982911946154508)) == read("orders/paid", an_order(**changes))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[", b"null", b"[]", b"1e999", b"{" * 99_999, b'{"id":{}}'])
@pytest.mark.parametrize("topic", sorted(READERS))
def test_a_malformed_body_is_rejected(topic: str, body: bytes) -> None:
    """Whatever a signed body holds, the worst is a refusal with words."""
    try:
        INTAKE.read(topic, body)
    except Rejected:
        return
    assert topic in {"app/uninstalled", "shop/redact", "customers/redact", "customers/data_request"}


def test_unknown_topics_are_ignored() -> None:
    """A topic that we never asked for is no reason to refuse the delivery."""
    assert isinstance(read("collections/update", {"id": 1}), Ignored)


KEYS: Final = st.sampled_from(
    ["id", "name", "created_at", "updated_at", "line_items", "quantity", "order_id", "order_edit", "properties",
     "customer", "shipping_address", "refunds", "tags", "fulfillment_order", "orders_to_redact", "price", "currency",
     "line_item_groups", "country_code", "financial_status", "title"]
)  # fmt: skip
LEAVES: Final = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["2026-11-20T07:00:00-05:00", "0001-01-01T00:00:00+14:00", "gid://shopify/FulfillmentOrder/1"]
    )
)
JSON: Final = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(topic=st.sampled_from(sorted(READERS)), body=JSON)
def test_any_json_is_read_or_rejected(topic: str, body: object) -> None:
    """No JSON raises anything but a refusal."""
    try:
        events = INTAKE.read(topic, json.dumps(body).encode())
    except Rejected:
        return
    assert 1 == len(events)


@given(changes=st.dictionaries(KEYS, JSON, max_size=4), line=st.dictionaries(KEYS, JSON, max_size=4))
def test_any_order_with_odd_parts_is_read_or_rejected(changes: Body, line: Body) -> None:
    """An order with anything in any place is read or refused, and what is read is one order."""
    body = an_order(**{"line_items": [{"id": 1} | line]} | changes)
    try:
        event = read("orders/updated", body)
    except Rejected:
        return
    assert isinstance(event, OrderTold)
