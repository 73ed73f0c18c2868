"""The port to everything slow, and how a screen drops answers that come too late.

This module must not know Qt: presenters use it, tests fake it.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol, TypeVar

T = TypeVar("T")


class Lane(StrEnum):
    """Where a job runs: one after the other at the store, or beside each other on the network."""

    STORE = "store"
    NETWORK = "network"


def ignore(_: object) -> None:
    """Take an answer that nobody waits for."""


class Background(Protocol):
    """Runs jobs away from the window and brings the answer back to it."""

    def submit(
        self,
        lane: Lane,
        job: Callable[[], T],
        done: Callable[[T], object] = ignore,
        failed: Callable[[Exception], object] = ignore,
    ) -> None:
        """Run ``job`` on a lane, then ``done`` or ``failed`` on the caller's thread, in order.

        After ``close`` nothing more is run or answered.
        """


class Timers(Protocol):
    """Named one-shot timers on the caller's thread."""

    def restart(self, name: str, delay_ms: int, call: Callable[[], object]) -> None:
        """Call once after ``delay_ms``; an earlier timer of this name is forgotten."""

    def cancel(self, name: str) -> None:
        """Forget a timer, if there is one."""


class Latest:
    """Asks one question again and again and hears only the newest answer."""

    def __init__(self, background: Background) -> None:
        self._background = background
        self._generation = 0

    def submit(
        self,
        lane: Lane,
        job: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object] = ignore,
    ) -> None:
        """Ask; whatever was asked before is answered no more."""
        self._generation += 1
        asked = self._generation

        def answer(result: T) -> None:
            if asked == self._generation:
                done(result)

        def fail(error: Exception) -> None:
            if asked == self._generation:
                failed(error)

        self._background.submit(lane, job, answer, fail)

    def drop(self) -> None:
        """Hear no answer to what was asked so far."""
        self._generation += 1
