"""Change what an offer may cost in all; below what is committed it becomes a target."""

from sqlalchemy import Connection

from branchdesk.domain.offer import BUDGET_MINOR_MAX
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.offer_books import lock_books, save_book
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.results import BudgetChanged
from branchdesk.headoffice.tables import offers


def change_budget(
    context: OfficeContext, offer: int, amount_minor: int, approval: Approval
) -> BudgetChanged:
    """Set the budget of offer number ``offer``; see :meth:`Office.budget`."""
    if not 0 <= amount_minor <= BUDGET_MINOR_MAX:
        raise RuleViolation("amount_invalid", amount_minor=amount_minor, limit=BUDGET_MINOR_MAX)

    def act(connection: Connection) -> BudgetChanged:
        note_act(context, connection, approval, "budget", str(offer), reason=str(amount_minor))
        return _change(connection, offer, amount_minor)

    return context.database.write(act)


def _change(connection: Connection, offer: int, amount_minor: int) -> BudgetChanged:
    found = lock_books(connection, offers.c.offer == offer)
    if not found:
        raise RuleViolation("offer_unknown", offer=offer)
    book = found[0]
    book.budget_minor = amount_minor
    save_book(connection, book)
    used = book.committed_minor + book.reserve_minor
    return BudgetChanged(
        offer, book.code, amount_minor, book.committed_minor, book.reserve_minor,
        used > amount_minor,
    )  # fmt: skip
