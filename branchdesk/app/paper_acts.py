"""What is done with the papers of vouchers: the use cases, wired on an open store."""

from dataclasses import dataclass

from branchdesk.app.paper import PdfPaper
from branchdesk.application.confirm_printed import ConfirmPrinted
from branchdesk.application.enter_book import EnterBook
from branchdesk.application.ports import Clock, Randomness, Store
from branchdesk.application.print_book import PrintBook
from branchdesk.application.release_voucher import ReleaseVoucher
from branchdesk.application.replace_voucher import ReplaceVoucher
from branchdesk.application.reprint_voucher import ReprintVoucher
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.void_voucher import VoidVoucher


@dataclass(frozen=True, slots=True)
class PaperActs:
    """One use case an act; the second person of those that take two is checked here."""

    store: Store
    paper: PdfPaper
    second_person: SecondPerson
    clock: Clock
    randomness: Randomness

    @property
    def void(self) -> VoidVoucher:
        """Take a voucher back for good."""
        return VoidVoucher(self.store, self.second_person, self.randomness)

    @property
    def reprint(self) -> ReprintVoucher:
        """Sign the next copy of a voucher."""
        return ReprintVoucher(self.store, self.randomness)

    @property
    def replace(self) -> ReplaceVoucher:
        """Void a voucher and give a fresh one."""
        return ReplaceVoucher(self.store, self.second_person, self.clock, self.randomness)

    @property
    def release(self) -> ReleaseVoucher:
        """Sign away the right to redeem a voucher here."""
        return ReleaseVoucher(self.store, self.randomness)

    @property
    def confirm_printed(self) -> ConfirmPrinted:
        """Say that a paper came out."""
        return ConfirmPrinted(self.store, self.randomness)

    @property
    def print_book(self) -> PrintBook:
        """Print a book of numbered vouchers and its register."""
        return PrintBook(self.store, self.paper, self.second_person, self.clock, self.randomness)

    @property
    def enter_book(self) -> EnterBook:
        """Enter what became of a number."""
        return EnterBook(self.store, self.clock, self.randomness)
