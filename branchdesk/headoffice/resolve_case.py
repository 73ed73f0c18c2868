"""Decide an open case: who bears what it cost, and why; its outlets hear of it.

Until then a loss is held in the offer's reserve. The bank's own stays there; what an outlet bears,
or nobody lost, is free again. Above a value it takes two people.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from branchdesk.application.reasons import check_says_why
from branchdesk.errors import RuleViolation
from branchdesk.headoffice.batch_check import APPLIED
from branchdesk.headoffice.case_news import (
    BANK,
    FORK,
    NOBODY,
    OPEN,
    RESOLVED,
    Ending,
    put_outcome,
    put_settled,
    sides_of,
)
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.feed_queue import FeedQueue
from branchdesk.headoffice.honouring import REDEMPTION_CASES
from branchdesk.headoffice.losses import free_loss
from branchdesk.headoffice.offer_books import OfferBook, lock_books, save_book
from branchdesk.headoffice.office_people import REASON_CHARACTERS_MAX, Approval, note_act
from branchdesk.headoffice.pin_resets import PIN_RESET
from branchdesk.headoffice.redemption_journal import Journal
from branchdesk.headoffice.redemption_tables import case_decisions
from branchdesk.headoffice.results import CaseResolved
from branchdesk.headoffice.tables import cases, events, grants, offers, outlets, terminals

# A loss above this is decided by two people.
ALONE_MINOR_MAX: Final = 50_000
_RESOLVE: Final = "resolve_case"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who bears the loss of a case, and why."""

    liable: str
    reason: str

    @property
    def word(self) -> str:
        """Return the decision as one stable word."""
        return {BANK: "bank_bears", NOBODY: "no_loss"}.get(self.liable, "outlet_bears")


def resolve_case(
    context: OfficeContext, case: int, liable: str, reason: str, approval: Approval
) -> CaseResolved:
    """Decide a case; see :meth:`Office.resolve`."""
    if not liable:
        raise RuleViolation("liable_missing", field="--liable")
    if not reason.strip():
        raise RuleViolation("reason_missing", field="--reason")
    check_says_why(reason, "--reason")
    decided = Decision(liable, reason.strip()[:REASON_CHARACTERS_MAX])
    return context.database.write(
        lambda connection: _resolve(context, connection, case, decided, approval)
    )


def _resolve(
    context: OfficeContext, connection: Connection, case: int, decided: Decision, approval: Approval
) -> CaseResolved:
    book = _lock_offer(connection, case)
    row = connection.execute(select(cases).where(cases.c.case == case).with_for_update()).one()
    if row.state != OPEN:
        raise RuleViolation("case_closed", case=case, state=row.state)
    facts: dict[str, Any] = json.loads(row.facts)
    _check_liable(connection, row, facts, decided.liable)
    loss = int(facts.get("loss_minor", 0))
    if loss > ALONE_MINOR_MAX and not approval.is_alone and not approval.second:
        raise RuleViolation("office_second_missing", field="--second")
    if book is not None and decided.liable != BANK:
        _free(context, connection, book, facts)
    now_ms = context.clock_ms()
    insert_rows(
        connection, case_decisions,
        [(case, decided.word, decided.liable, loss, decided.reason, approval.staff,
          approval.second, now_ms)],
    )  # fmt: skip
    connection.execute(update(cases).where(cases.c.case == case).values(state=RESOLVED))
    note_act(context, connection, approval, _RESOLVE, str(case), reason=decided.reason)
    _tell(connection, row, facts, decided, loss)
    return CaseResolved(case, decided.word, decided.liable, loss)


def _lock_offer(connection: Connection, case: int) -> OfferBook | None:
    """Lock the offer of a redemption's case before the case, in the order of every transaction."""
    row = connection.execute(select(cases).where(cases.c.case == case)).one_or_none()
    if row is None:
        raise RuleViolation("case_unknown", case=case)
    if row.kind == PIN_RESET:
        raise RuleViolation("case_elsewhere", case=case)
    if row.kind not in REDEMPTION_CASES:
        return None
    number = json.loads(row.facts)["grant"]
    offer = select(grants.c.offer).where(grants.c.grant == number)
    return lock_books(connection, offers.c.offer == connection.execute(offer).scalar_one())[0]


def _check_liable(
    connection: Connection, case: Row[Any], facts: dict[str, Any], liable: str
) -> None:
    if liable in {BANK, NOBODY}:
        return
    known = select(outlets.c.code).where(outlets.c.code == liable)
    if connection.execute(known).first() is None:
        raise RuleViolation("outlet_unknown", field="--liable", outlet=liable[:40])
    # Who issued a voucher may have let its paper go, and can be liable beside who redeemed it.
    issuer = select(grants.c.terminal).where(grants.c.grant == facts.get("grant", 0))
    involved = _outlets(connection, case, facts, connection.execute(issuer).scalars())
    if liable not in involved:
        raise RuleViolation(
            "outlet_uninvolved", field="--liable", outlet=liable, involved=sorted(involved)
        )


def _outlets(
    connection: Connection, case: Row[Any], facts: dict[str, Any], more: Iterable[int] = ()
) -> set[str]:
    """Return the outlets that a case is about, and those of ``more`` terminals."""
    numbers = {case.terminal, *map(int, facts.get("terminals", ())), *more}
    statement = select(terminals.c.outlet).where(
        is_among(connection, terminals.c.terminal, numbers)
    )
    placed = set(connection.execute(statement).scalars())
    return placed | {side["outlet"] for side in sides_of(facts).values()}


def _free(
    context: OfficeContext, connection: Connection, book: OfferBook, facts: dict[str, Any]
) -> None:
    late = facts.get("second")
    if late is None:
        return
    name = bytes.fromhex(late["redemption"])
    journal = Journal.load(connection, (), ids=[name])
    free_loss(journal.rows[name], book)
    journal.touch(journal.rows[name])
    journal.write(context, connection)
    save_book(connection, book)


def _tell(
    connection: Connection, case: Row[Any], facts: dict[str, Any], decided: Decision, loss: int
) -> None:
    """Tell the outlets how it was decided, and the terminal that its events wait no more."""
    queue = FeedQueue()
    if "voucher" in facts:
        told = _outlets(connection, case, facts) | ({decided.liable} - {BANK, NOBODY})
        ending = Ending(decided.word, decided.liable, loss, decided.reason)
        put_outcome(queue, case, told, ending)
    put_settled(connection, queue, _settled(connection, case, facts), decided.word)
    queue.flush(connection)


def _settled(
    connection: Connection, case: Row[Any], facts: dict[str, Any]
) -> list[tuple[int, int, int]]:
    """Return the events of a case that its terminal was told of, and no other open case is about.

    What a copy of the terminal told is no event of its chain.
    """
    if case.kind == FORK:
        return []
    same = (cases.c.terminal == case.terminal) & (cases.c.epoch == case.epoch)
    others = connection.execute(select(cases).where(same, cases.c.state == OPEN)).all()
    waiting = {seq for other in others for seq in _seqs(other, json.loads(other.facts))}
    table = events.c
    noted = select(table.terminal, table.epoch, table.seq).where(
        table.terminal == case.terminal, table.epoch == case.epoch, table.verdict != APPLIED,
        is_among(connection, table.seq, set(_seqs(case, facts)) - waiting),
    )  # fmt: skip
    return [(row.terminal, row.epoch, row.seq) for row in connection.execute(noted)]


def _seqs(case: Row[Any], facts: dict[str, Any]) -> list[int]:
    return facts.get("seqs") or [case.seq]
