"""What happened to a customer, merge proposals, and who was erased by head office's word."""

import cbor2
from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"

_STATEMENTS = (
    "CREATE TABLE customer_events ("
    "customer TEXT NOT NULL, position INTEGER NOT NULL, "
    "PRIMARY KEY (customer, position)) WITHOUT ROWID",
    "CREATE TABLE merges ("
    "merge TEXT NOT NULL, kept TEXT NOT NULL, other TEXT NOT NULL, position INTEGER NOT NULL, "
    "undone_position INTEGER, PRIMARY KEY (merge)) WITHOUT ROWID",
    "CREATE INDEX merges_by_kept ON merges (kept)",
    "CREATE INDEX merges_by_other ON merges (other)",
    "CREATE TABLE erasures ("
    "customer TEXT NOT NULL, item INTEGER NOT NULL, PRIMARY KEY (customer)) WITHOUT ROWID",
)
_EVENTS = text(
    "SELECT position, type, payload FROM events "
    "WHERE type IN ('customer.revealed', 'voucher.printed')"
)
_ADD = text("INSERT OR IGNORE INTO customer_events (customer, position) VALUES (:who, :at)")
_ADD_HOLDER = text(
    "INSERT OR IGNORE INTO customer_events (customer, position) "
    "SELECT vouchers.customer, :at FROM vouchers "
    "WHERE grant_number = :grant AND slot = :slot AND customer <> ''"
)


def upgrade() -> None:
    """Add three tables, and note the events that earlier programs recorded about customers."""
    for statement in _STATEMENTS:
        op.execute(statement)
    connection = op.get_bind()
    for position, kind, payload in connection.execute(_EVENTS).all():
        fields = cbor2.loads(payload)
        if kind == "customer.revealed":
            connection.execute(_ADD, {"who": fields["customer"], "at": position})
            continue
        for grant, slot, *_ in fields["items"]:
            connection.execute(_ADD_HOLDER, {"at": position, "grant": grant, "slot": slot})
