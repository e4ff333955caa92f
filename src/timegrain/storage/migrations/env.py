"""How Alembic reaches the database: the caller hands in its connection and transaction."""

from alembic import context

from timegrain.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
