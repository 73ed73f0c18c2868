"""The rhythm of synchronising in the background: what to do now, and when to come back.

A plain object without threads or timers: the window schedules it on its network lane, a test calls
it. Every failure is tried again, because a wrong certificate at a hotel is right again at home.
"""

from collections.abc import Callable
from dataclasses import dataclass

from branchdesk.application.models import SyncReport
from branchdesk.application.ports import Clock, Randomness
from branchdesk.errors import BranchDeskError
from branchdesk.sync.retry import RetryPolicy, retry_after_s, uniform

SOON_MS = 1_000
INTERVAL_MS = 60_000


@dataclass(frozen=True, slots=True)
class SyncOutcome:
    """How an attempt ended: a report or an error, ``ended_ms`` on the monotonic clock.

    ``wait_ms`` is how long to wait after it, drawn once, so that asking twice gives one answer.
    """

    report: SyncReport | None
    error: BranchDeskError | None
    ended_ms: int
    wait_ms: int


class SyncLoop:
    """Decides when to synchronise and does it once when told to."""

    def __init__(
        self,
        synchronise: Callable[[], SyncReport],
        clock: Clock,
        randomness: Randomness,
        *,
        interval_ms: int = INTERVAL_MS,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._synchronise = synchronise
        self._clock, self._randomness = clock, randomness
        self._interval_ms = interval_ms
        self._policy = policy or RetryPolicy()
        self._failures = 0
        self._started_ms = clock.monotonic_ms()
        self._first_wait_ms = self._policy.first_delay_ms(randomness)

    def next_delay_ms(
        self, now_ms: int, last: SyncOutcome | None, *, is_waiting: bool = False
    ) -> int:
        """Return how long to wait from ``now_ms`` (monotonic) until the next attempt.

        With ``is_waiting`` (something unsent) a line that was good a moment ago is used soon; a
        line that failed keeps its back-off, however much is waiting.
        """
        if last is None:
            due_ms = self._started_ms + self._first_wait_ms
        elif last.error is None and is_waiting:
            due_ms = last.ended_ms + min(SOON_MS, last.wait_ms)
        else:
            due_ms = last.ended_ms + last.wait_ms
        return max(due_ms - now_ms, 0)

    def run_once(self) -> SyncOutcome:
        """Synchronise once; errors of our tree become an outcome, our own bugs do not."""
        try:
            report = self._synchronise()
        except BranchDeskError as error:
            self._failures += 1
            wait_ms = self._policy.delay_ms(
                self._failures, self._randomness, retry_after_s=retry_after_s(error)
            )
            return SyncOutcome(None, error, self._clock.monotonic_ms(), wait_ms)
        self._failures = 0
        # A tenth of jitter, so that desks that reconnected together drift apart.
        wait_ms = self._interval_ms + uniform(self._interval_ms // 10, self._randomness)
        return SyncOutcome(report, None, self._clock.monotonic_ms(), wait_ms)

    def line_is_back(self) -> None:
        """Begin again after a reconnect: earlier failures say nothing about the new line.

        Ask :meth:`next_delay_ms` with no last outcome afterwards.
        """
        self._failures = 0
        self._started_ms = self._clock.monotonic_ms()
        self._first_wait_ms = self._policy.first_delay_ms(self._randomness)
