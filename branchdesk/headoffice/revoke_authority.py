"""Take authority away: freeze a terminal, or take back a grant's slots that nobody used.

Nothing is wiped: a frozen terminal may still upload, and its facts stand. Money for revoked slots
stays in reserve until every terminal that could still honour them offline has seen the revocation.
"""

from sqlalchemy import Connection, select, union, update

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows
from branchdesk.headoffice.effects import open_case
from branchdesk.headoffice.feed_queue import EVERYBODY, FeedQueue, frozen_topic
from branchdesk.headoffice.offer_books import lock_books, save_book
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.redeemers import offline_redeemers
from branchdesk.headoffice.redemption_journal import STANDS
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.results import Revoked
from branchdesk.headoffice.slot_effects import REVOKED
from branchdesk.headoffice.slot_ranges import SlotSet, slot_set
from branchdesk.headoffice.tables import (
    epochs,
    grants,
    offers,
    revocation_holds,
    slots_out,
    terminals,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import FROZEN, read_chain
from branchdesk.protocol.feed import ItemKind, Lane
from branchdesk.protocol.token import decode_grant

_REASON_CHARACTERS_MAX = 200
# How the journal of acts calls them.
FREEZE, REVOKE = "freeze_terminal", "revoke_grant"


def revoke_terminal(
    context: OfficeContext, terminal: int, reason: str, approval: Approval
) -> Revoked:
    """Freeze a terminal in all its epochs; raises RuleViolation ``terminal_unknown``."""
    reason = reason[:_REASON_CHARACTERS_MAX]

    def act(connection: Connection) -> Revoked:
        done = freeze_terminal(connection, terminal, reason)
        note_act(context, connection, approval, FREEZE, str(terminal), reason=reason)
        return done

    return context.database.write(act)


def revoke_grant(context: OfficeContext, grant: int, reason: str, approval: Approval) -> Revoked:
    """Take back the unused slots of a grant; raises RuleViolation ``grant_unknown``."""
    reason = reason[:_REASON_CHARACTERS_MAX]

    def act(connection: Connection) -> Revoked:
        note_act(context, connection, approval, REVOKE, str(grant), reason=reason)
        return take_back(context, connection, grant, reason)

    return context.database.write(act)


def freeze_terminal(connection: Connection, terminal: int, reason: str) -> Revoked:
    """Freeze a terminal inside the caller's transaction and tell every terminal."""
    mine = epochs.c.terminal == terminal
    known = connection.execute(select(epochs.c.epoch).where(mine).with_for_update()).all()
    if not known:
        raise RuleViolation("terminal_unknown", terminal=terminal)
    connection.execute(update(epochs).where(mine).values(state=FROZEN))
    connection.execute(
        update(terminals).where(terminals.c.terminal == terminal).values(state=FROZEN)
    )
    queue = FeedQueue()
    queue.put(
        Lane.URGENT,
        EVERYBODY,
        ItemKind.REVOCATION,
        {"what": "terminal", "number": terminal, "slots": [], "reason": reason},
        topic=frozen_topic(terminal),
    )
    queue.flush(connection)
    statement = select(grants.c.grant).where(grants.c.terminal == terminal)
    frozen = connection.execute(statement.order_by(grants.c.grant)).scalars().all()
    return Revoked("terminal", terminal, tuple(frozen), 0, 0)


def take_back(context: OfficeContext, connection: Connection, grant: int, reason: str) -> Revoked:
    """Take back a grant's unused slots inside the caller's transaction; tell every terminal."""
    row = connection.execute(select(grants).where(grants.c.grant == grant)).one_or_none()
    if row is None:
        raise RuleViolation("grant_unknown", grant=grant)
    # The chain's lock comes first, as everywhere: no issue can slip in beside this.
    chain = read_chain(context, connection, row.terminal, row.epoch, lock=True)
    book = lock_books(connection, offers.c.offer == row.offer)[0]
    issued = slot_set((slot, slot) for slot in _used(connection, grant))
    free = SlotSet(((1, row.slots),)).minus(issued).minus(_out(connection, grant))
    if not free.count:
        return Revoked("grant", grant, (), 0, issued.count)
    now_ms = context.clock_ms()
    rows = [(grant, first, last, REVOKED, row.epoch, 0, now_ms) for first, last in free.ranges]
    insert_rows(connection, slots_out, rows)
    book.slots_out += free.count
    redeemers = offline_redeemers(connection, book, row.terminal, chain.outlet)
    if redeemers:
        book.reserve_minor += book.cost_cap_minor * free.count
        book.reserve_slots += free.count
    save_book(connection, book)
    if issued.count:
        facts = {"grant": grant, "issued": issued.count}
        open_case(context, connection, "revoked_with_issued", chain, 0, **facts)
    all_of_it = free.count == decode_grant(bytes(row.record)).slots
    queue = FeedQueue()
    queue.put(
        Lane.URGENT,
        EVERYBODY,
        ItemKind.REVOCATION,
        {
            "what": "grant", "number": grant, "reason": reason,
            "slots": [] if all_of_it else [list(part) for part in free.ranges],
        },
    )  # fmt: skip
    item = queue.flush(connection)
    holds = [(grant, terminal, book.offer, free.count, item, None) for terminal in redeemers]
    insert_rows(connection, revocation_holds, holds)
    return Revoked("grant", grant, (grant,), free.count, issued.count)


def _used(connection: Connection, grant: int) -> list[int]:
    """Return the slots known as issued, or as redeemed before their issue is known."""
    issued = select(vouchers.c.slot).where(vouchers.c.grant == grant)
    honoured = select(redemptions.c.slot).where(
        redemptions.c.grant == grant, redemptions.c.state == STANDS
    )
    return list(connection.execute(union(issued, honoured)).scalars())


def _out(connection: Connection, grant: int) -> SlotSet:
    statement = select(slots_out.c.first, slots_out.c.last).where(slots_out.c.grant == grant)
    return slot_set((row.first, row.last) for row in connection.execute(statement))
