"""When to try again: exponential, capped, then full jitter, so that a thousand desks spread out.

Full jitter: the wait is uniform between nothing and the ceiling (after Brooker, "Exponential
Backoff and Jitter", AWS Architecture Blog, 2015). This module decides; it never sleeps.
"""

from dataclasses import dataclass

from branchdesk.application.ports import Randomness
from branchdesk.errors import BranchDeskError

_RETRY_AFTER_MAX_S = 3_600


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The first ceiling, the highest one, and the spread of the first try after a reconnect."""

    base_ms: int = 2_000
    cap_ms: int = 300_000
    reconnect_ms: int = 15_000

    def delay_ms(
        self, failures: int, randomness: Randomness, *, retry_after_s: int | None = None
    ) -> int:
        """Return how long to wait after ``failures`` failures in a row (1 or more).

        A wait that head office asked for is never undercut; the jitter comes on top of it.
        """
        assert failures >= 1
        # Doubling stops early: two to the power of a thousand failures is no number of anything.
        ceiling_ms = min(self.cap_ms, self.base_ms << min(failures - 1, 32))
        jitter_ms = uniform(ceiling_ms, randomness)
        if retry_after_s is None:
            return jitter_ms
        return min(max(retry_after_s, 0), _RETRY_AFTER_MAX_S) * 1_000 + jitter_ms

    def first_delay_ms(self, randomness: Randomness) -> int:
        """Return how long to wait before the first try after a start or a reconnect."""
        return uniform(self.reconnect_ms, randomness)


def uniform(limit: int, randomness: Randomness) -> int:
    """Return a number from 0 to ``limit``, both included, each equally likely."""
    return int.from_bytes(randomness.bytes(8), "big") * (limit + 1) >> 64


def retry_after_s(error: BranchDeskError) -> int | None:
    """Return the wait that head office asked for in its answer, in seconds."""
    asked = error.facts.get("retry_after_s")
    return asked if isinstance(asked, int) else None
