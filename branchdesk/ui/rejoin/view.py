"""The page: one field, what stays as it is, and how far it is. Passive."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from branchdesk.protocol.enrolment import CODE_CHARACTERS_MAX
from branchdesk.ui.kit.door_page import DoorPage
from branchdesk.ui.kit.fields import FieldBox
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, fill_row, set_button
from branchdesk.ui.kit.progress_strip import ProgressState, ProgressStrip
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone, phrase
from branchdesk.ui.rejoin.state import RejoinState, RejoinStep

_CARD_WIDTH: Final = 520


class RejoinView(DoorPage):
    """``submitted`` carries the code; ``dismissed`` is Esc or the way back."""

    submitted = signal_of(str)
    dismissed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, _CARD_WIDTH)
        self._look: Look | None = None
        self._state: RejoinState | None = None
        self._serial = 0
        self._title = PlainLabel(self, "headline")
        self._note = PlainLabel(self, "muted", wrap=True)
        self._strip = MessageStrip(self)
        self.code = QLineEdit(self)
        self.code.setMaxLength(CODE_CHARACTERS_MAX)
        self.box = FieldBox(self, self.code, "rejoin_code")
        self._kept = MessageStrip(self)
        self.progress = ProgressStrip(self, "rejoin_progress")
        # A code that head office has used up cannot be called back.
        self.progress.cancel.hide()
        self.leave = button(self, "", "rejoin_leave")
        self.join = button(self, "call", "rejoin_join")
        self.code.returnPressed.connect(self._submit)
        self.join.clicked.connect(self._submit)
        self.leave.clicked.connect(self.dismissed)
        for part in (self._title, self._note, self._strip, self.box, self._kept, self.progress):
            self.inside.addWidget(part)
        ways = QHBoxLayout()
        ways.setSpacing(12)
        ways.addWidget(fill_row(self.leave))
        ways.addWidget(self.join, 1)
        self.inside.addLayout(ways)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self.side.dress(look)
        self._title.setText(say("rejoin.title"))
        self._note.setText(say("rejoin.note"))
        self.box.name(say("enrol.field.code"))
        self.box.describe(say("enrol.code_note"))
        self.progress.dress(look)
        set_button(self.join, say("rejoin.join"))
        set_button(self.leave, say("rejoin.leave"))
        if self._state is not None:
            self.render(self._state)

    def render(self, state: RejoinState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        words, is_asking = look.words, state.step is RejoinStep.ASKING
        self.box.set_error("" if state.error is None else words.phrase(state.error), look)
        self.box.setVisible(is_asking)
        message = "" if state.message is None else words.phrase(state.message)
        self._strip.say(message, state.tone, look)
        self._kept.say(words.say("rejoin.kept") if is_asking else "", Tone.INFO, look)
        said = phrase(f"rejoin.step.{state.step.value}")
        is_busy = not state.can_leave
        self.progress.fill(ProgressState(said, can_cancel=False) if is_busy else None)
        self._note.setVisible(state.step is not RejoinStep.DONE)
        self.join.setVisible(is_asking)
        self.leave.setVisible(not is_busy)
        if is_busy:
            # Everything that could have the cursor is gone meanwhile.
            self.progress.setFocus(Qt.FocusReason.OtherFocusReason)
        elif state.serial != self._serial:
            self._serial = state.serial
            self._place(is_asking=is_asking).setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the desk."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def _place(self, *, is_asking: bool) -> QWidget:
        return self.code if is_asking else self.leave

    def _submit(self) -> None:
        self.submitted.emit(self.code.text())
