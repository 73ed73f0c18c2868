"""Every code that protocol and application raise has words in both languages, facts filled in."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from branchdesk.application.texts import Texts
from branchdesk.errors import ContractFault, RuleViolation

ROOT = Path(__file__).resolve().parents[2]
# Codes that both sides raise are worded once, wherever they were raised first.
FILES = ("protocol", "application", "domain", "headoffice", "recovery")
ENTRIES: dict[str, dict[str, str]] = {}
for _name in FILES:
    _file = ROOT / "resources" / "texts" / f"{_name}.json"
    ENTRIES |= json.loads(_file.read_text(encoding="utf-8"))
TEXTS = Texts(ENTRIES)
OWN = sorted(
    key
    for name in ("protocol", "application")
    for key in json.loads((ROOT / "resources" / "texts" / f"{name}.json").read_text("utf-8"))
)
_RAISERS = {"ContractFault", "RuleViolation", "EnvironmentFault"}


def _raised() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield (code, problem, names of facts) of every fault built in the two packages."""
    for package in ("protocol", "application"):
        for file in sorted((ROOT / "branchdesk" / package).glob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _fault(node)


def _fault(call: ast.Call) -> Iterator[tuple[str, str, frozenset[str]]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    facts = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if name in _RAISERS and words:
        problem = facts.get("problem")
        word = problem.value if isinstance(problem, ast.Constant) else ""
        yield str(words[0]), str(word), frozenset(facts)
    if name == "malformed" and words:
        yield "malformed", str(words[-1]), frozenset(facts) | {"what", "problem"}


RAISED = sorted({(code, problem) for code, problem, _ in _raised()})


def test_the_search_finds_what_is_raised() -> None:
    assert ("enrolment_code_invalid", "address") in RAISED
    assert ("malformed", "not_compressed") in RAISED
    assert ("customer_unknown", "") in RAISED
    assert len(RAISED) > 40


@pytest.mark.parametrize(("code", "problem"), RAISED)
def test_every_code_and_every_problem_has_words(code: str, problem: str) -> None:
    assert TEXTS.has(f"error.{code}")
    if problem:
        assert TEXTS.has(f"error.{code}.{problem}")


def _facts_of(key: str) -> set[str]:
    """Return the facts that every fault behind a text carries."""
    code, _, problem = key.removeprefix("error.").partition(".")
    found = [facts for c, p, facts in _raised() if c == code and problem in {"", p}]
    always = set(frozenset.intersection(*found)) if found else set()
    # The catalogue itself also says every amount in yuan.
    return always | {name.removesuffix("_minor") + "_yuan" for name in always if "_minor" in name}


# Facts that a variable fault carries and no literal shows.
_BY_VARIABLE = {
    "chain_broken": {"seq", "problem"},
    "forged": {"rule"},
    "malformed": {"what", "problem"},
}


@pytest.mark.parametrize("key", OWN)
def test_texts_ask_only_for_facts_that_are_always_there(key: str) -> None:
    code = key.removeprefix("error.").partition(".")[0]
    known = _facts_of(key) | _BY_VARIABLE.get(code, set())
    for language in ("zh", "en"):
        assert set(re.findall(r"\{(\w+)\}", ENTRIES[key][language])) <= known, language


@pytest.mark.parametrize("key", OWN)
def test_both_languages_name_the_same_facts(key: str) -> None:
    zh, en = (sorted(set(re.findall(r"\{(\w+)\}", ENTRIES[key][x]))) for x in ("zh", "en"))
    assert zh == en
    assert re.search(r"[\u4e00-\u9fff]", ENTRIES[key]["zh"])
    assert not re.search(r"[\u4e00-\u9fff]", ENTRIES[key]["en"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_problem_is_said_in_its_own_words(language: str) -> None:
    bad = RuleViolation("enrolment_code_invalid", problem="address")
    assert TEXTS.error(bad, language) == ENTRIES["error.enrolment_code_invalid.address"][language]
    torn = ContractFault("malformed", what="batch", problem="too_large", limit_bytes=7)
    assert "7" in TEXTS.error(torn, language)
    assert "〔" not in TEXTS.error(torn, language)
