"""How the tables come to be, and whether they are those that this version expects."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.jobs import tables as jobs
from mockspark.adapters.sql.rows import transaction
from mockspark.adapters.sql.tables import metadata
from mockspark.adapters.sql.words import DDL


async def prepare(engine: AsyncEngine) -> None:
    """Create the tables of an empty database."""
    async with transaction(engine) as connection:
        await connection.run_sync(metadata.create_all)
        for statement in DDL[engine.dialect.name]:
            await connection.execute(text(statement))
    await jobs.install(engine)
