"""Books of numbered vouchers as this terminal keeps them, read into the application's models."""

from sqlalchemy import Select, bindparam, func, select

from branchdesk.application.book_records import BookRecord, Fate
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.redemption_tables import book_entries, books
from branchdesk.persistence.tables import events, grants, vouchers
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.token import day_of


def _books() -> Select[tuple[object, ...]]:
    printed = (
        select(func.min(vouchers.c.printed))
        .where(
            vouchers.c.number.between(
                books.c.first_number,
                books.c.first_number + books.c.last_slot - books.c.first_slot,
            )
        )
        .scalar_subquery()
    )
    return (
        select(
            books.c.book, books.c.grant_number, grants.c.campaign, grants.c.offer_code,
            books.c.first_slot, books.c.last_slot, books.c.first_number, events.c.wall_ms, printed,
        )
        .join(grants, grants.c.number == books.c.grant_number)
        .join(events, events.c.position == books.c.position)
        .order_by(books.c.first_number)
    )  # fmt: skip


_ALL = Sql(_books)
_ONE = Sql(lambda: _books().where(books.c.book == bindparam("wanted")))
_MADE = Sql(
    lambda: (
        select(events.c.envelope, events.c.payload)
        .join(books, books.c.position == events.c.position)
        .where(books.c.book == bindparam("wanted"))
    )
)
_FATES = Sql(
    lambda: (
        select(book_entries.c.slot, book_entries.c.fate, book_entries.c.used_day)
        .where(
            book_entries.c.grant_number == bindparam("of_grant"),
            book_entries.c.slot.between(bindparam("first"), bindparam("last")),
        )
        .order_by(book_entries.c.slot)
    )
)


def all_books(database: Database) -> tuple[BookRecord, ...]:
    """Return the books made here, in the order of their numbers."""
    return tuple(_book(database, row) for row in database.rows(_ALL))


def one_book(database: Database, book: str) -> BookRecord | None:
    """Return one book by its name."""
    row = database.row(_ONE, {"wanted": book})
    return None if row is None else _book(database, row)


def makers(database: Database, book: str) -> tuple[str, str]:
    """Return the staff codes of the two who made a book, as their event says."""
    row = database.row(_MADE, {"wanted": book})
    if row is None:
        return "", ""
    envelope, payload = row
    told = facts.decode_payload(facts.BOOK_PRINTED, payload)
    return decode_envelope(envelope).staff, str(told["second"])


def _book(database: Database, row: Row) -> BookRecord:
    book, grant, campaign, offer_code, first, last, first_number, printed_ms, printed = row
    span = {"of_grant": grant, "first": first, "last": last}
    entries = [(slot, Fate(fate), day) for slot, fate, day in database.rows(_FATES, span)]
    fates = {slot: fate for slot, fate, _ in entries}
    used_on = {slot: day_of(day) for slot, fate, day in entries if fate is Fate.USED}
    return BookRecord(
        book, grant, campaign, offer_code, first, last, first_number, printed_ms,
        bool(printed) or bool(fates), fates, used_on,
    )  # fmt: skip
