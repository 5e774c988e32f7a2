"""A PostgreSQL server of the tests' own: one throw-away cluster per process, one database per test.

Import the fixtures into a conftest: ``from tests.postgres import postgres_server, postgres_url``.
"""

import asyncio
import atexit
import ctypes
import functools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

EXTERNAL: Final = "MOCKSPARK_TEST_POSTGRES_URL"
_START_SECONDS: Final = 60
_SPEED: Final = ("fsync=off", "synchronous_commit=on", "full_page_writes=off")
_SMALL: Final = (
    "shared_buffers=64MB", "max_connections=200", "unix_socket_directories=", "listen_addresses=127.0.0.1",
    "autovacuum_naptime=5s", "logging_collector=off",
)  # fmt: skip

_T = TypeVar("_T")


class PostgresUnavailable(Exception):
    """There is no server to be had here; the message says why."""


class PostgresServer:
    """A private cluster in a temporary folder; it dies with the process that started it.

    With *durable* it really syncs to disk, for tests about durability.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._binaries = _binaries()
        self._durable = durable
        self._user = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="mockspark-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._initdb()

    @property
    def url(self) -> str:
        """The maintenance database's address."""
        return f"postgresql://mockspark@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [*_SMALL, f"port={self.port}", *(() if self._durable else _SPEED)]
        arguments = [part for option in options for part in ("-c", option)]
        self._process = self._spawn("postgres", "-D", str(self._data), *arguments)
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise PostgresUnavailable(f"the server did not start: {self._log()}")
            time.sleep(0.03)

    def stop(self) -> None:
        """Stop the server as an operator's restart would: sessions are cut off, data stays."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self, template: str = "template1") -> str:
        """Create an empty database, or a copy of *template*, and return its address."""
        return create_database(self.url, template)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _initdb(self) -> None:
        for locale in ("C.UTF-8", "C"):
            done = self._spawn(
                "initdb", "-D", str(self._data), "-U", "mockspark", "--auth=trust", "--no-sync",
                "--encoding=UTF8", f"--locale={locale}",
            )  # fmt: skip
            if done.wait(_START_SECONDS) == 0:
                return
            shutil.rmtree(self._data, ignore_errors=True)
        raise PostgresUnavailable(f"initdb failed: {self._log()}")

    def _log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2000:]

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        account = self._user
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self._binaries / program), *arguments],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - only prctl is called
                user=None if account is None else account.pw_uid,
                group=None if account is None else account.pw_gid,
                extra_groups=None if account is None else [],
            )

    def _answers(self) -> bool:
        asked = [str(self._binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0


def create_database(maintenance_url: str, template: str = "template1") -> str:
    """Create a database of a random name next to *maintenance_url* and return its address."""
    name = f"mockspark_{uuid4().hex[:12]}"
    _statement(maintenance_url, f'create database "{name}" template "{template}"')
    return urlunsplit(urlsplit(maintenance_url)._replace(path=f"/{name}"))


def drop_database(maintenance_url: str, url: str) -> None:
    """Drop the database of *url*, cutting off whoever is still connected."""
    _statement(maintenance_url, f'drop database if exists "{urlsplit(url).path[1:]}" with (force)')


@functools.cache
def shared_maintenance_url() -> str:
    """Start this process's cluster once, or take the one the environment names."""
    given = os.environ.get(EXTERNAL)
    if given:
        return given
    server = PostgresServer()
    atexit.register(server.remove)
    server.start()
    return server.url


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The address of the maintenance database of a running server; skips where there is none."""
    try:
        return shared_maintenance_url()
    except PostgresUnavailable as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of this test's own, `postgresql://...`, dropped afterwards."""
    url = create_database(postgres_server)
    yield url
    drop_database(postgres_server, url)


@pytest.fixture
def private_postgres() -> Iterator[PostgresServer]:
    """A running server this test may stop and start as it likes."""
    try:
        server = PostgresServer()
        server.start()
    except PostgresUnavailable as missing:
        pytest.skip(str(missing))
    yield server
    server.remove()


def _statement(url: str, statement: str) -> None:
    import asyncpg  # type: ignore[import-untyped]  # ships no type information

    async def execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _run_aside(execute())


def _run_aside(work: Coroutine[Any, Any, _T]) -> _T:
    # The caller may stand inside an event loop of its own.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    raise PostgresUnavailable(f"no PostgreSQL server programs found; install them or set {EXTERNAL}")


def _unprivileged() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: name the account to run it as, or None for our own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnavailable("running as root and there is no account to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _die_with_parent() -> None:
    # SIGQUIT is PostgreSQL's immediate shutdown; a killed test run must not leave a server behind.
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGQUIT)
