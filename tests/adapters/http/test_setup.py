"""Mapping products, uploading pictures, changing rules, over HTTP."""

from typing import Any, Final
from uuid import uuid4

from mockspark.adapters.memory.renderer import solid_png
from mockspark.adapters.sandbox.shopify_samples import MUG
from mockspark.adapters.typesetting.fonts import FontBook
from mockspark.domain.status import Status
from tests.world import World

API: Final = "/api/v1"


async def listing(world: World, me: dict[str, str]) -> dict[str, Any]:
    (row,) = (await world.client.get(f"{API}/listings", headers=me)).json()["rows"]
    return dict(row)


async def test_a_file_of_listings_is_taken_in_row_by_row(world: World) -> None:
    """Good rows are saved, each bad one is told with its line and cell, and the guard of an export comes off."""
    me = await world.token()
    lines = [
        "match,key,title,connection,variant",
        "variant,4711,A card,,",
        "nonsense,4712,Another,,",
        "sku,'-CARD-1,A third,,",
    ]

    answer = await world.client.post(
        f"{API}/listings/import",
        content="\r\n".join(lines).encode("utf-8-sig"),
        headers={**me, "Content-Type": "text/csv"},
    )
    told = answer.json()
    keys = {row["key"] for row in (await world.client.get(f"{API}/listings", headers=me)).json()["rows"]}

    assert 200 == answer.status_code
    assert (2, 0) == (told["created"], told["changed"])
    assert [(2, "match")] == [(problem["row"], problem["field"]) for problem in told["problems"]]
    assert {"4711", "-CARD-1", str(MUG.variant_id)} == keys


async def test_a_file_in_another_encoding_is_refused_with_the_fix(world: World) -> None:
    """What is not UTF-8 is not guessed at."""
    me = await world.token()

    answer = await world.client.post(f"{API}/listings/import", content=b"match,key\nsku,\xe9\n", headers=me)

    assert 422 == answer.status_code
    assert "UTF-8" in answer.json()["detail"]


async def test_the_slower_of_two_people_does_not_overwrite_a_listing(world: World) -> None:
    """A listing is saved over the version that was seen, or not at all."""
    me = await world.token()
    seen = await listing(world, me)
    body = {key: value for key, value in seen.items() if key not in {"id", "print_areas", "connection"}}
    body = {**body, "connection": seen["connection"], "print_areas": seen["print_areas"]}

    faster = await world.client.put(
        f"{API}/listings/{seen['id']}", json={**body, "title": "Faster"}, headers=me
    )
    slower = await world.client.put(
        f"{API}/listings/{seen['id']}", json={**body, "title": "Slower"}, headers=me
    )

    assert (200, seen["version"] + 1) == (faster.status_code, faster.json()["version"])
    assert (409, "conflict") == (slower.status_code, slower.json()["code"])
    assert "Faster" == (await listing(world, me))["title"]


async def test_a_product_is_mapped_once(world: World) -> None:
    """A second listing of the same variant is a conflict, and a foreign account is not taken."""
    me = await world.token()
    again = {"match": "variant", "key": str(MUG.variant_id)}
    foreign = {"match": "sku", "key": "CARD-1", "connection": str(uuid4())}

    answers = [
        (await world.client.post(f"{API}/listings", json=body, headers=me)).status_code
        for body in (again, foreign)
    ]

    assert {409, 404} >= set(answers)


async def test_what_the_owner_alone_decides_cannot_be_written(world: World) -> None:
    """Ids, shop and status of a thing are no fields of a body: naming one is an error (T7)."""
    item = await world.ready()
    me = await world.token()
    wishes: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "listings", {"match": "sku", "key": "X", "shop_id": "other-shop.myshopify.com"}),
        ("POST", "listings", {"match": "sku", "key": "X", "id": str(uuid4())}),
        ("PUT", f"items/{item.id}/design", {"status": "fulfilled"}),
        ("POST", "items/actions/hold", {"items": [str(item.id)], "status": "fulfilled"}),
        ("PUT", "shop/rules", {"shop_id": "other-shop.myshopify.com"}),
        ("POST", "shop/connections", {"provider": "manual", "hook_secret": "known"}),
        ("POST", "shop/tokens", {"name": "x", "scopes": ["items:read"], "digest": "0" * 64}),
    ]

    for method, path, body in wishes:
        answer = await world.client.request(method, f"{API}/{path}", json=body, headers=me)
        assert (path, 400) == (path, answer.status_code)
    assert [Status.READY_TO_FULFILL] == [row.status for row in await world.rows()]


async def test_a_picture_is_uploaded_as_it_is(world: World) -> None:
    """The answer names what a design's layer says; what is no picture is refused."""
    me = {**await world.token(), "Content-Type": "application/octet-stream"}

    taken = await world.client.post(f"{API}/assets", content=solid_png(24, 12, seed="zoe"), headers=me)
    refused = await world.client.post(f"{API}/assets", content=b"MZ\x90\x00", headers=me)

    assert (201, 24, 12) == (taken.status_code, taken.json()["width_px"], taken.json()["height_px"])
    assert taken.json()["source"].endswith(taken.json()["sha256"])
    assert (422, "rejected") == (refused.status_code, refused.json()["code"])


async def test_a_font_is_uploaded_listed_and_deleted(world: World) -> None:
    """The answer names what a design's text says; what is no font is refused; another's is not found."""
    me = {**await world.token(), "Content-Type": "application/octet-stream"}
    fonts = f"{API}/fonts"

    taken = await world.client.post(fonts, content=FontBook().face("Ubuntu Bold", {}).content, headers=me)
    refused = await world.client.post(fonts, content=b"MZ\x90\x00", headers=me)
    listed = (await world.client.get(fonts, headers=me)).json()
    gone = [await world.client.delete(f"{fonts}/{taken.json()['sha256']}", headers=me) for _ in range(2)]
    left = (await world.client.get(fonts, headers=me)).json()

    assert (201, "Ubuntu", 700) == (taken.status_code, taken.json()["family"], taken.json()["weight"])
    assert (422, "rejected") == (refused.status_code, refused.json()["code"])
    assert (taken.json()["name"], "Ubuntu Bold", True) == tuple(
        listed[0][key] for key in ("name", "title", "own")
    )
    assert [204, 404] == [answer.status_code for answer in gone]
    assert listed[1:] == left
    assert "Noto Sans Regular" in [font["name"] for font in left]


async def test_an_account_is_asked_for_everything_at_once(world: World) -> None:
    """Every problem of the provider's form stands in one answer, by field."""
    me = await world.token()

    answer = await world.client.post(
        f"{API}/shop/connections", json={"provider": "printify", "settings": {}}, headers=me
    )
    told = answer.json()

    assert (422, "form_invalid") == (answer.status_code, told["code"])
    assert {"token", "shop_id"} <= {problem["field"] for problem in told["errors"]}


async def test_accounts_are_checked_one_by_one(world: World) -> None:
    """A broken account is a line of the answer and harms no other."""
    me = await world.token()
    broken = {"provider": "printify", "title": "Old", "settings": {"token": "x" * 30, "shop_id": "1"}}
    await world.client.post(
        f"{API}/shop/connections",
        json={**broken, "api_url": world.stand_ins.printify_url},
        headers=me,
    )

    told = (await world.client.post(f"{API}/shop/connections/check", headers=me)).json()

    assert [True, True, False] == [check["works"] for check in told]
    assert told[-1]["words"]


async def test_rules_are_shown_as_they_were_set(world: World) -> None:
    """What is put is what is shown; an impossible time is refused."""
    me = await world.token()

    answer = await world.client.put(f"{API}/shop/rules", json={"grace_s": 77}, headers=me)
    refused = await world.client.put(f"{API}/shop/rules", json={"grace_s": -1}, headers=me)
    shown = (await world.client.get(f"{API}/shop", headers=me)).json()

    assert (200, 400, 77) == (answer.status_code, refused.status_code, shown["rules"]["grace_s"])
