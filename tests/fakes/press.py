"""The ``BookPaper`` port in memory."""

from collections.abc import Sequence

from branchdesk.application.models import PrintedDocument
from branchdesk.application.print_book import PrintableBook
from branchdesk.application.print_vouchers import PrintableVoucher


class BookPress:
    """The ``BookPaper`` port: remembers what was printed, or fails once as told."""

    def __init__(self) -> None:
        self.vouchers_printed: list[tuple[Sequence[PrintableVoucher], str, str]] = []
        self.registers: list[PrintableBook] = []
        self.fault: Exception | None = None

    def vouchers(
        self, vouchers: Sequence[PrintableVoucher], layout: str, path: str
    ) -> PrintedDocument:
        """Print the vouchers."""
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.vouchers_printed.append((vouchers, layout, path))
        return PrintedDocument(path, 1, 100, len(vouchers))

    def register(self, book: PrintableBook, path: str) -> PrintedDocument:
        """Print the register."""
        self.registers.append(book)
        return PrintedDocument(path, 1, 100, len(book.vouchers))
