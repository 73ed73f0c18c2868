"""Failed enrolments are counted by address, for a minute."""

import pytest

from branchdesk.errors import RuleViolation
from branchdesk.headoffice.failed_tries import TRIES_MAX, WINDOW_SECONDS, FailedTries


class _Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def _fail(tries: FailedTries, address: str, times: int = TRIES_MAX) -> None:
    for _ in range(times):
        tries.check(address)
        tries.note(address)


def test_a_stranger_is_stopped_and_a_branch_is_not() -> None:
    tries = FailedTries(_Clock())
    _fail(tries, "198.51.100.7")
    with pytest.raises(RuleViolation) as refused:
        tries.check("198.51.100.7")
    assert refused.value.code == "enrolment_tries_too_many"
    assert refused.value.facts["retry_after_seconds"] == WINDOW_SECONDS + 1
    tries.check("203.0.113.9")


def test_after_a_minute_it_may_try_again() -> None:
    clock = _Clock()
    tries = FailedTries(clock)
    _fail(tries, "a", TRIES_MAX - 1)
    clock.now_s += 40
    _fail(tries, "a", 1)
    with pytest.raises(RuleViolation) as refused:
        tries.check("a")
    assert refused.value.facts["retry_after_seconds"] == 21
    clock.now_s += 20
    tries.check("a")


def test_remembered_addresses_are_bounded_and_the_oldest_goes_first() -> None:
    tries = FailedTries(_Clock())
    _fail(tries, "first")
    for number in range(4_095):
        tries.note(f"address {number}")
    with pytest.raises(RuleViolation):
        tries.check("first")
    tries.note("one more")
    tries.check("first")
