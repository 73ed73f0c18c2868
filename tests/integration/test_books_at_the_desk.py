"""A book printed at the desk, entered by two people and told to head office: the real store, the
real papers and a real head office, under the screen's own presenter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pypdfium2 import PdfDocument

from branchdesk.app.desk.services import desk_services
from branchdesk.app.terminal import Terminal
from branchdesk.application.book_records import Fate
from branchdesk.application.read_sync import ReadSync
from branchdesk.application.verify_voucher import VerifyVoucher
from branchdesk.protocol import facts
from branchdesk.protocol.token import token_text
from branchdesk.ui.books.presenter import BooksPresenter
from branchdesk.ui.books.state import BooksState, Edit, MakeTyped, Place
from branchdesk.ui.serving.second_person import SecondTyped
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Screen
from tests.direct_bank import PIN, STAFF, DirectBank, direct_bank, number_of
from tests.fakes.background import InlineBackground, ManualTimers

SUPERVISOR = "S001"
SECOND = SecondTyped(SUPERVISOR, PIN)


class BooksDesk:
    """The screen's presenter over a real terminal; it is its own view and window."""

    def __init__(self, bank: DirectBank) -> None:
        self.bank, self.terminal = bank, bank.terminal("desk")
        self.terminal.vault.set_pin(self.terminal.data_key(), SUPERVISOR, PIN)
        self.state = BooksState()
        self.shown: list[str] = []
        self.timers = ManualTimers()
        services = replace(
            desk_services(self.terminal, DeskSettings(), lambda _: None, None),
            show_document=self._show,
        )
        self.presenter = BooksPresenter(
            self,
            InlineBackground(),
            self.timers,
            services,
            self,  # type: ignore[arg-type]  # as much of the window as this screen asks
        )
        session = self.terminal.sign_in(STAFF, PIN).session
        with self.terminal.store.read() as reading:
            campaigns = reading.campaigns()
        self.presenter.start(session, campaigns)
        self.presenter.opened()

    def render(self, state: BooksState) -> None:
        self.state = state

    def _show(self, path: str) -> bool:
        self.shown.append(path)
        return True

    def work_done(self) -> None:
        """Nobody waits for the status bar."""

    def open_screen(self, screen: Screen) -> None:
        raise AssertionError(screen)

    def used(self, query: str, name: str = "") -> None:
        """Type that the next number was used by a customer, or by somebody new."""
        lines = self.presenter.lines
        lines.choose_fate(Fate.USED)
        lines.holder.type_query(query)
        self.timers.fire_short()
        lines.holder.enter_query()
        if name:
            lines.type(Edit(Place.NAME, name))
            lines.holder.agree(True)
        lines.add()

    def unsent(self) -> dict[str, int]:
        """Count what waits for head office by kind of event."""
        page = ReadSync(self.terminal.store)()
        return {kind.event_type: kind.count for kind in page.waiting.kinds}


def line(bank: DirectBank) -> Mapping[str, Any]:
    """Return how PHONE10 stands at head office."""
    offers: Any = bank.office.status()["offers"]
    return next(offer for offer in offers if offer["code"] == "PHONE10")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BooksDesk]:
    """A terminal that was lent ten numbers of PHONE10 for books."""
    monkeypatch.setenv("BRANCHDESK_PASSPHRASE", "one made-up passphrase")
    with direct_bank(tmp_path) as bank:
        found = BooksDesk(bank)
        offer = line(bank)
        bank.office.lend_book(number_of(found.terminal), int(offer["offer"]), 10)
        found.terminal.synchronise()
        found.presenter.opened()
        yield found


def committed(bank: DirectBank) -> int:
    """Return what of PHONE10 is committed."""
    return int(line(bank)["committed_minor"])


def verdict(terminal: Terminal, voucher: str) -> str:
    """Check a voucher as a scanner would."""
    with terminal.store.read() as reading:
        record = reading.voucher(voucher)
    assert record is not None
    text = token_text(record.grant_bytes, record.voucher_bytes)
    return VerifyVoucher(terminal.store, terminal.clock)(text).verdict.value


def test_a_book_is_printed_entered_by_two_and_balances_at_head_office(desk: BooksDesk) -> None:
    known = desk.bank.serve(desk.terminal)
    with desk.terminal.store.read() as reading:
        person = reading.customer(known.customer)
    assert person is not None
    desk.presenter.making.begin()
    desk.presenter.making.submit(MakeTyped("PHONE10", "5", "a4x8", SECOND))
    assert [len(PdfDocument(path)) for path in desk.shown] == [1, 1]
    assert desk.state.offers[0].free == 5

    assert desk.state.books
    desk.presenter.choose(desk.state.books[0].book)
    desk.used(person.phone[-4:])
    desk.used("13712345678", "补小录")
    desk.presenter.lines.choose_fate(Fate.SPOILED)
    desk.presenter.lines.add()
    desk.presenter.lines.fill_rest(Fate.RETURNED)
    assert desk.unsent()[facts.BOOK_PRINTED] == 1
    assert facts.BOOK_ENTERED not in desk.unsent()
    desk.presenter.signing.begin()
    desk.presenter.signing.sign(SECOND)
    assert desk.state.note is not None
    assert desk.state.note.phrase.key == "books.entered_all"
    assert desk.unsent()[facts.BOOK_ENTERED] == 5

    book = desk.presenter.page.books[0]
    names = [facts.voucher_id(book.grant, slot) for slot in book.slots]
    assert [verdict(desk.terminal, name) for name in names] == [
        "good", "good", "void", "void", "void",
    ]  # fmt: skip
    before = committed(desk.bank)
    report = desk.terminal.synchronise()
    assert (report.unsent, report.parked, desk.unsent()) == (0, 0, {})
    audit = desk.bank.office.audit()
    assert (audit.ok, audit.violations) == (True, ())
    assert before - committed(desk.bank) == 3 * 1_000
    assert desk.terminal.store.check().ok


def test_the_register_of_an_entered_book_is_printed_again(desk: BooksDesk) -> None:
    desk.presenter.making.begin()
    desk.presenter.making.submit(MakeTyped("PHONE10", "3", "a4", SECOND))
    assert desk.state.books
    desk.presenter.choose(desk.state.books[0].book)
    desk.presenter.making.print_register()
    text = PdfDocument(desk.shown[-1])[0].get_textpage().get_text_range()
    assert SUPERVISOR in text
    assert all(number in text for number in ("000001", "000002", "000003"))
