"""Post a body to an address as a webhook sender does: one connection, one answer, redirects not followed."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, urlsplit

_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


async def post(url: str, body: bytes, headers: Mapping[str, str], *, within_s: float) -> int:
    """Return the status of the answer; raises OSError when none came within *within_s* seconds."""
    address = urlsplit(url)
    async with asyncio.timeout(within_s):
        reader, writer = await _connect(address)
        try:
            writer.write(_head(address, len(body), headers) + body)
            await writer.drain()
            return _status(await reader.readline())
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _connect(address: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    secure = ssl.create_default_context() if address.scheme == "https" else None
    port = address.port or _PORTS.get(address.scheme, 80)
    return await asyncio.open_connection(address.hostname, port, ssl=secure)


def _head(address: SplitResult, length: int, headers: Mapping[str, str]) -> bytes:
    target = address.path or "/"
    target += f"?{address.query}" if address.query else ""
    fields = {"Host": address.netloc, **headers, "Content-Length": str(length), "Connection": "close"}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _status(line: bytes) -> int:
    parts = line.split()
    if len(parts) < 2 or not parts[1].isdigit():
        raise ConnectionError("the answer was no HTTP")
    return int(parts[1])
