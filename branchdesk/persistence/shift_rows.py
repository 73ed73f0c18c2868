"""Shifts as the log tells them: who holds one, what it issued, what was counted, what is unsent."""

import itertools
from collections.abc import Mapping

from sqlalchemy import and_, bindparam, case, func, or_, select

from branchdesk.application.shift_records import (
    GiftCount,
    GiftFloat,
    Handover,
    PinReset,
    ShiftIssue,
    ShiftRecord,
)
from branchdesk.application.shifts import Moment
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.redemption_tables import redemptions
from branchdesk.persistence.tables import (
    events,
    grants,
    pin_resets,
    shift_counts,
    shift_holders,
    shifts,
    vouchers,
)
from branchdesk.persistence.voucher_rows import IS_VOID, WAS_REDEEMED
from branchdesk.protocol import facts

OPEN_SHIFT = Sql(
    lambda: (
        select(shifts.c.shift, shifts.c.place, shifts.c.opened_ms)
        .where(shifts.c.closed_ms.is_(None))
        .order_by(shifts.c.opened_ms.desc())
    )
)
_SHIFT = Sql(
    lambda: select(shifts.c.place, shifts.c.opened_ms, shifts.c.closed_ms).where(
        shifts.c.shift == bindparam("shift")
    )
)
_HOLDERS = Sql(
    lambda: (
        select(shift_holders.c.position, shift_holders.c.staff, events.c.wall_ms)
        .join(events, events.c.position == shift_holders.c.position)
        .where(shift_holders.c.shift == bindparam("shift"))
        .order_by(shift_holders.c.position)
    )
)
_COUNTS = Sql(
    lambda: (
        select(shift_counts.c.offer_code, shift_counts.c.position, shift_counts.c.counted)
        .where(shift_counts.c.shift == bindparam("shift"))
        .order_by(shift_counts.c.offer_code, shift_counts.c.position)
    )
)
# A shift lies between two positions of the log: its opening, and the opening of the next one.
# Whatever is done after a closing opens a shift first.
_NEXT = Sql(
    lambda: select(func.min(shift_holders.c.position)).where(
        shift_holders.c.position > bindparam("first"), shift_holders.c.shift != bindparam("shift")
    )
)
# Whoever hands a shift over counts first, in the same commit; who counts nothing records none.
_PRECEDING = Sql(
    lambda: (
        select(events.c.type, events.c.payload)
        .where(events.c.position < bindparam("at"))
        .order_by(events.c.position.desc())
        .limit(1)
    )
)
# Whoever opens a shift counts in the same commit; what opens one by itself is business.
_FOLLOWING = Sql(
    lambda: (
        select(events.c.type)
        .where(events.c.position > bindparam("first"))
        .order_by(events.c.position)
        .limit(1)
    )
)
# Counted in the log: somebody who was erased since was registered all the same.
_REGISTERED = Sql(
    lambda: select(func.count()).where(
        events.c.position.between(bindparam("first"), bindparam("last")),
        events.c.type == facts.CUSTOMER_REGISTERED,
    )
)
# A book is printed in advance: nobody was given anything yet.
_AT_THE_COUNTER = vouchers.c.grant_number.not_in(select(grants.c.number).where(grants.c.is_book))
_IS_ON_PAPER = or_(vouchers.c.printed > 0, WAS_REDEEMED)
_ISSUED = Sql(
    lambda: (
        select(
            vouchers.c.offer_code,
            func.count(),
            func.sum(case((_IS_ON_PAPER, 1), else_=0)),
            func.sum(case((and_(IS_VOID, ~_IS_ON_PAPER), 1), else_=0)),
        )
        .where(vouchers.c.position.between(bindparam("first"), bindparam("last")), _AT_THE_COUNTER)
        .group_by(vouchers.c.offer_code)
        .order_by(vouchers.c.offer_code)
    )
)
# A gift leaves the shelf when its voucher is redeemed, whoever issued that, and on whatever day.
_GIVEN = Sql(
    lambda: select(func.count()).where(
        redemptions.c.offer == bindparam("offer"),
        redemptions.c.position.between(bindparam("first"), bindparam("last")),
        redemptions.c.undone_ms.is_(None),
    )
)
_PLACES = Sql(
    lambda: (
        select(shifts.c.place)
        .join(shift_holders, shift_holders.c.shift == shifts.c.shift)
        .group_by(shifts.c.place)
        .order_by(func.max(shift_holders.c.position).desc())
        .limit(bindparam("most"))
    )
)
_RESETS = Sql(lambda: select(pin_resets).order_by(pin_resets.c.staff))
_NO_END = 2**62


def shift_record(database: Database, shift: str, numbers: Mapping[str, int]) -> ShiftRecord | None:
    """Return one shift with what was done and counted in it; ``numbers`` are those of offers."""
    row = database.row(_SHIFT, {"shift": shift})
    if row is None:
        return None
    place, opened_ms, closed_ms = row
    holders = database.rows(_HOLDERS, {"shift": shift})
    first = holders[0][0]
    following = database.row(_NEXT, {"first": first, "shift": shift})
    last = _NO_END if following is None or following[0] is None else following[0]
    span = {"first": first, "last": last}
    counted = database.row(_REGISTERED, span)
    assert counted is not None, "a count is always a row"
    issued = tuple(ShiftIssue(*found) for found in database.rows(_ISSUED, span))
    then = database.row(_FOLLOWING, {"first": first})
    return ShiftRecord(
        shift, place, holders[0][1], holders[-1][1], opened_ms, closed_ms, int(counted[0]), issued,
        _gifts(database, shift, last, numbers),
        by_itself=then is not None and then[0] != facts.SHIFT_COUNTED,
        handovers=tuple(
            _handover(database, giver, *taken)
            for (_, giver, _), taken in itertools.pairwise(holders)
        ),
    )  # fmt: skip


def _handover(database: Database, giver: str, at: int, taker: str, at_ms: int) -> Handover:
    """Tell who took over from ``giver`` at a position of the log, and what was counted then."""
    before = database.row(_PRECEDING, {"at": at})
    assert before is not None, "a shift was opened before it is handed over"
    kind, payload = before
    if kind != facts.SHIFT_COUNTED:
        return Handover(at_ms, giver, taker)
    counted = facts.decode_payload(kind, payload)
    if counted["moment"] != Moment.HANDED_OVER:
        return Handover(at_ms, giver, taker)
    gifts = tuple(GiftCount(*gift) for gift in counted["gifts"])
    return Handover(at_ms, giver, taker, gifts, counted["word"])


def places(database: Database, limit: int) -> tuple[str, ...]:
    """Return where shifts were opened last, newest first."""
    return tuple(row[0] for row in database.rows(_PLACES, {"most": limit}))


def _gifts(
    database: Database, shift: str, last: int, numbers: Mapping[str, int]
) -> tuple[GiftFloat, ...]:
    counts: dict[str, list[tuple[int, int]]] = {}
    for offer_code, position, counted in database.rows(_COUNTS, {"shift": shift}):
        counts.setdefault(offer_code, []).append((position, counted))
    found = []
    for offer_code, counted_at in counts.items():
        since, newest = counted_at[-1]
        span = {"offer": numbers.get(offer_code, 0), "first": since, "last": last}
        given = database.row(_GIVEN, span)
        assert given is not None, "a count is always a row"
        found.append(GiftFloat(offer_code, counted_at[0][1], newest, int(given[0])))
    return tuple(found)


def waiting_resets(database: Database) -> tuple[PinReset, ...]:
    """Return who waits for a new PIN, by staff code."""
    return tuple(PinReset(*row) for row in database.rows(_RESETS))
