"""Take a person out of the store: key, rows, search terms, hashes, and drafts that name them.

Deleted rows are overwritten (``secure_delete``). What events sealed stays where it is and can be
opened by nobody any more. This module must not know why somebody is erased.
"""

import json
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.tables import (
    customer_events,
    customer_hashes,
    customers,
    drafts,
    person_keys,
    search_terms,
)
from branchdesk.persistence.terms import fold, terms_of

_HASH_BYTES: Final = 16
# Shorter numbers, and single characters, are in many drafts that are about somebody else.
_DIGITS_MIN: Final = 7
_PERSON = Sql(
    lambda: select(
        customers.c.position, customers.c.name, customers.c.phone, customers.c.document_number,
        customers.c.hashes,
    ).where(customers.c.customer == bindparam("customer"))
)  # fmt: skip
_NOTE = Sql(lambda: insert(customer_events).prefix_with("OR IGNORE"))
_DROP_TERM = Sql(
    lambda: delete(search_terms).where(
        search_terms.c.term == bindparam("term"), search_terms.c.customer == bindparam("of")
    )
)
_DROP_HASH = Sql(
    lambda: delete(customer_hashes).where(
        customer_hashes.c.hash == bindparam("hash"), customer_hashes.c.customer == bindparam("of")
    )
)
_DROP_CUSTOMER = Sql(lambda: delete(customers).where(customers.c.position == bindparam("at")))
_DROP_KEY = Sql(lambda: delete(person_keys).where(person_keys.c.customer == bindparam("whose")))
_HAS_KEY = Sql(
    lambda: select(person_keys.c.position).where(person_keys.c.customer == bindparam("whose"))
)
_DRAFTS = Sql(lambda: select(drafts.c.name, drafts.c.content))
_DROP_DRAFT = Sql(lambda: delete(drafts).where(drafts.c.name == bindparam("name")))


def add_customer_event(database: Database, customer: str, position: int) -> None:
    """Note that the event at ``position`` concerns a customer; noted twice is noted once."""
    database.run(_NOTE, {"customer": customer, "position": position})


def is_held(database: Database, customer: str) -> bool:
    """Say whether the key of a person is here."""
    return database.row(_HAS_KEY, {"whose": customer}) is not None


def erase_person(database: Database, customer: str) -> None:
    """Delete everything by which a person could be read, found or matched; again does nothing."""
    row = database.row(_PERSON, {"customer": customer})
    if row is not None:
        position, name, phone, document_number, hashes = row
        _drop_drafts(database, (customer, name, phone, document_number))
        # The registration was found by the row that goes now.
        add_customer_event(database, customer, position)
        drop_terms(database, position, name, phone, document_number)
        for at in range(0, len(hashes), _HASH_BYTES):
            database.run(_DROP_HASH, {"hash": hashes[at : at + _HASH_BYTES], "of": position})
        database.run(_DROP_CUSTOMER, {"at": position})
    database.run(_DROP_KEY, {"whose": customer})


def drop_terms(
    database: Database, position: int, name: str, phone: str, document_number: str
) -> None:
    """Delete the terms under which a person was found."""
    terms = terms_of(name, phone, document_number)
    database.run_many(_DROP_TERM, [{"term": term, "of": position} for term in terms])


def _drop_drafts(database: Database, person: tuple[str, str, str, str]) -> None:
    for draft, content in database.rows(_DRAFTS):
        texts = _texts(json.loads(content.decode("utf-8", "surrogatepass")))
        if any(_names(text, person) for text in texts):
            database.run(_DROP_DRAFT, {"name": draft})


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


def _names(text: str, person: tuple[str, str, str, str]) -> bool:
    """Say whether a text of a draft is this person's id, name, phone or document."""
    customer, name, phone, document_number = person
    if customer in text or fold(text) == fold(name):
        return True
    digits = "".join(filter(str.isdecimal, fold(text)))
    is_phone = len(digits) >= _DIGITS_MIN and phone.endswith(digits)
    return is_phone or bool(document_number and fold(document_number) in fold(text))
