"""Counts failed enrolments an address, so that nobody can try codes as fast as the line allows.

Counted by address: a stranger who fails on purpose must not keep a branch from enrolling. Each
worker counts for itself.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from branchdesk.errors import RuleViolation

TRIES_MAX: Final = 30
WINDOW_SECONDS: Final = 60
# Addresses are remembered up to this number; then the one that tried longest ago is forgotten.
_ADDRESSES_MAX: Final = 4_096


class FailedTries:
    """The failed tries of the last minute; ``clock_s`` is monotonic seconds."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._failed: dict[str, deque[float]] = {}

    def check(self, address: str) -> None:
        """Raise RuleViolation ``enrolment_tries_too_many`` while an address fails too often."""
        failed, now = self._failed.get(address, deque()), self._clock_s()
        while failed and failed[0] <= now - WINDOW_SECONDS:
            failed.popleft()
        if len(failed) >= TRIES_MAX:
            seconds = int(failed[0] + WINDOW_SECONDS - now) + 1
            raise RuleViolation("enrolment_tries_too_many", retry_after_seconds=seconds)

    def note(self, address: str) -> None:
        """Remember that a try failed just now."""
        failed = self._failed.pop(address, deque(maxlen=TRIES_MAX))
        failed.append(self._clock_s())
        self._failed[address] = failed
        if len(self._failed) > _ADDRESSES_MAX:
            del self._failed[next(iter(self._failed))]
