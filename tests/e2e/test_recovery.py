"""Loss and recovery at the command line: a copied terminal, a lost store, a lost head office."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.office_process import branchdesk, do, enrol, found_office, free_port, serving

TELLER = ("--staff", "T001")


@dataclass(frozen=True)
class Bank:
    """A head office and a terminal in folders of their own."""

    office: Path
    home: Path
    port: int

    def serve_somebody(self, home: Path, phone: str) -> str:
        """Register a walk-in with one voucher and return the voucher."""
        walk_in = {
            "name": "练小习", "phone": phone, "channel": "counter", "consents": ["service"],
            "issue": ["PHONE10"],
        }  # fmt: skip
        (made,) = do(home, "register", "-", *TELLER, stdin=json.dumps(walk_in)).answers
        vouchers = made["vouchers"]
        assert isinstance(vouchers, list)
        return str(vouchers[0]["voucher"])


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    found = Bank(tmp_path / "office", tmp_path / "terminal", free_port())
    found_office(found.office)
    with serving(found.office, found.port):
        enrol(found.office, found.home)
    return found


def test_a_copied_terminal_is_found_out_and_joins_again(bank: Bank) -> None:
    clone = bank.home.parent / "clone"
    shutil.copytree(bank.home, clone)
    bank.serve_somebody(bank.home, "13900000001")
    bank.serve_somebody(clone, "13900000002")
    with serving(bank.office, bank.port):
        do(bank.home, "sync")
        found_out = branchdesk(clone, "sync")
        do(bank.home, "sync")
        states = [do(home, "status").answer["state"] for home in (bank.home, clone)]
        cases = [case["kind"] for case in do(bank.office, "office", "conflicts").answers]
        code = do(bank.office, "office", "enrol-code", "--terminal", "1").answer["code"]
        again = do(clone, "rejoin", "--code", str(code)).answer
        bank.serve_somebody(clone, "13900000003")
        after = do(clone, "sync").answer
        status = do(bank.office, "office", "status").answer
        audit = do(bank.office, "office", "audit").answer

    assert found_out.error is not None
    assert found_out.error["error"] == "fork_detected"
    assert "rejoin" in str(found_out.error["message"])
    assert states == ["frozen", "frozen"]
    assert cases == ["fork"]
    assert (again["terminal"], again["epoch"]) == ("1", 2)
    assert (after["unsent"], after["parked"]) == (0, 0)
    assert status["customers"] == 3
    assert (audit["ok"], do(clone, "check").answer["ok"]) == (True, True)


def test_a_lost_database_comes_back_from_the_second_file(bank: Bank) -> None:
    voucher = bank.serve_somebody(bank.home, "13900000001")
    shutil.rmtree(bank.home / "store")
    lost = branchdesk(bank.home, "status")
    recovered = do(bank.home, "recover").answer
    with serving(bank.office, bank.port):
        synced = do(bank.home, "sync").answer

    assert lost.error is not None
    assert lost.error["error"] == "store_missing"
    assert recovered["ok"] is True
    assert do(bank.home, "voucher", voucher).answer["voucher"] == voucher
    assert synced["unsent"] == 0


def test_a_head_office_restored_from_a_backup_is_refilled_by_its_terminals(bank: Bank) -> None:
    backup, again = bank.home.parent / "office.bdbackup", bank.home.parent / "again"
    with serving(bank.office, bank.port, "--durable", "backup"):
        before = do(bank.home, "sync").answer
        do(bank.office, "office", "backup", str(backup))
        covered = do(bank.home, "sync").answer
        bank.serve_somebody(bank.home, "13900000001")
        do(bank.home, "sync")
        van = bank.home.parent / "van"
        enrol(bank.office, van, "V001")
    lost = do(bank.office, "office", "status").answer
    shutil.rmtree(bank.office)
    restored = do(again, "office", "restore", str(backup))
    waiting = do(again, "office", "learning").answer
    with serving(again, bank.port):
        synced = do(bank.home, "sync").answer
        told = do(again, "office", "learning").answer
        unknown = branchdesk(van, "sync")
        code = do(again, "office", "enrol-code", "--terminal", "2", "--outlet", "V001").answer
        do(van, "rejoin", "--code", str(code["code"]))
        do(van, "sync")
        status = do(again, "office", "status").answer
    audit = do(again, "office", "audit").answer

    assert before["durable_seq"] == 0
    assert covered["durable_seq"] == before["acked_seq"]
    assert (restored.answer["awaited"], waiting["learning"]) == ([1], True)
    assert restored.stderr.strip()
    assert (synced["unsent"], told["learning"]) == (0, False)
    assert unknown.error is not None
    assert unknown.error["error"] == "terminal_forgotten"
    assert status["customers"] == lost["customers"]
    assert status["vouchers"] == lost["vouchers"]
    assert audit["ok"] is True
    assert branchdesk(again, "office", "restore", str(backup)).code == 3
