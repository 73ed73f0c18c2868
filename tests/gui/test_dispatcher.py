"""Background work over real threads: lanes, order, the GUI thread, closing."""

import gc
import threading
import time
import weakref
from functools import partial

import pytest
from PySide6.QtCore import QObject, QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from branchdesk.errors import RuleViolation
from branchdesk.ui.kit.background import Lane
from branchdesk.ui.kit.dispatcher import QtBackground, QtTimers

JOBS = 60


@pytest.fixture
def owner(qapp: QApplication) -> QObject:
    return QObject(qapp)


def test_the_store_lane_runs_one_job_at_a_time_in_the_order_given(
    owner: QObject, qtbot: QtBot
) -> None:
    background, inside, most, order = QtBackground(owner), [0], [0], list[int]()

    def job(number: int) -> int:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        order.append(number)
        inside[0] -= 1
        return number

    heard: list[int] = []
    for number in range(JOBS):
        background.submit(Lane.STORE, lambda number=number: job(number), heard.append)  # type: ignore[misc]  # bound now
    qtbot.waitUntil(lambda: len(heard) == JOBS)
    assert order == heard == list(range(JOBS))
    assert most == [1]
    assert background.close()


def test_answers_and_failures_arrive_on_the_gui_thread(owner: QObject, qtbot: QtBot) -> None:
    background = QtBackground(owner)
    where: list[object] = []
    gui = QThread.currentThread()
    worked: list[object] = []

    def refuse() -> None:
        worked.append(threading.get_ident())
        raise RuleViolation("grant_exhausted", offer="PHONE10")

    background.submit(Lane.STORE, lambda: 1, lambda _: where.append(QThread.currentThread()))
    background.submit(
        Lane.NETWORK, refuse, failed=lambda error: where.append((QThread.currentThread(), error))
    )
    qtbot.waitUntil(lambda: len(where) == 2)
    assert gui in where
    thread, error = next(found for found in where if isinstance(found, tuple))
    assert thread == gui
    assert isinstance(error, RuleViolation)
    assert worked != [threading.get_ident()]
    assert background.close()


def test_network_jobs_do_not_hold_up_the_store(owner: QObject, qtbot: QtBot) -> None:
    background, release, heard = QtBackground(owner), threading.Event(), list[str]()
    background.submit(Lane.NETWORK, lambda: release.wait(5), lambda _: heard.append("network"))
    background.submit(Lane.STORE, lambda: None, lambda _: heard.append("store"))
    qtbot.waitUntil(lambda: heard == ["store"])
    release.set()
    qtbot.waitUntil(lambda: heard == ["store", "network"])
    assert background.close()


def test_a_fault_of_our_own_reaches_its_asker_and_the_crash_capture(
    owner: QObject, qtbot: QtBot
) -> None:
    bugs: list[Exception] = []
    failures: list[Exception] = []
    background = QtBackground(owner, bugs.append)

    def broken() -> None:
        raise ZeroDivisionError

    def refused() -> None:
        raise RuleViolation("pin_wrong")

    background.submit(Lane.STORE, refused, failed=failures.append)
    background.submit(Lane.STORE, broken, failed=failures.append)
    qtbot.waitUntil(lambda: len(failures) == 2)
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]
    assert background.close()


def test_closing_lets_given_work_end_and_answers_nobody_any_more(
    owner: QObject, qapp: QApplication
) -> None:
    background, done, heard = QtBackground(owner), list[int](), list[object]()
    for number in range(5):
        background.submit(Lane.STORE, lambda number=number: done.append(number), heard.append)  # type: ignore[misc]  # bound now
    assert background.close()
    assert done == [0, 1, 2, 3, 4]
    qapp.processEvents()
    assert heard == []
    background.submit(Lane.STORE, lambda: done.append(9))
    assert background.close()
    assert 9 not in done


def test_closing_is_bounded_when_a_job_hangs(owner: QObject) -> None:
    background, release = QtBackground(owner), threading.Event()
    background.submit(Lane.NETWORK, lambda: release.wait(20))
    began = time.monotonic()
    assert not background.close(timeout_ms=100)
    assert time.monotonic() - began < 5
    release.set()
    assert background.close(timeout_ms=5_000)


def test_a_timer_fires_once_and_the_newest_call_counts(owner: QObject, qtbot: QtBot) -> None:
    timers, heard = QtTimers(owner), list[str]()
    timers.restart("draft", 1, lambda: heard.append("first"))
    timers.restart("draft", 1, lambda: heard.append("second"))
    timers.restart("look", 1, lambda: heard.append("never"))
    timers.cancel("look")
    timers.restart("end", 40, lambda: heard.append("end"))
    qtbot.waitUntil(lambda: "end" in heard)
    assert heard == ["second", "end"]


def test_work_that_was_answered_is_let_go(owner: QObject, qtbot: QtBot) -> None:
    class Carried:
        """What a job brings with it."""

    background, heard = QtBackground(owner), list[object]()
    kept: list[weakref.ref[Carried]] = []
    for number in range(300):
        carried = Carried()
        kept.append(weakref.ref(carried))
        background.submit(Lane.STORE, partial(id, carried), heard.append)
        del carried
        if number % 10 == 0:
            qtbot.waitUntil(lambda number=number: len(heard) == number + 1)  # type: ignore[misc]  # bound now
    qtbot.waitUntil(lambda: len(heard) == 300)
    assert background.close()
    gc.collect()
    assert sum(one() is not None for one in kept) == 0
