"""Lend slots: a signed grant of an offer to one terminal, within budget and count.

Lock order: the terminal's chain, the offers by number, then the counters. Everything is decided and
written in one transaction before the terminal hears of it; asking again while the terminal still
has enough lends nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.allowance_items import start_allowances
from branchdesk.headoffice.context import GRANT_COUNTER, OfficeContext, allot
from branchdesk.headoffice.database import insert_rows
from branchdesk.headoffice.feed_queue import FeedQueue, to_terminal
from branchdesk.headoffice.learning import has_told, is_learning
from branchdesk.headoffice.offer_books import (
    OfferBook,
    lock_books,
    reserve_allowances,
    save_book,
)
from branchdesk.headoffice.results import Lent
from branchdesk.headoffice.row_mac import grant_mac
from branchdesk.headoffice.slot_effects import RETURNED
from branchdesk.headoffice.tables import (
    campaign_outlets,
    grants,
    offers,
    slots_out,
    usage,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import ChainState, read_chain
from branchdesk.headoffice.vault import GRANT
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.http import GrantsWish
from branchdesk.protocol.token import Grant, china_day, decode_grant, sign_grant

# A terminal is meant to work this long without a line (DESIGN section 5 calls it T).
OFFLINE_DAYS = 3
HISTORY_DAYS = 14
FIRST_SLOTS_MIN = 100
GRANT_SLOTS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Holding:
    """What a terminal holds of one offer: slots not known as used, and its last grant's size."""

    free: int = 0
    last_size: int = 0
    # Gave slots back today: what was asked back must not be lent again in the next breath.
    has_returned: bool = False


def lend(context: OfficeContext, terminal: int, epoch: int, wish: GrantsWish) -> Lent:
    """Lend the terminal what it needs of every open offer of its outlet's campaigns."""
    return context.database.write(lambda c: _lend(context, c, terminal, epoch, wish))


def _lend(
    context: OfficeContext, connection: Connection, terminal: int, epoch: int, wish: GrantsWish
) -> Lent:
    chain = read_chain(context, connection, terminal, epoch, lock=True)
    if not chain.is_live:
        raise RuleViolation("terminal_frozen", terminal=terminal, epoch=epoch)
    if wish.ho_epoch and wish.ho_epoch != chain.ho_epoch:
        # Made before a restore: what we forgot is not in our books, and will be told first.
        raise RuleViolation("office_restored", terminal=terminal)
    if is_learning(connection):
        if wish.tells_all_to(chain.ho_epoch):
            has_told(context, connection, terminal)
        return Lent(())
    books = _open_books(connection, chain.outlet, context.today())
    reserve_allowances(connection, books, [terminal])
    holdings = read_holdings(connection, terminal, epoch)
    for offer in _returned_today(connection, terminal, epoch, context.today()):
        holdings[offer] = replace(holdings.get(offer, Holding()), has_returned=True)
    rates = _daily_use(connection, terminal, context.today())
    queue = FeedQueue()
    start_allowances(connection, queue, [b.offer for b in books if b.policy == 3], [terminal])
    numbers = []
    for book in books:
        slots = slots_to_lend(book, holdings.get(book.offer, Holding()), rates.get(book.offer))
        if slots:
            numbers.append(lend_offer(context, connection, queue, chain, book=book, slots=slots))
        save_book(connection, book)
    queue.flush(connection)
    return Lent(tuple(numbers))


def slots_to_lend(book: OfferBook, holding: Holding, per_day: float | None) -> int:
    """Decide the size of a new grant; 0 when the terminal has enough or nothing is left.

    ``per_day`` is the terminal's own use, or None when it has none yet.
    """
    if holding.has_returned:
        return 0 if holding.free else min(1, book.free_slots())
    if holding.free and holding.free * 2 >= holding.last_size:
        return 0
    bulk = min(
        wanted_slots(book.forecast if per_day is None else per_day, is_first=per_day is None),
        book.free_slots() // 2,
        book.bulk_slots(),
        GRANT_SLOTS_MAX,
    )
    if bulk > 0:
        return bulk
    # The end of a pool is lent one slot at a time, to who asks with none left.
    return 1 if book.free_slots() and not holding.free else 0


def wanted_slots(per_day: float, *, is_first: bool) -> int:
    """Return λT + 2√(λT), rounded up; at least 100 where nothing was used yet."""
    mean = per_day * OFFLINE_DAYS
    size = max(1, math.ceil(mean + 2 * math.sqrt(mean)))
    return max(size, FIRST_SLOTS_MIN) if is_first else size


def read_holdings(connection: Connection, terminal: int, epoch: int) -> dict[int, Holding]:
    """Return what a terminal holds in this epoch, by offer."""
    mine = select(grants.c.grant).where(grants.c.terminal == terminal, grants.c.epoch == epoch)
    issued = _counts(connection, select(vouchers.c.grant, func.count())
                     .where(vouchers.c.grant.in_(mine)).group_by(vouchers.c.grant))  # fmt: skip
    spans = func.sum(slots_out.c.last - slots_out.c.first + 1)
    out = _counts(connection, select(slots_out.c.grant, spans)
                  .where(slots_out.c.grant.in_(mine)).group_by(slots_out.c.grant))  # fmt: skip
    # A voucher that was voided, or closed when it had expired, is issued and out.
    within = slots_out.c.grant == vouchers.c.grant
    within &= vouchers.c.slot.between(slots_out.c.first, slots_out.c.last)
    both = _counts(connection, select(vouchers.c.grant, func.count()).join(slots_out, within)
                   .where(vouchers.c.grant.in_(mine)).group_by(vouchers.c.grant))  # fmt: skip
    statement = (
        select(grants.c.grant, grants.c.offer, grants.c.slots, grants.c.record)
        .where(grants.c.terminal == terminal, grants.c.epoch == epoch)
        .order_by(grants.c.grant)
    )
    found: dict[int, Holding] = {}
    for row in connection.execute(statement):
        if decode_grant(bytes(row.record)).is_book:
            continue  # Printed in advance: it says nothing of what the counter still has.
        before = found.get(row.offer, Holding())
        gone = issued.get(row.grant, 0) + out.get(row.grant, 0) - both.get(row.grant, 0)
        free = row.slots - gone
        found[row.offer] = Holding(before.free + max(free, 0), row.slots)
    return found


def _returned_today(connection: Connection, terminal: int, epoch: int, today: int) -> set[int]:
    """Return the offers of which a terminal gave slots back on this day."""
    statement = (
        select(grants.c.offer, slots_out.c.out_ms)
        .join(slots_out, slots_out.c.grant == grants.c.grant)
        .where(grants.c.terminal == terminal, grants.c.epoch == epoch,
               slots_out.c.why == RETURNED)
    )  # fmt: skip
    rows = connection.execute(statement)
    return {row.offer for row in rows if china_day(row.out_ms // 1000) == today}


def _open_books(connection: Connection, outlet: str, today: int) -> list[OfferBook]:
    taking_part = select(campaign_outlets.c.campaign).where(campaign_outlets.c.outlet == outlet)
    return lock_books(
        connection,
        offers.c.is_open & (offers.c.issue_until >= today) & offers.c.campaign.in_(taking_part),
    )


def _daily_use(connection: Connection, terminal: int, today: int) -> dict[int, float]:
    statement = (
        select(usage.c.offer, func.sum(usage.c.vouchers), func.min(usage.c.day))
        .where(usage.c.terminal == terminal, usage.c.day > today - HISTORY_DAYS)
        .group_by(usage.c.offer)
    )
    return {
        offer: float(total) / max(1, today - first + 1)
        for offer, total, first in connection.execute(statement)
    }


def lend_offer(
    context: OfficeContext,
    connection: Connection,
    queue: FeedQueue,
    chain: ChainState,
    *,
    book: OfferBook,
    slots: int,
    is_book: bool = False,
) -> int:
    """Sign and queue a grant of a locked book that has room for it; return its number."""
    number = allot(connection, GRANT_COUNTER)
    head, signer = chain.head, context.vault.signer(GRANT)
    grant = sign_grant(
        Grant(
            signer.key_id, number, head.terminal, chain.public_key, book.offer, slots,
            book.face_minor, book.issue_from, book.issue_until, book.policy, is_book=is_book,
        ),
        signer,
    ).encode()  # fmt: skip
    book.slots_lent += slots
    now_ms = context.clock_ms()
    mac = grant_mac(context, number, head.epoch, now_ms, grant)
    row = (number, head.terminal, head.epoch, book.offer, slots, grant, now_ms, mac)
    insert_rows(connection, grants, [row])
    queue.put(
        Lane.CONTENT,
        to_terminal(head.terminal, head.epoch),
        ItemKind.GRANT,
        {"grant": grant, "campaign": book.campaign, "offer_code": book.code},
    )
    return number


def _counts(connection: Connection, statement: Sequence[object] | object) -> dict[int, int]:
    rows = connection.execute(statement)  # type: ignore[call-overload]  # any two-column select
    return {key: int(value) for key, value in rows}
