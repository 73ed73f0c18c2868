"""The list of books, and how a book goes from here to the paper and back. Passive."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from branchdesk.application.book_records import Fate
from branchdesk.ui.books.state import BookRow, BooksState
from branchdesk.ui.kit.card import Card
from branchdesk.ui.kit.empty_state import EmptyState
from branchdesk.ui.kit.labels import PlainLabel
from branchdesk.ui.kit.lines_model import Column, LinesModel
from branchdesk.ui.kit.look import Look
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.signals import signal_of
from branchdesk.ui.kit.table import LinesTable
from branchdesk.ui.kit.tokens import MOUSE

_STEPS: Final = 4


class ListCard(Card):
    """``chosen`` carries the book that was opened."""

    chosen = signal_of(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "books_list")
        self._look: Look | None = None
        self.vouchers = button(self, "", "books_show_vouchers")
        self.register = button(self, "", "books_show_register")
        self.model: LinesModel[BookRow] = LinesModel(
            self,
            (
                Column("books.column.offer", self._name),
                Column("books.column.numbers", lambda row: row.numbers),
                Column("books.column.printed", lambda row: row.printed),
                Column("books.column.standing", self._standing),
                Column("books.fate.used", lambda row: str(row.counts[Fate.USED]), right=True),
                Column("books.fate.spoiled", lambda row: str(row.counts[Fate.SPOILED]), right=True),
                Column(
                    "books.fate.returned", lambda row: str(row.counts[Fate.RETURNED]), right=True
                ),
                Column("books.fate.missing", lambda row: str(row.counts[Fate.MISSING]), right=True),
                Column("books.fate.open", lambda row: str(row.left), right=True),
            ),
        )
        self.table = LinesTable(self, self.model, stretch=0)
        self.table.setObjectName("books_table")
        self.empty = EmptyState(self, "books_empty")
        self.table.opened.connect(self._open)
        for made in (self.vouchers, self.register):
            self.buttons.addWidget(made)
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.empty, 1)

    def dress(self, look: Look) -> None:
        """Take over words and sizes."""
        self._look = look
        say = look.words.say
        self.table.setAccessibleName(say("books.list"))
        self.table.dress(look)
        for made, key in (
            (self.vouchers, "books.show_vouchers"), (self.register, "books.show_register")
        ):  # fmt: skip
            made.setIcon(look.icon("document"))
            set_button(made, say(key))

    def fill(self, state: BooksState) -> None:
        """Show the books, or what they are for while there is none."""
        look = self._look
        if look is None or state.books is None:
            return
        say, is_empty = look.words.say, not state.books
        self.name("" if is_empty else say("books.list"), "" if is_empty else say("books.list_note"))
        self.model.set_lines(state.books)
        self.table.setVisible(not is_empty)
        self.empty.setVisible(is_empty)
        can_make = bool(state.offers)
        how = "books.empty_make" if can_make else "books.empty_ask"
        action = say("books.make" if can_make else "books.to_sync")
        self.empty.fill(look, "book", say("books.empty"), say(how), action)
        for made in (self.vouchers, self.register):
            made.setVisible(state.documents is not None)
        if state.books and not self.table.currentIndex().isValid():
            self.table.selectRow(0)

    def _open(self, row: int) -> None:
        if row < len(self.model.lines):
            self.chosen.emit(self.model.lines[row].book)

    def _name(self, row: BookRow) -> str:
        return "" if self._look is None else self._look.words.of(row.name)

    def _standing(self, row: BookRow) -> str:
        return "" if self._look is None else self._look.words.phrase(row.standing)


class GuideCard(Card):
    """What becomes of a book, step by step; beside the form that makes one."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "books_guide")
        self._steps = [PlainLabel(self, wrap=True) for _ in range(_STEPS)]
        for place, step in enumerate(self._steps, start=1):
            number = PlainLabel(self, "strong")
            number.setText(str(place))
            line = QHBoxLayout()
            line.setSpacing(MOUSE.space_m)
            line.addWidget(number, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(step, 1)
            self.body.addLayout(line)
        self.body.addStretch(1)

    def dress(self, look: Look) -> None:
        """Take over words."""
        say = look.words.say
        self.name(say("books.guide"))
        for place, step in enumerate(self._steps, start=1):
            step.setText(say(f"books.guide.{place}"))
