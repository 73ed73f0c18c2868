"""Keep what becomes of vouchers, and who at head office decided what with whom."""

import json

import cbor2
import sqlalchemy as sa
from alembic import op

revision = "ho0004"
down_revision = "ho0003"

_BIG, _TEXT, _BYTES = sa.BigInteger, sa.Text, sa.LargeBinary
_HOLD, _HOLD_KEY = ("grant", "terminal", "offer", "slots", "item"), {"grant", "terminal", "item"}
_PLACE = (("terminal", _BIG), ("epoch", _BIG), ("seq", _BIG))
_VOUCHER = (("grant", _BIG), ("slot", _BIG))
# Table: its columns, and how many of the first ones are its key.
_TABLES = {
    "redemptions": (
        (
            ("redemption", _BYTES), *_VOUCHER, ("offer", _BIG), *_PLACE, ("outlet", _TEXT),
            ("staff", _TEXT), ("basis", _TEXT), ("amount_minor", _BIG), ("purchase_minor", _BIG),
            ("said_ms", _BIG), ("accepted_ms", _BIG), ("state", _TEXT), ("second_of", _BYTES),
            ("rightful", sa.Boolean), ("loss_minor", _BIG), ("paid_minor", _BIG),
            ("booked_minor", _BIG), ("booked_slots", _BIG), ("mac", _BYTES),
        ),
        1,
    ),
    "redemption_answers": (
        (
            ("intent", _BYTES), ("terminal", _BIG), ("epoch", _BIG), ("wish", _TEXT),
            ("body_sha256", _BYTES), ("answer", _BYTES), ("answered_ms", _BIG), ("mac", _BYTES),
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
    op.create_table(
        "awaited_terminals",
        sa.Column("terminal", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("told_ms", sa.BigInteger(), nullable=True),
    )
    op.create_index("redemptions_by_voucher", "redemptions", ["grant", "slot"])
    op.create_index("book_entries_by_customer", "book_entries", ["customer"])
    op.create_index("redemptions_by_place", "redemptions", ["terminal", "epoch", "seq"])
    for name in ("epoch", "through_seq", "lost_minor"):
        op.add_column("allowances", _added(name))
    for name, given in (("loss_minor", "0"), ("loss_slots", "0"), ("undo_minutes", "30")):
        op.add_column("offers", _added(name, given))
    partial = sa.Column("partial_use", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("offers", partial)
    op.add_column("offers", sa.Column("min_spend_minor", sa.BigInteger(), nullable=True))
    _read_terms()
    # What vouchers were honoured for is summed from the redemptions.
    op.drop_column("vouchers", "honoured_minor")
    _key_holds_by_item()


def _added(name: str, given: str = "0") -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=given)


def _read_terms() -> None:
    """Take from the campaigns, the newest last, for what vouchers may be redeemed."""
    campaigns = sa.table("campaigns", *map(sa.column, ("campaign", "version", "record")))
    named = ("campaign", "code", "partial_use", "min_spend_minor")
    offers = sa.table("offers", *map(sa.column, named))
    connection = op.get_bind()
    published = sa.select(campaigns).order_by(campaigns.c.campaign, campaigns.c.version)
    for row in connection.execute(published).all():
        body = cbor2.loads(cbor2.loads(bytes(row.record))["body"])
        for offer in json.loads(body["content"])["offers"]:
            mine = (offers.c.campaign == row.campaign) & (offers.c.code == offer["code"])
            given = {
                "partial_use": bool(offer.get("partial_use")),
                "min_spend_minor": offer.get("min_spend_minor"),
            }
            connection.execute(sa.update(offers).where(mine).values(given))


def _key_holds_by_item() -> None:
    """Let one grant lose slots several times, each told by an item of its own."""
    big = [sa.Column(n, sa.BigInteger(), nullable=False, primary_key=n in _HOLD_KEY,
                     autoincrement=False) for n in _HOLD]  # fmt: skip
    op.create_table(
        "holds_by_item", *big, sa.Column("acknowledged_ms", sa.BigInteger(), nullable=True)
    )
    names = ", ".join(f'"{name}"' for name in (*_HOLD, "acknowledged_ms"))
    # Names from this file, nothing from outside.
    op.execute(f"INSERT INTO holds_by_item ({names}) SELECT {names} FROM revocation_holds")  # noqa: S608
    op.drop_table("revocation_holds")
    op.rename_table("holds_by_item", "revocation_holds")
