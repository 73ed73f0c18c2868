"""Registering: consent first, one record an intent, vouchers in the same commit or nothing."""

from collections.abc import Callable

import pytest

from branchdesk.application.models import MatchReason, PersonMatch
from branchdesk.application.register_customer import FindDuplicates, person_hashes
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.identity import normalise_document
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.event import decode_envelope
from tests.fakes.counter import DAY_MS, TELLER, Counter

PASSPORT = {"type": "passport", "number": "E12345678"}
SHOWN = {"document": PASSPORT, "consents": ["service", "sensitive"]}


def _refused(act: Callable[[], object]) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value


def _types(desk: Counter) -> list[str]:
    return [decode_envelope(event.envelope).type for event in desk.store.state.events]


def test_a_registration_is_one_event_after_the_shift_it_opens() -> None:
    desk = Counter()
    answer = desk.register(**SHOWN, interests=["购房"], needs=["孩子留学"], referrer="R7")
    assert _types(desk) == [facts.SHIFT_OPENED, facts.CUSTOMER_REGISTERED]
    record = desk.store.state.tables.customers[answer.customer]
    assert (record.name, record.phone) == ("李䶮", "+8613800138000")
    assert (record.document_type, record.document_number) == ("passport", "E12345678")
    assert (record.interests, record.needs, record.referrer) == (("购房",), ("孩子留学",), "R7")
    assert record.granted_purposes == ("service", "sensitive")
    assert len(record.hashes) == 2
    assert answer.duplicates == ()
    assert answer.vouchers == ()
    assert desk.store.check().ok


def test_nothing_personal_stands_in_the_clear() -> None:
    desk = Counter()
    desk.register(**SHOWN, interests=["购房"], needs=["孩子留学"])
    for event in desk.store.state.events:
        for secret in ("李", "13800138000", "E12345678", "购房", "孩子留学"):
            assert secret.encode() not in event.envelope + event.payload


def test_the_exact_text_shown_is_named_by_version_and_hash() -> None:
    desk = Counter()
    desk.register(consents=["service", {"purpose": "marketing_phone", "granted": False}])
    payload = facts.decode_payload(
        facts.CUSTOMER_REGISTERED, desk.store.state.events[-1].payload
    )  # fmt: skip
    text = desk.store.state.campaigns[0].campaign.consent_text(Purpose.SERVICE)
    assert payload["consents"][0] == {
        "purpose": "service",
        "text_version": text.version,
        "text_sha256": text.sha256,
        "granted": True,
        "how": ConsentHow.VERBAL.value,
    }
    assert payload["consents"][1]["granted"] is False


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"consents": []}, "consent_service_missing"),
        ({"consents": ["marketing_phone"]}, "consent_service_missing"),
        ({"document": PASSPORT}, "consent_sensitive_missing"),
        ({"consents": [{"purpose": "service", "granted": False}]}, "consent_service_missing"),
    ],
)
def test_without_the_needed_consent_nothing_is_written(
    changes: dict[str, object], code: str
) -> None:
    desk = Counter()
    assert _refused(lambda: desk.register(**changes)).code == code
    assert desk.store.state.events == ()


def test_before_any_campaign_came_nothing_is_written() -> None:
    desk = Counter(campaigns=())
    assert _refused(desk.register).code == "campaign_missing"
    assert desk.store.state.events == ()


# Duplicates


def test_a_known_phone_or_document_makes_a_record_and_names_the_duplicate() -> None:
    desk = Counter()
    first = desk.register(**SHOWN).customer
    by_phone = desk.register(name="王𬭼")
    by_document = desk.register(**SHOWN, phone="13900139000")
    by_both = desk.register(**SHOWN)
    phone, document = MatchReason.PHONE, MatchReason.DOCUMENT
    assert by_phone.duplicates == (PersonMatch(first, phone),)
    assert by_document.duplicates == (PersonMatch(first, document),)
    assert set(by_both.duplicates) == {
        PersonMatch(first, phone),
        PersonMatch(first, document),
        PersonMatch(by_phone.customer, phone),
        PersonMatch(by_document.customer, document),
    }
    assert len(desk.store.state.tables.customers) == 4


def test_somebody_of_another_outlet_is_named_without_a_record() -> None:
    desk = Counter()
    with desk.store.read() as reading:
        hashes = person_hashes(reading, "+8613800138000", None)
    desk.store.meet_elsewhere(hashes)
    assert desk.register().duplicates == (PersonMatch("", MatchReason.PHONE),)


def test_the_same_digits_in_two_kinds_of_document_are_two_people() -> None:
    desk = Counter()
    both = ["service", "sensitive"]
    desk.register(document={"type": "passport", "number": "12345678"}, consents=both)
    other = desk.register(
        phone="13900139000", document={"type": "hmt_permit", "number": "12345678"}, consents=both
    )
    assert other.duplicates == ()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"phone": "138 0013-8000"}, 1),
        ({"phone": "＋86 13800138000"}, 1),
        ({"phone": "1380013800"}, 0),
        ({"phone": ""}, 0),
        ({"document_type": "passport", "document_number": "e1234 5678"}, 1),
        ({"document_type": "passport", "document_number": "E1234"}, 0),
        ({"document_type": "hmt_permit", "document_number": "E12345678"}, 0),
        ({"document_type": "nonsense", "document_number": "E12345678"}, 0),
        ({}, 0),
    ],
)
def test_duplicates_are_found_while_typing(typed: dict[str, str], found: int) -> None:
    desk = Counter()
    desk.register(**SHOWN)
    assert len(FindDuplicates(desk.store)(**typed)) == found


# Intents


@pytest.mark.parametrize("intent", ["line-1", "0190a1b2-c3d4-7e4f-8a5b-6c7d8e9f0a1b", None])
def test_a_retry_gives_the_same_answer_and_writes_nothing(intent: str | None) -> None:
    desk = Counter("PHONE10", "SPEND200")
    first = desk.register(intent=intent, issue=["PHONE10", "SPEND200"])
    events = desk.store.state.events
    desk.clock.advance(DAY_MS)
    again = desk.register(intent=first.intent, issue=["PHONE10", "SPEND200"])
    assert again == first
    assert desk.store.state.events == events
    assert intent in {None, first.intent}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "王五"},
        {"phone": "13900139000"},
        {"channel": "van"},
        {"interests": ["购房"]},
        {"needs": ["装修"]},
        {"referrer": "R1"},
        {"consents": ["service", "marketing_phone"]},
        {"consents": ["service", {"purpose": "service", "how": "paper"}]},
        SHOWN,
        {"issue": []},
        {"issue": ["PHONE10", "SPEND200"]},
    ],
)
def test_the_same_intent_with_another_body_is_refused(changes: dict[str, object]) -> None:
    desk = Counter("PHONE10", "SPEND200")
    desk.register(intent="line-1", issue=["PHONE10"])
    before = desk.store.state
    wish = {"intent": "line-1", "issue": ["PHONE10"], **changes}
    assert _refused(lambda: desk.register(**wish)).code == "intent_reused"
    assert desk.store.state is before


def test_an_event_of_another_kind_cannot_be_taken_for_an_intent() -> None:
    desk = Counter()
    desk.register()
    shift_event = decode_envelope(desk.store.state.events[0].envelope).event_id
    assert _refused(lambda: desk.register(intent=str(shift_event))).code == "intent_reused"


def test_the_intent_of_a_voucher_is_not_that_of_a_person() -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    desk.issue(customer, "PHONE10", "one")
    assert _refused(lambda: desk.register(intent="one")).code == "intent_reused"


# Vouchers in the same commit


def test_vouchers_asked_for_are_issued_in_the_same_commit() -> None:
    desk = Counter("PHONE10", "SPEND200")
    answer = desk.register(issue=["PHONE10", "SPEND200"])
    assert [voucher.offer_code for voucher in answer.vouchers] == ["PHONE10", "SPEND200"]
    assert {voucher.customer for voucher in answer.vouchers} == {answer.customer}
    assert [voucher.number for voucher in answer.vouchers] == ["1", "2"]


def test_an_offer_asked_for_twice_is_issued_twice() -> None:
    desk = Counter("SPEND200")
    answer = desk.register(intent="line-1", issue=["SPEND200", "SPEND200"])
    assert len({voucher.voucher for voucher in answer.vouchers}) == 2
    assert desk.register(intent="line-1", issue=["SPEND200", "SPEND200"]) == answer


@pytest.mark.parametrize(
    ("offers", "code"),
    [
        (["PHONE10", "NOTHING"], "offer_unknown"),
        (["PHONE10", "GIFTBOX"], "grant_exhausted"),
        (["PHONE10", "PHONE10"], "limit_person"),
        (["SPEND200", "SPEND200", "SPEND200"], "limit_person_day"),
        (["PHONE10", "RATE50"], "not_eligible"),
    ],
)
def test_one_voucher_refused_leaves_neither_person_nor_vouchers(
    offers: list[str], code: str
) -> None:
    desk = Counter("PHONE10", "SPEND200", "RATE50")
    before = desk.store.state
    assert _refused(lambda: desk.register(issue=offers)).code == code
    assert desk.store.state is before
    assert desk.register(issue=["PHONE10"]).vouchers[0].slot == 1


def test_a_full_disk_leaves_nothing_and_the_retry_does_everything_once() -> None:
    desk = Counter("PHONE10")
    before = desk.store.state
    desk.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    with pytest.raises(EnvironmentFault):
        desk.register(intent="line-1", issue=["PHONE10"])
    assert desk.store.state is before
    answer = desk.register(intent="line-1", issue=["PHONE10"])
    assert (answer.vouchers[0].slot, answer.vouchers[0].number) == (1, "1")
    assert desk.store.check().ok


def test_a_frozen_terminal_registers_and_does_not_issue() -> None:
    desk = Counter("PHONE10")
    desk.store.freeze()
    assert _refused(lambda: desk.register(issue=["PHONE10"])).code == "terminal_frozen"
    assert desk.register().customer


def test_hashes_count_the_phone_first_and_never_hold_it() -> None:
    desk = Counter()
    with desk.store.read() as reading:
        document = normalise_document("passport", "E12345678")
        both = person_hashes(reading, "+8613800138000", document)
        assert person_hashes(reading, "+8613800138000", None) == both[:1]
        assert person_hashes(reading, None, document) == both[1:]
        assert person_hashes(reading, None, None) == ()
    assert {len(found) for found in both} == {16}


def test_every_event_names_who_acted() -> None:
    desk = Counter("PHONE10")
    desk.register(issue=["PHONE10"])
    acts = [decode_envelope(event.envelope) for event in desk.store.state.events[1:]]
    assert {act.staff for act in acts} == {TELLER.staff}
