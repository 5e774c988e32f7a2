"""An application is reachable on loopback within the block that serves it, and nowhere after."""

import asyncio

import httpx
import pytest
from litestar import Litestar, get

from mockspark.adapters.sandbox.serving import serve


def app_saying(word: str) -> Litestar:
    @get("/")
    async def said() -> dict[str, str]:
        return {"word": word}

    @get("/slow")
    async def slow() -> str:
        await asyncio.sleep(30)
        return "late"

    return Litestar([said, slow], logging_config=None)


async def test_an_app_answers_while_its_block_runs_and_not_after() -> None:
    """The port is taken with the block and given back with it."""
    async with serve(app_saying("here")) as address, httpx.AsyncClient() as client:
        answer = await client.get(address)
    assert {"word": "here"} == answer.json()
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(address)


async def test_two_apps_are_served_at_once() -> None:
    """Every block has a port of its own in the same event loop."""
    async with (
        serve(app_saying("one")) as one,
        serve(app_saying("two")) as two,
        httpx.AsyncClient() as client,
    ):
        words = [(await client.get(address)).json()["word"] for address in (one, two)]
    assert ["one", "two"] == words


async def test_a_request_under_way_does_not_hold_the_end_up() -> None:
    """A block ends at once although somebody still waits for an answer."""
    async with httpx.AsyncClient() as client:
        async with serve(app_saying("here")) as address:
            waiting = asyncio.create_task(client.get(f"{address}/slow", timeout=1))
            await asyncio.sleep(0.1)
            started = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - started < 2
        with pytest.raises(httpx.TransportError):
            await waiting


async def test_an_error_within_the_block_still_frees_the_port() -> None:
    """Whatever ends the block, the server ends with it."""
    with pytest.raises(RuntimeError):
        async with serve(app_saying("here")) as address:
            raise RuntimeError
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(address)
