"""The money side of an offer: what is lent, what came back, what is held in reserve.

Every change goes through a book that was locked in the same transaction, and the table's own checks
stand behind it. Rule, for every offer, in every commit (the bank's promise):

    cost cap · (slots lent − slots out) + reserve ≤ budget, and the same by count

A budget cut below what is committed is a target: the ceiling stays where it was and only falls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.sql.elements import ColumnElement

from branchdesk.headoffice.database import insert_rows
from branchdesk.headoffice.tables import allowances, offers

# What stands for "as many as you like": above any grant, below any overflow.
UNLIMITED_SLOTS = 1 << 40
_LAST_PERCENT = 5


@dataclass(slots=True)
class OfferBook:
    """One offer's locked row; money in minor units, days as token day numbers."""

    offer: int
    campaign: str
    code: str
    face_minor: int
    cost_cap_minor: int
    budget_minor: int
    ceiling_minor: int
    slots_limit: int | None
    slots_ceiling: int | None
    policy: int
    allowance_minor: int
    issue_from: int
    issue_until: int
    forecast: int
    is_open: bool
    slots_lent: int
    slots_out: int
    reserve_minor: int
    reserve_slots: int
    honoured_minor: int
    loss_minor: int
    loss_slots: int
    partial_use: bool
    undo_minutes: int
    min_spend_minor: int | None
    per_person_limit: int | None
    per_day_limit: int | None

    @property
    def committed_minor(self) -> int:
        """What the bank would pay if every slot lent and not back were honoured."""
        return self.cost_cap_minor * (self.slots_lent - self.slots_out)

    def pool_slots(self) -> int:
        """Return how many slots budget and count allow in all."""
        by_budget = self._slots_of(self.budget_minor)
        return by_budget if self.slots_limit is None else min(by_budget, self.slots_limit)

    def free_slots(self) -> int:
        """Return how many more slots may be lent now."""
        free = self._slots_of(self.budget_minor - self.committed_minor - self.reserve_minor)
        if self.slots_limit is not None:
            used = self.slots_lent - self.slots_out + self.reserve_slots
            free = min(free, self.slots_limit - used)
        return max(free, 0)

    def bulk_slots(self) -> int:
        """Return how many slots may be lent in bulk: not the last 5 % of the pool."""
        return max(self.free_slots() - -(-self.pool_slots() * _LAST_PERCENT // 100), 0)

    def reserve(self, amount_minor: int, slots: int) -> bool:
        """Hold money and slots back if they fit; say whether they did.

        Nothing always fits, also where the budget was cut below what is committed.
        """
        used = self.committed_minor + self.reserve_minor + amount_minor
        fits = not amount_minor or used <= self.budget_minor
        if self.slots_limit is not None and slots:
            held = self.slots_lent - self.slots_out + self.reserve_slots + slots
            fits = fits and held <= self.slots_limit
        if fits:
            self.reserve_minor += amount_minor
            self.reserve_slots += slots
        return fits

    def cost_minor(self, amount_minor: int) -> int:
        """Return what ``amount_minor`` of one voucher's face costs the bank, rounded up."""
        return -(-self.cost_cap_minor * amount_minor // self.face_minor)

    def allowance_slots(self) -> int:
        """Return how many vouchers one terminal's offline allowance could honour at most."""
        unit = max(1, min(self.cost_cap_minor, self.face_minor or self.cost_cap_minor))
        return -(-self.allowance_minor // unit)

    def settle(self) -> None:
        """Lower the ceilings towards the budget as far as what is committed lets them fall."""
        used = self.committed_minor + self.reserve_minor
        self.ceiling_minor = max(self.budget_minor, min(self.ceiling_minor, used))
        if self.slots_limit is None:
            self.slots_ceiling = None
        else:
            held = self.slots_lent - self.slots_out + self.reserve_slots
            before = held if self.slots_ceiling is None else self.slots_ceiling
            self.slots_ceiling = max(self.slots_limit, min(before, held))

    def raise_ceilings(self) -> None:
        """Let the ceilings follow what is committed: promises that a restore had forgotten."""
        self.ceiling_minor = max(self.ceiling_minor, self.committed_minor + self.reserve_minor)
        if self.slots_limit is not None:
            held = self.slots_lent - self.slots_out + self.reserve_slots
            self.slots_ceiling = max(self.slots_ceiling or 0, held)

    def _slots_of(self, amount_minor: int) -> int:
        if self.cost_cap_minor == 0:
            return UNLIMITED_SLOTS if amount_minor >= 0 else 0
        return max(amount_minor, 0) // self.cost_cap_minor


_COLUMNS = tuple(column.name for column in offers.columns)


def lock_books(connection: Connection, which: ColumnElement[bool]) -> list[OfferBook]:
    """Lock the offers that match, in the order of their numbers, and return their books."""
    statement = select(offers).where(which).order_by(offers.c.offer).with_for_update()
    return [book_of(row) for row in connection.execute(statement)]


def read_books(connection: Connection, which: ColumnElement[bool]) -> list[OfferBook]:
    """Return the books of the offers that match, without locking them."""
    statement = select(offers).where(which).order_by(offers.c.offer)
    return [book_of(row) for row in connection.execute(statement)]


def book_of(row: Row[Any]) -> OfferBook:
    """Return the book in a row of the offers table."""
    return OfferBook(**{name: getattr(row, name) for name in _COLUMNS})


def save_book(connection: Connection, book: OfferBook) -> None:
    """Write a book back; the table refuses one that breaks the rule."""
    book.settle()
    values = {name: getattr(book, name) for name in _COLUMNS}
    connection.execute(update(offers).where(offers.c.offer == book.offer).values(values))


def reserve_allowances(
    connection: Connection, books: Iterable[OfferBook], terminals: Iterable[int]
) -> None:
    """Hold back each terminal's offline allowance of every policy-3 offer, where it still fits.

    A terminal whose allowance does not fit gets none now; the next lending tries again first.
    """
    listed = sorted(terminals)
    for book in books:
        if book.policy != 3 or not book.is_open:
            continue
        known = select(allowances.c.terminal).where(allowances.c.offer == book.offer)
        have = set(connection.execute(known).scalars())
        slots = book.allowance_slots()
        rows = [
            (book.offer, terminal, book.allowance_minor, slots, 0, 0, 0)
            for terminal in listed
            if terminal not in have and book.reserve(book.allowance_minor, slots)
        ]
        insert_rows(connection, allowances, rows)
