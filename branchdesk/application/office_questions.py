"""Questions to head office about a voucher, and the doubt that stays while no answer has come.

A question is written down before it is asked. When its answer is lost, nobody knows whether head
office honoured the voucher; the same intent asked again finds out, and is never asked behind
somebody's back: the customer may have left.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from branchdesk.application.models import Session
from branchdesk.application.ports import Drafts, Randomness
from branchdesk.application.redemption_records import Redeeming
from branchdesk.application.voucher_look import Look
from branchdesk.domain.phones import normalise_phone
from branchdesk.errors import BranchDeskError, EnvironmentFault, RuleViolation
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.redemption import NONCE_BYTES, Request, Wish
from branchdesk.protocol.token import Token

AskOffice = Callable[[bytes], bytes]
"""Send an encoded request over the line and return the signed answer.

Raises EnvironmentFault when there is no line, and what head office refuses."""

DRAFT: Final = "office_questions"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question whose answer never came; ``redemption`` and ``reason`` are those of an undo."""

    intent: UUID
    wish: Wish
    voucher: str
    at_ms: int
    staff: str
    asked: Redeeming
    redemption: str = ""
    reason: str = ""


class Doubts:
    """Every question that is out, durably, by intent.

    What the customer showed is kept with it, because only the same question gets the same answer;
    it is deleted for good when the answer is there.
    """

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    def all(self) -> tuple[Doubt, ...]:
        """Return what is in doubt, the oldest first."""
        found = [_doubt(intent, kept) for intent, kept in self._kept().items()]
        return tuple(sorted(found, key=lambda doubt: doubt.at_ms))

    def has(self, intent: UUID) -> bool:
        """Say whether a question is out under this intent."""
        return intent.hex in self._kept()

    def undo_of(self, redemption: str) -> Doubt | None:
        """Return the undo of a redemption that head office may have agreed to already."""
        asked = (doubt for doubt in self.all() if doubt.wish is Wish.UNDO)
        return next((doubt for doubt in asked if doubt.redemption == redemption), None)

    def staff(self, intent: UUID, session: Session) -> str:
        """Return who asks: whoever asked first under this intent, else who acts now."""
        kept = self._kept().get(intent.hex)
        return session.staff if kept is None else _doubt(intent.hex, kept).staff

    def note(self, doubt: Doubt) -> None:
        """Write a question down before it is asked."""
        content = {**asdict(doubt), "intent": doubt.intent.hex, "wish": doubt.wish.value}
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

    def _kept(self) -> dict[str, Mapping[str, Any]]:
        return dict(self._drafts.load(DRAFT) or {})  # type: ignore[arg-type]  # as note writes it


def is_no_line(fault: BranchDeskError) -> bool:
    """Say whether a question got no answer of head office's, rather than a bad one or a refusal."""
    return isinstance(fault, EnvironmentFault) or fault.code == "captive_portal"


def is_in_doubt(fault: BranchDeskError) -> bool:
    """Say whether head office may have heard a question that failed so."""
    refused = isinstance(fault, RuleViolation)
    return not refused and fault.facts.get("sent") is not False


def request_about(
    look: Look,
    wish: Wish,
    staff: str,
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
        staff=staff,
        token=token,
        fingerprint=mark,
        phone=phone,
        amount_minor=asked.use_minor,
        purchase_minor=asked.purchase_minor,
        redemption=redemption,
        reason=reason,
    )


def doubt_about(request: Request, asked: Redeeming, at_ms: int) -> Doubt:
    """Return what is written down of a request before it is asked."""
    return Doubt(
        intent=request.intent,
        wish=request.wish,
        voucher=voucher_id(request.grant, request.slot),
        at_ms=at_ms,
        staff=request.staff,
        asked=asked,
        redemption=str(UUID(bytes=request.redemption)) if request.redemption else "",
        reason=request.reason,
    )


def _bytes_of(token: Token) -> bytes:
    return token.grant.encode() + token.voucher.encode()


def _doubt(intent: str, kept: Mapping[str, Any]) -> Doubt:
    asked = Redeeming(**kept["asked"])
    rest = {**kept, "intent": UUID(intent), "wish": Wish(kept["wish"]), "asked": asked}
    return Doubt(**rest)
