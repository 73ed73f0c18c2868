"""Thirteen banks, each without one of its safety rules. The simulation must find every one out.

Each takes one rule out of the real program by a patch and puts it back afterwards; nothing here is
part of the product. A mutant that lives means that the simulation, not the bank, is broken.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Table, insert, select

from branchdesk.errors import ContractFault
from branchdesk.headoffice import (
    batch_check,
    ingest_batch,
    lending,
    redemption_effects,
    redemption_journal,
    slot_effects,
    tables,
)
from branchdesk.headoffice import restore_office as restoring
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.offer_books import lock_books, save_book
from branchdesk.headoffice.redemption_tables import redemptions
from branchdesk.headoffice.slot_effects import RETURNED
from branchdesk.headoffice.slot_ranges import SlotSet, slot_set
from branchdesk.persistence import outbox as store_outbox
from branchdesk.persistence import projections
from branchdesk.persistence import unit as store_unit
from branchdesk.persistence.engine import Database
from branchdesk.persistence.outbox import SqliteOutbox
from branchdesk.persistence.recorded import Recorded
from branchdesk.protocol import facts
from branchdesk.protocol.batch import SentEvent
from branchdesk.protocol.chain import Ack, Head, Link
from branchdesk.protocol.event import decode_envelope, event_hash
from branchdesk.sync.push import Pusher
from tests.faults.simulation.machine import DAY_MS

Mutant = Callable[[], AbstractContextManager[None]]
_PATIENCE_MS = 2 * DAY_MS


@contextmanager
def free_on_timer() -> Iterator[None]:
    """Slots that nobody has used for two days go back into the pool, whoever holds them."""
    lend = lending._lend

    def after_freeing(context: OfficeContext, connection: Connection, *who: int) -> object:
        _free_what_waited(context, connection)
        return lend(context, connection, *who)

    with patch.object(lending, "_lend", after_freeing):
        yield


def _free_what_waited(context: OfficeContext, connection: Connection) -> None:
    now_ms = context.clock_ms()
    waited = tables.grants.c.lent_ms < now_ms - _PATIENCE_MS
    for grant in connection.execute(select(tables.grants).where(waited)).all():
        out = tables.slots_out.c
        gone = connection.execute(select(out.first, out.last).where(out.grant == grant.grant))
        ranges = [(first, last) for first, last in gone]
        of_it = tables.vouchers.c.grant == grant.grant
        used = connection.execute(select(tables.vouchers.c.slot).where(of_it)).scalars()
        free = SlotSet(((1, grant.slots),)).minus(slot_set(ranges)).without(used)
        for first, last in free.ranges:
            row = (grant.grant, first, last, RETURNED, grant.epoch, 0, now_ms)
            connection.execute(insert(tables.slots_out).values(row))
        book = lock_books(connection, tables.offers.c.offer == grant.offer)[0]
        book.slots_out += free.count
        save_book(connection, book)


@contextmanager
def trust_bare_200() -> Iterator[None]:
    """Any 200 that comes back after a batch is taken for head office's word."""
    push = Pusher._push_batch

    def trusting(self: Any, after: Head, events: Any) -> Ack:
        try:
            return push(self, after, events)
        except ContractFault as fault:
            if fault.code not in {"malformed", "captive_portal", "wrong_nonce"}:
                raise
            seq, last = after.seq + len(events), event_hash(events[-1].envelope)
            with self._outbox._lane.local_write():
                self._outbox._database.run(
                    store_outbox._PUT_MARKS,
                    {"id": 1, "acked_seq": seq, "durable_seq": seq, "ack": b""},
                )
            return Ack(after.terminal, after.epoch, seq, last, seq, 1, 0, bytes(16))

    with patch.object(Pusher, "_push_batch", trusting):
        yield


@contextmanager
def client_checkpoint() -> Iterator[None]:
    """A terminal goes on from where it believes head office stands, and does not ask."""
    ask = Pusher.ask_head

    def believing(self: Any) -> Ack:
        told, outbox = ask(self), self._outbox
        seq, epoch = outbox.marks().acked_seq, told.epoch
        return replace(told, seq=seq, hash=outbox.hash_at(epoch, seq))

    with patch.object(Pusher, "ask_head", believing):
        yield


@contextmanager
def prune_on_ack() -> Iterator[None]:
    """A terminal forgets what head office has signed for, durable or not."""
    after = SqliteOutbox.events_after

    def pruned(self: SqliteOutbox, seq: int, limit: int) -> tuple[SentEvent, ...]:
        gone = self.marks().acked_seq
        return after(self, seq, limit) if seq >= gone else ()

    with patch.object(SqliteOutbox, "events_after", pruned):
        yield


@contextmanager
def no_epoch_bump() -> Iterator[None]:
    """A restored head office takes itself for the one that burnt down."""
    with patch.object(restoring, "begin_learning", lambda *_: None):
        yield


@contextmanager
def returns_not_journalled() -> Iterator[None]:
    """The money of slots that came back is free; which slots they were is forgotten."""
    with _without_rows_of(slot_effects, tables.slots_out):
        yield


@contextmanager
def non_atomic_return() -> Iterator[None]:
    """The event of a return is committed first, then the slots are put away."""
    with _in_two_commits(facts.GRANT_RETURNED):
        yield


@contextmanager
def grants_not_journalled() -> Iterator[None]:
    """A grant is sent before it is written down, and the writing is forgotten."""
    with _without_rows_of(lending, tables.grants):
        yield


@contextmanager
def redemptions_not_journalled() -> Iterator[None]:
    """A redemption counts at once, and is written down by nobody."""
    with _without_rows_of(redemption_journal, redemptions):
        yield


@contextmanager
def redeem_by_event_not_slot() -> Iterator[None]:
    """Every redemption that was not told before stands, whatever voucher it is of."""
    with patch.object(redemption_effects, "first_in_the_way", lambda *_: None):
        yield


@contextmanager
def no_chain_check() -> Iterator[None]:
    """Head office looks at the numbers of events and not at what they hang on."""

    def unchecked(_after: Head, envelopes: list[bytes]) -> list[Link]:
        return [Link(decode_envelope(data), event_hash(data)) for data in envelopes]

    with (
        patch.object(batch_check, "verify_run", unchecked),
        patch.object(ingest_batch, "_first_difference", lambda *_: None),
    ):
        yield


@contextmanager
def grants_made_anew() -> Iterator[None]:
    """Whoever asks for grants gets new ones, whatever they hold already."""
    with patch.object(lending, "read_holdings", lambda *_: {}):
        yield


@contextmanager
def slot_outside_the_transaction() -> Iterator[None]:
    """The event of a voucher is committed first, then the slot that it uses."""
    with _in_two_commits(facts.VOUCHER_ISSUED):
        yield


@contextmanager
def _in_two_commits(event_type: str) -> Iterator[None]:
    """Commit events of a type before what they change."""
    project = projections.project

    def in_two_commits(database: Database, event: Recorded) -> None:
        if event.event_type == event_type and database.path is not None:
            database.pragma("COMMIT")
            database.pragma("BEGIN IMMEDIATE")
        project(database, event)

    with patch.object(store_unit, "project", in_two_commits):
        yield


@contextmanager
def _without_rows_of(module: Any, table: Table) -> Iterator[None]:
    """Let ``module`` write every table but one."""
    write = module.insert_rows

    def forgetful(connection: Connection, into: Table, rows: Any, **how: Any) -> None:
        if into is not table:
            write(connection, into, rows, **how)

    with patch.object(module, "insert_rows", forgetful):
        yield


MUTANTS: dict[str, Mutant] = {
    "free on timer": free_on_timer,
    "trust a bare 200": trust_bare_200,
    "client checkpoint": client_checkpoint,
    "prune on ack": prune_on_ack,
    "no epoch bump": no_epoch_bump,
    "returns not journalled": returns_not_journalled,
    "non-atomic return": non_atomic_return,
    "grants not journalled": grants_not_journalled,
    "no chain check": no_chain_check,
    "redemptions not journalled": redemptions_not_journalled,
    "redeem by event, not by slot": redeem_by_event_not_slot,
    "grants made anew": grants_made_anew,
    "slot outside the transaction": slot_outside_the_transaction,
}
