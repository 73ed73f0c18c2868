"""Issuing: a slot is used once, nobody exceeds a limit, and the token proves itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from branchdesk.application.register_customer import person_hashes
from branchdesk.errors import EnvironmentFault, RuleViolation
from branchdesk.protocol.short_code import parse_short_code
from branchdesk.protocol.token import EXPIRY_DAYS_MAX, china_day, day_number, day_of
from tests.fakes.bank import HOLDER_KEY, OFFICE_KEY, TERMINAL_KEY, in_force, sample_campaign
from tests.fakes.counter import DAY_MS, Counter
from tests.fakes.counter import second_reader as second


def _refused(act: Callable[[], object]) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        act()
    return refused.value


def _at(day: date, hour: int = 9) -> int:
    """Return Unix milliseconds of an hour of a day in UTC+8."""
    return int(second.day_starts_at_s(day_number(day))) * 1000 + hour * 3_600_000


def test_the_token_is_good_by_the_second_implementation() -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    answer = desk.issue(customer, "PHONE10")
    token = second.read_token(answer.token)
    second.authenticate(token, [OFFICE_KEY.public_key])
    assert desk.second_verdict(answer.token) == "good"
    assert (token.grant.number, token.voucher.slot) == (answer.grant, answer.slot)
    assert token.grant.terminal_key == TERMINAL_KEY.public_key
    assert token.grant.face_minor == answer.face_minor == 1000
    assert token.voucher.copy == 0
    assert token.voucher.issued_at_s == desk.clock.now_ms() // 1000
    assert second.date_of(token.voucher.expires_day) == answer.expires_on == date(2027, 4, 4)
    holder = second.holder_pseudonym(HOLDER_KEY, answer.grant, answer.slot, "+8613800138000")
    assert token.voucher.holder == holder
    code = parse_short_code(answer.short_code)
    assert (code.grant, code.slot) == (answer.grant, answer.slot)
    assert answer.voucher == f"{answer.grant}-{answer.slot}"


def test_slots_and_numbers_count_up() -> None:
    desk = Counter("PHONE10")
    answers = [
        desk.issue(desk.register(phone=f"1380013{n:04}").customer, "PHONE10") for n in range(5)
    ]
    assert [answer.slot for answer in answers] == [1, 2, 3, 4, 5]
    assert [answer.number for answer in answers] == ["1", "2", "3", "4", "5"]
    assert len({answer.token for answer in answers}) == 5
    assert desk.store.check().ok


# Intents


@pytest.mark.parametrize("intent", ["voucher-1", "0190a1b2-c3d4-7e4f-8a5b-6c7d8e9f0a1b"])
def test_the_same_intent_gives_the_same_voucher(intent: str) -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    first = desk.issue(customer, "PHONE10", intent)
    events = desk.store.state.events
    desk.clock.advance(400 * DAY_MS)
    desk.store.revoke(first.grant)
    desk.store.freeze()
    assert desk.issue(customer, "PHONE10", intent) == first
    assert desk.store.state.events == events


def test_the_intent_that_an_answer_names_finds_it_again() -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    first = desk.issue(customer, "PHONE10")
    assert desk.issue(customer, "PHONE10", first.intent) == first


def test_another_wish_under_the_same_intent_is_refused() -> None:
    desk = Counter("PHONE10", "SPEND200")
    one, other = desk.register().customer, desk.register(phone="13900139000").customer
    desk.issue(one, "PHONE10", "voucher-1")
    before = desk.store.state
    for customer, offer in ((other, "PHONE10"), (one, "SPEND200")):
        wish = _refused(partial(desk.issue, customer, offer, "voucher-1"))
        assert wish.code == "intent_reused"
    assert desk.store.state is before


def test_a_full_disk_uses_no_slot() -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    before = desk.store.state
    desk.store.fail_commit = EnvironmentFault("disk_full", retryable=True)
    with pytest.raises(EnvironmentFault):
        desk.issue(customer, "PHONE10", "voucher-1")
    assert desk.store.state is before
    assert desk.issue(customer, "PHONE10", "voucher-1").slot == 1


# Refusals, with nothing written


def test_unknown_people_and_offers_are_named() -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    before = desk.store.state
    assert _refused(lambda: desk.issue("C404", "PHONE10")).facts["customer"] == "C404"
    unknown = _refused(lambda: desk.issue(customer, "PHONE1O"))
    assert (unknown.code, unknown.facts["offer"]) == ("offer_unknown", "PHONE1O")
    assert "PHONE10" in str(unknown.facts["known"])
    assert desk.store.state is before


def test_a_frozen_terminal_issues_nothing() -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    desk.store.freeze()
    before = desk.store.state
    assert _refused(lambda: desk.issue(customer, "PHONE10")).code == "terminal_frozen"
    assert desk.store.state is before


def test_the_grant_ends_at_its_last_slot() -> None:
    desk = Counter()
    desk.store.lend("PHONE10", slots=2)
    people = [desk.register(phone=f"1380013{n:04}").customer for n in range(3)]
    assert [desk.issue(person, "PHONE10").slot for person in people[:2]] == [1, 2]
    before = desk.store.state
    assert _refused(lambda: desk.issue(people[2], "PHONE10")).code == "grant_exhausted"
    assert desk.store.state is before
    desk.store.lend("PHONE10", slots=1)
    assert desk.issue(people[2], "PHONE10").slot == 1


def test_a_revoked_grant_lends_nothing() -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    desk.store.revoke(70_001)
    assert _refused(lambda: desk.issue(customer, "PHONE10")).code == "grant_exhausted"


def test_the_grant_that_ends_first_is_used_first_and_only_in_its_window() -> None:
    desk = Counter()
    late = desk.store.lend("SPEND200", slots=5).number
    early = desk.store.lend("SPEND200", slots=1, issue_until=date(2027, 1, 4)).number
    coming = desk.store.lend("SPEND200", issue_from=date(2027, 1, 5), issue_until=date(2027, 1, 5))
    customer = desk.register().customer
    assert [desk.issue(customer, "SPEND200").grant for _ in range(2)] == [early, late]
    desk.clock.advance(DAY_MS)
    assert desk.issue(customer, "SPEND200").grant == coming.number


@pytest.mark.parametrize("day", [date(2026, 9, 30), date(2028, 1, 1), date(2028, 6, 1)])
def test_an_offer_out_of_its_days_is_refused(day: date) -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    desk.clock.set_wall(_at(day))
    before = desk.store.state
    assert _refused(lambda: desk.issue(customer, "PHONE10")).code == "offer_not_open"
    assert desk.store.state is before


@pytest.mark.parametrize("day", [date(2026, 10, 1), date(2027, 12, 31)])
@pytest.mark.parametrize("hour", [0, 23])
def test_the_first_and_the_last_day_count_in_china_time(day: date, hour: int) -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    desk.clock.set_wall(_at(day, hour))
    answer = desk.issue(customer, "PHONE10")
    assert desk.second_verdict(answer.token) == "good"


@pytest.mark.parametrize("wall_ms", [0, 1, -86_400_000, 4_102_444_800_000])
def test_a_wrong_clock_refuses_and_never_crashes(wall_ms: int) -> None:
    desk = Counter("PHONE10")
    customer = desk.register().customer
    desk.clock.set_wall(wall_ms)
    assert _refused(lambda: desk.issue(customer, "PHONE10")).code == "offer_not_open"


# Limits


def test_registering_twice_doubles_nothing() -> None:
    desk = Counter("PHONE10")
    first = desk.register().customer
    desk.issue(first, "PHONE10")
    for changes in ({}, {"name": "李龑"}, {"phone": "+86 138-0013-8000"}):
        again = desk.register(**changes).customer
        fault = _refused(partial(desk.issue, again, "PHONE10"))
        assert (fault.code, fault.facts["limit"], fault.facts["issued"]) == ("limit_person", 1, 1)


def test_another_phone_with_the_same_document_doubles_nothing() -> None:
    desk = Counter("PHONE10")
    shown = {
        "document": {"type": "passport", "number": "E12345678"},
        "consents": ["service", "sensitive"],
    }
    desk.issue(desk.register(**shown).customer, "PHONE10")
    again = desk.register(**shown, phone="13900139000").customer
    assert _refused(lambda: desk.issue(again, "PHONE10")).code == "limit_person"
    stranger = desk.register(phone="13700137000").customer
    assert desk.issue(stranger, "PHONE10").slot == 2


def test_what_another_outlet_issued_counts() -> None:
    desk = Counter("PHONE10", "SPEND200")
    with desk.store.read() as reading:
        hashes = person_hashes(reading, "+8613800138000", None)
    today = china_day(desk.clock.now_ms() // 1000)
    desk.store.meet_elsewhere(hashes, {"SPEND200": (today, today), "PHONE10": (today - 40,)})
    customer = desk.register().customer
    assert _refused(lambda: desk.issue(customer, "PHONE10")).code == "limit_person"
    assert _refused(lambda: desk.issue(customer, "SPEND200")).code == "limit_person_day"
    desk.clock.advance(DAY_MS)
    assert desk.issue(customer, "SPEND200").slot == 1


def test_the_limit_of_a_day_ends_at_midnight_in_china_and_that_of_a_person_does_not() -> None:
    desk = Counter("SPEND200")
    customer = desk.register().customer
    desk.clock.set_wall(_at(date(2027, 1, 4), 23))
    for _ in range(2):
        desk.issue(customer, "SPEND200")
    fault = _refused(lambda: desk.issue(customer, "SPEND200"))
    assert (fault.code, fault.facts["limit"]) == ("limit_person_day", 2)
    desk.clock.advance(3_600_000)
    for _ in range(2):
        desk.issue(customer, "SPEND200")
    desk.clock.advance(DAY_MS)
    fault = _refused(lambda: desk.issue(customer, "SPEND200"))
    assert (fault.code, fault.facts["issued"]) == ("limit_person", 4)


def _with(offer_code: str, **changes: object) -> Counter:
    """Return a desk of the sample campaign with one offer changed, and a grant of it."""
    campaign = sample_campaign()
    offers = tuple(
        replace(offer, **changes) if offer.code == offer_code else offer  # type: ignore[arg-type]  # names are checked by replace
        for offer in campaign.offers
    )
    return Counter(offer_code, campaigns=(in_force(replace(campaign, offers=offers)),))


def test_the_limit_of_a_terminal_counts_everybody() -> None:
    desk = _with("PHONE10", per_terminal_day_limit=2)
    people = [desk.register(phone=f"1380013{n:04}").customer for n in range(3)]
    for person in people[:2]:
        desk.issue(person, "PHONE10")
    assert _refused(lambda: desk.issue(people[2], "PHONE10")).code == "limit_terminal_day"
    desk.clock.advance(DAY_MS)
    assert desk.issue(people[2], "PHONE10").slot == 3


def test_a_firm_gets_no_gift_box_and_is_told_so() -> None:
    desk = Counter("GIFTBOX")
    firm = desk.register(
        name="澄湖市某某有限公司",
        document={"type": "uscc", "number": "91350100M000100Y43"},
        consents=["service", "sensitive"],
    ).customer
    assert _refused(lambda: desk.issue(firm, "GIFTBOX")).code == "not_eligible"
    person = desk.register(phone="13900139000").customer
    assert desk.issue(person, "GIFTBOX").face_minor == 8800


# Expiry


@given(st.integers(0, 366), st.integers(0, 450), st.integers(0, 450))
@settings(max_examples=25, deadline=None)
def test_no_voucher_lives_beyond_the_grants_last_day_and_a_year(
    valid_days: int, lasting: int, later: int
) -> None:
    start = date(2026, 10, 1)
    desk = _with("PHONE10", valid_days=valid_days)
    desk.store.revoke(70_001)
    last = min(day_number(start) + lasting, day_number(date(2027, 12, 31)))
    grant = desk.store.lend("PHONE10", issue_from=start, issue_until=day_of(last))
    day = min(day_number(start) + later, last)
    desk.clock.set_wall(_at(day_of(day), 12))
    answer = desk.issue(desk.register().customer, "PHONE10")
    expires = day_number(answer.expires_on)
    assert expires == min(day + valid_days, grant.issue_until + EXPIRY_DAYS_MAX)
    assert desk.second_verdict(answer.token) == "good"
