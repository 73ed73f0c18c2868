"""Name the terminal that redeems an outlet's vouchers offline (policy 2), one at a time.

The first counter terminal that joins an outlet keeps it. Another one is named only once the present
keeper has signed the right away in its own chain, or was revoked, or has joined another outlet:
until then two could redeem the same voucher. Where nobody keeps an outlet its terminals are told
so, and head office redeems for it until people name somebody.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.feed_queue import FeedQueue, to_outlet
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.redeemers import Keeper, read_keepers
from branchdesk.headoffice.redemption_tables import keepers
from branchdesk.headoffice.results import KeeperNamed
from branchdesk.headoffice.tables import outlets, terminals
from branchdesk.headoffice.terminal_heads import FROZEN
from branchdesk.protocol.feed import ItemKind, Lane

COUNTER = "counter"
# In a keeper item: nobody keeps the outlet.
NOBODY = 0


@dataclass(frozen=True, slots=True)
class KeeperNews:
    """A keeper on the feed: the outlet, and the item's place in the queue."""

    outlet: str
    place: int


def name_keeper(
    context: OfficeContext, outlet: str, terminal: int, approval: Approval
) -> KeeperNamed:
    """Name ``terminal`` keeper of ``outlet``, or ask the present keeper to make way for it.

    Raises RuleViolation ``outlet_unknown``, ``terminal_unknown`` or ``terminal_elsewhere``.
    """

    def act(connection: Connection) -> KeeperNamed:
        note_act(context, connection, approval, "name_keeper", f"{outlet} {terminal}")
        return _name(connection, outlet, terminal)

    return context.database.write(act)


def _name(connection: Connection, outlet: str, terminal: int) -> KeeperNamed:
    known = select(outlets.c.code).where(outlets.c.code == outlet)
    if connection.execute(known).first() is None:
        raise RuleViolation("outlet_unknown", outlet=outlet[:40])
    row = connection.execute(
        select(terminals).where(terminals.c.terminal == terminal)
    ).one_or_none()
    if row is None:
        raise RuleViolation("terminal_unknown", terminal=terminal)
    if row.outlet != outlet or row.state == FROZEN:
        raise RuleViolation("terminal_elsewhere", terminal=terminal, outlet=outlet)
    present = read_keepers(connection, [outlet], lock=True).get(outlet)
    queue = FeedQueue()
    if present is None or present.terminal == terminal or _is_revoked(connection, present):
        connection.execute(delete(keepers).where(keepers.c.outlet == outlet))
        news = put_keeper(connection, queue, outlet, terminal)
        named = KeeperNamed(outlet, terminal, None)
    else:
        news = put_keeper(connection, queue, outlet, present.terminal, following=terminal)
        named = KeeperNamed(outlet, present.terminal, terminal)
    note_item(connection, news, queue.flush(connection))
    return named


def keep_on_enrolment(
    connection: Connection, queue: FeedQueue, outlet: str, terminal: int, kind: str
) -> list[KeeperNews]:
    """Name the first counter terminal of an outlet, and tell the outlet of whom its keeper serves.

    Call :func:`leave_outlet` before, where the terminal came from another one.
    """
    present = read_keepers(connection, [outlet], lock=True).get(outlet)
    if present is None and kind != COUNTER:
        return []
    if present is None:
        return [put_keeper(connection, queue, outlet, terminal)]
    return [
        put_keeper(connection, queue, outlet, present.terminal, following=present.next_terminal)
    ]


def leave_outlet(
    connection: Connection, queue: FeedQueue, outlet: str, terminal: int
) -> list[KeeperNews]:
    """Tell an outlet that a terminal of it has joined another one.

    What it issued is redeemed at its new place. As a keeper it has laid the right down by joining
    elsewhere, because a terminal keeps only the outlet that it stands at: who was to follow
    follows, or nobody does. Call it once the terminal's row names its new outlet.
    """
    present = read_keepers(connection, [outlet], lock=True).get(outlet)
    if present is None:
        return []
    following = None if present.next_terminal == terminal else present.next_terminal
    if present.terminal != terminal:
        return [put_keeper(connection, queue, outlet, present.terminal, following=following)]
    if following is not None and _stands_at(connection, following, outlet):
        return [put_keeper(connection, queue, outlet, following)]
    delete_keeper(connection, queue, outlet)
    return []


def put_keeper(
    connection: Connection,
    queue: FeedQueue,
    outlet: str,
    terminal: int,
    *,
    following: int | None = None,
) -> KeeperNews:
    """Write who keeps an outlet and queue the news; ``following`` asks the keeper to resign.

    The item's number is known once the queue is flushed: :func:`note_item` keeps it.
    """
    mine = keepers.c.outlet == outlet
    current = select(terminals.c.epoch).where(terminals.c.terminal == terminal)
    values = {
        "terminal": terminal, "epoch": connection.execute(current).scalar_one(), "item": 0,
        "next_terminal": following,
    }  # fmt: skip
    if not connection.execute(update(keepers).where(mine).values(values)).rowcount:
        connection.execute(insert(keepers).values(outlet=outlet, **values))
    place = _tell(connection, queue, outlet, terminal, resign=following is not None)
    return KeeperNews(outlet, place)


def note_item(connection: Connection, news: KeeperNews, first: int) -> None:
    """Keep the number of the item that named a keeper; ``first`` is its queue's first."""
    connection.execute(
        update(keepers).where(keepers.c.outlet == news.outlet).values(item=first + news.place)
    )


def delete_keeper(connection: Connection, queue: FeedQueue, outlet: str) -> None:
    """Let an outlet be without a keeper and tell it so: head office redeems for it."""
    connection.execute(delete(keepers).where(keepers.c.outlet == outlet))
    _tell(connection, queue, outlet, NOBODY, resign=False)


def show_keepers(connection: Connection) -> list[dict[str, object]]:
    """Return who keeps each outlet that has terminals; ``terminal`` is None where nobody does."""
    statement = (
        select(terminals.c.outlet, keepers.c.terminal, keepers.c.next_terminal)
        .outerjoin(keepers, keepers.c.outlet == terminals.c.outlet)
        .distinct()
        .order_by(terminals.c.outlet)
    )
    return [
        {
            "outlet": row.outlet,
            "terminal": None if row.terminal is None else str(row.terminal),
            "next_terminal": None if row.next_terminal is None else str(row.next_terminal),
        }
        for row in connection.execute(statement)
    ]


def _tell(
    connection: Connection, queue: FeedQueue, outlet: str, terminal: int, *, resign: bool
) -> int:
    served = select(terminals.c.terminal).where(terminals.c.outlet == outlet)
    issuers = list(connection.execute(served.order_by(terminals.c.terminal)).scalars())
    return queue.put(
        Lane.CONTENT, to_outlet(outlet), ItemKind.KEEPER,
        {"outlet": outlet, "terminal": terminal, "issuers": issuers, "resign": resign},
        topic=f"keeper:{outlet}",
    )  # fmt: skip


def _stands_at(connection: Connection, terminal: int, outlet: str) -> bool:
    statement = select(terminals.c.outlet, terminals.c.state)
    row = connection.execute(statement.where(terminals.c.terminal == terminal)).one()
    return bool(row.outlet == outlet and row.state != FROZEN)


def _is_revoked(connection: Connection, keeper: Keeper) -> bool:
    statement = select(terminals.c.state).where(terminals.c.terminal == keeper.terminal)
    return bool(connection.execute(statement).scalar_one() == FROZEN)
