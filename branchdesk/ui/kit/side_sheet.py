"""A panel that slides over the right of a page and leaves the rest usable; never a dialog."""

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.areas import VerticalArea
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button
from branchdesk.ui.kit.side_panel import SidePanel
from branchdesk.ui.kit.tokens import MOUSE

WIDTH: Final = 420


class SideSheet(SidePanel):
    """Lies over the right of ``parent``; content goes into ``body``, what can be done into
    ``buttons``; ``strip`` says what concerns the whole sheet. Esc or its cross closes it, and the
    focus goes back to where it was.
    """

    def __init__(self, parent: QWidget, name: str, width: int = WIDTH) -> None:
        super().__init__(parent, name, width)
        self.setProperty("kind", "side_sheet")
        self._title = PlainLabel(self, "title", wrap=True)
        self.cross = button(self, "tag", f"{name}_close")
        self.cross.setIconSize(QSize(MOUSE.icon, MOUSE.icon))
        self.cross.clicked.connect(self.close_sheet)
        self.strip = MessageStrip(self)
        self._area = VerticalArea(self, space=MOUSE.space_m)
        self.body = self._area.column
        self.buttons = QHBoxLayout()
        self._lay_out()

    @property
    def inside(self) -> QWidget:
        """The parent of what is put into ``body``."""
        return self._area.inside

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(MOUSE.space_s)
        top.addWidget(self._title, 1)
        top.addWidget(self.cross, 0, Qt.AlignmentFlag.AlignTop)
        self.buttons.setSpacing(MOUSE.space_s)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(
            MOUSE.space_xl, MOUSE.space_l + MOUSE.space_xs, MOUSE.space_l, MOUSE.space_l
        )
        layout.setSpacing(MOUSE.space_m)
        layout.addLayout(top)
        layout.addWidget(self.strip)
        layout.addWidget(self._area, 1)
        layout.addLayout(self.buttons)

    def name(self, title: str, look: Look) -> None:
        """Name the sheet in the language in force."""
        self.wear(look)
        self._title.setText(title)
        self.setAccessibleName(title)
        self.cross.setIcon(look.icon("close"))
        self.cross.setAccessibleName(look.words.say("kit.close", name=title))

    def open_sheet(self, first: QWidget | None = None) -> None:
        """Show the sheet with the focus on ``first``, or on its cross."""
        self.come_up(first or self.cross)

    def close_sheet(self) -> None:
        """Hide the sheet; a focus that was in it goes back to where it came from."""
        if not self.isVisible():
            return
        self.put_away()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
            return
        super().keyPressEvent(event)
