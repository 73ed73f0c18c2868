"""The fault tests of ``make test`` as a part: file after file, in another order for every seed."""

import random
import subprocess
import sys
from pathlib import Path

from tests.faults.parts import Trial

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# These run parts of ``make faults`` themselves.
LEFT_OUT = frozenset({"test_parts_bounded.py"})


def run(trial: Trial) -> None:
    """Run whole files until the time is over; a case is a file's place in the sorted list."""
    files = sorted(path for path in HERE.glob("test_*.py") if path.name not in LEFT_OUT)
    places = list(range(len(files)))
    random.Random(trial.seed).shuffle(places)
    for place in places if trial.case is None else [trial.case]:
        if trial.case is None and not trial.goes_on():
            return
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(files[place])]
        words.append(f"--randomly-seed={trial.seed}")
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            trial.failed(place, f"{files[place].name}\n{done.stdout}{done.stderr}")
        trial.count("test files")
