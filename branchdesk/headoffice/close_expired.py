"""Close slots whose time is over, so that the budget behind them is free. Never by a timer alone.

A slot is closed once nobody can still come with it: its last good day is over here, and whoever
could have used it offline has told us everything up to a moment after that day, by their own clock
and by ours. A voucher known as issued waits for its possible redeemers; a slot not known as issued
waits for the chain that its grant was lent to. A revoked terminal is not waited for as a redeemer:
two people took its right away.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows
from branchdesk.headoffice.offer_books import OfferBook, lock_books, save_book
from branchdesk.headoffice.redeemers import offline_redeemers
from branchdesk.headoffice.redemption_journal import STANDS
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.results import Closed
from branchdesk.headoffice.slot_effects import CLOSED
from branchdesk.headoffice.slot_ranges import SlotSet, slot_set
from branchdesk.headoffice.tables import (
    epochs,
    events,
    grants,
    offers,
    slots_out,
    terminals,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import FROZEN, read_chain
from branchdesk.protocol.event import decode_envelope
from branchdesk.protocol.token import EXPIRY_DAYS_MAX, Grant, china_day, decode_grant

NEVER = -1


class _Chain(NamedTuple):
    terminal: int
    epoch: int


@dataclass(slots=True)
class _Heads:
    """Up to which day each chain has told us everything; and whom revoked terminals are."""

    told: dict[_Chain, int]
    current: dict[int, int]
    revoked: set[int]
    waiting: set[int] = field(default_factory=set)

    def day_of(self, terminal: int) -> int:
        """Return the day up to which a terminal in its present epoch has told everything."""
        return self.told.get(_Chain(terminal, self.current.get(terminal, 0)), NEVER)

    def past(self, last_day: int, redeemers: Iterable[int]) -> bool:
        """Say whether all of ``redeemers`` are past a day, and note who is not."""
        late = {
            terminal
            for terminal in redeemers
            if terminal not in self.revoked and self.day_of(terminal) <= last_day
        }
        self.waiting |= late
        return not late


def close_expired(context: OfficeContext) -> Closed:
    """Close what has expired, a grant at a time; say who has still to be heard."""
    today = context.today()
    with context.database.read() as connection:
        heads = _read_heads(connection)
        numbers = _candidates(connection, today)
    slots = touched = 0
    for number in numbers:
        closed = context.database.write(partial(_close, context, heads, number))
        slots, touched = slots + closed, touched + bool(closed)
    return Closed(slots, touched, tuple(sorted(heads.waiting)))


def _read_heads(connection: Connection) -> _Heads:
    """Read the newest event of each chain: the day it was made, or received, whichever is less."""
    newest = (events.c.terminal == epochs.c.terminal) & (events.c.epoch == epochs.c.epoch)
    statement = select(
        epochs.c.terminal, epochs.c.epoch, events.c.envelope, events.c.received_ms
    ).join(events, newest & (events.c.seq == epochs.c.seq))
    told: dict[_Chain, int] = {}
    for row in connection.execute(statement):
        said_ms = decode_envelope(bytes(row.envelope)).wall_utc_ms
        told[_Chain(row.terminal, row.epoch)] = china_day(min(said_ms, row.received_ms) // 1000)
    known = connection.execute(select(terminals.c.terminal, terminals.c.epoch, terminals.c.state))
    rows = known.all()
    return _Heads(
        told, {row.terminal: row.epoch for row in rows},
        {row.terminal for row in rows if row.state == FROZEN},
    )  # fmt: skip


def _candidates(connection: Connection, today: int) -> list[int]:
    """Return the grants that have slots left and a last day that may be over."""
    spans = func.sum(slots_out.c.last - slots_out.c.first + 1)
    out = (
        select(slots_out.c.grant, spans.label("count")).group_by(slots_out.c.grant).subquery()
    )  # fmt: skip
    first = (
        select(vouchers.c.grant, func.min(vouchers.c.expires_day).label("day"))
        .group_by(vouchers.c.grant)
        .subquery()
    )
    statement = (
        select(grants.c.grant, grants.c.record, first.c.day)
        .outerjoin(out, out.c.grant == grants.c.grant)
        .outerjoin(first, first.c.grant == grants.c.grant)
        .where(grants.c.slots > func.coalesce(out.c.count, 0))
        .order_by(grants.c.grant)
    )

    found = connection.execute(statement)
    return [number for number, record, day in found if _may_be_over(bytes(record), day, today)]


def _may_be_over(record: bytes, first_expiry: int | None, today: int) -> bool:
    """Say whether a grant, or a voucher of it that expires on ``first_expiry``, is over."""
    is_over = first_expiry is not None and first_expiry < today
    return is_over or _last_unissued_day(decode_grant(record)) < today


def _last_unissued_day(grant: Grant) -> int:
    # The paper of a book is out already; its numbers are entered as long as it could be good.
    return grant.issue_until + (EXPIRY_DAYS_MAX if grant.is_book else 0)


def _close(context: OfficeContext, heads: _Heads, number: int, connection: Connection) -> int:
    row = connection.execute(select(grants).where(grants.c.grant == number)).one()
    # The chain's lock comes first, as everywhere: no issue can slip in beside this.
    chain = read_chain(context, connection, row.terminal, row.epoch, lock=True)
    (book,) = lock_books(connection, offers.c.offer == row.offer)
    grant, today = decode_grant(bytes(row.record)), context.today()
    issued = _issued(connection, number)
    out = _ranges(connection, number)
    kept = SlotSet(((1, row.slots),)).minus(out).without(_honoured(connection, number))
    redeemers = offline_redeemers(connection, book, row.terminal, chain.outlet)
    over = [
        slot
        for slot, day in sorted(issued.items())
        if day < today and slot in kept and heads.past(day, redeemers)
    ]
    closing = slot_set((slot, slot) for slot in over)
    last = _last_unissued_day(grant)
    unissued = kept.without(issued)
    if last < today and unissued.count:
        if heads.told.get(_Chain(row.terminal, row.epoch), NEVER) > last:
            closing = closing.plus(unissued)
        else:
            heads.waiting.add(row.terminal)
    _write(context, connection, book, number, row.epoch, closing=closing)
    return closing.count


def _write(
    context: OfficeContext,
    connection: Connection,
    book: OfferBook,
    number: int,
    epoch: int,
    *,
    closing: SlotSet,
) -> None:
    if not closing.count:
        return
    now_ms = context.clock_ms()
    rows = [(number, first, last, CLOSED, epoch, 0, now_ms) for first, last in closing.ranges]
    insert_rows(connection, slots_out, rows)
    book.slots_out += closing.count
    save_book(connection, book)


def _issued(connection: Connection, number: int) -> dict[int, int]:
    statement = select(vouchers.c.slot, vouchers.c.expires_day).where(vouchers.c.grant == number)
    return {row.slot: row.expires_day for row in connection.execute(statement)}


def _honoured(connection: Connection, number: int) -> list[int]:
    statement = select(redemptions.c.slot).where(
        redemptions.c.grant == number, redemptions.c.state == STANDS
    )
    return list(connection.execute(statement).scalars())


def _ranges(connection: Connection, number: int) -> SlotSet:
    statement = select(slots_out.c.first, slots_out.c.last).where(slots_out.c.grant == number)
    return slot_set((row.first, row.last) for row in connection.execute(statement))
