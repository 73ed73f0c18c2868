"""Correct what is registered of a customer; what was there before stays in the log and the page."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Final

from branchdesk.application.customer_page import Correction
from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.missing_customer import missing_customer
from branchdesk.application.models import CustomerRecord, Session
from branchdesk.application.ports import Fact, Randomness, Store
from branchdesk.application.reasons import needed_reason
from branchdesk.application.register_customer import person_hashes
from branchdesk.domain.consent import Purpose
from branchdesk.domain.identity import Document, DocumentType, mask_document, normalise_document
from branchdesk.domain.names import mask_name, normalise_name
from branchdesk.domain.person import normalise_tags, parse_channel
from branchdesk.domain.phones import mask_phone, normalise_phone
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts

_FIELDS: Final = (
    "name", "phone", "document_type", "document_number", "channel", "interests", "needs",
)  # fmt: skip


class CorrectCustomer:
    """Put new values in place of what is registered, for a reason.

    The person goes on being counted by every phone and document they ever had here: a correction
    must not make limits begin anew, for them or for another record with the earlier number.
    """

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store, self._randomness = store, randomness

    def __call__(
        self, session: Session, customer: str, correction: Correction, intent: str | None = None
    ) -> None:
        """Record the correction; the same intent records once.

        Raises RuleViolation ``customer_unknown``, ``correction_reason_missing``,
        ``correction_empty``, ``consent_sensitive_missing`` (a document needs it), what a field's
        own form refuses, or ``intent_reused``.
        """
        missing = RuleViolation("correction_reason_missing", field="reason")
        reason = needed_reason(correction.reason, missing)
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            body = _body(customer, correction, reason)
            if known_intent(unit, event_id, body) is not None:
                return
            before = unit.customer(customer)
            if before is None:
                raise missing_customer(unit, customer)
            after = corrected(before, correction)
            changed = [name for name in _FIELDS if getattr(after, name) != getattr(before, name)]
            if not changed:
                raise RuleViolation("correction_empty")
            present = person_hashes(unit, after.phone, _document(after))
            earlier = [value for value in before.hashes if value not in present]
            fields = {"customer": customer, "fields": changed, "channel": after.channel}
            personal = {
                "values": {name: _plain(getattr(after, name)) for name in changed},
                "shown": _shown(before, after, changed),
                "hashes": [*present, *earlier],
                "reason": reason,
                "intent_body": body,
            }
            refs = {"customer": customer}
            unit.record(Fact(facts.CUSTOMER_CORRECTED, event_id, fields, refs, customer, personal))


def corrected(record: CustomerRecord, correction: Correction) -> CustomerRecord:
    """Return the record as it would be, every new value in its normal spelling.

    Raises what the form of a field refuses, or ``consent_sensitive_missing``.
    """
    changed = record
    if correction.name is not None:
        changed = replace(changed, name=normalise_name(correction.name))
    if correction.phone is not None:
        changed = replace(changed, phone=normalise_phone(correction.phone))
    if correction.channel is not None:
        changed = replace(changed, channel=parse_channel(correction.channel).value)
    if correction.interests is not None:
        tags = normalise_tags(correction.interests, field="interests")
        changed = replace(changed, interests=tags)
    if correction.needs is not None:
        changed = replace(changed, needs=normalise_tags(correction.needs, field="needs"))
    return _with_document(changed, correction)


def _with_document(record: CustomerRecord, correction: Correction) -> CustomerRecord:
    if correction.document_type is None and correction.document_number is None:
        return record
    number = _or(correction.document_number, record.document_number)
    if not number.strip():
        return replace(record, document_type="", document_number="")
    if Purpose.SENSITIVE not in record.granted_purposes:
        raise RuleViolation(
            "consent_sensitive_missing", field="document", purpose=Purpose.SENSITIVE.value
        )
    document = normalise_document(_or(correction.document_type, record.document_type), number)
    return replace(record, document_type=document.type.value, document_number=document.number)


def _or(given: str | None, kept: str) -> str:
    return kept if given is None else given


def _document(record: CustomerRecord) -> Document | None:
    if not record.document_number:
        return None
    return Document(DocumentType(record.document_type), record.document_number)


def _shown(
    before: CustomerRecord, after: CustomerRecord, changed: list[str]
) -> Mapping[str, list[object]]:
    masks = {"name": mask_name, "phone": mask_phone, "document_number": mask_document}
    found: dict[str, list[object]] = {}
    for name in changed:
        values = [getattr(record, name) for record in (before, after)]
        mask = masks.get(name)
        found[name] = [mask(value) if mask else _plain(value) for value in values]
    return found


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _body(customer: str, correction: Correction, reason: str) -> bytes:
    wished = {name: _plain(value) for name, value in asdict(correction).items()}
    return facts.intent_body(customer=customer, **{**wished, "reason": reason})
