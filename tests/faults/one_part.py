"""Run one part in a process of its own, and say how it goes: a JSON object a line to stdout.

python -m tests.faults.one_part NAME SEED SECONDS [CASE]
"""

import importlib
import json
import os
import sys
import time

from tests.faults.parts import PARTS, Trial
from tests.faults.power import shim


def main(words: list[str]) -> int:
    """Run the part; 0 even when promises broke, because that is told on the way."""
    name, seed, seconds = words[0], int(words[1]), float(words[2])
    case = int(words[3]) if len(words) > 3 else None
    part = next(part for part in PARTS if part.name == name)
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
    trial = Trial(seed, time.monotonic() + seconds, tell, case)
    importlib.import_module(part.module).run(trial)
    trial.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
