"""What a voucher is worth here and now: one word, decided in the order of DESIGN section 6."""

from dataclasses import dataclass, field
from enum import StrEnum

from branchdesk.errors import ContractFault
from branchdesk.protocol.token import Token, authenticate, china_day, holder_pseudonym, read_token


class Verdict(StrEnum):
    """The possible answers, in the order in which they are decided."""

    FORGED = "forged"
    UNKNOWN_ISSUER = "unknown_issuer"
    REVOKED = "revoked"
    VOID = "void"
    USED = "used"
    SUPERSEDED = "superseded"
    NOT_ACTIVATED = "not_activated"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    NOT_HERE = "not_here"
    NEEDS_LINE = "needs_line"
    HOLDER_MISMATCH = "holder_mismatch"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the judge knows about one voucher from its own rows; the default knows nothing.

    ``newest_copy`` is the highest copy number known; ``last_day`` a last good day before the signed
    one; ``place`` is decided by the redemption policy; ``wrong_holder`` when whoever shows it was
    found not to be its holder.
    """

    revoked: bool = False
    void: bool = False
    used: bool = False
    newest_copy: int = 0
    activated: bool = False
    last_day: int | None = None
    place: Verdict | None = None
    wrong_holder: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, the token when its bytes could be read, and the facts that explain it."""

    verdict: Verdict
    token: Token | None = None
    facts: dict[str, object] = field(default_factory=dict)


def read_and_authenticate(text: str, keys: dict[bytes, bytes]) -> Judgement:
    """Judge everything that needs nothing but the text and head office's grant keys.

    Returns ``forged`` with the broken ``rule``, ``unknown_issuer``, or ``good`` with the token.
    """
    token = None
    try:
        token = read_token(text)
        authenticate(token, keys)
    except ContractFault as fault:
        return Judgement(Verdict(fault.code), token, dict(fault.facts))
    return Judgement(Verdict.GOOD, token)


def judge(
    token: Token, standing: Standing, today: int, holder: tuple[bytes, str] | None = None
) -> Judgement:
    """Judge an authentic token on day number ``today`` (UTC+8).

    ``holder`` is the campaign's holder key and the E.164 phone shown by the customer, when asked.
    """
    return Judgement(_decide(token, standing, today, holder), token)


def _decide(
    token: Token, standing: Standing, today: int, holder: tuple[bytes, str] | None
) -> Verdict:
    grant, voucher = token.grant, token.voucher
    last_day = voucher.expires if standing.last_day is None else standing.last_day
    not_yet = today < max(grant.issue_from, china_day(voucher.issued_at))
    answers = (
        (standing.revoked, Verdict.REVOKED),
        (standing.void, Verdict.VOID),
        (standing.used, Verdict.USED),
        (voucher.copy < standing.newest_copy, Verdict.SUPERSEDED),
        (grant.is_book and not standing.activated, Verdict.NOT_ACTIVATED),
        (not_yet, Verdict.NOT_YET),
        (today > min(last_day, voucher.expires), Verdict.EXPIRED),
        (standing.place is not None, standing.place or Verdict.NOT_HERE),
        (
            standing.wrong_holder or (holder is not None and not holds(token, *holder)),
            Verdict.HOLDER_MISMATCH,
        ),
    )
    return next((verdict for applies, verdict in answers if applies), Verdict.GOOD)


def holds(token: Token, holder_key: bytes, phone: str) -> bool:
    """Say whether the voucher was issued to this E.164 phone, or to nobody in particular."""
    voucher = token.voucher
    if not any(voucher.holder):
        return True
    if not phone.isascii():
        return False  # The pseudonym is made of the ASCII E.164 phone; nothing else can match.
    return voucher.holder == holder_pseudonym(holder_key, token.grant.number, voucher.slot, phone)
