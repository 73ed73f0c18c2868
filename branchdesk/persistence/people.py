"""Who is known here, by keyed hash or by id, and what they were issued."""

import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, func, select

from branchdesk.application.models import CustomerRecord, MatchReason, PersonMatch
from branchdesk.domain.eligibility import IssuedCounts
from branchdesk.persistence.engine import Database, Sql
from branchdesk.persistence.redemption_tables import voids
from branchdesk.persistence.tables import (
    customer_hashes,
    customers,
    foreign_hashes,
    foreign_issued,
    issue_counters,
    vouchers,
)

HASH_BYTES: Final = 16
_LOCAL = Sql(
    lambda: (
        select(customers.c.position, customers.c.customer, customer_hashes.c.kind)
        .join(customers, customers.c.position == customer_hashes.c.customer)
        .where(customer_hashes.c.hash == bindparam("hash"))
        .order_by(customers.c.position)
    )
)
_FOREIGN = Sql(
    lambda: (
        select(foreign_hashes.c.subject)
        .where(foreign_hashes.c.hash == bindparam("hash"))
        .order_by(foreign_hashes.c.subject)
    )
)
_CUSTOMER = Sql(
    lambda: select(
        customers.c.name, customers.c.phone, customers.c.document_type,
        customers.c.document_number, customers.c.channel, customers.c.interests,
        customers.c.needs, customers.c.referrer, customers.c.purposes, customers.c.hashes,
        customers.c.registered_ms,
    ).where(customers.c.customer == bindparam("customer"))
)  # fmt: skip
_ISSUED_TO = Sql(
    lambda: select(
        func.count(), func.coalesce(func.sum(vouchers.c.day == bindparam("day")), 0)
    ).where(
        vouchers.c.customer == bindparam("customer"),
        vouchers.c.offer_code == bindparam("offer_code"),
        ~select(voids.c.position)
        .where(voids.c.grant_number == vouchers.c.grant_number, voids.c.slot == vouchers.c.slot)
        .exists(),
    )
)
_ISSUED_ELSEWHERE = Sql(
    lambda: select(
        func.coalesce(func.sum(foreign_issued.c.issued), 0),
        func.coalesce(
            func.sum(foreign_issued.c.issued * (foreign_issued.c.day == bindparam("day"))), 0
        ),
    ).where(
        foreign_issued.c.subject == bindparam("subject"),
        foreign_issued.c.offer_code == bindparam("offer_code"),
    )
)
_ISSUED_TODAY = Sql(
    lambda: select(issue_counters.c.issued).where(
        issue_counters.c.offer_code == bindparam("offer_code"),
        issue_counters.c.day == bindparam("day"),
    )
)


def matches(database: Database, hashes: Sequence[bytes]) -> tuple[PersonMatch, ...]:
    """Return who has one of the hashes; people of other outlets come without an id.

    Whether a stranger's hash is of a phone or a document is not said by the feed: the caller's
    order decides, phone first.
    """
    found: dict[PersonMatch, None] = {}
    for place, value in enumerate(hashes):
        for _, customer, kind in database.rows(_LOCAL, {"hash": value}):
            found[PersonMatch(customer, MatchReason(kind))] = None
        if database.row(_FOREIGN, {"hash": value}) is not None:
            why = MatchReason.DOCUMENT if place else MatchReason.PHONE
            found[PersonMatch("", why)] = None
    return tuple(found)


def customer_record(database: Database, customer: str) -> CustomerRecord | None:
    """Return a customer in the clear, hashes of phone first."""
    row = database.row(_CUSTOMER, {"customer": customer})
    if row is None:
        return None
    (name, phone, document_type, document_number, channel, interests, needs, referrer, purposes,
     joined, registered_ms) = row  # fmt: skip
    hashes = tuple(joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES))
    return CustomerRecord(
        customer=customer,
        name=name,
        phone=phone,
        document_type=document_type,
        document_number=document_number,
        channel=channel,
        interests=tuple(json.loads(interests)),
        needs=tuple(json.loads(needs)),
        referrer=referrer,
        granted_purposes=tuple(json.loads(purposes)),
        registered_ms=registered_ms,
        hashes=hashes,
    )


def issued_counts(
    database: Database, hashes: Sequence[bytes], offer_code: str, day: int
) -> IssuedCounts:
    """Count an offer's vouchers by the people who have these hashes, each voucher once."""
    parameters = {"offer_code": offer_code, "day": day}
    total = today = 0
    own = {row[1] for value in hashes for row in database.rows(_LOCAL, {"hash": value})}
    others = {row[0] for value in hashes for row in database.rows(_FOREIGN, {"hash": value})}
    counts = [database.row(_ISSUED_TO, {**parameters, "customer": found}) for found in own]
    counts += [database.row(_ISSUED_ELSEWHERE, {**parameters, "subject": one}) for one in others]
    for row in counts:
        if row is not None:
            total += row[0]
            today += row[1]
    here = database.row(_ISSUED_TODAY, parameters)
    return IssuedCounts(total, today, here[0] if here else 0)
