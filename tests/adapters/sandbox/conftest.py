"""The running shop, the running provider and the place for webhooks that most tests of the sandbox use."""

from collections.abc import AsyncGenerator

import pytest

from tests.adapters.sandbox.printify_client import Printify, Receiver, printify, receiver
from tests.adapters.sandbox.running import Running, running_shop


@pytest.fixture
async def shopify() -> AsyncGenerator[Running]:
    async with running_shop() as running:
        yield running


@pytest.fixture
async def pfy() -> AsyncGenerator[Printify]:
    async with printify() as served:
        yield served


@pytest.fixture
async def inbox() -> AsyncGenerator[Receiver]:
    async with receiver() as kept:
        yield kept
