"""The chosen customer at the counter: served, revealed for a reason and a while, let go.

This module must not know Qt.
"""

from dataclasses import replace

from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.counter.state import PersonCard
from branchdesk.ui.kit.background import Background, Timers
from branchdesk.ui.serving.finding import SearchLine
from branchdesk.ui.serving.revealing import RevealDesk, Revealing
from branchdesk.ui.shell.services import DeskServices


class PersonDesk:
    """Keeps who is served and what of them is shown."""

    def __init__(
        self, background: Background, timers: Timers, services: DeskServices, screen: Screen
    ) -> None:
        self._screen = screen
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
        self.line = line
        self._show(self._reveal.now)

    def let_go(self) -> None:
        """Serve nobody in particular."""
        self._reveal.mask()
        self.line = None
        self._show(self._reveal.now)

    def mask(self) -> None:
        """Hide what was revealed, and ask no more for a reason."""
        self._reveal.mask()

    def ask(self) -> bool:
        """Ask for the reason; False when there is nobody or nothing to reveal."""
        return self.line is not None and self._reveal.ask()

    def reveal(self, reason: str) -> None:
        """Reveal for a reason that somebody chose."""
        session, line = self._screen.session, self.line
        if session is not None and line is not None:
            self._reveal.reveal(session, line, reason)

    def _show(self, now: Revealing) -> None:
        card = None if self.line is None else _card(now.over(self.line), now)
        self._screen.show(replace(self._screen.state, person=card))


def _card(line: SearchLine, now: Revealing) -> PersonCard:
    return PersonCard(line.customer, line.name, line.phone, line.document, line.vouchers, now)
