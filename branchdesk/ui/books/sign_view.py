"""Two people sign for the lines that were typed, and see them being entered. Passive."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from branchdesk.ui.books.state import BooksState, Place, Progress
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, fill_row, set_button
from branchdesk.ui.kit.progress_strip import ProgressState, ProgressStrip
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Tone, phrase
from branchdesk.ui.serving.second_person import SecondField, SecondTyped
from branchdesk.ui.serving.second_view import SecondFields

_SECOND = {Place.SECOND: SecondField.STAFF, Place.PIN: SecondField.PIN}


class SignCard(Card):
    """``signed`` carries who stands beside; ``stopped`` asks to enter no more."""

    signed = signal_of(SecondTyped)
    stopped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "book_sign")
        self._look: Look | None = None
        self._open = MessageStrip(self)
        self._beyond = MessageStrip(self)
        self._why = PlainLabel(self, "muted", wrap=True)
        self.second = SecondFields(self, "book_sign")
        self.progress = ProgressStrip(self, "book_progress")
        self.back = button(self, "", "book_sign_back")
        self.submit = button(self, "call", "book_sign_submit")
        for part in (self._open, self._beyond, self._why, self.second, self.progress):
            self.body.addWidget(part)
        self.body.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(MOUSE.space_m)
        buttons.addWidget(fill_row(self.back))
        buttons.addWidget(self.submit, 1)
        self.body.addLayout(buttons)
        self.setTabOrder(self.submit, self.back)
        self.second.entered.connect(self._sign)
        self.submit.clicked.connect(self._sign)
        self.progress.cancel.clicked.connect(self.stopped)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        say = look.words.say
        self._why.setText(say("books.sign_why"))
        self.second.dress(look)
        self.progress.dress(look)
        set_button(self.back, say("books.back"))

    def fill(self, state: BooksState) -> None:
        """Show what is signed for, or how far entering it is."""
        look = self._look
        if look is None:
            return
        say, progress = look.words.say, state.progress
        self.name(say("books.sign_title", count=state.waiting), say("books.sign_note"))
        closes = say("books.sign_closes") if not state.left else ""
        words = closes or say("books.sign_open", count=state.left)
        self._open.say(words, Tone.WARNING if state.left else Tone.SUCCESS, look)
        numbers = list(state.beyond)
        words = say("books.sign_beyond", numbers=numbers) if numbers else ""
        self._beyond.say(words, Tone.WARNING, look)
        errors = {_SECOND[place]: told for place, told in state.errors.items() if place in _SECOND}
        self.second.fill(errors, look)
        self.progress.fill(None if progress is None else _progress(progress))
        for part in (self.second, self._why, self.back, self.submit):
            part.setVisible(progress is None)
            part.setEnabled(not state.busy)
        set_button(self.submit, say("books.sign_do", count=state.waiting))

    def control(self, place: Place) -> QWidget | None:
        """Return the control at a place."""
        if place is Place.STOP:
            return self.progress.cancel
        return self.second.edits[_SECOND[place]] if place in _SECOND else None

    def _sign(self) -> None:
        if self.submit.isEnabled():
            self.signed.emit(self.second.take())


def _progress(found: Progress) -> ProgressState:
    said = phrase("books.entering")
    return ProgressState(said, found.done, found.total, cancelling=found.stopping)
