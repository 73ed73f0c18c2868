"""Put items on the down feed, inside the transaction whose news they are.

Items are addressed, not copied: one row serves everybody, an outlet, or one terminal. Numbers come
from a counter that stays locked until the commit, so that no reader ever sees a later number before
an earlier one; flushing is therefore the last act of a transaction.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, delete

from branchdesk.headoffice.context import FEED_COUNTER, allot
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.tables import feed_items
from branchdesk.protocol import codec
from branchdesk.protocol.feed import ITEM_FIELDS, ItemKind, Lane

EVERYBODY = "*"


def to_outlet(outlet: str) -> str:
    """Return the audience of every terminal at an outlet."""
    return f"o:{outlet}"


def to_terminal(terminal: int, epoch: int) -> str:
    """Return the audience of one terminal in one epoch."""
    return f"t:{terminal}.{epoch}"


def frozen_topic(terminal: int) -> str:
    """Return the topic of the item by which a whole terminal is frozen."""
    return f"frozen:{terminal}"


@dataclass(frozen=True, slots=True)
class _Entry:
    lane: Lane
    audience: str
    except_terminal: int
    kind: ItemKind
    topic: str
    is_first: bool
    body: bytes


@dataclass(slots=True)
class FeedQueue:
    """The items of one transaction, in order."""

    entries: list[_Entry] = field(default_factory=list)

    def put(
        self,
        lane: Lane,
        audience: str,
        kind: ItemKind,
        fields: dict[str, object],
        *,
        topic: str = "",
        is_first: bool = False,
        except_terminal: int = 0,
    ) -> int:
        """Add an item and return its place in the queue.

        An item replaces the older one of the same ``topic``; ``is_first`` says there is none.
        """
        # A revocation has a field called number, so the fields cannot be passed as keywords.
        body = codec.encode(codec.check_map(fields, ITEM_FIELDS[kind], what=f"feed.{kind.value}"))
        self.entries.append(_Entry(lane, audience, except_terminal, kind, topic, is_first, body))
        return len(self.entries) - 1

    def flush(self, connection: Connection) -> int:
        """Write the items; the one at place p gets the returned number plus p."""
        if not self.entries:
            return 0
        first = allot(connection, FEED_COUNTER, len(self.entries))
        replaced = {entry.topic for entry in self.entries if entry.topic and not entry.is_first}
        if replaced:
            among = is_among(connection, feed_items.c.topic, replaced)
            connection.execute(delete(feed_items).where(among))
        rows = [
            (first + place, e.lane.value, e.audience, e.except_terminal, e.kind.value, e.topic,
             e.body)
            for place, e in enumerate(self.entries)
        ]  # fmt: skip
        insert_rows(connection, feed_items, rows)
        return first
