"""What the screen of books shows. This module must not know Qt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from branchdesk.application.book_records import Fate
from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.kit.words import Note, Phrase, Tone
from branchdesk.ui.serving.finding import NO_SEARCH, Search, SearchLine
from branchdesk.ui.serving.second_person import SecondTyped

LAYOUT: Final = "a4x8"


class Step(StrEnum):
    """What is asked for now."""

    BOOKS = "books"
    MAKE = "make"
    LINES = "lines"
    AGAIN = "again"
    SIGN = "sign"


class Place(StrEnum):
    """Where the cursor may be sent, and where a refusal is shown."""

    BOOKS = "books"
    MAKE = "make"
    OFFER = "offer"
    COUNT = "count"
    NUMBER = "number"
    FATE = "fate"
    CUSTOMER = "customer"
    FOUND = "found"
    DAY = "used_on"
    NAME = "name"
    PHONE = "phone"
    CONSENT = "consents"
    SECOND = "second"
    PIN = "pin"
    SIGN = "sign"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class MakeTyped:
    """What was asked for when a book was to be printed; ``offer`` is empty for one made before."""

    offer: str
    count: str
    layout: str
    second: SecondTyped


@dataclass(frozen=True, slots=True)
class Edit:
    """One field of a line now holds this text; the repr hides it."""

    place: Place
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BookRow:
    """A book; ``counts`` are of what was entered, ``left`` of what was not."""

    book: str
    name: Bilingual
    numbers: str
    printed: str
    standing: Phrase
    tone: Tone
    total: int
    counts: Mapping[Fate, int]
    left: int
    is_on_paper: bool


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number of a book: what became of it, by whom it is held, and when it was handed out.

    ``is_waiting`` lines were typed and are not signed for.
    """

    slot: int
    number: str
    fate: Phrase
    holder: str = ""
    day: str = ""
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class OfferRow:
    """An offer that a book can be made of, with how many numbers are left for one."""

    code: str
    name: Bilingual
    free: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How many lines of how many are entered; ``stopping`` once somebody wished to stop."""

    done: int
    total: int
    stopping: bool = False


@dataclass(frozen=True, slots=True)
class LineState:
    """The line that is being typed, text as typed; the repr shows no person.

    ``registering``: the customer is new, and name and phone stand on the register. ``agreed`` says
    that they signed there for the words of the consent. ``warning`` is about who was chosen.
    """

    number: str = ""
    fate: Fate = Fate.USED
    day: str = ""
    search: Search = field(default=NO_SEARCH, repr=False)
    customer: SearchLine | None = field(default=None, repr=False)
    warning: Phrase | None = None
    registering: bool = False
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Documents:
    """Where what was printed last lies; ``book`` is which one it is."""

    book: str
    vouchers: str
    register: str


@dataclass(frozen=True, slots=True)
class BooksState:
    """The whole screen; ``books`` is None while nothing was read.

    ``serial`` grows whenever the cursor is to be placed at ``focus``. ``waiting`` counts lines that
    nobody has signed for, ``left`` the numbers that have none, ``beyond`` those of the lines whose
    customer then has more than one may have.
    """

    step: Step = Step.BOOKS
    busy: bool = False
    note: Note | None = None
    books: tuple[BookRow, ...] | None = None
    offers: tuple[OfferRow, ...] = ()
    documents: Documents | None = None
    book: BookRow | None = None
    numbers: tuple[NumberRow, ...] = ()
    totals: tuple[Phrase, ...] = ()
    waiting: int = 0
    left: int = 0
    beyond: tuple[str, ...] = ()
    line: LineState = field(default_factory=LineState)
    consent: Bilingual | None = None
    progress: Progress | None = None
    errors: Mapping[Place, Phrase] = field(default_factory=dict)
    focus: Place = Place.BOOKS
    serial: int = 0


def open_paper(state: BooksState) -> str:
    """Return the book in sight whose paper nobody has said to have come out; empty for none."""
    book = state.book
    if state.step is Step.BOOKS and state.documents is not None:
        wanted = state.documents.book
        book = next((row for row in state.books or () if row.book == wanted), None)
    elif state.step is not Step.LINES:
        book = None
    return "" if book is None or book.is_on_paper else book.book
