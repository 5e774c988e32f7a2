"""How alembic runs our migrations: inside the transaction that `adapters.sql.schema` opened."""

from alembic import context

from mockspark.adapters.sql.schema import VERSION_TABLE
from mockspark.adapters.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
