"""When to try again: bounds, jitter, what head office asked for, and the rhythm of the loop."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.application.models import SyncReport
from branchdesk.errors import BranchDeskError, ContractFault, EnvironmentFault, RuleViolation
from branchdesk.sync.background import INTERVAL_MS, SOON_MS, SyncLoop, SyncOutcome
from branchdesk.sync.retry import RetryPolicy, uniform
from tests.fakes.clock import ManualClock
from tests.fakes.randomness import SeededRandomness

POLICY = RetryPolicy()
REPORT = SyncReport(pushed=0, acked_seq=0, durable_seq=0, unsent=0, pulled=0, parked=0)


class Fixed:
    """Randomness at one end of its range."""

    def __init__(self, byte: int) -> None:
        self._byte = byte

    def bytes(self, count: int) -> bytes:
        """Return the same byte again and again."""
        return bytes([self._byte]) * count

    def intent_id(self) -> UUID:
        """Not asked for here."""
        raise AssertionError


LEAST, MOST = Fixed(0), Fixed(255)


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 32))
def test_a_uniform_number_stays_within_its_limit(limit: int, seed: int) -> None:
    assert 0 <= uniform(limit, SeededRandomness(seed)) <= limit


def test_a_uniform_number_reaches_both_ends() -> None:
    assert (uniform(10, LEAST), uniform(10, MOST)) == (0, 10)
    assert {uniform(3, SeededRandomness(seed)) for seed in range(60)} == {0, 1, 2, 3}


def test_the_ceiling_doubles_until_the_cap() -> None:
    ceilings = [POLICY.delay_ms(failures, MOST) for failures in range(1, 12)]
    assert ceilings[:4] == [2_000, 4_000, 8_000, 16_000]
    assert ceilings[-1] == ceilings[-2] == POLICY.cap_ms
    assert POLICY.delay_ms(10**6, MOST) == POLICY.cap_ms


def test_jitter_is_full() -> None:
    assert POLICY.delay_ms(5, LEAST) == 0
    thousand = [POLICY.delay_ms(5, SeededRandomness(seed)) for seed in range(1_000)]
    ceiling_ms = POLICY.delay_ms(5, MOST)
    quarters = [
        sum(q <= wait * 4 // (ceiling_ms + 1) < q + 1 for wait in thousand) for q in range(4)
    ]
    assert min(quarters) > 180


@given(st.integers(1, 50), st.integers(-5, 10**9), st.integers(0, 1 << 32))
def test_a_wait_that_was_asked_for_is_never_undercut_but_bounded(
    failures: int, asked_s: int, seed: int
) -> None:
    wait_ms = POLICY.delay_ms(failures, SeededRandomness(seed), retry_after_s=asked_s)
    assert min(max(asked_s, 0), 3_600) * 1_000 <= wait_ms <= 3_600_000 + POLICY.cap_ms


def test_a_thousand_desks_do_not_come_back_at_once() -> None:
    firsts = {POLICY.first_delay_ms(SeededRandomness(seed)) // 100 for seed in range(1_000)}
    assert len(firsts) > 120


class Script:
    """A synchronisation that ends as told."""

    def __init__(self, *ends: BranchDeskError | None) -> None:
        self.ends = list(ends)

    def __call__(self) -> SyncReport:
        end = self.ends.pop(0)
        if end is not None:
            raise end
        return REPORT


def loop_of(*ends: BranchDeskError | None) -> tuple[SyncLoop, ManualClock]:
    """Return a loop whose attempts end as told, and its clock."""
    clock = ManualClock()
    return SyncLoop(Script(*ends), clock, MOST), clock


def test_the_first_attempt_waits_at_random_after_the_start() -> None:
    loop, clock = loop_of()
    assert loop.next_delay_ms(clock.monotonic_ms(), None) == POLICY.reconnect_ms
    clock.advance(POLICY.reconnect_ms + 5)
    assert loop.next_delay_ms(clock.monotonic_ms(), None) == 0


def test_after_a_good_attempt_comes_the_interval_or_soon_when_something_waits() -> None:
    loop, clock = loop_of(None)
    good = loop.run_once()
    now_ms = clock.monotonic_ms()
    assert (good.report, good.error) == (REPORT, None)
    assert loop.next_delay_ms(now_ms, good) == INTERVAL_MS * 11 // 10
    assert loop.next_delay_ms(now_ms, good, is_waiting=True) == SOON_MS
    assert loop.next_delay_ms(now_ms + 400, good, is_waiting=True) == SOON_MS - 400
    assert loop.next_delay_ms(now_ms + 10**9, good) == 0


@pytest.mark.parametrize(
    "error",
    [
        EnvironmentFault("office_unreachable", retryable=True, reason="timeout"),
        ContractFault("captive_portal"),
        RuleViolation("terminal_frozen"),
        EnvironmentFault("office_certificate", retryable=True),
    ],
)
def test_every_failure_is_tried_again_ever_later(error: BranchDeskError) -> None:
    loop, clock = loop_of(error, error, error, None, error)
    outcomes = [loop.run_once() for _ in range(5)]
    assert [outcome.wait_ms for outcome in outcomes[:3]] == [2_000, 4_000, 8_000]
    assert outcomes[2].error is error
    assert outcomes[4].wait_ms == 2_000
    # However much is waiting, a line that failed keeps its back-off.
    assert loop.next_delay_ms(clock.monotonic_ms(), outcomes[2], is_waiting=True) == 8_000


def test_what_head_office_asked_for_is_honoured() -> None:
    busy = EnvironmentFault("office_unreachable", retryable=True, reason="busy", retry_after_s=30)
    loop, _ = loop_of(busy)
    assert loop.run_once().wait_ms == 32_000


def test_a_reconnect_begins_again() -> None:
    down = EnvironmentFault("office_unreachable", retryable=True, reason="no_line")
    loop, clock = loop_of(*[down] * 6)
    for _ in range(5):
        loop.run_once()
    clock.advance(1_000)
    loop.line_is_back()
    assert loop.next_delay_ms(clock.monotonic_ms(), None) == POLICY.reconnect_ms
    assert loop.run_once().wait_ms == 2_000


def test_our_own_bugs_are_not_swallowed() -> None:
    def buggy() -> SyncReport:
        raise ZeroDivisionError

    loop = SyncLoop(buggy, ManualClock(), SeededRandomness())
    with pytest.raises(ZeroDivisionError):
        loop.run_once()


def test_asking_twice_gives_one_answer() -> None:
    loop = SyncLoop(Script(None), ManualClock(), SeededRandomness())
    outcome = loop.run_once()
    assert isinstance(outcome, SyncOutcome)
    assert loop.next_delay_ms(0, outcome) == loop.next_delay_ms(0, outcome)
