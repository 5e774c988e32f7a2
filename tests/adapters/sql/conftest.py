"""A store on each of the two databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.postgres import (
    PostgresServer,
    create_database,
    drop_database,
    postgres_server,
    postgres_url,
    private_postgres,
)
from tests.store import OpenStore, open_store, postgres_template

__all__ = ["PostgresServer", "postgres_server", "postgres_url", "private_postgres"]


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address of either kind, with nothing there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mockspark.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """A prepared store on each database in turn."""
    if request.param == "sqlite":
        async with open_store(f"sqlite:///{tmp_path / 'mockspark.db'}", few=0) as store:
            yield store
        return
    server: str = request.getfixturevalue("postgres_server")
    url = create_database(server, postgres_template(server))
    async with open_store(url) as store:
        yield store
    drop_database(server, url)
