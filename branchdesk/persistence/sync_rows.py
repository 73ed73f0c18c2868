"""What waits in the log, and what became of what was sent: rows for the sync screen."""

from sqlalchemy import bindparam, func, select

from branchdesk.application.waiting import HeldEvent, RefusedItem, UnsentKind, Waiting
from branchdesk.persistence import log, office_rows
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.log import Tail
from branchdesk.persistence.refused_items import refused_rows
from branchdesk.persistence.tables import events, issue_counters, notices
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.feed import Lane

_WAITING = Sql(
    lambda: (
        select(
            events.c.type,
            func.count(),
            func.min(events.c.wall_ms),
            func.sum(func.length(events.c.envelope) + func.length(events.c.payload)),
        )
        .where(events.c.position > bindparam("position"))
        .group_by(events.c.type)
        .order_by(events.c.type)
    )
)
# The feed says what an event has come to; the answer to the push only what it was at first.
_HELD = Sql(
    lambda: (
        select(notices.c.epoch, notices.c.seq, notices.c.verdict, notices.c.code)
        .where(office_rows.is_unsettled(("parked", "effect_refused", "flagged")))
        .order_by(notices.c.epoch.desc(), notices.c.seq.desc(), notices.c.source)
    )
)
_EVENT = Sql(lambda: select(events.c.envelope).where(events.c.position == bindparam("position")))
_BY_DAY = Sql(
    lambda: (
        select(issue_counters.c.offer_code, issue_counters.c.day, issue_counters.c.issued)
        .where(issue_counters.c.day >= bindparam("first_day"))
        .order_by(issue_counters.c.offer_code, issue_counters.c.day)
    )
)


def waiting(database: Database, tail: Tail) -> Waiting:
    """Return what head office has not signed for of the live epoch."""
    acked, _, _ = office_rows.signed_marks(database)
    first = tail.position - tail.seq + acked
    rows = database.rows(_WAITING, {"position": first})
    return Waiting(
        events=tail.seq - acked,
        bytes=sum(size for *_, size in rows),
        since_ms=office_rows.recorded_ms(database, first + 1),
        kinds=tuple(UnsentKind(*kind) for *kind, _ in rows),
    )


def held(database: Database) -> tuple[HeldEvent, ...]:
    """Return what head office holds back and has not settled, the newest first."""
    newest = dict[tuple[int, int], Row]()
    for row in database.rows(_HELD):
        newest.setdefault((row[0], row[1]), row)
    return tuple(_held(database, row) for row in newest.values())


def refused(database: Database) -> tuple[RefusedItem, ...]:
    """Return the feed items that did not verify here and are asked for again."""
    return tuple(
        RefusedItem(item.kind, code) for lane in Lane for item, code in refused_rows(database, lane)
    )


def issued_by_day(database: Database, first_day: int) -> dict[str, dict[int, int]]:
    """Count what was issued, by offer code and day number."""
    days: dict[str, dict[int, int]] = {}
    for code, day, issued in database.rows(_BY_DAY, {"first_day": first_day}):
        days.setdefault(code, {})[day] = issued
    return days


def _held(database: Database, row: Row) -> HeldEvent:
    epoch, seq, verdict, code = row
    place = log.place_of(database, epoch, seq)
    found = None if place is None else database.row(_EVENT, {"position": place[0]})
    if found is None:
        return HeldEvent(epoch, seq, verdict, code)
    envelope = decode_envelope(found[0])
    return HeldEvent(epoch, seq, verdict, code, envelope.type, envelope.wall_utc_ms, envelope.refs)
