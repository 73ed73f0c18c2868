"""Every number of the open book, with totals that are always in sight. Passive."""

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QWidget

from branchdesk.application.book_records import Fate
from branchdesk.ui.books.state import BooksState, NumberRow, Step
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.flow import FlowLayout
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.look import Look, set_property
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.kit.tokens import MOUSE


class NumbersCard(Card):
    """``chosen`` carries the slot whose line is to be typed, ``rest`` what became of every number
    that has none.
    """

    chosen = signal_of(int)
    rest = signal_of(Fate)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "book_numbers")
        self._look: Look | None = None
        self._followed: tuple[str, tuple[NumberRow, ...]] = ("", ())
        self._totals = PlainLabel(self, "strong", wrap=True)
        self.model: LinesModel[NumberRow] = LinesModel(
            self,
            (
                Column("books.column.number", lambda row: row.number),
                Column("books.column.fate", self._fate),
                Column("books.column.holder", lambda row: row.holder),
                Column("books.column.day", lambda row: row.day),
            ),
        )
        self.table = LinesTable(self, self.model, stretch=2)
        self.table.setObjectName("book_numbers_table")
        self._acts = QWidget(self)
        self.take_back = button(self._acts, "", "book_take_back")
        self.rests = {
            fate: button(self._acts, "", f"book_rest_{fate.value}")
            for fate in (Fate.RETURNED, Fate.MISSING)
        }
        acts = FlowLayout(self._acts, MOUSE.space_s)
        for made in (self.take_back, *self.rests.values()):
            acts.addWidget(made)
        self.sign = button(self, "call", "book_sign_open")
        self.body.addWidget(self._totals)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self._acts)
        self.body.addWidget(self.sign)
        self.table.opened.connect(self._open)
        self.rests[Fate.RETURNED].clicked.connect(lambda: self.rest.emit(Fate.RETURNED))
        self.rests[Fate.MISSING].clicked.connect(lambda: self.rest.emit(Fate.MISSING))

    def dress(self, look: Look) -> None:
        """Take over words, icons and sizes."""
        self._look = look
        say = look.words.say
        self.table.setAccessibleName(say("books.numbers"))
        self.table.dress(look)
        self.take_back.setIcon(look.icon("undo"))
        set_button(self.take_back, say("books.take_back"))

    def fill(self, state: BooksState) -> None:
        """Show the open book."""
        look, book = self._look, state.book
        if look is None or book is None:
            return
        words = look.words
        printed = words.say("books.printed_on", numbers=book.numbers, day=book.printed)
        self.name(words.of(book.name), printed)
        self.model.set_lines(state.numbers)
        number = state.line.number if state.step is Step.LINES else ""
        if (number, state.numbers) != self._followed:
            self._followed = (number, state.numbers)
            self.follow(number)
        self._totals.setText(" · ".join(words.phrase(total) for total in state.totals))
        self._fill_acts(state, look)

    def _fill_acts(self, state: BooksState, look: Look) -> None:
        say, is_open = look.words.say, state.step is Step.LINES
        self._acts.setVisible(is_open and bool(state.waiting or state.left))
        self.take_back.setVisible(bool(state.waiting))
        for fate, made in self.rests.items():
            made.setVisible(state.left > 0)
            set_button(made, say(f"books.rest_{fate.value}", count=state.left))
        self.sign.setVisible(is_open and bool(state.waiting))
        set_button(self.sign, say("books.sign", count=state.waiting))
        for made in (self.take_back, *self.rests.values(), self.sign):
            made.setEnabled(not state.busy)
        # One call at a time: while numbers are left to type, it is the one beside the fields.
        set_property(self.sign, "kind", "" if state.left else "call")

    def follow(self, number: str) -> None:
        """Mark the line whose number is being typed, and keep it in sight; none for no number."""
        typed = number.strip().rpartition("-")[2]
        for place, row in enumerate(self.model.lines):
            if row.number == typed.zfill(len(row.number)):
                self.table.selectRow(place)
                self.table.scrollTo(self.model.index(place, 0))
                return
        self.table.clearSelection()
        self.table.setCurrentIndex(QModelIndex())

    def _open(self, row: int) -> None:
        if row < len(self.model.lines):
            self.chosen.emit(self.model.lines[row].slot)

    def _fate(self, row: NumberRow) -> str:
        return "" if self._look is None else self._look.words.phrase(row.fate)
