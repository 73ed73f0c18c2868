"""Books of numbered vouchers in a batch: their slots are used, and each number is entered once.

What was spoiled or returned lies at the outlet and frees its money; what is missing stays
committed, because nobody can say that it will not turn up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.book_entries import HANDED_BACK, Entry
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.redemption_tables import book_entries
from branchdesk.headoffice.slot_effects import VOID, SlotEffects
from branchdesk.headoffice.slot_ranges import slot_set
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import facts

Problem = tuple[str, str]


@dataclass(slots=True)
class BookEffects:
    """The numbers that a batch enters; ``entered`` are those known, by grant and slot."""

    chain: ChainState
    slots: SlotEffects
    entered: set[tuple[int, int]]
    rows: list[tuple[object, ...]] = field(default_factory=list)

    @classmethod
    def load(
        cls, connection: Connection, chain: ChainState, acts: Iterable[Draft], slots: SlotEffects
    ) -> "BookEffects":
        """Read which numbers of the batch's books were entered before."""
        numbers = {
            draft.grant.value.number
            for draft in acts
            if draft.envelope.type == facts.BOOK_ENTERED and draft.grant is not None
        }
        if not numbers:
            return cls(chain, slots, set())
        statement = select(book_entries.c.grant, book_entries.c.slot).where(
            is_among(connection, book_entries.c.grant, numbers)
        )
        return cls(chain, slots, {(grant, slot) for grant, slot in connection.execute(statement)})

    def enter(self, draft: Draft) -> Problem | None:
        """Take what became of numbers, all of an event or none of it."""
        assert draft.grant is not None
        fields, number = draft.fields or {}, draft.grant.value.number
        entries = [Entry(*entry) for entry in fields["entries"]]
        for entry in entries:
            if problem := self._problem(number, entry):
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
        return None

    def write(self, connection: Connection) -> None:
        """Write what was entered."""
        insert_rows(connection, book_entries, self.rows)

    def _problem(self, number: int, entry: Entry) -> Problem | None:
        place = number, entry.slot
        if place in self.entered:
            return FLAGGED, "entered_before"
        if entry.slot not in self.slots.used.get(number, ()):
            return REFUSED, "slot_unissued"
        if why := self.slots.why_out(*place):
            return REFUSED, f"slot_{why}"
        if entry.fate in HANDED_BACK:
            if self.slots.journal.standing(place):
                return REFUSED, "slot_honoured"
            if not self.chain.is_live:
                return REFUSED, "chain_not_live"
        return None
