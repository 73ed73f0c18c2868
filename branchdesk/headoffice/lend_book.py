"""Lend slots for a book of numbered vouchers: a grant that nothing else may be issued from.

It costs budget like any other grant. A terminal prints a book from it in advance; what was not
handed out comes back when its numbers are entered.
"""

from sqlalchemy import Connection, select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.feed_queue import FeedQueue
from branchdesk.headoffice.learning import is_learning
from branchdesk.headoffice.lending import GRANT_SLOTS_MAX, lend_offer
from branchdesk.headoffice.offer_books import OfferBook, lock_books, save_book
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.results import BookLent
from branchdesk.headoffice.tables import campaign_outlets, offers, terminals
from branchdesk.headoffice.terminal_heads import ChainState, read_chain

_LEND_BOOK = "lend_book"


def lend_book(
    context: OfficeContext, terminal: int, offer: int, slots: int, approval: Approval
) -> BookLent:
    """Lend ``slots`` of an offer to a terminal for books; see :meth:`Office.lend_book`."""
    if not 1 <= slots <= GRANT_SLOTS_MAX:
        raise RuleViolation("book_slots_invalid", slots=slots, limit=GRANT_SLOTS_MAX)

    def act(connection: Connection) -> BookLent:
        if is_learning(connection):
            raise RuleViolation("office_learning")
        chain = _live_chain(context, connection, terminal)
        book = _open_book(context, connection, chain, offer, slots)
        queue = FeedQueue()
        number = lend_offer(context, connection, queue, chain, book=book, slots=slots, is_book=True)
        save_book(connection, book)
        queue.flush(connection)
        note_act(context, connection, approval, _LEND_BOOK, str(number), reason=str(slots))
        return BookLent(number, terminal, offer, book.code, slots, book.cost_cap_minor * slots)

    return context.database.write(act)


def _live_chain(context: OfficeContext, connection: Connection, terminal: int) -> ChainState:
    statement = select(terminals.c.epoch).where(terminals.c.terminal == terminal)
    epoch = connection.execute(statement).scalar_one_or_none()
    if epoch is None:
        raise RuleViolation("terminal_unknown", terminal=terminal)
    chain = read_chain(context, connection, terminal, epoch, lock=True)
    if not chain.is_live:
        raise RuleViolation("terminal_frozen", terminal=terminal, epoch=epoch)
    return chain


def _open_book(
    context: OfficeContext, connection: Connection, chain: ChainState, offer: int, slots: int
) -> OfferBook:
    """Return the locked book of an offer of the terminal's outlet that has room for the slots."""
    here = select(campaign_outlets.c.campaign).where(campaign_outlets.c.outlet == chain.outlet)
    found = lock_books(connection, (offers.c.offer == offer) & offers.c.campaign.in_(here))
    if not found or not found[0].is_open or found[0].issue_until < context.today():
        raise RuleViolation("book_offer_closed", offer=offer, outlet=chain.outlet)
    free = found[0].free_slots()
    if slots > free:
        raise RuleViolation("book_over_budget", offer=offer, slots=slots, free=free)
    return found[0]
