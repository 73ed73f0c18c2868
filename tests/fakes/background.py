"""Background work and timers under a test's control: at once, or step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from branchdesk.ui.kit.background import Lane, ignore

T = TypeVar("T")


class InlineBackground:
    """Implements ``Background``: every job runs and answers before ``submit`` returns.

    A job of a lane in ``held`` is never run: it is under way for as long as the test lasts.
    """

    def __init__(self) -> None:
        self.lanes: list[Lane] = []
        self.held: set[Lane] = set()

    def submit(
        self,
        lane: Lane,
        job: Callable[[], T],
        done: Callable[[T], object] = ignore,
        failed: Callable[[Exception], object] = ignore,
    ) -> None:
        """Run the job now; only the job's own exception goes to ``failed``."""
        self.lanes.append(lane)
        if lane in self.held:
            return
        try:
            result = job()
        except Exception as error:
            failed(error)
        else:
            done(result)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that was submitted and has not run."""

    lane: Lane
    job: Callable[[], Any]
    done: Callable[[Any], object]
    failed: Callable[[Exception], object]


class ManualBackground:
    """Implements ``Background``: jobs wait until the test runs them."""

    def __init__(self) -> None:
        self.waiting: list[Waiting] = []

    def submit(
        self,
        lane: Lane,
        job: Callable[[], T],
        done: Callable[[T], object] = ignore,
        failed: Callable[[Exception], object] = ignore,
    ) -> None:
        """Keep the job."""
        self.waiting.append(Waiting(lane, job, done, failed))

    def run(self, index: int = 0) -> None:
        """Run one waiting job and answer it; later ones may be run before earlier ones."""
        found = self.waiting.pop(index)
        try:
            result = found.job()
        except Exception as error:
            found.failed(error)
        else:
            found.done(result)

    def run_all(self, lane: Lane | None = None) -> None:
        """Run everything that waits (on one lane), also what answers submit anew."""
        while True:
            index = next(
                (i for i, w in enumerate(self.waiting) if lane is None or w.lane is lane), None
            )
            if index is None:
                return
            self.run(index)


class ManualTimers:
    """Implements ``Timers``: nothing happens until the test says that time has passed."""

    def __init__(self) -> None:
        self.set: dict[str, tuple[int, Callable[[], object]]] = {}

    def restart(self, name: str, delay_ms: int, call: Callable[[], object]) -> None:
        """Keep the call."""
        self.set[name] = (delay_ms, call)

    def cancel(self, name: str) -> None:
        """Forget the call."""
        self.set.pop(name, None)

    def fire(self, name: str) -> None:
        """Let the time of one timer pass."""
        _, call = self.set.pop(name)
        call()

    def fire_short(self, limit_ms: int = 1_000) -> None:
        """Let a moment pass: fire every timer that is set for at most ``limit_ms``."""
        for name, (delay_ms, _) in list(self.set.items()):
            if delay_ms <= limit_ms and name in self.set:
                self.fire(name)
