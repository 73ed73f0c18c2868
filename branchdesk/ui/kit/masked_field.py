"""A masked value with a button that asks for it in the clear, and the seconds it stays so. Passive.

Who may look, for what reason and for how long is its presenter's.
"""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Tone


class MaskedField(QWidget):
    """One value; ``reveal`` is pressed to see it in the clear."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._label = PlainLabel(self, "label")
        self._value = PlainLabel(self, "strong", wrap=True)
        self._seconds = PlainLabel(self, "caption")
        self._seconds.set_tone(Tone.WARNING)
        self.reveal = button(self, "tag", f"{name}_reveal")
        self.reveal.setIconSize(QSize(MOUSE.icon, MOUSE.icon))
        line = QHBoxLayout()
        line.setSpacing(MOUSE.space_s)
        line.addWidget(self._value, 1)
        line.addWidget(self._seconds)
        line.addWidget(self.reveal, 0, Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._label)
        layout.addLayout(line)
        layout.addStretch(1)

    def name(self, text: str, look: Look) -> None:
        """Name the value in the language in force."""
        self._label.setText(text)
        self.reveal.setIcon(look.icon("eye"))
        self.reveal.setAccessibleName(look.words.say("kit.reveal", name=text))

    def fill(self, text: str, look: Look, *, seconds_left: int = 0, enabled: bool = True) -> None:
        """Show a value: masked, or in the clear while there are ``seconds_left``."""
        clear = seconds_left > 0
        self._value.setText(text)
        self._seconds.setText(look.words.say("kit.hidden_in", seconds=seconds_left))
        self._seconds.setVisible(clear)
        self.reveal.setVisible(not clear)
        self.reveal.setEnabled(enabled)
