"""The sync screen by keys alone, and the status bar that leads to it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from branchdesk.ui.kit.background import Lane
from branchdesk.ui.shell.state import Screen
from branchdesk.ui.shell.status_bar import StatusButton
from branchdesk.ui.sync.state import Tab
from tests.fakes.background import InlineBackground
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter
from tests.gui.scenes.sync import waiting

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


def stick_dialog(bench: Bench) -> QFileDialog:
    found = bench.desk.sync_view.stick.findChild(QFileDialog, "stick_dialog")
    assert found is not None
    return found


def name_of(dialog: QFileDialog, path: str) -> None:
    """Write a name where a person does, and take it."""
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText(path)
    dialog.accept()
    QApplication.processEvents()


def open_stick(bench: Bench) -> None:
    open_screen(bench)
    bench.desk.sync_view.tabs.buttons[0].setFocus()
    press(bench, Qt.Key.Key_Right)
    press(bench, Qt.Key.Key_Right)
    assert bench.desk.sync_screen.state.tab is Tab.STICK


def test_a_file_is_exported_and_a_reply_imported_by_keys(bench: Bench, tmp_path: Path) -> None:
    open_stick(bench)
    seen = set()
    for _ in range(40):
        seen.add(focused())
        press(bench, Qt.Key.Key_Tab)
    assert {"stick_export", "stick_import"} <= seen
    bench.desk.sync_view.stick.export.setFocus()
    press(bench, Qt.Key.Key_Return)
    dialog = stick_dialog(bench)
    assert dialog.selectedFiles()[0].endswith(bench.desk.sync_screen.state.stick.file_name)
    chosen = tmp_path / "van-day"
    name_of(dialog, str(chosen))
    assert bench.behind.sticks == [f"{chosen}.bdsync"]
    chosen.with_suffix(".reply").touch()
    assert focused() == "stick_import"
    press(bench, Qt.Key.Key_Return)
    dialog = stick_dialog(bench)
    dialog.selectNameFilter(dialog.nameFilters()[1])
    name_of(dialog, str(chosen.with_suffix(".reply")))
    assert bench.behind.sticks[1:] == [str(chosen.with_suffix(".reply"))]
    assert bench.behind.store.state.acked_seq == bench.behind.store.state.head.seq


def test_the_cursor_is_at_cancel_while_a_file_is_written(bench: Bench) -> None:
    assert isinstance(bench.background, InlineBackground)
    open_stick(bench)
    bench.desk.sync_view.stick.export.setFocus()
    bench.background.held.add(Lane.NETWORK)
    bench.desk.sync_screen.stick.export("van.bdsync")
    assert focused() == "stick_progress_cancel"
    press(bench, Qt.Key.Key_Return)
    assert bench.behind.stick_watch.is_stopped()
    assert bench.desk.sync_screen.state.stick.run is not None
    assert bench.desk.sync_screen.state.stick.run.stopping


def test_a_question_for_a_file_goes_when_the_desk_is_locked(bench: Bench) -> None:
    open_stick(bench)
    bench.desk.sync_view.stick.export.click()
    assert stick_dialog(bench).isVisible()
    bench.desk.shell.lock()
    QApplication.processEvents()
    assert bench.desk.sync_view.stick.findChild(QFileDialog, "stick_dialog") is None
    assert bench.behind.sticks == []


def test_every_kind_that_waits_is_named_on_a_small_screen(build: Callable[..., Bench]) -> None:
    bench = build()
    bench.window.resize(1366, 768)
    waiting(bench)
    shown = bench.desk.sync_view.waiting.kinds.text()
    kinds = bench.desk.sync_screen.state.waiting.kinds
    assert len(kinds) > 3
    assert shown.split("\u00a0· ") == [
        f"{bench.desk.wardrobe.look().words.phrase(kind.name)} {kind.count}" for kind in kinds
    ]
