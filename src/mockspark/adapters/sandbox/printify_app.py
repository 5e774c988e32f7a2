"""The local Printify over HTTP: its own calls, the faults that were asked for, and routes that only a sandbox has."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send

from mockspark.adapters.sandbox.printify import PrintifySandbox
from mockspark.adapters.sandbox.printify_control import CONTROL, answer_control
from mockspark.adapters.sandbox.printify_door import Answered, Asked
from mockspark.adapters.sandbox.printify_faults import Fault

_JSON: Final = {"Content-Type": "application/json"}


def create_app(sandbox: PrintifySandbox) -> Litestar:
    """Return *sandbox* as an application; time passes and webhooks are sent while it runs."""

    @asynccontextmanager
    async def running(_: Litestar) -> AsyncGenerator[None]:
        work = asyncio.create_task(sandbox.run())
        try:
            yield
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    @asgi("/", is_mount=True, copy_scope=True)
    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await _Visit(sandbox, scope, receive, send).serve()

    return Litestar([door], lifespan=[running], logging_config=None, openapi_config=None)


class _Visit:
    """One request over HTTP, with what may go wrong on the way."""

    def __init__(self, sandbox: PrintifySandbox, scope: Any, receive: Receive, send: Send) -> None:
        self._sandbox = sandbox
        self._scope = scope
        self._receive = receive
        self._send = send

    async def serve(self) -> None:
        """Answer, or fail as was asked for."""
        asked = await self._asked()
        if asked.path.startswith(CONTROL):
            await self._reply(answer_control(self._sandbox, asked))
            return
        fault = self._sandbox.faults.take(asked.method, asked.path)
        answered = None if fault and fault.before_work else await self._sandbox.answer(asked)
        self._sandbox.note(asked, answered.status if answered else None, fault.kind if fault else "")
        if fault is None and answered is not None:
            await self._reply(answered)
        elif fault is not None:
            await self._spoil(fault, answered)

    async def _asked(self) -> Asked:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._scope["headers"]
        }
        return Asked(
            method=self._scope["method"],
            path=self._scope["raw_path"].decode("latin-1").partition("?")[0],
            query=dict(parse_qsl(self._scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers=headers,
            body=await self._body(),
        )

    async def _body(self) -> bytes:
        parts, more = [], True
        while more:
            message: Any = await self._receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        return b"".join(parts)

    async def _reply(self, answered: Answered) -> None:
        await self._start(answered.status, {**answered.headers, "Content-Length": str(len(answered.body))})
        await self._send({"type": "http.response.body", "body": answered.body, "more_body": False})

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def _spoil(self, fault: Fault, answered: Answered | None) -> None:
        if fault.kind == "status":
            await self._reply(_refusal(fault))
        elif fault.kind == "reset" or answered is None:
            await self._silent(0.0 if fault.kind == "reset" else fault.seconds)
        elif fault.kind == "timeout_after_commit":
            await self._silent(fault.seconds)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._reply(answered)
        else:
            await self._reply(_broken(answered))

    async def _silent(self, seconds: float) -> None:
        """Say nothing until the client gives up or the time is over, then hang up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while (await self._receive())["type"] != "http.disconnect":
                    pass
        await self._hang_up()

    async def _hang_up(self) -> None:
        """Promise more than is sent: the client sees a broken connection."""
        await self._start(200, {**_JSON, "Content-Length": "2"})
        await self._send({"type": "http.response.body", "body": b"", "more_body": True})
        raise ConnectionResetError


def _refusal(fault: Fault) -> Answered:
    body = {"error": "Server error"} if fault.body is None else fault.body
    headers = _JSON | ({"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {})
    return Answered(status=fault.status, body=msgspec.json.encode(body), headers=headers)


def _broken(answered: Answered) -> Answered:
    cut = answered.body[: len(answered.body) // 2]
    return Answered(status=answered.status, body=cut + b"{", headers=answered.headers)
