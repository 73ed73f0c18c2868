"""When slots run out at today's rate, and what a usual day takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.domain.forecast import ISSUES_MIN, SPAN_MIN_MS, Pace, runs_out_ms, usual_day

HOUR_MS = 3_600_000
NINE = 1_799_024_400_000


def test_ten_an_hour_uses_up_thirty_in_three_hours() -> None:
    # The first of eleven opens the hour; ten followed within it.
    assert runs_out_ms(30, Pace(11, NINE), NINE + HOUR_MS) == NINE + 4 * HOUR_MS


def test_a_quiet_afternoon_moves_the_end_away() -> None:
    busy = runs_out_ms(30, Pace(11, NINE), NINE + HOUR_MS)
    quiet = runs_out_ms(30, Pace(11, NINE), NINE + 2 * HOUR_MS)
    assert busy is not None
    assert quiet is not None
    assert quiet - (NINE + 2 * HOUR_MS) == 2 * (busy - (NINE + HOUR_MS))


@pytest.mark.parametrize(
    ("issued", "span_ms"),
    [(0, HOUR_MS), (ISSUES_MIN - 1, HOUR_MS), (50, SPAN_MIN_MS - 1), (50, 0), (50, -HOUR_MS)],
)
def test_too_little_to_go_by_is_unknown(issued: int, span_ms: int) -> None:
    assert runs_out_ms(30, Pace(issued, NINE), NINE + span_ms) is None


def test_nothing_left_has_run_out_now() -> None:
    assert runs_out_ms(0, Pace(9, NINE), NINE + HOUR_MS) == NINE + HOUR_MS


@given(
    free=st.integers(0, 10_000),
    issued=st.integers(ISSUES_MIN, 5_000),
    span_ms=st.integers(SPAN_MIN_MS, 24 * HOUR_MS),
)
def test_more_slots_never_run_out_earlier_and_never_in_the_past(
    free: int, issued: int, span_ms: int
) -> None:
    now_ms, pace = NINE + span_ms, Pace(issued, NINE)
    end_ms, later_ms = runs_out_ms(free, pace, now_ms), runs_out_ms(free + 1, pace, now_ms)
    assert end_ms is not None
    assert later_ms is not None
    assert now_ms <= end_ms <= later_ms


def test_a_usual_day_is_the_mean_of_the_days_with_any_issue_rounded_up() -> None:
    assert usual_day({10: 8, 11: 0, 12: 3}) == 6
    assert usual_day({}) is None
    assert usual_day({10: 0}) is None
