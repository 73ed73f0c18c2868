"""Name the terminal that redeems an outlet's vouchers offline (policy 2), one at a time.

The first counter terminal that joins an outlet keeps it. Another one is named only once the present
keeper has signed the right away in its own chain, or was revoked: until then two could redeem the
same voucher.
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
        delete_keeper(connection, outlet)
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

    A terminal that has moved away keeps nothing behind it: its old place has no keeper.
    """
    left = select(keepers.c.outlet).where(
        keepers.c.terminal == terminal, keepers.c.outlet != outlet
    )
    for behind in connection.execute(left).scalars().all():
        delete_keeper(connection, behind)
    present = read_keepers(connection, [outlet], lock=True).get(outlet)
    if present is None and kind != COUNTER:
        return []
    if present is None:
        return [put_keeper(connection, queue, outlet, terminal)]
    return [
        put_keeper(connection, queue, outlet, present.terminal, following=present.next_terminal)
    ]


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
    served = select(terminals.c.terminal).where(terminals.c.outlet == outlet)
    issuers = list(connection.execute(served.order_by(terminals.c.terminal)).scalars())
    place = queue.put(
        Lane.CONTENT, to_outlet(outlet), ItemKind.KEEPER,
        {"outlet": outlet, "terminal": terminal, "issuers": issuers,
         "resign": following is not None},
        topic=f"keeper:{outlet}",
    )  # fmt: skip
    return KeeperNews(outlet, place)


def note_item(connection: Connection, news: KeeperNews, first: int) -> None:
    """Keep the number of the item that named a keeper; ``first`` is its queue's first."""
    connection.execute(
        update(keepers).where(keepers.c.outlet == news.outlet).values(item=first + news.place)
    )


def delete_keeper(connection: Connection, outlet: str) -> None:
    """Let an outlet be without a keeper: head office redeems for it."""
    connection.execute(delete(keepers).where(keepers.c.outlet == outlet))


def _is_revoked(connection: Connection, keeper: Keeper) -> bool:
    statement = select(terminals.c.state).where(terminals.c.terminal == keeper.terminal)
    return bool(connection.execute(statement).scalar_one() == FROZEN)
