"""The door stands before the desk is loaded: what is typed there is kept, what is asked waits."""

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from branchdesk.ui.door import Door
from branchdesk.ui.kit.dispatcher import QtBackground, QtTimers
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Page
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.wardrobe import Wardrobe
from branchdesk.ui.window import Desk
from tests.fakes.desk import PIN, FakeDesk
from tests.gui.conftest import RESOURCES, catalogue, printed_by

BANK = ("sqlalchemy", "cryptography", "structlog", "httpx", "argon2", "cbor2")


def door_of(window: MainWindow, behind: FakeDesk) -> Door:
    """Show a door over real threads."""
    wardrobe = Wardrobe(window, catalogue(), RESOURCES, DeskSettings(sync_every_ms=0))
    door = Door(
        window,
        behind.services(),
        wardrobe,
        background=QtBackground(window),
        timers=QtTimers(window),
    )
    door.open()
    window.show()
    window.activateWindow()
    return door


def test_what_is_being_typed_at_the_door_goes_on_when_the_desk_comes(
    fonts: QApplication, qtbot: QtBot
) -> None:
    del fonts
    window, behind = MainWindow(), FakeDesk()
    qtbot.addWidget(window)
    door = door_of(window, behind)
    staff = door.view.staff.control
    assert window.focusWidget() is staff
    QTest.keyClicks(staff, "t0")
    desk = Desk(window, door, behind.services(), RESOURCES)
    desk.open()
    assert window.focusWidget() is staff
    QTest.keyClicks(staff, "01")
    assert isinstance(staff, QLineEdit)
    assert staff.text() == "t001"
    qtbot.waitUntil(door.view.isVisible)
    QTest.keyClicks(door.view.pin.control, PIN)
    door.view.enter.click()
    qtbot.waitUntil(lambda: desk.shell.state.page is Page.DESK)
    assert not door.view.isVisible()
    window.close()


def test_the_door_loads_nothing_of_the_bank() -> None:
    code = (
        "import sys, branchdesk.ui.door, branchdesk.app.opening\n"
        f"print([name for name in sys.modules if name.partition('.')[0] in {BANK!r}])\n"
        "print([name for name in sys.modules if name.startswith(('branchdesk.application.models',"
        " 'branchdesk.domain.campaign', 'branchdesk.protocol', 'branchdesk.persistence'))])"
    )
    assert printed_by(code) == ["[]", "[]"]


def test_the_cursor_is_at_the_door_when_the_desk_was_loaded_before_the_window_became_active(
    fonts: QApplication, qtbot: QtBot
) -> None:
    del fonts
    window, behind = MainWindow(), FakeDesk()
    qtbot.addWidget(window)
    window.show()
    # No event has been handled when the loop is told that the desk is loaded: a busy machine.
    door = door_of(window, behind)
    desk = Desk(window, door, behind.services(), RESOURCES)
    assert QApplication.activeWindow() is not window
    QTimer.singleShot(0, desk.open)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is door.view.staff.control)
    window.close()
