"""PINs that anybody could guess are told from others."""

import pytest

from branchdesk.domain.pin import is_guessable


@pytest.mark.parametrize("pin", ["123456", "654321", "34567890", "098765", "112233", "000001"])
def test_digits_that_go_up_or_down_are_guessable(pin: str) -> None:
    assert is_guessable(pin)


@pytest.mark.parametrize("pin", ["000000", "99999999", "121212", "123123", "2424242424"])
def test_digits_that_come_again_and_again_are_guessable(pin: str) -> None:
    assert is_guessable(pin)


@pytest.mark.parametrize(
    "pin", ["900101", "010190", "000229", "311299", "19900101", "01011990", "29022000"]
)
def test_dates_as_people_type_their_birthdays_are_guessable(pin: str) -> None:
    assert is_guessable(pin)


@pytest.mark.parametrize(
    "pin", ["246810", "135790", "123457", "901301", "320190", "29021999", "18991231", "9001011"]
)
def test_what_is_no_run_no_repeat_and_no_date_is_not(pin: str) -> None:
    assert not is_guessable(pin)
