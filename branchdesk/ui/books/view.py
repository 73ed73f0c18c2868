"""The screen of books put together: the list alone, or a book at the left and what is asked for
at the right. Passive.
"""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from branchdesk.ui.books.line_view import LineCard
from branchdesk.ui.books.list_view import GuideCard, ListCard
from branchdesk.ui.books.make_view import MakeCard
from branchdesk.ui.books.numbers_view import NumbersCard
from branchdesk.ui.books.sign_view import SignCard
from branchdesk.ui.books.state import BooksState, Place, Step, open_paper
from branchdesk.ui.kit.look import Look, ScreenView
from branchdesk.ui.kit.page import Page
from branchdesk.ui.kit.pieces import button, set_button
from branchdesk.ui.kit.tokens import MOUSE
from branchdesk.ui.kit.words import Tone


class BooksView(ScreenView):
    """The screen."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas")
        self._look: Look | None = None
        self._state: BooksState | None = None
        self._serial = 0
        self.page = Page(self, "books")
        self.back = button(self.page, "", "books_back")
        self.register = button(self.page, "", "book_register")
        self.came_out = button(self.page, "", "book_came_out")
        self.again = button(self.page, "", "book_again")
        self.make = button(self.page, "primary", "books_make")
        self._stack = QStackedWidget(self.page)
        self.list = ListCard(self._stack)
        self._sides = QWidget(self._stack)
        self._left, self._right = QStackedWidget(self._sides), QStackedWidget(self._sides)
        self.numbers, self._guide = NumbersCard(self._left), GuideCard(self._left)
        self.line, self.making = LineCard(self._right), MakeCard(self._right)
        self.signing = SignCard(self._right)
        self._lay_out()

    def _lay_out(self) -> None:
        for made in (self.back, self.register, self.again, self.came_out, self.make):
            self.page.buttons.addWidget(made)
        for side, cards in (
            (self._left, (self.numbers, self._guide)),
            (self._right, (self.line, self.making, self.signing)),
            (self._stack, (self.list, self._sides)),
        ):
            for card in cards:
                side.addWidget(card)
        sides = QHBoxLayout(self._sides)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.setSpacing(MOUSE.space_l)
        sides.addWidget(self._left, 1)
        sides.addWidget(self._right, 1)
        self.page.body.addWidget(self._stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.page)

    def dress(self, look: Look) -> None:
        """Take over words, colours and sizes, and show the last state again."""
        self._look = look
        say = look.words.say
        self.page.name(say("books.title"), say("books.subtitle"))
        for made, key, icon in (
            (self.make, "books.make", look.button_icon("printer")),
            (self.again, "books.print_again", look.icon("printer")),
        ):
            made.setIcon(icon)
            set_button(made, say(key))
        self.came_out.setIcon(look.icon("check"))
        set_button(self.came_out, say("books.came_out"))
        self.register.setIcon(look.icon("printer"))
        set_button(self.register, say("books.print_register"))
        self.back.setIcon(look.icon("chevron_left"))
        set_button(self.back, say("books.back_to_list"))
        for part in (self.list, self._guide, self.numbers, self.line, self.making, self.signing):
            part.dress(look)
        if self._state is not None:
            self.render(self._state)

    def finishers(self) -> Sequence[QPushButton]:
        """Return the buttons that F9 may press: put a line down, print, sign, begin a book."""
        return (
            self.line.add, self.making.submit, self.signing.submit, self.numbers.sign, self.make,
            self.list.empty.action,
        )  # fmt: skip

    def render(self, state: BooksState) -> None:  # type: ignore[override]  # QWidget.render paints; the name is our rule
        """Show a state."""
        self._state = state
        look = self._look
        if look is None:
            return
        # Beside the fields where lines are typed, above the page everywhere else.
        note = None if state.step is Step.LINES else state.note
        words = "" if note is None else look.words.phrase(note.phrase)
        self.page.strip.say(words, Tone.INFO if note is None else note.tone, look)
        is_list = state.step is Step.BOOKS
        for part in (self.list, self.numbers, self.line, self.making, self.signing):
            part.fill(state)
        self._stack.setCurrentWidget(self.list if is_list else self._sides)
        self._left.setCurrentWidget(self._guide if state.step is Step.MAKE else self.numbers)
        asked = {Step.LINES: self.line, Step.SIGN: self.signing}
        self._right.setCurrentWidget(asked.get(state.step, self.making))
        book = state.book if state.step is Step.LINES else None
        for made in (self.back, self.register):
            made.setVisible(book is not None)
            made.setEnabled(not state.busy)
        self.again.setVisible(book is not None and not book.is_on_paper)
        self.came_out.setVisible(bool(open_paper(state)))
        for made in (self.again, self.came_out):
            made.setEnabled(not state.busy)
        self.make.setVisible(is_list and bool(state.books) and bool(state.offers))
        self._obey(state)

    def _obey(self, state: BooksState) -> None:
        if state.serial == self._serial:
            return
        self._serial = state.serial
        if state.step is Step.LINES:
            self.numbers.follow(state.line.number)
        control = self._control(state)
        if control is not None and self.isVisible():
            control.setFocus(Qt.FocusReason.OtherFocusReason)
            self.line.bring_into_sight(control)
            if state.focus is Place.FOUND:
                self.line.search.enter_list()

    def _control(self, state: BooksState) -> QWidget | None:
        place = state.focus
        if state.step is Step.BOOKS:
            return self.list.table if state.books else self.list.empty.action
        if place is Place.SIGN:
            return self.numbers.sign
        if state.step is Step.LINES:
            return self.line.control(place)
        if state.step is Step.SIGN:
            return self.signing.control(place)
        return self.making.control(place)
