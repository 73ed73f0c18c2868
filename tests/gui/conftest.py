"""One application for all tests of the window, off screen, with the bundled fonts."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from branchdesk.application.texts import Texts
from branchdesk.ui.door import Door
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.wardrobe import Wardrobe
from branchdesk.ui.window import Desk
from tests.fakes.background import InlineBackground, ManualBackground, ManualTimers
from tests.fakes.desk import FakeDesk

# The off-screen platform says this of every dialog and open list; it is about itself, not about us.
_OFFSCREEN_ONLY = {
    f"This plugin does not support {what}"
    for what in ("propagateSizeHints()", "raise()", "grabbing the keyboard")
}
_HARMLESS_KINDS = (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
RESOURCES = Path(__file__).resolve().parents[2] / "resources"


@cache
def catalogue() -> Texts:
    """Return the whole catalogue of texts, read once: every window of every test shares it."""
    entries: dict[str, dict[str, str]] = {}
    for path in sorted((RESOURCES / "texts").glob("*.json")):
        entries.update(json.loads(path.read_text(encoding="utf-8")))
    return Texts(entries)


def printed_by(code: str) -> list[str]:
    """Run Python code in a process of its own and return the lines it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=RESOURCES.parent,
    )
    return done.stdout.splitlines()


def put_away(*windows: QWidget) -> None:
    """Close windows and free them now.

    A window that waits to be deleted keeps a megabyte, and whichever test next runs an event loop
    has to wait until all of them are gone.
    """
    for window in windows:
        window.close()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class Bench:
    """A wired window over fakes: what is behind it, and the window itself."""

    def __init__(
        self,
        behind: FakeDesk,
        background: InlineBackground | ManualBackground,
        settings: DeskSettings,
    ) -> None:
        self.behind, self.background = behind, background
        self.timers = ManualTimers()
        self.window = MainWindow(settings.theme, settings.geometry)
        services = behind.services()
        title = "practice.name" if services.is_practice else "app.name"
        wardrobe = Wardrobe(self.window, catalogue(), RESOURCES, settings, title)
        door = Door(self.window, services, wardrobe, background=background, timers=self.timers)
        self.desk = Desk(self.window, door, services, RESOURCES)
        self.desk.open()
        self.window.show()

    def close(self) -> None:
        """Close the window and free it."""
        put_away(self.window)

    def settle(self) -> None:
        """Let a moment pass: short timers fire."""
        self.timers.fire_short()


def press(bench: Bench, *keys: Qt.Key | str) -> None:
    """Press keys, and type texts, where the focus is."""
    for key in keys:
        where = QApplication.focusWidget() or bench.window
        if isinstance(key, str):
            QTest.keyClicks(where, key)
        else:
            QTest.keyClick(where, key)
        bench.settle()
        QApplication.processEvents()


@pytest.fixture(autouse=True)
def qt_warnings_fail() -> Iterator[None]:
    """Fail a test during which Qt complained about anything."""
    said: list[str] = []

    def hear(kind: QtMsgType, _: object, message: str) -> None:
        if kind not in _HARMLESS_KINDS and message not in _OFFSCREEN_ONLY:
            said.append(message)

    before = qInstallMessageHandler(hear)
    yield
    qInstallMessageHandler(before)
    assert said == []


@pytest.fixture
def build(fonts: QApplication) -> Iterator[Callable[..., Bench]]:
    """Return a maker of wired windows; they are closed after the test."""
    del fonts
    made: list[Bench] = []

    def make(
        behind: FakeDesk | None = None,
        *,
        background: InlineBackground | ManualBackground | None = None,
        settings: DeskSettings | None = None,
    ) -> Bench:
        bench = Bench(
            behind or FakeDesk(), background or InlineBackground(), settings or DeskSettings()
        )
        made.append(bench)
        return bench

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def shown(fonts: QApplication) -> Iterator[Callable[[str, DeskSettings], QWidget]]:
    """Return a way to put scenes and component pages on the stage; they go after the test."""
    from tests.gui.stage import show  # it builds scenes from what this module defines

    del fonts
    tops: list[QWidget] = []

    def put(name: str, settings: DeskSettings) -> QWidget:
        window = show(name, settings)
        top = window.window()
        while (owner := top.parentWidget()) is not None:
            top = owner.window()  # A sheet shown over the window goes with it.
        tops.append(top)
        return window

    yield put
    put_away(*tops)
