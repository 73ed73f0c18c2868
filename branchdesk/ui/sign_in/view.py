"""The sign-in screen: staff code, PIN, and what went wrong in words. Passive."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from branchdesk.ui.kit.door_page import DoorPage
from branchdesk.ui.kit.fields import FieldBox
from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, TargetButton, button, clear, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.sign_in.state import Credentials, NewPin, SignInField, SignInState, Step

_CARD_WIDTH = 420
_TITLES = {
    Step.SIGN_IN: ("sign_in.title", "sign_in.note"),
    Step.LOCKED: ("sign_in.locked", "sign_in.locked_note"),
    Step.CHOOSE_PIN: ("sign_in.choose_for", "sign_in.choose_note"),
}
_BUTTONS = {
    Step.SIGN_IN: "sign_in.enter",
    Step.LOCKED: "sign_in.unlock",
    Step.CHOOSE_PIN: "sign_in.save",
}


class SignInView(DoorPage):
    """The screen. ``submitted`` and ``chosen`` carry what was typed; nothing is kept here."""

    submitted = signal_of(Credentials)
    chosen = signal_of(NewPin)
    picked = signal_of(str)
    practice_wanted = Signal()
    typed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, _CARD_WIDTH)
        self._look: Look | None = None
        self._state: SignInState | None = None
        self._serial = -1
        self._title = PlainLabel(self, "headline")
        self._note = PlainLabel(self, "muted", wrap=True)
        self._strip = MessageStrip(self)
        self._hint = PlainLabel(self, "caption", wrap=True)
        self.staff = self._field("staff", secret=False)
        self.pin = self._field("pin", secret=True)
        self.new_pin = self._field("new_pin", secret=True)
        self.again = self._field("again", secret=True)
        self._choices = QWidget(self)
        self._tags = FlowLayout(self._choices, 8)
        self._choices_shown: tuple[str, ...] = ()
        self.enter = button(self, "call", "enter")
        self.practise = button(self, "quiet", "practise")
        self.back = button(self, "quiet", "sign_in_back")
        self._lay_out()
        self.enter.clicked.connect(self._send)
        self.practise.clicked.connect(self._practise)
        self.back.clicked.connect(self.left)
        for box in (self.staff, self.pin):
            self._line(box).textEdited.connect(lambda _: self.typed.emit())
        self._line(self.staff).returnPressed.connect(self._staff_done)
        self._line(self.pin).returnPressed.connect(self._send)
        self._line(self.new_pin).returnPressed.connect(self._new_pin_done)
        self._line(self.again).returnPressed.connect(self._send)

    def _field(self, name: str, *, secret: bool) -> FieldBox:
        edit = QLineEdit(self)
        edit.setMaxLength(40)
        edit.setProperty("kind", "pin" if secret else "big")
        if secret:
            edit.setEchoMode(QLineEdit.EchoMode.Password)
            edit.setInputMethodHints(
                Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhSensitiveData
            )
        return FieldBox(self, edit, name)

    def _lay_out(self) -> None:
        for part in (self._title, self._note, self._strip):
            self.inside.addWidget(part)
        for box in (self.staff, self.pin, self.new_pin, self.again):
            self.inside.addWidget(box)
            if box is self.staff:
                self.inside.addWidget(self._choices)
        self.inside.addSpacing(6)
        for last in (self.enter, self.back, self.practise, self._hint):
            self.inside.addWidget(last)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look, self._choices_shown = look, ()
        self.side.dress(look)
        self.staff.name(look.words.say("sign_in.staff"))
        self.pin.name(look.words.say("sign_in.pin"))
        self.new_pin.name(look.words.say("sign_in.new_pin"))
        self.again.name(look.words.say("sign_in.again"))
        if self._state is not None:
            self.render(self._state)

    def render(self, state: SignInState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        say = look.words.say
        title, note = _TITLES[state.step]
        self.side.say(state.word)
        self._title.setText(say(title, who=state.who))
        self._note.setText(say(note))
        choosing = state.step is Step.CHOOSE_PIN
        for box, shown in ((self.staff, not choosing), (self.pin, not choosing),
                           (self.new_pin, choosing), (self.again, choosing)):  # fmt: skip
            box.setVisible(shown)
            box.control.setEnabled(not state.busy)
        self._fill_choices(() if choosing or len(state.choices) < 2 else state.choices, look)
        message = state.message
        self._strip.say("" if message is None else look.words.phrase(message), state.tone, look)
        self._hint.setText("" if state.hint is None else look.words.phrase(state.hint))
        self._hint.setVisible(state.hint is not None and state.step is Step.SIGN_IN)
        set_button(self.enter, say("sign_in.busy" if state.busy else _BUTTONS[state.step]))
        self.enter.setEnabled(not state.busy)
        set_button(self.back, say("sign_in.back"))
        self.back.setVisible(choosing)
        self.back.setEnabled(not state.busy)
        self.practise.setIcon(look.icon("practice"))
        set_button(self.practise, say("practice.open"))
        self.practise.setVisible(state.offers_practice and state.step is Step.SIGN_IN)
        self._obey(state)

    def _fill_choices(self, choices: tuple[str, ...], look: Look) -> None:
        self._choices.setVisible(bool(choices))
        if choices == self._choices_shown:
            return
        self._choices_shown = choices
        clear(self._tags)
        for code in choices:
            tag = TargetButton(self._choices, "", code)
            tag.setObjectName("staff_tag")
            set_button(tag, code, look.words.say("sign_in.pick", code=code))
            tag.taken.connect(self.picked.emit)
            self._tags.addWidget(tag)

    def _obey(self, state: SignInState) -> None:
        if state.serial == self._serial or state.busy:
            return
        self._serial = state.serial
        self._line(self.staff).setText(state.staff)
        for box in (self.pin, self.new_pin, self.again):
            self._line(box).clear()
        where = {
            SignInField.STAFF: self.staff,
            SignInField.PIN: self.pin,
            SignInField.NEW_PIN: self.new_pin,
        }[state.focus]
        where.control.setFocus(Qt.FocusReason.TabFocusReason)

    def _send(self) -> None:
        if self._state is not None and self._state.step is Step.CHOOSE_PIN:
            new, again = self._line(self.new_pin).text(), self._line(self.again).text()
            self.chosen.emit(NewPin(new, again))
        else:
            self.submitted.emit(
                Credentials(self._line(self.staff).text(), self._line(self.pin).text())
            )

    def _practise(self) -> None:
        """Open practice, and be ready here for whoever comes back from it."""
        self.practice_wanted.emit()
        wanted = self.pin if self._line(self.staff).text().strip() else self.staff
        wanted.control.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step back on Esc, where there is a step to go back from."""
        if event.key() == Qt.Key.Key_Escape and self.back.isVisible():
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _staff_done(self) -> None:
        self.pin.control.setFocus(Qt.FocusReason.TabFocusReason)

    def _new_pin_done(self) -> None:
        self.again.control.setFocus(Qt.FocusReason.TabFocusReason)

    @staticmethod
    def _line(box: FieldBox) -> QLineEdit:
        assert isinstance(box.control, QLineEdit)
        return box.control
