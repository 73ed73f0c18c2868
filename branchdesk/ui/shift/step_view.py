"""The one step that is asked for now: its fields, its counts and its button. Passive."""

from collections.abc import Callable, Mapping
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.empty_state import EmptyState
from branchdesk.ui.kit.fields import EnterMovesOn, FieldBox, set_choices
from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import MessageStrip, TargetButton, button, clear, fill_row, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.shift.state import (
    COUNTING,
    FIELDS,
    SECRET,
    GiftField,
    ShiftField,
    ShiftState,
    Step,
    Typed,
)

_TEXT_MAX: Final = 60
_COUNT_MAX: Final = 6
_GIFT_COLUMNS: Final = 2


class StepView(Card):
    """``submitted`` carries everything that was typed; PINs are forgotten with it. ``edited``
    carries the field, or the offer whose count, is being typed anew.
    """

    submitted = signal_of(Typed)
    edited = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "shift_step")
        self._look: Look | None = None
        self._state: ShiftState | None = None
        self._serial = -1
        self._places_shown: tuple[str, ...] = ()
        self._gifts_shown: tuple[str, ...] = ()
        self._enter = EnterMovesOn(self)
        self.strip = MessageStrip(self)
        self.submit = button(self, "call", "shift_submit")
        self.back = button(self, "", "shift_back")
        self.submit.clicked.connect(self._submit)
        self.boxes = {field: self._box(field) for field in ShiftField}
        self._places = QWidget(self)
        self._tags: list[TargetButton] = []
        self._place_tags = FlowLayout(self._places, MOUSE.space_s)
        self.nobody = EmptyState(self, "shift_nobody")
        self._gift_note = PlainLabel(self, "muted", wrap=True)
        self._gift_place = QWidget(self)
        self._gift_grid = QGridLayout(self._gift_place)
        self.gifts: dict[str, FieldBox] = {}
        self._place_parts()

    def _box(self, field: ShiftField) -> FieldBox:
        name = f"shift_{field.value}"
        if field is ShiftField.COLLEAGUE:
            chooser = QComboBox(self)
            self._enter.watch(chooser)
            return FieldBox(self, chooser, name)
        edit = QLineEdit(self)
        edit.setMaxLength(_TEXT_MAX)
        edit.textEdited.connect(lambda _: self.edited.emit(field.value))
        if field in SECRET:
            edit.setProperty("kind", "pin")
            edit.setEchoMode(QLineEdit.EchoMode.Password)
            edit.setInputMethodHints(
                Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhSensitiveData
            )
        ending = self._ending(field)
        if ending is None:
            self._enter.watch(edit)
        else:
            edit.returnPressed.connect(ending)
        return FieldBox(self, edit, name)

    def _ending(self, field: ShiftField) -> Callable[[], None] | None:
        """Return what Enter does in a field that does not simply lead to the next one."""
        endings = {
            ShiftField.PLACE: self._leave_place,
            ShiftField.WORD: self._go_to_submit,
            ShiftField.AGAIN: self._submit,
        }
        return endings.get(field)

    def _place_parts(self) -> None:
        self._gift_grid.setContentsMargins(0, 0, 0, 0)
        self._gift_grid.setHorizontalSpacing(MOUSE.space_l)
        self._gift_grid.setVerticalSpacing(MOUSE.space_m)
        self.body.addWidget(self.strip)
        order = (ShiftField.PLACE, ShiftField.COLLEAGUE, ShiftField.PIN, ShiftField.OLD_PIN,
                 ShiftField.NEW_PIN, ShiftField.AGAIN)  # fmt: skip
        for field in order:
            self.body.addWidget(self.boxes[field])
            if field is ShiftField.PLACE:
                self.body.addWidget(self._places)
        self.body.addWidget(self._gift_note)
        self.body.addWidget(self._gift_place)
        self.body.addWidget(self.boxes[ShiftField.WORD])
        self.body.addWidget(self.nobody, 1)
        self.body.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(MOUSE.space_m)
        buttons.addWidget(fill_row(self.back))
        buttons.addWidget(self.submit, 1)
        self.body.addLayout(buttons)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Let Tab and Enter go down the card: counts before the word, the button before back."""
        fields = (ShiftField.COLLEAGUE, ShiftField.PIN, ShiftField.OLD_PIN, ShiftField.NEW_PIN,
                  ShiftField.AGAIN)  # fmt: skip
        last: QWidget = self.boxes[ShiftField.PLACE].control
        following: list[QWidget] = [*self._tags]
        following += [self.boxes[field].control for field in fields]
        following += [box.control for box in self.gifts.values()]
        following += [self.boxes[ShiftField.WORD].control, self.submit, self.back]
        for control in following:
            self.setTabOrder(last, control)
            last = control

    def hideEvent(self, event: QHideEvent) -> None:
        """Forget what was typed of a PIN: the step went, the screen, or whoever was at the desk."""
        super().hideEvent(event)
        self._forget_secrets()

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look = look
        self._places_shown = self._gifts_shown = ()
        for field, box in self.boxes.items():
            box.name(look.words.say(f"shift.field.{field.value}"))
        self.boxes[ShiftField.WORD].describe(look.words.say("shift.word_note"))

    def fill(self, state: ShiftState) -> None:
        """Show the step."""
        self._state = state
        look = self._look
        if look is None:
            return
        say, step = look.words.say, state.step
        asked = _note_of(state)
        self.name(say(f"shift.step.{step.value}"), say(f"shift.step_note.{asked}"))
        asked_fields = () if state.is_stuck else FIELDS[step]
        for field, box in self.boxes.items():
            box.setVisible(field in asked_fields)
            box.control.setEnabled(not state.busy)
            error = state.errors.get(field)
            box.set_error("" if error is None else look.words.phrase(error), look)
        note = "" if state.place_note is None else look.words.phrase(state.place_note)
        self.boxes[ShiftField.PLACE].describe(note)
        self._fill_places(state, look)
        self._fill_gifts(state, look)
        colleague = self.boxes[ShiftField.COLLEAGUE].control
        assert isinstance(colleague, QComboBox)
        chosen = str(colleague.currentData() or "")
        set_choices(colleague, state.colleagues, chosen)
        message = "" if state.message is None else look.words.phrase(state.message)
        self.strip.say(message, state.tone, look)
        set_button(self.submit, say("shift.busy" if state.busy else f"shift.do.{step.value}"))
        self.submit.setEnabled(not state.busy)
        self.submit.setVisible(not state.is_stuck)
        self.nobody.setVisible(state.is_stuck)
        self.nobody.fill(look, "handover", say("shift.nobody"), say("shift.nobody_do"))
        set_button(self.back, say(f"shift.back.{step.value}"))
        self._obey(state)

    def _fill_places(self, state: ShiftState, look: Look) -> None:
        places = state.places if state.step is Step.OPENING else ()
        self._places.setVisible(bool(places))
        if places == self._places_shown:
            return
        self._places_shown = places
        clear(self._place_tags)
        self._tags.clear()
        for place in places:
            tag = TargetButton(self._places, "", place)
            tag.setObjectName("place_tag")
            set_button(tag, place, look.words.say("shift.place_use", place=place))
            tag.taken.connect(self._take_place)
            self._place_tags.addWidget(tag)
            self._tags.append(tag)
        self._order_tabs()

    def _fill_gifts(self, state: ShiftState, look: Look) -> None:
        shown = tuple(gift.offer_code for gift in state.gifts)
        if shown != self._gifts_shown:
            self._gifts_shown = shown
            clear(self._gift_grid)
            self.gifts = {code: self._gift_box(code) for code in shown}
            for place, box in enumerate(self.gifts.values()):
                row, column = divmod(place, _GIFT_COLUMNS)
                self._gift_grid.addWidget(box, row, column, Qt.AlignmentFlag.AlignTop)
            self._order_tabs()
        for gift in state.gifts:
            self._fill_gift(gift, state, look)
        is_counting = state.step in COUNTING and bool(state.gifts) and not state.is_stuck
        self._gift_note.setText(look.words.say("shift.gifts_note") if is_counting else "")
        self._gift_note.setVisible(is_counting)
        self._gift_place.setVisible(is_counting)

    def _fill_gift(self, gift: GiftField, state: ShiftState, look: Look) -> None:
        box, words = self.gifts[gift.offer_code], look.words
        name = gift.name
        told = words.of(name) if isinstance(name, Bilingual) else words.phrase(name)
        box.name(words.say("shift.gift_count", name=told), words.say("shift.not_counted"))
        expected = gift.expected
        box.describe("" if expected is None else words.say("shift.expected", count=expected))
        error = state.errors.get(gift.offer_code)
        box.set_error("" if error is None else words.phrase(error), look)
        box.control.setEnabled(not state.busy)

    def _gift_box(self, offer_code: str) -> FieldBox:
        edit = QLineEdit(self._gift_place)
        edit.setMaxLength(_COUNT_MAX)
        edit.textEdited.connect(lambda _: self.edited.emit(offer_code))
        edit.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self._enter.watch(edit)
        return FieldBox(self._gift_place, edit, f"gift_{offer_code}")

    def _obey(self, state: ShiftState) -> None:
        if state.busy:
            return
        if state.focus:
            self._control(state.focus).setFocus(Qt.FocusReason.OtherFocusReason)
        if state.serial == self._serial:
            return
        self._serial = state.serial
        for box in (*self.boxes.values(), *self.gifts.values()):
            if isinstance(box.control, QLineEdit) and not state.focus:
                box.control.clear()
        if not state.focus and self.isVisible():
            self._first(state).setFocus(Qt.FocusReason.OtherFocusReason)

    def _first(self, state: ShiftState) -> QWidget:
        if state.is_stuck:
            return self.back
        # At a counter the outlet is where it is: Enter opens the shift. A van is asked.
        if state.step is Step.OPENING:
            return self.boxes[ShiftField.PLACE].control if state.place_wanted else self.submit
        if state.step in {Step.CLOSING, Step.FLOAT}:
            first = next(iter(self.gifts.values()), None)
            return self.submit if first is None else first.control
        return self.boxes[FIELDS[state.step][0]].control

    def _control(self, field: str) -> QWidget:
        if field in self.gifts:
            return self.gifts[field].control
        return self.boxes[ShiftField(field)].control

    def _leave_place(self) -> None:
        """Go on to the first count, past the places that were offered; without one to the end."""
        first = next(iter(self.gifts.values()), None)
        target = self.submit if first is None or self._gift_place.isHidden() else first.control
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def _go_to_submit(self) -> None:
        self.submit.setFocus(Qt.FocusReason.TabFocusReason)

    def _take_place(self, place: str) -> None:
        edit = self.boxes[ShiftField.PLACE].control
        assert isinstance(edit, QLineEdit)
        edit.setText(place)
        self._leave_place()

    def _submit(self) -> None:
        fields = {field: _text(box) for field, box in self.boxes.items()}
        gifts: Mapping[str, str] = {code: _text(box) for code, box in self.gifts.items()}
        self._forget_secrets()
        self.submitted.emit(Typed(fields, gifts))

    def _forget_secrets(self) -> None:
        for field in SECRET:
            control = self.boxes[field].control
            assert isinstance(control, QLineEdit)
            control.clear()


def _note_of(state: ShiftState) -> str:
    """Return which note the step has: a van is asked where it stands, all may be sent already."""
    if state.step is Step.OPENING and state.place_wanted:
        return "opening_van"
    if state.step is Step.CLOSING and not state.unsent:
        return "closing_all_sent"
    return state.step.value


def _text(box: FieldBox) -> str:
    if isinstance(box.control, QComboBox):
        return str(box.control.currentData() or "")
    return box.control.text()
