"""Learn grants that we signed and forgot: a restore from a backup lost what was lent after it.

A terminal tells of each in ``grant.accepted``, or shows it with a voucher that it redeemed. The
signature is our own, so the slots are lent and count as committed. While the office is learning
nothing else is lent, so all of it fits into what was promised before; a grant that turns up after
that is covered only as far as the budget is free.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select, update

from branchdesk.headoffice.batch_check import FLAGGED, Draft
from branchdesk.headoffice.context import GRANT_COUNTER, OfficeContext
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.learning import is_learning
from branchdesk.headoffice.lent_grants import LentGrant
from branchdesk.headoffice.offer_books import OfferBook, lock_books, save_book
from branchdesk.headoffice.row_mac import grant_mac
from branchdesk.headoffice.tables import counters, grants, offers, slots_out
from branchdesk.protocol import facts

UNCOVERED: Final = "uncovered"
LEARNT, OVER_BUDGET = "grant_learnt", "grant_beyond_budget"


def learn_grants(
    context: OfficeContext, connection: Connection, effective: Iterable[Draft]
) -> dict[int, tuple[str, str]]:
    """Write the grants of ``effective`` that our journal lost; return what to say, by seq."""
    new = [(d, d.grant) for d in effective if d.grant is not None and d.grant.is_learnt]
    if not new:
        return {}
    numbers = {lent.value.number for _, lent in new}
    statement = select(grants.c.grant).where(is_among(connection, grants.c.grant, numbers))
    known = set(connection.execute(statement).scalars())
    touched = {lent.value.offer for _, lent in new if lent.value.number not in known}
    books = {
        book.offer: book
        for book in lock_books(connection, is_among(connection, offers.c.offer, touched))
    }
    covers_all = is_learning(connection)
    found: dict[int, tuple[str, str]] = {}
    for draft, lent in new:
        if lent.value.number in known:
            continue
        known.add(lent.value.number)
        book = books[lent.value.offer]
        is_covered = _learn(context, connection, book, lent, covers_all=covers_all)
        if draft.envelope.type == facts.GRANT_ACCEPTED:
            found[draft.seq] = (FLAGGED, LEARNT if is_covered else OVER_BUDGET)
    for book in books.values():
        save_book(connection, book)
    _skip_numbers(connection, max(numbers))
    return found


def _learn(
    context: OfficeContext,
    connection: Connection,
    book: OfferBook,
    lent: LentGrant,
    *,
    covers_all: bool,
) -> bool:
    """Commit the slots of one grant; return whether the budget covers all of them."""
    grant, now_ms = lent.value, context.clock_ms()
    covered = grant.slots if covers_all else min(grant.slots, book.free_slots())
    mac = grant_mac(context, grant.number, lent.epoch, now_ms, lent.record)
    row = (
        grant.number, grant.terminal, lent.epoch, grant.offer, grant.slots, lent.record, now_ms, mac
    )  # fmt: skip
    insert_rows(connection, grants, [row])
    book.slots_lent += grant.slots
    if covered < grant.slots:
        out = (grant.number, covered + 1, grant.slots, UNCOVERED, lent.epoch, 0, now_ms)
        insert_rows(connection, slots_out, [out])
        book.slots_out += grant.slots - covered
    # What was promised stands, even where the budget of the backup is lower than it was then.
    book.raise_ceilings()
    return covered == grant.slots


def _skip_numbers(connection: Connection, number: int) -> None:
    counter = counters.c.name == GRANT_COUNTER
    connection.execute(
        update(counters).where(counter, counters.c.value < number).values(value=number)
    )
