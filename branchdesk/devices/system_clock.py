"""The machine's clocks behind the ``Clock`` port. What is suspect is not decided here."""

import hashlib
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

_LINUX_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT_ID_BYTES = 16


class SystemClock:
    """Implements ``application.ports.Clock`` on the machine's own clocks."""

    def now_ms(self) -> int:
        """Return Unix milliseconds of the wall clock."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Return milliseconds since the machine started, time asleep included where it is known."""
        return _monotonic_ns() // 1_000_000

    def boot_id(self) -> bytes:
        """Return 16 bytes that change at each start of the machine and at no other time."""
        return _boot_id()

    def utc_offset(self) -> str:
        """Return the local offset as ``+08:00``."""
        offset = datetime.now(UTC).astimezone().utcoffset() or timedelta()
        minutes = offset // timedelta(minutes=1)
        sign = "-" if minutes < 0 else "+"
        return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _monotonic_ns() -> int:
    if sys.platform == "linux":
        # CLOCK_MONOTONIC stands still while a laptop sleeps; a night in the van must count.
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        # Unlike time.monotonic there, this clock counts time asleep.
        return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return time.monotonic_ns()


@cache
def _boot_id() -> bytes:
    if sys.platform == "linux":
        try:
            return UUID(_LINUX_BOOT_ID.read_text(encoding="ascii").strip()).bytes
        except (OSError, ValueError):
            return _derived_boot_id()
    return _windows_boot_id() or _derived_boot_id()


def _windows_boot_id() -> bytes | None:
    """Return a digest of Windows' count of its own starts, which no change of the clock touches."""
    if sys.platform != "win32":
        return None
    import winreg

    memory = (
        r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
    )
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, memory) as key:
            count, _ = winreg.QueryValueEx(key, "BootId")
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            machine, _ = winreg.QueryValueEx(key, "MachineGuid")
    except OSError:
        return None
    return hashlib.sha256(f"{machine}/{count}".encode()).digest()[:_BOOT_ID_BYTES]


def _derived_boot_id() -> bytes:
    """Return a digest of the moment the machine started, to the minute.

    Setting the wall clock changes it: the next event then looks like one of a new boot, which makes
    the clock less trusted, never more.
    """
    started_minute = round((time.time_ns() - _monotonic_ns()) / 60e9)
    return hashlib.sha256(f"boot/{started_minute}".encode()).digest()[:_BOOT_ID_BYTES]
