"""Processes for work that would hold up the event loop; they die with the worker."""

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final, ParamSpec, TypeVar

from mockspark.application.errors import Unavailable

_P = ParamSpec("_P")
_T = TypeVar("_T")

_PR_SET_PDEATHSIG: Final = 1


class RenderPool:
    """As many processes as there are cores, started at the first call, fresh after a death."""

    def __init__(self, size: int | None = None) -> None:
        self._size = size or _cores()
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call *function*, a module's own, in a child process; raise Unavailable if the child died.

        Cancelling leaves the child to finish its call: a process cannot be stopped half-way.
        """
        pool = self._started()
        try:
            return await asyncio.wrap_future(pool.submit(function, *args, **kwargs))
        except BrokenProcessPool as death:
            if self._pool is pool:
                self._pool = None
            pool.shutdown(wait=False, cancel_futures=True)
            raise Unavailable("a rendering process died, perhaps for want of memory; try again") from death

    async def close(self) -> None:
        """End the processes, after what they are doing."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Forking would copy the database's connections and the threads' locks.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._size, mp_context=context, initializer=_die_with, initargs=(os.getpid(),)
            )
        return self._pool


def _cores() -> int:
    # A container may own fewer cores than the machine has.
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the call.
    if os.getppid() != parent:
        os._exit(1)
