"""Two hundred `kill -9` while a terminal issues and synchronises with a real head office.

A child process serves customers and synchronises without pause, and says on a pipe what it was told
was done. The parent kills it at a random moment and starts the next one on what is left on disk.
At the end everything that was said to be done must be at head office, and no slot used twice.
"""

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

import pytest

from branchdesk.app.terminal import Terminal
from branchdesk.application.models import Session
from branchdesk.devices.paths import terminal_home
from branchdesk.domain.person import parse_registration
from branchdesk.errors import BranchDeskError
from branchdesk.headoffice.office import open_office
from tests.e2e.office_process import PASSPHRASES, enrol, found_office, free_port, serving

KILLS = 200
SESSION = Session("T001")
# Many kills must land inside commits and inside exchanges, so the child never rests.
ALIVE_MS = (5, 120)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and fork are POSIX")


def _serve_until_killed(terminal: Terminal, home: Path, told: int, run: int) -> None:
    """Open the store anew and work for ever; runs in the child."""
    store = terminal.open_store(terminal_data_key(home))
    with store.read() as reading:
        texts = reading.campaigns()[0].campaign.consent_texts
    number = 0
    while True:
        number += 1
        intent = f"run-{run}-customer-{number}"
        line = {
            "name": "钱试",
            "phone": f"139{run:04d}{number:04d}",
            "channel": "van",
            "consents": ["service"],
            "intent": intent,
            "issue": ["PHONE10"] if number % 2 else [],
        }
        try:
            done = terminal.register_customer(SESSION, parse_registration(line, texts))
            vouchers = [voucher.voucher for voucher in done.vouchers]
            _tell(told, {"customer": done.customer, "vouchers": vouchers})
            if number % 3 == 0:
                report = terminal.synchronise()
                _tell(told, {"acked": report.acked_seq})
        except BranchDeskError as error:
            _tell(told, {"error": error.code})
            if error.code == "grant_exhausted":
                terminal.synchronise()


def terminal_data_key(home: Path) -> bytes:
    """Return the data key, unwrapped once: two hundred times Argon2 would test nothing more."""
    return bytes.fromhex((home / "data-key-of-the-test").read_text())


def _tell(told: int, fact: dict[str, object]) -> None:
    os.write(told, json.dumps(fact).encode() + b"\n")


def _run_and_kill(home: Path, run: int, alive_ms: float) -> list[dict[str, object]]:
    listening, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listening)
        try:
            _serve_until_killed(Terminal(terminal_home(home)), home, told, run)
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
def test_no_acknowledged_fact_is_lost_and_no_slot_used_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PASSPHRASES.items():
        monkeypatch.setenv(name, value)
    office, home, port = tmp_path / "office", tmp_path / "terminal", free_port()
    found_office(office)
    chance = random.Random(20261122)
    facts: list[dict[str, object]] = []
    with serving(office, port):
        enrol(office, home)
        with Terminal(terminal_home(home)) as terminal:
            terminal.unlock_unattended()
            (home / "data-key-of-the-test").write_text(terminal.data_key().hex())
        for run in range(KILLS):
            facts += _run_and_kill(home, run, chance.uniform(*ALIVE_MS))
        with Terminal(terminal_home(home)) as terminal:
            terminal.open_store(terminal_data_key(home))
            report = terminal.synchronise()
            check = terminal.store.check()
            with terminal.store.read() as reading:
                here = {record.voucher: record.customer for record in reading.vouchers()}
    died = [fact for fact in facts if "died" in fact]
    customers = {fact["customer"] for fact in facts if "customer" in fact}
    vouchers = [voucher for fact in facts for voucher in fact.get("vouchers", [])]
    with open_office(office, PASSPHRASES["BRANCHDESK_OFFICE_PASSPHRASE"]) as opened:
        status, audit = opened.status(), opened.audit()

    assert not died
    assert len(vouchers) > KILLS / 4, "the kills must leave time to work"
    assert len(vouchers) == len(set(vouchers)), "a slot was told twice"
    assert set(vouchers) <= set(here), "a voucher that was told is gone"
    assert report.unsent == 0
    assert check.ok, check.problems
    assert status["vouchers"] == len(here)
    assert int(str(status["customers"])) >= len(customers)
    assert audit.ok, audit.violations
