"""Tokens: granted four ways, refreshed in pairs, dead after an uninstall."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import jwt
from attrs import frozen

from mockspark.adapters.sandbox.shopify_store import AccessToken, AppClient, RefreshToken, Store

CLIENT_CREDENTIALS: Final = timedelta(seconds=86_399)
EXPIRING: Final = timedelta(hours=1)
REFRESHABLE: Final = timedelta(days=90)
SESSION_LIFE: Final = timedelta(minutes=1)
LEEWAY: Final = 10
_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a type's name
_OFFLINE: Final = "urn:shopify:params:oauth:token-type:offline-access-token"

Word = Callable[[str], str]
"""Makes a token's text after a prefix."""


@frozen(kw_only=True)
class OAuthError(Exception):
    """A refusal with its HTTP status and body."""

    status: int
    error: str
    description: str = ""

    def body(self) -> dict[str, str]:
        """Return the JSON body."""
        return {"error": self.error} | ({"error_description": self.description} if self.description else {})


def grant(store: Store, raw: Mapping[str, str], *, now: datetime, word: Word) -> dict[str, Any]:
    """Answer a request for a token; raises OAuthError."""
    app = _client(store, raw)
    kind = raw.get("grant_type") or ("authorization_code" if raw.get("code") else "")
    answer = _GRANTS.get(kind)
    if answer is None:
        raise OAuthError(status=400, error="unsupported_grant_type")
    return answer(store, app, raw, now, word)


def _client(store: Store, raw: Mapping[str, str]) -> AppClient:
    app = store.apps.get(raw.get("client_id", ""))
    if app is None:
        raise OAuthError(status=400, error="application_cannot_be_found")
    if not app.knows(raw.get("client_secret", "")):
        raise OAuthError(status=400, error="invalid_client", description="The client secret is wrong.")
    return app


def _by_credentials(
    store: Store, app: AppClient, _: Mapping[str, str], now: datetime, word: Word
) -> dict[str, Any]:
    if app.client_id not in store.installed:
        raise OAuthError(status=400, error="shop_not_permitted", description="The app is not installed here.")
    token = _issue(store, app, store.scopes, now + CLIENT_CREDENTIALS, word)
    return _plain(token) | {"expires_in": int(CLIENT_CREDENTIALS.total_seconds())}


def _by_code(
    store: Store, app: AppClient, raw: Mapping[str, str], now: datetime, word: Word
) -> dict[str, Any]:
    known = store.codes.pop(raw.get("code", ""), None)
    if known is None or known[0] != app.client_id:
        raise OAuthError(
            status=400,
            error="invalid_request",
            description="The authorization code was not found or was already used",
        )
    store.installed.add(app.client_id)
    store.scopes = known[1]
    return _offline(store, app, now, word, expiring=raw.get("expiring") == "1")


def _by_exchange(
    store: Store, app: AppClient, raw: Mapping[str, str], now: datetime, word: Word
) -> dict[str, Any]:
    kind = raw.get("subject_token_type")
    if kind == _OFFLINE:
        old = store.tokens.get(raw.get("subject_token", ""))
        if old is None or old.client_id != app.client_id or old.expires_at is not None:
            raise OAuthError(status=400, error="invalid_subject_token")
        del store.tokens[old.value]
    elif kind != _ID_TOKEN or not session_is_valid(store, app, raw.get("subject_token", ""), now):
        raise OAuthError(status=400, error="invalid_subject_token")
    store.installed.add(app.client_id)
    if raw.get("requested_token_type", _OFFLINE) != _OFFLINE:
        token = _issue(store, app, store.scopes, now + CLIENT_CREDENTIALS, word)
        return _plain(token) | {"expires_in": int(CLIENT_CREDENTIALS.total_seconds())}
    _kill_refreshers(store, app)
    return _offline(store, app, now, word, expiring=raw.get("expiring") == "1")


def _by_refresh(
    store: Store, app: AppClient, raw: Mapping[str, str], now: datetime, word: Word
) -> dict[str, Any]:
    known = store.refresh_tokens.get(raw.get("refresh_token", ""))
    if known is None or known.client_id != app.client_id or known.dead or known.expires_at <= now:
        raise OAuthError(
            status=400, error="invalid_grant", description="This request requires an active refresh_token"
        )
    return _offline(store, app, now, word, expiring=True, former=known)


_GRANTS: Final[
    Mapping[str, Callable[[Store, AppClient, Mapping[str, str], datetime, Word], dict[str, Any]]]
] = {
    "client_credentials": _by_credentials,
    "authorization_code": _by_code,
    "refresh_token": _by_refresh,
    _EXCHANGE: _by_exchange,
}


def _offline(
    store: Store,
    app: AppClient,
    now: datetime,
    word: Word,
    *,
    expiring: bool,
    former: RefreshToken | None = None,
) -> dict[str, Any]:
    if not expiring:
        return _plain(_issue(store, app, store.scopes, None, word))
    token = _issue(store, app, store.scopes, now + EXPIRING, word)
    expires = former.expires_at if former else now + REFRESHABLE
    refresh = RefreshToken(
        value=word("shprt_"),
        client_id=app.client_id,
        scopes=store.scopes,
        expires_at=max(expires, now + REFRESHABLE),
    )
    store.refresh_tokens[refresh.value] = refresh
    token.refresh = former.value if former else None
    return _plain(token) | {
        "expires_in": int(EXPIRING.total_seconds()),
        "refresh_token": refresh.value,
        "refresh_token_expires_in": int((refresh.expires_at - now).total_seconds()),
    }


def _issue(
    store: Store, app: AppClient, scopes: frozenset[str], expires: datetime | None, word: Word
) -> AccessToken:
    token = AccessToken(value=word("shpat_"), client_id=app.client_id, scopes=scopes, expires_at=expires)
    store.tokens[token.value] = token
    return token


def _plain(token: AccessToken) -> dict[str, Any]:
    return {"access_token": token.value, "scope": ",".join(sorted(_granted(token.scopes)))}


def _granted(scopes: frozenset[str]) -> frozenset[str]:
    """Leave out the reading scopes that a writing one implies, as the real answer does."""
    return frozenset(
        s for s in scopes if s.replace("read_", "write_", 1) not in scopes or s.startswith("write_")
    )


def _kill_refreshers(store: Store, app: AppClient) -> None:
    for refresh in store.refresh_tokens.values():
        if refresh.client_id == app.client_id:
            refresh.dead = True


def present(store: Store, value: str, now: datetime) -> AccessToken | None:
    """Return a token that lives; its first use ends the refresh token that it was bought with."""
    token = store.tokens.get(value)
    if token is None or token.client_id not in store.installed:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    spent = store.refresh_tokens.get(token.refresh or "")
    if spent is not None:
        spent.dead = True
    return token


def uninstall(store: Store, app: AppClient) -> None:
    """Kill every token of the app in the shop."""
    store.installed.discard(app.client_id)
    store.tokens = {v: t for v, t in store.tokens.items() if t.client_id != app.client_id}
    store.refresh_tokens = {v: t for v, t in store.refresh_tokens.items() if t.client_id != app.client_id}


# -- session tokens and signed queries ---------------------------------------------------------------------


def mint_session(
    store: Store, app: AppClient, *, now: datetime, user: int = 1, session: str = "session"
) -> str:
    """Return a session token as App Bridge would hand it to an embedded page."""
    at = int(now.timestamp())
    claims = {
        "iss": f"https://{store.domain}/admin",
        "dest": f"https://{store.domain}",
        "aud": app.client_id,
        "sub": str(user),
        "exp": at + int(SESSION_LIFE.total_seconds()),
        "nbf": at,
        "iat": at,
        "jti": f"{session}-{at}",
        "sid": session,
    }
    return jwt.encode(claims, app.secrets[-1], algorithm="HS256")


def session_is_valid(store: Store, app: AppClient, token: str, now: datetime) -> bool:
    """Tell whether *token* is a live session token of the app in the shop."""
    for secret in app.secrets:
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=["HS256"],
                audience=app.client_id,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            continue
        at = now.timestamp()
        alive = claims.get("nbf", 0) - LEEWAY <= at <= claims.get("exp", 0) + LEEWAY
        return bool(alive and claims.get("dest") == f"https://{store.domain}")
    return False


def signed_query(secret: str, values: Mapping[str, str]) -> str:
    """Return a query string with its `hmac`, as Shopify appends it to a redirect."""
    text = "&".join(f"{name}={value}" for name, value in sorted(values.items()))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return urlencode({**values, "hmac": digest})


def host_parameter(store: Store) -> str:
    """Return the `host` of a redirect: base64 without padding."""
    place = f"admin.shopify.com/store/{store.domain.partition('.')[0]}"
    return base64.b64encode(place.encode()).decode().rstrip("=")


def sign(secret: str, body: bytes) -> str:
    """Return a webhook's signature: base64 of the HMAC over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
