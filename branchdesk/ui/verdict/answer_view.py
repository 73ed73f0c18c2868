"""One verdict: a band of colour, icon and word, what to tell the customer, the facts. Passive."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import clear, column, frame
from branchdesk.ui.verdict.state import Answer

_ICON: Final = 56


class AnswerView(QWidget):
    """The verdict itself."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "plain")
        self._look: Look | None = None
        self._band = frame(self, "message", "verdict_band")
        self._picture = Picture(self._band)
        self._word = PlainLabel(self._band, "display")
        self._advice = PlainLabel(self._band, "strong", wrap=True)
        self._offer = PlainLabel(self, "title", wrap=True)
        self._value = PlainLabel(self, "muted", wrap=True)
        self._facts = QGridLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addWidget(self._word)
        words.addWidget(self._advice)
        inside = QHBoxLayout(self._band)
        inside.setContentsMargins(20, 18, 20, 20)
        inside.setSpacing(18)
        inside.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        inside.addLayout(words, 1)
        self._facts.setHorizontalSpacing(20)
        self._facts.setVerticalSpacing(8)
        self._facts.setColumnStretch(1, 1)
        layout = column(self, space=12)
        layout.addWidget(self._band)
        layout.addWidget(self._offer)
        layout.addWidget(self._value)
        layout.addLayout(self._facts)

    def dress(self, look: Look) -> None:
        """Take over words and colours; the verdict is filled in anew after it."""
        self._look = look

    def fill(self, answer: Answer) -> None:
        """Show a verdict."""
        look = self._look
        if look is None:
            return
        words = look.words
        set_property(self._band, "tone", answer.tone.value)
        self._word.set_tone(answer.tone)
        colour, ratio = look.tone_colour(answer.tone), self.devicePixelRatioF()
        self._picture.setPixmap(look.icons.pixmap(answer.icon, colour, _ICON, ratio))
        self._word.setText(words.phrase(answer.word))
        self._advice.setText(words.phrase(answer.advice))
        self._band.setAccessibleName(f"{self._word.text()} {self._advice.text()}")
        self._offer.setText("" if answer.offer is None else words.of(answer.offer))
        self._offer.setVisible(answer.offer is not None)
        self._value.setText("" if answer.value is None else words.phrase(answer.value))
        self._value.setVisible(answer.value is not None)
        clear(self._facts)
        for row, fact in enumerate(answer.facts):
            self._facts.addWidget(self._cell("label", words.phrase(fact.label)), row, 0)
            self._facts.addWidget(self._cell("", words.phrase(fact.value)), row, 1)

    def _cell(self, role: str, text: str) -> PlainLabel:
        made = PlainLabel(self, role, wrap=not role)
        made.setText(text)
        made.setAlignment(Qt.AlignmentFlag.AlignTop)
        return made
