"""Head office's tables, the same on SQLite and PostgreSQL (SQLAlchemy Core).

Events, heads, grants, slots out, branches and what happened to customers (consent answers,
corrections, erasures, merges) are journals: rows are added, never changed; only an erasure empties
what corrections held of that person.
Everything else is a projection or a queue that the audit recomputes or checks against them. ``mac``
columns are keyed digests of a row's own columns, so that a byte changed behind our back is found
even where no signature covers it.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()


def _big(name: str, *, key: bool = False, null: bool = False) -> Column[int]:
    # Every number is allotted by us under a lock; the database must never invent one.
    return Column(name, BigInteger, primary_key=key, nullable=null, autoincrement=False)


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null)


def _bytes(name: str, *, key: bool = False, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, primary_key=key, nullable=null)


office_facts = Table("office_facts", metadata, _text("name", key=True), _bytes("value"))
counters = Table("counters", metadata, _text("name", key=True), _big("value"))
key_records = Table(
    "key_records", metadata, _bytes("key_id", key=True), _text("use"), _bytes("record")
)

outlets = Table(
    "outlets",
    metadata,
    _text("code", key=True),
    _text("name"),
    _text("address"),
    _text("kind"),
)
staff = Table(
    "staff",
    metadata,
    _text("code", key=True),
    _text("campaign"),
    _text("name"),
    _text("role"),
    Column("active", Boolean, nullable=False),
    _text("one_time_code"),
    _big("code_expires_ms"),
)
staff_outlets = Table(
    "staff_outlets", metadata, _text("staff", key=True), _text("outlet", key=True)
)

enrolment_tokens = Table(
    "enrolment_tokens",
    metadata,
    _bytes("token_sha256", key=True),
    _text("outlet"),
    _text("kind"),
    _big("terminal", null=True),
    _big("expires_ms"),
    _big("used_ms", null=True),
)
terminals = Table(
    "terminals",
    metadata,
    _big("terminal", key=True),
    _text("outlet"),
    _text("kind"),
    _big("epoch"),
    _text("state"),
    _text("program"),
    _text("machine"),
    _big("urgent_cursor"),
)
epochs = Table(
    "epochs",
    metadata,
    _big("terminal", key=True),
    _big("epoch", key=True),
    _bytes("certificate"),
    _bytes("public_key"),
    _big("seq"),
    _bytes("head_hash"),
    _big("backed_up_seq"),
    _text("state"),
    _big("enrolled_ms"),
)

events = Table(
    "events",
    metadata,
    _big("terminal", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _bytes("hash"),
    _bytes("event_id"),
    _text("type"),
    _bytes("envelope"),
    _bytes("payload"),
    _bytes("salt"),
    _big("received_ms"),
    _text("verdict"),
    _text("code"),
    _bytes("mac"),
    Index("events_by_id", "event_id"),
)
heads = Table(
    "heads",
    metadata,
    _big("terminal", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _bytes("hash"),
    _bytes("signature"),
    _big("received_ms"),
)
# The other branches of a forked chain; many events may have one number, each has its own hash.
branch_events = Table(
    "branch_events",
    metadata,
    _big("terminal", key=True),
    _big("epoch", key=True),
    _bytes("hash", key=True),
    _big("seq"),
    _bytes("prev_hash"),
    _bytes("event_id"),
    _text("type"),
    _bytes("envelope"),
    _bytes("payload"),
    _bytes("salt"),
    _big("received_ms"),
    _text("verdict"),
    _text("code"),
    # The case in which a person looks at the branch.
    _big("case"),
    _bytes("mac"),
    Index("branch_events_by_id", "event_id"),
    Index("branch_events_by_prev", "terminal", "epoch", "prev_hash"),
)
# The signed end of each run of a branch as shown, and the event that the run followed.
branch_heads = Table(
    "branch_heads",
    metadata,
    _big("terminal", key=True),
    _big("epoch", key=True),
    _bytes("hash", key=True),
    _bytes("after_hash", key=True),
    _big("seq"),
    _bytes("signature"),
)

campaigns = Table(
    "campaigns",
    metadata,
    _text("campaign", key=True),
    _big("version", key=True),
    _bytes("record"),
    _bytes("content_sha256"),
    _big("published_ms"),
)
holder_keys = Table("holder_keys", metadata, _text("campaign", key=True), _bytes("sealed_key"))
campaign_outlets = Table(
    "campaign_outlets", metadata, _text("campaign", key=True), _text("outlet", key=True)
)
offers = Table(
    "offers",
    metadata,
    _big("offer", key=True),
    _text("campaign"),
    _text("code"),
    _big("face_minor"),
    _big("cost_cap_minor"),
    _big("budget_minor"),
    _big("ceiling_minor"),
    _big("slots_limit", null=True),
    _big("slots_ceiling", null=True),
    _big("policy"),
    _big("allowance_minor"),
    _big("issue_from"),
    _big("issue_until"),
    _big("forecast"),
    Column("is_open", Boolean, nullable=False),
    _big("slots_lent"),
    _big("slots_out"),
    _big("reserve_minor"),
    _big("reserve_slots"),
    _big("honoured_minor"),
    # How many a person may have in all and on one day; nothing is no limit.
    _big("per_person_limit", null=True),
    _big("per_day_limit", null=True),
    # The last guard: no statement, however wrong, commits more than the ceiling. The ceiling is
    # the budget, or what was committed already when the budget was cut below it.
    CheckConstraint(
        "cost_cap_minor * (slots_lent - slots_out) + reserve_minor <= ceiling_minor",
        name="offer_within_budget",
    ),
    CheckConstraint(
        "slots_ceiling IS NULL OR slots_lent - slots_out + reserve_slots <= slots_ceiling",
        name="offer_within_count",
    ),
    CheckConstraint("slots_out BETWEEN 0 AND slots_lent", name="offer_slots"),
    Index("offers_by_code", "campaign", "code", unique=True),
)
allowances = Table(
    "allowances",
    metadata,
    _big("offer", key=True),
    _big("terminal", key=True),
    _big("amount_minor"),
    _big("slots"),
)
grants = Table(
    "grants",
    metadata,
    _big("grant", key=True),
    _big("terminal"),
    _big("epoch"),
    _big("offer"),
    _big("slots"),
    _bytes("record"),
    _big("lent_ms"),
    _bytes("mac"),
    Index("grants_by_terminal", "terminal", "offer"),
    Index("grants_by_offer", "offer"),
)
slots_out = Table(
    "slots_out",
    metadata,
    _big("grant", key=True),
    _big("first", key=True),
    _big("last"),
    _text("why"),
    _big("epoch"),
    _big("seq"),
    _big("out_ms"),
    CheckConstraint("first BETWEEN 1 AND last", name="slots_out_range"),
)
revocation_holds = Table(
    "revocation_holds",
    metadata,
    _big("grant", key=True),
    _big("terminal", key=True),
    _big("offer"),
    _big("slots"),
    _big("item"),
    _big("acknowledged_ms", null=True),
)

customers = Table(
    "customers",
    metadata,
    _text("customer", key=True),
    _big("terminal"),
    _big("epoch"),
    _big("seq"),
    _text("outlet"),
    _text("channel"),
    _text("referrer"),
    _bytes("consents"),
    _bytes("sealed"),
    _bytes("person_key", null=True),
    # The hash of the event on a branch that registered this person; empty on the chain itself.
    _bytes("branch"),
    Index("customers_by_event", "terminal", "epoch", "seq"),
)
customer_hashes = Table(
    "customer_hashes",
    metadata,
    _bytes("hash", key=True),
    _text("customer", key=True),
    Index("customer_hashes_by_customer", "customer"),
)
# What became of customers after they were registered: one row an event, named by the event's hash,
# so that those of a branch have their place too. The last answer to a purpose is what counts.
consent_answers = Table(
    "consent_answers",
    metadata,
    _bytes("hash", key=True),
    _big("terminal"),
    _big("epoch"),
    _big("seq"),
    _text("customer"),
    _text("purpose"),
    Column("granted", Boolean, nullable=False),
    _text("text_version"),
    _text("text_sha256"),
    _text("how"),
    Index("consent_answers_by_customer", "customer"),
)
corrections = Table(
    "corrections",
    metadata,
    _bytes("hash", key=True),
    _big("terminal"),
    _big("epoch"),
    _big("seq"),
    _text("customer"),
    _text("channel"),
    _bytes("sealed"),
    # The keyed hashes, 16 bytes each, that count for the customer since then.
    _bytes("hashes"),
    Index("corrections_by_customer", "customer"),
)
erasures = Table(
    "erasures",
    metadata,
    _bytes("hash", key=True),
    _big("terminal"),
    _big("epoch"),
    _big("seq"),
    _text("customer"),
    _text("second"),
    _text("reason"),
    Index("erasures_by_customer", "customer"),
)
merges = Table(
    "merges",
    metadata,
    _bytes("hash", key=True),
    _big("terminal"),
    _big("epoch"),
    _big("seq"),
    _text("merge"),
    _text("kept"),
    _text("other"),
    Column("undone", Boolean, nullable=False),
    Index("merges_by_merge", "merge"),
    Index("merges_by_kept", "kept"),
    Index("merges_by_other", "other"),
)
duplicates = Table("duplicates", metadata, _text("customer", key=True), _text("other", key=True))
vouchers = Table(
    "vouchers",
    metadata,
    _big("grant", key=True),
    _big("slot", key=True),
    _big("terminal"),
    _big("epoch"),
    _big("seq"),
    _big("offer"),
    _text("customer"),
    _bytes("voucher"),
    _big("number"),
    _big("issued_at"),
    _big("issued_day"),
    _big("expires_day"),
    _big("honoured_minor"),
    Index("vouchers_by_customer", "customer"),
)
printings = Table(
    "printings",
    metadata,
    _big("terminal", key=True),
    _big("epoch", key=True),
    _big("seq", key=True),
    _big("item", key=True),
    _big("grant"),
    _big("slot"),
    _big("copy"),
)
usage = Table(
    "usage",
    metadata,
    _big("terminal", key=True),
    _big("offer", key=True),
    _big("day", key=True),
    _big("vouchers"),
)

cases = Table(
    "cases",
    metadata,
    _big("case", key=True),
    _text("kind"),
    _big("terminal"),
    _big("epoch"),
    _big("seq"),
    _text("facts"),
    _text("state"),
    _big("opened_ms"),
)
feed_items = Table(
    "feed_items",
    metadata,
    _big("number", key=True),
    Column("lane", String(8), nullable=False),
    # "*" for everybody, "o:OUTLET" for an outlet, "t:TERMINAL.EPOCH" for one terminal.
    _text("audience"),
    _big("except_terminal"),
    _text("kind"),
    # A newer item with the same topic replaces the older one; "" stands alone.
    _text("topic"),
    _bytes("body"),
    Index("feed_items_by_audience", "lane", "audience", "number"),
    Index("feed_items_by_topic", "topic"),
)
