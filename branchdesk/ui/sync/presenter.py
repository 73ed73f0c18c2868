"""Drive the sync screen: read where things stand, follow a synchronisation, check the road.

This module must not know Qt, nor how anything is sent.
"""

from dataclasses import replace
from typing import Final, Protocol

from branchdesk.application.check_road import RoadReport
from branchdesk.application.models import CampaignInForce, Session
from branchdesk.application.read_sync import SyncPage
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Note, Tone, error_phrase, phrase
from branchdesk.ui.serving.papers import handed_over
from branchdesk.ui.shell.screens import Neighbours
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.state import Screen, SyncActivity
from branchdesk.ui.sync.lines import (
    answer_lines,
    next_phrase,
    road_state,
    run_state,
    signed_phrases,
    trouble,
    waiting_state,
)
from branchdesk.ui.sync.state import StickState, SyncState, Tab
from branchdesk.ui.sync.stick_desk import StickDesk
from branchdesk.ui.sync.stick_lines import file_name, stick_waiting

READ_EVERY_MS: Final = 10_000


class SyncScreenView(Protocol):
    """The view."""

    def render(self, state: SyncState) -> None:
        """Show a state."""


class SyncPresenter:
    """Drives the screen; ``sync_changed`` is told how syncing goes whether or not it is shown."""

    def __init__(
        self,
        view: SyncScreenView,
        background: Background,
        timers: Timers,
        services: DeskServices,
        neighbours: Neighbours,
    ) -> None:
        self._view, self._background, self._timers = view, background, timers
        self._services, self._calls = services, services.sync_screen
        self._neighbours = neighbours
        self._reading, self._checking = Latest(background), Latest(background)
        self.stick = StickDesk(background, timers, services.sync_screen, self)
        self._activity = SyncActivity()
        self._page: SyncPage | None = None
        self._report: RoadReport | None = None
        self._staff = ""
        self._in_sight = False
        self.state = SyncState()

    # -- what the frame asks -------------------------------------------------

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Begin for whoever signed in: a road check made by somebody else is no longer shown."""
        del campaigns
        if session.staff != self._staff:
            self._checking.drop()
            self._report, self._staff = None, session.staff
            self.state = SyncState(focus=self.state.focus)

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Read again: what head office sent may have settled something."""
        del campaigns
        if self._in_sight:
            self._read()

    def opened(self, *, has_cursor: bool = False) -> None:
        """Come into sight: read where things stand, and go on reading."""
        self._in_sight = True
        asked = self.state.focus if has_cursor else self.state.focus + 1
        self.state = replace(self.state, note=None, focus=asked)
        self._show()
        self._read()

    def freshen(self) -> None:
        """Read where things stand."""
        if self._in_sight:
            self._read()

    def hide(self, *, is_locked: bool = False) -> None:
        """Go out of sight; no personal field is shown here."""
        del is_locked
        self._in_sight = False
        self._timers.cancel("sync_page")

    def back(self) -> None:
        """Go back to the counter."""
        self._neighbours.open_screen(Screen.COUNTER)

    def close(self) -> None:
        """Keep nothing: nothing is half done here."""

    def sync_changed(self, activity: SyncActivity) -> None:
        """Follow a synchronisation; when it ends, read what it changed.

        What could not be done before is no news any more once everything was sent by the line.
        """
        ended = self._activity.running and not activity.running
        self._activity = activity
        note, is_done = self.state.note, activity.error is None and not activity.stopped
        if ended and is_done and note is not None and note.tone is Tone.DANGER:
            self.state = replace(self.state, note=None)
        if self._in_sight:
            self._show()
            if ended:
                self._read()

    # -- what a person asks --------------------------------------------------

    def sync(self) -> None:
        """Synchronise now."""
        self._neighbours.sync()

    def stop(self) -> None:
        """End the synchronisation that runs; what was signed for stays."""
        self._neighbours.stop_sync()

    def choose(self, tab: str) -> None:
        """Show head office's answers or the road check, which looks at once."""
        self.state = replace(self.state, tab=Tab(tab), note=None)
        self._show()
        if self.state.tab is Tab.ROAD:
            self.check_road()

    def save_proof(self) -> None:
        """Save head office's newest signature to a file."""
        self._background.submit(
            Lane.STORE, self._calls.save_proof, self._proof_saved, self._say_fault
        )

    def check_road(self) -> None:
        """Look at everything a day on the road depends on."""
        staff, check_road = self._staff, self._calls.check_road
        self.state = replace(self.state, note=None, road=replace(self.state.road, is_checking=True))
        self._show()
        # Asking the system for its printers may take seconds; the store's own lane serves people.
        self._checking.submit(
            Lane.NETWORK, lambda: check_road(staff), self._checked, self._not_checked
        )

    def print_slip(self, language: str) -> None:
        """Print the slip of the check that is shown."""
        report, print_slip = self._report, self._calls.print_slip
        if report is None or self.state.road.is_printing:
            return
        self.state = replace(self.state, road=replace(self.state.road, is_printing=True))
        self._show()
        self._background.submit(
            Lane.NETWORK, lambda: print_slip(report, language), self._printed, self._say_fault
        )

    # -- what the stick tells --------------------------------------------------

    def stick_changed(self) -> None:
        """Show how far an export or import is."""
        self.state = replace(self.state, note=None)
        self._show()

    def stick_ended(self, note: Note, *, is_import: bool) -> None:
        """Say what came of it; an import is what a synchronisation would have been."""
        self._say(note)
        if is_import:
            self._read()
            self._neighbours.work_done()

    # -- answers -------------------------------------------------------------

    def _read(self) -> None:
        self._reading.submit(Lane.STORE, self._calls.read, self._read_page, self._not_read)

    def _read_page(self, page: SyncPage) -> None:
        self._page = page
        self._show()
        self._tick()

    def _not_read(self, error: Exception) -> None:
        # What cannot be read is not shown from memory.
        self._page = None
        self._say_fault(error)
        self._tick()

    def _tick(self) -> None:
        if self._in_sight:
            self._timers.restart("sync_page", READ_EVERY_MS, self._read)

    def _proof_saved(self, path: str) -> None:
        self._say(Note(phrase("sync.proof.saved", path=path), Tone.SUCCESS))

    def _checked(self, report: RoadReport) -> None:
        self._report = report
        self.state = replace(self.state, road=road_state(report))
        self._show()

    def _not_checked(self, error: Exception) -> None:
        self._report = None
        self.state = replace(self.state, road=SyncState().road)
        self._say_fault(error)

    def _printed(self, path: str) -> None:
        is_open = self._services.show_document(path)
        self.state = replace(self.state, road=replace(self.state.road, is_printing=False))
        saved = Note(phrase("road.printed", path=path), Tone.SUCCESS)
        self._say(handed_over(path, saved, is_open=is_open))

    def _say_fault(self, error: Exception) -> None:
        self.state = replace(self.state, road=replace(self.state.road, is_printing=False))
        self._say(Note(error_phrase(error), Tone.DANGER))

    def _say(self, note: Note) -> None:
        self.state = replace(self.state, note=note)
        self._show()

    def _show(self) -> None:
        activity = self._activity
        now_ms = self._services.now_ms()
        shown = _read_state(self._page, activity, now_ms)
        self.state = replace(
            shown,
            run=run_state(activity),
            next_try=None if activity.running else next_phrase(activity, now_ms),
            trouble=trouble(activity, self._page),
            note=self.state.note,
            tab=self.state.tab,
            road=self.state.road,
            stick=self._stick_state(now_ms),
            focus=self.state.focus,
        )
        self._view.render(self.state)

    def _stick_state(self, now_ms: int) -> StickState:
        page = self._page
        name = "" if page is None else file_name(page.terminal, now_ms)
        return StickState(stick_waiting(page), name, self.stick.run)


def _read_state(page: SyncPage | None, activity: SyncActivity, now_ms: int) -> SyncState:
    """Return what a page tells; unknown is said to be unknown."""
    if page is None:
        return SyncState()
    terminal = page.terminal
    return SyncState(
        office=phrase("sync.office", url=terminal.office_url, number=terminal.terminal),
        waiting=waiting_state(page.waiting, now_ms),
        signed=signed_phrases(page, activity),
        can_save_proof=page.signed is not None,
        answers=answer_lines(page, activity.report),
        answers_left_out=page.held_total - len(page.held),
    )
