"""Designs seen before they are printed: proofs in tiles, mockups, findings, and text for editors."""

import io
from typing import Any, Final

import pytest
from attrs import evolve
from PIL import Image, ImageChops, ImageStat

from mockspark.application.ports.rendering import RenderedArea, RenderJob
from mockspark.application.use_cases.proofs import MOST_TILE_PX, ShowDesign
from mockspark.domain.design import Design
from mockspark.domain.errors import NotPossible
from mockspark.domain.identity import ShopId
from tests.world import ANA, SMALL, World

API: Final = "/api/v1"
AREA: Final = {"key": "front", "width_px": 300, "height_px": 200}
NOBODY: Final = "018f9a6e-0000-7000-8000-000000000000"
OTHER: Final = ShopId("other-shop.myshopify.com")


def design(*layers: dict[str, Any], **area: Any) -> dict[str, Any]:
    """Return a document over the mug's whole front; layers lie on it."""
    size = {"w": SMALL.width_um, "h": SMALL.height_um, **area}
    return {
        "schema": 1,
        "areas": {"front": size},
        "layers": [{"id": f"l{at}", "area": "front", **layer} for at, layer in enumerate(layers)],
    }


def card(colour: str = "#dc2828", **more: Any) -> dict[str, Any]:
    whole = {"x": 0, "y": 0, "w": SMALL.width_um, "h": SMALL.height_um}
    return {"type": "shape", "fill": colour, **whole, **more}


def seen(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    assert "WEBP" == image.format
    return image.convert("RGBA")


def picture(colour: str = "#ffffff", size: tuple[int, int] = (400, 300)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


async def uploaded(world: World, content: bytes) -> str:
    return (await world.spark.upload_asset(world.shop, content)).source


async def with_mockup(world: World, **more: Any) -> dict[str, Any]:
    """Give the mug a picture on which its front is seen from straight ahead."""
    corners = [[100, 100], [300, 100], [300, 233], [100, 233]]
    mockup = {
        "picture": await uploaded(world, picture("#ffffff")),
        "garment": await uploaded(world, picture("#ffffff", (8, 6))),
        "areas": {"front": {"corners": corners}},
    }
    (listing,) = await world.spark.listings(world.shop)
    await world.spark.save_listing(world.shop, evolve(listing, mockup=mockup, **more), by=ANA)
    return mockup


async def test_a_proof_is_the_preview_of_the_file(world: World) -> None:
    """What is shown of an item's design is what was made of it, within what compression changes."""
    item = await world.ready()
    me = await world.token()

    answer = await world.client.get(f"{API}/items/{item.id}/proof", params={"zoom": 300}, headers=me)
    shown = await world.spark.show_item(world.shop, item.id)
    preview = await world.client.get(
        f"{API}/exports/items/{item.id}/{shown.files[0].preview_key}", headers=me
    )

    assert (200, "image/webp") == (answer.status_code, answer.headers["content-type"])
    one, other = seen(answer.content), seen(preview.content)
    assert (300, 200) == one.size == other.size
    assert 4 > max(ImageStat.Stat(ImageChops.difference(one.convert("RGBa"), other.convert("RGBa"))).mean)
    assert any(one.getchannel("A").tobytes())


async def test_a_proof_is_asked_for_in_tiles(world: World) -> None:
    """A tile has the size that was asked for and shows its own part, sharply at four times the file's pixels."""
    item = await world.ready()
    me = await world.token()
    half = card(w=SMALL.width_um // 2)
    await world.client.put(f"{API}/items/{item.id}/design", json={"design": design(half)}, headers=me)
    tile: dict[str, str | int] = {
        "area": "front",
        "zoom": 1200,
        "left": 500,
        "top": 100,
        "width": 200,
        "height": 50,
    }

    answer = await world.client.get(f"{API}/items/{item.id}/proof", params=tile, headers=me)

    image = seen(answer.content)
    alphas = list(image.getchannel("A").crop((0, 20, 200, 21)).tobytes())
    assert (200, 50) == image.size
    assert {0, 255} == set(alphas[:98] + alphas[102:])


async def test_a_proof_that_is_known_is_not_drawn_again(world: World) -> None:
    """Its tag holds for one design and one part; another design has another tag."""
    item = await world.ready()
    me = await world.token()
    address = f"{API}/items/{item.id}/proof"

    first = await world.client.get(address, headers=me)
    tag = first.headers["etag"]
    again = await world.client.get(address, headers={**me, "If-None-Match": f'"other", W/{tag}'})
    part = await world.client.get(address, params={"zoom": 100}, headers={**me, "If-None-Match": tag})
    await world.client.put(f"{API}/items/{item.id}/design", json={"design": design(card())}, headers=me)
    redesigned = await world.client.get(address, headers={**me, "If-None-Match": tag})

    assert (304, b"", tag) == (again.status_code, again.content, again.headers["etag"])
    assert (200, 200) == (part.status_code, redesigned.status_code)
    assert 3 == len({tag, part.headers["etag"], redesigned.headers["etag"]})
    assert "private, no-cache" == first.headers["cache-control"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"zoom": 1201}, "1 to 1200"),
        ({"zoom": 0}, "1 to 1200"),
        ({"zoom": 300, "left": 300}, "left and top lie on the area"),
        ({"zoom": 300, "top": -1}, "left and top lie on the area"),
    ],
)
async def test_a_part_that_there_is_not_is_refused_in_words(
    world: World, query: dict[str, int], words: str
) -> None:
    """Zoom ends at four times the file's pixels, and a part begins on the area."""
    item = await world.ready()

    answer = await world.client.get(f"{API}/items/{item.id}/proof", params=query, headers=await world.token())

    assert (422, True) == (answer.status_code, words in answer.json()["detail"])


async def test_what_is_not_there_cannot_be_shown(world: World) -> None:
    """An unknown item or area, and an item without design or mockup, are told as such with what to do."""
    item = await world.ready()
    me = await world.token()
    addresses = {
        f"items/{NOBODY}/proof": "no order item",
        f"items/{NOBODY}/mockup": "no order item",
        f"items/{item.id}/proof?area=back": "there are front",
        f"items/{item.id}/mockup": "give the listing a `mockup`",
    }

    for address, words in addresses.items():
        answer = await world.client.get(f"{API}/{address}", headers=me)
        assert (address, 404, True) == (address, answer.status_code, words in answer.json()["detail"])


async def test_a_proof_never_leaves_out_what_is_missing(world: World) -> None:
    """A design whose picture or font is gone is refused: what was shown would not be what is printed."""
    item = await world.ready()
    me = await world.token()
    gone = {"type": "image", "asset": f"sha256:{'0' * 64}", "x": 0, "y": 0, "w": 9000, "h": 9000}
    words = {"type": "text", "text": "Zoe", "font": "Gone Sans", "x": 0, "y": 0, "w": 9000, "h": 9000}

    for layer in (gone, words):
        await world.client.put(f"{API}/items/{item.id}/design", json={"design": design(layer)}, headers=me)
        answer = await world.client.get(f"{API}/items/{item.id}/proof", headers=me)
        assert (422, True) == (answer.status_code, "upload it again" in answer.json()["detail"])


async def test_an_unsaved_design_is_seen_as_it_would_print(world: World) -> None:
    """The editor's preview is drawn with the shop's uploads; nothing is saved, and what is missing is left out."""
    me = await world.token()
    source = await uploaded(world, picture("#1e5ac8"))
    half = {"type": "image", "asset": source, "fit": "stretch", "x": 0, "y": 0}
    half = {**half, "w": SMALL.width_um // 2, "h": SMALL.height_um}
    gone = {**half, "asset": f"sha256:{'0' * 64}", "x": SMALL.width_um // 2}
    body = {"design": design(half, gone), "area": AREA, "zoom": 300}

    answer = await world.client.post(f"{API}/designs/view", json=body, headers=me)

    image = seen(answer.content)
    pixel: Any = image.getpixel((70, 100))
    assert ((300, 200), 255) == (image.size, pixel[3])
    assert all(abs(one - other) < 8 for one, other in zip((30, 90, 200), pixel[:3], strict=True))
    assert 0 == image.getchannel("A").getpixel((250, 100))


async def test_a_view_is_at_most_one_tile(world: World) -> None:
    """Larger parts are refused; without a size, one answer holds as much as a tile does."""
    me = await world.token()
    body = {"design": design(card()), "area": {**AREA, "width_px": 3000, "height_px": 2000}, "zoom": 3000}

    whole = await world.client.post(f"{API}/designs/view", json=body, headers=me)
    large = await world.client.post(f"{API}/designs/view", json={**body, "width": 1025}, headers=me)

    assert (MOST_TILE_PX, MOST_TILE_PX) == seen(whole.content).size
    assert (422, True) == (large.status_code, "in tiles" in large.json()["detail"])


async def test_pictures_of_other_shops_are_not_seen(world: World) -> None:
    """Another shop's upload is missing for this one, and its items lend no pictures."""
    await world.spark.connect_shop(OTHER, channel="shopify", credentials={"client_secret": "s"})
    theirs = (await world.spark.upload_asset(OTHER, picture("#1e5ac8"))).source
    item = await world.ready()
    layer = {"type": "image", "asset": theirs, "x": 0, "y": 0, "w": 9000, "h": 9000}
    body = {"design": design(layer), "area": AREA, "zoom": 300}

    mine = await world.client.post(f"{API}/designs/view", json=body, headers=await world.token())
    burglar = await world.client.post(
        f"{API}/designs/view", json={**body, "item": str(item.id)}, headers=await world.token(shop=OTHER)
    )

    assert not any(seen(mine.content).getchannel("A").tobytes())
    assert 404 == burglar.status_code


async def test_an_item_is_seen_on_its_product(world: World) -> None:
    """The mockup has the product's colour, and the print where it lies on the picture."""
    await with_mockup(world, product_colour="#204080")
    item = await world.ready()
    me = await world.token()
    await world.client.put(f"{API}/items/{item.id}/design", json={"design": design(card())}, headers=me)

    answer = await world.client.get(f"{API}/items/{item.id}/mockup", params={"width": 200}, headers=me)
    known = {**me, "If-None-Match": answer.headers["etag"]}
    again = await world.client.get(f"{API}/items/{item.id}/mockup", params={"width": 200}, headers=known)

    image = seen(answer.content)
    assert (200, 150) == image.size
    assert near((0x20, 0x40, 0x80), image.getpixel((20, 20)))
    assert near((0xDC, 0x28, 0x28), image.getpixel((100, 80)))
    assert 304 == again.status_code


async def test_an_unsaved_design_is_seen_on_its_product(world: World) -> None:
    """The same picture as of a saved one; a listing that was given no mockup says so."""
    me = await world.token()
    (listing,) = await world.spark.listings(world.shop)
    body = {"design": design(card("#28b43c")), "listing": str(listing.id), "width": 200}

    without = await world.client.post(f"{API}/designs/mockup", json=body, headers=me)
    await with_mockup(world)
    answer = await world.client.post(f"{API}/designs/mockup", json=body, headers=me)

    assert (404, True) == (without.status_code, "mockup" in without.json()["detail"])
    assert near((0x28, 0xB4, 0x3C), seen(answer.content).getpixel((100, 80)))


async def test_a_mockup_is_part_of_its_listing(world: World) -> None:
    """It is saved and given back over HTTP, and one that cannot be read is refused by its member's name."""
    me = await world.token()
    (row,) = (await world.client.get(f"{API}/listings", headers=me)).json()["rows"]
    address = f"{API}/listings/{row.pop('id')}"
    mockup = {
        "picture": f"sha256:{'a' * 64}",
        "areas": {"front": {"corners": [[0, 0], [9, 0], [9, 9], [0, 9]]}},
    }
    dented = {**mockup, "areas": {"front": {"corners": [[0, 0], [9, 9]]}}}

    saved = await world.client.put(
        address, json={**row, "mockup": mockup, "product_colour": "#204080"}, headers=me
    )
    refused = await world.client.put(address, json={**row, "mockup": dented}, headers=me)

    assert (mockup, "#204080") == (saved.json()["mockup"], saved.json()["product_colour"])
    assert (422, True) == (refused.status_code, "areas.front.corners" in refused.json()["detail"])


async def test_a_design_is_checked_without_being_saved(world: World) -> None:
    """Findings of geometry and of drawing are told as data, the same that making the files would tell."""
    item = await world.ready()
    me = await world.token()
    (listing,) = await world.spark.listings(world.shop)
    small = await uploaded(world, picture("#1e5ac8", (20, 20)))
    coarse = {"type": "image", "asset": small, "x": 0, "y": 0, "w": 20_000, "h": 10_000}
    missing = {"type": "text", "text": "Zoe \U000e0100\ue000", "x": 0, "y": 10_000, "w": 20_000, "h": 5_000}
    document = design(coarse, missing)

    answer = await world.client.post(
        f"{API}/designs/check", json={"design": document, "listing": str(listing.id)}, headers=me
    )
    await world.spark.redesign(world.shop, item.id, design=Design.of(document), by=ANA)
    await world.spark.drain()

    told = answer.json()
    made = (await world.spark.show_item(world.shop, item.id)).findings
    assert {"low_dpi", "missing_glyph"} <= {finding["check"] for finding in told}
    assert {(one.check, one.layer) for one in made} == {(one["check"], one["layer"]) for one in told}


async def test_a_design_that_cannot_be_drawn_is_checked_all_the_same(world: World) -> None:
    """What is missing is named; a design without fault has no findings."""
    me = await world.token()
    (listing,) = await world.spark.listings(world.shop)
    gone = {"type": "image", "asset": f"sha256:{'0' * 64}", "x": 0, "y": 0, "w": 9000, "h": 9000}
    checks = []
    for layers in ((gone,), (card(),)):
        body = {"design": design(*layers), "listing": str(listing.id)}
        answer = await world.client.post(f"{API}/designs/check", json=body, headers=me)
        checks.append([finding["check"] for finding in answer.json()])

    assert [["missing_asset"], []] == checks


async def test_text_is_set_for_editors(world: World) -> None:
    """Lines, an outline of whole micrometres inside the box, emoji as glyphs, and what no font has."""
    layer = {
        "type": "text",
        "text": "Zoë \U0001f600",
        "w": 60_000,
        "h": 20_000,
        "size": 8_000,
        "hidden": True,
    }

    answer = await world.client.post(f"{API}/text/layout", json={"layer": layer}, headers=await world.token())

    told = answer.json()
    (line,) = told["lines"]
    left, top, right, bottom = told["box"]
    assert (0, 5, 8_000, False, []) == (
        line["start"], line["end"], told["size"], told["overflows"], told["missing"],
    )  # fmt: skip
    assert 0 <= left < right <= 60_000
    assert 0 <= top < bottom <= 20_000
    assert told["outline"].startswith("M")
    assert set("MLQCZ0123456789 -") >= set(told["outline"])
    assert 1 >= len(told["emoji"])


async def test_only_text_is_set(world: World) -> None:
    """Another layer, a wrong member and a font that is not there are refused by name."""
    me = await world.token()
    layers = {
        "a layer of type text": card(),
        "size is": {"type": "text", "text": "Zoe", "w": 1000, "size": "large"},
        "Gone Sans": {"type": "text", "text": "Zoe", "w": 1000, "font": "Gone Sans"},
    }

    for words, layer in layers.items():
        answer = await world.client.post(f"{API}/text/layout", json={"layer": layer}, headers=me)
        assert (words, 422, True) == (words, answer.status_code, words in answer.json()["detail"])


class Plain:
    """A renderer that makes files and nothing else."""

    async def render(self, job: RenderJob) -> RenderedArea:
        raise NotImplementedError


async def test_a_renderer_without_views_says_so(world: World) -> None:
    """The ability is asked for, and its lack is told with the setting that mends it."""
    place = world.spark.show_design
    show = ShowDesign(store=place.store, renderer=Plain(), storeroom=place.storeroom)

    with pytest.raises(NotPossible, match="MOCKSPARK_RENDERER"):
        await show(world.shop, Design.of(design(card())), SMALL)


def near(expected: tuple[int, ...], actual: Any, levels: int = 14) -> bool:
    return all(abs(one - other) <= levels for one, other in zip(expected, actual[:3], strict=True))
