"""Pictures of the window at work on a real home: ``python -m branchdesk.app.pictures …``.

Signs in for real, serves one made-up walk-in through the real use cases, and saves what is on
screen: ``sign-in.png``, ``counter.png``, ``issued.png``. The demonstration calls it.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from branchdesk.app.made_up import SUPERVISOR
from branchdesk.app.window import open_door
from branchdesk.devices.paths import resource, terminal_home
from branchdesk.devices.settings import load_settings
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field
from branchdesk.ui.shell.first_paint import prepare
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.shift.state import Typed
from branchdesk.ui.sign_in.state import Credentials
from branchdesk.ui.window import Desk

SIZE = (1366, 768)
_POLL_MS, _POLLS_MAX = 50, 600


def main(home: str, out: str, staff: str, pin: str, walk_in: str) -> int:
    """Serve ``walk_in`` (a registration line) and save the three pictures of it in ``out``."""
    application = QApplication([])
    prepare(resource("resources"))
    folder, place = Path(out), terminal_home(Path(home))
    window = MainWindow("light")
    window.resize(*SIZE)
    window.show()
    opening = open_door(
        window, place, load_settings(place.settings_file), hint=(staff, SUPERVISOR, pin)
    )
    try:
        _wait(lambda: opening.desk is not None)
        desk = opening.desk
        assert desk is not None
        _settle()
        _save(window, folder / "sign-in.png")
        desk.sign_in.submit(Credentials(staff, pin))
        _wait(lambda: desk.shell.state.screen is Screen.SHIFT)
        desk.shift.submit(Typed())
        _wait(lambda: desk.shell.state.screen is Screen.COUNTER)
        _wait(lambda: bool(desk.counter.state.offers))
        _fill(desk, json.loads(walk_in))
        _save(window, folder / "counter.png")
        desk.counter.submit()
        _wait(lambda: desk.counter.state.result is not None)
        _settle()
        _save(window, folder / "issued.png")
        window.close()
    finally:
        opening.close()
    application.quit()
    return 0


def _fill(desk: Desk, person: dict[str, Any]) -> None:
    counter = desk.counter
    counter.edit(Edit(Field.NAME, person["name"]))
    counter.edit(Edit(Field.PHONE, person["phone"]))
    counter.edit(Edit(Field.CHANNEL, person["channel"]))
    counter.edit(Edit(Field.INTERESTS, "、".join(person.get("interests", ()))))
    for purpose in person["consents"]:
        counter.answer(ConsentAnswer(Purpose(purpose), granted=True, how=ConsentHow.PAPER))
    _settle()
    for offer in person["issue"]:
        counter.toggle(offer)
    _settle()


def _save(window: MainWindow, path: Path) -> None:
    if not window.grab().save(str(path)):
        raise OSError(f"cannot write {path}")


def _settle() -> None:
    """Let short timers fire and answers arrive."""
    loop = QEventLoop()
    QTimer.singleShot(1_500, loop.quit)
    loop.exec()


def _wait(is_so: Callable[[], bool]) -> None:
    """Let the window live until something is so, half a minute at most."""
    loop, left = QEventLoop(), [_POLLS_MAX]

    def look() -> None:
        left[0] -= 1
        if is_so() or not left[0]:
            loop.quit()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(_POLL_MS)
    loop.exec()
    timer.stop()
    if not is_so():
        raise TimeoutError("the window did not get there")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:6]))
