"""Keep what becomes of vouchers, and who at head office decided what with whom."""

import sqlalchemy as sa
from alembic import op

revision = "ho0004"
down_revision = "ho0003"

_BIG, _TEXT, _BYTES = sa.BigInteger, sa.Text, sa.LargeBinary
_PLACE = (("terminal", _BIG), ("epoch", _BIG), ("seq", _BIG))
_VOUCHER = (("grant", _BIG), ("slot", _BIG))
# Table: its columns, and how many of the first ones are its key.
_TABLES = {
    "redemptions": (
        (
            ("redemption", _BYTES), *_VOUCHER, ("offer", _BIG), *_PLACE, ("outlet", _TEXT),
            ("staff", _TEXT), ("basis", _TEXT), ("amount_minor", _BIG), ("purchase_minor", _BIG),
            ("said_ms", _BIG), ("accepted_ms", _BIG), ("state", _TEXT), ("second_of", _BYTES),
            ("body_sha256", _BYTES),
        ),
        1,
    ),
    "redemption_undos": (
        (
            ("undo", _BYTES), ("redemption", _BYTES), *_PLACE, ("reason", _TEXT),
            ("accepted_ms", _BIG),
        ),
        1,
    ),
    "releases": ((("grant", _BIG), ("first", _BIG), ("last", _BIG), *_PLACE), 2),
    "voids": ((*_VOUCHER, *_PLACE, ("reason", _TEXT), ("second", _TEXT)), 2),
    "copies": (
        (*_VOUCHER, ("copy", _BIG), *_PLACE, ("voucher", _BYTES), ("reason", _TEXT)),
        3,
    ),
    "book_entries": (
        (
            *_VOUCHER, *_PLACE, ("book", _TEXT), ("fate", _TEXT), ("customer", _TEXT),
            ("used_day", _BIG), ("second", _TEXT),
        ),
        2,
    ),
    "office_acts": (
        (
            ("act", _BYTES), ("what", _TEXT), ("subject", _TEXT), ("reason", _TEXT),
            ("staff", _TEXT), ("second", _TEXT), ("done_ms", _BIG),
        ),
        1,
    ),
    "case_decisions": (
        (
            ("case", _BIG), ("decision", _TEXT), ("liable", _TEXT), ("loss_minor", _BIG),
            ("word", _TEXT), ("staff", _TEXT), ("second", _TEXT), ("decided_ms", _BIG),
        ),
        1,
    ),
}  # fmt: skip


def upgrade() -> None:
    """Add the tables; events of these types were parked as unknown before."""
    for table, (columns, keys) in _TABLES.items():
        op.create_table(
            table,
            *(
                sa.Column(
                    name, kind(), primary_key=place < keys, nullable=False, autoincrement=False
                )
                for place, (name, kind) in enumerate(columns)
            ),
        )
    op.create_table(
        "keepers",
        sa.Column("outlet", sa.Text(), primary_key=True, nullable=False),
        sa.Column("terminal", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=False),
        sa.Column("next_terminal", sa.BigInteger(), nullable=True),
    )
    op.create_table(
        "office_people",
        sa.Column("code", sa.Text(), primary_key=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pin", sa.LargeBinary(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("redemptions_by_voucher", "redemptions", ["grant", "slot"])
    op.create_index("redemptions_by_place", "redemptions", ["terminal", "epoch", "seq"])
    for name in ("epoch", "through_seq", "lost_minor"):
        op.add_column("allowances", _added(name))
    op.add_column("offers", _added("loss_minor"))


def _added(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
