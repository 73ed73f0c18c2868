"""A page of specimens: each component in each of its states, named under it."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.page import Page
from branchdesk.ui.kit.side_sheet import SideSheet
from tests.fakes.background import ManualTimers

_STATE = "specimen_state"


class Board(Page):
    """Holds named specimens. What must have the focus to be seen is photographed by ``settle``."""

    def __init__(self, parent: QWidget, look: Look, title: str) -> None:
        super().__init__(parent, "board")
        self.look, self.timers = look, ManualTimers()
        self._sheets: list[SideSheet] = []
        self._portraits: list[tuple[QWidget, Picture]] = []
        self.name(look.words.say(f"specimen.{title}"))

    def say(self, key: str) -> str:
        """Return the words of a specimen."""
        return self.look.words.say(f"specimen.{key}")

    def row(self, *cells: tuple[str, QWidget], stretch: bool = False) -> None:
        """Set specimens side by side, each with the name of its state under it."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(4)
        for place, (state, specimen) in enumerate(cells):
            caption = PlainLabel(self, "caption")
            caption.setText(self.say(f"state.{state}"))
            side = Qt.AlignmentFlag.AlignTop if stretch else Qt.AlignmentFlag.AlignLeft
            grid.addWidget(specimen, 0, place, side)
            grid.addWidget(caption, 1, place)
            if stretch:
                grid.setColumnStretch(place, 1)
        line = QHBoxLayout()
        line.addLayout(grid, 1 if stretch else 0)
        if not stretch:
            line.addStretch(1)
        self.body.addLayout(line)

    def columns(self, *parts: Sequence[QWidget]) -> None:
        """Set columns of widgets side by side."""
        line = QHBoxLayout()
        line.setSpacing(20)
        for widgets in parts:
            column = QVBoxLayout()
            column.setSpacing(12)
            for widget in widgets:
                column.addWidget(widget)
            column.addStretch(1)
            line.addLayout(column, 1)
        self.body.addLayout(line)

    def end(self) -> None:
        """Leave the rest of the page free."""
        self.body.addStretch(1)

    def focused(self, specimen: QWidget) -> QWidget:
        """Return the place of a portrait of a specimen that has the focus."""
        frame = Picture(self)
        self._portraits.append((specimen, frame))
        return frame

    def opened(self, sheet: SideSheet) -> None:
        """Have a side sheet opened over the page once that is shown."""
        self._sheets.append(sheet)

    def settle(self) -> None:
        """Bring specimens into their states, once the page is shown.

        Only one widget has the focus at a time, so those that need it have their portrait taken.
        """
        for specimen, frame in self._portraits:
            specimen.setParent(self)
            specimen.resize(specimen.sizeHint())
            specimen.show()
            specimen.setFocus(Qt.FocusReason.TabFocusReason)
            QApplication.processEvents()
            frame.setPixmap(specimen.grab())
            specimen.hide()
        for sheet in self._sheets:
            sheet.open_sheet()
        self.setFocus()
        QApplication.processEvents()
        for specimen in self.findChildren(QWidget):
            if specimen.property(_STATE) == "hover":
                _move_onto(specimen)
            elif specimen.property(_STATE) == "pressed":
                assert isinstance(specimen, QAbstractButton)
                specimen.setDown(True)


def hovered(specimen: QWidget) -> QWidget:
    """Return a specimen that will look as it does under the pointer."""
    specimen.setProperty(_STATE, "hover")
    return specimen


def pressed(specimen: QAbstractButton) -> QAbstractButton:
    """Return a button that will be held down."""
    specimen.setProperty(_STATE, "pressed")
    return specimen


def disabled(specimen: QWidget) -> QWidget:
    """Return a specimen that cannot be used now."""
    specimen.setEnabled(False)
    return specimen


def _move_onto(specimen: QWidget) -> None:
    specimen.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    place = QPointF(specimen.rect().center())
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QEvent.Type.MouseMove, place, place, none, none, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(specimen, event)
