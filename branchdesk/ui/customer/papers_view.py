"""What may be done with one voucher, and why: shown under the list of vouchers. Passive."""

from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from branchdesk.ui.customer.state import CustomerState, Focus, PaperQuestion
from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, clear, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.serving.papers import REASONS, PaperAct
from branchdesk.ui.serving.second_person import SecondField, SecondTyped
from branchdesk.ui.serving.second_view import SecondFields

_KINDS: Final = {PaperAct.VOID: "danger", PaperAct.PRINT: "primary"}
_HANDED_KINDS: Final = {PaperAct.VOID: "danger", PaperAct.CAME_OUT: "primary"}


class PapersView(QFrame):
    """Hidden while nothing is asked. ``chosen`` carries an act, ``reasoned`` a reason,
    ``seconded`` who stands beside.
    """

    chosen = signal_of(str)
    reasoned = signal_of(str)
    seconded = signal_of(SecondTyped)
    left = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("kind", "sunken")
        self._shown: object = None
        self._look: Look | None = None
        self.buttons: list[TargetButton] = []
        self._about = PlainLabel(self, "strong", wrap=True)
        self._why = PlainLabel(self, "label", wrap=True)
        self.second = SecondFields(self, "paper")
        self.second.entered.connect(self._second)
        self.second.hide()
        self._rows = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(self._about)
        layout.addWidget(self._why)
        layout.addWidget(self.second)
        layout.addLayout(self._rows)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look, self._shown = look, None
        self.second.dress(look)

    def fill(self, state: CustomerState) -> None:
        """Show what is asked."""
        question, look = state.papers, self._look
        self.setVisible(question is not None)
        if look is None:
            return
        # A reason that was just given changes nothing: its button keeps the cursor.
        asked = None if question is None else replace(question, reason="")
        if asked != self._shown:
            self._shown = asked
            self._rebuild(question, look)
        for made in self.controls():
            made.setEnabled(not state.busy)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        fields = self.second.controls() if self.second.isVisibleTo(self) else []
        return [*fields, *self.buttons]

    def control(self, where: Focus) -> QWidget | None:
        """Return the control that a focus names, else the first button."""
        if where is Focus.PAPER_SECOND:
            return self.second.edits[SecondField.STAFF]
        if where is Focus.PAPER_PIN:
            return self.second.edits[SecondField.PIN]
        return self.buttons[0] if self.buttons else None

    def _rebuild(self, question: PaperQuestion | None, look: Look) -> None:
        clear(self._rows)
        self.buttons = []
        needs_two = question is not None and question.second is not None
        if needs_two is not self.second.isVisibleTo(self):
            self.second.forget()
            self.second.setVisible(needs_two)
        if question is None:
            return
        say, line = look.words.say, question.line
        about = say("customer.paper.about", number=line.number, name=look.words.of(line.name))
        self._about.setText(about)
        holder = QWidget(self)
        row = FlowLayout(holder, 8)
        if question.act is None:
            kinds, acts, why = _KINDS, line.acts, "customer.paper.what"
            if question.is_handed:
                kinds, why = _HANDED_KINDS, "customer.paper.out"
                acts = tuple(sorted(acts, key=lambda act: act is not PaperAct.CAME_OUT))
            self._why.setText(say(why))
            for act in acts:
                words = say(f"customer.paper.{act.value}")
                made = self._button(kinds.get(act, ""), act.value, words, about)
                made.taken.connect(self.chosen.emit)
                row.addWidget(made)
        elif question.second is not None:
            self._why.setText(look.words.phrase(question.second))
            self.second.fill(question.errors, look)
            words = say(f"customer.paper.{question.act.value}")
            made = self._button(_KINDS.get(question.act, "primary"), "two", words, about)
            made.taken.connect(lambda _: self._second())
            row.addWidget(made)
        else:
            self._why.setText(say(f"customer.paper.why_{question.act.value}"))
            for reason in REASONS[question.act]:
                words = say(f"customer.paper_reason.{reason}")
                made = self._button("", reason, words, self._why.text())
                made.taken.connect(self.reasoned.emit)
                row.addWidget(made)
        leave = self._button("quiet", "leave", say("customer.leave"), about)
        leave.taken.connect(self.left.emit)
        row.addWidget(leave)
        self._rows.addWidget(holder)

    def _second(self) -> None:
        self.seconded.emit(self.second.take())

    def _button(self, kind: str, target: str, words: str, about: str) -> TargetButton:
        made = TargetButton(self, kind, target)
        set_button(made, words, f"{words} {about}")
        self.buttons.append(made)
        return made
