"""Keep the other branch of a forked chain: its facts stand, its money waits for a person.

Every branch event is kept once, beside the chain that came first. Customers registered on it are
customers; vouchers and returns have no effect and are named in one open case a branch, which grows
with it. Must not know how a batch is placed or answered.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from branchdesk.headoffice.batch_check import FLAGGED, REFUSED, Draft
from branchdesk.headoffice.case_news import FORK
from branchdesk.headoffice.context import OfficeContext, as_json
from branchdesk.headoffice.customer_effects import CustomerEffects
from branchdesk.headoffice.customer_journals import JOURNALED
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.earlier_vouchers import KNOWN
from branchdesk.headoffice.effects import (
    Judging,
    Outcome,
    forget_codes,
    open_case,
    refuse_repeats,
)
from branchdesk.headoffice.feed_queue import FeedQueue, to_terminal
from branchdesk.headoffice.money_effects import MONEY_ACTS
from branchdesk.headoffice.row_mac import branch_event_mac, mac_key
from branchdesk.headoffice.tables import (
    branch_events,
    branch_heads,
    cases,
    epochs,
    events,
    vouchers,
)
from branchdesk.headoffice.terminal_heads import FROZEN, ChainState
from branchdesk.protocol import facts
from branchdesk.protocol.batch import Batch
from branchdesk.protocol.chain import Head
from branchdesk.protocol.feed import ItemKind, Lane

ON_BRANCH = "on_branch"
# What the chain that came first may have done with the same slots; a branch never does it again.
_WITHOUT_EFFECT = MONEY_ACTS | {facts.VOUCHER_ISSUED, facts.VOUCHER_PRINTED}
# Under which word the case names them; what moves no money is told by its count alone.
_NAMED = {
    facts.VOUCHER_ISSUED: "vouchers", facts.GRANT_RETURNED: "returns",
    facts.VOUCHER_REDEEMED: "redemptions", facts.REDEMPTION_UNDONE: "undos",
    facts.VOUCHER_VOIDED: "voids", facts.VOUCHER_RELEASED: "releases",
}  # fmt: skip


def is_on_branch(connection: Connection, head: Head) -> bool:
    """Say whether ``head`` is an event of a branch that we keep."""
    statement = select(branch_events.c.seq).where(
        branch_events.c.terminal == head.terminal, branch_events.c.epoch == head.epoch,
        branch_events.c.hash == head.hash,
    )  # fmt: skip
    return connection.execute(statement).scalar_one_or_none() == head.seq


def keep_branch(
    context: OfficeContext,
    connection: Connection,
    chain: ChainState,
    batch: Batch,
    drafts: Sequence[Draft],
) -> None:
    """Keep the ``drafts`` of ``batch`` that differ from our chain; freeze the epoch's grants.

    ``drafts`` follow each other. Those kept before are left alone: the same branch again changes
    nothing. Runs inside the caller's transaction, with the chain locked.
    """
    known, near = _kept(connection, chain, drafts)
    new = [draft for draft in drafts if draft.hash not in known]
    if not new:
        return
    is_first = not _has_branch(connection, chain)
    queue = FeedQueue()
    judging = _apply(connection, chain, new, queue)
    told = _money(new, judging)
    case = _file_case(context, connection, chain, near, _told(new, told))
    _write(context, connection, batch, new, judging=judging, case=case)
    _freeze(connection, chain, queue if is_first else None)
    queue.flush(connection)


def _kept(
    connection: Connection, chain: ChainState, drafts: Sequence[Draft]
) -> tuple[set[bytes], set[int]]:
    """Return the drafts' hashes kept before, and the cases of the branch that they belong to."""
    table, head = branch_events, chain.head
    hashes = {draft.hash for draft in drafts}
    nearby = {*hashes, drafts[0].envelope.prev_hash}
    statement = select(table.c.hash, table.c.case).where(
        table.c.terminal == head.terminal, table.c.epoch == head.epoch,
        # A branch may be shown from its end to its beginning: what follows us is ours too.
        or_(is_among(connection, table.c.hash, nearby), table.c.prev_hash == drafts[-1].hash),
    )  # fmt: skip
    rows = connection.execute(statement).all()
    return {bytes(row.hash) for row in rows} & hashes, {row.case for row in rows}


def _has_branch(connection: Connection, chain: ChainState) -> bool:
    statement = select(branch_heads.c.seq).where(
        branch_heads.c.terminal == chain.head.terminal, branch_heads.c.epoch == chain.head.epoch
    )
    return connection.execute(statement.limit(1)).first() is not None


def _apply(
    connection: Connection, chain: ChainState, new: Sequence[Draft], queue: FeedQueue
) -> Judging:
    judging = Judging({draft.seq: Outcome(draft.verdict, draft.code) for draft in new})
    refuse_repeats(connection, new, judging, events, branch_events)
    effective = [d for d in new if d.takes_effect and not judging.is_refused(d)]
    people = CustomerEffects.load(connection, effective)
    identical = _identical(connection, effective)
    for draft in effective:
        kind = draft.envelope.type
        if kind == facts.CUSTOMER_REGISTERED:
            judging.set(draft, *(people.register(draft) or (FLAGGED, ON_BRANCH)))
        elif kind in JOURNALED:
            # Taking a consent back, or a person out, stands on whatever branch it was said.
            judging.set(draft, *(people.happen(draft) or (FLAGGED, ON_BRANCH)))
        elif kind in _WITHOUT_EFFECT:
            judging.set(draft, REFUSED, KNOWN if draft.seq in identical else ON_BRANCH)
    people.write(connection, chain, is_branch=True)
    forget_codes(connection, [d for d in effective if not judging.is_refused(d)])
    people.announce(connection, queue, chain, {})
    return judging


def _identical(connection: Connection, effective: Iterable[Draft]) -> set[int]:
    """Return the seqs of the vouchers that our chain holds too, byte for byte."""
    named = {
        draft.seq: (draft.grant.value.number, draft.voucher.slot, draft.fields)
        for draft in effective
        if draft.envelope.type == facts.VOUCHER_ISSUED
        and draft.grant is not None
        and draft.voucher is not None
        and draft.fields is not None
    }
    if not named:
        return set()
    grants, slots = {grant for grant, _, _ in named.values()}, {s for _, s, _ in named.values()}
    statement = select(vouchers).where(
        is_among(connection, vouchers.c.grant, grants), is_among(connection, vouchers.c.slot, slots)
    )
    held = {
        (row.grant, row.slot): (bytes(row.voucher), row.customer)
        for row in connection.execute(statement)
    }
    return {
        seq
        for seq, (grant, slot, fields) in named.items()
        if held.get((grant, slot)) == (fields["voucher"], fields["customer"])
    }


def _money(new: Iterable[Draft], judging: Judging) -> dict[str, list[dict[str, object]]]:
    """Name what a person must look at: vouchers issued, redeemed or voided, slots given away."""
    found: dict[str, list[dict[str, object]]] = {word: [] for word in _NAMED.values()}
    for draft in new:
        code, word = judging.outcomes[draft.seq].code, _NAMED.get(draft.envelope.type)
        if word is None or draft.fields is None or code == KNOWN:
            continue
        place: dict[str, object] = {"seq": draft.seq, "staff": draft.envelope.staff, "code": code}
        found[word].append({**place, **_subject(draft, draft.fields)})
    return found


def _subject(draft: Draft, fields: Mapping[str, Any]) -> dict[str, object]:
    """Return which voucher or slots an event is about, and for how much."""
    kind = draft.envelope.type
    if kind == facts.VOUCHER_ISSUED:
        named = {name: fields[name] for name in ("grant", "slot", "customer")}
        return {**named, "offer": fields["offer_code"]}
    if kind == facts.VOUCHER_REDEEMED:
        # A voucher that is none has no number that could be believed.
        known = draft.grant is not None and draft.voucher is not None
        place = _redeemed_place(draft) if known else {}
        return {**place, "amount_minor": fields["amount_minor"], "basis": fields["basis"]}
    if "slots" in fields:
        ranges = [[int(n) for n in part] for part in _ranges(fields["slots"])]
        return {"grant": fields["grant"], "slots": ranges}
    return {"grant": fields["grant"], "slot": fields["slot"]}


def _redeemed_place(draft: Draft) -> dict[str, object]:
    assert draft.grant is not None
    assert draft.voucher is not None
    return {"grant": draft.grant.value.number, "slot": draft.voucher.slot}


def _ranges(listed: list[Any]) -> list[list[int]]:
    # Only a sender's list of pairs of numbers can be shown; anything else is in the event itself.
    whole = all(isinstance(p, list) and all(type(n) is int for n in p) for p in listed)
    return listed if whole else []


def _told(new: Sequence[Draft], money: Mapping[str, list[dict[str, object]]]) -> dict[str, Any]:
    registered = sum(draft.envelope.type == facts.CUSTOMER_REGISTERED for draft in new)
    return {
        "events": len(new), "from_seq": new[0].seq, "to_seq": new[-1].seq,
        "customers": registered, **money,
    }  # fmt: skip


def _file_case(
    context: OfficeContext,
    connection: Connection,
    chain: ChainState,
    near: set[int],
    told: dict[str, Any],
) -> int:
    """Extend the open case of the branch, or open one; return its number."""
    row = None
    if near:
        statement = select(cases).where(
            is_among(connection, cases.c.case, near), cases.c.state == "open"
        )
        row = connection.execute(statement.order_by(cases.c.case).limit(1)).first()
    if row is None:
        return open_case(context, connection, FORK, chain, told["from_seq"], **told)
    merged = _merged(json.loads(row.facts), told)
    connection.execute(
        update(cases)
        .where(cases.c.case == row.case)
        .values(seq=merged["from_seq"], facts=as_json(**merged))
    )
    return int(row.case)


def _merged(before: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    # A case opened by an older program names fewer kinds of event.
    merged = {name: before[name] + told[name] if name in before else told[name] for name in told}
    merged["from_seq"] = min(before["from_seq"], told["from_seq"])
    merged["to_seq"] = max(before["to_seq"], told["to_seq"])
    return merged


def _write(
    context: OfficeContext,
    connection: Connection,
    batch: Batch,
    new: Sequence[Draft],
    *,
    judging: Judging,
    case: int,
) -> None:
    now_ms, key = context.clock_ms(), mac_key(context.vault)
    rows = [_row(draft, judging.outcomes[draft.seq], case, now_ms, key) for draft in new]
    insert_rows(connection, branch_events, rows)
    after, head = batch.after, batch.head
    connection.execute(
        insert(branch_heads).values(
            terminal=head.terminal, epoch=head.epoch, hash=head.hash, after_hash=after.hash,
            seq=head.seq, signature=batch.head_signature,
        )
    )  # fmt: skip


def _row(draft: Draft, outcome: Outcome, case: int, now_ms: int, key: bytes) -> tuple[object, ...]:
    envelope, sent = draft.envelope, draft.sent
    # The type is an index for us; PostgreSQL's text cannot hold every text that CBOR can.
    kind = envelope.type.replace("\0", "")[:100]
    values = (
        envelope.terminal, envelope.epoch, draft.hash, draft.seq, envelope.prev_hash,
        envelope.event_id.bytes, kind, sent.envelope, sent.payload, sent.salt, now_ms,
        outcome.verdict, outcome.code, case,
    )  # fmt: skip
    return (*values, branch_event_mac(key, values))


def _freeze(connection: Connection, chain: ChainState, queue: FeedQueue | None) -> None:
    """Freeze the epoch's grants; tell the terminal where there is a ``queue``."""
    head = chain.head
    connection.execute(
        update(epochs)
        .where(epochs.c.terminal == head.terminal, epochs.c.epoch == head.epoch)
        .values(state=FROZEN)
    )
    if queue is not None:
        fields: dict[str, object] = {
            "what": "terminal", "number": head.terminal, "slots": [], "reason": "fork",
        }  # fmt: skip
        audience = to_terminal(head.terminal, head.epoch)
        queue.put(Lane.URGENT, audience, ItemKind.REVOCATION, fields)
