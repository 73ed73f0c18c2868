"""Type over a record: fields, what would change, a reason, save. Passive."""

from functools import partial
from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from branchdesk.domain.identity import DocumentType
from branchdesk.domain.person import Channel
from branchdesk.ui.customer.state import Change, CorrectionForm, CustomerState, Focus
from branchdesk.ui.customer.timeline import CORRECT_REASONS
from branchdesk.ui.kit.fields import EnterMovesOn, FieldBox, set_choices, show_choice, show_text
from branchdesk.ui.kit.labels import PlainLabel, button_text
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, rule, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.serving.person_fields import Edit, Field

_ROWS: Final = (
    (Field.NAME, Field.PHONE),
    (Field.DOCUMENT_TYPE, Field.DOCUMENT_NUMBER),
    (),
    (Field.INTERESTS, Field.NEEDS),
    (Field.CHANNEL,),
)
_CHOICES: Final = {
    Field.DOCUMENT_TYPE: ("document_type", tuple(kind.value for kind in DocumentType)),
    Field.CHANNEL: ("channel", tuple(channel.value for channel in Channel)),
}
_MASKED: Final = (Field.NAME, Field.PHONE, Field.DOCUMENT_NUMBER)
_LENGTH_MAX: Final = 400


class CorrectView(QFrame):
    """The form. ``edited`` carries each change, ``reason_chosen`` the reason, ``entered`` a field
    that Enter is about to lead on from.
    """

    edited = signal_of(Edit)
    entered = signal_of(Field)
    reason_chosen = signal_of(str)

    def __init__(self, parent: QWidget, enter: EnterMovesOn) -> None:
        super().__init__(parent)
        self.setProperty("kind", "card")
        self._look: Look | None = None
        self._title = PlainLabel(self, "title")
        self._note = PlainLabel(self, "muted", wrap=True)
        self.boxes = {field: self._box(field) for pair in _ROWS for field in pair}
        self.remove_document = QCheckBox(self)
        self.remove_document.setObjectName("remove_document")
        self.reason = FieldBox(self, QComboBox(self), "correct_reason")
        self._changes_title = PlainLabel(self, "label")
        self._changes = PlainLabel(self, wrap=True)
        self.save = button(self, "primary", "correct_save")
        self.leave = button(self, "quiet", "correct_leave")
        assert isinstance(self.reason.control, QComboBox)
        self.reason.control.currentIndexChanged.connect(self._choose_reason)
        for field, box in self.boxes.items():
            box.entered.connect(partial(self.entered.emit, field))
            enter.watch_box(box)
        for control in (self.remove_document, self.reason.control):
            enter.watch(control)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for row, pair in enumerate(_ROWS):
            for column, field in enumerate(pair):
                grid.addWidget(self.boxes[field], row, column, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.remove_document, _ROWS.index(()), 0, 1, 2)
        grid.addWidget(self.reason, len(_ROWS) - 1, 1, Qt.AlignmentFlag.AlignTop)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.save)
        buttons.addWidget(self.leave)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(10)
        layout.addWidget(self._title)
        layout.addWidget(self._note)
        layout.addLayout(grid)
        layout.addWidget(rule(self))
        layout.addWidget(self._changes_title)
        layout.addWidget(self._changes)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def controls(self) -> list[QWidget]:
        """Return the controls in the order of the eye."""
        found: list[QWidget] = []
        for pair in _ROWS:
            found += [self.boxes[field].control for field in pair] or [self.remove_document]
        return [*found, self.reason.control, self.save, self.leave]

    def dress(self, look: Look) -> None:
        """Name fields and choices in the language in force."""
        self._look = look
        say = look.words.say
        self._title.setText(say("customer.correct.title"))
        self._note.setText(say("customer.correct.note"))
        for field, box in self.boxes.items():
            keeps = say("customer.correct.keeps") if field in _MASKED else ""
            box.name(say(f"serving.short.{field.value}"), keeps or self._tags_hint(field, look))
            if isinstance(box.control, QComboBox):
                area, values = _CHOICES[field]
                choices = [(value, say(f"{area}.{value}")) for value in values]
                set_choices(box.control, choices, str(box.control.currentData()))
        words = say("customer.correct.remove_document")
        self.remove_document.setText(button_text(words))
        self.remove_document.setAccessibleName(words)
        self.reason.name(say("customer.reason"))
        choices = [("", say("customer.choose_reason"))]
        choices += [(code, say(f"customer.correct_reason.{code}")) for code in CORRECT_REASONS]
        assert isinstance(self.reason.control, QComboBox)
        set_choices(self.reason.control, choices, str(self.reason.control.currentData() or ""))
        self._changes_title.setText(say("customer.correct.changes"))
        set_button(self.save, say("customer.correct.save"))
        set_button(self.leave, say("customer.leave"))

    def fill(self, state: CustomerState) -> None:
        """Show what is typed, its troubles, and what would change."""
        look, found = self._look, state.correcting
        if look is None or found is None or state.head is None:
            return
        self._fill_fields(found.form, enabled=not state.busy)
        for name, box in self._by_name().items():
            error = found.errors.get(name)
            box.set_error("" if error is None else look.words.phrase(error), look)
        self.remove_document.setVisible(bool(state.head.line.document))
        with QSignalBlocker(self.remove_document):
            self.remove_document.setChecked(found.form.without_document)
        self.boxes[Field.DOCUMENT_NUMBER].control.setEnabled(
            not found.form.without_document and not state.busy
        )
        lines = [self._change(change, look) for change in found.changes]
        self._changes.setText("\n".join(lines) or look.words.say("customer.correct.no_changes"))
        self.save.setEnabled(not state.busy)
        self.leave.setEnabled(not state.busy)

    def control(self, where: Focus) -> QWidget | None:
        """Return the control that a focus names."""
        box = self._by_name().get("reason" if where is Focus.CORRECT_REASON else where.value)
        return None if box is None else box.control

    def _fill_fields(self, form: CorrectionForm, *, enabled: bool) -> None:
        values = {**{field.value: getattr(form, field.value) for field in self.boxes}}
        values["reason"] = form.reason
        for name, box in self._by_name().items():
            if isinstance(box.control, QComboBox):
                show_choice(box.control, values[name])
            else:
                show_text(box.control, values[name])
            box.control.setEnabled(enabled)

    def _by_name(self) -> dict[str, FieldBox]:
        return {**{field.value: box for field, box in self.boxes.items()}, "reason": self.reason}

    @staticmethod
    def _change(change: Change, look: Look) -> str:
        name = look.words.say(f"serving.short.{change.field.value}")
        both = {"before": change.before, "after": change.after}
        return look.words.say("customer.change", field=name, **both)

    @staticmethod
    def _tags_hint(field: Field, look: Look) -> str:
        is_tags = field in {Field.INTERESTS, Field.NEEDS}
        return look.words.say("counter.tags_hint") if is_tags else ""

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
        else:
            control = QLineEdit(self)
            control.setMaxLength(_LENGTH_MAX)
            control.textChanged.connect(partial(self._typed, field))
        return FieldBox(self, control, f"correct_{field.value}")

    def _typed(self, field: Field, text: str) -> None:
        self.edited.emit(Edit(field, text))

    def _chosen(self, field: Field, box: QComboBox, index: int) -> None:
        del index
        self.edited.emit(Edit(field, str(box.currentData())))

    def _choose_reason(self, index: int) -> None:
        del index
        assert isinstance(self.reason.control, QComboBox)
        self.reason_chosen.emit(str(self.reason.control.currentData() or ""))
