"""The band that says on every page of practice what it is, with the way to begin again."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, row, set_button


class PracticeBand(QFrame):
    """Across the top of the window, never hidden; not there at all in the real program."""

    start_over_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("practice")
        self._words = PlainLabel(self, "strong")
        self.start_over = button(self, "", "start_over")
        self.start_over.clicked.connect(self.start_over_wanted)
        layout = row(self, space=16)
        layout.setContentsMargins(20, 5, 12, 5)
        layout.addWidget(self._words, 1)
        layout.addWidget(self.start_over)

    def dress(self, look: Look) -> None:
        """Say it in the language in force."""
        say = look.words.say
        self._words.setText(say("practice.band"))
        set_button(self.start_over, say("practice.start_over"))
        self.start_over.setToolTip(say("practice.start_over_note"))
