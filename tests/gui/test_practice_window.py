"""Practice at the window: always said, always left, never mixed with the real desk."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from branchdesk.app.practice.window import Practice
from branchdesk.errors import RuleViolation
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.state import Page
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.sign_in.state import Credentials
from branchdesk.ui.window import Desk
from tests.fakes.desk import ONE_TIME_CODE, PIN, FakeDesk
from tests.gui.conftest import Bench, press
from tests.gui.scenes.acting import enter

Build = Callable[..., Bench]


def practising(build: Build, language: str = "zh") -> Bench:
    """Open a window of practice over fakes."""
    behind = FakeDesk()
    behind.is_practice = True
    return build(behind, settings=DeskSettings(language=language))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_practice_says_so_in_both_languages(build: Build, language: str) -> None:
    bench = practising(build, language)
    band = bench.desk.practice_band
    assert band is not None
    pages: list[Callable[[], object]] = [
        lambda: None,
        lambda: enter(bench),
        bench.desk.shell.lock,
    ]
    for show in pages:
        show()
        assert band.isVisible()
        said = " ".join(label.text() for label in band.findChildren(QLabel))
        assert "练习模式" in said
        assert "PRACTICE" in said
        assert "练习" in bench.window.windowTitle()
        assert "PRACTICE" in bench.window.windowTitle()


def test_the_real_desk_has_no_band(build: Build) -> None:
    bench = build()
    assert bench.desk.practice_band is None
    assert "练习" not in bench.window.windowTitle()


def test_after_practice_was_opened_one_types_the_pin_and_not_practice_again(build: Build) -> None:
    bench = build()
    bench.window.activateWindow()
    QApplication.processEvents()
    view = bench.desk.sign_in_view
    view.staff.control.setFocus()
    press(bench, "T001")
    view.practise.setFocus()
    press(bench, Qt.Key.Key_Return)
    assert view.pin.control.hasFocus()
    assert bench.desk.sign_in.state.message is not None
    press(bench, "2")
    assert bench.desk.sign_in.state.message is None
    press(bench, "46810", Qt.Key.Key_Return)
    assert (bench.desk.shell.at_desk, bench.behind.practices) == (True, ["opened"])


def test_esc_leads_back_from_choosing_a_pin(build: Build) -> None:
    behind = FakeDesk()
    behind.first_time = True
    bench = build(behind)
    bench.window.activateWindow()
    QApplication.processEvents()
    press(bench, "T001", Qt.Key.Key_Return, ONE_TIME_CODE, Qt.Key.Key_Return)
    view = bench.desk.sign_in_view
    assert view.back.isVisible()
    assert view.new_pin.control.hasFocus()
    press(bench, Qt.Key.Key_Escape)
    assert not view.back.isVisible()
    assert view.pin.control.hasFocus()


def test_practice_is_opened_beside_the_door_and_said_to_be(build: Build) -> None:
    bench = build()
    bench.desk.sign_in_view.practise.click()
    assert bench.behind.practices == ["opened"]
    message = bench.desk.sign_in.state.message
    assert message is not None
    assert message.key == "practice.opened"
    assert not bench.desk.shell.signed_in


def test_why_practice_did_not_open_is_said_at_the_door(build: Build) -> None:
    behind = FakeDesk()
    behind.practice_fault = RuleViolation("practice_open")
    bench = build(behind)
    bench.desk.sign_in_view.practise.click()
    message = bench.desk.sign_in.state.message
    assert message is not None
    assert message.key == "error.practice_open"


def test_practice_offers_no_way_into_another_practice(build: Build) -> None:
    assert not practising(build).desk.sign_in_view.practise.isVisible()
    assert build().desk.sign_in_view.practise.isVisible()


def test_starting_over_is_one_press_away(build: Build) -> None:
    bench = practising(build)
    assert bench.desk.practice_band is not None
    bench.desk.practice_band.start_over.click()
    assert bench.behind.practices == ["start_over"]


def test_a_made_up_bank_is_served_at_the_window_and_gone_when_it_closes(
    fonts: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del fonts
    second = tmp_path / "real-second"
    monkeypatch.setenv("BRANCHDESK_SECOND", str(second))
    practice = Practice(tmp_path / "practice", DeskSettings(sync_every_ms=0))
    window = MainWindow("light")
    qtbot.addWidget(window)
    practice.furnish(window)
    window.show()
    desk = window.findChild(Desk)
    assert isinstance(desk, Desk)
    # The made-up terminal is still joining its office; nobody is asked to join it by hand.
    assert desk.shell.state.page is Page.SIGN_IN
    desk.sign_in.submit(Credentials("T001", PIN))
    qtbot.waitUntil(lambda: bool(desk.counter.state.offers), timeout=60_000)
    known = json.loads(Path("resources/sample/walkins.jsonl").read_text().splitlines()[0])
    desk.counter.search(known["name"])
    qtbot.waitUntil(lambda: bool(desk.counter.state.search.found), timeout=10_000)
    desk.wardrobe.switch_language()
    assert practice.settings.language == "en"
    assert desk.practice_band is not None
    desk.practice_band.start_over.click()
    practice.close()
    assert practice.again
    assert list(tmp_path.iterdir()) == []
