"""Register a walk-in with consent, and issue what was asked for, in one commit."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from branchdesk.application.intents import intent_uuid, known_intent, part_of
from branchdesk.application.issue_voucher import issue_in, issued_answer
from branchdesk.application.models import (
    MatchReason,
    PersonMatch,
    RegisteredCustomer,
    Session,
    VoucherRecord,
)
from branchdesk.application.ports import Clock, Fact, Randomness, Reading, Store, Unit
from branchdesk.application.shifts import ensure_shift
from branchdesk.domain.consent import Consent, bind_texts, check_registration_consents
from branchdesk.domain.identity import Document, normalise_document
from branchdesk.domain.person import Registration
from branchdesk.domain.phones import normalise_phone
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.sealing import blind_hash


class RegisterCustomer:
    """Record a person, their consents, and the vouchers they leave with."""

    def __init__(self, store: Store, clock: Clock, randomness: Randomness) -> None:
        self._store, self._clock, self._randomness = store, clock, randomness

    def __call__(self, session: Session, registration: Registration) -> RegisteredCustomer:
        """Register, or return what this intent registered before.

        A known phone or document makes a record all the same and names the duplicates. Raises
        RuleViolation when a consent is missing, the intent was used for another person, or one of
        the vouchers asked for may not be issued; nothing is then written.
        """
        with self._store.write(session) as unit:
            event_id = intent_uuid(registration.intent, unit.terminal().terminal, self._randomness)
            hashes = person_hashes(unit, registration.phone, registration.document)
            matches = unit.people_like(hashes)
            known = known_intent(unit, event_id, _body(registration))
            if known is None:
                ensure_shift(self._store, unit, session, self._randomness)
                customer = self._record(unit, registration, event_id, hashes)
            else:
                customer = str(known.refs["customer"])
            duplicates = tuple(match for match in matches if match.customer != customer)
            vouchers = self._issue(unit, registration, event_id, customer, is_new=not duplicates)
        intent = registration.intent or str(event_id)
        answers = tuple(issued_answer(record, None) for record in vouchers)
        return RegisteredCustomer(customer, intent, duplicates, answers)

    def _record(
        self, unit: Unit, registration: Registration, event_id: UUID, hashes: Sequence[bytes]
    ) -> str:
        in_force = unit.campaigns()
        if not in_force:
            raise RuleViolation("campaign_missing")
        texts = in_force[0].campaign.consent_texts
        consents = bind_texts(registration.consents, texts)
        check_registration_consents(consents, has_document=registration.document is not None)
        customer = f"C{event_id.hex}"
        document = registration.document
        fields = {
            "customer": customer,
            "channel": registration.channel.value,
            "referrer": registration.referrer or "",
            "consents": [
                {
                    "purpose": consent.purpose.value,
                    "text_version": consent.text_version,
                    "text_sha256": consent.text_sha256,
                    "granted": consent.granted,
                    "how": consent.how.value,
                }
                for consent in consents
            ],
        }
        personal: dict[str, object] = {
            "name": registration.name,
            "phone": registration.phone,
            "document_type": "" if document is None else document.type.value,
            "document_number": "" if document is None else document.number,
            "interests": list(registration.interests),
            "needs": list(registration.needs),
            "hashes": list(hashes),
            "intent_body": _body(registration),
        }
        drawn = {one.purpose.value: one.signature for one in consents if one.signature}
        if drawn:
            personal["signatures"] = drawn
        refs = {"customer": customer}
        unit.record(Fact(facts.CUSTOMER_REGISTERED, event_id, fields, refs, customer, personal))
        return customer

    def _issue(
        self,
        unit: Unit,
        registration: Registration,
        event_id: UUID,
        customer: str,
        *,
        is_new: bool,
    ) -> tuple[VoucherRecord, ...]:
        now_ms = self._clock.now_ms()
        asked: Counter[str] = Counter()
        records = []
        for offer in registration.issue:
            asked[offer] += 1
            # Asked for twice, an offer is two wishes; the first keeps the plain name.
            wish = f"issue:{offer}" if asked[offer] == 1 else f"issue:{offer}:{asked[offer]}"
            part = part_of(event_id, wish)
            records.append(issue_in(unit, customer, offer, part, now_ms, is_new=is_new))
        return tuple(records)


class FindDuplicates:
    """Find who already has a phone or document while it is being typed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(
        self, phone: str = "", document_type: str = "", document_number: str = ""
    ) -> tuple[PersonMatch, ...]:
        """Return who is known, here or elsewhere; half-typed input matches nothing."""
        with self._store.read() as reading:
            hashes = person_hashes(
                reading, _whole_phone(phone), _whole_document(document_type, document_number)
            )
            return reading.people_like(hashes) if hashes else ()


def person_hashes(
    reading: Reading, phone: str | None, document: Document | None
) -> tuple[bytes, ...]:
    """Return the keyed hashes by which a person is counted: phone first, then document."""
    key = reading.blind_key()
    hashes = [] if phone is None else [blind_hash(key, MatchReason.PHONE.value, phone)]
    if document is not None:
        hashes.append(blind_hash(key, document.type.value, document.number))
    return tuple(hashes)


def _whole_phone(text: str) -> str | None:
    try:
        return normalise_phone(text)
    except RuleViolation:
        return None


def _whole_document(kind: str, number: str) -> Document | None:
    try:
        return normalise_document(kind, number)
    except RuleViolation:
        return None


def _body(registration: Registration) -> bytes:
    document = registration.document
    return facts.intent_body(
        name=registration.name,
        phone=registration.phone,
        document="" if document is None else f"{document.type.value}:{document.number}",
        channel=registration.channel.value,
        interests=list(registration.interests),
        needs=list(registration.needs),
        referrer=registration.referrer or "",
        consents=[_answered(consent) for consent in registration.consents],
        issue=list(registration.issue),
    )


def _answered(consent: Consent) -> list[object]:
    answer: list[object] = [consent.purpose.value, consent.granted, consent.how.value]
    # Only where one was drawn: intents of before keep their bodies.
    return [*answer, consent.signature] if consent.signature else answer
