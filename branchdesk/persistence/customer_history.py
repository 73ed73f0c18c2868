"""What happened to one customer, read back from the log; their merge proposals; who was erased."""

from sqlalchemy import bindparam, or_, select, union

from branchdesk.application.models import Happening, MergeRecord
from branchdesk.errors import ContractFault
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.tables import (
    customer_events,
    customers,
    erasures,
    events,
    merges,
    person_keys,
    vouchers,
)
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope

_POSITIONS = union(
    *(
        select(table.c.position).where(table.c.customer == bindparam("customer"))
        for table in (customers, vouchers, customer_events)
    )
)
_EVENTS = Sql(
    lambda: (
        select(events.c.envelope, events.c.payload, person_keys.c.key)
        .outerjoin(person_keys, person_keys.c.position == events.c.subject)
        .where(events.c.position.in_(_POSITIONS))
        .order_by(events.c.position.desc())
    )
)
_ERASED_HERE = Sql(
    lambda: (
        select(events.c.position)
        .join(customer_events, customer_events.c.position == events.c.position)
        .where(
            customer_events.c.customer == bindparam("customer"),
            events.c.type == bindparam("erased"),
        )
    )
)
_ERASED = Sql(lambda: select(erasures.c.item).where(erasures.c.customer == bindparam("customer")))
_MERGES = select(
    merges.c.merge, merges.c.kept, merges.c.other, merges.c.undone_position, events.c.envelope
).join(events, events.c.position == merges.c.position)
_ONE_MERGE = Sql(lambda: _MERGES.where(merges.c.merge == bindparam("merge")))
_MERGES_OF = Sql(
    lambda: _MERGES.where(
        merges.c.undone_position.is_(None),
        or_(merges.c.kept == bindparam("customer"), merges.c.other == bindparam("customer")),
    ).order_by(merges.c.position)
)


def happenings(database: Database, customer: str) -> tuple[Happening, ...]:
    """Return every event that concerns a customer, newest first."""
    rows = database.rows(_EVENTS, {"customer": customer})
    return tuple(found for row in rows for found in _happening(*row))


def is_erased(database: Database, customer: str) -> bool:
    """Say whether a customer was erased, here or by head office's word."""
    if database.row(_ERASED, {"customer": customer}) is not None:
        return True
    parameters = {"customer": customer, "erased": facts.CUSTOMER_ERASED}
    return database.row(_ERASED_HERE, parameters) is not None


def one_merge(database: Database, merge: str) -> MergeRecord | None:
    """Return one proposal of a merge."""
    row = database.row(_ONE_MERGE, {"merge": merge})
    return None if row is None else _merge(row)


def merges_of(database: Database, customer: str) -> tuple[MergeRecord, ...]:
    """Return the proposals that name a customer and were not undone, oldest first."""
    return tuple(_merge(row) for row in database.rows(_MERGES_OF, {"customer": customer}))


def _happening(envelope: bytes, payload: bytes, key: bytes | None) -> tuple[Happening, ...]:
    event = decode_envelope(envelope)
    try:
        fields = facts.decode_payload(event.type, payload)
    except ContractFault:
        # Recovered from a newer program's store: kept as a fact, shown by that program alone.
        return ()
    personal = None
    if key is not None and event.type in facts.PERSONAL_FIELDS:
        sealed, customer = fields["sealed"], fields["customer"]
        personal = facts.unseal_personal(event.type, customer, key, sealed)
    found = Happening(event.event_id, event.type, event.wall_utc_ms, event.staff, fields, personal)
    return (found,)


def _merge(row: Row) -> MergeRecord:
    merge, kept, other, undone_position, envelope = row
    event = decode_envelope(envelope)
    return MergeRecord(
        merge, kept, other, event.wall_utc_ms, event.staff, undone_position is not None
    )
