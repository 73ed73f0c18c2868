"""What redemption, reprint, void, release and book events change in the derived tables."""

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

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
from branchdesk.persistence.tables import grants, vouchers
from branchdesk.persistence.voucher_projections import (
    add_voucher,
    count_issue,
    is_voucher_at,
    note_voucher_event,
)
from branchdesk.protocol import facts
from branchdesk.protocol.token import decode_grant, decode_voucher

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
_OFFER_OF = Sql(lambda: select(grants.c.offer_code).where(grants.c.number == bindparam("of_grant")))
_ADD_BOOK = Sql(lambda: insert(books))
_ENTER = Sql(lambda: insert(book_entries))
# Whoever was handed a number of a book is its holder, from the day on which it was handed out.
_HAND_OUT = Sql(
    lambda: (
        update(vouchers)
        .where(is_voucher_at("its_grant", "its_slot"))
        .values(customer=bindparam("whose"), day=bindparam("used_day"))
    )
)


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


def _book_printed(database: Database, event: Recorded) -> None:
    fields = event.fields
    for place, voucher in enumerate(fields["vouchers"]):
        number = fields["number"] + place
        add_voucher(database, event, number=number, customer="", voucher=voucher)
    row = {
        "book": fields["book"], "position": event.position, "grant_number": fields["grant"],
        "first_slot": fields["first"], "last_slot": fields["last"],
        "first_number": fields["number"],
    }  # fmt: skip
    database.run(_ADD_BOOK, row)


def _book_entered(database: Database, event: Recorded) -> None:
    grant = event.fields["grant"]
    for slot, fate, customer, used_day in event.fields["entries"]:
        row = {
            "grant_number": grant, "slot": slot, "position": event.position, "fate": fate,
            "customer": customer, "used_day": used_day,
        }  # fmt: skip
        database.run(_ENTER, row)
        if fate == "used":
            place = {"its_grant": grant, "its_slot": slot}
            database.run(_HAND_OUT, {**place, "whose": customer, "used_day": used_day})
            offer_code = database.row(_OFFER_OF, {"of_grant": grant})
            assert offer_code is not None, "a book lies in a grant that is held"
            count_issue(database, offer_code[0], used_day, customer)
            note_voucher_event(database, event, grant, slot)
        elif fate != "missing":
            # It lies here, out of everybody's hands.
            void = {"grant_number": grant, "slot": slot, "position": event.position, "reason": fate}
            database.run(_ADD_VOID, void)


REDEMPTION_PROJECTIONS: Final[Mapping[str, Callable[[Database, Recorded], None]]] = {
    facts.VOUCHER_REDEEMED: _redeemed,
    facts.REDEMPTION_UNDONE: _undone,
    facts.VOUCHER_REPRINTED: _reprinted,
    facts.VOUCHER_VOIDED: _voided,
    facts.VOUCHER_RELEASED: _released,
    facts.KEEPER_RESIGNED: _resigned,
    facts.BOOK_PRINTED: _book_printed,
    facts.BOOK_ENTERED: _book_entered,
}
