"""Bytes from a serial scanner, cut into codes."""

from hypothesis import given
from hypothesis import strategies as st

from branchdesk.devices.serial_scanner import CHARACTERS_MAX, QUIET_S, Codes

TICK_S = 0.05


def test_a_code_ends_at_the_line_and_two_in_one_burst_are_two() -> None:
    codes = Codes()
    assert codes.take(b"110105", TICK_S) == ()
    assert codes.take(b"19491231002X\r\n4K7P-22MX\rrest", TICK_S) == (
        "11010519491231002X",
        "4K7P-22MX",
    )
    assert codes.take(b"\t", TICK_S) == ("rest",)


def test_a_scanner_that_sends_no_end_is_understood_by_its_silence() -> None:
    codes = Codes()
    assert codes.take(b"4K7P-22MX", TICK_S) == ()
    silent = 0.0
    while not (found := codes.take(b"", TICK_S)):
        silent += TICK_S
    assert found == ("4K7P-22MX",)
    assert QUIET_S - TICK_S <= silent <= QUIET_S
    assert codes.take(b"", 10) == ()


def test_a_code_that_is_too_long_is_dropped_whole_and_the_next_is_read() -> None:
    codes = Codes()
    assert codes.take(b"9" * (CHARACTERS_MAX + 5), TICK_S) == ()
    assert codes.take(b"9\rABC\r", TICK_S) == ("ABC",)


def test_a_long_code_is_told_of_once_and_the_next_one_again() -> None:
    codes = Codes()
    codes.take(b"123456789", TICK_S)
    assert not codes.starts_long()
    codes.take(b"0", TICK_S)
    assert codes.starts_long()
    assert not codes.starts_long()
    codes.take(b"\r1234567890", TICK_S)
    assert codes.starts_long()


def test_names_come_in_either_encoding_and_control_characters_go() -> None:
    codes = Codes()
    assert codes.take("\x02王伟\x03\r".encode(), TICK_S) == ("王伟",)
    assert codes.take("王伟\r".encode("gb18030"), TICK_S) == ("王伟",)


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_whatever_break_it(chunks: list[bytes]) -> None:
    codes = Codes()
    for chunk in chunks:
        for code in codes.take(chunk, TICK_S):
            assert code.isprintable()
            assert 0 < len(code) <= CHARACTERS_MAX
