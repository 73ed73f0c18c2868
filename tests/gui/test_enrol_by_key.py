"""Joining head office by key: the cursor is on what happens, and then where typing goes on."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from branchdesk.errors import EnvironmentFault
from branchdesk.ui.enrol.state import EnrolField
from tests.fakes.background import ManualBackground
from tests.fakes.desk import PIN
from tests.gui.conftest import Bench
from tests.gui.scenes import behind
from tests.gui.scenes.enrol import CODE
from tests.gui.stage import settle


def test_the_cursor_follows_a_try_that_fails_and_is_back_where_the_pin_is_typed_again(
    build: Callable[..., Bench],
) -> None:
    background = ManualBackground()
    bench = build(behind("enrol_asking"), background=background)
    bench.window.activateWindow()
    bench.behind.join_fault = EnvironmentFault("office_unreachable", problem="no_line")
    bench.desk.enrol.start()
    settle()
    view = bench.desk.enrol_view
    assert view is not None
    for field, text in zip(EnrolField, (CODE, "T001", PIN, PIN), strict=True):
        view.edits[field].setText(text)
    view.edits[EnrolField.AGAIN].setFocus()
    QTest.keyClick(view.edits[EnrolField.AGAIN], Qt.Key.Key_Return)
    settle()
    assert QApplication.focusWidget() is view.progress
    assert view.progress.accessibleName()
    background.run_all()
    settle()
    assert QApplication.focusWidget() is view.edits[EnrolField.PIN]
    assert view.edits[EnrolField.PIN].text() == ""


def test_after_practice_was_opened_the_cursor_is_back_at_the_code(
    build: Callable[..., Bench],
) -> None:
    bench = build(behind("enrol_asking"))
    bench.window.activateWindow()
    bench.desk.enrol.start()
    settle()
    view = bench.desk.enrol_view
    assert view is not None
    view.practise.setFocus()
    QTest.keyClick(view.practise, Qt.Key.Key_Return)
    settle()
    assert bench.behind.practices == ["opened"]
    assert QApplication.focusWidget() is view.edits[EnrolField.CODE]
