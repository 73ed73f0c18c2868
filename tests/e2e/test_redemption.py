"""Redemption by command line alone: two terminals at two outlets, every policy, one head office."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.office_process import (
    Ran,
    branchdesk,
    do,
    enrol,
    found_office,
    free_port,
    serving,
    told,
)

GIFT_MINOR, SALON_MINOR = 8_800, 1_500


def _lines(*objects: object) -> str:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in objects)


@dataclass(frozen=True)
class Bank:
    """A head office on loopback and two terminals of it: ``here`` at B001, ``there`` at B002."""

    office: Path
    here: Path
    there: Path
    port: int

    def redeem(self, home: Path, *lines: dict[str, object]) -> tuple[dict[str, Any], ...]:
        """Redeem, one line each."""
        return self._batch(home, "redeem", *lines)

    def undo(self, home: Path, *lines: dict[str, object]) -> tuple[dict[str, Any], ...]:
        """Undo redemptions, one line each."""
        return self._batch(home, "undo-redemption", *lines)

    def verify(self, home: Path, *tokens: str, online: bool = False) -> list[str]:
        """Return the verdict on each token."""
        words = ("verify", *(("--online",) if online else ()), "-", "--staff", "T001")
        answers = do(home, *words, stdin="".join(f"{token}\n" for token in tokens)).answers
        return [str(answer["verdict"]) for answer in answers]

    def issue(self, home: Path, offer: str, phone: str) -> dict[str, Any]:
        """Register somebody made up and issue one voucher."""
        walk_in = {"name": "李䶮", "phone": phone, "channel": "counter", "consents": ["service"],
                   "issue": [offer], "interests": ["贷款"]}  # fmt: skip
        answer = do(home, "register", "-", "--staff", "T001", stdin=_lines(walk_in)).answer
        (voucher,) = answer["vouchers"]  # type: ignore[misc]  # JSON
        return dict(voucher)  # type: ignore[call-overload]  # JSON

    def sync(self, *homes: Path) -> list[Ran]:
        """Bring everything home from each terminal in turn."""
        with serving(self.office, self.port):
            return [do(home, "sync") for home in homes]

    def cases(self) -> list[dict[str, Any]]:
        """Return the open cases."""
        return [dict(answer) for answer in do(self.office, "office", "conflicts").answers]

    def is_sound(self) -> None:
        """Check the books of head office and the stores of both terminals."""
        audit = do(self.office, "office", "audit").answer
        assert audit["violations"] == []
        for home in (self.here, self.there):
            assert do(home, "check").answer["ok"]

    @staticmethod
    def _batch(home: Path, command: str, *lines: dict[str, object]) -> tuple[dict[str, Any], ...]:
        return branchdesk(home, command, "-", "--staff", "T001", stdin=_lines(*lines)).answers


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    folder = tmp_path_factory.mktemp("bank")
    found = Bank(folder / "office", folder / "here", folder / "there", free_port())
    found_office(found.office)
    with serving(found.office, found.port):
        enrol(found.office, found.here, "B001")
        enrol(found.office, found.there, "B002")
    return found


def test_home_vouchers_are_redeemed_where_they_were_issued_and_nowhere_else(bank: Bank) -> None:
    voucher = bank.issue(bank.here, "PHONE10", "13900010001")
    token = voucher["token"]
    (elsewhere,) = bank.redeem(bank.there, {"token": token})
    assert (elsewhere["verdict"], elsewhere["why"]) == ("not_here", "home")

    first, again, wrong, rest, used = bank.redeem(
        bank.here,
        {"token": token, "phone": "13900010001", "use_minor": 400, "intent": "first"},
        {"token": token, "phone": "13900010001", "use_minor": 400, "intent": "first"},
        {"token": token, "phone_tail": "9999"},
        {"token": voucher["short_code"], "phone_tail": "0001", "intent": "rest"},
        {"token": token},
    )
    assert first == again
    assert (first["verdict"], first["basis"], first["remaining_minor"]) == ("good", "home", 600)
    assert wrong["verdict"] == "holder_mismatch"
    assert (rest["amount_minor"], rest["remaining_minor"]) == (600, 0)
    assert (used["verdict"], used["used_outlet"], len(used["uses"])) == ("used", "B001", 2)

    (undone,) = bank.undo(bank.here, {"redemption": rest["redemption"], "reason": "扫错了券"})
    assert undone["undone"]
    of_the_day = do(bank.here, "redemptions", "--staff", "T001").answers
    # The bank is that of every test here; others redeem at this terminal too.
    mine = (first["redemption"], rest["redemption"])
    listed = [line for line in of_the_day if line["redemption"] in mine]
    assert [(line["redemption"], line["holder"]) for line in listed] == [
        (rest["redemption"], "李*"), (first["redemption"], "李*"),
    ]  # fmt: skip
    assert [bool(line["undone_at"]) for line in listed] == [True, False]
    assert [bool(line["undo_until_at"]) for line in listed] == [False, True]
    shown = do(bank.here, "voucher", voucher["voucher"]).answer
    assert shown["remaining_minor"] == 600
    told = shown["redemptions"]
    assert [(use["amount_minor"], use["undone"]) for use in told] == [  # type: ignore[union-attr]  # JSON
        (400, False), (600, True),
    ]  # fmt: skip
    bank.sync(bank.here)
    assert bank.verify(bank.here, token) == ["good"]
    bank.is_sound()


def test_the_keeper_of_an_outlet_redeems_above_the_threshold_without_a_line(bank: Bank) -> None:
    voucher = bank.issue(bank.here, "SPEND200", "13900010002")
    token = voucher["token"]
    missing, below, done = bank.redeem(
        bank.here,
        {"token": token},
        {"token": token, "purchase_minor": 19_999},
        {"token": token, "purchase_minor": 20_000},
    )
    assert [missing["error"], below["error"]] == ["purchase_missing", "spend_below"]
    assert (done["verdict"], done["basis"]) == ("good", "keeper")
    (elsewhere,) = bank.redeem(bank.there, {"token": token, "purchase_minor": 20_000})
    assert elsewhere["verdict"] == "not_here"
    bank.sync(bank.here)
    bank.is_sound()


def test_online_vouchers_are_redeemed_once_wherever_there_is_a_line(bank: Bank) -> None:
    voucher = bank.issue(bank.here, "SALON", "13900010003")
    token = voucher["token"]
    (offline,) = bank.redeem(bank.there, {"token": token, "intent": "salon"})
    assert (offline["verdict"], offline["why"]) == ("needs_line", "online")
    assert "in_doubt" not in offline

    with serving(bank.office, bank.port):
        assert bank.verify(bank.there, token, online=True) == ["good"]
        done, again = bank.redeem(
            bank.there, {"token": token, "intent": "salon"}, {"token": token, "intent": "salon"}
        )
        assert (done["verdict"], done["basis"]) == ("good", "online")
        assert (done["amount_minor"], again) == (SALON_MINOR, done)
        (used,) = bank.redeem(bank.here, {"token": token})
        assert (used["verdict"], used["used_outlet"]) == ("used", "B002")

        (undone,) = bank.undo(bank.there, {"redemption": done["redemption"], "reason": "客人改期"})
        assert undone["undone"]
        (back,) = bank.redeem(bank.here, {"token": token})
        assert (back["verdict"], back["basis"]) == ("good", "online")
    bank.sync(bank.here, bank.there)
    assert bank.verify(bank.here, token) == ["used"]
    bank.is_sound()


def test_two_terminals_offline_redeem_the_same_gift_and_exactly_one_stands(bank: Bank) -> None:
    before = do(bank.office, "office", "status").answer
    voucher = bank.issue(bank.here, "GIFTBOX", "13900010004")
    token = voucher["token"]
    (first,) = bank.redeem(bank.there, {"token": token})
    (second,) = bank.redeem(bank.here, {"token": token})
    assert [done["basis"] for done in (first, second)] == ["allowance", "allowance"]

    bank.sync(bank.there, bank.here)
    (case,) = [case for case in bank.cases() if case["kind"] == "double_redemption"]
    facts = case["facts"]
    assert (facts["first"]["outlet"], facts["second"]["outlet"]) == ("B002", "B001")
    names = [facts[side]["redemption"] for side in ("first", "second")]
    assert names == [done["redemption"].replace("-", "") for done in (first, second)]
    assert (facts["liable"], facts["voucher"]) == ("B001", voucher["voucher"])

    after = do(bank.office, "office", "status").answer
    gift = _offer(after, "GIFTBOX")["honoured_minor"] - _offer(before, "GIFTBOX")["honoured_minor"]
    assert gift == 8_000  # What a box costs the bank, once.
    assert bank.verify(bank.here, token) == ["used"]
    bank.is_sound()

    decide = ("office", "conflicts", "--resolve", case["case"], "--liable", "B001")
    done = do(bank.office, *decide, "--reason", "监控可见湖滨支行先发放").answer
    assert (done["decision"], done["liable"]) == ("outlet_bears", "B001")
    assert case["case"] not in [left["case"] for left in bank.cases()]
    settled = _offer(do(bank.office, "office", "status").answer, "GIFTBOX")
    assert settled["loss_minor"] == _offer(before, "GIFTBOX")["loss_minor"]
    bank.sync(bank.there, bank.here)
    bank.is_sound()
    said = "网点承担 B001 监控可见湖滨支行先发放"
    for shown in (told(bank.here, "voucher", voucher["voucher"]), told(bank.there, "status")):
        assert all(word in shown for word in ("重复核销", voucher["voucher"], *said.split())), shown


def _offer(status: dict[str, object], code: str) -> dict[str, Any]:
    offers = status["offers"]
    assert isinstance(offers, list)
    return next(offer for offer in offers if offer["code"] == code)


def test_with_a_line_the_second_terminal_hears_of_the_first_at_once(bank: Bank) -> None:
    voucher = bank.issue(bank.here, "GIFTBOX", "13900010005")
    with serving(bank.office, bank.port):
        (first,) = bank.redeem(bank.there, {"token": voucher["token"]})
        (second,) = bank.redeem(bank.here, {"token": voucher["token"]})
    assert (first["basis"], second["verdict"]) == ("online", "used")
    bank.sync(bank.here, bank.there)
    bank.is_sound()


def test_a_code_in_a_pdf_is_redeemed_like_one_that_was_scanned(bank: Bank, tmp_path: Path) -> None:
    voucher = bank.issue(bank.here, "PHONE10", "13900010006")
    pdf = str(tmp_path / "voucher.pdf")
    do(bank.here, "print", "vouchers", "--staff", "T001", "--layout", "a5", "--intent",
       str(voucher["intent"]), "--out", pdf)  # fmt: skip
    (judged,) = do(bank.here, "verify", pdf).answers
    assert (judged["verdict"], judged["slot"]) == ("good", voucher["slot"])
    done = do(bank.here, "redeem", "--image", pdf, "--staff", "T001").answer
    assert (done["verdict"], done["voucher"]) == ("good", voucher["voucher"])
