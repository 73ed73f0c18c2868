"""The screen of books, as its presenter decides it: without Qt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from branchdesk.application.book_records import Fate
from branchdesk.application.models import Session
from branchdesk.domain.campaign import Role
from branchdesk.domain.clock import china_date
from branchdesk.errors import EnvironmentFault
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.token import token_text
from branchdesk.ui.books.draft import DraftLine, draft_name, from_content, to_content
from branchdesk.ui.books.presenter import BooksPresenter
from branchdesk.ui.books.state import BooksState, Edit, MakeTyped, Place, Step, open_paper
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.serving.second_person import SecondTyped
from branchdesk.ui.shell.state import Screen
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.desk import PIN, FakeDesk

TELLER, OTHER = Session("T001"), Session("S001", Role.SUPERVISOR)
SECOND = SecondTyped("S001", PIN)


class Around:
    """The view and the window that the presenter talks to."""

    def __init__(self) -> None:
        self.shown: list[BooksState] = []
        self.opened: list[Screen] = []
        self.work = 0

    def render(self, state: BooksState) -> None:
        self.shown.append(state)

    def work_done(self) -> None:
        self.work += 1

    def open_screen(self, screen: Screen) -> None:
        self.opened.append(screen)


class Books:
    """A presenter over a desk that was lent numbers, with the teller signed in."""

    def __init__(
        self,
        behind: FakeDesk | None = None,
        background: InlineBackground | ManualBackground | None = None,
        slots: int = 20,
    ) -> None:
        self.behind, self.around = behind or FakeDesk(), Around()
        if behind is None and slots:
            self.behind.store.lend("PHONE10", number=801, slots=slots, is_book=True)
        self.timers = ManualTimers()
        self.presenter = BooksPresenter(
            self.around,
            background or InlineBackground(),
            self.timers,
            self.behind.services(),
            self.around,  # type: ignore[arg-type]  # as much of the window as this screen asks
        )
        with self.behind.store.read() as reading:
            self.campaigns = reading.campaigns()
        self.presenter.start(TELLER, self.campaigns)
        self.presenter.opened()

    @property
    def state(self) -> BooksState:
        return self.around.shown[-1]

    @property
    def note(self) -> str:
        return "" if self.state.note is None else self.state.note.phrase.key

    @property
    def errors(self) -> dict[Place, str]:
        return {place: told.key for place, told in self.state.errors.items()}

    def make(self, count: object = 4, second: SecondTyped = SECOND) -> None:
        """Print a book of the offer that was lent."""
        self.presenter.making.begin()
        self.presenter.making.submit(MakeTyped("PHONE10", str(count), "a4x8", second))

    def open(self, place: int = 0) -> None:
        """Open a book of the list."""
        assert self.state.books
        self.presenter.choose(self.state.books[place].book)

    def type(self, place: Place, text: str) -> None:
        self.presenter.lines.type(Edit(place, text))

    def find(self, query: str) -> None:
        """Search for a customer, and press Enter."""
        self.presenter.lines.holder.type_query(query)
        self.timers.fire_short()
        self.presenter.lines.holder.enter_query()

    def add(self, fate: Fate, number: str = "") -> None:
        """Take a line."""
        self.presenter.lines.choose_fate(fate)
        if number:
            self.type(Place.NUMBER, number)
        self.presenter.lines.add()

    def sign(self, second: SecondTyped = SECOND) -> None:
        """Let two people sign for what was typed."""
        self.presenter.signing.begin()
        self.presenter.signing.sign(second)

    def fates(self) -> dict[int, str]:
        """Return what is recorded of the first book."""
        with self.behind.store.read() as reading:
            (book, *_) = reading.books()
        return {slot: fate.value for slot, fate in book.fates.items()}

    def waiting(self) -> dict[str, str]:
        """Return the lines that are not signed for, by number."""
        rows = [row for row in self.state.numbers if row.is_waiting]
        told = {row.number: row.fate.facts["fate"] for row in rows}
        return {number: str(getattr(fate, "key", fate)) for number, fate in told.items()}


def opened(count: int = 4, behind: FakeDesk | None = None) -> Books:
    """Return a desk with one book, open."""
    books = Books(behind)
    books.make(count)
    books.open()
    return books


def events(books: Books, kind: str) -> list[str]:
    """Return who recorded each event of a kind."""
    told = [decode_envelope(event.envelope) for event in books.behind.store.state.events]
    return [event.staff for event in told if event.type == kind]


def test_nothing_can_be_made_before_numbers_are_lent() -> None:
    books = Books(slots=0)
    assert (books.state.books, books.state.offers) == ((), ())
    books.presenter.making.begin()
    assert books.state.step is Step.BOOKS


def test_a_book_is_printed_by_two_people_and_both_papers_are_shown() -> None:
    books = Books()
    (offer,) = books.state.offers
    assert (offer.code, offer.free) == ("PHONE10", 20)
    books.make(4)
    assert (books.state.step, books.note) == (Step.BOOKS, "books.printed")
    assert books.behind.shown == ["book.pdf", "register.pdf"]
    assert books.behind.door.tried == ["S001"]
    assert books.around.work == 1
    assert books.state.books
    (row,) = books.state.books
    assert (row.numbers, row.total, row.left) == ("B001-0012-000001 – 000004", 4, 4)
    assert row.standing.key == "books.standing.not_on_paper"
    assert books.state.offers[0].free == 16
    books.presenter.making.show_register()
    assert books.behind.shown[-1] == "register.pdf"
    books.behind.has_reader = False
    books.presenter.making.show_vouchers()
    assert books.note == "paper.not_opened"


def test_what_is_wrong_with_a_wish_is_said_beside_its_field() -> None:
    books = Books()
    for count in ("", "0", "-1", "21", "1.5", "９"):
        books.make(count, SecondTyped("", ""))
        assert books.errors == {
            Place.COUNT: "books.count_bad",
            Place.SECOND: "customer.erase.second_missing",
            Place.PIN: "customer.erase.pin_missing",
        }
        assert books.state.focus is Place.COUNT
        books.presenter.back()
    for staff, pin, place, key in (
        ("T001", PIN, Place.SECOND, "error.second_person_same"),
        ("NOBODY", PIN, Place.SECOND, "error.staff_unknown"),
        ("S001", "000000", Place.PIN, "error.pin_wrong"),
    ):
        books.make(4, SecondTyped(staff, pin))
        assert books.errors == {place: key}
        books.presenter.back()
    assert books.behind.press.registers == []


def test_a_book_whose_paper_failed_is_listed_and_printed_without_a_second_one() -> None:
    books = Books()
    books.behind.press.fault = EnvironmentFault("file_unwritable", retryable=True)
    books.make(4)
    assert (books.state.step, books.note) == (Step.BOOKS, "error.file_unwritable")
    assert books.state.books
    assert books.state.books[0].standing.key == "books.standing.not_on_paper"
    books.open()
    books.presenter.making.begin_again()
    assert books.state.step is Step.AGAIN
    books.presenter.making.submit(MakeTyped("", "", "80", SECOND))
    assert books.behind.press.vouchers_printed[-1][1] == "80"
    books.presenter.making.came_out()
    (row,) = books.state.books
    assert row.is_on_paper
    books.open()
    books.presenter.making.begin_again()
    assert books.state.step is Step.LINES


def test_the_register_is_printed_again_and_nothing_is_recorded() -> None:
    books = opened()
    before = books.behind.store.state
    books.presenter.making.print_register()
    assert books.note == "books.register_printed"
    assert books.behind.shown[-1] == "register.pdf"
    assert books.behind.store.state is before


def test_a_line_begins_with_the_next_number_and_keeps_day_and_fate() -> None:
    books = opened()
    today = china_date(books.behind.clock.now_ms()).isoformat()
    assert (books.state.line.number, books.state.line.day) == ("000001", today)
    books.add(Fate.SPOILED, "3")
    assert (books.state.line.number, books.state.line.fate) == ("000004", Fate.SPOILED)
    books.presenter.lines.add()
    assert books.state.line.number == "000001"
    assert books.waiting() == {"000003": "books.fate.spoiled", "000004": "books.fate.spoiled"}
    assert [total.facts["count"] for total in books.state.totals] == [0, 2, 0, 0, 2]
    assert books.fates() == {}


def test_what_a_line_cannot_say_is_said_beside_its_field() -> None:
    books = opened(2)
    books.behind.register("王小二", "13800001231")
    late = books.behind.clock.now_ms() + 3 * 86_400_000
    for number, day, fate, place, key in (
        (" ", "", Fate.MISSING, Place.NUMBER, "books.number_missing"),
        ("99", "", Fate.MISSING, Place.NUMBER, "error.book_number_unknown"),
        ("1", "1 May", Fate.USED, Place.DAY, "books.day_bad"),
        ("1", china_date(late).isoformat(), Fate.USED, Place.DAY, "error.book_day"),
    ):
        books.presenter.lines.edit(1)
        books.find("1231")
        books.type(Place.DAY, day)
        books.presenter.lines.choose_fate(fate)
        books.type(Place.NUMBER, number)
        books.presenter.lines.add()
        assert books.errors == {place: key}
        books.presenter.back()
        books.open()
    books.add(Fate.USED)
    assert books.errors == {Place.CUSTOMER: "books.customer_missing"}
    assert books.waiting() == {}


def test_a_number_of_another_book_is_named_and_not_taken() -> None:
    books = opened(2)
    books.presenter.back()
    books.make(2)
    books.open(1)
    books.add(Fate.MISSING, "3")
    assert books.errors == {Place.NUMBER: "books.other_book"}
    assert books.waiting() == {}


def test_a_used_number_goes_to_the_customer_that_is_found() -> None:
    behind = FakeDesk()
    behind.store.lend("PHONE10", number=801, slots=20, is_book=True)
    customer = behind.register("王小二", "13800001231")
    books = opened(2, behind)
    books.find("1231")
    assert books.state.line.customer is not None
    assert (books.state.line.customer.name, books.state.focus) == ("王**", Place.DAY)
    books.presenter.lines.add()
    books.sign()
    assert books.note == "books.entered"
    with behind.store.read() as reading:
        record = reading.voucher("801-1")
    assert record is not None
    assert record.customer == customer
    row = books.state.numbers[0]
    assert (row.fate.key, row.holder) == ("books.fate.used", "王** 138****1231")
    assert row.day == china_date(behind.clock.now_ms()).isoformat()


def test_whom_nobody_knows_is_registered_with_their_line_once() -> None:
    books = opened()
    books.find("13900001111")
    assert (books.state.line.registering, books.state.line.phone) == (True, "13900001111")
    books.presenter.lines.add()
    assert set(books.errors) == {Place.NAME, Place.CONSENT}
    books.type(Place.NAME, "李娜")
    books.presenter.lines.holder.agree(True)
    books.type(Place.NUMBER, "77")
    books.presenter.lines.add()
    assert books.errors == {Place.NUMBER: "error.book_number_unknown"}
    assert events(books, facts.CUSTOMER_REGISTERED) == []
    books.type(Place.NUMBER, "1")
    books.type(Place.DAY, "2001-01-01")
    books.presenter.lines.add()
    assert books.errors == {Place.DAY: "error.book_day"}
    books.type(Place.DAY, china_date(books.behind.clock.now_ms()).isoformat())
    books.presenter.lines.add()
    assert events(books, facts.CUSTOMER_REGISTERED) == ["T001"]
    assert books.state.numbers[0].holder == "李* 139****1111"
    assert not books.state.line.registering


def test_lines_survive_another_page_a_lock_and_a_restart_until_they_are_signed_for() -> None:
    books = opened()
    books.add(Fate.SPOILED)
    books.presenter.hide()
    books.presenter.start(OTHER, books.campaigns)
    assert books.state.step is Step.BOOKS
    books.open()
    assert books.waiting() == {"000001": "books.fate.spoiled"}
    again = Books(books.behind)
    again.open()
    assert again.waiting() == {"000001": "books.fate.spoiled"}
    again.sign()
    assert again.fates() == {1: "spoiled"}
    assert books.behind.drafts.kept == {}


def test_the_last_line_is_taken_back_and_any_line_is_typed_anew_before_signing() -> None:
    books = opened()
    books.add(Fate.SPOILED)
    books.add(Fate.MISSING)
    books.presenter.lines.take_back()
    assert books.waiting() == {"000001": "books.fate.spoiled"}
    assert (books.state.line.number, books.state.line.fate) == ("000002", Fate.MISSING)
    books.presenter.lines.edit(1)
    books.add(Fate.RETURNED)
    assert books.waiting() == {"000001": "books.fate.returned"}
    books.sign()
    books.presenter.lines.edit(1)
    assert books.note == "books.entered_for_good"
    books.presenter.lines.take_back()
    assert books.fates() == {1: "returned"}


def test_a_book_is_closed_only_when_every_number_is_accounted_for() -> None:
    books = opened()
    books.add(Fate.MISSING)
    books.sign()
    assert (books.note, books.state.left) == ("books.entered", 3)
    books.presenter.lines.fill_rest(Fate.RETURNED)
    assert (books.state.left, books.state.waiting, books.state.focus) == (0, 3, Place.SIGN)
    books.sign()
    assert books.note == "books.entered_all"
    assert books.fates() == {1: "missing", 2: "returned", 3: "returned", 4: "returned"}
    books.presenter.back()
    assert books.state.books
    assert books.state.books[0].standing.key == "books.standing.closed"


def test_nothing_is_entered_before_the_second_person_proved_themselves() -> None:
    books = opened()
    books.add(Fate.MISSING)
    books.sign(SecondTyped("S001", ""))
    assert set(books.errors) == {Place.PIN}
    books.presenter.signing.sign(SecondTyped("S001", "000000"))
    assert books.errors == {Place.PIN: "error.pin_wrong"}
    assert (books.fates(), books.state.step) == ({}, Step.SIGN)
    books.presenter.back()
    assert books.state.step is Step.LINES
    assert len(books.waiting()) == 1


def test_entering_can_be_stopped_and_loses_no_line() -> None:
    background = ManualBackground()
    books = Books(background=background)
    background.run_all()
    books.make(3)
    background.run_all()
    books.open()
    background.run_all()
    books.presenter.lines.fill_rest(Fate.RETURNED)
    books.sign()
    while books.state.progress is None:
        background.run()
    background.run()
    assert (books.state.progress.done, books.state.progress.total) == (1, 3)
    books.presenter.signing.stop()
    books.presenter.back()
    assert books.state.progress.stopping
    background.run_all()
    assert (books.state.progress, books.state.busy) == (None, False)
    assert books.fates() == {1: "returned", 2: "returned"}
    assert books.waiting() == {"000003": "books.fate.returned"}
    assert books.note == "books.entered"


def test_a_line_that_is_refused_while_entering_is_named_and_stays() -> None:
    behind = FakeDesk()
    behind.store.lend("PHONE10", number=801, slots=20, is_book=True)
    behind.register("王小二", "13800001231")
    books = opened(2, behind)
    books.find("1231")
    books.presenter.lines.add()
    line = books.presenter.lines.lines[1]
    stranger = SearchLine("C0", "陈*", "139****0000", "", 0)
    books.presenter.lines.lines[1] = replace(line, customer=stranger)
    books.sign()
    assert books.note == "books.not_entered"
    assert books.state.note is not None
    assert books.state.note.tone is Tone.DANGER
    assert (books.state.line.number, books.state.step) == ("000001", Step.LINES)
    assert books.fates() == {}


def test_a_scanned_voucher_becomes_the_number_of_the_line() -> None:
    books = opened()
    assert not Books(slots=0).presenter.scan("0")
    with books.behind.store.read() as reading:
        record = reading.voucher("801-3")
    assert record is not None
    assert books.presenter.scan(token_text(record.grant_bytes, record.voucher_bytes))
    assert (books.state.line.number, books.state.focus) == ("000003", Place.FATE)
    books.presenter.scan("12345")
    assert books.errors == {Place.NUMBER: "error.book_number_unknown"}


def test_esc_goes_back_step_by_step_to_the_counter() -> None:
    books = opened()
    books.presenter.lines.holder.register()
    books.presenter.back()
    assert (books.state.step, books.state.line.registering) == (Step.LINES, False)
    books.presenter.back()
    assert books.state.step is Step.BOOKS
    books.presenter.making.begin()
    books.presenter.back()
    books.presenter.back()
    assert books.around.opened == [Screen.COUNTER]


def test_a_book_that_was_entered_elsewhere_meanwhile_needs_no_line_any_more() -> None:
    books = opened()
    books.add(Fate.SPOILED)
    other = Books(books.behind)
    other.open()
    other.sign()
    books.presenter.opened()
    assert (books.waiting(), books.state.left) == ({}, 3)


def test_a_draft_of_another_version_keeps_what_it_can() -> None:
    person = SearchLine("C1", "王**", "138****1231", "", 0)
    day = china_date(0) + timedelta(days=9)
    lines = [
        DraftLine(2, Fate.USED, "i2", person, day.isoformat(), is_new=True),
        DraftLine(1, Fate.MISSING, "i1"),
    ]
    content = to_content(lines)
    assert list(from_content(content).values()) == lines
    good = content["lines"]
    assert isinstance(good, list)
    strange = [
        [1],
        "x",
        [3, "burnt", "i", "", "", "", "", False],
        [4, "used", "i", "noon", "", "", "", False],
    ]
    assert list(from_content({"lines": [*strange, *good]})) == [2, 1]
    assert from_content({"lines": 7}) == {}
    assert draft_name("801-1-4") == "book.801-1-4"


@pytest.mark.parametrize("fate", [Fate.RETURNED, Fate.MISSING])
def test_the_rest_of_a_book_is_told_at_once(fate: Fate) -> None:
    books = opened(3)
    books.add(Fate.SPOILED, "2")
    books.presenter.lines.fill_rest(fate)
    books.sign()
    assert books.fates() == {1: fate.value, 2: "spoiled", 3: fate.value}


def registered(slots: int = 4) -> tuple[Books, str]:
    """Return an open book at a desk that knows one customer, and the customer."""
    behind = FakeDesk()
    behind.store.lend("PHONE10", number=801, slots=20, is_book=True)
    customer = behind.register("王小二", "13800001231")
    return opened(slots, behind), customer


def test_whoever_has_as_many_as_one_may_have_is_named_when_chosen_and_when_signed_for() -> None:
    books, _ = registered()
    books.find("1231")
    assert books.state.line.warning is None
    books.presenter.lines.add()
    # The line before is not signed for yet, and counts all the same.
    books.find("1231")
    warned = books.state.line.warning
    assert warned is not None
    assert (warned.key, warned.facts) == ("books.beyond_limit", {"issued": 1, "limit": 1})
    books.presenter.lines.add()
    assert books.waiting() == {"000001": "books.fate.used", "000002": "books.fate.used"}
    books.presenter.signing.begin()
    assert books.state.beyond == ("000002",)
    books.presenter.signing.sign(SECOND)
    assert books.fates() == {1: "used", 2: "used"}
    books.find("1231")
    warned = books.state.line.warning
    assert warned is not None
    assert warned.facts == {"issued": 2, "limit": 1}
    books.presenter.lines.holder.choose_other()
    assert books.state.line.warning is None


def test_a_line_that_is_typed_anew_does_not_count_itself() -> None:
    books, _ = registered()
    books.find("1231")
    books.presenter.lines.add()
    books.presenter.lines.edit(1)
    assert books.state.line.customer is not None
    assert books.state.line.warning is None
    books.presenter.signing.begin()
    assert books.state.beyond == ()


def test_enter_before_the_search_has_answered_waits_for_it() -> None:
    background = ManualBackground()
    books = Books(background=background)
    background.run_all()
    books.make(2)
    background.run_all()
    books.open()
    background.run_all()
    holder = books.presenter.lines.holder
    holder.type_query("13800007777")
    holder.enter_query()
    assert not books.state.line.registering
    background.run_all()
    assert books.state.line.registering
    assert (books.state.line.phone, books.state.focus) == ("13800007777", Place.NAME)


def test_enter_in_an_empty_search_registers_nobody() -> None:
    books = opened()
    books.presenter.lines.holder.enter_query()
    assert not books.state.line.registering


def test_taking_a_line_back_says_that_its_new_customer_stays_registered() -> None:
    books = opened()
    books.find("13900001111")
    books.type(Place.NAME, "李娜")
    books.presenter.lines.holder.agree(True)
    books.presenter.lines.add()
    again = Books(books.behind)
    again.open()
    again.presenter.lines.take_back()
    assert again.note == "books.taken_back_new"
    assert again.state.note is not None
    assert again.state.note.phrase.facts["customer"] == "李*"
    assert again.state.line.customer is not None
    again.presenter.lines.add()
    again.presenter.lines.take_back()
    assert again.note == "books.taken_back"


def test_a_book_is_on_paper_when_somebody_says_so_and_then_no_second_time() -> None:
    books = opened(2)
    book = books.state.book
    assert book is not None
    assert open_paper(books.state) == book.book
    books.presenter.making.came_out()
    assert (books.note, open_paper(books.state)) == ("books.on_paper", "")
    assert books.state.book is not None
    assert books.state.book.standing.key == "books.standing.at_outlet"
    books.presenter.making.came_out()
    assert events(books, facts.VOUCHER_PRINTED) == ["T001"]
    books.presenter.back()
    books.make(3)
    assert books.state.documents is not None
    assert open_paper(books.state) == books.state.documents.book
    books.presenter.making.begin()
    assert open_paper(books.state) == ""


def test_a_number_that_was_entered_came_from_paper() -> None:
    books = opened(2)
    books.add(Fate.MISSING)
    books.sign()
    assert open_paper(books.state) == ""
    assert books.state.book is not None
    assert books.state.book.standing.key == "books.standing.partly"
    books.presenter.making.begin_again()
    assert books.state.step is Step.LINES
