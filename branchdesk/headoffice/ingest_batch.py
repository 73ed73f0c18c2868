"""Take a batch of events: one transaction, one answer, the same answer when it comes again.

What can be checked without a lock was checked before (``batch_check``). Here the chain's row is
locked, the batch is placed against our head, its new events are kept and applied, and the head
moves; the acknowledgement is signed only after the commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from branchdesk.errors import ContractFault, RuleViolation
from branchdesk.headoffice.batch_check import APPLIED, CheckedBatch, Draft, check_batch
from branchdesk.headoffice.context import OfficeContext
from branchdesk.headoffice.database import insert_rows
from branchdesk.headoffice.effects import Outcome, apply_effects
from branchdesk.headoffice.keep_branch import is_on_branch, keep_branch
from branchdesk.headoffice.results import IngestAnswer, Notice
from branchdesk.headoffice.row_mac import event_mac, mac_key
from branchdesk.headoffice.tables import epochs, events, heads
from branchdesk.headoffice.terminal_heads import ChainState, acknowledge, read_chain
from branchdesk.protocol.chain import Head


@dataclass(frozen=True, slots=True)
class _Taken:
    """What the transaction did: the notices, or the ``refusal`` that answers instead."""

    durable_seq: int
    ho_epoch: int
    notices: tuple[Notice, ...] = ()
    refusal: ContractFault | None = None


def ingest(
    context: OfficeContext, terminal: int, epoch: int, public_key: bytes | None, data: bytes
) -> IngestAnswer:
    """Take ``data`` as sent by (terminal, epoch) of that key; see :meth:`Office.ingest`."""
    if public_key is None:
        raise RuleViolation("terminal_unknown", terminal=terminal, epoch=epoch)
    checked = check_batch(context, terminal, epoch, public_key, data)
    taken = context.database.write(lambda connection: _take(context, connection, checked))
    if taken.refusal is not None:
        raise taken.refusal
    batch = checked.batch
    ack = acknowledge(context, batch.head, taken.durable_seq, taken.ho_epoch, batch.nonce)
    return IngestAnswer(ack, taken.notices)


def _take(context: OfficeContext, connection: Connection, checked: CheckedBatch) -> _Taken:
    batch = checked.batch
    head = batch.after
    chain = read_chain(context, connection, head.terminal, head.epoch, lock=True)
    ho_epoch = chain.ho_epoch
    if head.seq > chain.head.seq and not is_on_branch(connection, head):
        return _Taken(0, ho_epoch, refusal=_with_head("gap", chain.head, batch.after.seq + 1))
    differs_at = _first_difference(connection, chain.head, checked)
    if differs_at is not None:
        if differs_at == 0:
            fault = ContractFault("chain_broken", seq=0, problem="genesis")
            return _Taken(0, ho_epoch, refusal=fault)
        branch = [draft for draft in checked.drafts if draft.seq >= differs_at]
        keep_branch(context, connection, chain, batch, branch)
        return _Taken(0, ho_epoch, refusal=_with_head("fork", chain.head, differs_at))
    new = [draft for draft in checked.drafts if draft.seq > chain.head.seq]
    known = (
        _known_notices(connection, chain.head, checked) if len(new) < len(checked.drafts) else ()
    )
    outcomes = _append(context, connection, chain, checked, new) if new else {}
    notices = tuple(
        Notice(seq, outcome.word, outcome.code)
        for seq, outcome in sorted(outcomes.items())
        if outcome.verdict != APPLIED
    )
    durable = chain.durable_seq if context.durable_by_backup or not new else batch.head.seq
    return _Taken(durable, ho_epoch, (*known, *notices))


def _first_difference(connection: Connection, ours: Head, checked: CheckedBatch) -> int | None:
    """Return the first seq at which the batch and our chain differ; None when it continues ours."""
    after = checked.batch.after
    if after.seq > ours.seq:
        # Only a branch that we know goes on beyond our own head.
        return after.seq + 1
    if after.seq == ours.seq:
        return None if after.hash == ours.hash else after.seq
    statement = select(events.c.seq, events.c.hash).where(
        events.c.terminal == ours.terminal, events.c.epoch == ours.epoch,
        events.c.seq >= after.seq, events.c.seq <= checked.batch.head.seq,
    )  # fmt: skip
    kept = {row.seq: bytes(row.hash) for row in connection.execute(statement)}
    theirs = {draft.seq: draft.hash for draft in checked.drafts}
    if after.seq:
        theirs[after.seq] = after.hash
    differing = [seq for seq, value in sorted(theirs.items()) if kept.get(seq, value) != value]
    return differing[0] if differing else None


def _append(
    context: OfficeContext,
    connection: Connection,
    chain: ChainState,
    checked: CheckedBatch,
    new: Sequence[Draft],
) -> dict[int, Outcome]:
    outcomes = apply_effects(context, connection, chain, new)
    now_ms, key = context.clock_ms(), mac_key(context.vault)
    insert_rows(
        connection, events, [_row(draft, outcomes[draft.seq], now_ms, key) for draft in new]
    )
    head = checked.batch.head
    connection.execute(
        insert(heads).values(
            terminal=head.terminal, epoch=head.epoch, seq=head.seq, hash=head.hash,
            signature=checked.batch.head_signature, received_ms=now_ms,
        )
    )  # fmt: skip
    connection.execute(
        update(epochs)
        .where(epochs.c.terminal == head.terminal, epochs.c.epoch == head.epoch)
        .values(seq=head.seq, head_hash=head.hash)
    )
    return outcomes


def _row(draft: Draft, outcome: Outcome, now_ms: int, key: bytes) -> tuple[object, ...]:
    envelope, sent = draft.envelope, draft.sent
    # The type is an index for us; PostgreSQL's text cannot hold every text that CBOR can.
    kind = envelope.type.replace("\0", "")[:100]
    place = (envelope.terminal, envelope.epoch, draft.seq)
    columns = (
        draft.hash, envelope.event_id.bytes, kind.encode(), sent.envelope, sent.payload, sent.salt,
        outcome.verdict.encode(), outcome.code.encode(),
    )  # fmt: skip
    mac = event_mac(key, place, now_ms, columns)
    return (
        *place, draft.hash, columns[1], kind, sent.envelope, sent.payload, sent.salt, now_ms,
        outcome.verdict, outcome.code, mac,
    )  # fmt: skip


def _known_notices(connection: Connection, ours: Head, checked: CheckedBatch) -> tuple[Notice, ...]:
    statement = (
        select(events.c.seq, events.c.verdict, events.c.code)
        .where(events.c.terminal == ours.terminal, events.c.epoch == ours.epoch,
               events.c.seq > checked.batch.after.seq, events.c.seq <= checked.batch.head.seq,
               events.c.verdict != APPLIED)
        .order_by(events.c.seq)
    )  # fmt: skip
    return tuple(
        Notice(row.seq, Outcome(row.verdict, row.code).word, row.code)
        for row in connection.execute(statement)
    )


def _with_head(code: str, ours: Head, seq: int) -> ContractFault:
    return ContractFault(
        code, terminal=ours.terminal, epoch=ours.epoch, seq=seq, head_seq=ours.seq,
        head_hash=ours.hash.hex(),
    )  # fmt: skip
