"""Vouchers in the derived tables: added with their slot, counted, noted beside their holder.

What issuing and books have in common; as every projection it reads the event alone.
"""

from typing import Final

from sqlalchemy import ColumnElement, bindparam, case, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.recorded import Recorded
from branchdesk.persistence.tables import (
    customer_events,
    customers,
    grants,
    issue_counters,
    slots,
    vouchers,
)
from branchdesk.protocol.token import china_day, decode_voucher

MS: Final = 1000

# A grant that is not held adds no row, and the voucher's foreign key then refuses.
ADD_SLOT = Sql(
    lambda: insert(slots).from_select(
        [column.name for column in slots.c],
        select(
            grants.c.number,
            bindparam("slot"),
            grants.c.slots,
            bindparam("state"),
            bindparam("number"),
        ).where(grants.c.number == bindparam("grant_number")),
    )
)
_ADD_VOUCHER = Sql(lambda: insert(vouchers))
_USE_SLOT = Sql(
    lambda: (
        update(grants)
        .where(grants.c.number == bindparam("grant_number"))
        .values(
            used=grants.c.used + 1,
            next_slot=case(
                (grants.c.next_slot == bindparam("slot"), grants.c.next_slot + 1),
                else_=grants.c.next_slot,
            ),
        )
    )
)
_COUNT_ISSUE = Sql(
    lambda: (
        upsert(issue_counters)
        .values(offer_code=bindparam("offer_code"), day=bindparam("day"), issued=1)
        .on_conflict_do_update(set_={"issued": issue_counters.c.issued + 1})
    )
)
_COUNT_VOUCHER = Sql(
    lambda: (
        update(customers)
        .where(customers.c.customer == bindparam("whose"))
        .values(vouchers=customers.c.vouchers + 1)
    )
)


def is_voucher_at(grant: str, slot: str) -> ColumnElement[bool]:
    """Return the condition that a voucher is the one at the grant and slot of two parameters."""
    return (
        vouchers.c.number
        == select(slots.c.number)
        .where(slots.c.grant_number == bindparam(grant), slots.c.slot == bindparam(slot))
        .scalar_subquery()
    )


_NOTE = Sql(
    lambda: (
        insert(customer_events)
        .prefix_with("OR IGNORE")
        .from_select(
            ["customer", "position"],
            select(vouchers.c.customer, bindparam("its_position")).where(
                is_voucher_at("its_grant", "its_slot"), vouchers.c.customer != ""
            ),
        )
    )
)


def add_voucher(
    database: Database, event: Recorded, *, number: int, customer: str, voucher: bytes
) -> None:
    """Use the slot of a signed voucher of the event's grant, campaign and offer."""
    grant, read = event.fields["grant"], decode_voucher(voucher)
    database.run(ADD_SLOT, slot_row(grant, read.slot, number))
    row = {
        "number": number,
        "position": event.position,
        "grant_number": grant,
        "slot": read.slot,
        "customer": customer,
        "campaign": event.fields["campaign"],
        "offer_code": event.fields["offer_code"],
        "voucher": voucher,
        "day": china_day(read.issued_at),
        "issued_at_ms": read.issued_at * MS,
        "printed": 0,
    }
    database.run(_ADD_VOUCHER, row)
    database.run(_USE_SLOT, {"grant_number": grant, "slot": read.slot})


def count_issue(database: Database, offer_code: str, day: int, customer: str) -> None:
    """Count a voucher of an offer that somebody was given on a day."""
    database.run(_COUNT_ISSUE, {"offer_code": offer_code, "day": day})
    if customer:
        database.run(_COUNT_VOUCHER, {"whose": customer})


def note_voucher_event(database: Database, event: Recorded, grant: int, slot: int) -> None:
    """Note beside the holder what happened to a voucher issued here; a book's has none yet."""
    place = {"its_grant": grant, "its_slot": slot, "its_position": event.position}
    database.run(_NOTE, place)


def slot_row(grant: int, slot: int, number: int | None) -> dict[str, object]:
    """Return the row of a slot: used by the voucher with a number, or returned."""
    state = "returned" if number is None else "used"
    return {"grant_number": grant, "slot": slot, "state": state, "number": number}
