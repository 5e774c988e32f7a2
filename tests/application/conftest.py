"""What the tests of the use cases stand on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.application.dispatch import Dispatch
from tests.application.intake import Workshop
from tests.postgres import postgres_server, postgres_url
from tests.store import open_store

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    """A shop that is connected to a store in memory and to a printer, over a database of its own."""
    async with _opened(f"sqlite:///{tmp_path / 'mockspark.db'}") as workshop:
        yield workshop


@pytest.fixture
async def crowded(postgres_url: str) -> AsyncIterator[Workshop]:
    """The same shop on PostgreSQL, where writers do not wait in a row."""
    async with _opened(postgres_url) as workshop:
        yield workshop


@pytest.fixture
async def bench(workshop: Workshop) -> Dispatch:
    """The same shop, with the mug mapped to a print shop in memory."""
    dispatch = Dispatch(shop=workshop)
    await dispatch.open()
    return dispatch


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Workshop]:
    async with open_store(url) as opened:
        workshop = Workshop(
            store=opened.store,
            directory=opened.directory,
            inbox=opened.inbox,
            queries=opened.queries,
            engine=opened.engine,
        )
        await workshop.open()
        yield workshop
