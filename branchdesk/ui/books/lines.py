"""Put books, their numbers and their totals into phrases. Pure; no Qt."""

from collections import Counter
from collections.abc import Mapping

from branchdesk.application.book_records import BookRecord, Fate
from branchdesk.application.show_books import BooksPage
from branchdesk.domain.clock import china_date
from branchdesk.domain.running_number import running_number
from branchdesk.protocol.facts import voucher_id
from branchdesk.ui.books.draft import DraftLine
from branchdesk.ui.books.state import BookRow, NumberRow, OfferRow
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.serving.book import Book


def number_text(book: BookRecord, slot: int) -> str:
    """Return the running number of a slot as people type it."""
    return f"{book.number_of(slot):06d}"


def fate_phrase(fate: Fate) -> Phrase:
    """Name what became of a number."""
    return phrase(f"books.fate.{fate.value}")


def book_row(record: BookRecord, page: BooksPage, campaigns: Book) -> BookRow:
    """Return a book as the list shows it."""
    counts = Counter(record.fates.values())
    left = len(record.open_slots)
    standing, tone = _standing(record, left)
    terminal = page.terminal
    first, last = (record.number_of(slot) for slot in (record.first_slot, record.last_slot))
    whole = running_number(terminal.outlet, terminal.terminal, first)
    return BookRow(
        book=record.book,
        name=campaigns.offer_name(record.offer_code),
        numbers=whole if first == last else f"{whole} – {last:06d}",
        printed=china_date(record.printed_ms).isoformat(),
        standing=standing,
        tone=tone,
        total=len(record.slots),
        counts={fate: counts[fate] for fate in Fate},
        left=left,
        is_on_paper=record.is_on_paper,
    )


def _standing(record: BookRecord, left: int) -> tuple[Phrase, Tone]:
    if not left:
        return phrase("books.standing.closed"), Tone.SUCCESS
    if not record.is_on_paper:
        return phrase("books.standing.not_on_paper"), Tone.WARNING
    if record.fates:
        return phrase("books.standing.partly"), Tone.INFO
    return phrase("books.standing.at_outlet"), Tone.QUIET


def offer_rows(page: BooksPage, campaigns: Book) -> tuple[OfferRow, ...]:
    """Return what another book could be made of."""
    return tuple(
        OfferRow(offer.offer_code, campaigns.offer_name(offer.offer_code), offer.free)
        for offer in page.offers
    )


def number_rows(
    record: BookRecord, page: BooksPage, waiting: Mapping[int, DraftLine]
) -> tuple[NumberRow, ...]:
    """Return every number of a book with what became of it."""
    return tuple(_number_row(record, page, waiting.get(slot), slot) for slot in record.slots)


def _number_row(
    record: BookRecord, page: BooksPage, line: DraftLine | None, slot: int
) -> NumberRow:
    number, entered = number_text(record, slot), record.fates.get(slot)
    if entered is not None:
        holder = page.holders.get(voucher_id(record.grant, slot), "")
        day = record.used_on.get(slot)
        told = "" if day is None else day.isoformat()
        return NumberRow(slot, number, fate_phrase(entered), holder, told)
    if line is None:
        return NumberRow(slot, number, phrase("books.fate.open"))
    person = line.customer
    holder = "" if person is None else f"{person.name} {person.phone}"
    said = phrase("books.unsigned", fate=fate_phrase(line.fate))
    return NumberRow(slot, number, said, holder, line.day, is_waiting=True)


def totals(record: BookRecord, waiting: Mapping[int, DraftLine]) -> tuple[Phrase, ...]:
    """Return how many numbers of each kind there are, and how many are still open."""
    counts = Counter(record.fates.values())
    counts.update(line.fate for line in waiting.values())
    left = sum(slot not in waiting for slot in record.open_slots)
    told = [phrase("books.total", fate=fate_phrase(fate), count=counts[fate]) for fate in Fate]
    return (*told, phrase("books.total_open", count=left))
