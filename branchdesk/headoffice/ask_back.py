"""Ask a terminal for unused slots of a grant: it signs back what it has not used beyond that."""

from sqlalchemy import Connection, func, select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.feed_queue import FeedQueue, to_terminal
from branchdesk.headoffice.life_results import SlotsAskedBack
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.tables import grants, slots_out, vouchers
from branchdesk.headoffice.terminal_heads import read_chain
from branchdesk.protocol.feed import ItemKind, Lane


def ask_back(
    context: OfficeContext, grant: int, keep: int, reason: str, approval: Approval
) -> SlotsAskedBack:
    """Ask for the free slots of ``grant`` but ``keep`` of them; money is freed by the answer alone.

    Raises RuleViolation ``grant_unknown``, ``keep_invalid`` or ``grant_not_live`` (a frozen
    terminal's return would free nothing: its grant is revoked instead).
    """
    if keep < 0:
        raise RuleViolation("keep_invalid", field="keep", keep=keep)

    def act(connection: Connection) -> SlotsAskedBack:
        row = connection.execute(select(grants).where(grants.c.grant == grant)).one_or_none()
        if row is None:
            raise RuleViolation("grant_unknown", grant=grant)
        chain = read_chain(context, connection, row.terminal, row.epoch)
        if not chain.is_live:
            raise RuleViolation("grant_not_live", grant=grant, terminal=row.terminal)
        queue = FeedQueue()
        queue.put(
            Lane.CONTENT,
            to_terminal(row.terminal, row.epoch),
            ItemKind.RETURN,
            {"grant": grant, "keep": keep, "reason": reason[:200]},
            topic=f"return:{grant}",
        )
        note_act(context, connection, approval, "shrink", str(grant), reason=reason)
        free = row.slots - used_slots(connection, grant) - out_slots(connection, grant)
        queue.flush(connection)
        return SlotsAskedBack(grant, row.terminal, max(free, 0), keep)

    return context.database.write(act)


def used_slots(connection: Connection, grant: int) -> int:
    """Count the slots of a grant that are known as issued."""
    statement = select(func.count()).where(vouchers.c.grant == grant)
    return int(connection.execute(statement).scalar_one())


def out_slots(connection: Connection, grant: int) -> int:
    """Count the slots of a grant that came back or were taken back."""
    spans = func.coalesce(func.sum(slots_out.c.last - slots_out.c.first + 1), 0)
    statement = select(spans).where(slots_out.c.grant == grant)
    return int(connection.execute(statement).scalar_one())
