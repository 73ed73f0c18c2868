"""Record a new answer to one consent: granted, or withdrawn in one step."""

import hashlib
from collections.abc import Iterable

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.missing_customer import missing_customer
from branchdesk.application.models import CustomerRecord, Session
from branchdesk.application.ports import Fact, Randomness, Reading, Store
from branchdesk.application.show_customer_page import last_answer
from branchdesk.domain.consent import (
    Consent,
    ConsentHow,
    ConsentText,
    Purpose,
    bind_texts,
    check_signatures,
)
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts


class AnswerConsent:
    """Grant or withdraw one purpose; the last answer counts from its commit on."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self,
        session: Session,
        customer: str,
        purpose: Purpose,
        *,
        granted: bool,
        how: ConsentHow,
        signature: bytes = b"",
        intent: str | None = None,
    ) -> None:
        """Record the answer to the text of the campaign in force; the same intent records once.

        Raises RuleViolation ``customer_unknown``, ``campaign_missing`` or ``consent_text_missing``
        (nobody can agree to what was not shown; taking back is always possible), what
        ``check_signatures`` refuses, or ``intent_reused``.
        """
        answer = Consent(purpose, "", "", granted, how, signature)
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            body = _body(customer, answer)
            if known_intent(unit, event_id, body) is not None:
                return
            person = unit.customer(customer)
            if person is None:
                raise missing_customer(unit, customer)
            check_signatures([answer], has_sensitive=_has_sensitive(person, answer))
            bound = _bound(unit, customer, answer)
            fields = {
                "customer": customer,
                "purpose": purpose.value,
                "granted": granted,
                "text_version": bound.text_version,
                "text_sha256": bound.text_sha256,
                "how": how.value,
            }
            personal = {"signature": signature, "intent_body": body}
            refs = {"customer": customer}
            unit.record(Fact(facts.CONSENT_ANSWERED, event_id, fields, refs, customer, personal))


def _body(customer: str, answer: Consent) -> bytes:
    return facts.intent_body(
        customer=customer,
        purpose=answer.purpose.value,
        granted=answer.granted,
        how=answer.how.value,
        signature=hashlib.sha256(answer.signature).digest(),
    )


def _has_sensitive(person: CustomerRecord, answer: Consent) -> bool:
    if answer.purpose is Purpose.SENSITIVE:
        return answer.granted
    return Purpose.SENSITIVE in person.granted_purposes


def _bound(reading: Reading, customer: str, answer: Consent) -> Consent:
    texts = [text for found in reading.campaigns() for text in found.campaign.consent_texts]
    if answer.granted:
        if not texts:
            raise RuleViolation("campaign_missing")
        return bind_texts([answer], _first_of_each(texts))[0]
    if any(text.purpose is answer.purpose for text in texts):
        return bind_texts([answer], _first_of_each(texts))[0]
    # No campaign asks for it any more: what is taken back is what was granted then.
    before = last_answer(reading.happenings(customer), answer.purpose)
    return before or answer


def _first_of_each(texts: Iterable[ConsentText]) -> list[ConsentText]:
    found: dict[Purpose, ConsentText] = {}
    for text in texts:
        found.setdefault(text.purpose, text)
    return list(found.values())
