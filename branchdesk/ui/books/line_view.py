"""One line of the register: number, what became of it, and for a used one by whom and when.

Enter goes on from field to field and adds the line at the last; 1 to 4 name what became of it.
Passive.
"""

import itertools
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from branchdesk.application.book_records import Fate
from branchdesk.ui.books.state import BooksState, Edit, LineState, Place
from branchdesk.ui.kit.areas import BAR_ROOM, VerticalArea
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.empty_state import EmptyState
from branchdesk.ui.kit.fields import EnterMovesOn, FieldBox, show_text
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import MessageStrip, button, set_button
from branchdesk.ui.kit.segmented_choice import SegmentedChoice
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.serving.search_view import SearchView

_LENGTH_MAX: Final = {Place.NUMBER: 700, Place.DAY: 10, Place.NAME: 60, Place.PHONE: 20}
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class LineCard(Card):
    """``edited`` carries what is typed, ``fated`` what became of the number; ``added`` asks to put
    the line to the others. ``entered`` carries a field that Enter is about to lead on from.
    """

    edited = signal_of(Edit)
    fated = signal_of(Fate)
    added = Signal()
    entered = signal_of(Place)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "book_line")
        self._look: Look | None = None
        self._enter = EnterMovesOn(self)
        self._area = VerticalArea(self, space=MOUSE.space_m)
        inside = self._area.inside
        self.boxes: dict[Place, FieldBox] = {Place.NUMBER: self._box(self, Place.NUMBER)}
        self._fate_label = PlainLabel(inside, "label")
        self.fate = SegmentedChoice(inside, "book_fate")
        self._holder = QWidget(inside)
        self._holder_label = PlainLabel(self._holder, "label")
        self.search = SearchView(self._holder, "book_customer", "books.search")
        self._person = PlainLabel(self._holder, "strong", wrap=True)
        self._warning = PlainLabel(self._holder, "caption", wrap=True)
        self._warning.set_tone(Tone.WARNING)
        self.boxes[Place.NAME] = self._box(self._holder, Place.NAME)
        self.boxes[Place.PHONE] = self._box(self._holder, Place.PHONE)
        self._consent = PlainLabel(self._holder, "caption", wrap=True)
        self._at_once = PlainLabel(self._holder, "caption", wrap=True)
        self.agreed = QCheckBox(self._holder)
        self._trouble = PlainLabel(self._holder, "caption", wrap=True)
        self.other = button(self._holder, "link", "book_other")
        self.new = button(self._holder, "link", "book_new")
        self.boxes[Place.DAY] = self._box(inside, Place.DAY)
        self.closed = EmptyState(self, "book_closed")
        self.strip = MessageStrip(self)
        self.add = button(self, "call", "book_add")
        self._place_parts()
        self._connect()

    def _box(self, parent: QWidget, place: Place) -> FieldBox:
        edit = QLineEdit(parent)
        edit.setMaxLength(_LENGTH_MAX[place])
        edit.textEdited.connect(lambda text: self.edited.emit(Edit(place, text)))
        box = FieldBox(parent, edit, f"book_{place.value}")
        box.entered.connect(lambda: self.entered.emit(place))
        if place is not Place.DAY:
            self._enter.watch_box(box)
        return box

    def _place_parts(self) -> None:
        person = QHBoxLayout()
        person.setSpacing(MOUSE.space_m)
        for place in (Place.NAME, Place.PHONE):
            person.addWidget(self.boxes[place], 1, Qt.AlignmentFlag.AlignTop)
        ways = QHBoxLayout()
        ways.addWidget(self.other)
        ways.addWidget(self.new)
        ways.addStretch(1)
        holder = QVBoxLayout(self._holder)
        holder.setContentsMargins(0, 0, 0, 0)
        holder.setSpacing(MOUSE.space_s)
        above: tuple[QWidget, ...] = (
            self._holder_label, self.search, self._person, self._warning,
        )  # fmt: skip
        below: tuple[QWidget, ...] = (self._consent, self.agreed, self._trouble, self._at_once)
        for part in above:
            holder.addWidget(part)
        holder.addLayout(person)
        for part in below:
            holder.addWidget(part)
        holder.addLayout(ways)
        line: tuple[QWidget, ...] = (
            self._fate_label, self.fate, self._holder, self.boxes[Place.DAY],
        )  # fmt: skip
        for part in line:
            self._area.column.addWidget(part)
        self._area.column.addStretch(1)
        # Above what scrolls: which number it is about is never out of sight.
        head = QVBoxLayout()
        head.setContentsMargins(0, 0, BAR_ROOM, 0)
        head.addWidget(self.boxes[Place.NUMBER])
        self.body.addLayout(head)
        self.body.addWidget(self._area, 1)
        self.body.addWidget(self.closed, 1)
        # Below the fields, which so stay where they are when something is said.
        foot = QVBoxLayout()
        foot.setSpacing(MOUSE.space_m)
        foot.setContentsMargins(0, 0, BAR_ROOM, 0)
        foot.addWidget(self.strip)
        foot.addWidget(self.add)
        self.body.addLayout(foot)

    def _connect(self) -> None:
        day = self.boxes[Place.DAY].control
        assert isinstance(day, QLineEdit)
        day.returnPressed.connect(self.added)
        self.add.clicked.connect(self.added)
        self.fate.chosen.connect(lambda value: self.fated.emit(Fate(value)))
        self.agreed.installEventFilter(self)

    def dress(self, look: Look) -> None:
        """Take over words and icons."""
        self._look = look
        say = look.words.say
        self.boxes[Place.NUMBER].name(say("books.column.number"), say("books.number_note"))
        self.boxes[Place.DAY].name(say("books.column.day"), say("books.day_form"))
        self.boxes[Place.NAME].name(say("serving.field.name"))
        self.boxes[Place.PHONE].name(say("serving.field.phone"))
        self._fate_label.setText(say("books.column.fate"))
        fates = [(fate.value, say(f"books.fate.{fate.value}")) for fate in Fate]
        self.fate.name(say("books.column.fate"), fates)
        for made in self.fate.buttons:
            made.removeEventFilter(self)
            made.installEventFilter(self)
        self._order_tabs()
        self._holder_label.setText(say("books.column.holder"))
        self.search.dress(look)
        self.agreed.setText(say("books.agreed"))
        self.agreed.setAccessibleName(say("books.agreed"))
        self._at_once.setText(say("books.registered_at_once"))
        self._trouble.set_tone(Tone.DANGER)
        set_button(self.other, say("books.other_customer"))
        set_button(self.new, say("books.new_customer"))
        set_button(self.add, say("books.add"))
        self.closed.fill(look, "check", say("books.all_entered"), say("books.all_entered_note"),
                         say("books.back_to_list"))  # fmt: skip

    def _order_tabs(self) -> None:
        """Let Tab and Enter go down the card: the choices were made after the fields below them."""
        boxes = self.boxes
        chain: list[QWidget] = [
            boxes[Place.NUMBER].control, *self.fate.buttons, self.search.edit, self.search.table,
            boxes[Place.NAME].control, boxes[Place.PHONE].control, self.agreed, self.other,
            self.new, boxes[Place.DAY].control, self.add,
        ]  # fmt: skip
        for before, after in itertools.pairwise(chain):
            self.setTabOrder(before, after)

    def fill(self, state: BooksState) -> None:
        """Show the line that is being typed."""
        look = self._look
        if look is None:
            return
        line, is_closed = state.line, not state.left and not state.waiting
        is_used = line.fate is Fate.USED
        is_closed = is_closed and bool(state.numbers)
        self.fate.show_choice(line.fate.value)
        self._fill_boxes(state, line, look)
        self._fill_holder(state, line, look)
        self._area.setVisible(not is_closed)
        self.boxes[Place.NUMBER].setVisible(not is_closed)
        self.closed.setVisible(is_closed)
        self._holder.setVisible(is_used)
        self.boxes[Place.DAY].setVisible(is_used)
        self.add.setVisible(not is_closed)
        self.add.setEnabled(not state.busy)
        set_property(self.add, "kind", "call" if state.left else "")
        say, note = look.words.say, state.note
        self.name(
            "" if is_closed else say("books.line"), "" if is_closed else say("books.line_note")
        )
        words = "" if note is None else look.words.phrase(note.phrase)
        self.strip.say(words, Tone.INFO if note is None else note.tone, look)

    def control(self, place: Place) -> QWidget | None:
        """Return the control at a place."""
        if place in self.boxes:
            return self.boxes[place].control
        fates = self.fate.buttons
        chosen = next((made for made in fates if made.isChecked()), fates[0] if fates else None)
        return {
            Place.FATE: chosen,
            Place.CUSTOMER: self.search.edit,
            Place.FOUND: self.search.table,
            Place.CONSENT: self.agreed,
            Place.BOOKS: self.closed.action,
        }.get(place)

    def bring_into_sight(self, control: QWidget) -> None:
        """Scroll to a control, once it has its place, with what is said about it below."""
        if self._area.isAncestorOf(control):
            box = next((box for box in self.boxes.values() if box.control is control), None)
            if box is None:
                self._area.uncover_soon(control, 50)
            else:
                self._area.uncover_soon(box)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let a digit name what became of the number, and Enter go on from there."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if isinstance(watched, QRadioButton) and self._pick(event):
                return True
            if event.key() in _ENTER:
                self._go_on(watched)
                return True
        return super().eventFilter(watched, event)

    def _pick(self, event: QKeyEvent) -> bool:
        place = event.key() - Qt.Key.Key_1
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not plain or not 0 <= place < len(self.fate.buttons):
            return False
        made = self.fate.buttons[place]
        made.setChecked(True)
        made.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def _go_on(self, watched: QObject) -> None:
        if watched is self.agreed:
            self._go_to(self.boxes[Place.DAY].control)
        elif self.fate.value() != Fate.USED.value:
            self.added.emit()
        else:
            self._go_to(self._first_of_holder())

    def _go_to(self, control: QWidget) -> None:
        control.setFocus(Qt.FocusReason.TabFocusReason)
        self.bring_into_sight(control)

    def _first_of_holder(self) -> QWidget:
        chain = (self.search.edit, self.boxes[Place.NAME].control, self.boxes[Place.DAY].control)
        return next(control for control in chain if control.isVisibleTo(self))

    def _fill_boxes(self, state: BooksState, line: LineState, look: Look) -> None:
        texts = {Place.NUMBER: line.number, Place.DAY: line.day, Place.NAME: line.name,
                 Place.PHONE: line.phone}  # fmt: skip
        for place, box in self.boxes.items():
            assert isinstance(box.control, QLineEdit)
            show_text(box.control, texts[place])
            box.control.setEnabled(not state.busy)
            told = state.errors.get(place)
            box.set_error("" if told is None else look.words.phrase(told), look)

    def _fill_holder(self, state: BooksState, line: LineState, look: Look) -> None:
        is_chosen = line.customer is not None
        is_searching = not is_chosen and not line.registering
        self.search.setVisible(is_searching)
        self.search.fill(line.search, "books.found_none", enabled=not state.busy)
        self._person.setVisible(is_chosen)
        self._person.setText(f"{line.customer.name} {line.customer.phone}" if line.customer else "")
        of_new: tuple[QWidget, ...] = (
            self.boxes[Place.NAME], self.boxes[Place.PHONE], self._consent, self.agreed,
            self._at_once,
        )  # fmt: skip
        for part in of_new:
            part.setVisible(line.registering)
        self._warning.setText("" if line.warning is None else look.words.phrase(line.warning))
        self._warning.setVisible(line.warning is not None)
        self._consent.setText("" if state.consent is None else look.words.of(state.consent))
        self.agreed.setChecked(line.agreed)
        self.other.setVisible(not is_searching)
        self.new.setVisible(is_searching)
        told = state.errors.get(Place.CUSTOMER) or state.errors.get(Place.CONSENT)
        self._trouble.setText("" if told is None else look.words.phrase(told))
        self._trouble.setVisible(told is not None)
