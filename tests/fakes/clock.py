"""A clock that moves only when a test says so."""

from dataclasses import dataclass

# 2027-01-04 09:00 in UTC+8: a working Monday, inside every sample window.
_START_MS = 1_799_024_400_000


@dataclass(slots=True)
class ManualClock:
    """Implements the ``Clock`` port; each reading gives the same answer until ``advance``."""

    wall_ms: int = _START_MS
    mono_ms: int = 1_000
    boot: bytes = bytes(range(16))
    offset: str = "+08:00"

    def now_ms(self) -> int:
        """Return the wall clock as last set."""
        return self.wall_ms

    def monotonic_ms(self) -> int:
        """Return milliseconds since this fake's boot."""
        return self.mono_ms

    def boot_id(self) -> bytes:
        """Return the 16 bytes that name this boot."""
        return self.boot

    def utc_offset(self) -> str:
        """Return the local offset."""
        return self.offset

    def advance(self, ms: int) -> None:
        """Let ``ms`` milliseconds pass on both clocks."""
        self.wall_ms += ms
        self.mono_ms += ms

    def set_wall(self, wall_ms: int) -> None:
        """Move the wall clock alone, as a person or a dead battery does."""
        self.wall_ms = wall_ms

    def reboot(self, boot: bytes, wall_ms: int | None = None) -> None:
        """Start a new boot: the monotonic clock begins again."""
        self.boot = boot
        self.mono_ms = 0
        if wall_ms is not None:
            self.wall_ms = wall_ms
