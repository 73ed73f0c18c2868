"""Erase a person: what goes, what stays, a reason, and a second person. Passive.

The PIN stands only in its field, and leaves it with every attempt.
"""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from branchdesk.ui.customer.state import CustomerState, Erasure, Focus
from branchdesk.ui.customer.timeline import ERASE_REASONS
from branchdesk.ui.kit.fields import EnterMovesOn, FieldBox, set_choices
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, rule, set_button
from branchdesk.ui.kit.signals import signal_of


class EraseView(QFrame):
    """``erased`` carries what was typed."""

    erased = signal_of(Erasure)

    def __init__(self, parent: QWidget, enter: EnterMovesOn) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._is_open = False
        self._title = PlainLabel(self, "title", wrap=True)
        self._goes = PlainLabel(self, wrap=True)
        self._stays = PlainLabel(self, wrap=True)
        self._two = PlainLabel(self, "label", wrap=True)
        self._reason, self._second, self._pin = QComboBox(self), QLineEdit(self), QLineEdit(self)
        self._pin.setEchoMode(QLineEdit.EchoMode.Password)
        self._pin.setMaxLength(64)
        self._second.setMaxLength(40)
        self.boxes = {
            "reason": FieldBox(self, self._reason, "erase_reason"),
            "second": FieldBox(self, self._second, "erase_second"),
            "pin": FieldBox(self, self._pin, "erase_pin"),
        }
        self.erase = button(self, "danger", "erase_for_good")
        self.leave = button(self, "", "erase_leave")
        self.erase.clicked.connect(self._erase)
        self._pin.returnPressed.connect(self._erase)
        for control in (self._reason, self._second):
            enter.watch(control)
        self._lay_out()

    def _lay_out(self) -> None:
        people = QGridLayout()
        people.setHorizontalSpacing(12)
        people.setVerticalSpacing(10)
        people.addWidget(self.boxes["reason"], 0, 0, 1, 2)
        people.addWidget(self._two, 1, 0, 1, 2)
        people.addWidget(self.boxes["second"], 2, 0, Qt.AlignmentFlag.AlignTop)
        people.addWidget(self.boxes["pin"], 2, 1, Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.leave)
        buttons.addStretch(1)
        buttons.addWidget(self.erase)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(10)
        for widget in (self._title, self._goes, self._stays, rule(self)):
            layout.addWidget(widget)
        layout.addLayout(people)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        return [self._reason, self._second, self._pin, self.leave, self.erase]

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        say = look.words.say
        self._title.setText(say("customer.erase.title"))
        self._goes.setText(say("customer.erase.goes"))
        self._stays.setText(say("customer.erase.stays"))
        self._two.setText(say("customer.erase.two"))
        for name in self.boxes:
            self.boxes[name].name(say(f"customer.erase.{name}"))
        choices = [("", say("customer.choose_reason"))]
        choices += [(code, say(f"customer.erase_reason.{code}")) for code in ERASE_REASONS]
        set_choices(self._reason, choices, str(self._reason.currentData() or ""))
        set_button(self.erase, say("customer.erase.confirm"))
        set_button(self.leave, say("customer.erase.leave"))

    def fill(self, state: CustomerState) -> None:
        """Show troubles; once it is closed, forget all that was typed."""
        look, erasing = self._look, state.erasing
        if look is None:
            return
        if (erasing is not None) != self._is_open:
            self._is_open = erasing is not None
            self._forget()
        if erasing is None:
            return
        for name, box in self.boxes.items():
            error = erasing.errors.get(name)
            box.set_error("" if error is None else look.words.phrase(error), look)
        for control in self.controls():
            control.setEnabled(not state.busy)

    def control(self, where: Focus) -> QWidget | None:
        """Return the control that a focus names."""
        box = self.boxes.get(where.value.removeprefix("erase_"))
        return None if box is None else box.control

    def _forget(self) -> None:
        with QSignalBlocker(self._reason):
            self._reason.setCurrentIndex(0)
        self._second.clear()
        self._pin.clear()

    def _erase(self) -> None:
        pin = self._pin.text()
        self._pin.clear()
        reason = str(self._reason.currentData() or "")
        self.erased.emit(Erasure(reason, self._second.text(), pin))
