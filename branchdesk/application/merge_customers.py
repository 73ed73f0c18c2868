"""Propose that two records are one person, and undo it; both records stay, whoever decides."""

from uuid import UUID

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.missing_customer import missing_customer
from branchdesk.application.models import CustomerRecord, Session
from branchdesk.application.ports import Fact, Randomness, Reading, Store
from branchdesk.application.reasons import check_names_nobody, needed_reason
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts


class ProposeMerge:
    """Say that ``other`` is the person of ``kept``. Head office keeps and shows the proposal."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, kept: str, other: str, reason: str, intent: str | None = None
    ) -> str:
        """Return the proposal's id; the same intent proposes once.

        Raises RuleViolation ``merge_reason_missing``, ``reason_names_person``, ``merge_same``,
        ``customer_unknown``, ``merge_exists`` or ``intent_reused``.
        """
        words = needed_reason(reason, RuleViolation("merge_reason_missing", field="reason"))
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            body = facts.intent_body(kept=kept, other=other, reason=words)
            known = known_intent(unit, event_id, body)
            if known is not None:
                return str(known.refs["merge"])
            if kept == other:
                raise RuleViolation("merge_same", field="other")
            check_names_nobody(words, _person(unit, kept), _person(unit, other))
            _check_new(unit, kept, other)
            merge = f"M{event_id.hex}"
            unit.record(_fact(facts.MERGE_PROPOSED, event_id, (merge, kept, other), words, body))
            return merge


class UndoMerge:
    """Take a proposal back; that there was one stays on both pages."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, merge: str, reason: str, intent: str | None = None
    ) -> None:
        """Undo; the same intent undoes once.

        Raises RuleViolation ``merge_reason_missing``, ``reason_names_person``, ``merge_unknown``,
        ``merge_already_undone`` or ``intent_reused``.
        """
        words = needed_reason(reason, RuleViolation("merge_reason_missing", field="reason"))
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            body = facts.intent_body(merge=merge, reason=words)
            if known_intent(unit, event_id, body) is not None:
                return
            found = unit.merge(merge)
            if found is None:
                raise RuleViolation("merge_unknown", field="merge", merge=merge[:64])
            if found.is_undone:
                raise RuleViolation("merge_already_undone", field="merge", merge=merge)
            people = [unit.customer(customer) for customer in (found.kept, found.other)]
            check_names_nobody(words, *filter(None, people))
            names = (merge, found.kept, found.other)
            unit.record(_fact(facts.MERGE_UNDONE, event_id, names, words, body))


def _person(reading: Reading, customer: str) -> CustomerRecord:
    record = reading.customer(customer)
    if record is None:
        raise missing_customer(reading, customer)
    return record


def _check_new(reading: Reading, kept: str, other: str) -> None:
    for record in reading.merges(kept):
        if other in {record.kept, record.other}:
            raise RuleViolation("merge_exists", field="other", merge=record.merge)


def _fact(
    event_type: str, event_id: UUID, names: tuple[str, str, str], reason: str, body: bytes
) -> Fact:
    merge, kept, other = names
    fields = {"merge": merge, "kept": kept, "other": other, "reason": reason, "intent_body": body}
    return Fact(event_type, event_id, fields, {"customer": kept, "other": other, "merge": merge})
