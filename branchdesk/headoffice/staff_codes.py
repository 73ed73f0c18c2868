"""Staff in the feed, and the one-time code with which somebody sets a first PIN.

PINs never leave a terminal: head office only says who may sign in where, and hands out codes.
"""

from sqlalchemy import Connection, select, update

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.feed_queue import FeedQueue, to_outlet
from branchdesk.headoffice.results import StaffCode
from branchdesk.headoffice.tables import staff, staff_outlets
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.short_code import ALPHABET

CODE_CHARACTERS = 12
CODE_LIFE_MS = 24 * 3_600_000


def one_time_code(context: OfficeContext, staff_code: str) -> StaffCode:
    """Make a code for one active member of staff; see :meth:`Office.one_time_code`."""
    drawn = context.randomness(CODE_CHARACTERS)
    # 256 is a multiple of 32, so every character is equally likely.
    code = "".join(ALPHABET[byte & 31] for byte in drawn)
    made = StaffCode(staff_code, code, context.clock_ms() + CODE_LIFE_MS)
    context.database.write(lambda connection: _send_code(context, connection, made))
    return made


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
        is_good = row.one_time_code and row.code_expires_ms > context.clock_ms()
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
