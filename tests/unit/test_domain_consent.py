"""Consent: nothing is inferred, the last answer counts, the text that was shown is named."""

import hashlib
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import (
    Consent,
    ConsentHow,
    ConsentText,
    Purpose,
    bind_texts,
    check_registration_consents,
    consent_to,
    granted_purposes,
    may_use,
    parse_purpose,
)
from branchdesk.errors import RuleViolation

SERVICE_TEXT = ConsentText(Purpose.SERVICE, "3", Bilingual("我同意。", "I agree."))


def answer(purpose: Purpose, *, granted: bool = True) -> Consent:
    return Consent(purpose, "", "", granted, ConsentHow.VERBAL)


def test_the_hash_is_of_the_exact_chinese_wording() -> None:
    assert SERVICE_TEXT.sha256 == hashlib.sha256("我同意。".encode()).hexdigest()
    given_consent = consent_to(SERVICE_TEXT, granted=True, how=ConsentHow.SIGNATURE)
    assert given_consent.text_version == "3"
    assert given_consent.text_sha256 == SERVICE_TEXT.sha256


def test_what_was_not_asked_is_not_allowed() -> None:
    assert not any(may_use((), purpose) for purpose in Purpose)
    assert not may_use((answer(Purpose.SERVICE),), Purpose.MARKETING_PHONE)


@given(st.lists(st.tuples(st.sampled_from(list(Purpose)), st.booleans())))
def test_the_last_answer_to_a_purpose_counts(answers: list[tuple[Purpose, bool]]) -> None:
    consents = tuple(answer(purpose, granted=granted) for purpose, granted in answers)
    last = dict(answers)
    for purpose in Purpose:
        assert may_use(consents, purpose) is last.get(purpose, False)
    assert granted_purposes(consents) == tuple(p for p in Purpose if last.get(p, False))


def test_registration_needs_service_and_documents_need_their_own_consent() -> None:
    service, sensitive = answer(Purpose.SERVICE), answer(Purpose.SENSITIVE)
    check_registration_consents((service,), has_document=False)
    for order in permutations((service, sensitive)):
        check_registration_consents(order, has_document=True)
    with pytest.raises(RuleViolation, match="consent_service_missing"):
        check_registration_consents((sensitive,), has_document=True)
    with pytest.raises(RuleViolation, match="consent_sensitive_missing"):
        check_registration_consents((service,), has_document=True)
    refused = (service, answer(Purpose.SENSITIVE, granted=False))
    with pytest.raises(RuleViolation, match="consent_sensitive_missing"):
        check_registration_consents(refused, has_document=True)


def test_purposes_are_bound_to_the_text_that_was_shown_and_to_no_other() -> None:
    earlier = Consent(Purpose.SERVICE, "2", "aa", granted=True, how=ConsentHow.PAPER)
    bound = bind_texts((answer(Purpose.SERVICE, granted=False), earlier), [SERVICE_TEXT])
    assert bound[0].text_sha256 == SERVICE_TEXT.sha256
    assert not bound[0].granted
    assert bound[1] is earlier
    with pytest.raises(RuleViolation, match="consent_text_missing"):
        bind_texts((answer(Purpose.PARTNER_SHARE),), [SERVICE_TEXT])


def test_an_unknown_purpose_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RuleViolation) as caught:
        parse_purpose("everything")
    assert caught.value.facts["allowed"] == [purpose.value for purpose in Purpose]
