"""What a redemption cost that head office does not honour: whose it is, and where it is booked.

The terminal that redeemed on its allowance pays out of it first. What is left is held in the
offer's reserve where the budget still has room; where it has none, the case says so.
"""

from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redeemers import Allowance
from branchdesk.headoffice.redemption_journal import RedemptionRow
from branchdesk.protocol.redemption import Basis


def book_loss(row: RedemptionRow, book: OfferBook, allowance: Allowance | None) -> bool:
    """Book what ``row`` cost; say whether all of it fitted into the budget."""
    loss, paid, slot_paid = row.amount_minor, 0, 0
    if row.basis == Basis.ALLOWANCE and allowance is not None:
        paid, slot_paid = min(loss, allowance.amount_minor), min(1, allowance.slots)
        allowance.amount_minor -= paid
        allowance.lost_minor += paid
        allowance.slots -= slot_paid
    fits = book.reserve(loss - paid, 1 - slot_paid)
    row.loss_minor, row.paid_minor = loss, paid
    row.booked_minor = loss if fits else paid
    row.booked_slots = 1 if fits else slot_paid
    book.loss_minor += row.booked_minor
    book.loss_slots += row.booked_slots
    return fits


def free_loss(row: RedemptionRow, book: OfferBook) -> None:
    """Take what is booked for ``row`` out of the reserve; what an allowance paid stays told."""
    book.loss_minor -= row.booked_minor
    book.loss_slots -= row.booked_slots
    book.reserve_minor -= row.booked_minor
    book.reserve_slots -= row.booked_slots
    row.booked_minor = row.booked_slots = 0


def forget_loss(row: RedemptionRow, book: OfferBook, allowance: Allowance | None) -> None:
    """Take back a loss that was undone: there was none."""
    free_loss(row, book)
    if allowance is not None:
        # The allowance itself grows again when it is next settled, out of what is free.
        allowance.lost_minor -= row.paid_minor
    row.loss_minor = row.paid_minor = 0


def liable_outlet(first: RedemptionRow, second: RedemptionRow) -> str:
    """Return the outlet of the one that came second, unless only the first had no right to it."""
    return first.outlet if second.rightful and not first.rightful else second.outlet
