"""Search for a registered customer while somebody types. This module must not know Qt."""

from dataclasses import replace
from typing import Final, Protocol

from branchdesk.application.models import CustomerLine
from branchdesk.ui.counter.lines import search_line
from branchdesk.ui.counter.state import CounterState, Note, SearchLine
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Tone, error_phrase
from branchdesk.ui.shell.services import DeskServices

SEARCH_AFTER_MS: Final = 120
FOUND_MAX: Final = 20


class Screen(Protocol):
    """The state that the search is part of."""

    state: CounterState

    def show(self, state: CounterState) -> None:
        """Show a state."""


class Finder:
    """Asks the store for the newest query only."""

    def __init__(
        self, background: Background, timers: Timers, services: DeskServices, screen: Screen
    ) -> None:
        self._timers, self._services, self._screen = timers, services, screen
        self._latest = Latest(background)
        self._lines: dict[str, SearchLine] = {}

    def line(self, customer: str) -> SearchLine | None:
        """Return a customer among those found."""
        return self._lines.get(customer)

    def search(self, query: str) -> None:
        """Search once nothing more is typed for a moment."""
        if query == self._screen.state.query:
            return
        self._latest.drop()
        if not query.strip():
            self.close()
            return
        self._screen.show(replace(self._screen.state, query=query))
        self._timers.restart("search", SEARCH_AFTER_MS, lambda: self._ask(query))

    def close(self) -> None:
        """Empty the search."""
        self._timers.cancel("search")
        self._latest.drop()
        self._lines = {}
        self._screen.show(replace(self._screen.state, query="", found=None))

    def _ask(self, query: str) -> None:
        services = self._services
        self._latest.submit(
            Lane.STORE, lambda: services.find_customers(query, FOUND_MAX), self._found, self._failed
        )

    def _found(self, lines: tuple[CustomerLine, ...]) -> None:
        found = tuple(search_line(line) for line in lines)
        self._lines = {line.customer: line for line in found}
        self._screen.show(replace(self._screen.state, found=found))

    def _failed(self, error: Exception) -> None:
        note = Note(error_phrase(error), Tone.DANGER)
        self._screen.show(replace(self._screen.state, found=None, note=note))
