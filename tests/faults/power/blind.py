"""Prove that the cuts would notice a store that does not wait for the disk.

python -m tests.faults.power.blind ENDING

A shift is recorded as ever, then every sync of the files whose names end so is struck out, as if
the program had made none. Ends with 0 once a promise is seen broken, with 1 when none is.
"""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.faults.parts import Trial
from tests.faults.power import shim
from tests.faults.power.cuts import cut, folder_in_memory, recorded
from tests.faults.power.trace import Kind, Step
from tests.faults.workloads import WORKLOADS

SECONDS = 120.0


def main(ending: str) -> int:
    """Cut until a promise breaks."""
    shim.start_again_with_shim()
    trial = Trial(1, time.monotonic() + SECONDS, lambda _fact: None)
    with folder_in_memory() as folder:
        recording = recorded(WORKLOADS[0], folder)
        steps = tuple(without_syncs(recording.steps, ending))
        assert len(steps) < len(recording.steps)
        for case in trial.cases():
            with trial.judged(case):
                cut(case, replace(recording, steps=steps), folder / "image", trial)
            if trial.failures:
                return 0
    return 1


def without_syncs(steps: Sequence[Step], ending: str) -> Iterator[Step]:
    """Yield the steps but for the syncs of files whose names end so."""
    names: dict[int, str] = {}
    for step in steps:
        if step.kind is Kind.OPEN:
            names[step.descriptor] = step.names[0]
        if step.kind is not Kind.SYNC or not names.get(step.descriptor, "").endswith(ending):
            yield step


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
