"""The sandbox's Shopify over HTTP: the Admin API, OAuth, pictures, bulk files, and routes that only a sandbox has."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import parse_qsl

from attrs import evolve, frozen
from graphql import FieldNode, GraphQLSyntaxError, OperationDefinitionNode, parse
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import FromPath

from mockspark.adapters.sandbox import shopify_oauth as oauth
from mockspark.adapters.sandbox.faults import Fault
from mockspark.adapters.sandbox.serving import serve
from mockspark.adapters.sandbox.shopify import Asked, ShopifySandbox
from mockspark.adapters.sandbox.shopify_control import control_routes
from mockspark.adapters.sandbox.shopify_oauth import OAuthError
from mockspark.adapters.sandbox.shopify_pictures import picture
from mockspark.adapters.sandbox.shopify_store import AccessToken, Store
from mockspark.adapters.sandbox.shopify_views import SUPPORTED, VERSIONS

_VERSION: Final = re.compile(r"\d{4}-(01|04|07|10)|unstable")
_UNAUTHORIZED: Final = "[API] Invalid API key or access token (unrecognized login or wrong password)"
_STATES: Final[Mapping[str, tuple[int, str]]] = {
    "frozen": (402, "Unavailable Shop"),
    "forbidden": (403, "[API] This action requires merchant approval."),
    "closed": (404, "Not Found"),
    "locked": (423, "[API] This shop is locked."),
}
_CALLS_A_SECOND_AGAIN: Final = "2.0"

AnyRequest = Request[Any, Any, Any]


@frozen(kw_only=True)
class Reply:
    """An answer before it is sent."""

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    media_type: str = "application/json"

    def sent(self) -> Response[bytes]:
        """Return it as a response."""
        return Response(
            content=self.body,
            status_code=self.status,
            media_type=self.media_type,
            headers=dict(self.headers),
        )


def reply(status: int, body: object, **headers: str) -> Reply:
    """Return a JSON answer."""
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status=status, body=raw, headers={n.replace("_", "-"): v for n, v in headers.items()})


@asynccontextmanager
async def served(sandbox: ShopifySandbox, port: int = 0) -> AsyncGenerator[str]:
    """Serve *sandbox* on loopback for as long as the block runs and give its address."""
    async with serve(create_app(sandbox), port) as address:
        sandbox.base_url = address
        yield address


def create_app(sandbox: ShopifySandbox) -> Litestar:
    """Return *sandbox* as an application; its webhooks are sent while it runs."""

    @asynccontextmanager
    async def sending(_: Litestar) -> AsyncGenerator[None]:
        running = asyncio.create_task(sandbox.deliveries.run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    @post("/admin/api/{version:str}/graphql.json", status_code=200)
    async def graphql(request: AnyRequest, version: FromPath[str]) -> Response[bytes]:
        return await _graphql(sandbox, request, version)

    @post("/admin/oauth/access_token", status_code=200)
    async def access_token(request: AnyRequest) -> Response[bytes]:
        return await _access_token(sandbox, request)

    @get("/admin/oauth/authorize")
    async def authorize(request: AnyRequest) -> Response[bytes]:
        return _authorize(sandbox, request)

    @get("/pictures/{size:str}/{name:str}")
    async def pictures(size: FromPath[str], name: FromPath[str]) -> Response[bytes]:
        return await _picture(size, name)

    @get("/bulk/{name:str}")
    async def bulk_file(name: FromPath[str]) -> Response[bytes]:
        return _bulk_file(sandbox, name)

    handlers = [graphql, access_token, authorize, pictures, bulk_file, *control_routes(sandbox)]
    return Litestar(handlers, lifespan=[sending], logging_config=None, openapi_config=None)


# -- the Admin API -----------------------------------------------------------------------------------------


async def _graphql(sandbox: ShopifySandbox, request: AnyRequest, version: str) -> Response[bytes]:
    asked = _json_object(await request.body())
    if asked is None:
        return reply(400, {"errors": "Bad Request"}).sent()
    names = _names(str(asked.get("query") or ""), asked.get("operationName"))
    note = _note(sandbox, request, ", ".join(names), asked.get("variables"))

    def answer(*, drained: bool) -> Reply:
        return _admin(sandbox, request, version, asked, note, drained=drained)

    return await _spoiled(sandbox, (*names, request.url.path), note, answer)


def _json_object(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _names(query: str, operation: object) -> tuple[str, ...]:
    """Return the operation's name and its root fields: what a fault can be asked for by."""
    try:
        document = parse(query)
    except GraphQLSyntaxError:
        return ()
    names = [str(operation)] if operation else []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            names += [definition.name.value] if definition.name else []
            names += [s.name.value for s in definition.selection_set.selections if isinstance(s, FieldNode)]
    return tuple(dict.fromkeys(names))


def _admin(
    sandbox: ShopifySandbox,
    request: AnyRequest,
    version: str,
    asked: Mapping[str, Any],
    note: Asked,
    *,
    drained: bool,
) -> Reply:
    served = served_version(version)
    if served is None:
        return reply(404, {"errors": "Not Found"})
    opened = sandbox.bearer(request.headers.get("x-shopify-access-token", ""))
    if opened is None:
        return reply(401, {"errors": _UNAUTHORIZED})
    store, token = opened
    note.shop = store.domain
    if store.state in _STATES:
        status, words = _STATES[store.state]
        return reply(status, {"errors": words})
    return _answered(sandbox, store, token, served, asked, drained=drained)


def _answered(
    sandbox: ShopifySandbox,
    store: Store,
    token: AccessToken,
    version: str,
    asked: Mapping[str, Any],
    *,
    drained: bool,
) -> Reply:
    body = sandbox.answer(store, token, version, asked, drained=drained)
    return reply(200, body, X_Shopify_API_Version=version, X_Request_Id=sandbox.request_id())


def served_version(asked: str) -> str | None:
    """Return the version that answers: an expired one falls forward to the oldest supported; None for no version."""
    if asked in VERSIONS:
        return asked
    oldest = min(SUPPORTED)
    return oldest if _VERSION.fullmatch(asked) and asked < oldest else None


# -- OAuth -------------------------------------------------------------------------------------------------


async def _access_token(sandbox: ShopifySandbox, request: AnyRequest) -> Response[bytes]:
    raw = await request.body()
    fields = _json_object(raw) or dict(parse_qsl(raw.decode("utf-8", "replace")))
    asked = {str(name): str(value) for name, value in fields.items()}
    note = _note(sandbox, request, asked.get("grant_type", "authorization_code"), None)

    def answer(*, drained: bool) -> Reply:  # noqa: ARG001 - there is no bucket here
        return _granted(sandbox, request, asked, note)

    return await _spoiled(sandbox, (note.operation, request.url.path), note, answer)


def _granted(sandbox: ShopifySandbox, request: AnyRequest, asked: Mapping[str, str], note: Asked) -> Reply:
    store = _shop_of(sandbox, request, asked.get("client_id", ""))
    if store is None:
        return reply(404, {"errors": "Not Found"})
    note.shop = store.domain
    try:
        return reply(200, oauth.grant(store, asked, now=sandbox.now(), word=sandbox.word))
    except OAuthError as e:
        return reply(e.status, e.body())


def _shop_of(sandbox: ShopifySandbox, request: AnyRequest, client_id: str) -> Store | None:
    named = (
        request.headers.get("x-shopify-shop-domain", ""),
        request.query_params.get("shop", ""),
        request.headers.get("host", "").partition(":")[0],
    )
    for domain in named:
        if domain in sandbox.stores:
            return sandbox.stores[domain]
    knowing = [store for store in sandbox.stores.values() if client_id in store.apps]
    return knowing[0] if len(knowing) == 1 else None


def _authorize(sandbox: ShopifySandbox, request: AnyRequest) -> Response[bytes]:
    asked = dict(request.query_params)
    store = _shop_of(sandbox, request, str(asked.get("client_id", "")))
    app = store.apps.get(str(asked.get("client_id", ""))) if store else None
    target = str(asked.get("redirect_uri", ""))
    if store is None or app is None:
        return reply(404, {"errors": "Not Found"}).sent()
    if not target or (app.redirect_uris and target not in app.redirect_uris):
        words = "The redirect_uri is missing or not whitelisted"
        return reply(400, {"error": "invalid_request", "error_description": words}).sent()
    code = sandbox.word("")
    store.codes[code] = (app.client_id, frozenset(str(asked.get("scope", "")).split(",")) - {""})
    values = {
        "code": code,
        "host": oauth.host_parameter(store),
        "shop": store.domain,
        "state": str(asked.get("state", "")),
        "timestamp": str(int(sandbox.now().timestamp())),
    }
    query = oauth.signed_query(app.secrets[-1], values)
    glue = "&" if "?" in target else "?"
    return Reply(status=302, body=b"", headers={"Location": f"{target}{glue}{query}"}).sent()


# -- files -------------------------------------------------------------------------------------------------


async def _picture(size: str, name: str) -> Response[bytes]:
    width, _, height = size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        return reply(404, {"errors": "Not Found"}).sent()
    drawn = await asyncio.to_thread(picture, name, int(width), int(height))
    return Reply(status=200, body=drawn.content, media_type=drawn.media_type).sent()


def _bulk_file(sandbox: ShopifySandbox, name: str) -> Response[bytes]:
    number = name.removesuffix(".jsonl")
    for store in sandbox.stores.values():
        done = store.bulk.get(int(number)) if number.isdigit() else None
        if done is not None and done.status == "COMPLETED":
            return Reply(status=200, body=done.content, media_type="application/jsonl").sent()
    return reply(404, {"errors": "Not Found"}).sent()


# -- what is noted and what is spoiled ---------------------------------------------------------------------


def _note(sandbox: ShopifySandbox, request: AnyRequest, operation: str, variables: object) -> Asked:
    asked = Asked(
        at=sandbox.now().isoformat(),
        method=request.method,
        path=request.url.path,
        operation=operation,
        variables=variables,
    )
    sandbox.asked.append(asked)
    return asked


async def _spoiled(
    sandbox: ShopifySandbox, names: tuple[str, ...], note: Asked, answer: Callable[..., Reply]
) -> Response[bytes]:
    """Answer, unless a fault is due for a call of these *names*: then spoil it as the fault says."""
    fault = sandbox.faults.take(names)
    if fault is None:
        given = answer(drained=False)
    else:
        note.fault = fault.kind
        given = await _faulty(fault, answer)
    note.status = given.status
    return given.sent()


async def _faulty(fault: Fault, answer: Callable[..., Reply]) -> Reply:
    given = answer(drained=fault.kind == "throttled") if fault.after or fault.kind == "throttled" else None
    match fault.kind:
        case "throttled" | "slow" | "malformed" if given is not None:
            return await _late_or_broken(fault, given)
        case "too_many":
            return reply(429, {"errors": "Too Many Requests"}, Retry_After=_CALLS_A_SECOND_AGAIN)
        case "timeout_before" | "timeout_after_commit":
            await asyncio.sleep(fault.seconds)
            return reply(504, {"errors": "Gateway Timeout"})
        case _:
            body = fault.body or "<html><body>Something went wrong</body></html>"
            return Reply(status=fault.status, body=body.encode(), media_type=MediaType.HTML)


async def _late_or_broken(fault: Fault, given: Reply) -> Reply:
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "malformed":
        return evolve(given, body=given.body[: len(given.body) // 2])
    return given
