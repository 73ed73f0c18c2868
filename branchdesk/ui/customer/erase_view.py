"""Erase a person: what goes, what stays, a reason, and a second person. Passive.

The PIN stands only in its field, and leaves it with every attempt.
"""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
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
from branchdesk.ui.serving.second_person import SecondField
from branchdesk.ui.serving.second_view import SecondFields


class EraseView(QFrame):
    """``erased`` carries what was typed."""

    erased = signal_of(Erasure)

    def __init__(self, parent: QWidget, enter: EnterMovesOn) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._is_open = False
        self._looks_away = 0
        self._title = PlainLabel(self, "title", wrap=True)
        self._goes = PlainLabel(self, wrap=True)
        self._stays = PlainLabel(self, wrap=True)
        self._two = PlainLabel(self, "label", wrap=True)
        self._reason = QComboBox(self)
        self._reason_box = FieldBox(self, self._reason, "erase_reason")
        self._second = SecondFields(self, "erase")
        self.erase = button(self, "danger", "erase_for_good")
        self.leave = button(self, "", "erase_leave")
        self.erase.clicked.connect(self._erase)
        self._second.entered.connect(self._erase)
        enter.watch(self._reason)
        self._lay_out()

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.leave)
        buttons.addStretch(1)
        buttons.addWidget(self.erase)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(10)
        told = (self._title, self._goes, self._stays, rule(self))
        for widget in (*told, self._reason_box, self._two, self._second):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        return [self._reason, *self._second.controls(), self.leave, self.erase]

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        say = look.words.say
        self._title.setText(say("customer.erase.title"))
        self._goes.setText(say("customer.erase.goes"))
        self._stays.setText(say("customer.erase.stays"))
        self._two.setText(say("customer.erase.two"))
        self._reason_box.name(say("customer.erase.reason"))
        self._second.dress(look)
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
        if erasing.looks_away != self._looks_away:
            self._looks_away = erasing.looks_away
            self._second.forget_pin()
        reason = erasing.errors.get("reason")
        self._reason_box.set_error("" if reason is None else look.words.phrase(reason), look)
        beside = {one: erasing.errors[one] for one in SecondField if one in erasing.errors}
        self._second.fill(beside, look)
        for control in self.controls():
            control.setEnabled(not state.busy)

    def control(self, where: Focus) -> QWidget | None:
        """Return the control that a focus names."""
        return {
            Focus.ERASE_REASON: self._reason,
            Focus.ERASE_SECOND: self._second.edits[SecondField.STAFF],
            Focus.ERASE_PIN: self._second.edits[SecondField.PIN],
        }.get(where)

    def _forget(self) -> None:
        with QSignalBlocker(self._reason):
            self._reason.setCurrentIndex(0)
        self._second.forget()

    def _erase(self) -> None:
        beside, reason = self._second.take(), str(self._reason.currentData() or "")
        self.erased.emit(Erasure(reason, beside.staff, beside.pin))
