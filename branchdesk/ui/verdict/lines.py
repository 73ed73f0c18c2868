"""Put a judgement into colour, icon, words and facts. Pure; this module must not know Qt."""

from collections.abc import Mapping, Sequence
from typing import Final

from branchdesk.application.models import CampaignInForce
from branchdesk.domain.offer import Offer, RedemptionPolicy
from branchdesk.protocol.token import Token, china_day, day_of
from branchdesk.protocol.verdict import Judgement, Verdict
from branchdesk.ui.kit.formats import money_text
from branchdesk.ui.kit.words import Phrase, Tone, phrase
from branchdesk.ui.serving.book import value_phrase
from branchdesk.ui.verdict.state import Answer, FactLine

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
_NOT_AUTHENTIC: Final = {Verdict.FORGED, Verdict.UNKNOWN_ISSUER}


def answer(judgement: Judgement, campaigns: Sequence[CampaignInForce]) -> Answer:
    """Return what is shown of a judgement."""
    verdict, token = judgement.verdict, judgement.token
    tone, icon = LOOKS[verdict]
    word = phrase(f"verdict.{verdict.value}")
    if token is None or verdict in _NOT_AUTHENTIC:
        return Answer(verdict, tone, icon, word, _advice(judgement, None))
    facts = _facts(token, campaigns, here=judgement.facts.get("here") is True)
    return Answer(verdict, tone, icon, word, _advice(judgement, token), facts)


def _offer(number: int, campaigns: Sequence[CampaignInForce]) -> Offer | None:
    for found in campaigns:
        codes = {code for code, known in found.numbers.items() if known == number}
        for offer in found.campaign.offers:
            if offer.code in codes:
                return offer
    return None


def _advice(judgement: Judgement, token: Token | None) -> Phrase:
    key = f"verdict.advice.{judgement.verdict.value}"
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
        expires=day_of(voucher.expires).isoformat(),
    )


def _facts(
    token: Token, campaigns: Sequence[CampaignInForce], *, here: bool
) -> tuple[FactLine, ...]:
    grant, voucher = token.grant, token.voucher
    number = f"{grant.number}-{voucher.slot}"
    copy = phrase("verdict.copy" if voucher.copy else "verdict.original", copy=voucher.copy)
    return (
        FactLine(phrase("verdict.worth"), _worth(token, campaigns)),
        FactLine(phrase("verdict.issued_on"), _day(china_day(voucher.issued_at))),
        FactLine(phrase("verdict.expires_on"), _day(voucher.expires)),
        FactLine(phrase("verdict.where"), _where(token, here=here)),
        FactLine(phrase("verdict.number"), phrase("verdict.joined", first=number, then=copy)),
    )


def _worth(token: Token, campaigns: Sequence[CampaignInForce]) -> Phrase:
    offer = _offer(token.grant.offer, campaigns)
    if offer is None:
        return phrase("serving.value", amount=money_text(token.grant.face_minor))
    return phrase("verdict.joined", first=offer.name, then=value_phrase(offer))


def _day(number: int) -> Phrase:
    return phrase("verdict.day", day=day_of(number).isoformat())


def _where(token: Token, *, here: bool) -> Phrase:
    policy = RedemptionPolicy(token.grant.policy)
    key = f"verdict.where_{policy.name.lower()}"
    if policy in {RedemptionPolicy.HOME, RedemptionPolicy.KEEPER} and here:
        key += "_here"
    return phrase(key, terminal=token.grant.terminal)
