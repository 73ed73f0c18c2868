"""Numbers of a book that were called missing and turned up: the case about them counts them out."""

import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Row, select, tuple_, update

from branchdesk.headoffice.book_entries import MISSING
from branchdesk.headoffice.case_news import (
    NOBODY,
    NUMBERS_MISSING,
    OPEN,
    Ending,
    put_outcome,
    put_settled,
)
from branchdesk.headoffice.context import as_json
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.feed_queue import FeedQueue
from branchdesk.headoffice.redemption_journal import Slot
from branchdesk.headoffice.redemption_tables import book_entries
from branchdesk.headoffice.tables import cases
from branchdesk.protocol.facts import voucher_id

NUMBERS_FOUND: Final = "numbers_found"
Event = tuple[int, int, int]


def count_found(connection: Connection, queue: FeedQueue, redeemed: Iterable[Slot]) -> None:
    """Take redeemed numbers out of the open cases that call them missing; the last one ends it.

    A decision that was made before stays: what it charged was for a number that was gone then.
    """
    for event, slots in _called_missing(connection, set(redeemed)).items():
        about = tuple_(cases.c.terminal, cases.c.epoch, cases.c.seq) == event
        statement = select(cases).where(
            about, cases.c.kind == NUMBERS_MISSING, cases.c.state == OPEN
        )
        case = connection.execute(statement.with_for_update()).one_or_none()
        if case is not None:
            _count_out(connection, queue, case, slots)


def _called_missing(connection: Connection, places: set[Slot]) -> dict[Event, list[Slot]]:
    """Return the places whose entry says that they are missing, by the event that said so."""
    found: dict[Event, list[Slot]] = {}
    if not places:
        return found
    table = book_entries.c
    statement = select(table.grant, table.slot, table.terminal, table.epoch, table.seq).where(
        table.fate == MISSING,
        is_among(connection, table.grant, {grant for grant, _ in places}),
        is_among(connection, table.slot, {slot for _, slot in places}),
    )
    for row in connection.execute(statement.order_by(table.grant, table.slot)):
        if (row.grant, row.slot) in places:
            event = row.terminal, row.epoch, row.seq
            found.setdefault(event, []).append((row.grant, row.slot))
    return found


def _count_out(
    connection: Connection, queue: FeedQueue, case: Row[Any], slots: Iterable[Slot]
) -> None:
    facts: dict[str, Any] = json.loads(case.facts)
    before = facts.get("found", [])
    # Redeemed, undone and redeemed again, it turned up once.
    new = [name for name in (voucher_id(*slot) for slot in slots) if name not in before]
    if not new:
        return
    count = facts["count"] - len(new)
    told = {
        **facts, "count": count, "found": [*before, *new],
        "vouchers": [name for name in facts["vouchers"] if name not in new],
        "loss_minor": facts["loss_minor"] // facts["count"] * count,
    }  # fmt: skip
    values = {"facts": as_json(**told), "state": OPEN if count else NUMBERS_FOUND}
    connection.execute(update(cases).where(cases.c.case == case.case).values(values))
    if not count:
        put_outcome(queue, case, [facts["liable"]], Ending(NUMBERS_FOUND, NOBODY, 0, ""))
        event = case.terminal, case.epoch, case.seq
        if not _waits_still(connection, event):
            put_settled(connection, queue, [event], NUMBERS_FOUND)


def _waits_still(connection: Connection, event: Event) -> bool:
    """Say whether another open case is about the event."""
    about = tuple_(cases.c.terminal, cases.c.epoch, cases.c.seq) == event
    statement = select(cases.c.case).where(about, cases.c.state == OPEN).limit(1)
    return connection.execute(statement).first() is not None
