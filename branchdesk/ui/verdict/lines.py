"""Put a judgement into colour, icon, words and facts. Pure; this module must not know Qt."""

from collections.abc import Mapping, Sequence
from typing import Final

from branchdesk.application.models import CampaignInForce
from branchdesk.application.redemption_records import Redeemed, Undone
from branchdesk.domain.clock import china_time
from branchdesk.domain.offer import Offer, RedemptionPolicy
from branchdesk.protocol.token import Token, china_day, day_of
from branchdesk.protocol.verdict import Judgement, Verdict
from branchdesk.ui.kit.formats import money_text
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.serving.book import value_phrase
from branchdesk.ui.verdict.state import Answer, FactLine, Redeemable, RedeemField

# Red is never to be honoured; amber may be good at another time, at another place or with a line.
LOOKS: Final[Mapping[Verdict, tuple[Tone, str]]] = {
    Verdict.GOOD: (Tone.SUCCESS, "success"),
    Verdict.USED: (Tone.DANGER, "ticket"),
    Verdict.EXPIRED: (Tone.DANGER, "clock"),
    Verdict.NOT_YET: (Tone.WARNING, "calendar"),
    Verdict.NOT_HERE: (Tone.WARNING, "place"),
    Verdict.NEEDS_LINE: (Tone.WARNING, "globe"),
    Verdict.NOT_ACTIVATED: (Tone.WARNING, "book"),
    Verdict.UNKNOWN_ISSUER: (Tone.WARNING, "sync"),
    Verdict.HOLDER_MISMATCH: (Tone.WARNING, "person"),
    Verdict.SUPERSEDED: (Tone.DANGER, "printer"),
    Verdict.VOID: (Tone.DANGER, "close"),
    Verdict.REVOKED: (Tone.DANGER, "lock"),
    Verdict.FORGED: (Tone.DANGER, "danger"),
}
_ONE_REDEEMER: Final = {RedemptionPolicy.HOME, RedemptionPolicy.KEEPER}
# What a head office that was restored says until every terminal has told it what it knows.
_CODE_DIFFERS: Final = "short_code_fingerprint"
_LEARNING: Final = "learning"
# What was entered of a book's number that nobody is known to have been given: whoever holds such
# paper should not.
_NOT_GIVEN: Final = frozenset({"returned", "spoiled", "missing"})
_NOT_AUTHENTIC: Final = {Verdict.FORGED, Verdict.UNKNOWN_ISSUER}


def answer(judgement: Judgement, campaigns: Sequence[CampaignInForce]) -> Answer:
    """Return what is shown of a judgement."""
    verdict, token = judgement.verdict, judgement.token
    tone, icon = LOOKS[verdict]
    word = phrase(f"verdict.{verdict.value}")
    if _was_not_given(judgement):
        fate = judgement.facts["fate"]
        tone, icon, word = Tone.DANGER, "book", phrase(f"verdict.book_{fate}")
    if token is None or verdict in _NOT_AUTHENTIC:
        return Answer(verdict, tone, icon, word, _advice(judgement, None))
    facts = _facts(judgement, token, campaigns)
    return Answer(verdict, tone, icon, word, _advice(judgement, token), facts)


def redeemable(
    judgement: Judgement, campaigns: Sequence[CampaignInForce], *, is_repeat: bool = False
) -> Redeemable | None:
    """Return how the voucher can be redeemed, or None where nothing will do."""
    verdict, token = judgement.verdict, judgement.token
    if verdict not in {Verdict.GOOD, Verdict.NEEDS_LINE, Verdict.NOT_HERE, Verdict.HOLDER_MISMATCH}:
        return None
    if token is None:
        return Redeemable((), is_online=True, is_repeat=is_repeat)
    offer = _offer(token.grant.offer, campaigns)
    asked = (
        (offer is not None and offer.min_spend_minor is not None, RedeemField.PURCHASE),
        (offer is not None and offer.partial_use, RedeemField.USE),
        (any(token.voucher.holder), RedeemField.PHONE),
    )
    fields = tuple(name for is_asked, name in asked if is_asked)
    is_online = verdict in {Verdict.NEEDS_LINE, Verdict.NOT_HERE}
    return Redeemable(fields, is_online=is_online, is_repeat=is_repeat)


def redeemed_answer(redeemed: Redeemed) -> Answer:
    """Return what is shown of a voucher that has just been redeemed."""
    amount = money_text(redeemed.amount_minor)
    facts = [
        FactLine(phrase("verdict.amount"), phrase("verdict.money", amount=amount)),
        FactLine(phrase("verdict.basis"), phrase(f"verdict.basis_{redeemed.basis or 'online'}")),
    ]
    if redeemed.remaining_minor:
        left = phrase("verdict.money", amount=money_text(redeemed.remaining_minor))
        facts.insert(1, FactLine(phrase("verdict.remaining"), left))
    return Answer(
        Verdict.GOOD, Tone.SUCCESS, "success", phrase("verdict.redeemed"),
        phrase("verdict.advice.redeemed", amount=amount), tuple(facts),
    )  # fmt: skip


def in_doubt_answer(shown: Answer | None) -> Answer:
    """Return what is shown while nobody knows whether head office honoured the voucher."""
    return Answer(
        Verdict.NEEDS_LINE, Tone.WARNING, "globe", phrase("verdict.in_doubt"),
        phrase("verdict.advice.in_doubt"), () if shown is None else shown.facts,
    )  # fmt: skip


def undone_answer(undone: Undone) -> Answer:
    """Return what is shown of a redemption that was taken back."""
    return Answer(
        Verdict.GOOD, Tone.INFO, "undo", phrase("verdict.undone"),
        phrase("verdict.advice.undone", amount=money_text(undone.amount_minor)),
    )  # fmt: skip


def _offer(number: int, campaigns: Sequence[CampaignInForce]) -> Offer | None:
    for found in campaigns:
        codes = {code for code, known in found.numbers.items() if known == number}
        for offer in found.campaign.offers:
            if offer.code in codes:
                return offer
    return None


def _advice(judgement: Judgement, token: Token | None) -> Phrase:
    key = f"verdict.advice.{judgement.verdict.value}"
    if _was_not_given(judgement):
        return phrase(f"verdict.advice.book_{judgement.facts['fate']}")
    if judgement.facts.get("why") == _LEARNING:
        return phrase("verdict.advice.learning")
    if judgement.facts.get("rule") == _CODE_DIFFERS:
        # Another bank numbers its grants from one too: only the signatures in the QR code tell.
        return phrase("verdict.advice.forged_code")
    if token is None:
        # A short code proves nothing by itself, and here no row is known for it.
        by_code = judgement.verdict is Verdict.NEEDS_LINE
        return phrase(f"{key}_code" if by_code else key)
    grant, voucher = token.grant, token.voucher
    begins = max(grant.issue_from, china_day(voucher.issued_at))
    return phrase(
        key,
        terminal=grant.terminal,
        begins=day_of(begins).isoformat(),
        expires=str(judgement.facts.get("expires_on", day_of(voucher.expires).isoformat())),
    )


def _facts(
    judgement: Judgement, token: Token, campaigns: Sequence[CampaignInForce]
) -> tuple[FactLine, ...]:
    told = judgement.facts
    grant, voucher = token.grant, token.voucher
    number = f"{grant.number}-{voucher.slot}"
    copy = phrase("verdict.copy" if voucher.copy else "verdict.original", copy=voucher.copy)
    where = FactLine(phrase("verdict.where"), _where(judgement, token))
    return (
        FactLine(phrase("verdict.worth"), _worth(token, campaigns)),
        *_use(told),
        *_days(told, token),
        *(() if _was_not_given(judgement) else (where,)),
        FactLine(phrase("verdict.number"), phrase("verdict.joined", first=number, then=copy)),
    )


def _was_not_given(judgement: Judgement) -> bool:
    entered = judgement.verdict in {Verdict.VOID, Verdict.NOT_ACTIVATED}
    return entered and judgement.facts.get("fate") in _NOT_GIVEN


def _days(told: Mapping[str, object], token: Token) -> tuple[FactLine, ...]:
    """Return when it was issued and how long it is good.

    A book's number was printed before it was handed out; it is good from that day on, and what was
    never handed out has no such day.
    """
    voucher = token.voucher
    made, last = (
        day_of(day).isoformat() for day in (china_day(voucher.issued_at), voucher.expires)
    )
    if not token.grant.is_book:
        return _dated(("issued_on", made), ("expires_on", last))
    if told.get("fate") in _NOT_GIVEN:
        return _dated(("printed_on", made))
    if "given_on" not in told:
        return _dated(("printed_on", made), ("latest_on", last))
    given, last = str(told["given_on"]), str(told["expires_on"])
    return _dated(("printed_on", made), ("issued_on", given), ("expires_on", last))


def _dated(*named: tuple[str, str]) -> tuple[FactLine, ...]:
    return tuple(FactLine(phrase(f"verdict.{name}"), phrase("verdict.day", day=day))
                 for name, day in named)  # fmt: skip


def _use(told: Mapping[str, object]) -> tuple[FactLine, ...]:
    """Return what of it was used before, where and when, and what is left."""
    lines = []
    face, left = told.get("face_minor"), told.get("remaining_minor")
    if isinstance(face, int) and isinstance(left, int) and 0 < left < face:
        value = phrase("verdict.money", amount=money_text(left))
        lines.append(FactLine(phrase("verdict.remaining"), value))
    outlet, at_ms = told.get("used_outlet"), told.get("used_at_ms")
    if isinstance(outlet, str) and isinstance(at_ms, int):
        at = f"{china_time(at_ms):%Y-%m-%d %H:%M}"
        value = phrase("verdict.used_at", outlet=outlet, at=at)
        lines.append(FactLine(phrase("verdict.used_where"), value))
    return tuple(lines)


def _worth(token: Token, campaigns: Sequence[CampaignInForce]) -> Phrase:
    offer = _offer(token.grant.offer, campaigns)
    if offer is None:
        return phrase("serving.value", amount=money_text(token.grant.face_minor))
    return phrase("verdict.joined", first=offer.name, then=value_phrase(offer))


def _where(judgement: Judgement, token: Token) -> Phrase:
    is_elsewhere = judgement.verdict in {Verdict.NOT_HERE, Verdict.NEEDS_LINE}
    policy = RedemptionPolicy(token.grant.policy)
    key = f"verdict.where_{policy.name.lower()}"
    is_ours = policy is RedemptionPolicy.KEEPER or judgement.facts.get("here") is True
    if policy in _ONE_REDEEMER and is_ours and not is_elsewhere:
        key += "_here"
    return phrase(key, terminal=token.grant.terminal)
