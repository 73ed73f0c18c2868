"""What must hold in every scene, language and theme: nothing cut, nothing unnamed, nothing rich."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from branchdesk.ui.kit.tokens import PALETTES, TOUCH_TARGET_MIN
from branchdesk.ui.shell.settings import DeskSettings
from tests.gui.conftest import Bench
from tests.gui.inspection import findings, hardly_scrolling, visible
from tests.gui.scenes import SCENES, behind
from tests.gui.scenes.acting import HOSTILE, enter, fill
from tests.gui.stage import names

Build = Callable[..., Bench]


def stage(build: Build, name: str, settings: DeskSettings) -> Bench:
    """Build a scene and let its layout settle."""
    bench = build(behind(name), settings=settings)
    SCENES[name](bench)
    for _ in range(3):
        QApplication.processEvents()
    return bench


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", names())
def test_nothing_is_cut_shortened_or_missing_at_1366_by_768(
    shown: Callable[[str, DeskSettings], QWidget], name: str, language: str
) -> None:
    window = shown(name, DeskSettings(language=language))
    if name in SCENES and name != "shortcuts":
        assert (window.width(), window.height()) == (1366, 768)
    assert len([label for label in visible(window, QLabel) if label.text()]) >= 3
    assert findings(window, PALETTES["light"]) == []


def test_the_inspection_sees_what_is_wrong(qtbot: object, fonts: object) -> None:
    del fonts
    window = QWidget()
    window.setStyleSheet("background: #ffffff; color: #131c2b")
    window.resize(400, 100)
    wrong = {
        "cut": ("不会完整显示的一行字", 40, ""),
        "no glyph": ("\U0001f600", 90, ""),
        "unplanned": ("看不清", 90, "color: #eeeeee"),
        "outside": ("伸出去", 390, ""),
        "fine": ("好", 90, ""),
    }
    for place, (text, width, style) in enumerate(wrong.values()):
        label = QLabel(text, window)
        label.setStyleSheet(style)
        label.setGeometry(10 if width < 100 else 100, 20 * place, width, 20)
    window.show()
    qtbot.addWidget(window)  # type: ignore[attr-defined]  # pytest-qt's fixture is untyped
    found = {finding.partition(":")[0] for finding in findings(window, PALETTES["light"])}
    assert found == {"cut", "no glyph", "unplanned colours", "outside"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_in_finger_size_everything_about_to_be_issued_stands_in_sight(
    shown: Callable[[str, DeskSettings], QWidget], language: str
) -> None:
    window = shown("counter_filled", DeskSettings(language=language, touch=True))
    lines = [
        found for found in visible(window, QAbstractButton)
        if found.objectName().startswith("basket_remove_")
    ]  # fmt: skip
    assert len(lines) == 2
    for line in lines:
        assert line.visibleRegion().boundingRect() == line.rect()


# One of each kind; ``make gallery`` looks at all of them in finger size.
TOUCHED = (
    "counter_empty", "counter_filled", "counter_person", "counter_done", "counter_not_opened",
    "counter_waiting_opened", "counter_waiting_offline", "customer_page",
    "customer_voucher_unprinted", "verdict_good", "shift_overview", "sign_in_refused",
)  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", TOUCHED)
def test_no_text_is_cut_in_touch_mode_either(build: Build, name: str, language: str) -> None:
    bench = stage(build, name, DeskSettings(touch=True, language=language))
    assert findings(bench.window, PALETTES["light"]) == []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["counter_empty", "counter_disk_nearly_full", "counter_frozen"])
def test_the_counter_does_not_cut_a_line_for_want_of_a_few_pixels_in_touch_mode(
    shown: Callable[[str, DeskSettings], QWidget], name: str, language: str
) -> None:
    window = shown(name, DeskSettings(touch=True, language=language))
    assert list(hardly_scrolling(window)) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_that_registering_alone_works_too_can_be_read_in_touch_mode(
    shown: Callable[[str, DeskSettings], QWidget], language: str
) -> None:
    window = shown("counter_empty", DeskSettings(touch=True, language=language))
    (said,) = (
        label for label in visible(window, QLabel)
        if "Registering alone" in label.text() or "只登记" in label.text()
    )  # fmt: skip
    assert said.visibleRegion().boundingRect() == said.rect()


def test_everything_a_finger_hits_is_large_enough_in_touch_mode(build: Build) -> None:
    bench = stage(build, "counter_filled", DeskSettings(touch=True))
    kinds = (QLineEdit, QComboBox, QAbstractButton)
    small = [
        (type(found).__name__, found.objectName(), found.height())
        for kind in kinds
        for found in visible(bench.window, kind)
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
    shown = [
        found.text() for kind in (QLabel, QAbstractButton) for found in visible(bench.window, kind)
    ]
    shown += [found.placeholderText() for found in visible(bench.window, QLineEdit)]
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
