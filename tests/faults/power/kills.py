"""``kill -9`` at every kind of moment: before a call to the disk, in its middle, after it.

Between two calls nothing on the disk changes, so these are all the moments there are. One kill in
six meets a terminal that is just coming up again from another kill.
"""

import copy
import shutil
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults import forked
from tests.faults.forked import Tell
from tests.faults.parts import Case, Trial
from tests.faults.power import shim
from tests.faults.power.cuts import a_seed, folder_in_memory
from tests.faults.promises import Promised, come_up, judge
from tests.faults.workloads import WORKLOADS, Workload, copy_home

SECOND_KILLS: Final = 1 / 6
MOMENTS: Final = (shim.Action.KILL_BEFORE, shim.Action.KILL_MIDWAY, shim.Action.KILL_AFTER)
NEVER: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Job:
    """A workload with its prepared home, and how many calls of each kind it makes."""

    workload: Workload
    prepared: Path
    promised: Promised
    calls: Mapping[shim.Call, int]

    def count(self, calls: shim.Call) -> int:
        """Return how many calls of these kinds it makes."""
        return sum(count for call, count in self.calls.items() if call in calls)


def run(trial: Trial) -> None:
    """Kill until the time is over; a case is one kill, or two in a row."""
    with folder_in_memory() as folder:
        jobs: dict[Workload, Job] = {}
        for case in trial.cases():
            home, workload = folder / "home", case.chance.choice(WORKLOADS)
            with trial.judged(case):
                if workload not in jobs:
                    jobs[workload] = ready(workload, folder)
                kill(case, jobs[workload], home, trial)
            shutil.rmtree(home, ignore_errors=True)


def kill(case: Case, job: Job, home: Path, trial: Trial) -> None:
    """Kill a job at a random call, and judge what comes up from what is left."""
    copy_home(job.prepared, home)
    promised = copy.deepcopy(job.promised)
    killed_at(
        case, job.count(shim.ALTERING), home, lambda tell: job.workload.work(home, tell), promised
    )
    trial.count("kills")
    if case.chance.random() < SECOND_KILLS:
        # Coming up makes a hundred calls or so; a moment that it does not reach ends it unharmed.
        promised.forget_marks()
        seed, before = a_seed(case), copy.deepcopy(promised)
        killed_at(case, 120, home, lambda tell: coming_up(home, before, seed, tell), promised)
        trial.count("kills")
    trial.count("recoveries", judge(home, promised, a_seed(case)))


def killed_at(
    case: Case, calls: int, home: Path, work: Callable[[Tell], None], promised: Promised
) -> None:
    """Do ``work`` in a child that is killed at one of its first ``calls`` calls below ``home``."""
    nth, moment = case.chance.randint(1, calls), case.chance.choice(MOMENTS)

    def armed(tell: Tell) -> None:
        shim.watch(home)
        shim.arm(shim.ALTERING, nth, moment)
        work(tell)

    ended = forked.done(armed)
    assert ended.code in {0, -signal.SIGKILL}, f"ended with {ended.code}"
    for answer in ended.answers:
        promised.take(answer)
    assert not promised.faults, f"the machine was blamed: {promised.faults}"


def coming_up(home: Path, promised: Promised, seed: int, tell: Tell) -> None:
    """Open what is left, or recover it, and close it again."""
    kept = come_up(home, promised, seed)
    tell({"seq": kept.store.outbox.head().seq})
    kept.store.close()


def ready(workload: Workload, folder: Path) -> Job:
    """Prepare a job's home and count its calls by doing it once."""
    prepared, home = folder / f"{workload.name}-prepared", folder / f"{workload.name}-counted"
    promised = workload.prepare(prepared)
    copy_home(prepared, home)

    def counting(tell: Tell) -> None:
        shim.watch(home)
        shim.arm(shim.ALTERING, NEVER, shim.Action.FAIL)
        workload.work(home, lambda _answer: None)
        tell({call.name: shim.count(call) for call in shim.Call})

    (counts,) = forked.done(counting).answers
    shutil.rmtree(home)
    return Job(workload, prepared, promised, {call: counts[call.name] for call in shim.Call})
