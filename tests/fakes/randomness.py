"""Randomness that repeats itself: the same seed gives the same keys, salts and ids."""

import random
from uuid import UUID

_START_MS = 1_799_024_400_000


class SeededRandomness:
    """Implements the ``Randomness`` port from a seed."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)
        self._ids = 0

    def bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes of the seeded run."""
        return self._random.randbytes(count)

    def intent_id(self) -> UUID:
        """Return a UUIDv7 (RFC 9562): time counts up by a millisecond an id."""
        self._ids += 1
        tail = bytearray(self._random.randbytes(10))
        tail[0] = 0x70 | tail[0] & 0x0F
        tail[2] = 0x80 | tail[2] & 0x3F
        return UUID(bytes=(_START_MS + self._ids).to_bytes(6, "big") + bytes(tail))
