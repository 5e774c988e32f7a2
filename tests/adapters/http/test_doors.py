"""Who may enter, what each token may do, and that no shop sees another."""

import base64
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from attrs import frozen

from mockspark.adapters.http.security import SECURITY_HEADERS
from mockspark.application.ports.blobs import BlobKey
from mockspark.application.targets import Targets
from mockspark.application.use_cases.accounts import SCOPES, token_digest
from mockspark.domain.identity import ConnectionId, ListingId, OrderItemId, ShopId, SubmissionId
from tests.adapters.http.operations import NOBODY, Operation, operations
from tests.world import ANA, World

API: Final = "/api/v1"
MARK: Final = "Quetzalcoatlus"
OTHER: Final = "other-shop.myshopify.com"
NAMES_NOTHING: Final = frozenset({
    "countByStatus", "countItems", "searchItems", "showImportLog", "exportSearch", "browseListings", "listConnections",
    "listTokens", "listProviders", "reconcile", "showShop", "updateRules", "checkAccounts", "importListings",
    "createToken", "uploadAsset", "uploadFont", "listFonts", "viewDesign", "layOutText",
})  # fmt: skip
"""Calls that name no id: there is nothing of another shop that one could ask them for."""


async def test_nothing_answers_without_a_token(world: World) -> None:
    """Every operation asks who calls, but the two doors of webhooks, which ask for a signature."""
    known = await operations(world)

    answers = {one.id: (await one.call(world.client, {})).status_code for one in known}

    assert {"channelNews", "providerNews"} == {one.id for one in known if not one.scope}
    assert dict.fromkeys(answers, 401) == answers


async def test_a_token_that_is_none_opens_nothing(world: World) -> None:
    """What is not a token that was given out is refused with how to send one."""
    for header in ("Bearer", "Bearer ms_guessed", "Bearer guessed", "Basic bXM6bXM=", "ms_guessed", ""):
        answer = await world.client.get(f"{API}/items", headers={"Authorization": header})
        heard = (header, answer.status_code, answer.json()["code"], answer.headers["www-authenticate"])
        assert (header, 401, "not_authenticated", "Bearer") == heard


async def test_each_call_needs_the_scope_that_its_description_names(world: World) -> None:
    """Whoever lacks that one scope is refused, even with all others; whoever has it alone is let in."""
    known = [one for one in await operations(world) if one.scope]
    only = {scope: await world.token([scope]) for scope in SCOPES}
    others = {scope: await world.token(SCOPES - {scope}) for scope in SCOPES}

    refused = {one.id: (await one.call(world.client, others[one.scope])).status_code for one in known}
    admitted = {one.id: (await one.call(world.client, only[one.scope])).status_code for one in known}

    assert dict.fromkeys(refused, 403) == refused
    assert set() == {401, 403, 500} & set(admitted.values())


async def test_a_revoked_token_opens_nothing(world: World) -> None:
    """From the moment of the revocation; revoking again is harmless."""
    me, other = await world.token(), await world.token()
    digest = token_digest(other["Authorization"].removeprefix("Bearer "))
    address = f"{API}/shop/tokens/{digest}"

    before = await world.client.get(f"{API}/shop", headers=other)
    answers = [(await world.client.delete(address, headers=me)).status_code for _ in range(2)]
    after = await world.client.get(f"{API}/shop", headers=other)

    assert (200, [204, 204], 401) == (before.status_code, answers, after.status_code)


async def test_a_token_is_shown_once_and_kept_as_a_digest(world: World, tmp_path: Path) -> None:
    """No list shows it again, no file of the database holds it, and no kept answer does."""
    me = await world.token()
    wanted = {"name": "warehouse", "scopes": ["items:read"]}

    made = (await world.client.post(f"{API}/shop/tokens", json=wanted, headers=me)).json()
    listed = await world.client.get(f"{API}/shop/tokens", headers=me)
    repeated = await world.client.post(
        f"{API}/shop/tokens", json=wanted, headers={**me, "Idempotency-Key": "once"}
    )

    assert made["token"]
    assert made["token"] not in listed.text
    assert 422 == repeated.status_code
    assert not _on_disk(made["token"], tmp_path)


async def test_a_token_gives_away_only_what_it_may_itself(world: World) -> None:
    """Nobody makes a mightier token than the own one, and nobody invents a scope."""
    weak = await world.token(["settings:write"])

    answers = [
        await world.client.post(f"{API}/shop/tokens", json={"name": "x", "scopes": scopes}, headers=weak)
        for scopes in (["items:write"], ["root"], [])
    ]

    assert [422, 422, 422] == [answer.status_code for answer in answers]


async def test_secrets_of_accounts_are_masked(world: World) -> None:
    """An answer shows a few last characters of a long secret, and nothing of a short one."""
    me = await world.token()
    shown = await world.client.get(f"{API}/shop/connections", headers=me)
    long = {"provider": "printify", "settings": {"token": "x" * 28 + "1234", "shop_id": "5432"}}
    made = await world.client.post(f"{API}/shop/connections", json=long, headers=me)

    assert "pfy_sandbox" not in shown.text
    assert "••••" == shown.json()[0]["settings"]["token"]
    assert "••••1234" == made.json()["settings"]["token"]
    assert "hook_secret" not in made.text


@frozen(kw_only=True)
class Property:
    """What one shop has, by its ids, and what another shop's token would call it by."""

    item: OrderItemId
    file: BlobKey
    listing: ListingId
    connection: ConnectionId
    submission: SubmissionId
    digest: str
    burglar: dict[str, str]

    def asked(self, operation: Operation) -> Operation:
        """Return *operation* about this property."""
        return operation.about(
            item=self.item, key=self.file, listing=self.listing, connection=self.connection,
            submission=self.submission, digest=self.digest,
        )  # fmt: skip


@pytest.fixture
async def owned(world: World) -> Property:
    """One item that was sent, everything about it marked; and a token of another shop."""
    item = await world.ready(world.mug(MARK), email=f"{MARK}@example.com")
    await world.spark.comment_items(world.shop, Targets.of(item.id), text=MARK, by=ANA)
    token = await world.spark.create_token(world.shop, name=MARK, scopes=SCOPES)
    await world.client.post(
        f"{API}/submissions",
        json={"items": [str(item.id)]},
        headers={"Authorization": f"Bearer {token.token}"},
    )
    await world.spark.drain()
    shown = await world.spark.show_item(world.shop, item.id)
    assert shown.fulfillment is not None
    (listing,) = await world.spark.listings(world.shop)
    return Property(
        item=item.id,
        file=BlobKey(shown.files[0].key),
        listing=listing.id,
        connection=world.connection,
        submission=shown.fulfillment.submission_id,
        digest=token.kept.digest,
        burglar=await world.token(shop=await _other_shop(world)),
    )


async def test_no_shop_sees_or_moves_anything_of_another(world: World, owned: Property) -> None:
    """Another shop's ids are unknown in every call, no answer tells of them, and nothing changes (I22)."""
    known = [one for one in await operations(world) if one.scope]
    before = await _state(world, owned)

    answers = {one.id: await owned.asked(one).call(world.client, owned.burglar) for one in known}

    spoken = {name for name, answer in answers.items() if MARK.lower() in answer.text.lower()}
    assert set() == spoken
    assert {} == {name: answer.text for name, answer in answers.items() if not _ignorant(name, answer)}
    assert before == await _state(world, owned)


async def test_the_owner_is_answered_where_the_burglar_was_not(world: World, owned: Property) -> None:
    """The calls of the isolation test really lead to something: the owner gets answers to them."""
    me = await world.token()
    reading = {
        "showItem", "showTimeline", "downloadFile", "exportItems", "downloadFiles", "planSubmissions", "showProof",
        "checkDesign",
    }  # fmt: skip
    known = [one for one in await operations(world) if one.id in reading]

    answers = {one.id: (await owned.asked(one).call(world.client, me)).status_code for one in known}

    assert dict.fromkeys(reading, 200) == answers


async def test_a_mixed_list_does_what_is_ones_own_and_no_more(world: World, owned: Property) -> None:
    """Another shop's item among one's own is a refused row, and the own one is done."""
    me = await world.token()
    nobody = "018f9a6e-0000-7000-8000-000000000001"

    answer = await world.client.post(
        f"{API}/items/actions/comment",
        json={"items": [str(owned.item), NOBODY, nobody], "text": "mine"},
        headers=me,
    )

    assert ["", "not_found", "not_found"] == [row["code"] for row in answer.json()["results"]]


async def test_every_answer_is_guarded(world: World) -> None:
    """Refusals, unknown addresses and downloads carry the headers, too; no other origin may read any."""
    me = await world.token()
    asked: list[tuple[str, str, dict[str, str]]] = [
        ("GET", f"{API}/items", me),
        ("GET", f"{API}/items", {}),
        ("GET", f"{API}/items/{NOBODY}", me),
        ("GET", f"{API}/exports/items.csv", me),
        ("GET", "/nowhere", {}),
        ("DELETE", "/health/live", {}),
        ("POST", "/webhooks/shopify", {}),
        ("GET", "/files/forged/x.png", {}),
        ("OPTIONS", f"{API}/items", {"Access-Control-Request-Method": "POST"}),
    ]
    for method, path, headers in asked:
        answer = await world.client.request(
            method, path, headers={**headers, "Origin": "https://evil.example"}
        )
        told = {name: answer.headers.get(name) for name in SECURITY_HEADERS}
        assert (path, dict(SECURITY_HEADERS)) == (path, told)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_foreign_form_moves_nothing(world: World) -> None:
    """There is no cookie to ride on: a form of another site carries no token and is refused (T14)."""
    answer = await world.client.post(
        f"{API}/items/actions/archive",
        content=f'{{"items": ["{NOBODY}"]}}',
        headers={"Content-Type": "text/plain", "Origin": "https://evil.example"},
    )

    assert 401 == answer.status_code
    assert "set-cookie" not in answer.headers


async def test_a_browser_reads_the_description_with_the_token_as_password(world: World) -> None:
    """Only the pages of the description take Basic; the API itself does not."""
    token = (await world.token())["Authorization"].removeprefix("Bearer ")
    basic = {"Authorization": f"Basic {base64.b64encode(f'me:{token}'.encode()).decode()}"}

    page = await world.client.get("/api/docs", headers=basic)
    api = await world.client.get(f"{API}/items", headers=basic)
    nobody = await world.client.get("/api/docs")

    assert (200, 401, 401) == (page.status_code, api.status_code, nobody.status_code)
    assert nobody.headers["www-authenticate"].startswith("Basic")


def _on_disk(secret: str, folder: Path) -> bool:
    return any(secret.encode() in file.read_bytes() for file in folder.glob("mockspark.db*"))


def _ignorant(name: str, answer: httpx.Response) -> bool:
    """Tell whether an answer knows nothing of the ids that it was asked about."""
    if name in NAMES_NOTHING:
        return answer.status_code < 300 or answer.json()["code"] == "rejected"
    if answer.status_code in {404, 409}:
        return True
    told = answer.json()
    codes = [row["code"] for row in told.get("results", ())]
    return {"not_found"} == {*codes, *(row["reason"] for row in told.get("unsendable", ()))}


async def _state(world: World, owned: Property) -> dict[str, Any]:
    spark, shop = world.spark, world.shop
    return {
        "item": await spark.show_item(shop, owned.item),
        "timeline": await spark.timeline(shop, owned.item),
        "listings": await spark.listings(shop),
        "connections": await spark.connections(shop),
        "rules": (await spark.show_shop(shop)).rules,
        "tokens": {
            token.digest: token.revoked_at for token in await spark.tokens(shop) if token.name == MARK
        },
        "printed": len(await world.printed()),
    }


async def _other_shop(world: World) -> ShopId:
    opened = world.stand_ins.shopify.open_shop(OTHER, client_id="other-client", token="shpat_other")
    shop = ShopId(OTHER)
    await world.spark.connect_shop(
        shop,
        channel="shopify",
        credentials={
            "client_id": opened.client_id,
            "client_secret": opened.client_secret,
            "access_token": opened.access_token,
        },
        api_url=world.stand_ins.shopify_url,
    )
    return shop
