"""Let a redemption stand, or take it back: what both do to the offer's book."""

from branchdesk.headoffice.losses import forget_loss
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redeemers import Allowance
from branchdesk.headoffice.redemption_journal import STANDS, UNDONE, Journal, RedemptionRow

DOUBLE, OUT = "double_redemption", "redeemed_out"
WITHOUT_RIGHT, WHILE_FROZEN = "redeemed_without_right", "redeemed_while_frozen"
SPEND_BELOW = "spend_below"
# Cases about a redemption; a person decides who bears what it cost.
REDEMPTION_CASES = frozenset({DOUBLE, OUT, WITHOUT_RIGHT, WHILE_FROZEN, SPEND_BELOW})


def first_in_the_way(journal: Journal, book: OfferBook, row: RedemptionRow) -> RedemptionRow | None:
    """Return the redemption that leaves no room for ``row``, if any."""
    standing = journal.standing(row.place)
    if not standing:
        return None
    left = book.face_minor - journal.standing_minor(row.place)
    return None if book.partial_use and row.amount_minor <= left else standing[0]


def question_about(
    row: RedemptionRow, book: OfferBook, *, is_live: bool = True
) -> tuple[str, dict[str, object]] | None:
    """Return what a person has to judge of a redemption that stands: a case's kind and facts."""
    told: dict[str, object] = {
        "redemption": row.told(), "loss_minor": 0, "liable": row.outlet,
    }  # fmt: skip
    least = book.min_spend_minor
    if not is_live:
        return WHILE_FROZEN, told
    if not row.rightful:
        return WITHOUT_RIGHT, told
    if least is None or row.purchase_minor >= least:
        return None
    told |= {"min_spend_minor": least, "purchase_minor": row.purchase_minor,
             "loss_minor": row.amount_minor}  # fmt: skip
    return SPEND_BELOW, told


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
