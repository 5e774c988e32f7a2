"""Addresses that strangers wrote are fetched from the public web alone, within a time and a size."""

import asyncio
import datetime as dt
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import define, field
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mockspark.adapters.fetching import GuardedFetcher, is_public, looked_up
from mockspark.application.errors import Rejected, Unavailable

PICTURE = b"\x89PNG\r\n\x1a\n" + b"enough to be recognised"
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


@define
class Web:
    """A server of this machine: scripts by path, what it was asked, and how often names were looked up."""

    port: int
    scripts: dict[str, Script] = field(factory=dict)
    asked: list[str] = field(factory=list)
    lookups: list[str] = field(factory=list)
    names: dict[str, list[tuple[str, ...]]] = field(factory=dict)

    def says(self, path: str, body: bytes = PICTURE, status: str = "200 OK", **headers: str) -> str:
        """Answer *path* so; return its address under a name that the fetcher was told to trust."""
        lines = {"content-length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}
        head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())

        async def script(writer: asyncio.StreamWriter) -> None:
            writer.write(head.encode() + b"\r\n" + body)

        return self.runs(path, script)

    def runs(self, path: str, script: Script) -> str:
        """Answer *path* by *script*."""
        self.scripts[path] = script
        return f"http://cdn.test:{self.port}{path}"

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """Answer as told, one answer after the other; the last one stays."""
        self.lookups.append(host)
        if host not in self.names:
            return await looked_up(host, port)
        answers = self.names[host]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def fetcher(self, *trusted: str, **settings: object) -> GuardedFetcher:
        """Return a fetcher that trusts cdn.test and *trusted* at this server's port."""
        names = frozenset(f"{name}:{self.port}" for name in ("cdn.test", *trusted))
        return GuardedFetcher(
            allow_private=names,
            resolve=self.resolve,
            allow_http=True,
            **settings,  # type: ignore[arg-type]
        )


@asynccontextmanager
async def serving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    web = Web(0)
    web.names["cdn.test"] = [("127.0.0.1",)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            web.asked.append(head)
            await web.scripts[head.split()[1]](writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with serving() as served:
        yield served


async def test_a_picture_is_fetched_byte_for_byte(web: Web) -> None:
    """What the server sent is what comes back, asked for without compression."""
    url = web.says("/a%20b.png?size=1&x=%2F")

    assert PICTURE == await web.fetcher().fetch(url)
    assert "accept-encoding: identity" in web.asked[0].lower()
    assert web.asked[0].startswith("GET /a%20b.png?size=1&x=%2F HTTP/1.1\r\n")


async def test_a_chunked_answer_is_joined(web: Web) -> None:
    """A server that does not know the length beforehand is understood."""

    async def chunked(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for start in range(0, len(PICTURE), 7):
            piece = PICTURE[start : start + 7]
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        writer.write(b"0\r\n\r\n")

    assert PICTURE == await web.fetcher().fetch(web.runs("/chunked", chunked))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.9",
        "0.0.0.0", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a00:1", "64:ff9b:1::808:808", "2002:a00:1::1", "2001::1", "2001:db8::1", "fc00::1",
        "fd00::1", "fe80::1", "fe80::1%1", "2606:4700::1%1", "fec0::1", "ff02::1", "100::1", "3fff::1",
        "not an address",
    ],
)  # fmt: skip
def test_what_is_not_public_in_any_wrapping_is_known(address: str) -> None:
    """Loopback, private, shared, link-local, documentation and multicast addresses are no public ones."""
    assert is_public(address) is False


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_what_is_public_is_known(address: str) -> None:
    """Ordinary addresses of the internet pass, wrapped or not."""
    assert is_public(address) is True


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0", "[::1]", "[::ffff:127.0.0.1]",
        "localhost", "[::ffff:7f00:1]", "169.254.169.254", "[fd00::1]", "[64:ff9b::7f00:1]", "224.0.0.1",
    ],
)  # fmt: skip
async def test_no_spelling_of_this_machine_is_reached(web: Web, host: str) -> None:
    """However our own addresses are written, nothing is asked of them."""
    web.says("/secret")
    fetcher = web.fetcher()

    for port in (web.port, 80):
        with pytest.raises(Rejected):
            await fetcher.fetch(f"http://{host}:{port}/secret")
    assert web.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://cdn.test/x.png", "gopher://cdn.test/", "data:image/png;base64,AAAA",
        "javascript:alert(1)", "http://", "https://", "", "cdn.test/x.png", "//cdn.test/x.png",
        "http://cdn.test@10.0.0.1/", "http://user:pass@cdn.test/", "http://@cdn.test/",
        "http://cdn.test:22/", "http://cdn.test:99999/", "http://cdn.test:x/", "http://[::1", "http://cdn.test/a b",
        "http://cdn.test/\r\nX: y", "http://cdn.test\\@10.0.0.1/", "http://" + "a" * 64 + ".test/",
        "http://" + "x" * 5_000, "http://ex\u2100mple..test/",
    ],
)  # fmt: skip
async def test_what_is_no_plain_web_address_is_refused(web: Web, url: str) -> None:
    """Other schemes, names with passwords, odd ports and broken addresses are refused without a connection."""
    with pytest.raises(Rejected):
        await web.fetcher().fetch(url)
    assert web.asked == []


async def test_plain_http_is_refused_unless_allowed(web: Web) -> None:
    """Without the setting only https is spoken, except to our own stand-ins."""
    web.names["shop.test"] = [("93.184.216.34",)]
    fetcher = GuardedFetcher(resolve=web.resolve)

    with pytest.raises(Rejected, match="https"):
        await fetcher.fetch("http://shop.test/x.png")


@pytest.mark.parametrize("answers", [("10.0.0.1",), ("93.184.216.34", "10.0.0.5"), ("::ffff:10.0.0.1",), ()])
async def test_one_private_answer_refuses_the_whole_name(web: Web, answers: tuple[str, ...]) -> None:
    """A name is refused as soon as one of its addresses is not public."""
    web.names["mixed.test"] = [answers]

    with pytest.raises(Rejected, match="not public"):
        await web.fetcher().fetch("http://mixed.test/x.png")


async def test_the_address_that_was_checked_is_the_one_that_is_used(web: Web) -> None:
    """A name that changes its mind after the check changes nothing: it is looked up once."""
    web.names["rebind.test"] = [("127.0.0.1",), ("127.0.0.9",)]
    web.says("/x.png")

    assert PICTURE == await web.fetcher("rebind.test").fetch(f"http://rebind.test:{web.port}/x.png")
    assert ["rebind.test"] == web.lookups


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/secret", "http://meta.test/secret", "http://127.0.0.1:{port}/secret", "file:///etc/passwd",
        "//[::1]/secret", "ftp://cdn.test/x", "http://user@cdn.test:{port}/secret", "http://[/",
    ],
)  # fmt: skip
async def test_a_redirect_is_judged_like_an_address(web: Web, location: str) -> None:
    """A server outside cannot send us to what we would not have asked for ourselves."""
    web.names["meta.test"] = [("169.254.169.254",)]
    web.says("/secret")
    url = web.says("/away", b"", "302 Found", location=location.format(port=web.port))

    with pytest.raises(Rejected):
        await web.fetcher().fetch(url)
    assert 1 == len(web.asked)


async def test_a_few_redirects_are_followed_and_no_more(web: Web) -> None:
    """Three hops are enough for every honest address; a circle ends."""
    last = web.says("/3")
    web.says("/2", b"", "308 Permanent Redirect", location=last)
    web.says("/1", b"", "301 Moved Permanently", location="/2")
    url = web.says("/0", b"", "302 Found", location="/1")
    circle = web.says("/circle", b"", "302 Found", location="/circle")

    assert PICTURE == await web.fetcher().fetch(url)
    with pytest.raises(Rejected, match="on and on"):
        await web.fetcher().fetch(circle)
    with pytest.raises(Rejected, match="nowhere"):
        await web.fetcher().fetch(web.says("/void", b"", "302 Found"))


async def test_an_endless_body_is_cut_off(web: Web) -> None:
    """Counting while it streams, not trusting a length, bounds what a server can make us hold."""

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + PICTURE)
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    with pytest.raises(Rejected, match="larger than 2 MB"):
        await web.fetcher(max_bytes=2_000_000).fetch(web.runs("/endless", endless))


async def test_a_body_that_says_it_is_too_large_is_not_read(web: Web) -> None:
    """An honest length over the limit ends the matter at once."""
    url = web.says("/big", PICTURE, content_length="60000000")

    with pytest.raises(Rejected, match="larger than 50 MB"):
        await web.fetcher().fetch(url)


async def test_a_server_that_drips_runs_into_the_deadline(web: Web) -> None:
    """The time is one for everything, so sending a byte now and then wins nothing."""

    async def drips(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + PICTURE)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    started = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable, match="too slow"):
        await web.fetcher(deadline=dt.timedelta(seconds=0.3)).fetch(web.runs("/drips", drips))
    assert asyncio.get_running_loop().time() - started < 2


async def test_a_bomb_of_zeros_is_not_unpacked(web: Web) -> None:
    """An answer that is compressed although we asked for none is refused unread."""
    bomb = gzip.compress(bytes(10_000_000))

    with pytest.raises(Rejected, match="compressed"):
        await web.fetcher().fetch(web.says("/bomb", bomb, content_encoding="gzip"))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"GIF89a" + bytes(20), b"%PDF-1.7" + bytes(20), PICTURE[:9]]
)
async def test_what_is_no_picture_is_refused(web: Web, body: bytes) -> None:
    """The bytes decide, not the content type that a server names."""
    with pytest.raises(Rejected, match="no JPEG, PNG or WebP"):
        await web.fetcher().fetch(web.says("/x.png", body, content_type="image/png"))


async def test_an_answer_that_breaks_off_may_be_asked_for_again(web: Web) -> None:
    """Half a picture is none, and another try may bring it whole."""
    for path, script in _broken_answers().items():
        with pytest.raises(Unavailable):
            await web.fetcher().fetch(web.runs(path, script))


def _broken_answers() -> Mapping[str, Script]:
    async def short(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + PICTURE)

    async def silent(writer: asyncio.StreamWriter) -> None:
        writer.write(b"")

    async def noise(writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")

    async def huge_head(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000)

    return {"/short": short, "/silent": silent, "/noise": noise, "/huge-head": huge_head}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 204, 206, 304])
async def test_a_refusing_answer_is_final(web: Web, status: int) -> None:
    """A picture that is gone or forbidden needs a person."""
    with pytest.raises(Rejected):
        await web.fetcher().fetch(
            web.says("/x", PICTURE if status not in {204, 304} else b"", f"{status} No")
        )


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_busy_answer_is_asked_again(web: Web, status: int) -> None:
    """A server in trouble is asked again, after the pause that it names."""
    url = web.says("/x", b"", f"{status} Busy", retry_after="7")

    with pytest.raises(Unavailable) as caught:
        await web.fetcher().fetch(url)
    assert dt.timedelta(seconds=7) == caught.value.retry_after


async def test_a_server_that_is_not_there_may_come_back(web: Web) -> None:
    """No connection is a failure of the moment."""
    async with serving() as gone:
        port = gone.port
    fetcher = GuardedFetcher(allow_private=frozenset((f"127.0.0.1:{port}",)))

    with pytest.raises(Unavailable):
        await fetcher.fetch(f"http://127.0.0.1:{port}/x.png")


async def test_a_certificate_is_checked_for_the_name(tmp_path: Path) -> None:
    """The connection goes to a number, the certificate must still be the name's."""
    authority, served = _certificate("cdn.test", tmp_path)
    trust = ssl.create_default_context(cafile=str(authority))
    async with serving(served) as web:
        web.says("/x.png")
        web.names["other.test"] = [("127.0.0.1",)]
        fetcher = web.fetcher("other.test", tls=trust)

        assert PICTURE == await fetcher.fetch(f"https://cdn.test:{web.port}/x.png")
        with pytest.raises(Rejected, match="certificate"):
            await fetcher.fetch(f"https://other.test:{web.port}/x.png")
        assert f"Host: cdn.test:{web.port}".lower() in web.asked[0].lower()
        assert 1 == len(web.asked)


def _certificate(name: str, folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return pem, context
