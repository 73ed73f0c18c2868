"""Apply the effects of a checked batch, set by set, inside the batch's transaction.

What the batch touches is loaded with a few queries; the events are then judged in their order in
memory, and everything is written in bulk. A fact is never refused here, only its effect.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from branchdesk.headoffice.batch_check import APPLIED, FLAGGED, MONEY_CODES, REFUSED, Draft
from branchdesk.headoffice.case_news import CaseFound
from branchdesk.headoffice.context import CASE_COUNTER, OfficeContext, allot, as_json
from branchdesk.headoffice.customer_effects import CustomerEffects
from branchdesk.headoffice.customer_journals import JOURNALED
from branchdesk.headoffice.database import insert_rows, is_among
from branchdesk.headoffice.feed_queue import FeedQueue, to_terminal
from branchdesk.headoffice.learn_grants import learn_grants
from branchdesk.headoffice.limit_checks import Breach, Issued, by_person, find_breaches
from branchdesk.headoffice.money_effects import MONEY_ACTS, MoneyEffects
from branchdesk.headoffice.pin_resets import PinResetEffects, end_requests
from branchdesk.headoffice.slot_effects import SlotEffects
from branchdesk.headoffice.tables import cases, events, merges, printings, staff, usage
from branchdesk.headoffice.terminal_heads import ChainState
from branchdesk.protocol import facts
from branchdesk.protocol.feed import ItemKind, Lane

MERGE_CASE = "merge_proposed"
MERGING = frozenset({facts.MERGE_PROPOSED, facts.MERGE_UNDONE})
_NOTICE_WORDS = {FLAGGED: "flagged"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event."""

    verdict: str
    code: str

    @property
    def word(self) -> str:
        """Return the verdict as notices and feed items spell it."""
        return _NOTICE_WORDS.get(self.verdict, self.verdict)


@dataclass(slots=True)
class Judging:
    """The verdicts of one attempt; a retried transaction starts a new one from the drafts."""

    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def set(self, draft: Draft, verdict: str, code: str) -> None:
        """Worsen an event's verdict: a refusal replaces a flag, a flag never a refusal."""
        before = self.outcomes[draft.seq].verdict
        if before == APPLIED or (before == FLAGGED and verdict == REFUSED):
            self.outcomes[draft.seq] = Outcome(verdict, code)

    def is_refused(self, draft: Draft) -> bool:
        """Say whether the event has no effect."""
        return self.outcomes[draft.seq].verdict not in {APPLIED, FLAGGED}


def apply_effects(
    context: OfficeContext, connection: Connection, chain: ChainState, drafts: Sequence[Draft]
) -> dict[int, Outcome]:
    """Judge and apply ``drafts``; queue notices and subjects; return the outcome of each seq."""
    judging = Judging({d.seq: Outcome(d.verdict, d.code) for d in drafts})
    refuse_repeats(connection, drafts, judging, events)
    effective = [draft for draft in drafts if draft.takes_effect]
    told = [draft for draft in effective if not judging.is_refused(draft)]
    for seq, outcome in learn_grants(context, connection, told).items():
        judging.outcomes[seq] = Outcome(*outcome)
    people = CustomerEffects.load(connection, effective)
    resets = PinResetEffects.load(connection, chain, effective)
    money = MoneyEffects.load(context, connection, chain, effective)
    slots = money.slots
    for draft in effective:
        if not judging.is_refused(draft):
            _apply(draft, judging, people, money, resets)
    people.write(connection, chain)
    _write_printings(connection, effective, judging)
    _write_usage(connection, slots)
    forget_codes(connection, effective)
    queue = FeedQueue()
    money.write(context, connection, queue, drafts[-1].seq)
    # From here to the commit the batches of all terminals take turns.
    breaches = find_breaches(connection, money.given(), slots.voided())
    money.write_given(connection)
    by_seq = {draft.seq: draft for draft in effective}
    for breach in breaches:
        judging.set(by_seq[breach.issued.seq], FLAGGED, breach.code)
    _open_cases(context, connection, chain, drafts, judging, breaches=breaches)
    open_cases(context, connection, chain, [*resets.requests, *money.cases])
    settle_merges(context, connection, chain, effective, judging)
    end_requests(connection, chain, effective)
    people.announce(connection, queue, chain, _days(money.given()))
    _put_notices(queue, chain, drafts, judging, breaches=breaches)
    # After the notices: of two about one event, a terminal keeps the later.
    money.settle_cases(connection, queue)
    money.note_items(connection, queue.flush(connection))
    return judging.outcomes


def _apply(
    draft: Draft,
    judging: Judging,
    people: CustomerEffects,
    money: MoneyEffects,
    resets: PinResetEffects,
) -> None:
    kind = draft.envelope.type
    problem: tuple[str, str] | None = None
    if kind == facts.CUSTOMER_REGISTERED:
        problem = people.register(draft)
    elif kind in JOURNALED:
        problem = people.happen(draft)
    elif kind == facts.VOUCHER_ISSUED:
        problem = money.slots.issue(draft, people.is_known)
    elif kind in MONEY_ACTS:
        problem = money.take(draft)
    elif kind == facts.STAFF_PIN_RESET_REQUESTED:
        problem = resets.request(draft)
    if problem is not None:
        judging.set(draft, *problem)


def refuse_repeats(
    connection: Connection, drafts: Sequence[Draft], judging: Judging, *kept_in: Table
) -> None:
    """Refuse the effect of events whose id one of the tables ``kept_in`` holds already."""
    # The chain allots sequence numbers; the id is the person's intent and must act once only.
    ids = [draft.envelope.event_id.bytes for draft in drafts]
    seen: set[bytes] = set()
    for table in kept_in:
        statement = select(table.c.event_id).where(is_among(connection, table.c.event_id, ids))
        seen.update(bytes(found) for found in connection.execute(statement).scalars())
    for draft in drafts:
        if draft.envelope.event_id.bytes in seen:
            judging.set(draft, REFUSED, "event_id_repeated")


def _write_printings(connection: Connection, effective: Iterable[Draft], judging: Judging) -> None:
    rows = [
        (d.envelope.terminal, d.envelope.epoch, d.seq, place, *item)
        for d in effective
        if d.envelope.type == facts.VOUCHER_PRINTED and not judging.is_refused(d)
        for place, item in enumerate((d.fields or {})["items"])
    ]
    insert_rows(connection, printings, rows)


def _write_usage(connection: Connection, slots: SlotEffects) -> None:
    counted = Counter((row.terminal, row.offer, row.issued_day) for row in slots.issued)
    if not counted:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(usage)
    statement = statement.on_conflict_do_update(
        index_elements=["terminal", "offer", "day"],
        set_={"vouchers": usage.c.vouchers + statement.excluded.vouchers},
    )
    rows = [
        {"terminal": terminal, "offer": offer, "day": day, "vouchers": count}
        for (terminal, offer, day), count in sorted(counted.items())
    ]
    connection.execute(statement, rows)


def _days(given: Iterable[Issued]) -> dict[str, list[tuple[int, int]]]:
    """Return the (offer, day) of each voucher, by customer."""
    found: dict[str, list[tuple[int, int]]] = {}
    for one in given:
        found.setdefault(one.customer, []).append((one.offer, one.day))
    return found


def forget_codes(connection: Connection, effective: Iterable[Draft]) -> None:
    """Forget the one-time codes of the staff who have set a PIN."""
    done = {
        (draft.fields or {})["staff"]
        for draft in effective
        if draft.envelope.type == facts.STAFF_PIN_SET
    }
    if done:
        connection.execute(
            update(staff).where(is_among(connection, staff.c.code, done)).values(one_time_code="")
        )


def _open_cases(
    context: OfficeContext,
    connection: Connection,
    chain: ChainState,
    drafts: Iterable[Draft],
    judging: Judging,
    *,
    breaches: Iterable[Breach],
) -> None:
    found: list[CaseFound] = []
    for draft in drafts:
        code = judging.outcomes[draft.seq].code
        if code in MONEY_CODES:
            found.append((code, draft.seq, _case_facts(draft)))
    # A voucher may be beyond a limit and be flagged for something else besides.
    found.extend(excess.case(chain.outlet) for excess in by_person(breaches))
    open_cases(context, connection, chain, sorted(found, key=itemgetter(1)))


def settle_merges(
    context: OfficeContext,
    connection: Connection,
    chain: ChainState,
    effective: Iterable[Draft],
    judging: Judging,
) -> None:
    """Put each proposed merge before a person, and close the case of what was undone."""
    merging = [d for d in effective if d.envelope.type in MERGING and not judging.is_refused(d)]
    proposed: list[CaseFound] = [
        (MERGE_CASE, d.seq, {name: (d.fields or {})[name] for name in ("merge", "kept", "other")})
        for d in merging
        if d.envelope.type == facts.MERGE_PROPOSED
    ]
    open_cases(context, connection, chain, proposed)
    undone = [(d.fields or {})["merge"] for d in merging if d.envelope.type == facts.MERGE_UNDONE]
    if undone:
        same = (cases.c.terminal == merges.c.terminal) & (cases.c.epoch == merges.c.epoch)
        named = is_among(connection, merges.c.merge, undone) & merges.c.undone.is_(False)
        which = select(merges.c.hash).where(same, cases.c.seq == merges.c.seq, named).exists()
        connection.execute(
            update(cases).where(cases.c.kind == MERGE_CASE, which).values(state="undone")
        )


def _case_facts(draft: Draft) -> dict[str, object]:
    fields = draft.fields or {}
    named = {
        name: fields[name] for name in ("grant", "slot", "customer", "slots") if name in fields
    }
    plain: dict[str, object] = {k: v for k, v in named.items() if not isinstance(v, bytes)}
    return {**plain, "type": draft.envelope.type, "staff": draft.envelope.staff}


def open_case(
    context: OfficeContext,
    connection: Connection,
    kind: str,
    chain: ChainState,
    seq: int,
    **found: object,
) -> int:
    """Put something before a person; return the case's number."""
    return open_cases(context, connection, chain, [(kind, seq, found)])


def open_cases(
    context: OfficeContext,
    connection: Connection,
    chain: ChainState,
    found: Sequence[CaseFound],
) -> int:
    """Put cases of (kind, seq, facts) before a person; return the first one's number."""
    if not found:
        return 0
    head, now_ms = chain.head, context.clock_ms()
    first = allot(connection, CASE_COUNTER, len(found))
    rows = [
        (first + place, kind, head.terminal, head.epoch, seq, as_json(**told), "open", now_ms)
        for place, (kind, seq, told) in enumerate(found)
    ]
    insert_rows(connection, cases, rows)
    return first


def _put_notices(
    queue: FeedQueue,
    chain: ChainState,
    drafts: Iterable[Draft],
    judging: Judging,
    *,
    breaches: Iterable[Breach],
) -> None:
    told = {(breach.issued.seq, breach.code): breach.notice() for breach in breaches}
    audience = to_terminal(chain.head.terminal, chain.head.epoch)
    for draft in drafts:
        outcome = judging.outcomes[draft.seq]
        if outcome.verdict != APPLIED:
            notice: dict[str, Any] = {
                "epoch": chain.head.epoch, "seq": draft.seq, "verdict": outcome.word,
                "code": outcome.code, "facts": told.get((draft.seq, outcome.code), {}),
            }  # fmt: skip
            queue.put(Lane.CONTENT, audience, ItemKind.NOTICE, notice)
