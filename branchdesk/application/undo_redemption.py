"""Undo a redemption at the terminal that made it: with a reason, and within the offer's time."""

from dataclasses import dataclass
from uuid import UUID

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.models import Session
from branchdesk.application.office_questions import (
    AskOffice,
    Doubts,
    doubt_about,
    is_in_doubt,
    request_about,
)
from branchdesk.application.ports import Clock, Drafts, Fact, Randomness, Reading, Store, Unit
from branchdesk.application.reasons import check_names_nobody, needed_reason
from branchdesk.application.redemption_records import Redeeming, RedemptionRecord, Undone
from branchdesk.application.voucher_look import Look, offer_numbered, record_of
from branchdesk.domain.offer import UNDO_MINUTES
from branchdesk.domain.redeeming import check_undo_time
from branchdesk.errors import BranchDeskError, RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.redemption import Basis, Wish, open_answer
from branchdesk.protocol.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True)
class UndoQuestion:
    """An undo that head office has to agree to, because it honoured the redemption."""

    intent: UUID
    request: bytes
    record: RedemptionRecord
    reason: str
    body: bytes


class UndoRedemption:
    """Give back to a voucher what was taken from it by mistake."""

    def __init__(
        self,
        store: Store,
        drafts: Drafts,
        clock: Clock,
        randomness: Randomness,
        ask: AskOffice,
    ) -> None:
        self._store, self._doubts, self._ask = store, Doubts(drafts), ask
        self._clock, self._randomness = clock, randomness

    def __call__(
        self, session: Session, redemption: str, reason: str, intent: str | None = None
    ) -> Undone:
        """Undo; the same intent undoes once.

        Raises RuleViolation ``undo_reason_missing``, ``reason_names_person``,
        ``redemption_unknown``, ``redemption_undone``, ``undo_too_late``, ``undo_refused``,
        ``undo_waits`` or ``intent_reused``; the line's faults where head office has to agree.
        """
        step = self.begin(session, redemption, reason, intent)
        if isinstance(step, Undone):
            return step
        try:
            answer = self._ask(step.request)
        except BranchDeskError as fault:
            return self.unanswered(step, fault)
        return self.settle(session, step, answer)

    def begin(
        self, session: Session, redemption: str, reason: str, intent: str | None = None
    ) -> Undone | UndoQuestion:
        """Undo what this terminal redeemed by itself, or return what head office is asked.

        An undo that is in doubt is asked again under its own intent and reason, whatever is given
        now: under another one, head office would refuse what it may have agreed to.
        """
        missing = RuleViolation("undo_reason_missing", field="reason")
        words = needed_reason(reason, missing)
        with self._store.read() as reading:
            event_id = intent_uuid(intent, reading.terminal().terminal, self._randomness)
        asked_before = self._doubts.undo_of(redemption)
        if asked_before is not None:
            event_id, words = asked_before.intent, asked_before.reason
        # What head office may have agreed to already is not judged here any more, however late it
        # is by now: only its answer ends the doubt.
        in_doubt = self._doubts.has(event_id)
        with self._store.write(session) as unit:
            body = facts.intent_body(redemption=redemption, reason=words)
            is_known = known_intent(unit, event_id, body) is not None
            record = _record_named(unit, redemption)
            is_ours = True
            if not is_known:
                if not in_doubt:
                    _check(unit, record, words, self._clock.now_ms())
                is_ours = _undoes_itself(unit, record)
                if is_ours:
                    _record(unit, event_id, record, reason=words, answer=b"", body=body)
        if is_ours:
            self._doubts.settle(event_id)
            return _undone(record, event_id)
        return self._question(session, record, words, event_id, body)

    def settle(self, session: Session, question: UndoQuestion, data: bytes) -> Undone:
        """Record head office's signed answer; raises ContractFault when it does not verify.

        A restored head office that was not told of the redemption yet leaves the question open:
        RuleViolation ``undo_waits``.
        """
        record, event_id = question.record, question.intent
        with self._store.read() as reading:
            answer = open_answer(data, question.request, reading.ack_keys())
        if answer.verdict is Verdict.NEEDS_LINE:
            raise RuleViolation("undo_waits")
        if answer.verdict is not Verdict.GOOD:
            self._doubts.settle(event_id)
            raise RuleViolation("undo_refused", verdict=answer.verdict.value)
        with self._store.write(session) as unit:
            if known_intent(unit, event_id, question.body) is None:
                _record(
                    unit, event_id, record, reason=question.reason, answer=data,
                    body=question.body,
                )  # fmt: skip
        self._doubts.settle(event_id)
        return _undone(record, event_id)

    def unanswered(self, question: UndoQuestion, fault: BranchDeskError) -> Undone:
        """Raise ``fault``; the question stays out only while nobody knows what became of it."""
        if not is_in_doubt(fault):
            self._doubts.settle(question.intent)
        raise fault

    def _question(
        self, session: Session, record: RedemptionRecord, reason: str, event_id: UUID, body: bytes
    ) -> UndoQuestion:
        look = Look(Judgement(Verdict.USED, record.token))
        staff, undone = self._doubts.staff(event_id, session), UUID(record.redemption).bytes
        request = request_about(
            look, Wish.UNDO, staff, self._randomness, intent=event_id, asked=Redeeming(""),
            redemption=undone, reason=reason,
        )  # fmt: skip
        self._doubts.note(doubt_about(request, Redeeming(""), self._clock.now_ms()))
        return UndoQuestion(event_id, request.encode(), record, reason, body)


def _record_named(reading: Reading, redemption: str) -> RedemptionRecord:
    record = reading.redemption(redemption)
    if record is None:
        raise RuleViolation("redemption_unknown", field="redemption", redemption=redemption[:64])
    return record


def _check(unit: Unit, record: RedemptionRecord, reason: str, now_ms: int) -> None:
    if record.undone_ms is not None:
        raise RuleViolation("redemption_undone", redemption=record.redemption)
    voucher = record_of(unit, record.token)
    person = None if voucher is None else unit.customer(voucher.customer)
    if person is not None:
        check_names_nobody(reason, person)
    _, offer = offer_numbered(unit, record.token.grant.offer)
    minutes = UNDO_MINUTES if offer is None else offer.undo_minutes
    check_undo_time(minutes, record.at_ms, now_ms)


def _undoes_itself(reading: Reading, record: RedemptionRecord) -> bool:
    """Say whether this terminal alone gives the amount back: it honoured it and still would."""
    grant = record.token.grant
    standing = reading.standing(grant.number, record.token.voucher.slot)
    return record.basis is not Basis.ONLINE and not standing.is_released


def _record(
    unit: Unit,
    event_id: UUID,
    record: RedemptionRecord,
    *,
    reason: str,
    answer: bytes,
    body: bytes,
) -> None:
    grant, slot = record.token.grant.number, record.token.voucher.slot
    fields = {
        "redemption": UUID(record.redemption).bytes, "grant": grant, "slot": slot,
        "reason": reason, "answer": answer, "intent_body": body,
    }  # fmt: skip
    refs: dict[str, int | str] = {
        "redemption": record.redemption, "voucher": facts.voucher_id(grant, slot),
        "grant": grant, "slot": slot,
    }  # fmt: skip
    unit.record(Fact(facts.REDEMPTION_UNDONE, event_id, fields, refs))


def _undone(record: RedemptionRecord, event_id: UUID) -> Undone:
    voucher = facts.voucher_id(record.token.grant.number, record.token.voucher.slot)
    return Undone(record.redemption, event_id, voucher, record.amount_minor)
