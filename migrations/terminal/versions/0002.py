"""Drafts that survive a power cut, one-time codes handed over, a short way to the unprinted."""

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    "CREATE TABLE drafts ("
    "name TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (name)) WITHOUT ROWID",
    "CREATE TABLE handed_codes (item INTEGER NOT NULL, PRIMARY KEY (item))",
    "CREATE INDEX vouchers_unprinted ON vouchers (number) WHERE printed = 0",
)


def upgrade() -> None:
    """Add two tables and an index; nothing that is there changes."""
    for statement in _STATEMENTS:
        op.execute(statement)
