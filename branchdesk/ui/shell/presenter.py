"""Drive the frame: who is in, what the status bar says, syncing, locking by key and by time.

This module must not know Qt or what the screens inside do; it starts and stops them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from branchdesk.application.models import CampaignInForce, Session
from branchdesk.domain.clock import china_date
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers, ignore
from branchdesk.ui.kit.words import Tone, error_phrase
from branchdesk.ui.shell.screens import ScreenPresenter
from branchdesk.ui.shell.services import DeskServices, DeskStatus
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Page, Screen, ShellState, StatusItem, SyncActivity
from branchdesk.ui.shell.status_lines import (
    banner,
    header,
    is_forgotten,
    offline_reason,
    scanner_item,
    status_bar,
    sync_item,
    unknown_status,
)
from branchdesk.ui.shell.syncing import SyncDriver
from branchdesk.ui.sign_in.presenter import Entry

STATUS_EVERY_MS: Final = 10_000


class ShellScreen(Protocol):
    """The view."""

    def render(self, state: ShellState) -> None:
        """Show a state."""

    def return_cursor(self) -> bool:
        """Put the cursor back where it was on the screen shown; False when that is not there."""


class SignInDoor(Protocol):
    """The sign-in screen, as far as the shell asks something of it."""

    def lock(self, staff: str, word: str = "") -> None:
        """Hide everything behind the PIN of ``staff``; ``word`` is shown to whoever comes by."""

    def leave(self) -> None:
        """Nobody is in any more."""


class ShellPresenter:
    """Drives the frame around the screens."""

    def __init__(
        self,
        view: ShellScreen,
        background: Background,
        timers: Timers,
        services: DeskServices,
        settings: DeskSettings,
    ) -> None:
        self._view, self._background, self._timers = view, background, timers
        self._services, self._settings = services, settings
        self._door: SignInDoor | None = None
        self._screens: Mapping[Screen, ScreenPresenter] = {}
        self._entry: Entry | None = None
        self._status: DeskStatus | None = None
        self._campaigns: tuple[CampaignInForce, ...] = ()
        self._fault: StatusItem | None = None
        self._scanner: StatusItem | None = None
        self._was_syncing = False
        self._on_sync: Callable[[SyncActivity], object] = ignore
        self._sync = SyncDriver(
            background, timers, services, self._sync_changed, every_ms=settings.sync_every_ms
        )
        self._latest_status = Latest(background)
        page = Page.SIGN_IN if services.enrolment is None else Page.ENROL
        self._state = ShellState(page, unknown_status(), header((), china_date(0)))

    @property
    def state(self) -> ShellState:
        """What is shown now."""
        return self._state

    @property
    def signed_in(self) -> bool:
        """Whether somebody is in and the window is not locked."""
        return self._entry is not None and not self._state.locked

    @property
    def at_desk(self) -> bool:
        """Whether somebody is in and the screens of the desk are in sight."""
        return self.signed_in and self._state.page is Page.DESK

    @property
    def session(self) -> Session | None:
        """Who acts, or None while nobody is in."""
        return None if self._entry is None else self._entry.session

    @property
    def screen(self) -> ScreenPresenter:
        """The screen that is shown, or was before the lock."""
        return self._screens[self._state.screen]

    def join(
        self,
        door: SignInDoor,
        screens: Mapping[Screen, ScreenPresenter],
        on_sync: Callable[[SyncActivity], object] = ignore,
    ) -> None:
        """Name the screens inside, and who hears how syncing goes; called once while wiring."""
        self._door, self._screens, self._on_sync = door, screens, on_sync

    def open(self, screen: Screen) -> None:
        """Show a screen; what the one before it showed in the clear is masked first."""
        if not self.signed_in or screen not in self._screens:
            return
        if screen is not self._state.screen:
            self.screen.hide()
            self._state = replace(self._state, screen=screen)
            self._show_status()
        self._come_into_sight()

    def freshen(self) -> None:
        """Let the screen in sight read again what it shows: something came or was done over it."""
        if self.at_desk:
            self.screen.freshen()

    def leave_for_rejoining(self) -> None:
        """Show the page on which a terminal joins again; what a screen showed is masked first."""
        if self.at_desk:
            self.screen.hide()
            self._state = replace(self._state, page=Page.REJOIN)
            self._show()

    def return_to_desk(self) -> None:
        """Show the desk again, as far as somebody is still in."""
        if self.signed_in and self._state.page is Page.REJOIN:
            self._state = replace(self._state, page=Page.DESK)
            self._show()
            self._come_into_sight()

    def back(self) -> None:
        """Step back by one on the screen that is shown."""
        self.screen.back()

    def enter(self, entry: Entry) -> None:
        """Let somebody in: read where the desk stands, show the last screen, or open a shift."""
        self._entry = entry
        self._state = replace(self._state, page=Page.DESK, locked=False)
        self._show()
        services = self._services

        def look_around() -> tuple[DeskStatus, tuple[CampaignInForce, ...]]:
            return services.read_status(), services.campaigns()

        self._background.submit(Lane.STORE, look_around, self._opened, self._not_opened)
        self.activity()

    def enrolled(self) -> None:
        """Show the door: this terminal has joined head office."""
        self._state = replace(self._state, page=Page.SIGN_IN)
        self._show()

    def shift_opened(self, session: Session) -> None:
        """Go on in the shift that is open now: serving people comes next."""
        if self._entry is None:
            return
        self._entry = replace(self._entry, session=session)
        for screen in self._screens.values():
            screen.start(session, self._campaigns)
        self.open(Screen.COUNTER)
        self.work_done()

    def sign_out(self) -> None:
        """Leave the desk for the door; what is unsent goes on being sent."""
        if self._entry is None:
            return
        assert self._door is not None
        for screen in self._screens.values():
            screen.hide(is_locked=True)
        self._entry = None
        self._state = replace(
            self._state, page=Page.SIGN_IN, locked=False, screen=Screen.COUNTER
        )  # fmt: skip
        self._show_status()
        self._door.leave()
        self._timers.cancel("auto_lock")
        self._background.submit(Lane.STORE, self._services.lock, ignore, self._say_fault)

    def activity(self) -> None:
        """Take note that a person is at the desk: the automatic lock starts anew."""
        if self.signed_in and self._settings.auto_lock_ms > 0:
            self._timers.restart("auto_lock", self._settings.auto_lock_ms, self.lock)

    def lock(self, word: str = "") -> None:
        """Hide the person at once; the work goes on behind the PIN, ``word`` is shown."""
        if self._entry is None or self._state.locked:
            return
        assert self._door is not None
        for screen in self._screens.values():
            screen.hide(is_locked=True)
        self._state = replace(self._state, page=Page.SIGN_IN, locked=True)
        self._show()
        self._door.lock(self._entry.staff.code, word)
        self._timers.cancel("auto_lock")
        self._background.submit(Lane.STORE, self._services.lock, ignore, self._say_fault)

    def sync(self) -> None:
        """Synchronise now, once at a time, and say in words what came of it."""
        if self._entry is not None:
            self._sync.start()

    def stop_sync(self) -> None:
        """Let the synchronisation that runs end; what was acknowledged stays."""
        self._sync.stop()

    def scanner_stands(self, reason: str | None) -> None:
        """Show how the scanner on a serial port stands; None when none is listened to."""
        self._scanner = None if reason is None else scanner_item(reason)
        self._show_status()

    def _sync_changed(self, activity: SyncActivity) -> None:
        ended = self._was_syncing and not activity.running
        self._was_syncing = activity.running
        if ended or activity.running:
            self._fault = None
        self._show_status()
        self._on_sync(activity)
        if ended:
            self._read_status()
            self.freshen()

    def work_done(self) -> None:
        """Something was committed: read the status again, and send it when the line allows."""
        self._read_status()
        self._sync.schedule(is_waiting=True)

    def apply_settings(self, settings: DeskSettings) -> None:
        """Take over changed settings."""
        self._settings = settings
        self._sync.every_ms = settings.sync_every_ms
        self.activity()

    def _opened(self, found: tuple[DeskStatus, tuple[CampaignInForce, ...]]) -> None:
        self._status, self._campaigns = found
        self._begin()
        self._sync.schedule(is_waiting=self._status.terminal.unsent > 0)

    def _not_opened(self, error: Exception) -> None:
        # Where the desk stands could not be read; it is shown and says so.
        self._say_fault(error)
        self._begin()

    def _begin(self) -> None:
        if self._entry is None:
            return
        session = self._entry.session
        if not session.shift and Screen.SHIFT in self._screens:
            # Asked first, and in nobody's way: Esc goes to the counter, whose first act opens one.
            self._state = replace(self._state, screen=Screen.SHIFT)
        self._show_status()
        for screen in self._screens.values():
            screen.start(session, self._campaigns)
        self._come_into_sight()
        self._tick()

    def _come_into_sight(self) -> None:
        self.screen.opened(has_cursor=self._view.return_cursor())

    def _tick(self) -> None:
        self._timers.restart("status", STATUS_EVERY_MS, self._read_status)

    def _read_status(self) -> None:
        services = self._services
        self._latest_status.submit(
            Lane.STORE,
            lambda: (services.read_status(), services.campaigns()),
            self._status_read,
            self._status_lost,
        )

    def _status_read(self, found: tuple[DeskStatus, tuple[CampaignInForce, ...]]) -> None:
        self._status, campaigns = found
        changed = _versions(campaigns) != _versions(self._campaigns)
        self._campaigns = campaigns
        self._show_status()
        if changed and self.signed_in:
            for screen in self._screens.values():
                screen.refresh(campaigns)
        self._sync.schedule(is_waiting=self._status.terminal.unsent > 0)
        self._tick()

    def _status_lost(self, error: Exception) -> None:
        # What cannot be read is not shown from memory: the status bar never lies.
        self._status = None
        self._say_fault(error)
        self._tick()

    def _say_fault(self, error: Exception) -> None:
        self._fault = StatusItem(error_phrase(error), Tone.DANGER)
        self._show_status()

    def _show_status(self) -> None:
        now_ms, activity = self._services.now_ms(), self._sync.activity
        sync = self._fault or sync_item(activity)
        if self._status is None or self._entry is None:
            status = replace(unknown_status(), sync=sync, syncing=activity.running)
        else:
            status = status_bar(
                self._status,
                self._entry.staff,
                self._campaigns,
                sync,
                now_ms,
                syncing=activity.running,
            )
        self._state = replace(
            self._state,
            status=replace(status, scanner=self._scanner),
            header=header(self._campaigns, china_date(now_ms)),
            banner=banner(
                self._status,
                offline_reason(activity),
                forgotten=is_forgotten(activity),
                at_shift=self._state.screen is Screen.SHIFT,
            ),
        )
        self._show()

    def _show(self) -> None:
        self._view.render(self._state)


def _versions(campaigns: tuple[CampaignInForce, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((found.campaign.code, found.version) for found in campaigns)
