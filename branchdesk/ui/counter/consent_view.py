"""The consents: each purpose by itself, with the exact text to read out. Passive."""

from typing import Final

from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QVBoxLayout, QWidget

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.counter.form import ConsentAnswer, Field
from branchdesk.ui.counter.state import ConsentLine, CounterState
from branchdesk.ui.kit.fields import EnterMovesOn, set_choices, show_choice
from branchdesk.ui.kit.labels import PlainLabel, button_text
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.words import Tone

_HOWS: Final = (ConsentHow.VERBAL, ConsentHow.PAPER, ConsentHow.SIGNATURE)


class ConsentRow(QFrame):
    """One purpose: a box to tick, how the answer was given, and the words that were shown."""

    answered = signal_of(ConsentAnswer)

    def __init__(self, parent: QWidget, purpose: Purpose, enter: EnterMovesOn) -> None:
        super().__init__(parent)
        self.purpose = purpose
        self.setProperty("kind", "sunken")
        self.box = QCheckBox(self)
        self.box.setObjectName(f"consent_{purpose.value}")
        self.how = QComboBox(self)
        self.how.setProperty("kind", "small")
        self.how.setObjectName(f"consent_how_{purpose.value}")
        self.text = PlainLabel(self, "caption", wrap=True)
        for control in (self.box, self.how):
            enter.watch(control)
        self._lay_out()
        self.box.toggled.connect(self._answer)
        self.how.currentIndexChanged.connect(self._answer)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 12, 12)
        layout.setSpacing(4)
        layout.addWidget(self.box)
        layout.addWidget(self.text)
        layout.addWidget(self.how)

    def dress(self, look: Look) -> None:
        """Name the purpose and the ways of answering."""
        words = look.words
        name = words.say(f"purpose.{self.purpose.value}")
        self.box.setText(button_text(name))
        self.box.setAccessibleName(name)
        choices = [(how.value, words.say(f"consent_how.{how.value}")) for how in _HOWS]
        set_choices(self.how, choices, str(self.how.currentData() or ConsentHow.VERBAL.value))
        self.how.setAccessibleName(words.say("counter.consent_how", purpose=name))

    def fill(self, line: ConsentLine, look: Look, *, enabled: bool, invalid: bool) -> None:
        """Show one line."""
        # A tick set by a draft is no new answer of anybody.
        before = self.box.blockSignals(True)
        self.box.setChecked(line.granted)
        self.box.blockSignals(before)
        show_choice(self.how, line.how.value)
        version = look.words.say("counter.consent_version", version=line.version)
        self.text.setText(f"{look.words.of(line.text)}  [{version}]")
        self.box.setAccessibleDescription(self.text.text())
        self.box.setEnabled(enabled)
        self.how.setEnabled(enabled)
        self.how.setVisible(line.granted)
        set_property(self.box, "invalid", "true" if invalid and not line.granted else "false")

    def _answer(self, _: object) -> None:
        how = ConsentHow(str(self.how.currentData()))
        self.answered.emit(ConsentAnswer(self.purpose, self.box.isChecked(), how))


class ConsentView(QWidget):
    """All purposes of the campaign in force."""

    answered = signal_of(ConsentAnswer)

    def __init__(self, parent: QWidget, enter: EnterMovesOn) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._enter = enter
        self._title = PlainLabel(self, "strong")
        self._note = PlainLabel(self, "caption", wrap=True)
        self._error = PlainLabel(self, "caption", wrap=True)
        self._error.set_tone(Tone.DANGER)
        self.rows: dict[Purpose, ConsentRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self._title, self._note, self._error):
            layout.addWidget(widget)
        layout.addSpacing(4)
        layout.addLayout(self._list)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self._title.setText(look.words.say("serving.field.consents"))
        for row in self.rows.values():
            row.dress(look)

    def fill(self, state: CounterState) -> None:
        """Show every purpose with its text and answer."""
        look = self._look
        if look is None:
            return
        self._prepare(state.consents, look)
        key = "counter.consents_note" if state.consents else "counter.no_consents"
        self._note.setText(look.words.say(key))
        error = state.errors.get(Field.CONSENTS)
        self._error.setText("" if error is None else look.words.phrase(error))
        self._error.setVisible(error is not None)
        enabled = not state.busy and state.result is None
        for line in state.consents:
            row = self.rows[line.purpose]
            needed = line.purpose in {Purpose.SERVICE, Purpose.SENSITIVE}
            invalid = error is not None and needed
            row.fill(line, look, enabled=enabled, invalid=invalid)

    def first(self) -> QWidget | None:
        """Return the first box not ticked yet, or the first one."""
        boxes = [row.box for row in self.rows.values()]
        return next((box for box in boxes if not box.isChecked()), boxes[0] if boxes else None)

    def _prepare(self, lines: tuple[ConsentLine, ...], look: Look) -> None:
        wanted = [line.purpose for line in lines]
        if list(self.rows) == wanted:
            return
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {purpose: ConsentRow(self, purpose, self._enter) for purpose in wanted}
        for row in self.rows.values():
            row.answered.connect(self.answered.emit)
            row.dress(look)
            self._list.addWidget(row)
            row.show()
