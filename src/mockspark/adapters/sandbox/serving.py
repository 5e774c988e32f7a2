"""Serve an application on loopback within the running event loop: for the sandbox and for tests."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

LOOPBACK: Final = "127.0.0.1"
_PATIENCE_S: Final = 10.0
_BETWEEN_KNOCKS_S: Final = 0.005

AsgiApp = Callable[..., Any]


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serve(app: AsgiApp, port: int = 0) -> AsyncGenerator[str]:
    """Serve *app* for as long as the block runs and give its address, without a trailing slash.

    Port 0 takes a free one. The application shares the caller's event loop, so a test may look into it at any time.
    """
    port = port or free_port()
    server = Server(
        app,
        address=LOOPBACK,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    running = asyncio.create_task(server.serve())
    try:
        await asyncio.wait_for(_answers(port, running), _PATIENCE_S)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.stop()  # type: ignore[no-untyped-call]  # it carries no annotations
        await running


async def _answers(port: int, running: "asyncio.Task[None]") -> None:
    """Return once the port takes connections; a server that failed to start tells why."""
    while not running.done():
        if await _takes_connections(port):
            return
        await asyncio.sleep(_BETWEEN_KNOCKS_S)
    await running
    raise ConnectionError(f"the server on port {port} stopped before it took a connection")


async def _takes_connections(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
