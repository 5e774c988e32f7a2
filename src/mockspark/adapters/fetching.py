"""ImageSource for addresses that strangers wrote: nothing behind our own walls can be reached through it."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Final, Self
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import h11
from attrs import frozen

from mockspark.application.errors import Rejected, Unavailable
from mockspark.domain.holds import HoldReason

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
_LATER: Final = frozenset((408, 425, 429))
_REDIRECTS: Final = frozenset((301, 302, 303, 307, 308))
_PIECE: Final = 65_536
_MAX_HEADERS: Final = 32_768
_CONNECT_SECONDS: Final = 5.0
_SNIFFED: Final = 12
_MAX_URL: Final = 4_000

_UNICAST: Final = ipaddress.ip_network("2000::/3")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_SIX_TO_FOUR: Final = ipaddress.ip_network("2002::/16")
# Not every Python knows all of these as special.
_SPECIAL: Final = tuple(
    ipaddress.ip_network(block)
    for block in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20")
)


@frozen(kw_only=True)
class Target:
    """An address taken apart: where to connect, and what to ask for there."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Take *url* apart; raises Rejected when it is no plain http(s) address."""
        parts = _split(url)
        host, port = _host(parts), _port(parts)
        if parts.scheme not in _PORTS or not host or parts.username is not None or parts.password is not None:
            raise _refusal("The picture's address is no plain web address.")
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
        query = quote(parts.query, safe="/%:@!$&'()*+,;=~?")
        return cls(
            url=url, scheme=parts.scheme, host=host, port=port, path=f"{path}?{query}" if query else path
        )

    @property
    def authority(self) -> str:
        """Return host and port as the Host header wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@frozen(kw_only=True)
class Answer:
    """The head of an answer, and its body as it comes in."""

    status: int
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]


async def looked_up(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of *host* by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


@frozen(kw_only=True)
class GuardedFetcher:
    """Fetches pictures from public web addresses only, within a time and a size.

    A name is looked up once, every answer must be a public address, and the connection goes to that very
    address. Each redirect is judged anew. *allow_private* lists `host:port` of our own stand-ins, which are
    trusted whatever they are; nothing else private is reachable.
    """

    allow_http: bool = False
    allow_private: frozenset[str] = frozenset()
    max_bytes: int = 50_000_000
    max_redirects: int = 3
    deadline: timedelta = timedelta(seconds=20)
    resolve: Resolve = looked_up
    tls: ssl.SSLContext | None = None

    async def fetch(self, url: str) -> bytes:
        """Return the bytes at *url*; raises Rejected for addresses and answers that are refused for good,
        Unavailable for what may work later.
        """
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                return await self._follow(url)
        except TimeoutError as late:
            raise Unavailable("The picture's server is too slow.") from late
        except ssl.SSLCertVerificationError as doubt:
            raise _refusal("The picture's server has no valid certificate.") from doubt
        except (OSError, h11.RemoteProtocolError, EOFError) as problem:
            raise Unavailable("The picture's server cannot be reached, or broke off.") from problem

    async def _follow(self, url: str) -> bytes:
        for _ in range(self.max_redirects + 1):
            target = Target.of(url)
            async with self._asked(target) as answer:
                if answer.status not in _REDIRECTS:
                    return await self._picture(answer)
                url = _next(target, answer)
        raise _refusal("The picture's address leads on and on.")

    @asynccontextmanager
    async def _asked(self, target: Target) -> AsyncIterator[Answer]:
        reader, writer = await self._connected(target)
        try:
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEADERS)
            writer.write(_request(connection, target))
            await writer.drain()
            async with aclosing(_events(connection, reader)) as events:
                head = await _head(events)
                yield Answer(status=head.status_code, headers=_headers(head), body=_body(events))
        finally:
            # The other side may not answer a polite goodbye.
            writer.transport.abort()

    async def _connected(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        failure: OSError = OSError("no address")
        tls = (self.tls or _system_trust()) if target.scheme == "https" else None
        name = target.host if tls else None
        for address in await self._addresses(target):
            try:
                opening = asyncio.open_connection(address, target.port, ssl=tls, server_hostname=name)
                return await asyncio.wait_for(opening, _CONNECT_SECONDS)
            except ssl.SSLCertVerificationError:
                raise
            except OSError as problem:
                failure = problem
        raise failure

    async def _addresses(self, target: Target) -> tuple[str, ...]:
        trusted = f"{target.host}:{target.port}" in self.allow_private
        if not trusted:
            self._check_way(target)
        try:
            addresses = await self.resolve(target.host, target.port)
        except socket.gaierror as problem:
            if problem.errno == socket.EAI_AGAIN:
                raise
            raise _refusal("The picture's address has a name that nobody knows.") from problem
        except UnicodeError as problem:
            raise _refusal("The picture's address has no possible name.") from problem
        if not trusted and not (addresses and all(is_public(address) for address in addresses)):
            raise _refusal("The picture's address is not public.")
        return addresses

    def _check_way(self, target: Target) -> None:
        if target.scheme == "http" and not self.allow_http:
            raise _refusal("The picture's address must begin with https://.")
        if target.port not in _PORTS.values():
            raise _refusal("The picture's address names an unusual port.")

    async def _picture(self, answer: Answer) -> bytes:
        _check_status(answer)
        if answer.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise _refusal("The picture is sent compressed, which was not asked for.")
        if int(answer.headers.get("content-length", "0")) > self.max_bytes:
            raise self._too_large()
        content = bytearray()
        async for piece in answer.body:
            content += piece
            if len(content) > self.max_bytes:
                raise self._too_large()
            if len(content) >= _SNIFFED and not _is_picture(content):
                break
        if not _is_picture(content):
            raise _refusal("There is no JPEG, PNG or WebP picture at that address.")
        return bytes(content)

    def _too_large(self) -> Rejected:
        return _refusal(f"The picture is larger than {self.max_bytes // 1_000_000} MB.")


def is_public(address: str) -> bool:
    """Tell whether *address* is one of the public internet, also when it is wrapped in another kind."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = _unwrapped(ip)
    if isinstance(plain, ipaddress.IPv6Address) and plain not in _UNICAST:
        return False
    special = any(plain in block for block in _SPECIAL if block.version == plain.version)
    return plain.is_global and not plain.is_multicast and not plain.is_reserved and not special


def _unwrapped(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.scope_id:
        return ipaddress.IPv6Address(0)
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _SIX_TO_FOUR:
        return ip.sixtofour or ip
    return ip.ipv4_mapped or ip


def _split(url: str) -> SplitResult:
    if len(url) > _MAX_URL or any(character <= " " or character in "\\\x7f" for character in url):
        raise _refusal("The picture's address is no web address.")
    try:
        return urlsplit(url)
    except ValueError as problem:
        raise _refusal("The picture's address is no web address.") from problem


def _host(parts: SplitResult) -> str:
    try:
        host = parts.hostname or ""
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as problem:
        raise _refusal("The picture's address has no possible name.") from problem


def _port(parts: SplitResult) -> int:
    try:
        return parts.port if parts.port is not None else _PORTS.get(parts.scheme, 0)
    except ValueError as problem:
        raise _refusal("The picture's address names no possible port.") from problem


def _request(connection: h11.Connection, target: Target) -> bytes:
    headers = [
        ("Host", target.authority),
        ("User-Agent", "MockSpark"),
        ("Accept", "image/jpeg, image/png, image/webp"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    try:
        request = h11.Request(method="GET", target=target.path, headers=headers)
        head = connection.send(request) or b""
    except (h11.LocalProtocolError, UnicodeError) as problem:
        raise _refusal("The picture's address cannot be asked for.") from problem
    return head + (connection.send(h11.EndOfMessage()) or b"")


async def _events(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> AsyncGenerator[h11.Event, None]:
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Event):
            yield event
        else:
            raise EOFError("the answer is over")


async def _head(events: AsyncIterator[h11.Event]) -> h11.Response:
    async for event in events:
        if isinstance(event, h11.Response):
            return event
        if not isinstance(event, h11.InformationalResponse):
            break
    raise EOFError("no answer")


async def _body(events: AsyncIterator[h11.Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if isinstance(event, h11.EndOfMessage):
            return
        if isinstance(event, h11.Data):
            yield bytes(event.data)
    raise EOFError("the answer broke off")


def _headers(head: h11.Response) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}


def _next(target: Target, answer: Answer) -> str:
    location = answer.headers.get("location", "")
    if not location:
        raise _refusal("The picture's address leads nowhere.")
    try:
        return urljoin(target.url, location)
    except ValueError as problem:
        raise _refusal("The picture's address leads nowhere.") from problem


def _check_status(answer: Answer) -> None:
    if answer.status >= 500 or answer.status in _LATER:
        raise Unavailable(
            f"The picture's server answers {answer.status}.",
            retry_after=_pause(answer.headers.get("retry-after", "")),
        )
    if answer.status != 200:
        raise _refusal(f"The picture's server answers {answer.status}.")


def _pause(words: str) -> timedelta | None:
    return timedelta(seconds=min(int(words), 86_400)) if words.isdecimal() else None


def _is_picture(content: bytes | bytearray) -> bool:
    start = bytes(content[:_SNIFFED])
    return (
        start.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
    ) and len(content) >= _SNIFFED


def _refusal(words: str) -> Rejected:
    return Rejected(words, reason=HoldReason.RENDER_FAILED)


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()
