"""Print a book: a new one, one that is not known to be on paper, or a register once more.

The second person's PIN passes through to the store and is kept nowhere. This module must not know
Qt.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from branchdesk.application.models import PrintedDocument
from branchdesk.application.print_book import BOOK_NUMBERS_MAX, PrintedBook
from branchdesk.errors import RuleViolation
from branchdesk.ui.books.screen import Screen
from branchdesk.ui.books.services import BookServices, BookWish
from branchdesk.ui.books.state import BooksState, Documents, MakeTyped, Place, Step, open_paper
from branchdesk.ui.kit.words import Phrase, Tone, error_phrase, phrase
from branchdesk.ui.serving.second_person import SecondField, missing_of, place_of

_COUNT_DIGITS_MAX: Final = 6
_SECOND: Final = {SecondField.STAFF: Place.SECOND, SecondField.PIN: Place.PIN}
_FIELDS: Final = {"offer": Place.OFFER, "count": Place.COUNT}


class MakeDesk:
    """Puts books on paper."""

    def __init__(
        self,
        services: BookServices,
        screen: Screen,
        new_intent: Callable[[], str],
        show_document: Callable[[str], bool],
    ) -> None:
        self._services, self._screen = services, screen
        self._new_intent, self._show_document = new_intent, show_document
        self._wish: tuple[tuple[str, int], str] | None = None

    def begin(self) -> None:
        """Ask for a new book, where one can be made."""
        screen = self._screen
        if screen.state.busy or screen.state.step is not Step.BOOKS or not screen.state.offers:
            return
        self._go(Step.MAKE, Place.OFFER if len(screen.state.offers) > 1 else Place.COUNT)

    def begin_again(self) -> None:
        """Ask for the paper of a book that is not known to have any."""
        state = self._screen.state
        if state.step is Step.LINES and state.book and not state.book.is_on_paper:
            self._go(Step.AGAIN, Place.SECOND)

    def submit(self, typed: MakeTyped) -> None:
        """Print what is asked for."""
        state, services = self._screen.state, self._services
        if state.busy:
            return
        missing: dict[Place, Phrase] = {}
        count = self._count(typed, missing) if state.step is Step.MAKE else 0
        missing.update({_SECOND[field]: told for field, told in missing_of(typed.second).items()})
        if missing:
            self._screen.complain(missing)
            return
        session, second = self._screen.session, (typed.second.staff.strip(), typed.second.pin)
        if state.step is Step.MAKE:
            intent = self._intent_of((typed.offer, count))
            wish = BookWish(typed.offer, count, typed.layout, intent)
            job = partial(services.make, session, wish, second)
        else:
            assert state.book is not None, "what is printed again was chosen"
            job = partial(services.print, session, state.book.book, second, typed.layout)
        self._screen.ask(job, self._printed, self._refused)

    def came_out(self) -> None:
        """Record that the paper of the open book came out, or of the one that was printed last."""
        state = self._screen.state
        book = open_paper(state)
        if book and not state.busy:
            job = partial(self._services.came_out, self._screen.session, book)
            self._screen.ask(job, lambda _: self._on_paper(), lambda _: {})

    def print_register(self) -> None:
        """Print the register of the open book once more."""
        state = self._screen.state
        if state.book is not None and state.step is Step.LINES and not state.busy:
            job = partial(self._services.print_register, state.book.book)
            self._screen.ask(job, self._register_printed, lambda _: {})

    def show_vouchers(self) -> None:
        """Hand the vouchers that were printed last to the system."""
        documents = self._screen.state.documents
        if documents is not None:
            self._hand_over(documents.vouchers)

    def show_register(self) -> None:
        """Hand the register that was printed last to the system."""
        documents = self._screen.state.documents
        if documents is not None:
            self._hand_over(documents.register)

    def _count(self, typed: MakeTyped, missing: dict[Place, Phrase]) -> int:
        free = {row.code: row.free for row in self._screen.state.offers}.get(typed.offer, 0)
        most, text = min(free, BOOK_NUMBERS_MAX), typed.count.strip()
        good = text.isascii() and text.isdigit() and len(text) <= _COUNT_DIGITS_MAX
        if not good or not 1 <= int(text) <= most:
            missing[Place.COUNT] = phrase("books.count_bad", limit=most)
            return 0
        return int(text)

    def _intent_of(self, wish: tuple[str, int]) -> str:
        """Return the intent of a wish: asked for again after a failure, it makes no second book."""
        if self._wish is None or self._wish[0] != wish:
            self._wish = (wish, self._new_intent())
        return self._wish[1]

    def _printed(self, printed: PrintedBook) -> None:
        self._wish = None
        vouchers, register = printed.vouchers, printed.register
        self._go(
            Step.BOOKS, Place.BOOKS, Documents(printed.record.book, vouchers.path, register.path)
        )
        self._screen.say(
            phrase(
                "books.printed", count=vouchers.items, pages=vouchers.pages, forms=register.pages
            )
        )
        self._hand_over(vouchers.path, register.path)
        self._screen.committed()

    def _on_paper(self) -> None:
        self._screen.say(phrase("books.on_paper"))
        self._screen.committed()

    def _register_printed(self, register: PrintedDocument) -> None:
        self._screen.say(phrase("books.register_printed", pages=register.pages))
        self._hand_over(register.path)

    def _hand_over(self, *paths: str) -> None:
        """Have the system open files; where they lie stands in the place of what was said."""
        unopened = [path for path in paths if not self._show_document(path)]
        if unopened:
            self._screen.say(phrase("paper.not_opened", path=" · ".join(unopened)), Tone.WARNING)

    def _refused(self, error: Exception) -> Mapping[Place, Phrase]:
        beside = place_of(error)
        if beside is not None:
            return {_SECOND[beside]: error_phrase(error)}
        if isinstance(error, RuleViolation):
            place = _FIELDS.get(str(error.facts.get("field", "")))
            told = self._screen.campaigns.error(error)
            return {} if place is None else {place: told}
        # The slots are used already: what failed is the paper, and the list offers it again.
        self._go(Step.BOOKS, Place.BOOKS)
        self._screen.committed()
        return {}

    def _go(self, step: Step, focus: Place, documents: Documents | None = None) -> None:
        changed: BooksState = replace(
            self._screen.state, step=step, note=None, errors={}, busy=False, documents=documents
        )
        self._screen.show(changed)
        self._screen.send(focus)
