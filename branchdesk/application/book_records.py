"""Numbered voucher books: printed in advance, handed out by hand, and accounted for afterwards.

A book is a run of slots of a grant that is lent for books alone. Its vouchers have no holder and
are good only once their numbers are entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Fate(StrEnum):
    """What became of one number of a book."""

    USED = "used"
    """Handed to a customer: from now on it is good."""
    SPOILED = "spoiled"
    """Torn, written on by mistake: it lies here, cut."""
    RETURNED = "returned"
    """Not needed: it lies here, whole."""
    MISSING = "missing"
    """Nobody knows; it stays committed and never becomes good."""


@dataclass(frozen=True, slots=True)
class BookRecord:
    """A book as this terminal keeps it.

    ``fates`` are by slot, only of numbers that were entered, ``used_on`` the days of used ones.
    ``first_number`` is the running number of ``first_slot``. ``is_on_paper`` says whether the
    paper is known to be there: it was printed into a file that somebody named, somebody said that
    it came out, or a number was entered from it.
    """

    book: str
    grant: int
    campaign: str
    offer_code: str
    first_slot: int
    last_slot: int
    first_number: int
    printed_ms: int
    is_on_paper: bool
    fates: Mapping[int, Fate] = field(default_factory=dict)
    used_on: Mapping[int, date] = field(default_factory=dict)

    @property
    def slots(self) -> range:
        """Every slot of the book."""
        return range(self.first_slot, self.last_slot + 1)

    @property
    def open_slots(self) -> tuple[int, ...]:
        """The slots of which nobody has said yet what became of them."""
        return tuple(slot for slot in self.slots if slot not in self.fates)

    def number_of(self, slot: int) -> int:
        """Return the running number printed on a slot's voucher."""
        return self.first_number + slot - self.first_slot


@dataclass(frozen=True, slots=True)
class GivenBefore:
    """How many vouchers of an offer a customer was given, and how many one may have; None is any
    number.
    """

    issued: int = 0
    limit: int | None = None

    def is_full(self, more: int = 0) -> bool:
        """Say whether one more than ``more`` more would be beyond the limit."""
        return self.limit is not None and self.issued + more >= self.limit


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One line of the register. ``number`` is as printed, a short code, the text of the QR, or the
    voucher's id.

    ``customer`` and ``used_on`` go with ``used`` alone; without a day it was today.
    """

    number: str
    fate: Fate
    customer: str = ""
    used_on: date | None = None
