"""A white card with a title, a note, actions at its right, and a body."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.tokens import MOUSE


class Card(QFrame):
    """What can be done goes into ``buttons``, content into ``body``."""

    def __init__(self, parent: QWidget, name: str = "") -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self.setObjectName(name)
        self.title = PlainLabel(self, "title")
        self.note = PlainLabel(self, "muted", wrap=True)
        self.buttons = QHBoxLayout()
        self.body = QVBoxLayout()
        self._lay_out()
        self.name("")

    def _lay_out(self) -> None:
        self.buttons.setSpacing(MOUSE.space_s)
        top = QHBoxLayout()
        top.setSpacing(MOUSE.space_m)
        top.addWidget(self.title, 1)
        top.addLayout(self.buttons)
        self.body.setSpacing(MOUSE.space_m)
        layout = QVBoxLayout(self)
        side = MOUSE.space_l
        layout.setContentsMargins(side, side, side, side)
        layout.setSpacing(MOUSE.space_s)
        layout.addLayout(top)
        layout.addWidget(self.note)
        layout.addLayout(self.body, 1)

    def name(self, title: str, note: str = "") -> None:
        """Name the card in the language in force; it needs no title."""
        self.title.setText(title)
        self.title.setVisible(bool(title))
        self.note.setText(note)
        self.note.setVisible(bool(note))
