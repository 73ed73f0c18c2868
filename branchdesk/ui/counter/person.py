"""The chosen customer at the counter: served, revealed for a reason and a while, let go.

This module must not know Qt.
"""

from dataclasses import replace

from branchdesk.application.customer_page import CustomerPage
from branchdesk.ui.counter.lines import known_of
from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import Focus, Known, PersonCard
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.serving.revealing import RevealDesk, Revealing
from branchdesk.ui.shell.services import DeskServices


class PersonDesk:
    """Keeps who is served and what of them is shown."""

    def __init__(
        self, background: Background, timers: Timers, services: DeskServices, screen: Screen
    ) -> None:
        self._screen, self._page = screen, services.customer.page
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
        self._latest.submit(
            Lane.STORE, lambda: self._page(line.customer), self._read, self._screen.note_fault
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

    def _read(self, page: CustomerPage) -> None:
        self._known = known_of(page)
        self._show(self._reveal.now)


def _card(line: SearchLine, now: Revealing, known: Known | None) -> PersonCard:
    return PersonCard(
        line.customer, line.name, line.phone, line.document, line.vouchers, now, known
    )
