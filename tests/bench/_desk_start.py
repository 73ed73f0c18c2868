"""The program as it starts, signed in by itself: how long a teller waits after the PIN.

``HOME`` is an enrolled home with an open shift. The PIN is entered as soon as the desk takes one;
it ends once the counter has read its offers, holds the cursor and is painted. Prints one JSON
object: ``counter_ms`` from entering the PIN until then, and ``stretch_ms``, what Argon2id alone
takes afterwards for that PIN and for the passphrase that stands here for a key store.
"""

import json
import os
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from branchdesk.app.window import application_at_scale, desk_settings, open_door
from branchdesk.devices.key_wrap import STANDARD_COST, stretch
from branchdesk.devices.paths import resource, terminal_home
from branchdesk.devices.settings import load_settings
from branchdesk.ui.shell.first_paint import paint_first
from branchdesk.ui.shell.window import MainWindow

STAFF, PIN = "T001", "246810"
_POLL_MS, _LONGEST_MS = 2, 60_000


class Starting:
    """A start in progress, looked at every other millisecond."""

    def __init__(self, home: Path) -> None:
        self._home = terminal_home(home)
        self._settings = load_settings(self._home.settings_file)
        self._entered_at = 0.0
        self.counter_ms = 0.0
        theme = desk_settings(self._settings).theme
        self._window = paint_first(resource("resources"), theme, self._go_on)
        self._timer = QTimer(self._window)
        self._timer.timeout.connect(self._look)

    def _go_on(self, window: MainWindow) -> None:
        self._opening = open_door(window, self._home, self._settings)
        self._timer.start(_POLL_MS)
        QTimer.singleShot(_LONGEST_MS, QApplication.quit)

    def _look(self) -> None:
        desk = self._opening.desk
        if desk is None:
            return
        if not self._entered_at:
            from branchdesk.ui.sign_in.state import Credentials

            self._entered_at = time.perf_counter()
            desk.sign_in.submit(Credentials(STAFF, PIN))
        cursor = QApplication.focusWidget()
        if desk.counter.state.offers and cursor and desk.counter_view.isAncestorOf(cursor):
            self._window.repaint()
            self.counter_ms = (time.perf_counter() - self._entered_at) * 1e3
            QApplication.quit()

    def close(self) -> None:
        """End the background work and close the store."""
        self._timer.stop()
        self._opening.close()
        self._window.deleteLater()


def stretch_ms() -> float:
    """Return the milliseconds that Argon2id alone takes for a PIN and a passphrase."""
    began = time.perf_counter()
    for typed in (PIN, os.environ["BRANCHDESK_PASSPHRASE"]):
        stretch(typed, bytes(16), STANDARD_COST)
    return (time.perf_counter() - began) * 1e3


def main(home: str) -> int:
    """Start, sign in, and print what it took; 1 if the counter never came."""
    application = application_at_scale(load_settings(terminal_home(Path(home)).settings_file))
    starting = Starting(Path(home))
    application.exec()
    starting.close()
    print(json.dumps({"counter_ms": starting.counter_ms, "stretch_ms": stretch_ms()}))
    return 0 if starting.counter_ms else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
