"""The tables of what becomes of vouchers: redeemed, reprinted, voided, released, entered.

As in ``tables``, what is derived from events and what is derived from the feed are two families.
"""

from sqlalchemy import Boolean, Column, Index, Integer, Text

from branchdesk.persistence.columns import binary, integer, key, table, text

# Redeemed here, whoever issued it; ``redemption`` is the id of the event, as text.
redemptions = table(
    "redemptions",
    Column("redemption", Text, primary_key=True),
    integer("position"),
    integer("grant_number"),
    integer("slot"),
    integer("offer"),
    text("basis"),
    integer("amount_minor"),
    integer("purchase_minor"),
    integer("at_ms"),
    Column("undone_ms", Integer),
    rowid=False,
)
Index("redemptions_by_voucher", redemptions.c.grant_number, redemptions.c.slot)
Index("redemptions_by_time", redemptions.c.at_ms)
Index("redemptions_by_basis", redemptions.c.basis, redemptions.c.offer, redemptions.c.position)

reprints = table(
    "reprints",
    key("grant_number"),
    key("slot"),
    key("copy"),
    integer("position"),
    binary("voucher"),
    rowid=False,
)

voids = table(
    "voids",
    key("grant_number"),
    key("slot"),
    integer("position"),
    text("reason"),
    rowid=False,
)

# Slots whose right to be redeemed was signed away; both ends included.
releases = table(
    "releases",
    key("grant_number"),
    key("first_slot"),
    integer("last_slot"),
    integer("position"),
    rowid=False,
)

resignations = table(
    "resignations",
    Column("outlet", Text, primary_key=True),
    key("item"),
    integer("position"),
    rowid=False,
)

# Numbered vouchers printed in advance: the slots of a book, and what became of each number.
books = table(
    "books",
    Column("book", Text, primary_key=True),
    integer("position"),
    integer("grant_number"),
    integer("first_slot"),
    integer("last_slot"),
    integer("first_number"),
    rowid=False,
)
book_entries = table(
    "book_entries",
    key("grant_number"),
    key("slot"),
    integer("position"),
    text("fate"),
    text("customer"),
    integer("used_day"),
    rowid=False,
)

# --- derived from the feed -----------------------------------------------------------------------

# ``issuers``: JSON list of the terminals whose vouchers the keeper redeems; ``number``: the feed's.
keepers = table(
    "keepers",
    Column("outlet", Text, primary_key=True),
    integer("terminal"),
    text("issuers"),
    Column("resign", Boolean, nullable=False),
    integer("number"),
    rowid=False,
)

allowances = table(
    "allowances",
    key("offer"),
    integer("amount_minor"),
    integer("epoch"),
    integer("through_seq"),
    integer("item"),
    rowid=False,
)

# What head office said became of vouchers elsewhere; ``what``: redeemed | undone | voided.
used_elsewhere = table(
    "used_elsewhere",
    key("item"),
    integer("grant_number"),
    integer("slot"),
    binary("redemption"),
    text("what"),
    integer("amount_minor"),
    text("outlet"),
    integer("at_ms"),
)
Index("used_elsewhere_by_voucher", used_elsewhere.c.grant_number, used_elsewhere.c.slot)

known_copies = table(
    "known_copies",
    key("grant_number"),
    key("slot"),
    integer("copy"),
    rowid=False,
)

# Grants of which head office wants unused slots back.
return_requests = table(
    "return_requests",
    key("grant_number"),
    integer("keep"),
    text("reason"),
    rowid=False,
)

# How cases were decided; ``facts`` is JSON.
outcomes = table(
    "outcomes",
    key("number"),
    text("kind"),
    integer("grant_number"),
    integer("slot"),
    text("decision"),
    text("liable"),
    integer("loss_minor"),
    text("word"),
    text("facts"),
    integer("item"),
)

REDEMPTION_EVENT_DERIVED = (
    redemptions, reprints, voids, releases, resignations, books, book_entries,
)  # fmt: skip
REDEMPTION_FEED_DERIVED = (
    keepers, allowances, used_elsewhere, known_copies, return_requests, outcomes,
)  # fmt: skip
