"""Books: numbered in advance by two people, worth nothing until entered, and every number told."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from branchdesk.application.book_records import BookEntry, Fate
from branchdesk.application.enter_book import EnterBook
from branchdesk.application.issue_voucher import IssueVoucher
from branchdesk.application.models import VoucherRecord
from branchdesk.application.print_book import (
    BOOK_NUMBERS_MAX,
    PrintBook,
    PrintedBook,
)
from branchdesk.application.second_person import SecondPerson
from branchdesk.application.show_books import BookOffer, ShowBooks
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.token import NO_HOLDER, china_day, day_of, decode_voucher, token_text
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.verdict.lines import answer
from tests.fakes import bank
from tests.fakes.counter import DAY_MS, TELLER, Counter
from tests.fakes.paper_desk import SUPERVISOR_PIN, refused
from tests.fakes.press import BookPress
from tests.fakes.vault import FakeVault

PAIR = (bank.SUPERVISOR.code, SUPERVISOR_PIN)
PATHS = ("book.pdf", "register.pdf")


class Desk(Counter):
    """A counter that may make books of PHONE10, with a second person who has a PIN."""

    def __init__(self, slots: int = 20) -> None:
        super().__init__("PHONE10")
        vault = FakeVault(self.clock)
        vault.set_pin(vault.create(), *PAIR)
        self.book_grant = self.store.lend("PHONE10", slots=slots, is_book=True)
        self.press = BookPress()
        self.second = SecondPerson(vault, self.randomness)
        self.print_book = PrintBook(
            self.store, self.press, self.second, self.clock, self.randomness
        )
        self.enter_book = EnterBook(self.store, self.clock, self.randomness)

    def printed(self, count: int = 5, intent: str | None = None) -> PrintedBook:
        """Print a book."""
        return self.print_book(TELLER, "PHONE10", count, PAIR, PATHS, intent=intent)

    def enter(
        self, number: object, fate: Fate, customer: str = "", used_on: date | None = None
    ) -> VoucherRecord:
        """Enter one number."""
        entry = BookEntry(str(number), fate, customer, used_on)
        return self.enter_book(TELLER, bank.SUPERVISOR, entry)

    def token(self, slot: int) -> str:
        """Return the token of a slot of the book grant."""
        with self.store.read() as reading:
            record = reading.voucher(f"{self.book_grant.number}-{slot}")
        assert record is not None
        return token_text(record.grant_bytes, record.voucher_bytes)


@pytest.fixture
def desk() -> Desk:
    """A desk with twenty slots for books."""
    return Desk()


def test_a_book_uses_a_run_of_slots_that_nothing_else_is_issued_from(desk: Desk) -> None:
    first, second = desk.printed(5), desk.printed(3)
    assert list(first.record.slots) == [1, 2, 3, 4, 5]
    assert list(second.record.slots) == [6, 7, 8]
    assert (first.record.first_number, second.record.first_number) == (1, 6)
    issued = desk.register(issue=["PHONE10"]).vouchers[0]
    assert issued.grant != desk.book_grant.number
    assert issued.number == "9"
    with desk.store.read() as reading:
        assert [line.grant for line in reading.grants()] == [issued.grant]
        assert reading.vouchers(unprinted=True)[0].voucher == issued.voucher
    assert desk.store.check().ok


def test_its_vouchers_have_no_holder_and_are_good_as_long_as_any_handed_out_last(
    desk: Desk,
) -> None:
    desk.printed(2)
    pages, layout, path = desk.press.vouchers_printed[0]
    assert (layout, path) == ("a4x8", "book.pdf")
    offer = bank.in_force().campaign.offer("PHONE10")
    for page in pages:
        voucher = decode_voucher(page.record.voucher_bytes)
        assert (voucher.holder, voucher.copy) == (NO_HOLDER, 0)
        last = offer.issue_until + timedelta(days=offer.valid_days)
        assert day_of(voucher.expires) == last
    assert desk.press.registers[0].second == bank.SUPERVISOR.code


def test_a_printed_number_is_authentic_but_not_activated(desk: Desk) -> None:
    desk.printed(1)
    assert desk.verify(desk.token(1)).verdict == "not_activated"
    assert desk.second_verdict(desk.token(1)) == "not_activated"


def test_two_people_print_a_book_and_both_are_recorded(desk: Desk) -> None:
    def act(second: tuple[str, str]) -> object:
        return desk.print_book(TELLER, "PHONE10", 1, second, PATHS)

    assert refused(lambda: act(("", ""))).code == "second_person_missing"
    assert refused(lambda: act((PAIR[0], "000000"))).code == "pin_wrong"
    assert refused(lambda: act((TELLER.staff, "1"))).code == "second_person_same"
    assert desk.press.registers == []
    act(PAIR)
    printed = desk.store.state.events[-2]
    fields = facts.decode_payload(facts.BOOK_PRINTED, printed.payload)
    assert decode_envelope(printed.envelope).staff == TELLER.staff
    assert fields["second"] == bank.SUPERVISOR.code


def test_what_cannot_be_printed_uses_no_slot(desk: Desk) -> None:
    before = desk.store.state
    for offer, count, code in (
        ("PHONE10", 0, "book_count"),
        ("PHONE10", BOOK_NUMBERS_MAX + 1, "book_count"),
        ("PHONE10", 21, "book_grant_missing"),
        ("SPEND200", 1, "book_grant_missing"),
        ("NOSUCH", 1, "offer_unknown"),
    ):
        error = refused(lambda o=offer, c=count: desk.print_book(TELLER, o, c, PAIR, PATHS))
        assert error.code == code
        assert desk.store.state is before
    desk.store.freeze()
    assert refused(lambda: desk.printed(1)).code == "terminal_frozen"


def test_a_book_whose_paper_failed_is_printed_again_and_not_made_twice(desk: Desk) -> None:
    desk.press.fault = EnvironmentFault("file_unwritable", retryable=True)
    with pytest.raises(EnvironmentFault):
        desk.printed(3, intent="monday")
    with desk.store.read() as reading:
        (book,) = reading.books()
    assert not book.is_on_paper
    again = desk.printed(3, intent="monday")
    assert again.record.book == book.book
    with desk.store.read() as reading:
        assert [b.is_on_paper for b in reading.books()] == [True]
    assert refused(lambda: desk.printed(3, intent="monday")).code == "book_on_paper"
    assert (
        refused(lambda: desk.print_book.again(TELLER, book.book, PAIR, PATHS)).code
        == "book_on_paper"
    )
    assert refused(lambda: desk.print_book.again(TELLER, "no", PAIR, PATHS)).code == "book_unknown"


def test_a_number_that_was_used_becomes_good_for_its_customer(desk: Desk) -> None:
    desk.printed(3)
    customer = desk.register().customer
    desk.clock.advance(2 * DAY_MS)
    record = desk.enter("B001-0012-000002", Fate.USED, customer)
    assert record.slot == 2
    assert desk.verify(desk.token(2)).verdict == "good"
    assert desk.verify(desk.token(1)).verdict == "not_activated"
    with desk.store.read() as reading:
        (held,) = reading.vouchers(customer=customer)
        assert held.voucher == record.voucher
        assert reading.books()[0].open_slots == (1, 3)
        happened = reading.happenings(customer)
    assert happened[0].event_type == facts.BOOK_ENTERED
    told = ShowCustomerPage(desk.store, desk.clock)(customer).timeline[0]
    assert (told.kind.value, told.facts["number"]) == ("voucher_entered", "2")
    issue = IssueVoucher(desk.store, desk.clock, desk.randomness)
    limited = refused(lambda: issue(TELLER, customer, "PHONE10"))
    assert limited.code.startswith("limit_person")
    assert desk.store.check().ok


@pytest.mark.parametrize(
    ("fate", "verdict"),
    [(Fate.SPOILED, "void"), (Fate.RETURNED, "void"), (Fate.MISSING, "not_activated")],
)
def test_a_number_that_was_not_used_never_becomes_good(
    desk: Desk, fate: Fate, verdict: str
) -> None:
    desk.printed(2)
    desk.enter(1, fate)
    assert desk.verify(desk.token(1)).verdict == verdict
    with desk.store.read() as reading:
        book = reading.books()[0]
    assert (dict(book.fates), book.open_slots) == ({1: fate}, (2,))
    assert desk.store.check().ok


def test_every_number_is_entered_once(desk: Desk) -> None:
    desk.printed(2)
    customer = desk.register().customer
    desk.enter(1, Fate.MISSING)
    error = refused(lambda: desk.enter("70002-1", Fate.USED, customer))
    assert (error.code, error.facts["fate"]) == ("book_number_entered", "missing")
    entry = BookEntry("2", Fate.SPOILED)
    for _ in range(2):
        desk.enter_book(TELLER, bank.SUPERVISOR, entry, "line-2")
    other = BookEntry("2", Fate.RETURNED)
    error = refused(lambda: desk.enter_book(TELLER, bank.SUPERVISOR, other, "line-2"))
    assert error.code == "intent_reused"


def test_what_a_line_of_the_register_cannot_say_is_refused(desk: Desk) -> None:
    desk.printed(2)
    person = desk.register(issue=["PHONE10"])
    customer, ordinary = person.customer, person.vouchers[0]
    last = day_of(decode_voucher(desk.press.registers[0].vouchers[0].record.voucher_bytes).expires)
    before = desk.store.state
    for number, fate, who, day, code in (
        ("99", Fate.MISSING, "", None, "book_number_unknown"),
        ("B001-0099-000001", Fate.MISSING, "", None, "book_number_unknown"),
        ("x" * 200, Fate.MISSING, "", None, "book_number_unknown"),
        (ordinary.voucher, Fate.MISSING, "", None, "book_number_unknown"),
        ("1", Fate.USED, "", None, "book_customer_missing"),
        ("1", Fate.USED, "C0", None, "customer_unknown"),
        ("1", Fate.SPOILED, customer, None, "book_customer_needless"),
        ("1", Fate.USED, customer, last, "book_day"),
    ):
        error = refused(lambda n=number, f=fate, w=who, d=day: desk.enter(n, f, w, d))
        assert error.code == code
        assert desk.store.state is before


def test_a_number_is_found_by_its_short_code(desk: Desk) -> None:
    desk.printed(2)
    short_code = desk.press.vouchers_printed[0][0][1].answer.short_code
    assert desk.enter(short_code, Fate.RETURNED).slot == 2


def test_a_book_that_was_partly_taken_back_makes_no_more_books(desk: Desk) -> None:
    tables = desk.store.state.tables
    held = tables.grants[desk.book_grant.number]
    tables.grants[desk.book_grant.number] = replace(held, returned=frozenset({10}))
    assert refused(lambda: desk.printed(3)).code == "book_grant_missing"


def test_a_register_is_printed_again_at_any_time_as_it_was_and_nothing_is_recorded(
    desk: Desk,
) -> None:
    book = desk.printed(3).record
    desk.enter(1, Fate.MISSING)
    before = desk.store.state
    again = desk.print_book.register_again(book.book, "again.pdf")
    first, second = desk.press.registers
    assert again.path == "again.pdf"
    assert [page.answer for page in second.vouchers] == [page.answer for page in first.vouchers]
    assert (second.printed_by, second.second) == (TELLER.staff, bank.SUPERVISOR.code)
    assert second.record.fates == {1: Fate.MISSING}
    assert desk.store.state is before
    unknown = refused(lambda: desk.print_book.register_again("no", "again.pdf"))
    assert unknown.code == "book_unknown"


def test_an_entry_can_be_checked_before_a_second_person_signs_for_it(desk: Desk) -> None:
    book = desk.printed(2).record
    customer = desk.register().customer
    before = desk.store.state
    used = BookEntry("2", Fate.USED, customer)
    found, slot = desk.enter_book.check(used)
    assert (found.book, slot) == (book.book, 2)
    unnamed = refused(lambda: desk.enter_book.check(BookEntry("2", Fate.USED)))
    assert unnamed.code == "book_customer_missing"
    late = replace(used, used_on=date(2099, 1, 1))
    assert refused(lambda: desk.enter_book.check(late)).code == "book_day"
    assert desk.store.state is before
    desk.enter(2, Fate.MISSING)
    assert refused(lambda: desk.enter_book.check(used)).code == "book_number_entered"


def test_a_number_is_found_by_its_qr_and_a_forged_one_is_not(desk: Desk) -> None:
    desk.printed(2)
    text = desk.token(2)
    forged = text[:-1] + str((int(text[-1]) + 1) % 10)
    unknown = refused(lambda: desk.enter(forged, Fate.RETURNED))
    assert unknown.code == "book_number_unknown"
    assert desk.enter(text, Fate.RETURNED).slot == 2


def test_the_page_of_books_says_what_another_could_be_made_of_and_who_holds_what(
    desk: Desk,
) -> None:
    show = ShowBooks(desk.store, desk.clock)
    assert (show().books, show().offers) == ((), (BookOffer("PHONE10", 20),))
    desk.store.lend("PHONE10", number=70_099, slots=50, is_book=True)
    first, second = desk.printed(5).record, desk.printed(15).record
    customer = desk.register().customer
    desk.enter(2, Fate.USED, customer)
    desk.enter(3, Fate.SPOILED)
    page = show()
    assert [book.book for book in page.books] == [second.book, first.book]
    assert page.offers == (BookOffer("PHONE10", 50),)
    (holder,) = page.holders.items()
    assert holder[0] == f"{desk.book_grant.number}-2"
    assert "*" in holder[1]


def test_a_number_is_good_from_the_day_it_was_given_for_as_long_as_its_offer_says(
    desk: Desk,
) -> None:
    desk.printed(2)
    customer = desk.register().customer
    offer = bank.in_force().campaign.offer("PHONE10")
    signed = offer.expires_on(offer.issue_until)
    assert desk.verify(desk.token(1)).facts["expires_on"] == signed.isoformat()
    given = day_of(china_day(desk.clock.now_ms() // 1000))
    desk.enter(1, Fate.USED, customer, given)
    last = offer.expires_on(given)
    assert last < signed
    found = desk.verify(desk.token(1))
    assert found.verdict == "good"
    assert (found.facts["given_on"], found.facts["expires_on"]) == (
        given.isoformat(), last.isoformat(),
    )  # fmt: skip
    show = ShowCustomerPage(desk.store, desk.clock)
    assert [held.expires_on for held in show(customer).vouchers] == [last]

    desk.clock.wall_ms += offer.valid_days * DAY_MS
    assert desk.verify(desk.token(1)).verdict == "good"
    desk.clock.wall_ms += DAY_MS
    assert desk.verify(desk.token(1)).verdict == "expired"
    assert [held.standing for held in show(customer).vouchers] == ["expired"]


@pytest.mark.parametrize("fate", [Fate.RETURNED, Fate.SPOILED, Fate.MISSING])
def test_paper_of_a_number_that_nobody_was_given_is_said_to_be_that(desk: Desk, fate: Fate) -> None:
    desk.printed(1)
    desk.enter(1, fate)
    shown = answer(desk.verify(desk.token(1)), (bank.in_force(),))
    assert (shown.tone, shown.word.key) == (
        Tone.DANGER, f"verdict.book_{fate.value}",
    )  # fmt: skip
    assert shown.advice.key == f"verdict.advice.book_{fate.value}"
    days = [line.label.key for line in shown.facts if line.label.key.endswith("_on")]
    assert days == ["verdict.printed_on"]
    assert "verdict.where" not in [line.label.key for line in shown.facts]


def test_the_check_of_a_number_says_printed_until_it_was_given(desk: Desk) -> None:
    desk.printed(1)
    customer = desk.register().customer

    def days() -> dict[str, object]:
        facts = answer(desk.verify(desk.token(1)), (bank.in_force(),)).facts
        found = {line.label.key: line.value.facts.get("day") for line in facts}
        return {key: day for key, day in found.items() if key.endswith("_on")}

    assert set(days()) == {"verdict.printed_on", "verdict.latest_on"}
    desk.enter(1, Fate.USED, customer)
    offer = bank.in_force().campaign.offer("PHONE10")
    today = day_of(china_day(desk.clock.now_ms() // 1000))
    assert days() == {
        "verdict.printed_on": today.isoformat(), "verdict.issued_on": today.isoformat(),
        "verdict.expires_on": offer.expires_on(today).isoformat(),
    }  # fmt: skip


def test_a_file_that_was_handed_on_is_on_paper_when_somebody_says_so(desk: Desk) -> None:
    def is_on_paper() -> bool:
        with desk.store.read() as reading:
            return reading.books()[0].is_on_paper

    made = desk.print_book(TELLER, "PHONE10", 2, PAIR, PATHS, is_handed_on=True)
    assert not is_on_paper()
    desk.print_book.again(TELLER, made.record.book, PAIR, PATHS, is_handed_on=True)
    assert not is_on_paper()
    for _ in range(2):
        desk.print_book.came_out(TELLER, made.record.book)
    assert is_on_paper()
    kinds = [decode_envelope(event.envelope).type for event in desk.store.state.events]
    assert kinds.count(facts.VOUCHER_PRINTED) == 1
    assert refused(lambda: desk.print_book.came_out(TELLER, "no")).code == "book_unknown"
    assert desk.store.check().ok
