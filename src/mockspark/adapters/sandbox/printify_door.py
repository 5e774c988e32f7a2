"""The way in: who asks, may they, how often; then the call is carried out and its answer put into words."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from attrs import evolve, field, frozen

from mockspark.adapters.sandbox.printify_errors import Refused, misshapen, not_found, too_many
from mockspark.adapters.sandbox.printify_fetching import fetch_all
from mockspark.adapters.sandbox.printify_routes import Found, find_route
from mockspark.adapters.sandbox.printify_state import Account, Call, Token, World

_CORRELATION: Final = 16


@frozen(kw_only=True)
class Asked:
    """One request as it came; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@frozen(kw_only=True)
class Answered:
    """One answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]


async def answer(world: World, asked: Asked) -> Answered:
    """Answer a request as the real service would."""
    account: Account | None = None
    correlation = world.id("correlation")[:_CORRELATION]
    headers = {"Content-Type": "application/json", "x-pfy-correlation-id": correlation}
    try:
        account, token = _caller(world, asked)
        status, body = await _served(world, asked, account, token)
        headers |= _rate_headers(world, account)
    except Refused as refusal:
        status, body = refusal.status, refusal.body(f"{world.now().timestamp():.3f}@{correlation}")
        headers |= _patience(world, account, refusal)
    if account is not None:
        account.count(refused=status >= 400)
    return Answered(status=status, body=msgspec.json.encode(body), headers=headers)


def _caller(world: World, asked: Asked) -> tuple[Account, Token]:
    kind, _, value = asked.headers.get("authorization", "").partition(" ")
    for account in world.accounts.values():
        token = account.tokens.get(value.strip()) if kind.lower() == "bearer" else None
        if token is not None and (token.expires_at is None or world.now() < token.expires_at):
            return account, token
    raise Refused(401, "Unauthenticated")


async def _served(world: World, asked: Asked, account: Account, token: Token) -> tuple[int, Any]:
    if not asked.headers.get("user-agent", "").strip():
        raise Refused(world.settings.no_agent_status, "User-Agent header is required")
    found = find_route(asked.method, asked.path)
    _check_rate(world, account, found)
    if found is None:
        raise not_found()
    if found.route.scope not in token.scopes:
        raise Refused(403, "Forbidden")
    _check_shop(account, found)
    call = Call(world=world, account=account, path=found.path, query=asked.query, body=_json(asked.body))
    return await _carried_out(call, found)


def _check_rate(world: World, account: Account, found: Found | None) -> None:
    """Count the call, also one that is refused."""
    now, settings = world.now(), world.settings
    allowed = account.calls.take(now, settings.requests_per_minute)
    if found is not None and found.route.of_catalogue:
        allowed = account.catalogue_calls.take(now, settings.catalogue_per_minute) and allowed
    if not allowed:
        raise too_many()


def _check_shop(account: Account, found: Found) -> None:
    text = found.path.get("shop")
    if text is not None and not (text.isascii() and text.isdecimal() and int(text) in account.shops):
        raise not_found()


def _json(body: bytes) -> Any:
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as e:
        raise misshapen("The body is no valid JSON.") from e


async def _carried_out(call: Call, found: Found) -> tuple[int, Any]:
    wanted = found.route.files(call) if call.world.settings.fetch_files else ()
    if wanted:
        call = evolve(call, files=await fetch_all(wanted))
    told = found.route.answer(call)
    return told if isinstance(told, tuple) else (found.route.status, told)


def _rate_headers(world: World, account: Account) -> dict[str, str]:
    limit = world.settings.requests_per_minute
    left = max(0, limit - account.calls.count)
    return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)}


def _patience(world: World, account: Account | None, refusal: Refused) -> dict[str, str]:
    if refusal.status != 429 or account is None or not world.settings.retry_after:
        return {}
    return {"Retry-After": str(account.patience_s(world.now(), world.settings))}
