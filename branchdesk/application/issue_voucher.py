"""Issue one voucher offline: slot, event, counter and print intent in one commit, before paper."""

from datetime import date
from uuid import UUID

from branchdesk.application.intents import intent_uuid, known_intent
from branchdesk.application.missing_customer import missing_customer
from branchdesk.application.models import (
    CampaignInForce,
    CustomerRecord,
    IssuedVoucher,
    OpenGrant,
    Session,
    TerminalCondition,
    VoucherRecord,
)
from branchdesk.application.ports import Clock, Fact, Randomness, Reading, Store, Unit
from branchdesk.application.shifts import ensure_shift
from branchdesk.domain.consent import Purpose
from branchdesk.domain.eligibility import assess, refusal
from branchdesk.domain.facts import CustomerFacts
from branchdesk.domain.identity import Document, DocumentType, age_on, birth_date
from branchdesk.domain.offer import Offer
from branchdesk.domain.person import Channel
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.short_code import format_short_code
from branchdesk.protocol.token import (
    EXPIRY_DAYS_MAX,
    Voucher,
    china_day,
    day_number,
    day_of,
    holder_pseudonym,
    sign_voucher,
    token_text,
)


class IssueVoucher:
    """Use the next slot of a grant for a customer who has earned the offer."""

    def __init__(self, store: Store, clock: Clock, randomness: Randomness) -> None:
        self._store, self._clock, self._randomness = store, clock, randomness

    def __call__(
        self, session: Session, customer: str, offer_code: str, intent: str | None = None
    ) -> IssuedVoucher:
        """Issue, or return what this intent issued before.

        Raises RuleViolation: ``customer_unknown``, ``consent_service_withdrawn``,
        ``offer_unknown``, ``terminal_frozen``, ``grant_exhausted``, a limit, or what the offer's
        rule refuses; nothing is then written.
        """
        with self._store.write(session) as unit:
            event_id = intent_uuid(intent, unit.terminal().terminal, self._randomness)
            ensure_shift(self._store, unit, session, self._randomness)
            record = issue_in(unit, customer, offer_code, event_id, self._clock.now_ms())
        return issued_answer(record, intent)


def issue_in(
    unit: Unit, customer: str, offer_code: str, event_id: UUID, now_ms: int, *, is_new: bool = False
) -> VoucherRecord:
    """Issue inside a unit of work that the caller opened; the same intent issues once."""
    body = facts.intent_body(customer=customer, offer=offer_code)
    known = known_intent(unit, event_id, body)
    if known is not None:
        return _must(
            unit.voucher(facts.voucher_id(int(known.refs["grant"]), int(known.refs["slot"])))
        )
    if unit.terminal().condition is not TerminalCondition.ACTIVE:
        raise RuleViolation("terminal_frozen", terminal=unit.terminal().terminal)
    person = unit.customer(customer)
    if person is None:
        raise missing_customer(unit, customer)
    if has_withdrawn(person):
        raise RuleViolation("consent_service_withdrawn", field="customer", customer=customer)
    in_force, offer = find_offer(unit, offer_code)
    today = china_day(now_ms // 1000)
    grant = unit.open_grant(offer_code, today)
    _check_earned(unit, in_force, offer, person, grant, today=today, is_new=is_new)
    assert grant is not None  # No free slot is one of the reasons just checked.
    last_day = day_number(offer.expires_on(day_of(today)))
    voucher = unsigned_voucher(in_force, grant, person, now_ms // 1000, last_day)
    return record_issue(unit, grant, voucher, person.customer, event_id=event_id, body=body)


def unsigned_voucher(
    in_force: CampaignInForce,
    grant: OpenGrant,
    person: CustomerRecord,
    issued_at: int,
    last_day: int,
) -> Voucher:
    """Return the next slot's voucher for its holder, good to ``last_day`` or what the grant allows.

    ``issued_at`` is Unix seconds, ``last_day`` a day number.
    """
    number, slot = grant.grant.number, grant.next_slot
    holder = holder_pseudonym(in_force.holder_key, number, slot, person.phone)
    last_allowed = grant.grant.issue_until + EXPIRY_DAYS_MAX
    return Voucher(slot, issued_at, min(last_day, last_allowed), holder)


def record_issue(
    unit: Unit,
    grant: OpenGrant,
    voucher: Voucher,
    customer: str,
    *,
    event_id: UUID,
    body: bytes,
    replaces: str = "",
) -> VoucherRecord:
    """Sign a voucher and use its slot; ``replaces`` names the one that it comes in place of."""
    signed = sign_voucher(voucher, grant.grant_bytes, unit.signing_key())
    number, slot = grant.grant.number, voucher.slot
    fields = {
        "customer": customer, "grant": number, "slot": slot, "campaign": grant.campaign,
        "offer_code": grant.offer_code, "voucher": signed.encode(), "number": unit.next_number(),
        "intent_body": body,
    }  # fmt: skip
    name = facts.voucher_id(number, slot)
    refs: dict[str, int | str] = {
        "customer": customer, "grant": number, "slot": slot, "voucher": name,
    }  # fmt: skip
    if replaces:
        refs["replaces"] = replaces
    unit.record(Fact(facts.VOUCHER_ISSUED, event_id, fields, refs))
    return _must(unit.voucher(name))


def has_withdrawn(person: CustomerRecord) -> bool:
    """Say whether a customer has taken back the consent without which nobody is served."""
    return Purpose.SERVICE not in person.granted_purposes


def find_offer(reading: Reading, offer_code: str) -> tuple[CampaignInForce, Offer]:
    """Return the offer with its campaign.

    Raises RuleViolation ``campaign_missing`` before any campaign came, or ``offer_unknown``.
    """
    campaigns = reading.campaigns()
    if not campaigns:
        raise RuleViolation("campaign_missing")
    for in_force in campaigns:
        if offer_code in in_force.numbers:
            return in_force, in_force.campaign.offer(offer_code)
    known = sorted(code for in_force in campaigns for code in in_force.numbers)
    raise RuleViolation("offer_unknown", field="offer", offer=offer_code[:40], known=known)


def facts_about(person: CustomerRecord, today: date, *, is_new: bool | None) -> CustomerFacts:
    """Gather what this terminal lawfully knows of a registered customer."""
    document = None
    if person.document_type:
        document = Document(DocumentType(person.document_type), person.document_number)
    born = None if document is None else birth_date(document)
    return CustomerFacts(
        channel=Channel(person.channel),
        is_new_customer=is_new,
        is_firm=person.document_type == DocumentType.USCC,
        age=None if born is None else age_on(born, today),
        interests=person.interests,
        needs=person.needs,
        consents=tuple(Purpose(purpose) for purpose in person.granted_purposes),
    )


def issued_answer(record: VoucherRecord, intent: str | None) -> IssuedVoucher:
    """Build the answer that the command line prints and the desk shows."""
    return IssuedVoucher(
        voucher=record.voucher,
        intent=intent or str(record.intent),
        customer=record.customer,
        offer_code=record.offer_code,
        grant=record.grant,
        slot=record.slot,
        short_code=format_short_code(record.grant, record.slot, record.voucher_bytes),
        token=token_text(record.grant_bytes, record.voucher_bytes),
        face_minor=record.face_minor,
        expires_on=record.expires_on,
        number=str(record.number),
        copy=record.copy,
    )


def _check_earned(
    unit: Unit,
    in_force: CampaignInForce,
    offer: Offer,
    person: CustomerRecord,
    grant: OpenGrant | None,
    *,
    today: int,
    is_new: bool,
) -> None:
    counts = unit.issued(person.hashes, offer.code, today)
    eligibility = assess(
        offer,
        facts_about(person, day_of(today), is_new=is_new or None),
        counts,
        day_of(today),
        0 if grant is None else grant.free,
        campaign=in_force.campaign,
    )
    if not eligibility.is_eligible:
        raise refusal(eligibility)


def _must(record: VoucherRecord | None) -> VoucherRecord:
    assert record is not None, "a recorded voucher is readable in its own unit of work"
    return record
