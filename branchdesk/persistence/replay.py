"""History told again: what is derived is made from log and feed alone, for recovery and checks."""

from sqlalchemy import insert, select

from branchdesk.errors import ContractFault
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.entries import ItemEntry
from branchdesk.persistence.feed_items import APPLIED, Arrival, add_key, apply_item
from branchdesk.persistence.identity import Identity
from branchdesk.persistence.log import StoredEvent
from branchdesk.persistence.projections import project
from branchdesk.persistence.recorded import Recorded
from branchdesk.persistence.tables import feed_items
from branchdesk.protocol import facts
from branchdesk.protocol.enrolment import open_key_record
from branchdesk.protocol.feed import FeedItem

_ADD_ITEM = Sql(lambda: insert(feed_items))
_ITEMS = Sql(
    lambda: select(
        feed_items.c.arrival, feed_items.c.lane, feed_items.c.number, feed_items.c.kind,
        feed_items.c.body, feed_items.c.state, feed_items.c.code,
    ).order_by(feed_items.c.arrival)
)  # fmt: skip


def replay_enrolment(database: Database, identity: Identity) -> None:
    """Put the key records of every enrolment where the feed's will follow."""
    for past in identity.earlier:
        for data in past.enrolment.keys:
            add_key(database, open_key_record(data, past.enrolment.root_key), data)
    for record, data in identity.key_records:
        add_key(database, record, data)


def replay_event(database: Database, identity: Identity, event: StoredEvent) -> None:
    """Apply a stored event to the derived tables; unknown types and erased persons change nothing.

    Raises ContractFault when the payload of a known type cannot be read.
    """
    envelope = event.decoded()
    if envelope.type not in facts.PAYLOAD_FIELDS:
        return
    fields = facts.decode_payload(envelope.type, event.payload)
    personal = None
    if envelope.type in facts.PERSONAL_FIELDS and event.person_key is not None:
        personal = facts.unseal_personal(
            envelope.type, fields["customer"], event.person_key, fields["sealed"]
        )
    project(
        database,
        Recorded(
            event.position, envelope.type, envelope.wall_utc_ms, envelope.staff, fields, personal,
            identity.enrolment.blind_key, envelope.event_id,
        ),
    )  # fmt: skip


def replay_item(database: Database, identity: Identity, entry: ItemEntry, arrival: int) -> None:
    """Apply a kept feed item again, as it was decided then.

    Raises ContractFault ``malformed`` when what was applied then no longer can be.
    """
    if entry.state != APPLIED:
        return
    item = FeedItem(entry.number, entry.kind, entry.body)
    state, code = apply_item(database, identity, Arrival(item, arrival, None))
    if state != APPLIED:
        raise ContractFault("malformed", what=f"feed.{entry.kind}", problem=code)


def store_item(database: Database, entry: ItemEntry, arrival: int) -> None:
    """Insert a feed item as the ``arrival``-th of all, with what was decided about it."""
    row = {
        "arrival": arrival, "lane": entry.lane, "number": entry.number, "kind": entry.kind,
        "body": entry.body, "state": entry.state, "code": entry.code,
    }  # fmt: skip
    database.run(_ADD_ITEM, row)


def stored_items(database: Database) -> list[tuple[int, ItemEntry]]:
    """Return every feed item with its place, in order of arrival."""
    return [(row[0], ItemEntry(*row[1:])) for row in database.rows(_ITEMS)]
