"""The Admin API: one document at a time, within its cost bucket, every outcome in our words."""

import logging
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import anyio
import msgspec
from attrs import frozen

from mockspark.adapters.channels.shopify_budget import Budget, Cost, throttled_for
from mockspark.adapters.channels.shopify_documents import API_VERSION, Document
from mockspark.adapters.channels.shopify_tokens import Tokens
from mockspark.adapters.remote import Answer, Remote
from mockspark.application.errors import (
    NotAuthorized,
    OutcomeUnknown,
    PortError,
    Rejected,
    Unavailable,
)

_LOG = logging.getLogger(__name__)

PATH: Final = f"/admin/api/{API_VERSION}/graphql.json"
PATIENCE_S: Final = 30.0
_PAUSE: Final = timedelta(hours=1)

# The shop is asleep, not gone: it is worth asking again later.
_ASLEEP: Final[Mapping[int, str]] = {
    402: "the shop is frozen because its bill is unpaid",
    423: "the shop is locked",
}
_REFUSED: Final[Mapping[int, str]] = {
    404: "Shopify knows no such shop, or not this version of its API",
}
ACCESS_DENIED: Final = "ACCESS_DENIED"
_SCOPE_HINT: Final = "the app lacks a scope, or the approval for protected customer data"


class ErrorExtensions(msgspec.Struct, kw_only=True):
    """What a machine may know of an error."""

    code: str = ""


class AdminError(msgspec.Struct, kw_only=True):
    """One entry of `errors`."""

    message: str = ""
    extensions: ErrorExtensions | None = None
    path: list[str | int] | None = None

    @property
    def code(self) -> str:
        """Return the error's code; some have none."""
        return self.extensions.code if self.extensions else ""


class UserError(msgspec.Struct, kw_only=True):
    """What a mutation refuses; *code* is known to some mutations only."""

    message: str = ""
    code: str | None = None


class _Search(msgspec.Struct, kw_only=True):
    warnings: list[dict[str, Any]] | None = None


class _Extensions(msgspec.Struct, kw_only=True):
    cost: Cost | None = None
    search: list[_Search] | None = None


class Envelope(msgspec.Struct, kw_only=True):
    """A whole answer."""

    data: dict[str, Any] | None = None
    errors: list[AdminError] | dict[str, Any] | str | None = None
    extensions: _Extensions | None = None

    def told(self) -> Sequence[AdminError]:
        """Return the errors; old-fashioned bodies carry a text or an object."""
        if isinstance(self.errors, list):
            return self.errors
        return [AdminError(message=str(self.errors))] if self.errors else []


@frozen(kw_only=True)
class Change:
    """What a mutation answered."""

    payload: Mapping[str, Any]

    @property
    def refused(self) -> Sequence[UserError]:
        """Return what the store refused; nothing means done."""
        return msgspec.convert(self.payload.get("userErrors") or [], list[UserError])

    def ensure_done(self) -> Mapping[str, Any]:
        """Return the payload; raises Rejected with the store's words."""
        if not self.refused:
            return self.payload
        words = "; ".join(error.message for error in self.refused)
        raise Rejected(f"the store refuses: {words}", remote_code=self.refused[0].code or "")


@frozen(kw_only=True)
class Admin:
    """One shop's Admin API for one app."""

    remote: Remote
    tokens: Tokens
    budget: Budget
    clock: Callable[[], datetime]
    headers: Mapping[str, str]
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    patience_s: float = PATIENCE_S

    async def ask(self, document: Document, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a query's data, without the parts that the app may not see.

        Raises Unavailable, NotAuthorized or Rejected; a query changes nothing, so never OutcomeUnknown.
        """
        told = await self._call(document, variables)
        data = told.data or {}
        denied = [error for error in told.told() if error.code == ACCESS_DENIED]
        grave = [error for error in told.told() if error.code != ACCESS_DENIED]
        if grave or (denied and all(part is None for part in data.values())):
            raise _wrong((grave or denied)[0], document)
        self._note_denied(denied)
        _ensure_searched(told)
        return data

    async def change(self, document: Document, variables: Mapping[str, Any]) -> Change:
        """Carry out a mutation: one whose payload is filled was carried out, whatever `errors` say beside it.

        Raises OutcomeUnknown where it may have happened.
        """
        told = await self._call(document, variables)
        payload = next(iter((told.data or {}).values()), None)
        if isinstance(payload, dict):
            self._note_denied(told.told())
            return Change(payload=payload)
        if told.told():
            raise _wrong(told.told()[0], document)
        raise OutcomeUnknown("the store answered a change with nothing")

    async def _call(self, document: Document, variables: Mapping[str, Any]) -> Envelope:
        waited = await self._patient(self.budget.wait(document.name, self._now()), 0.0)
        while True:
            self.budget.spend(document.name, self._now())
            told = await self._exchange(document, variables)
            cost = told.extensions.cost if told.extensions else None
            if cost is not None:
                self.budget.told(document.name, cost, self._now())
            if not any(error.code == "THROTTLED" for error in told.told()):
                return told
            waited = await self._patient(throttled_for(cost) * (1 + random.random() / 10), waited)

    async def _patient(self, seconds: float, waited: float) -> float:
        """Wait *seconds* unless that exceeds all patience; return how long we have waited in all."""
        if waited + seconds > self.patience_s:
            raise Unavailable("the shop's call limit is used up", retry_after=timedelta(seconds=seconds))
        if seconds > 0:
            await self.sleep(seconds)
        return waited + seconds

    async def _exchange(self, document: Document, variables: Mapping[str, Any]) -> Envelope:
        token = await self.tokens.current()
        try:
            return await self._post(document, variables, token)
        except NotAuthorized as refused:
            if refused.remote_code != "401":
                raise
        return await self._post(document, variables, await self.tokens.after_refusal(token))

    async def _post(self, document: Document, variables: Mapping[str, Any], token: str) -> Envelope:
        answer = await self.remote.post(
            PATH,
            {"query": document.text, "variables": dict(variables), "operationName": document.name},
            headers={**self.headers, "X-Shopify-Access-Token": token},
            reading=not document.writes,
        )
        self._note_version(answer)
        if not answer.ok:
            raise _refusal(answer)
        return answer.read(lambda raw: msgspec.convert(raw, Envelope))

    def _note_version(self, answer: Answer) -> None:
        version = answer.headers.get("x-shopify-api-version", API_VERSION)
        if version != API_VERSION and self.budget.note(version):
            _LOG.warning("the shop answers in another API version", extra={"version": version})

    def _note_denied(self, errors: Sequence[AdminError]) -> None:
        for error in errors:
            place = ".".join(part for part in error.path or () if isinstance(part, str))
            if self.budget.note(place):
                _LOG.warning("the shop left something out", extra={"place": place, "code": error.code})

    def _now(self) -> float:
        return self.clock().timestamp()


def _refusal(answer: Answer) -> PortError:
    if answer.status in _ASLEEP:
        return Unavailable(_ASLEEP[answer.status], retry_after=_PAUSE)
    words = _REFUSED.get(answer.status, "Shopify refuses the call")
    return Rejected(f"{words} (answer {answer.status})", remote_code=str(answer.status))


def _wrong(error: AdminError, document: Document) -> PortError:
    """Say by an error's code what may be done next."""
    words = f"the store answered: {error.message}"
    match error.code:
        case "ACCESS_DENIED":
            return NotAuthorized(f"{words} ({_SCOPE_HINT})", remote_code=error.code)
        case "SHOP_INACTIVE":
            return Unavailable(words, retry_after=_PAUSE)
        case "INTERNAL_SERVER_ERROR" | "TIMEOUT":
            return OutcomeUnknown(words) if document.writes else Unavailable(words)
        case _:
            return Rejected(words, remote_code=error.code)


def _ensure_searched(told: Envelope) -> None:
    """Refuse an answer to a search that the store understood in part: it drops what it does not know."""
    searches = (told.extensions.search if told.extensions else None) or ()
    warnings = [warning for search in searches for warning in search.warnings or ()]
    if warnings:
        raise Rejected(f"the store did not understand the search: {warnings[0].get('message', '')}")
