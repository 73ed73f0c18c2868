"""What the screen of books may call; each runs on the store lane."""

from collections.abc import Callable
from dataclasses import dataclass

from branchdesk.application.book_records import BookEntry, BookRecord, GivenBefore
from branchdesk.application.models import PrintedDocument, Session, Staff
from branchdesk.application.print_book import PrintedBook
from branchdesk.application.show_books import BooksPage
from branchdesk.ui.serving.papers import Second


@dataclass(frozen=True, slots=True)
class BookWish:
    """A book that is wanted: ``count`` numbers of an offer, on paper of a layout, once."""

    offer: str
    count: int
    layout: str
    intent: str


@dataclass(frozen=True, slots=True)
class BookServices:
    """The use cases of books.

    ``make`` prints a new book, ``print`` one that is not known to be on paper, in a layout;
    ``came_out`` takes somebody's word that the paper is there.
    ``check`` judges a line that nobody has signed for yet; ``given_before`` says what a customer
    has of an offer already; ``second`` proves who stands beside,
    once for all lines that ``enter`` then takes one by one.
    """

    show: Callable[[], BooksPage]
    make: Callable[[Session, BookWish, Second], PrintedBook]
    print: Callable[[Session, str, Second, str], PrintedBook]
    came_out: Callable[[Session, str], object]
    print_register: Callable[[str], PrintedDocument]
    check: Callable[[BookEntry], tuple[BookRecord, int]]
    given_before: Callable[[str, str], GivenBefore]
    second: Callable[[Session, str, str], Staff]
    enter: Callable[[Session, Staff, BookEntry, str], object]
