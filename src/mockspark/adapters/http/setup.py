"""What a shop sets up: products, accounts, rules, tokens."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from attrs import frozen
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, RawBody, SkipValidation

from mockspark.adapters.http.idempotency import SHOWN_ONCE
from mockspark.adapters.http.items import READ, WRITE, Limit, Spark, Who
from mockspark.adapters.http.schemas import ConnectionBody, ListingBody, RulesBody, TokenBody, area_of
from mockspark.adapters.http.security import NEEDS
from mockspark.application.forms import Form
from mockspark.application.ports.fulfillment import ProviderFacts, Providers
from mockspark.application.ports.storage import ApiToken
from mockspark.application.views import AccountCheck, FontChoice, ImportReport, ReconcileReport
from mockspark.domain.catalog import Listing, PrintArea, ProviderVariant
from mockspark.domain.design import Design
from mockspark.domain.errors import InvalidValue
from mockspark.domain.files import PinnedAsset
from mockspark.domain.fonts import ShopFont
from mockspark.domain.identity import ConnectionId, ListingId, ShopId
from mockspark.domain.shop import Connection, Rules, Shop

Installed = NamedDependency[SkipValidation[Providers]]
LISTINGS: Final = {NEEDS: "listings:write"}
SETTINGS: Final = {NEEDS: "settings:write"}
_HIDDEN: Final = "••••"
_SHOWN_CHARACTERS: Final = 4
ASSET_BYTES: Final = 50 * 1024 * 1024
FONT_BYTES: Final = 20 * 1024 * 1024


@frozen(kw_only=True)
class ListingView:
    """One listing as the API shows it."""

    id: ListingId
    match: str
    key: str
    title: str
    connection: ConnectionId | None
    variant: Mapping[str, str]
    variant_title: str
    print_areas: Sequence[PrintArea]
    template: Mapping[str, Any] | None
    personalized: bool
    available: bool
    min_dpi: int
    warn_dpi: int
    product_colour: str
    mockup: Mapping[str, Any] | None
    version: int


@frozen(kw_only=True)
class ListingPage:
    """Listings by id; give *next* as `after` for the following page, empty on the last."""

    rows: Sequence[ListingView]
    next: str


@frozen(kw_only=True)
class ConnectionView:
    """An account at a provider; secrets show their last characters only."""

    id: ConnectionId
    provider: str
    title: str
    settings: Mapping[str, str]
    api_url: str
    state: str
    problem: str
    warning: str


@frozen(kw_only=True)
class ProviderView:
    """An installed provider, with the questions of its account and of its send dialog."""

    key: str
    title: str
    warning: str
    settings_form: Form
    options_form: Form


@frozen(kw_only=True)
class TokenView:
    """Who may act for the shop; *token* stands only in the answer that made it."""

    digest: str
    name: str
    scopes: Sequence[str]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    token: str = ""


@frozen(kw_only=True)
class FontView:
    """A font that the shop uploaded; *name* is what designs call it."""

    name: str
    sha256: str
    family: str
    style: str
    weight: int
    licence: str
    characters: int
    scripts: Sequence[str]
    size: int
    uploaded_at: datetime


class Listings(Controller):
    """Which product is printed on which blank."""

    path = "/listings"
    tags = ("Listings",)

    @get(opt=READ, summary="Listings by id")
    async def browse_listings(
        self, spark: Spark, who: Who, after: FromQuery[UUID | None] = None, limit: Limit = 100
    ) -> ListingPage:
        last = None if after is None else ListingId(after)
        rows = await spark.listings(who.shop, after=last, limit=limit)
        return ListingPage(
            rows=[_listing_view(row) for row in rows], next=str(rows[-1].id) if len(rows) == limit else ""
        )

    @post(opt=LISTINGS, summary="Map a product; waiting items and lines left out are rescued")
    async def add_listing(
        self, spark: Spark, who: Who, new_id: NamedDependency[UUID], data: JSONBody[ListingBody]
    ) -> ListingView:
        saved = await spark.save_listing(who.shop, _listing(ListingId(new_id), who.shop, data), by=who.actor)
        return _listing_view(saved)

    @put("/{listing:uuid}", opt=LISTINGS, summary="Change a listing")
    async def change_listing(
        self, spark: Spark, who: Who, listing: FromPath[UUID], data: JSONBody[ListingBody]
    ) -> ListingView:
        saved = await spark.save_listing(who.shop, _listing(ListingId(listing), who.shop, data), by=who.actor)
        return _listing_view(saved)

    @delete("/{listing:uuid}", opt=LISTINGS, summary="Forget a listing; items keep what they took from it")
    async def delete_listing(self, spark: Spark, who: Who, listing: FromPath[UUID]) -> None:
        await spark.delete_listing(who.shop, ListingId(listing))

    @post("/import", opt=LISTINGS, status_code=200, summary="Map products from a CSV file")
    async def import_listings(self, spark: Spark, who: Who, body: RawBody) -> ImportReport:
        return await spark.import_listings(who.shop, _csv_rows(body), by=who.actor)


class Assets(Controller):
    """Pictures for designs."""

    path = "/assets"
    tags = ("Assets",)

    @post(
        opt=WRITE,
        request_max_body_size=ASSET_BYTES,
        summary="Store a picture; its `source` is what a design's layer names",
    )
    async def upload_asset(self, spark: Spark, who: Who, body: RawBody) -> PinnedAsset:
        return await spark.upload_asset(who.shop, body)


class Fonts(Controller):
    """Fonts for designs."""

    path = "/fonts"
    tags = ("Fonts",)

    @get(opt=READ, summary="The fonts that designs may name: the shop's own, then the installed ones")
    async def list_fonts(self, spark: Spark, who: Who) -> Sequence[FontChoice]:
        return await spark.fonts(who.shop)

    @post(
        opt=WRITE,
        request_max_body_size=FONT_BYTES,
        summary="Store a TTF, OTF, WOFF or WOFF2 font; its `name` is what a design's text names",
    )
    async def upload_font(self, spark: Spark, who: Who, body: RawBody) -> FontView:
        return _font_view(await spark.upload_font(who.shop, body))

    @delete(
        "/{digest:str}", opt=WRITE, summary="Forget a font; designs that name it wait until it is there again"
    )
    async def delete_font(self, spark: Spark, who: Who, digest: FromPath[str]) -> None:
        await spark.delete_font(who.shop, digest)


class ShopSettings(Controller):
    """The shop, its rules, its accounts, its tokens."""

    path = "/shop"
    tags = ("Shop",)

    @get(opt=READ, summary="The shop and its rules")
    async def show_shop(self, spark: Spark, who: Who) -> Shop:
        return await spark.show_shop(who.shop)

    @put("/rules", opt=SETTINGS, summary="Change the shop's rules")
    async def update_rules(self, spark: Spark, who: Who, data: JSONBody[RulesBody]) -> Shop:
        told = {name: getattr(data, name) for name in data.__struct_fields__}
        return await spark.update_rules(who.shop, Rules(**told))

    @post("/reconcile", opt=WRITE, status_code=200, summary="Read the store's recent orders again now")
    async def reconcile(self, spark: Spark, who: Who) -> ReconcileReport:
        return await spark.reconcile(who.shop)

    @get("/providers", opt=READ, summary="The providers that are installed")
    async def list_providers(self, providers: Installed, who: Who) -> Sequence[ProviderView]:
        del who  # any token of any shop may look
        return [_provider_view(facts) for facts in providers.installed()]

    @get("/connections", opt=READ, summary="The shop's accounts at providers")
    async def list_connections(
        self, spark: Spark, who: Who, providers: Installed
    ) -> Sequence[ConnectionView]:
        found = await spark.connections(who.shop)
        return [connection_view(one, providers.facts(one.provider)) for one in found]

    @post("/connections", opt=SETTINGS, summary="Connect an account, or change one")
    async def connect_provider(
        self,
        spark: Spark,
        who: Who,
        providers: Installed,
        data: JSONBody[ConnectionBody],
    ) -> ConnectionView:
        made = await spark.connect_provider(
            who.shop,
            provider=data.provider,
            settings=data.settings,
            title=data.title,
            api_url=data.api_url,
            connection=None if data.connection is None else ConnectionId(data.connection),
        )
        return connection_view(made, providers.facts(made.provider))

    @post("/connections/check", opt=SETTINGS, status_code=200, summary="Find out whether every account works")
    async def check_accounts(self, spark: Spark, who: Who) -> Sequence[AccountCheck]:
        return await spark.check_accounts(who.shop)

    @get("/tokens", opt=SETTINGS, summary="Who may act for the shop")
    async def list_tokens(self, spark: Spark, who: Who) -> Sequence[TokenView]:
        return [_token_view(token) for token in await spark.tokens(who.shop)]

    @post("/tokens", opt={**SETTINGS, SHOWN_ONCE: True}, summary="Make a token; it is shown once")
    async def create_token(self, spark: Spark, who: Who, data: JSONBody[TokenBody]) -> TokenView:
        beyond = sorted(set(data.scopes) - who.scopes)
        if beyond:
            raise InvalidValue(f"this token lacks {', '.join(beyond)} itself and cannot give it away")
        made = await spark.create_token(who.shop, name=data.name, scopes=data.scopes)
        return _token_view(made.kept, made.token)

    @delete("/tokens/{digest:str}", opt=SETTINGS, summary="Let a token act no more")
    async def revoke_token(self, spark: Spark, who: Who, digest: FromPath[str]) -> None:
        await spark.revoke_token(who.shop, digest)


def connection_view(connection: Connection, facts: ProviderFacts) -> ConnectionView:
    """Return what may be shown of an account."""
    return ConnectionView(
        id=connection.id,
        provider=connection.provider,
        title=connection.title,
        settings={
            name: _masked(value) if _secret(facts.settings_form, name) else value
            for name, value in connection.settings.items()
        },
        api_url=connection.api_url,
        state=connection.state.value,
        problem=connection.problem,
        warning=facts.warning,
    )


def _secret(form: Form, name: str) -> bool:
    known = form.field(name)
    return known is None or known.secret


def _masked(value: str) -> str:
    # A short secret would be half told by its last four characters.
    tail = value[-_SHOWN_CHARACTERS:] if len(value) >= 4 * _SHOWN_CHARACTERS else ""
    return f"{_HIDDEN}{tail}" if value else ""


def _provider_view(facts: ProviderFacts) -> ProviderView:
    return ProviderView(
        key=facts.key,
        title=facts.title,
        warning=facts.warning,
        settings_form=facts.settings_form,
        options_form=facts.options_form,
    )


def _font_view(font: ShopFont) -> FontView:
    return FontView(
        name=font.source,
        sha256=font.sha256,
        family=font.family,
        style=font.style,
        weight=font.weight,
        licence=font.licence,
        characters=font.characters,
        scripts=font.scripts,
        size=font.size,
        uploaded_at=font.uploaded_at,
    )


def _token_view(token: ApiToken, plain: str = "") -> TokenView:
    return TokenView(
        digest=token.digest,
        name=token.name,
        scopes=sorted(token.scopes),
        created_at=token.created_at,
        last_used_at=token.last_used_at,
        revoked_at=token.revoked_at,
        token=plain,
    )


def _listing(id_: ListingId, shop: ShopId, body: ListingBody) -> Listing:
    return Listing(
        id=id_,
        shop_id=shop,
        match=body.match,
        key=body.key,
        title=body.title,
        connection_id=None if body.connection is None else ConnectionId(body.connection),
        provider_variant=ProviderVariant(keys=body.variant, title=body.variant_title),
        print_areas=tuple(area_of(area) for area in body.print_areas),
        template=None if body.template is None else Design.of(body.template),
        personalized=body.personalized,
        available=body.available,
        min_dpi=body.min_dpi,
        warn_dpi=body.warn_dpi,
        product_colour=body.product_colour,
        mockup=body.mockup,
        version=body.version,
    )


def _listing_view(listing: Listing) -> ListingView:
    return ListingView(
        id=listing.id,
        match=listing.match.value,
        key=listing.key,
        title=listing.title,
        connection=listing.connection_id,
        variant=listing.provider_variant.keys,
        variant_title=listing.provider_variant.title,
        print_areas=listing.print_areas,
        template=listing.template.document if listing.template else None,
        personalized=listing.personalized,
        available=listing.available,
        min_dpi=listing.min_dpi,
        warn_dpi=listing.warn_dpi,
        product_colour=listing.product_colour,
        mockup=listing.mockup,
        version=listing.version,
    )


def _csv_rows(body: bytes) -> Sequence[Mapping[str, str]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidValue("the file is not UTF-8: save it as CSV UTF-8") from problem
    return list(csv.DictReader(io.StringIO(text, newline="")))
