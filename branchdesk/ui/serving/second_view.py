"""The fields of a second person, side by side: a staff code and a PIN. Passive.

The PIN stands only in its field, and leaves it with every attempt.
"""

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from branchdesk.ui.kit.fields import EnterMovesOn, FieldBox
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.words import Phrase
from branchdesk.ui.serving.second_person import SecondField, SecondTyped


class SecondFields(QWidget):
    """``entered``: Enter was pressed in the PIN."""

    entered = Signal()

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self._enter = EnterMovesOn(self)
        self.edits = {found: QLineEdit(self) for found in SecondField}
        self._boxes = {
            found: FieldBox(self, edit, f"{name}_{found.value}")
            for found, edit in self.edits.items()
        }
        self.edits[SecondField.STAFF].setMaxLength(40)
        pin = self.edits[SecondField.PIN]
        pin.setEchoMode(QLineEdit.EchoMode.Password)
        pin.setMaxLength(64)
        pin.returnPressed.connect(self.entered)
        self._enter.watch(self.edits[SecondField.STAFF])
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for box in self._boxes.values():
            layout.addWidget(box, 1, Qt.AlignmentFlag.AlignTop)

    def dress(self, look: Look) -> None:
        """Take over words."""
        for found, box in self._boxes.items():
            box.name(look.words.say(f"customer.erase.{found.value}"))

    def fill(self, errors: Mapping[SecondField, Phrase], look: Look) -> None:
        """Say beside each field what is wrong with it."""
        for found, box in self._boxes.items():
            told = errors.get(found)
            box.set_error("" if told is None else look.words.phrase(told), look)

    def controls(self) -> list[QWidget]:
        """Return the fields in the order of the eye."""
        return list(self.edits.values())

    def take(self) -> SecondTyped:
        """Return what was typed, and forget the PIN."""
        pin = self.edits[SecondField.PIN]
        typed = SecondTyped(self.edits[SecondField.STAFF].text(), pin.text())
        pin.clear()
        return typed

    def forget_pin(self) -> None:
        """Empty the PIN: nobody may come back to one that somebody else typed."""
        self.edits[SecondField.PIN].clear()

    def forget(self) -> None:
        """Empty both fields."""
        for edit in self.edits.values():
            edit.clear()
