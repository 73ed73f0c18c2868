"""What this person can have today: eligible first, near ones with what is missing, blocked ones."""

from collections.abc import Mapping
from dataclasses import replace

from branchdesk.application.issue_voucher import facts_about, has_withdrawn
from branchdesk.application.models import CampaignInForce, OfferLine
from branchdesk.application.ports import Clock, Reading, Store
from branchdesk.application.register_customer import person_hashes
from branchdesk.domain.consent import Purpose
from branchdesk.domain.eligibility import EligibilityStatus, IssuedCounts, assess
from branchdesk.domain.facts import CustomerFacts
from branchdesk.domain.identity import Document, age_on, birth_date, normalise_document
from branchdesk.domain.offer import Offer
from branchdesk.domain.person import Channel
from branchdesk.domain.phones import normalise_phone
from branchdesk.errors import RuleViolation
from branchdesk.protocol.token import china_day, day_of

_ORDER = {
    EligibilityStatus.ELIGIBLE: 0,
    EligibilityStatus.NEAR: 1,
    EligibilityStatus.BLOCKED: 2,
}


class ListOffers:
    """Assess every offer of the campaigns in force for one person."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def __call__(
        self, customer: str | None = None, form: Mapping[str, object] | None = None
    ) -> tuple[OfferLine, ...]:
        """Return a line an offer for a registered customer, a half-typed form, or nobody yet."""
        today = china_day(self._clock.now_ms() // 1000)
        with self._store.read() as reading:
            person = self._person(reading, customer, form or {}, today)
            lines = [
                self._line(reading, in_force, offer, person, today)
                for in_force in reading.campaigns()
                for offer in in_force.campaign.offers
            ]
            record = reading.customer(customer) if customer else None
        if record is not None and has_withdrawn(record):
            lines = [_withdrawn(line) for line in lines]
        return tuple(sorted(lines, key=lambda line: _ORDER[EligibilityStatus(line.status)]))

    @staticmethod
    def _person(
        reading: Reading, customer: str | None, form: Mapping[str, object], today: int
    ) -> tuple[CustomerFacts, tuple[bytes, ...]]:
        if customer:
            record = reading.customer(customer)
            if record is not None:
                return facts_about(record, day_of(today), is_new=None), record.hashes
        phone, document = _readable(form)
        hashes = person_hashes(reading, phone, document)
        facts = facts_in_form(form, document, today)
        known = bool(hashes) and bool(reading.people_like(hashes))
        return replace(facts, is_new_customer=not known), hashes

    @staticmethod
    def _line(
        reading: Reading,
        in_force: CampaignInForce,
        offer: Offer,
        person: tuple[CustomerFacts, tuple[bytes, ...]],
        today: int,
    ) -> OfferLine:
        known, hashes = person
        grant = reading.open_grant(offer.code, today)
        free = 0 if grant is None else grant.free
        counts = reading.issued(hashes, offer.code, today) if hashes else IssuedCounts()
        found = assess(offer, known, counts, day_of(today), free, campaign=in_force.campaign)
        reasons = tuple((reason.code, reason.facts) for reason in found.reasons)
        return OfferLine(offer, found.status.value, reasons, free)


def _withdrawn(line: OfferLine) -> OfferLine:
    why = ("consent_service_withdrawn", {"offer": line.offer.code})
    blocked = EligibilityStatus.BLOCKED.value
    return replace(line, status=blocked, reasons=(why, *line.reasons))


def facts_in_form(
    form: Mapping[str, object], document: Document | None, today: int
) -> CustomerFacts:
    """Gather what a half-typed form already tells."""
    born = None if document is None else birth_date(document)
    channel = str(form.get("channel", ""))
    consents = form.get("consents")
    return CustomerFacts(
        channel=Channel(channel) if channel in Channel.__members__.values() else None,
        is_firm=document is not None and document.type.value == "uscc",
        age=None if born is None else age_on(born, day_of(today)),
        interests=_texts(form.get("interests")),
        needs=_texts(form.get("needs")),
        consents=tuple(p for p in Purpose if isinstance(consents, (list, tuple)) and p in consents),
    )


def _readable(form: Mapping[str, object]) -> tuple[str | None, Document | None]:
    phone: str | None = None
    document: Document | None = None
    try:
        phone = normalise_phone(str(form.get("phone", "")))
    except RuleViolation:
        phone = None
    shown = form.get("document")
    if isinstance(shown, Mapping):
        try:
            document = normalise_document(str(shown.get("type", "")), str(shown.get("number", "")))
        except RuleViolation:
            document = None
    return phone, document


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()
