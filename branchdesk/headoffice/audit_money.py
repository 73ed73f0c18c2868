"""Audit of the money: grants, slots that came back, and each offer's promise.

cost cap · (Σ slots − Σ out) + reserve ≤ budget, and the same by count, recomputed from rows
"""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, func, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.audit_keys import OfficeKeys
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.learn_grants import UNCOVERED
from branchdesk.headoffice.offer_books import OfferBook, book_of
from branchdesk.headoffice.row_mac import grant_mac
from branchdesk.headoffice.slot_effects import CLOSED, RETURNED, REVOKED, TAKEN_BACK, VOID
from branchdesk.headoffice.slot_ranges import SlotSet
from branchdesk.headoffice.tables import (
    allowances,
    epochs,
    grants,
    offers,
    revocation_holds,
    slots_out,
    usage,
    vouchers,
)
from branchdesk.protocol.enrolment import KeyUse
from branchdesk.protocol.token import Grant, authentic_grant, decode_grant

_WHY_OUT: Final = frozenset({RETURNED, REVOKED, VOID, CLOSED, UNCOVERED})


@dataclass(slots=True)
class AuditedGrant:
    """A grant whose signature holds, with the slots that are out."""

    value: Grant
    epoch: int
    out: SlotSet = field(default_factory=SlotSet)
    taken_back: SlotSet = field(default_factory=SlotSet)


def check_grants(
    context: OfficeContext, connection: Connection, findings: Findings, keys: OfficeKeys
) -> dict[int, AuditedGrant]:
    """Check every grant's signature and row; return the grants by number."""
    device = {
        (row.terminal, row.epoch): bytes(row.public_key)
        for row in connection.execute(
            select(epochs.c.terminal, epochs.c.epoch, epochs.c.public_key)
        )
    }
    found: dict[int, AuditedGrant] = {}
    for row in connection.execute(select(grants).order_by(grants.c.grant)):
        findings.count("grants")
        try:
            value = decode_grant(bytes(row.record))
            signed = authentic_grant(value, keys.of(KeyUse.GRANT))
        except ContractFault as error:
            findings.fault("grants", error, grant=row.grant)
            continue
        findings.expect(signed, "grants", "bad_signature", grant=row.grant)
        same = (value.number, value.terminal, value.offer, value.slots) == (
            row.grant, row.terminal, row.offer, row.slots,
        )  # fmt: skip
        mac = grant_mac(context, row.grant, row.epoch, row.lent_ms, bytes(row.record))
        findings.expect(same and mac == bytes(row.mac), "grants", "row_differs", grant=row.grant)
        its_key = device.get((row.terminal, row.epoch)) == value.terminal_key
        findings.expect(its_key, "grants", "terminal_key_differs", grant=row.grant)
        found[row.grant] = AuditedGrant(value, row.epoch)
    return found


def check_slots_out(
    connection: Connection, findings: Findings, lent: dict[int, AuditedGrant]
) -> None:
    """Check that slots out lie inside their grants, once each, and remember them."""
    statement = select(slots_out).order_by(slots_out.c.grant, slots_out.c.first)
    for row in connection.execute(statement):
        findings.count("slots_out", row.last - row.first + 1)
        facts = {"grant": row.grant, "first": row.first, "last": row.last}
        grant = lent.get(row.grant)
        if not findings.expect(grant is not None, "slots_out", "grant_missing", **facts):
            continue
        assert grant is not None
        inside = 1 <= row.first <= row.last <= grant.value.slots
        # A terminal that joined again voids what it issued before in its present epoch.
        in_time = row.epoch >= grant.epoch if row.why == VOID else row.epoch == grant.epoch
        known = row.why in _WHY_OUT and in_time
        findings.expect(inside and known, "slots_out", "row_differs", **facts)
        part = SlotSet(((row.first, row.last),))
        overlaps = part.minus(grant.out).count != part.count
        findings.expect(not overlaps, "slots_out", "out_twice", **facts)
        grant.out = grant.out.plus(part)
        if row.why in TAKEN_BACK:
            grant.taken_back = grant.taken_back.plus(part)


def check_offers(connection: Connection, findings: Findings, lent: dict[int, AuditedGrant]) -> None:
    """Recompute what every offer has lent, got back and holds, and check the promise."""
    slots, out = _totals(lent)
    reserves = _reserves(connection)
    for row in connection.execute(select(offers).order_by(offers.c.offer)):
        findings.count("offers")
        book = book_of(row)
        counted = (book.slots_lent, book.slots_out)
        expected = (slots.get(book.offer, 0), out.get(book.offer, 0))
        findings.expect(
            counted == expected, "offers", "counters_differ", offer=book.offer,
            stored=list(counted), recomputed=list(expected),
        )  # fmt: skip
        _check_reserve(findings, book, reserves.get(book.offer, []))
        _check_promise(findings, book)
    _check_usage(connection, findings, lent)


def _totals(lent: dict[int, AuditedGrant]) -> tuple[dict[int, int], dict[int, int]]:
    slots: dict[int, int] = {}
    out: dict[int, int] = {}
    for grant in lent.values():
        offer = grant.value.offer
        slots[offer] = slots.get(offer, 0) + grant.value.slots
        out[offer] = out.get(offer, 0) + grant.out.count
    return slots, out


def _reserves(connection: Connection) -> dict[int, list[tuple[int, int]]]:
    """Return the (money, slots) held back by offer; a revocation's money is given as -1."""
    found: dict[int, list[tuple[int, int]]] = {}
    for row in connection.execute(select(allowances)):
        found.setdefault(row.offer, []).append((row.amount_minor, row.slots))
    holds = revocation_holds.c
    waiting = (
        select(holds.offer, holds.grant, holds.item, func.max(holds.slots))
        .where(holds.acknowledged_ms.is_(None))
        .group_by(holds.offer, holds.grant, holds.item)
    )
    for offer, _, _, held in connection.execute(waiting):
        found.setdefault(offer, []).append((-1, held))
    return found


def _check_reserve(findings: Findings, book: OfferBook, held: list[tuple[int, int]]) -> None:
    # A revocation is marked by -1: its money is its slots at the offer's cost cap.
    money = sum(book.cost_cap_minor * slots if m < 0 else m for m, slots in held)
    slots = sum(slots for _, slots in held)
    # What was lost stays reserved until a person decides who bears it.
    money, slots = money + book.loss_minor, slots + book.loss_slots
    findings.expect(
        (book.reserve_minor, book.reserve_slots) == (money, slots), "offers", "reserve_differs",
        offer=book.offer, stored=[book.reserve_minor, book.reserve_slots],
        recomputed=[money, slots],
    )  # fmt: skip


def _check_promise(findings: Findings, book: OfferBook) -> None:
    used = book.committed_minor + book.reserve_minor
    within = used <= book.ceiling_minor and book.budget_minor <= book.ceiling_minor
    # A ceiling above the budget is legitimate only while a cut budget waits to be reached.
    within = within and book.ceiling_minor in {book.budget_minor, used}
    findings.expect(
        within, "offers", "over_budget", offer=book.offer, used_minor=used,
        budget_minor=book.budget_minor,
    )  # fmt: skip
    if book.slots_limit is not None:
        held = book.slots_lent - book.slots_out + book.reserve_slots
        ceiling = book.slots_ceiling or 0
        fits = held <= ceiling and ceiling in {book.slots_limit, held}
        findings.expect(
            fits, "offers", "over_count", offer=book.offer, used=held, count=book.slots_limit
        )


def _check_usage(connection: Connection, findings: Findings, lent: dict[int, AuditedGrant]) -> None:
    # Books are printed in advance; only what is issued at a counter says how fast it goes.
    books = [number for number, grant in lent.items() if grant.value.is_book]
    counted = (
        select(vouchers.c.terminal, vouchers.c.offer, vouchers.c.issued_day, func.count())
        .where(~is_among(connection, vouchers.c.grant, books))
        .group_by(vouchers.c.terminal, vouchers.c.offer, vouchers.c.issued_day)
    )  # fmt: skip
    expected = {tuple(row) for row in connection.execute(counted)}
    stored = {tuple(row) for row in connection.execute(select(usage))}
    findings.count("usage", len(stored))
    for row in sorted(expected ^ stored):
        findings.wrong("usage", "row_differs", terminal=row[0], offer=row[1], day=row[2])
