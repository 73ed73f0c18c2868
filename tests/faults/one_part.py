"""Run one part in a process of its own, and say how it goes: a JSON object a line to stdout.

python -m tests.faults.one_part NAME SEED SECONDS [--case CASE] [--cases-max CASES]
"""

import argparse
import importlib
import json
import os
import sys
import time

from tests.faults.parts import PARTS, Trial
from tests.faults.power import shim


def main(words: list[str]) -> int:
    """Run the part; 0 even when promises broke, because that is told on the way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("seed", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--case", type=int)
    parser.add_argument("--cases-max", type=int)
    asked = parser.parse_args(words)
    part = next(part for part in PARTS if part.name == asked.name)
    missing = shim.missing() if part.needs_shim else ""
    if part.needs_shim and not missing:
        shim.start_again_with_shim()
    # Whatever a part prints goes to standard error, so that the lines stay ours.
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(fact: dict[str, object]) -> None:
        lines.write(json.dumps(fact, ensure_ascii=False) + "\n")
        lines.flush()

    if missing:
        tell({"skipped": missing})
        return 0
    deadline = time.monotonic() + asked.seconds
    trial = Trial(asked.seed, deadline, tell, asked.case, asked.cases_max)
    importlib.import_module(part.module).run(trial)
    trial.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
