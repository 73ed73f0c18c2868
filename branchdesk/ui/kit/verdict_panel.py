"""A verdict that can be read across a counter: colour, icon and word, the facts, what to say now.

This module must not know which verdicts there are.
"""

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.kit.labels import Picture, PlainLabel
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import clear
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Phrase, Tone

_ICON_SIDE: Final = 72


@dataclass(frozen=True, slots=True)
class VerdictFact:
    """One fact under a verdict; a value that is not a phrase came from outside."""

    label: Phrase
    value: Phrase | str


@dataclass(frozen=True, slots=True)
class VerdictState:
    """What was decided: how it is meant, in one word, and what to tell the customer."""

    tone: Tone
    word: Phrase
    advice: Phrase
    facts: tuple[VerdictFact, ...] = ()
    icon: str = ""


class VerdictPanel(QWidget):
    """Hidden until there is a verdict, which is read out at once."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        speak_as(self, QAccessible.Role.AlertMessage)
        self._look: Look | None = None
        self._state: VerdictState | None = None
        self._band = QFrame(self)
        self._band.setProperty("kind", "verdict")
        self._picture = Picture(self._band)
        self._word = PlainLabel(self._band, "verdict", wrap=True)
        self._advice = PlainLabel(self._band, "verdict_note", wrap=True)
        self._facts = QFrame(self)
        self._facts.setProperty("kind", "card")
        self._grid = QGridLayout(self._facts)
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(MOUSE.space_xs)
        words.addWidget(self._word)
        words.addWidget(self._advice)
        band = QHBoxLayout(self._band)
        side = MOUSE.space_xl
        band.setContentsMargins(side, side, side, side)
        band.setSpacing(MOUSE.space_xl)
        band.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        band.addLayout(words, 1)
        self._grid.setContentsMargins(side, MOUSE.space_l, side, MOUSE.space_l)
        self._grid.setHorizontalSpacing(side)
        self._grid.setVerticalSpacing(MOUSE.space_s)
        self._grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(MOUSE.space_m)
        layout.addWidget(self._band)
        layout.addWidget(self._facts)

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look = look
        self._show()

    def fill(self, state: VerdictState | None) -> None:
        """Show a verdict, or none."""
        fresh = state is not None and state != self._state
        self._state = state
        self._show()
        if fresh and self._look is not None:
            announcement = QAccessibleAnnouncementEvent(self, self.accessibleName())
            announcement.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(announcement)

    def _show(self) -> None:
        look, state = self._look, self._state
        self.setVisible(state is not None)
        if look is None or state is None:
            return
        set_property(self._band, "tone", state.tone.value)
        word, advice = look.words.phrase(state.word), look.words.phrase(state.advice)
        self._word.setText(word)
        self._advice.setText(advice)
        self.setAccessibleName(f"{word} {advice}")
        icon = state.icon or ("info" if state.tone is Tone.QUIET else state.tone.value)
        ratio, colour = self.devicePixelRatioF(), look.palette.surface
        self._picture.setPixmap(look.icons.pixmap(icon, colour, _ICON_SIDE, ratio))
        self._show_facts(look, state.facts)

    def _show_facts(self, look: Look, facts: tuple[VerdictFact, ...]) -> None:
        clear(self._grid)
        self._facts.setVisible(bool(facts))
        spoken = list[str]()
        for row, fact in enumerate(facts):
            label = PlainLabel(self._facts, "muted")
            label.setText(look.words.phrase(fact.label))
            value = PlainLabel(self._facts, "strong", wrap=True)
            said = fact.value
            value.setText(look.words.phrase(said) if isinstance(said, Phrase) else said)
            self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1)
            spoken.append(f"{label.text()} {value.text()}")
        self.setAccessibleDescription("; ".join([self._advice.text(), *spoken]))
