"""The window of practice: the real desk on a made-up bank, started anew as often as wanted.

It reads the machine's settings and nothing else of the real terminal, and saves nothing there.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QApplication

from branchdesk.app.made_up import PIN, STAFF, SUPERVISOR
from branchdesk.app.open_window import require_display
from branchdesk.app.practice.bank import PracticeBank
from branchdesk.app.window import application_at_scale, desk_settings, put_desk
from branchdesk.application.shift_records import StaffKey
from branchdesk.devices.paths import TerminalHome, resource
from branchdesk.devices.settings import load_settings
from branchdesk.persistence.folder import FolderLock
from branchdesk.ui.shell.first_paint import paint_first
from branchdesk.ui.shell.services import DeskServices, SignedIn
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.window import MainWindow


def practice_lock(home: TerminalHome) -> FolderLock:
    """Take the lock of the one practice beside ``home``, or raise ``store_in_use``."""
    home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FolderLock(home.root / "practice.lock")


def run_practice(home: TerminalHome, on_ready: Callable[[], object]) -> int:
    """Practise beside ``home`` until the window is closed; return the exit code.

    ``on_ready`` is called, on a thread, when the first made-up bank stands. Raises EnvironmentFault
    ``no_display``, ``store_in_use`` (somebody practises here already) or ``home_unusable``.
    """
    require_display()
    lock = practice_lock(home)
    try:
        kept = load_settings(home.settings_file)
        _application = application_at_scale(kept)
        # Not on top of the real window: practice opens in the middle of the screen.
        settings = replace(desk_settings(kept), geometry="")
        while True:
            practice = Practice(home.root / "practice", settings, on_ready)
            code = practice.run()
            if not practice.again:
                return code
            settings = practice.settings
    finally:
        lock.release()


class Practice:
    """One practice: a bank, a window on it, and whether another is wanted after it."""

    def __init__(
        self, folder: Path, settings: DeskSettings, on_ready: Callable[[], object] = bool
    ) -> None:
        self.again = False
        self.settings = settings
        self._folder, self._on_ready = folder, on_ready
        self._banks: list[PracticeBank] = []
        self._window: MainWindow | None = None

    def run(self) -> int:
        """Show the window and stay until it is closed; then remove everything."""
        settings = self.settings
        self._window = paint_first(
            resource("resources"), settings.theme, self.furnish, settings.geometry
        )
        try:
            return QApplication.exec()
        finally:
            self.close()
            self._window.deleteLater()

    def furnish(self, window: MainWindow) -> None:
        """Put the desk of a new made-up bank into a window that is already painted."""
        bank = PracticeBank(self._folder, self._on_ready)
        self._banks.append(bank)
        self._window = window
        put_desk(
            window,
            bank.terminal,
            self.settings,
            self._keep,
            hint=(STAFF, SUPERVISOR, PIN),
            change=partial(self._practised, bank),
        )

    def close(self) -> None:
        """End practice and remove everything."""
        while self._banks:
            self._banks.pop().close()

    def _practised(self, bank: PracticeBank, services: DeskServices) -> DeskServices:
        def sign_in(staff: str, pin: str) -> SignedIn:
            bank.wait()
            return services.sign_in(staff, pin)

        def staff_keys() -> tuple[StaffKey, ...]:
            bank.wait()
            return services.staff_keys()

        # The bank joins its own head office while the door is shown already.
        return replace(
            services,
            sign_in=sign_in,
            staff_keys=staff_keys,
            enrolment=None,
            is_practice=True,
            scanner=None,
            start_over=self._start_over,
        )

    def _start_over(self) -> None:
        self.again = True
        assert self._window is not None, "only its window asks for it"
        self._window.close()

    def _keep(self, settings: DeskSettings) -> None:
        self.settings = settings
