"""The made-up people of the sample, served by the real use cases (demonstration, practice).

Their outlet, staff codes and PIN are those of the sample campaign.
"""

import json
from collections.abc import Mapping

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session
from branchdesk.devices.paths import resource
from branchdesk.domain.person import parse_registration
from branchdesk.errors import RuleViolation

OUTLET = "B001"
STAFF = "T001"
SUPERVISOR = "S001"
PIN = "246810"


def walk_ins() -> list[Mapping[str, object]]:
    """Return every made-up walk-in, as registration lines."""
    with resource("resources/sample/walkins.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def serve_walk_in(terminal: Terminal, session: Session, line: Mapping[str, object]) -> None:
    """Register one walk-in with their vouchers; somebody known gets no second one."""
    with terminal.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    try:
        terminal.register_customer(session, parse_registration(line, texts))
    except RuleViolation as violation:
        if violation.code not in {"limit_person", "limit_person_day", "not_eligible"}:
            raise
        without = {name: value for name, value in line.items() if name != "issue"}
        terminal.register_customer(session, parse_registration(without, texts))
