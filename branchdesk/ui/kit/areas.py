"""A column that scrolls up and down and never sideways: its content is as wide as its view."""

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAccessible, QResizeEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from branchdesk.ui.kit.roles import speak_as

# The bar of the style sheet. Its room is kept free when there is no bar as well: content that
# became narrower by a bar would wrap, grow, and so keep a bar that it did not need. What stands
# above or below a column and should be as wide as its content leaves as much at its right.
BAR_ROOM: Final = 8


class VerticalArea(QScrollArea):
    """Holds one column of widgets; a widget that takes the focus is scrolled into sight.

    ``by_key`` is for a column that is only read: it takes the focus itself, and arrows scroll it.
    """

    def __init__(self, parent: QWidget, space: int, *, by_key: bool = False) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if by_key else Qt.FocusPolicy.NoFocus)
        if by_key:
            self.setProperty("kind", "read")
            speak_as(self, QAccessible.Role.Document)
        self.inside = QWidget(self)
        self.inside.setProperty("kind", "plain")
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(space)
        self.setWidget(self.inside)

    def uncover_soon(self, part: QWidget, margin: int = 8) -> None:
        """Scroll to the whole of a part that was just shown, once it has its place and height."""
        QTimer.singleShot(0, part, partial(self._uncover, part, margin))

    def _uncover(self, part: QWidget, margin: int) -> None:
        if part.isVisible():
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
            self.ensureWidgetVisible(part, 0, margin)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the content as wide as the view, so that text wraps instead of being cut."""
        self.inside.setFixedWidth(max(0, self.contentsRect().width() - BAR_ROOM))
        super().resizeEvent(event)
