"""Eligibility: one answer for the same facts, reasons in order, and more use never opens a door."""

import datetime
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import Purpose
from branchdesk.domain.eligibility import (
    CustomerFacts,
    EligibilityStatus,
    IssuedCounts,
    assess,
    refusal,
)
from branchdesk.domain.facts import FACT_NAMES, sample_variables
from branchdesk.domain.offer import Offer, OfferKind, RedemptionPolicy
from branchdesk.domain.person import Channel
from branchdesk.domain.rules import check_rule, evaluate_rule
from branchdesk.errors import ContractFault

WORDS = Bilingual("文字", "words")
TODAY = datetime.date(2026, 11, 22)
KNOWN = CustomerFacts(channel=Channel.VAN, consents=(Purpose.SERVICE,), interests=("购房",))
NOTHING = IssuedCounts()
ORDER = [EligibilityStatus.ELIGIBLE, EligibilityStatus.NEAR, EligibilityStatus.BLOCKED]

OFFER = Offer(
    code="PHONE10",
    kind=OfferKind.PHONE_CREDIT,
    name=WORDS,
    face_minor=1000,
    cost_cap_minor=1000,
    budget_minor=100_000,
    count=None,
    policy=RedemptionPolicy.HOME,
    allowance_minor=0,
    issue_from=datetime.date(2026, 10, 1),
    issue_until=datetime.date(2026, 12, 31),
    valid_days=90,
    per_person_limit=2,
    per_day_limit=1,
    per_terminal_day_limit=10,
    forecast=100,
    min_spend_minor=None,
    partial_use=False,
    eligibility="",
    facts_needed=(),
    tasks_needed=(),
    consents_needed=(Purpose.SERVICE,),
    why=WORDS,
    why_not=WORDS,
    terms=(WORDS,),
    disclosures=(),
    substitute="SPEND200",
    stock_item=None,
    approval_no="A1",
)


def codes(offer: Offer, facts: CustomerFacts = KNOWN, counts: IssuedCounts = NOTHING) -> list[str]:
    return [reason.code for reason in assess(offer, facts, counts, TODAY, 5).reasons]


def test_a_customer_within_every_limit_is_eligible() -> None:
    answer = assess(OFFER, KNOWN, NOTHING, TODAY, 1)
    assert answer.is_eligible
    assert [reason.code for reason in answer.reasons] == ["eligible"]


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (datetime.date(2026, 9, 30), False),
        (datetime.date(2026, 10, 1), True),
        (datetime.date(2026, 12, 31), True),
        (datetime.date(2027, 1, 1), False),
    ],
)
def test_the_issue_window_includes_both_ends(day: datetime.date, *, is_open: bool) -> None:
    answer = assess(OFFER, KNOWN, NOTHING, day, 5)
    assert answer.is_eligible is is_open
    if not is_open:
        violation = refusal(answer)
        assert violation.code == "offer_not_open"
        assert violation.facts["opens_on"] == "2026-10-01"


@pytest.mark.parametrize(
    ("counts", "code", "limit", "issued"),
    [
        (IssuedCounts(person_total=2), "limit_person", 2, 2),
        (IssuedCounts(person_total=1, person_today=1), "limit_person_day", 1, 1),
        (IssuedCounts(terminal_today=12), "limit_terminal_day", 10, 12),
    ],
)
def test_limits_refuse_with_limit_and_count(
    counts: IssuedCounts, code: str, limit: int, issued: int
) -> None:
    violation = refusal(assess(OFFER, KNOWN, counts, TODAY, 5))
    assert violation.code == code
    assert violation.facts == {"offer": "PHONE10", "limit": limit, "issued": issued}


def test_reasons_come_in_order_and_all_of_them() -> None:
    offer = replace(OFFER, eligibility="age >= 18", facts_needed=("age",), tasks_needed=("T1",))
    counts = IssuedCounts(person_total=9, person_today=9, terminal_today=99)
    late = datetime.date(2027, 6, 1)
    answer = assess(offer, CustomerFacts(), counts, late, 0)
    assert [reason.code for reason in answer.reasons] == [
        *("offer_not_open", "limit_person", "limit_terminal_day"),
        *("grant_exhausted", "consent_missing", "task_missing", "fact_missing"),
    ]


def test_who_has_all_of_a_campaign_is_not_told_to_come_again_tomorrow() -> None:
    full = IssuedCounts(person_total=OFFER.per_person_limit or 0, person_today=9)
    answer = assess(OFFER, KNOWN, full, TODAY, 5)
    assert [reason.code for reason in answer.reasons] == ["limit_person"]
    some = replace(OFFER, per_person_limit=20)
    again = assess(some, KNOWN, IssuedCounts(person_total=9, person_today=9), TODAY, 5)
    assert [reason.code for reason in again.reasons] == ["limit_person_day"]


def test_an_empty_grant_names_the_substitute() -> None:
    violation = refusal(assess(OFFER, KNOWN, NOTHING, TODAY, 0))
    assert violation.code == "grant_exhausted"
    assert violation.facts == {"offer": "PHONE10", "substitute": "SPEND200"}


def test_a_missing_consent_is_near_and_named() -> None:
    answer = assess(OFFER, replace(KNOWN, consents=()), NOTHING, TODAY, 5)
    assert answer.status is EligibilityStatus.NEAR
    violation = refusal(answer)
    assert (violation.code, violation.facts["purpose"]) == ("consent_missing", "service")


def test_a_missing_fact_or_task_is_near_and_named_never_an_exception() -> None:
    offer = replace(
        OFFER,
        eligibility="aum_minor >= 5000 && idle_months >= 3",
        facts_needed=("aum_minor", "idle_months"),
        tasks_needed=("BIND_PAY",),
    )
    answer = assess(offer, KNOWN, NOTHING, TODAY, 5)
    assert answer.status is EligibilityStatus.NEAR
    violation = refusal(answer)
    assert violation.code == "not_eligible"
    assert violation.facts["missing"] == ["BIND_PAY", "aum_minor", "idle_months"]


def test_a_rule_that_says_no_blocks_and_one_that_can_tell_needs_no_further_fact() -> None:
    rule = replace(OFFER, eligibility="'购房' in interests || aum_minor >= 5000")
    assert codes(rule) == ["eligible"]
    assert codes(rule, replace(KNOWN, interests=())) == ["fact_elsewhere"]
    assert codes(
        replace(OFFER, eligibility="age > 18"), CustomerFacts(consents=KNOWN.consents)
    ) == ["fact_missing"]
    assert codes(rule, replace(KNOWN, interests=(), aum_minor=4999)) == ["not_eligible"]
    assert codes(rule, replace(KNOWN, interests=(), aum_minor=5000)) == ["eligible"]


def test_rules_see_the_day_of_the_week_and_plain_values() -> None:
    weekend = replace(
        OFFER, eligibility="weekday >= 6 && channel == 'van' && 'service' in consents"
    )
    assert assess(weekend, KNOWN, NOTHING, TODAY, 5).is_eligible
    assert not assess(weekend, KNOWN, NOTHING, datetime.date(2026, 11, 23), 5).is_eligible


def test_refusing_an_eligible_customer_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        refusal(assess(OFFER, KNOWN, NOTHING, TODAY, 5))


COUNTS = st.builds(IssuedCounts, st.integers(0, 5), st.integers(0, 5), st.integers(0, 15))
FACTS = st.builds(
    CustomerFacts,
    channel=st.none() | st.sampled_from(list(Channel)),
    is_firm=st.none() | st.booleans(),
    age=st.none() | st.integers(0, 120),
    interests=st.none() | st.lists(st.sampled_from(["购房", "理财"]), max_size=2).map(tuple),
    consents=st.lists(st.sampled_from(list(Purpose)), max_size=3).map(tuple),
    aum_minor=st.none() | st.integers(-(2**62), 2**62),
    tasks_done=st.lists(st.sampled_from(["T1", "T2"]), max_size=2).map(tuple),
)
RULES = st.sampled_from(
    [
        *("", "age >= 60", "!is_firm", "aum_minor + 1 > 5", "'购房' in interests || age < 30"),
        *("channel in ['van', 'counter']", "interests.exists(i, i == '理财') && age > 1"),
    ]
)


@given(RULES, FACTS, COUNTS, st.integers(0, 3))
def test_the_same_facts_give_the_same_answer(
    rule: str, facts: CustomerFacts, counts: IssuedCounts, slots: int
) -> None:
    offer = replace(OFFER, eligibility=rule, tasks_needed=("T1",))
    answer = assess(offer, facts, counts, TODAY, slots)
    assert answer == assess(offer, replace(facts), replace(counts), TODAY, slots)
    assert answer.reasons
    assert answer.is_eligible == (answer.reasons[0].code == "eligible")


@given(RULES, FACTS, st.tuples(COUNTS, COUNTS), st.integers(0, 3), st.integers(0, 3))
def test_more_issued_or_fewer_slots_never_improve_the_answer(
    rule: str, facts: CustomerFacts, counts: tuple[IssuedCounts, IssuedCounts], few: int, extra: int
) -> None:
    offer = replace(OFFER, eligibility=rule)
    some, more = counts
    summed = IssuedCounts(
        some.person_total + more.person_total,
        some.person_today + more.person_today,
        some.terminal_today + more.terminal_today,
    )
    before = assess(offer, facts, some, TODAY, few + extra).status
    after = assess(offer, facts, summed, TODAY, few).status
    assert ORDER.index(after) >= ORDER.index(before)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("age >=", "rule"),
        ("((((" * 100, "rule"),
        ("salary > 1", "rule_fact"),
        ("timestamp('2026-01-01T00:00:00Z') < timestamp('2027-01-01T00:00:00Z')", "rule_function"),
        ("getenv('HOME') == ''", "rule_function"),
        ("age + 1", "rule_type"),
        ("channel > 3", "rule_type"),
        ("1/0 > 1", "rule_type"),
        ("1" + "+1" * 20_000 + " > 1", "too_long"),
        (
            "[1].all(a, [1].all(b, [1].all(c, a == b && b == c)))",
            "rule_loops",
        ),
    ],
)
def test_rules_that_cannot_be_evaluated_safely_are_refused(rule: str, problem: str) -> None:
    with pytest.raises(ContractFault) as caught:
        check_rule(rule, "offers[0].eligibility", FACT_NAMES, sample_variables())
    assert caught.value.code == "bundle_invalid"
    assert caught.value.facts["problem"] == problem
    assert caught.value.facts["path"] == "offers[0].eligibility"


def test_every_fact_has_a_sample_value() -> None:
    assert set(sample_variables()) == set(FACT_NAMES)


def test_an_arithmetic_fault_in_a_rule_is_a_no_not_a_crash() -> None:
    assert evaluate_rule("aum_minor + 9223372036854775807 > 1", {"aum_minor": 5}).holds is False
