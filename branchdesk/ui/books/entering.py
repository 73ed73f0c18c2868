"""Type the lines of a register, one number after the other; nothing is entered before two sign.

This module must not know Qt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final

from branchdesk.application.book_records import BookEntry, BookRecord, Fate, GivenBefore
from branchdesk.domain.clock import china_date
from branchdesk.errors import RuleViolation
from branchdesk.ui.books.draft import DraftLine, draft_name, from_content, to_content
from branchdesk.ui.books.holders import HolderDesk
from branchdesk.ui.books.limits import lines_of, warning
from branchdesk.ui.books.lines import fate_phrase, number_rows, number_text, totals
from branchdesk.ui.books.screen import Screen
from branchdesk.ui.books.state import Edit, LineState, Place, Step
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.shell.services import DeskServices

_FIELDS: Final = {
    "number": Place.NUMBER,
    "customer": Place.CUSTOMER,
    "used_on": Place.DAY,
}


@dataclass(frozen=True, slots=True)
class _Wish:
    """A line to be checked; with ``person`` set, somebody is registered for it first."""

    number: str
    fate: Fate
    day: date | None
    customer: SearchLine | None
    person: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where a line belongs; ``customer`` is who was found or registered for it."""

    book: BookRecord
    slot: int
    customer: SearchLine | None


class LineDesk:
    """Keeps the lines of the open book."""

    def __init__(
        self, background: Background, timers: Timers, services: DeskServices, screen: Screen
    ) -> None:
        self._background, self._services, self._screen = background, services, screen
        self._loading = Latest(background)
        self._warning = Latest(background)
        self.holder = HolderDesk(background, timers, services, screen, self._look_at_customer)
        self.record: BookRecord | None = None
        self.lines: dict[int, DraftLine] = {}

    # -- the book ----------------------------------------------------------------

    def open(self, record: BookRecord) -> None:
        """Take up the lines of a book where they were left."""
        drafts = self._services.drafts
        self.let_go()
        self._loading.submit(
            Lane.STORE,
            lambda: drafts.load(draft_name(record.book)),
            partial(self._loaded, record),
            self._unreadable,
        )

    def take_over(self, record: BookRecord) -> None:
        """Show the open book as it is recorded now; what was entered needs no line any more."""
        self.record = record
        known = len(self.lines)
        self.lines = {slot: line for slot, line in self.lines.items() if slot not in record.fates}
        if len(self.lines) != known:
            self.keep()
        self.tell()

    def entered(self, slot: int) -> None:
        """Take note that a line is recorded now."""
        assert self.record is not None, "lines belong to a book"
        fate = self.lines.pop(slot).fate
        self.record = replace(self.record, fates={**self.record.fates, slot: fate})

    def go_on(self) -> None:
        """Place the cursor where the next thing is to be done."""
        state = self._screen.state
        self._screen.send(
            Place.NUMBER if state.left else Place.SIGN if state.waiting else Place.BOOKS
        )

    def let_go(self) -> None:
        """Leave the book; its lines are kept."""
        self._loading.drop()
        self._warning.drop()
        self.holder.let_go()
        self.record, self.lines = None, {}

    def tell(self, line: LineState | None = None) -> None:
        """Show every number, the totals and the line that is being typed."""
        record, state = self.record, self._screen.state
        if record is None:
            return
        self._screen.show(
            replace(
                state,
                numbers=number_rows(record, self._screen.page, self.lines),
                totals=totals(record, self.lines),
                waiting=len(self.lines),
                left=sum(slot not in self.lines for slot in record.open_slots),
                line=line or state.line,
            )
        )

    def keep(self) -> None:
        """Write the lines down."""
        record, drafts = self.record, self._services.drafts
        assert record is not None, "lines belong to a book"
        name = draft_name(record.book)
        if self.lines:
            content = to_content(self.lines.values())
            job = partial(drafts.save, name, content)
        else:
            job = partial(drafts.discard, name)
        self._background.submit(Lane.STORE, job, failed=self._unreadable)

    # -- one line ----------------------------------------------------------------

    def type(self, edit: Edit) -> None:
        """Take over what is typed."""
        state = self._screen.state
        names = {Place.NUMBER: "number", Place.DAY: "day", Place.NAME: "name", Place.PHONE: "phone"}
        changed: dict[str, Any] = {names[edit.place]: edit.text}
        errors = {place: told for place, told in state.errors.items() if place is not edit.place}
        self._screen.show(replace(state, line=replace(state.line, **changed), errors=errors))

    def choose_fate(self, fate: Fate) -> None:
        """Ask for what belongs to this fate."""
        state = self._screen.state
        self._screen.show(replace(state, line=replace(state.line, fate=fate), errors={}))

    def add(self) -> None:
        """Put the line to the others, if it could be entered now."""
        state, record = self._screen.state, self.record
        if state.busy or record is None or state.step is not Step.LINES:
            return
        errors: dict[Place, Phrase] = {}
        wish = self._wish(state.line, errors)
        if errors:
            self._screen.complain(errors)
            return
        job = partial(self._place, record, wish)
        self._screen.ask(job, partial(self._placed, wish), self._refused)

    def scan(self, text: str) -> None:
        """Take a voucher of the register that was held under the scanner."""
        record = self.record
        if self._screen.state.busy or record is None:
            return
        job = partial(self._services.books.check, BookEntry(text, Fate.MISSING))
        self._screen.ask(job, self._scanned, self._refused)

    def edit(self, slot: int) -> None:
        """Type a line anew, or begin with a number that has none."""
        record, state = self.record, self._screen.state
        if record is None or state.busy or state.step is not Step.LINES:
            return
        number, line = number_text(record, slot), self.lines.get(slot)
        if slot in record.fates:
            self._screen.say(phrase("books.entered_for_good", number=number), Tone.INFO)
            return
        self.holder.close()
        begun = LineState(number, state.line.fate, state.line.day)
        if line is not None:
            begun = replace(
                begun, fate=line.fate, day=line.day or begun.day, customer=line.customer
            )
        self.tell(begun)
        self._look_at_customer()
        self._screen.send(Place.FATE)

    def take_back(self) -> None:
        """Forget the line that was typed last; nothing of it was recorded."""
        record, state = self.record, self._screen.state
        if not self.lines or record is None or state.busy or state.step is not Step.LINES:
            return
        slot, line = self.lines.popitem()
        self.keep()
        day = line.day or state.line.day
        begun = LineState(number_text(record, slot), line.fate, day, customer=line.customer)
        self.tell(begun)
        told = "books.taken_back_new" if line.is_new else "books.taken_back"
        holder = "" if line.customer is None else line.customer.name
        self._screen.say(phrase(told, number=begun.number, customer=holder), Tone.INFO)
        self._look_at_customer()
        self._screen.send(Place.NUMBER)

    def fill_rest(self, fate: Fate) -> None:
        """Let every number without a line have come to one end."""
        record, state = self.record, self._screen.state
        if record is None or state.busy or state.step is not Step.LINES:
            return
        left = [slot for slot in record.open_slots if slot not in self.lines]
        for slot in left:
            self.lines[slot] = DraftLine(slot, fate, self._services.new_intent())
        self.keep()
        self.tell(self.next_line())
        self._screen.say(phrase("books.rest_filled", count=len(left), fate=fate_phrase(fate)))
        self.go_on()

    # -- inside --------------------------------------------------------------------

    def next_line(self, after: int = 0) -> LineState:
        """Return an empty line for the next number that has none."""
        record, line = self.record, self._screen.state.line
        assert record is not None, "lines belong to a book"
        left = [slot for slot in record.open_slots if slot not in self.lines]
        slot = next((slot for slot in left if slot > after), left[0] if left else 0)
        day = line.day or china_date(self._services.now_ms()).isoformat()
        return LineState(number_text(record, slot) if slot else "", line.fate, day)

    def _loaded(self, record: BookRecord, content: Mapping[str, object] | None) -> None:
        kept = {} if content is None else from_content(content)
        self.record = record
        self.lines = {slot: line for slot, line in kept.items() if slot in record.open_slots}
        self.tell(self.next_line())
        self.go_on()

    def _wish(self, line: LineState, errors: dict[Place, Phrase]) -> _Wish:
        number, day, person = line.number.strip(), None, None
        if not number:
            errors[Place.NUMBER] = phrase("books.number_missing")
        if line.fate is not Fate.USED:
            return _Wish(number, line.fate, None, None, None)
        if line.registering:
            person = self.holder.person(line)
            errors.update(self.holder.missing(person))
            if not line.agreed:
                errors[Place.CONSENT] = phrase("books.consent_missing")
        elif line.customer is None:
            errors[Place.CUSTOMER] = phrase("books.customer_missing")
        try:
            day = date.fromisoformat(line.day.strip())
        except ValueError:
            errors[Place.DAY] = phrase("books.day_bad")
        return _Wish(number, line.fate, day, line.customer, person)

    def _place(self, record: BookRecord, wish: _Wish) -> _Placed:
        """Check a line on the store lane; nobody is registered for a number that cannot be."""
        check = self._services.books.check
        book, slot = check(BookEntry(wish.number, Fate.MISSING))
        customer = wish.customer
        if book.book != record.book or wish.fate is not Fate.USED:
            return _Placed(book, slot, None)
        if wish.person is not None:
            customer = self.holder.registered(wish.person)
        assert customer is not None, "a line without a customer was complained of"
        check(BookEntry(wish.number, wish.fate, customer.customer, wish.day))
        return _Placed(book, slot, customer)

    def _placed(self, wish: _Wish, placed: _Placed) -> None:
        record = self.record
        if record is None:
            return
        if placed.book.book != record.book:
            self._screen.complain({Place.NUMBER: phrase("books.other_book", book=placed.book.book)})
            return
        slot, day = placed.slot, "" if wish.day is None else wish.day.isoformat()
        # The newest goes to the end: that is what is taken back first.
        self.lines.pop(slot, None)
        intent = self._services.new_intent()
        is_new = wish.person is not None
        self.lines[slot] = DraftLine(slot, wish.fate, intent, placed.customer, day, is_new)
        self.holder.let_go()
        self.keep()
        self.tell(self.next_line(slot))
        number = number_text(record, slot)
        self._screen.say(phrase("books.added", number=number, fate=fate_phrase(wish.fate)))
        self.go_on()
        if is_new:
            self._screen.committed()

    def _look_at_customer(self) -> None:
        """Find out whether whoever the line is for has as many as one may have."""
        record, line = self.record, self._screen.state.line
        if record is None or line.customer is None:
            return
        customer = line.customer.customer
        others = [
            s for s in lines_of(self.lines, customer) if number_text(record, s) != line.number
        ]
        self._warning.submit(
            Lane.STORE,
            partial(self._services.books.given_before, customer, record.offer_code),
            partial(self._warn, line.customer, len(others)),
            self._unreadable,
        )

    def _warn(self, customer: SearchLine, waiting: int, given: GivenBefore) -> None:
        state = self._screen.state
        if state.line.customer == customer:
            line = replace(state.line, warning=warning(given, waiting))
            self._screen.show(replace(state, line=line))

    def _scanned(self, found: tuple[BookRecord, int]) -> None:
        book, slot = found
        if self.record is not None and book.book == self.record.book:
            self.edit(slot)
        else:
            self._screen.complain({Place.NUMBER: phrase("books.other_book", book=book.book)})

    def _refused(self, error: Exception) -> Mapping[Place, Phrase]:
        if not isinstance(error, RuleViolation):
            return {}
        beside = self.holder.problems(error)
        if beside:
            return beside
        place = _FIELDS.get(str(error.facts.get("field", "")))
        if place is None:
            return {}
        told = dict(error.facts)
        if told.get("fate") in set(Fate):
            told["fate"] = fate_phrase(Fate(str(told["fate"])))
        return {place: Phrase(f"error.{error.code}", told)}

    def _unreadable(self, error: Exception) -> None:
        self._screen.say(self._screen.campaigns.error(error), Tone.DANGER)
