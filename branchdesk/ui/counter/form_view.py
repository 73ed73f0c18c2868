"""The person form: fields in the order they are asked, consents below. Passive."""

from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from branchdesk.domain.identity import DocumentType
from branchdesk.domain.person import Channel
from branchdesk.ui.counter.form import Edit, Field
from branchdesk.ui.counter.state import CounterState
from branchdesk.ui.kit.fields import (
    EnterMovesOn,
    FieldBox,
    HintLine,
    set_choices,
    show_choice,
    show_text,
)
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.signals import signal_of

# The fields two by two, in the order in which they are asked.
_ROWS: Final = (
    (Field.NAME, Field.PHONE),
    (Field.DOCUMENT_TYPE, Field.DOCUMENT_NUMBER),
    (Field.CHANNEL, Field.REFERRER),
    (Field.INTERESTS, Field.NEEDS),
)
_CHOICES: Final = {
    Field.DOCUMENT_TYPE: ("document_type", tuple(kind.value for kind in DocumentType)),
    Field.CHANNEL: ("channel", tuple(channel.value for channel in Channel)),
}
_PLACEHOLDERS: Final = {
    Field.REFERRER: "counter.referrer_hint",
    Field.INTERESTS: "counter.tags_hint",
    Field.NEEDS: "counter.tags_hint",
}
_LENGTH_MAX: Final = {
    Field.NAME: 200,
    Field.PHONE: 40,
    Field.DOCUMENT_NUMBER: 40,
    Field.REFERRER: 64,
    Field.INTERESTS: 400,
    Field.NEEDS: 400,
}


class FormView(QWidget):
    """The fields about a person. ``edited`` carries each change, ``adopted`` a known customer."""

    edited = signal_of(Edit)
    adopted = signal_of(str)

    def __init__(self, parent: QWidget, enter: EnterMovesOn) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self.boxes = {field: self._box(field, enter) for pair in _ROWS for field in pair}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        for row, pair in enumerate(_ROWS):
            for column, field in enumerate(pair):
                grid.addWidget(self.boxes[field], row, column, Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid)

    def dress(self, look: Look) -> None:
        """Name fields and choices in the language in force."""
        self._look = look
        for field, box in self.boxes.items():
            hint = _PLACEHOLDERS.get(field)
            placeholder = "" if hint is None else look.words.say(hint)
            box.name(look.words.say(f"serving.field.{field.value}"), placeholder)
            if isinstance(box.control, QComboBox):
                area, values = _CHOICES[field]
                choices = [(value, look.words.say(f"{area}.{value}")) for value in values]
                set_choices(box.control, choices, str(box.control.currentData()))

    def fill(self, state: CounterState) -> None:
        """Show the form, its troubles and hints."""
        look = self._look
        if look is None:
            return
        locked = state.busy or state.result is not None
        take = look.words.say("counter.serve")
        for field, box in self.boxes.items():
            value = getattr(state.form, field.value)
            if isinstance(box.control, QComboBox):
                show_choice(box.control, value)
            else:
                show_text(box.control, value)
            box.control.setEnabled(not locked)
            error = state.errors.get(field)
            box.set_error("" if error is None else look.words.phrase(error), look)
            found = () if locked else state.hints.get(field, ())
            hints = [HintLine(look.words.phrase(hint.phrase), hint.customer) for hint in found]
            box.set_hints(hints, take, look)

    def control(self, field: Field) -> QWidget:
        """Return the control of a field."""
        return self.boxes[field].control

    def _box(self, field: Field, enter: EnterMovesOn) -> FieldBox:
        control: QLineEdit | QComboBox
        if field in _CHOICES:
            control = QComboBox(self)
            for value in _CHOICES[field][1]:
                control.addItem(value, value)
            control.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            control.setMinimumContentsLength(4)
            control.currentIndexChanged.connect(partial(self._chosen, field, control))
        else:
            control = QLineEdit(self)
            control.setMaxLength(_LENGTH_MAX[field])
            control.textChanged.connect(partial(self._typed, field))
            if field is Field.NAME:
                control.setProperty("kind", "big")
        box = FieldBox(self, control, f"field_{field.value}")
        box.hint_taken.connect(self.adopted.emit)
        enter.watch(control)
        return box

    def _typed(self, field: Field, text: str) -> None:
        self.edited.emit(Edit(field, text))

    def _chosen(self, field: Field, box: QComboBox, index: int) -> None:
        del index
        self.edited.emit(Edit(field, str(box.currentData())))
