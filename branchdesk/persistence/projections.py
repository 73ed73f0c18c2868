"""What an event changes in the derived tables: one function a type, from the event alone.

The same functions run when an event is recorded, when the store is recovered, and when it is
checked against its log. They read no clock and no feed, so that the answer is always the same.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import bindparam, delete, func, insert, select, update

from branchdesk.persistence.customer_projections import CUSTOMER_PROJECTIONS
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.recorded import Recorded
from branchdesk.persistence.redemption_projections import REDEMPTION_PROJECTIONS
from branchdesk.persistence.redemption_tables import reprints
from branchdesk.persistence.tables import (
    grants,
    pin_resets,
    shift_counts,
    shift_holders,
    shifts,
    vouchers,
)
from branchdesk.persistence.voucher_projections import (
    ADD_SLOT,
    add_voucher,
    count_issue,
    is_voucher_at,
    note_voucher_event,
    slot_row,
)
from branchdesk.protocol import facts
from branchdesk.protocol.token import china_day, decode_grant, decode_voucher


def project(database: Database, event: Recorded) -> None:
    """Apply an event to the derived tables; a type without a projection changes nothing."""
    projection = _PROJECTIONS.get(event.event_type)
    if projection is not None:
        projection(database, event)


_ADD_GRANT = Sql(lambda: insert(grants))
_RETURN_SLOTS = Sql(
    lambda: (
        update(grants)
        .where(grants.c.number == bindparam("grant_number"))
        .values(returned=grants.c.returned + bindparam("count"))
    )
)
# A printing counts for the newest copy alone: what an older paper shows is superseded.
_COUNT_PRINT = Sql(
    lambda: (
        update(vouchers)
        .where(
            is_voucher_at("its_grant", "its_slot"),
            func.coalesce(
                select(func.max(reprints.c.copy))
                .where(
                    reprints.c.grant_number == bindparam("its_grant"),
                    reprints.c.slot == bindparam("its_slot"),
                )
                .scalar_subquery(),
                0,
            )
            == bindparam("its_copy"),
        )
        .values(printed=vouchers.c.printed + 1)
    )
)
_OPEN_SHIFT = Sql(lambda: insert(shifts).prefix_with("OR IGNORE"))
_CLOSE_SHIFT = Sql(
    lambda: (
        update(shifts)
        .where(shifts.c.shift == bindparam("which"))
        .values(closed_ms=func.coalesce(shifts.c.closed_ms, bindparam("at_ms")))
    )
)
_HOLD_SHIFT = Sql(lambda: insert(shift_holders))
_ADD_COUNT = Sql(lambda: insert(shift_counts))
_ASK_RESET = Sql(lambda: insert(pin_resets).prefix_with("OR REPLACE"))
_END_RESET = Sql(lambda: delete(pin_resets).where(pin_resets.c.staff == bindparam("whose")))


def _grant_accepted(database: Database, event: Recorded) -> None:
    grant = decode_grant(event.fields["grant"])
    row = {
        "number": grant.number,
        "offer": grant.offer,
        "slots": grant.slots,
        "face_minor": grant.face_minor,
        "issue_from": grant.issue_from,
        "issue_until": grant.issue_until,
        "policy": grant.policy,
        "is_book": grant.is_book,
        "grant_bytes": event.fields["grant"],
        "campaign": event.fields["campaign"],
        "offer_code": event.fields["offer_code"],
        "used": 0,
        "returned": 0,
        "next_slot": 1,
    }
    database.run(_ADD_GRANT, row)


def _grant_returned(database: Database, event: Recorded) -> None:
    number, given_back = event.fields["grant"], event.fields["slots"]
    for first, last in given_back:
        rows = (slot_row(number, slot, None) for slot in range(first, last + 1))
        database.run_many(ADD_SLOT, rows)
        count = last - first + 1
        database.run(_RETURN_SLOTS, {"grant_number": number, "count": count})


def _voucher_issued(database: Database, event: Recorded) -> None:
    fields = event.fields
    customer, number = fields["customer"], fields["number"]
    add_voucher(database, event, number=number, customer=customer, voucher=fields["voucher"])
    issued_at = decode_voucher(fields["voucher"]).issued_at
    count_issue(database, fields["offer_code"], china_day(issued_at), customer)


def _voucher_printed(database: Database, event: Recorded) -> None:
    for grant, slot, copy, *_ in event.fields["items"]:
        place = {"its_grant": grant, "its_slot": slot, "its_copy": copy}
        database.run(_COUNT_PRINT, place)
        note_voucher_event(database, event, grant, slot)


def _shift_opened(database: Database, event: Recorded) -> None:
    shift, place = event.fields["shift"], event.fields["place"]
    row = {"shift": shift, "place": place, "opened_ms": event.wall_ms, "closed_ms": None}
    database.run(_OPEN_SHIFT, row)
    _hold_shift(database, event, event.staff)


def _shift_handed_over(database: Database, event: Recorded) -> None:
    _hold_shift(database, event, event.fields["staff"])


def _hold_shift(database: Database, event: Recorded, staff: str) -> None:
    row = {"position": event.position, "shift": event.fields["shift"], "staff": staff}
    database.run(_HOLD_SHIFT, row)


def _shift_counted(database: Database, event: Recorded) -> None:
    rows = [
        {"position": event.position, "shift": event.fields["shift"], "offer_code": offer_code,
         "counted": counted, "expected": expected}
        for offer_code, counted, expected in event.fields["gifts"]
    ]  # fmt: skip
    database.run_many(_ADD_COUNT, rows)


def _pin_reset_requested(database: Database, event: Recorded) -> None:
    row = {
        "staff": event.fields["staff"], "asked_by": event.staff, "reason": event.fields["reason"],
        "asked_ms": event.wall_ms,
    }  # fmt: skip
    database.run(_ASK_RESET, row)


def _pin_set(database: Database, event: Recorded) -> None:
    database.run(_END_RESET, {"whose": event.fields["staff"]})


def _shift_closed(database: Database, event: Recorded) -> None:
    database.run(_CLOSE_SHIFT, {"which": event.fields["shift"], "at_ms": event.wall_ms})


_PROJECTIONS: Mapping[str, Callable[[Database, Recorded], None]] = {
    **CUSTOMER_PROJECTIONS,
    **REDEMPTION_PROJECTIONS,
    facts.GRANT_ACCEPTED: _grant_accepted,
    facts.GRANT_RETURNED: _grant_returned,
    facts.VOUCHER_ISSUED: _voucher_issued,
    facts.VOUCHER_PRINTED: _voucher_printed,
    facts.STAFF_PIN_SET: _pin_set,
    facts.STAFF_PIN_RESET_REQUESTED: _pin_reset_requested,
    facts.SHIFT_OPENED: _shift_opened,
    facts.SHIFT_COUNTED: _shift_counted,
    facts.SHIFT_HANDED_OVER: _shift_handed_over,
    facts.SHIFT_CLOSED: _shift_closed,
}
