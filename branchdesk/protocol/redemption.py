"""Ask head office what a voucher is worth, to redeem it, or to undo that; and its signed answer.

A request is one deterministic CBOR map and is idempotent: the same intent with the same body gets
the same answer, another body under that intent is refused. The answer is a record signed by the
acknowledgement key over the request's own hash, so that no other answer can stand in for it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from branchdesk.errors import ContractFault
from branchdesk.protocol import codec
from branchdesk.protocol.signing import RecordKind, SigningKey, open_record, sign_record
from branchdesk.protocol.token import GRANT_BYTES, VOUCHER_BYTES
from branchdesk.protocol.verdict import Verdict

NONCE_BYTES = 16
REQUEST_BYTES_MAX = 4 << 10
ANSWER_BYTES_MAX = 8 << 10
_INTEGER_MAX = 1 << 53


class Basis(StrEnum):
    """On whose authority a voucher was redeemed."""

    ONLINE = "online"
    HOME = "home"
    KEEPER = "keeper"
    ALLOWANCE = "allowance"


class Wish(StrEnum):
    """What is asked of head office."""

    VERIFY = "verify"
    REDEEM = "redeem"
    UNDO = "undo"


_REQUEST: Mapping[str, type] = {
    "wish": str, "intent": bytes, "grant": int, "slot": int, "token": bytes, "fingerprint": bytes,
    "phone": str, "amount_minor": int, "purchase_minor": int, "redemption": bytes, "reason": str,
    "staff": str, "nonce": bytes,
}  # fmt: skip
_ANSWER: Mapping[str, type] = {
    "request": bytes, "verdict": str, "amount_minor": int, "remaining_minor": int, "at_ms": int,
    "token": bytes, "facts": dict,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What a terminal asks. ``token`` is grant ‖ voucher, 204 bytes, or empty for a short code.

    With a short code, ``fingerprint`` is its 3 bytes. ``redemption`` and ``reason`` go with an
    undo. ``amount_minor`` 0 means all that is left. ``nonce`` is 16 fresh bytes.
    """

    wish: Wish
    intent: UUID
    grant: int
    slot: int
    nonce: bytes
    staff: str
    token: bytes = b""
    fingerprint: bytes = b""
    phone: str = ""
    amount_minor: int = 0
    purchase_minor: int = 0
    redemption: bytes = b""
    reason: str = ""

    def encode(self) -> bytes:
        """Return the body of the request."""
        return codec.encode(
            {
                "wish": self.wish.value, "intent": self.intent.bytes, "grant": self.grant,
                "slot": self.slot, "token": self.token, "fingerprint": self.fingerprint,
                "phone": self.phone, "amount_minor": self.amount_minor,
                "purchase_minor": self.purchase_minor, "redemption": self.redemption,
                "reason": self.reason, "staff": self.staff, "nonce": self.nonce,
            }
        )  # fmt: skip

    def body_hash(self) -> bytes:
        """Return the hash that two requests of one intent share: of all but the nonce.

        Of the phone it knows only :func:`phone_mark`, because the hash is kept for good.
        """
        fields = codec.decode_map(self.encode(), _REQUEST, what="redemption")
        told = {**fields, "nonce": b"", "phone": phone_mark(self.phone).hex()}
        return hashlib.sha256(codec.encode(told)).digest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What head office decided. ``at_ms`` is its clock; ``facts`` explain a verdict.

    ``amount_minor`` is what was redeemed by this intent, ``remaining_minor`` what is left then;
    ``token`` is the 204 bytes when a short code asked and head office knows them, else empty.
    """

    verdict: Verdict
    amount_minor: int
    remaining_minor: int
    at_ms: int
    token: bytes = b""
    facts: Mapping[str, Any] = field(default_factory=dict)


def phone_mark(phone: str) -> bytes:
    """Return 2 bytes by which another E.164 phone is noticed, and none can be found out.

    Thousands of numbers share each mark, so that it may lie in a log for as long as the log does.
    """
    return hashlib.sha256(phone.encode()).digest()[:2] if phone else b""


def decode_request(data: bytes) -> Request:
    """Read a request; raises ContractFault ``malformed`` naming the field."""
    fields = codec.decode_map(data, _REQUEST, what="redemption", bytes_max=REQUEST_BYTES_MAX)
    lengths = {"intent": (16,), "nonce": (NONCE_BYTES,), "redemption": (0, 16),
               "token": (0, GRANT_BYTES + VOUCHER_BYTES), "fingerprint": (0, 3)}  # fmt: skip
    for name, allowed in lengths.items():
        if len(fields[name]) not in allowed:
            raise codec.malformed("redemption", "wrong_length", field=name)
    for name in ("grant", "slot", "amount_minor", "purchase_minor"):
        if fields[name] > _INTEGER_MAX:
            raise codec.malformed("redemption", "out_of_range", field=name)
    if fields["wish"] not in Wish.__members__.values():
        raise codec.malformed("redemption", "unknown_wish", field="wish")
    fields["wish"] = Wish(fields["wish"])
    fields["intent"] = UUID(bytes=fields["intent"])
    return Request(**fields)


def sign_answer(request: bytes, answer: Answer, key: SigningKey) -> bytes:
    """Return the answer to the encoded ``request``, signed by the acknowledgement key."""
    body = codec.encode(
        {
            "request": hashlib.sha256(request).digest(), "verdict": answer.verdict.value,
            "amount_minor": answer.amount_minor, "remaining_minor": answer.remaining_minor,
            "at_ms": answer.at_ms, "token": answer.token, "facts": dict(answer.facts),
        }
    )  # fmt: skip
    return sign_record(RecordKind.REDEMPTION, body, key).encode()


def open_answer(data: bytes, request: bytes, keys: dict[bytes, bytes]) -> Answer:
    """Read the signed answer to the encoded ``request``; ``keys`` are acknowledgement keys.

    Raises ContractFault ``malformed``, ``unsigned``, ``bad_signature`` or ``wrong_answer``.
    """
    asked, answer = _opened(data, keys)
    if asked != hashlib.sha256(request).digest():
        raise ContractFault("wrong_answer", what="redemption")
    return answer


def open_kept_answer(data: bytes, keys: dict[bytes, bytes]) -> Answer:
    """Read a signed answer that is kept with what it allowed; the request is not kept.

    Raises ContractFault ``malformed``, ``unsigned`` or ``bad_signature``.
    """
    return _opened(data, keys)[1]


def _opened(data: bytes, keys: dict[bytes, bytes]) -> tuple[bytes, Answer]:
    record = open_record(data, RecordKind.REDEMPTION, keys, bytes_max=ANSWER_BYTES_MAX)
    fields = codec.decode_map(record.body, _ANSWER, what="redemption_answer")
    asked: bytes = fields.pop("request")
    if fields["verdict"] not in Verdict.__members__.values():
        raise codec.malformed("redemption_answer", "unknown_verdict", field="verdict")
    return asked, Answer(**{**fields, "verdict": Verdict(fields["verdict"])})
