"""Every code head office can answer with has words in both languages."""

import json
import re
from pathlib import Path

from branchdesk.headoffice.audit_redemptions import JOURNALS as VOUCHER_JOURNALS
from branchdesk.headoffice.case_news import NUMBERS_MISSING, SLOT_HONOURED
from branchdesk.headoffice.customer_journals import JOURNALS as CUSTOMER_JOURNALS
from branchdesk.headoffice.honouring import REDEMPTION_CASES

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "branchdesk" / "headoffice").glob("*.py"))
AREA: dict[str, dict[str, str]] = json.loads(
    (ROOT / "resources" / "texts" / "headoffice.json").read_text("utf-8")
)
ALL: dict[str, dict[str, str]] = {}
for _file in sorted((ROOT / "resources" / "texts").glob("*.json")):
    ALL.update(json.loads(_file.read_text("utf-8")))
RAISED = re.compile(r"(?:RuleViolation|EnvironmentFault|ContractFault)\(\s*\"(\w+)\"")
COUNTED = re.compile(r"findings\.count\(\"(\w+)\"")
NOTED = re.compile(r"(?:decide\((?:FLAGGED|PARKED|REFUSED)|(?:FLAGGED|REFUSED)), \"(\w+)\"")


def test_every_error_has_its_text() -> None:
    raised = {code for path in SOURCES for code in RAISED.findall(path.read_text("utf-8"))}
    assert len(raised) > 30
    assert sorted(code for code in raised if f"error.{code}" not in ALL) == []


def test_everything_that_is_audited_has_a_name_for_people() -> None:
    counted = {name for path in SOURCES for name in COUNTED.findall(path.read_text("utf-8"))}
    counted |= {table.name for table in (*VOUCHER_JOURNALS, *CUSTOMER_JOURNALS)}
    assert len(counted) > 25
    assert sorted(name for name in counted if f"cli.field.{name}" not in ALL) == []


def test_every_notice_has_its_text() -> None:
    noted = {code for path in SOURCES for code in NOTED.findall(path.read_text("utf-8"))}
    assert len(noted) > 12
    noted |= {"slot_returned", "slot_revoked", "slot_void", "slot_closed", "event_id_repeated"}
    noted |= REDEMPTION_CASES | {SLOT_HONOURED, NUMBERS_MISSING}
    assert sorted(code for code in noted if f"notice.{code}" not in AREA) == []


def test_both_languages_are_there_and_name_the_same_facts() -> None:
    for key, text in AREA.items():
        assert text.keys() == {"zh", "en"}, key
        assert re.search(r"[一-鿿]", text["zh"]), key
        zh, en = (set(re.findall(r"{(\w+)}", text[language])) for language in ("zh", "en"))
        assert zh == en, key
