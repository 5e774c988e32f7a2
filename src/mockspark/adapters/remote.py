"""The way out: one exchange at a time with somebody else's HTTP API, every failure in our words.

| what happened                  | reading       | anything else              |
|--------------------------------|---------------|----------------------------|
| no connection made             | Unavailable   | Unavailable                |
| connection made, no answer     | Unavailable   | OutcomeUnknown             |
| 408, 429, 503                  | Unavailable   | Unavailable                |
| other 5xx, 3xx                 | Unavailable   | OutcomeUnknown             |
| 2xx that cannot be read        | Unavailable   | OutcomeUnknown             |
| 401, 403                       | NotAuthorized | NotAuthorized              |
| other 4xx                      | Answer        | Answer                     |
"""

import functools
import json as json_text
import logging
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, TypeVar

import anyio
import httpx
from attrs import field, frozen

from mockspark import __version__
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, PortError, Rejected, Unavailable
from mockspark.application.ports.jobs import Limited, Rate, RateLimiter
from mockspark.domain.errors import DomainError

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

CONNECT_S: Final = 5.0
TOTAL_S: Final = 20.0
PATIENCE_S: Final = 2.0
LARGEST_ANSWER: Final = 16 * 1024 * 1024
USER_AGENT: Final = f"MockSpark/{__version__}"

_BUSY: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)
_DENIED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NOTHING_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_RETRY_HEADERS: Final = ("retry-after", "x-ratelimit-retry-after-seconds")
_CORRELATION_HEADERS: Final = ("x-pfy-correlation-id", "x-request-id")
_LONGEST_PAUSE: Final = timedelta(days=1)
_DEFAULT_PAUSE: Final = timedelta(seconds=10)
_UNREADABLE: Final = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    DomainError,
)


def utc_now() -> datetime:
    """Return now, aware, in UTC."""
    return datetime.now(UTC)


@frozen(kw_only=True)
class Answer:
    """What the other side said: a success or a refusal; header names are in lower case."""

    title: str
    status: int
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    reading: bool = False

    @property
    def ok(self) -> bool:
        """Tell whether it is a success."""
        return HTTPStatus(200) <= self.status < HTTPStatus(300)

    def json(self) -> Any:
        """Return the body as JSON; a body that is none raises what `read` raises."""
        return self.read(lambda told: told)

    def read(self, reader: Callable[[Any], T]) -> T:
        """Return what *reader* makes of the JSON body.

        A body that *reader* cannot read raises by what the caller may do next: OutcomeUnknown after an
        accepted write, Unavailable after a read, Rejected when the call was refused anyway.
        """
        try:
            return reader(json_text.loads(self.body))
        except _UNREADABLE as problem:
            raise self._unreadable() from problem

    def _unreadable(self) -> PortError:
        words = f"{self.title} answered {self.status} in a form that cannot be read"
        if not self.ok:
            return Rejected(words)
        return Unavailable(words) if self.reading else OutcomeUnknown(words)


@frozen(kw_only=True)
class Remote:
    """One account at somebody else's API.

    *rates* are limits by path prefix, kept under *account*; the longest prefix and the empty one both hold.
    *denied* tells people what to do about refused credentials.
    """

    client: httpx.AsyncClient = field(repr=False)
    title: str
    base_url: str
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    account: str = ""
    rates: Mapping[str, Rate] = field(factory=dict)
    limiter: RateLimiter | None = field(default=None, repr=False)
    denied: str = ""
    timeout_s: float = TOTAL_S
    clock: Callable[[], datetime] = field(default=utc_now, repr=False)

    async def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Read *path*."""
        return await self._exchange("GET", path, params=params, headers=headers, reading=True)

    async def post(
        self,
        path: str,
        json: Any = None,
        *,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        reading: bool = False,
    ) -> Answer:
        """Write to *path*; *reading* marks a question that travels by POST, and what may be repeated without harm."""
        return await self._exchange(
            "POST", path, json=json, form=form, params=params, headers=headers, reading=reading
        )

    async def put(self, path: str, json: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Replace what lies at *path*."""
        return await self._exchange("PUT", path, json=json, headers=headers)

    async def delete(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Remove what lies at *path*."""
        return await self._exchange("DELETE", path, params=params, headers=headers)

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        reading: bool = False,
    ) -> Answer:
        told = self._sendable({**self.headers, **(headers or {})})
        try:
            url = self.base_url.rstrip("/") + path
            request = self.client.build_request(
                method, url, params=params, json=json, data=form, headers=told
            )
        except (httpx.InvalidURL, ValueError) as problem:
            # A broken address, or text that no encoding can carry, such as half a surrogate pair in a name.
            raise Rejected(f"what {self.title} should be told cannot be written down") from problem
        await self._wait_for_room(path)
        answer = await self._send(request, reading=reading)
        return await self._judged(answer, method, path)

    def _sendable(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Refuse what no header can carry here, because errors from below would quote the secret."""
        for value in headers.values():
            if not (value.isascii() and value.isprintable()):
                raise NotAuthorized(f"the credentials for {self.title} hold characters that cannot be sent")
        return dict(headers)

    async def _wait_for_room(self, path: str) -> None:
        if self.limiter is None:
            return
        try:
            waits = [
                await self.limiter.reserve(self._key(prefix), self.rates[prefix], max_wait=PATIENCE_S)
                for prefix in self._prefixes(path)
            ]
        except Limited as full:
            words = f"the limit of calls to {self.title} is used up"
            raise Unavailable(words, retry_after=full.retry_after) from full
        await anyio.sleep(max(waits, default=0.0))

    def _prefixes(self, path: str) -> list[str]:
        """Return the limits that *path* falls under, the narrowest first."""
        matching = sorted((prefix for prefix in self.rates if path.startswith(prefix)), key=len, reverse=True)
        return [prefix for prefix in matching if prefix in {matching[0], ""}]

    def _key(self, prefix: str) -> str:
        return f"{self.account or self.base_url}{prefix}"

    async def _send(self, request: httpx.Request, *, reading: bool) -> Answer:
        try:
            with anyio.fail_after(self.timeout_s):
                response = await self.client.send(request, stream=True)
                try:
                    body = await _bounded(response)
                finally:
                    await response.aclose()
        except _NOTHING_SENT as problem:
            raise Unavailable(f"{self.title} could not be reached") from problem
        except (httpx.HTTPError, TimeoutError, _TooLong) as problem:
            raise self._silent(reading=reading) from problem
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(
            title=self.title, status=response.status_code, headers=headers, body=body, reading=reading
        )

    def _silent(self, *, reading: bool) -> PortError:
        words = f"{self.title} was reached but gave no usable answer"
        return Unavailable(words) if reading else OutcomeUnknown(words)

    async def _judged(self, answer: Answer, method: str, path: str) -> Answer:
        if answer.ok:
            return answer
        _log(answer, method, path)
        if answer.status in _BUSY:
            raise await self._busy(answer, path)
        if answer.status in _DENIED:
            advice = f": {self.denied}" if self.denied else ""
            raise NotAuthorized(
                f"{self.title} refuses our credentials{advice}", remote_code=str(answer.status)
            )
        if HTTPStatus(400) <= answer.status < HTTPStatus(500):
            return answer
        words = f"{self.title} answered {answer.status}"
        raise Unavailable(words) if answer.reading else OutcomeUnknown(words)

    async def _busy(self, answer: Answer, path: str) -> Unavailable:
        pause = asked_pause(answer.headers, self.clock())
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            pause = pause or _DEFAULT_PAUSE
            await self._pause(path, pause)
        return Unavailable(f"{self.title} is busy (answer {answer.status})", retry_after=pause)

    async def _pause(self, path: str, pause: timedelta) -> None:
        if self.limiter is not None and (prefixes := self._prefixes(path)):
            await self.limiter.pause(self._key(prefixes[0]), self.clock() + pause)


@frozen
class Pool:
    """Connections to the outside, shared by all accounts; keeps no cookies and asks no proxy.

    *transport* replaces the network, as the conformance kit does.
    """

    client: httpx.AsyncClient

    @classmethod
    def open(cls, transport: httpx.AsyncBaseTransport | None = None) -> "Pool":
        """Make a pool; nothing connects before the first call."""
        client = httpx.AsyncClient(
            transport=transport,
            verify=_tls(),
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": USER_AGENT},
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(TOTAL_S, connect=CONNECT_S, pool=CONNECT_S),
        )
        return cls(client)

    def remote(
        self,
        *,
        title: str,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        account: str = "",
        rates: Mapping[str, Rate] | None = None,
        limiter: RateLimiter | None = None,
        denied: str = "",
        timeout_s: float = TOTAL_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> Remote:
        """Return the way to one account at *base_url*."""
        return Remote(
            client=self.client,
            title=title,
            base_url=base_url,
            headers=headers or {},
            account=account,
            rates=rates or {},
            limiter=limiter,
            denied=denied,
            timeout_s=timeout_s,
            clock=clock,
        )

    async def aclose(self) -> None:
        """Let go of every connection; closing twice is harmless."""
        await self.client.aclose()


@asynccontextmanager
async def open_remote(
    base_url: str,
    *,
    title: str = "",
    headers: Mapping[str, str] | None = None,
    timeout_s: float = TOTAL_S,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncGenerator[Remote]:
    """Yield a way out of its own, for one errand."""
    pool = Pool.open(transport)
    try:
        yield pool.remote(title=title or base_url, base_url=base_url, headers=headers, timeout_s=timeout_s)
    finally:
        await pool.aclose()


def asked_pause(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the other side asks us to wait: seconds or an HTTP date, at most a day."""
    value = next((headers[name] for name in _RETRY_HEADERS if name in headers), "").strip()
    try:
        pause = timedelta(seconds=float(value)) if _is_number(value) else parsedate_to_datetime(value) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(pause, timedelta(0)), _LONGEST_PAUSE)


class _TooLong(Exception):
    """An answer beyond every reason."""


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise _TooLong
    return bytes(body)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _log(answer: Answer, method: str, path: str) -> None:
    correlation = next((answer.headers[name] for name in _CORRELATION_HEADERS if name in answer.headers), "")
    facts = {"method": method, "path": path, "status": answer.status, "correlation": correlation}
    _LOG.info("%s answered %s", answer.title, answer.status, extra=facts)


@functools.cache
def _tls() -> ssl.SSLContext:
    """Read the certificates once: it takes longer than everything else here."""
    return httpx.create_ssl_context(trust_env=False)
