"""Half-typed work goes only when it is asked for twice within a moment: no question, no dialogue.

This module must not know Qt.
"""

from dataclasses import replace
from typing import Final

from branchdesk.ui.counter.screen import Screen
from branchdesk.ui.kit.background import Timers
from branchdesk.ui.kit.words import Note, Tone, phrase

CLEAR_WITHIN_MS: Final = 4_000


class SecondPress:
    """Says at the first press what a second one would do."""

    def __init__(self, timers: Timers, screen: Screen) -> None:
        self._timers, self._screen = timers, screen
        self._warned = False

    def agreed(self) -> bool:
        """Return whether this is the second press; warn at the first."""
        if self._warned:
            return True
        self._warned = True
        self._timers.restart("clearing", CLEAR_WITHIN_MS, self._keep)
        warning = Note(phrase("counter.clear_again"), Tone.WARNING)
        self._screen.show(replace(self._screen.state, note=warning))
        return False

    def forget(self) -> None:
        """The next press is a first one again."""
        self._timers.cancel("clearing")
        self._warned = False

    def _keep(self) -> None:
        self._warned = False
        self._screen.show(replace(self._screen.state, note=None))
