"""A small share of ``make faults`` in every run of the tests: each part for some seconds."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import Job, Tally, run_one
from tests.faults.parts import PARTS
from tests.faults.power import shim

ROOT = Path(__file__).resolve().parents[2]
SEED, SECONDS = 1, 8.0


def tried(name: str) -> Tally:
    """Run one part for some seconds and return what it did; skips where it cannot run."""
    (part,) = (part for part in PARTS if part.name == name)
    reason = shim.missing() if part.needs_shim else ""
    if reason:
        pytest.skip(reason)
    tally = Tally(SEED)
    run_one(Job(part, SECONDS), tally, None)
    assert tally.counts["violations"] == 0
    return tally


def test_no_power_cut_breaks_a_promise() -> None:
    assert tried("cuts").counts["cuts"] >= 20


def test_cuts_would_notice_a_store_that_does_not_wait_for_the_disk() -> None:
    if reason := shim.missing():
        pytest.skip(reason)
    words = [sys.executable, "-m", "tests.faults.power.blind"]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == 0
