"""The layout that every screen stands in: title and subtitle left, actions right, body below."""

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.pieces import MessageStrip
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.tokens import MOUSE


class Page(QWidget):
    """A titled page.

    What can be done goes into ``buttons``, content into ``body``; ``strip`` says what concerns
    the whole page.
    """

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        speak_as(self, QAccessible.Role.Pane)
        self.title = PlainLabel(self, "headline")
        self.subtitle = PlainLabel(self, "muted", wrap=True)
        self.strip = MessageStrip(self)
        self.buttons = QHBoxLayout()
        self.body = QVBoxLayout()
        self._lay_out()
        self.name("")

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(MOUSE.space_xs)
        words.addWidget(self.title)
        words.addWidget(self.subtitle)
        self.buttons.setSpacing(MOUSE.space_s)
        top = QHBoxLayout()
        top.setSpacing(MOUSE.space_xl)
        top.addLayout(words, 1)
        top.addLayout(self.buttons)
        self.body.setSpacing(MOUSE.space_l)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(
            MOUSE.space_xl, MOUSE.space_l + MOUSE.space_xs, MOUSE.space_xl, MOUSE.space_l
        )
        layout.setSpacing(MOUSE.space_l)
        layout.addLayout(top)
        layout.addWidget(self.strip)
        layout.addLayout(self.body, 1)

    def end_at_the_bar(self, room: int) -> None:
        """Let a bar's ``room`` lie in the right margin, so that cards end where others do."""
        layout = self.layout()
        assert layout is not None, "laid out when it was made"
        margins = layout.contentsMargins()
        margins.setRight(MOUSE.space_xl - room)
        layout.setContentsMargins(margins)

    def name(self, title: str, subtitle: str = "") -> None:
        """Name the page in the language in force."""
        self.title.setText(title)
        self.setAccessibleName(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))
