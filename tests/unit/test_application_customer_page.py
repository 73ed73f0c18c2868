"""One customer's page: masked, whole, newest first, and bounded."""

import pytest

from branchdesk.application.answer_consent import AnswerConsent
from branchdesk.application.confirm_printed import ConfirmPrinted
from branchdesk.application.customer_page import TimelineKind
from branchdesk.application.show_customer_page import TIMELINE_ENTRIES_MAX, ShowCustomerPage
from branchdesk.application.show_customers import RevealCustomer
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.errors import RuleViolation
from tests.fakes.bank import sample_campaign
from tests.fakes.counter import DAY_MS, TELLER, Counter

SHOWN = {
    "document": {"type": "passport", "number": "E12345678"},
    "consents": ["service", "sensitive", {"purpose": "marketing_phone", "granted": False}],
}


def _page_of(counter: Counter) -> ShowCustomerPage:
    return ShowCustomerPage(counter.store, counter.clock)


def test_a_page_shows_the_person_masked() -> None:
    counter = Counter("PHONE10")
    customer = counter.register(**SHOWN, interests=["理财"]).customer

    page = _page_of(counter)(customer)

    assert (page.customer, page.name, page.phone) == (customer, "李*", "138****8000")
    assert (page.document_type, page.document) == ("passport", "E*******8")
    assert (page.channel, page.interests, page.registered_by) == ("counter", ("理财",), "T001")
    assert page.registered_ms == counter.clock.now_ms()
    assert (page.erased, page.more, page.merges) == (False, 0, ())
    assert "8000138000" not in repr(page)
    assert "䶮" not in repr(page)
    assert "12345678" not in repr(page)


def test_every_purpose_is_shown_with_its_last_answer_or_none() -> None:
    counter = Counter()
    page = _page_of(counter)(counter.register(**SHOWN).customer)

    assert [standing.purpose for standing in page.consents] == list(Purpose)
    by_purpose = {standing.purpose: standing for standing in page.consents}
    text = next(t for t in sample_campaign().consent_texts if t.purpose is Purpose.SERVICE)
    service = by_purpose[Purpose.SERVICE]
    assert (service.granted, service.text_version, service.staff) == (True, text.version, "T001")
    assert (service.at_ms, service.how) == (counter.clock.now_ms(), ConsentHow.VERBAL)
    refused = by_purpose[Purpose.MARKETING_PHONE]
    assert (refused.granted, bool(refused.text_version)) == (False, True)
    unasked = by_purpose[Purpose.PARTNER_SHARE]
    assert (unasked.granted, unasked.at_ms, unasked.text_version) == (False, 0, "")


def test_withdrawn_refused_and_never_asked_are_three_different_things() -> None:
    counter = Counter()
    customer = counter.register(**SHOWN).customer
    answer = AnswerConsent(counter.store, counter.randomness)
    for granted in (False, True, False):
        answer(TELLER, customer, Purpose.SERVICE, granted=granted, how=ConsentHow.VERBAL)
    found = {standing.purpose: standing for standing in _page_of(counter)(customer).consents}
    assert found[Purpose.SERVICE].is_withdrawn
    assert not found[Purpose.SENSITIVE].is_withdrawn
    refused, unasked = found[Purpose.MARKETING_PHONE], found[Purpose.PARTNER_SHARE]
    assert (refused.is_asked, refused.is_withdrawn) == (True, False)
    assert (unasked.is_asked, unasked.is_withdrawn) == (False, False)


def test_vouchers_are_good_then_expired_and_revoked_before_either() -> None:
    counter = Counter("PHONE10")
    customer = counter.register(issue=["PHONE10"]).customer
    page = _page_of(counter)

    (voucher,) = page(customer).vouchers
    assert (voucher.offer_code, voucher.standing, voucher.printed) == ("PHONE10", "good", 0)
    assert voucher.name == sample_campaign().offer("PHONE10").name
    counter.clock.advance(400 * DAY_MS)
    assert page(customer).vouchers[0].standing == "expired"
    counter.store.revoke(int(voucher.voucher.split("-")[0]))
    assert page(customer).vouchers[0].standing == "revoked"


def test_the_timeline_tells_what_happened_newest_first() -> None:
    counter = Counter("PHONE10")
    answer = counter.register(issue=["PHONE10"])
    counter.clock.advance(1000)
    RevealCustomer(counter.store, counter.randomness)(
        TELLER, answer.customer, ["phone"], "客户来电核对"
    )
    counter.register(phone="13900139000", issue=["PHONE10"])

    timeline = _page_of(counter)(answer.customer).timeline

    assert [entry.kind for entry in timeline] == [
        TimelineKind.REVEALED, TimelineKind.VOUCHER_ISSUED, TimelineKind.REGISTERED,
    ]  # fmt: skip
    assert timeline[0].facts == {"fields": ["phone"], "reason": "客户来电核对"}
    assert timeline[0].at_ms == timeline[1].at_ms + 1000
    assert timeline[1].facts["voucher"] == answer.vouchers[0].voucher
    assert timeline[2].facts == {"channel": "counter", "purposes": ["service"]}


def test_what_was_printed_is_named_by_its_number() -> None:
    counter = Counter("PHONE10")
    counter.register(phone="13900139000", issue=["PHONE10"])
    answer = counter.register(issue=["PHONE10"])
    confirm = ConfirmPrinted(counter.store, counter.randomness)
    confirm(TELLER, [answer.vouchers[0].voucher], "a4")

    newest = _page_of(counter)(answer.customer).timeline[0]

    assert (newest.kind, newest.facts["numbers"]) == (TimelineKind.VOUCHER_PRINTED, ["2"])


def test_a_long_timeline_is_cut_and_says_how_much_more_there_is() -> None:
    counter = Counter()
    customer = counter.register().customer
    reveal = RevealCustomer(counter.store, counter.randomness)
    for number in range(TIMELINE_ENTRIES_MAX + 2):
        reveal(TELLER, customer, ["phone"], f"第 {number} 次")

    page = _page_of(counter)(customer)

    assert (len(page.timeline), page.more) == (TIMELINE_ENTRIES_MAX, 3)
    assert page.timeline[0].facts["reason"] == f"第 {TIMELINE_ENTRIES_MAX + 1} 次"


def test_a_stranger_has_no_page() -> None:
    with pytest.raises(RuleViolation) as refused:
        _page_of(Counter())("C404")
    assert refused.value.code == "customer_unknown"
