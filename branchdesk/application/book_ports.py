"""What may be read of books of numbered vouchers; a part of the ``Reading`` port."""

from typing import Protocol

from branchdesk.application.book_records import BookRecord
from branchdesk.application.models import OpenGrant, VoucherRecord


class BookReading(Protocol):
    """Books made here, and the grants that they are made of."""

    def open_book_grant(self, offer_code: str, day: int, count: int) -> OpenGrant | None:
        """Return a grant for books with at least ``count`` free slots in a row, or None."""

    def books(self) -> tuple[BookRecord, ...]:
        """Return the books made here, in the order of their numbers."""

    def book(self, book: str) -> BookRecord | None:
        """Return one book by its name."""

    def book_makers(self, book: str) -> tuple[str, str]:
        """Return the staff codes of the two who made a book; both empty for an unknown one."""

    def voucher_numbered(self, number: int) -> VoucherRecord | None:
        """Return the voucher with a running number of this terminal."""
