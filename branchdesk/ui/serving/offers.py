"""What one person can have, as cards: eligible first, the others with what is missing.

Pure. This module must not know Qt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from branchdesk.application.models import OfferLine
from branchdesk.domain.bilingual import Bilingual
from branchdesk.ui.kit.words import Phrase, phrase
from branchdesk.ui.serving.book import Book, value_phrase


@dataclass(frozen=True, slots=True)
class OfferCard:
    """One offer for this person; ``number`` is its Alt key, 0 for none."""

    code: str
    kind: str
    name: Bilingual
    value: Phrase
    status: str
    reasons: tuple[Phrase, ...]
    slots: Phrase
    chosen: bool
    number: int


def offer_cards(
    lines: Sequence[OfferLine], chosen: Sequence[str], book: Book
) -> tuple[OfferCard, ...]:
    """Return the cards in the order given; the first nine that can be had get an Alt key."""
    cards = []
    number = 0
    for line in lines:
        eligible = line.status == "eligible"
        number += eligible
        reasons = tuple(
            Phrase(f"eligibility.{code}", book.worded(facts))
            for code, facts in _merged(line.reasons)
        )
        cards.append(
            OfferCard(
                code=line.offer.code,
                kind=line.offer.kind.value,
                name=line.offer.name,
                value=value_phrase(line.offer),
                status=line.status,
                reasons=() if eligible else reasons,
                slots=phrase("serving.slots", count=line.free_slots),
                chosen=eligible and line.offer.code in chosen,
                number=number if eligible and number <= 9 else 0,
            )
        )
    return tuple(cards)


def _merged(
    reasons: Sequence[tuple[str, Mapping[str, object]]],
) -> list[tuple[str, dict[str, object]]]:
    # One sentence for all that is missing of a kind. The card names the offer, and without it
    # reasons compare equal between offers.
    merged: dict[str, dict[str, object]] = {}
    for code, facts in reasons:
        known = {name: value for name, value in facts.items() if name != "offer"}
        if "missing" in known:
            earlier = merged.setdefault(code, {"missing": []})["missing"]
            assert isinstance(earlier, list)
            earlier.append(known["missing"])
        else:
            merged[f"{code} {sorted(known.items(), key=str)}"] = known
    return [(key.partition(" ")[0], facts) for key, facts in merged.items()]


def shared_reason(cards: Sequence[OfferCard]) -> Phrase | None:
    """Return the one thing that every offer waits for, when there is just one; else None."""
    if len(cards) < 2 or any(card.status == "eligible" for card in cards):
        return None
    first = cards[0].reasons[:1]
    shared = bool(first) and all(first[0] in card.reasons for card in cards)
    return first[0] if shared else None


def without_reason(cards: Sequence[OfferCard], said: Phrase) -> tuple[OfferCard, ...]:
    """Return the cards without a reason that is said once for all of them."""
    return tuple(
        replace(card, reasons=tuple(reason for reason in card.reasons if reason != said))
        for card in cards
    )
