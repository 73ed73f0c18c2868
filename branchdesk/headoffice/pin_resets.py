"""Forgotten PINs: a supervisor's request becomes a case, head office's approval a one-time code.

Two people from two places: the request is signed into a terminal's chain by a supervisor there, and
the code is made here. That terminal takes a code in the place of a PIN only where it asked for one.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from branchdesk.domain.campaign import Role
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.batch_check import REFUSED, Draft
from branchdesk.headoffice.context import as_json
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.tables import cases, staff, staff_outlets
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import facts

PIN_RESET: Final = "pin_reset"
OPEN, APPROVED, NEEDLESS = "open", "approved", "needless"

Problem = tuple[str, str]
Request = tuple[str, int, dict[str, object]]


class PinResetEffects:
    """The requests of one batch, judged by who may ask for whom."""

    def __init__(self, members: dict[str, Row[Any]], at_outlet: set[str]) -> None:
        self._members, self._at_outlet = members, at_outlet
        self.requests: list[Request] = []

    @classmethod
    def load(
        cls, connection: Connection, chain: ChainState, effective: Iterable[Draft]
    ) -> "PinResetEffects":
        """Read everybody who is named in a request."""
        named: set[str] = set()
        for draft in effective:
            if draft.envelope.type == facts.STAFF_PIN_RESET_REQUESTED:
                named |= {draft.envelope.staff, (draft.fields or {})["staff"]}
        if not named:
            return cls({}, set())
        people = select(staff).where(is_among(connection, staff.c.code, named), staff.c.active)
        places = select(staff_outlets.c.staff).where(
            staff_outlets.c.outlet == chain.outlet,
            is_among(connection, staff_outlets.c.staff, named),
        )
        members = {row.code: row for row in connection.execute(people)}
        return cls(members, set(connection.execute(places).scalars()))

    def request(self, draft: Draft) -> Problem | None:
        """Take up a request, or return why it has no effect."""
        fields = draft.fields or {}
        asking, whose = draft.envelope.staff, fields["staff"]
        if not {asking, whose} <= self._at_outlet & self._members.keys():
            return REFUSED, "staff_unknown"
        if asking == whose or self._members[asking].role != Role.SUPERVISOR:
            return REFUSED, "supervisor_required"
        told: dict[str, object] = {
            "staff": whose, "supervisor": asking, "reason": fields["reason"],
        }  # fmt: skip
        self.requests.append((PIN_RESET, draft.seq, told))
        return None


def end_requests(connection: Connection, chain: ChainState, effective: Iterable[Draft]) -> None:
    """Let go of open requests of this terminal whose person has set a PIN since."""
    done = {
        (draft.fields or {})["staff"]: draft.seq
        for draft in effective
        if draft.envelope.type == facts.STAFF_PIN_SET
    }
    if not done:
        return
    mine = (cases.c.terminal == chain.head.terminal) & (cases.c.epoch == chain.head.epoch)
    for row in _open_requests(connection, mine):
        if row.seq < done.get(json.loads(row.facts)["staff"], 0):
            _end(connection, row, NEEDLESS)


def approve(connection: Connection, whose: str, now_ms: int) -> int:
    """Approve every open request for one person and return how many there were.

    Raises RuleViolation ``pin_reset_not_requested``.
    """
    found = [
        row for row in _open_requests(connection) if json.loads(row.facts)["staff"] == whose
    ]  # fmt: skip
    if not found:
        raise RuleViolation("pin_reset_not_requested", staff=whose[:40])
    for row in found:
        _end(connection, row, APPROVED, approved_ms=now_ms)
    return len(found)


def open_requests(connection: Connection) -> list[dict[str, object]]:
    """Return the open requests, oldest first: case, terminal, and who asked for whom and why."""
    return [
        {"case": str(row.case), "terminal": str(row.terminal), "asked_ms": row.opened_ms,
         **json.loads(row.facts)}
        for row in _open_requests(connection)
    ]  # fmt: skip


def _open_requests(connection: Connection, *where: Any) -> Sequence[Row[Any]]:
    statement = select(cases).where(cases.c.kind == PIN_RESET, cases.c.state == OPEN, *where)
    return connection.execute(statement.order_by(cases.c.case).with_for_update()).all()


def _end(connection: Connection, row: Row[Any], state: str, **more: object) -> None:
    told = as_json(**json.loads(row.facts), **more)
    connection.execute(
        update(cases).where(cases.c.case == row.case).values(state=state, facts=told)
    )
