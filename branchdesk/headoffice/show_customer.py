"""What head office can say of one customer without opening anything sealed."""

from typing import Any

from sqlalchemy import Connection, func, or_, select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.customer_journals import erased_among
from branchdesk.headoffice.tables import (
    consent_answers,
    customers,
    duplicates,
    merges,
    vouchers,
)
from branchdesk.protocol import codec


def show_customer(context: OfficeContext, customer: str) -> dict[str, object]:
    """Return one customer, JSON-ready; see :meth:`Office.customer`."""
    with context.database.read() as connection:
        row = connection.execute(
            select(customers).where(customers.c.customer == customer)
        ).one_or_none()
        if row is None:
            raise RuleViolation("customer_not_here", field="customer", customer=customer[:64])
        held = select(func.count()).where(vouchers.c.customer == customer)
        return {
            "customer": customer,
            "terminal": row.terminal,
            "outlet": row.outlet,
            "erased": bool(erased_among(connection, [customer])),
            "consents": consent_standings(connection, customer, bytes(row.consents)),
            "duplicates": _duplicates(connection, customer),
            "merges": _open_merges(connection, customer),
            "vouchers": connection.execute(held).scalar_one(),
        }


def consent_standings(
    connection: Connection, customer: str, registered: bytes
) -> list[dict[str, object]]:
    """Return the last answer to every purpose that was asked about, in order of purpose.

    ``registered`` are the answers of the registration, as its event has them.
    """
    given: list[dict[str, Any]] = codec.decode(registered, what="consents")
    standing = {str(answer.get("purpose", "")): _answer(answer) for answer in given}
    table = consent_answers.c
    statement = (
        select(consent_answers)
        .where(table.customer == customer)
        .order_by(table.epoch, table.seq, table.hash)
    )
    for row in connection.execute(statement):
        standing[row.purpose] = _answer(row._asdict())
    return [{"purpose": purpose, **found} for purpose, found in sorted(standing.items())]


def _answer(answer: dict[str, Any]) -> dict[str, object]:
    return {name: answer.get(name) for name in ("granted", "text_version", "how")}


def _duplicates(connection: Connection, customer: str) -> list[str]:
    named = or_(duplicates.c.customer == customer, duplicates.c.other == customer)
    pairs = connection.execute(select(duplicates).where(named)).all()
    return sorted({who for pair in pairs for who in pair} - {customer})


def _open_merges(connection: Connection, customer: str) -> list[dict[str, object]]:
    undone = select(merges.c.merge).where(merges.c.undone)
    statement = (
        select(merges.c.merge, merges.c.kept, merges.c.other)
        .where(
            or_(merges.c.kept == customer, merges.c.other == customer),
            merges.c.undone.is_(False), merges.c.merge.not_in(undone),
        )
        .order_by(merges.c.merge)
    )  # fmt: skip
    return [dict(row._mapping) for row in connection.execute(statement)]
