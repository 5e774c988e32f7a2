"""Databases that lose nothing, thrown away afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.postgres import PostgresServer

from benchmarks.plan import Engine


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """Run a cluster that syncs every commit."""
    server = PostgresServer(durable=True)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@contextmanager
def databases(engine: Engine, count: int) -> Iterator[tuple[Path, list[str]]]:
    """Give a folder and *count* empty databases of *engine*, all on one server."""
    with TemporaryDirectory(prefix="mockspark-bench-") as name:
        folder = Path(name)
        if engine == "sqlite":
            yield folder, [f"sqlite:///{folder / f'{index}.db'}" for index in range(count)]
            return
        with postgres() as server:
            yield folder, [server.new_database() for _ in range(count)]
