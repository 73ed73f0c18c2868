"""Who holds a shift, gifts as counted, new PINs that are waited for."""

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_STATEMENTS = (
    "CREATE TABLE pin_resets ("
    "staff TEXT NOT NULL, asked_by TEXT NOT NULL, reason TEXT NOT NULL, asked_ms INTEGER NOT NULL, "
    "PRIMARY KEY (staff)) WITHOUT ROWID",
    "CREATE TABLE shift_counts ("
    "position INTEGER NOT NULL, offer_code TEXT NOT NULL, shift TEXT NOT NULL, "
    "counted INTEGER NOT NULL, expected INTEGER, "
    "PRIMARY KEY (position, offer_code)) WITHOUT ROWID",
    "CREATE TABLE shift_holders ("
    "position INTEGER NOT NULL, shift TEXT NOT NULL, staff TEXT NOT NULL, "
    "PRIMARY KEY (position))",
)


def upgrade() -> None:
    """Add three tables, and fill in who opened the shifts that are in the log."""
    for statement in _STATEMENTS:
        op.execute(statement)
    connection = op.get_bind()
    opened = connection.execute(
        sa.text("SELECT position, envelope, payload FROM events WHERE type = 'shift.opened'")
    )
    rows = [
        {
            "position": position,
            "shift": cbor2.loads(payload)["shift"],
            "staff": cbor2.loads(envelope)["staff"],
        }
        for position, envelope, payload in opened.all()
    ]
    if rows:
        held = sa.table("shift_holders", *map(sa.column, ("position", "shift", "staff")))
        connection.execute(sa.insert(held), rows)
