"""The chosen customer at the counter: served, revealed for a reason and a while, let go.

This module must not know Qt.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from branchdesk.application.customer_page import CustomerPage
from branchdesk.domain.consent import ConsentHow
from branchdesk.domain.signature import encode_signature
from branchdesk.ui.counter.form import ConsentAnswer
from branchdesk.ui.counter.lines import known_of, page_line
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import Focus, Known, PersonCard
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Note, Tone, phrase
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.serving.revealing import RevealDesk, Revealing
from branchdesk.ui.shell.services import DeskServices


class PersonDesk:
    """Keeps who is served and what of them is shown."""

    def __init__(
        self,
        background: Background,
        timers: Timers,
        services: DeskServices,
        screen: Screen,
        *,
        agreed: Callable[[], object],
        gone: Callable[[], object],
    ) -> None:
        self._background, self._services, self._screen = background, services.customer, screen
        self._agreed, self._gone = agreed, gone
        self._latest = Latest(background)
        self._known: Known | None = None
        self._reveal = RevealDesk(
            background,
            timers,
            services.reveal_customer,
            show=self._show,
            recorded=screen.committed,
            failed=screen.note_fault,
            timer="mask",
        )
        self.line: SearchLine | None = None

    def serve(self, line: SearchLine) -> None:
        """Serve somebody who is registered."""
        self._reveal.mask()
        self.line, self._known = line, None
        self._show(self._reveal.now)
        self._look_up(line)

    def freshen(self) -> None:
        """Read again how the customer stands: something may have been written elsewhere."""
        if self.line is not None:
            self._look_up(self.line)

    def answer(self, answer: ConsentAnswer) -> None:
        """Record that the customer now agrees to one more purpose.

        Taking back is done on the customer's page, where its consequences are.
        """
        session, line = self._screen.session, self.line
        if session is None or line is None or not answer.granted or not self._screen.is_open:
            return
        form, services = self._screen.state.form, self._services

        def record() -> None:
            is_drawn = answer.how is ConsentHow.SIGNATURE
            signature = encode_signature(form.signature) if is_drawn else b""
            services.answer_consent(
                session,
                line.customer,
                answer.purpose,
                granted=True,
                how=answer.how,
                signature=signature,
            )

        # Refused or not, what is shown next is what the store holds.
        self._background.submit(
            Lane.STORE, record, partial(self._recorded, line), partial(self._refused, line)
        )

    def let_go(self) -> None:
        """Serve nobody in particular."""
        self._reveal.mask()
        self._latest.drop()
        self.line = None
        self._show(self._reveal.now)

    def mask(self) -> None:
        """Hide what was revealed, and ask no more for a reason."""
        self._reveal.mask()

    def ask(self) -> None:
        """Ask why the person's data must be seen."""
        if self.line is not None and self._reveal.ask():
            self._screen.focus(Focus.REVEAL)

    def reveal(self, reason: str) -> None:
        """Show the data in the clear for a while; the store records who looked."""
        session, line = self._screen.session, self.line
        if session is not None and line is not None and self._screen.is_open:
            self._reveal.reveal(session, line, reason)

    def _show(self, now: Revealing) -> None:
        card = None if self.line is None else _card(now.over(self.line), now, self._known)
        self._screen.show(replace(self._screen.state, person=card))

    def _look_up(self, line: SearchLine) -> None:
        page = self._services.page
        self._latest.submit(
            Lane.STORE, lambda: page(line.customer), self._read, self._screen.note_fault
        )

    def _recorded(self, line: SearchLine, _: None) -> None:
        if self._is_served(line):
            self._look_up(line)
            self._agreed()
        self._screen.committed()

    def _refused(self, line: SearchLine, error: Exception) -> None:
        self._screen.note_fault(error)
        if self._is_served(line):
            self._look_up(line)

    def _is_served(self, line: SearchLine) -> bool:
        return self.line is not None and self.line.customer == line.customer

    def _read(self, page: CustomerPage) -> None:
        if page.erased:
            self._gone()
            return
        before, self._known = self._known, known_of(page)
        self._take_over(page_line(page))
        self._show(self._reveal.now)
        if before is not None:
            self._tell_merged(before, self._known)

    def _take_over(self, line: SearchLine) -> None:
        """Go on with a line that may have been corrected; what was revealed is of before."""
        if line != self.line:
            self.line = line
            self._reveal.mask()
            self._screen.changed()

    def _tell_merged(self, before: Known, now: Known) -> None:
        known = {merge.merge for merge in before.merges}
        for merge in now.merges:
            if merge.merge not in known:
                told = phrase(
                    "counter.person_merged", name=merge.other_name, phone=merge.other_phone
                )
                note = Note(told, Tone.WARNING)
                self._screen.show(replace(self._screen.state, note=note))


def _card(line: SearchLine, now: Revealing, known: Known | None) -> PersonCard:
    return PersonCard(
        line.customer, line.name, line.phone, line.document, line.vouchers, now, known
    )
