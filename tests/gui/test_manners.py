"""Manners of the window: settings, sounds, its place, and the input method in every scene."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QTextEdit,
    QWidget,
)

from branchdesk.errors import RuleViolation
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shell.settings import DeskSettings
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.sign_in.state import Credentials
from tests.gui.conftest import Bench
from tests.gui.scenes import SCENES, behind
from tests.gui.scenes.acting import enter, fill
from tests.gui.stage import settle

Build = Callable[..., Bench]


def focused() -> QWidget:
    """Return the widget with the cursor."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def start(build: Build) -> Bench:
    """Open the window with the cursor in it, somebody signed in."""
    bench = build()
    bench.window.activateWindow()
    QApplication.processEvents()
    enter(bench)
    return bench


def on_stage(build: Build, name: str) -> Bench:
    """Build a scene."""
    bench = build(behind(name))
    bench.window.activateWindow()
    SCENES[name](bench)
    settle()
    return bench


# -- settings ------------------------------------------------------------------


def test_settings_open_by_key_change_by_key_and_give_the_cursor_back(build: Build) -> None:
    bench = start(build)
    before = focused()
    QTest.keyClick(before, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert focused().objectName() == "settings_language_zh"
    QTest.keyClick(focused(), Qt.Key.Key_Right)
    assert bench.behind.settings is not None
    assert bench.behind.settings.language == "en"
    assert bench.desk.wardrobe.look().words.language == "en"
    QTest.keyClick(focused(), Qt.Key.Key_Escape)
    assert not bench.desk.settings_view.isVisible()
    assert focused() is before


def test_every_setting_is_kept_and_shown_as_it_was_changed_elsewhere(build: Build) -> None:
    bench = start(build)
    bench.desk.toggle_settings()
    bench.desk.wardrobe.switch_theme()
    dark = bench.window.findChild(QRadioButton, "settings_theme_dark")
    assert isinstance(dark, QRadioButton)
    assert dark.isChecked()
    bench.desk.neighbours.layout_chosen("80")
    assert bench.desk.settings_view.layout_box.control.currentData() == "80"  # type: ignore[union-attr]  # it is a box of choices


def test_a_shorter_automatic_lock_takes_effect_at_once(build: Build) -> None:
    bench = start(build)
    box = bench.desk.settings_view.lock_box.control
    bench.desk.toggle_settings()
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    box.activated.emit(0)  # type: ignore[union-attr]  # it is a box of choices
    assert bench.desk.wardrobe.settings.auto_lock_ms == 60_000
    bench.timers.fire("auto_lock")
    assert not bench.desk.shell.signed_in


# -- sounds --------------------------------------------------------------------


def test_serving_somebody_and_being_refused_can_be_told_apart_by_ear(build: Build) -> None:
    bench = start(build)
    fill(bench)
    bench.desk.counter.submit()
    assert bench.behind.heard == [Tone.SUCCESS]
    bench.desk.counter.next_person()
    fill(bench, name="李", phone="123")
    bench.desk.counter.submit()
    assert bench.behind.heard == [Tone.SUCCESS, Tone.DANGER]


def test_a_refused_pin_is_heard(build: Build) -> None:
    bench = build()
    bench.desk.sign_in.submit(Credentials("T001", "135790"))
    assert bench.behind.heard == [Tone.DANGER]


def test_sounds_that_are_off_are_off(build: Build) -> None:
    bench = start(build)
    QTest.keyClick(focused(), Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert bench.behind.settings is not None
    assert not bench.behind.settings.sounds
    bench.desk.neighbours.sound(Tone.DANGER)
    assert bench.behind.heard == []
    QTest.keyClick(focused(), Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert bench.behind.heard == [Tone.SUCCESS]


def test_a_sound_that_fails_disturbs_nobody(build: Build) -> None:
    bench = start(build)

    def broken(tone: Tone) -> None:
        raise RuleViolation("broken", tone=tone)

    bench.desk.services = type(bench.desk.services)(
        **{
            name: getattr(bench.desk.services, name)
            for name in bench.desk.services.__dataclass_fields__
        }
        | {"sound": broken}
    )
    bench.desk.neighbours.sound(Tone.SUCCESS)
    assert bench.desk.shell.signed_in


# -- the window's place --------------------------------------------------------


def test_the_window_comes_back_where_it_was(build: Build) -> None:
    bench = build()
    bench.window.setGeometry(QRect(0, 30, 1180, 715))
    bench.window.close()
    assert bench.behind.settings is not None
    kept = bench.behind.settings.geometry
    again = build(settings=DeskSettings(geometry=kept))
    assert again.window.geometry() == QRect(0, 30, 1180, 715)


def test_a_window_that_filled_the_screen_does_so_again(build: Build) -> None:
    bench = build()
    bench.window.showMaximized()
    bench.window.close()
    assert bench.behind.settings is not None
    again = build(settings=DeskSettings(geometry=bench.behind.settings.geometry))
    assert again.window.isMaximized()


def test_a_window_from_a_screen_that_is_gone_comes_back_on_one_that_exists(build: Build) -> None:
    bench = build()
    bench.window.move(9_000, 9_000)
    bench.window.close()
    assert bench.behind.settings is not None
    again = build(settings=DeskSettings(geometry=bench.behind.settings.geometry))
    assert again.window.screen().geometry().contains(again.window.pos() + QPoint(1, 1))


def test_a_window_larger_than_its_screen_is_brought_onto_it_frame_and_all(build: Build) -> None:
    window = build().window
    window.setMinimumSize(200, 200)
    window.resize(5_000, 3_000)
    window.move(300, -40)
    window.fit_to_screen()
    assert window.screen().availableGeometry().contains(window.frameGeometry())
    fitted = window.frameGeometry()
    window.fit_to_screen()
    assert window.frameGeometry() == fitted


def test_a_damaged_place_is_ignored(build: Build) -> None:
    window = build(settings=DeskSettings(geometry="bm90IGEgcGxhY2U=")).window
    assert window.size() == MainWindow().size()


def test_the_largest_scale_follows_from_the_screen(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = build().window
    room = window.screen().availableSize()
    assert window.scale_max() == int(min(room.width() / 1180, room.height() / 680) * 100)
    monkeypatch.setenv("QT_SCALE_FACTOR", "1.5")
    assert window.scale_max() >= int(min(room.width() / 1180, room.height() / 680) * 150)


# -- in every scene ------------------------------------------------------------


def editable(found: QWidget) -> bool:
    """Tell whether somebody may write in a field."""
    return found.isVisible() and found.isEnabled() and not found.isReadOnly()  # type: ignore[attr-defined]  # fields have it


@pytest.mark.parametrize("name", list(SCENES))
def test_an_input_method_can_write_into_every_field(build: Build, name: str) -> None:
    bench = on_stage(build, name)
    kinds = (QLineEdit, QTextEdit, QPlainTextEdit)
    fields = [one for kind in kinds for one in bench.window.findChildren(kind) if editable(one)]
    for field in fields:
        if isinstance(field, QLineEdit) and field.echoMode() != QLineEdit.EchoMode.Normal:
            # Nobody composes a PIN, and no input method may learn one.
            assert field.inputMethodHints() & Qt.InputMethodHint.ImhHiddenText
            continue
        text = "6" if field.inputMask() or field.validator() else "𬭼"
        field.setFocus()
        field.clear()
        QApplication.sendEvent(field, QInputMethodEvent("jin", []))
        commit = QInputMethodEvent()
        commit.setCommitString(text)
        QApplication.sendEvent(field, commit)
        assert field.text() == text, field.objectName()
