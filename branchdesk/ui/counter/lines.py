"""Turn what use cases answer into the lines of the counter screen.

Pure: facts become phrases with the campaign's own words in place of codes. This module must not
know Qt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from branchdesk.application.models import (
    CampaignInForce,
    CustomerLine,
    IssuedVoucher,
    MatchReason,
    OfferLine,
    PersonMatch,
    VoucherRecord,
)
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import ConsentText
from branchdesk.domain.facts import FACT_NAMES
from branchdesk.domain.identity import DocumentType
from branchdesk.domain.offer import Offer
from branchdesk.errors import BranchDeskError
from branchdesk.ui.counter.form import FIELD_OF, Field, FormState
from branchdesk.ui.counter.state import (
    BasketLine,
    ConsentLine,
    Hint,
    OfferCard,
    SearchLine,
    VoucherLine,
    WaitingLine,
)
from branchdesk.ui.kit.formats import clock_text, money_text
from branchdesk.ui.kit.words import Phrase, error_phrase, phrase

# Facts that are codes of the domain, and where their words stand in the catalogue.
_WORDED = {"purpose": "purpose", "channel": "channel", "type": "document_type"}


class Book:
    """The campaigns in force, asked for names by code."""

    def __init__(self, campaigns: Sequence[CampaignInForce]) -> None:
        self._campaigns = tuple(found.campaign for found in campaigns)
        self._offers = {offer.code: offer for c in self._campaigns for offer in c.offers}
        self._tasks = {task.code: task.name for c in self._campaigns for task in c.tasks}

    def offer_name(self, code: str) -> Bilingual:
        """Return an offer's name; the code itself when the campaign is gone."""
        offer = self._offers.get(code)
        return Bilingual(code, code) if offer is None else offer.name

    @property
    def consent_texts(self) -> tuple[ConsentText, ...]:
        """The words that ask for each purpose, of the first campaign in force."""
        return self._campaigns[0].consent_texts if self._campaigns else ()

    def value(self, code: str, face_minor: int) -> Phrase:
        """Say what a voucher is worth, in the offer's words while they are known."""
        offer = self._offers.get(code)
        amount = phrase("counter.value", amount=money_text(face_minor))
        return amount if offer is None else value_phrase(offer)

    def consents(self, form: FormState) -> tuple[ConsentLine, ...]:
        """Return what must be asked, with the campaign's exact words and the answers so far."""
        lines = []
        for text in self.consent_texts:
            answer = form.answer(text.purpose)
            lines.append(
                ConsentLine(text.purpose, text.text, text.version, answer.granted, answer.how)
            )
        return tuple(lines)

    def worded(self, facts: Mapping[str, object]) -> dict[str, object]:
        """Put words in place of the codes among some facts."""
        return {name: self._word(name, value) for name, value in facts.items()}

    def _word(self, name: str, value: object) -> object:
        if isinstance(value, list | tuple):
            return [self._word(name, item) for item in value]
        return self._coded(name, value) if isinstance(value, str) else value

    def _coded(self, name: str, value: str) -> object:
        if name in {"offer", "substitute"}:
            return self.offer_name(value)
        if name == "missing":
            return phrase(f"fact.{value}") if value in FACT_NAMES else self._tasks.get(value, value)
        if name == "expected" and value in set(DocumentType):
            return phrase(f"document_type.{value}")
        if name == "field" and value in FIELD_OF:
            return phrase(f"counter.field.{FIELD_OF[value].value}")
        return phrase(f"{_WORDED[name]}.{value}") if name in _WORDED else value

    def error(self, error: Exception) -> Phrase:
        """Return what to say about a failure, with names in place of codes."""
        found = error_phrase(error)
        return Phrase(found.key, self.worded(found.facts))


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
                slots=phrase("counter.slots", count=line.free_slots),
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


def value_phrase(offer: Offer) -> Phrase:
    """Say what an offer is worth; some are worth no amount and are named by their kind."""
    if offer.face_minor == 0:
        return phrase(f"offer_kind.{offer.kind.value}")
    amount = money_text(offer.face_minor)
    if offer.min_spend_minor is not None:
        spend = money_text(offer.min_spend_minor)
        return phrase("counter.value_spend", amount=amount, spend=spend)
    return phrase("counter.value", amount=amount)


def basket_lines(cards: Sequence[OfferCard]) -> tuple[BasketLine, ...]:
    """Return what is about to be issued."""
    return tuple(BasketLine(card.code, card.name, card.value) for card in cards if card.chosen)


def voucher_lines(vouchers: Sequence[IssuedVoucher], book: Book) -> tuple[VoucherLine, ...]:
    """Return what was issued."""
    return tuple(
        VoucherLine(
            voucher=found.voucher,
            name=book.offer_name(found.offer_code),
            value=book.value(found.offer_code, found.face_minor),
            short_code=found.short_code,
            expires_on=found.expires_on,
            number=found.number,
        )
        for found in vouchers
    )


def waiting_lines(records: Sequence[VoucherRecord], book: Book) -> tuple[WaitingLine, ...]:
    """Return what was issued and is not known to be printed."""
    return tuple(
        WaitingLine(
            voucher=found.voucher,
            number=str(found.number),
            name=book.offer_name(found.offer_code),
            issued_at=clock_text(found.issued_at_ms),
        )
        for found in records
        if not found.revoked
    )


def search_line(line: CustomerLine) -> SearchLine:
    """Return a found customer as the list shows them."""
    return SearchLine(line.customer, line.name, line.phone, line.document, line.vouchers)


def duplicate_hints(
    matches: Sequence[tuple[PersonMatch, CustomerLine | None]],
) -> dict[Field, tuple[Hint, ...]]:
    """Sort matches under the field that they are about."""
    places = {
        MatchReason.PHONE: Field.PHONE,
        MatchReason.DOCUMENT: Field.DOCUMENT_NUMBER,
        MatchReason.NAME: Field.NAME,
    }
    hints: dict[Field, tuple[Hint, ...]] = {}
    for match, line in matches:
        place = places[match.why]
        if match.customer and line is not None:
            words = phrase("counter.known_here", name=line.name, phone=line.phone)
            hint = Hint(words, match.customer)
        elif match.customer:
            hint = Hint(phrase("counter.known_here_only"))
        else:
            hint = Hint(phrase("counter.known_elsewhere"))
        if hint not in hints.get(place, ()):
            hints[place] = (*hints.get(place, ()), hint)
    return hints


def field_problems(error: Exception, book: Book) -> dict[Field, Phrase]:
    """Return what is wrong with each field; empty when the error is about no field."""
    if not isinstance(error, BranchDeskError):
        return {}
    listed = error.facts.get("problems")
    problems = listed if isinstance(listed, list) else [{**error.facts, "code": error.code}]
    found: dict[Field, Phrase] = {}
    for problem in problems:
        place = FIELD_OF.get(str(problem.get("field", "")).split("[", maxsplit=1)[0])
        place = place or FIELD_OF.get(str(problem.get("field", "")).partition(".")[0])
        if place is not None and place not in found:
            facts = {name: value for name, value in problem.items() if name != "code"}
            found[place] = Phrase(f"error.{problem['code']}", book.worded(facts))
    return found
