"""A webhook sender posts once, waits as long as it may, and follows no redirect."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from mockspark.adapters.sandbox.posting import post


@asynccontextmanager
async def answering(answer: bytes | None) -> AsyncGenerator[tuple[str, list[bytes]]]:
    """Listen on loopback, keep what comes in, and answer with these very bytes; None never answers."""
    asked: list[bytes] = []
    done: list[asyncio.Event] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        done.append(asyncio.Event())
        asked.append(await reader.readuntil(b"\r\n\r\n") + await reader.read(2))
        if answer is None:
            await reader.read()
        writer.write(answer or b"")
        writer.close()
        await writer.wait_closed()
        done[-1].set()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
        for event in done:
            await event.wait()


async def test_a_body_arrives_with_its_headers() -> None:
    """One request line, the given headers, the length, the bytes as they are."""
    async with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (address, asked):
        assert 200 == await post(f"{address}/hooks?x=1", b"{}", {"X-Topic": "t"}, within_s=2)
    (request,) = asked
    assert request.startswith(b"POST /hooks?x=1 HTTP/1.1\r\n")
    assert b"\r\nX-Topic: t\r\n" in request
    assert request.endswith(b"\r\n\r\n{}")


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    """Its status is told, and nobody goes there."""
    async with answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n") as (address, _):
        assert 302 == await post(address, b"{}", {}, within_s=2)


async def test_an_answer_that_is_late_is_none() -> None:
    """After its time the sender gives up."""
    async with answering(None) as (address, _):
        with pytest.raises(TimeoutError):
            await post(address, b"{}", {}, within_s=0.1)


@pytest.mark.parametrize("answer", [b"", b"hello there\r\n"])
async def test_what_is_no_http_is_no_answer(answer: bytes) -> None:
    """A closed connection or another language counts as failed."""
    async with answering(answer) as (address, _):
        with pytest.raises(OSError, match="no HTTP"):
            await post(address, b"{}", {}, within_s=2)
