"""Staff in the feed, and the one-time code with which somebody sets a first PIN or a new one.

PINs never leave a terminal: head office only says who may sign in where, and hands out codes.
"""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.feed_queue import FeedQueue, to_outlet
from branchdesk.headoffice.pin_resets import approve, open_requests
from branchdesk.headoffice.results import StaffCode
from branchdesk.headoffice.tables import staff, staff_outlets
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.short_code import ALPHABET

CODE_CHARACTERS = 12
CODE_LIFE_MS = 24 * 3_600_000


def one_time_code(context: OfficeContext, staff_code: str) -> StaffCode:
    """Make a code for one active member of staff; see :meth:`Office.one_time_code`."""
    made = _draw(context, staff_code)
    context.database.write(lambda connection: _send_code(context, connection, made))
    return made


def reset_pin(context: OfficeContext, staff_code: str) -> StaffCode:
    """Approve what a supervisor asked for; see :meth:`Office.reset_pin`."""
    made = _draw(context, staff_code)

    def act(connection: Connection) -> None:
        _require_active(connection, staff_code)
        approve(connection, staff_code, context.clock_ms())
        _send_code(context, connection, made)

    context.database.write(act)
    return made


def list_staff(context: OfficeContext) -> list[dict[str, object]]:
    """Return everybody by code, with outlets and the requests for a new PIN that are open."""
    with context.database.read() as connection:
        places: dict[str, list[str]] = {}
        for row in connection.execute(select(staff_outlets).order_by(staff_outlets.c.outlet)):
            places.setdefault(row.staff, []).append(row.outlet)
        asked = open_requests(connection)
        return [
            {
                "code": row.code, "name": row.name, "role": row.role, "active": row.active,
                "outlets": places.get(row.code, []),
                "code_waiting": _is_good(context, row),
                "resets": [request for request in asked if request["staff"] == row.code],
            }
            for row in connection.execute(select(staff).order_by(staff.c.code))
        ]  # fmt: skip


def _draw(context: OfficeContext, staff_code: str) -> StaffCode:
    drawn = context.randomness(CODE_CHARACTERS)
    # 256 is a multiple of 32, so every character is equally likely.
    code = "".join(ALPHABET[byte & 31] for byte in drawn)
    return StaffCode(staff_code, code, context.clock_ms() + CODE_LIFE_MS)


def _is_good(context: OfficeContext, row: Row[Any]) -> bool:
    return bool(row.one_time_code) and row.code_expires_ms > context.clock_ms()


def _require_active(connection: Connection, staff_code: str) -> None:
    """Raise RuleViolation ``staff_unknown`` for a code that nobody here has."""
    known = select(staff.c.code).where(staff.c.code == staff_code, staff.c.active)
    if connection.execute(known).first() is None:
        raise RuleViolation("staff_unknown", staff=staff_code[:40])


def _send_code(context: OfficeContext, connection: Connection, made: StaffCode) -> None:
    found = connection.execute(
        update(staff)
        .where(staff.c.code == made.staff, staff.c.active)
        .values(one_time_code=made.code, code_expires_ms=made.expires_ms)
    )
    if found.rowcount == 0:
        raise RuleViolation("staff_unknown", staff=made.staff[:40])
    queue = FeedQueue()
    put_staff(context, connection, queue, [made.staff])
    queue.flush(connection)


def put_staff(
    context: OfficeContext, connection: Connection, queue: FeedQueue, codes: list[str]
) -> None:
    """Queue the present state of some staff for the terminals of their outlets."""
    places = (
        select(staff, staff_outlets.c.outlet)
        .join(staff_outlets, staff_outlets.c.staff == staff.c.code)
        .where(staff.c.code.in_(codes))
        .order_by(staff.c.code, staff_outlets.c.outlet)
    )
    for row in connection.execute(places):
        is_good = _is_good(context, row)
        put_member(
            queue,
            row.outlet,
            {
                "code": row.code, "name": row.name, "role": row.role, "active": row.active,
                "one_time_code": row.one_time_code if is_good else "",
                "code_expires_ms": row.code_expires_ms if is_good else 0,
            },
        )  # fmt: skip


def put_member(queue: FeedQueue, outlet: str, fields: dict[str, object]) -> None:
    """Queue what one outlet is to know of one member of staff, in place of what it knew."""
    topic = f"staff:{fields['code']}:{outlet}"
    queue.put(Lane.CONTENT, to_outlet(outlet), ItemKind.STAFF, fields, topic=topic)
