"""A scanner is told from a person by time alone, whoever types what in between."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.ui.scan.wedge import CHARACTERS_MAX, KEYS_MIN, Framing, Key, Wedge
from tests.fakes.counter import Counter

CHARACTERS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\t"), min_size=1)
HUMAN_MS = st.integers(40, 4_000)
WEDGE_MS = st.integers(2, 25)


def token() -> str:
    """Return the QR text of a voucher that was really issued."""
    return Counter("PHONE10").register(issue=["PHONE10"], interests=["贷款"]).vouchers[0].token


TOKEN = token()


def hear(wedge: Wedge, keys: list[tuple[str, int]], start_ms: int = 0) -> tuple[list[Key], int]:
    """Press keys after their gaps; return what each was and when the last one was pressed."""
    at_ms, found = start_ms, []
    for character, gap_ms in keys:
        at_ms += gap_ms
        found.append(wedge.key(character, at_ms))
    return found, at_ms


def steady(text: str, gap_ms: int) -> list[tuple[str, int]]:
    """Return a text as keys at one speed."""
    return [(character, gap_ms) for character in text]


@given(keys=st.lists(st.tuples(st.characters(codec="utf-8"), HUMAN_MS), max_size=200))
def test_no_key_of_a_person_is_ever_kept(keys: list[tuple[str, int]]) -> None:
    wedge = Wedge()
    found, _ = hear(wedge, keys)
    assert set(found) <= {Key.STARTS, Key.FOLLOWS}
    assert not wedge.is_reading


@given(data=st.data(), human=st.lists(st.tuples(CHARACTERS.map(lambda t: t[0]), HUMAN_MS)))
def test_a_voucher_is_read_whole_at_any_speed_of_a_scanner_after_any_typing(
    data: st.DataObject, human: list[tuple[str, int]]
) -> None:
    wedge = Wedge()
    _, typed_ms = hear(wedge, human)
    gaps = data.draw(st.lists(WEDGE_MS, min_size=len(TOKEN), max_size=len(TOKEN)))
    begins_ms = typed_ms + data.draw(HUMAN_MS)
    found, at_ms = hear(wedge, list(zip(TOKEN, [0, *gaps], strict=False)), begins_ms)
    assert found[:KEYS_MIN] == [Key.STARTS, *[Key.FOLLOWS] * (KEYS_MIN - 2), Key.RECOGNISED]
    assert set(found[KEYS_MIN:]) == {Key.KEPT}
    assert wedge.key("\r", at_ms + 5) is Key.ENDS
    assert wedge.take() == TOKEN


@given(gap_ms=st.integers(0, 60), character=st.characters(codec="utf-8"))
def test_a_key_that_is_held_down_is_no_scan(gap_ms: int, character: str) -> None:
    found, _ = hear(Wedge(), steady(character * 300, gap_ms))
    assert set(found) <= {Key.STARTS, Key.FOLLOWS}


def test_nine_quick_keys_are_a_persons_and_the_tenth_is_the_scanners() -> None:
    found, _ = hear(Wedge(), steady("1234567890", 20))
    assert found == [Key.STARTS, *[Key.FOLLOWS] * 8, Key.RECOGNISED]


def test_a_pause_in_the_middle_does_not_cut_a_voucher_in_two() -> None:
    wedge = Wedge()
    _, at_ms = hear(wedge, steady("1234567890" * 5, 8))
    found, _ = hear(wedge, [("7", 400), ("8", 8)], at_ms)
    assert found == [Key.KEPT, Key.KEPT]


def test_full_width_digits_are_read_as_digits() -> None:
    wedge = Wedge()
    hear(wedge, steady("１２３４５６７８９０１２", 10))
    assert wedge.take() == "123456789012"


def test_the_line_feed_behind_a_carriage_return_reaches_nobody() -> None:
    wedge = Wedge()
    _, at_ms = hear(wedge, steady("1234567890", 10))
    assert wedge.key("\r", at_ms + 4) is Key.ENDS
    wedge.take()
    assert wedge.key("\n", at_ms + 8) is Key.KEPT
    assert wedge.key("\n", at_ms + 900) is Key.FOLLOWS


def test_enter_of_a_person_begins_anew() -> None:
    wedge = Wedge()
    _, at_ms = hear(wedge, steady("12345", 10))
    assert wedge.key("\r", at_ms + 10) is Key.FOLLOWS
    assert wedge.key("6", at_ms + 20) is Key.STARTS


def test_a_clock_that_steps_back_makes_no_scan() -> None:
    wedge = Wedge()
    found = [wedge.key(digit, 1_000 - number * 10) for number, digit in enumerate("12345678901")]
    assert set(found) == {Key.STARTS}


@pytest.mark.parametrize("code", ["7", "AB12"])
def test_a_frame_makes_short_codes_known_and_is_not_part_of_them(code: str) -> None:
    wedge = Wedge(Framing("\x02~", "#"))
    found, _ = hear(wedge, steady(f"\x02~{code}#", 10))
    text = f"\x02~{code}#"
    assert (Key.RECOGNISED in found) is (len(text) >= 6)
    if wedge.is_reading:
        assert wedge.take() == code


@given(keys=st.lists(st.tuples(st.sampled_from("\x02~12#"), HUMAN_MS), max_size=60))
def test_a_person_who_types_the_frame_is_still_a_person(keys: list[tuple[str, int]]) -> None:
    found, _ = hear(Wedge(Framing("~", "#")), keys)
    assert set(found) <= {Key.STARTS, Key.FOLLOWS}


def test_what_is_kept_is_bounded() -> None:
    wedge = Wedge()
    endless = itertools.islice(itertools.cycle("1234567890"), CHARACTERS_MAX + 500)
    hear(wedge, [(digit, 2) for digit in endless])
    assert len(wedge.take()) == CHARACTERS_MAX


def test_nothing_is_left_of_what_was_taken() -> None:
    wedge = Wedge()
    hear(wedge, steady("1234567890", 10))
    wedge.take()
    assert wedge.take() == ""
    assert not wedge.is_reading
