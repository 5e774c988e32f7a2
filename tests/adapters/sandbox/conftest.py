"""The running shop that most tests of the sandbox use."""

from collections.abc import AsyncGenerator

import pytest

from tests.adapters.sandbox.running import Running, running_shop


@pytest.fixture
async def shopify() -> AsyncGenerator[Running]:
    async with running_shop() as running:
        yield running
