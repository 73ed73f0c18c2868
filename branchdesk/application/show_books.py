"""Show the books of this terminal, and of which offers another could be made."""

from collections.abc import Mapping
from dataclasses import dataclass

from branchdesk.application.book_records import BookRecord, Fate
from branchdesk.application.models import TerminalState
from branchdesk.application.ports import Clock, Reading, Store
from branchdesk.domain.names import mask_name
from branchdesk.domain.phones import mask_phone
from branchdesk.protocol import facts
from branchdesk.protocol.token import china_day


@dataclass(frozen=True, slots=True)
class BookOffer:
    """An offer that a book can be made of; ``free`` is how many numbers one book can have."""

    offer_code: str
    free: int


@dataclass(frozen=True, slots=True)
class BooksPage:
    """Every book, newest first, and what another could be made of.

    ``holders`` are the masked names of those who got numbers that were entered as used, by
    voucher id; whoever was erased has none.
    """

    terminal: TerminalState
    books: tuple[BookRecord, ...]
    offers: tuple[BookOffer, ...]
    holders: Mapping[str, str]


class ShowBooks:
    """Read books, grants for books, and who was given what."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(self) -> BooksPage:
        """Return everything at one moment."""
        today = china_day(self._clock.now_ms() // 1000)
        with self._store.read() as reading:
            books = tuple(reversed(reading.books()))
            codes = [offer.code for found in reading.campaigns() for offer in found.campaign.offers]
            offers = tuple(BookOffer(code, _most(reading, code, today)) for code in codes)
            holders = dict(pair for book in books for pair in _holders(reading, book))
            able = tuple(offer for offer in offers if offer.free)
            return BooksPage(reading.terminal(), books, able, holders)


def _most(reading: Reading, offer_code: str, day: int) -> int:
    """Return the longest run of numbers that one grant for books has left."""
    most = 0
    while (found := reading.open_book_grant(offer_code, day, most + 1)) is not None:
        most = found.free
    return most


def _holders(reading: Reading, book: BookRecord) -> list[tuple[str, str]]:
    named = []
    for slot in (slot for slot, fate in book.fates.items() if fate is Fate.USED):
        voucher = facts.voucher_id(book.grant, slot)
        record = reading.voucher(voucher)
        person = None if record is None else reading.customer(record.customer)
        if person is not None:
            named.append((voucher, f"{mask_name(person.name)} {mask_phone(person.phone)}"))
    return named
