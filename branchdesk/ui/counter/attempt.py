"""The jobs of the counter that run on the store lane: look, register, issue, print.

Each is one function of values, so that it can run away from the window. This module must not know
Qt or what is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from branchdesk.application.models import (
    CustomerLine,
    IssuedVoucher,
    MatchReason,
    OfferLine,
    PersonMatch,
    Session,
)
from branchdesk.domain.clock import china_date
from branchdesk.domain.consent import ConsentHow, ConsentText
from branchdesk.domain.person import Registration, parse_registration
from branchdesk.domain.signature import encode_signature
from branchdesk.errors import BranchDeskError
from branchdesk.ui.counter.draft import NAME, Draft, to_content
from branchdesk.ui.counter.form import FormState, offer_mapping, registration_mapping
from branchdesk.ui.shell.services import DeskServices

_NAME_HINTS_MAX: Final = 3
_NAME_LENGTH_MIN: Final = 2
# Long enough to tell people apart, and without the country code that somebody may have typed.
_TAIL: Final = 11
_SAME_TAIL_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known about a half-typed form or a chosen customer."""

    matches: tuple[tuple[PersonMatch, CustomerLine | None], ...]
    namesakes: tuple[CustomerLine, ...]
    offers: tuple[OfferLine, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt led to; ``trouble`` stopped it before all offers were issued."""

    vouchers: tuple[IssuedVoucher, ...]
    registered: bool
    trouble: BranchDeskError | None = None


def look(services: DeskServices, form: FormState, customer: str) -> Findings:
    """Find duplicates and namesakes of a form, and assess the offers."""
    if customer:
        return Findings((), (), services.list_offers(customer, None))
    name = form.name.strip()
    matches = services.find_duplicates(form.phone, form.document_type, form.document_number)
    return Findings(
        tuple((match, _line(services, form, match)) for match in matches),
        services.find_customers(name, _NAME_HINTS_MAX) if len(name) >= _NAME_LENGTH_MIN else (),
        services.list_offers(None, offer_mapping(form)),
    )


def register(
    services: DeskServices, session: Session, draft: Draft, texts: tuple[ConsentText, ...]
) -> Outcome:
    """Register the form and issue the basket in one commit; the draft is durable before."""
    mapping = registration_mapping(draft.form, draft.intents[""], draft.basket)
    today = china_date(services.now_ms())
    registration = _signed(parse_registration(mapping, texts, today=today), draft.form)
    services.drafts.save(NAME, to_content(draft))
    answer = services.register_customer(session, registration)
    services.drafts.discard(NAME)
    return Outcome(answer.vouchers, registered=True)


def _signed(registration: Registration, form: FormState) -> Registration:
    """Put what was drawn under every consent; raises what ``encode_signature`` refuses."""
    if form.how is not ConsentHow.SIGNATURE:
        return registration
    signature = encode_signature(form.signature)
    return replace(
        registration,
        consents=tuple(
            replace(consent, signature=signature) if consent.granted else consent
            for consent in registration.consents
        ),
    )


def issue(services: DeskServices, session: Session, draft: Draft) -> Outcome:
    """Issue the basket to the chosen customer, one commit an offer; stop at the first refusal."""
    assert draft.person is not None
    services.drafts.save(NAME, to_content(draft))
    issued: list[IssuedVoucher] = []
    intents: Mapping[str, str] = draft.intents
    for code in draft.basket:
        try:
            answer = services.issue_voucher(session, draft.person.customer, code, intents[code])
        except BranchDeskError as trouble:
            if not issued:
                raise
            return Outcome(tuple(issued), registered=False, trouble=trouble)
        issued.append(answer)
    services.drafts.discard(NAME)
    return Outcome(tuple(issued), registered=False)


def _line(services: DeskServices, form: FormState, match: PersonMatch) -> CustomerLine | None:
    """Find the masked line of a match that is held here, by what it matched with."""
    if not match.customer:
        return None
    typed = form.document_number if match.why is MatchReason.DOCUMENT else form.phone
    query = "".join(character for character in typed if character.isalnum())[-_TAIL:]
    found = services.find_customers(query, _SAME_TAIL_MAX)
    return next((line for line in found if line.customer == match.customer), None)
