"""Installing by Shopify's consent page: the way there, the way back, and a page that says how it ended."""

from html import escape
from http import HTTPStatus
from typing import Any, Final, Protocol

from attrs import field, frozen
from litestar import MediaType, Request, Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation

from mockspark.adapters.http.security import PUBLIC
from mockspark.application.errors import NotAuthorized

COOKIE: Final = "mockspark_installing"
CALLBACK: Final = "/shopify/callback"
_PATH: Final = "/shopify"
_LIFE_S: Final = 600


@frozen(kw_only=True)
class Begun:
    """Where to send a merchant, and what the browser keeps until the return."""

    url: str
    kept: str = field(repr=False)
    secure: bool = True


@frozen(kw_only=True)
class Installed:
    """A shop that was taken in, and what is to be said about it."""

    shop: str
    words: str


class Installer(Protocol):
    """Takes shops in by the consent page of their channel."""

    def begin(self, shop: str) -> Begun:
        """Return the consent page of *shop*; raises NotAuthorized for what is no shop."""

    async def finish(self, query: str, kept: str) -> Installed:
        """Take in the shop that a return's raw *query* speaks for.

        Raises NotAuthorized unless Shopify signed it, just now, for what *kept* says was begun here.
        """


Installing = NamedDependency[SkipValidation[Installer]]


@get("/shopify/install", opt={PUBLIC: True}, include_in_schema=False)
async def begin_install(installer: Installing, shop: FromQuery[str] = "") -> Response[str]:
    """Send the merchant to the shop's own consent page."""
    try:
        begun = installer.begin(shop.strip())
    except NotAuthorized as refusal:
        return _page(HTTPStatus.BAD_REQUEST, "This cannot be installed", str(refusal))
    kept = _cookie(begun.kept, secure=begun.secure, max_age=_LIFE_S)
    return Response("", status_code=HTTPStatus.FOUND, headers={"Location": begun.url}, cookies=[kept])


@get(CALLBACK, opt={PUBLIC: True}, include_in_schema=False)
async def finish_install(installer: Installing, request: Request[Any, Any, Any]) -> Response[str]:
    """Connect the shop that consented; what is not surely Shopify's word connects nothing."""
    query = request.scope["query_string"].decode("latin-1")
    try:
        installed = await installer.finish(query, request.cookies.get(COOKIE, ""))
    except NotAuthorized as refusal:
        return _page(HTTPStatus.UNAUTHORIZED, "The shop was not connected", str(refusal))
    page = _page(HTTPStatus.OK, f"{installed.shop} is connected", installed.words)
    page.cookies.append(_cookie("", secure=True, max_age=0))
    return page


def _cookie(value: str, *, secure: bool, max_age: int) -> Cookie:
    return Cookie(
        COOKIE, value=value, path=_PATH, max_age=max_age, secure=secure, httponly=True, samesite="lax"
    )


def _page(status: HTTPStatus, title: str, words: str) -> Response[str]:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    text = f"{head}<h1>{escape(title)}</h1><p>{escape(words)}</p></html>"
    return Response(text, status_code=status, media_type=MediaType.HTML)
