"""A column that scrolls up and down and never sideways: its content is exactly as wide as it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget


class VerticalArea(QScrollArea):
    """Holds one column of widgets; a widget that takes the focus is scrolled into sight."""

    def __init__(self, parent: QWidget, space: int) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.inside = QWidget(self)
        self.inside.setProperty("kind", "plain")
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(0, 0, 8, 0)
        self.column.setSpacing(space)
        self.setWidget(self.inside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the content as wide as the view, so that text wraps instead of being cut."""
        self.inside.setFixedWidth(self.viewport().width())
        super().resizeEvent(event)
