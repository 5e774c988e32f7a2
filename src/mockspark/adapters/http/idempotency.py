"""POST twice, done once: the answer to a request with an `Idempotency-Key` is kept and given again.

The key belongs to one shop and one route, and to one body: another body under it is an error. What was refused
or failed is not kept, so that the same key may be used once the cause is mended.
"""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any, Final

from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPRequestEvent, Message, Receive, Scope, Send

from mockspark.adapters.http.security import NEEDS, PUBLIC, caller
from mockspark.application.errors import Unavailable
from mockspark.application.ports.storage import Store, StoredReply
from mockspark.application.ports.system import Clock
from mockspark.domain.errors import InvalidValue
from mockspark.domain.identity import ShopId

HEADER: Final = "idempotency-key"
SHOWN_ONCE: Final = "shown_once"
"""Opt of routes whose answer must not be kept, because it tells a secret."""
_LOG: Final = logging.getLogger(__name__)
_LONGEST: Final = 255
_OK: Final = range(200, 300)
_READING: Final = "items:read"


class Idempotency(ASGIMiddleware):
    """Keeps the answers of acting POSTs by key."""

    scopes = (ScopeType.HTTP,)
    exclude_opt_key = PUBLIC

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Give the kept answer, or keep the one that comes."""
        request: Request[Any, Any, Any] = Request(scope, receive)
        key = request.headers.get(HEADER, "")
        if not key or not _acts(request):
            await next_app(scope, receive, send)
            return
        _check(key, scope["route_handler"].opt)
        body = await request.body()
        await self._once(_Call(request, key, body), scope, send, next_app)

    async def _once(self, call: "_Call", scope: Scope, send: Send, next_app: ASGIApp) -> None:
        async with self._store.begin(call.shop) as work:
            known = await work.replies.reserve(
                call.key, route=call.route, fingerprint=call.fingerprint, now=self._clock()
            )
        if known is not None:
            await _answer(known, send)
            return
        heard = _Heard()
        try:
            await next_app(scope, call.receive, heard)
        except BaseException:
            await self._forget(call)
            raise
        await self._keep(call, heard)
        await heard.pass_on(send)

    async def _keep(self, call: "_Call", heard: "_Heard") -> None:
        # Kept before the caller hears it: whoever repeats at once finds the answer.
        try:
            await self._settle(call, heard)
        except Unavailable:
            # It is done, so the caller must hear so; a repetition is refused until the reservation is old.
            _LOG.exception("the answer to an idempotent request was not kept", extra={"route": call.route})

    async def _settle(self, call: "_Call", heard: "_Heard") -> None:
        if heard.status not in _OK:
            await self._forget(call)
            return
        async with self._store.begin(call.shop) as work:
            await work.replies.keep(call.key, route=call.route, status=heard.status, body=heard.body)

    async def _forget(self, call: "_Call") -> None:
        async with self._store.begin(call.shop) as work:
            await work.replies.forget(call.key, route=call.route)


class _Call:
    """One request, its body read and ready to be read again."""

    def __init__(self, request: "Request[Any, Any, Any]", key: str, body: bytes) -> None:
        self.key = key
        self.route = f"{request.method} {request.url.path}"
        self.shop: ShopId = caller(request).shop
        self.fingerprint = hashlib.sha256(request.url.query.encode() + b"\n" + body).hexdigest()
        self._body = body

    async def receive(self) -> HTTPRequestEvent:
        """Give the whole body at once."""
        body, self._body = self._body, b""
        return {"type": "http.request", "body": body, "more_body": False}


class _Heard:
    """Takes an answer down, to be passed on once it is kept."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        """Take *message* down."""
        self._messages.append(message)

    async def pass_on(self, send: Send) -> None:
        """Give the answer to whoever asked."""
        for message in self._messages:
            await send(message)

    @property
    def status(self) -> int:
        """Return the answer's status, 0 where none came."""
        started = (message for message in self._messages if message["type"] == "http.response.start")
        return next((message["status"] for message in started), 0)

    @property
    def body(self) -> bytes:
        """Return the answer's body."""
        parts = (message for message in self._messages if message["type"] == "http.response.body")
        return b"".join(message["body"] for message in parts)


async def _answer(known: StoredReply, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"idempotent-replayed", b"true")]
    await send({"type": "http.response.start", "status": known.status, "headers": headers})
    await send({"type": "http.response.body", "body": known.body, "more_body": False})


def _acts(request: "Request[Any, Any, Any]") -> bool:
    # Whoever lacks the right is refused by the route and is told no answer that was kept for others.
    needed = request.scope["route_handler"].opt.get(NEEDS, _READING)
    return request.method == "POST" and needed != _READING and needed in caller(request).scopes


def _check(key: str, opt: Mapping[str, Any]) -> None:
    if opt.get(SHOWN_ONCE):
        raise InvalidValue("this answer is shown once and never kept: call without an Idempotency-Key")
    if len(key) > _LONGEST or not key.isascii() or not key.isprintable():
        raise InvalidValue(f"Idempotency-Key has at most {_LONGEST} printable ASCII characters")
