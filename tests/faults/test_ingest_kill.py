"""Head office killed while it takes batches: what it acknowledged is there afterwards."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from branchdesk.headoffice.office import open_office
from tests.office_fixture import PASSPHRASE, TestBank, new_bank
from tests.simulated_terminal import SimulatedTerminal

KILLS = int(os.environ.get("BRANCHDESK_INGEST_KILLS", "6"))
BATCH = 6


def take_batches(home: Path, terminal: int, batches: list[bytes], pipe: Any) -> None:
    """Ingest batch after batch and tell the acknowledged sequence number after each."""
    with open_office(home, PASSPHRASE) as office:
        for batch in batches:
            pipe.send(office.ingest(terminal, 1, batch).ack.seq)


def a_day(bank: TestBank) -> SimulatedTerminal:
    """Return a terminal with some hundred events and nothing pushed."""
    terminal = bank.terminal()
    terminal.borrow()
    for number in range(100):
        customer = terminal.register(phone=f"+861370000{number:04d}")
        terminal.print_vouchers(terminal.issue(customer))
    return terminal


@pytest.mark.slow
def test_no_acknowledged_event_is_lost_and_no_slot_is_used_twice(tmp_path: Path) -> None:
    chance = random.Random(20261102)
    context = multiprocessing.get_context("spawn")
    with new_bank(tmp_path / "office") as bank:
        terminal = a_day(bank)
        acked = 0
        for _ in range(KILLS):
            start = bank.office.head(terminal.number, 1, bytes(16)).seq
            assert start >= acked
            places = range(start, terminal.head.seq, BATCH)
            batches = [terminal.batch(at, min(at + BATCH, terminal.head.seq)) for at in places]
            receiving, sending = context.Pipe(duplex=False)
            process = context.Process(
                target=take_batches, args=(bank.home, terminal.number, batches, sending)
            )
            process.start()
            sending.close()
            for _ in range(chance.randint(1, 6)):
                assert receiving.poll(60)
                acked = receiving.recv()
            time.sleep(chance.random() / 200)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            acked = last_of(receiving, acked)
            receiving.close()
            process.close()
            assert bank.office.audit().violations == ()
        terminal.push()
        status = bank.office.status()
        assert (status["events"], status["vouchers"], status["open_cases"]) == (300, 100, 0)
        assert bank.office.audit().violations == ()


def last_of(pipe: Any, before: int) -> int:
    """Return the last number that was sent before the end."""
    try:
        while pipe.poll():
            before = pipe.recv()
    except EOFError:
        pass
    return before
