"""Books of numbered vouchers in a batch: their slots are used, and each number is entered once.

What was spoiled or returned lies at the outlet and frees its money; what is missing stays
committed, because nobody can say that it will not turn up, and is put before a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, select

from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.book_entries import HANDED_BACK, MISSING, USED, Entry
from branchdesk.headoffice.case_news import (
    NUMBERS_MISSING,
    CaseFound,
    honoured_already,
    named_voucher,
)
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.earlier_vouchers import EarlierVouchers
from branchdesk.headoffice.limit_checks import Issued
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redemption_tables import book_entries
from branchdesk.headoffice.slot_effects import VOID, SlotEffects
from branchdesk.headoffice.slot_ranges import slot_set
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import facts

Problem = tuple[str, str]
# A case names this many numbers; of a book with more missing, the first.
_NAMED_MAX: Final = 50


@dataclass(slots=True)
class BookEffects:
    """The numbers that a batch enters; ``entered`` are those known, by grant and slot."""

    chain: ChainState
    slots: SlotEffects
    books: Mapping[int, OfferBook]
    entered: set[tuple[int, int]]
    earlier: EarlierVouchers
    given: list[Issued] = field(default_factory=list)
    cases: list[CaseFound] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)

    @classmethod
    def load(
        cls,
        connection: Connection,
        chain: ChainState,
        acts: Iterable[Draft],
        *,
        slots: SlotEffects,
        books: Mapping[int, OfferBook],
        earlier: EarlierVouchers,
    ) -> "BookEffects":
        """Read which numbers of the batch's books were entered before."""
        numbers = {
            draft.grant.value.number
            for draft in acts
            if draft.envelope.type == facts.BOOK_ENTERED and draft.grant is not None
        }
        if not numbers:
            return cls(chain, slots, books, set(), earlier)
        statement = select(book_entries.c.grant, book_entries.c.slot).where(
            is_among(connection, book_entries.c.grant, numbers)
        )
        entered = {(grant, slot) for grant, slot in connection.execute(statement)}
        return cls(chain, slots, books, entered, earlier)

    def enter(self, draft: Draft) -> Problem | None:
        """Take what became of numbers, all of an event or none of it."""
        assert draft.grant is not None
        fields, number = draft.fields or {}, draft.grant.value.number
        entries = [Entry(*entry) for entry in fields["entries"]]
        for entry in entries:
            if problem := self._problem(draft, entry):
                return problem
        back = [entry.slot for entry in entries if entry.fate in HANDED_BACK]
        if back:
            self.slots.take_out(draft, slot_set((slot, slot) for slot in back), VOID)
        envelope = draft.envelope
        for entry in entries:
            self.entered.add((number, entry.slot))
            self.rows.append(
                (number, entry.slot, envelope.terminal, envelope.epoch, draft.seq, fields["book"],
                 entry.fate, entry.customer, entry.used_day, fields["second"])
            )  # fmt: skip
            if entry.fate == USED and entry.customer:
                self.given.append(
                    Issued(number, entry.slot, draft.grant.value.offer, entry.used_day,
                           entry.customer, envelope.terminal, draft.seq)
                )  # fmt: skip
        # What was redeemed has been seen since it was looked for.
        standing = self.slots.journal.standing
        missing = [e.slot for e in entries if e.fate == MISSING and not standing((number, e.slot))]
        if not missing:
            return None
        self.cases.append(self._missing(draft, missing))
        return FLAGGED, NUMBERS_MISSING

    def _missing(self, draft: Draft, slots: list[int]) -> CaseFound:
        """Return the case about the numbers of a book that nobody can find."""
        assert draft.grant is not None
        fields, grant, seq = draft.fields or {}, draft.grant.value, draft.seq
        told = {
            **named_voucher(self.books[grant.offer], (grant.number, slots[0])),
            "book": fields["book"], "count": len(slots), "staff": draft.envelope.staff,
            "vouchers": [facts.voucher_id(grant.number, slot) for slot in slots[:_NAMED_MAX]],
            "loss_minor": grant.face_minor * len(slots), "liable": self.chain.outlet,
        }  # fmt: skip
        return NUMBERS_MISSING, seq, told

    def write(self, connection: Connection) -> None:
        """Write what was entered."""
        insert_rows(connection, book_entries, self.rows)

    def _problem(self, draft: Draft, entry: Entry) -> Problem | None:
        assert draft.grant is not None
        grant = draft.grant.value
        place = grant.number, entry.slot
        if place in self.entered:
            return FLAGGED, "entered_before"
        if problem := self._not_its_own(draft, place):
            return problem
        if why := self.slots.why_out(*place):
            return REFUSED, f"slot_{why}"
        if entry.fate in HANDED_BACK:
            if standing := self.slots.journal.standing(place):
                book = self.books[grant.offer]
                self.cases.append(
                    honoured_already(book, standing, draft.envelope, self.chain.outlet)
                )
                return REFUSED, "slot_honoured"
            if not self.chain.is_live:
                return REFUSED, "chain_not_live"
        return None

    def _not_its_own(self, draft: Draft, place: tuple[int, int]) -> Problem | None:
        if place[1] not in self.slots.used.get(place[0], ()):
            return REFUSED, "slot_unissued"
        return (REFUSED, "voucher_on_branch") if self.earlier.is_on_branch(draft, place) else None
