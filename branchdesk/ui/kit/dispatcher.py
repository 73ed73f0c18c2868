"""The one way to background work in the window: lanes of threads, answers on the GUI thread.

The STORE lane has exactly one thread, so the store sees one job at a time in the order given. An
answer crosses by a queued signal and is delivered in order. This module must not know any job.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from PySide6.QtCore import QObject, Qt, QThreadPool, QTimer

from branchdesk.errors import BranchDeskError
from branchdesk.ui.kit.background import Lane, ignore
from branchdesk.ui.kit.signals import signal_of

T = TypeVar("T")

NETWORK_THREADS: Final = 3
CLOSE_TIMEOUT_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class _Answer:
    deliver: Callable[[], object]


class QtBackground(QObject):
    """``Background`` over one QThreadPool a lane.

    ``on_bug`` hears every exception outside our own error tree, after ``failed`` did: that is a
    fault of ours and belongs to the crash capture.
    """

    _answered = signal_of(_Answer)

    def __init__(
        self, parent: QObject, on_bug: Callable[[Exception], object] | None = None
    ) -> None:
        super().__init__(parent)
        self._on_bug = on_bug
        self._closed = threading.Event()
        self._pools = {lane: QThreadPool(self) for lane in Lane}
        self._pools[Lane.STORE].setMaxThreadCount(1)
        self._pools[Lane.NETWORK].setMaxThreadCount(NETWORK_THREADS)
        for pool in self._pools.values():
            pool.setExpiryTimeout(-1)
        self._answered.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def submit(
        self,
        lane: Lane,
        job: Callable[[], T],
        done: Callable[[T], object] = ignore,
        failed: Callable[[Exception], object] = ignore,
    ) -> None:
        """Run ``job`` on a lane; ``done`` or ``failed`` is called on the GUI thread, in order."""
        if self._closed.is_set():
            return

        def work() -> None:
            try:
                result = job()
            except Exception as error:
                self._send(partial(self._fail, failed, error))
            else:
                self._send(partial(done, result))

        # Not as a QRunnable: its pool keeps a reference to one that ended before start() returned.
        self._pools[lane].start(work)

    def close(self, timeout_ms: int = CLOSE_TIMEOUT_MS) -> bool:
        """Take and answer nothing more; let what was given end, within a time for all lanes.

        Returns False when something did not end in time; what had not begun is then dropped.
        """
        self._closed.set()
        ends_at = time.monotonic() + timeout_ms / 1000
        finished = True
        for pool in self._pools.values():
            left_ms = max(0, round((ends_at - time.monotonic()) * 1000))
            finished = pool.waitForDone(left_ms) and finished
            pool.clear()
        return finished

    def _send(self, deliver: Callable[[], object]) -> None:
        if not self._closed.is_set():
            self._answered.emit(_Answer(deliver))

    def _deliver(self, answer: _Answer) -> None:
        if not self._closed.is_set():
            answer.deliver()

    def _fail(self, failed: Callable[[Exception], object], error: Exception) -> None:
        failed(error)
        if self._on_bug is not None and not isinstance(error, BranchDeskError):
            self._on_bug(error)


class QtTimers(QObject):
    """``Timers`` over QTimer."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timers: dict[str, QTimer] = {}
        self._calls: dict[str, Callable[[], object]] = {}

    def restart(self, name: str, delay_ms: int, call: Callable[[], object]) -> None:
        """Call once after ``delay_ms``; an earlier timer of this name is forgotten."""
        if name not in self._timers:
            timer = QTimer(self)
            timer.setSingleShot(True)
            timer.timeout.connect(lambda: self._fire(name))
            self._timers[name] = timer
        self._calls[name] = call
        self._timers[name].start(delay_ms)

    def cancel(self, name: str) -> None:
        """Forget a timer, if there is one."""
        if name in self._timers:
            self._timers[name].stop()
            self._calls.pop(name, None)

    def _fire(self, name: str) -> None:
        call = self._calls.pop(name, None)
        if call is not None:
            call()
