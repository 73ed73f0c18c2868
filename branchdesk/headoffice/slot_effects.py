"""Slots used and given back by a batch, judged in the order of its events.

A slot is used once. A slot that came back, or was taken back, can no longer be used; one that is
known as used cannot come back without a person looking at it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, or_, select

from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redemption_journal import Journal
from branchdesk.headoffice.slot_ranges import SlotSet, read_ranges
from branchdesk.headoffice.tables import slots_out, vouchers
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import facts
from branchdesk.protocol.token import china_day

RETURNED, REVOKED, VOID, CLOSED = "returned", "revoked", "void", "closed"
# Of these no voucher was known when they went out; the two others may have been issued.
TAKEN_BACK = frozenset({RETURNED, REVOKED})


class VoucherRow(NamedTuple):
    """A row of the vouchers table, in the order of its columns."""

    grant: int
    slot: int
    terminal: int
    epoch: int
    seq: int
    offer: int
    customer: str
    voucher: bytes
    number: int
    issued_at: int
    issued_day: int
    expires_day: int


@dataclass(slots=True)
class SlotEffects:
    """The slots of the grants that a batch names: used, out, and what the batch adds."""

    chain: ChainState
    used: dict[int, set[int]]
    out: dict[int, dict[str, SlotSet]]
    journal: Journal = field(default_factory=Journal)
    issued: list[VoucherRow] = field(default_factory=list)
    booked: list[VoucherRow] = field(default_factory=list)
    gone: list[tuple[int, int, int, str, int, int]] = field(default_factory=list)
    freed: dict[int, int] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        connection: Connection,
        chain: ChainState,
        effective: Iterable[Draft],
        journal: Journal,
    ) -> "SlotEffects":
        """Read what is known about the slots that the batch names."""
        wanted: dict[int, set[int]] = {}
        returning: set[int] = set()
        for draft in effective:
            if draft.grant is None:
                continue
            number = draft.grant.value.number
            slots = wanted.setdefault(number, set())
            if draft.envelope.type == facts.VOUCHER_REDEEMED:
                # Whether its issue is known makes no difference.
                continue
            if draft.voucher is not None:
                slots.add(draft.voucher.slot)
            elif draft.book:
                slots.update(voucher.slot for voucher in draft.book)
            elif draft.envelope.type == facts.BOOK_ENTERED:
                slots.update(entry[0] for entry in (draft.fields or {})["entries"])
            elif draft.envelope.type == facts.VOUCHER_VOIDED:
                slots.add((draft.fields or {})["slot"])
            elif draft.envelope.type == facts.GRANT_RETURNED:
                returning.add(number)
        used = _read_used(connection, wanted, returning)
        return cls(chain, used, _read_out(connection, set(wanted)), journal)

    def why_out(self, grant: int, slot: int) -> str:
        """Return why a slot is out, or nothing while it is not."""
        found = self.out.get(grant, {}).items()
        return next((why for why, slots in found if slot in slots), "")

    def take_out(self, draft: Draft, slots: SlotSet, why: str) -> None:
        """Take slots of the event's grant out, and free their money."""
        assert draft.grant is not None
        grant = draft.grant.value
        for first, last in slots.ranges:
            self.gone.append((grant.number, first, last, why, draft.envelope.epoch, draft.seq))
        out = self.out.setdefault(grant.number, {})
        out[why] = out.get(why, SlotSet()).plus(slots)
        self.freed[grant.offer] = self.freed.get(grant.offer, 0) + slots.count

    def issue(self, draft: Draft, is_known: Callable[[str], bool]) -> tuple[str, str] | None:
        """Use a slot for a voucher; return the verdict and code when not simply applied."""
        assert draft.grant is not None
        assert draft.voucher is not None
        assert draft.fields is not None
        grant, voucher = draft.grant.value, draft.voucher
        used = self.used.setdefault(grant.number, set())
        if voucher.slot in used:
            return REFUSED, "slot_used"
        if why := self.why_out(grant.number, voucher.slot):
            return REFUSED, f"slot_{why}"
        used.add(voucher.slot)
        envelope, found = draft.envelope, draft.fields
        self.issued.append(
            VoucherRow(
                grant.number, voucher.slot, envelope.terminal, envelope.epoch, draft.seq,
                grant.offer, found["customer"], found["voucher"], found["number"],
                voucher.issued_at, china_day(voucher.issued_at), voucher.expires,
            )
        )  # fmt: skip
        if not self.chain.is_live:
            return FLAGGED, "issued_while_frozen"
        return None if is_known(found["customer"]) else (FLAGGED, "customer_unknown")

    def print_book(self, draft: Draft) -> tuple[str, str] | None:
        """Use the slots of a book, all or none; nobody was given anything yet."""
        assert draft.grant is not None
        assert draft.fields is not None
        grant, envelope, found = draft.grant.value, draft.envelope, draft.fields
        used = self.used.setdefault(grant.number, set())
        for voucher in draft.book:
            if voucher.slot in used:
                return REFUSED, "slot_used"
            if why := self.why_out(grant.number, voucher.slot):
                return REFUSED, f"slot_{why}"
        used.update(voucher.slot for voucher in draft.book)
        self.booked.extend(
            VoucherRow(
                grant.number, voucher.slot, envelope.terminal, envelope.epoch, draft.seq,
                grant.offer, "", data, found["number"] + place, voucher.issued_at,
                china_day(voucher.issued_at), voucher.expires,
            )
            for place, (voucher, data) in enumerate(
                zip(draft.book, found["vouchers"], strict=True)
            )
        )  # fmt: skip
        return None if self.chain.is_live else (FLAGGED, "issued_while_frozen")

    def voided(self) -> set[tuple[int, int]]:
        """Return the (grant, slot) of what the batch voids."""
        return {
            (number, slot)
            for number, first, last, why, *_ in self.gone
            if why == VOID
            for slot in range(first, last + 1)
        }

    def give_back(self, draft: Draft) -> tuple[str, str] | None:
        """Take slots back into the pool, except those known as used or out already."""
        assert draft.grant is not None
        assert draft.fields is not None
        if not self.chain.is_live:
            return REFUSED, "grant_not_live"
        grant = draft.grant.value
        ranges = read_ranges(draft.fields["slots"], grant.slots)
        if ranges is None:
            return REFUSED, "malformed_payload"
        asked = SlotSet(ranges)
        # A voucher may be redeemed elsewhere before its issue is known here.
        known = self.used.get(grant.number, set()) | self.journal.honoured_slots(grant.number)
        issued = asked.only(known)
        free = asked.without(issued)
        for earlier in self.out.get(grant.number, {}).values():
            free = free.minus(earlier)
        self.take_out(draft, free, RETURNED)
        if issued:
            return FLAGGED, "slots_issued"
        return None if free.count == asked.count else (FLAGGED, "slots_returned_before")

    def write(self, connection: Connection) -> None:
        """Write the vouchers."""
        insert_rows(connection, vouchers, [*self.issued, *self.booked])

    def free(
        self, context: OfficeContext, connection: Connection, books: Mapping[int, OfferBook]
    ) -> None:
        """Write what went out, and free its money in the locked ``books``."""
        now_ms = context.clock_ms()
        insert_rows(connection, slots_out, [(*row, now_ms) for row in self.gone])
        for offer, slots in self.freed.items():
            books[offer].slots_out += slots


def _read_used(
    connection: Connection, wanted: dict[int, set[int]], returning: set[int]
) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {number: set() for number in wanted}
    some = wanted.keys() - returning
    named = {slot for number in some for slot in wanted[number]}
    conditions: list[ColumnElement[bool]] = []
    if named:
        these = is_among(connection, vouchers.c.slot, named)
        conditions.append(is_among(connection, vouchers.c.grant, some) & these)
    if returning:
        conditions.append(is_among(connection, vouchers.c.grant, returning))
    if conditions:
        statement = select(vouchers.c.grant, vouchers.c.slot).where(or_(*conditions))
        for number, slot in connection.execute(statement):
            found[number].add(slot)
    return found


def _read_out(connection: Connection, numbers: set[int]) -> dict[int, dict[str, SlotSet]]:
    found: dict[int, dict[str, list[tuple[int, int]]]] = {}
    if not numbers:
        return {}
    statement = (
        select(slots_out)
        .where(is_among(connection, slots_out.c.grant, numbers))
        .order_by(slots_out.c.grant, slots_out.c.first)
    )
    for row in connection.execute(statement):
        found.setdefault(row.grant, {}).setdefault(row.why, []).append((row.first, row.last))
    return {
        number: {why: SlotSet(tuple(ranges)) for why, ranges in by_why.items()}
        for number, by_why in found.items()
    }
