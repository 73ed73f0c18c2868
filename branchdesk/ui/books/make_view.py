"""Ask for a book: of which offer, how many numbers, on which paper, and who stands beside."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from branchdesk.application.print_book import BOOK_NUMBERS_MAX
from branchdesk.ui.books.state import LAYOUT, BooksState, MakeTyped, Place, Step
from branchdesk.ui.kit.areas import BAR_ROOM, VerticalArea
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.fields import EnterMovesOn, FieldBox, set_choices
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, fill_row, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.serving.second_person import SecondField
from branchdesk.ui.serving.second_view import SecondFields
from branchdesk.ui.shell.settings import LAYOUTS

_COUNT_MAX = 4
_SECOND = {Place.SECOND: SecondField.STAFF, Place.PIN: SecondField.PIN}


class MakeCard(Card):
    """``submitted`` carries what was typed; the PIN is forgotten with it."""

    submitted = signal_of(MakeTyped)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "book_make")
        self._look: Look | None = None
        self._step = Step.BOOKS
        self._offers: tuple[object, ...] = ()
        self._free: dict[str, int] = {}
        self._enter = EnterMovesOn(self)
        self._area = VerticalArea(self, space=MOUSE.space_m)
        inside = self._area.inside
        self.offer, self.count, self.layouts = (
            QComboBox(inside), QLineEdit(inside), QComboBox(inside)
        )  # fmt: skip
        self.count.setMaxLength(_COUNT_MAX)
        self.count.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.boxes = {
            Place.OFFER: FieldBox(inside, self.offer, "book_offer"),
            Place.COUNT: FieldBox(inside, self.count, "book_count"),
        }
        self._layout_box = FieldBox(inside, self.layouts, "book_layout")
        for control in (self.offer, self.count, self.layouts):
            self._enter.watch(control)
        self._why = PlainLabel(inside, "muted", wrap=True)
        self.second = SecondFields(inside, "book")
        self.second.entered.connect(self._submit)
        self.back = button(self, "", "book_make_back")
        self.submit = button(self, "call", "book_make_submit")
        self.submit.clicked.connect(self._submit)
        self.offer.currentIndexChanged.connect(lambda _: self._say_free())
        self._place_parts()

    def _place_parts(self) -> None:
        paper = QHBoxLayout()
        paper.setSpacing(MOUSE.space_m)
        for box in (self.boxes[Place.COUNT], self._layout_box):
            paper.addWidget(box, 1, Qt.AlignmentFlag.AlignTop)
        self._area.column.addWidget(self.boxes[Place.OFFER])
        self._area.column.addLayout(paper)
        for part in (self._why, self.second):
            self._area.column.addWidget(part)
        self._area.column.addStretch(1)
        self.body.addWidget(self._area, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(MOUSE.space_m)
        buttons.setContentsMargins(0, 0, BAR_ROOM, 0)
        buttons.addWidget(fill_row(self.back))
        buttons.addWidget(self.submit, 1)
        self.body.addLayout(buttons)
        self.setTabOrder(self.submit, self.back)

    def dress(self, look: Look) -> None:
        """Take over words."""
        self._look, self._offers = look, ()
        say = look.words.say
        self.boxes[Place.OFFER].name(say("books.offer"))
        self.boxes[Place.COUNT].name(say("books.count"))
        self._layout_box.name(say("counter.layout"))
        chosen = str(self.layouts.currentData() or LAYOUT)
        set_choices(self.layouts, [(one, say(f"counter.layout.{one}")) for one in LAYOUTS], chosen)
        self._why.setText(say("books.two_people"))
        self.second.dress(look)
        set_button(self.back, say("books.back"))

    def fill(self, state: BooksState) -> None:
        """Show what is asked for."""
        look = self._look
        if look is None or state.step not in {Step.MAKE, Step.AGAIN}:
            self._step = state.step
            return
        say, is_new = look.words.say, state.step is Step.MAKE
        if state.step is not self._step:
            self._step = state.step
            self.second.forget()
            self.count.clear()
        self.name(say(f"books.{state.step.value}"), say(f"books.{state.step.value}_note"))
        self._fill_offers(state, look)
        for place, box in self.boxes.items():
            box.setVisible(is_new)
            told = state.errors.get(place)
            box.set_error("" if told is None else look.words.phrase(told), look)
        errors = {_SECOND[place]: told for place, told in state.errors.items() if place in _SECOND}
        self.second.fill(errors, look)
        for control in (self.offer, self.count, self.layouts, *self.second.controls(), self.back):
            control.setEnabled(not state.busy)
        self.submit.setEnabled(not state.busy)
        set_button(self.submit, say("books.printing" if state.busy else "books.print"))

    def control(self, place: Place) -> QWidget | None:
        """Return the control at a place."""
        if place in self.boxes:
            return self.boxes[place].control
        return self.second.edits[_SECOND[place]] if place in _SECOND else None

    def _fill_offers(self, state: BooksState, look: Look) -> None:
        if (state.offers, look) == self._offers:
            return
        self._offers = (state.offers, look)
        self._free = {row.code: row.free for row in state.offers}
        chosen = str(self.offer.currentData() or "")
        said = [
            (row.code, look.words.say("books.offer_free", name=row.name, count=row.free))
            for row in state.offers
        ]
        set_choices(self.offer, said, chosen)
        self._say_free()

    def _say_free(self) -> None:
        look, free = self._look, self._free.get(str(self.offer.currentData() or ""), 0)
        if look is not None:
            most = min(free, BOOK_NUMBERS_MAX)
            note = look.words.say("books.count_note", free=free, most=most)
            self.boxes[Place.COUNT].describe(note)

    def _submit(self) -> None:
        if not self.submit.isEnabled():
            return
        offer = str(self.offer.currentData() or "")
        layout = str(self.layouts.currentData() or LAYOUT)
        self.submitted.emit(MakeTyped(offer, self.count.text(), layout, self.second.take()))
