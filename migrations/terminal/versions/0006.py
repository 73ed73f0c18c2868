"""The day's redemptions are found by their time."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the index; the rows are as they were."""
    op.execute("CREATE INDEX redemptions_by_time ON redemptions (at_ms)")
