"""Registration lines: strict, complete about what is wrong, harmless on anything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.domain.bilingual import Bilingual
from branchdesk.domain.consent import ConsentHow, ConsentText, Purpose
from branchdesk.domain.person import (
    TAG_LENGTH_MAX,
    TAGS_MAX,
    Channel,
    Document,
    DocumentType,
    normalise_tags,
    parse_registration,
)
from branchdesk.errors import RuleViolation

TEXTS = [ConsentText(p, "1", Bilingual(f"同意{p.value}", "I agree")) for p in Purpose]


def line(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": "王𬭼",
        "phone": "138 0000 0001",
        "channel": "van",
        "consents": ["service", "sensitive"],
        "document": {"type": "resident_id", "number": "11010519491231002x"},
        "interests": ["购房", " 购房 ", "", "理财"],
        "needs": ["孩子明年出国"],
        "referrer": "R-0001",
        "intent": "w.1",
        "issue": ["PHONE10"],
    }
    return {**fields, **changes}


def refusal_of(**changes: object) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        parse_registration(line(**changes))
    return caught.value


def test_a_whole_line_is_read_into_normal_spellings() -> None:
    registration = parse_registration(line(), TEXTS, how=ConsentHow.PAPER)
    assert registration.name == "王𬭼"
    assert registration.phone == "+8613800000001"
    assert registration.document == Document(DocumentType.RESIDENT_ID, "11010519491231002X")
    assert registration.channel is Channel.VAN
    assert registration.interests == ("购房", "理财")
    assert registration.referrer == "R-0001"
    assert registration.issue == ("PHONE10",)
    assert [consent.purpose for consent in registration.consents] == ["service", "sensitive"]
    assert {consent.how for consent in registration.consents} == {ConsentHow.PAPER}
    assert registration.consents[0].text_sha256 == TEXTS[0].sha256


def test_optional_fields_may_be_absent_or_null() -> None:
    least = {"name": "张三", "phone": "13800000001", "channel": "counter", "consents": ["service"]}
    registration = parse_registration(least)
    optional = dict.fromkeys(("document", "interests", "needs", "referrer", "intent", "issue"))
    assert parse_registration({**least, **optional}) == registration
    assert registration.document is None
    assert registration.issue == ()


def test_a_whole_consent_answer_keeps_the_text_it_names() -> None:
    shown = {"purpose": "service", "text_version": "7", "text_sha256": "ab", "how": "signature"}
    declined = {"purpose": "marketing_phone", "granted": False}
    registration = parse_registration(line(document=None, consents=[shown, declined]), TEXTS)
    assert registration.consents[0].text_version == "7"
    assert registration.consents[0].how is ConsentHow.SIGNATURE
    assert registration.consents[1].granted is False
    assert registration.consents[1].text_version == "1"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": ""}, "name_empty", "name"),
        ({"name": 5}, "field_type", "name"),
        ({"name": "张\u2066三"}, "name_control_character", "name"),
        ({"phone": "1380000000"}, "phone_length", "phone"),
        ({"channel": "drone"}, "channel_unknown", "channel"),
        ({"nickname": "x"}, "field_unknown", "nickname"),
        ({"document": "E12345678"}, "field_type", "document"),
        ({"document": {"type": "passport"}}, "field_missing", "document.number"),
        ({"document": {"type": 1, "number": "E12345678"}}, "field_type", "document.type"),
        (
            {"document": {"type": "passport", "number": "E12345678", "issued": "x"}},
            "field_unknown",
            "document.issued",
        ),
        (
            {"document": {"type": "resident_id", "number": "110105194912310021"}},
            "document_check_digit",
            "document.number",
        ),
        ({"consents": "service"}, "field_type", "consents"),
        ({"consents": ["sensitive"]}, "consent_service_missing", "consents"),
        ({"consents": ["service"]}, "consent_sensitive_missing", "consents"),
        ({"consents": ["service", "all"]}, "purpose_unknown", "consents"),
        ({"consents": ["service", 1]}, "field_type", "consents"),
        ({"consents": [{"purpose": "service", "granted": 1}]}, "field_type", "consents.granted"),
        (
            {"consents": [{"purpose": "service", "how": "nod"}]},
            "consent_how_unknown",
            "consents.how",
        ),
        ({"consents": [{"purpose": "service", "why": ""}]}, "field_unknown", "consents.why"),
        ({"interests": "购房"}, "field_type", "interests"),
        ({"interests": ["x" * (TAG_LENGTH_MAX + 1)]}, "tag_too_long", "interests"),
        ({"needs": [str(n) for n in range(TAGS_MAX + 1)]}, "tags_too_many", "needs"),
        ({"needs": ["a\u202eb"]}, "tag_control_character", "needs"),
        ({"referrer": "张三"}, "reference_invalid", "referrer"),
        ({"intent": ""}, "reference_invalid", "intent"),
        ({"issue": ["PHONE10 "]}, "reference_invalid", "issue"),
        ({"issue": ["PHONE10"] * 21}, "offers_too_many", "issue"),
    ],
)
def test_one_wrong_field_is_named_with_its_reason(
    changes: dict[str, object], code: str, field: str
) -> None:
    violation = refusal_of(**changes)
    assert (violation.code, violation.facts["field"]) == (code, field)


def test_missing_fields_are_named() -> None:
    with pytest.raises(RuleViolation) as caught:
        parse_registration({})
    problems: Any = caught.value.facts["problems"]
    assert caught.value.code == "registration_invalid"
    assert [(p["field"], p["code"]) for p in problems] == [
        ("name", "field_missing"),
        ("phone", "field_missing"),
        ("channel", "field_missing"),
        ("consents", "consent_service_missing"),
    ]


def test_all_wrong_fields_are_told_at_once_with_their_facts() -> None:
    violation = refusal_of(name="张\u202e三", phone="1380000000", color="red")
    problems: Any = violation.facts["problems"]
    assert violation.code == "registration_invalid"
    assert violation.facts["count"] == 3
    assert violation.facts["fields"] == ["color", "name", "phone"]
    assert problems[1]["code_point"] == "U+202E"
    assert problems[2] == {"field": "phone", "code": "phone_length", "found": 10, "expected": 11}


def test_firms_may_have_names_that_people_cannot() -> None:
    firm = {"type": "uscc", "number": "91110000600037341L"}
    registration = parse_registration(line(name="湖滨3号院（集团）公司", document=firm))
    assert registration.name == "湖滨3号院（集团）公司"


def test_tags_keep_their_order_and_lose_repeats() -> None:
    assert normalise_tags(["b", "a ", " b"], field="needs") == ("b", "a")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(line())) | st.text(max_size=5), JSON))
def test_anything_that_json_can_hold_is_read_or_refused(changes: dict[str, object]) -> None:
    facts: dict[str, object] = {"field": "none is wrong"}
    try:
        parse_registration(line(**changes), TEXTS)
    except RuleViolation as violation:
        facts = violation.facts
    assert "field" in facts or "problems" in facts
