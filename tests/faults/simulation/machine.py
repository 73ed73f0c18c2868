"""What a simulated terminal stands on: lying clocks, repeating randomness, failing power."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from branchdesk.persistence.store import StoreFolder
from tests.fakes.clock import ManualClock

DAY_MS = 86_400_000


class PowerLost(BaseException):
    """The machine stops here. Not an Exception, so that nothing on the way can take it for one."""


@dataclass(slots=True)
class Time:
    """What time it really is, for everybody."""

    now_ms: int = ManualClock().wall_ms

    def pass_ms(self, passed: int) -> None:
        """Let time pass."""
        self.now_ms += passed


@dataclass(slots=True)
class Power:
    """Counts the moments at which power may go, and cuts it at the one that was chosen."""

    _on_cut: Callable[[], object] = bool
    _left: int | None = None

    def cut_after(self, moments: int, on_cut: Callable[[], object]) -> None:
        """Cut the power at the ``moments``-th moment from now, calling ``on_cut`` just then."""
        self._left, self._on_cut = moments, on_cut

    def stay(self) -> None:
        """Cut nothing any more."""
        self._left = None

    def moment(self) -> None:
        """Be one of the moments; raises PowerLost when it is the chosen one."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = None
            self._on_cut()
            raise PowerLost

    def before(self, act: Callable[[int], None]) -> Callable[[int], None]:
        """Return ``act`` with a moment before it."""

        def powered(value: int) -> None:
            self.moment()
            act(value)

        return powered


@dataclass(slots=True)
class LyingClock:
    """Implements ``Clock``: real time, wrong by ``ahead_ms``; the monotonic clock is honest."""

    time: Time
    power: Power
    chance: random.Random
    ahead_ms: int = 0
    drift_ppm: int = 0
    boot: bytes = bytes(16)
    booted_ms: int = 0
    slept_ms: int = 0
    offset: str = "+08:00"

    def now_ms(self) -> int:
        """Return the wall clock as this machine shows it."""
        self.power.moment()
        drift = (self.time.now_ms - self.booted_ms) * self.drift_ppm // 1_000_000
        return max(0, self.time.now_ms + self.ahead_ms + drift)

    def monotonic_ms(self) -> int:
        """Return milliseconds since this boot."""
        return self.time.now_ms - self.booted_ms - self.slept_ms

    def boot_id(self) -> bytes:
        """Return the name of this boot."""
        return self.boot

    def utc_offset(self) -> str:
        """Return the local offset."""
        return self.offset

    def set_right(self) -> None:
        """Show the right time."""
        self.ahead_ms = self.drift_ppm = 0

    def reboot(self) -> None:
        """Start another boot; the wall clock goes on as wrong as it was."""
        self.boot, self.booted_ms = self.chance.randbytes(16), self.time.now_ms
        self.slept_ms = 0

    def sleep_ms(self, slept: int) -> None:
        """Be suspended: real time passes, and this machine's monotonic clock does not see it."""
        self.time.pass_ms(slept)
        self.slept_ms += slept

    def die(self) -> None:
        """Lose the battery: the next boot begins in 1970 or 2000."""
        begin = self.chance.choice((0, 946_684_800_000))
        self.ahead_ms = begin - self.time.now_ms
        self.reboot()


@dataclass(slots=True)
class PoweredRandomness:
    """Implements ``Randomness``; every draw is a moment at which power may go."""

    time: Time
    power: Power
    chance: random.Random

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        self.power.moment()
        return self.chance.randbytes(count)

    def intent_id(self) -> UUID:
        """Return a UUIDv7 (RFC 9562)."""
        self.power.moment()
        tail = bytearray(self.chance.randbytes(10))
        tail[0] = 0x70 | tail[0] & 0x0F
        tail[2] = 0x80 | tail[2] & 0x3F
        return UUID(bytes=(self.time.now_ms & ((1 << 48) - 1)).to_bytes(6, "big") + bytes(tail))


@dataclass(frozen=True, slots=True)
class Disk:
    """A terminal's files under one folder, copied whole while nothing writes."""

    root: Path

    @property
    def folder(self) -> StoreFolder:
        """Where the store lies."""
        data, second = self.root / "data", self.root / "second"
        return StoreFolder(data / "store.db", second / "events.log", data / "backups",
                           data / "ballast")  # fmt: skip

    def copy_to(self, root: Path) -> "Disk":
        """Copy every file but the lock; the reserve is linked, because nobody writes into it."""
        for path in self.root.rglob("*"):
            target = root / path.relative_to(self.root)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            elif path.name == "ballast":
                target.parent.mkdir(parents=True, exist_ok=True)
                target.hardlink_to(path)
            elif not path.name.endswith(".lock"):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        return Disk(root)

    def become(self, other: "Disk") -> None:
        """Hold what ``other`` holds and nothing else."""
        shutil.rmtree(self.root)
        other.copy_to(self.root)

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.root, ignore_errors=True)


@dataclass(slots=True)
class Image:
    """A copy of a disk, and how much had been answered for by then."""

    disk: Disk
    answered: int
    customers: frozenset[str]
    vouchers: frozenset[str]
    redeemed: frozenset[str]
