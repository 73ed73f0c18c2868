"""``make faults MINUTES=5 SEED=1``: break things for so long, and count what broke a promise.

    make faults                               every part, each with its share of the time
    make faults ARGS="cuts"                   one part with all of the time
    make faults SEED=7 ARGS="cuts --case 12"  one case again, as a failure advises

One process a part, as many at once as there are processors. Counts are printed as it goes; the last
line has them all, and the exit code is 1 when a promise was broken.
"""

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from tests.faults.parts import PARTS, Part

ROOT = Path(__file__).resolve().parents[2]
SHOW_EVERY_S = 10
# A part may finish the case in hand; one that goes on much longer hangs.
GRACE_S = 180
# Whatever the parts before it took, the last one tries something.
SECONDS_LEAST = 5.0
ALWAYS = ("steps", "kills", "cuts", "inputs", "violations")


@dataclass(slots=True)
class Tally:
    """What all parts have done so far; told from several threads."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    out_of: dict[str, int] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, part: Part, fact: dict[str, object]) -> None:
        """Add what a part tells; print a failure with the command that repeats it."""
        with self._lock:
            counts = fact.get("counts")
            if isinstance(counts, dict):
                self.counts.update(counts)
            there_are = fact.get("all")
            if isinstance(there_are, dict):
                self.out_of.update(there_are)
            if "skipped" in fact:
                self.skipped.append(part.name)
                print(f"SKIPPED {part.name}: {fact['skipped']}", flush=True)
            if "failure" in fact:
                self.counts["violations"] += 1
                case = "" if fact.get("case") is None else f" --case {fact['case']}"
                print(f"VIOLATION in {part.name}, seed {self.seed}{case}\n{fact['failure']}")
                print(f'  again: make faults SEED={self.seed} ARGS="{part.name}{case}"', flush=True)

    def line(self) -> str:
        """Return the counts in words, violations last, and what was skipped."""
        with self._lock:
            others = sorted({*self.counts, *self.out_of} - set(ALWAYS))
            words = (*ALWAYS[:-1], *others, ALWAYS[-1])
            told = [f"{word} {self.counts[word]}{self._of(word)}" for word in words]
            return ", ".join([*told, *(f"SKIPPED {name}" for name in self.skipped)])

    def _of(self, word: str) -> str:
        return f" of {self.out_of[word]}" if word in self.out_of else ""


@dataclass(frozen=True, slots=True)
class Job:
    """A part, the seconds it may take, and the only case or the most cases to try."""

    part: Part
    seconds: float
    case: int | None = None
    cases_max: int | None = None

    def words(self, seed: int) -> list[str]:
        """Return the words that start it."""
        words = [self.part.name, str(seed), str(self.seconds)]
        words += [] if self.case is None else ["--case", str(self.case)]
        return words + ([] if self.cases_max is None else ["--cases-max", str(self.cases_max)])


def plan(parts: tuple[Part, ...], seconds: float, lanes: int, case: int | None = None) -> list[Job]:
    """Share ``seconds`` on each of ``lanes`` processors among the parts, the longest first."""
    whole = sum(part.share for part in parts)
    jobs = [Job(part, min(seconds, seconds * lanes * part.share / whole), case) for part in parts]
    return sorted(jobs, key=lambda job: -job.seconds)


def run_all(jobs: list[Job], lanes: int, seconds: float, tally: Tally) -> None:
    """Run the jobs, ``lanes`` at a time, in ``seconds``, showing the counts as they grow."""
    waiting, began = list(jobs), time.monotonic()

    def lane() -> None:
        while waiting:
            job = waiting.pop(0)
            left = max(SECONDS_LEAST, began + seconds - time.monotonic())
            run_one(replace(job, seconds=min(job.seconds, left)), tally)

    threads = [threading.Thread(target=lane) for _ in range(lanes)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        until = time.monotonic() + SHOW_EVERY_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        print(f"{time.monotonic() - began:6.0f} s  {tally.line()}", flush=True)


def run_one(job: Job, tally: Tally) -> None:
    """Run one part in a process of its own to its end and take all that it tells."""
    words = [sys.executable, "-m", "tests.faults.one_part", *job.words(tally.seed)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    watch = threading.Timer(job.seconds + GRACE_S, process.kill)
    watch.start()
    take_lines(process.stdout, job.part, tally)
    code = process.wait()
    watch.cancel()
    process.stdout.close()
    if code:
        tally.take(job.part, {"failure": f"the part ended with {code}", "case": job.case})


def take_lines(lines: IO[str], part: Part, tally: Tally) -> None:
    """Take every whole line; a line cut short belongs to a part that died."""
    for line in lines:
        if line.endswith("\n"):
            tally.take(part, json.loads(line))


def main(words: list[str]) -> int:
    """Run the chosen parts until the minutes are over; return 1 when a promise was broken."""
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(prog="make faults")
    parser.add_argument("part", nargs="*", help=f"only these parts: {', '.join(names)}")
    parser.add_argument("--case", type=int, help="only this case of one part")
    chosen = parser.parse_args(words)
    unknown = sorted(set(chosen.part) - set(names))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(names)}")
    parts = tuple(part for part in PARTS if part.name in (chosen.part or names))
    seconds = 60 * float(os.environ.get("MINUTES", "5"))
    tally = Tally(int(os.environ.get("SEED", "1")))
    lanes = min(os.cpu_count() or 1, len(parts))
    run_all(plan(parts, seconds, lanes, chosen.case), lanes, seconds, tally)
    print(f"faults: seed {tally.seed}, {tally.line()}")
    return 1 if tally.counts["violations"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
