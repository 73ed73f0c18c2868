"""What goes wrong at a real desk, by command line: clear words, right exit codes, nothing lost."""

import itertools
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from branchdesk.app.terminal import Terminal
from branchdesk.devices.paths import terminal_home
from tests.e2e.office_process import (
    CAMPAIGN,
    PASSPHRASES,
    REPOSITORY,
    branchdesk,
    do,
    enrol,
    found_office,
    free_port,
    serving,
)

PERSON = {"name": "孙试", "channel": "counter", "consents": ["service"], "issue": ["PHONE10"]}


# Every person is somebody else: limits are counted over all terminals of the shared head office.
_NUMBERS = itertools.count(1)


def _people(count: int) -> str:
    phones = [f"1370000{next(_NUMBERS):04d}" for _ in range(count)]
    lines = [json.dumps({**PERSON, "phone": phone}, ensure_ascii=False) for phone in phones]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    office, port = tmp_path_factory.mktemp("bank") / "office", free_port()
    found_office(office)
    return office, port


@pytest.fixture
def home(bank: tuple[Path, int], tmp_path: Path) -> Path:
    """A terminal with three customers served and not yet synchronised."""
    office, port = bank
    place = tmp_path / "terminal"
    with serving(office, port):
        enrol(office, place)
    do(place, "register", "-", "--staff", "T001", stdin=_people(3))
    return place


def _fault(home: Path, *words: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    ran = branchdesk(home, *words, env=env)
    assert ran.error is not None, ran.answers
    message = str(ran.error["message"])
    assert "〔" not in message, message
    return ran.code, str(ran.error["error"]), message


def test_a_wrong_passphrase_is_exit_4_and_changes_nothing(home: Path) -> None:
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    code, error, message = _fault(
        home, "status", env={"BRANCHDESK_PASSPHRASE": "another wrong one"}
    )
    english = _fault(
        home, "status", "--language", "en", env={"BRANCHDESK_PASSPHRASE": "another wrong one"}
    )

    assert (code, error) == (4, "passphrase_wrong")
    assert message != english[2]
    assert {path: path.read_bytes() for path in before} == before
    assert do(home, "status").answer["unsent"] > 0


def test_a_store_of_a_newer_program_is_exit_4_and_stays_as_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PASSPHRASES.items():
        monkeypatch.setenv(name, value)
    with Terminal(terminal_home(home)) as terminal:
        terminal.unlock_unattended()
        key = terminal.data_key().hex()
    database = home / "store" / "branchdesk.db"
    _sql(database, key, "UPDATE alembic_version SET version_num = 'from-the-future'")
    code, error, _ = _fault(home, "status")

    assert (code, error) == (4, "store_newer")


def _sql(database: Path, key: str, statement: str) -> None:
    import sqlcipher3.dbapi2 as sqlcipher

    connection = sqlcipher.connect(str(database))
    connection.execute(f"PRAGMA key=\"x'{key}'\"")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_damaged_store_is_exit_4_and_recovery_brings_back_every_event(home: Path) -> None:
    status = do(home, "status").answer
    database = home / "store" / "branchdesk.db"
    data = bytearray(database.read_bytes())
    # The first page holds the schema: a flipped byte there is met at every open.
    data[1000] ^= 0x40
    database.write_bytes(data)
    for beside in database.parent.glob("*-wal"):
        beside.unlink()
    code, error, message = _fault(home, "status")
    recovered = do(home, "recover").answer
    after = do(home, "status").answer

    assert code == 4
    assert error in {"store_damaged", "store_key_wrong"}
    assert "recover" in message
    assert recovered["ok"] is True
    assert int(str(after["seq"])) >= int(str(status["seq"]))
    assert after["grants"] == status["grants"]


def test_a_second_program_on_one_folder_is_exit_4(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PASSPHRASES.items():
        monkeypatch.setenv(name, value)
    with Terminal(terminal_home(home)) as terminal:
        terminal.unlock_unattended()
        code, error, _ = _fault(home, "status")

    assert (code, error) == (4, "store_in_use")
    assert do(home, "check").answer["ok"] is True


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_on_a_disk_that_takes_no_more_a_voucher_is_wholly_there_or_not_at_all(home: Path) -> None:
    before = do(home, "status").answer
    largest = max(p.stat().st_size for p in home.rglob("*") if p.is_file() and p.name != "ballast")
    limit = largest // 1024 + 8
    lines = _people(300)
    full = subprocess.run(
        ["bash", "-c", f"ulimit -f {limit}; exec {sys.executable} -m branchdesk --home {home} "
         "--json register - --staff T001"],
        input=lines.encode(), capture_output=True, cwd=REPOSITORY,
        env={**os.environ, **PASSPHRASES}, timeout=300, check=False,
    )  # fmt: skip
    answers = [json.loads(line) for line in full.stdout.decode().splitlines()]
    served = [answer for answer in answers if "customer" in answer]
    after = do(home, "status").answer
    again = do(home, "register", "-", "--staff", "T001", stdin=_people(1)).answer

    assert b"Traceback" not in full.stderr
    assert full.returncode == 4
    # A limit on file sizes is reported by the system as an input/output error, not as full.
    assert {answer["error"] for answer in answers if "error" in answer} <= {"disk_full", "store_io"}
    assert _used(after) - _used(before) == len(served)
    assert again["vouchers"]
    assert do(home, "check").answer["ok"] is True


def _used(status: dict[str, object]) -> int:
    grants = status["grants"]
    assert isinstance(grants, list)
    return sum(grant["used"] for grant in grants)


def test_a_bundle_of_fifty_megabytes_is_refused_whole(
    bank: tuple[Path, int], tmp_path: Path
) -> None:
    office, _port = bank
    big = tmp_path / "big.json"
    big.write_bytes(b'{"code": "' + b"x" * (50 << 20) + b'"}')
    before = do(office, "office", "status").answer
    code, error, _ = _fault(office, "office", "publish", str(big))

    assert (code, error) == (5, "malformed")
    assert do(office, "office", "status").answer == before


def test_a_malformed_campaign_names_the_place_and_the_last_good_one_stays(
    bank: tuple[Path, int], tmp_path: Path
) -> None:
    office, _port = bank
    broken = tmp_path / "campaign.yaml"
    broken.write_text(CAMPAIGN.read_text("utf-8").replace("policy: 1", "policy: 9", 1), "utf-8")
    ran = branchdesk(office, "office", "publish", str(broken))
    checked = branchdesk(office, "office", "publish", str(CAMPAIGN), "--check")

    assert ran.code == 5
    assert ran.error is not None
    assert "policy" in str(ran.error["facts"])
    assert checked.code == 0


def test_without_a_line_sync_says_so_and_everything_waits(home: Path) -> None:
    code, error, _ = _fault(home, "sync")
    status = do(home, "status").answer

    assert (code, error) == (4, "office_unreachable")
    assert status["unsent"] > 0


def test_nothing_personal_lies_in_the_clear_on_the_disk(bank: tuple[Path, int], home: Path) -> None:
    office, port = bank
    with serving(office, port):
        do(home, "sync")
    needles = [
        "孙试".encode(),
        b"1370000",
        b"246810",
        PASSPHRASES["BRANCHDESK_PASSPHRASE"].encode(),
    ]
    found = [
        (path.name, needle)
        for folder in (home, office)
        for path in folder.rglob("*")
        if path.is_file()
        for needle in needles
        if needle in path.read_bytes()
    ]

    assert found == []
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(home / "store" / "branchdesk.db").execute("SELECT * FROM sqlite_master")


def test_a_line_with_a_field_twice_and_an_amount_out_of_range_say_which(home: Path) -> None:
    twice = '{"token": "4K7P-22MX-0A9C-F3T1R", "token": "x"}\n'
    below = '{"token": "4K7P-22MX-0A9C-F3T1R", "use_minor": -5}\n'
    ran = branchdesk(home, "redeem", "-", "--staff", "T001", stdin=twice + below)
    first, second = ran.answers
    assert (first["error"], _facts(first)["field"]) == ("field_twice", "token")
    assert second["error"] == "amount_range"
    assert {"field": "use_minor", "least_minor": 1}.items() <= _facts(second).items()
    assert ran.code == 3


def test_a_reason_that_is_too_long_is_refused_and_not_cut(home: Path) -> None:
    voucher = do(home, "unprinted").answers[0]["voucher"]
    line = json.dumps({"voucher": voucher, "reason": "错" * 101}, ensure_ascii=False) + "\n"
    ran = branchdesk(home, "void", "-", "--staff", "T001", stdin=line)
    assert ran.answers[0]["error"] == "reason_too_long"
    assert _facts(ran.answers[0]) == {
        "field": "reason", "limit": 100, "count": 101, "line": 1,
    }  # fmt: skip


def test_nothing_in_doubt_is_said(home: Path) -> None:
    ran = branchdesk(home, "redeem", "--in-doubt", "--staff", "T001")
    assert (ran.code, ran.answers) == (0, ())
    assert "没有等待总行答复" in ran.stderr or "waits for head office" in ran.stderr


def _facts(answer: dict[str, object]) -> dict[str, object]:
    facts = answer["facts"]
    assert isinstance(facts, dict)
    return facts
