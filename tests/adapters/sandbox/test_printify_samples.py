"""The local Printify answers in the shapes that were recorded or documented of the real one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mockspark.adapters.sandbox.printify_state import Settings
from tests.adapters.sandbox.printify_client import (
    ADDRESS,
    EUROPEAN_MUG,
    MUG,
    POSTER,
    Printify,
    Receiver,
    line,
    order,
    png,
    printify,
    product,
)
from tests.samples import SAMPLES, needs_samples

pytestmark = needs_samples


def sample(name: str) -> Any:
    """Return a recorded payload."""
    return json.loads((SAMPLES / "providers/printify" / f"{name}.json").read_text("utf-8"))


def _kind(value: object) -> str:
    names: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "text", dict: "object"}
    return names.get(type(value), "list" if isinstance(value, list) else "nothing")


def lacking(expected: Any, actual: Any, at: str = "") -> list[str]:
    """Return where *actual* lacks a key of *expected* or has another type; None is any type's absence."""
    if expected is None or actual is None:
        return []
    if _kind(expected) != _kind(actual):
        return [f"{at}: {_kind(expected)} became {_kind(actual)}"]
    if isinstance(expected, dict):
        missing = [f"{at}.{key} is missing" for key in expected if key not in actual]
        shared = [key for key in expected if key in actual]
        return missing + [
            each for key in shared for each in lacking(expected[key], actual[key], f"{at}.{key}")
        ]
    if isinstance(expected, list) and expected:
        if not actual:
            return [f"{at} is empty"]
        return [each for entry in expected for each in lacking(entry, actual[0], f"{at}[]")]
    return []


def test_a_lack_is_noticed() -> None:
    """The comparison itself can fail, at any depth."""
    assert [".a[].b is missing"] == lacking({"a": [{"b": 1}]}, {"a": [{"c": 1}]})
    assert [".a: number became text"] == lacking({"a": 1}, {"a": "1"})
    assert [] == lacking({"a": None, "b": [1]}, {"a": 1, "b": [2, 3], "c": 4})


async def _get(pfy: Printify, path: str) -> Any:
    answer = await pfy.get(path)
    assert 200 == answer.status_code, answer.text
    return answer.json()


async def _made(pfy: Printify) -> Any:
    upload = {"file_name": "a.png", "url": "https://x.example/a.png"}
    picture = (await pfy.post("/v1/uploads/images.json", upload)).json()["id"]
    return (await pfy.post(f"{pfy.shop}/products.json", product(picture))).json()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("shop/get_shops-response", "/v1/shops.json"),
        ("catalogue/get_blueprints-response", "/v1/catalog/blueprints.json"),
        ("catalogue/get_blueprint-response", "/v1/catalog/blueprints/3.json"),
        (
            "catalogue/get_print_providers_for_blueprint-response",
            "/v1/catalog/blueprints/3/print_providers.json",
        ),
        (
            "catalogue/catalog.getblueprintproviders-blueprintid-response",
            "/v1/catalog/blueprints/3/print_providers.json",
        ),
        ("catalogue/get_variants-response", "/v1/catalog/blueprints/3/print_providers/3/variants.json"),
        (
            "catalogue/catalog.getblueprintvariants-blueprintid-printproviderid-response",
            "/v1/catalog/blueprints/3/print_providers/3/variants.json",
        ),
        ("catalogue/get_shipping_info-response", "/v1/catalog/blueprints/3/print_providers/3/shipping.json"),
        (
            "catalogue/catalog.getvariantshipping-blueprintid-printproviderid-response",
            "/v1/catalog/blueprints/3/print_providers/3/shipping.json",
        ),
    ],
)
async def test_shops_and_catalogue_have_their_shapes(pfy: Printify, name: str, path: str) -> None:
    """Every key of the sample is there with the same type."""
    assert [] == lacking(sample(name), await _get(pfy, path))


@pytest.mark.parametrize(
    "name",
    [
        "upload/get_artwork_uploads-p1-response",
        "upload/get_artwork_uploads-p2-response",
        "upload/uploads.list--response",
    ],
)
async def test_lists_of_uploads_have_their_shape(pfy: Printify, name: str) -> None:
    """The page's envelope is part of it."""
    await _made(pfy)
    assert [] == lacking(sample(name), await _get(pfy, "/v1/uploads.json"))


async def test_uploads_have_their_shape(pfy: Printify, inbox: Receiver) -> None:
    """The documented request works on a picture that is there."""
    inbox.files["1x1-ff00007f.png"] = png(1, 1)
    wish = sample("upload/uploads.uploadimage-0-request")
    answer = await pfy.post("/v1/uploads/images.json", {**wish, "url": f"{inbox.url}/files/1x1-ff00007f.png"})
    assert [] == lacking(sample("upload/upload_artwork_with_filename-response"), answer.json())
    shown = await _get(pfy, f"/v1/uploads/{answer.json()['id']}.json")
    assert [] == lacking(sample("upload/get_artwork-response"), shown)


@pytest.mark.parametrize("name", ["product/create_product-response", "product/products.create-data-response"])
async def test_products_have_their_shape(pfy: Printify, name: str) -> None:
    """The documented request makes one, on an upload that exists."""
    upload = {"file_name": "a.png", "url": "https://x.example/a.png"}
    picture = (await pfy.post("/v1/uploads/images.json", upload)).json()["id"]
    body = sample("product/testprintipyproductsapiv1-request")
    body["print_areas"][0]["placeholders"][0]["images"][0]["id"] = picture
    answer = await pfy.post(f"{pfy.shop}/products.json", body)
    assert 200 == answer.status_code, answer.text
    assert [] == lacking(sample(name), answer.json())


@pytest.mark.parametrize(
    "name",
    [
        "product/get_products-response",
        "product/products.list--response",
        "product/8fold-get-products-lite-all",
        "product/8fold-get-products-lite-required",
    ],
)
async def test_lists_of_products_have_their_shape(pfy: Printify, name: str) -> None:
    """With the mug that the samples show."""
    await _made(pfy)
    assert [] == lacking(sample(name), await _get(pfy, f"{pfy.shop}/products.json"))


# -- orders ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["create_order_with_simple_image_positioning-request", "orders.submit-ex2-request"]
)
async def test_documented_orders_with_pictures_are_taken(pfy: Printify, name: str) -> None:
    """As they stand."""
    answer = await pfy.post(f"{pfy.shop}/orders.json", sample(f"order_request/{name}"))
    assert 200 == answer.status_code, answer.text
    assert [] == lacking(sample("order/create_order_for_existing_product-response"), answer.json())


@pytest.mark.parametrize(
    "name",
    [
        "create_order_for_existing_product-request",
        "create_order_with_sku-request",
        "orders.submit-ex1-request",
        "orders.submit-ex5-request",
        "submit-with-personalisation",
    ],
)
async def test_documented_orders_of_products_are_taken(pfy: Printify, name: str) -> None:
    """With the product's id and SKU being those of one that exists."""
    made = await _made(pfy)
    body = sample(f"order_request/{name}")
    known = {"product_id": made["id"], "variant_id": 33719, "sku": made["variants"][0]["sku"]}
    for each in body["line_items"]:
        each |= {key: known[key] for key in each if key in known}
    answer = await pfy.post(f"{pfy.shop}/orders.json", body)
    assert 200 == answer.status_code, answer.text


async def _two_houses(pfy: Printify) -> str:
    lines = (line(MUG, external_id="SO-1001-1"), line(EUROPEAN_MUG, quantity=2, external_id="SO-1002-1"))
    return await pfy.place(order("batch-1", *lines, address_to={**ADDRESS, "company": "MSN"}))


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("order-on-hold", "on-hold"),
        ("order-has-issues", "has-issues"),
        ("order-partially-fulfilled", "partially-fulfilled"),
    ],
)
async def test_orders_have_their_shape_in_every_state(pfy: Printify, name: str, status: str) -> None:
    """Parcels included where there are any."""
    order_id = await _two_houses(pfy)
    pfy.sandbox.advance_order(order_id, status)
    shown = await pfy.show(order_id)
    assert status == shown["status"]
    assert [] == lacking(sample(f"order/{name}"), shown)


async def test_a_fulfilled_order_has_its_shape(pfy: Printify) -> None:
    """References of digits are numbers there."""
    order_id = await pfy.place(order("1370762297", line(), address_to={**ADDRESS, "company": "MSN"}))
    pfy.sandbox.advance_order(order_id, "fulfilled")
    assert [] == lacking(sample("order/get_order-response"), await pfy.show(order_id))


@pytest.mark.parametrize(
    "name", ["send_order_to_production-response", "orders.sendtoproduction-orderid-response"]
)
async def test_the_older_answer_to_sending_has_its_shape(name: str) -> None:
    """The whole order."""
    async with printify(Settings(send_answers_whole_order=True)) as pfy:
        expected = sample(f"order/{name}")
        # A reference of the API's own orders stands where these orders, made by hand, have none.
        answer = await pfy.send(await pfy.place())
        assert [] == lacking(expected, answer.json())


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("express-submit-mixed-split-response", lambda told: told),
        ("orders.submitexpress-data-response", lambda told: told["data"]),
    ],
)
async def test_split_orders_have_their_shape(pfy: Printify, name: str, read: Callable[[Any], Any]) -> None:
    """JSON:API, unlike everything else of version 1."""
    upload = {"file_name": "a.png", "url": "https://x.example/a.png"}
    picture = (await pfy.post("/v1/uploads/images.json", upload)).json()["id"]
    lines = []
    for n, blank in enumerate((MUG, POSTER)):
        made = (await pfy.post(f"{pfy.shop}/products.json", product(picture, blank))).json()
        variant = made["variants"][0]["id"]
        lines.append(
            {"product_id": made["id"], "variant_id": variant, "quantity": 1, "external_id": f"line-{n}"}
        )
    body = sample("order_request/orders.submitexpress-0-request") | {"line_items": lines}
    body["address_to"] |= {"country": "US", "region": "TX"}
    answer = await pfy.post(f"{pfy.shop}/orders/express.json", body)
    assert 200 == answer.status_code, answer.text
    assert [] == lacking(sample(f"order/{name}"), read(answer.json()))


@pytest.mark.parametrize(
    ("name", "keys", "country"),
    [
        ("calc_shipping_for_order-response", "old", "US"),
        ("orders.calculateshipping-data-response", "current", "US"),
        ("quote-live-standard-only", "current", "BE"),
    ],
)
async def test_quotes_have_their_shape(pfy: Printify, name: str, keys: str, country: str) -> None:
    """In the generations that were recorded; what does not go is not there."""
    pfy.sandbox.set(quote_keys=keys)
    made = await _made(pfy)
    one = {"product_id": made["id"], "variant_id": 33719, "quantity": 1}
    body = {"line_items": [one], "address_to": {**ADDRESS, "country": country}}
    told = (await pfy.post(f"{pfy.shop}/orders/shipping.json", body)).json()
    assert [] == lacking(sample(f"quote/{name}"), told)
    if country == "BE":
        assert ["standard"] == list(told)


# -- errors and webhooks -----------------------------------------------------------------------------------


async def test_errors_are_worded_as_recorded(pfy: Printify, inbox: Receiver) -> None:
    """Word for word, but for the request's id and the duplicate's order."""
    inbox.files["soft.png"] = png(9, 9)
    soft = {"front": f"{inbox.url}/files/soft.png"}
    cases = {
        "error-8103-address-zip-json-string": order(address_to={**ADDRESS, "zip": ""}),
        "error-8203-low-quality": order("sub-1", line(print_areas=soft)),
    }
    for name, body in cases.items():
        assert sample(f"error/{name}") == (await pfy.post(f"{pfy.shop}/orders.json", body)).json()
    wrong = {"file_name": "a.png", "contents": "AAAA"}
    assert (
        sample("error/error-8201-upload-wrong-format")
        == (await pfy.post("/v1/uploads/images.json", wrong)).json()
    )
    pfy.sandbox.set(max_upload_bytes=1)
    large = sample("error/error-8201-upload-too-large")
    assert large == (await pfy.post("/v1/uploads/images.json", wrong)).json()
    missing = (await pfy.get("/v1/nothing.json")).json()
    assert sample("error/error-404-not-found")["error"] == missing["error"]
    stranger = (await pfy.http.get("/v1/shops.json", headers={"Authorization": ""})).json()
    assert sample("error/error-401-unauthenticated")["error"] == stranger["error"]


async def test_a_duplicate_is_worded_as_documented(pfy: Printify) -> None:
    """With the order that is there already."""
    expected = sample("error/error-8503-duplicate-external-id")
    external_id = expected["order"]["external_id"]
    first = await pfy.place(order(external_id))
    told = (await pfy.post(f"{pfy.shop}/orders.json", order(external_id))).json()
    assert expected | {"order": {"id": first, "external_id": external_id}} == told


WEBHOOKS = (
    "webhook-order-created",
    "webhook-order-created-with-shop",
    "webhook-order-sent-to-production",
    "webhook-order-shipment-created",
    "webhook-order-shipment-delivered",
    "webhook-order-updated",
    "webhook-shop-disconnected",
)


@pytest.mark.parametrize("name", WEBHOOKS)
async def test_webhooks_have_their_shape(inbox: Receiver, name: str) -> None:
    """Exactly the keys of the sample, at every depth."""
    expected = sample(f"webhook/{name}")
    async with printify(Settings(shop_in_created="with-shop" in name)) as pfy:
        await pfy.subscribe(expected["type"], f"{inbox.url}/hooks")
        order_id = await pfy.place()
        pfy.sandbox.advance_order(order_id, "fulfilled")
        pfy.sandbox.advance(100)
        if expected["type"] == "shop:disconnected":
            await pfy.http.delete(f"{pfy.shop}/connection.json")
        await pfy.sandbox.settle()
    actual = inbox.arrived[0].json
    assert [] == lacking(expected, actual)
    assert [] == lacking(actual, expected)


@pytest.mark.parametrize(
    "name",
    [
        "webhook-order-updated-canceled",
        "webhook-order-updated-in-production",
        "webhook-order-updated-partially-fulfilled",
    ],
)
async def test_every_status_is_told_alike(pfy: Printify, inbox: Receiver, name: str) -> None:
    """The status stands where the samples have it."""
    expected = sample(f"webhook/{name}")
    await pfy.subscribe("order:updated", f"{inbox.url}/hooks")
    order_id = await _two_houses(pfy)
    pfy.sandbox.advance_order(order_id, expected["resource"]["data"]["status"])
    await pfy.sandbox.settle()
    last = inbox.arrived[-1].json
    assert expected["resource"]["data"]["status"] == last["resource"]["data"]["status"]
    assert ([], []) == (lacking(expected, last), lacking(last, expected))


async def test_subscriptions_have_their_shape(pfy: Printify) -> None:
    """The documented requests make, change and delete one."""
    made = await pfy.post(f"{pfy.shop}/webhooks.json", sample("webhook_config/webhooks.create-0-request"))
    assert [] == lacking(sample("webhook_config/create_webhook-response"), made.json())
    listed = await _get(pfy, f"{pfy.shop}/webhooks.json")
    assert [] == lacking(sample("webhook_config/get_shop_webhooks-response"), listed)
    path = f"{pfy.shop}/webhooks/{made.json()['id']}.json"
    changed = await pfy.http.put(path, json=sample("webhook_config/update_webhook-request"))
    assert [] == lacking(sample("webhook_config/update_webhook-response"), changed.json())
    gone = await pfy.http.delete(path, params={"host": "example.com"})
    assert [] == lacking(sample("webhook_config/webhooks.deleteone-webhookid-response"), gone.json())


async def test_a_documented_support_request_is_taken(pfy: Printify) -> None:
    """As it stands."""
    path = f"{pfy.shop}/orders/{await pfy.place()}/support-requests/reprint"
    answer = await pfy.post(path, sample("action/support-request-reprint-request"))
    assert 201 == answer.status_code
