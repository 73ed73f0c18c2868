"""The wall clock is judged by signed and monotonic time, and never moves the mark itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.domain.clock import (
    LONGEST_OFFLINE_MS,
    TOLERANCE_MS,
    ClockState,
    Reading,
    TimeMark,
    carried_mark,
    clock_state,
    least_time,
    signed_mark,
)

BOOT = bytes(16)
OTHER_BOOT = bytes([1]) * 16
START_MS = 1_800_000_000_000
MARK = TimeMark(START_MS, 5_000, BOOT)
BOOTS = st.sampled_from((BOOT, OTHER_BOOT))
READINGS = st.builds(Reading, st.integers(0, 2**42), st.integers(0, 2**40), BOOTS)


def _later(passed_ms: int, off_ms: int = 0, boot: bytes = BOOT) -> Reading:
    mono_ms = 5_000 + passed_ms if boot == BOOT else passed_ms
    return Reading(START_MS + passed_ms + off_ms, mono_ms, boot)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (_later(3_600_000), ClockState.TRUSTED),
        (_later(3_600_000, TOLERANCE_MS), ClockState.TRUSTED),
        (_later(3_600_000, -TOLERANCE_MS), ClockState.TRUSTED),
        (_later(3_600_000, TOLERANCE_MS + 1), ClockState.PLAUSIBLE),
        (_later(3_600_000, -TOLERANCE_MS - 1), ClockState.SUSPECT),
        (_later(0, 0, OTHER_BOOT), ClockState.PLAUSIBLE),
        (_later(0, LONGEST_OFFLINE_MS, OTHER_BOOT), ClockState.PLAUSIBLE),
        (_later(0, LONGEST_OFFLINE_MS + 1, OTHER_BOOT), ClockState.SUSPECT),
        (_later(0, -TOLERANCE_MS - 1, OTHER_BOOT), ClockState.SUSPECT),
        (Reading(0, 9_000, BOOT), ClockState.SUSPECT),
    ],
)
def test_the_wall_clock_is_judged_by_the_mark(now: Reading, expected: ClockState) -> None:
    assert clock_state(MARK, now) is expected


def test_without_a_signed_time_a_clock_is_plausible_at_best() -> None:
    assert clock_state(None, _later(0)) is ClockState.PLAUSIBLE


@given(now=READINGS, later=READINGS, signed_ms=st.integers(0, 2**42))
def test_a_mark_never_goes_back(now: Reading, later: Reading, signed_ms: int) -> None:
    raised = signed_mark(MARK, signed_ms, now)
    assert raised.time_ms >= max(MARK.time_ms, signed_ms)
    assert carried_mark(raised, later).time_ms >= raised.time_ms


@given(now=READINGS, wall_ms=st.integers(0, 2**60))
def test_the_wall_clock_moves_nothing(now: Reading, wall_ms: int) -> None:
    moved = Reading(wall_ms, now.mono_ms, now.boot_id)
    assert carried_mark(MARK, now) == carried_mark(MARK, moved)
    assert least_time(MARK, now) == least_time(MARK, moved)


def test_time_counts_on_after_a_restart_of_the_machine() -> None:
    first = carried_mark(MARK, Reading(0, 100, OTHER_BOOT))
    assert first.time_ms == START_MS
    assert least_time(first, Reading(0, 1_100, OTHER_BOOT)) == START_MS + 1_000
