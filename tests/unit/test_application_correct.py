"""Corrections: new values shown and searched, the old ones in the history, limits as they were."""

from collections.abc import Callable

import pytest

from branchdesk.application.answer_consent import AnswerConsent
from branchdesk.application.correct_customer import CorrectCustomer
from branchdesk.application.customer_page import Correction, CustomerPage, TimelineKind
from branchdesk.application.show_customer_page import ShowCustomerPage
from branchdesk.application.show_customers import FindCustomers, RevealCustomer
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.errors import RuleViolation
from tests.fakes.counter import TELLER, Counter

SHOWN = {
    "document": {"type": "passport", "number": "E12345678"},
    "consents": ["service", "sensitive"],
}


def _correct(
    counter: Counter, customer: str, *, intent: str | None = None, **changes: object
) -> None:
    wished = {"reason": "填错了", **changes}
    use_case = CorrectCustomer(counter.store, counter.randomness)
    use_case(TELLER, customer, Correction(**wished), intent)  # type: ignore[arg-type]  # the test names the fields


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value.code


def _page(counter: Counter, customer: str) -> CustomerPage:
    return ShowCustomerPage(counter.store, counter.clock)(customer)


def test_new_values_are_shown_found_and_revealed() -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer

    _correct(
        counter, customer, name=" 王芳 ", phone="137 1234 5678", channel="event",
        interests=("理财", "理财"), needs=("贷款",), document_number="E99990000",
    )  # fmt: skip

    page = _page(counter, customer)
    assert (page.name, page.phone, page.channel) == ("王*", "137****5678", "event")
    assert (page.interests, page.needs, page.document) == (("理财",), ("贷款",), "E*******0")
    find = FindCustomers(counter.store)
    assert [line.customer for line in find("王芳")] == [customer]
    for gone in ("李䶮", "8000"):
        assert find(gone) == ()
    reveal = RevealCustomer(counter.store, counter.randomness)
    assert reveal(TELLER, customer, ["phone"], "核对") == {"phone": "+8613712345678"}
    assert counter.store.check().ok


def test_the_history_says_what_changed_masked_by_whom_and_why() -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer
    counter.clock.advance(1000)

    _correct(counter, customer, phone="13712345678", channel="van")

    newest, registered = _page(counter, customer).timeline
    assert (newest.kind, newest.staff) == (TimelineKind.CORRECTED, "T001")
    assert newest.at_ms == registered.at_ms + 1000
    assert newest.facts == {
        "fields": ["phone", "channel"],
        "reason": "填错了",
        "shown": {"phone": ["138****8000", "137****5678"], "channel": ["counter", "van"]},
    }
    assert all(
        "填错了".encode() not in event.payload and b"13712345678" not in event.payload
        for event in counter.store.state.events
    )


def test_the_history_hides_the_document_once_its_consent_is_taken_back() -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer
    _correct(counter, customer, document_number="E99990000")
    answer = AnswerConsent(counter.store, counter.randomness)
    answer(TELLER, customer, Purpose.SENSITIVE, granted=False, how=ConsentHow.VERBAL)

    entry = _page(counter, customer).timeline[1]

    assert (entry.facts["fields"], entry.facts["shown"]) == (["document_number"], {})


def test_a_new_phone_does_not_make_limits_begin_anew() -> None:
    counter = Counter("PHONE10")
    customer = counter.register(issue=["PHONE10"]).customer
    _correct(counter, customer, phone="13712345678")

    assert _refused(lambda: counter.issue(customer, "PHONE10")) == "limit_person"
    for phone in ("13800138000", "13712345678"):
        answer = counter.register(phone=phone)
        first = answer.duplicates[0]
        assert (first.customer, first.why.value) == (customer, "phone")
        assert _refused(
            lambda again=answer.customer: counter.issue(again, "PHONE10")
        ) == "limit_person"  # fmt: skip


def test_a_document_may_be_added_and_taken_away() -> None:
    counter = Counter()
    plain, shown = counter.register().customer, counter.register(**SHOWN).customer
    document = {"document_type": "passport", "document_number": "E99990000"}

    assert _refused(lambda: _correct(counter, plain, **document)) == "consent_sensitive_missing"
    _correct(counter, shown, document_number="")
    assert (_page(counter, shown).document, _page(counter, shown).document_type) == ("", "")
    _correct(counter, shown, **document)
    assert _page(counter, shown).document == "E*******0"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "王芳", "reason": "  "}, "correction_reason_missing"),
        ({}, "correction_empty"),
        ({"name": "李䶮", "phone": "138 0013 8000"}, "correction_empty"),
        ({"name": ""}, "name_empty"),
        ({"phone": "12"}, "phone_length"),
        ({"channel": "moon"}, "channel_unknown"),
        ({"document_type": "passport", "document_number": "?"}, "document_format"),
    ],
)
def test_what_is_no_correction_is_refused_and_leaves_nothing(
    changes: dict[str, object], code: str
) -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer
    before = counter.store.state

    found = _refused(lambda: _correct(counter, customer, **changes))

    assert found == code
    assert counter.store.state is before


def test_the_same_intent_corrects_once_and_another_body_is_refused() -> None:
    counter = Counter()
    customer = counter.register().customer
    _correct(counter, customer, name="王芳", intent="A")
    _correct(counter, customer, name="李娜")
    events = counter.store.state.events

    _correct(counter, customer, name="王芳", intent="A")
    assert counter.store.state.events == events
    assert _refused(lambda: _correct(counter, customer, name="张伟", intent="A")) == "intent_reused"
    assert _refused(lambda: _correct(counter, "C404", name="张伟")) == "customer_unknown"
