"""Texts: every refusal of the domain can be read out in both languages with its facts filled in."""

import datetime
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from branchdesk.application.texts import Texts
from branchdesk.domain import (
    campaign,
    campaign_parts,
    consent,
    eligibility,
    identity,
    names,
    offer,
    person,
    phones,
    reading,
    redeeming,
    signature,
)
from branchdesk.domain.campaign import DayKind, parse_campaign
from branchdesk.domain.consent import Consent, ConsentHow, Purpose, bind_texts
from branchdesk.domain.eligibility import CustomerFacts, IssuedCounts, assess, refusal
from branchdesk.domain.facts import FACT_NAMES
from branchdesk.domain.redeeming import amount_used, check_purchase, check_undo_time
from branchdesk.errors import BranchDeskError

ROOT = Path(__file__).parents[2]
TEXTS: dict[str, dict[str, str]] = json.loads(
    (ROOT / "resources" / "texts" / "domain.json").read_text("utf-8")
)
CAMPAIGN = parse_campaign(
    yaml.safe_load((ROOT / "resources" / "sample" / "campaign.yaml").read_text("utf-8")),
    rules_checked=True,
)
SPEND = replace(CAMPAIGN.offer("SPEND200"), per_terminal_day_limit=1)
KNOWN = CustomerFacts(consents=(Purpose.SERVICE,))
TODAY = datetime.date(2026, 11, 22)
HAN = re.compile(r"[\u4e00-\u9fff]")

LINE: dict[str, object] = {
    "name": "张三",
    "phone": "13800000001",
    "channel": "van",
    "consents": ["service", "sensitive"],
}


def register(**changes: object) -> Callable[[], object]:
    return lambda: person.parse_registration({**LINE, **changes})


def signed(purpose: str, signature: str) -> dict[str, object]:
    return {"purpose": purpose, "how": "signature", "signature": signature}


def document(kind: str, number: str) -> Callable[[], object]:
    return lambda: identity.normalise_document(kind, number)


def refused(
    facts: CustomerFacts = KNOWN, day: datetime.date = TODAY, slots: int = 1, **counts: int
) -> Callable[[], object]:
    def act() -> None:
        raise refusal(assess(SPEND, facts, IssuedCounts(**counts), day, slots))

    return act


def not_eligible() -> None:
    strict = replace(SPEND, tasks_needed=("BIND_PAY",))
    raise refusal(assess(strict, KNOWN, IssuedCounts(), TODAY, 1))


REFUSALS: dict[str, Callable[[], object]] = {
    "signature_empty": lambda: signature.encode_signature([]),
    "signature_too_long": lambda: signature.encode_signature([((0, 0), (4095, 0))] * 65),
    "signature_unreadable": lambda: signature.decode_signature(b"\x02"),
    "name_empty": register(name=" "),
    "name_control_character": register(name="张\u202e三"),
    "name_unassigned": register(name="张\u0378"),
    "name_too_long": register(name="张" * 61),
    "name_no_letter": register(name="·"),
    "phone_empty": register(phone=""),
    "phone_character": register(phone="1380000000O"),
    "phone_length": register(phone="1380000000"),
    "phone_invalid": register(phone="12000000000"),
    "document_type_unknown": document("card", "1"),
    "document_empty": document("passport", ""),
    "document_format": document("passport", "E"),
    "document_old_format": document("resident_id", "110105491231002"),
    "document_region": document("resident_id", "000105194912310021"),
    "document_birth_date": document("resident_id", "110105194902310021"),
    "document_check_digit": document("resident_id", "110105194912310021"),
    "document_type_mismatch": document("resident_id", "810000199003079990"),
    "channel_unknown": register(channel="drone"),
    "purpose_unknown": register(consents=["all"]),
    "consent_how_unknown": register(consents=[{"purpose": "service", "how": "nod"}]),
    "consent_service_missing": register(consents=[]),
    "consent_sensitive_missing": register(
        consents=["service"], document={"type": "passport", "number": "E12345678"}
    ),
    "consent_signature_invalid": register(consents=[signed("service", "no base64")]),
    "consent_signature_how": register(
        consents=[{**signed("service", "AQID"), "how": "paper"}, "sensitive"]
    ),
    "consent_signature_too_large": register(
        consents=[signed("service", "A" * 4 * 1_400), "sensitive"]
    ),
    "consent_signature_sensitive": register(consents=[signed("service", "AQID")]),
    "consent_text_missing": lambda: bind_texts(
        [Consent(Purpose.SERVICE, "", "", granted=True, how=ConsentHow.VERBAL)], []
    ),
    "tag_control_character": register(needs=["\u202e"]),
    "tag_too_long": register(needs=["x" * 31]),
    "tags_too_many": register(needs=[str(n) for n in range(21)]),
    "offers_too_many": register(issue=["A"] * 21),
    "field_unknown": register(color=1),
    "field_missing": lambda: person.parse_registration(
        {key: value for key, value in LINE.items() if key != "name"}
    ),
    "field_type": register(name=1),
    "reference_invalid": register(intent="?"),
    "registration_invalid": register(name="", phone=""),
    "offer_unknown": lambda: CAMPAIGN.offer("NOPE"),
    "offer_not_open": refused(day=datetime.date(2030, 1, 1)),
    "limit_person": refused(person_total=4),
    "limit_person_day": refused(person_today=2),
    "limit_terminal_day": refused(terminal_today=1),
    "consent_missing": refused(CustomerFacts()),
    "grant_exhausted": refused(slots=0),
    "not_eligible": not_eligible,
    "purchase_missing": lambda: check_purchase(SPEND.min_spend_minor, 0),
    "spend_below": lambda: check_purchase(SPEND.min_spend_minor, 19_999),
    "partial_not_allowed": lambda: amount_used(SPEND, 5_000, 5_000, 4_999),
    "amount_too_large": lambda: amount_used(SPEND, 5_000, 0, 5_000),
    "undo_too_late": lambda: check_undo_time(30, 0, 30 * 60_000 + 1),
    "bundle_invalid": lambda: parse_campaign({}),
}


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_every_refusal_reads_well_in_both_languages(code: str) -> None:
    with pytest.raises(BranchDeskError) as caught:
        REFUSALS[code]()
    assert caught.value.code == code
    text = TEXTS[f"error.{code}"]
    said = Texts(TEXTS)
    assert HAN.search(said.error(caught.value, "zh"))
    assert not HAN.search(re.sub(r"[“{].*?[”}]", "", text["en"]))
    for language in ("zh", "en"):
        assert "〔" not in said.error(caught.value, language)


def test_every_error_text_belongs_to_a_refusal_and_every_raised_code_has_one() -> None:
    written = {key.removeprefix("error.") for key in TEXTS if key.startswith("error.")}
    assert written == set(REFUSALS)
    raised: set[str] = set()
    for module in (campaign, consent, eligibility, identity, names, offer, person, phones, reading,
                   redeeming):  # fmt: skip
        source = inspect.getsource(module)
        raised |= set(re.findall(r'(?:RuleViolation|ContractFault)\(\s*"(\w+)"', source))
    assert len(raised) > 30
    assert raised <= written


def labels() -> Iterator[str]:
    for prefix, kind in (
        ("channel", person.Channel),
        ("purpose", consent.Purpose),
        ("consent_how", consent.ConsentHow),
        ("document_type", identity.DocumentType),
        ("phase", campaign_parts.PhaseKind),
        ("outlet_kind", campaign_parts.OutletKind),
        ("role", campaign_parts.Role),
        ("metric", campaign_parts.Metric),
        ("offer_kind", offer.OfferKind),
        ("policy", offer.RedemptionPolicy),
        ("day", DayKind),
    ):
        yield from (f"{prefix}.{member.value}" for member in kind)
    yield from (f"fact.{name}" for name in FACT_NAMES)


def test_every_value_a_person_sees_has_a_label() -> None:
    assert [key for key in labels() if key not in TEXTS] == []


def test_every_bundle_problem_is_explained() -> None:
    problems: set[str] = set()
    for source in Path(reading.__file__).parent.glob("*.py"):
        text = source.read_text("utf-8")
        problems |= set(re.findall(r'refuse\(\s*[^,()]*(?:\([^()]*\)[^,()]*)?,\s*"(\w+)"', text))
    assert len(problems) > 20
    explained = {key.removeprefix("word.problem.") for key in TEXTS if "problem" in key}
    assert problems == explained


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_both_languages_hold_the_same_placeholders(key: str) -> None:
    text = TEXTS[key]
    assert set(text) == {"zh", "en"}
    found = {language: set(re.findall(r"\{(\w+)\}", words)) for language, words in text.items()}
    assert found["zh"] == found["en"]
    assert HAN.search(text["zh"])


def test_a_consent_is_called_by_the_name_that_the_screen_has_for_it() -> None:
    application: dict[str, dict[str, str]] = json.loads(
        (ROOT / "resources" / "texts" / "application.json").read_text("utf-8")
    )
    withdrawn = (
        application["error.consent_service_withdrawn"],
        TEXTS["eligibility.consent_service_withdrawn"],
    )
    for language in ("zh", "en"):
        for said in withdrawn:
            assert TEXTS["purpose.service"][language] in said[language]
        signing = TEXTS["error.consent_signature_sensitive"]
        assert TEXTS["purpose.sensitive"][language] in signing[language]


def test_whoever_stands_at_a_desk_is_sent_to_no_command_of_head_office() -> None:
    seen = ("application", "books", "customer", "desk", "shift", "sync_screen", "verdict", "scan")
    for name in seen:
        text = (ROOT / "resources" / "texts" / f"{name}.json").read_text("utf-8")
        assert not re.search(r"branchdesk office|office lend|lend-book", text), name
