"""The window's synchronising: one loop that remembers how the last attempt ended.

It joins the loop (which knows back-off) to the two callables that the window is given. This module
must not know the window.
"""

from branchdesk.application.models import SyncReport
from branchdesk.application.ports import Clock
from branchdesk.sync.background import SyncLoop, SyncOutcome


class SyncRhythm:
    """Synchronises when told to, and says when the next attempt by itself is due.

    ``sync_now`` runs on the network lane and ``next_sync_ms`` on the window's thread: each only
    replaces or reads a whole value.
    """

    def __init__(self, loop: SyncLoop, clock: Clock, *, interval_ms: int) -> None:
        self._loop, self._clock, self._interval_ms = loop, clock, interval_ms
        self._last: SyncOutcome | None = None
        self._bug_until_ms = clock.monotonic_ms()

    def sync_now(self) -> SyncReport:
        """Synchronise once; raises what it failed with, after the loop has counted it."""
        try:
            outcome = self._loop.run_once()
        except Exception:
            # The loop counts only errors of our tree; a fault of our own must not run in circles.
            self._bug_until_ms = self._clock.monotonic_ms() + self._interval_ms
            raise
        self._last = outcome
        return _report(outcome)

    def next_sync_ms(self, *, is_waiting: bool) -> int:
        """Return how long to wait for the next attempt; ``is_waiting`` when something is unsent."""
        now_ms = self._clock.monotonic_ms()
        due_ms = self._loop.next_delay_ms(now_ms, self._last, is_waiting=is_waiting)
        return max(due_ms, self._bug_until_ms - now_ms)


def _report(outcome: SyncOutcome) -> SyncReport:
    if outcome.error is not None:
        raise outcome.error
    assert outcome.report is not None, "an outcome is a report or an error"
    return outcome.report
