"""Synchronise once at a time, follow it while it runs, and set the timer for the next attempt.

This module must not know Qt, who is signed in, or what is shown.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from branchdesk.application.models import SyncReport
from branchdesk.ui.kit.background import Background, Lane, Timers
from branchdesk.ui.shell.services import DeskServices
from branchdesk.ui.shell.state import SyncActivity

AFTER_WORK_MS: Final = 2_000
PROGRESS_EVERY_MS: Final = 250


class SyncDriver:
    """Drives synchronising; ``changed`` is called with every new activity."""

    def __init__(
        self,
        background: Background,
        timers: Timers,
        services: DeskServices,
        changed: Callable[[SyncActivity], object],
        *,
        every_ms: int,
    ) -> None:
        self._background, self._timers, self._services = background, timers, services
        self._changed = changed
        self.every_ms = every_ms
        self.activity = SyncActivity()

    def start(self) -> None:
        """Synchronise now, unless it runs already."""
        if self.activity.running:
            return
        self._timers.cancel("sync")
        self._become(
            replace(
                self.activity, running=True, stopping=False, progress=None, next_ms=None
            )
        )  # fmt: skip
        self._follow()
        self._background.submit(Lane.NETWORK, self._services.sync_now, self._finished, self._failed)

    def stop(self) -> None:
        """Let the one that runs end after the request it is at."""
        if self.activity.running and not self.activity.stopping:
            self._services.stop_sync()
            self._become(replace(self.activity, stopping=True))

    def schedule(self, *, is_waiting: bool) -> None:
        """Set the timer for when the next attempt is due; asking again does not move that."""
        if self.activity.running or self.every_ms <= 0:
            return
        delay_ms = self._services.next_sync_ms(is_waiting=is_waiting)
        if is_waiting:
            # What a counter does comes in bursts (register, print): they go up together.
            delay_ms = max(delay_ms, AFTER_WORK_MS)
        self._timers.restart("sync", delay_ms, self.start)
        next_ms = self._services.now_ms() + delay_ms
        if next_ms != self.activity.next_ms:
            self._become(replace(self.activity, next_ms=next_ms))

    def _follow(self) -> None:
        self._timers.restart("sync_progress", PROGRESS_EVERY_MS, self._look)

    def _look(self) -> None:
        if not self.activity.running:
            return
        progress = self._services.sync_progress()
        if progress != self.activity.progress:
            self._become(replace(self.activity, progress=progress))
        self._follow()

    def _finished(self, report: SyncReport) -> None:
        ended_ms = self._services.now_ms()
        self._end(
            SyncActivity(
                report=report, report_ms=ended_ms, ended_ms=ended_ms,
                stopped=self.activity.stopping,
            ),
            is_waiting=report.unsent > 0,
        )  # fmt: skip

    def _failed(self, error: Exception) -> None:
        before = self.activity
        self._end(
            SyncActivity(
                report=before.report, report_ms=before.report_ms, error=error,
                ended_ms=self._services.now_ms(), stopped=before.stopping,
            ),
            is_waiting=True,
        )  # fmt: skip

    def _end(self, activity: SyncActivity, *, is_waiting: bool) -> None:
        self._timers.cancel("sync_progress")
        self._become(activity)
        self.schedule(is_waiting=is_waiting)

    def _become(self, activity: SyncActivity) -> None:
        self.activity = activity
        self._changed(activity)
