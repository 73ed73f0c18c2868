"""A panel over the right side of the window: never modal, Esc puts it away, the focus goes back."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget
from shiboken6 import isValid

from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.roles import speak_as

# How much of what lies below stays in sight, where there is room for both.
_LEFT_FREE = 240
_WIDTH_MIN = 420


class SidePanel(QFrame):
    """Lies over its parent's right side; what is left of it can be worked with.

    ``closed`` asks to put it away: by Esc where the window's own Esc is off, or by a button.
    """

    closed = Signal()

    def __init__(self, parent: QWidget, name: str, width: int) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        speak_as(self, QAccessible.Role.Pane)
        # It covers what lies below it whole, so that needs no painting.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._around, self._wanted_width = parent, width
        self._ground, self._edge = QColor(), QColor()
        self._before: QWidget | None = None
        parent.installEventFilter(self)
        self.hide()

    def wear(self, look: Look) -> None:
        """Take over the colours of its ground."""
        self._ground, self._edge = QColor(look.palette.surface), QColor(look.palette.line_strong)
        self.update()

    def come_up(self, focus: QWidget) -> None:
        """Show the panel with the cursor in ``focus``; remember where the cursor was."""
        if not self.has_focus():
            self._before = QApplication.focusWidget()
        self._place()
        self.show()
        self.raise_()
        focus.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def put_away(self) -> None:
        """Hide the panel; a cursor inside returns to where it was."""
        had_focus, before = self.has_focus(), self._before
        self.hide()
        self._before = None
        if had_focus and before is not None and isValid(before) and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def has_focus(self) -> bool:
        """Say whether the cursor is somewhere in the panel."""
        focused = QApplication.focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the right side of the window."""
        if watched is self._around and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close by Esc where the window's own Esc is off: at the door."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the whole panel: an opaque widget gets no ground from the style sheet."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._ground)
        painter.fillRect(0, 0, 1, self.height(), self._edge)

    def _place(self) -> None:
        around = self._around.rect()
        room = max(around.width() - _LEFT_FREE, min(_WIDTH_MIN, around.width()))
        width = min(self._wanted_width, room)
        self.setGeometry(around.right() + 1 - width, 0, width, around.height())
