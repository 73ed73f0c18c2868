"""Audit of the branches of forked chains: every event linked, signed for, and its customer there.

A run of a branch begins where our chain, the branch itself or a signed run's own word says, and
ends in a head under the terminal's key. Must not judge the chain that came first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.audit_projections import (
    PageRows,
    PeopleRows,
    check_projections,
    hashes_of,
)
from branchdesk.headoffice.batch_check import PARKED
from branchdesk.headoffice.case_news import FORK
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.row_mac import branch_event_mac, mac_key
from branchdesk.headoffice.tables import branch_events, branch_heads, cases, customers, events
from branchdesk.protocol.chain import Head
from branchdesk.protocol.event import Envelope, commitment, decode_envelope, event_hash

PAGE_EVENTS = 2_000


@dataclass(slots=True)
class _Branches:
    """The branches of one epoch: its heads, and what each event kept there follows."""

    place: dict[str, object]
    heads: Sequence[Row[Any]]
    previous: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)


def check_branches(
    context: OfficeContext,
    connection: Connection,
    findings: Findings,
    *,
    chain: tuple[int, int],
    public_key: bytes,
    genesis: bytes,
) -> Mapping[str, int]:
    """Check the branches of ``chain`` (terminal, epoch); return how many rows belong, by table."""
    terminal, epoch = chain
    statement = select(branch_heads).where(
        branch_heads.c.terminal == terminal, branch_heads.c.epoch == epoch
    )
    heads = connection.execute(statement.order_by(branch_heads.c.seq)).all()
    branches = _Branches({"terminal": terminal, "epoch": epoch}, heads)
    key = mac_key(context.vault)
    sizes = Counter({branch_heads.name: len(heads)})
    for page in _pages(connection, chain):
        people, hashes = _people(connection, chain, page)
        happened = PeopleRows.load(connection, page, [row.customer for row in people.values()])
        sizes.update({customers.name: len(people), **happened.sizes()})
        filed = _cases(connection, page)
        for row in page:
            findings.expect(row.case in filed, "branches", "case_missing", **_place(row))
            envelope = _check_event(findings, key, row)
            branches.previous[bytes(row.hash)] = (row.seq, bytes(row.prev_hash))
            if envelope is not None:
                person = people.pop(bytes(row.hash), None)
                found = {} if person is None else {row.seq: person}
                rows = PageRows(found, hashes, {}, {}, {}, happened)
                check_projections(context, findings, row, envelope, rows=rows, lent={})
                rows.report_rest(findings, branches.place)
        happened.report_rest(findings, branches.place)
    _check_heads(findings, branches, public_key)
    _check_links(connection, findings, branches, genesis)
    return sizes + Counter({branch_events.name: len(branches.previous)})


def _place(row: Row[Any]) -> dict[str, object]:
    return {"terminal": row.terminal, "epoch": row.epoch, "seq": row.seq}


def _pages(connection: Connection, chain: tuple[int, int]) -> Iterator[Sequence[Row[Any]]]:
    table, after = branch_events, b""
    while True:
        statement = (
            select(table)
            .where(table.c.terminal == chain[0], table.c.epoch == chain[1], table.c.hash > after)
            .order_by(table.c.hash)
            .limit(PAGE_EVENTS)
        )
        page = connection.execute(statement).all()
        if not page:
            return
        yield page
        after = bytes(page[-1].hash)


def _people(
    connection: Connection, chain: tuple[int, int], page: Sequence[Row[Any]]
) -> tuple[dict[bytes, Row[Any]], dict[str, list[bytes]]]:
    statement = select(customers).where(
        customers.c.terminal == chain[0], customers.c.epoch == chain[1],
        customers.c.branch.in_([row.hash for row in page]),
    )  # fmt: skip
    people = connection.execute(statement).all()
    hashes = hashes_of(connection, [row.customer for row in people])
    seqs = {bytes(row.hash): row.seq for row in page}
    placed = {bytes(row.branch): row for row in people}
    return {key: row for key, row in placed.items() if seqs[key] == row.seq}, hashes


def _cases(connection: Connection, page: Sequence[Row[Any]]) -> set[int]:
    named = {row.case for row in page}
    statement = select(cases.c.case).where(cases.c.case.in_(named), cases.c.kind == FORK)
    return set(connection.execute(statement).scalars())


def _check_event(findings: Findings, key: bytes, row: Row[Any]) -> Envelope | None:
    findings.count("branch_events")
    data, place = bytes(row.envelope), _place(row)
    columns = [bytes(v) if isinstance(v, memoryview) else v for v in tuple(row)[:-1]]
    same = branch_event_mac(key, columns) == bytes(row.mac)
    findings.expect(same, "branches", "row_altered", **place)
    findings.expect(event_hash(data) == bytes(row.hash), "branches", "hash_differs", **place)
    try:
        envelope = decode_envelope(data)
    except ContractFault as error:
        findings.fault("branches", error, **place)
        return None
    named = (
        envelope.terminal, envelope.epoch, envelope.seq, envelope.prev_hash,
        envelope.event_id.bytes,
    ) == (row.terminal, row.epoch, row.seq, bytes(row.prev_hash), bytes(row.event_id))  # fmt: skip
    findings.expect(named, "branches", "row_differs", **place)
    if row.salt:
        matches = commitment(bytes(row.salt), bytes(row.payload)) == envelope.payload_commit
        parked = (row.verdict, row.code) == (PARKED, "commitment_mismatch")
        findings.expect(matches != parked, "branches", "commitment_differs", **place)
    return envelope


def _check_heads(findings: Findings, branches: _Branches, public_key: bytes) -> None:
    for row in branches.heads:
        findings.count("branch_heads")
        head = Head(row.terminal, row.epoch, row.seq, bytes(row.hash))
        signed = head.is_signed(bytes(row.signature), public_key)
        findings.expect(signed, "branches", "bad_signature", **_place(row))


def _check_links(
    connection: Connection, findings: Findings, branches: _Branches, genesis: bytes
) -> None:
    """Check that every event follows something known and is under some signed head."""
    previous, place = branches.previous, branches.place
    started = {bytes(row.after_hash) for row in branches.heads}
    outside = [prev for _, prev in previous.values() if prev not in previous]
    outside += [after for after in started if after not in previous]
    ours = _on_chain(connection, place, outside) | {genesis: 0}
    for seq, prev in previous.values():
        before = previous[prev][0] if prev in previous else ours.get(prev)
        # A run may begin in the middle of a branch whose beginning was never shown.
        follows = prev in started if before is None else before == seq - 1
        findings.expect(follows, "branches", "link_broken", **place, seq=seq)
    reached: set[bytes] = set()
    begun = {prev for _, prev in previous.values()} | previous.keys() | ours.keys()
    for row in branches.heads:
        step = bytes(row.hash)
        known = bytes(row.after_hash) in begun
        findings.expect(known, "branches", "link_broken", **place, seq=row.seq)
        findings.expect(step in previous, "branches", "event_missing", **place, seq=row.seq)
        while step in previous and step not in reached:
            reached.add(step)
            step = previous[step][1]
        # Walking back from a head ends on our chain, or where its run says that it began.
        ends = step in previous or step in ours or step in started
        findings.expect(ends, "branches", "link_broken", **place, seq=row.seq)
    for left in previous.keys() - reached:
        findings.wrong("branches", "unsigned", **place, seq=previous[left][0])


def _on_chain(
    connection: Connection, place: dict[str, object], hashes: Sequence[bytes]
) -> dict[bytes, int]:
    statement = select(events.c.hash, events.c.seq).where(
        events.c.terminal == place["terminal"], events.c.epoch == place["epoch"],
        events.c.hash.in_(hashes),
    )  # fmt: skip
    return {bytes(row.hash): row.seq for row in connection.execute(statement)}
