"""The way out, against a server on loopback that says and does exactly what it is told."""

import asyncio
import gzip
import logging
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest
from attrs import define, evolve, field

from mockspark.adapters.jobs.limits import MemoryRateLimiter
from mockspark.adapters.remote import LARGEST_ANSWER, USER_AGENT, Pool, Remote, asked_pause, open_remote
from mockspark.application.errors import NotAuthorized, OutcomeUnknown, PortError, Rejected, Unavailable
from mockspark.application.ports.jobs import Rate

DRIP = "drip"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@define
class Server:
    """Answers every request with *answer*; None hangs up, "" says nothing at all, DRIP never comes to an end."""

    answer: str | bytes | None = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
    seen: list[bytes] = field(factory=list)
    url: str = ""
    _gone: asyncio.Event = field(factory=asyncio.Event)
    _visits: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visits += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            self._visits -= 1

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.append(await _request(reader))
        if self.answer == "":
            await self._gone.wait()
        elif self.answer == DRIP:
            await self._drip(writer)
        elif self.answer is not None:
            writer.write(self.answer if isinstance(self.answer, bytes) else self.answer.encode())
            await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not writer.is_closing() and not self._gone.is_set():
            writer.write(b" ")
            await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Return when nobody is being served any more."""
        self._gone.set()
        while self._visits:
            await asyncio.sleep(0.005)

    def says(self, status: int, body: str = "{}", **headers: str) -> None:
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.answer = (
            f"HTTP/1.1 {status} Whatever\r\nconnection: close\r\n{extra}"
            f"content-length: {len(body.encode())}\r\n\r\n{body}"
        )


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length")
        ),
        0,
    )
    return head + await reader.readexactly(length)


@asynccontextmanager
async def running(server: Server) -> AsyncGenerator[str]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        await server.stop()
        await listener.wait_closed()


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    told = Server()
    async with running(told) as url:
        told.url = url
        yield told


@pytest.fixture
async def remote(server: Server) -> AsyncGenerator[Remote]:
    async with open_remote(
        server.url, title="Acme", headers={"Authorization": "Bearer s3cret"}, timeout_s=10
    ) as way:
        yield way


async def _write(remote: Remote) -> None:
    await remote.post("/orders", {"id": 1})


async def _read(remote: Remote) -> None:
    await remote.get("/orders")


async def _ask(remote: Remote) -> None:
    await remote.post("/quotes", {"id": 1}, reading=True)


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (301, Unavailable, OutcomeUnknown),
        (401, NotAuthorized, NotAuthorized),
        (403, NotAuthorized, NotAuthorized),
        (408, Unavailable, Unavailable),
        (429, Unavailable, Unavailable),
        (500, Unavailable, OutcomeUnknown),
        (502, Unavailable, OutcomeUnknown),
        (503, Unavailable, Unavailable),
        (504, Unavailable, OutcomeUnknown),
    ],
)
async def test_a_failing_status_says_what_the_caller_may_do_next(
    server: Server, remote: Remote, status: int, reading: type[PortError], writing: type[PortError]
) -> None:
    """Reads may be repeated; a write that may have been carried out has to be looked up."""
    server.says(status)

    for call, expected in ((_read, reading), (_ask, reading), (_write, writing)):
        with pytest.raises(PortError) as failure:
            await call(remote)
        assert expected is type(failure.value)


@pytest.mark.parametrize("status", [400, 402, 404, 409, 413, 422])
async def test_a_refusal_is_left_to_the_caller(server: Server, remote: Remote, status: int) -> None:
    """What a 4xx means is the provider's business, so it comes back as an answer."""
    server.says(status, '{"code": 8150}')

    answer = await remote.post("/orders", {})

    assert (status, False, {"code": 8150}) == (answer.status, answer.ok, answer.json())


async def test_nobody_listening_means_nothing_happened(remote: Remote) -> None:
    """Without a connection even a write can be repeated."""
    nowhere = evolve(remote, base_url="http://127.0.0.1:1")

    for call in (_read, _write):
        with pytest.raises(Unavailable, match="could not be reached"):
            await call(nowhere)


@pytest.mark.parametrize(
    "answer", [None, "", "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{", "nonsense\r\n\r\n"]
)
async def test_a_lost_answer_leaves_a_write_unknown(
    server: Server, remote: Remote, answer: str | None
) -> None:
    """Hanging up, silence, half an answer and nonsense may all come after the order was taken."""
    server.answer = answer
    impatient = evolve(remote, timeout_s=0.3)

    with pytest.raises(Unavailable):
        await _read(impatient)
    with pytest.raises(OutcomeUnknown):
        await _write(impatient)


async def test_an_answer_that_drips_is_not_waited_for(server: Server, remote: Remote) -> None:
    """The time for a whole exchange is limited, however lively the other side seems."""
    server.answer = DRIP

    with pytest.raises(OutcomeUnknown):
        await _write(evolve(remote, timeout_s=0.3))


@pytest.mark.parametrize("told", [{"name": "half a pair: \ud83d"}, {"price": float("nan")}])
async def test_what_no_encoding_can_carry_is_refused_here(
    server: Server, remote: Remote, told: object
) -> None:
    """Half a surrogate pair in a customer's name is somebody's to mend, and never sent."""
    with pytest.raises(Rejected):
        await remote.post("/orders", told)

    assert [] == server.seen


async def test_an_address_that_is_none_is_refused(remote: Remote) -> None:
    """A mistyped address of an account is told as such."""
    with pytest.raises(Rejected):
        await _read(evolve(remote, base_url="http://acme.test:port"))
    with pytest.raises(Unavailable):
        await _read(evolve(remote, base_url="acme"))


async def test_an_accepted_write_without_readable_answer_is_unknown(server: Server, remote: Remote) -> None:
    """A success whose body is broken, or lacks what was promised, is not taken for a failure."""
    server.says(200, "<html>")
    answer = await remote.post("/orders", {})
    with pytest.raises(OutcomeUnknown):
        answer.json()

    server.says(200, '{"no": "id"}')
    answer = await remote.post("/orders", {})
    with pytest.raises(OutcomeUnknown):
        answer.read(lambda told: told["id"])


async def test_unreadable_answers_to_reads_and_refusals_are_no_riddle(server: Server, remote: Remote) -> None:
    """An unreadable read may be repeated; an unreadable refusal is still a refusal."""
    server.says(200, "<html>")
    with pytest.raises(Unavailable):
        (await remote.get("/orders")).json()

    server.says(422, "<html>")
    with pytest.raises(Rejected):
        (await remote.post("/orders", {})).json()


async def test_an_endless_answer_is_cut(server: Server, remote: Remote) -> None:
    """A compressed answer that swells beyond the cap is not read to its end."""
    swollen = gzip.compress(b"\0" * (LARGEST_ANSWER + 1))
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(swollen)}\r\n\r\n"
    server.answer = head.encode() + swollen

    with pytest.raises(Unavailable, match="no usable answer"):
        await evolve(remote, timeout_s=10).get("/orders")


async def test_the_call_says_who_we_are_and_nothing_else(server: Server, remote: Remote) -> None:
    """Every call carries our name and the account's headers, and no cookie that was set before."""
    server.says(200, set_cookie="a=b")
    await _read(remote)
    await remote.post("/orders", {"b": 1, "a": "é"}, headers={"X-More": "1"})

    sent = server.seen[-1].decode()
    assert sent.startswith("POST /orders HTTP/1.1\r\n")
    assert f"User-Agent: {USER_AGENT}" in sent
    assert "Authorization: Bearer s3cret" in sent
    assert "X-More: 1" in sent
    assert "cookie" not in sent.lower()
    assert sent.endswith('{"b":1,"a":"é"}')


@pytest.mark.parametrize("value", ["120", "Sun, 22 Nov 2026 12:02:00 GMT"])
async def test_the_asked_pause_is_passed_on(server: Server, remote: Remote, value: str) -> None:
    """Retry-After counts in seconds or as a date."""
    server.says(429, retry_after=value)

    with pytest.raises(Unavailable) as busy:
        await _write(evolve(remote, clock=lambda: NOON))

    assert timedelta(seconds=120) == busy.value.retry_after


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e99", None),
        ("9" * 400, None),
        ("0.5", timedelta(seconds=0.5)),
        ("999999999", timedelta(days=1)),
        ("Sun, 22 Nov 2026 11:00:00 GMT", timedelta(0)),
    ],
)
def test_an_odd_pause_does_no_harm(value: str, pause: timedelta | None) -> None:
    """Nonsense is no pause, the past is none either, and nobody is sent away for more than a day."""
    assert pause == asked_pause({"retry-after": value}, NOON)


async def test_secrets_stay_out_of_errors_and_logs(
    server: Server, remote: Remote, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a failure, nor its causes, nor the log at its most talkative shows the token."""
    caplog.set_level(logging.DEBUG)
    told = [repr(remote)]
    for answer in (None, "HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n"):
        server.answer = answer
        with pytest.raises(PortError) as failure:
            await _write(remote)
        told.append("".join(traceback.format_exception(failure.value)))

    assert "s3cret" not in "".join(told) + caplog.text


@pytest.mark.parametrize("token", ["s3cret\n", "s3crét", "s3cret\x00"])
async def test_a_token_that_no_header_can_carry_is_refused_here(
    server: Server, remote: Remote, token: str
) -> None:
    """The layers below would quote the token in their errors."""
    with pytest.raises(NotAuthorized) as refused:
        await _read(evolve(remote, headers={"Authorization": token}))

    assert "s3cr" not in "".join(traceback.format_exception(refused.value))
    assert [] == server.seen


async def test_calls_wait_their_turn_or_come_back_later(server: Server, remote: Remote) -> None:
    """A full limit is waited for up to two seconds, and beyond that the job comes back."""
    limiter = MemoryRateLimiter(lambda: NOON)
    polite = evolve(
        remote, limiter=limiter, account="acme:1", rates={"/slow": Rate(limit=1), "": Rate(limit=600)}
    )

    await polite.get("/slow/a")
    with pytest.raises(Unavailable) as full:
        await polite.get("/slow/b")
    await polite.get("/fast")

    assert timedelta(seconds=60) == full.value.retry_after
    assert 2 == len(server.seen)


async def test_too_many_requests_pause_the_whole_fleet(server: Server, remote: Remote) -> None:
    """After 429 nobody calls that account before the pause is over."""
    limiter = MemoryRateLimiter(lambda: NOON)
    polite = evolve(
        remote, limiter=limiter, account="acme:1", rates={"": Rate(limit=600)}, clock=lambda: NOON
    )
    server.says(429)

    for _ in range(2):
        with pytest.raises(Unavailable) as busy:
            await _read(polite)
        assert timedelta(seconds=10) == busy.value.retry_after
    assert 1 == len(server.seen)


async def test_a_pool_may_be_closed_twice() -> None:
    """Closing is harmless however often it is asked for."""
    pool = Pool.open()
    await pool.aclose()
    await pool.aclose()
