"""Coverage-guided fuzzing of everything that reads bytes from outside, a part of ``make faults``.

Each case gives one parser to atheris (libFuzzer) in a process of its own. A parser may answer, or
refuse with one of our errors; anything else, and any answer that does not say the same when it is
written again, is a broken promise. ``targets`` names the parsers.
"""

import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.faults.fuzzing.targets import TARGETS
from tests.faults.parts import Case, Trial

ROOT: Final = Path(__file__).resolve().parents[3]
# A bounded trial (the tests) tries few; a long one changes the parser when it has tried many.
INPUTS, INPUTS_BOUNDED = 2_000_000, 4_000
SECONDS_MAX: Final = 40.0
_DONE: Final = re.compile(r"stat::number_of_executed_units:\s*(\d+)")


def run(trial: Trial) -> None:
    """Fuzz one parser after the other until the time is over."""
    if importlib.util.find_spec("atheris") is None:
        trial.tell({"skipped": "atheris has no wheel for this machine"})
        return
    for case in trial.cases():
        with trial.judged(case), tempfile.TemporaryDirectory(prefix="branchdesk-fuzz-") as folder:
            fuzz(case, trial, Path(folder))


def fuzz(case: Case, trial: Trial, folder: Path) -> None:
    """Give the case's parser to the fuzzer; raise AssertionError with what broke it."""
    names = sorted(TARGETS)
    name = names[case.number % len(names)]
    seconds = max(1, round(min(SECONDS_MAX, trial.deadline - time.monotonic())))
    inputs = INPUTS if trial.cases_max is None else INPUTS_BOUNDED
    corpus = folder / "corpus"
    corpus.mkdir()
    for place, sample in enumerate(TARGETS[name].samples()):
        (corpus / str(place)).write_bytes(sample)
    words = [
        sys.executable, "-m", "tests.faults.fuzzing.one_target", name, str(corpus),
        f"-seed={1 + case.chance.getrandbits(30)}", f"-runs={inputs}",
        f"-max_total_time={seconds}", "-print_final_stats=1", "-timeout=20",
        f"-artifact_prefix={folder}/", f"-max_len={TARGETS[name].bytes_max}",
    ]  # fmt: skip
    done = subprocess.run(
        words, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False
    )
    found = _DONE.search(done.stderr)
    trial.count("inputs", 0 if found is None else int(found[1]))
    broke = [path.read_bytes().hex() for path in folder.glob("*-*") if path.is_file()]
    assert done.returncode == 0, f"{name} {broke}\n{done.stderr[-4_000:]}"
    assert found is not None, done.stderr[-1_000:]
