"""Processes that open foreign files for us: a file made to hurt hurts only one of them."""

import asyncio
import json
import os
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from datetime import timedelta
from typing import Final

from attrs import define, field

from mockspark.adapters.confinement import Verdict
from mockspark.application.errors import Unavailable

_LONGEST_VERDICT: Final = 100_000


class TooMuch(Exception):
    """The file takes more time or memory than any good one."""


class _Died(Exception):
    """The process ended before it answered."""


@define
class Judges:
    """Keeps up to *size* processes of *module* waiting; one that dies or dawdles is ended and replaced.

    A process may use *memory* bytes, and *deadline* for one file; what it makes of it has at most *largest* bytes.
    """

    module: str
    size: int
    deadline: timedelta
    memory: int
    largest: int
    _idle: list[Process] = field(factory=list, init=False)
    _places: asyncio.Semaphore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.size)

    async def judge(self, content: bytes) -> tuple[Verdict, bytes]:
        """Return the verdict on *content* and what was made of it.

        Raises TooMuch when it kills or outlasts the process, Unavailable when there is none.
        """
        async with self._places:
            try:
                return await self._asked(self._rested() or await self._started(), content)
            except _Died:
                # It may have died of something else, so the file gets a second chance in a fresh process.
                pass
            try:
                return await self._asked(await self._started(), content)
            except _Died as death:
                raise TooMuch from death

    async def close(self) -> None:
        """End the waiting processes."""
        while self._idle:
            await _end(self._idle.pop())

    async def _asked(self, process: Process, content: bytes) -> tuple[Verdict, bytes]:
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                answer = await self._ask(process, content)
        except TimeoutError as late:
            await _end(process)
            raise TooMuch from late
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as death:
            await _end(process)
            raise _Died from death
        except BaseException:
            await _end(process)
            raise
        self._idle.append(process)
        return answer

    def _rested(self) -> Process | None:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return None

    async def _started(self) -> Process:
        arguments = ("-m", self.module, str(self.memory), str(int(self.deadline.total_seconds()) + 1))
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                # No secrets of ours: only what it takes to find the modules.
                env={"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        except OSError as problem:
            raise Unavailable(
                "files cannot be checked at the moment: no process could be started"
            ) from problem

    async def _ask(self, process: Process, content: bytes) -> tuple[Verdict, bytes]:
        if process.stdin is None or process.stdout is None:
            raise ConnectionError("the process has no pipes")
        process.stdin.write(struct.pack(">Q", len(content)))
        process.stdin.write(content)
        await process.stdin.drain()
        said, made = struct.unpack(">IQ", await process.stdout.readexactly(12))
        if said > _LONGEST_VERDICT or made > self.largest:
            raise ValueError("no judge says so much")
        verdict: Verdict = json.loads(await process.stdout.readexactly(said))
        return verdict, await process.stdout.readexactly(made)


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
