"""What Printify says, read: statuses, orders, prices, refusals and webhooks."""

import base64
import csv
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockspark.adapters.fulfillment.printify import PLUGIN, Printify
from mockspark.adapters.fulfillment.printify_quotes import narrowed, read_prices
from mockspark.adapters.fulfillment.printify_refusals import read_refusal, rejected
from mockspark.adapters.fulfillment.printify_reports import (
    HOLDS,
    LINE_STAGES,
    ORDER_STAGES,
    WORDS,
    read_created,
    read_page,
    read_report,
)
from mockspark.adapters.fulfillment.printify_requests import PrintifyOptions, line_of_sku
from mockspark.adapters.fulfillment.printify_webhooks import read_hint, verify
from mockspark.adapters.remote import Answer
from mockspark.application.errors import NotAuthorized, Rejected
from mockspark.application.forms import form_of
from mockspark.application.ports.fulfillment import (
    AsksMore,
    Cancels,
    ChecksAccount,
    ChecksStock,
    Confirms,
    ListsCatalog,
    Prepares,
    Quotes,
    ReceivesReports,
    SubscribesReports,
    WebhookDelivery,
)
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ExternalRef
from mockspark.domain.money import Money
from mockspark.domain.submission import ParcelState, Stage
from tests.samples import SAMPLES, needs_samples

PRINTIFY = SAMPLES / "providers" / "printify"
STATUS_MAP = SAMPLES.parent / "facts" / "status_map.csv"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

STAGE_OF = {
    ("Being fulfilled", "accepted"): Stage.ACCEPTED,
    ("Being fulfilled", "in_production"): Stage.IN_PRODUCTION,
    ("Fulfilled", "shipped"): Stage.DONE,
    ("Canceled", ""): Stage.CANCELED,
    ("On hold", ""): Stage.STUCK,
    ("Sending before our send_to_production; else On hold", ""): Stage.DRAFT,
}


def _sample(name: str) -> Any:
    return json.loads((PRINTIFY / name).read_text())


def _samples(folder: str) -> Iterator[Path]:
    return iter(sorted((PRINTIFY / folder).glob("*.json")))


def _order(status: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "o1",
        "status": status,
        "metadata": {"shop_order_id": "s1"},
        "line_items": list(lines),
        **more,
    }


def _line(key: str, status: str, **more: Any) -> dict[str, Any]:
    return {"quantity": 1, "cost": 100, "status": status, "metadata": {"external_id": key}, **more}


@needs_samples
def test_the_tables_agree_with_the_status_map() -> None:
    """Every status that Printify is known to use has the stage and the hold reason that were agreed."""
    rows = [
        row for row in csv.DictReader(STATUS_MAP.read_text().splitlines()) if row["provider"] == "printify"
    ]
    tables = {"order": ORDER_STAGES, "line": LINE_STAGES}

    for row in rows:
        stage = tables[row["level"]][row["provider_status"]]
        assert STAGE_OF[row["our_state"], row["substate"]] is stage, row["provider_status"]
        if row["level"] == "order" and row["hold_reason"]:
            assert row["hold_reason"] == HOLDS[row["provider_status"]].value
    assert {r["provider_status"] for r in rows if r["level"] == "order"} == set(ORDER_STAGES)
    assert {r["provider_status"] for r in rows if r["level"] == "line"} == set(LINE_STAGES)


def test_every_stuck_status_names_a_reason_with_words() -> None:
    """Whatever stops an order, a person reads what to do."""
    stuck = [status for status, stage in ORDER_STAGES.items() if stage is Stage.STUCK]

    assert all(WORDS[HOLDS[status]] for status in stuck)


@needs_samples
def test_every_sample_order_is_read() -> None:
    """Every recorded order gives a report with a known stage, all its lines where they are named, and a price."""
    for path in _samples("order"):
        told = json.loads(path.read_text())
        if not isinstance(told, dict) or "status" not in told:
            assert read_created(told), path.name
            continue
        report = read_report(told, "USD")
        assert Stage.UNKNOWN is not report.stage, path.name
        named = all("external_id" in line["metadata"] for line in told["line_items"])
        assert (len(told["line_items"]) if named else 0) == len(report.lines), path.name
        assert report.items_cost is not None, path.name


@needs_samples
def test_an_express_order_may_be_two() -> None:
    """Express splits what it cannot hurry into a second order."""
    orders = read_created(_sample("order/express-submit-mixed-split-response.json"))

    assert ["5a96f649b2439217d070f508", "5a96f649b2439217d070f509"] == [order.ref.id for order in orders]


@needs_samples
def test_lines_of_a_partly_shipped_order_stand_for_themselves() -> None:
    """One line has left with the only parcel, the other is still on the press."""
    report = read_report(_sample("order/order-partially-fulfilled.json"), "USD")

    assert Stage.IN_PRODUCTION is report.stage
    assert [("SO-1001-1", Stage.DONE), ("SO-1002-1", Stage.IN_PRODUCTION)] == [
        (x.key, x.stage) for x in report.lines
    ]
    assert [(("SO-1001-1", 1),)] == [parcel.lines for parcel in report.parcels]
    assert Money(minor=2100, currency="USD") == report.items_cost
    assert Money(minor=400, currency="USD") == report.shipping_cost
    assert "batch-2026-11-22-0001" == report.external_id


@needs_samples
def test_a_new_order_waits_for_our_word_and_a_sent_one_for_a_person() -> None:
    """On-hold is a draft before it was sent to production, and stuck afterwards."""
    told = _sample("order/order-on-hold.json")
    unsent = json.loads(json.dumps(told).replace('"2017-04-18 13:24:28+00:00"', "null"))

    assert (Stage.DRAFT, False) == (read_report(unsent, "USD").stage, read_report(unsent, "USD").confirmed)
    assert (Stage.STUCK, True) == (read_report(told, "USD").stage, read_report(told, "USD").confirmed)


@pytest.mark.parametrize("status", ["pending", "cost-calculation", "callback-received", "on-hold"])
def test_an_order_that_nobody_sent_is_a_draft(status: str) -> None:
    """Until our confirmation nothing about it is accepted, whatever Printify still calculates."""
    report = read_report(_order(status, _line("a", status)), "USD")

    assert (Stage.DRAFT, Stage.DRAFT, False) == (report.stage, report.lines[0].stage, report.confirmed)


def test_a_line_with_issues_does_not_hold_its_siblings() -> None:
    """Each line of an order is told by its own status."""
    order = _order(
        "has-issues", _line("a", "has-issues"), _line("b", "in-production"), _line("c", "fulfilled")
    )

    report = read_report(order, "USD")

    assert [Stage.STUCK, Stage.IN_PRODUCTION, Stage.DONE] == [line.stage for line in report.lines]
    assert (HoldReason.PROVIDER_HOLD, True) == (report.hold, bool(report.words))


def test_cancelling_an_order_cancels_what_has_not_left() -> None:
    """A canceled order takes its lines along, except those that travel already."""
    report = read_report(_order("canceled", _line("a", "on-hold"), _line("b", "fulfilled")), "USD")

    assert [Stage.CANCELED, Stage.DONE] == [line.stage for line in report.lines]


def test_two_parcels_leave_their_content_open() -> None:
    """The list of parcels does not say what is in them, so nothing is guessed."""
    parcels = [
        {"carrier": "ups", "number": "1Z", "url": "", "delivered_at": "2026-11-22 10:00:00+00:00"},
        {"carrier": "ups", "number": "2Z", "url": ""},
        {"carrier": "ups", "number": None},
    ]
    report = read_report(_order("fulfilled", _line("a", "fulfilled"), shipments=parcels), "USD")

    assert [("1Z", (), ParcelState.DELIVERED), ("2Z", (), ParcelState.IN_TRANSIT)] == [
        (parcel.number, parcel.lines, parcel.state) for parcel in report.parcels
    ]


def test_a_line_without_our_name_is_known_by_the_sku_that_we_gave() -> None:
    """Products that were made for a line carry its name; without any name the order speaks for all lines."""
    nameless = {"quantity": 2, "cost": 100, "status": "in-production"}
    ours = {**nameless, "metadata": {"sku": f"{1:032x}x2"}}
    foreign = {**nameless, "metadata": {"sku": "866366009"}}

    assert [f"{1:032x}"] == [line.key for line in read_report(_order("in-production", ours), "USD").lines]
    assert () == read_report(_order("in-production", ours, foreign), "USD").lines


@pytest.mark.parametrize("name", [1370762297, "1370762297"])
def test_an_order_is_known_by_a_name_in_text_or_number(name: str | int) -> None:
    """The list shows our id as text or as a number."""
    page = read_page({"data": [{"id": "o1", "metadata": {"shop_order_id": name}}]})

    assert "1370762297" in page.orders[0].names


@pytest.mark.parametrize(
    ("told", "prices"),
    [
        ({"standard": 1, "express": 2, "economy": 3}, {"standard": 1, "priority": 2, "economy": 3}),
        (
            {"standard": 1, "priority": 2, "express": 2, "printify_express": 9, "economy": 3},
            {"standard": 1, "priority": 2, "express": 9, "economy": 3},
        ),
        ({"standard": 1, "priority": 2, "express": 2}, {"standard": 1, "priority": 2}),
        ({"standard": 1, "printify_express": 9}, {"standard": 1, "express": 9}),
        ({"standard": 1, "priority": 2, "express": 9}, {"standard": 1, "priority": 2, "express": 9}),
        ({"standard": 1959}, {"standard": 1959}),
        ({}, {}),
    ],
)
def test_express_means_what_its_generation_meant(told: dict[str, int], prices: dict[str, int]) -> None:
    """Three generations of answers use the word express for two different methods."""
    assert prices == {method: price.minor for method, price in read_prices(told, "USD").items()}


@needs_samples
def test_every_sample_quote_is_read() -> None:
    """Every recorded quote has a standard price."""
    assert all("standard" in read_prices(json.loads(path.read_text()), "USD") for path in _samples("quote"))


def test_the_dialog_offers_what_exists() -> None:
    """Methods that the parcel cannot have are not offered, and the default is one that it can."""
    form = narrowed(form_of(PrintifyOptions), read_prices({"priority": 500, "economy": 399}, "USD"))
    question = form.field("shipping_method")

    assert question is not None
    assert (("priority", "Priority (5.00 USD)"), ("economy", "Economy (3.99 USD)")) == question.choices
    assert "priority" == question.default
    assert form.field("notify_customer") == form_of(PrintifyOptions).field("notify_customer")


def _answer(status: int, code: int, reason: object) -> Answer:
    body = {
        "status": "error",
        "code": code,
        "message": "Validation failed.",
        "errors": {"reason": reason, "code": code},
    }
    return Answer(title="Printify", status=status, body=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "code", "reason", "expected"),
    [
        (400, 8103, '{"zip":["The zip field is required."]}', HoldReason.ADDRESS_INCOMPLETE),
        (422, 8103, {"address_to.region": ["The region field is required."]}, HoldReason.ADDRESS_INCOMPLETE),
        (400, 8103, '{"line_items.0.quantity":["must be positive"]}', HoldReason.PROVIDER_REJECTED),
        (400, 8150, "The src/x/y/scale/angle field is required", HoldReason.PROVIDER_REJECTED),
        (400, 8203, "Image has low quality", HoldReason.LOW_RESOLUTION),
        (400, 8502, "Shipping method is not supported", HoldReason.SHIPPING_NOT_POSSIBLE),
        (400, 10300, "cURL error 6: Could not resolve host", HoldReason.PROVIDER_REJECTED),
        (400, 8150, "Variant 17887 is out of stock", HoldReason.OUT_OF_STOCK),
        (400, 8150, "The selected variant is not available", HoldReason.VARIANT_UNAVAILABLE),
        (402, 0, "Card declined", HoldReason.PAYMENT_AT_PROVIDER),
    ],
)
def test_a_refusal_names_what_to_mend(status: int, code: int, reason: object, expected: HoldReason) -> None:
    """Codes are shared by many mistakes: words and code together find the hold reason."""
    assert expected is rejected(_answer(status, code, reason)).reason


@needs_samples
def test_every_sample_error_has_words_for_people() -> None:
    """Both shapes of errors, and JSON inside a string, become a sentence."""
    words = {
        path.stem: read_refusal(Answer(title="Printify", status=400, body=path.read_bytes())).words
        for path in _samples("error")
    }

    assert all(words.values())
    assert "zip: The zip field is required." == words["error-8103-address-zip-json-string"]
    assert "Unauthenticated" == words["error-401-unauthenticated"]


@needs_samples
def test_a_duplicate_tells_which_order_it_is() -> None:
    """The refusal of a duplicate carries the order to adopt."""
    body = (PRINTIFY / "error/error-8503-duplicate-external-id.json").read_bytes()
    refusal = read_refusal(Answer(title="Printify", status=409, body=body))

    assert ("8503", "5a96f649b2439217d070f507") == (refusal.code, refusal.order_id)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"errors": []}', b'{"errors": "x", "order": 1}']
)
def test_an_odd_refusal_is_told_by_its_status(body: bytes) -> None:
    """An error without words is still an error that a person can read."""
    assert "refused with status 418" in str(rejected(Answer(title="Printify", status=418, body=body)))


@needs_samples
def test_signatures_are_checked_over_the_raw_bytes() -> None:
    """Vectors pass; a blank more or a re-serialised body does not."""
    for path in _samples("signature_vector"):
        vector = json.loads(path.read_text())
        header = {"x-pfy-signature": vector["expected_header_value"]}
        verify(_delivery(header, vector["body_base64"]), vector["secret"])
        for body in vector["must_fail"].values():
            with pytest.raises(NotAuthorized):
                verify(_delivery(header, body), vector["secret"])


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=é", "SHA256=00"])
def test_an_odd_signature_is_a_wrong_one(header: str) -> None:
    """Whatever stands in the header, nothing crashes and nothing passes."""
    with pytest.raises(NotAuthorized):
        verify(WebhookDelivery(headers={"x-pfy-signature": header}, body=b"{}", received_at=NOON), "secret")


def test_an_account_without_a_secret_believes_nobody() -> None:
    """Whoever signs with the empty secret has signed nothing."""
    mac = hmac.new(b"", b"{}", hashlib.sha256).hexdigest()
    signed = WebhookDelivery(headers={"x-pfy-signature": f"sha256={mac}"}, body=b"{}", received_at=NOON)

    with pytest.raises(NotAuthorized):
        verify(signed, "")


def _delivery(headers: dict[str, str], body: str) -> WebhookDelivery:
    return WebhookDelivery(headers=headers, body=base64.b64decode(body), received_at=NOON)


@needs_samples
def test_every_sample_webhook_is_a_hint() -> None:
    """Webhooks of orders name the order, the others name nothing, and each has an id of its own."""
    for path in _samples("webhook"):
        told = json.loads(path.read_text())
        hint = read_hint(path.read_bytes())
        refs = (
            (ExternalRef("printify", told["resource"]["id"]),) if told["resource"]["type"] == "order" else ()
        )
        assert (told["id"], refs) == (hint.delivery_id, hint.refs)


@needs_samples
@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("webhook-order-shipment-created", ParcelState.IN_TRANSIT),
        ("webhook-order-shipment-delivered", ParcelState.DELIVERED),
    ],
)
def test_a_parcel_is_learnt_from_its_webhook(name: str, state: ParcelState) -> None:
    """The webhook names the parcel; foreign SKUs leave its content open."""
    (report,) = read_hint((PRINTIFY / f"webhook/{name}.json").read_bytes()).reports

    assert [("94001116990045395649372", "USPS", state, ())] == [
        (parcel.number, parcel.carrier, parcel.state, parcel.lines) for parcel in report.parcels
    ]


def test_our_own_skus_say_which_lines_are_in_a_parcel() -> None:
    """Products that were made for a line carry its name and quantity in their SKU."""
    ours = [f"{1:032x}x2", f"{2:032x}x1"]

    assert ((f"{1:032x}", 2), (f"{2:032x}", 1)) == _content(ours)
    assert () == _content([*ours, "866366009"])


def _content(skus: list[str]) -> tuple[tuple[str, int], ...]:
    data = {"carrier": {"code": "usps", "tracking_number": "94"}, "skus": skus}
    told = {
        "id": "1",
        "type": "order:shipment:created",
        "resource": {"id": "o1", "type": "order", "data": data},
    }
    (report,) = read_hint(json.dumps(told).encode()).reports
    return report.parcels[0].lines


@pytest.mark.parametrize(
    "sku", ["", "x1", "866366009", f"{1:032x}", f"{1:032x}x", f"{'z' * 32}x1", f"{1:032X}xA"]
)
def test_foreign_skus_are_nobody(sku: str) -> None:
    """A SKU that we did not make names no line."""
    assert line_of_sku(sku) is None


def test_printify_has_every_ability() -> None:
    """The kit would skip in silence what is no longer declared."""
    abilities = (
        Prepares, Confirms, Cancels, Quotes, ReceivesReports, SubscribesReports, ListsCatalog, ChecksStock,
        AsksMore, ChecksAccount,
    )  # fmt: skip

    assert all(issubclass(Printify, ability) for ability in abilities)
    assert "Manual" in PLUGIN.facts.warning


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NESTED = b"[" * 100_000


@given(body=st.binary(max_size=40) | json_values.map(lambda told: json.dumps(told).encode()))
@example(body=NESTED)
@example(body=b'{"id": 1, "type": "order:updated", "resource": {"id": "", "type": "order"}}')
@example(
    body=b'{"id": 1, "type": "order:shipment:created", "resource": {"id": "o", "type": "order", "data": [1]}}'
)
def test_a_signed_webhook_is_read_or_rejected(body: bytes) -> None:
    """Whatever a webhook carries, the answer is a hint or Rejected, never a crash."""
    try:
        assert read_hint(body).delivery_id
    except Rejected:
        return


@given(body=st.binary(max_size=40) | json_values.map(lambda told: json.dumps(told).encode()))
@example(body=NESTED)
@example(body=json.dumps({"errors": {"reason": NESTED.decode()}}).encode())
def test_any_refusal_becomes_words(body: bytes) -> None:
    """Whatever an error carries, a person gets a sentence and a hold reason."""
    refusal = rejected(Answer(title="Printify", status=400, body=body))

    assert str(refusal)
    assert refusal.reason in HoldReason


@given(
    status=st.text(max_size=12),
    line=st.text(max_size=12),
    sent=st.none() | st.just("2026-11-22 10:00:00+00:00"),
)
def test_any_status_is_told(status: str, line: str, sent: str | None) -> None:
    """Whatever words Printify invents, they are passed on and nothing is taken for done."""
    report = read_report(_order(status, _line("a", line, sent_to_production_at=sent)), "USD")

    assert status == report.raw
    assert Stage.DONE is not report.stage or status == "fulfilled"


@given(
    number=st.integers(min_value=0, max_value=2**128 - 1), quantity=st.integers(min_value=1, max_value=10**6)
)
def test_our_skus_are_read_back(number: int, quantity: int) -> None:
    """A SKU gives back the line and the quantity that it was made of."""
    assert (f"{number:032x}", quantity) == line_of_sku(f"{number:032x}x{quantity}")
