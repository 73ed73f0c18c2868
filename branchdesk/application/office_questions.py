"""Questions to head office about a voucher, and the doubt that stays while no answer has come.

A question is written down before it is asked. When its answer is lost, nobody knows whether head
office honoured the voucher; the same intent asked again finds out, and is never asked behind
somebody's back: the customer may have left.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from branchdesk.application.models import Session
from branchdesk.application.ports import Drafts, Randomness
from branchdesk.application.redemption_records import Redeeming
from branchdesk.application.voucher_look import Look
from branchdesk.domain.phones import normalise_phone
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.redemption import NONCE_BYTES, Request, Wish
from branchdesk.protocol.token import Token

AskOffice = Callable[[bytes], bytes]
"""Send an encoded request over the line and return the signed answer.

Raises EnvironmentFault when there is no line, and what head office refuses."""

DRAFT: Final = "office_questions"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question whose answer never came; ``redemption`` is set when it was to undo one."""

    intent: UUID
    wish: Wish
    voucher: str
    at_ms: int
    staff: str
    text: str
    use_minor: int
    purchase_minor: int
    redemption: str
    reason: str


class Doubts:
    """Every question that is out, durably, by intent. No phone is kept."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    def all(self) -> tuple[Doubt, ...]:
        """Return what is in doubt, the oldest first."""
        found = [_doubt(intent, kept) for intent, kept in self._kept().items()]
        return tuple(sorted(found, key=lambda doubt: doubt.at_ms))

    def note(self, doubt: Doubt) -> None:
        """Write a question down before it is asked."""
        content = {
            "wish": doubt.wish.value, "voucher": doubt.voucher, "at_ms": doubt.at_ms,
            "staff": doubt.staff, "text": doubt.text, "use_minor": doubt.use_minor,
            "purchase_minor": doubt.purchase_minor, "redemption": doubt.redemption,
            "reason": doubt.reason,
        }  # fmt: skip
        self._drafts.save(DRAFT, {**self._kept(), doubt.intent.hex: content})

    def settle(self, intent: UUID) -> None:
        """Forget a question that is answered, or that never left this machine."""
        kept = self._kept()
        if intent.hex not in kept:
            return
        rest = {name: value for name, value in kept.items() if name != intent.hex}
        if rest:
            self._drafts.save(DRAFT, rest)
        else:
            self._drafts.discard(DRAFT)

    def _kept(self) -> dict[str, Mapping[str, object]]:
        content = self._drafts.load(DRAFT) or {}
        return {name: value for name, value in content.items() if isinstance(value, Mapping)}


def request_about(
    look: Look,
    wish: Wish,
    session: Session,
    randomness: Randomness,
    *,
    intent: UUID,
    asked: Redeeming,
    redemption: bytes = b"",
    reason: str = "",
) -> Request:
    """Build the request about a voucher that was looked at: its token, or its short code."""
    phone = normalise_phone(asked.phone) if asked.phone else ""
    if look.token is not None:
        grant, slot = look.token.grant.number, look.token.voucher.slot
        token, mark = _bytes_of(look.token), b""
    else:
        assert look.code is not None, "what is asked about is a token or a short code"
        grant, slot, token, mark = look.code.grant, look.code.slot, b"", look.code.fingerprint
    return Request(
        wish=wish,
        intent=intent,
        grant=grant,
        slot=slot,
        nonce=randomness.bytes(NONCE_BYTES),
        staff=session.staff,
        token=token,
        fingerprint=mark,
        phone=phone,
        amount_minor=asked.use_minor,
        purchase_minor=asked.purchase_minor,
        redemption=redemption,
        reason=reason,
    )


def doubt_about(request: Request, text: str, at_ms: int, redemption: str = "") -> Doubt:
    """Return what is written down of a request before it is asked."""
    return Doubt(
        intent=request.intent,
        wish=request.wish,
        voucher=voucher_id(request.grant, request.slot),
        at_ms=at_ms,
        staff=request.staff,
        text=text,
        use_minor=request.amount_minor,
        purchase_minor=request.purchase_minor,
        redemption=redemption,
        reason=request.reason,
    )


def _bytes_of(token: Token) -> bytes:
    return token.grant.encode() + token.voucher.encode()


def _doubt(intent: str, kept: Mapping[str, object]) -> Doubt:
    def text(name: str) -> str:
        return str(kept.get(name, ""))

    def number(name: str) -> int:
        value = kept.get(name)
        return value if isinstance(value, int) else 0

    return Doubt(
        UUID(intent), Wish(text("wish")), text("voucher"), number("at_ms"), text("staff"),
        text("text"), number("use_minor"), number("purchase_minor"), text("redemption"),
        text("reason"),
    )  # fmt: skip
