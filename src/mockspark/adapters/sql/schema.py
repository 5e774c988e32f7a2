"""How the tables come to be, and whether they are those that this version expects."""

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mockspark.adapters.jobs import tables as jobs
from mockspark.adapters.sql.rows import transaction
from mockspark.domain.errors import NotPossible

VERSION_TABLE: Final = "mockspark_schema"
_LOCATION: Final = "mockspark.adapters.sql:migrations"
_LOCK: Final = 0x6D6F636C
_NEWER: Final = (
    "the database was made by a newer MockSpark: upgrade the program, or restore the backup before it"
)
_OLDER: Final = "the database is older than this MockSpark: stop all workers, then run mockspark migrate"
_FOREIGN: Final = f"there are MockSpark tables without a {VERSION_TABLE}: name another database"


async def prepare(engine: AsyncEngine) -> None:
    """Fill an empty database; raises NotPossible for one that is older or newer than this version.

    Safe when several processes start at once: one fills, the others wait and find it filled.
    """
    async with transaction(engine) as connection:
        await _lock(connection)
        await connection.run_sync(_fill)
    await jobs.install(engine)


async def migrate(engine: AsyncEngine) -> None:
    """Bring the database up to this version; raises NotPossible for a newer one."""
    async with transaction(engine) as connection:
        await _lock(connection)
        await connection.run_sync(_upgrade)
    await jobs.install(engine)


async def _lock(connection: AsyncConnection) -> None:
    # On SQLite the transaction is the only writer already.
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _fill(connection: Connection) -> None:
    at = _version(connection)
    if at is None:
        _upgrade(connection)
    elif at != _scripts().get_current_head():
        raise NotPossible(_OLDER if _known(at) else _NEWER)


def _upgrade(connection: Connection) -> None:
    at = _version(connection)
    if at is not None and not _known(at):
        raise NotPossible(_NEWER)
    if at is None and inspect(connection).has_table("mockspark_shop"):
        raise NotPossible(_FOREIGN)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(
        connection, opts={"version_table": VERSION_TABLE}
    ).get_current_revision()


def _known(revision: str) -> bool:
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _LOCATION)
    config.set_main_option("path_separator", "os")
    return config
