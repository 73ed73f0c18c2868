"""Let a redemption stand, or take it back: what both do to the offer's book."""

from branchdesk.headoffice.losses import forget_loss
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redeemers import Allowance
from branchdesk.headoffice.redemption_journal import STANDS, UNDONE, Journal, RedemptionRow

DOUBLE, OUT = "double_redemption", "redeemed_out"
WITHOUT_RIGHT, WHILE_FROZEN = "redeemed_without_right", "redeemed_while_frozen"
# Cases about a redemption; a person decides who bears what it cost.
REDEMPTION_CASES = frozenset({DOUBLE, OUT, WITHOUT_RIGHT, WHILE_FROZEN})


def first_in_the_way(journal: Journal, book: OfferBook, row: RedemptionRow) -> RedemptionRow | None:
    """Return the redemption that leaves no room for ``row``, if any."""
    standing = journal.standing(row.place)
    if not standing:
        return None
    left = book.face_minor - journal.standing_minor(row.place)
    return None if book.partial_use and row.amount_minor <= left else standing[0]


def count_honoured(journal: Journal, book: OfferBook, row: RedemptionRow) -> None:
    """Count a redemption that was added to the journal and stands."""
    after = journal.standing_minor(row.place)
    book.honoured_minor += book.cost_minor(after) - book.cost_minor(after - row.amount_minor)


def take_back(
    journal: Journal, book: OfferBook, row: RedemptionRow, allowance: Allowance | None
) -> bool:
    """Undo a redemption; say whether it stood until now."""
    stood = row.state == STANDS
    if stood:
        before = journal.standing_minor(row.place)
        book.honoured_minor -= book.cost_minor(before) - book.cost_minor(before - row.amount_minor)
    else:
        forget_loss(row, book, allowance)
    row.state = UNDONE
    journal.touch(row)
    return stood
