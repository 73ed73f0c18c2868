"""Enter the lines that two people sign for, one commit a line, so that stopping loses none.

The second person's PIN passes through to the store and is kept nowhere. This module must not know
Qt.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from branchdesk.application.book_records import GivenBefore
from branchdesk.application.models import Session, Staff
from branchdesk.ui.books.entering import LineDesk
from branchdesk.ui.books.limits import slots_beyond
from branchdesk.ui.books.lines import number_text
from branchdesk.ui.books.screen import Screen
from branchdesk.ui.books.services import BookServices
from branchdesk.ui.books.state import Place, Progress, Step
from branchdesk.ui.kit.background import Background, Lane
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.serving.second_person import SecondField, SecondTyped, missing_of, place_of

_SECOND: Final = {SecondField.STAFF: Place.SECOND, SecondField.PIN: Place.PIN}


class SignDesk:
    """Asks for the second person, then enters line after line."""

    def __init__(
        self, background: Background, services: BookServices, lines: LineDesk, screen: Screen
    ) -> None:
        self._background, self._services = background, services
        self._lines, self._screen = lines, screen
        self._pending: list[int] = []

    def begin(self) -> None:
        """Ask who stands beside."""
        state = self._screen.state
        if state.step is Step.LINES and state.waiting and not state.busy:
            self._screen.show(replace(state, step=Step.SIGN, note=None, errors={}, beyond=()))
            self._screen.send(Place.SECOND)
            self._look_at_limits()

    def sign(self, typed: SecondTyped) -> None:
        """Let the second person prove themselves, and enter everything."""
        if self._screen.state.busy or self._screen.state.step is not Step.SIGN:
            return
        missing = {_SECOND[field]: told for field, told in missing_of(typed).items()}
        if missing:
            self._screen.complain(missing)
            return
        session = self._screen.session
        job = partial(self._services.second, session, typed.staff.strip(), typed.pin)
        self._screen.ask(job, partial(self._proved, session), self._refused)

    def stop(self) -> None:
        """Enter no more after the line that is being entered."""
        state = self._screen.state
        if state.progress is not None:
            stopping = replace(state.progress, stopping=True)
            self._screen.show(replace(state, progress=stopping))

    def _look_at_limits(self) -> None:
        """Name the lines whose customers then have more than they may, for those who sign."""
        record, lines, given = self._lines.record, self._lines.lines, self._services.given_before
        assert record is not None, "lines belong to a book"
        offer, people = record.offer_code, {line.customer for line in lines.values()}

        def told(before: Mapping[str, GivenBefore]) -> None:
            beyond = tuple(number_text(record, slot) for slot in slots_beyond(before, lines))
            self._screen.show(replace(self._screen.state, beyond=beyond))

        self._background.submit(
            Lane.STORE,
            lambda: {one.customer: given(one.customer, offer) for one in people if one},
            told,
            lambda error: self._screen.say(self._screen.campaigns.error(error), Tone.DANGER),
        )

    def _proved(self, session: Session, second: Staff) -> None:
        self._pending = sorted(self._lines.lines)
        state = self._screen.state
        self._screen.show(replace(state, busy=True, progress=Progress(0, len(self._pending))))
        self._screen.send(Place.STOP)
        self._go_on(session, second)

    def _go_on(self, session: Session, second: Staff) -> None:
        progress = self._screen.state.progress
        assert progress is not None, "only while lines are being entered"
        if progress.stopping or not self._pending:
            self._end(progress)
            return
        record, slot = self._lines.record, self._pending[0]
        assert record is not None, "lines belong to a book"
        line = self._lines.lines[slot]
        job = partial(self._services.enter, session, second, line.entry(record.grant), line.intent)
        self._background.submit(
            Lane.STORE, job, lambda _: self._entered(session, second), self._failed
        )

    def _entered(self, session: Session, second: Staff) -> None:
        self._lines.entered(self._pending.pop(0))
        state = self._screen.state
        assert state.progress is not None, "only while lines are being entered"
        further = replace(state.progress, done=state.progress.done + 1)
        self._screen.show(replace(state, progress=further))
        self._go_on(session, second)

    def _end(self, progress: Progress) -> None:
        record, left = self._lines.record, self._screen.state.left + len(self._lines.lines)
        assert record is not None, "lines belong to a book"
        self._leave()
        key = "books.entered" if left else "books.entered_all"
        self._screen.say(phrase(key, count=progress.done, left=left))
        self._screen.committed()

    def _failed(self, error: Exception) -> None:
        """Go back to the line that was refused; those before it are entered."""
        record, slot = self._lines.record, self._pending[0]
        assert record is not None, "lines belong to a book"
        self._leave()
        self._lines.edit(slot)
        reason = self._screen.campaigns.error(error)
        number = number_text(record, slot)
        self._screen.say(phrase("books.not_entered", number=number, reason=reason), Tone.DANGER)
        self._screen.committed()

    def _leave(self) -> None:
        self._pending = []
        self._lines.keep()
        state = self._screen.state
        self._screen.show(replace(state, step=Step.LINES, busy=False, progress=None))
        self._lines.tell(self._lines.next_line())
        self._lines.go_on()

    def _refused(self, error: Exception) -> Mapping[Place, Phrase]:
        place = place_of(error)
        return {} if place is None else {_SECOND[place]: error_phrase(error)}
