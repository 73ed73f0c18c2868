"""The sample: a campaign that every rule accepts and two hundred walk-ins that all register."""

import datetime
import json
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import yaml
from stdnum.cn import ric

from branchdesk.domain.campaign import (
    Campaign,
    DayKind,
    OfferKind,
    OutletKind,
    PhaseKind,
    RedemptionPolicy,
    Role,
    parse_campaign,
)
from branchdesk.domain.consent import Purpose, granted_purposes, may_use
from branchdesk.domain.eligibility import IssuedCounts, assess, facts_of
from branchdesk.domain.person import DocumentType, Registration, parse_registration

SAMPLE = Path(__file__).parents[2] / "resources" / "sample"
TODAY = datetime.date(2026, 11, 22)


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return parse_campaign(yaml.safe_load((SAMPLE / "campaign.yaml").read_text("utf-8")))


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    text = (SAMPLE / "walkins.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def walkins(campaign: Campaign, lines: list[dict[str, object]]) -> list[Registration]:
    return [parse_registration(line, campaign.consent_texts, today=TODAY) for line in lines]


def test_the_campaign_runs_now_and_for_a_year(campaign: Campaign) -> None:
    for day in (TODAY, datetime.date(2027, 11, 22)):
        phase = campaign.phase_on(day)
        assert phase is not None
        assert phase.kind is PhaseKind.RUN
        assert all(offer.is_open(day) for offer in campaign.offers)


def test_outlets_staff_and_offers_are_the_agreed_ones(campaign: Campaign) -> None:
    kinds = {outlet.code: outlet.kind for outlet in campaign.outlets}
    assert kinds == {
        **dict.fromkeys(("B001", "B002", "B003"), OutletKind.COUNTER),
        **dict.fromkeys(("V001", "V002"), OutletKind.VAN),
    }
    for code, role in (("T001", Role.TELLER), ("S001", Role.SUPERVISOR)):
        member = campaign.staff_member(code)
        assert member is not None
        assert member.role is role
        assert set(member.outlets) == set(kinds)
    assert {offer.code: offer.policy for offer in campaign.offers} == {
        "PHONE10": RedemptionPolicy.HOME,
        "SPEND200": RedemptionPolicy.KEEPER,
        "GIFTBOX": RedemptionPolicy.ALLOWANCE,
        "RATE50": RedemptionPolicy.ONLINE,
        "FEEFREE": RedemptionPolicy.HOME,
        "SALON": RedemptionPolicy.ONLINE,
    }
    assert {offer.kind for offer in campaign.offers} == set(OfferKind)
    assert campaign.offer("PHONE10").facts_needed == ()


def test_the_budget_is_split_as_the_bank_does(campaign: Campaign) -> None:
    budget = campaign.budget
    shares = budget.promotion_percent, budget.rewards_percent, budget.operations_percent
    assert shares == (40, 35, 25)


def test_every_offer_lends_a_hundred_slots_to_five_terminals(campaign: Campaign) -> None:
    """Even when each takes a month's forecast or half of what is free, and 5 % is kept back."""
    for offer in campaign.offers:
        assert offer.forecast >= 100
        allowances = 5 * offer.allowance_minor
        pool = (offer.budget_minor - allowances) // offer.cost_cap_minor
        pool = min(pool, offer.count or pool)
        free = pool
        for _ in range(5):
            lent = min(offer.forecast * 30, free // 2, free - pool // 20)
            assert lent >= 100, offer.code
            free -= lent


def test_the_calendar_knows_this_year_and_guesses_nothing_for_the_next(campaign: Campaign) -> None:
    assert campaign.day_kind(datetime.date(2026, 10, 10)) is DayKind.WORKDAY  # A Saturday.
    assert campaign.day_kind(datetime.date(2026, 10, 5)) is DayKind.HOLIDAY
    assert campaign.day_kind(datetime.date(2026, 11, 22)) is DayKind.WEEKEND
    assert campaign.day_kind(datetime.date(2027, 2, 6)) is DayKind.HOLIDAY
    assert campaign.day_kind(datetime.date(2027, 2, 10)) is DayKind.UNKNOWN
    assert campaign.day_kind(datetime.date(2028, 1, 1)) is DayKind.UNKNOWN


def test_the_calendar_agrees_with_the_published_one(campaign: Campaign) -> None:
    chinese_calendar = pytest.importorskip("chinese_calendar")
    day = datetime.date(2026, 1, 1)
    while day.year == 2026:
        expected = chinese_calendar.is_workday(day)
        assert (campaign.day_kind(day) is DayKind.WORKDAY) == expected, day
        day += datetime.timedelta(days=1)


def test_two_hundred_walk_ins_register(walkins: list[Registration]) -> None:
    assert len(walkins) == 200
    for walkin in walkins:
        assert may_use(walkin.consents, Purpose.SERVICE)
        assert walkin.document is None or may_use(walkin.consents, Purpose.SENSITIVE)
        assert walkin.referrer is None
        assert all(len(consent.text_sha256) == 64 for consent in walkin.consents)


def test_only_the_last_six_come_back_and_they_ask_for_nothing(
    walkins: list[Registration],
) -> None:
    first, last = walkins[:194], walkins[194:]
    assert all(walkin.issue == ("PHONE10",) for walkin in first)
    assert all(walkin.issue == () for walkin in last)
    assert len({walkin.phone for walkin in first}) == 194
    documents = [walkin.document for walkin in first if walkin.document is not None]
    assert len(set(documents)) == len(documents)
    for walkin in last:
        same_phone = any(walkin.phone == other.phone for other in first)
        assert same_phone or walkin.document in documents


def test_every_walk_in_of_the_first_visit_may_have_the_phone_credit(
    campaign: Campaign, walkins: list[Registration]
) -> None:
    offer = campaign.offer("PHONE10")
    for walkin in walkins[:194]:
        facts = facts_of(walkin, granted_purposes(walkin.consents), TODAY)
        assert assess(offer, facts, IssuedCounts(), TODAY, 1, campaign=campaign).is_eligible


def test_the_walk_ins_bring_hard_names_and_every_document(walkins: list[Registration]) -> None:
    names = [walkin.name for walkin in walkins]
    points = {ord(character) for name in names for character in name}
    assert {0x4DAE, 0x36C3, 0x2CB7C, 0x20BB7, 0x300EE, 0xB7} <= points
    assert any(point > 0xFFFF for point in points)
    assert max(map(len, names)) == 60
    assert min(map(len, names)) == 1
    scripts = {unicodedata.name(chr(point), "?").split()[0] for point in points}
    assert {"CJK", "LATIN", "CYRILLIC", "HANGUL"} <= scripts
    kinds = Counter(walkin.document.type for walkin in walkins if walkin.document is not None)
    assert set(kinds) == set(DocumentType)


def test_made_up_resident_ids_are_valid_and_plainly_made_up(walkins: list[Registration]) -> None:
    for walkin in walkins:
        if walkin.document is not None and walkin.document.type is DocumentType.RESIDENT_ID:
            assert ric.is_valid(walkin.document.number)
            assert walkin.document.number[14:16] == "99"
