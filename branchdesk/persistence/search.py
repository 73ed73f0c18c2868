"""Find people by whatever part of them somebody remembers, among a million in under a millisecond.

One ordered table of terms answers every kind of question by a range. What leaves here is masked.
"""

import json
from typing import Final

from sqlalchemy import bindparam, func, select

from branchdesk.application.models import CustomerLine
from branchdesk.domain.identity import mask_document
from branchdesk.domain.names import mask_name
from branchdesk.domain.phones import mask_phone
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.tables import customers, search_terms
from branchdesk.persistence.terms import TermRange, fold, ranges_of

_NO_LIMIT: Final = -1
_SHOWN = (
    customers.c.position, customers.c.customer, customers.c.name, customers.c.phone,
    customers.c.document_number, customers.c.channel, customers.c.registered_ms,
    customers.c.vouchers,
)  # fmt: skip
_IN_RANGE = Sql(
    lambda: (
        select(search_terms.c.customer)
        .distinct()
        .where(search_terms.c.term >= bindparam("low"), search_terms.c.term < bindparam("high"))
        .limit(bindparam("most"))
    )
)
_LINES = Sql(
    lambda: select(*_SHOWN).where(
        customers.c.position.in_(
            select(func.json_each(bindparam("positions")).table_valued("value").c.value)
        )
    )
)


def find_customers(database: Database, query: str, limit: int) -> tuple[CustomerLine, ...]:
    """Return at most ``limit`` masked lines, exact matches first; an empty query finds nobody."""
    found: dict[int, Row | None] = {}
    for term_range in ranges_of(query):
        if len(found) >= limit:
            break
        _add(database, term_range, found, limit)
    missing = [position for position, row in found.items() if row is None]
    found.update(_rows(database, missing))
    return tuple(_line(row) for row in list(found.values())[:limit] if row is not None)


def _add(
    database: Database, term_range: TermRange, found: dict[int, Row | None], limit: int
) -> None:
    # Beyond the length of a term the name itself decides, and nothing may be cut off before that.
    most = _NO_LIMIT if term_range.part else limit + len(found)
    parameters = {"low": term_range.low, "high": term_range.high, "most": most}
    positions = [row[0] for row in database.rows(_IN_RANGE, parameters)]
    if not term_range.part:
        for position in positions:
            found.setdefault(position, None)
        return
    rows = _rows(database, positions)
    for position in positions:
        row = rows.get(position)
        if row is not None and term_range.part in fold(row[2]):
            found.setdefault(position, row)


def _rows(database: Database, positions: list[int]) -> dict[int, Row]:
    rows = database.rows(_LINES, {"positions": json.dumps(positions)})
    return {row[0]: row for row in rows}


def _line(row: Row) -> CustomerLine:
    _, customer, name, phone, document, channel, registered_ms, vouchers = row
    return CustomerLine(
        customer=customer,
        name=mask_name(name),
        phone=mask_phone(phone),
        document=mask_document(document) if document else "",
        channel=channel,
        registered_ms=registered_ms,
        vouchers=vouchers,
    )
