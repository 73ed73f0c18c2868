"""The chosen customer: masked, revealed for a reason and a while, let go.

Revealing is recorded by the store before anything is shown. This module must not know Qt.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from branchdesk.application.models import Session
from branchdesk.ui.counter.state import CounterState, PersonCard, SearchLine
from branchdesk.ui.kit.background import Background, Lane, Timers
from branchdesk.ui.shell.services import DeskServices

REVEAL_MS: Final = 30_000
REASONS: Final = ("verify", "correct", "contact")


class Screen(Protocol):
    """The state that the customer is part of."""

    state: CounterState

    @property
    def session(self) -> Session | None:
        """Who acts now."""

    def show(self, state: CounterState) -> None:
        """Show a state."""

    def committed(self) -> None:
        """Something was written."""

    def note_fault(self, error: Exception) -> None:
        """Say that something did not work."""


class PersonDesk:
    """Keeps who is served and what of them is shown."""

    def __init__(
        self, background: Background, timers: Timers, services: DeskServices, screen: Screen
    ) -> None:
        self._background, self._timers = background, timers
        self._services, self._screen = services, screen
        self.line: SearchLine | None = None

    def serve(self, line: SearchLine) -> None:
        """Serve somebody who is registered."""
        self._timers.cancel("mask")
        self.line = line
        self._show(_card(line))

    def let_go(self) -> None:
        """Serve nobody in particular."""
        self._timers.cancel("mask")
        self.line = None
        self._show(None)

    def mask(self) -> None:
        """Hide what was revealed, and ask no more for a reason."""
        self._timers.cancel("mask")
        if self.line is not None:
            self._show(_card(self.line))

    def ask(self) -> bool:
        """Ask for the reason; False when there is nobody or nothing to reveal."""
        person = self._screen.state.person
        if person is None or person.revealed:
            return False
        self._show(replace(person, asking_reason=True))
        return True

    def reveal(self, reason: str) -> None:
        """Reveal for a reason that somebody chose."""
        session, line = self._screen.session, self.line
        if session is None or line is None or reason not in REASONS:
            return
        fields = ("name", "phone", *(("document_number",) if line.document else ()))
        self._background.submit(
            Lane.STORE,
            lambda: self._services.reveal_customer(session, line.customer, fields, reason),
            partial(self._revealed, line),
            self._screen.note_fault,
        )

    def _revealed(self, line: SearchLine, clear: Mapping[str, str]) -> None:
        # Somebody else may be served by now, or the window locked: then nothing is shown.
        person = self._screen.state.person
        if self.line == line and person is not None and person.asking_reason:
            card = replace(
                _card(line),
                name=clear.get("name", line.name),
                phone=clear.get("phone", line.phone),
                document=clear.get("document_number", line.document),
                revealed=True,
            )
            self._show(card)
            self._timers.restart("mask", REVEAL_MS, self.mask)
        self._screen.committed()

    def _show(self, person: PersonCard | None) -> None:
        self._screen.show(replace(self._screen.state, person=person))


def _card(line: SearchLine) -> PersonCard:
    return PersonCard(line.customer, line.name, line.phone, line.document, line.vouchers)
