"""The HTTP server: the application served by Granian, with the worker beside it or without."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from mockspark.adapters.http.app import create_app
from mockspark.application.errors import Unavailable
from mockspark.entrypoints.runtime import Runtime

_PATIENCE_S: Final = 15.0
_BETWEEN_KNOCKS_S: Final = 0.02
_ANY_ADDRESS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound

Opened = Callable[[], None]


def claim_port(host: str, port: int) -> int:
    """Return *port* where it can be listened on, for 0 a free one; raises Unavailable for one that is taken.

    The server itself would share a port with another process, and each would get half of the visitors.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            return int(probe.getsockname()[1])
    except OSError as problem:
        raise Unavailable(
            f"port {port} of {host} cannot be had ({problem.strerror}): name another with --port"
        ) from problem


async def serve(
    runtime: Runtime, *, host: str, port: int, stop: asyncio.Event, worker: bool = True, opened: Opened
) -> None:
    """Serve until *stop*; *opened* is called once the port takes connections. Running jobs are finished first.

    Raises Unavailable when the port cannot be had.
    """
    claim_port(host, port)
    async with asyncio.TaskGroup() as group:
        server = Server(
            create_app(runtime.parts),
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )
        group.create_task(_served(server, host, port, stop, opened))
        if worker:
            group.create_task(runtime.workforce.run(stop))


async def _served(server: Any, host: str, port: int, stop: asyncio.Event, opened: Opened) -> None:
    running = asyncio.create_task(server.serve())
    try:
        await _answering(running, host, port)
        opened()
        await stop.wait()
    finally:
        stop.set()
        server.stop()
        await asyncio.wait([running])


async def _answering(running: "asyncio.Task[None]", host: str, port: int) -> None:
    at = "127.0.0.1" if host in _ANY_ADDRESS else host
    async with asyncio.timeout(_PATIENCE_S):
        while not running.done():
            try:
                _, writer = await asyncio.open_connection(at, port)
            except OSError:
                await asyncio.sleep(_BETWEEN_KNOCKS_S)
                continue
            writer.close()
            return
    problem = running.exception()
    raise Unavailable(f"port {port} of {host} cannot be had: {problem or 'it is taken'}") from problem
