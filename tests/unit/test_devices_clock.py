"""The machine's clocks and ids made from its randomness."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from branchdesk.devices.system_clock import SystemClock
from branchdesk.devices.system_randomness import SystemRandomness


def test_the_wall_clock_is_the_systems() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= SystemClock().now_ms() <= time.time_ns() // 1_000_000


def test_the_monotonic_clock_never_goes_back() -> None:
    clock = SystemClock()
    readings = [clock.monotonic_ms() for _ in range(1_000)]
    assert readings == sorted(readings)


def test_one_boot_has_one_id_of_sixteen_bytes() -> None:
    assert SystemClock().boot_id() == SystemClock().boot_id()
    assert len(SystemClock().boot_id()) == 16


def test_the_offset_reads_like_one() -> None:
    assert re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", SystemClock().utc_offset())


def test_randomness_is_as_long_as_asked_and_never_the_same() -> None:
    randomness = SystemRandomness()
    assert [len(randomness.bytes(count)) for count in (0, 1, 32)] == [0, 1, 32]
    assert len({randomness.bytes(16) for _ in range(1_000)}) == 1_000


@given(st.lists(st.integers(min_value=-5, max_value=1 << 47), min_size=1, max_size=50))
def test_ids_grow_whatever_the_wall_clock_does(walls: list[int]) -> None:
    waiting = iter(walls)
    randomness = SystemRandomness(lambda: next(waiting))
    ids = [randomness.intent_id() for _ in walls]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(made.version, made.variant) for made in ids} == {(7, "specified in RFC 4122")}
    assert ids[0].int >> 80 == max(walls[0], 0)


def test_ids_of_one_millisecond_are_many() -> None:
    randomness = SystemRandomness(lambda: 1_799_024_400_000)
    ids = [randomness.intent_id() for _ in range(20_000)]
    assert ids == sorted(set(ids))
    assert ids[-1].int >> 80 <= 1_799_024_400_001
