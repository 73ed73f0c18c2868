"""Papers on the real store: closed, lost and recovered, it tells the same of every voucher."""

from pathlib import Path

from branchdesk.application.book_records import BookEntry, Fate
from branchdesk.application.enter_book import EnterBook
from branchdesk.application.models import Session
from branchdesk.application.ports import Fact, Reading
from branchdesk.application.replace_voucher import ReplaceVoucher
from branchdesk.application.reprint_voucher import ReprintVoucher
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.void_voucher import VoidVoucher
from branchdesk.protocol import facts
from branchdesk.protocol.feed import ItemKind, Lane, item
from branchdesk.protocol.token import Voucher, china_day, sign_voucher
from tests.builders import Terminal, grant_item, make_terminal
from tests.fakes import bank
from tests.fakes.vault import FakeVault

TELLER = Session("T001")


def told(reading: Reading) -> list[object]:
    """Return all that is known of every voucher and book, and what is usable next."""
    vouchers = reading.vouchers()
    standings = [reading.standing(found.grant, found.slot) for found in vouchers]
    return [vouchers, standings, reading.books(), reading.grants(), reading.next_number()]


def read(terminal: Terminal) -> list[object]:
    """Read it, and say that the store agrees with its log."""
    report = terminal.store.check()
    assert report.ok, report.problems
    with terminal.store.read() as reading:
        return told(reading)


def with_papers(tmp_path: Path) -> Terminal:
    """Return a terminal whose vouchers were reprinted, voided, replaced and entered from a book."""
    terminal = make_terminal(tmp_path)
    store, clock, randomness = terminal.store, terminal.clock, terminal.randomness
    second = SecondPerson(FakeVault(), randomness)
    first, other = terminal.register(issue="PHONE10"), terminal.register("李娜", "+8613800138001")
    voucher = terminal.issue(other, "PHONE10")
    ReprintVoucher(store, randomness)(TELLER, "1001-1", "damaged")
    ReplaceVoucher(store, second, clock, randomness)(TELLER, "1001-1", "damaged")
    VoidVoucher(store, second, randomness)(TELLER, voucher, "mistake")
    grant = bank.grant_of("PHONE10", number=9001, slots=5, is_book=True)
    terminal.feed(Lane.CONTENT, grant_item(terminal.next_item(Lane.CONTENT), grant, "PHONE10"))
    now_s = clock.now_ms() // 1000
    vouchers = [
        sign_voucher(Voucher(slot, now_s, china_day(now_s) + 9), grant.encode(), bank.TERMINAL_KEY)
        for slot in (1, 2, 3)
    ]
    with store.write(TELLER) as unit:
        fields = {
            "book": "9001-1-3", "grant": 9001, "first": 1, "last": 3, "second": "S001",
            "vouchers": [found.encode() for found in vouchers], "number": unit.next_number(),
            "campaign": bank.in_force().campaign.code, "offer_code": "PHONE10",
            "intent_body": b"",
        }  # fmt: skip
        unit.record(Fact(facts.BOOK_PRINTED, randomness.intent_id(), fields, {}))
    enter = EnterBook(store, clock, randomness)
    enter(TELLER, bank.SUPERVISOR, BookEntry("9001-1", Fate.USED, first))
    enter(TELLER, bank.SUPERVISOR, BookEntry("9001-2", Fate.RETURNED))
    return terminal


def test_papers_are_told_the_same_after_a_restart_and_after_a_recovery(tmp_path: Path) -> None:
    terminal = with_papers(tmp_path)
    before = read(terminal)
    terminal.reopen()
    assert read(terminal) == before
    terminal.recover()
    assert read(terminal) == before
    terminal.store.close()


def test_a_copy_that_head_office_knows_of_is_newer_than_our_own(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path)
    terminal.register(issue="PHONE10")
    number = terminal.next_item(Lane.CONTENT)
    terminal.feed(Lane.CONTENT, item(number, ItemKind.COPY, grant=1001, slot=1, copy=3))
    again = ReprintVoucher(terminal.store, terminal.randomness)(TELLER, "1001-1", "damaged")
    assert again.copy == 4
    assert terminal.store.check().ok
    terminal.store.close()
