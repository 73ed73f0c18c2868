"""Say what a scanned or typed voucher is worth, with the reasons: offline, or by head office."""

from branchdesk.application.models import Session
from branchdesk.application.office_questions import AskOffice, request_about
from branchdesk.application.ports import Clock, Randomness, Store
from branchdesk.application.redemption_records import Redeeming
from branchdesk.application.voucher_look import look_at_voucher
from branchdesk.protocol.redemption import Wish, open_answer
from branchdesk.protocol.verdict import Judgement, Verdict


class VerifyVoucher:
    """Judge a voucher with what this terminal knows."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(self, text: str, *, phone: str = "", phone_tail: str = "") -> Judgement:
        """Return the verdict on a token text or short code; see :func:`look_at_voucher`."""
        with self._store.read() as reading:
            now_ms = self._clock.now_ms()
            return look_at_voucher(
                reading, text, now_ms, phone=phone, phone_tail=phone_tail
            ).judgement


class VerifyOnline:
    """Judge a voucher here, and ask head office where only it knows."""

    def __init__(self, store: Store, clock: Clock, randomness: Randomness, ask: AskOffice) -> None:
        self._store, self._clock = store, clock
        self._randomness, self._ask = randomness, ask

    def __call__(self, session: Session, text: str) -> Judgement:
        """Return head office's verdict where the one here is ``needs_line`` or ``not_here``.

        Raises the line's faults, ContractFault when the answer does not verify, and what
        :func:`look_at_voucher` refuses. Nothing is redeemed.
        """
        with self._store.read() as reading:
            look = look_at_voucher(reading, text, self._clock.now_ms())
        if look.verdict not in {Verdict.NEEDS_LINE, Verdict.NOT_HERE}:
            return look.judgement
        request = request_about(
            look, Wish.VERIFY, session.staff, self._randomness,
            intent=self._randomness.intent_id(), asked=Redeeming(text),
        ).encode()  # fmt: skip
        data = self._ask(request)
        with self._store.read() as reading:
            answer = open_answer(data, request, reading.ack_keys())
        known = {name: fact for name, fact in look.judgement.facts.items() if name != "why"}
        told: dict[str, object] = {**answer.facts, "online": True}
        if answer.verdict is not Verdict.NEEDS_LINE:
            # While head office cannot tell, neither can it say what is left.
            told = {"remaining_minor": answer.remaining_minor, **told}
        return Judgement(answer.verdict, look.token, {**known, **told})
