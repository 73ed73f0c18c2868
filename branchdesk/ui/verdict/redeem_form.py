"""What is asked of whoever redeems a voucher, or undoes that: amounts, a phone, a reason.

Fields that a voucher does not need are not there. Enter goes on to the next field, then acts.
"""

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from branchdesk.ui.kit.fields import FieldBox
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import column
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.verdict.state import RedeemField, Step, Typed, VerdictState

_LENGTH_MAX = 60
_MUST = frozenset({RedeemField.PURCHASE, RedeemField.REASON})


class RedeemForm(QWidget):
    """``entered``: Enter was pressed in the last field; ``edited`` carries a field typed in."""

    entered = Signal()
    edited = signal_of(RedeemField)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self._shown: tuple[RedeemField, ...] = ()
        self.boxes = {name: self._box(name) for name in RedeemField}
        inside = column(self, margin=0, space=12)
        for box in self.boxes.values():
            inside.addWidget(box)
            box.hide()
        self.hide()

    def _box(self, name: RedeemField) -> FieldBox:
        edit = QLineEdit(self)
        edit.setMaxLength(_LENGTH_MAX)
        edit.returnPressed.connect(lambda: self._enter(name))
        edit.textEdited.connect(lambda _: self.edited.emit(name))
        return FieldBox(self, edit, f"redeem_{name.value}")

    def dress(self, look: Look) -> None:
        """Take over words and colours."""
        self._look = look
        for name, box in self.boxes.items():
            say = look.words.say
            box.name(say(f"verdict.field.{name.value}"), say(f"verdict.field_hint.{name.value}"))

    def fill(self, state: VerdictState) -> None:
        """Show the fields of this state; a new voucher empties them."""
        fields = _fields(state)
        if state.step in {Step.CLOSED, Step.ASKING, Step.CHECKING}:
            for box in self.boxes.values():
                _edit(box).clear()
        for name, box in self.boxes.items():
            box.setVisible(name in fields)
            told = state.problems.get(name)
            words = "" if told is None or self._look is None else self._look.words.phrase(told)
            box.set_error(words, self._look)
        self._shown = fields
        self.setVisible(bool(fields))

    def wanted(self, state: VerdictState) -> QWidget | None:
        """Return the field to go to: the first that is wrong, else the first that is needed."""
        for name in self._shown:
            if name in state.problems or (name in _MUST and not _edit(self.boxes[name]).text()):
                return self.boxes[name].control
        return None

    def controls(self) -> Iterator[QWidget]:
        """Yield the fields that are shown, in their order."""
        for name in self._shown:
            yield self.boxes[name].control

    def typed(self) -> Typed:
        """Return what was typed to redeem; what is not asked for is empty."""
        texts = {
            name: _edit(self.boxes[name]).text() if name in self._shown else ""
            for name in (RedeemField.PURCHASE, RedeemField.USE, RedeemField.PHONE)
        }
        return Typed(*texts.values())

    def reason(self) -> str:
        """Return why the redemption is to be undone."""
        return _edit(self.boxes[RedeemField.REASON]).text()

    def _enter(self, name: RedeemField) -> None:
        after = self._shown[self._shown.index(name) + 1 :] if name in self._shown else ()
        if after:
            self.boxes[after[0]].control.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.entered.emit()


def _fields(state: VerdictState) -> tuple[RedeemField, ...]:
    if state.step is Step.UNDOING:
        return (RedeemField.REASON,)
    if state.step is Step.ANSWER and state.redeemable is not None:
        return state.redeemable.fields
    return ()


def _edit(box: FieldBox) -> QLineEdit:
    assert isinstance(box.control, QLineEdit)
    return box.control
