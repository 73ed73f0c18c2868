"""Hand a terminal a signed page of its feed, and take its cursor as an acknowledgement.

A cursor on the urgent lane says that everything up to it was applied there. Once every terminal
that could honour a revoked slot offline has said so, the money held back for it is free.
"""

from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.feed_queue import EVERYBODY, to_outlet, to_terminal
from branchdesk.headoffice.offer_books import lock_books, save_book
from branchdesk.headoffice.tables import feed_items, offers, revocation_holds, terminals
from branchdesk.headoffice.terminal_heads import ChainState, read_chain
from branchdesk.headoffice.vault import ACK
from branchdesk.protocol import codec
from branchdesk.protocol.feed import (
    PAGE_BYTES_MAX,
    PAGE_ITEMS_MAX,
    FeedItem,
    FeedPage,
    Lane,
    sign_page,
)

# What a page's own frame and each item's frame may cost beside the bodies.
_PAGE_BYTES_SPARE, _ITEM_BYTES_SPARE = 1 << 10, 64


def pull_feed(context: OfficeContext, terminal: int, epoch: int, lane: Lane, cursor: int) -> bytes:
    """Return the signed page after ``cursor``; see :meth:`Office.feed`."""
    page = feed_page(context, terminal, epoch, lane, cursor)
    if lane is Lane.URGENT:
        note_urgent_cursor(context, terminal, epoch, cursor)
    return sign_page(page, context.vault.signer(ACK))


def feed_page(
    context: OfficeContext, terminal: int, epoch: int, lane: Lane, cursor: int
) -> FeedPage:
    """Return the page after ``cursor``; that says nothing of what the terminal has applied."""
    check_cursor(cursor)
    with context.database.read() as connection:
        chain = read_chain(context, connection, terminal, epoch)
        found = _items(connection, chain, lane, cursor)
    items, more = _one_page(found)
    return FeedPage(terminal, lane, cursor, items, more)


def check_cursor(cursor: int) -> None:
    """Raise ContractFault ``malformed`` for what no item's number can be."""
    if not 0 <= cursor < 1 << 62:
        raise codec.malformed("feed", "out_of_range", field="cursor")


def note_urgent_cursor(context: OfficeContext, terminal: int, epoch: int, cursor: int) -> None:
    """Take the terminal's word that it applied the urgent lane up to ``cursor``."""
    with context.database.read() as connection:
        is_live = read_chain(context, connection, terminal, epoch).is_live
        known = _urgent_cursor(connection, terminal)
    if cursor > known and is_live:
        context.database.write(lambda c: _acknowledge(context, c, terminal, cursor))


def _items(connection: Connection, chain: ChainState, lane: Lane, cursor: int) -> list[Row[Any]]:
    terminal = chain.head.terminal
    table = feed_items.c
    found: list[Row[Any]] = []
    # One index range an audience, merged here: a scan over everybody's items would grow for ever.
    for audience in (EVERYBODY, to_outlet(chain.outlet), to_terminal(terminal, chain.head.epoch)):
        statement = (
            select(table.number, table.kind, table.body)
            .where(table.lane == lane.value, table.audience == audience, table.number > cursor,
                   or_(table.except_terminal == 0, table.except_terminal != terminal))
            .order_by(table.number)
            .limit(PAGE_ITEMS_MAX + 1)
        )  # fmt: skip
        found.extend(connection.execute(statement))
    return sorted(found, key=lambda row: row.number)


def _one_page(found: list[Row[Any]]) -> tuple[tuple[FeedItem, ...], bool]:
    items: list[FeedItem] = []
    room = PAGE_BYTES_MAX - _PAGE_BYTES_SPARE
    for row in found:
        room -= len(row.body) + _ITEM_BYTES_SPARE
        if len(items) == PAGE_ITEMS_MAX or (items and room < 0):
            return tuple(items), True
        items.append(FeedItem(row.number, row.kind, bytes(row.body)))
    return tuple(items), False


def _urgent_cursor(connection: Connection, terminal: int) -> int:
    found = select(terminals.c.urgent_cursor).where(terminals.c.terminal == terminal)
    return int(connection.execute(found).scalar_one())


def _acknowledge(
    context: OfficeContext, connection: Connection, terminal: int, cursor: int
) -> None:
    connection.execute(
        update(terminals)
        .where(terminals.c.terminal == terminal, terminals.c.urgent_cursor < cursor)
        .values(urgent_cursor=cursor)
    )
    holds = revocation_holds.c
    waiting = (
        (holds.terminal == terminal) & (holds.item <= cursor) & holds.acknowledged_ms.is_(None)
    )
    held = set(connection.execute(select(holds.offer).where(waiting)).scalars())
    if not held:
        return
    books = lock_books(connection, offers.c.offer.in_(sorted(held)))
    answered = connection.execute(
        update(revocation_holds)
        .where(waiting)
        .values(acknowledged_ms=context.clock_ms())
        .returning(holds.grant, holds.item, holds.offer, holds.slots)
    ).all()
    for grant, item, offer, slots in answered:
        left = select(func.count()).where(
            holds.grant == grant, holds.item == item, holds.acknowledged_ms.is_(None)
        )
        if connection.execute(left).scalar_one() == 0:
            book = next(book for book in books if book.offer == offer)
            book.reserve_minor -= book.cost_cap_minor * slots
            book.reserve_slots -= slots
    for book in books:
        save_book(connection, book)
