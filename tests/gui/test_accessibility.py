"""Whoever cannot see, or has no mouse, works on every screen: reached, named, told, readable."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Final

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QRadioButton,
    QScrollArea,
    QTableView,
    QTextEdit,
    QWidget,
)

from branchdesk.ui.kit.chart import Chart
from branchdesk.ui.kit.signature_pad import SignatureSheet
from branchdesk.ui.kit.tokens import CONTRAST_MIN, PALETTES, TEXT_PAIRS, Palette
from branchdesk.ui.kit.verdict_panel import VerdictPanel
from branchdesk.ui.shell.settings import DeskSettings
from tests.gui.inspection import lies_below, visible
from tests.gui.scenes import SCENES
from tests.gui.stage import names
from tests.gui.style_pairs import style_pairs

Show = Callable[[str, DeskSettings], QWidget]

_CONTROLS: Final = (
    QLineEdit, QComboBox, QAbstractButton, QAbstractItemView, QTextEdit, QPlainTextEdit,
    QAbstractSpinBox, QAbstractSlider, SignatureSheet,
)  # fmt: skip
_DRAWN: Final = (Chart, VerdictPanel, SignatureSheet)
# What Qt builds its own widgets from; the whole widget is the control.
_PARTS_OF_QT: Final = {"QHeaderView", "QScrollBar", "QTableCornerButton", "QComboBoxListView"}
_SAYS_NOTHING: Final = {
    QAccessible.Role.NoRole, QAccessible.Role.Client, QAccessible.Role.Border,
}  # fmt: skip
_ROW_PX: Final = 60
# Beside the title of its group, and asked after the group: how the ticked consents were given.
_ASKED_AFTER: Final = {"consent_how"}
_STOPS_MAX: Final = 200

# Controls that Tab passes by, by the beginning of their name or their Qt class, each with the
# keys that do the same.
NOT_BY_TAB: Final = {
    "consent_read_": "Left and Right on the box of the consent itself open and close its text",
    "basket_remove_": "Alt and the offer's number, or Space on the offer, take it out as well",
    "QLineEditIconButton": "it empties the field it stands in, as Ctrl+A and Delete do there",
    "QHeaderView": "nothing happens on a heading; the table under it is the stop",
    "QScrollBar": "what scrolls follows the cursor, or is a stop itself and scrolls by arrows",
}


def focused() -> QWidget:
    """Return the widget with the cursor."""
    found = QApplication.focusWidget()
    assert found is not None
    return found


def controls(root: QWidget) -> Iterator[QWidget]:
    """Return every control that can be seen and does something."""
    covers = [cover for cover in visible(root, QWidget) if cover.property("covers")]
    for found in visible(root, QWidget):
        is_stop = bool(found.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if not (isinstance(found, _CONTROLS) or is_stop):
            continue
        # What a sheet covers waits until the sheet is gone, for the mouse as well.
        if not any(lies_below(found, cover) for cover in covers):
            yield found


def passed_by(control: QWidget, stops: list[QWidget]) -> bool:
    """Tell whether nothing leads to a control by key."""
    if control in stops or not control.isEnabled():
        return False
    if isinstance(control, QRadioButton):
        # Arrows go on within a group of choices.
        return not any(stop.parentWidget() is control.parentWidget() for stop in stops)
    known = (control.objectName(), control.metaObject().className())
    if isinstance(control, QWidget) and not control.focusPolicy() & Qt.FocusPolicy.TabFocus:
        return not any(name.startswith(begun) for name in known for begun in NOT_BY_TAB)
    # The pane that holds a scrolled column, and the area that only its content is reached in.
    return not any(control.isAncestorOf(stop) for stop in stops)


# -- Tab -----------------------------------------------------------------------


@pytest.mark.parametrize("name", list(SCENES))
def test_tab_comes_by_every_control_down_every_column_and_shows_where_it_is(
    shown: Show, name: str
) -> None:
    window = shown(name, DeskSettings())
    stops, unmarked = _walk()
    assert unmarked == []
    missed = [_told(found) for found in controls(window) if passed_by(found, stops)]
    assert missed == []
    columns = dict[int, list[QWidget]]()
    for stop in stops:
        columns.setdefault(_column(stop, window), []).append(stop)
    for column in columns.values():
        pairs = [*pairwise(column), (column[-1], column[0])]
        back = [
            (one.objectName(), other.objectName())
            for one, other in pairs
            if _is_above(other, one, window) and other.objectName() not in _ASKED_AFTER
        ]
        assert len(back) <= 1, [one.objectName() for one in column]


def _walk() -> tuple[list[QWidget], list[str]]:
    """Press Tab once around; return the stops, and those that look the same with the cursor."""
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    first, stops, unmarked = focused(), list[QWidget](), list[str]()
    for _ in range(_STOPS_MAX):
        stop = focused()
        stops.append(stop)
        marked = stop.grab().toImage()
        QTest.keyClick(stop, Qt.Key.Key_Tab)
        if stop.isVisible() and stop is not focused() and stop.grab().toImage() == marked:
            unmarked.append(stop.objectName())
        if focused() is first:
            return stops, unmarked
    raise AssertionError(f"Tab never came back to {first.objectName()}")


def _is_above(other: QWidget, one: QWidget, window: QWidget) -> bool:
    """Say whether a widget is above another one, as if nothing were scrolled.

    What scrolls is where its area is for those outside, however long it is.
    """
    areas = [_area(widget, window) for widget in (other, one)]
    if areas[0] is not None and areas[0] is areas[1]:
        inside = areas[0].widget()
        tops = [widget.mapTo(inside, QPoint(0, 0)).y() for widget in (other, one)]
    else:
        places = [area or widget for area, widget in zip(areas, (other, one), strict=True)]
        tops = [place.mapTo(window, QPoint(0, 0)).y() for place in places]
    return tops[0] < tops[1] - _ROW_PX


def _area(widget: QWidget, window: QWidget) -> QScrollArea | None:
    around = widget.parentWidget()
    while around is not None and around is not window:
        if isinstance(around, QScrollArea):
            return around
        around = around.parentWidget()
    return None


def _column(widget: QWidget, window: QWidget) -> int:
    """Return the column a widget belongs to: the card, panel or bar around it."""
    around: QWidget | None = widget
    while around is not None and around is not window:
        if around.property("kind") in {"card", "rail"} or around.objectName() in {
            "rail", "header", "status", "practice", "help", "settings",
        }:  # fmt: skip
            return id(around)
        around = around.parentWidget()
    return 0


# -- names, roles, descriptions ------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", names())
def test_whatever_is_named_or_can_be_worked_says_what_it_is(
    shown: Show, name: str, language: str
) -> None:
    window = shown(name, DeskSettings(language=language))
    kinds = (*_CONTROLS, *_DRAWN, QProgressBar)
    spoken = [*controls(window), *(one for kind in kinds for one in visible(window, kind))]
    spoken += [one for one in visible(window, QWidget) if one.accessibleName()]
    mute = {
        _told(found)
        for found in spoken
        if found.metaObject().className() not in _PARTS_OF_QT and not _speaks(found)
    }
    assert mute == set()
    undescribed = [
        _told(found)
        for kind in _DRAWN
        for found in visible(window, kind)
        if not _text(found, QAccessible.Text.Description)
    ]
    assert undescribed == []
    assert list(_misread(window)) == []


def _misread(window: QWidget) -> Iterator[str]:
    """Name every label and cell that is read out as something else than it shows."""
    for label in visible(window, QLabel):
        # A label that was given another name says at least what it shows.
        if label.text() not in _text(label, QAccessible.Text.Name):
            yield _told(label)
    for table in visible(window, QTableView):
        model = table.model()
        for row in range(model.rowCount()):
            for column in range(model.columnCount()):
                index = model.index(row, column)
                if index.data(Qt.ItemDataRole.AccessibleTextRole) != index.data():
                    yield f"{_told(table)} {row}, {column}"


def _speaks(found: QWidget) -> bool:
    role = QAccessible.queryAccessibleInterface(found).role()
    return bool(_text(found, QAccessible.Text.Name)) and role not in _SAYS_NOTHING


def _text(found: QWidget, kind: QAccessible.Text) -> str:
    return str(QAccessible.queryAccessibleInterface(found).text(kind))


def _told(found: QWidget) -> str:
    around = found.parentWidget()
    within = "" if around is None else f"{type(around).__name__} {around.objectName()}"
    return f"{found.metaObject().className()} {found.objectName()!r} in {within}"


# -- contrast ------------------------------------------------------------------


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_text_is_readable_on_everything_it_stands_on(palette: Palette) -> None:
    least = CONTRAST_MIN[palette.name]
    assert least >= (7 if palette.name == "contrast" else 4.5)
    ratios = {
        pair: contrast(getattr(palette, pair[0]), getattr(palette, pair[1]))
        for pair in TEXT_PAIRS | style_pairs()
    }
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < least} == {}


def test_the_style_sheet_puts_text_only_on_grounds_that_were_planned() -> None:
    pairs = style_pairs()
    # The reading itself sees what everybody knows to be there.
    assert {("text", "surface"), ("on_primary", "primary_hover"), ("muted", "sunken"),
            ("rail_text", "rail"), ("danger", "danger_soft"), ("surface", "success"),
            ("on_practice", "practice"), ("on_disabled", "disabled")} <= pairs  # fmt: skip
    assert pairs - TEXT_PAIRS == frozenset()


@pytest.mark.parametrize("palette", PALETTES.values(), ids=lambda palette: palette.name)
def test_what_is_not_text_stands_out_from_its_ground(palette: Palette) -> None:
    marks = {
        *palette.series, palette.focus, palette.success, palette.warning, palette.danger,
        palette.muted,
    }  # fmt: skip
    assert {mark for mark in marks if contrast(mark, palette.surface) < 3} == set()
    assert len(set(palette.series)) == len(palette.series)


@cache
def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
