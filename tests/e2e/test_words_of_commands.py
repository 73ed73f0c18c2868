"""What the commands say to people: words in their language, aligned, and no program's names."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.office_process import branchdesk, do, enrol, found_office, free_port, serving, told

# The year where time begins is looked for as a date: an id is hexadecimal and may hold its digits.
RAW = re.compile(r"\b[a-z]+_[a-z_]+\b|=|[{}]|None|True|False|(?<![-0-9a-f])1970\b")
HAN = re.compile(r"[\u4e00-\u9fff]")
AS_TELLER = ("--staff", "T001")
AT_THE_TERMINAL = (
    ("status",), ("check",), ("staff", "list"), ("shift", "show"), ("voucher", "1000001-1"),
    ("customers", "1234", *AS_TELLER), ("customers", "nobody", *AS_TELLER),
)  # fmt: skip
AT_HEAD_OFFICE = (("status",), ("audit",), ("conflicts",), ("staff", "list"))


@dataclass(frozen=True)
class Bank:
    """A head office, and a terminal where one customer was registered."""

    office: Path
    home: Path
    customer: str


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    folder, port = tmp_path_factory.mktemp("bank"), free_port()
    office, home = folder / "office", folder / "terminal"
    found_office(office)
    walk_in = {"name": "王𬭼", "phone": "13900001234", "channel": "counter",
               "consents": ["service"], "issue": ["PHONE10"]}  # fmt: skip
    with serving(office, port):
        enrol(office, home)
        made = do(home, "register", "-", *AS_TELLER, stdin=json.dumps(walk_in)).answer
        do(home, "sync")
    return Bank(office, home, str(made["customer"]))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_command_shows_people_the_names_of_the_program(bank: Bank, language: str) -> None:
    said = {words: told(bank.home, *words, language=language) for words in AT_THE_TERMINAL}
    said |= {
        words: told(bank.office, "office", *words, language=language) for words in AT_HEAD_OFFICE
    }
    said[("customer",)] = told(bank.home, "customer", bank.customer, *AS_TELLER, language=language)
    for words, text in said.items():
        assert RAW.findall(text) == [], (words, text)
        assert bool(HAN.search(text)) or language == "en", (words, text)


def test_who_is_not_found_and_what_was_never_asked_are_said(bank: Bank) -> None:
    nobody = told(bank.home, "customers", "nobody", *AS_TELLER, language="en")
    page = told(bank.home, "customer", bank.customer, *AS_TELLER, language="en")
    answer = do(bank.home, "customer", bank.customer, *AS_TELLER).answer

    assert 'No customer matches "nobody"' in nobody
    assert "not asked" in page
    consents = {line["purpose"]: line for line in answer["consents"]}  # type: ignore[attr-defined]  # JSON
    assert consents["service"]["granted"] is True
    assert {consents["marketing_phone"][name] for name in ("granted", "how", "at")} == {None}


def test_a_batch_answers_a_line_in_words_and_names_the_one_that_failed(bank: Bank) -> None:
    lines = json.dumps({"customer": bank.customer, "offer": "SALON"})
    issued = told(bank.home, "issue", "-", *AS_TELLER, stdin=f"\n{lines}\n")
    failed = branchdesk(bank.home, "issue", "-", *AS_TELLER, stdin=f"{lines}\n\n{{}}\n")

    assert issued.startswith("第 2 行　")
    assert RAW.findall(issued) == []
    assert failed.answers[1]["facts"]["line"] == 3  # type: ignore[index]  # JSON
    assert str(failed.answers[1]["message"]).startswith("第 3 行")
