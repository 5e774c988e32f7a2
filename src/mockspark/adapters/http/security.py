"""Who is calling, for which shop, and what they may do. Nothing answers without it unless it says so."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from mockspark.application.errors import NotAuthorized
from mockspark.application.use_cases.accounts import Authenticate
from mockspark.domain.events import Actor
from mockspark.domain.identity import ShopId

PUBLIC: Final = "public"
ALSO_BASIC: Final = "also_basic"
"""Opt of pages that a browser opens by itself: it sends the token as the password of Basic authentication."""
NEEDS: Final = "needs"
_CALLER: Final = "mockspark_caller"


@frozen(kw_only=True)
class Caller:
    """Whoever holds the token: one shop, a name for the timeline, and rights."""

    shop: ShopId
    name: str
    scopes: frozenset[str]

    @property
    def actor(self) -> Actor:
        """Return the caller as the timeline names it."""
        return Actor.person(self.name)


class Doorkeeper(ASGIMiddleware):
    """Reads the bearer token of every route that is not marked public; the shop comes from it alone."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = PUBLIC

    def __init__(self, authenticate: Authenticate) -> None:
        self._authenticate = authenticate

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request through as somebody, or not at all."""
        request: Request[Any, Any, Any] = Request(scope)
        by_browser = bool(scope["route_handler"].opt.get(ALSO_BASIC))
        token = _token(request.headers.get("authorization", ""), by_browser=by_browser)
        if not token:
            raise _unknown("send the header Authorization: Bearer <token>", by_browser=by_browser)
        try:
            known = await self._authenticate(token)
        except NotAuthorized as refusal:
            raise _unknown(str(refusal), by_browser=by_browser) from refusal
        caller = Caller(shop=known.shop_id, name=known.name, scopes=known.scopes)
        scope["state"][_CALLER] = caller
        await next_app(scope, receive, send)


def _token(header: str, *, by_browser: bool) -> str:
    kind, _, told = header.partition(" ")
    match kind.lower():
        case "bearer":
            return told.strip()
        case "basic" if by_browser:
            return _password(told.strip())
        case _:
            return ""


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def _unknown(words: str, *, by_browser: bool) -> NotAuthorizedException:
    asked = 'Basic realm="MockSpark: your token is the password"' if by_browser else "Bearer"
    return NotAuthorizedException(words, headers={"WWW-Authenticate": asked})


def caller(request: Request[Any, Any, Any]) -> Caller:
    """Return who is calling; a dependency of every route that is not public."""
    known = request.scope["state"].get(_CALLER)
    if not isinstance(known, Caller):
        raise NotAuthorizedException
    return known


def may(connection: "ASGIConnection[Any, Any, Any, Any]", handler: BaseRouteHandler) -> None:
    """Guard: the token needs the scope that the route names under `needs`."""
    needed = handler.opt.get(NEEDS)
    known = connection.scope["state"].get(_CALLER)
    if handler.opt.get(PUBLIC):
        return
    if not isinstance(known, Caller) or needed not in known.scopes:
        raise PermissionDeniedException(f"the token lacks the scope {needed}: make one that has it")


SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
}


async def guard_answer(message: Message, scope: Scope) -> None:
    """Put the security headers on every answer, refusals and unknown addresses included."""
    del scope
    if message["type"] != "http.response.start":
        return
    told = list(message.get("headers", ()))
    named = {name.lower() for name, _ in told}
    message["headers"] = [*told, *(header for header in _GUARDS if header[0] not in named)]


_GUARDS: Final = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items())
