"""Say whose limit the lines of a register go beyond. Pure; no Qt.

What was handed out is entered all the same, and head office decides who bears it; but whoever
takes a line or signs for it is told.
"""

from collections.abc import Mapping

from branchdesk.application.book_records import GivenBefore
from branchdesk.ui.books.draft import DraftLine
from branchdesk.ui.kit.words import Phrase, phrase


def lines_of(lines: Mapping[int, DraftLine], customer: str) -> list[int]:
    """Return the slots whose lines say that a customer was given them."""
    return sorted(
        slot for slot, line in lines.items() if line.customer and line.customer.customer == customer
    )


def warning(given: GivenBefore, waiting: int) -> Phrase | None:
    """Return what to say of a customer of whom ``waiting`` other lines are typed."""
    if not given.is_full(waiting):
        return None
    return phrase("books.beyond_limit", issued=given.issued + waiting, limit=given.limit)


def slots_beyond(
    given: Mapping[str, GivenBefore], lines: Mapping[int, DraftLine]
) -> tuple[int, ...]:
    """Return the slots whose customers then have more than they may."""
    return tuple(
        sorted(
            slot
            for customer, before in given.items()
            for place, slot in enumerate(lines_of(lines, customer))
            if before.is_full(place)
        )
    )
