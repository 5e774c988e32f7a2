"""Placing, showing, listing, sending and cancelling orders at the local Printify."""

import json
from typing import Any

import pytest

from mockspark.adapters.sandbox.printify_state import Settings
from tests.adapters.sandbox.printify_client import (
    ADDRESS,
    EUROPEAN_MUG,
    MUG,
    PICTURE,
    POSTER,
    SHIRT,
    Printify,
    line,
    order,
    printify,
    product,
)

LAYER = {"src": PICTURE, "x": 0.5, "y": 0.5, "scale": 1, "angle": 0}
US = {**ADDRESS, "country": "US", "region": "TX"}


async def _refused(pfy: Printify, body: Any, path: str = "orders.json") -> tuple[int, int, str]:
    answer = await pfy.post(f"{pfy.shop}/{path}", body)
    told = answer.json()
    assert ("error", told["code"]) == (told["status"], told["errors"]["code"])
    return answer.status_code, told["code"], told["errors"]["reason"]


async def _product(pfy: Printify, blank: dict[str, Any] = MUG, **more: Any) -> dict[str, Any]:
    upload = await pfy.post("/v1/uploads/images.json", {"file_name": "a.png", "url": PICTURE})
    made = await pfy.post(f"{pfy.shop}/products.json", product(upload.json()["id"], blank, **more))
    assert 200 == made.status_code, made.text
    return dict(made.json())


async def test_an_order_answers_its_id_alone(pfy: Printify) -> None:
    """A placed order is told by 24 hexadecimal digits and nothing else."""
    answer = await pfy.post(f"{pfy.shop}/orders.json", order())
    assert 200 == answer.status_code, answer.text
    assert ["id"] == list(answer.json())
    assert 12 == len(bytes.fromhex(answer.json()["id"]))


async def test_an_order_shows_what_was_asked_for(pfy: Printify) -> None:
    """Lines, address, reference and label come back; the order's reference only within the metadata."""
    shown = await pfy.show(await pfy.place(order("sub-1", line(quantity=2, external_id="item-1"))))
    assert ADDRESS == shown["address_to"]
    assert ("sub-1", "SO-1001") == (
        shown["metadata"]["shop_order_id"],
        shown["metadata"]["shop_order_label"],
    )
    assert "external_id" not in shown
    (only,) = shown["line_items"]
    assert (2, 33719, 9, "item-1") == (
        only["quantity"],
        only["variant_id"],
        only["print_provider_id"],
        only["metadata"]["external_id"],
    )
    assert "shipments" not in shown


async def test_a_reference_of_digits_comes_back_as_a_number(pfy: Printify) -> None:
    """A client must compare it as text."""
    shown = await pfy.show(await pfy.place(order("1370762297")))
    assert 1370762297 == shown["metadata"]["shop_order_id"]


async def test_a_reference_is_used_once(pfy: Printify) -> None:
    """A second order with the same reference answers 409 with the first one's id; nothing is made."""
    first = await pfy.place(order("sub-1"))
    again = await pfy.post(f"{pfy.shop}/orders.json", order("sub-1", line(SHIRT)))
    assert (409, 8503) == (again.status_code, again.json()["code"])
    assert {"id": first, "external_id": "sub-1"} == again.json()["order"]
    assert 1 == len(pfy.sandbox.orders())


async def test_a_reference_is_unique_within_its_shop_only(pfy: Printify) -> None:
    """Another shop of the same merchant may use it, too."""
    await pfy.place(order("sub-1"))
    other = pfy.sandbox.add_shop(pfy.account, "Second")
    assert 200 == (await pfy.post(f"/v1/shops/{other.id}/orders.json", order("sub-1"))).status_code


async def test_duplicates_may_be_accepted() -> None:
    """Some say that the real service takes a reference twice; a client must survive both."""
    async with printify(Settings(accept_duplicates=True)) as pfy:
        assert await pfy.place(order("sub-1")) != await pfy.place(order("sub-1"))


@pytest.mark.parametrize("name", ["first_name", "last_name", "address1", "city", "country", "zip"])
async def test_an_address_must_be_complete(pfy: Printify, name: str) -> None:
    """A missing field answers 8103, the reason being JSON in a string."""
    status, code, reason = await _refused(pfy, order(address_to={**ADDRESS, name: " "}))
    assert (400, 8103) == (status, code)
    assert {name: [f"The {name.replace('_', ' ')} field is required."]} == json.loads(reason)


async def test_an_address_is_judged_as_a_whole() -> None:
    """All problems come at once, with the status that the service is set to."""
    async with printify(Settings(invalid_address_status=422)) as pfy:
        status, code, reason = await _refused(pfy, order(address_to={"country": "Belgium"}))
        assert (422, 8103) == (status, code)
        assert {"first_name", "last_name", "address1", "city", "country", "zip"} == set(json.loads(reason))


@pytest.mark.parametrize("country", ["US", "CA", "AU"])
async def test_some_countries_need_a_region(pfy: Printify, country: str) -> None:
    """Elsewhere an empty region will do."""
    _, code, reason = await _refused(pfy, order(address_to={**ADDRESS, "country": country}))
    assert (8103, ["region"]) == (code, list(json.loads(reason)))


async def test_an_address_keeps_its_letters(pfy: Printify) -> None:
    """Any script goes in and comes out unchanged."""
    address = {**ADDRESS, "first_name": "ليلى", "last_name": "Moosbühler 🎁", "city": "München"}
    shown = await pfy.show(await pfy.place(order(address_to=address)))
    assert address == shown["address_to"]


async def test_an_order_needs_a_reference(pfy: Printify) -> None:
    """The service's own table says so."""
    status, code, reason = await _refused(pfy, order(""))
    assert (400, 8150, ["external_id"]) == (status, code, list(json.loads(reason)))


# -- lines -------------------------------------------------------------------------------------------------


async def test_the_product_form_of_print_areas_is_refused(pfy: Printify) -> None:
    """Orders take an object by position; the array that products take answers 8150."""
    areas = [{"variant_ids": [33719], "placeholders": [{"position": "front", "images": []}]}]
    status, code, reason = await _refused(pfy, order("sub-1", line(print_areas=areas)))
    assert (400, 8150, "The src/x/y/scale/angle field is required.") == (status, code, reason)


@pytest.mark.parametrize("name", list(LAYER))
async def test_a_layer_must_be_complete(pfy: Printify, name: str) -> None:
    """Each of the five fields is required."""
    layer = {key: value for key, value in LAYER.items() if key != name}
    status, code, reason = await _refused(pfy, order("sub-1", line(print_areas={"front": [layer]})))
    assert (400, 8150, "The src/x/y/scale/angle field is required.") == (status, code, reason)


@pytest.mark.parametrize(
    "wrong",
    [{"x": 1.1}, {"y": -0.1}, {"scale": 0}, {"angle": 361}, {"angle": 0.34}, {"x": "left"}, {"src": "a.png"}],
)
async def test_a_layer_must_lie_within_its_bounds(pfy: Printify, wrong: dict[str, Any]) -> None:
    """Places go from 0 to 1, scales are over 0, angles whole numbers up to 360, pictures have an address."""
    body = order("sub-1", line(print_areas={"front": [{**LAYER, **wrong}]}))
    status, code, _ = await _refused(pfy, body)
    assert (400, 8150) == (status, code)


async def test_layers_and_addresses_may_be_mixed(pfy: Printify) -> None:
    """A print area is one address or a list of layers."""
    await pfy.place(order("sub-1", line(SHIRT, print_areas={"front": PICTURE, "back": [LAYER, LAYER]})))


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 0},
        {"quantity": "1"},
        {"quantity": True},
        {"variant_id": 1},
        {"blueprint_id": 999},
        {"print_provider_id": None},
        {"print_areas": {"sleeve": PICTURE}},
        {"print_areas": {}},
        {"print_details": {"print_on_side": "inside"}},
    ],
)
async def test_a_line_must_name_what_exists(pfy: Printify, wrong: dict[str, Any]) -> None:
    """Whatever a line gets wrong answers 8150, and nothing is left behind."""
    status, code, _ = await _refused(pfy, order("sub-1", line(), line(**wrong)))
    assert (400, 8150) == (status, code)
    assert {} == pfy.account.shop.products
    assert [] == pfy.sandbox.orders()


async def test_a_line_may_name_a_product(pfy: Printify) -> None:
    """By its id and variant, or by the variant's SKU."""
    made = await _product(pfy)
    lines = (
        {"product_id": made["id"], "variant_id": 33719, "quantity": 1},
        {"sku": made["variants"][0]["sku"], "quantity": 3},
    )
    shown = await pfy.show(await pfy.place(order("sub-1", *lines)))
    assert [made["id"]] * 2 == [each["product_id"] for each in shown["line_items"]]
    assert [516, 3 * 516] == [each["cost"] for each in shown["line_items"]]
    assert [made["title"]] * 2 == [each["metadata"]["title"] for each in shown["line_items"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"product_id": "5bfd0b66a342bcc9b5563216", "variant_id": 33719, "quantity": 1},
        {"sku": "NO-SUCH-SKU", "quantity": 1},
        {"quantity": 1},
    ],
)
async def test_an_unknown_product_is_refused(pfy: Printify, wrong: dict[str, Any]) -> None:
    """A line for what the shop does not have answers 8150."""
    assert (400, 8150) == (await _refused(pfy, order("sub-1", wrong)))[:2]


async def test_a_disabled_variant_cannot_be_ordered(pfy: Printify) -> None:
    """Only enabled variants of a product are sold."""
    variants = [{"id": 45740, "price": 400}, {"id": 45742, "price": 400, "is_enabled": False}]
    sticker = {"blueprint_id": 384, "print_provider_id": 1, "variant_id": 45740}
    made = await _product(pfy, sticker, variants=variants)
    body = order("sub-1", {"product_id": made["id"], "variant_id": 45742, "quantity": 1})
    assert (400, 8150) == (await _refused(pfy, body))[:2]


async def test_a_line_with_pictures_makes_a_hidden_product(pfy: Printify) -> None:
    """It is named after the order and is not in the list of products."""
    shown = await pfy.show(await pfy.place(order("sub-1")))
    made = (await pfy.get(f"{pfy.shop}/products/{shown['line_items'][0]['product_id']}.json")).json()
    assert ("API sub-1 John Smith", False) == (made["title"], made["visible"])
    assert 0 == (await pfy.get(f"{pfy.shop}/products.json")).json()["total"]


# -- shipping methods --------------------------------------------------------------------------------------


async def test_economy_takes_no_line_with_pictures_of_its_own(pfy: Printify) -> None:
    """Method 4 is for existing products; so it is for the older flag."""
    for more in ({"shipping_method": 4}, {"is_economy_shipping": True}):
        refused = await _refused(pfy, order("sub-1", address_to=US, **more))
        assert (400, 8502, "Shipping method is not supported") == refused


async def test_economy_takes_existing_products(pfy: Printify) -> None:
    """Where the blank and the country allow for it."""
    made = await _product(pfy)
    body = order("sub-1", {"product_id": made["id"], "variant_id": 33719, "quantity": 1}, address_to=US)
    shown = await pfy.show(await pfy.place({**body, "shipping_method": 4}))
    assert (4, True) == (shown["shipping_method"], shown["is_economy_shipping"])


@pytest.mark.parametrize(("method", "blank"), [(3, POSTER), (4, POSTER)])
async def test_a_method_must_fit_the_blank(pfy: Printify, method: int, blank: dict[str, Any]) -> None:
    """Express and economy are for eligible blanks only."""
    made = await _product(pfy, blank)
    one = {"product_id": made["id"], "variant_id": blank["variant_id"], "quantity": 1}
    body = order("sub-1", one, address_to=US, shipping_method=method)
    assert (400, 8502) == (await _refused(pfy, body))[:2]


@pytest.mark.parametrize("method", [0, 5, "1", None, True])
async def test_an_unknown_method_is_refused(pfy: Printify, method: object) -> None:
    """There are methods 1 to 4."""
    assert (400, 8150) == (await _refused(pfy, order("sub-1", shipping_method=method)))[:2]


async def test_express_needs_a_way_to_reach_the_buyer(pfy: Printify) -> None:
    """E-mail and telephone are required there."""
    silent = {key: value for key, value in US.items() if key not in {"email", "phone"}}
    _, code, reason = await _refused(pfy, order("sub-1", address_to=silent, shipping_method=3))
    assert (8103, {"email", "phone"}) == (code, set(json.loads(reason)))


async def test_express_splits_an_order_in_two(pfy: Printify) -> None:
    """What is eligible goes by Express, the rest as usual: one call, two orders, one reference."""
    mug, poster = await _product(pfy, MUG), await _product(pfy, POSTER)
    lines = [
        {"product_id": made["id"], "variant_id": made["variants"][0]["id"], "quantity": 1}
        for made in (poster, mug)
    ]
    body = order("sub-1", *lines, address_to=US, shipping_method=3)
    told = (await pfy.post(f"{pfy.shop}/orders/express.json", body)).json()["data"]
    assert ["express", "ordinary"] == [each["attributes"]["fulfilment_type"] for each in told]
    shown = [await pfy.show(each["id"]) for each in told]
    assert [3, 1] == [each["shipping_method"] for each in shown]
    assert ["sub-1"] * 2 == [each["metadata"]["shop_order_id"] for each in shown]
    again = await pfy.post(f"{pfy.shop}/orders/express.json", body)
    assert (409, told[0]["id"]) == (again.status_code, again.json()["order"]["id"])


async def test_express_may_stay_one_order(pfy: Printify) -> None:
    """An order of eligible products is not split."""
    mug = await _product(pfy, MUG)
    body = order("sub-1", {"product_id": mug["id"], "variant_id": 33719, "quantity": 1}, address_to=US)
    told = (await pfy.post(f"{pfy.shop}/orders/express.json", body)).json()["data"]
    assert ["express"] == [each["attributes"]["fulfilment_type"] for each in told]


async def test_express_splitting_takes_existing_products_only(pfy: Printify) -> None:
    """A line with pictures of its own is refused there."""
    body = order("sub-1", line(), address_to=US)
    assert (400, 8150) == (await _refused(pfy, body, "orders/express.json"))[:2]


# -- money -------------------------------------------------------------------------------------------------


async def test_an_order_costs_cents(pfy: Printify) -> None:
    """Pieces, shipping and the country's tax add up in whole cents."""
    shown = await pfy.show(await pfy.place(order("sub-1", line(quantity=2), line())))
    assert (3 * 516, 999 + 400 + 400) == (shown["total_price"], shown["total_shipping"])
    assert [999 + 400, 400] == [each["shipping_cost"] for each in shown["line_items"]]
    assert round((3 * 516 + 1799) * 0.21) == shown["total_tax"]


async def test_two_print_providers_each_take_a_first_piece(pfy: Printify) -> None:
    """Nothing is saved by combining what different houses print."""
    address = {**ADDRESS, "country": "DE"}
    body = order("sub-1", line(MUG), line(EUROPEAN_MUG), address_to=address)
    shown = await pfy.show(await pfy.place(body))
    assert [999, 459] == [each["shipping_cost"] for each in shown["line_items"]]


# -- finding -----------------------------------------------------------------------------------------------


async def test_orders_are_listed_newest_first(pfy: Printify) -> None:
    """Ten a page at most, in the envelope that Laravel makes."""
    placed = [await pfy.place(order(f"sub-{n}")) for n in range(12)]
    first = (await pfy.get(f"{pfy.shop}/orders.json")).json()
    second = (await pfy.get(f"{pfy.shop}/orders.json", page=2, limit=10)).json()
    assert placed[::-1] == [each["id"] for each in first["data"] + second["data"]]
    assert (1, 10, 10, 12, 2) == (
        first["from"],
        first["to"],
        first["per_page"],
        first["total"],
        first["last_page"],
    )
    assert ("/?page=2", None) == (first["next_page_url"], first["prev_page_url"])
    assert (None, "/?page=1") == (second["next_page_url"], second["prev_page_url"])


async def test_a_page_beyond_the_end_is_empty(pfy: Printify) -> None:
    """It is no error."""
    await pfy.place()
    told = (await pfy.get(f"{pfy.shop}/orders.json", page=7)).json()
    assert ([], None, None, None, 1) == (
        told["data"],
        told["from"],
        told["to"],
        told["next_page_url"],
        told["last_page"],
    )


@pytest.mark.parametrize("query", [{"limit": 11}, {"limit": 0}, {"page": 0}, {"page": "x"}, {"limit": "²"}])
async def test_a_page_has_limits(pfy: Printify, query: dict[str, Any]) -> None:
    """At most ten orders a page; pages are counted from one."""
    answer = await pfy.get(f"{pfy.shop}/orders.json", **query)
    assert (400, 8150) == (answer.status_code, answer.json()["code"])


async def test_orders_are_found_by_status_and_sku_only(pfy: Printify) -> None:
    """There is no way to ask for a reference."""
    first, second = await pfy.place(order("sub-1")), await pfy.place(order("sub-2"))
    pfy.sandbox.advance_order(first, "on-hold")
    sku = (await pfy.show(second))["line_items"][0]["metadata"]["sku"]

    async def found(**query: str) -> list[str]:
        return [each["id"] for each in (await pfy.get(f"{pfy.shop}/orders.json", **query)).json()["data"]]

    assert [first] == await found(status="on-hold")
    assert [second] == await found(sku=sku)
    assert [second, first] == await found(external_id="sub-1")


async def test_an_unknown_order_is_not_found(pfy: Printify) -> None:
    """For every call that names an order."""
    unknown = f"{pfy.shop}/orders/5a96f649b2439217d070f507"
    answers = [
        await pfy.get(f"{unknown}.json"),
        await pfy.post(f"{unknown}/send_to_production.json"),
        await pfy.post(f"{unknown}/cancel.json"),
    ]
    assert [404, 404, 404] == [answer.status_code for answer in answers]


# -- sending and cancelling --------------------------------------------------------------------------------


async def test_sending_answers_the_id_or_the_whole_order(pfy: Printify) -> None:
    """Older documents show the order; a client takes both."""
    first, second = await pfy.place(order("sub-1")), await pfy.place(order("sub-2"))
    assert {"id": first} == (await pfy.send(first)).json()
    pfy.sandbox.set(send_answers_whole_order=True)
    assert "sending-to-production" == (await pfy.send(second)).json()["status"]


async def test_an_order_is_sent_once(pfy: Printify) -> None:
    """A second time it is refused and nothing happens."""
    order_id = await pfy.place()
    await pfy.send(order_id)
    again = await pfy.send(order_id)
    assert (400, "Operation failed.") == (again.status_code, again.json()["message"])
    assert "sending-to-production" == await pfy.status(order_id)


@pytest.mark.parametrize("status", ["on-hold", "payment-not-received"])
async def test_a_waiting_order_can_be_cancelled(pfy: Printify, status: str) -> None:
    """The whole order comes back, its lines cancelled, too."""
    order_id = await pfy.place()
    pfy.sandbox.advance_order(order_id, status)
    shown = (await pfy.cancel(order_id)).json()
    assert ("canceled", ["canceled"]) == (
        shown["status"],
        [each["status"] for each in shown["line_items"]],
    )
    pfy.sandbox.advance(1_000_000)
    assert "canceled" == await pfy.status(order_id)


@pytest.mark.parametrize(
    "status",
    [
        "pending",
        "cost-calculation",
        "sending-to-production",
        "in-production",
        "fulfilled",
        "has-issues",
        "canceled",
    ],
)
async def test_any_other_order_cannot_be_cancelled(pfy: Printify, status: str) -> None:
    """Not before it was checked, not once it is being made."""
    order_id = await pfy.place()
    if status != "pending":
        pfy.sandbox.advance_order(order_id, status)
    refused = await pfy.cancel(order_id)
    assert (400, "Operation failed.") == (refused.status_code, refused.json()["message"])
    assert status == await pfy.status(order_id)


# -- quotes ------------------------------------------------------------------------------------------------


async def _quoted(pfy: Printify, *lines: dict[str, Any], country: str = "US") -> dict[str, int]:
    address = {**ADDRESS, "country": country}
    answer = await pfy.post(f"{pfy.shop}/orders/shipping.json", {"line_items": lines, "address_to": address})
    assert 200 == answer.status_code, answer.text
    return dict(answer.json())


async def test_a_quote_names_the_methods_that_go(pfy: Printify) -> None:
    """A line with pictures of its own rules out economy, a far country everything but standard."""
    made = await _product(pfy)
    one = {"product_id": made["id"], "variant_id": 33719, "quantity": 1}
    prices = {"standard": 399, "priority": 959, "express": 959, "printify_express": 729, "economy": 323}
    assert prices == await _quoted(pfy, one)
    assert {key: prices[key] for key in prices if key != "economy"} == await _quoted(
        pfy, {**MUG, "quantity": 1}
    )
    assert {"standard": 999} == await _quoted(pfy, one, country="NZ")


async def test_combining_saves_and_a_quote_says_how_much(pfy: Printify) -> None:
    """The second mug joins the first one's parcel; the poster comes from elsewhere."""
    mug, poster = {**MUG, "quantity": 1}, {**POSTER, "quantity": 1}
    assert 399 + 199 == (await _quoted(pfy, mug, mug))["standard"]
    assert 399 + 399 == (await _quoted(pfy, mug, poster))["standard"]


async def test_a_quote_agrees_with_the_order(pfy: Printify) -> None:
    """What is quoted is what is charged."""
    lines = (line(quantity=2), line(SHIRT), line(EUROPEAN_MUG, quantity=3))
    quoted = await _quoted(pfy, *lines, country="BE")
    shown = await pfy.show(await pfy.place(order("sub-1", *lines)))
    assert quoted["standard"] == shown["total_shipping"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("old", {"standard", "express"}),
        ("current", {"standard", "priority", "express", "printify_express"}),
        ("announced", {"standard", "priority", "express"}),
    ],
)
async def test_a_quote_has_the_names_of_its_time(pfy: Printify, keys: str, expected: set[str]) -> None:
    """`express` means method 2 in the old and current form, method 3 in the announced one."""
    pfy.sandbox.set(quote_keys=keys)
    quoted = await _quoted(pfy, {**MUG, "quantity": 1})
    assert expected == set(quoted)
    assert (729 if keys == "announced" else 959) == quoted["express"]


@pytest.mark.parametrize(
    "body", [{"line_items": [], "address_to": ADDRESS}, {"line_items": [{**MUG, "quantity": 1}]}]
)
async def test_a_quote_needs_lines_and_a_country(pfy: Printify, body: dict[str, Any]) -> None:
    """Without them there is no price."""
    assert (400, 8150) == (await _refused(pfy, body, "orders/shipping.json"))[:2]
