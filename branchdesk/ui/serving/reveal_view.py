"""Reveal masked fields: one button, then the reasons, then the seconds that are left. Passive."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, button, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.serving.revealing import REASONS, Revealing


class RevealView(QWidget):
    """``reveal`` is the button, to be placed by the owner; ``reveal_for`` carries the reason."""

    reveal_for = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._seconds = PlainLabel(self, "caption")
        self._why = PlainLabel(self, "label")
        self.reveal = button(parent, "", "reveal")
        self._choices = QWidget(self)
        self.reasons = [TargetButton(self._choices, "", reason) for reason in REASONS]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._seconds)
        layout.addWidget(self._why)
        layout.addWidget(self._choices)
        # Beside each other while there is room: all of them are in sight at once.
        choices = FlowLayout(self._choices, 8)
        for reason in self.reasons:
            choices.addWidget(reason)
            reason.taken.connect(self.reveal_for.emit)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self.reveal.setIcon(look.icon("eye"))
        set_button(self.reveal, look.words.say("serving.reveal"))
        self._why.setText(look.words.say("serving.reveal_why"))
        for reason in self.reasons:
            set_button(reason, look.words.say(f"serving.reason.{reason.target}"))

    def fill(self, now: Revealing, *, enabled: bool) -> None:
        """Show where revealing stands."""
        if self._look is None:
            return
        words = self._look.words.say("serving.revealed", seconds=now.seconds_left)
        self._seconds.setText(words)
        self._seconds.setVisible(now.is_open)
        self._why.setVisible(now.asking)
        self._choices.setVisible(now.asking)
        self.setVisible(now.asking or now.is_open)
        self.reveal.setVisible(not now.asking and not now.is_open)
        self.reveal.setEnabled(enabled)
