"""Enter from the paper register what became of each number of a book, by two people."""

import re
from typing import Final

from branchdesk.application.book_records import BookEntry, BookRecord, Fate, GivenBefore
from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.models import Session, Staff, VoucherRecord
from branchdesk.application.ports import Clock, Fact, Randomness, Reading, Store
from branchdesk.errors import BranchDeskError, RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.short_code import looks_like_short_code, parse_short_code
from branchdesk.protocol.token import (
    china_day,
    day_number,
    day_of,
    decode_grant,
    decode_voucher,
    token_bytes,
)

# As on paper, outlet and terminal before it, or the running number alone.
_PRINTED_NUMBER: Final = re.compile(r"(?:[^-]{1,20}-([0-9]{4,10})-(?=[0-9]{6}))?([0-9]{1,12})")


class EnterBook:
    """Account for one number: used by a customer, spoiled, returned or missing, once and for good.

    A number that was used becomes good here with this entry, and everywhere once it arrived.
    """

    def __init__(self, store: Store, clock: Clock, randomness: Randomness) -> None:
        self._store, self._clock, self._randomness = store, clock, randomness

    def __call__(
        self, session: Session, second: Staff, entry: BookEntry, intent: str | None = None
    ) -> VoucherRecord:
        """Enter one number; ``second`` was checked by ``SecondPerson`` for these entries.

        Raises RuleViolation ``intent_reused`` or what :meth:`check` refuses; nothing is then
        written.
        """
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            record, book = _find(unit, entry.number)
            today = china_day(self._clock.now_ms() // 1000)
            used_day = _used_day(record, entry, today) if entry.fate is Fate.USED else 0
            told = [record.slot, entry.fate.value, entry.customer, used_day]
            body = facts.intent_body(book=book.book, entry=told, second=second.code)
            if known_intent(unit, event_id, body) is not None:
                return record
            _check(unit, record, book, entry)
            fields = {
                "book": book.book, "grant": record.grant, "entries": [told], "second": second.code,
                "intent_body": body,
            }  # fmt: skip
            refs: dict[str, int | str] = {
                "book": book.book, "grant": record.grant, "slot": record.slot,
                "voucher": record.voucher, "customer": entry.customer,
            }  # fmt: skip
            unit.record(Fact(facts.BOOK_ENTERED, event_id, fields, refs))
        return record

    def given_before(self, customer: str, offer_code: str) -> GivenBefore:
        """Return how many of an offer a customer has, here or elsewhere, as far as is known here.

        What was handed out is entered whatever this says: whoever signs for it should know.
        """
        today = china_day(self._clock.now_ms() // 1000)
        with self._store.read() as reading:
            person = reading.customer(customer)
            found = (one for one in reading.campaigns() if offer_code in one.numbers)
            campaign = next(found, None)
            if person is None or campaign is None:
                return GivenBefore()
            limit = campaign.campaign.offer(offer_code).per_person_limit
            return GivenBefore(reading.issued(person.hashes, offer_code, today).person_total, limit)

    def check(self, entry: BookEntry) -> tuple[BookRecord, int]:
        """Return the book and the slot of an entry that could be made now; nothing is written.

        Raises RuleViolation ``book_number_unknown``, ``book_number_entered``,
        ``book_customer_missing``, ``book_customer_needless``, ``customer_unknown`` or ``book_day``
        (not between printing and today, or after the last good day).
        """
        with self._store.read() as reading:
            record, book = _find(reading, entry.number)
            _check(reading, record, book, entry)
            if entry.fate is Fate.USED:
                _used_day(record, entry, china_day(self._clock.now_ms() // 1000))
            return book, record.slot


def _find(reading: Reading, number: str) -> tuple[VoucherRecord, BookRecord]:
    record = _voucher(reading, number.strip())
    if record is not None:
        for book in reading.books():
            if book.grant == record.grant and record.slot in book.slots:
                return record, book
    raise RuleViolation("book_number_unknown", field="number", number=number[:40])


def _voucher(reading: Reading, number: str) -> VoucherRecord | None:
    if number.count("-") == 1:
        return reading.voucher(number)
    printed = _PRINTED_NUMBER.fullmatch(number)
    if printed is not None:
        terminal, running = printed.groups()
        is_ours = terminal is None or int(terminal) == reading.terminal().terminal
        return reading.voucher_numbered(int(running)) if is_ours else None
    if looks_like_short_code(number):
        code = parse_short_code(number)
        return reading.voucher(facts.voucher_id(code.grant, code.slot))
    return _scanned(reading, number)


def _scanned(reading: Reading, text: str) -> VoucherRecord | None:
    """Return the voucher whose QR was read; a forged one is none of the numbers printed here."""
    try:
        grant, voucher = token_bytes(text)
        name = facts.voucher_id(decode_grant(grant).number, decode_voucher(voucher).slot)
    except BranchDeskError:
        return None
    record = reading.voucher(name)
    return record if record is not None and record.voucher_bytes == voucher else None


def _check(reading: Reading, record: VoucherRecord, book: BookRecord, entry: BookEntry) -> None:
    before = book.fates.get(record.slot)
    if before is not None:
        raise RuleViolation("book_number_entered", field="number", number=entry.number[:40],
                            fate=before.value)  # fmt: skip
    if entry.fate is not Fate.USED:
        if entry.customer or entry.used_on:
            raise RuleViolation("book_customer_needless", field="customer", fate=entry.fate.value)
        return
    if not entry.customer:
        raise RuleViolation("book_customer_missing", field="customer", number=entry.number[:40])
    if reading.customer(entry.customer) is None:
        raise RuleViolation("customer_unknown", field="customer", customer=entry.customer[:64])


def _used_day(record: VoucherRecord, entry: BookEntry, today: int) -> int:
    voucher = decode_voucher(record.voucher_bytes)
    first = china_day(voucher.issued_at)
    day = today if entry.used_on is None else day_number(entry.used_on)
    if not first <= day <= min(today, voucher.expires):
        last = min(today, voucher.expires)
        shown, begins, ends = (day_of(number).isoformat() for number in (day, first, last))
        raise RuleViolation("book_day", field="used_on", day=shown, first=begins, last=ends)
    return day
