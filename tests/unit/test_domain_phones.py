"""Phones: one E.164 spelling, refusals that count digits, masks that hide the middle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from branchdesk.domain.phones import mask_phone, normalise_phone
from branchdesk.errors import RuleViolation


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13800138000", "+8613800138000"),
        (" 138 0013-8000 ", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("＋８６13800138000", "+8613800138000"),
        ("0086-13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("19900000001", "+8619900000001"),
        ("+852 5100 0001", "+85251000001"),
        ("+853 6200 0003", "+85362000003"),
        ("00886 910000004", "+886910000004"),
        ("+84 90 100 0005", "+84901000005"),
    ],
)
def test_every_way_of_writing_a_number_becomes_e164(typed: str, kept: str) -> None:
    assert normalise_phone(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code", "facts"),
    [
        ("", "phone_empty", {}),
        (" \u3000", "phone_empty", {}),
        ("1380013800", "phone_length", {"found": 10, "expected": 11}),
        ("138001380000", "phone_length", {"found": 12, "expected": 11}),
        ("+86 1380013800", "phone_length", {"found": 10, "expected": 11}),
        ("-", "phone_length", {"found": 0, "expected": 11}),
        ("12000000000", "phone_invalid", {"prefix": "120"}),
        ("02112345678", "phone_invalid", {"prefix": "021"}),
        ("+852 123", "phone_length", {"found": 6, "expected": "7–15"}),
        ("+999 1234567", "phone_invalid", {"prefix": "+999"}),
        ("+852 0000 0000", "phone_invalid", {"prefix": "+852"}),
        ("138O0138000", "phone_character", {"code_point": "U+004F", "position": 4}),
        (" 13800138000\u202e", "phone_character", {"code_point": "U+202E", "position": 13}),
        ("1" * 1000, "phone_length", {"found": 1000, "expected": 11}),
    ],
)
def test_wrong_numbers_are_refused_with_the_reason(
    typed: str, code: str, facts: dict[str, object]
) -> None:
    with pytest.raises(RuleViolation) as caught:
        normalise_phone(typed)
    assert caught.value.code == code
    assert caught.value.facts == {"field": "phone", **facts}


@given(st.one_of(st.text(max_size=30), st.from_regex(r"\+?[0-9٠-٩０-９ -]{5,18}", fullmatch=True)))
def test_normalising_never_crashes_and_changes_nothing_twice(text: str) -> None:
    try:
        once = normalise_phone(text)
    except RuleViolation:
        return
    assert once.startswith("+")
    assert once[1:].isascii()
    assert once[1:].isdigit()
    assert normalise_phone(once) == once


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_every_mainland_mobile_is_taken(digits: str) -> None:
    assert normalise_phone(digits) == f"+86{digits}"


def test_masks_show_the_ends_only() -> None:
    assert mask_phone("+8613812345678") == "138****5678"
    assert mask_phone("+85251000001") == "+85****0001"
    assert mask_phone("+2901234") == "+29****34"
    assert mask_phone("+1234") == "*****"


@given(st.from_regex(r"\+[1-9][0-9]{3,14}", fullmatch=True))
def test_masks_never_leak_the_middle(phone: str) -> None:
    mask = mask_phone(phone)
    assert "*" * 4 in mask
    shown = mask.replace("*", "")
    assert len(shown) <= 7
    assert len(phone) - len(shown) >= 2
