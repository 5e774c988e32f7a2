"""Which of the two databases tests stand on: SQLite, or what `MOCKSPARK_TEST_DATABASE=postgresql` says."""

import atexit
import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.postgres import PostgresServer, create_database, drop_database, shared_maintenance_url
from tests.store import postgres_template

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
CHOSEN: Final = os.environ.get("MOCKSPARK_TEST_DATABASE", SQLITE)

assert CHOSEN in {SQLITE, POSTGRESQL}, f"MOCKSPARK_TEST_DATABASE is {SQLITE} or {POSTGRESQL}, not {CHOSEN}"


@contextmanager
def prepared_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a database for one test; raises PostgresUnavailable where there is no server."""
    if kind == SQLITE:
        yield f"sqlite:///{folder / 'mockspark.db'}"
        return
    server = shared_maintenance_url()
    url = create_database(server, postgres_template(server))
    yield url
    drop_database(server, url)


def installed_database(folder: Path) -> str:
    """Return the address of an empty database that the product itself would work with."""
    if CHOSEN == SQLITE:
        return f"sqlite:///{folder / 'mockspark.db'}"
    return durable_postgres().new_database()


@functools.cache
def durable_postgres() -> PostgresServer:
    """Start, once, a server whose commits survive a power failure: the product works with no other."""
    server = PostgresServer(durable=True)
    atexit.register(server.remove)
    server.start()
    return server
