"""Audit of what became of vouchers: each journal row against its event, and the sums of them all.

Σ of what stands for a voucher ≤ its face, nothing stands for a slot that is out, and each offer's
honoured and lost money is what the rows add up to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, func, select

from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.audit_money import AuditedGrant
from branchdesk.headoffice.batch_check import APPLIED, FLAGGED
from branchdesk.headoffice.book_entries import HANDED_BACK
from branchdesk.headoffice.case_news import RESOLVED
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.honouring import DOUBLE, OUT
from branchdesk.headoffice.offer_books import OfferBook, book_of
from branchdesk.headoffice.redemption_journal import (
    DUPLICATE,
    REFUSED_STATE,
    STANDS,
    UNDONE,
    RedemptionRow,
    redemption_row,
)
from branchdesk.headoffice.redemption_tables import (
    book_entries,
    case_decisions,
    copies,
    redemption_answers,
    redemption_undos,
    redemptions,
    releases,
    voids,
)
from branchdesk.headoffice.row_mac import answer_mac, mac_key, redemption_mac
from branchdesk.headoffice.slot_effects import VOID
from branchdesk.headoffice.slot_ranges import SlotSet, read_ranges, slot_set
from branchdesk.headoffice.tables import allowances, cases, offers, slots_out
from branchdesk.protocol import facts
from branchdesk.protocol.event import Envelope
from branchdesk.protocol.redemption import Basis
from branchdesk.protocol.token import decode_grant, decode_voucher

# Each row of these names the event that it follows from, once there is one.
JOURNALS: Final = (redemptions, redemption_undos, voids, copies, releases, book_entries)
_KEPT_CODES: Final = frozenset({DOUBLE, OUT})
Place = dict[str, Any]


@dataclass(slots=True)
class VoucherRows:
    """The journal rows that name the events of one page, by table and sequence number."""

    found: dict[str, dict[int, list[Row[Any]]]] = field(default_factory=dict)

    @classmethod
    def load(
        cls, connection: Connection, terminal: int, epoch: int, page: Sequence[Row[Any]]
    ) -> "VoucherRows":
        """Read the rows of a page of one chain."""
        rows = cls()
        for table in JOURNALS:
            statement = select(table).where(
                table.c.terminal == terminal, table.c.epoch == epoch, table.c.seq >= page[0].seq,
                table.c.seq <= page[-1].seq,
            )  # fmt: skip
            by_seq = rows.found.setdefault(table.name, {})
            for row in connection.execute(statement):
                by_seq.setdefault(row.seq, []).append(row)
        return rows

    def sizes(self) -> dict[str, int]:
        """Return how many rows of each table the page has."""
        return {name: sum(map(len, rows.values())) for name, rows in self.found.items()}

    def take(self, table: Table, seq: int) -> list[Row[Any]]:
        """Return the rows of an event and take them out."""
        return self.found.get(table.name, {}).pop(seq, [])

    def report_rest(self, findings: Findings, place: Mapping[str, object]) -> None:
        """Report rows whose event does not call for them."""
        for name, rows in self.found.items():
            for seq in sorted(rows):
                findings.wrong(name, "no_event", **place, seq=seq)


def check_voucher_event(
    findings: Findings, row: Row[Any], envelope: Envelope, fields: dict[str, Any], rows: VoucherRows
) -> None:
    """Check what an event about a voucher should have left behind, and take it out of ``rows``.

    ``row`` is the event's: a redemption that came too late has a row of its own too.
    """
    check = _CHECKS.get(envelope.type)
    takes_effect = row.verdict in {APPLIED, FLAGGED}
    is_kept = envelope.type == facts.VOUCHER_REDEEMED and row.code in _KEPT_CODES
    if check is not None and (takes_effect or is_kept):
        place = {"terminal": row.terminal, "epoch": row.epoch, "seq": row.seq}
        check(findings, envelope, fields, rows, {**place, "code": row.code, "kept": is_kept})


def _check_redeemed(
    findings: Findings, envelope: Envelope, fields: dict[str, Any], rows: VoucherRows, place: Place
) -> None:
    code, is_kept = place.pop("code"), place.pop("kept")
    found = rows.take(redemptions, place["seq"])
    findings.count("redemptions")
    if not findings.expect(len(found) == 1, "redemptions", "row_missing", **place):
        return
    row = redemption_row(found[0])
    # A late one stands only in the place of another; that one is looked at with all of them.
    late = {DUPLICATE, REFUSED_STATE, UNDONE} | ({STANDS} if row.second_of else set())
    states = late if is_kept else {STANDS, UNDONE}
    findings.expect(row.state in states, "redemptions", "state_differs", **place)
    voucher = decode_voucher(fields["voucher"])
    same = (
        row.redemption == envelope.event_id.bytes
        and row.place == (decode_grant(fields["grant_bytes"]).number, voucher.slot)
        and row.basis in {fields["basis"], Basis.ONLINE}
        and (row.amount_minor == fields["amount_minor"] or code == "redemption_differs")
    )
    findings.expect(same, "redemptions", "row_differs", **place)


def _check_undone(
    findings: Findings, envelope: Envelope, fields: dict[str, Any], rows: VoucherRows, place: Place
) -> None:
    _compare(
        findings, rows.take(redemption_undos, place["seq"]), redemption_undos.name, place,
        (envelope.event_id.bytes, fields["redemption"], *_at(place), fields["reason"]),
        again="undone_before",
    )  # fmt: skip


def _check_voided(
    findings: Findings, _: Envelope, fields: dict[str, Any], rows: VoucherRows, place: Place
) -> None:
    _compare(
        findings, rows.take(voids, place["seq"]), voids.name, place,
        (fields["grant"], fields["slot"], *_at(place), fields["reason"], fields["second"]),
        again="voided_before",
    )  # fmt: skip


def _check_copied(
    findings: Findings, _: Envelope, fields: dict[str, Any], rows: VoucherRows, place: Place
) -> None:
    _compare(
        findings, rows.take(copies, place["seq"]), copies.name, place,
        (fields["grant"], fields["slot"], fields["copy"], *_at(place), fields["voucher"],
         fields["reason"]),
    )  # fmt: skip


def _check_released(
    findings: Findings, _: Envelope, fields: dict[str, Any], rows: VoucherRows, place: Place
) -> None:
    found = rows.take(releases, place["seq"])
    findings.count("releases")
    asked = SlotSet(read_ranges(fields["slots"], 1 << 24) or ())
    stored = slot_set((row.first, row.last) for row in found)
    named = all(row.grant == fields["grant"] for row in found)
    told = bool(found) != (place["code"] == "released_before")
    good = named and told and not stored.minus(asked).count
    findings.expect(good, "releases", "row_differs", **_at_words(place))


def _check_entered(
    findings: Findings, _: Envelope, fields: dict[str, Any], rows: VoucherRows, place: Place
) -> None:
    findings.count("book_entries", len(fields["entries"]))
    stored = sorted(tuple(row) for row in rows.take(book_entries, place["seq"]))
    expected = [] if place["code"] == "entered_before" else sorted(
        (fields["grant"], slot, *_at(place), fields["book"], fate, customer, day, fields["second"])
        for slot, fate, customer, day in fields["entries"]
    )  # fmt: skip
    findings.expect(stored == expected, "book_entries", "row_differs", **_at_words(place))


_CHECKS: Final = {
    facts.BOOK_ENTERED: _check_entered,
    facts.VOUCHER_REDEEMED: _check_redeemed,
    facts.REDEMPTION_UNDONE: _check_undone,
    facts.VOUCHER_VOIDED: _check_voided,
    facts.VOUCHER_REPRINTED: _check_copied,
    facts.VOUCHER_RELEASED: _check_released,
}


def _compare(
    findings: Findings,
    found: Sequence[Row[Any]],
    check: str,
    place: Place,
    expected: tuple[object, ...],
    *,
    again: str = "",
) -> None:
    findings.count(check)
    if place["code"] and place["code"] == again:
        findings.expect(not found, check, "row_differs", **_at_words(place))
        return
    stored = [
        tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)[: len(expected)]
        for row in found
    ]
    findings.expect(stored == [expected], check, "row_differs", **_at_words(place))


def _at(place: Place) -> tuple[int, int, int]:
    return place["terminal"], place["epoch"], place["seq"]


def _at_words(place: Place) -> dict[str, Any]:
    return {name: place[name] for name in ("terminal", "epoch", "seq")}


@dataclass(slots=True)
class _Sums:
    """What the rows add up to, by offer and by voucher."""

    standing: dict[tuple[int, int], int] = field(default_factory=dict)
    offer_of: dict[int, int] = field(default_factory=dict)
    booked: dict[int, tuple[int, int]] = field(default_factory=dict)
    paid: dict[tuple[int, int], int] = field(default_factory=dict)
    undone: set[bytes] = field(default_factory=set)
    # In whose place a late one stands, and which vouchers late ones wait for.
    followed: set[bytes] = field(default_factory=set)
    waiting: set[tuple[int, int]] = field(default_factory=set)

    def add(self, row: RedemptionRow) -> None:
        """Count a row."""
        self.offer_of[row.grant] = row.offer
        if row.state == STANDS:
            self.standing[row.place] = self.standing.get(row.place, 0) + row.amount_minor
            self.followed |= {row.second_of} - {b""}
        elif row.state == UNDONE:
            self.undone.add(row.redemption)
        elif row.state == DUPLICATE:
            self.waiting.add(row.place)
        money, slots = self.booked.get(row.offer, (0, 0))
        self.booked[row.offer] = money + row.booked_minor, slots + row.booked_slots
        where = row.offer, row.terminal
        self.paid[where] = self.paid.get(where, 0) + row.paid_minor


def check_redemptions(
    context: OfficeContext,
    connection: Connection,
    findings: Findings,
    lent: dict[int, AuditedGrant],
) -> None:
    """Check the sums of all redemptions, and that what was answered online is in the journal."""
    key, sums = mac_key(context.vault), _Sums()
    answered = _check_answers(connection, findings, key)
    for stored in connection.execute(select(redemptions)):
        row = redemption_row(stored)
        altered = redemption_mac(key, astuple(row)) != bytes(stored.mac)
        findings.expect(not altered, "redemptions", "row_altered", redemption=row.redemption.hex())
        has_word = row.seq > 0 or row.redemption in answered
        findings.expect(has_word, "redemptions", "no_event", redemption=row.redemption.hex())
        sums.add(row)
    _check_standing(findings, sums, lent)
    _check_order(findings, sums)
    _check_undos(connection, findings, sums.undone, answered)
    _check_voids(connection, findings)
    _check_books(connection, findings, sums)
    _check_decisions(connection, findings)


def _check_answers(connection: Connection, findings: Findings, key: bytes) -> set[bytes]:
    """Return the intents that were answered online."""
    answered: set[bytes] = set()
    for row in connection.execute(select(redemption_answers)):
        findings.count("redemption_answers")
        columns = [bytes(v) if isinstance(v, memoryview) else v for v in row][:-1]
        altered = answer_mac(key, columns) != bytes(row.mac)
        findings.expect(
            not altered, "redemptions", "answer_altered", intent=bytes(row.intent).hex()
        )
        answered.add(bytes(row.intent))
    return answered


def _check_standing(findings: Findings, sums: _Sums, lent: dict[int, AuditedGrant]) -> None:
    findings.count("honoured", len(sums.standing))
    for (number, slot), amount in sorted(sums.standing.items()):
        told = {"grant": number, "slot": slot}
        grant = lent.get(number)
        if not findings.expect(grant is not None, "redemptions", "grant_missing", **told):
            continue
        assert grant is not None
        inside = 1 <= slot <= grant.value.slots and amount <= grant.value.face_minor
        findings.expect(inside, "redemptions", "over_face", **told, amount_minor=amount)
        findings.expect(slot not in grant.out, "redemptions", "slot_out", **told)


def _check_order(findings: Findings, sums: _Sums) -> None:
    """Check that nobody waits for a voucher that is free, nor took the place of one that stands."""
    for number, slot in sorted(sums.waiting - sums.standing.keys()):
        findings.wrong("redemptions", "nothing_first", grant=number, slot=slot)
    for redemption in sorted(sums.followed - sums.undone):
        findings.wrong("redemptions", "first_not_undone", redemption=redemption.hex())


def _check_undos(
    connection: Connection, findings: Findings, undone: set[bytes], answered: set[bytes]
) -> None:
    named: list[bytes] = []
    for row in connection.execute(select(redemption_undos)):
        named.append(bytes(row.redemption))
        has_word = row.seq > 0 or bytes(row.undo) in answered
        findings.expect(has_word, "redemption_undos", "no_event", undo=bytes(row.undo).hex())
    same = len(named) == len(set(named)) and set(named) == undone
    findings.expect(same, "redemption_undos", "state_differs", stored=len(named),
                    undone=len(undone))  # fmt: skip


def _check_voids(connection: Connection, findings: Findings) -> None:
    named = select(voids.c.grant, voids.c.slot, voids.c.seq)
    out = select(slots_out.c.grant, slots_out.c.first, slots_out.c.last, slots_out.c.seq).where(
        slots_out.c.why == VOID
    )
    back = select(book_entries.c.grant, book_entries.c.slot, book_entries.c.seq).where(
        book_entries.c.fate.in_(HANDED_BACK)
    )
    said = {tuple(row) for which in (named, back) for row in connection.execute(which)}
    done = {
        (row.grant, slot, row.seq)
        for row in connection.execute(out)
        for slot in range(row.first, row.last + 1)
    }
    for grant, slot, _ in sorted(said ^ done):
        findings.wrong("voids", "slot_differs", grant=grant, slot=slot)


def _check_books(connection: Connection, findings: Findings, sums: _Sums) -> None:
    slots: dict[int, list[int]] = {}
    for (number, _), amount in sums.standing.items():
        slots.setdefault(sums.offer_of[number], []).append(amount)
    for row in connection.execute(select(offers).order_by(offers.c.offer)):
        book: OfferBook = book_of(row)
        honoured = sum(map(book.cost_minor, slots.get(book.offer, ())))
        stored = book.honoured_minor, book.loss_minor, book.loss_slots
        expected = (honoured, *sums.booked.get(book.offer, (0, 0)))
        findings.expect(
            stored == expected, "offers", "redeemed_differs", offer=book.offer,
            stored=list(stored), recomputed=list(expected),
        )  # fmt: skip
    table = allowances.c
    lost = select(table.offer, table.terminal, func.sum(table.lost_minor))
    for offer, terminal, paid in connection.execute(lost.group_by(table.offer, table.terminal)):
        findings.count("allowances")
        findings.expect(paid == sums.paid.get((offer, terminal), 0), "allowances", "lost_differs",
                        offer=offer, terminal=terminal)  # fmt: skip


def _check_decisions(connection: Connection, findings: Findings) -> None:
    decided = set(connection.execute(select(case_decisions.c.case)).scalars())
    resolved = set(
        connection.execute(select(cases.c.case).where(cases.c.state == RESOLVED)).scalars()
    )
    findings.count("case_decisions", len(decided))
    for case in sorted(decided ^ resolved):
        findings.wrong("case_decisions", "state_differs", case=case)
