"""Hold every mutant against the simulation: a rule that can go without anybody noticing is no rule.

As a part of ``make faults`` a case is one mutant, in the order of their names.
"""

import itertools
import random
from collections.abc import Iterable, Iterator
from typing import Final

from tests.faults.parts import Case, Trial
from tests.faults.simulation import simulate
from tests.faults.simulation.mutants import MUTANTS

STEPS: Final = 200
CASES_MAX: Final = 400
_KILLED: Final = "mutants killed"


def run(trial: Trial) -> None:
    """Try the mutants one after the other, round and round, until the time is over."""
    names, killed = sorted(MUTANTS), set[str]()
    trial.out_of(_KILLED, len(names))
    for case in trial.cases():
        name = names[case.number % len(names)]
        round_of_it = case.number // len(names)
        numbers = range(round_of_it * CASES_MAX, (round_of_it + 1) * CASES_MAX)
        if found_out(name, trial.seed, _while_there_is_time(trial, numbers)) is None:
            if not _has_time(trial):
                return
            trial.failed(case.number, f"{name}: nobody noticed in {CASES_MAX} cases")
        elif name not in killed:
            killed.add(name)
            trial.count(_KILLED)


def _while_there_is_time(trial: Trial, numbers: Iterable[int]) -> Iterator[int]:
    return itertools.takewhile(lambda _: _has_time(trial), numbers)


def _has_time(trial: Trial) -> bool:
    # The only case of a trial is tried to its end, however long that takes.
    return trial.case is not None or trial.goes_on()


def found_out(name: str, seed: int, numbers: Iterable[int]) -> tuple[int, str] | None:
    """Return the first case in which the simulation of a mutant fails, and how; None if none."""
    for number in numbers:
        try:
            with MUTANTS[name]():
                simulate(Case(number, random.Random(f"{seed}:{number}")), STEPS)
        # Whatever breaks is what is wanted here.
        except Exception as failure:
            return number, repr(failure)
    return None
