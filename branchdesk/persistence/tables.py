"""The tables of the terminal's store.

Three families. The *log* is history: events, feed items. What is *derived* from it can be thrown
away and made again (``EVENT_DERIVED``, ``FEED_DERIVED``). What is *local* belongs to neither: keys,
marks, drafts. Rules that guard money are constraints here, not only code.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql_text

from branchdesk.persistence.columns import binary, integer, key, table, text
from branchdesk.persistence.redemption_tables import (
    REDEMPTION_EVENT_DERIVED,
    REDEMPTION_FEED_DERIVED,
)

# --- the log -------------------------------------------------------------------------------------

# ``position`` counts events over all epochs; within one, ``seq`` runs beside it without a gap.
# ``subject`` is the position at which the person's key was made, ``salt`` is null where it derives
# from that key; a fact about nobody has a salt and no subject.
events = table(
    "events",
    key("position"),
    integer("epoch"),
    integer("seq"),
    binary("event_id", unique=True),
    text("type"),
    integer("wall_ms"),
    Column("subject", Integer),
    Column("salt", LargeBinary),
    binary("hash"),
    binary("envelope"),
    binary("payload"),
)

# ``arrival`` counts over all lanes. ``state``: applied | refused | skipped; ``code`` says why.
# ``lane``: urgent | content; with ``.again`` it says what became of an item refused at first.
feed_items = table(
    "feed_items",
    key("arrival"),
    text("lane"),
    integer("number"),
    text("kind"),
    binary("body"),
    text("state"),
    text("code"),
    UniqueConstraint("lane", "number"),
)

# --- derived from events -------------------------------------------------------------------------

# ``position`` is that of the registration; ``hashes`` are 16 bytes each, phone first.
customers = table(
    "customers",
    key("position"),
    text("customer", unique=True),
    text("name"),
    text("phone"),
    text("document_type"),
    text("document_number"),
    text("channel"),
    text("interests"),
    text("needs"),
    text("referrer"),
    text("purposes"),
    binary("hashes"),
    integer("registered_ms"),
    integer("vouchers"),
)

customer_hashes = table(
    "customer_hashes",
    Column("hash", LargeBinary, primary_key=True),
    key("customer"),
    text("kind"),
    rowid=False,
)

# Which events concern a customer besides the registration and the vouchers, whose rows say so. It
# outlives the person: what is left then is the ledger's side.
customer_events = table(
    "customer_events",
    Column("customer", Text, primary_key=True),
    key("position"),
    rowid=False,
)

# ``position`` is that of the proposal, ``undone_position`` that of what undid it.
merges = table(
    "merges",
    Column("merge", Text, primary_key=True),
    text("kept"),
    text("other"),
    integer("position"),
    Column("undone_position", Integer),
    rowid=False,
)
Index("merges_by_kept", merges.c.kept)
Index("merges_by_other", merges.c.other)

# ``term`` is a kind byte and a key made for prefix search: see ``terms``.
search_terms = table(
    "search_terms",
    Column("term", LargeBinary, primary_key=True),
    key("customer"),
    rowid=False,
)

# ``next_slot``: no slot below it is free.
grants = table(
    "grants",
    Column("number", Integer, primary_key=True, autoincrement=False),
    integer("offer"),
    integer("slots"),
    integer("face_minor"),
    integer("issue_from"),
    integer("issue_until"),
    integer("policy"),
    Column("is_book", Boolean, nullable=False),
    binary("grant_bytes"),
    text("campaign"),
    text("offer_code"),
    integer("used"),
    integer("returned"),
    integer("next_slot"),
    UniqueConstraint("number", "slots"),
    CheckConstraint("used + returned <= slots", name="grant_not_overdrawn"),
)

# A slot is used or returned, once: one row, so that both together cannot be. ``number`` is that of
# the voucher which used it.
slots = table(
    "slots",
    Column("grant_number", Integer, primary_key=True, autoincrement=False),
    key("slot"),
    integer("grant_slots"),
    text("state"),
    Column("number", Integer),
    ForeignKeyConstraint(["grant_number", "grant_slots"], ["grants.number", "grants.slots"]),
    CheckConstraint("slot BETWEEN 1 AND grant_slots", name="slot_in_grant"),
    CheckConstraint("state IN ('used', 'returned')", name="slot_state"),
    CheckConstraint("(state = 'used') = (number IS NOT NULL)", name="slot_voucher"),
    rowid=False,
)

# ``number`` runs per terminal and is printed; ``day`` is the day number of issue in UTC+8.
vouchers = table(
    "vouchers",
    key("number"),
    integer("position"),
    integer("grant_number"),
    integer("slot"),
    text("customer"),
    text("campaign"),
    text("offer_code"),
    binary("voucher"),
    integer("day"),
    integer("issued_at_ms"),
    integer("printed"),
    ForeignKeyConstraint(["grant_number", "slot"], ["slots.grant_number", "slots.slot"]),
)
Index("vouchers_by_customer", vouchers.c.customer)

issue_counters = table(
    "issue_counters",
    Column("offer_code", Text, primary_key=True),
    key("day"),
    integer("issued"),
    rowid=False,
)

shifts = table(
    "shifts",
    Column("shift", Text, primary_key=True),
    text("place"),
    integer("opened_ms"),
    Column("closed_ms", Integer),
    rowid=False,
)

# Who holds a shift from which event on: the opening, then each hand-over.
shift_holders = table(
    "shift_holders",
    key("position"),
    text("shift"),
    text("staff"),
)

# Gifts as somebody counted them; ``expected`` is null where nothing had been counted before.
shift_counts = table(
    "shift_counts",
    key("position"),
    Column("offer_code", Text, primary_key=True),
    text("shift"),
    integer("counted"),
    Column("expected", Integer),
    rowid=False,
)

# Who waits for a new PIN: asked for by a supervisor, gone when the person has set one.
pin_resets = table(
    "pin_resets",
    Column("staff", Text, primary_key=True),
    text("asked_by"),
    text("reason"),
    integer("asked_ms"),
    rowid=False,
)

# --- derived from the feed (and from the key records of the enrolment) ---------------------------

office_keys = table(
    "office_keys",
    Column("use", Text, primary_key=True),
    Column("key_id", LargeBinary, primary_key=True),
    binary("public_key"),
    integer("algorithm"),
    integer("from_ms"),
    integer("until_ms"),
    binary("record"),
    rowid=False,
)

staff = table(
    "staff",
    Column("code", Text, primary_key=True),
    text("name"),
    text("role"),
    Column("active", Boolean, nullable=False),
    text("one_time_code"),
    integer("code_expires_ms"),
    integer("item"),
    rowid=False,
)

campaigns = table(
    "campaigns",
    Column("campaign", Text, primary_key=True),
    integer("version"),
    integer("item"),
    binary("content"),
    text("numbers"),
    binary("holder_key"),
    rowid=False,
)

# ``first_slot`` to ``last_slot``, both included; the whole grant or terminal has 1 to 2^24-1.
revocations = table(
    "revocations",
    key("item"),
    key("part"),
    text("what"),
    integer("number"),
    integer("first_slot"),
    integer("last_slot"),
    text("reason"),
    rowid=False,
)
Index("revocations_by_number", revocations.c.what, revocations.c.number)

foreign_hashes = table(
    "foreign_hashes",
    Column("hash", LargeBinary, primary_key=True),
    Column("subject", Text, primary_key=True),
    rowid=False,
)
Index("foreign_hashes_by_subject", foreign_hashes.c.subject)

foreign_issued = table(
    "foreign_issued",
    Column("subject", Text, primary_key=True),
    Column("offer_code", Text, primary_key=True),
    key("day"),
    integer("issued"),
    rowid=False,
)

# Who was erased by head office's word; ``item`` is the arrival of the newest item that said so.
erasures = table(
    "erasures",
    Column("customer", Text, primary_key=True),
    integer("item"),
    rowid=False,
)

# ``source``: feed, or push for the answer to a batch.
notices = table(
    "notices",
    key("epoch"),
    key("seq"),
    Column("source", Text, primary_key=True),
    text("verdict"),
    text("code"),
    rowid=False,
)

# --- local ---------------------------------------------------------------------------------------

# One row. ``keys`` are the signed key records that came with the enrolment, as CBOR.
enrolment = table(
    "enrolment",
    key("id"),
    text("url"),
    binary("ca_pem"),
    binary("certificate"),
    binary("root_key"),
    binary("keys"),
    binary("blind_key"),
    text("outlet_name"),
    text("outlet_address"),
    binary("device_seed"),
    CheckConstraint("id = 1", name="enrolment_once"),
)

# The enrolments of earlier epochs, whose keys still sign what is left of their chains. Feed items
# up to ``arrival`` came before the epoch after it; ``seq`` is where the chain ended.
past_enrolments = table(
    "past_enrolments",
    key("epoch"),
    binary("enrolment"),
    integer("arrival"),
    integer("seq"),
    integer("acked_seq"),
    binary("ack"),
)

# Head office signed another history of an epoch than ours: ``ack`` is its word, the evidence.
# Our own branch was shown to head office up to ``shown_seq``.
forks = table(
    "forks",
    key("epoch"),
    integer("office_seq"),
    binary("ack"),
    integer("noticed_ms"),
    integer("shown_seq"),
)

# One row: the head of the log, how far the files beside are known complete, the time mark.
chain = table(
    "chain",
    key("id"),
    integer("epoch"),
    integer("seq"),
    integer("position"),
    binary("hash"),
    integer("second_bytes"),
    integer("second_position"),
    integer("second_items"),
    integer("keys_bytes"),
    integer("keys_position"),
    integer("mark_ms"),
    integer("mark_mono_ms"),
    binary("mark_boot"),
    CheckConstraint("id = 1", name="chain_once"),
)

# One row: what head office has signed for.
marks = table(
    "marks",
    key("id"),
    integer("acked_seq"),
    integer("durable_seq"),
    binary("ack"),
    CheckConstraint("id = 1", name="marks_once"),
    CheckConstraint("durable_seq <= acked_seq", name="durable_within_acked"),
)

# The only place of these keys besides their twin; rewritable, never in a log or a kept backup.
person_keys = table(
    "person_keys",
    key("position"),
    text("customer"),
    binary("key"),
)

# One-time codes that have been handed to the vault, by feed item.
handed_codes = table("handed_codes", key("item"))

drafts = table(
    "drafts",
    Column("name", Text, primary_key=True),
    binary("content"),
    rowid=False,
)

Index("vouchers_unprinted", vouchers.c.number, sqlite_where=sql_text("printed = 0"))

EVENT_DERIVED = (
    customers, customer_hashes, customer_events, merges, search_terms, grants, slots, vouchers,
    issue_counters, shifts, shift_holders, shift_counts, pin_resets, *REDEMPTION_EVENT_DERIVED,
)  # fmt: skip
FEED_DERIVED = (
    office_keys, staff, campaigns, revocations, foreign_hashes, foreign_issued, erasures,
    *REDEMPTION_FEED_DERIVED,
)  # fmt: skip
