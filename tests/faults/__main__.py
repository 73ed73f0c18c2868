"""``make faults MINUTES=5 SEED=1``: the fault tests again and again, each round in another order.

Kills, damaged files, full disks and bad networks, on real stores and a real head office. A round is
never cut short, so the last one may end after the minutes are over. The last line counts rounds and
failures and names the first seed; a round repeats with ``pytest tests/faults --randomly-seed=N``.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run rounds until the minutes are over; return 1 when one of them failed."""
    ends_at = time.monotonic() + 60 * float(os.environ.get("MINUTES", "5"))
    first = int(os.environ.get("SEED", "1"))
    rounds = failures = 0
    while rounds == 0 or time.monotonic() < ends_at:
        seed = first + rounds
        rounds += 1
        words = [sys.executable, "-m", "pytest", "tests/faults", f"--randomly-seed={seed}"]
        failed = subprocess.run(words, cwd=ROOT, check=False).returncode != 0
        failures += failed
        print(f"round {rounds} seed {seed} {'FAILED' if failed else 'passed'}", flush=True)
    print(f"faults: {rounds} rounds from seed {first}, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
