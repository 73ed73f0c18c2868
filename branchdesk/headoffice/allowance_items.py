"""Tell terminals their offline allowances, settle what was reported, and fill them up again."""

from collections.abc import Iterable

from sqlalchemy import Connection, select, update

from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.feed_queue import FeedQueue, to_terminal
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redeemers import Allowance
from branchdesk.headoffice.tables import allowances, epochs, terminals
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol.feed import ItemKind, Lane


def settle_allowance(
    queue: FeedQueue, chain: ChainState, book: OfferBook, allowance: Allowance, through_seq: int
) -> None:
    """Take everything up to ``through_seq`` as reported, fill the allowance up, tell the terminal.

    A frozen terminal gets no more. What an earlier epoch still had to tell settles nothing of the
    present one.
    """
    head = chain.head
    if head.epoch >= allowance.epoch:
        allowance.epoch, allowance.through_seq = head.epoch, through_seq
    if chain.is_live:
        missing = max(0, book.allowance_minor - allowance.amount_minor)
        slots = max(0, book.allowance_slots() - allowance.slots)
        if (missing or slots) and book.reserve(missing, slots):
            allowance.amount_minor += missing
            allowance.slots += slots
    put_allowance(queue, allowance)


def save_allowance(connection: Connection, allowance: Allowance) -> None:
    """Write an allowance back."""
    values = {
        name: getattr(allowance, name)
        for name in ("amount_minor", "slots", "epoch", "through_seq", "lost_minor")
    }
    connection.execute(
        update(allowances)
        .where(allowances.c.offer == allowance.offer,
               allowances.c.terminal == allowance.terminal)
        .values(values)
    )  # fmt: skip


def start_allowances(
    connection: Connection, queue: FeedQueue, offers: Iterable[int], numbers: Iterable[int]
) -> None:
    """Let the allowances of some terminals begin at their heads as they stand, and tell them.

    What a terminal did before it had the allowance is not counted against it.
    """
    of, who = set(offers), set(numbers)
    if not of or not who:
        return
    statement = (
        select(allowances, epochs.c.epoch.label("now"), epochs.c.seq)
        .join(terminals, terminals.c.terminal == allowances.c.terminal)
        .join(epochs, (epochs.c.terminal == terminals.c.terminal)
              & (epochs.c.epoch == terminals.c.epoch))
        .where(is_among(connection, allowances.c.offer, of),
               is_among(connection, allowances.c.terminal, who),
               allowances.c.epoch != epochs.c.epoch)
        .order_by(allowances.c.offer, allowances.c.terminal)
    )  # fmt: skip
    for row in connection.execute(statement).all():
        allowance = Allowance(
            row.offer, row.terminal, row.amount_minor, row.slots, row.now, row.seq, row.lost_minor
        )
        save_allowance(connection, allowance)
        put_allowance(queue, allowance)


def put_allowance(queue: FeedQueue, allowance: Allowance) -> None:
    """Put an allowance on the feed of its terminal, in the place of the one before."""
    queue.put(
        Lane.CONTENT,
        to_terminal(allowance.terminal, allowance.epoch),
        ItemKind.ALLOWANCE,
        {
            "offer": allowance.offer, "amount_minor": allowance.amount_minor,
            "epoch": allowance.epoch, "through_seq": allowance.through_seq,
        },
        topic=f"allowance:{allowance.offer}.{allowance.terminal}",
    )  # fmt: skip
