"""Audit of every chain: links, hashes, signatures, commitments, and the rows that follow from them.

Each page of events is compared with the customers, vouchers, printings and returns that name those
events; at the end every such row must have been met exactly once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select
from sqlalchemy.sql.elements import ColumnElement

from branchdesk.errors import ContractFault
from branchdesk.headoffice.audit_branches import check_branches
from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.audit_keys import OfficeKeys
from branchdesk.headoffice.audit_money import AuditedGrant
from branchdesk.headoffice.audit_projections import PageRows, check_projections
from branchdesk.headoffice.audit_redemptions import JOURNALS as VOUCHER_JOURNALS
from branchdesk.headoffice.batch_check import PARKED
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.customer_journals import JOURNALS
from branchdesk.headoffice.row_mac import event_mac, mac_key
from branchdesk.headoffice.slot_effects import RETURNED
from branchdesk.headoffice.tables import (
    branch_events,
    branch_heads,
    customers,
    epochs,
    events,
    heads,
    printings,
    slots_out,
    terminals,
    vouchers,
)
from branchdesk.protocol.chain import Head
from branchdesk.protocol.enrolment import KeyUse, open_certificate
from branchdesk.protocol.event import (
    Envelope,
    commitment,
    decode_envelope,
    event_hash,
    genesis_hash,
)

PAGE_EVENTS = 2_000


@dataclass(slots=True)
class Chain:
    """One epoch under audit: where it stands and whose key signs it."""

    terminal: int
    epoch: int
    public_key: bytes
    seq: int
    hash: bytes

    @property
    def place(self) -> dict[str, object]:
        """Name the chain in a violation."""
        return {"terminal": self.terminal, "epoch": self.epoch}


@dataclass(slots=True)
class _Met:
    """How many rows of each projection belonged to an event."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, rows: PageRows) -> None:
        """Count the rows of a page."""
        for table, many in rows.sizes().items():
            self.counts[table] = self.counts.get(table, 0) + many

    def add_branches(self, sizes: Mapping[str, int]) -> None:
        """Count the rows of an epoch's branches, by table."""
        for table, many in sizes.items():
            self.counts[table] = self.counts.get(table, 0) + many


def check_chains(
    context: OfficeContext,
    connection: Connection,
    findings: Findings,
    keys: OfficeKeys,
    lent: dict[int, AuditedGrant],
) -> None:
    """Check every epoch of every terminal, and that no projection has a row too many."""
    met = _Met()
    total = 0
    for row in connection.execute(select(epochs).order_by(epochs.c.terminal, epochs.c.epoch)).all():
        chain = _check_certificate(findings, keys, row)
        if chain is None:
            continue
        branches = check_branches(
            context, connection, findings, chain=(chain.terminal, chain.epoch),
            public_key=chain.public_key, genesis=chain.hash,
        )  # fmt: skip
        met.add_branches(branches)
        total += _check_chain(context, connection, findings, lent, chain=chain, met=met)
        whole = (chain.seq, chain.hash) == (row.seq, bytes(row.head_hash))
        findings.expect(whole, "chains", "head_differs", **chain.place, seq=row.seq)
        findings.count("chains")
    _check_current_epochs(connection, findings)
    stored = _count(connection, events)
    findings.expect(stored == total, "events", "stray_rows", stored=stored, met=total)
    stored, seen = _count(connection, heads), met.counts.get(heads.name, 0)
    findings.expect(stored == seen, "heads", "stray_rows", stored=stored, met=seen)
    returned = slots_out.c.why == RETURNED
    met_by_event = (customers, vouchers, printings, slots_out, branch_events, branch_heads)
    for table in (*met_by_event, *JOURNALS, *VOUCHER_JOURNALS):
        which = returned if table is slots_out else None
        if table in VOUCHER_JOURNALS:
            # What was done online has no event until the terminal tells it.
            which = table.c.seq > 0
        stored, seen = _count(connection, table, which), met.counts.get(table.name, 0)
        findings.expect(stored == seen, table.name, "stray_rows", stored=stored, met=seen)


def _check_certificate(findings: Findings, keys: OfficeKeys, row: Row[Any]) -> Chain | None:
    findings.count("certificates")
    place: dict[str, object] = {"terminal": row.terminal, "epoch": row.epoch}
    data = bytes(row.certificate)
    try:
        found = open_certificate(data, keys.of(KeyUse.ACK))
    except ContractFault as error:
        findings.fault("certificates", error, **place)
        return None
    same = (found.terminal, found.epoch, found.public_key, found.root_key, found.enrolled_ms) == (
        row.terminal, row.epoch, bytes(row.public_key), keys.root, row.enrolled_ms,
    )  # fmt: skip
    findings.expect(same, "certificates", "row_differs", **place)
    return Chain(row.terminal, row.epoch, found.public_key, 0, genesis_hash(data))


def _check_chain(
    context: OfficeContext,
    connection: Connection,
    findings: Findings,
    lent: dict[int, AuditedGrant],
    *,
    chain: Chain,
    met: _Met,
) -> int:
    total = 0
    key = mac_key(context.vault)
    signed = _heads(connection, chain)
    met.counts[heads.name] = met.counts.get(heads.name, 0) + len(signed)
    for page in _pages(connection, chain):
        total += len(page)
        rows = PageRows.load(connection, chain.terminal, chain.epoch, page)
        met.add(rows)
        for row in page:
            envelope = _check_event(findings, chain, key, row)
            _check_head(findings, chain, signed.pop(row.seq, None))
            if envelope is not None:
                check_projections(context, findings, row, envelope, rows=rows, lent=lent)
        rows.report_rest(findings, chain.place)
        rows.people.report_rest(findings, chain.place)
    for seq in sorted(signed):
        findings.wrong("heads", "event_missing", **chain.place, seq=seq)
    return total


def _pages(connection: Connection, chain: Chain) -> Iterator[Sequence[Row[Any]]]:
    after = 0
    while True:
        statement = (
            select(events)
            .where(events.c.terminal == chain.terminal, events.c.epoch == chain.epoch,
                   events.c.seq > after)
            .order_by(events.c.seq)
            .limit(PAGE_EVENTS)
        )  # fmt: skip
        page = connection.execute(statement).all()
        if not page:
            return
        yield page
        after = page[-1].seq


def _check_event(findings: Findings, chain: Chain, key: bytes, row: Row[Any]) -> Envelope | None:
    """Check one link and move the chain on; return the envelope when it can be read."""
    findings.count("events")
    facts = {**chain.place, "seq": row.seq}
    data, payload, salt = bytes(row.envelope), bytes(row.payload), bytes(row.salt)
    follows = row.seq == chain.seq + 1
    found = event_hash(data)
    envelope: Envelope | None = None
    try:
        envelope = decode_envelope(data)
    except ContractFault as error:
        findings.fault("events", error, **facts)
    else:
        named = (envelope.terminal, envelope.epoch, envelope.seq, envelope.event_id.bytes) == (
            row.terminal, row.epoch, row.seq, bytes(row.event_id),
        )  # fmt: skip
        linked = follows and envelope.prev_hash == chain.hash
        findings.expect(linked, "events", "link_broken", **facts)
        findings.expect(named, "events", "row_differs", **facts)
        _check_commitment(findings, row, envelope, payload, salt)
    findings.expect(found == bytes(row.hash), "events", "hash_differs", **facts)
    columns = (
        bytes(row.hash), bytes(row.event_id), row.type.encode(), data, payload, salt,
        row.verdict.encode(), row.code.encode(),
    )  # fmt: skip
    mac = event_mac(key, (row.terminal, row.epoch, row.seq), row.received_ms, columns)
    findings.expect(mac == bytes(row.mac), "events", "row_altered", **facts)
    chain.seq, chain.hash = row.seq, found
    return envelope


def _check_commitment(
    findings: Findings, row: Row[Any], envelope: Envelope, payload: bytes, salt: bytes
) -> None:
    if not salt:
        return
    findings.count("commitments")
    matches = commitment(salt, payload) == envelope.payload_commit
    parked = (row.verdict, row.code) == (PARKED, "commitment_mismatch")
    findings.expect(
        matches != parked, "commitments", "commitment_differs", terminal=row.terminal,
        epoch=row.epoch, seq=row.seq,
    )  # fmt: skip


def _heads(connection: Connection, chain: Chain) -> dict[int, Row[Any]]:
    statement = select(heads).where(
        heads.c.terminal == chain.terminal, heads.c.epoch == chain.epoch
    )
    return {row.seq: row for row in connection.execute(statement)}


def _check_head(findings: Findings, chain: Chain, row: Row[Any] | None) -> None:
    if row is None:
        return
    findings.count("heads")
    head = Head(chain.terminal, chain.epoch, chain.seq, chain.hash)
    signed = head.is_signed(bytes(row.signature), chain.public_key)
    same = signed and bytes(row.hash) == chain.hash
    findings.expect(same, "heads", "bad_signature", **chain.place, seq=row.seq)


def _check_current_epochs(connection: Connection, findings: Findings) -> None:
    newest = select(epochs.c.terminal, func.max(epochs.c.epoch)).group_by(epochs.c.terminal)
    current = select(terminals.c.terminal, terminals.c.epoch)
    expected = {tuple(row) for row in connection.execute(newest)}
    stored = {tuple(row) for row in connection.execute(current)}
    findings.count("terminals", len(stored))
    for terminal, epoch in sorted(expected ^ stored):
        findings.wrong("terminals", "epoch_differs", terminal=terminal, epoch=epoch)


def _count(connection: Connection, table: Table, which: ColumnElement[bool] | None = None) -> int:
    statement = select(func.count()).select_from(table)
    if which is not None:
        statement = statement.where(which)
    return int(connection.execute(statement).scalar_one())
