"""A shift from opening to slip, and a PIN lost and found again, against a real head office."""

import json
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest

from tests.e2e.office_process import branchdesk, do, enrol, found_office, free_port, serving

SUPERVISOR = {"BRANCHDESK_PIN": "135791"}
BOTH = {"BRANCHDESK_SECOND_PIN": "135791"}
WALK_IN = {
    "name": "王𬭼", "phone": "13900001234", "channel": "counter",
    "consents": ["service", "sensitive"], "issue": ["PHONE10"],
}  # fmt: skip


@dataclass(frozen=True)
class Bank:
    """A head office and a terminal where teller and supervisor have a PIN."""

    office: Path
    home: Path
    port: int

    def sync(self) -> None:
        """Let the terminal and head office meet once."""
        with serving(self.office, self.port):
            do(self.home, "sync")

    def ways(self) -> dict[object, object]:
        """Return how everybody stands at the terminal's door."""
        return {line["code"]: line["way"] for line in do(self.home, "staff", "list").answers}


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    found = Bank(tmp_path / "office", tmp_path / "terminal", free_port())
    found_office(found.office)
    with serving(found.office, found.port):
        enrol(found.office, found.home)
        code = do(found.office, "office", "staff", "code", "S001").answer["code"]
        do(found.home, "sync")
    do(found.home, "pin", "--staff", "S001",
       env={"BRANCHDESK_PIN": str(code), "BRANCHDESK_NEW_PIN": "135791"})  # fmt: skip
    return found


def test_a_shift_is_opened_counted_handed_over_and_closed_with_a_slip(bank: Bank) -> None:
    as_teller, as_supervisor = ("--staff", "T001"), ("--staff", "S001")
    opened = do(bank.home, "shift", "open", *as_teller, "--gift", "GIFTBOX=12").answer
    do(bank.home, "register", "-", *as_teller, stdin=json.dumps(WALK_IN))
    word = "送出一件未登记"
    silent = branchdesk(bank.home, "shift", "handover", *as_teller, "--second", "S001",
                        "--gift", "GIFTBOX=11", env=BOTH)  # fmt: skip
    handed = do(bank.home, "shift", "handover", *as_teller, "--second", "S001",
                "--gift", "GIFTBOX=11", "--word", word, env=BOTH).answer  # fmt: skip
    slip = bank.home.parent / "slip.pdf"
    closed = do(bank.home, "shift", "close", *as_supervisor, "--gift", "GIFTBOX=11",
                "--slip", str(slip), env=SUPERVISOR).answer  # fmt: skip
    shown = do(bank.home, "shift", "show").answer

    assert (opened["open"], opened["place"], opened["staff"]) == (True, "B001", "T001")
    assert silent.code == 3
    assert silent.error is not None
    assert silent.error["error"] == "float_differs"
    assert (handed["shift"], handed["staff"]) == (opened["shift"], "S001")
    assert (closed["registered"], closed["unprinted"]) == (1, 1)
    assert closed["issued"] == [{"offer": "PHONE10", "issued": 1, "printed": 0}]
    assert closed["gifts"] == [{"offer": "GIFTBOX", "counted": 11, "expected": 11}]
    kinds = {line["type"]: line["count"] for line in closed["unsent_kinds"]}  # type: ignore[attr-defined]  # JSON
    assert kinds["customer.registered"] == 1
    assert sum(kinds.values()) == closed["unsent"]
    assert (shown["open"], do(bank.home, "check").answer["ok"]) == (False, True)
    printed = pypdfium2.PdfDocument(slip)[0].get_textpage().get_text_bounded()
    for words in ("班次小结", "登记客户", "11 件（应有 11）", "客户登记", "开班人", "交接班",
                  "交班人", "接班人", "11 件（应有 12）", f"差异原因：{word}"):  # fmt: skip
        assert words in printed
    (handover,) = closed["handovers"]  # type: ignore[misc]  # JSON
    assert (handover["from"], handover["to"], handover["word"]) == ("T001", "S001", word)


def test_opening_again_says_so_and_a_slip_with_no_place_leaves_the_shift_open(bank: Bank) -> None:
    as_teller = ("--staff", "T001")
    first = do(bank.home, "shift", "open", *as_teller, "--place", "东门").answer
    again = do(bank.home, "shift", "open", *as_teller, "--place", "菜市场").answer
    in_the_way = bank.home.parent / "not-a-folder"
    in_the_way.touch()
    refused = branchdesk(bank.home, "shift", "close", *as_teller,
                         "--slip", str(in_the_way / "slip.pdf"))  # fmt: skip
    shown = do(bank.home, "shift", "show").answer

    assert (first["already_open"], first["place"]) == (False, "东门")
    assert (again["already_open"], again["place"]) == (True, "东门")
    assert again["shift"] == first["shift"]
    assert refused.error is not None
    assert refused.error["error"] == "file_unwritable"
    assert (shown["open"], shown["shift"]) == (True, first["shift"])


def test_a_lost_pin_needs_the_supervisor_and_head_office(bank: Bank) -> None:
    alone = branchdesk(bank.office, "office", "staff", "reset", "T001")
    unasked = do(bank.office, "office", "staff", "code", "T001").answer["code"]
    bank.sync()
    still = do(bank.home, "shift", "open", "--staff", "T001")
    ignored = branchdesk(bank.home, "shift", "open", "--staff", "T001",
                         env={"BRANCHDESK_PIN": str(unasked)})  # fmt: skip
    do(bank.home, "staff", "reset", "T001", "--staff", "S001", "--reason", "忘记 PIN",
       env=SUPERVISOR)  # fmt: skip
    waiting = bank.ways()
    bank.sync()
    listed = do(bank.office, "office", "staff", "list").answers
    code = str(do(bank.office, "office", "staff", "reset", "T001").answer["code"])
    bank.sync()
    arrived = bank.ways()
    gone = branchdesk(bank.home, "shift", "show", "--staff", "T001")
    unknown = branchdesk(bank.home, "shift", "show", "--staff", "T0O1")
    do(bank.home, "pin", "--staff", "T001",
       env={"BRANCHDESK_PIN": code, "BRANCHDESK_NEW_PIN": "975310"})  # fmt: skip
    do(bank.home, "shift", "show", "--staff", "T001", env={"BRANCHDESK_PIN": "975310"})
    same = branchdesk(bank.home, "pin", "--staff", "T001",
                      env={"BRANCHDESK_PIN": "975310", "BRANCHDESK_NEW_PIN": "975310"})  # fmt: skip
    bank.sync()
    audit = do(bank.office, "office", "audit").answer

    assert alone.error is not None
    assert alone.error["error"] == "pin_reset_not_requested"
    assert still.code == 0
    assert ignored.code == 3
    assert waiting["T001"] == "reset_waiting"
    (asked,) = (line["resets"] for line in listed if line["code"] == "T001")
    assert [request["reason"] for request in asked] == ["忘记 PIN"]  # type: ignore[attr-defined]  # JSON
    assert arrived["T001"] == "code_waiting"
    assert gone.error is not None
    assert gone.error["error"] == "pin_wrong"
    assert "一次性代码" in str(gone.error["message"])
    assert unknown.error is not None
    assert unknown.error["error"] == "staff_unknown"
    assert same.error is not None
    assert same.error["error"] == "pin_unchanged"
    assert bank.ways() == {"S001": "pin", "T001": "pin"}
    assert (audit["ok"], audit["checked"]["pin_resets"]) == (True, 1)  # type: ignore[index]  # JSON
