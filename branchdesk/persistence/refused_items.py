"""Which refused feed items are asked for again, and how it is kept what became of them.

The feed's rows are only ever added to, here and in the second event file. What became of an item
that was refused at first is therefore a row of its own, in a lane beside: ``content.again``. This
module knows rows, not pages.
"""

from typing import Final

from sqlalchemy import bindparam, func, or_, select

from branchdesk.errors import ContractFault
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.feed_items import REFUSED
from branchdesk.persistence.office_rows import campaign_versions
from branchdesk.persistence.tables import feed_items
from branchdesk.protocol import codec
from branchdesk.protocol.feed import PAGE_BYTES_MAX, FeedItem, ItemKind, Lane

# What gives a terminal its work; of anything else, head office sends the newest state by itself.
_ASKED_AGAIN: Final = (ItemKind.CAMPAIGN.value, ItemKind.GRANT.value, ItemKind.KEY.value)
# A newer version is in force: a good copy would change nothing.
SUPERSEDED: Final = "bundle_older"
_HIGHEST = Sql(
    lambda: select(func.coalesce(func.max(feed_items.c.number), 0)).where(
        feed_items.c.lane == bindparam("lane")
    )
)
_settled = feed_items.alias("settled")
_UNSETTLED = Sql(
    lambda: (
        select(feed_items.c.number, feed_items.c.kind, feed_items.c.body, feed_items.c.code)
        .where(
            feed_items.c.lane == bindparam("lane"),
            feed_items.c.state == REFUSED,
            feed_items.c.code != SUPERSEDED,
            or_(*(feed_items.c.kind == kind for kind in _ASKED_AGAIN)),
            ~select(_settled.c.arrival)
            .where(_settled.c.lane == bindparam("beside"))
            .where(_settled.c.number == feed_items.c.number)
            .exists(),
        )
        .order_by(feed_items.c.number)
    )
)


def lane_beside(lane: Lane) -> str:
    """Return the name under which it is kept what became of a lane's refused items."""
    return f"{lane.value}.again"


def highest_number(database: Database, lane: Lane) -> int:
    """Return the highest number of a lane that was decided about here; 0 for none."""
    row = database.row(_HIGHEST, {"lane": lane.value})
    return 0 if row is None else int(row[0])


def refused_items(database: Database, lane: Lane) -> list[FeedItem]:
    """Return the refused items of a lane, as they came, whose good copy would still be taken."""
    return [item for item, _ in refused_rows(database, lane)]


def refused_rows(database: Database, lane: Lane) -> list[tuple[FeedItem, str]]:
    """Return the items of :func:`refused_items`, each with the error code it was refused for."""
    rows = database.rows(_UNSETTLED, {"lane": lane.value, "beside": lane_beside(lane)})
    if not rows:
        return []
    in_force = campaign_versions(database)
    items = [(FeedItem(number, kind, body), code) for number, kind, body, code in rows]
    return [(item, code) for item, code in items if not _is_superseded(item, in_force)]


def _is_superseded(item: FeedItem, in_force: dict[str, int]) -> bool:
    """Say whether the campaign that a refused item names is in force as new as that or newer.

    The item is not verified: what it names only decides whether to ask for it again.
    """
    if item.kind != ItemKind.CAMPAIGN.value:
        return False
    try:
        record = codec.decode(item.fields()["record"], what="bundle", bytes_max=PAGE_BYTES_MAX)
        named = codec.decode(record["body"], what="bundle", bytes_max=PAGE_BYTES_MAX)
        return bool(in_force.get(named["campaign"], 0) >= named["version"])
    except (ContractFault, KeyError, TypeError):
        return False
