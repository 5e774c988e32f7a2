"""A merchant installs the app: the shop's consent page, the return, and a shop that works from then on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from attrs import define, evolve

from mockspark.adapters.http.app import create_app
from mockspark.adapters.sandbox.serving import serve
from mockspark.adapters.sandbox.shopify_oauth import signed_query
from mockspark.application.errors import NotAuthorized
from mockspark.domain.identity import ShopId
from mockspark.domain.shop import AccountState, Installation
from mockspark.entrypoints.runtime import Runtime, open_runtime
from mockspark.entrypoints.settings import read_settings
from mockspark.entrypoints.shopify_install import ShopifyInstaller
from mockspark.entrypoints.stand_ins import StandIns, open_stand_ins
from tests.world import SECRET

PUBLIC: Final = "https://print.example.com"
COOKIE: Final = "mockspark_installing"


@define
class Scene:
    """An installation without any shop, the shop that is about to come, and a merchant's browser."""

    runtime: Runtime
    stand_ins: StandIns
    browser: httpx.AsyncClient

    @property
    def shop(self) -> str:
        return self.stand_ins.shop.domain

    async def begin(self, shop: str | None = None) -> httpx.Response:
        return await self.browser.get("/shopify/install", params={"shop": shop or self.shop})

    async def consent(self, begun: httpx.Response) -> str:
        """Have the merchant consent, and return the query that the store sends the browser back with."""
        answer = await self.browser.get(begun.headers["location"])
        return urlsplit(answer.headers["location"]).query

    async def come_back(self, query: str, cookie: str) -> httpx.Response:
        return await self.browser.get(f"/shopify/callback?{query}", headers={"Cookie": f"{COOKIE}={cookie}"})

    async def access(self) -> Installation | None:
        return await self.runtime.directory.installation(ShopId(self.shop))


def kept(begun: httpx.Response) -> str:
    """Return the cookie's value; browsers send it over HTTPS only, so the tests carry it themselves."""
    return begun.headers["set-cookie"].partition("=")[2].partition(";")[0].strip('"')


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_stand_ins() as stand_ins:
        settings = read_settings(
            {},
            data_dir=tmp_path,
            secret_key=SECRET,
            public_url=PUBLIC,
            shopify_client_id=stand_ins.shop.client_id,
            shopify_client_secret=stand_ins.shop.client_secret,
            shopify_url=stand_ins.shopify_url,
            render_processes=1,
        )
        async with (
            open_runtime(settings) as runtime,
            serve(create_app(runtime.parts)) as address,
            httpx.AsyncClient(base_url=address, timeout=30) as browser,
        ):
            yield Scene(runtime, stand_ins, browser)


async def test_a_merchant_installs_the_app(scene: Scene) -> None:
    """After consent the shop is connected with an expiring token, its news come here, and its orders are read."""
    begun = await scene.begin()
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    done = await scene.come_back(await scene.consent(begun), kept(begun))

    assert [f"{PUBLIC}/shopify/callback"] == asked["redirect_uri"]
    assert (302, 200) == (begun.status_code, done.status_code)
    assert f"<h1>{scene.shop} is connected</h1>" in done.text
    access = await scene.access()
    assert access is not None
    assert {"access_token", "refresh_token", "expires_at"} <= access.credentials.keys()
    addresses = {wish.uri for wish in scene.stand_ins.shopify.store(scene.shop).subscriptions.values()}
    assert {f"{PUBLIC}/webhooks/shopify"} == addresses
    assert 0 == (await scene.runtime.spark.reconcile(ShopId(scene.shop))).seen


async def test_the_browser_keeps_a_signed_word_for_ten_minutes(scene: Scene) -> None:
    """No script reads it, no other site sends it along, and it goes over HTTPS only."""
    begun = await scene.begin()

    words = {word.strip().lower() for word in begun.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "secure", "samesite=lax", "max-age=600", "path=/shopify"} <= words


async def test_an_expired_token_is_renewed_on_the_way(scene: Scene) -> None:
    """An hour later the store takes the token no more: calls go on with a new one, and nobody notices."""
    begun = await scene.begin()
    await scene.come_back(await scene.consent(begun), kept(begun))
    before = await scene.access()

    scene.stand_ins.advance(3700)
    await scene.runtime.spark.reconcile(ShopId(scene.shop))

    after = await scene.access()
    assert before is not None
    assert after is not None
    assert before.credentials["access_token"] != after.credentials["access_token"]
    assert AccountState.ACTIVE is after.state


async def test_a_store_of_the_own_organisation_needs_no_token(scene: Scene) -> None:
    """By the app's own credentials a token is had when it is needed, and had again when it ends."""
    spark, shop = scene.runtime.spark, ShopId(scene.shop)
    app = {"client_id": scene.stand_ins.shop.client_id, "client_secret": scene.stand_ins.shop.client_secret}
    await spark.connect_shop(shop, channel="shopify", credentials=app, api_url=scene.stand_ins.shopify_url)

    await spark.reconcile(shop)
    first = await scene.access()
    scene.stand_ins.advance(86_500)
    await spark.reconcile(shop)

    second = await scene.access()
    assert first is not None
    assert second is not None
    assert first.credentials["access_token"] != second.credentials["access_token"]


async def test_installing_again_repairs_a_broken_shop(scene: Scene) -> None:
    """A shop whose refresh token died is told to install again, and that is all it takes."""
    spark, shop = scene.runtime.spark, ShopId(scene.shop)
    await install(scene)
    scene.stand_ins.advance(timedelta(days=91).total_seconds())
    with pytest.raises(NotAuthorized, match="install it again"):
        await spark.reconcile(shop)
    broken = await scene.access()
    told = (await spark.check_accounts(shop))[0]

    await install(scene)

    repaired = await scene.access()
    assert broken is not None
    assert repaired is not None
    assert (AccountState.BROKEN, False) == (broken.state, told.works)
    assert "install it again" in told.words
    assert (AccountState.ACTIVE, "") == (repaired.state, repaired.problem)


async def install(scene: Scene) -> None:
    """Go the whole way, with the time that it is here."""
    begun = await scene.begin()
    values = dict(parse_qsl(await scene.consent(begun)))
    done = await scene.come_back(resigned(scene, values, timestamp=now()), kept(begun))
    assert 200 == done.status_code, done.text


def resigned(scene: Scene, values: Mapping[str, str], **changes: str) -> str:
    """Return a return's query as Shopify would sign it with *changes*."""
    plain = {name: value for name, value in values.items() if name != "hmac"}
    return signed_query(scene.stand_ins.shop.client_secret, plain | changes)


def now(minutes: int = 0) -> str:
    return str(int((datetime.now(UTC) + timedelta(minutes=minutes)).timestamp()))


UNFIT: Final[Sequence[dict[str, str]]] = (
    {"shop": "evil.example"},
    {"shop": "another.myshopify.com"},
    {"state": "another"},
    {"timestamp": now(-3)},
    {"code": ""},
    {"code": "never-given"},
)


async def test_a_return_that_does_not_fit_connects_nothing(scene: Scene) -> None:
    """Even a signed return counts only for the shop and the browser that began, once and at once."""
    begun = await scene.begin()
    values = dict(parse_qsl(await scene.consent(begun)))

    refused = [
        (await scene.come_back(resigned(scene, values, **changes), kept(begun))).status_code
        for changes in UNFIT
    ]

    assert ([401] * len(UNFIT), None) == (refused, await scene.access())


async def test_a_return_that_shopify_did_not_sign_connects_nothing(scene: Scene) -> None:
    """One changed character of the query is a refusal."""
    begun = await scene.begin()
    query = await scene.consent(begun)

    for changed in (query.replace("hmac=", "hmac=0"), query.partition("&hmac")[0], ""):
        assert 401 == (await scene.come_back(changed, kept(begun))).status_code
    assert await scene.access() is None


async def test_a_browser_that_did_not_begin_here_connects_nothing(scene: Scene) -> None:
    """The browser's word is sealed: without it, or with one that was changed, nobody is connected."""
    begun = await scene.begin()
    state, ends, seal = kept(begun).split(".")
    query = await scene.consent(begun)
    spoiled = ("", "state", "state.1.seal", f"{state}.{ends}.0", f"{state}.9999999999.{seal}", f"{state}.x.")

    refused = [(await scene.come_back(query, word)).status_code for word in spoiled]

    assert ([401] * len(spoiled), None) == (refused, await scene.access())


async def test_a_merchant_who_takes_too_long_begins_again(scene: Scene) -> None:
    """What the browser keeps ends after ten minutes, whatever the browser thinks."""
    installer = scene.runtime.parts.installer
    assert isinstance(installer, ShopifyInstaller)
    early = evolve(installer, clock=lambda: datetime.now(UTC) - timedelta(minutes=11))
    begun = early.begin(scene.shop)
    query = urlsplit((await scene.browser.get(begun.url)).headers["location"]).query

    with pytest.raises(NotAuthorized, match="start it again"):
        await installer.finish(query, begun.kept)


async def test_a_code_is_swapped_once(scene: Scene) -> None:
    """A return that is loaded again says so, and leaves the shop connected."""
    begun = await scene.begin()
    query = await scene.consent(begun)

    first, second = [await scene.come_back(query, kept(begun)) for _ in range(2)]

    assert (200, 401) == (first.status_code, second.status_code)
    assert "start the installation again" in second.text
    assert await scene.access() is not None


async def test_what_is_no_shop_is_sent_nowhere(scene: Scene) -> None:
    """Nobody is redirected to an address that is not a shop of Shopify's."""
    for shop in ("evil.example", "acme.myshopify.com/x", "<script>"):
        refused = await scene.begin(shop)

        assert (400, None) == (refused.status_code, refused.headers.get("location"))
        assert "<script>" not in refused.text


async def test_without_an_app_there_is_no_way_in(tmp_path: Path) -> None:
    """The pages exist only where the installation has an app of its own at Shopify."""
    settings = read_settings({}, data_dir=tmp_path, secret_key=SECRET, render_processes=1)
    async with (
        open_runtime(settings) as runtime,
        serve(create_app(runtime.parts)) as address,
        httpx.AsyncClient(base_url=address) as browser,
    ):
        assert 404 == (await browser.get("/shopify/install?shop=acme.myshopify.com")).status_code


def test_the_apps_secret_is_shown_nowhere(tmp_path: Path) -> None:
    """Settings come into logs and tracebacks; the secret does not."""
    told = {"MOCKSPARK_SHOPIFY_CLIENT_ID": "app", "MOCKSPARK_SHOPIFY_CLIENT_SECRET": "s3cr3t-of-the-app"}
    settings = read_settings(told, data_dir=tmp_path, secret_key=SECRET)

    assert "s3cr3t-of-the-app" == settings.shopify_client_secret
    assert "s3cr3t-of-the-app" not in repr(settings)
