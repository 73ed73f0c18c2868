"""Head office's answers about vouchers, for tests of terminals: signed, and remembered by intent.

It honours by face value alone, in the order in which it is asked. What the real one checks besides
is none of a terminal's business.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from branchdesk.errors import RuleViolation
from branchdesk.protocol.redemption import Answer, Request, Wish, decode_request, sign_answer
from branchdesk.protocol.token import GRANT_BYTES, decode_grant
from branchdesk.protocol.verdict import Verdict
from tests.fakes.bank import ACK_KEY

Fault = Callable[[], Exception]


@dataclass
class RedeemingOffice:
    """Answers as ``OfficeLine.redeem`` does; ``known`` are the tokens it can find by short code.

    ``before`` and ``after`` are faults of the coming calls: the request never arrives, or its
    answer is lost. One that ``is_learning`` defers every undo, as after a restore.
    """

    clock_ms: int = 1_799_024_400_000
    known: dict[tuple[int, int], bytes] = field(default_factory=dict)
    verdicts: dict[tuple[int, int], Verdict] = field(default_factory=dict)
    before: list[Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    used: dict[tuple[int, int], dict[bytes, int]] = field(default_factory=dict)
    is_learning: bool = False
    _answers: dict[bytes, tuple[bytes, Answer]] = field(default_factory=dict)

    def __call__(self, data: bytes) -> bytes:
        """Answer one request."""
        if self.before:
            raise self.before.pop(0)
        request = decode_request(data)
        self.asked.append(request)
        answer = self._answer(request)
        if self.after:
            raise self.after.pop(0)
        return sign_answer(data, answer, ACK_KEY)

    def _answer(self, request: Request) -> Answer:
        if request.wish is Wish.VERIFY:
            return self._verify(request)
        if request.wish is Wish.UNDO and self.is_learning:
            return Answer(Verdict.NEEDS_LINE, 0, 0, self.clock_ms, facts={"why": "learning"})
        intent = request.intent.bytes
        if intent not in self._answers:
            act = self._redeem if request.wish is Wish.REDEEM else self._undo
            self._answers[intent] = request.body_hash(), act(request)
        body, answer = self._answers[intent]
        if body != request.body_hash():
            raise RuleViolation("intent_reused", field="intent", intent=str(request.intent))
        return answer

    def _verify(self, request: Request) -> Answer:
        place = request.grant, request.slot
        left = self._face(request) - sum(self.used.get(place, {}).values())
        verdict = self.verdicts.get(place, Verdict.GOOD if left > 0 else Verdict.USED)
        return Answer(verdict, 0, max(left, 0), self.clock_ms, self._token(request))

    def _redeem(self, request: Request) -> Answer:
        seen = self._verify(request)
        if seen.verdict is not Verdict.GOOD or request.amount_minor > seen.remaining_minor:
            why = {"outlet": "B003", "at_ms": self.clock_ms}
            verdict = seen.verdict if seen.verdict is not Verdict.GOOD else Verdict.USED
            return Answer(verdict, 0, seen.remaining_minor, self.clock_ms, facts=why)
        amount = request.amount_minor or seen.remaining_minor
        place = request.grant, request.slot
        self.used.setdefault(place, {})[request.intent.bytes] = amount
        return Answer(Verdict.GOOD, amount, seen.remaining_minor - amount, self.clock_ms,
                      self._token(request))  # fmt: skip

    def _undo(self, request: Request) -> Answer:
        uses = self.used.get((request.grant, request.slot), {})
        amount = uses.pop(request.redemption, 0)
        verdict = Verdict.GOOD if amount else Verdict.USED
        return Answer(verdict, amount, self._face(request) - sum(uses.values()), self.clock_ms)

    def _token(self, request: Request) -> bytes:
        if request.token:
            return b""
        token = self.known.get((request.grant, request.slot), b"")
        mark = hashlib.sha256(token[GRANT_BYTES:]).digest()[:3]
        return token if token and mark == request.fingerprint else b""

    def _face(self, request: Request) -> int:
        token = request.token or self._token(request)
        return decode_grant(token[:GRANT_BYTES]).face_minor if token else 0
