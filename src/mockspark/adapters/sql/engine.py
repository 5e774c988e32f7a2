"""The two databases MockSpark runs on, opened so that nothing committed is lost."""

from collections.abc import Mapping
from typing import Final, Literal

from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from mockspark.adapters.sql.sqlite import connector
from mockspark.domain.errors import InvalidValue, NotPossible

Dialect = Literal["sqlite", "postgresql"]

DRIVERS: Final[dict[str, tuple[Dialect, str]]] = {
    "sqlite": ("sqlite", "sqlite+aiosqlite"),
    "sqlite+aiosqlite": ("sqlite", "sqlite+aiosqlite"),
    "postgres": ("postgresql", "postgresql+asyncpg"),
    "postgresql": ("postgresql", "postgresql+asyncpg"),
    "postgresql+asyncpg": ("postgresql", "postgresql+asyncpg"),
}

BUSY_MILLISECONDS: Final = 30_000
RECYCLE_SECONDS: Final = 1800
READERS: Final = 8

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    # In WAL mode NORMAL may lose the last commits when the power fails; a paid order may not be lost.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)
# The best plan of a search depends on what is searched for; compiling it would take longer than running it.
_READING: Final = {"plan_cache_mode": "force_custom_plan", "jit": "off"}
_SQLITE_FULL: Final = 2
_POSTGRES_DURABLE: Final = frozenset({"on", "local", "remote_write", "remote_apply"})


def dialect_of(url: str) -> Dialect:
    """Name the database *url* leads to, or raise InvalidValue."""
    return _known(url)[0]


def make_engine(url: str) -> AsyncEngine:
    """Open *url* for writing: a SQLite transaction is the only writer from its first statement on."""
    if dialect_of(url) == "postgresql":
        return _postgres(url)
    # One connection: writers of this process queue in order instead of polling for SQLite's lock.
    return _sqlite(url, begin="BEGIN IMMEDIATE", connections=1)


def make_read_engine(url: str) -> AsyncEngine:
    """Open *url* for reading: on SQLite its transactions never wait for the writer."""
    if dialect_of(url) == "postgresql":
        return _postgres(url, _READING)
    return _sqlite(url, begin="BEGIN", connections=READERS)


async def assert_durable(engine: AsyncEngine) -> None:
    """Raise NotPossible unless a commit through *engine* survives a power failure."""
    if engine.dialect.name == "sqlite":
        await _assert_sqlite_durable(engine)
        return
    async with engine.connect() as connection:
        commit = str(await connection.scalar(text("SHOW synchronous_commit")))
        fsync = str(await connection.scalar(text("SHOW fsync")))
    if commit not in _POSTGRES_DURABLE:
        raise NotPossible(
            f"PostgreSQL runs with synchronous_commit={commit}: a commit could be lost; "
            "set it to on for this database or role"
        )
    if fsync != "on":
        raise NotPossible(f"PostgreSQL runs with fsync={fsync}: set fsync=on in postgresql.conf")


async def _assert_sqlite_durable(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        level = await connection.scalar(text("PRAGMA synchronous"))
    if not isinstance(level, int) or level < _SQLITE_FULL:
        raise NotPossible(
            f"SQLite runs with synchronous={level}: a commit could be lost; set PRAGMA synchronous=FULL"
        )


def async_url(url: str) -> URL:
    """Return *url* with the asynchronous driver MockSpark uses."""
    parsed = _parse(url)
    return parsed.set(drivername=_known(url)[1])


def _known(url: str) -> tuple[Dialect, str]:
    name = _parse(url).drivername
    if name not in DRIVERS:
        raise InvalidValue(
            f"a database of the kind {name!r} is not supported; use sqlite:///path or postgresql://host/name"
        )
    return DRIVERS[name]


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as problem:
        # The address may carry a password: do not repeat it.
        raise InvalidValue(
            "the database address cannot be read; use sqlite:///path or postgresql://host/name"
        ) from problem


def _postgres(url: str, options: Mapping[str, str] | None = None) -> AsyncEngine:
    # A broken connection empties the whole pool, so a restarted server costs one failed transaction.
    return create_async_engine(
        async_url(url),
        pool_size=10,
        max_overflow=10,
        pool_recycle=RECYCLE_SECONDS,
        connect_args={"server_settings": dict(options or {})},
    )


def _sqlite(url: str, *, begin: str, connections: int) -> AsyncEngine:
    address = async_url(url)
    if not address.database or ":memory:" in address.database or address.query.get("mode") == "memory":
        raise InvalidValue(
            "an in-memory SQLite database cannot be shared between connections; "
            "name a file, as in sqlite:///mockspark.db, or use the in-memory store"
        )
    engine = create_async_engine(
        address,
        async_creator=connector(address),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_MILLISECONDS / 1000,
    )

    # The driver would open a transaction only before the first write, and lose what was read before it.
    @event.listens_for(engine.sync_engine, "connect")
    def _open(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
