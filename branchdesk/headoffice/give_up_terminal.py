"""A terminal is lost or stolen: say to the cent what it could cost, freeze it, take its slots back.

The most it can cost is each offer's cost cap for every slot that it was lent and that is not known
as used or back, and its offline allowances. Vouchers that customers hold stay good.
"""

from sqlalchemy import Connection, func, select

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.ask_back import out_slots, used_slots
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.life_results import LostTerminal, OfferExposure
from branchdesk.headoffice.offer_books import OfferBook, read_books
from branchdesk.headoffice.office_people import Approval, note_act
from branchdesk.headoffice.redemption_journal import STANDS
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.revoke_authority import freeze_terminal, take_back
from branchdesk.headoffice.tables import (
    allowances,
    epochs,
    grants,
    offers,
    office_acts,
    outlets,
    slots_out,
    terminals,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import FROZEN
from branchdesk.protocol.token import china_day, day_of

_LOST = "lost"


def show_exposure(context: OfficeContext, terminal: int) -> LostTerminal:
    """Return what a lost terminal could cost; raises RuleViolation ``terminal_unknown``."""
    with context.database.read() as connection:
        return _exposure(context, connection, terminal)


def give_up_terminal(
    context: OfficeContext, terminal: int, reason: str, approval: Approval
) -> LostTerminal:
    """Freeze a terminal and revoke every grant of it, in one transaction; return what was at stake.

    Raises RuleViolation ``terminal_unknown``, or ``lost_already``: what was at stake is in the
    first letter, and nothing is at stake any more.
    """

    def act(connection: Connection) -> LostTerminal:
        found = _exposure(context, connection, terminal)
        _check_not_given_up(connection, terminal)
        freeze_terminal(connection, terminal, reason)
        mine = select(grants.c.grant).where(grants.c.terminal == terminal)
        numbers = connection.execute(mine.order_by(grants.c.grant)).scalars().all()
        done = [take_back(context, connection, number, reason) for number in numbers]
        note_act(context, connection, approval, _LOST, str(terminal), reason=reason)
        revoked = [one for one in done if one.slots_revoked]
        return LostTerminal(
            found.terminal, found.outlet, found.outlet_name, found.epoch, found.seq,
            found.exposure_minor, found.offers, True, tuple(one.number for one in revoked),
            sum(one.slots_revoked for one in revoked), found.at_ms,
        )  # fmt: skip

    return context.database.write(act)


def _check_not_given_up(connection: Connection, terminal: int) -> None:
    """Refuse a terminal that was given up and has not joined again since."""
    state = select(terminals.c.state).where(terminals.c.terminal == terminal)
    done = (
        select(func.max(office_acts.c.done_ms))
        .where(office_acts.c.what == _LOST, office_acts.c.subject == str(terminal))
    )  # fmt: skip
    at_ms = connection.execute(done).scalar_one()
    if at_ms is not None and connection.execute(state).scalar_one() == FROZEN:
        day = day_of(china_day(at_ms // 1000)).isoformat()
        raise RuleViolation("lost_already", terminal=terminal, day=day)


def _exposure(context: OfficeContext, connection: Connection, terminal: int) -> LostTerminal:
    row = connection.execute(
        select(terminals, epochs.c.seq, outlets.c.name)
        .join(epochs, (epochs.c.terminal == terminals.c.terminal)
              & (epochs.c.epoch == terminals.c.epoch))
        .join(outlets, outlets.c.code == terminals.c.outlet)
        .where(terminals.c.terminal == terminal)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise RuleViolation("terminal_unknown", terminal=terminal)
    lent = select(grants.c.offer).where(grants.c.terminal == terminal)
    allowed = select(allowances.c.offer).where(allowances.c.terminal == terminal)
    books = read_books(connection, offers.c.offer.in_(lent) | offers.c.offer.in_(allowed))
    listed = tuple(_of_offer(connection, terminal, book) for book in books)
    return LostTerminal(
        terminal, row.outlet, row.name, row.epoch, row.seq,
        sum(one.unused_minor + one.allowance_minor for one in listed), listed, False, (), 0,
        context.clock_ms(),
    )  # fmt: skip


def _of_offer(connection: Connection, terminal: int, book: OfferBook) -> OfferExposure:
    mine = (grants.c.terminal == terminal) & (grants.c.offer == book.offer)
    unused = sum(
        max(slots - used_slots(connection, number) - out_slots(connection, number), 0)
        for number, slots in connection.execute(select(grants.c.grant, grants.c.slots).where(mine))
    )
    held = (allowances.c.terminal == terminal) & (allowances.c.offer == book.offer)
    allowance = connection.execute(select(allowances.c.amount_minor).where(held)).scalar() or 0
    count, amount = _open(connection, terminal, book)
    return OfferExposure(
        book.offer, book.code, unused, unused * book.cost_cap_minor, int(allowance), count, amount
    )


def _open(connection: Connection, terminal: int, book: OfferBook) -> tuple[int, int]:
    """Count a terminal's vouchers that are neither redeemed in full nor out, and their worth."""
    is_out = (
        select(slots_out.c.grant)
        .where(slots_out.c.grant == vouchers.c.grant,
               vouchers.c.slot.between(slots_out.c.first, slots_out.c.last))
        .exists()
    )  # fmt: skip
    standing = (
        (redemptions.c.grant == vouchers.c.grant) & (redemptions.c.slot == vouchers.c.slot)
        & (redemptions.c.state == STANDS)
    )  # fmt: skip
    amounts = select(func.coalesce(func.sum(redemptions.c.amount_minor), 0)).where(standing)
    redeemed = amounts.scalar_subquery()
    is_used = select(redemptions.c.grant).where(standing).exists()
    is_open = redeemed < book.face_minor if book.partial_use else ~is_used
    worth = book.face_minor or book.cost_cap_minor
    statement = select(func.count(), func.coalesce(func.sum(worth - redeemed), 0)).where(
        vouchers.c.terminal == terminal, vouchers.c.offer == book.offer, is_open, ~is_out
    )
    count, amount = connection.execute(statement).one()
    return int(count), int(amount)
