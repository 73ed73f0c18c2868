"""Which PINs anybody could guess who sees the keypad, or knows the person. Pure."""

import itertools
from datetime import date
from typing import Final

_BLOCK_MAX: Final = 3
_YEARS: Final = range(1900, 2100)
# A year of two digits may be any; this one has a 29 February.
_ANY_YEAR: Final = 2000


def is_guessable(digits: str) -> bool:
    """Say whether ``digits`` are a run (123456, 112233), a repeat (111111, 121212) or a date.

    Dates are those of birthdays as people type them: YYMMDD, DDMMYY, YYYYMMDD and DDMMYYYY.
    """
    return _is_run(digits) or _is_repeat(digits) or _is_date(digits)


def _is_run(digits: str) -> bool:
    """Say whether the different digits go up or down by one, 9 and 0 being neighbours."""
    single = [digit for digit, _ in itertools.groupby(digits)]
    steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(single)}
    return steps in (set(), {1}, {9})


def _is_repeat(digits: str) -> bool:
    sizes = (size for size in range(1, _BLOCK_MAX + 1) if len(digits) % size == 0)
    return any(digits[:size] * (len(digits) // size) == digits for size in sizes)


def _is_date(digits: str) -> bool:
    if len(digits) == 6:
        first, middle, last = digits[:2], digits[2:4], digits[4:]
        return _is_day(_ANY_YEAR, middle, last) or _is_day(_ANY_YEAR, middle, first)
    if len(digits) == 8:
        forward = int(digits[:4]), digits[4:6], digits[6:]
        backward = int(digits[4:]), digits[2:4], digits[:2]
        return any(year in _YEARS and _is_day(year, m, d) for year, m, d in (forward, backward))
    return False


def _is_day(year: int, month: str, day: str) -> bool:
    try:
        date(year, int(month), int(day))
    except ValueError:
        return False
    return True
