"""ImageInspector in processes of their own: a picture made to hurt hurts only one of them."""

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

from mockspark.application.errors import Rejected, Unavailable
from mockspark.application.ports.rendering import ImageFacts
from mockspark.domain.holds import HoldReason

MAX_BYTES: Final = 50_000_000
_JUDGE: Final = "mockspark.adapters.rendering.judging"
_GIBIBYTE: Final = 1 << 30
_TOO_MUCH: Final = (
    "The picture takes too much time or memory to open: save it anew as PNG and upload it again."
)
_LONGEST_ANSWER: Final = 10_000

Verdict = dict[str, int | str]


class _Died(Exception):
    """The process ended before it answered."""


@define
class SubprocessInspector:
    """Keeps up to *size* processes waiting; one that dies or dawdles is ended and replaced.

    A process may use *memory* bytes, and *deadline* for one picture.
    """

    size: int = 2
    deadline: timedelta = timedelta(seconds=20)
    memory: int = _GIBIBYTE + _GIBIBYTE // 2
    _idle: list[Process] = field(factory=list, init=False)
    _places: asyncio.Semaphore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.size)

    async def inspect(self, content: bytes) -> ImageFacts:
        """Return what the picture is; raises Rejected with the reason when it is none that we print."""
        if len(content) > MAX_BYTES:
            raise _refusal(f"The file is larger than {MAX_BYTES // 1_000_000} MB: make it smaller.")
        async with self._places:
            verdict = await self._judged(content)
        if "refused" in verdict:
            raise _refusal(str(verdict["refused"]))
        return ImageFacts(
            width_px=int(verdict["width"]),
            height_px=int(verdict["height"]),
            media_type=str(verdict["media_type"]),
        )

    async def close(self) -> None:
        """End the waiting processes."""
        while self._idle:
            await _end(self._idle.pop())

    async def _judged(self, content: bytes) -> Verdict:
        try:
            return await self._asked(self._rested() or await self._started(), content)
        except _Died:
            # It may have died of something else, so the picture gets a second chance in a fresh process.
            pass
        try:
            return await self._asked(await self._started(), content)
        except _Died as death:
            raise _refusal(_TOO_MUCH) from death

    async def _asked(self, process: Process, content: bytes) -> Verdict:
        try:
            async with asyncio.timeout(self.deadline.total_seconds()):
                verdict = await _ask(process, content)
        except TimeoutError as late:
            await _end(process)
            raise _refusal(_TOO_MUCH) from late
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as death:
            await _end(process)
            raise _Died from death
        except BaseException:
            await _end(process)
            raise
        self._idle.append(process)
        return verdict

    def _rested(self) -> Process | None:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        return None

    async def _started(self) -> Process:
        arguments = ("-m", _JUDGE, str(self.memory), str(int(self.deadline.total_seconds()) + 1))
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
                "pictures cannot be judged at the moment: no process could be started"
            ) from problem


async def _ask(process: Process, content: bytes) -> Verdict:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError("the process has no pipes")
    process.stdin.write(struct.pack(">Q", len(content)))
    process.stdin.write(content)
    await process.stdin.drain()
    size = struct.unpack(">I", await process.stdout.readexactly(4))[0]
    if size > _LONGEST_ANSWER:
        raise ValueError("no judge says so much")
    verdict: Verdict = json.loads(await process.stdout.readexactly(size))
    return verdict


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


def _refusal(words: str) -> Rejected:
    return Rejected(words, reason=HoldReason.RENDER_FAILED)
