"""A small share of ``make faults`` in every run of the tests: the first cases of each part."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import Job, Tally, run_one
from tests.faults.bad_lines import TOXICS
from tests.faults.fuzzing.targets import TARGETS
from tests.faults.parts import PARTS
from tests.faults.power import shim

ROOT = Path(__file__).resolve().parents[2]
SEED, SECONDS = 1, 200.0


def tried(name: str, cases: int) -> Tally:
    """Run the first cases of a part and return what it did; skips where it cannot run."""
    (part,) = (part for part in PARTS if part.name == name)
    reason = shim.missing() if part.needs_shim else ""
    if reason:
        pytest.skip(reason)
    tally = Tally(SEED)
    run_one(Job(part, SECONDS, cases_max=cases), tally)
    assert tally.counts["violations"] == 0
    return tally


def test_no_power_cut_breaks_a_promise() -> None:
    assert tried("cuts", 80).counts["cuts"] >= 80


def test_no_kill_breaks_a_promise() -> None:
    assert tried("kills", 20).counts["kills"] >= 20


def test_no_failing_call_breaks_a_promise() -> None:
    assert tried("calls", 30).counts["failed calls"] == 30


def test_a_line_bad_in_each_of_seven_ways_breaks_no_promise() -> None:
    assert tried("lines", len(TOXICS)).counts["exchanges"] >= len(TOXICS) == 7


def test_no_kill_between_counter_and_head_office_breaks_a_promise() -> None:
    counts = tried("office-kills", 8).counts
    assert counts["kills"] == 8
    assert counts["redemptions"] >= 3


def test_no_input_breaks_a_parser() -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris has no wheel for this machine")
    assert tried("fuzz", len(TARGETS)).counts["inputs"] >= 3_000 * len(TARGETS)


@pytest.mark.parametrize("ending", ["store.db-wal", "events.log", ".pdf.partial", "print"])
def test_cuts_would_notice_a_sync_that_is_missing(ending: str) -> None:
    if reason := shim.missing():
        pytest.skip(reason)
    words = [sys.executable, "-m", "tests.faults.power.blind", ending]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == 0
