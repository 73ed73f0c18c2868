"""Slots as ranges, and the size of a grant: pure arithmetic, checked against plain sets."""

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from branchdesk.headoffice.lending import Holding, slots_to_lend, wanted_slots
from branchdesk.headoffice.offer_books import UNLIMITED_SLOTS, OfferBook
from branchdesk.headoffice.slot_ranges import SlotSet, read_ranges, slot_set

SLOTS = st.sets(st.integers(1, 60))

BOOK = OfferBook(
    offer=1, campaign="C", code="O", face_minor=1_000, cost_cap_minor=1_000,
    budget_minor=1_000_000, ceiling_minor=1_000_000, slots_limit=None, slots_ceiling=None,
    policy=1, allowance_minor=0, issue_from=0, issue_until=9_999, forecast=10, is_open=True,
    slots_lent=0, slots_out=0, reserve_minor=0, reserve_slots=0, honoured_minor=0, loss_minor=0,
    loss_slots=0, partial_use=False, undo_minutes=30, min_spend_minor=None,
    per_person_limit=None, per_day_limit=None,
)  # fmt: skip


def ranges_of(slots: set[int]) -> SlotSet:
    """Return the set of single slots."""
    return slot_set((slot, slot) for slot in slots)


def plain(slots: SlotSet) -> set[int]:
    """Return the slots one by one."""
    return {slot for first, last in slots.ranges for slot in range(first, last + 1)}


@given(SLOTS, SLOTS)
def test_ranges_behave_as_the_sets_they_stand_for(left: set[int], right: set[int]) -> None:
    one, two = ranges_of(left), ranges_of(right)
    assert plain(one) == left
    assert plain(one.minus(two)) == left - right
    assert plain(one.plus(two)) == left | right
    assert one.count == len(left)
    assert one.only(right) == sorted(left & right)
    assert plain(one.without(right)) == left - right
    assert all((slot in one) == (slot in left) for slot in range(62))


@given(SLOTS)
def test_ranges_never_touch(slots: set[int]) -> None:
    ranges = ranges_of(slots).ranges
    assert all(b[0] > a[1] + 1 for a, b in itertools.pairwise(ranges))
    assert read_ranges([list(part) for part in ranges], 60) == (ranges or None)


def test_ranges_that_break_the_rules_are_refused() -> None:
    for bad in ([], None, [[0, 1]], [[2, 1]], [[1, 61]], [[1, 2], [3, 4]], [[1, 2], [2, 4]],
                [[1]], [[1, 2, 3]], [[True, 2]], ["x"], [[5, 6], [1, 2]]):  # fmt: skip
        assert read_ranges(bad, 60) is None


def test_a_first_grant_follows_the_forecast_and_is_at_least_a_hundred() -> None:
    assert wanted_slots(10, is_first=True) == 100
    assert wanted_slots(100, is_first=True) == 335
    assert wanted_slots(10, is_first=False) == 41
    assert wanted_slots(0.01, is_first=False) == 1


def test_never_more_than_half_of_what_is_free() -> None:
    book = replace(BOOK, budget_minor=150_000)
    assert slots_to_lend(book, Holding(), None) == 75


def test_the_last_five_percent_go_one_at_a_time_to_who_has_none() -> None:
    book = replace(BOOK, budget_minor=100_000, slots_lent=95)
    assert book.bulk_slots() == 0
    assert slots_to_lend(book, Holding(), None) == 1
    assert slots_to_lend(book, Holding(free=1, last_size=30), None) == 0
    book.slots_lent = 100
    assert slots_to_lend(book, Holding(), None) == 0


def test_refill_begins_below_half_of_the_last_grant() -> None:
    assert slots_to_lend(BOOK, Holding(free=50, last_size=100), 10.0) == 0
    given_back = Holding(free=3, last_size=100, has_returned=True)
    assert slots_to_lend(BOOK, given_back, 10.0) == 0
    assert slots_to_lend(BOOK, replace(given_back, free=0), 10.0) == 1
    assert slots_to_lend(BOOK, Holding(free=49, last_size=100), 10.0) == 41


def test_a_free_offer_is_limited_by_its_count_alone() -> None:
    free = replace(BOOK, cost_cap_minor=0, budget_minor=0, ceiling_minor=0)
    assert free.free_slots() == UNLIMITED_SLOTS
    assert slots_to_lend(replace(free, slots_limit=10), Holding(), None) == 5


@given(
    budget=st.integers(0, 200_000), limit=st.none() | st.integers(1, 150),
    lent=st.integers(0, 100), out=st.integers(0, 100), reserve=st.integers(0, 20),
    free=st.integers(0, 50), rate=st.none() | st.floats(0, 1_000),
)  # fmt: skip
def test_a_loan_always_fits(
    *, budget: int, limit: int | None, lent: int, out: int, reserve: int, free: int,
    rate: float | None,
) -> None:  # fmt: skip
    book = replace(
        BOOK, budget_minor=budget, slots_limit=limit, slots_lent=lent, slots_out=min(out, lent),
        reserve_minor=reserve * 1_000, reserve_slots=reserve,
    )  # fmt: skip
    slots = slots_to_lend(book, Holding(free, free), rate)
    assert 0 <= slots <= book.free_slots()
    if slots:
        book.slots_lent += slots
        assert book.committed_minor + book.reserve_minor <= budget
        assert limit is None or book.slots_lent - book.slots_out + reserve <= limit


@given(
    budget=st.integers(0, 200_000), before=st.integers(0, 200_000), lent=st.integers(0, 250),
)  # fmt: skip
def test_a_ceiling_never_rises_to_cover_what_was_lent(budget: int, before: int, lent: int) -> None:
    book = replace(BOOK, budget_minor=budget, ceiling_minor=max(budget, before), slots_lent=lent)
    book.settle()
    assert budget <= book.ceiling_minor <= max(budget, before)


def test_a_reserve_is_taken_only_when_it_fits() -> None:
    book = replace(BOOK, budget_minor=10_000, slots_limit=8, slots_ceiling=8, slots_lent=5)
    assert book.reserve(2_000, 2)
    assert not book.reserve(2_000, 2)
    assert (book.reserve_minor, book.reserve_slots) == (2_000, 2)
