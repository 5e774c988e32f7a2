"""Installations in processes, on each of the two databases."""

from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from tests.postgres import PostgresServer, PostgresUnavailable
from tests.processes.programs import nursery as open_nursery


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[PostgresServer]:
    """A server whose commits survive a power failure: the programs work with no other."""
    try:
        server = PostgresServer(durable=True)
        server.start()
    except PostgresUnavailable as missing:
        pytest.skip(str(missing))
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'mockspark.db'}"
    server: PostgresServer = request.getfixturevalue("durable_postgres")
    return server.new_database()


@pytest.fixture(scope="session")
def nursery() -> Iterator[ForkServerContext]:
    """Forks programs that are ready to run."""
    with open_nursery() as context:
        yield context
