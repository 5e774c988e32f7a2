"""A store on each of the two databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, postgres_server, postgres_url, private_postgres
from tests.store import OpenStore, open_store

__all__ = ["PostgresServer", "postgres_server", "postgres_url", "private_postgres"]


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address of either kind, with nothing there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mockspark.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[OpenStore]:
    """A prepared store on each database in turn."""
    async with open_store(database_url, few=0) as store:
        yield store
