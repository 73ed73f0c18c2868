"""Head office's tables of what becomes of vouchers: journals, but for who is keeper now."""

from sqlalchemy import Boolean, Column, Index, Table

from branchdesk.headoffice.columns import big, binary, metadata, text

# A journal: one row a redemption, named by its intent, written before anybody is answered.
# ``seq`` is 0 until the terminal's own event came; ``state``: stands | undone | duplicate |
# refused; ``second_of`` names the redemption that was first, for a duplicate, and the undone one
# for one that stands in its place. ``rightful``: whether the terminal was the voucher's redeemer.
# What a duplicate or refused one cost is ``loss_minor``; of that, ``paid_minor`` came out of the
# terminal's allowance, and ``booked_minor`` (that part included) and ``booked_slots`` are in the
# offer's reserve until a person has decided the case.
redemptions = Table(
    "redemptions",
    metadata,
    binary("redemption", key=True),
    big("grant"),
    big("slot"),
    big("offer"),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("outlet"),
    text("staff"),
    text("basis"),
    big("amount_minor"),
    big("purchase_minor"),
    big("said_ms"),
    big("accepted_ms"),
    text("state"),
    binary("second_of"),
    Column("rightful", Boolean, nullable=False),
    big("loss_minor"),
    big("paid_minor"),
    big("booked_minor"),
    big("booked_slots"),
    binary("mac"),
    Index("redemptions_by_voucher", "grant", "slot"),
    Index("redemptions_by_place", "terminal", "epoch", "seq"),
)
# A journal: what an intent was answered online; when it comes again, it gets the same answer.
redemption_answers = Table(
    "redemption_answers",
    metadata,
    binary("intent", key=True),
    big("terminal"),
    big("epoch"),
    text("wish"),
    binary("body_sha256"),
    binary("answer"),
    big("answered_ms"),
    binary("mac"),
)
redemption_undos = Table(
    "redemption_undos",
    metadata,
    binary("undo", key=True),
    binary("redemption"),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("reason"),
    big("accepted_ms"),
)
# Whose redeemer signed the right to redeem away: head office may honour these for anybody.
releases = Table(
    "releases",
    metadata,
    big("grant", key=True),
    big("first", key=True),
    big("last"),
    big("terminal"),
    big("epoch"),
    big("seq"),
)
voids = Table(
    "voids",
    metadata,
    big("grant", key=True),
    big("slot", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("reason"),
    text("second"),
)
copies = Table(
    "copies",
    metadata,
    big("grant", key=True),
    big("slot", key=True),
    big("copy", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    binary("voucher"),
    text("reason"),
)
book_entries = Table(
    "book_entries",
    metadata,
    big("grant", key=True),
    big("slot", key=True),
    big("terminal"),
    big("epoch"),
    big("seq"),
    text("book"),
    text("fate"),
    text("customer"),
    big("used_day"),
    text("second"),
    Index("book_entries_by_customer", "customer"),
)
# Who redeems the vouchers of an outlet's terminals offline; ``next_terminal`` waits until the
# keeper has signed the right away.
keepers = Table(
    "keepers",
    metadata,
    text("outlet", key=True),
    big("terminal"),
    big("epoch"),
    big("item"),
    big("next_terminal", null=True),
)
# A journal: how cases were decided, by whom.
case_decisions = Table(
    "case_decisions",
    metadata,
    big("case", key=True),
    text("decision"),
    text("liable"),
    big("loss_minor"),
    text("word"),
    text("staff"),
    text("second"),
    big("decided_ms"),
)
