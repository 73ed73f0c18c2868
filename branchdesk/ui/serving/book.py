"""The campaigns in force, asked for names by code; and problems sorted beside their fields.

Pure: facts become phrases with the campaign's own words in place of codes. This module must not
know Qt.
"""

from collections.abc import Mapping, Sequence

from branchdesk.application.models import CampaignInForce
from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.campaign_parts import TalkTrack
from branchdesk.domain.consent import ConsentText
from branchdesk.domain.facts import FACT_NAMES
from branchdesk.domain.identity import DocumentType
from branchdesk.domain.offer import Offer
from branchdesk.errors import BranchDeskError
from branchdesk.ui.kit.formats import money_text
from branchdesk.ui.kit.words import Phrase, error_phrase, phrase
from branchdesk.ui.serving.person_fields import FIELD_OF, Field

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

    @property
    def talk_tracks(self) -> tuple[TalkTrack, ...]:
        """What staff may say, of the first campaign in force."""
        return self._campaigns[0].talk_tracks if self._campaigns else ()

    def value(self, code: str, face_minor: int) -> Phrase:
        """Say what a voucher is worth, in the offer's words while they are known."""
        offer = self._offers.get(code)
        amount = phrase("serving.value", amount=money_text(face_minor))
        return amount if offer is None else value_phrase(offer)

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
            return phrase(f"serving.field.{FIELD_OF[value].value}")
        return phrase(f"{_WORDED[name]}.{value}") if name in _WORDED else value

    def error(self, error: Exception) -> Phrase:
        """Return what to say about a failure, with names in place of codes."""
        found = error_phrase(error)
        return Phrase(found.key, self.worded(found.facts))


def value_phrase(offer: Offer) -> Phrase:
    """Say what an offer is worth; some are worth no amount and are named by their kind."""
    if offer.face_minor == 0:
        return phrase(f"offer_kind.{offer.kind.value}")
    amount = money_text(offer.face_minor)
    if offer.min_spend_minor is not None:
        spend = money_text(offer.min_spend_minor)
        return phrase("serving.value_spend", amount=amount, spend=spend)
    return phrase("serving.value", amount=amount)


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
