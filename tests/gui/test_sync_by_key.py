"""The sync screen by keys alone, and the status bar that leads to it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from branchdesk.ui.kit.background import Lane
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shell.status_bar import StatusButton
from branchdesk.ui.sync.state import Tab
from tests.fakes.background import InlineBackground
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter

Build = Callable[..., Bench]


@pytest.fixture
def bench(build: Build) -> Bench:
    made = build()
    made.window.activateWindow()
    QApplication.processEvents()
    enter(made)
    return made


def press(bench: Bench, key: Qt.Key) -> None:
    QTest.keyClick(QApplication.focusWidget() or bench.window, key)
    QApplication.processEvents()


def open_screen(bench: Bench) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(QApplication.focusWidget() or bench.window, Qt.Key.Key_3, control)
    QApplication.processEvents()


def focused() -> str:
    widget = QApplication.focusWidget()
    return "" if widget is None else widget.objectName()


def test_ctrl_and_three_open_the_screen_with_the_one_button_under_the_cursor(bench: Bench) -> None:
    open_screen(bench)
    assert bench.desk.shell.state.screen is Screen.SYNC
    assert focused() == "sync_now"
    press(bench, Qt.Key.Key_Return)
    assert bench.behind.syncs == 1
    assert bench.desk.sync_screen.state.signed[0].key == "sync.signed.at"
    press(bench, Qt.Key.Key_Escape)
    assert bench.desk.shell.state.screen is Screen.COUNTER


def test_the_button_hands_the_cursor_to_cancel_while_it_runs(bench: Bench) -> None:
    assert isinstance(bench.background, InlineBackground)
    open_screen(bench)
    bench.background.held.add(Lane.NETWORK)
    press(bench, Qt.Key.Key_F5)
    assert focused() == "sync_progress_cancel"
    press(bench, Qt.Key.Key_Return)
    assert bench.behind.watch.is_stopped()
    assert bench.desk.sync_screen.state.run is not None
    assert bench.desk.sync_screen.state.run.stopping


def test_every_part_is_reached_by_tab_and_the_road_check_by_arrows(bench: Bench) -> None:
    open_screen(bench)
    press(bench, Qt.Key.Key_F5)
    seen = set()
    for _ in range(40):
        seen.add(focused())
        press(bench, Qt.Key.Key_Tab)
    assert {"sync_now", "save_proof", "sync_tabs_answers", "status_clock", "status_upload",
            "status_ticket"} <= seen  # fmt: skip
    bench.desk.sync_view.tabs.buttons[0].setFocus()
    press(bench, Qt.Key.Key_Right)
    assert bench.desk.sync_screen.state.tab is Tab.ROAD
    seen = set()
    for _ in range(40):
        seen.add(focused())
        press(bench, Qt.Key.Key_Tab)
    assert {"road_check", "road_print"} <= seen
    bench.desk.sync_view.road.print.setFocus()
    press(bench, Qt.Key.Key_Return)
    assert bench.behind.shown == ["road-check.pdf"]
    assert bench.behind.road_slips[0][1] == "zh"


@pytest.mark.parametrize("name", ["clock", "unsent", "grants"])
def test_a_cell_of_the_status_bar_opens_the_screen_that_says_more(bench: Bench, name: str) -> None:
    cell = bench.desk.shell_view.status.cells[name]
    assert isinstance(cell, StatusButton)
    cell.setFocus()
    press(bench, Qt.Key.Key_Return)
    assert bench.desk.shell.state.screen is Screen.SYNC


def test_the_language_changes_under_a_road_check(bench: Bench) -> None:
    open_screen(bench)
    bench.desk.sync_screen.choose(Tab.ROAD.value)
    bench.desk.wardrobe.switch_language()
    QApplication.processEvents()
    words = {
        found.accessibleName()
        for found in bench.desk.sync_view.road.findChildren(QWidget)
        if found.accessibleName()
    }
    unsent = bench.behind.store.state.head.seq
    assert f"Not ready Unsent {unsent} not sent yet" in words
