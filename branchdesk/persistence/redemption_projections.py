"""What redemption, reprint, void, release and book events change in the derived tables."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, update

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
from branchdesk.protocol import facts
from branchdesk.protocol.token import decode_grant, decode_voucher

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


def _undone(database: Database, event: Recorded) -> None:
    which = str(UUID(bytes=event.fields["redemption"]))
    database.run(_UNDO_REDEMPTION, {"which": which, "at_ms": event.wall_ms})


def _reprinted(database: Database, event: Recorded) -> None:
    fields = event.fields
    row = {
        "grant_number": fields["grant"], "slot": fields["slot"], "copy": fields["copy"],
        "position": event.position, "voucher": fields["voucher"],
    }  # fmt: skip
    database.run(_ADD_REPRINT, row)


def _voided(database: Database, event: Recorded) -> None:
    fields = event.fields
    row = {
        "grant_number": fields["grant"], "slot": fields["slot"], "position": event.position,
        "reason": fields["reason"],
    }  # fmt: skip
    database.run(_ADD_VOID, row)


def _released(database: Database, event: Recorded) -> None:
    rows = [
        {"grant_number": event.fields["grant"], "first_slot": first, "last_slot": last,
         "position": event.position}
        for first, last in event.fields["slots"]
    ]  # fmt: skip
    database.run_many(_ADD_RELEASE, rows)


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
