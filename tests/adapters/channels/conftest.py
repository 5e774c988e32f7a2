"""The shop that the live tests use."""

from collections.abc import AsyncGenerator

import pytest

from tests.adapters.channels.opened import Opened, opened_shop


@pytest.fixture
async def shop() -> AsyncGenerator[Opened]:
    async with opened_shop() as opened:
        yield opened
