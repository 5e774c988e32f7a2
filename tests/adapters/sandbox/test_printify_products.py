"""Catalogue, uploads and products of the local Printify."""

import base64
from typing import Any

import pytest

from mockspark.adapters.sandbox.printify_catalogue import OFFERS
from mockspark.adapters.sandbox.printify_pictures import effective_dpi, read_picture
from mockspark.adapters.sandbox.printify_state import Settings
from tests.adapters.sandbox.printify_client import (
    MUG,
    SHIRT,
    Printify,
    Receiver,
    line,
    order,
    png,
    printify,
    product,
)

STICKER = {"blueprint_id": 384, "print_provider_id": 1, "variant_id": 45742}


async def _uploaded(pfy: Printify, content: bytes) -> Any:
    body = {"file_name": "a.png", "contents": base64.b64encode(content).decode()}
    return await pfy.post("/v1/uploads/images.json", body)


async def _picture(pfy: Printify, width: int = 2475, height: int = 1155) -> str:
    return str((await _uploaded(pfy, png(width, height))).json()["id"])


async def _made(pfy: Printify, body: dict[str, Any]) -> Any:
    return await pfy.post(f"{pfy.shop}/products.json", body)


async def _told(pfy: Printify, path: str, **query: Any) -> Any:
    answer = await pfy.get(path, **query)
    assert 200 == answer.status_code, answer.text
    return answer.json()


# -- catalogue ---------------------------------------------------------------------------------------------


async def test_sold_out_variants_vanish_unless_they_are_asked_for(pfy: Printify) -> None:
    """A list without `show-out-of-stock` is the list of what is available."""
    path = "/v1/catalog/blueprints/5/print_providers/41/variants.json"
    usual = await _told(pfy, path)
    assert 4 == len(usual["variants"])
    assert 16 == len((await _told(pfy, path, **{"show-out-of-stock": 1}))["variants"])
    places = usual["variants"][0]["placeholders"]
    assert [("front", 2419, 2761, "dtg"), ("back", 2419, 2761, "dtg")] == [
        (p["position"], p["width"], p["height"], p["decoration_method"]) for p in places
    ]


async def test_stock_changes_while_one_looks(pfy: Printify) -> None:
    """A test sells a blank out and brings it back."""
    path = "/v1/catalog/blueprints/68/print_providers/9/variants.json"
    assert {"available": False} == await pfy.control("stock", {**MUG, "available": False})
    assert [] == (await _told(pfy, path))["variants"]
    await pfy.control("stock", {**MUG, "available": True})
    assert [33719] == [v["id"] for v in (await _told(pfy, path))["variants"]]


async def test_every_blank_can_be_found(pfy: Printify) -> None:
    """From the blueprints over their print providers to variants and prices."""
    found = set()
    for blueprint in await _told(pfy, "/v1/catalog/blueprints.json"):
        base = f"/v1/catalog/blueprints/{blueprint['id']}"
        shown = await _told(pfy, f"{base}.json")
        assert blueprint == {key: value for key, value in shown.items() if key != "tags"}
        for provider in await _told(pfy, f"{base}/print_providers.json"):
            found.add((blueprint["id"], provider["id"]))
            pair = f"{base}/print_providers/{provider['id']}"
            assert (await _told(pfy, f"{pair}/variants.json"))["variants"]
            countries = [p["countries"] for p in (await _told(pfy, f"{pair}/shipping.json"))["profiles"]]
            assert ["REST_OF_THE_WORLD"] in countries
    assert set(OFFERS) == found


async def test_print_providers_are_listed_and_shown(pfy: Printify) -> None:
    """One shows the blueprints that it prints."""
    listed = await _told(pfy, "/v1/catalog/print_providers.json")
    assert sorted({provider for _, provider in OFFERS}) == [each["id"] for each in listed]
    shown = await _told(pfy, "/v1/catalog/print_providers/9.json")
    assert [68, 220, 425] == [blueprint["id"] for blueprint in shown["blueprints"]]


async def test_the_second_version_prices_every_method(pfy: Printify) -> None:
    """Economy has its price only there."""
    base = "/v2/catalog/blueprints/68/print_providers/9/shipping"
    methods = [each["attributes"]["name"] for each in (await _told(pfy, f"{base}.json"))["data"]]
    assert ["standard", "priority", "express", "economy"] == methods
    (home, *_) = (await _told(pfy, f"{base}/economy.json"))["data"]
    cost = home["attributes"]["shippingCost"]
    assert ("33719", 323, 158) == (
        home["id"],
        cost["firstItem"]["amount"],
        cost["additionalItems"]["amount"],
    )


@pytest.mark.parametrize(
    "path",
    [
        "/v1/catalog/blueprints/1.json",
        "/v1/catalog/blueprints/x.json",
        "/v1/catalog/blueprints/1/print_providers.json",
        "/v1/catalog/blueprints/68/print_providers/41/variants.json",
        "/v1/catalog/print_providers/7.json",
        "/v2/catalog/blueprints/282/print_providers/2/shipping/economy.json",
        "/v2/catalog/blueprints/68/print_providers/9/shipping/pigeon.json",
    ],
)
async def test_what_is_not_in_the_catalogue_is_not_found(pfy: Printify, path: str) -> None:
    """An unknown blueprint, a pair that nobody offers, a method that does not go."""
    assert 404 == (await pfy.get(path)).status_code


def test_a_placeholder_belongs_to_one_position() -> None:
    """The catalogue contradicts itself nowhere."""
    for offer in OFFERS.values():
        assert len(offer.placeholders) == len({place.position for place in offer.placeholders})
        assert len(offer.variants) == len({variant.id for variant in offer.variants})


# -- uploads -----------------------------------------------------------------------------------------------


async def test_a_picture_is_measured(pfy: Printify) -> None:
    """By its bytes, whatever its name says."""
    answer = await _uploaded(pfy, png(400, 200))
    assert (200, 400, 200, 29, "image/png", "2026-11-25 12:00:00") == (
        answer.status_code,
        *(answer.json()[name] for name in ("width", "height", "size", "mime_type", "upload_time")),
    )
    assert answer.json() == await _told(pfy, f"/v1/uploads/{answer.json()['id']}.json")


async def test_a_picture_is_fetched_from_this_machine(pfy: Printify, inbox: Receiver) -> None:
    """So that its size is known; an address elsewhere is taken on trust and has none."""
    inbox.files["a.png"] = png(900, 600)
    near = {"file_name": "a.png", "url": f"{inbox.url}/files/a.png"}
    far = {"file_name": "b.jpeg", "url": "https://files.example.com/b.jpeg"}
    first, second = [(await pfy.post("/v1/uploads/images.json", body)).json() for body in (near, far)]
    assert (900, 600, "image/png") == (first["width"], first["height"], first["mime_type"])
    assert (0, 0, "image/jpeg") == (second["width"], second["height"], second["mime_type"])


async def test_a_picture_that_is_not_there_cannot_be_uploaded(pfy: Printify, inbox: Receiver) -> None:
    """It answers 10300 with the words of the download."""
    gone = {"file_name": "a.png", "url": f"{inbox.url}/files/gone.png"}
    away = {"file_name": "a.png", "url": "http://127.0.0.1:9/a.png"}
    for body in (gone, away):
        answer = await pfy.post("/v1/uploads/images.json", body)
        assert (400, 10300) == (answer.status_code, answer.json()["code"])
        assert "cURL error" in answer.json()["errors"]["reason"]


async def test_fetching_can_be_switched_off(inbox: Receiver) -> None:
    """Every address is taken on trust then."""
    async with printify(Settings(fetch_files=False)) as pfy:
        body = {"file_name": "a.png", "url": f"{inbox.url}/files/gone.png"}
        assert 200 == (await pfy.post("/v1/uploads/images.json", body)).status_code


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"%PDF-1.7", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n\x1a\n"])
async def test_only_png_and_jpeg_are_taken(pfy: Printify, content: bytes) -> None:
    """Anything else answers 8201."""
    answer = await _uploaded(pfy, content + b" " if content else b"?")
    assert (400, 8201) == (answer.status_code, answer.json()["code"])
    assert "error.file.wrong.format" in answer.json()["errors"]["reason"]


async def test_a_picture_may_be_too_large() -> None:
    """Over the limit, which is not documented, it answers 8201."""
    async with printify(Settings(max_upload_bytes=28)) as pfy:
        answer = await _uploaded(pfy, png(1, 1))
        assert (400, 8201) == (answer.status_code, answer.json()["code"])
        assert "error.file.size.limit.exceeded" in answer.json()["errors"]["reason"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "https://x.example/a.png"}, 8150),
        ({"file_name": "a.png"}, 8150),
        ({"file_name": "a.png", "url": "a.png"}, 8150),
        ({"file_name": "a.png", "url": "http://[::1/a.png"}, 8150),
        ({"file_name": "a.png", "contents": "not base64!"}, 8201),
    ],
)
async def test_a_wrong_upload_is_refused(pfy: Printify, body: dict[str, str], code: int) -> None:
    """A name is needed, and an address or contents."""
    answer = await pfy.post("/v1/uploads/images.json", body)
    assert (400, code) == (answer.status_code, answer.json()["code"])


async def test_uploads_are_listed_until_they_are_archived(pfy: Printify) -> None:
    """Newest first, a hundred a page at most; products may go on using what is archived."""
    first, second = await _picture(pfy), await _picture(pfy)
    assert [second, first] == [each["id"] for each in (await _told(pfy, "/v1/uploads.json"))["data"]]
    assert 200 == (await pfy.post(f"/v1/uploads/{second}/archive.json")).status_code
    assert [first] == [each["id"] for each in (await _told(pfy, "/v1/uploads.json", limit=100))["data"]]
    assert 400 == (await pfy.get("/v1/uploads.json", limit=101)).status_code
    assert 200 == (await _made(pfy, product(second))).status_code
    assert 404 == (await pfy.post("/v1/uploads/nothing/archive.json")).status_code


def test_a_jpeg_tells_its_size() -> None:
    """Behind whatever segments come first."""
    exif = b"\xff\xe1\x00\x06Exif"
    frame = b"\xff\xc2\x00\x0b\x08" + (600).to_bytes(2, "big") + (900).to_bytes(2, "big") + b"\x03"
    picture = read_picture(b"\xff\xd8" + exif + frame)
    assert picture is not None
    assert ("image/jpeg", 900, 600) == (picture.mime_type, picture.width, picture.height)


# -- sharpness ---------------------------------------------------------------------------------------------


def test_dots_per_inch_depend_on_the_scale() -> None:
    """A picture as wide as its place has 300 of them, spread over twice the width half as many."""
    assert [300, 150, 600] == [
        effective_dpi(900, 900, 1),
        effective_dpi(900, 900, 2),
        effective_dpi(900, 900, 0.5),
    ]


@pytest.mark.parametrize(
    ("width", "scale", "status"), [(300, 1, 200), (299, 1, 400), (300, 1.01, 400), (150, 0.5, 200)]
)
async def test_a_product_needs_sharp_pictures(pfy: Printify, width: int, scale: float, status: int) -> None:
    """Under a hundred dots per inch it answers 8203."""
    body = product(await _picture(pfy, width, width), STICKER)
    body["print_areas"][0]["placeholders"][0]["images"][0]["scale"] = scale
    answer = await _made(pfy, body)
    assert status == answer.status_code
    if status == 400:
        assert (8203, "Image has low quality") == (answer.json()["code"], answer.json()["errors"]["reason"])


async def test_an_order_needs_sharp_pictures(pfy: Printify, inbox: Receiver) -> None:
    """Its pictures are fetched and measured; what is far away is not judged."""
    inbox.files |= {"sharp.png": png(825, 385), "soft.png": png(824, 385)}
    sharp = order("sub-1", line(print_areas={"front": f"{inbox.url}/files/sharp.png"}))
    soft = order("sub-2", line(print_areas={"front": f"{inbox.url}/files/soft.png"}))
    assert 200 == (await pfy.post(f"{pfy.shop}/orders.json", sharp)).status_code
    refused = await pfy.post(f"{pfy.shop}/orders.json", soft)
    assert (400, 8203) == (refused.status_code, refused.json()["code"])


async def test_an_order_whose_picture_is_gone_is_refused_at_once_or_later(
    pfy: Printify, inbox: Receiver
) -> None:
    """Both are known of the real service."""
    body = order("sub-1", line(print_areas={"front": f"{inbox.url}/files/gone.png"}))
    refused = await pfy.post(f"{pfy.shop}/orders.json", body)
    assert (400, 10300) == (refused.status_code, refused.json()["code"])
    pfy.sandbox.set(refuse_failed_downloads=False)
    order_id = await pfy.place(body)
    pfy.sandbox.advance(2)
    assert "source-check-failed" == await pfy.status(order_id)


async def test_an_order_whose_file_is_no_picture_is_refused(pfy: Printify, inbox: Receiver) -> None:
    """Whatever its name says."""
    inbox.files["a.png"] = b"<html>"
    body = order("sub-1", line(print_areas={"front": f"{inbox.url}/files/a.png"}))
    refused = await pfy.post(f"{pfy.shop}/orders.json", body)
    assert (400, 8201) == (refused.status_code, refused.json()["code"])


# -- products ----------------------------------------------------------------------------------------------


async def test_a_product_is_made_of_uploads(pfy: Printify) -> None:
    """It comes back whole and can be read again."""
    picture = await _picture(pfy)
    made = (await _made(pfy, product(picture, tags=["gift"]))).json()
    (image,) = made["print_areas"][0]["placeholders"][0]["images"]
    assert (picture, "a.png", 2475, 0.5) == (image["id"], image["name"], image["width"], image["x"])
    (variant,) = made["variants"]
    assert (33719, 516, 1690, True) == (
        variant["id"],
        variant["cost"],
        variant["price"],
        variant["is_default"],
    )
    assert (["gift"], 68, 9, False) == (
        made["tags"],
        made["blueprint_id"],
        made["print_provider_id"],
        made["is_locked"],
    )
    assert made == await _told(pfy, f"{pfy.shop}/products/{made['id']}.json")


async def test_a_variant_keeps_the_sku_it_is_given(pfy: Printify) -> None:
    """Or gets one that nobody else has."""
    variants = [{"id": 45740, "price": 400, "sku": "ITEM-7"}, {"id": 45742, "price": 400}]
    made = (await _made(pfy, product(await _picture(pfy), STICKER, variants=variants))).json()
    assert "ITEM-7" == made["variants"][0]["sku"]
    assert made["variants"][1]["sku"].isdecimal()


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"print_areas": {"front": "https://x.example/a.png"}},
        {"print_areas": [{"variant_ids": [33719]}]},
        {"print_areas": [{"variant_ids": [1], "placeholders": []}]},
        {"print_areas": [7]},
        {"variants": {}},
        {"variants": [7]},
        {"variants": [{"id": 1, "price": 1690}]},
        {"variants": [{"id": 33719}]},
        {"variants": [{"id": 33719, "price": 16.9}]},
        {"blueprint_id": 999},
        {"blueprint_id": "68"},
        {"print_provider_id": 41},
    ],
)
async def test_a_wrong_product_is_refused(pfy: Printify, wrong: dict[str, Any]) -> None:
    """With 8150, in particular one with the print areas of orders."""
    answer = await _made(pfy, {**product(await _picture(pfy)), **wrong})
    assert (400, 8150) == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize(
    "wrong", [{"id": "5d15ca551163cde90d7b2203"}, {"scale": 0}, {"x": 2}, {"angle": None}, {"y": True}]
)
async def test_a_products_picture_must_be_well_placed(pfy: Printify, wrong: dict[str, Any]) -> None:
    """And be an upload of the account."""
    body = product(await _picture(pfy))
    body["print_areas"][0]["placeholders"][0]["images"][0].update(wrong)
    answer = await _made(pfy, body)
    assert (400, 8150) == (answer.status_code, answer.json()["code"])


async def test_products_are_listed_by_fifty(pfy: Printify) -> None:
    """A larger page is refused."""
    picture = await _picture(pfy)
    made = [(await _made(pfy, product(picture))).json()["id"] for _ in range(2)]
    told = await _told(pfy, f"{pfy.shop}/products.json", limit=50)
    assert made[::-1] == [each["id"] for each in told["data"]]
    assert 400 == (await pfy.get(f"{pfy.shop}/products.json", limit=51)).status_code


async def test_a_changed_product_names_all_its_variants(pfy: Printify) -> None:
    """A change that forgets one is refused; SKUs stay."""
    variants = [{"id": 45740, "price": 400}, {"id": 45742, "price": 400}]
    made = (await _made(pfy, product(await _picture(pfy), STICKER, variants=variants))).json()
    path = f"{pfy.shop}/products/{made['id']}.json"
    forgetful = await pfy.http.put(path, json={"variants": variants[:1]})
    assert (400, 8150) == (forgetful.status_code, forgetful.json()["code"])
    dearer = [{"id": 45740, "price": 500}, {"id": 45742, "price": 500, "is_enabled": False}]
    changed = (await pfy.http.put(path, json={"title": "Größer", "variants": dearer})).json()
    assert ("Größer", [500, 500]) == (changed["title"], [v["price"] for v in changed["variants"]])
    assert [v["sku"] for v in made["variants"]] == [v["sku"] for v in changed["variants"]]


async def test_a_locked_product_cannot_be_changed(pfy: Printify) -> None:
    """Publishing locks it, and a shop without a channel has nobody who unlocks it but the caller."""
    made = (await _made(pfy, product(await _picture(pfy)))).json()
    path = f"{pfy.shop}/products/{made['id']}"
    for unlocking in ("publishing_succeeded", "publishing_failed", "unpublish"):
        assert 200 == (await pfy.post(f"{path}/publish.json", {"title": True})).status_code
        assert 400 == (await pfy.http.put(f"{path}.json", json={"title": "New"})).status_code
        await pfy.post(f"{path}/{unlocking}.json", {})
        assert 200 == (await pfy.http.put(f"{path}.json", json={"title": "New"})).status_code


async def test_publishing_has_a_limit_of_its_own() -> None:
    """So many times in half an hour; making products is not counted."""
    async with printify(Settings(publishes_per_half_hour=1)) as pfy:
        made = (await _made(pfy, product(await _picture(pfy)))).json()
        path = f"{pfy.shop}/products/{made['id']}/publish.json"
        assert [200, 429] == [(await pfy.post(path, {})).status_code for _ in range(2)]
        pfy.sandbox.advance(1_800)
        assert 200 == (await pfy.post(path, {})).status_code


async def test_a_deleted_product_is_gone(pfy: Printify) -> None:
    """Orders that use it go on."""
    made = (await _made(pfy, product(await _picture(pfy)))).json()
    one = {"product_id": made["id"], "variant_id": 33719, "quantity": 1}
    order_id = await pfy.place(order("sub-1", one))
    path = f"{pfy.shop}/products/{made['id']}.json"
    assert 200 == (await pfy.http.delete(path)).status_code
    assert 404 == (await pfy.get(path)).status_code
    pfy.sandbox.advance_order(order_id, "fulfilled")
    assert "fulfilled" == await pfy.status(order_id)


async def test_a_product_says_what_is_sold_out(pfy: Printify) -> None:
    """Its variants stay listed."""
    made = (await _made(pfy, product(await _picture(pfy, 2419, 2761), SHIRT))).json()
    assert [True] == [v["is_available"] for v in made["variants"]]
    pfy.sandbox.stock(5, 41, SHIRT["variant_id"], available=False)
    again = await _told(pfy, f"{pfy.shop}/products/{made['id']}.json")
    assert [False] == [v["is_available"] for v in again["variants"]]
