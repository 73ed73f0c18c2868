"""A window at work, measured from inside: a benchmark starts it as a process of its own.

``idle SECONDS`` is a bare Qt loop. ``busy SECONDS HOME`` signs in at an enrolled home and does
everything at once: searches key by key, registers, issues and prints person after person, and
synchronises without a pause. Both print the gaps between ticks of the event loop in milliseconds.
``serve HOME COUNT …`` serves so many people one after the other, synchronises once a second, and
prints the resident memory in MB after each count. Every answer is one JSON object.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from branchdesk.app.window import open_door
from branchdesk.devices.paths import resource, terminal_home
from branchdesk.devices.settings import load_settings
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field
from branchdesk.ui.shell.first_paint import prepare
from branchdesk.ui.shell.window import MainWindow
from branchdesk.ui.sign_in.state import Credentials
from branchdesk.ui.window import Desk

STAFF, PIN = "T001", "246810"
TICK_MS, KEY_MS, STEP_MS = 4, 90, 40
_SERVE_MS, _SYNC_MS = 5, 1_000
_QUERIES = ("王伟", "wxm", "8888", "lihua", "0415", "𠮷", "zhang", "陈子涵", "139")
_POLL_MS, _OFFER = 20, "PHONE10"


class Probe(QObject):
    """Ticks as often as the event loop lets it and keeps the time between two ticks."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.gaps_ms: list[float] = []
        self._last = time.perf_counter()
        timer = QTimer(self)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(self._tick)
        timer.start(TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps_ms.append((now - self._last) * 1e3)
        self._last = now


class Teller(QObject):
    """Serves person after person at the counter: one step whenever it is called."""

    def __init__(self, parent: QObject, desk: Desk) -> None:
        super().__init__(parent)
        self._counter = desk.counter
        self._numbers = count(1)
        self.served = 0

    def step(self) -> None:
        """Do what comes next for the person at the desk."""
        counter = self._counter
        state = counter.state
        if state.busy:
            return
        if state.result is not None:
            # Printing goes on by itself; the next person comes once it ended.
            if state.result.can_print or state.result.document:
                counter.next_person()
                self.served += 1
            return
        if not state.form.name:
            self._fill(next(self._numbers))
            return
        card = next((c for c in state.offers if c.code == _OFFER), None)
        if card is not None and card.chosen:
            counter.submit()
        elif card is not None and card.status == "eligible":
            counter.toggle(_OFFER)

    def _fill(self, number: int) -> None:
        counter = self._counter
        counter.edit(Edit(Field.NAME, f"欧阳𬭼{number}"))
        counter.edit(Edit(Field.PHONE, f"137{number:08}"))
        counter.answer(ConsentAnswer(Purpose.SERVICE, granted=True, how=ConsentHow.PAPER))


class Reader(QObject):
    """Stands where the system opens a finished document, so that its paper can come out."""

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        """Take a document; nobody reads it."""


class Everything(QObject):
    """A teller, a search and a synchronisation at once, from timers."""

    def __init__(self, window: MainWindow, desk: Desk) -> None:
        super().__init__(window)
        self._desk = desk
        self._teller = Teller(self, desk)
        self._typed = self._syncs = 0
        self._keys = cycle([*(key for query in _QUERIES for key in (*query, ""))])
        _every(self, KEY_MS, self._type)
        _every(self, STEP_MS, self._teller.step)
        _every(self, STEP_MS, self._sync)

    def done(self) -> dict[str, int]:
        """Return how much was done."""
        return {"keys": self._typed, "served": self._teller.served, "syncs": self._syncs}

    def _type(self) -> None:
        # Only here: it is no part of the program, whose memory is measured too.
        from PySide6.QtTest import QTest

        edit, key = self._desk.counter_view.search.edit, next(self._keys)
        self._typed += 1
        if not key:
            edit.clear()
        elif key.isascii():
            QTest.keyClicks(edit, key)
        else:
            edit.insert(key)

    def _sync(self) -> None:
        if not self._desk.shell.state.status.syncing:
            self._syncs += 1
            self._desk.shell.sync()


def idle(seconds: float) -> dict[str, float]:
    """Return the gaps of a loop that has nothing to do."""
    window = MainWindow("light")
    window.show()
    return _probed(window, seconds)


def busy(seconds: float, home: str) -> dict[str, float]:
    """Return the gaps while everything happens at once, and what was done."""
    with _desk(home) as (window, desk):
        everything = Everything(window, desk)
        return {**_probed(window, seconds), **everything.done()}


def serve(home: str, counts: Sequence[int]) -> dict[str, float]:
    """Return the resident memory in MB after serving each of ``counts`` people in all."""
    with _desk(home) as (window, desk):
        teller = Teller(window, desk)
        _every(teller, _SERVE_MS, teller.step)
        _every(teller, _SYNC_MS, desk.shell.sync)
        found: dict[str, float] = {}
        for number in counts:
            _wait(lambda number=number: teller.served >= number, seconds=1_800)
            found[str(number)] = resident_mb()
        return found


def resident_mb() -> float:
    """Return this process's resident memory in MB of 10^6 bytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


@contextmanager
def _desk(home: str) -> Iterator[tuple[MainWindow, Desk]]:
    place = terminal_home(Path(home))
    window = MainWindow("light")
    QDesktopServices.setUrlHandler("file", Reader(window), "take")
    window.show()
    opening = open_door(window, place, load_settings(place.settings_file))
    try:
        _wait(lambda: opening.desk is not None)
        desk = opening.desk
        assert desk is not None
        desk.sign_in.submit(Credentials(STAFF, PIN))
        _wait(lambda: bool(desk.counter.state.offers))
        yield window, desk
        window.close()
    finally:
        opening.close()


def _every(parent: QObject, delay_ms: int, call: Callable[[], None]) -> None:
    timer = QTimer(parent)
    timer.timeout.connect(call)
    timer.start(delay_ms)


def _probed(window: MainWindow, seconds: float) -> dict[str, float]:
    probe, loop = Probe(window), QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()
    gaps = sorted(probe.gaps_ms)
    return {
        "ticks": len(gaps),
        "p50_ms": round(gaps[len(gaps) // 2], 2),
        "p99_ms": round(gaps[len(gaps) * 99 // 100], 2),
        "max_ms": round(gaps[-1], 2),
        "resident_mb": resident_mb(),
    }


def _wait(is_so: Callable[[], bool], seconds: float = 120) -> None:
    loop, ends_at = QEventLoop(), time.monotonic() + seconds

    def look() -> None:
        if is_so() or time.monotonic() > ends_at:
            loop.quit()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(_POLL_MS)
    loop.exec()
    timer.stop()
    if not is_so():
        raise TimeoutError("the desk did not get there")


def main(words: Sequence[str]) -> int:
    """Do one of the three and print what was seen."""
    application = QApplication([])
    prepare(resource("resources"))
    what, *rest = words
    if what == "idle":
        found = idle(float(rest[0]))
    elif what == "busy":
        found = busy(float(rest[0]), rest[1])
    else:
        found = serve(rest[0], [int(word) for word in rest[1:]])
    sys.stdout.write(json.dumps(found) + "\n")
    application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
