"""What happened to customers after their registration: one journal row an event.

The same functions make a row when an event is taken and when the audit makes it again. Must not
know what follows from a row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, select

from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.tables import consent_answers, corrections, erasures, merges
from branchdesk.protocol import facts

HASH_BYTES: Final = 16
JOURNALS: Final = (consent_answers, corrections, erasures, merges)
Place = tuple[bytes, int, int, int]
"""An event's hash, terminal, epoch and seq."""


def _consent_answer(fields: Mapping[str, Any]) -> tuple[object, ...]:
    names = ("customer", "purpose", "granted", "text_version", "text_sha256", "how")
    return tuple(fields[name] for name in names)


def _correction(fields: Mapping[str, Any]) -> tuple[object, ...]:
    return fields["customer"], fields["channel"], fields["sealed"]


def _erasure(fields: Mapping[str, Any]) -> tuple[object, ...]:
    return fields["customer"], fields["second"], fields["reason"]


def _proposed(fields: Mapping[str, Any]) -> tuple[object, ...]:
    return fields["merge"], fields["kept"], fields["other"], False


def _undone(fields: Mapping[str, Any]) -> tuple[object, ...]:
    return fields["merge"], fields["kept"], fields["other"], True


JOURNALED: Final[Mapping[str, tuple[Table, Callable[[Mapping[str, Any]], tuple[object, ...]]]]] = {
    facts.CONSENT_ANSWERED: (consent_answers, _consent_answer),
    facts.CUSTOMER_CORRECTED: (corrections, _correction),
    facts.CUSTOMER_ERASED: (erasures, _erasure),
    facts.MERGE_PROPOSED: (merges, _proposed),
    facts.MERGE_UNDONE: (merges, _undone),
}


def journal_row(
    event_type: str, place: Place, fields: Mapping[str, Any], hashes: Iterable[bytes] = ()
) -> tuple[Table, tuple[object, ...]]:
    """Return the journal of an event and the row that it gets; ``hashes`` for a correction."""
    table, values = JOURNALED[event_type]
    row = (*place, *values(fields))
    return table, (*row, b"".join(hashes)) if table is corrections else row


def write_rows(connection: Connection, rows: Sequence[tuple[Table, tuple[object, ...]]]) -> None:
    """Add rows to their journals."""
    for table in JOURNALS:
        insert_rows(connection, table, [row for of, row in rows if of is table])


def rows_by_hash(
    connection: Connection, hashes: Iterable[bytes]
) -> tuple[dict[bytes, Row[Any]], dict[str, int]]:
    """Return the journal rows of some events, by the event's hash, and how many of each table."""
    named = set(hashes)
    found: dict[bytes, Row[Any]] = {}
    counts: dict[str, int] = {}
    for table in JOURNALS:
        statement = select(table).where(is_among(connection, table.c.hash, named))
        rows = connection.execute(statement).all()
        counts[table.name] = len(rows)
        found.update({bytes(row.hash): row for row in rows})
    return found, counts


def erased_among(connection: Connection, customers: Iterable[str]) -> set[str]:
    """Return which of the named customers were erased."""
    named = set(customers)
    if not named:
        return set()
    statement = select(erasures.c.customer).where(is_among(connection, erasures.c.customer, named))
    return set(connection.execute(statement).scalars())


def corrected_hashes(connection: Connection, customers: Iterable[str]) -> dict[str, set[bytes]]:
    """Return the hashes that corrections brought, by customer."""
    found: dict[str, set[bytes]] = {}
    named = set(customers)
    if named:
        table = corrections.c
        statement = select(table.customer, table.hashes).where(
            is_among(connection, table.customer, named)
        )
        for customer, joined in connection.execute(statement):
            found.setdefault(customer, set()).update(split_hashes(bytes(joined)))
    return found


def split_hashes(joined: bytes) -> list[bytes]:
    """Return the hashes that were joined into one column."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
