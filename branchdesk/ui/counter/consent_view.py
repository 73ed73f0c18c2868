"""The consents: each purpose by itself, ticked by its digit, its exact text opened on demand.

Passive.
"""

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.counter.form import ConsentAnswer, Field
from branchdesk.ui.counter.state import ConsentLine, CounterState
from branchdesk.ui.counter.steps import EnterLeads
from branchdesk.ui.kit.fields import set_choices, show_choice
from branchdesk.ui.kit.labels import PlainLabel, button_text
from branchdesk.ui.kit.look import Look, Shown, set_property
from branchdesk.ui.kit.pieces import TargetButton
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.signature_pad import SignaturePad
from branchdesk.ui.kit.tokens import TOUCH
from branchdesk.ui.kit.words import Tone

_HOWS: Final = (ConsentHow.VERBAL, ConsentHow.PAPER, ConsentHow.SIGNATURE)
# Where the words of a check box begin.
_INDENT: Final = 37
_SHEET_HEIGHT: Final = 112
_OPENS: Final = (Qt.Key.Key_Right, Qt.Key.Key_Left)


class ConsentRow(QFrame):
    """One purpose: a box to tick, which text asks for it, and the text itself when it is open."""

    ticked = signal_of(bool)

    def __init__(self, parent: QWidget, purpose: Purpose) -> None:
        super().__init__(parent)
        self.purpose = purpose
        self.box = QCheckBox(self)
        self.box.setObjectName(f"consent_{purpose.value}")
        self.box.setProperty("kind", "dense")
        self.version = PlainLabel(self, "caption")
        self.read = TargetButton(self, "fold", purpose.value)
        self.read.setObjectName(f"consent_read_{purpose.value}")
        # Left and Right do the same on the box; Tab stays short.
        self.read.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.text = PlainLabel(self, "caption", wrap=True)
        self.missing = False
        self._shown = Shown()
        self._lay_out()
        self.box.toggled.connect(self.ticked.emit)

    def _lay_out(self) -> None:
        self._about = QWidget(self)
        about = QVBoxLayout(self._about)
        about.setContentsMargins(_INDENT, 0, 0, 4)
        about.setSpacing(4)
        about.addWidget(self.version)
        about.addWidget(self.text)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.box)
        words.addWidget(self._about)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(words, 1)
        layout.addWidget(self.read, 0, Qt.AlignmentFlag.AlignTop)

    def fill(
        self, line: ConsentLine, look: Look, *, enabled: bool, invalid: bool, brief: bool
    ) -> None:
        """Show one line; a ``brief`` one says what it is about only where that must be seen."""
        # A tick set by a draft is no new answer of anybody.
        before = self.box.blockSignals(True)
        self.box.setChecked(line.granted)
        self.box.blockSignals(before)
        self.box.setEnabled(enabled)
        self.missing = line.needed and not line.granted
        if self._shown.changes(line, look, invalid, brief):
            self._say(line, look, invalid=invalid, brief=brief)

    def _say(self, line: ConsentLine, look: Look, *, invalid: bool, brief: bool) -> None:
        words = look.words
        name = words.say(f"purpose.{self.purpose.value}")
        self.box.setText(button_text(f"{line.number}  {name}"))
        self.box.setAccessibleName(name)
        set_property(self.box, "invalid", "true" if invalid and not line.granted else "false")
        self.version.setText(words.phrase(line.about))
        self.version.set_tone(Tone.WARNING if self.missing else Tone.QUIET)
        self.version.setVisible(self.missing or line.open or not brief)
        self.text.setText(words.of(line.text))
        self.text.setVisible(line.open)
        # Not only empty: its margins would still take room.
        self._about.setVisible(self.missing or line.open or not brief)
        self.box.setAccessibleDescription(f"{self.version.text()} {self.text.text()}")
        self.read.setIcon(look.icon("chevron_up" if line.open else "chevron_down", size=16))
        hint = "counter.consent_close" if line.open else "counter.consent_open"
        self.read.setAccessibleName(words.say(hint, purpose=name))
        self.read.setToolTip(words.say(hint, purpose=name))
        self.read.setFixedWidth(look.metrics.control - 8)


class ConsentView(QWidget):
    """All purposes of the campaign in force.

    ``answered`` carries an answer, ``how_chosen`` the way all of them were given, ``signed`` the
    strokes drawn so far, ``opened`` the purpose whose text somebody wants to read, ``done`` comes
    with Enter.
    """

    answered = signal_of(ConsentAnswer)
    how_chosen = signal_of(ConsentHow)
    signed = signal_of(tuple)
    opened = signal_of(Purpose)
    done = Signal()

    def __init__(self, parent: QWidget, enter: EnterLeads) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._enter = enter
        self._title = PlainLabel(self, "title")
        self.how = QComboBox(self)
        self.how.setObjectName("consent_how")
        self.how.setProperty("kind", "small")
        self.how.currentIndexChanged.connect(self._choose_how)
        enter.lead(self.how, self.done.emit)
        self.pad = SignaturePad(self, "signature")
        # Low enough to stand under the consents without a scroll on the smallest screen.
        self.pad.sheet.setMinimumHeight(_SHEET_HEIGHT)
        self.pad.drawn.connect(self.signed.emit)
        self.pad.paper.clicked.connect(self._on_paper)
        enter.lead(self.pad.sheet, self.done.emit)
        self._note = PlainLabel(self, "caption", wrap=True)
        self._error = PlainLabel(self, "caption", wrap=True)
        self._error.set_tone(Tone.DANGER)
        self.rows: dict[Purpose, ConsentRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._lay_out()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title, 1)
        top.addWidget(self.how)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        for widget in (self._note, self._error):
            layout.addWidget(widget)
        layout.addLayout(self._list)
        layout.addWidget(self.pad)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        say = look.words.say
        self._title.setText(say("serving.field.consents"))
        choices = [(how.value, say(f"consent_how.{how.value}")) for how in _HOWS]
        set_choices(self.how, choices, str(self.how.currentData() or ConsentHow.VERBAL.value))
        self.how.setAccessibleName(say("counter.consent_how"))
        self.pad.dress(look)

    def fill(self, state: CounterState) -> None:
        """Show every purpose with its answer, and the text that is open."""
        look = self._look
        if look is None:
            return
        self._prepare(state.consents)
        self._note.setText(look.words.say("counter.no_consents"))
        self._note.setVisible(not state.consents)
        error = state.errors.get(Field.CONSENTS)
        self._error.setText("" if error is None else look.words.phrase(error))
        self._error.setVisible(error is not None)
        enabled = not state.busy and state.result is None
        show_choice(self.how, state.form.how.value)
        self.how.setEnabled(enabled)
        self.how.setVisible(bool(state.consents))
        signing = enabled and state.form.how is ConsentHow.SIGNATURE
        self.pad.setVisible(signing)
        if state.form.signature != self.pad.strokes:
            self.pad.show_strokes(state.form.signature)
        # Whoever signs needs the room for the pad with its buttons, and in finger size what is
        # about to be issued, or that nothing is, must stand in sight.
        brief = signing or look.metrics == TOUCH
        for line in state.consents:
            invalid = error is not None and line.needed
            can_answer = enabled and not line.locked
            self.rows[line.purpose].fill(
                line, look, enabled=can_answer, invalid=invalid, brief=brief
            )

    def first(self) -> QWidget | None:
        """Return the first box not ticked yet, or the first one."""
        boxes = [row.box for row in self.rows.values() if row.box.isEnabled()]
        return next((box for box in boxes if not box.isChecked()), boxes[0] if boxes else None)

    def wanted(self) -> QWidget | None:
        """Return the first box without which nothing can be registered, else ``first``."""
        rows = [row for row in self.rows.values() if row.missing and row.box.isEnabled()]
        return rows[0].box if rows else self.first()

    def text(self, purpose: Purpose) -> QWidget:
        """Return what shows the text of a purpose."""
        row = self.rows.get(purpose)
        return self if row is None else row.text

    def chain(self) -> list[QWidget]:
        """Return everything that Tab visits, in its order."""
        pad = (self.pad.sheet, self.pad.undo, self.pad.clear, self.pad.paper)
        return [*(row.box for row in self.rows.values()), self.how, *pad]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tick by digit, open a text by Right or Left, wherever the cursor is in the consents."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            rows = list(self.rows.values())
            place = event.key() - Qt.Key.Key_1
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if plain and 0 <= place < len(rows):
                rows[place].box.click()
                return True
            if event.key() in _OPENS:
                row = next((row for row in rows if row.box is watched), None)
                if row is not None:
                    self.opened.emit(row.purpose)
                    return True
        return super().eventFilter(watched, event)

    def _prepare(self, lines: tuple[ConsentLine, ...]) -> None:
        wanted = [line.purpose for line in lines]
        if list(self.rows) == wanted:
            return
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = {purpose: self._row(purpose) for purpose in wanted}
        for row in self.rows.values():
            self._list.addWidget(row)
            row.show()

    def _row(self, purpose: Purpose) -> ConsentRow:
        row = ConsentRow(self, purpose)
        row.ticked.connect(partial(self._answer, purpose))
        row.read.taken.connect(self._open)
        row.box.installEventFilter(self)
        self._enter.lead(row.box, self.done.emit)
        return row

    def _answer(self, purpose: Purpose, granted: bool) -> None:
        how = ConsentHow(str(self.how.currentData()))
        self.answered.emit(ConsentAnswer(purpose, granted, how))

    def _choose_how(self, _: int) -> None:
        self.how_chosen.emit(ConsentHow(str(self.how.currentData())))

    def _on_paper(self) -> None:
        self.how_chosen.emit(ConsentHow.PAPER)

    def _open(self, purpose: str) -> None:
        self.opened.emit(Purpose(purpose))
