"""Head office's tables, the same on SQLite and PostgreSQL (SQLAlchemy Core).

Events, heads, grants, slots out, branches and what happened to customers (consent answers,
corrections, erasures, merges) are journals: rows are added, never changed; only an erasure empties
what corrections held of that person.
Everything else is a projection or a queue that the audit recomputes or checks against them. ``mac``
columns are keyed digests of a row's own columns, so that a byte changed behind our back is found
even where no signature covers it.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, String, Table, false

from branchdesk.domain.offer import UNDO_MINUTES

# Imported for its tables too: whoever makes the schema from here must see them all.
from branchdesk.headoffice import redemption_tables  # noqa: F401
from branchdesk.headoffice.columns import big, binary, metadata, text

office_facts = Table("office_facts", metadata, text("name", key=True), binary("value"))
counters = Table("counters", metadata, text("name", key=True), big("value"))
key_records = Table(
    "key_records", metadata, binary("key_id", key=True), text("use"), binary("record")
)

outlets = Table(
    "outlets",
    metadata,
    text("code", key=True),
    text("name"),
    text("address"),
    text("kind"),
)
staff = Table(
    "staff",
    metadata,
    text("code", key=True),
    text("campaign"),
    text("name"),
    text("role"),
    Column("active", Boolean, nullable=False),
    text("one_time_code"),
    big("code_expires_ms"),
)
staff_outlets = Table("staff_outlets", metadata, text("staff", key=True), text("outlet", key=True))
# Head office's own people; ``pin`` is a salt and a stretched, keyed digest, never a PIN.
office_people = Table(
    "office_people",
    metadata,
    text("code", key=True),
    text("name"),
    binary("pin"),
    Column("active", Boolean, nullable=False),
    big("tries"),
    big("locked_until_ms"),
)
# A journal: what head office's people did that changes authority or money, and who stood by.
office_acts = Table(
    "office_acts",
    metadata,
    binary("act", key=True),
    text("what"),
    text("subject"),
    text("reason"),
    text("staff"),
    text("second"),
    big("done_ms"),
)

enrolment_tokens = Table(
    "enrolment_tokens",
    metadata,
    binary("token_sha256", key=True),
    text("outlet"),
    text("kind"),
    big("terminal", null=True),
    big("expires_ms"),
    big("used_ms", null=True),
)
# After a restore: the terminals that were alive, and when each had told everything it knows.
awaited_terminals = Table(
    "awaited_terminals",
    metadata,
    big("terminal", key=True),
    big("told_ms", null=True),
)
terminals = Table(
    "terminals",
    metadata,
    big("terminal", key=True),
    text("outlet"),
    text("kind"),
    big("epoch"),
    text("state"),
    text("program"),
    text("machine"),
    big("urgent_cursor"),
)
epochs = Table(
    "epochs",
    metadata,
    big("terminal", key=True),
    big("epoch", key=True),
    binary("certificate"),
    binary("public_key"),
    big("seq"),
    binary("head_hash"),
    big("backed_up_seq"),
    text("state"),
    big("enrolled_ms"),
)

events = Table(
    "events",
    metadata,
    big("terminal", key=True),
    big("epoch", key=True),
    big("seq", key=True),
    binary("hash"),
    binary("event_id"),
    text("type"),
    binary("envelope"),
    binary("payload"),
    binary("salt"),
    big("received_ms"),
    text("verdict"),
    text("code"),
    binary("mac"),
    Index("events_by_id", "event_id"),
)
heads = Table(
    "heads",
    metadata,
    big("terminal", key=True),
    big("epoch", key=True),
    big("seq", key=True),
    binary("hash"),
    binary("signature"),
    big("received_ms"),
)
# The other branches of a forked chain; many events may have one number, each has its own hash.
branch_events = Table(
    "branch_events",
    metadata,
    big("terminal", key=True),
    big("epoch", key=True),
    binary("hash", key=True),
    big("seq"),
    binary("prev_hash"),
    binary("event_id"),
    text("type"),
    binary("envelope"),
    binary("payload"),
    binary("salt"),
    big("received_ms"),
    text("verdict"),
    text("code"),
    # The case in which a person looks at the branch.
    big("case"),
    binary("mac"),
    Index("branch_events_by_id", "event_id"),
    Index("branch_events_by_prev", "terminal", "epoch", "prev_hash"),
)
# The signed end of each run of a branch as shown, and the event that the run followed.
branch_heads = Table(
    "branch_heads",
    metadata,
    big("terminal", key=True),
    big("epoch", key=True),
    binary("hash", key=True),
    binary("after_hash", key=True),
    big("seq"),
    binary("signature"),
)

campaigns = Table(
    "campaigns",
    metadata,
    text("campaign", key=True),
    big("version", key=True),
    binary("record"),
    binary("content_sha256"),
    big("published_ms"),
)
holder_keys = Table("holder_keys", metadata, text("campaign", key=True), binary("sealed_key"))
campaign_outlets = Table(
    "campaign_outlets", metadata, text("campaign", key=True), text("outlet", key=True)
)
offers = Table(
    "offers",
    metadata,
    big("offer", key=True),
    text("campaign"),
    text("code"),
    big("face_minor"),
    big("cost_cap_minor"),
    big("budget_minor"),
    big("ceiling_minor"),
    big("slots_limit", null=True),
    big("slots_ceiling", null=True),
    big("policy"),
    big("allowance_minor"),
    big("issue_from"),
    big("issue_until"),
    big("forecast"),
    Column("is_open", Boolean, nullable=False),
    big("slots_lent"),
    big("slots_out"),
    big("reserve_minor"),
    big("reserve_slots"),
    big("honoured_minor"),
    # Part of the reserve: what double redemptions have cost and allowances have paid.
    big("loss_minor", default=0),
    big("loss_slots", default=0),
    # Whether a voucher has parts, how long a redemption may be undone, and from which purchase.
    Column("partial_use", Boolean, nullable=False, server_default=false()),
    big("undo_minutes", default=UNDO_MINUTES),
    big("min_spend_minor", null=True),
    # How many a person may have in all and on one day; nothing is no limit.
    big("per_person_limit", null=True),
    big("per_day_limit", null=True),
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
    big("offer", key=True),
    big("terminal", key=True),
    # What the terminal may lose now by events after ``through_seq``; the feed says the same.
    big("amount_minor"),
    big("slots"),
    big("epoch", default=0),
    big("through_seq", default=0),
    big("lost_minor", default=0),
)
grants = Table(
    "grants",
    metadata,
    big("grant", key=True),
    big("terminal"),
    big("epoch"),
    big("offer"),
    big("slots"),
    binary("record"),
    big("lent_ms"),
    binary("mac"),
    Index("grants_by_terminal", "terminal", "offer"),
    Index("grants_by_offer", "offer"),
)
slots_out = Table(
    "slots_out",
    metadata,
    big("grant", key=True),
    big("first", key=True),
    big("last"),
    text("why"),
    big("epoch"),
    big("seq"),
    big("out_ms"),
    CheckConstraint("first BETWEEN 1 AND last", name="slots_out_range"),
)
revocation_holds = Table(
    "revocation_holds",
    metadata,
    big("grant", key=True),
    big("terminal", key=True),
    big("offer"),
    big("slots"),
    # The feed item that told of it; a grant may lose slots several times.
    big("item", key=True),
    big("acknowledged_ms", null=True),
)

customers = Table(
    "customers",
    metadata,
    text("customer", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("outlet"),
    text("channel"),
    text("referrer"),
    binary("consents"),
    binary("sealed"),
    binary("person_key", null=True),
    # The hash of the event on a branch that registered this person; empty on the chain itself.
    binary("branch"),
    Index("customers_by_event", "terminal", "epoch", "seq"),
)
customer_hashes = Table(
    "customer_hashes",
    metadata,
    binary("hash", key=True),
    text("customer", key=True),
    Index("customer_hashes_by_customer", "customer"),
)
# What became of customers after they were registered: one row an event, named by the event's hash,
# so that those of a branch have their place too. The last answer to a purpose is what counts.
consent_answers = Table(
    "consent_answers",
    metadata,
    binary("hash", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("customer"),
    text("purpose"),
    Column("granted", Boolean, nullable=False),
    text("text_version"),
    text("text_sha256"),
    text("how"),
    Index("consent_answers_by_customer", "customer"),
)
corrections = Table(
    "corrections",
    metadata,
    binary("hash", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("customer"),
    text("channel"),
    binary("sealed"),
    # The keyed hashes, 16 bytes each, that count for the customer since then.
    binary("hashes"),
    Index("corrections_by_customer", "customer"),
)
erasures = Table(
    "erasures",
    metadata,
    binary("hash", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("customer"),
    text("second"),
    text("reason"),
    Index("erasures_by_customer", "customer"),
)
merges = Table(
    "merges",
    metadata,
    binary("hash", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("merge"),
    text("kept"),
    text("other"),
    Column("undone", Boolean, nullable=False),
    Index("merges_by_merge", "merge"),
    Index("merges_by_kept", "kept"),
    Index("merges_by_other", "other"),
)
duplicates = Table("duplicates", metadata, text("customer", key=True), text("other", key=True))
vouchers = Table(
    "vouchers",
    metadata,
    big("grant", key=True),
    big("slot", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    big("offer"),
    text("customer"),
    binary("voucher"),
    big("number"),
    big("issued_at"),
    big("issued_day"),
    big("expires_day"),
    Index("vouchers_by_customer", "customer"),
)
printings = Table(
    "printings",
    metadata,
    big("terminal", key=True),
    big("epoch", key=True),
    big("seq", key=True),
    big("item", key=True),
    big("grant"),
    big("slot"),
    big("copy"),
)
usage = Table(
    "usage",
    metadata,
    big("terminal", key=True),
    big("offer", key=True),
    big("day", key=True),
    big("vouchers"),
)

cases = Table(
    "cases",
    metadata,
    big("case", key=True),
    text("kind"),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("facts"),
    text("state"),
    big("opened_ms"),
)
feed_items = Table(
    "feed_items",
    metadata,
    big("number", key=True),
    Column("lane", String(8), nullable=False),
    # "*" for everybody, "o:OUTLET" for an outlet, "t:TERMINAL.EPOCH" for one terminal.
    text("audience"),
    big("except_terminal"),
    text("kind"),
    # A newer item with the same topic replaces the older one; "" stands alone.
    text("topic"),
    binary("body"),
    Index("feed_items_by_audience", "lane", "audience", "number"),
    Index("feed_items_by_topic", "topic"),
)
