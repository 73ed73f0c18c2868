"""Audit of the rows that follow from one event: customer, voucher, printing, slots returned."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Row, Table, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.audit_money import AuditedGrant
from branchdesk.headoffice.audit_redemptions import VoucherRows, check_voucher_event
from branchdesk.headoffice.batch_check import APPLIED, FLAGGED, REFUSED
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.customer_journals import (
    JOURNALED,
    corrected_hashes,
    erased_among,
    journal_row,
    rows_by_hash,
    split_hashes,
)
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.slot_effects import RETURNED
from branchdesk.headoffice.slot_ranges import SlotSet, read_ranges, slot_set
from branchdesk.headoffice.tables import (
    corrections,
    customer_hashes,
    customers,
    grants,
    printings,
    slots_out,
    vouchers,
)
from branchdesk.protocol import codec, facts
from branchdesk.protocol.event import Envelope
from branchdesk.protocol.sealing import person_context
from branchdesk.protocol.signing import verifies
from branchdesk.protocol.token import (
    VOUCHER_PREFIX,
    check_voucher_fits,
    china_day,
    decode_voucher,
)

Page = Sequence[Row[Any]]


@dataclass(slots=True)
class PeopleRows:
    """What became of customers: the journal rows of a page's events, and who they are about.

    ``journal`` is by event hash; ``keys`` are the persons' keys as we keep them.
    """

    journal: dict[bytes, Row[Any]]
    counts: dict[str, int]
    keys: dict[str, bytes]
    erased: set[str]
    later_hashes: dict[str, set[bytes]]

    @classmethod
    def load(cls, connection: Connection, page: Page, registered: Iterable[str]) -> "PeopleRows":
        """Read the rows of the events of ``page``; ``registered`` are the customers it made."""
        journal, counts = rows_by_hash(connection, [bytes(row.hash) for row in page])
        named = {row.customer for row in journal.values() if "customer" in row._fields}
        statement = select(customers.c.customer, customers.c.person_key).where(
            is_among(connection, customers.c.customer, named)
        )
        keys = {who: bytes(key) for who, key in connection.execute(statement) if key is not None}
        people = named | set(registered)
        return cls(
            journal, counts, keys, erased_among(connection, people),
            corrected_hashes(connection, people),
        )  # fmt: skip

    def sizes(self) -> dict[str, int]:
        """Return how many rows of each journal the page has."""
        return self.counts

    def report_rest(self, findings: Findings, place: dict[str, object]) -> None:
        """Report rows whose event does not call for them."""
        for row in self.journal.values():
            findings.wrong("people", "no_event", **place, seq=row.seq)


@dataclass(slots=True)
class PageRows:
    """The projection rows that name the events of one page, by sequence number."""

    customers: dict[int, Row[Any]]
    hashes: dict[str, list[bytes]]
    vouchers: dict[int, list[Row[Any]]]
    printings: dict[int, list[Row[Any]]]
    returns: dict[int, list[Row[Any]]]
    people: "PeopleRows"
    voucher_acts: VoucherRows = field(default_factory=VoucherRows)

    @classmethod
    def load(cls, connection: Connection, terminal: int, epoch: int, page: Page) -> "PageRows":
        """Read the rows of a page of one chain."""
        first, last = page[0].seq, page[-1].seq

        def rows_of(table: Table) -> list[Row[Any]]:
            statement = select(table).where(
                table.c.terminal == terminal, table.c.epoch == epoch, table.c.seq >= first,
                table.c.seq <= last,
            )  # fmt: skip
            return list(connection.execute(statement))

        # Those of a branch are met with the branch's own events.
        people = {row.seq: row for row in rows_of(customers) if not row.branch}
        printed: dict[int, list[Row[Any]]] = {}
        for row in rows_of(printings):
            printed.setdefault(row.seq, []).append(row)
        signed: dict[int, list[Row[Any]]] = {}
        for row in rows_of(vouchers):
            signed.setdefault(row.seq, []).append(row)
        return cls(
            people,
            hashes_of(connection, [row.customer for row in people.values()]),
            signed,
            printed,
            _returns(connection, terminal, epoch, (first, last)),
            PeopleRows.load(connection, page, [row.customer for row in people.values()]),
            VoucherRows.load(connection, terminal, epoch, page),
        )

    def sizes(self) -> dict[str, int]:
        """Return how many rows of each table the page has."""
        return {
            customers.name: len(self.customers),
            vouchers.name: sum(map(len, self.vouchers.values())),
            printings.name: sum(map(len, self.printings.values())),
            slots_out.name: sum(map(len, self.returns.values())),
            **self.people.sizes(),
            **self.voucher_acts.sizes(),
        }

    def report_rest(self, findings: Findings, place: dict[str, object]) -> None:
        """Report rows whose event does not call for them."""
        rest: dict[str, Iterable[int]] = {"customers": self.customers, "vouchers": self.vouchers,
                "printings": self.printings, "slots_out": self.returns}  # fmt: skip
        for check, left in rest.items():
            for seq in sorted(left):
                findings.wrong(check, "no_event", **place, seq=seq)
        self.voucher_acts.report_rest(findings, place)


def check_projections(
    context: OfficeContext,
    findings: Findings,
    row: Row[Any],
    envelope: Envelope,
    *,
    rows: PageRows,
    lent: dict[int, AuditedGrant],
) -> None:
    """Check what one event should have left behind, and take it out of ``rows``."""
    if row.code == "payload_erased" or row.verdict not in {APPLIED, FLAGGED, REFUSED}:
        return
    place = {"terminal": row.terminal, "epoch": row.epoch, "seq": row.seq}
    try:
        fields = facts.decode_payload(envelope.type, bytes(row.payload))
    except ContractFault as error:
        # What cannot be read had no effect.
        if row.verdict != REFUSED:
            findings.fault("events", error, **place)
        return
    check_voucher_event(findings, row, envelope, fields, rows.voucher_acts)
    if row.verdict == REFUSED:
        return
    if envelope.type == facts.CUSTOMER_REGISTERED:
        _check_customer(context, findings, fields, rows, place)
    elif envelope.type in JOURNALED:
        _check_journal(
            context, findings, envelope, fields, journaled=(bytes(row.hash), rows.people)
        )
    elif envelope.type == facts.VOUCHER_ISSUED:
        _check_vouchers(findings, [fields], rows.vouchers.pop(row.seq, []), lent, place)
    elif envelope.type == facts.BOOK_PRINTED:
        _check_vouchers(findings, _of_book(fields), rows.vouchers.pop(row.seq, []), lent, place)
    elif envelope.type == facts.VOUCHER_PRINTED:
        _check_printing(findings, fields, rows.printings.pop(row.seq, []), place)
    elif envelope.type == facts.GRANT_RETURNED:
        _check_return(findings, fields, rows.returns.pop(row.seq, []), place)


def _check_customer(
    context: OfficeContext,
    findings: Findings,
    fields: dict[str, Any],
    rows: PageRows,
    place: dict[str, Any],
) -> None:
    findings.count("customers")
    row = rows.customers.pop(place["seq"], None)
    if row is None:
        findings.wrong("customers", "row_missing", **place)
        return
    is_erased = row.customer in rows.people.erased
    same = (row.customer, row.channel, row.referrer, bytes(row.consents), bytes(row.sealed)) == (
        fields["customer"], fields["channel"], "" if is_erased else fields["referrer"],
        codec.encode(fields["consents"]), b"" if is_erased else fields["sealed"],
    )  # fmt: skip
    findings.expect(same, "customers", "row_differs", **place)
    stored = rows.hashes.get(row.customer, [])
    if is_erased:
        gone = row.person_key is None and not stored
        findings.expect(gone, "customers", "not_erased", **place)
        return
    later = rows.people.later_hashes.get(row.customer, set())
    if row.person_key is None:
        findings.expect(stored == sorted(later), "customers", "hashes_differ", **place)
        return
    try:
        key = context.open_at_rest(bytes(row.person_key), person_context(row.customer))
        personal = facts.unseal_personal(
            facts.CUSTOMER_REGISTERED, row.customer, key, bytes(row.sealed)
        )
    except (ContractFault, InvalidTag):
        findings.wrong("customers", "person_key_altered", **place)
        return
    findings.expect(
        stored == sorted(later | set(personal["hashes"])), "customers", "hashes_differ", **place
    )


def _check_journal(
    context: OfficeContext,
    findings: Findings,
    envelope: Envelope,
    fields: dict[str, Any],
    *,
    journaled: tuple[bytes, "PeopleRows"],
) -> None:
    (event, people), (table, _) = journaled, JOURNALED[envelope.type]
    findings.count(table.name)
    place = {"terminal": envelope.terminal, "epoch": envelope.epoch, "seq": envelope.seq}
    row = people.journal.pop(event, None)
    if row is None:
        findings.wrong(table.name, "row_missing", **place)
        return
    told = fields
    hashes: list[bytes] = []
    if table is corrections and fields["customer"] in people.erased:
        told = {**fields, "sealed": b""}
    elif table is corrections:
        hashes = split_hashes(bytes(row.hashes))
        _check_opened(context, findings, row, people, place)
    where = (event, envelope.terminal, envelope.epoch, envelope.seq)
    _, expected = journal_row(envelope.type, where, told, hashes)
    stored = tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
    findings.expect(stored == expected, table.name, "row_differs", **place)


def _check_opened(
    context: OfficeContext,
    findings: Findings,
    row: Row[Any],
    people: "PeopleRows",
    place: dict[str, Any],
) -> None:
    """Check the hashes of a correction against what it sealed, where we hold the person's key."""
    sealed_key = people.keys.get(row.customer)
    if sealed_key is None or not row.hashes:
        return
    try:
        key = context.open_at_rest(sealed_key, person_context(row.customer))
        personal = facts.unseal_personal(
            facts.CUSTOMER_CORRECTED, row.customer, key, bytes(row.sealed)
        )
    except (ContractFault, InvalidTag):
        findings.wrong("corrections", "person_key_altered", **place)
        return
    told = sorted(set(personal["hashes"]))
    findings.expect(
        told == split_hashes(bytes(row.hashes)), "corrections", "hashes_differ", **place
    )


def _of_book(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the vouchers of a book as if each had been issued, to nobody."""
    return [
        {"grant": fields["grant"], "slot": fields["first"] + at, "customer": "", "voucher": data,
         "number": fields["number"] + at}
        for at, data in enumerate(fields["vouchers"])
    ]  # fmt: skip


def _check_vouchers(
    findings: Findings,
    expected: list[dict[str, Any]],
    rows: list[Row[Any]],
    lent: dict[int, AuditedGrant],
    place: dict[str, Any],
) -> None:
    findings.count("vouchers", len(expected))
    if not findings.expect(len(rows) == len(expected), "vouchers", "row_missing", **place):
        return
    ordered = sorted(rows, key=lambda row: (row.grant, row.slot))
    for fields, row in zip(expected, ordered, strict=True):
        _check_voucher(findings, fields, row, lent, place)


def _check_voucher(
    findings: Findings,
    fields: dict[str, Any],
    row: Row[Any],
    lent: dict[int, AuditedGrant],
    place: dict[str, Any],
) -> None:
    named = {**place, "grant": row.grant, "slot": row.slot}
    grant = lent.get(row.grant)
    if grant is None:
        findings.wrong("vouchers", "grant_missing", **named)
        return
    try:
        voucher = decode_voucher(bytes(row.voucher))
        check_voucher_fits(voucher, grant.value)
    except ContractFault as error:
        findings.fault("vouchers", error, **named)
        return
    message = hashlib.sha256(grant.value.encode()).digest() + voucher.body()
    signed = verifies(grant.value.terminal_key, voucher.signature, VOUCHER_PREFIX, message)
    findings.expect(signed, "vouchers", "bad_signature", **named)
    stored = tuple(row)
    expected = (
        fields["grant"], fields["slot"], place["terminal"], place["epoch"], place["seq"],
        grant.value.offer, fields["customer"], fields["voucher"], fields["number"],
        voucher.issued_at, china_day(voucher.issued_at), voucher.expires,
    )  # fmt: skip
    whole = (*stored[:7], bytes(stored[7]), *stored[8:]) == expected
    owner = (grant.value.terminal, grant.epoch) == (place["terminal"], place["epoch"])
    findings.expect(whole and owner, "vouchers", "row_differs", **named)
    findings.expect(row.slot == voucher.slot, "vouchers", "slot_differs", **named)
    findings.expect(row.slot not in grant.taken_back, "vouchers", "slot_out_but_issued", **named)


def _check_printing(
    findings: Findings, fields: dict[str, Any], rows: list[Row[Any]], place: dict[str, Any]
) -> None:
    findings.count("printings", len(fields["items"]))
    ordered = sorted(rows, key=lambda row: row.item)
    stored = [(row.item, [row.grant, row.slot, row.copy]) for row in ordered]
    findings.expect(stored == list(enumerate(fields["items"])), "printings", "row_differs", **place)


def _check_return(
    findings: Findings, fields: dict[str, Any], rows: list[Row[Any]], place: dict[str, Any]
) -> None:
    findings.count("returns")
    asked = SlotSet(read_ranges(fields["slots"], 1 << 24) or ())
    stored = slot_set((row.first, row.last) for row in rows)
    named = all(row.grant == fields["grant"] for row in rows)
    findings.expect(named and not stored.minus(asked).count, "slots_out", "not_asked_for", **place)


def hashes_of(connection: Connection, named: list[str]) -> dict[str, list[bytes]]:
    """Return the stored hashes of the named customers, in order."""
    found: dict[str, list[bytes]] = {}
    if named:
        statement = select(customer_hashes).where(customer_hashes.c.customer.in_(named))
        for row in connection.execute(statement):
            found.setdefault(row.customer, []).append(bytes(row.hash))
    return {customer: sorted(values) for customer, values in found.items()}


def _returns(
    connection: Connection, terminal: int, epoch: int, span: tuple[int, int]
) -> dict[int, list[Row[Any]]]:
    statement = (
        select(slots_out)
        .join(grants, grants.c.grant == slots_out.c.grant)
        .where(grants.c.terminal == terminal, slots_out.c.epoch == epoch,
               slots_out.c.why == RETURNED, slots_out.c.seq >= span[0],
               slots_out.c.seq <= span[1])
    )  # fmt: skip
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(statement):
        found.setdefault(row.seq, []).append(row)
    return found
