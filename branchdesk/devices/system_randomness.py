"""The operating system's randomness behind the ``Randomness`` port, and ids made from it."""

import os
import time
from collections.abc import Callable
from threading import Lock
from uuid import UUID

_TAIL_BITS = 74
_STEP_BITS = 32


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class SystemRandomness:
    """Implements ``application.ports.Randomness`` by ``os.urandom``; safe to share by threads."""

    def __init__(self, now_ms: Callable[[], int] = _wall_ms) -> None:
        self._now_ms = now_ms
        self._lock = Lock()
        self._last_ms = -1
        self._last_tail = 0

    def bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes."""
        return os.urandom(count)

    def intent_id(self) -> UUID:
        """Return a UUIDv7 greater than every one this process got before.

        RFC 9562 section 6.2, method 2: within a millisecond, or when the clock was set back, the
        74 random bits grow by a random step; when they run over, the time part grows by one.
        """
        with self._lock:
            now_ms = max(self._now_ms(), 0)
            if now_ms > self._last_ms:
                self._last_ms, self._last_tail = now_ms, self._random(_TAIL_BITS)
            else:
                self._last_tail += 1 + self._random(_STEP_BITS)
                if self._last_tail >> _TAIL_BITS:
                    self._last_ms, self._last_tail = self._last_ms + 1, self._random(_TAIL_BITS)
            return _uuid7(self._last_ms, self._last_tail)

    def _random(self, bits: int) -> int:
        count = (bits + 7) // 8
        return int.from_bytes(os.urandom(count), "big") >> (count * 8 - bits)


def _uuid7(time_ms: int, tail: int) -> UUID:
    high, low = tail >> 62, tail & (1 << 62) - 1
    return UUID(int=(time_ms & (1 << 48) - 1) << 80 | 7 << 76 | high << 64 | 0b10 << 62 | low)
