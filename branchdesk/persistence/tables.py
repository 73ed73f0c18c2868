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
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()


def _table(name: str, *parts: Column[object] | object, rowid: bool = True) -> Table:
    return Table(name, metadata, *parts, sqlite_with_rowid=rowid)  # type: ignore[arg-type]  # parts are columns and constraints, as Table takes them


def _int(name: str, **options: object) -> Column[int]:
    return Column(name, Integer, nullable=False, **options)  # type: ignore[arg-type]  # options are Column's own


def _key(name: str) -> Column[int]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


def _text(name: str, **options: object) -> Column[str]:
    return Column(name, Text, nullable=False, **options)  # type: ignore[arg-type]  # options are Column's own


def _bytes(name: str, **options: object) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False, **options)  # type: ignore[arg-type]  # options are Column's own


# --- the log -------------------------------------------------------------------------------------

# ``position`` counts events over all epochs; within one, ``seq`` runs beside it without a gap.
# ``subject`` is the position at which the person's key was made, ``salt`` is null where it derives
# from that key; a fact about nobody has a salt and no subject.
events = _table(
    "events",
    _key("position"),
    _int("epoch"),
    _int("seq"),
    _bytes("event_id", unique=True),
    _text("type"),
    _int("wall_ms"),
    Column("subject", Integer),
    Column("salt", LargeBinary),
    _bytes("hash"),
    _bytes("envelope"),
    _bytes("payload"),
)

# ``arrival`` counts over all lanes. ``state``: applied | refused | skipped; ``code`` says why.
# ``lane``: urgent | content; with ``.again`` it says what became of an item refused at first.
feed_items = _table(
    "feed_items",
    _key("arrival"),
    _text("lane"),
    _int("number"),
    _text("kind"),
    _bytes("body"),
    _text("state"),
    _text("code"),
    UniqueConstraint("lane", "number"),
)

# --- derived from events -------------------------------------------------------------------------

# ``position`` is that of the registration; ``hashes`` are 16 bytes each, phone first.
customers = _table(
    "customers",
    _key("position"),
    _text("customer", unique=True),
    _text("name"),
    _text("phone"),
    _text("document_type"),
    _text("document_number"),
    _text("channel"),
    _text("interests"),
    _text("needs"),
    _text("referrer"),
    _text("purposes"),
    _bytes("hashes"),
    _int("registered_ms"),
    _int("vouchers"),
)

customer_hashes = _table(
    "customer_hashes",
    Column("hash", LargeBinary, primary_key=True),
    _key("customer"),
    _text("kind"),
    rowid=False,
)

# Which events concern a customer besides the registration and the vouchers, whose rows say so. It
# outlives the person: what is left then is the ledger's side.
customer_events = _table(
    "customer_events",
    Column("customer", Text, primary_key=True),
    _key("position"),
    rowid=False,
)

# ``position`` is that of the proposal, ``undone_position`` that of what undid it.
merges = _table(
    "merges",
    Column("merge", Text, primary_key=True),
    _text("kept"),
    _text("other"),
    _int("position"),
    Column("undone_position", Integer),
    rowid=False,
)
Index("merges_by_kept", merges.c.kept)
Index("merges_by_other", merges.c.other)

# ``term`` is a kind byte and a key made for prefix search: see ``terms``.
search_terms = _table(
    "search_terms",
    Column("term", LargeBinary, primary_key=True),
    _key("customer"),
    rowid=False,
)

# ``next_slot``: no slot below it is free.
grants = _table(
    "grants",
    Column("number", Integer, primary_key=True, autoincrement=False),
    _int("offer"),
    _int("slots"),
    _int("face_minor"),
    _int("issue_from"),
    _int("issue_until"),
    _int("policy"),
    Column("is_book", Boolean, nullable=False),
    _bytes("grant_bytes"),
    _text("campaign"),
    _text("offer_code"),
    _int("used"),
    _int("returned"),
    _int("next_slot"),
    UniqueConstraint("number", "slots"),
    CheckConstraint("used + returned <= slots", name="grant_not_overdrawn"),
)

# A slot is used or returned, once: one row, so that both together cannot be. ``number`` is that of
# the voucher which used it.
slots = _table(
    "slots",
    Column("grant_number", Integer, primary_key=True, autoincrement=False),
    _key("slot"),
    _int("grant_slots"),
    _text("state"),
    Column("number", Integer),
    ForeignKeyConstraint(["grant_number", "grant_slots"], ["grants.number", "grants.slots"]),
    CheckConstraint("slot BETWEEN 1 AND grant_slots", name="slot_in_grant"),
    CheckConstraint("state IN ('used', 'returned')", name="slot_state"),
    CheckConstraint("(state = 'used') = (number IS NOT NULL)", name="slot_voucher"),
    rowid=False,
)

# ``number`` runs per terminal and is printed; ``day`` is the day number of issue in UTC+8.
vouchers = _table(
    "vouchers",
    _key("number"),
    _int("position"),
    _int("grant_number"),
    _int("slot"),
    _text("customer"),
    _text("campaign"),
    _text("offer_code"),
    _bytes("voucher"),
    _int("day"),
    _int("issued_at_ms"),
    _int("printed"),
    ForeignKeyConstraint(["grant_number", "slot"], ["slots.grant_number", "slots.slot"]),
)
Index("vouchers_by_customer", vouchers.c.customer)

issue_counters = _table(
    "issue_counters",
    Column("offer_code", Text, primary_key=True),
    _key("day"),
    _int("issued"),
    rowid=False,
)

shifts = _table(
    "shifts",
    Column("shift", Text, primary_key=True),
    _text("place"),
    _int("opened_ms"),
    Column("closed_ms", Integer),
    rowid=False,
)

# Who holds a shift from which event on: the opening, then each hand-over.
shift_holders = _table(
    "shift_holders",
    _key("position"),
    _text("shift"),
    _text("staff"),
)

# Gifts as somebody counted them; ``expected`` is null where nothing had been counted before.
shift_counts = _table(
    "shift_counts",
    _key("position"),
    Column("offer_code", Text, primary_key=True),
    _text("shift"),
    _int("counted"),
    Column("expected", Integer),
    rowid=False,
)

# Who waits for a new PIN: asked for by a supervisor, gone when the person has set one.
pin_resets = _table(
    "pin_resets",
    Column("staff", Text, primary_key=True),
    _text("asked_by"),
    _text("reason"),
    _int("asked_ms"),
    rowid=False,
)

# --- derived from the feed (and from the key records of the enrolment) ---------------------------

office_keys = _table(
    "office_keys",
    Column("use", Text, primary_key=True),
    Column("key_id", LargeBinary, primary_key=True),
    _bytes("public_key"),
    _int("algorithm"),
    _int("from_ms"),
    _int("until_ms"),
    _bytes("record"),
    rowid=False,
)

staff = _table(
    "staff",
    Column("code", Text, primary_key=True),
    _text("name"),
    _text("role"),
    Column("active", Boolean, nullable=False),
    _text("one_time_code"),
    _int("code_expires_ms"),
    _int("item"),
    rowid=False,
)

campaigns = _table(
    "campaigns",
    Column("campaign", Text, primary_key=True),
    _int("version"),
    _int("item"),
    _bytes("content"),
    _text("numbers"),
    _bytes("holder_key"),
    rowid=False,
)

# ``first_slot`` to ``last_slot``, both included; the whole grant or terminal has 1 to 2^24-1.
revocations = _table(
    "revocations",
    _key("item"),
    _key("part"),
    _text("what"),
    _int("number"),
    _int("first_slot"),
    _int("last_slot"),
    _text("reason"),
    rowid=False,
)
Index("revocations_by_number", revocations.c.what, revocations.c.number)

foreign_hashes = _table(
    "foreign_hashes",
    Column("hash", LargeBinary, primary_key=True),
    Column("subject", Text, primary_key=True),
    rowid=False,
)
Index("foreign_hashes_by_subject", foreign_hashes.c.subject)

foreign_issued = _table(
    "foreign_issued",
    Column("subject", Text, primary_key=True),
    Column("offer_code", Text, primary_key=True),
    _key("day"),
    _int("issued"),
    rowid=False,
)

# Who was erased by head office's word; ``item`` is the arrival of the newest item that said so.
erasures = _table(
    "erasures",
    Column("customer", Text, primary_key=True),
    _int("item"),
    rowid=False,
)

# ``source``: feed, or push for the answer to a batch.
notices = _table(
    "notices",
    _key("epoch"),
    _key("seq"),
    Column("source", Text, primary_key=True),
    _text("verdict"),
    _text("code"),
    rowid=False,
)

# --- local ---------------------------------------------------------------------------------------

# One row. ``keys`` are the signed key records that came with the enrolment, as CBOR.
enrolment = _table(
    "enrolment",
    _key("id"),
    _text("url"),
    _bytes("ca_pem"),
    _bytes("certificate"),
    _bytes("root_key"),
    _bytes("keys"),
    _bytes("blind_key"),
    _text("outlet_name"),
    _text("outlet_address"),
    _bytes("device_seed"),
    CheckConstraint("id = 1", name="enrolment_once"),
)

# One row: the head of the log, how far the files beside are known complete, the time mark.
chain = _table(
    "chain",
    _key("id"),
    _int("epoch"),
    _int("seq"),
    _int("position"),
    _bytes("hash"),
    _int("second_bytes"),
    _int("second_position"),
    _int("second_items"),
    _int("keys_bytes"),
    _int("keys_position"),
    _int("mark_ms"),
    _int("mark_mono_ms"),
    _bytes("mark_boot"),
    CheckConstraint("id = 1", name="chain_once"),
)

# One row: what head office has signed for.
marks = _table(
    "marks",
    _key("id"),
    _int("acked_seq"),
    _int("durable_seq"),
    _bytes("ack"),
    CheckConstraint("id = 1", name="marks_once"),
    CheckConstraint("durable_seq <= acked_seq", name="durable_within_acked"),
)

# The only place of these keys besides their twin; rewritable, never in a log or a kept backup.
person_keys = _table(
    "person_keys",
    _key("position"),
    _text("customer"),
    _bytes("key"),
)

# One-time codes that have been handed to the vault, by feed item.
handed_codes = _table("handed_codes", _key("item"))

drafts = _table(
    "drafts",
    Column("name", Text, primary_key=True),
    _bytes("content"),
    rowid=False,
)

Index("vouchers_unprinted", vouchers.c.number, sqlite_where=text("printed = 0"))

EVENT_DERIVED = (
    customers, customer_hashes, customer_events, merges, search_terms, grants, slots, vouchers,
    issue_counters, shifts, shift_holders, shift_counts, pin_resets,
)  # fmt: skip
FEED_DERIVED = (
    office_keys, staff, campaigns, revocations, foreign_hashes, foreign_issued, erasures,
)  # fmt: skip
