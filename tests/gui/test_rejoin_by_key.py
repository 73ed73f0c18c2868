"""A copied terminal joins again by key: from the banner to the code, and back to work."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from branchdesk.errors import RuleViolation
from branchdesk.ui.shell.state import Page
from tests.gui.conftest import Bench
from tests.gui.scenes.enrol import CODE
from tests.gui.scenes.rejoin import found_out
from tests.gui.stage import settle


def test_from_the_banner_to_the_code_and_back_to_a_desk_that_issues(
    build: Callable[..., Bench],
) -> None:
    bench = build()
    bench.window.activateWindow()
    found_out(bench)
    settle()
    desk = bench.desk
    assert desk.shell_view.rejoin.isVisible()
    desk.shell_view.rejoin.setFocus()
    QTest.keyClick(desk.shell_view.rejoin, Qt.Key.Key_Return)
    settle()
    code = desk.rejoin_view.code
    assert QApplication.focusWidget() is code
    # Nothing of the desk is to be reached from here.
    QTest.keyClick(code, Qt.Key.Key_F2)
    assert desk.shell.state.page is Page.REJOIN

    bench.behind.join_fault = RuleViolation("enrolment_code_used", used_ms=0)
    code.setText(CODE)
    QTest.keyClick(code, Qt.Key.Key_Return)
    settle()
    assert QApplication.focusWidget() is code
    assert code.accessibleDescription()

    bench.behind.join_fault = None
    QTest.keyClick(code, Qt.Key.Key_Return)
    settle()
    assert QApplication.focusWidget() is desk.rejoin_view.leave
    QTest.keyClick(desk.rejoin_view.leave, Qt.Key.Key_Return)
    settle()
    assert desk.shell.state.page is Page.DESK
    assert desk.shell.state.banner is None
    assert not desk.shell_view.rejoin.isVisible()


def test_escape_goes_back_without_having_asked_anybody(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.window.activateWindow()
    found_out(bench)
    bench.desk.join_again()
    settle()
    QTest.keyClick(bench.desk.rejoin_view.code, Qt.Key.Key_Escape)
    settle()
    assert bench.desk.shell.state.page is Page.DESK
    assert bench.behind.joined == []
    assert bench.desk.shell_view.rejoin.isVisible()
