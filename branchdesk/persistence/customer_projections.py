"""What events about customers change: registered, revealed, consent, corrected, erased, merges.

Like all projections these read the event alone and what earlier events left, no clock and no feed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update

from branchdesk.domain.consent import Purpose
from branchdesk.persistence.engine import Database, Row, Sql
from branchdesk.persistence.erasing import add_customer_event, drop_terms, erase_person
from branchdesk.persistence.recorded import Recorded
from branchdesk.persistence.tables import customer_hashes, customers, merges, search_terms
from branchdesk.persistence.terms import terms_of
from branchdesk.protocol import facts
from branchdesk.protocol.sealing import blind_hash

_ADD_CUSTOMER = Sql(lambda: insert(customers))
_ADD_HASH = Sql(lambda: insert(customer_hashes).prefix_with("OR IGNORE"))
_ADD_TERM = Sql(lambda: insert(search_terms))
_FIELDS: Final = (
    "name", "phone", "document_type", "document_number", "channel", "interests", "needs",
)  # fmt: skip
_FIND = Sql(
    lambda: select(
        customers.c.position, customers.c.purposes, *(customers.c[name] for name in _FIELDS)
    ).where(customers.c.customer == bindparam("whose"))
)
_SET_PURPOSES = Sql(
    lambda: (
        update(customers)
        .where(customers.c.position == bindparam("at"))
        .values(purposes=bindparam("purposes"))
    )
)
_SET_FIELDS = Sql(
    lambda: (
        update(customers)
        .where(customers.c.position == bindparam("at"))
        .values({name: bindparam(name) for name in (*_FIELDS, "hashes")})
    )
)
_FORGET_DOCUMENT = Sql(
    lambda: (
        update(customers)
        .where(customers.c.position == bindparam("at"))
        .values(document_type=bindparam("blank"), document_number=bindparam("blank"))
    )
)
_ADD_MERGE = Sql(lambda: insert(merges).prefix_with("OR IGNORE"))
_UNDO_MERGE = Sql(
    lambda: (
        update(merges)
        .where(merges.c.merge == bindparam("which"), merges.c.undone_position.is_(None))
        .values(undone_position=bindparam("at"))
    )
)


def _registered(database: Database, event: Recorded) -> None:
    personal = event.personal
    if personal is None:
        add_customer_event(database, event.fields["customer"], event.position)
        return
    granted = [item["purpose"] for item in event.fields["consents"] if item.get("granted")]
    row = {
        "position": event.position,
        "customer": event.fields["customer"],
        "name": personal["name"],
        "phone": personal["phone"],
        "document_type": personal["document_type"],
        "document_number": personal["document_number"],
        "channel": event.fields["channel"],
        "interests": _json(personal["interests"]),
        "needs": _json(personal["needs"]),
        "referrer": event.fields["referrer"],
        "purposes": _json(granted),
        "hashes": b"".join(personal["hashes"]),
        "registered_ms": event.wall_ms,
        "vouchers": 0,
    }
    database.run(_ADD_CUSTOMER, row)
    _add_hashes(database, event, event.position, personal["phone"])
    terms = terms_of(personal["name"], personal["phone"], personal["document_number"])
    _add_terms(database, event.position, terms)


def _noted(database: Database, event: Recorded) -> None:
    add_customer_event(database, event.fields["customer"], event.position)


def _consent_answered(database: Database, event: Recorded) -> None:
    _noted(database, event)
    row = database.row(_FIND, {"whose": event.fields["customer"]})
    if row is None:
        return
    position, purposes = row[0], json.loads(row[1])
    purpose = event.fields["purpose"]
    kept = [word for word in purposes if word != purpose]
    granted = [*kept, purpose] if event.fields["granted"] else kept
    database.run(_SET_PURPOSES, {"at": position, "purposes": _json(granted)})
    if purpose == Purpose.SENSITIVE and not event.fields["granted"]:
        _forget_document(database, row)


def _forget_document(database: Database, row: Row) -> None:
    """Take the document out of the row and out of the search; its hash goes on counting."""
    position, _, name, phone, _, number, *_ = row
    drop_terms(database, position, name, phone, number)
    _add_terms(database, position, terms_of(name, phone, ""))
    database.run(_FORGET_DOCUMENT, {"at": position, "blank": ""})


def _corrected(database: Database, event: Recorded) -> None:
    _noted(database, event)
    row = database.row(_FIND, {"whose": event.fields["customer"]})
    if row is None or event.personal is None:
        return
    position, before = row[0], dict(zip(_FIELDS, row[2:], strict=True))
    values = {
        name: _json(value) if isinstance(value, list) else value
        for name, value in event.personal["values"].items()
        if name in _FIELDS
    }
    after = {**before, **values}
    hashes = b"".join(event.personal["hashes"])
    database.run(_SET_FIELDS, {"at": position, "hashes": hashes, **after})
    _add_hashes(database, event, position, after["phone"])
    drop_terms(database, position, before["name"], before["phone"], before["document_number"])
    terms = terms_of(after["name"], after["phone"], after["document_number"])
    _add_terms(database, position, terms)


def _erased(database: Database, event: Recorded) -> None:
    _noted(database, event)
    erase_person(database, event.fields["customer"])


def _merge_proposed(database: Database, event: Recorded) -> None:
    _noted_both(database, event)
    fields = event.fields
    row = {
        "merge": fields["merge"], "kept": fields["kept"], "other": fields["other"],
        "position": event.position, "undone_position": None,
    }  # fmt: skip
    database.run(_ADD_MERGE, row)


def _merge_undone(database: Database, event: Recorded) -> None:
    _noted_both(database, event)
    database.run(_UNDO_MERGE, {"which": event.fields["merge"], "at": event.position})


def _noted_both(database: Database, event: Recorded) -> None:
    for side in ("kept", "other"):
        add_customer_event(database, event.fields[side], event.position)


CUSTOMER_PROJECTIONS: Mapping[str, Callable[[Database, Recorded], None]] = {
    facts.CUSTOMER_REGISTERED: _registered,
    facts.CUSTOMER_REVEALED: _noted,
    facts.CUSTOMER_CORRECTED: _corrected,
    facts.CUSTOMER_ERASED: _erased,
    facts.CONSENT_ANSWERED: _consent_answered,
    facts.MERGE_PROPOSED: _merge_proposed,
    facts.MERGE_UNDONE: _merge_undone,
}


def _add_hashes(database: Database, event: Recorded, position: int, phone: str) -> None:
    hashes: Sequence[bytes] = (event.personal or {})["hashes"]
    by_phone = blind_hash(event.blind_key, "phone", phone)
    for value in hashes:
        kind = "phone" if value == by_phone else "document"
        # One that counted before keeps its kind: an earlier phone stays one.
        database.run(_ADD_HASH, {"hash": value, "customer": position, "kind": kind})


def _add_terms(database: Database, position: int, terms: list[bytes]) -> None:
    database.run_many(_ADD_TERM, [{"term": term, "customer": position} for term in terms])


def _json(values: list[Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
