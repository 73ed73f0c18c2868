"""Where a scan goes, and what is said when it goes nowhere."""

import pytest

from branchdesk.domain.identity import Document, DocumentType
from branchdesk.protocol.enrolment import EnrolmentCode
from branchdesk.ui.scan.presenter import ScanPresenter
from branchdesk.ui.scan.state import ScanNote
from tests.fakes.background import ManualTimers

RESIDENT = "11010519491231002X"
ENROLMENT = EnrolmentCode("https://office.example:8443", b"0123456789", bytes(32)).encode()
SHORT_CODE = "0000-0YM0-0002-ABCD5"


class Desk:
    """Takes note of everything."""

    def __init__(self) -> None:
        self.notes: list[ScanNote | None] = []
        self.vouchers: list[str] = []
        self.documents: list[Document] = []
        self.signed_in = True
        self.timers = ManualTimers()
        self.scan = ScanPresenter(self, self.timers, self, lambda: self.signed_in)

    @property
    def said(self) -> str:
        """Return the key of the note that stands there."""
        note = self.notes[-1]
        return "" if note is None else note.phrase.key

    def render(self, note: ScanNote | None) -> None:
        self.notes.append(note)

    def check_voucher(self, text: str) -> None:
        self.vouchers.append(text)

    def take_document(self, document: Document) -> None:
        self.documents.append(document)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_voucher_goes_to_the_check(desk: Desk) -> None:
    desk.scan.reading()
    assert desk.said == "scan.reading"
    assert desk.scan.read(SHORT_CODE)
    assert desk.vouchers == [SHORT_CODE]
    assert desk.said == ""


def test_a_document_goes_to_the_counter(desk: Desk) -> None:
    assert desk.scan.read(RESIDENT)
    assert desk.documents == [Document(DocumentType.RESIDENT_ID, RESIDENT)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENROLMENT, "scan.enrolment"),
        ("9" * 300, "scan.broken"),
        ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "scan.reading"),
    ],
)
def test_what_goes_nowhere_is_said_for_a_while(desk: Desk, text: str, said: str) -> None:
    assert desk.scan.read(text)
    assert desk.said == said
    desk.timers.fire("scan")
    assert desk.said == ""
    assert not desk.vouchers
    assert not desk.documents


def test_what_is_none_of_ours_is_left_to_the_focus(desk: Desk) -> None:
    assert not desk.scan.read("6901234567892")
    desk.scan.unwanted()
    assert desk.said == "scan.unknown"


def test_a_scan_that_ends_after_the_lock_is_dropped(desk: Desk) -> None:
    assert desk.scan.listens()
    desk.scan.reading()
    desk.signed_in = False
    assert not desk.scan.listens()
    assert desk.scan.read(SHORT_CODE)
    assert desk.scan.read("6901234567892"), "nor is it typed into the PIN"
    assert not desk.vouchers


def test_a_new_scan_takes_the_place_of_an_older_note(desk: Desk) -> None:
    desk.scan.read("9" * 300)
    desk.scan.reading()
    assert "scan" not in desk.timers.set
    assert desk.said == "scan.reading"
