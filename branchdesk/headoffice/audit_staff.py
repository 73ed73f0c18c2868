"""Audit of requests for new PINs: each case has the signed event it came from, and the reverse."""

import json

from sqlalchemy import Connection, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice.audit_findings import Findings
from branchdesk.headoffice.batch_check import APPLIED, FLAGGED
from branchdesk.headoffice.pin_resets import PIN_RESET
from branchdesk.headoffice.tables import cases, events
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope

_CHECK = "pin_resets"
Place = tuple[int, int, int]


def check_pin_resets(connection: Connection, findings: Findings) -> None:
    """Compare every request that took effect with its case."""
    asked = _asked(connection, findings)
    statement = select(cases).where(cases.c.kind == PIN_RESET).order_by(cases.c.case)
    for row in connection.execute(statement):
        findings.count(_CHECK)
        told = json.loads(row.facts)
        signed = asked.pop((row.terminal, row.epoch, row.seq), None)
        if findings.expect(signed is not None, _CHECK, "no_event", case=row.case):
            same = (told["staff"], told["supervisor"], told["reason"]) == signed
            findings.expect(same, _CHECK, "differs", case=row.case)
    for terminal, epoch, seq in sorted(asked):
        findings.wrong(_CHECK, "no_case", terminal=terminal, epoch=epoch, seq=seq)


def _asked(connection: Connection, findings: Findings) -> dict[Place, tuple[str, str, str]]:
    statement = select(events).where(
        events.c.type == facts.STAFF_PIN_RESET_REQUESTED,
        events.c.verdict.in_((APPLIED, FLAGGED)),
        events.c.code != "payload_erased",
    )
    found = {}
    for row in connection.execute(statement):
        try:
            fields = facts.decode_payload(row.type, bytes(row.payload))
            supervisor = decode_envelope(bytes(row.envelope)).staff
        except ContractFault as error:
            findings.fault("events", error, terminal=row.terminal, epoch=row.epoch, seq=row.seq)
            continue
        place = (row.terminal, row.epoch, row.seq)
        found[place] = (fields["staff"], supervisor, fields["reason"])
    return found
