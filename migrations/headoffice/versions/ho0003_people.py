"""Keep what happens to customers later: consent answers, corrections, erasures, merges."""

import sqlalchemy as sa
from alembic import op

revision = "ho0003"
down_revision = "ho0002"

_PLACE = (
    ("hash", sa.LargeBinary), ("terminal", sa.BigInteger), ("epoch", sa.BigInteger),
    ("seq", sa.BigInteger),
)  # fmt: skip
_TABLES = {
    "consent_answers": (
        ("customer", sa.Text), ("purpose", sa.Text), ("granted", sa.Boolean),
        ("text_version", sa.Text), ("text_sha256", sa.Text), ("how", sa.Text),
    ),
    "corrections": (
        ("customer", sa.Text), ("channel", sa.Text), ("sealed", sa.LargeBinary),
        ("hashes", sa.LargeBinary),
    ),
    "erasures": (("customer", sa.Text), ("second", sa.Text), ("reason", sa.Text)),
    "merges": (
        ("merge", sa.Text), ("kept", sa.Text), ("other", sa.Text), ("undone", sa.Boolean),
    ),
}  # fmt: skip
_INDEXES = (
    ("consent_answers", "customer"), ("corrections", "customer"), ("erasures", "customer"),
    ("merges", "merge"), ("merges", "kept"), ("merges", "other"),
)  # fmt: skip


def upgrade() -> None:
    """Add the journals; events of these types were parked as unknown before."""
    for table, columns in _TABLES.items():
        op.create_table(
            table,
            *(
                sa.Column(name, kind(), primary_key=name == "hash", nullable=False)
                for name, kind in (*_PLACE, *columns)
            ),
        )
    for table, column in _INDEXES:
        op.create_index(f"{table}_by_{column}", table, [column])
