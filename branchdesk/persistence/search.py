"""Find people by whatever part of them somebody remembers, among a million in under a millisecond.

One ordered table of terms answers every kind of question by a range. What leaves here is masked.
"""

import itertools
from typing import Final

from sqlalchemy import bindparam, select

from branchdesk.application.models import CustomerLine
from branchdesk.domain.identity import mask_document
from branchdesk.domain.names import mask_name
from branchdesk.domain.phones import mask_phone
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.tables import customers, events, search_terms
from branchdesk.persistence.terms import TermRange, fold, ranges_of
from branchdesk.protocol.event import decode_envelope

_SHOWN = (
    customers.c.position, customers.c.customer, customers.c.name, customers.c.phone,
    customers.c.document_number, customers.c.channel, customers.c.registered_ms,
    customers.c.vouchers,
)  # fmt: skip
_IN_RANGE = Sql(
    lambda: (
        select(*_SHOWN)
        .select_from(search_terms.join(customers, customers.c.position == search_terms.c.customer))
        .where(search_terms.c.term >= bindparam("low"), search_terms.c.term < bindparam("high"))
        .order_by(search_terms.c.term, search_terms.c.customer)
        .limit(bindparam("most"))
    )
)

# As much of the log as a day at one desk fills, and a few milliseconds to read.
_NEWEST_EVENTS: Final = 400
_NEWEST = Sql(
    lambda: select(events.c.envelope).order_by(events.c.position.desc()).limit(bindparam("most"))
)
_ONE = Sql(lambda: select(*_SHOWN).where(customers.c.customer == bindparam("customer")))


def find_customers(database: Database, query: str, limit: int) -> tuple[CustomerLine, ...]:
    """Return at most ``limit`` masked lines, exact matches first; an empty query finds nobody."""
    found: dict[int, Row] = {}
    for term_range in ranges_of(query):
        if len(found) >= limit:
            break
        _add(database, term_range, found, limit)
    return tuple(_line(row) for row in list(found.values())[:limit])


def recent_customers(database: Database, staff: str, limit: int) -> tuple[CustomerLine, ...]:
    """Return whom ``staff`` dealt with in the newest events, the last first; nobody erased."""
    newest = database.rows(_NEWEST, {"most": _NEWEST_EVENTS})
    told = [decode_envelope(envelope) for (envelope,) in newest]
    ids = dict.fromkeys(str(event.refs["customer"]) for event in told
                        if event.staff == staff and "customer" in event.refs)  # fmt: skip
    found = (database.row(_ONE, {"customer": customer}) for customer in ids)
    return tuple(itertools.islice((_line(row) for row in found if row is not None), limit))


def _add(database: Database, term_range: TermRange, found: dict[int, Row], limit: int) -> None:
    most = limit + len(found)
    while True:
        parameters = {"low": term_range.low, "high": term_range.high, "most": most}
        rows = database.rows(_IN_RANGE, parameters)
        for row in rows:
            # Beyond the length of a term the name itself decides.
            if not term_range.part or term_range.part in fold(row[2]):
                found.setdefault(row[0], row)
        if len(found) >= limit or len(rows) < most:
            return
        # One person may fill several places of a range (丽丽丽), or a long name not match.
        most *= 4


def _line(row: Row) -> CustomerLine:
    _, customer, name, phone, document, channel, registered_ms, vouchers = row
    # By position: fifty lines a keystroke, and names cost a third of each.
    return CustomerLine(
        customer, mask_name(name), mask_phone(phone), mask_document(document) if document else "",
        channel, registered_ms, vouchers,
    )  # fmt: skip
