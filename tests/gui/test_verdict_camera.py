"""A voucher held before the camera, in the whole window: by keys, let go when nobody looks."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from branchdesk.protocol.verdict import Verdict
from branchdesk.ui.verdict.services import Shot
from branchdesk.ui.verdict.state import Step
from tests.fakes.camera import HEIGHT, WIDTH, FakeCameras, grey_frame
from tests.fakes.desk import FakeDesk
from tests.gui.conftest import Bench
from tests.gui.scenes.acting import enter
from tests.gui.scenes.verdict import token_of

Key = Qt.Key
Build = Callable[..., Bench]


@pytest.fixture
def bench(build: Build) -> Bench:
    made = build()
    made.window.activateWindow()
    made.behind.register("单雨晴", "13800005678", "PHONE10")
    enter(made)
    QApplication.processEvents()
    return made


def cameras(bench: Bench) -> FakeCameras:
    assert bench.behind.cameras is not None
    return bench.behind.cameras


def press(key: Qt.Key) -> None:
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, key)


def look(bench: Bench) -> None:
    """Open the camera with the keyboard."""
    press(Key.Key_F6)
    while QApplication.focusWidget() is not bench.desk.verdict_view.look:
        press(Key.Key_Tab)
    press(Key.Key_Return)
    assert bench.desk.verdict.state.step is Step.CAMERA


def shot(*texts: str) -> Shot:
    grey = grey_frame(*texts)
    wide = QImage.Format.Format_Grayscale8
    return Shot(grey, QImage(grey.grey, WIDTH, HEIGHT, WIDTH, wide).copy())


def test_a_voucher_before_the_camera_is_read_and_the_camera_let_go(bench: Bench) -> None:
    look(bench)
    view = bench.desk.verdict_view
    cameras(bench).see(shot())
    assert view.camera.isVisible()
    assert not view.camera.preview._picture.isNull()
    cameras(bench).see(shot(token_of(bench, bench.behind.vouchers()[0].voucher)))
    answer = bench.desk.verdict.state.answer
    assert answer is not None
    assert answer.verdict is Verdict.GOOD
    assert cameras(bench).at is None
    assert not view.camera.isVisible()
    assert view.camera.preview._picture.isNull()


def test_escape_leads_back_to_the_code_and_lets_the_camera_go(bench: Bench) -> None:
    look(bench)
    press(Key.Key_Escape)
    assert cameras(bench).at is None
    assert QApplication.focusWidget() is bench.desk.verdict_view.code.control


@pytest.mark.parametrize("leave", ["lock", "small", "close"])
def test_nobody_who_is_away_is_looked_at(bench: Bench, leave: str) -> None:
    look(bench)
    if leave == "lock":
        bench.desk.shell.lock()
    elif leave == "small":
        bench.window.showMinimized()
    else:
        bench.window.close()
    QApplication.processEvents()
    assert cameras(bench).at is None


def test_a_camera_that_is_taken_is_tried_again_by_one_key(bench: Bench) -> None:
    cameras(bench).refusal = "busy"
    look(bench)
    assert QApplication.focusWidget() is bench.desk.verdict_view.look
    cameras(bench).refusal = ""
    press(Key.Key_Return)
    assert cameras(bench).at == "/dev/video0"


def test_another_camera_is_chosen_by_keys_and_kept(bench: Bench) -> None:
    look(bench)
    choice = bench.desk.verdict_view.camera.choice.control
    choice.setFocus()
    press(Key.Key_Down)
    assert cameras(bench).at == "/dev/video2"
    assert bench.behind.settings is not None
    assert bench.behind.settings.camera == "/dev/video2"
    assert choice.hasFocus()


def test_without_the_extra_no_camera_is_offered(build: Build) -> None:
    behind = FakeDesk()
    behind.cameras = None
    made = build(behind)
    enter(made)
    made.desk.verdict.ask()
    assert made.desk.verdict_view.check.isVisible()
    assert not made.desk.verdict_view.look.isVisible()


def test_the_chosen_camera_outlives_a_start() -> None:
    from branchdesk.app.window import desk_settings
    from branchdesk.devices.settings import Settings

    desk = desk_settings(Settings(camera="/dev/video2"))
    assert replace(desk, theme="dark").camera == "/dev/video2"
