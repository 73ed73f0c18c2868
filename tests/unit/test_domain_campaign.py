"""Bundles: read strictly, refused at the exact path, written back without loss."""

import copy
import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from branchdesk.domain.campaign import (
    Campaign,
    PhaseKind,
    campaign_to_mapping,
    parse_campaign,
)
from branchdesk.domain.consent import Purpose
from branchdesk.domain.wording import FORBIDDEN, forbidden_word
from branchdesk.errors import ContractFault, RuleViolation

SAMPLE = Path(__file__).parents[2] / "resources" / "sample" / "campaign.yaml"
BUNDLE: dict[str, Any] = yaml.safe_load(SAMPLE.read_text("utf-8"))
CAMPAIGN: Campaign = parse_campaign(BUNDLE)


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    bundle = copy.deepcopy(BUNDLE)
    change(bundle)
    return bundle


def fault_of(bundle: object) -> dict[str, object]:
    with pytest.raises(ContractFault) as caught:
        parse_campaign(bundle)  # type: ignore[arg-type]  # Wrong types are what is tested.
    assert caught.value.code == "bundle_invalid"
    assert set(caught.value.facts) == {"path", "problem", "expected", "found"}
    return caught.value.facts


def test_a_campaign_survives_json_and_back() -> None:
    mapping = json.loads(json.dumps(campaign_to_mapping(CAMPAIGN)))
    assert parse_campaign(mapping) == CAMPAIGN
    assert campaign_to_mapping(parse_campaign(mapping)) == mapping


def test_checked_rules_need_not_be_compiled_again() -> None:
    assert parse_campaign(BUNDLE, rules_checked=True) == CAMPAIGN


Edit = tuple[str, object]


def put(bundle: dict[str, Any], path: str, value: object) -> None:
    target: Any = bundle
    *steps, last = path.replace("]", "").replace("[", ".").split(".")
    for step in steps:
        target = target[int(step)] if isinstance(target, list) else target[step]
    target[int(last) if isinstance(target, list) else last] = value


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("code", "hx jr", "code"),
        ("version", 0, "range"),
        ("version", True, "type"),
        ("version", "1", "type"),
        ("name.zh", "", "empty"),
        ("name.zh", "活动\u202e", "control_character"),
        ("name.fr", "x", "unknown_key"),
        ("theme", "文字", "type"),
        ("theme.en", "x" * 2001, "too_long"),
        ("extra", 1, "unknown_key"),
        ("phases", [], "count"),
        ("phases[1].kind", "run", "order"),
        ("phases[1].kind", "sprint", "choice"),
        ("phases[1].starts_on", "2026-02-30", "date"),
        ("phases[1].starts_on", datetime.datetime(2026, 9, 1), "date"),  # noqa: DTZ001  (refused)
        ("phases[1].starts_on", "2026-08-31", "overlap"),
        ("phases[2].ends_on", "2026-09-30", "order"),
        ("targets[0].value", -1, "range"),
        ("budget.rewards_percent", 36, "split"),
        ("budget.total_minor", 1_000_000, "budget"),
        ("segments[0].rule", "age >", "rule"),
        ("segments[0].rule", "salary > 1", "rule_fact"),
        ("tasks[1].code", "FIRST_TRANSFER", "duplicate"),
        ("point_rules[3].task", "DANCE", "reference"),
        ("materials[0].body.zh", "最终解释权归我行所有", "forbidden_word"),
        ("talk_tracks[2].offer", "NOPE", "reference"),
        ("partners[0].offers[0]", "NOPE", "reference"),
        ("outlets[1].code", "B001", "duplicate"),
        ("outlets[1].kind", "boat", "choice"),
        ("staff[0].outlets", [], "empty"),
        ("staff[0].outlets[4]", "V009", "reference"),
        ("staff[0].outlets[4]", "B001", "duplicate"),
        ("staff[0].role", "queen", "choice"),
        ("consent_texts[1].purpose", "service", "duplicate"),
        ("holidays[0].holidays[0]", datetime.date(2025, 1, 1), "year"),
        ("holidays[0].workdays[0]", datetime.date(2026, 1, 1), "duplicate"),
        ("offers", {}, "type"),
        ("offers[0]", "PHONE10", "type"),
        ("offers[2].policy", 4, "range"),
        ("offers[2].policy", 2, "allowance_policy"),
        ("offers[2].allowance_minor", None, "allowance_policy"),
        ("offers[2].count", 0, "range"),
        ("offers[0].face_minor", 2**32, "range"),
        ("offers[0].face_minor", 10.5, "type"),
        ("offers[0].cost_cap_minor", 200_000_001, "budget"),
        ("offers[0].budget_minor", 400_000_000, "budget"),
        ("offers[0].valid_days", 367, "range"),
        ("offers[0].issue_from", "2026-08-31", "window"),
        ("offers[0].issue_until", "2028-01-01", "window"),
        ("offers[0].issue_until", "2026-09-01", "order"),
        ("offers[0].per_person_limit", 0, "range"),
        ("offers[0].eligibility", "age > 18", "rule_fact"),
        ("offers[0].facts_needed", ["salary"], "reference"),
        ("offers[0].tasks_needed", ["DANCE"], "reference"),
        ("offers[0].consents_needed", ["all"], "choice"),
        ("offers[0].terms", [], "count"),
        ("offers[0].terms[1].zh", "本品零风险", "forbidden_word"),
        ("offers[0].substitute", "NOPE", "reference"),
        ("offers[0].substitute", "PHONE10", "reference"),
        ("offers[0].approval_no", "", "empty"),
        ("offers[3].disclosures", [], "missing"),
        ("offers[5].code", "PHONE10", "duplicate"),
    ],
)
def test_what_is_wrong_is_named_at_its_place(path: str, value: object, problem: str) -> None:
    fault = fault_of(changed(lambda bundle: put(bundle, path, value)))
    assert fault["problem"] == problem


@pytest.mark.parametrize(
    ("path", "value", "reported"),
    [
        ("offers[2].policy", 9, "offers[2].policy"),
        ("offers[2].terms[1].en", 5, "offers[2].terms[1].en"),
        ("staff[0].outlets[4]", "V009", "staff[0].outlets[4]"),
        ("phases[1].starts_on", "2026-08-31", "phases[1].starts_on"),
        ("holidays[0].holidays[3]", "2027-01-01", "holidays[0].holidays[3]"),
        ("offers[5].eligibility", "age >", "offers[5].eligibility"),
    ],
)
def test_paths_are_exact(path: str, value: object, reported: str) -> None:
    assert fault_of(changed(lambda bundle: put(bundle, path, value)))["path"] == reported


@pytest.mark.parametrize("key", sorted(BUNDLE))
def test_every_part_must_be_there(key: str) -> None:
    fault = fault_of(changed(lambda bundle: bundle.pop(key)))
    assert (fault["path"], fault["problem"]) == (key, "missing")


@pytest.mark.parametrize("key", sorted(set(BUNDLE["offers"][2]) - {"count", "allowance_minor"}))
def test_required_offer_fields_are_missed_and_optional_ones_are_not(key: str) -> None:
    bundle = changed(lambda bundle: bundle["offers"][2].pop(key))
    optional = {
        *("per_person_limit", "per_day_limit", "facts_needed", "eligibility"),
        *("substitute", "stock_item"),
    }
    if key == "facts_needed":
        assert fault_of(bundle)["problem"] == "rule_fact"
    elif key in optional:
        parse_campaign(bundle)
    else:
        fault = fault_of(bundle)
        assert (fault["path"], fault["problem"]) == (f"offers[2].{key}", "missing")


@pytest.mark.parametrize("whole", [None, [], "text", 5])
def test_a_bundle_that_is_no_mapping_is_refused(whole: object) -> None:
    assert fault_of(whole) == {
        "path": "(root)",
        "problem": "type",
        "expected": "mapping",
        "found": type(whole).__name__,
    }


def paths(value: object, path: str = "") -> list[str]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += paths(inner, f"{path}[{index}]")
    return found


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.sampled_from(paths(BUNDLE)),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
def test_any_value_anywhere_is_read_or_refused_and_what_is_read_round_trips(
    path: str, value: object
) -> None:
    bundle = changed(lambda bundle: put(bundle, path, value))
    try:
        campaign = parse_campaign(bundle)
    except ContractFault:
        return
    assert parse_campaign(json.loads(json.dumps(campaign_to_mapping(campaign)))) == campaign


def test_days_fall_into_phases_and_the_campaign_ends() -> None:
    def kind(year: int, month: int, day: int) -> PhaseKind | None:
        phase = CAMPAIGN.phase_on(datetime.date(year, month, day))
        return None if phase is None else phase.kind

    assert kind(2026, 7, 31) is None
    assert kind(2026, 8, 1) is PhaseKind.PREPARE
    assert kind(2026, 9, 30) is PhaseKind.WARM_UP
    assert kind(2027, 12, 31) is PhaseKind.RUN
    assert kind(2028, 1, 31) is PhaseKind.CLOSE
    assert not CAMPAIGN.is_expired(datetime.date(2028, 1, 31))
    assert CAMPAIGN.is_expired(datetime.date(2028, 2, 1))


def test_parts_are_found_by_code() -> None:
    assert CAMPAIGN.offer("SALON").count == 20_000
    assert CAMPAIGN.outlet("V001") is not None
    assert CAMPAIGN.outlet("V009") is None
    assert CAMPAIGN.staff_member("T009") is None
    assert all(CAMPAIGN.consent_text(purpose).purpose is purpose for purpose in Purpose)
    with pytest.raises(RuleViolation) as caught:
        CAMPAIGN.offer("NOPE")
    assert (caught.value.code, caught.value.facts) == ("offer_unknown", {"offer": "NOPE"})


def test_vouchers_expire_within_the_days_a_token_can_carry() -> None:
    for offer in CAMPAIGN.offers:
        last = offer.expires_on(offer.issue_until)
        assert last <= offer.issue_until + datetime.timedelta(days=366)
    assert CAMPAIGN.offer("PHONE10").expires_on(datetime.date(2026, 11, 22)) == datetime.date(
        2027, 2, 20
    )


def test_forbidden_words_are_found_through_spaces_and_punctuation() -> None:
    assert forbidden_word("本活动最终 解释权，归我行所有") == "最终解释权"
    assert forbidden_word("低风险·高收益") == "低风险高收益"
    assert forbidden_word("贷款有风险，借款需谨慎") is None
    assert all(forbidden_word(word) for word in FORBIDDEN)
