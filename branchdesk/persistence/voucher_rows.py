"""Vouchers and grants as this terminal holds them, read into the application's models."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)

from branchdesk.application.models import GrantLine, OpenGrant, VoucherRecord
from branchdesk.domain.forecast import Pace
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.redemption_tables import (
    redemptions,
    reprints,
    used_elsewhere,
    voids,
)
from branchdesk.persistence.tables import events, grants, revocations, slots, vouchers
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.signing import PUBLIC_KEY_BYTES
from branchdesk.protocol.token import day_of, decode_grant, decode_voucher

_IS_REVOKED = (
    select(revocations.c.item)
    .where(
        revocations.c.what == "grant",
        revocations.c.number == vouchers.c.grant_number,
        vouchers.c.slot.between(revocations.c.first_slot, revocations.c.last_slot),
    )
    .exists()
)
IS_VOID = or_(
    select(voids.c.position)
    .where(voids.c.grant_number == vouchers.c.grant_number, voids.c.slot == vouchers.c.slot)
    .exists(),
    select(used_elsewhere.c.item)
    .where(
        used_elsewhere.c.grant_number == vouchers.c.grant_number,
        used_elsewhere.c.slot == vouchers.c.slot,
        used_elsewhere.c.what == "voided",
    )
    .exists(),
)


def _of_newest_copy(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    return (
        select(column)
        .where(
            reprints.c.grant_number == vouchers.c.grant_number,
            reprints.c.slot == vouchers.c.slot,
        )
        .order_by(reprints.c.copy.desc())
        .limit(1)
        .scalar_subquery()
    )


def _vouchers() -> Select[tuple[object, ...]]:
    columns = (
        events.c.event_id, vouchers.c.customer, vouchers.c.campaign, vouchers.c.offer_code,
        vouchers.c.grant_number, vouchers.c.slot, grants.c.grant_bytes,
        func.coalesce(_of_newest_copy(reprints.c.voucher), vouchers.c.voucher),
        vouchers.c.number, grants.c.face_minor, vouchers.c.issued_at_ms, vouchers.c.printed,
        _IS_REVOKED.label("is_revoked"),
        func.coalesce(_of_newest_copy(reprints.c.copy), 0), IS_VOID.label("is_void"),
        grants.c.is_book,
    )  # fmt: skip
    return (
        select(*columns)
        .join(events, events.c.position == vouchers.c.position)
        .join(grants, grants.c.number == vouchers.c.grant_number)
        .order_by(vouchers.c.number)
    )


_ONE = Sql(
    lambda: _vouchers().where(
        vouchers.c.number
        == select(slots.c.number)
        .where(slots.c.grant_number == bindparam("of_grant"), slots.c.slot == bindparam("of_slot"))
        .scalar_subquery()
    )
)
_NUMBERED = Sql(lambda: _vouchers().where(vouchers.c.number == bindparam("wanted")))
_ALL = Sql(_vouchers)
_BY_CUSTOMER = Sql(lambda: _vouchers().where(vouchers.c.customer == bindparam("customer")))
# Whoever redeemed a voucher held its paper; a copy signed since then is another paper.
WAS_REDEEMED = or_(
    select(redemptions.c.redemption)
    .where(
        redemptions.c.grant_number == vouchers.c.grant_number,
        redemptions.c.slot == vouchers.c.slot,
        redemptions.c.position > func.coalesce(_of_newest_copy(reprints.c.position), 0),
    )
    .exists(),
    and_(
        _of_newest_copy(reprints.c.copy).is_(None),
        select(used_elsewhere.c.item)
        .where(
            used_elsewhere.c.grant_number == vouchers.c.grant_number,
            used_elsewhere.c.slot == vouchers.c.slot,
            used_elsewhere.c.what == "redeemed",
        )
        .exists(),
    ),
)
# Written as text: a bound zero would keep SQLite from the partial index.
_UNPRINTED = Sql(lambda: _vouchers().where(text("vouchers.printed = 0"), ~WAS_REDEEMED))
_BY_INTENTS = Sql(
    lambda: _vouchers().where(
        events.c.event_id.in_(
            select(func.unhex(func.json_each(bindparam("ids")).table_valued("value").c.value))
        )
    )
)
_earlier = vouchers.alias("earlier")
# What was printed in advance was not issued at the counter.
_FOR_BOOKS = select(grants.c.number).where(grants.c.is_book)
# The numbers run on, so the first voucher that is not of this shift and day ends the search.
_PACES = Sql(
    lambda: (
        select(vouchers.c.offer_code, func.count(), func.min(vouchers.c.issued_at_ms))
        .where(
            vouchers.c.grant_number.not_in(_FOR_BOOKS),
            vouchers.c.number
            > func.coalesce(
                select(_earlier.c.number)
                .where(
                    _earlier.c.grant_number.not_in(_FOR_BOOKS),
                    or_(
                        _earlier.c.day != bindparam("day"),
                        _earlier.c.issued_at_ms < bindparam("since_ms"),
                    ),
                )
                .order_by(_earlier.c.number.desc())
                .limit(1)
                .scalar_subquery(),
                0,
            ),
        )
        .group_by(vouchers.c.offer_code)
    )
)
_LAST_NUMBER = Sql(lambda: select(func.max(vouchers.c.number)))
_GRANT_COLUMNS = (
    grants.c.number, grants.c.grant_bytes, grants.c.campaign, grants.c.offer_code, grants.c.used,
    grants.c.returned, grants.c.next_slot,
)  # fmt: skip
# Where the device key lies in the 125 bytes (DESIGN section 6), counted from 1.
_terminal_key = func.substr(grants.c.grant_bytes, 14, PUBLIC_KEY_BYTES)
_GRANTS = Sql(
    lambda: select(*_GRANT_COLUMNS).where(grants.c.is_book.is_(False)).order_by(grants.c.number)
)
_USABLE = Sql(
    lambda: (
        select(*_GRANT_COLUMNS)
        .where(
            grants.c.offer_code == bindparam("offer_code"),
            grants.c.issue_from <= bindparam("day"),
            grants.c.issue_until >= bindparam("day"),
            grants.c.is_book == bindparam("for_book"),
            _terminal_key == bindparam("terminal_key"),
            grants.c.used + grants.c.returned < grants.c.slots,
        )
        .order_by(grants.c.issue_until, grants.c.number)
    )
)
_TAKEN = Sql(
    lambda: select(slots.c.slot).where(
        slots.c.grant_number == bindparam("grant_number"), slots.c.slot >= bindparam("slot")
    )
)
_GRANT_BYTES = Sql(
    lambda: select(grants.c.grant_bytes).where(grants.c.number == bindparam("number"))
)
_REVOKED = Sql(
    lambda: select(revocations.c.first_slot, revocations.c.last_slot).where(
        revocations.c.what == "grant", revocations.c.number == bindparam("number")
    )
)


def one_voucher(database: Database, voucher: str) -> VoucherRecord | None:
    """Return a voucher by its id ``grant-slot``; None for any other text."""
    grant, dash, slot = voucher.partition("-")
    if not (dash and _is_number(grant) and _is_number(slot)):
        return None
    row = database.row(_ONE, {"of_grant": int(grant), "of_slot": int(slot)})
    return None if row is None else _voucher(row)


def numbered_voucher(database: Database, number: int) -> VoucherRecord | None:
    """Return the voucher with a running number of this terminal."""
    row = database.row(_NUMBERED, {"wanted": number})
    return None if row is None else _voucher(row)


def find_vouchers(
    database: Database, intents: Sequence[UUID], customer: str, *, unprinted: bool
) -> tuple[VoucherRecord, ...]:
    """Return vouchers in order of number; every condition that is given must hold."""
    if unprinted:
        rows = database.rows(_UNPRINTED)
    elif intents:
        ids = json.dumps([intent.hex for intent in intents])
        rows = database.rows(_BY_INTENTS, {"ids": ids})
    elif customer:
        rows = database.rows(_BY_CUSTOMER, {"customer": customer})
    else:
        rows = database.rows(_ALL)
    return tuple(
        record
        for record in map(_voucher, rows)
        if (not customer or record.customer == customer)
        and (not intents or record.intent in intents)
        and not (unprinted and (record.is_void or record.is_book))
    )


def paces(database: Database, day: int, *, since_ms: int) -> dict[str, Pace]:
    """Return the pace of each offer since a wall time of one day, by code."""
    # A voucher carries whole seconds: one issued in the second of the opening belongs to the shift.
    rows = database.rows(_PACES, {"day": day, "since_ms": since_ms // 1000 * 1000})
    return {code: Pace(issued, first_ms) for code, issued, first_ms in rows}


def next_number(database: Database) -> int:
    """Return the running number of the next voucher, from 1."""
    row = database.row(_LAST_NUMBER)
    return 1 + (row[0] or 0 if row else 0)


def usable_grant(
    database: Database, offer_code: str, day: int, terminal_key: bytes
) -> OpenGrant | None:
    """Return the grant to use next with its lowest free slot, or None.

    A grant names the device key that signs its vouchers: one of an earlier epoch is not usable.
    """
    return next(_usable(database, offer_code, day, terminal_key, for_book=False), None)


def book_grant(
    database: Database, offer_code: str, day: int, terminal_key: bytes, count: int
) -> OpenGrant | None:
    """Return a grant for books with at least ``count`` free slots in a row, or None."""
    for opened in _usable(database, offer_code, day, terminal_key, for_book=True):
        # Books use slots from the lowest on, so that what is free is one run, or was taken back.
        if count <= opened.free == opened.grant.slots - opened.next_slot + 1:
            return opened
    return None


def grant_lines(database: Database, terminal_key: bytes) -> tuple[GrantLine, ...]:
    """Return every grant held here to issue from; ``terminal_key`` is the present one."""
    return tuple(_grant_line(database, row, terminal_key) for row in database.rows(_GRANTS))


def _usable(
    database: Database, offer_code: str, day: int, terminal_key: bytes, *, for_book: bool
) -> Iterator[OpenGrant]:
    chosen = {
        "offer_code": offer_code, "day": day, "terminal_key": terminal_key, "for_book": for_book,
    }  # fmt: skip
    for row in database.rows(_USABLE, chosen):
        opened = _open(database, row)
        if opened is not None:
            yield opened


def free_slots(database: Database, number: int, terminal_key: bytes) -> tuple[tuple[int, int], ...]:
    """Return the ranges of a grant's free slots, ascending; none when it is not this epoch's."""
    row = database.row(_GRANT_BYTES, {"number": number})
    if row is None:
        return ()
    grant = decode_grant(row[0])
    if grant.terminal_key != terminal_key:
        return ()
    taken = [(slot, slot) for (slot,) in database.rows(_TAKEN, {"grant_number": number, "slot": 1})]
    free: list[tuple[int, int]] = []
    after = 0
    out = sorted([*taken, *_revoked_ranges(database, number), (grant.slots + 1, grant.slots + 1)])
    for first, last in out:
        if first > after + 1 and after < grant.slots:
            free.append((after + 1, min(first - 1, grant.slots)))
        after = max(after, last)
    return tuple(free)


def _open(database: Database, row: Row) -> OpenGrant | None:
    number, grant_bytes, campaign, offer_code, used, returned, next_slot = row
    grant = decode_grant(grant_bytes)
    revoked = _revoked_ranges(database, number)
    if not revoked and not returned:
        free = grant.slots - used
        taken_after = database.row(_TAKEN, {"grant_number": number, "slot": next_slot})
        if taken_after is None:
            return OpenGrant(grant, grant_bytes, campaign, offer_code, next_slot, free)
    parameters = {"grant_number": number, "slot": next_slot}
    taken = {found[0] for found in database.rows(_TAKEN, parameters)}
    free_slots = [
        slot
        for slot in range(next_slot, grant.slots + 1)
        if slot not in taken and not any(first <= slot <= last for first, last in revoked)
    ]
    if not free_slots:
        return None
    return OpenGrant(grant, grant_bytes, campaign, offer_code, free_slots[0], len(free_slots))


def _grant_line(database: Database, row: Row, terminal_key: bytes) -> GrantLine:
    number, grant_bytes, _, offer_code, used, returned, _ = row
    grant = decode_grant(grant_bytes)
    revoked = _revoked_ranges(database, number)
    whole = any(first <= 1 and last >= grant.slots for first, last in revoked)
    return GrantLine(
        grant=number,
        offer=grant.offer,
        code=offer_code,
        slots=grant.slots,
        used=used,
        returned=returned,
        policy=grant.policy,
        issue_until=day_of(grant.issue_until),
        # What an earlier epoch was lent can never be used again, whoever took it back.
        revoked=whole or grant.terminal_key != terminal_key,
    )


def _revoked_ranges(database: Database, number: int) -> list[tuple[int, int]]:
    return [(first, last) for first, last in database.rows(_REVOKED, {"number": number})]


def _voucher(row: Row) -> VoucherRecord:
    (event_id, customer, campaign, offer_code, grant, slot, grant_bytes, voucher, number,
     face_minor, issued_at_ms, printed, revoked, copy, is_void, is_book) = row  # fmt: skip
    return VoucherRecord(
        voucher=voucher_id(grant, slot),
        intent=UUID(bytes=event_id),
        customer=customer,
        campaign=campaign,
        offer_code=offer_code,
        grant=grant,
        slot=slot,
        grant_bytes=grant_bytes,
        voucher_bytes=voucher,
        number=number,
        face_minor=face_minor,
        issued_at_ms=issued_at_ms,
        expires_on=day_of(decode_voucher(voucher).expires),
        printed=printed,
        revoked=bool(revoked),
        copy=copy,
        is_void=bool(is_void),
        is_book=is_book,
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10
