"""While a shift is open: pause, hand over, close, change the PIN; and what follows a closing."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QWidget

from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.fields import FieldBox
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, TargetButton, button, fill_row, rule, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.shift.lines_view import LinesGrid
from branchdesk.ui.shift.state import ShiftState, Step

_WORDS: Final = ("paused", "back_soon", "next_counter")
_CHOICES: Final = {
    Step.HANDING: "handover",
    Step.CLOSING: "check",
    Step.PIN: "key",
}
_WORD_MAX: Final = 20


class DutyView(Card):
    """``chosen`` carries the step that is wanted, ``paused`` the word for the locked screen."""

    chosen = signal_of(Step)
    paused = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "shift_duty")
        self._look: Look | None = None
        self._serial = -1
        self.strip = MessageStrip(self)
        self.notice = MessageStrip(self)
        self.count = button(self.notice, "", "shift_float")
        self.notice.offer(self.count)
        self.slip = button(self, "", "shift_last_slip")
        edit = QLineEdit(self)
        edit.setMaxLength(_WORD_MAX)
        self.word = FieldBox(self, edit, "pause_word")
        self._tags = [TargetButton(self, "", word) for word in _WORDS]
        self.pause = button(self, "primary", "pause")
        self.steps = {step: button(self, "", f"shift_{step.value}") for step in _CHOICES}
        self._rule = rule(self)
        self._place_parts()
        edit.returnPressed.connect(self._pause)
        self.pause.clicked.connect(self._pause)
        self.count.clicked.connect(self._chooser(Step.FLOAT))
        for tag in self._tags:
            tag.taken.connect(self._take_word)
        for step, made in self.steps.items():
            made.clicked.connect(self._chooser(step))

    def _place_parts(self) -> None:
        tags = QHBoxLayout()
        tags.setSpacing(MOUSE.space_s)
        for tag in self._tags:
            tags.addWidget(tag)
        tags.addStretch(1)
        ask = QGridLayout()
        ask.setHorizontalSpacing(MOUSE.space_m)
        ask.setColumnStretch(0, 1)
        ask.addWidget(self.word, 0, 0)
        ask.addWidget(self.pause, 0, 1, Qt.AlignmentFlag.AlignBottom)
        steps = QHBoxLayout()
        steps.setSpacing(MOUSE.space_m)
        for made in self.steps.values():
            steps.addWidget(made, 1)
        for part in (self.strip, self.notice, ask, tags, self._rule, steps, self.slip):
            if isinstance(part, QWidget):
                self.body.addWidget(part)
            else:
                self.body.addLayout(part)
        self.body.addStretch(1)

    def dress(self, look: Look) -> None:
        """Take over words and icons."""
        self._look = look
        say = look.words.say
        self.name(say("shift.step.overview"), say("shift.step_note.overview"))
        self.word.name(say("shift.field.pause"), say("shift.pause.paused"))
        for tag in self._tags:
            set_button(tag, say(f"shift.pause.{tag.target}"))
        self.pause.setIcon(look.icon("pause", look.palette.on_primary))
        set_button(self.pause, say("shift.pause"))
        for step, made in self.steps.items():
            made.setIcon(look.icon(_CHOICES[step]))
            made.setIconSize(QSize(look.metrics.icon, look.metrics.icon))
            set_button(made, say(f"shift.choose.{step.value}"))
        set_button(self.count, say("shift.choose.float"))
        self.slip.setIcon(look.icon("printer"))
        set_button(self.slip, say("shift.last_slip"))

    def fill(self, state: ShiftState) -> None:
        """Show what there is to say."""
        look = self._look
        if look is None:
            return
        message = "" if state.message is None else look.words.phrase(state.message)
        self.strip.say(message, state.tone, look)
        notice = "" if state.notice is None else look.words.phrase(state.notice)
        self.notice.say(notice, Tone.INFO, look)
        self.count.setVisible(state.can_count)
        self.slip.setVisible(state.has_slip)
        self.slip.setEnabled(not state.busy)
        if state.serial != self._serial and self.isVisible():
            self._serial = state.serial
            self.pause.setFocus(Qt.FocusReason.OtherFocusReason)

    def _chooser(self, step: Step) -> Callable[[], None]:
        def choose() -> None:
            self.chosen.emit(step)

        return choose

    def _pause(self) -> None:
        edit, look = self.word.control, self._look
        assert isinstance(edit, QLineEdit)
        assert look is not None
        word = " ".join(edit.text().split())
        edit.clear()
        self.paused.emit(word or look.words.say("shift.pause.paused"))

    def _take_word(self, word: str) -> None:
        edit, look = self.word.control, self._look
        assert isinstance(edit, QLineEdit)
        assert look is not None
        edit.setText(look.words.say(f"shift.pause.{word}"))
        self.pause.setFocus(Qt.FocusReason.OtherFocusReason)


class ClosedView(Card):
    """After the closing: what is not sent, the slip, and out of the door."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "shift_closed")
        self._look: Look | None = None
        self._serial = -1
        self.strip = MessageStrip(self)
        self.slip = button(self, "", "shift_slip")
        self.reopen = button(self, "", "shift_reopen")
        self.leave = button(self, "call", "shift_leave")
        self._unsent_title = PlainLabel(self, "label")
        self._unsent = LinesGrid(self)
        self.body.addWidget(self.strip)
        self.body.addWidget(self._unsent_title)
        self.body.addWidget(self._unsent)
        self.body.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(MOUSE.space_m)
        buttons.addWidget(fill_row(self.slip))
        buttons.addWidget(fill_row(self.reopen))
        buttons.addWidget(self.leave, 1)
        self.body.addLayout(buttons)

    def dress(self, look: Look) -> None:
        """Take over words and icons."""
        self._look = look
        say = look.words.say
        self.slip.setIcon(look.icon("printer"))
        set_button(self.slip, say("shift.slip"))
        set_button(self.reopen, say("shift.reopen"))
        set_button(self.leave, say("shift.leave"))
        self._unsent_title.setText(say("shift.unsent"))

    def fill(self, state: ShiftState) -> None:
        """Show whether the slip is saved, and whether anything is unsent."""
        look = self._look
        if look is None:
            return
        note = "closed" if state.unsent else "closed_all_sent"
        self.name(look.words.say("shift.step.closed"), look.words.say(f"shift.step_note.{note}"))
        message = "" if state.message is None else look.words.phrase(state.message)
        self.strip.say(message, state.tone, look)
        self._unsent_title.setVisible(bool(state.unsent))
        self._unsent.fill(state.unsent, look)
        self.slip.setEnabled(not state.busy)
        if state.serial != self._serial and self.isVisible():
            self._serial = state.serial
            self.leave.setFocus(Qt.FocusReason.OtherFocusReason)
