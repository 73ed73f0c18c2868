"""Redemptions, news of vouchers, keepers, allowances, books; earlier enrolments and forks."""

from alembic import op

revision = "0005"
down_revision = "0004"

_STATEMENTS = (
    "CREATE TABLE allowances (offer INTEGER NOT NULL, amount_minor INTEGER NOT NULL, epoch "
    "INTEGER NOT NULL, through_seq INTEGER NOT NULL, item INTEGER NOT NULL, PRIMARY KEY "
    "(offer)) WITHOUT ROWID",
    "CREATE TABLE book_entries (grant_number INTEGER NOT NULL, slot INTEGER NOT NULL, "
    "position INTEGER NOT NULL, fate TEXT NOT NULL, customer TEXT NOT NULL, used_day INTEGER "
    "NOT NULL, PRIMARY KEY (grant_number, slot)) WITHOUT ROWID",
    "CREATE TABLE books (book TEXT NOT NULL, position INTEGER NOT NULL, grant_number INTEGER "
    "NOT NULL, first_slot INTEGER NOT NULL, last_slot INTEGER NOT NULL, first_number INTEGER "
    "NOT NULL, PRIMARY KEY (book)) WITHOUT ROWID",
    "CREATE TABLE forks (epoch INTEGER NOT NULL, office_seq INTEGER NOT NULL, ack BLOB NOT "
    "NULL, noticed_ms INTEGER NOT NULL, shown_seq INTEGER NOT NULL, PRIMARY KEY (epoch))",
    "CREATE TABLE keepers (outlet TEXT NOT NULL, terminal INTEGER NOT NULL, issuers TEXT NOT "
    "NULL, resign BOOLEAN NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (outlet)) WITHOUT "
    "ROWID",
    "CREATE TABLE known_copies (grant_number INTEGER NOT NULL, slot INTEGER NOT NULL, copy "
    "INTEGER NOT NULL, PRIMARY KEY (grant_number, slot)) WITHOUT ROWID",
    "CREATE TABLE outcomes (number INTEGER NOT NULL, kind TEXT NOT NULL, grant_number INTEGER "
    "NOT NULL, slot INTEGER NOT NULL, decision TEXT NOT NULL, liable TEXT NOT NULL, "
    "loss_minor INTEGER NOT NULL, word TEXT NOT NULL, facts TEXT NOT NULL, item INTEGER NOT "
    "NULL, PRIMARY KEY (number))",
    "CREATE TABLE past_enrolments (epoch INTEGER NOT NULL, enrolment BLOB NOT NULL, arrival "
    "INTEGER NOT NULL, seq INTEGER NOT NULL, acked_seq INTEGER NOT NULL, ack BLOB NOT NULL, "
    "PRIMARY KEY (epoch))",
    "CREATE TABLE redemptions (redemption TEXT NOT NULL, position INTEGER NOT NULL, "
    "grant_number INTEGER NOT NULL, slot INTEGER NOT NULL, offer INTEGER NOT NULL, basis TEXT "
    "NOT NULL, amount_minor INTEGER NOT NULL, purchase_minor INTEGER NOT NULL, at_ms INTEGER "
    "NOT NULL, undone_ms INTEGER, PRIMARY KEY (redemption)) WITHOUT ROWID",
    "CREATE INDEX redemptions_by_basis ON redemptions (basis, offer, position)",
    "CREATE INDEX redemptions_by_voucher ON redemptions (grant_number, slot)",
    "CREATE TABLE releases (grant_number INTEGER NOT NULL, first_slot INTEGER NOT NULL, "
    "last_slot INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (grant_number, "
    "first_slot)) WITHOUT ROWID",
    "CREATE TABLE reprints (grant_number INTEGER NOT NULL, slot INTEGER NOT NULL, copy "
    "INTEGER NOT NULL, position INTEGER NOT NULL, voucher BLOB NOT NULL, PRIMARY KEY "
    "(grant_number, slot, copy)) WITHOUT ROWID",
    "CREATE TABLE resignations (outlet TEXT NOT NULL, item INTEGER NOT NULL, position INTEGER "
    "NOT NULL, PRIMARY KEY (outlet, item)) WITHOUT ROWID",
    "CREATE TABLE return_requests (grant_number INTEGER NOT NULL, keep INTEGER NOT NULL, "
    "reason TEXT NOT NULL, PRIMARY KEY (grant_number)) WITHOUT ROWID",
    "CREATE TABLE used_elsewhere (item INTEGER NOT NULL, grant_number INTEGER NOT NULL, slot "
    "INTEGER NOT NULL, redemption BLOB NOT NULL, what TEXT NOT NULL, amount_minor INTEGER NOT "
    "NULL, outlet TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (item))",
    "CREATE INDEX used_elsewhere_by_voucher ON used_elsewhere (grant_number, slot)",
    "CREATE TABLE voids (grant_number INTEGER NOT NULL, slot INTEGER NOT NULL, position "
    "INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (grant_number, slot)) WITHOUT ROWID",
)


def upgrade() -> None:
    """Add the tables; a program that did not know these facts recorded none of them."""
    for statement in _STATEMENTS:
        op.execute(statement)
