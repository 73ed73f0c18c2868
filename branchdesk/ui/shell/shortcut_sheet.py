"""The shortcuts on one sheet, made from the action table."""

from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.shell.actions import ACTIONS, OFFER_SHORTCUTS, PLACE_KEYS

_COLUMNS = 2


class ShortcutSheet(QDialog):
    """Every key with what it does, in two columns; Esc or Enter closes it, the focus goes back."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts")
        self.setModal(True)
        self.setMinimumWidth(720)
        # Not every window system makes the window below the active one again, with its cursor.
        self.finished.connect(lambda _: parent.activateWindow())
        self._title = PlainLabel(self, "headline")
        count = len(ACTIONS) + 2 + len(PLACE_KEYS)
        self._rows = [(PlainLabel(self, "strong"), PlainLabel(self)) for _ in range(count)]
        self.close_button = button(self, "primary", "close_shortcuts")
        self.close_button.clicked.connect(self.accept)
        card = QFrame(self)
        card.setProperty("kind", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(20, 16, 20, 16)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(7)
        high = -(-count // _COLUMNS)
        for place, (key, text) in enumerate(self._rows):
            column, row = divmod(place, high)
            grid.addWidget(key, row, 2 * column)
            grid.addWidget(text, row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 22, 24, 22)
        layout.setSpacing(16)
        layout.addWidget(self._title)
        layout.addWidget(card)
        layout.addWidget(self.close_button)

    def dress(self, look: Look) -> None:
        """Write the sheet in the language in force."""
        say = look.words.say
        self.setWindowTitle(say("shortcuts.title"))
        self._title.setText(say("shortcuts.title"))
        set_button(self.close_button, say("desk.close"))
        lines = [(action.shortcut, say(action.text_key)) for action in ACTIONS]
        lines.append((f"Alt+1–{len(OFFER_SHORTCUTS)}", say("action.offers")))
        lines += [(keys, say(text_key)) for keys, text_key in PLACE_KEYS]
        lines.append((say("key.enter"), say("action.enter")))
        for (key, text), (shortcut, words) in zip(self._rows, lines, strict=True):
            key.setText(shortcut)
            text.setText(words)
