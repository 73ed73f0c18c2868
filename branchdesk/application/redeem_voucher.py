"""Redeem a voucher: by this terminal's own right, by its allowance, or by head office's answer.

One slot use is one commit. Where head office has to be asked, the question is written down first,
asked with no unit of work open, and its signed answer recorded. This module must not know the wire.
"""

from dataclasses import dataclass
from uuid import UUID

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.models import Session
from branchdesk.application.office_questions import (
    AskOffice,
    Doubts,
    doubt_about,
    is_in_doubt,
    is_no_line,
    request_about,
)
from branchdesk.application.place import Why
from branchdesk.application.ports import Clock, Drafts, Fact, Randomness, Reading, Store, Unit
from branchdesk.application.redemption_records import (
    Redeemed,
    Redeeming,
    RedemptionRecord,
)
from branchdesk.application.shifts import ensure_shift
from branchdesk.application.voucher_look import Look, look_at_voucher
from branchdesk.domain.phones import normalise_phone
from branchdesk.domain.redeeming import amount_used, check_purchase, is_partial
from branchdesk.errors import BranchDeskError, ContractFault
from branchdesk.protocol import facts
from branchdesk.protocol.redemption import (
    Answer,
    Basis,
    Wish,
    open_answer,
    open_kept_answer,
    phone_mark,
)
from branchdesk.protocol.short_code import fingerprint
from branchdesk.protocol.token import (
    GRANT_BYTES,
    Token,
    authenticate,
    decode_grant,
    decode_voucher,
)
from branchdesk.protocol.verdict import Verdict

_ASKABLE = frozenset({Verdict.NEEDS_LINE, Verdict.NOT_HERE})


@dataclass(frozen=True, slots=True)
class Question:
    """What head office has to be asked; ``look`` is what this terminal said of it before."""

    intent: UUID
    request: bytes
    asked: Redeeming
    look: Look
    body: bytes


class RedeemVoucher:
    """Use a voucher, or part of it, once."""

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

    def __call__(self, session: Session, asked: Redeeming, intent: str | None = None) -> Redeemed:
        """Redeem, or say why not; the same intent again gives the same answer.

        Head office is asked where this terminal has no right of its own, and first of all where an
        allowance is only the way out. Raises RuleViolation ``purchase_missing``, ``spend_below``,
        ``partial_not_allowed``, ``amount_too_large``, ``intent_reused``, what
        :func:`look_at_voucher` refuses, and what head office refuses.
        """
        step = self.begin(session, asked, intent)
        if isinstance(step, Redeemed):
            return step
        try:
            answer = self._ask(step.request)
        except BranchDeskError as fault:
            return self.unanswered(session, step, fault)
        return self.settle(session, step, answer)

    def begin(
        self, session: Session, asked: Redeeming, intent: str | None = None
    ) -> Redeemed | Question:
        """Redeem by this terminal's own right, or return what head office has to be asked."""
        with self._store.read() as reading:
            event_id = intent_uuid(intent, reading.terminal().terminal, self._randomness)
            body = _body(asked)
            known = _known(reading, event_id, body)
            if known is None:
                look = self._look(reading, asked)
        if known is not None:
            self._doubts.settle(event_id)
            return known
        # What head office may have honoured already is not judged here any more, whatever became
        # of the voucher since: only its answer ends the doubt.
        if not self._doubts.has(event_id):
            _check(look, asked)
            if look.verdict is Verdict.GOOD and look.place.basis is not Basis.ALLOWANCE:
                return self._by_own_right(session, asked, event_id, body)
            if look.verdict is not Verdict.GOOD and look.verdict not in _ASKABLE:
                return _refused(look, event_id)
        staff = self._doubts.staff(event_id, session)
        request = request_about(
            look, Wish.REDEEM, staff, self._randomness, intent=event_id, asked=asked
        )
        self._doubts.note(doubt_about(request, asked, self._clock.now_ms()))
        return Question(event_id, request.encode(), asked, look, body)

    def settle(self, session: Session, question: Question, data: bytes) -> Redeemed:
        """Record head office's signed answer; raises ContractFault when it does not verify."""
        with self._store.read() as reading:
            answer = open_answer(data, question.request, reading.ack_keys())
            token = _answered_token(reading, question, answer)
        if answer.verdict is not Verdict.GOOD or token is None:
            self._doubts.settle(question.intent)
            return _answered(question, answer)
        holder_checked = bool(question.asked.phone) or question.look.is_holder_checked
        with self._store.write(session) as unit:
            done = _known(unit, question.intent, question.body)
            if done is None:
                ensure_shift(self._store, unit, session, self._randomness)
                _record(
                    unit, question.intent, token, Basis.ONLINE, amount_minor=answer.amount_minor,
                    asked=question.asked, holder_checked=holder_checked, answer=data,
                    body=question.body,
                )  # fmt: skip
                done = _known(unit, question.intent, question.body)
        assert done is not None
        self._doubts.settle(question.intent)
        return done

    def unanswered(self, session: Session, question: Question, fault: BranchDeskError) -> Redeemed:
        """Go on without an answer: by the allowance, or with what this terminal knew before.

        Raises ``fault`` when it is a refusal, or an answer that breaks the contract.
        """
        in_doubt = is_in_doubt(fault)
        if not in_doubt:
            self._doubts.settle(question.intent)
        if not is_no_line(fault):
            raise fault
        is_part = is_partial(question.asked.use_minor, _face(question.look))
        may_itself = question.look.verdict is Verdict.GOOD and not is_part
        if question.look.place.basis is Basis.ALLOWANCE and may_itself:
            # Under the same intent: should head office have honoured it all the same, it finds
            # one redemption told twice and not two.
            return self._by_own_right(session, question.asked, question.intent, question.body)
        return _refused(question.look, question.intent, in_doubt=in_doubt)

    def doubts(self) -> Doubts:
        """Return what head office was asked and never answered."""
        return self._doubts

    def _look(self, reading: Reading, asked: Redeeming) -> Look:
        return look_at_voucher(
            reading, asked.text, self._clock.now_ms(), phone=asked.phone,
            phone_tail=asked.phone_tail,
        )  # fmt: skip

    def _by_own_right(
        self, session: Session, asked: Redeeming, event_id: UUID, body: bytes
    ) -> Redeemed:
        with self._store.write(session) as unit:
            done = _known(unit, event_id, body)
            if done is None:
                # Looked at again where nothing can change any more before the commit.
                look = self._look(unit, asked)
                _check(look, asked)
                if look.verdict is not Verdict.GOOD or look.token is None:
                    return _refused(look, event_id)
                basis = look.place.basis
                assert basis is not None, "a voucher that is good has its redeemer here"
                ensure_shift(self._store, unit, session, self._randomness)
                _record(
                    unit, event_id, look.token, basis, amount_minor=_amount(look, asked),
                    asked=asked, holder_checked=look.is_holder_checked, answer=b"", body=body,
                )  # fmt: skip
                done = _known(unit, event_id, body)
        assert done is not None
        self._doubts.settle(event_id)
        return done


def known_redemption(reading: Reading, record: RedemptionRecord, intent: UUID) -> Redeemed:
    """Tell a recorded redemption as it was answered then."""
    grant, slot = record.token.grant, record.token.voucher.slot
    undone = {} if record.undone_ms is None else {"undone_at_ms": record.undone_ms}
    return Redeemed(
        Verdict.GOOD, intent, facts.voucher_id(grant.number, slot), record.redemption,
        record.basis, record.amount_minor, _remaining_then(reading, record), facts=undone,
    )  # fmt: skip


def _remaining_then(reading: Reading, record: RedemptionRecord) -> int:
    if record.answer:
        return open_kept_answer(record.answer, reading.ack_keys()).remaining_minor
    grant = record.token.grant
    uses = reading.standing(grant.number, record.token.voucher.slot).uses
    until = [use.redemption for use in uses].index(record.redemption)
    before = sum(use.amount_minor for use in uses[:until] if not use.is_undone)
    return max(0, grant.face_minor - before - record.amount_minor)


def _known(reading: Reading, event_id: UUID, body: bytes) -> Redeemed | None:
    if known_intent(reading, event_id, body) is None:
        return None
    record = reading.redemption(str(event_id))
    assert record is not None, "the event of a redemption has its row"
    return known_redemption(reading, record, event_id)


def _check(look: Look, asked: Redeeming) -> None:
    """Refuse what no redeemer would do; a voucher that is not good is answered first."""
    if look.verdict is not Verdict.GOOD and look.verdict not in _ASKABLE:
        return
    if look.offer is not None:
        check_purchase(look.offer.min_spend_minor, asked.purchase_minor)
    if look.token is not None and look.verdict is Verdict.GOOD:
        _amount(look, asked)


def _amount(look: Look, asked: Redeeming) -> int:
    face_minor = _face(look)
    remaining_minor = face_minor - look.standing.used_minor
    return amount_used(look.offer, face_minor, remaining_minor, asked.use_minor)


def _face(look: Look) -> int:
    return 0 if look.token is None else look.token.grant.face_minor


def _refused(look: Look, event_id: UUID, *, in_doubt: bool = False) -> Redeemed:
    """Tell why nothing was redeemed; what an allowance could not cover needs the line after all."""
    is_good = look.verdict is Verdict.GOOD
    verdict = Verdict.NEEDS_LINE if is_good else look.verdict
    told = {**look.judgement.facts, **({"why": Why.PARTIAL.value} if is_good else {})}
    remaining = told.get("remaining_minor")
    return Redeemed(
        verdict, event_id, _named(look), in_doubt=in_doubt, facts=told,
        remaining_minor=remaining if isinstance(remaining, int) else None,
    )  # fmt: skip


def _answered(question: Question, answer: Answer) -> Redeemed:
    """Tell why head office did not honour it, beside what the voucher says of itself."""
    ours = {name: fact for name, fact in question.look.judgement.facts.items() if name != "why"}
    # While head office cannot tell, neither can it say what is left.
    remaining = None if answer.verdict is Verdict.NEEDS_LINE else answer.remaining_minor
    return Redeemed(
        answer.verdict, question.intent, _named(question.look),
        remaining_minor=remaining, facts={**ours, **answer.facts},
    )  # fmt: skip


def _named(look: Look) -> str:
    if look.token is not None:
        return facts.voucher_id(look.token.grant.number, look.token.voucher.slot)
    return "" if look.code is None else facts.voucher_id(look.code.grant, look.code.slot)


def _answered_token(reading: Reading, question: Question, answer: Answer) -> Token | None:
    """Return the token that head office honoured; a short code's comes with the answer.

    Raises ContractFault when it is not the one that was asked about.
    """
    if question.look.token is not None or answer.verdict is not Verdict.GOOD:
        return question.look.token
    code, data = question.look.code, answer.token
    token = Token(decode_grant(data[:GRANT_BYTES]), decode_voucher(data[GRANT_BYTES:]))
    authenticate(token, reading.grant_keys())
    is_asked = code is not None and (token.grant.number, token.voucher.slot) == (
        code.grant, code.slot,
    )  # fmt: skip
    if not is_asked or code is None or fingerprint(token.voucher.encode()) != code.fingerprint:
        raise ContractFault("wrong_answer", what="redemption")
    return token


def _record(
    unit: Unit,
    event_id: UUID,
    token: Token,
    basis: Basis,
    *,
    amount_minor: int,
    asked: Redeeming,
    holder_checked: bool,
    answer: bytes,
    body: bytes,
) -> None:
    grant, slot = token.grant, token.voucher.slot
    fields = {
        "grant_bytes": grant.encode(), "voucher": token.voucher.encode(), "basis": basis.value,
        "amount_minor": amount_minor, "purchase_minor": asked.purchase_minor,
        "holder_checked": holder_checked, "answer": answer, "intent_body": body,
    }  # fmt: skip
    refs: dict[str, int | str] = {
        "grant": grant.number, "slot": slot, "voucher": facts.voucher_id(grant.number, slot),
    }  # fmt: skip
    unit.record(Fact(facts.VOUCHER_REDEEMED, event_id, fields, refs))


def _body(asked: Redeeming) -> bytes:
    """Return what the intent asked for, hashed; it lies in the log, and names no holder."""
    return facts.intent_body(
        text=asked.text,
        phone=phone_mark(normalise_phone(asked.phone)) if asked.phone else b"",
        phone_tail=bool(asked.phone_tail),
        purchase_minor=asked.purchase_minor,
        use_minor=asked.use_minor,
    )
