"""Redemptions and undos of a batch, judged in the order of its events.

The first redemption by head office's order stands; one that comes too late, or for a slot that is
out, is kept as a fact beside it, its cost is booked, and a person hears of it. The offers concerned
are locked before anything here is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from branchdesk.headoffice.allowance_items import save_allowance, settle_allowance
from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.case_news import named_voucher
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.feed_queue import FeedQueue
from branchdesk.headoffice.honouring import (
    DOUBLE,
    OUT,
    SPEND_BELOW,
    count_honoured,
    first_in_the_way,
    question_about,
    take_back,
)
from branchdesk.headoffice.losses import book_loss, liable_outlet
from branchdesk.headoffice.next_redemption import Moved, move_up
from branchdesk.headoffice.offer_books import OfferBook
from branchdesk.headoffice.redeemers import Allowance, Redeemers
from branchdesk.headoffice.redemption_items import REDEEMED, UNDONE_AGAIN, VoucherNews
from branchdesk.headoffice.redemption_journal import (
    DUPLICATE,
    REFUSED_STATE,
    STANDS,
    UNDONE,
    Journal,
    RedemptionRow,
)
from branchdesk.headoffice.redemption_tables import redemption_undos
from branchdesk.headoffice.slot_effects import SlotEffects
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import facts
from branchdesk.protocol.redemption import Basis

Problem = tuple[str, str]


@dataclass(slots=True)
class RedemptionEffects:
    """The redemptions that a batch touches, and what it adds to them."""

    chain: ChainState
    books: Mapping[int, OfferBook]
    slots: SlotEffects
    journal: Journal
    redeemers: Redeemers
    now_ms: int
    undone_by: dict[bytes, bytes] = field(default_factory=dict)
    undos: list[tuple[object, ...]] = field(default_factory=list)
    met_undos: list[tuple[bytes, int]] = field(default_factory=list)
    cases: list[tuple[str, int, dict[str, object]]] = field(default_factory=list)
    news: list[VoucherNews] = field(default_factory=list)
    settled: set[int] = field(default_factory=set)
    ended: list[RedemptionRow] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)

    def load_undos(self, connection: Connection, effective: Iterable[Draft]) -> None:
        """Read which undos of the batch were made online before."""
        ids = {
            draft.envelope.event_id.bytes
            for draft in effective
            if draft.envelope.type == facts.REDEMPTION_UNDONE
        }
        if ids:
            table = redemption_undos.c
            statement = select(table.undo, table.redemption).where(
                is_among(connection, table.undo, ids)
            )
            found = connection.execute(statement)
            self.undone_by = {bytes(undo): bytes(of) for undo, of in found}

    def redeem(self, draft: Draft) -> Problem | None:
        """Take up a redemption; return the verdict and code when it is not simply applied."""
        assert draft.grant is not None
        assert draft.voucher is not None
        fields, grant = draft.fields or {}, draft.grant.value
        if fields["basis"] == Basis.ALLOWANCE:
            self.settled.add(grant.offer)
        known = self.journal.rows.get(draft.envelope.event_id.bytes)
        if known is not None:
            return self._meet(known, draft)
        row, book = self._row(draft, fields), self.books[grant.offer]
        why = self.slots.why_out(grant.number, row.slot)
        first = None if why else first_in_the_way(self.journal, book, row)
        if why:
            row.state = REFUSED_STATE
        elif first is not None:
            row.state, row.second_of = DUPLICATE, first.redemption
        self.journal.add(row)
        if why or first is not None:
            return self._lose(row, book, first, why)
        return self._honour(row, book, redeemer=self.redeemers.of(grant, row.slot))

    def undo(self, draft: Draft) -> Problem | None:
        """Take a redemption back; return the verdict and code when it is not simply applied."""
        fields, event = draft.fields or {}, draft.envelope.event_id.bytes
        if self.undone_by.get(event) == fields["redemption"]:
            self.met_undos.append((event, draft.seq))
            return None
        row = self.journal.rows.get(fields["redemption"])
        if row is None:
            return REFUSED, "redemption_unknown"
        if (row.terminal, *row.place) != (
            draft.envelope.terminal, fields["grant"], fields["slot"],
        ):  # fmt: skip
            return REFUSED, "redemption_of_other"
        if row.state == UNDONE:
            return FLAGGED, "undone_before"
        if not self.chain.is_live:
            return REFUSED, "chain_not_live"
        self._take_back(row)
        envelope = draft.envelope
        self.undos.append(
            (event, row.redemption, envelope.terminal, envelope.epoch, draft.seq, fields["reason"],
             self.now_ms)
        )  # fmt: skip
        return None

    def write(
        self, context: OfficeContext, connection: Connection, queue: FeedQueue, through_seq: int
    ) -> None:
        """Write rows, undos and allowances."""
        self.journal.write(context, connection)
        insert_rows(connection, redemption_undos, self.undos)
        if self.met_undos:
            which = update(redemption_undos).where(redemption_undos.c.undo == bindparam("event"))
            met = [{"event": event, "at": seq} for event, seq in self.met_undos]
            connection.execute(which.values(seq=bindparam("at")), met)
        self._write_allowances(connection, queue, through_seq)

    def _write_allowances(self, connection: Connection, queue: FeedQueue, through_seq: int) -> None:
        freed = [row for row in (*self.ended, *(step.row for step in self.moved))
                 if row.basis == Basis.ALLOWANCE]  # fmt: skip
        mine = self.chain.head.terminal
        # What another terminal paid it pays no more; its allowance fills up with its next batch.
        touched = {(row.offer, row.terminal) for row in freed}
        for place in sorted(touched | {(offer, mine) for offer in self.settled}):
            allowance = self.redeemers.allowances.get(place)
            if allowance is None:
                continue
            if allowance.terminal == mine:
                settle_allowance(queue, self.chain, self.books[place[0]], allowance, through_seq)
            save_allowance(connection, allowance)

    def _meet(self, known: RedemptionRow, draft: Draft) -> Problem | None:
        """Join the terminal's own word for what it had asked head office for."""
        fields, envelope = draft.fields or {}, draft.envelope
        assert draft.grant is not None
        assert draft.voucher is not None
        place = (draft.grant.value.number, draft.voucher.slot)
        if known.seq or (known.terminal, known.place) != (envelope.terminal, place):
            return REFUSED, "redemption_of_other"
        known.epoch, known.seq = envelope.epoch, draft.seq
        self.journal.touch(known)
        return (FLAGGED, "redemption_differs") if known.amount_minor != fields["amount_minor"] \
            else None  # fmt: skip

    def _row(self, draft: Draft, fields: Mapping[str, Any]) -> RedemptionRow:
        assert draft.grant is not None
        assert draft.voucher is not None
        envelope, grant = draft.envelope, draft.grant.value
        row = RedemptionRow(
            envelope.event_id.bytes, grant.number, draft.voucher.slot, grant.offer,
            envelope.terminal, envelope.epoch, draft.seq, self.chain.outlet,
            envelope.staff, fields["basis"], fields["amount_minor"], fields["purchase_minor"],
            envelope.wall_utc_ms, self.now_ms, STANDS,
        )  # fmt: skip
        # What head office was asked for is in its journal before the event comes.
        row.rightful = row.basis != Basis.ONLINE and self.redeemers.entitles(row, grant)
        return row

    def _honour(self, row: RedemptionRow, book: OfferBook, *, redeemer: int | None) -> \
            Problem | None:  # fmt: skip
        count_honoured(self.journal, book, row)
        self.news.append(VoucherNews.of(row, REDEEMED))
        question = question_about(row, book, is_live=self.chain.is_live)
        if question is None:
            return None
        kind, told = question
        if redeemer is not None and kind != SPEND_BELOW:
            told["redeemer"] = str(redeemer)
        self.cases.append((kind, row.seq, {**named_voucher(book, row.place), **told}))
        return FLAGGED, kind

    def _lose(
        self, row: RedemptionRow, book: OfferBook, first: RedemptionRow | None, why: str
    ) -> Problem:
        fits = book_loss(row, book, self._allowance(row.offer))
        told = {
            **named_voucher(book, row.place), "second": row.told(), "liable": row.outlet,
            "loss_minor": row.loss_minor, "over_budget": not fits,
        }  # fmt: skip
        if first is None:
            self.cases.append((OUT, row.seq, {**told, "why": why}))
            return REFUSED, OUT
        told |= {"first": first.told(), "liable": liable_outlet(first, row)}
        self.cases.append((DOUBLE, row.seq, told))
        return REFUSED, DOUBLE

    def _take_back(self, row: RedemptionRow) -> None:
        book = self.books[row.offer]
        self.ended.append(row)
        if not take_back(self.journal, book, row, self._allowance(row.offer)):
            return
        self.news.append(VoucherNews.of(row, UNDONE_AGAIN, self.now_ms))
        moved = move_up(self.journal, book, row, self.redeemers)
        self.moved.extend(moved)
        told = (step.news(self.now_ms) for step in moved)
        self.news.extend(news for news in told if news is not None)

    def _allowance(self, offer: int) -> Allowance | None:
        return self.redeemers.allowances.get((offer, self.chain.head.terminal))
