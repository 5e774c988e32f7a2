"""The floor of taking in webhooks: the same server stack, a signature check and one committed insert."""

import argparse
import asyncio
import hmac
import signal
import sqlite3
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # ships no type information
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, Response, post

Insert = Callable[[bytes], Awaitable[object]]


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("port", type=int)
    parser.add_argument("secret")
    chosen = parser.parse_args()
    asyncio.run(_serve(chosen.database, chosen.port, chosen.secret))


async def _serve(database: str, port: int, secret: str) -> None:
    opening = _sqlite if database.startswith("sqlite") else _postgres
    server = Server(
        _app(await opening(database), secret),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.stop)
    running = asyncio.create_task(server.serve())
    await _answering(port)
    print("up", flush=True)
    await running


async def _answering(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        return


def _app(insert: Insert, secret: str) -> Litestar:
    key = secret.encode()

    @post("/webhooks/shopify", status_code=200)
    async def take(request: Request[Any, Any, Any]) -> Response[Any]:
        body = await request.body()
        signed = b64encode(hmac.new(key, body, sha256).digest()).decode()
        if not hmac.compare_digest(signed, request.headers["x-shopify-hmac-sha256"]):
            return Response(b"", status_code=401)
        await insert(body)
        return Response(b"", status_code=200)

    return Litestar([take], openapi_config=None, logging_config=None)


async def _sqlite(url: str) -> Insert:
    """One connection in the event loop's own thread: no hop between threads, one commit per body."""
    database = sqlite3.connect(urlsplit(url).path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE body (id integer PRIMARY KEY, body blob NOT NULL)",
    ):
        database.execute(statement)

    async def insert(body: bytes) -> None:
        database.execute("INSERT INTO body (body) VALUES (?)", (body,))

    return insert


async def _postgres(url: str) -> Insert:
    pool = await asyncpg.create_pool(url, min_size=16, max_size=16)
    await pool.execute("CREATE TABLE body (id bigserial PRIMARY KEY, body bytea NOT NULL)")

    async def insert(body: bytes) -> None:
        await pool.execute("INSERT INTO body (body) VALUES ($1)", body)

    return insert


if __name__ == "__main__":
    main()
