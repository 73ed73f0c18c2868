"""The window's synchronising: one loop that remembers how the last attempt ended.

It joins the loop (which knows back-off) to the callables that the window is given. This module must
not know the window.
"""

import threading

from branchdesk.application.models import SyncProgress, SyncReport
from branchdesk.application.ports import Clock
from branchdesk.sync.background import SyncLoop, SyncOutcome


class SyncWatch:
    """How far the synchronisation that runs has come, and whether it was told to stop.

    Told on the network lane and read on the window's thread: each only replaces or reads a whole
    value.
    """

    def __init__(self) -> None:
        self._progress: SyncProgress | None = None
        self._stop = threading.Event()

    def begin(self) -> None:
        """Forget what the one before told and was told."""
        self._progress = None
        self._stop.clear()

    def tell(self, progress: SyncProgress) -> None:
        """Take note of how far it is."""
        self._progress = progress

    def progress(self) -> SyncProgress | None:
        """Return how far it is, or None before it said anything."""
        return self._progress

    def stop(self) -> None:
        """Let it end after the request it is at."""
        self._stop.set()

    def is_stopped(self) -> bool:
        """Say whether it was told to stop."""
        return self._stop.is_set()


class SyncRhythm:
    """Synchronises when told to, and says when the next attempt by itself is due.

    ``sync_now`` runs on the network lane and ``next_sync_ms`` on the window's thread: each only
    replaces or reads a whole value.
    """

    def __init__(self, loop: SyncLoop, clock: Clock, watch: SyncWatch, *, interval_ms: int) -> None:
        self._loop, self._clock, self._watch = loop, clock, watch
        self._interval_ms = interval_ms
        self._last: SyncOutcome | None = None
        self._rest_until_ms = clock.monotonic_ms()

    def sync_now(self) -> SyncReport:
        """Synchronise once; raises what it failed with, after the loop has counted it."""
        self._watch.begin()
        try:
            outcome = self._loop.run_once()
        except Exception:
            # The loop counts only errors of our tree; a fault of our own must not run in circles.
            self._rest()
            raise
        if self._watch.is_stopped():
            # Whoever stopped it does not want it back a moment later because something waits.
            self._rest()
        self._last = outcome
        return _report(outcome)

    def next_sync_ms(self, *, is_waiting: bool) -> int:
        """Return how long to wait for the next attempt; ``is_waiting`` when something is unsent."""
        now_ms = self._clock.monotonic_ms()
        due_ms = self._loop.next_delay_ms(now_ms, self._last, is_waiting=is_waiting)
        return max(due_ms, self._rest_until_ms - now_ms)

    def _rest(self) -> None:
        self._rest_until_ms = self._clock.monotonic_ms() + self._interval_ms


def _report(outcome: SyncOutcome) -> SyncReport:
    if outcome.error is not None:
        raise outcome.error
    assert outcome.report is not None, "an outcome is a report or an error"
    return outcome.report
