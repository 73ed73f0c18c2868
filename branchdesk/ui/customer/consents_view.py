"""The consents: each purpose and its answer, withdrawn in one step or granted anew. Passive."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from branchdesk.domain.consent import Purpose
from branchdesk.ui.customer.grant_view import GrantView
from branchdesk.ui.customer.state import ConsentLine, CustomerState, Grant
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.chip import StatusChip
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import TargetButton, set_button
from branchdesk.ui.kit.signals import signal_of


class ConsentRow(QFrame):
    """One purpose; ``change`` withdraws it, or asks how it is granted."""

    def __init__(self, parent: QWidget, purpose: Purpose) -> None:
        super().__init__(parent)
        self.purpose = purpose
        self.setProperty("kind", "sunken")
        self._name = PlainLabel(self, "strong", wrap=True)
        self._standing = StatusChip(self)
        self._given = PlainLabel(self, "caption", wrap=True)
        self.change = TargetButton(self, "", purpose.value)
        self.change.setObjectName(f"change_{purpose.value}")
        said = QHBoxLayout()
        said.setSpacing(10)
        said.addWidget(self._standing, 0, Qt.AlignmentFlag.AlignTop)
        said.addWidget(self._given, 1)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._name)
        words.addLayout(said)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addLayout(words, 1)
        top.addWidget(self.change, 0, Qt.AlignmentFlag.AlignVCenter)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 8, 12, 8)
        self.column.setSpacing(6)
        self.column.addLayout(top)

    def fill(self, line: ConsentLine, look: Look, *, is_open: bool, enabled: bool) -> None:
        """Show one line; while the question ``is_open``, nothing else asks for it."""
        name = look.words.say(f"purpose.{self.purpose.value}")
        self._name.setText(name)
        self._standing.say(look.words.phrase(line.standing), line.tone, look)
        self._given.setText("" if line.given is None else look.words.phrase(line.given))
        act = "customer.consent.withdraw" if line.granted else "customer.consent.grant"
        set_button(self.change, look.words.say(act), f"{look.words.say(act)} {name}")
        self.change.setVisible(line.granted or (line.text is not None and not is_open))
        self.change.setEnabled(enabled)


class ConsentsView(Card):
    """All purposes that were answered or can be asked for."""

    changed = signal_of(Purpose)
    granted = signal_of(Grant)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self.rows = {purpose: ConsentRow(self, purpose) for purpose in Purpose}
        self.grant = GrantView(self)
        self.grant.granted.connect(self.granted.emit)
        self.body.setSpacing(8)
        for row in self.rows.values():
            row.change.taken.connect(self._change)
            self.body.addWidget(row)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self.name(look.words.say("customer.consents"))
        self.grant.dress(look)

    def fill(self, state: CustomerState) -> None:
        """Show every purpose, and the question that is open under its own."""
        look = self._look
        if look is None:
            return
        lines = {line.purpose: line for line in state.page.consents}
        self.setVisible(bool(lines))
        asked = None if state.granting is None else state.granting.purpose
        for purpose, row in self.rows.items():
            line = lines.get(purpose)
            row.setVisible(line is not None)
            if line is not None:
                row.fill(line, look, is_open=purpose is asked, enabled=not state.busy)
        line = None if asked is None else lines.get(asked)
        if line is None or state.granting is None:
            self.grant.close_question()
            return
        self.rows[line.purpose].column.addWidget(self.grant)
        self.grant.fill(line, state.granting, look, enabled=not state.busy)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        found: list[QWidget] = []
        for row in self.rows.values():
            found.append(row.change)
            if row.isAncestorOf(self.grant):
                found += self.grant.controls()
        return found

    def _change(self, purpose: str) -> None:
        self.changed.emit(Purpose(purpose))
