"""The first schema of head office's store."""

import sqlalchemy as sa
from alembic import op

revision = "ho0001"
down_revision = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "allowances",
        sa.Column("offer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("offer", "terminal"),
    )
    op.create_table(
        "branch_events",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("case", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("terminal", "epoch", "hash"),
    )
    op.create_index("branch_events_by_id", "branch_events", ["event_id"], unique=False)
    op.create_index(
        "branch_events_by_prev", "branch_events", ["terminal", "epoch", "prev_hash"], unique=False
    )
    op.create_table(
        "branch_heads",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("after_hash", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("terminal", "epoch", "hash", "after_hash"),
    )
    op.create_table(
        "campaign_outlets",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "outlet"),
    )
    op.create_table(
        "campaigns",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("campaign", "version"),
    )
    op.create_table(
        "cases",
        sa.Column("case", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("case"),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "customer_hashes",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", "customer"),
    )
    op.create_index("customer_hashes_by_customer", "customer_hashes", ["customer"], unique=False)
    op.create_table(
        "customers",
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("referrer", sa.Text(), nullable=False),
        sa.Column("consents", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("person_key", sa.LargeBinary(), nullable=True),
        sa.Column("branch", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer"),
    )
    op.create_index("customers_by_event", "customers", ["terminal", "epoch", "seq"], unique=False)
    op.create_table(
        "duplicates",
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "other"),
    )
    op.create_table(
        "enrolment_tokens",
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("expires_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("used_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_table(
        "epochs",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.Column("backed_up_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("terminal", "epoch"),
    )
    op.create_table(
        "events",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("terminal", "epoch", "seq"),
    )
    op.create_index("events_by_id", "events", ["event_id"], unique=False)
    op.create_table(
        "feed_items",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lane", sa.String(length=8), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("except_terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        "feed_items_by_audience", "feed_items", ["lane", "audience", "number"], unique=False
    )
    op.create_index("feed_items_by_topic", "feed_items", ["topic"], unique=False)
    op.create_table(
        "grants",
        sa.Column("grant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("lent_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("grant"),
    )
    op.create_index("grants_by_offer", "grants", ["offer"], unique=False)
    op.create_index("grants_by_terminal", "grants", ["terminal", "offer"], unique=False)
    op.create_table(
        "heads",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("terminal", "epoch", "seq"),
    )
    op.create_table(
        "holder_keys",
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("campaign"),
    )
    op.create_table(
        "key_records",
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )
    op.create_table(
        "offers",
        sa.Column("offer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("face_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cost_cap_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("budget_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ceiling_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots_limit", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("slots_ceiling", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("policy", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("allowance_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issue_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issue_until", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("forecast", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("slots_lent", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots_out", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reserve_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reserve_slots", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("honoured_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "cost_cap_minor * (slots_lent - slots_out) + reserve_minor <= ceiling_minor",
            name="offer_within_budget",
        ),
        sa.CheckConstraint(
            "slots_ceiling IS NULL OR slots_lent - slots_out + reserve_slots <= slots_ceiling",
            name="offer_within_count",
        ),
        sa.CheckConstraint("slots_out BETWEEN 0 AND slots_lent", name="offer_slots"),
        sa.PrimaryKeyConstraint("offer"),
    )
    op.create_index("offers_by_code", "offers", ["campaign", "code"], unique=True)
    op.create_table(
        "office_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "outlets",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "printings",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("grant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("copy", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("terminal", "epoch", "seq", "item"),
    )
    op.create_table(
        "revocation_holds",
        sa.Column("grant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slots", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("acknowledged_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("grant", "terminal"),
    )
    op.create_table(
        "slots_out",
        sa.Column("grant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("out_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.CheckConstraint("first BETWEEN 1 AND last", name="slots_out_range"),
        sa.PrimaryKeyConstraint("grant", "first"),
    )
    op.create_table(
        "staff",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("one_time_code", sa.Text(), nullable=False),
        sa.Column("code_expires_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "staff_outlets",
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("staff", "outlet"),
    )
    op.create_table(
        "terminals",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("urgent_cursor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("terminal"),
    )
    op.create_table(
        "usage",
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vouchers", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("terminal", "offer", "day"),
    )
    op.create_table(
        "vouchers",
        sa.Column("grant", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("terminal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("offer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("voucher", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expires_day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("honoured_minor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("grant", "slot"),
    )
    op.create_index("vouchers_by_customer", "vouchers", ["customer"], unique=False)
