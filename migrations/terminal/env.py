"""Run the terminal's migrations in the transaction that the program opened (online only)."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True)
context.run_migrations()
