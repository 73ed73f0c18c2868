"""The shortcuts on one sheet, made from the action table."""

from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.shell.actions import ACTIONS


class HelpView(QDialog):
    """Opened without blocking; Esc or Enter closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("help")
        self.setModal(True)
        self.setMinimumWidth(460)
        self._title = PlainLabel(self, "headline")
        keys = [action.shortcut for action in ACTIONS]
        self._rows = [(PlainLabel(self, "strong"), PlainLabel(self)) for _ in range(len(keys) + 2)]
        self.close_button = button(self, "primary", "close_help")
        self.close_button.clicked.connect(self.accept)
        card = QFrame(self)
        card.setProperty("kind", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(20, 16, 20, 16)
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(9)
        grid.setColumnStretch(1, 1)
        for place, (key, text) in enumerate(self._rows):
            grid.addWidget(key, place, 0)
            grid.addWidget(text, place, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 22)
        layout.setSpacing(16)
        layout.addWidget(self._title)
        layout.addWidget(card)
        layout.addWidget(self.close_button)

    def dress(self, look: Look) -> None:
        """Write the sheet in the language in force."""
        say = look.words.say
        self.setWindowTitle(say("help.title"))
        self._title.setText(say("help.title"))
        set_button(self.close_button, say("desk.close"))
        lines = [(action.shortcut, say(action.text_key)) for action in ACTIONS]
        lines.append(("Alt+1–9", say("action.offers")))
        lines.append((say("key.enter"), say("action.enter")))
        for (key, text), (shortcut, words) in zip(self._rows, lines, strict=True):
            key.setText(shortcut)
            text.setText(words)
