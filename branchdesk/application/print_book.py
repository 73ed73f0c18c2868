"""Print a book of numbered vouchers in advance: slots first, then paper, then the record of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import UUID

from branchdesk.application.book_records import BookRecord
from branchdesk.application.confirm_printed import IN_DOUBT
from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.issue_voucher import find_offer
from branchdesk.application.models import (
    OpenGrant,
    PrintedDocument,
    Session,
    Staff,
    TerminalCondition,
)
from branchdesk.application.ports import Clock, Fact, Randomness, Reading, Store, Unit
from branchdesk.application.print_vouchers import LAYOUTS, PrintableVoucher, printable
from branchdesk.application.second_person import SecondPerson
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.token import EXPIRY_DAYS_MAX, Voucher, china_day, sign_voucher

BOOK_NUMBERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class PrintableBook:
    """What the register of a book says: its numbers are those of the vouchers, in order."""

    record: BookRecord
    vouchers: tuple[PrintableVoucher, ...]
    printed_by: str
    second: str


@dataclass(frozen=True, slots=True)
class PrintedBook:
    """A book that went to paper, and its register."""

    record: BookRecord
    vouchers: PrintedDocument
    register: PrintedDocument


class BookPaper(Protocol):
    """Where books are made: durable when it returns."""

    def vouchers(
        self, vouchers: Sequence[PrintableVoucher], layout: str, path: str
    ) -> PrintedDocument:
        """Write the vouchers to a file."""

    def register(self, book: PrintableBook, path: str) -> PrintedDocument:
        """Write the form on which is noted by hand what becomes of each number."""


class PrintBook:
    """Use a run of slots of a book grant, and print it with its register, by two people."""

    def __init__(
        self,
        store: Store,
        paper: BookPaper,
        second_person: SecondPerson,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._store, self._paper, self._second_person = store, paper, second_person
        self._clock, self._randomness = clock, randomness

    def __call__(
        self,
        session: Session,
        offer_code: str,
        count: int,
        second: tuple[str, str],
        paths: tuple[str, str],
        *,
        layout: str = "a4x8",
        intent: str | None = None,
        is_handed_on: bool = False,
    ) -> PrintedBook:
        """Print a new book of ``count`` numbers; ``second`` is (staff, PIN), ``paths`` (vouchers,
        register). The same intent makes one book, and prints it again only while it is not known to
        be on paper. A file that ``is_handed_on`` to another program is not known to be: somebody
        says so by :meth:`came_out`.

        Raises RuleViolation ``layout_unknown``, ``book_count``, what :class:`SecondPerson` refuses,
        ``terminal_frozen``, ``campaign_missing``, ``offer_unknown``, ``book_grant_missing``,
        ``book_on_paper`` or ``intent_reused``, and EnvironmentFault when a file cannot be written.
        """
        _check_layout(layout)
        if not 1 <= count <= BOOK_NUMBERS_MAX:
            raise RuleViolation("book_count", field="count", limit=BOOK_NUMBERS_MAX)
        supervisor = self._second_person(self._store, session, *second)
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            body = facts.intent_body(book=offer_code, count=count, second=supervisor.code)
            known = known_intent(unit, event_id, body)
            if known is None:
                now_s = self._clock.now_ms() // 1000
                book = _use_slots(unit, offer_code, count, supervisor, now_s, event_id=event_id,
                                  body=body)  # fmt: skip
            else:
                book = str(known.refs["book"])
        printed = self._to_paper(session, book, supervisor, paths, layout)
        return printed if is_handed_on else self._known(session, printed, layout)

    def again(
        self,
        session: Session,
        book: str,
        second: tuple[str, str],
        paths: tuple[str, str],
        *,
        layout: str = "a4x8",
        is_handed_on: bool = False,
    ) -> PrintedBook:
        """Print a book that was made but is not known to be on paper.

        Raises RuleViolation ``layout_unknown``, ``book_unknown``, ``book_on_paper`` or what
        :class:`SecondPerson` refuses.
        """
        _check_layout(layout)
        with self._store.read() as reading:
            if reading.book(book) is None:
                raise RuleViolation("book_unknown", field="book", book=book[:64])
        supervisor = self._second_person(self._store, session, *second)
        printed = self._to_paper(session, book, supervisor, paths, layout)
        return printed if is_handed_on else self._known(session, printed, layout)

    def came_out(self, session: Session, book: str) -> BookRecord:
        """Record that a book's paper came out: people see it. What is known is not told again.

        Raises RuleViolation ``book_unknown``.
        """
        with self._store.write(session) as unit:
            record = unit.book(book)
            if record is None:
                raise RuleViolation("book_unknown", field="book", book=book[:64])
            if not record.is_on_paper:
                unit.record(self._on_paper(record, IN_DOUBT))
        return record

    def register_again(self, book: str, path: str) -> PrintedDocument:
        """Write the register of a book once more: a form alone, by which nothing becomes good.

        Raises RuleViolation ``book_unknown``, and EnvironmentFault when it cannot be written.
        """
        with self._store.read() as reading:
            record = reading.book(book)
            if record is None:
                raise RuleViolation("book_unknown", field="book", book=book[:64])
            pages = _pages(reading, record)
            makers = reading.book_makers(book)
        return self._paper.register(PrintableBook(record, pages, *makers), path)

    def _to_paper(
        self, session: Session, book: str, second: Staff, paths: tuple[str, str], layout: str
    ) -> PrintedBook:
        with self._store.read() as reading:
            record = reading.book(book)
            assert record is not None, "a recorded book is readable"
            if record.is_on_paper:
                raise RuleViolation("book_on_paper", field="book", book=book)
            pages = _pages(reading, record)
        register = self._paper.register(
            PrintableBook(record, pages, session.staff, second.code), paths[1]
        )
        vouchers = self._paper.vouchers(pages, layout, paths[0])
        return PrintedBook(record, vouchers, register)

    def _known(self, session: Session, printed: PrintedBook, layout: str) -> PrintedBook:
        with self._store.write(session) as unit:
            unit.record(self._on_paper(printed.record, layout))
        return printed

    def _on_paper(self, record: BookRecord, layout: str) -> Fact:
        items = [[record.grant, slot, 0] for slot in record.slots]
        fields = {"items": items, "layout": layout}
        event_id = self._randomness.intent_id()
        return Fact(facts.VOUCHER_PRINTED, event_id, fields, {"count": len(items)})


def _pages(reading: Reading, record: BookRecord) -> tuple[PrintableVoucher, ...]:
    names = [facts.voucher_id(record.grant, slot) for slot in record.slots]
    return tuple(printable(reading, name) for name in names)


def _check_layout(layout: str) -> None:
    if layout not in LAYOUTS:
        raise RuleViolation("layout_unknown", field="layout", found=layout[:20],
                            allowed=list(LAYOUTS))  # fmt: skip


def _use_slots(
    unit: Unit,
    offer_code: str,
    count: int,
    second: Staff,
    now_s: int,
    *,
    event_id: UUID,
    body: bytes,
) -> str:
    """Sign a run of vouchers without a holder and record them; return the book's name."""
    terminal = unit.terminal()
    if terminal.condition is not TerminalCondition.ACTIVE:
        raise RuleViolation("terminal_frozen", terminal=terminal.terminal)
    _, offer = find_offer(unit, offer_code)
    grant = unit.open_book_grant(offer_code, china_day(now_s), count)
    if grant is None:
        raise RuleViolation("book_grant_missing", field="offer", offer=offer_code, count=count)
    first, number = grant.next_slot, grant.grant.number
    # Handed out on the last day of issue, a voucher is still good for as long as any other.
    last_day = grant.grant.issue_until + min(offer.valid_days, EXPIRY_DAYS_MAX)
    book = f"{number}-{first}-{first + count - 1}"
    fields = {
        "book": book, "grant": number, "first": first, "last": first + count - 1,
        "vouchers": _signed(unit, grant, count, now_s, last_day), "number": unit.next_number(),
        "campaign": grant.campaign, "offer_code": offer_code, "second": second.code,
        "intent_body": body,
    }  # fmt: skip
    refs: dict[str, int | str] = {"book": book, "grant": number, "count": count}
    unit.record(Fact(facts.BOOK_PRINTED, event_id, fields, refs))
    return book


def _signed(unit: Unit, grant: OpenGrant, count: int, now_s: int, last_day: int) -> list[bytes]:
    key = unit.signing_key()
    return [
        sign_voucher(Voucher(slot, now_s, last_day), grant.grant_bytes, key).encode()
        for slot in range(grant.next_slot, grant.next_slot + count)
    ]
