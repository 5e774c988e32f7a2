"""What the tests of the use cases stand on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.application.dispatch import Dispatch
from tests.application.intake import Workshop
from tests.store import open_store


@pytest.fixture
async def workshop(tmp_path: Path) -> AsyncIterator[Workshop]:
    """A shop that is connected to a store in memory and to a printer, over a database of its own."""
    async with open_store(f"sqlite:///{tmp_path / 'mockspark.db'}") as opened:
        workshop = Workshop(
            store=opened.store,
            directory=opened.directory,
            inbox=opened.inbox,
            queries=opened.queries,
            engine=opened.engine,
        )
        await workshop.open()
        yield workshop


@pytest.fixture
async def bench(workshop: Workshop) -> Dispatch:
    """The same shop, with the mug mapped to a print shop in memory."""
    dispatch = Dispatch(shop=workshop)
    await dispatch.open()
    return dispatch
