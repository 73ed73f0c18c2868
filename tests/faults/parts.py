"""The parts of ``make faults``: what is tried, and with which share of the time.

A new part is one line in ``PARTS`` and a module with ``run(trial)``. It works until the trial is
over, counts what it does, and tells what broke. The parts know nothing of one another.
"""

import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

TELL_EVERY_S: Final = 1.0
FAILURES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One way of breaking things; ``module`` has ``run(trial)``, ``share`` weighs its time.

    With ``needs_shim`` it runs behind the shim of ``power/shim.c``; where none can be built it is
    skipped, and that is said.
    """

    name: str
    share: float
    module: str
    needs_shim: bool = False


PARTS: Final = (
    Part("tests", 0.05, "tests.faults.whole_tests"),
    Part("cuts", 0.12, "tests.faults.power.cuts", needs_shim=True),
    Part("simulation", 0.38, "tests.faults.simulation"),
    Part("kills", 0.07, "tests.faults.power.kills", needs_shim=True),
    Part("lines", 0.05, "tests.faults.bad_lines"),
    Part("office-kills", 0.1, "tests.faults.office_kills"),
    Part("calls", 0.05, "tests.faults.power.failing", needs_shim=True),
    Part("fuzz", 0.08, "tests.faults.fuzzing"),
    Part("mutants", 0.1, "tests.faults.simulation.found_out"),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One numbered case: the same seed and number make the same choices."""

    number: int
    chance: random.Random


Tell = Callable[[dict[str, object]], None]


@dataclass(slots=True)
class Trial:
    """One run of one part: its seed, its end, and what it has done so far.

    ``case`` is the only case to try, or None for as many as the time and ``cases_max`` allow.
    ``deadline`` is a reading of ``time.monotonic``. ``tell`` is given counts and failures as they
    come.
    """

    seed: int
    deadline: float
    tell: Tell
    case: int | None = None
    cases_max: int | None = None
    tried: int = 0
    failures: int = 0
    _done: Counter[str] = field(default_factory=Counter)
    _told: float = 0.0

    def goes_on(self) -> bool:
        """Say whether there is time for more, and still something to find out."""
        enough = self.failures >= FAILURES_MAX or self.tried == self.cases_max
        return time.monotonic() < self.deadline and not enough

    def cases(self) -> Iterator[Case]:
        """Yield cases 0, 1, 2 … until the time is over, at least one; or the only one."""
        if self.case is not None:
            yield self.numbered(self.case)
            return
        number = 0
        while number == 0 or self.goes_on():
            yield self.numbered(number)
            number += 1

    def numbered(self, number: int) -> Case:
        """Return the case of that number."""
        return Case(number, random.Random(f"{self.seed}:{number}"))

    def count(self, word: str, done: int = 1) -> None:
        """Count what was done; words are plural nouns: steps, kills, cuts, inputs …"""
        self._done[word] += done
        if time.monotonic() - self._told >= TELL_EVERY_S:
            self.flush()

    def out_of(self, word: str, all_of_them: int) -> None:
        """Tell how many of ``word`` there are in all; the last line shows it behind the count."""
        self.tell({"all": {word: all_of_them}})

    def flush(self) -> None:
        """Tell what was counted since the last time."""
        if self._done:
            self.tell({"counts": dict(self._done)})
        self._done.clear()
        self._told = time.monotonic()

    def failed(self, number: int | None, what: str) -> None:
        """Tell that a promise was broken in a case (or in none) and how."""
        self.failures += 1
        self.flush()
        self.tell({"failure": what, "case": number})

    @contextmanager
    def judged(self, case: Case | None) -> Iterator[None]:
        """Take every exception, failed assertions too, for a broken promise of this case.

        None stands for all of them together.
        """
        self.tried += 1
        try:
            yield
        except Exception:
            # A failed assertion shows its place; the words around it are Python's own.
            number = None if case is None else case.number
            self.failed(number, "".join(traceback.format_exception(*sys.exc_info())))
