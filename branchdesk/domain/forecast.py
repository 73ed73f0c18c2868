"""When what is left runs out at today's rate, and what a usual day takes: arithmetic alone.

Too little to go by gives None, never a guess: whoever shows it says that it is unknown. This module
must not know where the numbers come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Fewer issues, or a shorter while, say more about chance than about the day.
ISSUES_MIN: Final = 5
SPAN_MIN_MS: Final = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Vouchers of one offer in the open shift: how many, and when the first of them was issued."""

    issued: int
    first_ms: int


def runs_out_ms(free: int, pace: Pace, now_ms: int) -> int | None:
    """Return when ``free`` slots are used up at this pace, in Unix milliseconds; None if unknown.

    The rate is that from the first issue to now, so that a quiet afternoon counts as well.
    """
    span_ms = now_ms - pace.first_ms
    if pace.issued < ISSUES_MIN or span_ms < SPAN_MIN_MS:
        return None
    # The first issue opens the span and does not lie in it.
    return now_ms + free * span_ms // (pace.issued - 1)


def usual_day(issued_by_day: Mapping[int, int]) -> int | None:
    """Return what a day with any issue takes in the mean, rounded up; None without such a day."""
    counts = [count for count in issued_by_day.values() if count > 0]
    return -(-sum(counts) // len(counts)) if counts else None
