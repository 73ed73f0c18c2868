"""How far a machine's wall clock can be believed, by arithmetic alone.

Head office signs a time with each acknowledgement. The mark rises only by such a time and by the
monotonic time that passed since within one boot, never by the wall clock: a dead battery or a
curious hand must not move it. Nothing here decides about money, and this module must not know how
a clock is read.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

# China has one time and no summer time; what people read and where a day ends is in it.
CHINA_TIME: Final = timezone(timedelta(hours=8))
TOLERANCE_MS: Final = 2 * 60 * 1000
LONGEST_OFFLINE_MS: Final = 31 * 24 * 60 * 60 * 1000


def china_time(ms: int) -> datetime:
    """Return a time of milliseconds since 1970 as China's clocks show it."""
    return datetime.fromtimestamp(ms / 1000, CHINA_TIME)


def china_date(ms: int) -> date:
    """Return the day in China of a time of milliseconds since 1970."""
    return china_time(ms).date()


class ClockState(StrEnum):
    """Whether the wall clock agrees with signed time, could be right, or cannot be."""

    TRUSTED = "trusted"
    PLAUSIBLE = "plausible"
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the machine's clocks: Unix and monotonic milliseconds, and the 16-byte boot."""

    wall_ms: int
    mono_ms: int
    boot_id: bytes


@dataclass(frozen=True, slots=True)
class TimeMark:
    """It was at least ``time_ms`` when the monotonic clock of ``boot_id`` stood at ``mono_ms``."""

    time_ms: int
    mono_ms: int
    boot_id: bytes


def least_time(mark: TimeMark, now: Reading) -> int:
    """Return the earliest Unix milliseconds that it can be: the mark and what passed since."""
    return mark.time_ms + max(0, _elapsed(mark, now) or 0)


def signed_mark(mark: TimeMark | None, signed_ms: int, now: Reading) -> TimeMark:
    """Return the mark raised by a time that head office signed; it never goes back."""
    least = 0 if mark is None else least_time(mark, now)
    return TimeMark(max(least, signed_ms), now.mono_ms, now.boot_id)


def carried_mark(mark: TimeMark, now: Reading) -> TimeMark:
    """Return the mark moved to ``now``: monotonic time since is folded in, the wall clock never.

    Across a boot nothing is known to have passed, so that only the later time counts on from here.
    """
    return TimeMark(least_time(mark, now), now.mono_ms, now.boot_id)


def clock_state(mark: TimeMark | None, now: Reading) -> ClockState:
    """Judge the wall clock against the mark.

    ``suspect`` when it is more than two minutes behind, or further ahead than a terminal may be
    offline; ``trusted`` when, within one boot, it agrees within two minutes; else ``plausible``.
    """
    if mark is None:
        return ClockState.PLAUSIBLE
    ahead_ms = now.wall_ms - least_time(mark, now)
    if not -TOLERANCE_MS <= ahead_ms <= LONGEST_OFFLINE_MS:
        return ClockState.SUSPECT
    if _elapsed(mark, now) is not None and ahead_ms <= TOLERANCE_MS:
        return ClockState.TRUSTED
    return ClockState.PLAUSIBLE


def drift_ms(mark: TimeMark | None, now: Reading) -> int | None:
    """Return how far the wall clock is ahead of the mark; None before a mark or across a boot."""
    if mark is None or _elapsed(mark, now) is None:
        return None
    return now.wall_ms - least_time(mark, now)


def _elapsed(mark: TimeMark, now: Reading) -> int | None:
    """Return the monotonic milliseconds since the mark, or None across a boot."""
    same_boot = mark.boot_id == now.boot_id and now.mono_ms >= mark.mono_ms
    return now.mono_ms - mark.mono_ms if same_boot else None
