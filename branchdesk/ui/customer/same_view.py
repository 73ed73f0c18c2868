"""Records that may be the same person, and proposals to merge them. Passive."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.ui.customer.state import CustomerState, MergeLine, SameLine
from branchdesk.ui.customer.timeline import MERGE_REASONS
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, clear, set_button
from branchdesk.ui.kit.signals import signal_of


class SameView(Card):
    """``asked`` and ``opened`` carry a customer, ``undone`` a proposal, ``proposed`` a reason."""

    asked = signal_of(str)
    opened = signal_of(str)
    undone = signal_of(str)
    proposed = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: object = None
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        self._buttons: list[TargetButton] = []
        self.reasons: list[TargetButton] = []
        self.body.addLayout(self._list)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look, self._shown = look, None
        self.name(look.words.say("customer.same"), look.words.say("customer.same_note"))

    def fill(self, state: CustomerState) -> None:
        """Show what stands and what could be proposed."""
        page = state.page
        self.setVisible(bool(page.same or page.merges))
        shown = (page.same, page.merges, state.merging)
        if self._look is not None and shown != self._shown:
            self._shown = shown
            self._rebuild(state, self._look)
        for made in self._buttons:
            made.setEnabled(not state.busy)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        return [*self._buttons]

    def _rebuild(self, state: CustomerState, look: Look) -> None:
        clear(self._list)
        self._buttons, self.reasons = [], []
        for merge in state.page.merges:
            self._list.addWidget(self._merge(merge, look))
        for line in state.page.same:
            self._list.addWidget(self._same(line, look, asking=line.customer == state.merging))

    def _merge(self, line: MergeLine, look: Look) -> QWidget:
        frame, layout = self._frame()
        undo = self._button(frame, "", line.merge, look.words.say("customer.merge.undo"), line.name)
        undo.taken.connect(self.undone.emit)
        layout.addLayout(self._top(frame, line.name, line.phone, [undo]))
        layout.addWidget(self._caption(frame, look.words.phrase(line.standing)))
        return frame

    def _same(self, line: SameLine, look: Look, *, asking: bool) -> QWidget:
        frame, layout = self._frame()
        say = look.words.say
        opened = self._button(frame, "quiet", line.customer, say("customer.open"), line.name)
        opened.taken.connect(self.opened.emit)
        buttons = [opened]
        if not asking:
            ask = self._button(frame, "", line.customer, say("customer.merge.propose"), line.name)
            ask.taken.connect(self.asked.emit)
            buttons.append(ask)
        layout.addLayout(self._top(frame, line.name, line.phone, buttons))
        layout.addWidget(self._caption(frame, look.words.phrase(line.why)))
        if asking:
            self._ask(frame, layout, look)
        return frame

    def _ask(self, frame: QFrame, layout: QVBoxLayout, look: Look) -> None:
        why = PlainLabel(frame, "label", wrap=True)
        why.setText(look.words.say("customer.merge.why"))
        layout.addWidget(why)
        reasons = QWidget(frame)
        row = FlowLayout(reasons, 8)
        for reason in MERGE_REASONS:
            words = look.words.say(f"customer.merge_reason.{reason}")
            made = self._button(frame, "", reason, words, why.text())
            made.taken.connect(self.proposed.emit)
            self.reasons.append(made)
            row.addWidget(made)
        layout.addWidget(reasons)

    def _frame(self) -> tuple[QFrame, QVBoxLayout]:
        frame = QFrame(self)
        frame.setProperty("kind", "sunken")
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(12, 8, 12, 10)
        layout.setSpacing(4)
        return frame, layout

    @staticmethod
    def _top(frame: QFrame, name: str, phone: str, buttons: list[TargetButton]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        words = PlainLabel(frame, "strong", wrap=True)
        words.setText(f"{name}  {phone}")
        row.addWidget(words, 1)
        for made in buttons:
            row.addWidget(made)
        return row

    @staticmethod
    def _caption(frame: QFrame, text: str) -> PlainLabel:
        made = PlainLabel(frame, "caption", wrap=True)
        made.setText(text)
        return made

    def _button(
        self, frame: QFrame, kind: str, target: str, words: str, about: str
    ) -> TargetButton:
        made = TargetButton(frame, kind, target)
        set_button(made, words, f"{words} {about}")
        self._buttons.append(made)
        return made
