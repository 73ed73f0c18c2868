"""``kill -9`` in the middle of registering and issuing: what was answered is there, once.

A child process works in a loop and writes each answer to a pipe after the call has returned. It is
forked from this process, which has everything imported, so that a hundred kills take seconds.
"""

import os
import random
import select
import signal
import time
from pathlib import Path

import pytest

from branchdesk.persistence.store import StoreFolder, open_store
from tests.builders import (
    DATA_KEY,
    SESSION,
    Terminal,
    make_terminal,
    record_person,
    record_voucher,
)
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
ROUNDS, RUNS = 40, 3
ANSWER_BYTES_MAX = 1 << 16


def _work(folder: StoreFolder, clock: ManualClock, seed: int, pipe: int) -> None:
    """Register and issue until killed; one line an answer."""
    randomness = SeededRandomness(seed)
    store = open_store(folder, DATA_KEY, clock, randomness)
    number = 0
    while True:
        number += 1
        phone = f"+86138{seed % 10_000:04}{number:04}"
        with store.write(SESSION) as unit:
            customer = record_person(unit, randomness, "王芳", phone)
            event_id = randomness.intent_id()
            voucher = record_voucher(unit, clock, event_id, customer, "PHONE10")
            seq = unit.terminal().head.seq
        os.write(pipe, f"{seq} {voucher} {customer}\n".encode())


def _killed_child(folder: StoreFolder, clock: ManualClock, seed: int, after_s: float) -> str:
    """Let a child work, kill it some time after its first answer, return all it answered."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _work(folder, clock, seed, writing)
        finally:
            os._exit(1)
    os.close(writing)
    try:
        ready, _, _ = select.select([reading], [], [], 60)
        assert ready, "the child never answered"
        time.sleep(after_s)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    answers = b""
    while chunk := os.read(reading, ANSWER_BYTES_MAX):
        answers += chunk
    os.close(reading)
    return answers.decode()


def _whole_lines(answers: str) -> list[tuple[int, str, str]]:
    lines = answers.split("\n")[:-1]
    return [(int(line.split()[0]), line.split()[1], line.split()[2]) for line in lines]


def _expect_all(terminal: Terminal, answered: list[tuple[int, str, str]]) -> None:
    with terminal.store.read() as reading:
        vouchers = {record.voucher: record.customer for record in reading.vouchers()}
        head = reading.terminal().head
    for seq, voucher, customer in answered:
        assert vouchers.get(voucher) == customer, f"{voucher} was answered and is lost"
        assert seq <= head.seq
    numbers = [voucher for _, voucher, _ in answered]
    assert len(set(numbers)) == len(numbers), "a slot was used twice"


@pytest.mark.parametrize("run", range(RUNS))
def test_no_answered_fact_is_lost_and_no_slot_is_used_twice(tmp_path: Path, run: int) -> None:
    terminal = make_terminal(tmp_path, seed=run, slots=200_000)
    moments = random.Random(run)
    answered: list[tuple[int, str, str]] = []
    for number in range(ROUNDS):
        terminal.store.close()
        seed = 1_000 * (run + 1) + number
        pause = moments.choice((0.0, moments.uniform(0, 0.01), moments.uniform(0, 0.03)))
        answered += _whole_lines(_killed_child(terminal.folder, terminal.clock, seed, pause))
        terminal.reopen()
        _expect_all(terminal, answered)
    assert len(answered) >= ROUNDS
    report = terminal.store.check()
    assert report.ok, report.problems
    recovered = terminal.recover()
    _expect_all(terminal, answered)
    assert recovered.check().ok
    recovered.close()


def test_killed_at_the_very_start_of_a_start(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path, slots=1_000)
    answered: list[tuple[int, str, str]] = []
    for number in range(15):
        terminal.store.close()
        child = os.fork()
        if child == 0:
            try:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                _work(terminal.folder, terminal.clock, 9_000 + number, nowhere)
            finally:
                os._exit(1)
        time.sleep(0.002 * number)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        terminal.reopen()
        assert terminal.store.check().ok
        _expect_all(terminal, answered)
    terminal.store.close()


def test_the_lock_dies_with_the_process(tmp_path: Path) -> None:
    terminal = make_terminal(tmp_path, slots=1_000)
    terminal.store.close()
    _killed_child(terminal.folder, terminal.clock, 77, 0.0)
    store = terminal.reopen()
    assert store.check().ok
    store.close()
