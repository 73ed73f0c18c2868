"""Drive the screen of books: which there are, and the one that is open.

Printing, typing and signing are desks of their own. This module must not know Qt.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol, TypeVar

from branchdesk.application.book_records import BookRecord
from branchdesk.application.models import CampaignInForce, Session
from branchdesk.application.show_books import BooksPage
from branchdesk.domain.consent import Purpose
from branchdesk.ui.books.entering import LineDesk
from branchdesk.ui.books.lines import book_row, offer_rows
from branchdesk.ui.books.making import MakeDesk
from branchdesk.ui.books.signing import SignDesk
from branchdesk.ui.books.state import BooksState, LineState, Place, Step
from branchdesk.ui.kit.background import Background, Lane, Latest, Timers
from branchdesk.ui.kit.words import Note, Phrase, Tone
from branchdesk.ui.serving.book import Book
from branchdesk.ui.shell.screens import Neighbours
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.state import Screen

T = TypeVar("T")


class BooksView(Protocol):
    """The view."""

    def render(self, state: BooksState) -> None:
        """Show a state."""


class BooksPresenter:
    """Drives the screen of books."""

    def __init__(
        self,
        view: BooksView,
        background: Background,
        timers: Timers,
        services: DeskServices,
        neighbours: Neighbours,
    ) -> None:
        self._view, self._background = view, background
        self._services, self._neighbours = services, neighbours
        self._session = Session("")
        self._campaigns = Book(())
        self._page: BooksPage | None = None
        self._reading = Latest(background)
        self.state = BooksState()
        own = services.books
        self.making = MakeDesk(own, self, services.new_intent, services.show_document)
        self.lines = LineDesk(background, timers, services, self)
        self.signing = SignDesk(background, own, self.lines, self)

    @property
    def session(self) -> Session:
        """Who acts now."""
        return self._session

    @property
    def campaigns(self) -> Book:
        """The campaigns in force, by name."""
        return self._campaigns

    @property
    def page(self) -> BooksPage:
        """What was read last."""
        assert self._page is not None, "nothing is done before something was read"
        return self._page

    # -- the frame's side ------------------------------------------------------

    def start(self, session: Session, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Begin for whoever signed in; what somebody else had open is put away, its lines kept."""
        if session.staff != self._session.staff and not self.state.busy:
            self._close_book()
        self._session = session
        self.refresh(campaigns)

    def refresh(self, campaigns: tuple[CampaignInForce, ...]) -> None:
        """Take over names, and what head office lent."""
        self._campaigns = Book(campaigns)
        asked = {text.purpose: text.text for text in self._campaigns.consent_texts}
        self.state = replace(self.state, consent=asked.get(Purpose.SERVICE))
        if self._page is not None:
            self._read()

    def opened(self, *, has_cursor: bool = False) -> None:
        """Read what may have changed meanwhile, and place the cursor unless it is back."""
        self._read(bool if has_cursor else lambda: self.send(self.state.focus))

    def freshen(self) -> None:
        """Read the books again."""
        self._read()

    def hide(self, *, is_locked: bool = False) -> None:
        """Customers are shown masked; what is being typed of a new one stays as at the counter."""
        del is_locked

    def back(self) -> None:
        """Step back by one; from the list go to the counter."""
        state = self.state
        if state.busy:
            return
        if state.step in {Step.SIGN, Step.AGAIN}:
            self.show(replace(state, step=Step.LINES, errors={}, note=None))
            self.send(Place.NUMBER)
        elif state.step is Step.LINES and state.line.registering:
            self.lines.holder.choose_other()
        elif state.step is not Step.BOOKS:
            self._close_book()
            self.send(Place.BOOKS)
        else:
            self._neighbours.open_screen(Screen.COUNTER)

    def close(self) -> None:
        """Every line was written down when it was typed."""

    # -- what people do ----------------------------------------------------------

    def begin(self) -> None:
        """Print the first book, or go where numbers for one come from while none are lent."""
        if self.state.offers:
            self.making.begin()
        else:
            self._neighbours.open_screen(Screen.SYNC)

    def choose(self, book: str) -> None:
        """Open a book."""
        record = self._record(book)
        if record is None or self.state.busy:
            return
        row = book_row(record, self.page, self._campaigns)
        self.show(
            replace(self.state, step=Step.LINES, book=row, note=None, errors={},
                    line=LineState(), numbers=(), totals=())
        )  # fmt: skip
        self.lines.open(record)

    def scan(self, text: str) -> bool:
        """Take a scanned voucher as a number of the open register; False while none is open."""
        if self.state.step is not Step.LINES:
            return False
        self.lines.scan(text)
        return True

    # -- what the desks ask for ----------------------------------------------------

    def show(self, state: BooksState) -> None:
        """Show a state."""
        self.state = state
        self._view.render(state)

    def ask(
        self,
        job: Callable[[], T],
        done: Callable[[T], object],
        refused: Callable[[Exception], Mapping[Place, Phrase]],
    ) -> None:
        """Do ``job`` while nothing else can be done; see :class:`Screen`."""

        def answered(result: T) -> None:
            self.show(replace(self.state, busy=False))
            done(result)

        def failed(error: Exception) -> None:
            self.show(replace(self.state, busy=False))
            errors = refused(error)
            if errors:
                self.complain(errors)
            else:
                self.say(self._campaigns.error(error), Tone.DANGER)

        self.show(replace(self.state, busy=True, note=None, errors={}))
        self._background.submit(Lane.STORE, job, answered, failed)

    def complain(self, errors: Mapping[Place, Phrase]) -> None:
        """Say beside their fields what is wrong, with the cursor at the first of them."""
        first = next(place for place in Place if place in errors)
        self.show(replace(self.state, busy=False, note=None, errors=errors))
        self.send(first)

    def send(self, focus: Place) -> None:
        """Place the cursor."""
        self.show(replace(self.state, focus=focus, serial=self.state.serial + 1))

    def say(self, said: Phrase, tone: Tone = Tone.SUCCESS) -> None:
        """Say something above the page."""
        self.show(replace(self.state, note=Note(said, tone)))

    def committed(self) -> None:
        """Something was recorded: read everything again."""
        self._neighbours.work_done()
        self._read(self._return_to_list)

    # -- inside --------------------------------------------------------------------

    def _close_book(self) -> None:
        self.lines.let_go()
        self.show(
            replace(self.state, step=Step.BOOKS, book=None, numbers=(), totals=(), waiting=0,
                    left=0, note=None, errors={}, line=LineState(), focus=Place.BOOKS)
        )  # fmt: skip

    def _return_to_list(self) -> None:
        """Place the cursor in the list, which may have its first book only now."""
        if self.state.step is Step.BOOKS:
            self.send(Place.BOOKS)

    def _record(self, book: str) -> BookRecord | None:
        books = () if self._page is None else self._page.books
        return next((record for record in books if record.book == book), None)

    def _read(self, then: Callable[[], object] = bool) -> None:
        def done(page: BooksPage) -> None:
            self._page = page
            self._tell()
            then()

        self._reading.submit(
            Lane.STORE, self._services.books.show, done,
            lambda error: self.say(self._campaigns.error(error), Tone.DANGER),
        )  # fmt: skip

    def _tell(self) -> None:
        page, names = self.page, self._campaigns
        rows = tuple(book_row(record, page, names) for record in page.books)
        chosen = None if self.state.book is None else self.state.book.book
        book = next((row for row in rows if row.book == chosen), None)
        self.show(replace(self.state, books=rows, offers=offer_rows(page, names), book=book))
        record = None if book is None else self._record(book.book)
        # While lines are being entered the desk counts them itself.
        if record is not None and self.lines.record is not None and not self.state.busy:
            self.lines.take_over(record)
