"""Power cuts: every job's traffic with the disk is recorded once, then the power goes at any step.

What is found on the disk afterwards is opened by the real store. One cut in six meets a terminal
that is just coming up again from another cut, and one in six takes the database with it: then the
files beside it must have every answered event.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.builders import store_folder
from tests.faults.parts import Case, Trial
from tests.faults.power.recording import Recording, record
from tests.faults.promises import Promised, come_up, judge
from tests.faults.workloads import WORKLOADS, Tell, Workload, copy_home

SECOND_CUTS: Final = 1 / 6
DATABASES_LOST: Final = 1 / 6
MEMORY: Final = Path("/dev/shm")


def run(trial: Trial) -> None:
    """Cut until the time is over; a case is one cut, or two in a row."""
    with folder_in_memory() as folder:
        recordings: dict[Workload, Recording] = {}
        for case in trial.cases():
            workload = case.chance.choice(WORKLOADS)
            with trial.judged(case):
                if workload not in recordings:
                    recordings[workload] = recorded(workload, folder)
                cut(case, recordings[workload], folder / "image", trial)
            shutil.rmtree(folder / "image", ignore_errors=True)


def cut(case: Case, recording: Recording, home: Path, trial: Trial) -> None:
    """Cut the power at a random step, and judge what comes up from what is left."""
    promised = cut_at(case, recording, home)
    trial.count("cuts")
    if case.chance.random() < SECOND_CUTS:
        promised.forget_marks()
        again = coming_up(recording.name, home, promised, a_seed(case))
        promised = cut_at(case, again, home)
        trial.count("cuts")
    if promised.store and case.chance.random() < DATABASES_LOST:
        lose_database(home)
        promised.forget_marks()
    trial.count("recoveries", judge(home, promised, a_seed(case)))


def lose_database(home: Path) -> None:
    """Leave nothing of the database and its write-ahead log."""
    database = store_folder(home).database
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()


def cut_at(case: Case, recording: Recording, home: Path) -> Promised:
    """Leave in ``home`` what a disk may have after a random step; return what was promised then."""
    moment = case.chance.randint(0, len(recording.steps))
    recording.lay_out(home, recording.disk_at(moment).after_cut(case.chance))
    return recording.promised_at(moment)


def a_seed(case: Case) -> int:
    """Return a seed that this terminal has not seen."""
    return case.chance.getrandbits(40)


def recorded(workload: Workload, folder: Path) -> Recording:
    """Prepare a job's folder and record the job."""
    prepared, home = folder / f"{workload.name}-prepared", folder / workload.name
    promised = workload.prepare(prepared)
    copy_home(prepared, home)
    return record(workload.name, home, promised, workload.work)


def coming_up(name: str, home: Path, promised: Promised, seed: int) -> Recording:
    """Record how a terminal comes up from what the first cut left."""

    def work(home: Path, tell: Tell) -> None:
        kept = come_up(home, promised, seed)
        tell({"seq": kept.store.outbox.head().seq})
        kept.store.close()

    return record(f"{name}, coming up", home, promised, work)


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder that costs no disk, where the system has such a thing."""
    parent = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="branchdesk-cuts-", dir=parent) as folder:
        yield Path(folder)
