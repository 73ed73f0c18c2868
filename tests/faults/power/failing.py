"""Every call to the disk fails once, in turn, through every job: the first, the second … the last.

Or from that call on nothing can be altered any more: a full, a dying, a write-protected disk, which
is well again once somebody was told. Or a sync takes five seconds, of which nobody hears. The job
then goes on as a person would: what failed is done once more. Whatever fails must be told as the
machine's fault, in a word of ours; nothing may be half done, and the store comes up again.
"""

import copy
import errno
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.faults import forked
from tests.faults.forked import Tell
from tests.faults.parts import Trial
from tests.faults.power import shim
from tests.faults.power.cuts import folder_in_memory
from tests.faults.power.kills import Job, ready
from tests.faults.promises import Answer, judge
from tests.faults.workloads import WORKLOADS, copy_home

Call = shim.Call
ONCE, FROM_THEN_ON = shim.Action.FAIL, shim.Action.FAIL_ON
# A tired disk answers a sync after seconds; nobody may be told that it failed.
SLOW_MS: Final = 5_000
# A failure is named by its job's place, times this, and its own place among the job's.
STRIDE: Final = 100_000
ERRORS: Final = (
    (Call.WRITE, errno.ENOSPC, ONCE), (Call.WRITE, errno.EIO, ONCE),
    (Call.SYNC, errno.EIO, ONCE), (Call.SYNC, errno.ENOSPC, ONCE),
    (Call.OPEN, errno.EIO, ONCE), (Call.OPEN, errno.ENOSPC, ONCE),
    (Call.RENAME, errno.EIO, ONCE), (Call.RENAME, errno.ENOSPC, ONCE),
    (Call.SIZE, errno.EIO, ONCE), (Call.SIZE, errno.ENOSPC, ONCE),
    (Call.UNLINK, errno.EIO, ONCE), (Call.READ, errno.EIO, ONCE),
    (shim.ALTERING, errno.ENOSPC, FROM_THEN_ON), (shim.ALTERING, errno.EIO, FROM_THEN_ON),
    (shim.ALTERING, errno.EROFS, FROM_THEN_ON),
    (Call.SYNC, SLOW_MS, shim.Action.SLOW),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """The ``nth`` call of these kinds in a job fails, or it and all after it."""

    job: Job
    calls: Call
    error: int
    action: shim.Action
    nth: int

    def __str__(self) -> str:
        if self.action is shim.Action.SLOW:
            return f"{self.job.workload.name}: {self.calls.name} {self.nth} takes {self.error} ms"
        how = "fails" if self.action is ONCE else "and all after it fail"
        error = errno.errorcode[self.error]
        return f"{self.job.workload.name}: {self.calls.name} {self.nth} {how} with {error}"


def run(trial: Trial) -> None:
    """Let calls fail, in an order of the seed's, until each has or the time is over."""
    with folder_in_memory() as folder:
        for number in [trial.case] if trial.case is not None else in_turn(trial.seed, folder):
            case = trial.numbered(number)
            with trial.judged(case):
                place, nth = divmod(number, STRIDE)
                fail(failures(place, folder)[nth], folder / "home", case.chance.getrandbits(40))
            trial.count("failed calls")
            shutil.rmtree(folder / "home", ignore_errors=True)
            if not trial.goes_on():
                return


def in_turn(seed: int, folder: Path) -> Iterator[int]:
    """Yield the number of every failure: one of each job in turn, in an order of the seed's."""
    chance = random.Random(seed)
    places = chance.sample(range(len(WORKLOADS)), len(WORKLOADS))
    waiting: dict[int, list[int]] = {}
    while not waiting or any(waiting.values()):
        for place in places:
            if place not in waiting:
                count = len(failures(place, folder))
                waiting[place] = chance.sample(range(count), count)
            if waiting[place]:
                yield place * STRIDE + waiting[place].pop()


@cache
def failures(place: int, folder: Path) -> tuple[Failure, ...]:
    """Return a failure of every call that a job makes, and of the one after the last."""
    job = ready(WORKLOADS[place], folder)
    return tuple(
        Failure(job, calls, error, action, nth)
        for calls, error, action in ERRORS
        for nth in range(1, job.count(calls) + 2)
    )


def fail(failure: Failure, home: Path, seed: int) -> None:
    """Do the job with one call failing; then everything answered is there, and goes on."""
    job = failure.job
    copy_home(job.prepared, home)

    def armed(tell: Tell) -> None:
        def told(answer: Answer) -> None:
            tell(answer)
            if "fault" in answer:
                shim.disarm()

        shim.watch(home)
        shim.arm(failure.calls, failure.nth, failure.action, failure.error)
        job.workload.work(home, told)

    try:
        promised = copy.deepcopy(job.promised)
        ended = forked.done(armed)
        for answer in ended.answers:
            promised.take(answer)
        assert len(promised.faults) <= (failure.action is not shim.Action.SLOW), promised.faults
        judge(home, promised, seed)
    except Exception as error:
        error.add_note(str(failure))
        raise
