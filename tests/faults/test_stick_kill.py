"""Thirty `kill -9` while a terminal exports, head office takes it, and the reply is taken over.

A child process serves customers and carries the stick without pause, both sides in turn, and says
on a pipe what it was told was done. Whatever lies on disk after a kill is where the next goes on.
At the end everything is at head office once, the books balance, and no file was ever half there.
"""

import json
import os
import random
import select
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from branchdesk.app.stick import export_to_stick, import_from_stick
from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session, SyncProgress
from branchdesk.devices.paths import TerminalHome
from branchdesk.devices.stick_file import reading_stick, writing_stick
from branchdesk.domain.person import parse_registration
from branchdesk.errors import BranchDeskError
from branchdesk.headoffice import batch_check
from branchdesk.headoffice.office import Office, open_office
from tests.e2e.office_process import PASSPHRASES, enrol, found_office, free_port, serving

KILLS = 30
SESSION = Session("T001")
ALIVE_LEAST_MS, ALIVE_MOST_MS, ROUNDS = 5, 900, 6

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and fork are POSIX")


def _nobody(progress: SyncProgress) -> None:
    del progress


def _never() -> bool:
    return False


def _carry(terminal: Terminal, office: Office, stick: Path) -> int:
    """Carry one round; what a kill left on the stick is read too."""
    export, reply = stick / "export", stick / "reply"
    export_to_stick(terminal, export, _nobody, _never)
    with reading_stick(export) as source, writing_stick(reply) as target:
        office.import_stick(source, target)
    return import_from_stick(terminal, reply, _nobody, _never).acked_seq


def _work_until_killed(
    terminal: Terminal, office: Office, stick: Path, told: int, run: int
) -> None:
    with terminal.store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    number = 0
    while True:
        number += 1
        line = {
            "name": "钱试",
            "phone": f"139{run:04d}{number:04d}",
            "channel": "van",
            "consents": ["service"],
            "issue": ["PHONE10"] if number % 2 else [],
        }
        try:
            done = terminal.register_customer(SESSION, parse_registration(line, texts))
            vouchers = [voucher.voucher for voucher in done.vouchers]
            _tell(told, {"customer": done.customer, "vouchers": vouchers})
            if number % 3 == 0:
                _tell(told, {"acked": _carry(terminal, office, stick)})
        except BranchDeskError as error:
            _tell(told, {"error": error.code})
            _carry(terminal, office, stick)


def _tell(told: int, fact: dict[str, object]) -> None:
    os.write(told, json.dumps(fact).encode() + b"\n")


def _run_and_kill(
    place: Path, data_key: bytes, run: int, alive_ms: float
) -> list[dict[str, object]]:
    listening, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listening)
        # The threads that head office verifies with stay behind at a fork; its pool does not know.
        batch_check._threads = ThreadPoolExecutor(max_workers=2)
        try:
            terminal = Terminal(TerminalHome(place / "terminal"))
            terminal.open_store(data_key)
            office = open_office(place / "office", PASSPHRASES["BRANCHDESK_OFFICE_PASSPHRASE"])
            _work_until_killed(terminal, office, place / "stick", told, run)
        except BaseException as error:  # The parent must learn of it, whatever it is.
            _tell(told, {"died": repr(error)})
        finally:
            os._exit(3)
    os.close(told)
    # The clock of the kill starts with the first answer, or the kill would only hit the opening.
    select.select([listening], [], [], 20)
    time.sleep(alive_ms / 1000)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(listening, "rb") as pipe:
        lines = pipe.read().split(b"\n")
    # A line cut short by the kill was not told.
    return [json.loads(line) for line in lines[:-1]]


@pytest.mark.timeout(900)
@pytest.mark.slow
def test_no_fact_is_lost_or_doubled_and_no_file_is_half_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PASSPHRASES.items():
        monkeypatch.setenv(name, value)
    office, home, port = tmp_path / "office", tmp_path / "terminal", free_port()
    (tmp_path / "stick").mkdir()
    found_office(office)
    with serving(office, port):
        enrol(office, home)
    with Terminal(TerminalHome(home)) as terminal:
        terminal.unlock_unattended()
        data_key = terminal.data_key()
        with open_office(office, PASSPHRASES["BRANCHDESK_OFFICE_PASSPHRASE"]) as opened:
            began = time.monotonic()
            _carry(terminal, opened, tmp_path / "stick")
            round_ms = (time.monotonic() - began) * 1000
    # A busy machine carries slowly: the kills come as late as some rounds of its own take.
    alive_ms = (ALIVE_LEAST_MS, max(ALIVE_MOST_MS, ROUNDS * round_ms))
    chance = random.Random(20261125)
    facts: list[dict[str, object]] = []
    for run in range(KILLS):
        facts += _run_and_kill(tmp_path, data_key, run, chance.uniform(*alive_ms))
    with (
        open_office(office, PASSPHRASES["BRANCHDESK_OFFICE_PASSPHRASE"]) as opened,
        Terminal(TerminalHome(home)) as terminal,
    ):
        terminal.open_store(data_key)
        acked = _carry(terminal, opened, tmp_path / "stick")
        with terminal.store.read() as reading:
            here = {record.voucher: record.customer for record in reading.vouchers()}
        check, status, audit = terminal.store.check(), opened.status(), opened.audit()
    customers = {fact["customer"] for fact in facts if "customer" in fact}
    vouchers = [voucher for fact in facts for voucher in fact.get("vouchers", [])]  # type: ignore[attr-defined]  # a list of ids
    marks = [int(str(fact["acked"])) for fact in facts if "acked" in fact]

    assert [fact for fact in facts if "died" in fact or "error" in fact] == []
    assert len(marks) > KILLS / 4, "the kills must leave time to carry"
    assert marks == sorted(marks), "a mark was lowered"
    assert acked >= marks[-1]
    assert set(vouchers) <= set(here), "a voucher that was told is gone"
    assert check.ok, check.problems
    assert status["vouchers"] == len(here)
    assert int(str(status["customers"])) >= len(customers)
    assert audit.ok, audit.violations
