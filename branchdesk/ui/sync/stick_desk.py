"""Carry a synchronisation by file: one export or import at a time, followed while it runs.

This module must not know Qt, nor what is in a file.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from branchdesk.application.models import StickExport, SyncReport
from branchdesk.ui.kit.background import Background, Lane, Timers
from branchdesk.ui.kit.words import Note, Tone, error_phrase
from branchdesk.ui.sync.services import SyncServices
from branchdesk.ui.sync.state import RunState
from branchdesk.ui.sync.stick_lines import exported_note, imported_note, stick_run

T = TypeVar("T", StickExport, SyncReport)

FOLLOW_EVERY_MS: Final = 250
# Whoever stopped it knows; anything else that ends it is a fault.
_STOPPED: Final = frozenset({"stick_export_stopped", "stick_import_stopped"})


class StickScreen(Protocol):
    """The screen around it."""

    def stick_changed(self) -> None:
        """Show how far it is."""

    def stick_ended(self, note: Note, *, is_import: bool) -> None:
        """Say what came of it, and read what an import has changed."""


class StickDesk:
    """Runs what a person asks for; ``run`` is None while nothing runs."""

    def __init__(
        self, background: Background, timers: Timers, services: SyncServices, screen: StickScreen
    ) -> None:
        self._background, self._timers = background, timers
        self._services, self._screen = services, screen
        self._is_import = False
        self.run: RunState | None = None

    def export(self, path: str) -> None:
        """Write what is unsent to a file."""
        services = self._services

        def done(made: StickExport) -> Note:
            return exported_note(made, path)

        self._begin(lambda: services.export_stick(path), done, is_import=False)

    def take_over(self, path: str) -> None:
        """Take over head office's reply in a file; what was begun of it and stopped stays."""
        services = self._services
        self._begin(lambda: services.import_reply(path), imported_note, is_import=True)

    def stop(self) -> None:
        """Let the one that runs end."""
        if self.run is not None and not self.run.stopping:
            self._services.stop_stick()
            self._follow(is_stopping=True)

    def _begin(self, act: Callable[[], T], said: Callable[[T], Note], *, is_import: bool) -> None:
        if self.run is not None:
            return
        self._is_import = is_import
        self.run = stick_run(None, is_import=is_import, stopping=False)
        self._screen.stick_changed()
        self._timers.restart("stick", FOLLOW_EVERY_MS, self._look)
        # As with the line: it waits for disk and store, and the store's own lane serves people.
        self._background.submit(
            Lane.NETWORK, act, lambda answer: self._end(said(answer)), self._failed
        )

    def _look(self) -> None:
        if self.run is not None:
            self._follow(is_stopping=self.run.stopping)
            self._timers.restart("stick", FOLLOW_EVERY_MS, self._look)

    def _follow(self, *, is_stopping: bool) -> None:
        progress = self._services.stick_progress()
        self.run = stick_run(progress, is_import=self._is_import, stopping=is_stopping)
        self._screen.stick_changed()

    def _failed(self, error: Exception) -> None:
        code = getattr(error, "code", "")
        self._end(Note(error_phrase(error), Tone.INFO if code in _STOPPED else Tone.DANGER))

    def _end(self, note: Note) -> None:
        self._timers.cancel("stick")
        self.run = None
        self._screen.stick_ended(note, is_import=self._is_import)
