"""Let the next redemption stand when the one before it is undone.

Whoever came second gave something for the voucher too. If it became good again, a third could be
paid for it; so the next by head office's order takes the place, and what it cost is taken back.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from branchdesk.headoffice.case_news import NOBODY, OPEN, Ending, put_outcome, put_settled
from branchdesk.headoffice.context import as_json
from branchdesk.headoffice.database import is_among
from branchdesk.headoffice.feed_queue import FeedQueue
from branchdesk.headoffice.honouring import (
    REDEMPTION_CASES,
    count_honoured,
    first_in_the_way,
    question_about,
)
from branchdesk.headoffice.losses import forget_loss, liable_outlet
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redeemers import Redeemers
from branchdesk.headoffice.redemption_items import REDEEMED, VoucherNews
from branchdesk.headoffice.redemption_journal import (
    DUPLICATE,
    STANDS,
    UNDONE,
    Journal,
    RedemptionRow,
)
from branchdesk.headoffice.tables import cases

FIRST_UNDONE: Final = "first_undone"


@dataclass(frozen=True, slots=True)
class Moved:
    """A redemption that moved up for an ``undone`` one: it stands, or comes after ``first`` now.

    ``question`` is what a person has to judge of one that stands: a case's kind and facts.
    """

    row: RedemptionRow
    undone: RedemptionRow
    first: RedemptionRow | None = None
    question: tuple[str, dict[str, object]] | None = None

    def news(self, now_ms: int) -> VoucherNews | None:
        """Return the news of one that stands: who undid its own must not take it for good."""
        if self.first is not None:
            return None
        return VoucherNews.of(self.row, REDEEMED, now_ms, also=self.undone.outlet)


def move_up(
    journal: Journal,
    book: OfferBook,
    undone: RedemptionRow,
    redeemers: Redeemers,
) -> list[Moved]:
    """Let those stand that found no room before; take back what they cost.

    Of one whose terminal is frozen by now a person judges whether it may stand: while it came
    second nobody was asked.
    """
    moved, allowances = [], redeemers.allowances
    for row in journal.by_slot[undone.place]:
        if row.state != DUPLICATE:
            continue
        first = first_in_the_way(journal, book, row)
        if first is None:
            forget_loss(row, book, allowances.get((row.offer, row.terminal)))
            row.state, row.second_of = STANDS, undone.redemption
            count_honoured(journal, book, row)
        elif row.second_of == undone.redemption:
            row.second_of = first.redemption
        else:
            continue
        journal.touch(row)
        is_live = (row.terminal, row.epoch) in redeemers.live
        moved.append(Moved(row, undone, first, question_about(row, book, is_live=is_live)))
    return moved


def end_cases(connection: Connection, queue: FeedQueue, undone: Iterable[RedemptionRow]) -> None:
    """Close the open cases about redemptions that were undone, and tell their terminals."""
    settled = []
    for row in undone:
        place = row.terminal, row.epoch, row.seq
        which = update(cases).where(*_about(connection, place), cases.c.state == OPEN)
        if connection.execute(which.values(state=UNDONE)).rowcount:
            settled.append(place)
    put_settled(connection, queue, settled, UNDONE)


def change_cases(connection: Connection, queue: FeedQueue, moved: Iterable[Moved]) -> None:
    """Note in the cases of redemptions that moved up what became of them; tell both outlets.

    A decision stays on record; what it charged anybody with is lifted.
    """
    for step in moved:
        place = step.row.terminal, step.row.epoch, step.row.seq
        change = _lift if step.first is None else _name_first
        for case in connection.execute(select(cases).where(*_about(connection, place))).all():
            change(connection, queue, case, step)
        if step.first is None and step.question is None:
            put_settled(connection, queue, [place], FIRST_UNDONE)


def _lift(connection: Connection, queue: FeedQueue, case: Row[Any], step: Moved) -> None:
    told = {
        **json.loads(case.facts), "undone": step.undone.told(), "loss_minor": 0,
        "over_budget": False,
    }  # fmt: skip
    values: dict[str, object] = {}
    if case.state == OPEN and step.question is None:
        values["state"] = UNDONE
    elif case.state == OPEN and step.question is not None:
        # Nobody is paid twice any more, but what stands has something to be judged all the same.
        values["kind"], facts = step.question
        told |= facts
    values["facts"] = as_json(**told)
    connection.execute(update(cases).where(cases.c.case == case.case).values(values))
    outlets = {step.row.outlet, step.undone.outlet}
    put_outcome(queue, case, outlets, Ending(FIRST_UNDONE, NOBODY, 0, ""))


def _name_first(connection: Connection, _: FeedQueue, case: Row[Any], step: Moved) -> None:
    assert step.first is not None
    if case.state != OPEN:
        return
    told = {
        **json.loads(case.facts), "first": step.first.told(),
        "liable": liable_outlet(step.first, step.row),
    }  # fmt: skip
    which = update(cases).where(cases.c.case == case.case)
    connection.execute(which.values(facts=as_json(**told)))


def _about(connection: Connection, place: tuple[int, int, int]) -> tuple[Any, ...]:
    kinds = is_among(connection, cases.c.kind, REDEMPTION_CASES)
    terminal, epoch, seq = place
    return cases.c.terminal == terminal, cases.c.epoch == epoch, cases.c.seq == seq, kinds
