"""Consent answered anew: what was shown, what follows from taking it back, what is drawn."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from branchdesk.application.answer_consent import AnswerConsent
from branchdesk.application.customer_page import ConsentStanding, TimelineKind
from branchdesk.application.list_offers import ListOffers
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.application.show_customers import FindCustomers, RevealCustomer
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.signature import BYTES_MAX
from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from tests.fakes.bank import in_force, sample_campaign
from tests.fakes.counter import TELLER, Counter

SHOWN = {
    "document": {"type": "passport", "number": "E12345678"},
    "consents": ["service", "sensitive"],
}
TEXTS = {text.purpose: text for text in sample_campaign().consent_texts}


def _answer(
    counter: Counter,
    customer: str,
    purpose: Purpose,
    *,
    granted: bool,
    how: ConsentHow = ConsentHow.VERBAL,
    signature: bytes = b"",
    intent: str | None = None,
) -> None:
    use_case = AnswerConsent(counter.store, counter.randomness)
    use_case(
        TELLER, customer, purpose, granted=granted, how=how, signature=signature, intent=intent
    )


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value.code


def _standing(counter: Counter, customer: str, purpose: Purpose) -> ConsentStanding:
    page = ShowCustomerPage(counter.store, counter.clock)(customer)
    return next(found for found in page.consents if found.purpose is purpose)


def test_a_consent_is_given_later_and_taken_back_in_one_step() -> None:
    counter = Counter()
    customer = counter.register().customer
    purpose = Purpose.MARKETING_PHONE

    _answer(counter, customer, purpose, granted=True, how=ConsentHow.PAPER)
    given = _standing(counter, customer, purpose)
    counter.clock.advance(1000)
    _answer(counter, customer, purpose, granted=False)
    taken = _standing(counter, customer, purpose)

    assert (given.granted, given.how, given.staff) == (True, ConsentHow.PAPER, "T001")
    assert given.text_version == TEXTS[purpose].version
    assert (taken.granted, taken.at_ms) == (False, given.at_ms + 1000)
    page = ShowCustomerPage(counter.store, counter.clock)(customer)
    assert [entry.kind for entry in page.timeline] == [
        TimelineKind.CONSENT_WITHDRAWN, TimelineKind.CONSENT_GRANTED, TimelineKind.REGISTERED,
    ]  # fmt: skip
    assert page.timeline[1].facts == {
        "purpose": "marketing_phone", "text_version": TEXTS[purpose].version, "how": "paper",
        "has_signature": False,
    }  # fmt: skip
    assert counter.store.check().ok


def test_the_event_names_the_exact_text() -> None:
    counter = Counter()
    customer = counter.register().customer

    _answer(counter, customer, Purpose.PARTNER_SHARE, granted=True)

    sent = counter.store.state.events[-1]
    fields = facts.decode_payload(facts.CONSENT_ANSWERED, sent.payload)
    assert fields["text_sha256"] == TEXTS[Purpose.PARTNER_SHARE].sha256
    assert decode_envelope(sent.envelope).refs == {"customer": customer}


def test_after_taking_back_service_nothing_more_is_issued_until_it_is_given_again() -> None:
    counter = Counter("PHONE10")
    customer = counter.register().customer
    _answer(counter, customer, Purpose.SERVICE, granted=False)
    before = counter.store.state

    assert _refused(lambda: counter.issue(customer, "PHONE10")) == "consent_service_withdrawn"
    assert counter.store.state is before
    lines = ListOffers(counter.store, counter.clock)(customer)
    assert {line.status for line in lines} == {"blocked"}
    assert {line.reasons[0][0] for line in lines} == {"consent_service_withdrawn"}

    _answer(counter, customer, Purpose.SERVICE, granted=True)
    assert counter.issue(customer, "PHONE10").offer_code == "PHONE10"


def test_an_intent_that_issued_before_still_finds_its_voucher_after_a_withdrawal() -> None:
    counter = Counter("PHONE10")
    customer = counter.register().customer
    issued = counter.issue(customer, "PHONE10", "before")
    _answer(counter, customer, Purpose.SERVICE, granted=False)

    assert counter.issue(customer, "PHONE10", "before") == issued


def test_after_taking_back_sensitive_the_document_is_not_shown_found_or_revealed() -> None:
    counter = Counter("PHONE10")
    customer = counter.register(**SHOWN, issue=["PHONE10"]).customer
    find = FindCustomers(counter.store)
    assert find("5678")

    _answer(counter, customer, Purpose.SENSITIVE, granted=False)

    assert find("5678") == ()
    page = ShowCustomerPage(counter.store, counter.clock)(customer)
    assert (page.document, page.document_type) == ("", "")
    reveal = RevealCustomer(counter.store, counter.randomness)
    assert reveal(TELLER, customer, ["document_number"], "核对") == {"document_number": ""}
    # Giving the consent again does not bring back a number that has to be shown again.
    _answer(counter, customer, Purpose.SENSITIVE, granted=True)
    assert ShowCustomerPage(counter.store, counter.clock)(customer).document == ""
    assert counter.store.check().ok


def test_limits_go_on_counting_by_the_document_that_is_no_longer_shown() -> None:
    counter = Counter("PHONE10")
    customer = counter.register(**SHOWN, issue=["PHONE10"]).customer
    _answer(counter, customer, Purpose.SENSITIVE, granted=False)
    again = counter.register(**SHOWN, phone="13900139000").customer

    assert _refused(lambda: counter.issue(again, "PHONE10")) == "limit_person"


@pytest.mark.parametrize("granted", [True, False])
def test_a_signature_needs_the_consent_to_sensitive_data(granted: bool) -> None:
    counter = Counter()
    plain, shown = counter.register().customer, counter.register(**SHOWN).customer

    def sign(customer: str, purpose: Purpose = Purpose.MARKETING_PHONE) -> None:
        _answer(
            counter, customer, purpose, granted=granted, how=ConsentHow.SIGNATURE,
            signature=b"drawn",
        )  # fmt: skip

    assert _refused(lambda: sign(plain)) == "consent_signature_sensitive"
    sign(shown)
    assert _standing(counter, shown, Purpose.MARKETING_PHONE).has_signature
    # With the answer that gives the consent it may be kept, with the one that takes it back not.
    if granted:
        sign(plain, Purpose.SENSITIVE)
        assert _standing(counter, plain, Purpose.SENSITIVE).has_signature
    else:
        assert _refused(lambda: sign(shown, Purpose.SENSITIVE)) == "consent_signature_sensitive"


def test_a_signature_is_sealed_and_bounded() -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer

    def sign(signature: bytes, how: ConsentHow = ConsentHow.SIGNATURE) -> None:
        _answer(counter, customer, Purpose.SERVICE, granted=True, how=how, signature=signature)

    largest = b"a drawn line" + bytes(BYTES_MAX - 12)
    sign(largest)
    assert all(b"a drawn line" not in event.payload for event in counter.store.state.events)
    assert _refused(lambda: sign(largest + b"\0")) == "consent_signature_too_large"
    assert _refused(lambda: sign(b"drawn", ConsentHow.PAPER)) == "consent_signature_how"


def test_the_same_intent_answers_once_and_another_body_is_refused() -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer
    _answer(counter, customer, Purpose.MARKETING_PHONE, granted=True, intent="A")
    before = counter.store.state

    _answer(counter, customer, Purpose.MARKETING_PHONE, granted=True, intent="A")
    assert counter.store.state.events == before.events
    for change in ({"granted": False}, {"granted": True, "how": ConsentHow.PAPER}):
        code = _refused(
            lambda change=change: _answer(
                counter, customer, Purpose.MARKETING_PHONE, intent="A", **change
            )
        )
        assert code == "intent_reused"


def test_a_stranger_answers_nothing() -> None:
    counter = Counter()
    assert _refused(
        lambda: _answer(counter, "C404", Purpose.SERVICE, granted=False)
    ) == "customer_unknown"  # fmt: skip


def test_taking_back_is_possible_when_no_campaign_asks_any_more() -> None:
    counter = Counter()
    customer = counter.register(consents=["service", "partner_share"]).customer
    version = TEXTS[Purpose.PARTNER_SHARE].version
    kept = tuple(t for t in sample_campaign().consent_texts if t.purpose is Purpose.SERVICE)
    fewer = in_force(replace(sample_campaign(), consent_texts=kept))
    counter.store.state = replace(counter.store.state, campaigns=(fewer,))

    def answer(granted: bool) -> None:
        _answer(counter, customer, Purpose.PARTNER_SHARE, granted=granted)

    answer(granted=False)
    taken = _standing(counter, customer, Purpose.PARTNER_SHARE)
    assert (taken.granted, taken.text_version) == (False, version)
    assert _refused(lambda: answer(granted=True)) == "consent_text_missing"


# At registration


def test_a_signature_travels_with_the_registration_sealed() -> None:
    counter = Counter()
    signed = {"purpose": "service", "how": "signature", "signature": "ZHJhd24="}
    customer = counter.register(consents=[signed, "sensitive"]).customer

    assert _standing(counter, customer, Purpose.SERVICE).has_signature
    assert not _standing(counter, customer, Purpose.SENSITIVE).has_signature
    assert all(b"drawn" not in event.payload for event in counter.store.state.events)
    with counter.store.read() as reading:
        (registered,) = reading.happenings(customer)
    assert (registered.personal or {})["signatures"] == {"service": b"drawn"}
    assert counter.store.check().ok


def test_without_a_signature_the_registration_has_the_bytes_of_before() -> None:
    counter = Counter()
    customer = counter.register().customer
    with counter.store.read() as reading:
        (registered,) = reading.happenings(customer)
    assert "signatures" not in (registered.personal or {})


@pytest.mark.parametrize(
    ("consent", "code"),
    [
        ({"signature": "ZHJhd24="}, "consent_signature_how"),
        ({"signature": "ZHJhd24=", "how": "signature"}, "consent_signature_sensitive"),
        ({"signature": "*", "how": "signature"}, "consent_signature_invalid"),
    ],
)
def test_a_registration_with_a_signature_that_may_not_be_kept_is_refused(
    consent: dict[str, object], code: str
) -> None:
    counter = Counter()
    assert _refused(
        lambda: counter.register(consents=[{"purpose": "service", **consent}])
    ) == code  # fmt: skip
    assert counter.store.state.events == ()


def test_another_signature_is_another_registration() -> None:
    counter = Counter()

    def register(signature: str) -> str:
        signed = {"purpose": "service", "how": "signature", "signature": signature}
        return counter.register(consents=[signed, "sensitive"], intent="W").customer

    assert register("ZHJhd24=") == register("ZHJhd24=")
    assert _refused(lambda: register("b3RoZXI=")) == "intent_reused"
