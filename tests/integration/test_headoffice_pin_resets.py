"""A forgotten PIN needs a supervisor's signed request and head office's code: neither is enough."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from branchdesk.errors import RuleViolation
from branchdesk.protocol import facts
from branchdesk.protocol.feed import ItemKind
from tests.office_fixture import TestBank, new_bank
from tests.simulated_terminal import SimulatedTerminal

ASKED = facts.STAFF_PIN_RESET_REQUESTED


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[TestBank]:
    with new_bank(tmp_path / "office") as found:
        yield found


def _ask(terminal: SimulatedTerminal, staff: str = "T001", by: str = "S001") -> list[str]:
    """Record a request and push it; return the codes of the notices."""
    terminal.staff = by
    terminal.record(ASKED, staff=staff, reason="忘记 PIN")
    return [notice.code for answer in terminal.push() for notice in answer.notices]


def _staff_item(terminal: SimulatedTerminal, staff: str = "T001") -> dict[str, object]:
    terminal.pull()
    return [item for item in terminal.items_of(ItemKind.STAFF) if item["code"] == staff][-1]


def _cases(bank: TestBank, state: str) -> list[dict[str, object]]:
    statement = text("SELECT facts FROM cases WHERE kind = 'pin_reset' AND state = :state")
    with bank.office.context.database.read() as connection:
        rows = connection.execute(statement, {"state": state}).scalars().all()
    return [json.loads(row) for row in rows]


def test_head_office_alone_resets_nothing(bank: TestBank) -> None:
    with pytest.raises(RuleViolation, match="pin_reset_not_requested"):
        bank.office.reset_pin("T001")
    terminal = bank.terminal("B001")
    assert _staff_item(terminal)["one_time_code"] == ""


def test_a_request_is_approved_once_and_its_code_goes_down_the_feed(bank: TestBank) -> None:
    terminal = bank.terminal("B001")
    assert _ask(terminal) == []
    (member,) = [found for found in bank.office.staff() if found["code"] == "T001"]
    (request,) = member["resets"]  # type: ignore[misc]  # a list, JSON-ready
    assert (request["supervisor"], request["reason"]) == ("S001", "忘记 PIN")
    assert bank.office.status()["open_cases"] == 1
    assert _staff_item(terminal)["one_time_code"] == ""
    made = bank.office.reset_pin("T001")
    assert _staff_item(terminal)["one_time_code"] == made.code
    (approved,) = _cases(bank, "approved")
    assert (approved["staff"], approved["supervisor"]) == ("T001", "S001")
    assert approved["approved_ms"] == bank.clock()
    assert bank.office.status()["open_cases"] == 0
    with pytest.raises(RuleViolation, match="pin_reset_not_requested"):
        bank.office.reset_pin("T001")
    terminal.staff = "T001"
    terminal.record(facts.STAFF_PIN_SET, staff="T001")
    terminal.push()
    assert bank.office.audit().ok


def test_a_reset_for_a_code_that_nobody_has_says_so(bank: TestBank) -> None:
    with pytest.raises(RuleViolation, match="staff_unknown"):
        bank.office.reset_pin("NOPE")


@pytest.mark.parametrize(
    ("staff", "by", "code"),
    [
        ("S001", "T001", "supervisor_required"),
        ("S001", "S001", "supervisor_required"),
        ("NOBODY", "S001", "staff_unknown"),
        ("T001", "NOBODY", "staff_unknown"),
        ("T001", "", "staff_unknown"),
    ],
)
def test_a_request_by_who_may_not_ask_is_a_fact_without_effect(
    bank: TestBank, staff: str, by: str, code: str
) -> None:
    terminal = bank.terminal("B001")
    assert _ask(terminal, staff, by) == [code]
    unheard = "staff_unknown" if staff == "NOBODY" else "pin_reset_not_requested"
    with pytest.raises(RuleViolation, match=unheard):
        bank.office.reset_pin(staff)
    assert bank.office.audit().ok


def test_a_request_is_let_go_when_the_person_has_set_a_pin_meanwhile(bank: TestBank) -> None:
    terminal = bank.terminal("B001")
    terminal.staff = "S001"
    terminal.record(ASKED, staff="T001", reason="忘记 PIN")
    terminal.staff = "T001"
    terminal.record(facts.STAFF_PIN_SET, staff="T001")
    terminal.push()
    assert len(_cases(bank, "needless")) == 1
    with pytest.raises(RuleViolation, match="pin_reset_not_requested"):
        bank.office.reset_pin("T001")
    assert _ask(terminal) == []
    assert bank.office.reset_pin("T001").staff == "T001"


@pytest.mark.parametrize(
    ("forged", "what"),
    [
        ("UPDATE cases SET facts = replace(facts, 'T001', 'T002') WHERE kind = 'pin_reset'",
         "differs"),
        ("DELETE FROM cases WHERE kind = 'pin_reset'", "no_case"),
        ("UPDATE cases SET seq = seq + 100 WHERE kind = 'pin_reset'", "no_event"),
    ],
)  # fmt: skip
def test_an_edited_request_shows_in_the_audit(bank: TestBank, forged: str, what: str) -> None:
    terminal = bank.terminal("B001")
    _ask(terminal)
    assert bank.office.audit().checked["pin_resets"] == 1
    bank.office.context.database.write(lambda connection: connection.execute(text(forged)))
    found = bank.office.audit()
    assert what in {wrong.what for wrong in found.violations if wrong.check == "pin_resets"}


def test_what_shifts_record_is_accepted_and_leaves_nothing_to_audit(bank: TestBank) -> None:
    terminal = bank.terminal("B001")
    terminal.record(facts.SHIFT_OPENED, shift="S1", place="B001")
    terminal.record(facts.SHIFT_COUNTED, shift="S1", moment="opened", word="",
                    gifts=[["GIFTBOX", 12, None]], vouchers=[["PHONE10", 97]])  # fmt: skip
    terminal.record(facts.SHIFT_HANDED_OVER, shift="S1", staff="S001")
    terminal.record(facts.SHIFT_CLOSED, shift="S1", unsent=3)
    assert [answer.notices for answer in terminal.push()] == [()]
    assert bank.office.audit().ok
