"""Who this may already be, under the fields that say so; taking one serves them. Passive."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.counter.state import Hint
from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, clear, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone


class MatchView(QWidget):
    """A line a match; ``taken`` carries the customer whose line was taken."""

    taken = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.buttons: list[TargetButton] = []
        self._shown: tuple[tuple[str, str], ...] | None = None
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(4)
        self.hide()

    def undress(self) -> None:
        """Draw anew what is filled in next: the look has changed."""
        self._shown = None

    def fill(self, matches: Sequence[Hint], look: Look) -> None:
        """Show the matches; nothing at all without any."""
        wanted = tuple((match.customer, look.words.phrase(match.phrase)) for match in matches)
        if wanted == self._shown:
            return
        self._shown, self.buttons = wanted, []
        clear(self._lines)
        for customer, words in wanted:
            line = self._take(customer, words, look) if customer else self._say(words, look)
            self._lines.addWidget(line)
        self.setVisible(bool(wanted))

    def _take(self, customer: str, words: str, look: Look) -> QWidget:
        made = TargetButton(self, "match", customer)
        made.setIcon(look.icon("person", look.palette.warning, 18))
        made.setIconSize(QSize(18, 18))
        set_button(made, look.words.say("counter.serve", match=words))
        made.taken.connect(self.taken.emit)
        self.buttons.append(made)
        return made

    def _say(self, words: str, look: Look) -> QWidget:
        line = QWidget(self)
        layout = QHBoxLayout(line)
        layout.setContentsMargins(10, 2, 0, 2)
        layout.setSpacing(8)
        picture = Picture(line)
        picture.setPixmap(look.tone_picture(Tone.WARNING, 18, self.devicePixelRatioF()))
        layout.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        label = PlainLabel(line, "caption", wrap=True)
        label.set_tone(Tone.WARNING)
        label.setText(words)
        layout.addWidget(label, 1)
        return line
