"""What redemption, reprint, void, release and book events change in the derived tables."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, insert, select, update

from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.recorded import Recorded
from branchdesk.persistence.redemption_tables import (
    book_entries,
    books,
    redemptions,
    releases,
    reprints,
    resignations,
    voids,
)
from branchdesk.persistence.tables import customer_events, slots, vouchers
from branchdesk.protocol import facts
from branchdesk.protocol.token import decode_grant, decode_voucher


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
# What a reprint supersedes is no longer what is known to be on paper.
_FORGET_PRINTS = Sql(
    lambda: update(vouchers).where(is_voucher_at("its_grant", "its_slot")).values(printed=0)
)
_ADD_REDEMPTION = Sql(lambda: insert(redemptions))
_UNDO_REDEMPTION = Sql(
    lambda: (
        update(redemptions)
        .where(redemptions.c.redemption == bindparam("which"))
        .values(undone_ms=bindparam("at_ms"))
    )
)
_ADD_REPRINT = Sql(lambda: insert(reprints))
_ADD_VOID = Sql(lambda: insert(voids))
_ADD_RELEASE = Sql(lambda: insert(releases).prefix_with("OR IGNORE"))
_RESIGN = Sql(lambda: insert(resignations).prefix_with("OR IGNORE"))
_ADD_BOOK = Sql(lambda: insert(books))
_ENTER = Sql(lambda: insert(book_entries))


def note_voucher_event(database: Database, event: Recorded, grant: int, slot: int) -> None:
    """Note beside the holder what happened to a voucher issued here; a book's has none yet."""
    place = {"its_grant": grant, "its_slot": slot, "its_position": event.position}
    database.run(_NOTE, place)


def _redeemed(database: Database, event: Recorded) -> None:
    fields = event.fields
    grant, voucher = decode_grant(fields["grant_bytes"]), decode_voucher(fields["voucher"])
    row = {
        "redemption": str(event.event_id), "position": event.position,
        "grant_number": grant.number, "slot": voucher.slot, "offer": grant.offer,
        "basis": fields["basis"], "amount_minor": fields["amount_minor"],
        "purchase_minor": fields["purchase_minor"], "at_ms": event.wall_ms, "undone_ms": None,
    }  # fmt: skip
    database.run(_ADD_REDEMPTION, row)
    note_voucher_event(database, event, grant.number, voucher.slot)


def _undone(database: Database, event: Recorded) -> None:
    which = str(UUID(bytes=event.fields["redemption"]))
    database.run(_UNDO_REDEMPTION, {"which": which, "at_ms": event.wall_ms})
    note_voucher_event(database, event, event.fields["grant"], event.fields["slot"])


def _reprinted(database: Database, event: Recorded) -> None:
    fields = event.fields
    row = {
        "grant_number": fields["grant"], "slot": fields["slot"], "copy": fields["copy"],
        "position": event.position, "voucher": fields["voucher"],
    }  # fmt: skip
    database.run(_ADD_REPRINT, row)
    database.run(_FORGET_PRINTS, {"its_grant": fields["grant"], "its_slot": fields["slot"]})
    note_voucher_event(database, event, fields["grant"], fields["slot"])


def _voided(database: Database, event: Recorded) -> None:
    fields = event.fields
    row = {
        "grant_number": fields["grant"], "slot": fields["slot"], "position": event.position,
        "reason": fields["reason"],
    }  # fmt: skip
    database.run(_ADD_VOID, row)
    note_voucher_event(database, event, fields["grant"], fields["slot"])


def _released(database: Database, event: Recorded) -> None:
    rows = [
        {"grant_number": event.fields["grant"], "first_slot": first, "last_slot": last,
         "position": event.position}
        for first, last in event.fields["slots"]
    ]  # fmt: skip
    database.run_many(_ADD_RELEASE, rows)
    for first, last in event.fields["slots"]:
        for slot in range(first, last + 1):
            note_voucher_event(database, event, event.fields["grant"], slot)


def _resigned(database: Database, event: Recorded) -> None:
    fields = event.fields
    row = {"outlet": fields["outlet"], "item": fields["item"], "position": event.position}
    database.run(_RESIGN, row)


REDEMPTION_PROJECTIONS: Final[Mapping[str, Callable[[Database, Recorded], None]]] = {
    facts.VOUCHER_REDEEMED: _redeemed,
    facts.REDEMPTION_UNDONE: _undone,
    facts.VOUCHER_REPRINTED: _reprinted,
    facts.VOUCHER_VOIDED: _voided,
    facts.VOUCHER_RELEASED: _released,
    facts.KEEPER_RESIGNED: _resigned,
}
