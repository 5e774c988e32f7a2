"""What Printify is asked, word by word."""

from typing import Any

import pytest
from attrs import evolve

from mockspark.adapters.fulfillment.printify_reports import read_report
from mockspark.adapters.fulfillment.printify_requests import address_body, order_body, product_body
from mockspark.application.errors import Unavailable
from mockspark.domain.contact import Address
from mockspark.domain.submission import Stage
from tests.adapters.fulfillment.test_printify_live import MUG, SHIRT, Bench, bench, line, request

__all__ = ["bench"]

WHOLE = {"x": 0.5, "y": 0.5, "scale": 1, "angle": 0}


def _asked(**options: object) -> dict[str, Any]:
    return order_body(request(line(1), line(2), options=options))


def test_the_dialog_reaches_the_order() -> None:
    """Method, notification and canvas sides are said in Printify's own words, store orders in the label."""
    plain = _asked()
    chosen = _asked(shipping_method="priority", notify_customer=True, print_on_side="mirror")

    assert ("#1001, #1002", 1, False) == (
        plain["label"],
        plain["shipping_method"],
        plain["send_shipping_notification"],
    )
    assert (2, True) == (chosen["shipping_method"], chosen["send_shipping_notification"])
    assert {"print_on_side": "mirror"} == chosen["line_items"][0]["print_details"]
    assert "print_details" not in plain["line_items"][0]


@pytest.mark.parametrize(
    ("method", "number", "express", "economy"),
    [("standard", 1, False, False), ("express", 3, True, False), ("economy", 4, False, True)],
)
def test_a_method_is_said_three_times_alike(method: str, number: int, express: bool, economy: bool) -> None:  # noqa: FBT001
    """The number and both switches never contradict each other."""
    made = request(options={"shipping_method": method}, notes={f"product:{line(1).key}": "p1"})
    body = order_body(made)

    assert (number, express, economy) == (
        body["shipping_method"],
        body["is_printify_express"],
        body["is_economy_shipping"],
    )


def test_a_file_fills_its_area() -> None:
    """A production file is as large as its print area, so it lies in the middle at full size, on either way."""
    direct = _asked()["line_items"][0]["print_areas"]
    product = product_body(line(1), {"front": "u1"})["print_areas"][0]["placeholders"]

    assert {"front": [{"src": line(1).files[0].url, **WHOLE}]} == direct
    assert [{"position": "front", "images": [{"id": "u1", **WHOLE}]}] == product


@pytest.mark.parametrize(
    ("name", "company", "expected"),
    [
        ("Ada Mary Byron", "", ("Ada Mary", "Byron")),
        ("Cher", "", ("Cher", "-")),
        ("", "Acme", ("Acme", "-")),
    ],
)
def test_both_names_are_always_given(name: str, company: str, expected: tuple[str, str]) -> None:
    """Printify wants a first and a last name of everybody."""
    body = address_body(Address(name=name, company=company, country="DE"), "")

    assert expected == (body["first_name"], body["last_name"])
    assert "email" not in body
    assert "" == body["region"]


def test_a_waiting_line_of_a_stopped_order_waits_for_a_person() -> None:
    """An order without payment stops all of its lines, sent or not."""
    waiting = {"quantity": 1, "cost": 1, "status": "on-hold", "metadata": {"external_id": "a"}}
    told = {"id": "o", "status": "payment-not-received", "metadata": {}, "line_items": [waiting]}

    assert [Stage.STUCK] == [told.stage for told in read_report(told, "USD").lines]


async def test_one_picture_is_uploaded_once(bench: Bench) -> None:
    """The same file on two areas travels once."""
    both = line(1, SHIRT, areas=("front", "back"))
    same = tuple(evolve(file, sha256="a" * 64, url=both.files[0].url) for file in both.files)

    await bench.ours.prepare(request(evolve(both, files=same)))

    assert 1 == bench.calls.count(("POST", "images.json"))


async def test_a_draft_that_is_still_calculated_is_confirmed_later(bench: Bench) -> None:
    """A confirmation that comes too early is repeated, not given up."""
    (order,) = await bench.ours.submit(request(line(1, MUG)))
    bench.local.sandbox.fail("status", path_regex="send_to_production", status=400, body={"error": "Not yet"})

    with pytest.raises(Unavailable, match="still works on the draft"):
        await bench.ours.confirm(order.ref)
    await bench.ours.confirm(order.ref)

    assert ["sending-to-production"] == [known["status"] for known in bench.known]
