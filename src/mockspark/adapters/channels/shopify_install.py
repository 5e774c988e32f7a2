"""Installing the app in a shop: where to send the merchant, what may come back, and who is calling."""

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import jwt
from attrs import frozen

from mockspark.adapters.channels.shopify_webhooks import SHOP
from mockspark.application.errors import NotAuthorized
from mockspark.domain.identity import ShopId

LEEWAY_S: Final = 10
OLDEST_REDIRECT_S: Final = 90
SCOPES: Final = (
    "read_orders", "read_products", "read_customers",
    "write_merchant_managed_fulfillment_orders", "write_third_party_fulfillment_orders",
)  # fmt: skip
"""What we ask for; a writing scope implies its reading one."""

_SINGLE: Final = ("code", "hmac", "shop", "state", "timestamp", "host")
_SINGLE_IN_PROXY: Final = ("shop", "timestamp", "hmac")
_CLAIMS: Final = ["iss", "dest", "aud", "sub", "exp", "nbf"]


@frozen(kw_only=True)
class Redirect:
    """A verified return from Shopify's consent page."""

    shop_id: ShopId
    code: str


@frozen(kw_only=True)
class Visitor:
    """Who an embedded page belongs to, by a verified session token."""

    shop_id: ShopId
    user: str


def shop_named(text: str) -> ShopId:
    """Return the shop at the permanent address *text*; raises NotAuthorized for anything else."""
    if SHOP.fullmatch(text) is None:
        raise NotAuthorized("this is not the address of a Shopify shop")
    return ShopId(text.lower())


def authorize_url(
    shop: ShopId,
    *,
    client_id: str,
    redirect_uri: str,
    state: str,
    scopes: Sequence[str] = SCOPES,
    origin: str = "",
) -> str:
    """Return the consent page to send a merchant to; keep *state* in a signed cookie until the redirect.

    *origin* stands in for the shop's own address.
    """
    query = {
        "client_id": client_id,
        "scope": ",".join(scopes),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{origin or f'https://{shop_named(shop)}'}/admin/oauth/authorize?{urlencode(query)}"


def read_redirect(query: str, *, secrets: Sequence[str], state: str, now: datetime) -> Redirect:
    """Check a redirect's raw query against the *state* that we gave; raises NotAuthorized."""
    values = _single_values(query)
    if not state or not hmac.compare_digest(values.get("state", "").encode(), state.encode()):
        raise NotAuthorized("the installation was not started here: start it again")
    shop = shop_named(values.get("shop", ""))
    if not is_signed_query(query, secrets):
        raise NotAuthorized("the redirect is not signed by Shopify")
    if not _is_recent(values.get("timestamp", ""), now) or not values.get("code"):
        raise NotAuthorized("the redirect is too old: start the installation again")
    return Redirect(shop_id=shop, code=values["code"])


def is_signed_query(query: str, secrets: Sequence[str]) -> bool:
    """Tell whether any secret signed the query of a redirect.

    Shopify's libraries spell odd characters in two ways and agree on all that a redirect carries: either counts.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    signed = sorted(pair for pair in _signed_pairs(pairs) if pair[0] not in {"hmac", "signature"})
    texts = ("&".join(f"{name(key)}={value(text)}" for key, text in signed) for name, value in _SPELLINGS)
    return _is_signed(texts, [value for key, value in pairs if key == "hmac"], secrets)


def is_signed_proxy_query(query: str, secrets: Sequence[str], *, now: datetime) -> bool:
    """Tell whether Shopify's app proxy passed this query on just now; a body beside it is signed by nobody."""
    pairs = parse_qsl(query, keep_blank_values=True)
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    claimed = values.pop("signature", [])
    if any(len(values.get(name, ())) > 1 for name in _SINGLE_IN_PROXY):
        return False
    text = "".join(f"{name}={','.join(several)}" for name, several in sorted(values.items()))
    return _is_recent("".join(values.get("timestamp", ())), now) and _is_signed([text], claimed, secrets)


def verify_session(token: str, *, client_id: str, secrets: Sequence[str], now: datetime) -> Visitor:
    """Check an embedded page's session token; raises NotAuthorized."""
    claims = _claims(token, client_id, secrets)
    at = now.timestamp()
    if not claims["nbf"] - LEEWAY_S <= at <= claims["exp"] + LEEWAY_S:
        raise NotAuthorized("the session token is not valid now: load the page again")
    issuer, shop = _host(claims["iss"]), _host(claims["dest"])
    if issuer != shop:
        raise NotAuthorized("the session token was issued for another shop")
    return Visitor(shop_id=shop_named(shop), user=str(claims["sub"]))


def _claims(token: str, client_id: str, secrets: Sequence[str]) -> dict[str, Any]:
    """Return the claims that any secret signed; moments are judged by the caller's clock."""
    options: Any = {"require": _CLAIMS, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
    for secret in filter(None, secrets):
        try:
            claims = jwt.decode(token, secret, algorithms=["HS256"], audience=client_id, options=options)
        except jwt.InvalidTokenError:
            continue
        if all(isinstance(claims[name], (int, float)) for name in ("exp", "nbf")):
            return claims
    raise NotAuthorized("the session token is not signed by Shopify for this app")


def _host(url: object) -> str:
    try:
        return urlsplit(str(url)).hostname or ""
    except ValueError:
        return ""


def _single_values(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    names = [name for name, _ in pairs]
    if any(names.count(name) > 1 for name in _SINGLE):
        raise NotAuthorized("the redirect says one thing twice")
    return dict(pairs)


def _signed_pairs(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the pairs as they are signed: a repeated `ids[]` is one `ids` with a list of texts."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.endswith("[]"):
            lists.setdefault(name.removesuffix("[]"), []).append(f'"{value}"')
    plain = [(name, value) for name, value in pairs if not name.endswith("[]")]
    return [*plain, *((name, f"[{', '.join(values)}]") for name, values in lists.items())]


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("&", "%26")


def _escaped_name(name: str) -> str:
    return _escaped(name).replace("=", "%3D")


def _encoded(text: str) -> str:
    return quote(text, safe="*", errors="surrogateescape")


_SPELLINGS: Final = ((_escaped_name, _escaped), (_encoded, _encoded))
"""How names and values may be spelled in what is signed: barely escaped, or percent-encoded."""


def _is_signed(texts: Iterable[str], claimed: Sequence[str], secrets: Sequence[str]) -> bool:
    """Tell whether the one signature *claimed* fits any text and secret, in the same time for every answer."""
    given = "".join(claimed).encode("utf-8", "surrogateescape")
    fits = [hmac.compare_digest(_hex(text, secret), given) for text in texts for secret in secrets if secret]
    return len(claimed) == 1 and any(fits)


def _hex(text: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), text.encode("utf-8", "surrogateescape"), sha256).hexdigest().encode()


def _is_recent(timestamp: str, now: datetime) -> bool:
    return (
        timestamp.isascii()
        and timestamp.isdecimal()
        and (abs(now.timestamp() - int(timestamp)) <= OLDEST_REDIRECT_S)
    )
