"""The enrolment page: four fields, where the secret is kept, and how far it is. Passive."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from branchdesk.protocol.enrolment import CODE_CHARACTERS_MAX
from branchdesk.ui.enrol.services import KeptIn
from branchdesk.ui.enrol.state import EnrolField, EnrolState, EnrolStep, EnrolTyped
from branchdesk.ui.kit.door_page import DoorPage
from branchdesk.ui.kit.fields import EnterMovesOn, FieldBox
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, button, set_button
from branchdesk.ui.kit.progress_strip import ProgressState, ProgressStrip
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone, phrase

_CARD_WIDTH: Final = 520
_SECRET: Final = (EnrolField.PIN, EnrolField.AGAIN)


class EnrolView(DoorPage):
    """The page; ``submitted`` carries what was typed, and the PINs are forgotten with it."""

    submitted = signal_of(EnrolTyped)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, _CARD_WIDTH)
        self._look: Look | None = None
        self._state: EnrolState | None = None
        self._serial = -1
        self._enter = EnterMovesOn(self)
        self._title = PlainLabel(self, "headline")
        self._note = PlainLabel(self, "muted", wrap=True)
        self._strip = MessageStrip(self)
        self._kept = MessageStrip(self)
        self.edits = {field: QLineEdit(self) for field in EnrolField}
        self.boxes = {
            field: FieldBox(self, edit, f"enrol_{field.value}")
            for field, edit in self.edits.items()
        }
        self.join = button(self, "call", "enrol_join")
        self.practise = button(self, "quiet", "practise")
        self.progress = ProgressStrip(self, "enrol_progress")
        # A code that head office has used up cannot be called back.
        self.progress.cancel.hide()
        self._set_up()
        self._lay_out()

    def _set_up(self) -> None:
        self.practise.clicked.connect(self._be_ready)
        self.edits[EnrolField.CODE].setMaxLength(CODE_CHARACTERS_MAX)
        for field in (EnrolField.STAFF, *_SECRET):
            self.edits[field].setMaxLength(40)
        for field in _SECRET:
            edit = self.edits[field]
            edit.setProperty("kind", "pin")
            edit.setEchoMode(QLineEdit.EchoMode.Password)
            edit.setInputMethodHints(
                Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhSensitiveData
            )
        for field in (EnrolField.CODE, EnrolField.STAFF, EnrolField.PIN):
            self._enter.watch(self.edits[field])
        self.edits[EnrolField.AGAIN].returnPressed.connect(self._submit)
        self.join.clicked.connect(self._submit)

    def _lay_out(self) -> None:
        for part in (self._title, self._note, self._strip, self.boxes[EnrolField.CODE],
                     self.boxes[EnrolField.STAFF]):  # fmt: skip
            self.inside.addWidget(part)
        pins = QHBoxLayout()
        pins.setSpacing(16)
        for field in _SECRET:
            pins.addWidget(self.boxes[field], 1, Qt.AlignmentFlag.AlignTop)
        self.inside.addLayout(pins)
        for last in (self._kept, self.progress, self.join, self.practise):
            self.inside.addWidget(last)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self.side.dress(look)
        self._title.setText(say("enrol.title"))
        self._note.setText(say("enrol.note"))
        for field, box in self.boxes.items():
            box.name(say(f"enrol.field.{field.value}"))
        self.boxes[EnrolField.CODE].describe(say("enrol.code_note"))
        self.boxes[EnrolField.PIN].describe(say("enrol.pin_note"))
        self.progress.dress(look)
        if self._state is not None:
            self.render(self._state)

    def _be_ready(self) -> None:
        """Put the cursor where whoever comes back from practice goes on."""
        self.edits[EnrolField.CODE].setFocus(Qt.FocusReason.OtherFocusReason)

    def render(self, state: EnrolState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        is_asking = state.step is EnrolStep.ASKING
        for field, box in self.boxes.items():
            error = state.errors.get(field)
            box.set_error("" if error is None else look.words.phrase(error), look)
            box.control.setEnabled(is_asking)
        message = "" if state.message is None else look.words.phrase(state.message)
        self._strip.say(message, state.tone, look)
        # In finger size the page has no room for both, and what went wrong matters more.
        self._note.setVisible(not message)
        tone = Tone.DANGER if state.kept_in is KeptIn.NOWHERE else Tone.INFO
        kept = look.words.say(f"enrol.kept.{state.kept_in.value}")
        self._kept.say(kept if is_asking else "", tone, look)
        said = phrase(f"enrol.step.{state.step.value}")
        self.progress.fill(None if is_asking else ProgressState(said, can_cancel=False))
        set_button(self.join, look.words.say("enrol.join"))
        self.join.setEnabled(state.can_join)
        self.join.setVisible(is_asking)
        if not is_asking:
            # Every field is off meanwhile, and the cursor must be somewhere.
            self.progress.setFocus(Qt.FocusReason.OtherFocusReason)
        self.practise.setIcon(look.icon("practice"))
        set_button(self.practise, look.words.say("practice.open"))
        self.practise.setVisible(is_asking and state.offers_practice)
        if is_asking and state.serial != self._serial:
            self._serial = state.serial
            self.edits[state.focus].setFocus(Qt.FocusReason.TabFocusReason)

    def _submit(self) -> None:
        typed = EnrolTyped(*(self.edits[field].text() for field in EnrolField))
        for field in _SECRET:
            self.edits[field].clear()
        self.submitted.emit(typed)
