"""The stand-ins in a thread of their own, for commands that open and close an event loop each."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TypeVar

from attrs import define, field

from mockspark.entrypoints.stand_ins import StandIns, open_stand_ins

T = TypeVar("T")


@define
class Background:
    """The stand-ins and the loop that they live in."""

    stand_ins: StandIns
    _loop: asyncio.AbstractEventLoop = field(repr=False)

    def do(self, act: Callable[[StandIns], T]) -> T:
        """Return what *act* returns, called where the stand-ins live."""

        async def called() -> T:
            return act(self.stand_ins)

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(30)


@contextmanager
def stand_ins_in_background() -> Generator[Background]:
    """Serve the stand-ins for as long as the block runs."""
    opened: list[Background] = []
    ready = Event()

    async def served() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        async with open_stand_ins() as stand_ins:
            stand_ins.printify.set(fetch_files=False)
            opened.append(Background(stand_ins, loop))
            stops.append(lambda: loop.call_soon_threadsafe(stop.set))
            ready.set()
            await stop.wait()

    stops: list[Callable[[], object]] = []
    thread = Thread(target=lambda: asyncio.run(served()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield opened[0]
    finally:
        stops[0]()
        thread.join(30)
