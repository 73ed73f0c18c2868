"""The check of a voucher, laid over the desk: a field, or a verdict one can read from a metre away.

Passive. What had the focus before has it again afterwards, with its cursor and selection.
"""

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QSizePolicy, QWidget
from shiboken6 import isValid

from branchdesk.ui.kit.fields import FieldBox, show_text
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, column, frame, set_button
from branchdesk.ui.kit.roles import speak_as
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.verdict_panel import VerdictFact, VerdictPanel
from branchdesk.ui.kit.verdict_panel import VerdictState as PanelState
from branchdesk.ui.verdict.state import Answer, Step, VerdictState

_WIDTH: Final = 600
_SHADE: Final = 150
_CODE_MAX: Final = 4_096
# Giving the focus with this reason neither selects a field's text nor drops its selection.
_QUIETLY: Final = Qt.FocusReason.PopupFocusReason


class VerdictView(QWidget):
    """``submitted`` carries a code typed by hand; ``again`` and ``dismissed`` are the buttons."""

    submitted = signal_of(str)
    again = Signal()
    dismissed = Signal()

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("verdict")
        self.setProperty("covers", True)
        speak_as(self, QAccessible.Role.Dialog)
        self._look: Look | None = None
        self._state = VerdictState()
        self._serial = 0
        self._before: QWidget | None = None
        self._card = frame(self, "card", "verdict_card")
        self._title = PlainLabel(self._card, "title")
        edit = QLineEdit(self._card)
        edit.setMaxLength(_CODE_MAX)
        edit.setProperty("kind", "big")
        self.code = FieldBox(self._card, edit, "verdict_code")
        self._edit = edit
        self._hint = PlainLabel(self._card, "muted", wrap=True)
        self._busy = PlainLabel(self._card, "headline")
        self.answer = VerdictPanel(self._card, "verdict_answer")
        self.another = button(self._card, "", "verdict_again")
        self.leave = button(self._card, "", "verdict_close")
        self.check = button(self._card, "primary", "verdict_check")
        self._lay_out()
        edit.returnPressed.connect(self._submit)
        self.check.clicked.connect(self._submit)
        self.another.clicked.connect(self.again)
        self.leave.clicked.connect(self.dismissed)
        over.installEventFilter(self)
        self.hide()

    def _lay_out(self) -> None:
        inside = column(self._card, margin=24, space=16)
        for part in (self._title, self.code, self._hint, self._busy, self.answer):
            inside.addWidget(part)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addWidget(self.another)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        buttons.addWidget(self.check)
        inside.addLayout(buttons)
        self._card.setFixedWidth(_WIDTH)
        self._card.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        centred = QHBoxLayout(self)
        centred.addStretch(1)
        centred.addWidget(self._card, 0, Qt.AlignmentFlag.AlignVCenter)
        centred.addStretch(1)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self._title.setText(say("verdict.title"))
        self.setAccessibleName(say("verdict.title"))
        self.code.name(say("verdict.code"), say("verdict.code_hint"))
        self._hint.setText(say("verdict.ask_hint"))
        self._busy.setText(say("verdict.checking"))
        self.another.setIcon(look.icon("ticket"))
        set_button(self.another, say("verdict.again"))
        set_button(self.leave, say("desk.close"))
        set_button(self.check, say("verdict.check"))
        self.answer.dress(look)
        self.render(self._state)

    def render(self, state: VerdictState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        if state.step is Step.CLOSED:
            self._go()
            return
        asking = state.step is Step.ASKING
        for part in (self.code, self._hint, self.check):
            part.setVisible(asking)
        self._busy.setVisible(state.step is Step.CHECKING)
        self.answer.fill(None if state.answer is None else _panel(state.answer))
        self.another.setVisible(state.step is Step.ANSWER)
        if asking:
            show_text(self._edit, state.typed)
            self.code.set_error(_words(state, look), look)
        self._come()
        if state.serial != self._serial:
            self._serial = state.serial
            (self._edit if asking else self.leave).setFocus(_QUIETLY)

    def _come(self) -> None:
        if self.isHidden():
            self._before = QApplication.focusWidget()
            self._cover()
            self.show()
        self.raise_()

    def _go(self) -> None:
        if self.isHidden():
            return
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isEnabled():
            before.setFocus(_QUIETLY)
        self._edit.clear()
        self.hide()

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002  (Qt's name)
        """Go round inside: what lies below is not to be reached."""
        stops = [
            stop
            for stop in (self._edit, self.another, self.leave, self.check)
            if stop.isVisible() and stop.isEnabled()
        ]
        focus = QApplication.focusWidget()
        at = stops.index(focus) if focus in stops else -1
        stops[(at + (1 if next else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """Shade what lies below."""
        del event
        if self._look is not None:
            shade = QColor(self._look.palette.rail)
            shade.setAlpha(_SHADE)
            painter = QPainter(self)
            painter.fillRect(self.rect(), shade)
            painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover what lies below whatever its size."""
        if event.type() == QEvent.Type.Resize:
            self._cover()
        return super().eventFilter(watched, event)

    def _cover(self) -> None:
        over = self.parentWidget()
        assert over is not None
        self.setGeometry(over.rect())

    def _submit(self) -> None:
        self.submitted.emit(self._edit.text())


def _panel(answer: Answer) -> PanelState:
    facts = tuple(VerdictFact(fact.label, fact.value) for fact in answer.facts)
    return PanelState(answer.tone, answer.word, answer.advice, facts, answer.icon)


def _words(state: VerdictState, look: Look) -> str:
    return "" if state.error is None else look.words.phrase(state.error)
