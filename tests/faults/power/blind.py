"""Prove that the cuts would notice a store that does not wait for the disk.

    python -m tests.faults.power.blind

The jobs are recorded as ever, then every sync is struck out, as if the program had made none. Ends
with 0 once a promise is seen broken, with 1 when none is.
"""

import sys
import time
from dataclasses import replace

from tests.faults.parts import Trial
from tests.faults.power import shim
from tests.faults.power.cuts import cut, folder_in_memory, recorded
from tests.faults.power.trace import Kind
from tests.faults.workloads import WORKLOADS

SECONDS = 60.0


def main() -> int:
    """Cut until a promise breaks."""
    shim.start_again_with_shim()
    trial = Trial(1, time.monotonic() + SECONDS, lambda _fact: None)
    with folder_in_memory() as folder:
        recording = recorded(WORKLOADS[0], folder)
        steps = tuple(step for step in recording.steps if step.kind is not Kind.SYNC)
        for case in trial.cases():
            with trial.judged(case):
                cut(case, replace(recording, steps=steps), folder / "image", trial)
            if trial.failures:
                return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
