"""The person form: fields two by two in the order they are asked, matches below. Passive."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from branchdesk.domain.identity import DocumentType
from branchdesk.domain.person import Channel
from branchdesk.ui.counter.form import Edit, Field
from branchdesk.ui.counter.match_view import MatchView
from branchdesk.ui.counter.state import CounterState
from branchdesk.ui.counter.steps import EnterLeads
from branchdesk.ui.kit.fields import FieldBox, set_choices, show_choice, show_text
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import TOUCH

# The fields two by two, in the order in which they are asked, with their share of the width.
_ROWS: Final = (
    ((Field.NAME, 4), (Field.PHONE, 3)),
    ((Field.DOCUMENT_TYPE, 1), (Field.DOCUMENT_NUMBER, 1)),
    ((Field.CHANNEL, 1), (Field.REFERRER, 1)),
    ((Field.INTERESTS, 1), (Field.NEEDS, 1)),
)
# Where Enter leads within the form; the rest leads out of it.
_STEPS: Final = (
    (Field.NAME, Field.PHONE),
    (Field.PHONE, Field.CHANNEL),
    (Field.DOCUMENT_TYPE, Field.DOCUMENT_NUMBER),
    (Field.DOCUMENT_NUMBER, Field.CHANNEL),
    (Field.REFERRER, Field.INTERESTS),
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
_ROW_SPACE: Final = 10
_ROW_SPACE_TOUCH: Final = 3


class FormView(QWidget):
    """The fields about a person. ``edited`` carries each change, ``adopted`` a known customer,
    ``entered`` a field that Enter is about to lead on from.
    """

    edited = signal_of(Edit)
    entered = signal_of(Field)
    adopted = signal_of(str)

    def __init__(self, parent: QWidget, enter: EnterLeads) -> None:
        super().__init__(parent)
        self._look: Look | None = None
        self.boxes = {field: self._box(field) for row in _ROWS for field, _ in row}
        self.matches = tuple(MatchView(self) for _ in _ROWS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_ROW_SPACE)
        self._rows = layout
        for row, matches in zip(_ROWS, self.matches, strict=True):
            pair = QHBoxLayout()
            pair.setSpacing(12)
            for field, share in row:
                pair.addWidget(self.boxes[field], share, Qt.AlignmentFlag.AlignTop)
            layout.addLayout(pair)
            layout.addWidget(matches)
            matches.taken.connect(self.adopted.emit)
        for field, box in self.boxes.items():
            box.entered.connect(partial(self.entered.emit, field))
        for field, following in _STEPS:
            self.lead(enter, field, partial(self._go, following))

    def lead(self, enter: EnterLeads, field: Field, way: Callable[[], object]) -> None:
        """Take this way when Enter is pressed in a field with nothing wrong in it."""
        box = self.boxes[field]
        enter.lead(box.control, lambda: box.may_be_left() and way())

    def _go(self, field: Field) -> None:
        self.control(field).setFocus(Qt.FocusReason.TabFocusReason)

    def dress(self, look: Look) -> None:
        """Name fields and choices in the language in force."""
        self._look = look
        # In finger size the fields are tall enough to tell apart, and the talk track needs room.
        self._rows.setSpacing(_ROW_SPACE_TOUCH if look.metrics == TOUCH else _ROW_SPACE)
        for matches in self.matches:
            matches.undress()
        for field, box in self.boxes.items():
            hint = _PLACEHOLDERS.get(field)
            placeholder = "" if hint is None else look.words.say(hint)
            box.name(look.words.say(f"serving.field.{field.value}"), placeholder)
            if isinstance(box.control, QComboBox):
                area, values = _CHOICES[field]
                choices = [
                    (value, f"{number} {look.words.say(f'{area}.{value}')}")
                    for number, value in enumerate(values, start=1)
                ]
                set_choices(box.control, choices, str(box.control.currentData()))

    def fill(self, state: CounterState) -> None:
        """Show the form, its troubles and who it may be."""
        look = self._look
        if look is None:
            return
        locked = state.busy or state.result is not None
        for field, box in self.boxes.items():
            value = getattr(state.form, field.value)
            if isinstance(box.control, QComboBox):
                show_choice(box.control, value)
            else:
                show_text(box.control, value)
            box.control.setEnabled(not locked)
            error = state.errors.get(field)
            box.set_error("" if error is None else look.words.phrase(error), look)
        for row, matches in zip(_ROWS, self.matches, strict=True):
            found = [hint for field, _ in row for hint in state.hints.get(field, ())]
            matches.fill(() if locked else found, look)

    def control(self, field: Field) -> QWidget:
        """Return the control of a field."""
        return self.boxes[field].control

    def chain(self) -> list[QWidget]:
        """Return everything that Tab visits, in its order."""
        stops: list[QWidget] = []
        for row, matches in zip(_ROWS, self.matches, strict=True):
            stops += [self.control(field) for field, _ in row]
            stops += matches.buttons
        return stops

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Down go from a field to the first match below it, and a digit pick a choice."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if isinstance(watched, QComboBox):
                return _pick(watched, event) or super().eventFilter(watched, event)
            if event.key() == Qt.Key.Key_Down and self._to_match(watched):
                return True
        return super().eventFilter(watched, event)

    def _to_match(self, control: QObject) -> bool:
        for row, matches in zip(_ROWS, self.matches, strict=True):
            if matches.buttons and control in [self.control(field) for field, _ in row]:
                matches.buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return False

    def _box(self, field: Field) -> FieldBox:
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
            control.installEventFilter(self)
        else:
            control = QLineEdit(self)
            control.setMaxLength(_LENGTH_MAX[field])
            control.textChanged.connect(partial(self._typed, field))
            control.installEventFilter(self)
            if field is Field.NAME:
                control.setProperty("kind", "big")
        return FieldBox(self, control, f"field_{field.value}")

    def _typed(self, field: Field, text: str) -> None:
        self.edited.emit(Edit(field, text))

    def _chosen(self, field: Field, box: QComboBox, index: int) -> None:
        del index
        self.edited.emit(Edit(field, str(box.currentData())))


def _pick(box: QComboBox, event: QKeyEvent) -> bool:
    # QComboBox searches for what is typed within a moment: two digits of a fast hand find nothing.
    place = event.key() - Qt.Key.Key_1
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if plain and 0 <= place < min(9, box.count()):
        box.setCurrentIndex(place)
        return True
    return False
