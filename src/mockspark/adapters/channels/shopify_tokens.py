"""Access tokens: granted four ways, renewed early by one at a time, never shown."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from attrs import frozen

from mockspark.adapters.channels.shopify_values import moment
from mockspark.adapters.remote import Answer, Remote
from mockspark.application.errors import NotAuthorized, Unavailable
from mockspark.application.ports.channels import Credentials

EARLY: Final = timedelta(minutes=5)
_PATH: Final = "/admin/oauth/access_token"
_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN: Final = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a type's name
_OFFLINE: Final = "urn:shopify:params:oauth:token-type:offline-access-token"

_ADVICE: Final[Mapping[str, str]] = {
    "shop_not_permitted": "the app and the shop must belong to one organisation and the app must be installed",
    "application_cannot_be_found": "the client id is unknown",
    "invalid_client": "the client secret is wrong",
    "invalid_grant": "the refresh token is dead: open the app in the shop or install it again",
    "invalid_request": "the code was used before or is too old: start the installation again",
    "invalid_subject_token": "the session token is not valid any more: load the page again",
}

Secrets = Mapping[str, str]
"""An installation's credentials: client_id, client_secret, access_token, refresh_token, expires_at, old_secret."""


class _Granted(msgspec.Struct, kw_only=True):
    access_token: str
    scope: str = ""
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None


class _Refused(msgspec.Struct, kw_only=True):
    error: str = ""
    error_description: str = ""


@frozen(kw_only=True)
class Grants:
    """Asks the shop for tokens; each answer is a whole new set of credentials."""

    remote: Remote
    clock: Callable[[], datetime]
    headers: Mapping[str, str]

    async def by_code(self, secrets: Secrets, code: str) -> Secrets:
        """Swap the code of an installation's redirect."""
        return await self._ask(secrets, {"code": code, "expiring": "1"})

    async def by_session_token(self, secrets: Secrets, token: str) -> Secrets:
        """Exchange an embedded page's session token."""
        form = {
            "grant_type": _EXCHANGE,
            "subject_token": token,
            "subject_token_type": _ID_TOKEN,
            "requested_token_type": _OFFLINE,
            "expiring": "1",
        }
        return await self._ask(secrets, form)

    async def renewed(self, secrets: Secrets) -> Secrets:
        """Refresh an expiring token, or ask for another by the app's own credentials."""
        refresh = secrets.get("refresh_token")
        if refresh:
            return await self._ask(secrets, {"grant_type": "refresh_token", "refresh_token": refresh})
        return await self._ask(secrets, {"grant_type": "client_credentials"})

    async def _ask(self, secrets: Secrets, form: Mapping[str, str]) -> Secrets:
        app = {name: secrets.get(name, "") for name in ("client_id", "client_secret")}
        # A lost answer loses nothing: the former refresh token lives until the new pair is first used.
        answer = await self.remote.post(_PATH, form={**app, **form}, headers=self.headers, reading=True)
        if not answer.ok:
            raise _refusal(answer)
        return self._merged(secrets, answer.read(lambda raw: msgspec.convert(raw, _Granted)))

    def _merged(self, secrets: Secrets, granted: _Granted) -> Secrets:
        fresh = {
            "access_token": granted.access_token,
            "scope": granted.scope,
            "expires_at": self._after(granted.expires_in),
            "refresh_token": granted.refresh_token or "",
            "refresh_expires_at": self._after(granted.refresh_token_expires_in),
        }
        kept = {name: value for name, value in secrets.items() if name not in fresh}
        return kept | {name: value for name, value in fresh.items() if value}

    def _after(self, seconds: int | None) -> str:
        return "" if seconds is None else (self.clock() + timedelta(seconds=seconds)).isoformat()


def _refusal(answer: Answer) -> NotAuthorized:
    try:
        refused = msgspec.json.decode(answer.body, type=_Refused)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        refused = _Refused()
    words = _ADVICE.get(refused.error) or refused.error_description or f"answer {answer.status}"
    return NotAuthorized(f"the shop gave no access token: {words}", remote_code=refused.error)


@frozen(kw_only=True)
class Tokens:
    """The token to call with, renewed when it is about to end or was refused."""

    credentials: Credentials
    grants: Grants

    async def current(self) -> str:
        """Return a token that will live some minutes yet; raises NotAuthorized where none can be had."""
        known = await self.credentials.read()
        if self._lives(known):
            return known["access_token"]
        return await self._renewed(known)

    async def after_refusal(self, refused: str) -> str:
        """Return another token than *refused*: somebody else's newer one, or a fresh one."""
        known = await self.credentials.read()
        if known.get("access_token", "") != refused and self._lives(known):
            return known["access_token"]
        return await self._renewed(known)

    async def _renewed(self, known: Secrets) -> str:
        # Somebody may have connected the shop anew meanwhile: then what is current has no token yet.
        for _ in range(2):
            if not is_renewable(known):
                raise NotAuthorized("the shop's access token is refused or missing: connect the shop again")
            known = await self.credentials.renew(known, self.grants.renewed)
            if known.get("access_token"):
                return known["access_token"]
        raise Unavailable("the shop's credentials are changing; try again in a moment")

    def _lives(self, known: Secrets) -> bool:
        if not known.get("access_token"):
            return False
        ends = moment(known.get("expires_at"))
        return ends is None or ends - EARLY > self.grants.clock()


def is_renewable(known: Secrets) -> bool:
    """Tell whether another token can be had without a person: not for a fixed one that a merchant pasted."""
    fixed = bool(known.get("access_token")) and not known.get("expires_at")
    return bool(known.get("client_id") and known.get("client_secret")) and not fixed
