"""What a place says while nothing is in it: an icon, a sentence, and what to do next."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.tokens import MOUSE

_ICON_SIDE = 48
_WIDTH_MAX = 420
_WORDS_FIRST = 1000


class EmptyState(QWidget):
    """Fills an empty place; ``action`` is its one button, hidden when there is nothing to do."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        speak_as(self, QAccessible.Role.Grouping)
        self._picture = Picture(self)
        self._title = PlainLabel(self, "title", wrap=True)
        self._sentence = PlainLabel(self, "muted", wrap=True)
        self.action = button(self, "", f"{name}_action")
        self._lay_out()

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(MOUSE.space_s)
        column.addStretch(1)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addWidget(self._picture, 0, centre)
        for label in (self._title, self._sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setMaximumWidth(_WIDTH_MAX)
            column.addLayout(_in_the_middle(label))
        column.addSpacing(MOUSE.space_xs)
        column.addWidget(self.action, 0, centre)
        column.addStretch(2)
        layout = QHBoxLayout(self)
        side = MOUSE.space_l
        layout.setContentsMargins(side, side, side, side)
        layout.addLayout(column)

    def fill(self, look: Look, icon: str, title: str, sentence: str, action: str = "") -> None:
        """Say what is not there and what to do about it."""
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(look.icons.pixmap(icon, look.palette.muted, _ICON_SIDE, ratio))
        self._title.setText(title)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        set_button(self.action, action)
        self.action.setVisible(bool(action))
        self.setAccessibleName(f"{title} {sentence}".strip())


def _in_the_middle(words: QWidget) -> QHBoxLayout:
    """Let words take the room up to their width; what is left over lies at both sides of them."""
    layout = QHBoxLayout()
    layout.addStretch(1)
    layout.addWidget(words, _WORDS_FIRST)
    layout.addStretch(1)
    return layout
