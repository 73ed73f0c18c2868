"""The wired window over real threads, its first frame, and its end."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from branchdesk.ui.shell.first_paint import paint_first
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.sign_in.state import Credentials
from branchdesk.ui.window import build_window
from tests.fakes.desk import PIN, FakeDesk
from tests.gui.conftest import RESOURCES, Bench, catalogue, printed_by

HEAVY = ("sqlalchemy", "cryptography", "reportlab", "qrcode", "PySide6.QtSvg", "PySide6.QtNetwork")


def test_the_window_works_over_its_own_threads_and_ends_them(
    fonts: QApplication, qtbot: QtBot
) -> None:
    del fonts
    behind = FakeDesk()
    window = build_window(behind.services(), catalogue(), RESOURCES, DeskSettings(sync_every_ms=0))
    qtbot.addWidget(window)
    window.show()
    from branchdesk.ui.window import Desk

    desk = window.findChild(Desk)
    assert isinstance(desk, Desk)
    desk.sign_in.submit(Credentials("T001", PIN))
    qtbot.waitUntil(lambda: bool(desk.counter.state.offers))
    from branchdesk.ui.counter.form import Edit, Field

    desk.counter.edit(Edit(Field.NAME, "张"))
    window.close()
    assert behind.drafts.kept["counter"]["form"]["name"] == "张"  # type: ignore[index]  # JSON-ready content


def test_a_failing_service_reaches_the_crash_capture_and_the_window_lives(
    fonts: QApplication, qtbot: QtBot
) -> None:
    del fonts
    bugs: list[Exception] = []

    def broken(staff: str, pin: str) -> None:
        raise ZeroDivisionError

    services = replace(FakeDesk().services(), sign_in=broken)  # type: ignore[arg-type]  # broken on purpose
    window = build_window(services, catalogue(), RESOURCES, DeskSettings(), on_bug=bugs.append)
    qtbot.addWidget(window)
    from branchdesk.ui.window import Desk

    desk = window.findChild(Desk)
    assert isinstance(desk, Desk)
    desk.sign_in.submit(Credentials("T001", PIN))
    qtbot.waitUntil(lambda: bool(bugs))
    assert desk.sign_in.state.message is not None
    assert desk.sign_in.state.message.key == "desk.unexpected"
    window.close()


def test_the_first_frame_is_painted_before_the_rest_is_built(
    fonts: QApplication, qtbot: QtBot
) -> None:
    del fonts
    order: list[str] = []
    window = paint_first(RESOURCES, "light", lambda found: order.append("content"))
    qtbot.addWidget(window)
    window.first.painted.connect(lambda: order.append("painted"))
    qtbot.waitUntil(lambda: len(order) == 2)
    assert order == ["painted", "content"]


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_a_window_can_take_the_place_of_its_first_frame(
    fonts: QApplication, qtbot: QtBot, theme: str
) -> None:
    del fonts
    first = MainWindow(theme)
    qtbot.addWidget(first)
    window = build_window(
        FakeDesk().services(), catalogue(), RESOURCES, DeskSettings(theme=theme), into=first
    )
    assert window is first
    window.show()
    assert window.windowTitle() == "网点活动终端"
    window.close()


def test_input_to_the_native_window_counts_as_somebody_at_the_desk(
    fonts: QApplication, qtbot: QtBot
) -> None:
    del fonts
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    heard: list[int] = []
    window.active.connect(lambda: heard.append(1))
    handle = window.windowHandle()
    assert handle is not None
    from PySide6.QtCore import Qt

    key = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, Qt.KeyboardModifier.NoModifier, "a")
    QApplication.sendEvent(handle, key)
    assert heard == [1]


def test_every_object_of_the_window_has_a_parent(fonts: QApplication, qtbot: QtBot) -> None:
    del fonts
    before = set(QApplication.topLevelWidgets())
    window = build_window(FakeDesk().services(), catalogue(), RESOURCES, DeskSettings())
    qtbot.addWidget(window)
    assert all(found.parent() is not None for found in window.findChildren(QObject))
    after = {widget for widget in QApplication.topLevelWidgets() if widget.parent() is None}
    ours = {widget for widget in after - before if type(widget).__module__.startswith("branchdesk")}
    assert ours == {window}
    window.close()


def test_the_first_paint_loads_nothing_heavy() -> None:
    code = (
        "import sys, branchdesk.ui.shell.first_paint\n"
        "ours = [name for name in sys.modules if name.startswith('branchdesk')]\n"
        f"print([name for name in sys.modules if name in {HEAVY!r}], len(ours))\n"
        "print(any(name.startswith(('branchdesk.domain', 'branchdesk.application',"
        " 'branchdesk.protocol')) for name in ours))"
    )
    heavy, inner = printed_by(code)
    assert heavy.startswith("[]")
    assert inner == "False"


def test_what_is_loaded_after_the_first_paint_is_not_kept_as_source() -> None:
    code = (
        "import linecache\n"
        "from pathlib import Path\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from branchdesk.ui.shell.first_paint import prepare\n"
        "application = QApplication([])\n"
        f"prepare(Path({str(RESOURCES)!r}))\n"
        "before = len(linecache.cache)\n"
        "import branchdesk.ui.window\n"
        "print(len(linecache.cache) - before)"
    )
    assert printed_by(code) == ["0"]


def test_who_may_sign_in_is_named_in_the_language_that_is_spoken_now(
    build: Callable[..., Bench],
) -> None:
    bench = build()

    def named() -> list[str]:
        tags = bench.desk.sign_in_view.findChildren(QPushButton, "staff_tag")
        return [tag.accessibleName() for tag in tags]

    assert named() == ["以 S001 登录", "以 T001 登录"]
    bench.desk.wardrobe.switch_language()
    assert named() == ["Sign in as S001", "Sign in as T001"]
