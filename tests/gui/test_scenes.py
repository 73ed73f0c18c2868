"""What must hold in every scene, language and theme: nothing cut, nothing unnamed, nothing rich."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from branchdesk.ui.kit.labels import ElidedLabel
from branchdesk.ui.kit.tokens import TOUCH_TARGET_MIN
from branchdesk.ui.shell.settings import DeskSettings
from tests.gui.conftest import Bench
from tests.gui.scenes import SCENES, behind
from tests.gui.scenes.acting import HOSTILE, enter, fill

Build = Callable[..., Bench]


def stage(build: Build, name: str, settings: DeskSettings) -> Bench:
    """Build a scene and let its layout settle."""
    bench = build(behind(name), settings=settings)
    SCENES[name](bench)
    for _ in range(3):
        QApplication.processEvents()
    return bench


def visible(bench: Bench, kind: type) -> list:
    """Return the widgets of a kind that can be seen, in the window or over it."""
    return [found for found in bench.window.findChildren(kind) if found.isVisible()]


def cut(label: QLabel) -> bool:
    """Tell whether a label shows less than its text."""
    area = label.contentsRect()
    flags = int(label.alignment()) | (Qt.TextFlag.TextWordWrap if label.wordWrap() else 0)
    needed = QFontMetrics(label.font()).boundingRect(
        QRect(0, 0, area.width(), 0), flags, label.text()
    )
    return needed.width() > area.width() + 1 or needed.height() > area.height() + 1


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", list(SCENES))
def test_no_text_is_cut_at_1366_by_768(build: Build, name: str, language: str) -> None:
    bench = stage(build, name, DeskSettings(language=language))
    assert (bench.window.width(), bench.window.height()) == (1366, 768)
    labels = [label for label in visible(bench, QLabel) if label.text()]
    assert len(labels) >= 3
    short = [label.text() for label in labels if not isinstance(label, ElidedLabel) and cut(label)]
    assert short == []
    buttons = [found for found in visible(bench, QPushButton) if found.text()]
    assert [b.text() for b in buttons if b.width() < b.sizeHint().width()] == []
    assert [b.text() for b in visible(bench, QCheckBox) if b.width() < b.sizeHint().width()] == []
    for widget in [*labels, *buttons]:
        parent = widget.parentWidget()
        assert parent is not None
        assert parent.rect().contains(widget.geometry()), widget.objectName() or widget.text()


@pytest.mark.parametrize("name", ["counter_filled", "counter_waiting_offline", "sign_in_refused"])
def test_no_text_is_cut_in_touch_mode_either(build: Build, name: str) -> None:
    bench = stage(build, name, DeskSettings(touch=True))
    labels = [label for label in visible(bench, QLabel) if label.text()]
    assert [
        found.text() for found in labels if not isinstance(found, ElidedLabel) and cut(found)
    ] == []


@pytest.mark.parametrize("name", list(SCENES))
def test_every_control_has_a_name_and_can_be_reached_by_key(build: Build, name: str) -> None:
    bench = stage(build, name, DeskSettings())
    kinds = (QLineEdit, QComboBox, QAbstractButton, QTableView)
    controls = [found for kind in kinds for found in visible(bench, kind)]
    assert controls
    for control in controls:
        if control.objectName() in {"qt_spinbox_lineedit", "ScrollLeftButton"}:
            continue
        spoken = QAccessible.queryAccessibleInterface(control)
        assert spoken.text(QAccessible.Text.Name), (
            f"{type(control).__name__} {control.objectName()}"
        )
    unreachable = {
        found.objectName()
        for found in controls
        if not found.focusPolicy() & Qt.FocusPolicy.TabFocus and found.isEnabled()
    }
    # Taking an offer out of the basket is Alt and its number, or Space on the offer itself.
    assert unreachable <= {""}


def test_everything_a_finger_hits_is_large_enough_in_touch_mode(build: Build) -> None:
    bench = stage(build, "counter_filled", DeskSettings(touch=True))
    kinds = (QLineEdit, QComboBox, QAbstractButton)
    small = [
        (type(found).__name__, found.objectName(), found.height())
        for kind in kinds
        for found in visible(bench, kind)
        if found.height() < TOUCH_TARGET_MIN
        and found.metaObject().className() != "QLineEditIconButton"
    ]
    assert small == []


@pytest.mark.parametrize("name", list(SCENES))
def test_no_label_guesses_at_rich_text(build: Build, name: str) -> None:
    bench = stage(build, name, DeskSettings())
    guessing = [
        label.objectName() or label.text()
        for label in bench.window.findChildren(QLabel)
        if label.textFormat() is not Qt.TextFormat.PlainText
    ]
    assert guessing == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", list(SCENES))
def test_every_word_shown_is_in_the_catalogue(build: Build, name: str, language: str) -> None:
    bench = stage(build, name, DeskSettings(language=language))
    shown = [found.text() for kind in (QLabel, QAbstractButton) for found in visible(bench, kind)]
    shown += [found.placeholderText() for found in visible(bench, QLineEdit)]
    shown += [found.accessibleName() for found in bench.window.findChildren(QWidget)]
    assert [text for text in shown if "〔" in text] == []


def test_a_hostile_name_is_shown_literally_wherever_it_appears(build: Build) -> None:
    bench = build()
    enter(bench)
    fill(bench, name=HOSTILE)
    bench.desk.counter.submit()
    edit = bench.desk.counter_view.form.boxes
    texts = [box.control.text() for box in edit.values() if isinstance(box.control, QLineEdit)]
    assert HOSTILE in texts
    # Such a name is let in (only what cannot be seen is refused), so the next person is served.
    bench.desk.counter.next_person()
    bench.desk.counter.search("<img src=x>&amp;")
    bench.settle()
    none = [label.text() for label in bench.window.findChildren(QLabel)]
    assert any("<img src=x>&amp;" in text for text in none)
    tips = [widget.toolTip() for widget in bench.window.findChildren(QWidget)]
    assert not any("<img" in tip for tip in tips)


def test_an_ampersand_in_an_offers_name_underlines_nothing(build: Build) -> None:
    from branchdesk.ui.kit.pieces import button, set_button

    bench = build()
    made = button(bench.window)
    set_button(made, "A&B")
    assert made.text() == "A&&B"
    assert made.accessibleName() == "A&B"
