"""How the office stands: terminals, offers, counts, open cases. Reads only."""

import json

from sqlalchemy import Connection, func, select
from sqlalchemy.sql.selectable import FromClause

from branchdesk.headoffice.back_up import BACKUP_FACT
from branchdesk.headoffice.context import OfficeContext, read_fact
from branchdesk.headoffice.keepers import show_keepers
from branchdesk.headoffice.learning import is_learning
from branchdesk.headoffice.offer_books import book_of
from branchdesk.headoffice.redemption_journal import STANDS
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.tables import (
    cases,
    customers,
    epochs,
    events,
    offers,
    terminals,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import ACTIVE, FROZEN
from branchdesk.headoffice.vault import GRANT


def report_status(context: OfficeContext) -> dict[str, object]:
    """Return the keys of ``office status``; money in minor units."""
    with context.database.read() as connection:
        standing = select(redemptions.c.grant, redemptions.c.slot).distinct()
        standing = standing.where(redemptions.c.state == STANDS)
        redeemed = select(func.count()).select_from(standing.subquery())
        open_count = select(func.count()).select_from(cases).where(cases.c.state == "open")
        return {
            "public_key": context.vault.signer(GRANT).public_key.hex(),
            "customers": _count(connection, customers),
            "vouchers": _count(connection, vouchers),
            "redeemed": connection.execute(redeemed).scalar_one(),
            "events": _count(connection, events),
            "terminals": _terminals(context, connection),
            "offers": _offers(connection),
            "keepers": show_keepers(connection),
            "open_cases": connection.execute(open_count).scalar_one(),
            "learning": is_learning(connection),
            "backed_up_at_ms": _backed_up_ms(connection),
        }


def _backed_up_ms(connection: Connection) -> int | None:
    found = read_fact(connection, BACKUP_FACT)
    return None if found is None else int.from_bytes(found, "big")


def open_cases(context: OfficeContext) -> list[dict[str, object]]:
    """Return the open cases with their facts, oldest first."""
    statement = select(cases).where(cases.c.state == "open").order_by(cases.c.case)
    with context.database.read() as connection:
        return [
            {
                "case": str(row.case), "kind": row.kind, "terminal": str(row.terminal),
                "epoch": row.epoch, "seq": row.seq, "opened_ms": row.opened_ms,
                "facts": json.loads(row.facts),
            }
            for row in connection.execute(statement)
        ]  # fmt: skip


def _count(connection: Connection, table: FromClause) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _terminals(context: OfficeContext, connection: Connection) -> list[dict[str, object]]:
    statement = (
        select(terminals, epochs.c.seq, epochs.c.backed_up_seq,
               epochs.c.state.label("epoch_state"))
        .join(epochs, (epochs.c.terminal == terminals.c.terminal)
              & (epochs.c.epoch == terminals.c.epoch))
        .order_by(terminals.c.terminal)
    )  # fmt: skip
    return [
        {
            "terminal": str(row.terminal), "outlet": row.outlet, "kind": row.kind,
            "epoch": row.epoch, "seq": row.seq,
            "durable_seq": row.backed_up_seq if context.durable_by_backup else row.seq,
            "state": ACTIVE if row.state == row.epoch_state == ACTIVE else FROZEN,
        }
        for row in connection.execute(statement)
    ]  # fmt: skip


def _offers(connection: Connection) -> list[dict[str, object]]:
    books = [book_of(row) for row in connection.execute(select(offers).order_by(offers.c.offer))]
    return [
        {
            "offer": str(book.offer), "code": book.code, "campaign": book.campaign,
            "budget_minor": book.budget_minor, "cost_cap_minor": book.cost_cap_minor,
            "committed_minor": book.committed_minor, "reserve_minor": book.reserve_minor,
            "honoured_minor": book.honoured_minor, "count": book.slots_limit,
            "slots_lent": book.slots_lent, "slots_out": book.slots_out,
            "loss_minor": book.loss_minor,
        }
        for book in books
    ]  # fmt: skip
